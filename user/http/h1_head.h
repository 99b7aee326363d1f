/* SPDX-License-Identifier: Apache-2.0 */
/* h1_head.h: one HTTP/1 message head, gathered from pieces (RFC 9112). No I/O, clock, globals or
 * logging; any split of the input gives the same head. A head of any size is followed to its end:
 * past a limit its headers are left out, but those that say how the body is framed still count. */
#ifndef LLMSNOOP_H1_HEAD_H
#define LLMSNOOP_H1_HEAD_H

#include "base/siphash.h"
#include "http/coding.h"
#include "http/msg.h"

#define H1_CODINGS_MAX 8

enum h1_framing {
	H1_NONE,    /* no body */
	H1_LENGTH,  /* so many bytes */
	H1_CHUNKED, /* RFC 9112, 7.1 */
	H1_CLOSE,   /* until the connection ends */
};

/* What the head says of the body. */
struct h1_frame {
	enum h1_framing framing;
	uint64_t length;		     /* H1_LENGTH */
	enum coding codings[H1_CODINGS_MAX]; /* in the order in which they were applied */
	unsigned int n_codings;
	bool too_many; /* codings */
};

struct h1_head;

/* A head of that side's message; key is borrowed for its life. -ENOMEM. */
int h1_head__new(enum side side, const struct limits *lim, const uint8_t key[SIPHASH_KEY_BYTES],
		 struct h1_head **ret);

/* Takes bytes up to the end of the head and returns how many; *ret_done tells that it was reached.
 * -EBADMSG: this is no head, or one that RFC 9112 wants to be refused, such as one with control
 * characters or with spaces before a colon; -ENOMEM. Nothing may be fed after either. */
ptrdiff_t h1_head__feed(struct h1_head *h, struct span in, bool *ret_done);

/* The finished head; lives as long as h. */
const struct http_head *h1_head__get(const struct h1_head *h);

/* How the body that follows is framed. request_method: of the request that a response answers,
 * with p NULL where that is not known. -EBADMSG: contradictory or not to be told for sure
 * (RFC 9112, 6.3). */
int h1_head__frame(const struct h1_head *h, struct span request_method, struct h1_frame *ret);

void h1_head__free(struct h1_head *h); /* NULL is fine. Secrets are wiped. */

#endif
