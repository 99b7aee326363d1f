/* SPDX-License-Identifier: Apache-2.0 */
/* h2_head.h: one HTTP/2 head, put together from the headers of a block (RFC 9113, 8.3). Which of
 * them are not known is up to h2_hpack.h. No I/O, clock or globals. */
#ifndef LLMSNOOP_H2_HEAD_H
#define LLMSNOOP_H2_HEAD_H

#include "http/coding.h"
#include "http/head_build.h"

#define H2_CODINGS_MAX 8

struct h2_head {
	enum side side;
	struct head_build b;
	bool websocket; /* asked for by an extended CONNECT (RFC 8441, 5): once finished */
	bool unknown;	/* there were headers whose names are not known */
	size_t n;	/* bytes of all headers */
	bool pseudo;	/* a pseudo-header of that side's heads was there: no trailers */
	struct head_slot protocol; /* :protocol */
	enum coding codings[H2_CODINGS_MAX];
	unsigned int n_codings; /* past the maximum where there are more */
};

/* key is borrowed for its life. -ENOMEM. */
int h2_head__new(enum side side, const struct limits *lim, const uint8_t *key,
		 struct h2_head **ret);

/* h2_header; ctx is the struct h2_head. -ENOMEM. */
int h2_head__add(void *ctx, struct span name, struct span value);

/* The block is over: makes h->b.head whole. A WebSocket is asked for as HTTP/1 would, with GET and
 * Upgrade. -ENOMEM. */
int h2_head__finish(struct h2_head *h);

void h2_head__free(struct h2_head *h); /* NULL is fine */

#endif
