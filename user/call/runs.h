/* SPDX-License-Identifier: Apache-2.0 */
/* runs.h: which calls are one run of an agent: from a prompt to the answer that asks for no tool.
 *
 * Calls are joined by what the wire itself carries, the surest first: the failed request that one
 * says again, the ids of tool calls whose results it brings, the answer that it goes on from, the
 * agent and the conversation that it says it is of, the trace that it is part of. All of that
 * counts within one process alone: short ids ("call_1") are not unique beyond it. A model call that
 * offers tools, or brings results, and joins nothing begins a run; one that does neither may be
 * part of a run but makes none. Where agents of one conversation are told apart, each has runs of
 * its own, within the run of the one that started it. Time is what calls and ticks tell, so a
 * replay gives the same runs and ids. */
#ifndef LLMSNOOP_CALL_RUNS_H
#define LLMSNOOP_CALL_RUNS_H

#include "call/open.h"

struct runs;

int runs__new(struct call_tracker *t, struct runs **ret); /* -ENOMEM */
void runs__free(struct runs *t); /* tells nothing; no call may be open. NULL is fine */

/* What says whether x's request says the same as another begins: its body, or the messages of a
 * session since the turn before. Whoever reads them adds them to x->body. */
void runs__begin(struct call_open *x);
/* x's request is complete, or as complete as it gets: decides, once, which attempt it is and of
 * which run, and gives it the run's ids. Harmless where x proves to be nothing later. */
void runs__request(struct call_open *x);
/* x's answer begins, and it is a refusal: the same may be said again before it is read to its end.
 */
void runs__refused(struct call_open *x);
/* x's record is complete: the run takes it into its sums. */
void runs__record(struct call_open *x);
/* The last of x. told: its record was handed out. Its run may end by it. */
void runs__leave(struct call_open *x, bool told);

void runs__exit(struct runs *t, uint32_t pid);
void runs__tick(struct runs *t, uint64_t now_ns);
/* The capture is over: ends all. */
void runs__finish(struct runs *t);

#endif
