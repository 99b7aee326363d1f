/* SPDX-License-Identifier: Apache-2.0 */
/* h2_match.h: how HTTP/2 begins, judged from the first bytes of a call. */
#ifndef LLMSNOOP_H2_MATCH_H
#define LLMSNOOP_H2_MATCH_H

#include "stream/protocol.h"

/* RFC 9113, 3.4: what a client begins with. */
extern const struct span h2_preface;

/* struct protocol.match: the preface; a server's SETTINGS; and, on connections met in their middle,
 * headers whose first field only a request, or only an answer, begins with, perhaps after small
 * frames. Decides within FIRST_MAX bytes. */
enum protocol_match h2_match__connection(struct span first, enum side *ret_side);

/* Could that side go on with a frame that so begins? For connections known to be HTTP/2 whose place
 * is lost. Also the preface, where that side may send it. Decides within FIRST_MAX bytes. */
enum protocol_match h2_match__frame(enum side side, struct span first);

#endif
