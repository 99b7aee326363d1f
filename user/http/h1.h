/* SPDX-License-Identifier: Apache-2.0 */
/* h1.h: HTTP/1.0 and 1.1, watched from aside: both directions, from any point on, across losses.
 *
 * What is told never rests on a guess. Answers are paired with requests by their order; where a
 * loss may have swallowed a request or an answer, an answer is paired only if on this connection
 * no request was ever sent before the one before it was answered, and else belongs to nobody. */
#ifndef LLMSNOOP_H1_H
#define LLMSNOOP_H1_H

#include "base/siphash.h"
#include "http/msg.h"

/* What protocol->open gets as ctx; borrowed for the life of the connections. */
struct http1_ctx {
	const struct http_msg_ops *ops; /* all members set */
	void *ctx;			/* for ops->request */
	uint8_t key[SIPHASH_KEY_BYTES]; /* of credentials' fingerprints */
};

/* feed returns -ESHUTDOWN once the connection speaks what is not read (101, CONNECT), -EBADMSG
 * where a WebSocket session's bytes are none, -E2BIG where more than limits.pipeline requests are
 * open, -ENOMEM. After a 101 to WebSocket the state goes on with messages, to h2c with HTTP/2.
 * *_end of a body is told only where the message came to its end, or where a request's end was lost
 * but its answer can still come. */
extern const struct protocol http1_protocol;

#endif
