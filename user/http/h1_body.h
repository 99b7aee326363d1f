/* SPDX-License-Identifier: Apache-2.0 */
/* h1_body.h: one HTTP/1 message body: its framing undone, then its codings. No I/O, clock or
 * logging; any split of the input gives the same bytes. */
#ifndef LLMSNOOP_H1_BODY_H
#define LLMSNOOP_H1_BODY_H

#include "http/chunked.h"
#include "http/coding.h"
#include "http/h1_head.h"

struct h1_body {
	uint8_t framing; /* enum h1_framing */
	uint8_t flags;	 /* enum http_body_flag */
	bool decode;	 /* somebody wants the bytes */
	union {
		uint64_t left;		/* H1_LENGTH */
		struct chunked chunked; /* H1_CHUNKED */
	};
	struct decoder *decoder; /* NULL: not coded, or not decoded any more */
};

/* Begins a body so framed. Unless decode, its bytes are only counted off. -ENOMEM. */
int h1_body__begin(struct h1_body *b, const struct h1_frame *frame, bool decode,
		   const struct limits *lim);

/* Takes the body's part of in and returns how much that was; decoded bytes go to out. A coding
 * that fails is flagged, the framing goes on. -EBADMSG, -E2BIG: the framing is broken. */
ptrdiff_t h1_body__feed(struct h1_body *b, struct span in, uint64_t ts_ns, decoder_out out,
			void *ctx);

/* lost bytes are missing here (0: nobody knows how many). True where they were of this body and
 * the place in it is still known. Coded bytes that follow are not decoded any more. */
bool h1_body__skip(struct h1_body *b, uint64_t lost);

/* The framing says that all of it was there. H1_CLOSE never does. */
bool h1_body__complete(const struct h1_body *b);

/* The body is over; returns its flags. Frees what it holds. */
unsigned int h1_body__end(struct h1_body *b, uint64_t ts_ns, decoder_out out, void *ctx);

/* Frees what it holds. */
void h1_body__drop(struct h1_body *b);

#endif
