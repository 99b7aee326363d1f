/* SPDX-License-Identifier: Apache-2.0 */
/* turns.h: one exchange, many calls. Of a session (a WebSocket) the exchange's call_open is a
 * template: facts without a turn belong to it, and each turn begins with what is known by then. */
#ifndef LLMSNOOP_CALL_TURNS_H
#define LLMSNOOP_CALL_TURNS_H

#include "call/open.h"

/* A fact with a turn: begins one, ends one, or is of one that is open. A turn that ends is
 * reported. Past lim->turns a turn is not followed and counted as refused. */
void turns__fact(struct call_open *session, enum fact fact, const struct fact_value *v,
		 uint64_t ts_ns);

/* As http_msg_ops has them. */
void turns__message(struct call_open *session, enum side side, struct span piece, bool last,
		    uint64_t ts_ns);
/* Any turn under way may have lost something. */
void turns__gap(struct call_open *session, enum side side, uint64_t lost);

/* The session is over: reports the turns that are still open. */
void turns__end(struct call_open *session, enum http_end why, uint64_t ts_ns);

/* A message of which content was kept is over: it goes to its turn, or, of the client, waits for
 * the turn that it is said for. */
void turns__said(struct call_open *session, enum side side, uint32_t turn);

#endif
