/* SPDX-License-Identifier: Apache-2.0 */
/* framing.h: what a body is made of. Turns body bytes into messages: one whole document, or the
 * events of a stream. Push parsers without I/O, clock, globals or logging; the same result at
 * every split of the input. */
#ifndef LLMSNOOP_FRAMING_H
#define LLMSNOOP_FRAMING_H

#include <stdint.h>

#include "base/span.h"

/* A message comes as begin, piece*, end: a message of any size passes without being gathered. */
struct framing_ops {
	/* name: the event's name ("" where it has none), known before its data where the framing
	 * has it first; an SSE event whose event: line follows data: gets its name at end. */
	int (*begin)(void *ctx, struct span name, uint64_t ts_ns);
	int (*piece)(void *ctx, struct span data, uint64_t ts_ns);
	/* ts_ns: when the byte that completed the message crossed the TLS boundary.
	 * complete: false when the body ended inside it. */
	int (*end)(void *ctx, struct span name, bool complete, uint64_t ts_ns);
};

struct framing;
struct limits;

enum framing_kind {
	FRAMING_WHOLE, /* one document of whatever kind */
	FRAMING_SSE,   /* text/event-stream */
	/* JSON documents one after the other, with white space, commas or nothing between them, or
	 * as the elements of one array that grows: application/json, x-ndjson, stream+json, jsonl.
	 * A message ends with the byte that closes its document, so that none waits for the next.
	 */
	FRAMING_JSON,
	/* application/vnd.amazon.eventstream. The name is the :event-type, or the :exception-type
	 * or :error-code with a '!' in front. A frame whose CRC is wrong breaks the stream. */
	FRAMING_AWS,
};

/* A parser of that kind. ops and lim are borrowed for its life. -ENOMEM. */
int framing__new(enum framing_kind kind, const struct framing_ops *ops, void *ctx,
		 const struct limits *lim, struct framing **ret);
/* Consumes all of in. 0, or a negative result of a callback unchanged, or -EBADMSG where the
 * framing itself is broken (FRAMING_AWS), or -ENOMEM; sticky. */
int framing__feed(struct framing *f, struct span in, uint64_t ts_ns);
/* Bytes are missing (0: unknown how many): the message they fell into ends incomplete. */
int framing__gap(struct framing *f, uint64_t lost, uint64_t ts_ns);
/* The body is over. Exactly once. */
int framing__finish(struct framing *f, uint64_t ts_ns);
void framing__free(struct framing *f); /* NULL is fine */

#endif
