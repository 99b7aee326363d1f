/* SPDX-License-Identifier: Apache-2.0 */
/* msg.h: HTTP without its version. HTTP/1, HTTP/2 and WebSocket tell their exchanges through these.
 */
#ifndef LLMSNOOP_HTTP_MSG_H
#define LLMSNOOP_HTTP_MSG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "stream/protocol.h"

struct http_header {
	struct span name;  /* as sent; compare with span_ieq */
	struct span value; /* trimmed. Empty where header_is_secret() holds: secrets stop here */
};

/* Borrowed until the callback returns. */
struct http_head {
	/* request */
	struct span method;
	struct span path;  /* without the query. p is NULL: not known (an HTTP/2 connection met in
			      its middle may refer to what was said before) */
	struct span query; /* without '?'; values of secret parameters are emptied */
	struct span authority; /* Host or :authority, as sent, may hold a port; p NULL: not known */
	/* response */
	int status; /* -1: not known, as above */
	/* both */
	int version; /* 10, 11, 20 */
	const struct http_header *headers;
	unsigned int n_headers;
	bool truncated;	 /* headers past a limit were left out */
	uint64_t key_fp; /* keyed fingerprint of the credential, 0: none */
};

/* The value of the first header of that name, or an empty span whose p is NULL. */
struct span http_head__get(const struct http_head *h, const char *name);

/* Why an exchange ended. */
enum http_end {
	HTTP_END_OK,	     /* both messages complete (or as complete as the protocol can say) */
	HTTP_END_CLIENT,     /* the client gave up: it closed before the answer was complete */
	HTTP_END_SERVER,     /* the server cut the answer off, or never gave one */
	HTTP_END_PROCESS,    /* the traced process ended */
	HTTP_END_LOST,	     /* bytes are missing: what came after cannot be told */
	HTTP_END_PROTOCOL,   /* not HTTP any more, or past a limit */
	HTTP_END_CAPTURE,    /* the capture ended first */
	HTTP_END_UNANSWERED, /* the connection ended and nobody can say who was at fault */
};

/* What is wrong with the bytes of one body; or-ed. */
enum http_body_flag {
	HTTP_BODY_GAP = 1 << 0,	   /* bytes were lost */
	HTTP_BODY_CODING = 1 << 1, /* content coding broken, unknown or past a limit */
};

/* One exchange calls, in this order: request; then request_body*, request_end and, perhaps before
 * request_end, response, response_body*, response_end; end exactly once, at last, also after a
 * refusal. A 1xx response is not told, except for a 101 that the next call, upgrade, belongs to:
 * upgrade takes the place of response_body* and response_end, and message*, of both sides as they
 * come, follows it in a WebSocket session. Times are the moments at which the bytes crossed the TLS
 * boundary: the entry of a write, the return of a read. */
struct http_msg_ops {
	/* A request head. first_ns is the time of its first byte, ts_ns of its last. Returns what
	 * is handed to all later calls of this exchange, or NULL: not wanted (then no later call
	 * comes). conn lives until end. */
	void *(*request)(void *ctx, const struct conn *conn, const struct http_head *h,
			 uint64_t first_ns, uint64_t ts_ns);
	/* Of a request that is not wanted: may later ones of its connection be? NULL: who knows.
	 * What is left out of a connection in the meantime can cost headers of later answers. */
	bool (*promising)(void *ctx, const struct conn *conn, const struct http_head *h);
	/* Decoded body bytes. wire is how many coded bytes they came from. */
	void (*request_body)(void *x, struct span s, uint64_t wire, uint64_t ts_ns);
	void (*request_end)(void *x, unsigned int body_flags, uint64_t ts_ns);
	void (*response)(void *x, const struct http_head *h, uint64_t first_ns, uint64_t ts_ns);
	void (*response_body)(void *x, struct span s, uint64_t wire, uint64_t ts_ns);
	/* Body bytes are missing here (0: unknown how many); decoded bytes may follow if the
	 * transfer and content codings allow it. */
	void (*gap)(void *x, enum side side, uint64_t lost);
	void (*response_end)(void *x, unsigned int body_flags, uint64_t ts_ns);
	/* The connection (in HTTP/2: the stream) stops being HTTP after this exchange (101,
	 * CONNECT). What follows on both sides belongs to protocol: messages if that is
	 * "websocket", else it is not told, and end is next. */
	void (*upgrade)(void *x, struct span protocol, uint64_t ts_ns);
	/* A piece of a WebSocket message, text or binary; last: it ends with this piece (which may
	 * be empty). A gap on that side ends the message that it falls into, without a last; it may
	 * also stand for messages of which nothing is told. */
	void (*message)(void *x, enum side side, struct span piece, bool last, uint64_t ts_ns);
	/* After a session HTTP_END_OK means that a side said goodbye; what else ends it without a
	 * goodbye is told as it is, since only the messages say whether more was to come. */
	/* False: it turned out to be nothing that is wanted. */
	bool (*end)(void *x, enum http_end why, uint64_t ts_ns);
};

#endif
