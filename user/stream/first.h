/* SPDX-License-Identifier: Apache-2.0 */
/* first.h: looks for the place where a message begins, among calls of any size. A message begins
 * where a call does, but a call may bring less than what it takes to tell. */
#ifndef LLMSNOOP_FIRST_H
#define LLMSNOOP_FIRST_H

#include "stream/protocol.h"

#define FIRST_MAX 32 /* the HTTP/2 preface has 24; met later, a small frame may precede headers */

struct first {
	uint32_t starts; /* bit n: b[n] is the first byte of a call */
	uint8_t n;
	uint8_t b[FIRST_MAX];
	uint64_t ts_ns[FIRST_MAX]; /* of each byte */
};

/* What bytes begin; first.b is never longer than FIRST_MAX and never empty. */
typedef enum protocol_match (*first_match)(void *ctx, struct span first);

/* Takes one byte; call_start: it begins a call. MATCH_YES: b[0..n) begin something, the byte
 * among them. MATCH_MORE: go on. MATCH_NO: b is empty, the byte was dropped, and so are those that
 * come before the next call. A beginning that proves to be none is searched for a later one. */
enum protocol_match first__push(struct first *f, uint8_t byte, bool call_start, uint64_t ts_ns,
				first_match match, void *ctx);

#endif
