/* SPDX-License-Identifier: Apache-2.0 */
/* sinks.h: all sinks of a run: each record goes to each of them; what one cannot take is counted,
 * said once, and hurts no other. */
#ifndef LLMSNOOP_SINKS_H
#define LLMSNOOP_SINKS_H

#include <stdbool.h>
#include <stdint.h>

#include "sink/sink.h"

struct sinks {
	struct sink *first;
	uint64_t unwritten; /* records that a sink did not take, over all sinks */
	bool reader_gone;   /* -EPIPE: nobody reads a sink any more; time to end, quietly */
};

/* All zero is an empty list. Takes ownership of s. */
void sinks__add(struct sinks *l, struct sink *s);

void sinks__call(struct sinks *l, const struct call *c);
void sinks__run(struct sinks *l, const struct agent_run *r);
void sinks__tool(struct sinks *l, const struct agent_tool *t);
void sinks__stats(struct sinks *l, const struct stats *st);
/* Adds what sinks know of their own to the totals. */
void sinks__fill(struct sinks *l, struct stats *st);
void sinks__now(struct sinks *l, const struct stats *st);
void sinks__tick(struct sinks *l, uint64_t mono_ns);
void sinks__reopen(struct sinks *l);
/* Closes and forgets all. The first failure. */
int sinks__close(struct sinks *l);

#endif
