/* SPDX-License-Identifier: Apache-2.0 */
/* dialect.h: one provider wire each. A new provider is a new file and a line in table.c. */
#ifndef LLMSNOOP_DIALECT_H
#define LLMSNOOP_DIALECT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "dialect/fact.h"
#include "http/msg.h"

struct limits;
struct dialect; /* defined in dialect/wire.h for the providers' files */

/* The dialect that this request speaks, or NULL: not a model call. Judged by the shape of method,
 * path and headers, not by a list of hosts. Where the path is not known it is a dialect that the
 * bodies have yet to name (see dialect_reader__dialect). */
const struct dialect *dialect__match(const struct http_head *request);

/* What an exchange of that dialect is. */
enum dialect_kind {
	DIALECT_CALL,	/* a model is called */
	DIALECT_FETCH,	/* the answer of an earlier call is fetched: counts once */
	DIALECT_TOOL,	/* a tool is called: an mcp.call record */
	DIALECT_OPAQUE, /* a model is called in a way that cannot be read */
};

enum dialect_kind dialect__kind(const struct dialect *d);
/* One exchange holds many calls: a WebSocket. */
bool dialect__is_session(const struct dialect *d);
const char *dialect__api(const struct dialect *d);	 /* "openai.chat", … : llmsnoop.api */
const char *dialect__operation(const struct dialect *d); /* "chat", … : gen_ai.operation.name */

/* gen_ai.provider.name for that host (without port) and path: by the host where it is known, else
 * the flavour of the wire, NULL where it has none. Static storage. */
const char *dialect__provider(const struct dialect *d, struct span host, struct span path);

/* Is that host (without port) a known provider's? */
bool dialect__serves(struct span host);

struct dialect_ops {
	/* A fact, as soon as it is known. ts_ns: the time of the bytes that completed it. */
	void (*fact)(void *ctx, enum fact fact, const struct fact_value *v, uint64_t ts_ns);
	/* What is read, for those who want all of it: pieces of a JSON document, free of framing,
	 * of the answer; of a session of both sides. Not before it is known which wire it is. May
	 * be NULL. */
	void (*said)(void *ctx, enum side side, struct span piece);
	/* The document is over: one event of a stream, or all. turn is as facts have it. NULL where
	 * said is. */
	void (*said_end)(void *ctx, enum side side, uint32_t turn);
};

/* Reads both bodies of one exchange. */
struct dialect_reader;

int dialect_reader__new(const struct dialect *d, const struct http_head *request,
			const struct dialect_ops *ops, void *ctx, const struct limits *lim,
			struct dialect_reader **ret);
/* All of these are safe in any order and with any bytes; errors are kept inside and told by
 * flags. A broken body yields the facts before the break. */
void dialect_reader__request(struct dialect_reader *r, struct span body, uint64_t ts_ns);
void dialect_reader__request_gap(struct dialect_reader *r, uint64_t lost);
void dialect_reader__request_end(struct dialect_reader *r, uint64_t ts_ns);
/* Chooses the framing by status, content type and, where that is missing or false, by the first
 * bytes. Headers that carry facts (request ids are the call's business, not the dialect's) are
 * told here. */
void dialect_reader__response_head(struct dialect_reader *r, const struct http_head *h,
				   uint64_t ts_ns);
void dialect_reader__response(struct dialect_reader *r, struct span body, uint64_t ts_ns);
void dialect_reader__response_gap(struct dialect_reader *r, uint64_t lost, uint64_t ts_ns);
void dialect_reader__response_end(struct dialect_reader *r, uint64_t ts_ns);
/* Of a session: as http_msg_ops has it. */
void dialect_reader__message(struct dialect_reader *r, enum side side, struct span piece, bool last,
			     uint64_t ts_ns);
void dialect_reader__message_gap(struct dialect_reader *r, enum side side, uint64_t lost,
				 uint64_t ts_ns);
/* Is it a model call at all? Some paths are those of other programs, too: then the bodies must say
 * so, and until they do this is false. */
bool dialect_reader__confirmed(const struct dialect_reader *r);
/* The dialect, which may change while bodies come: where the path is not known they tell (see
 * shape.h), and what a call is for may be theirs to say, too. Ask at the end. Never NULL. */
const struct dialect *dialect_reader__dialect(const struct dialect_reader *r);
/* True once the answer proved to be a stream of events. */
bool dialect_reader__streamed(const struct dialect_reader *r);
/* True where JSON was malformed, too deep, or a message was cut. */
bool dialect_reader__damaged(const struct dialect_reader *r);
void dialect_reader__free(struct dialect_reader *r); /* NULL is fine */

#endif
