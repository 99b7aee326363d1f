/* SPDX-License-Identifier: Apache-2.0 */
/* h2_frame.h: takes the bytes of one direction apart into HTTP/2 frames (RFC 9113, 4.1 and 6), as
 * they come: nothing is gathered but the nine bytes of a frame's header. No I/O, clock, allocation
 * or logging; any split of the input gives the same frames. */
#ifndef LLMSNOOP_H2_FRAME_H
#define LLMSNOOP_H2_FRAME_H

#include "base/span.h"

#define H2_FRAME_HEADER 9

enum h2_type {
	H2_DATA,
	H2_HEADERS,
	H2_PRIORITY,
	H2_RST_STREAM,
	H2_SETTINGS,
	H2_PUSH_PROMISE,
	H2_PING,
	H2_GOAWAY,
	H2_WINDOW_UPDATE,
	H2_CONTINUATION,
};

enum h2_flag {
	H2_END_STREAM = 0x01, /* DATA, HEADERS */
	H2_ACK = 0x01,	      /* SETTINGS, PING */
	H2_END_HEADERS = 0x04,
	H2_PADDED = 0x08,
	H2_HAS_PRIORITY = 0x20,
};

struct h2_frame {
	uint32_t length; /* of the payload */
	uint8_t type;	 /* enum h2_type, or an extension's */
	uint8_t flags;	 /* enum h2_flag */
	uint32_t stream; /* without the reserved bit */
};

/* Reads a frame's header: nine bytes at p. */
struct h2_frame h2_frame__read(const uint8_t *p);

/* Does that look like the header of a frame that somebody would send? For places where one may
 * begin; where one must, anything goes. p: the nine bytes that it was read from. */
bool h2_frame__plausible(const uint8_t *p);

/* The bytes between the payload's beginning and its content: the length of the padding, a
 * priority, the promised stream. */
unsigned int h2_frame__prefix(const struct h2_frame *f);

struct h2_reader {
	uint8_t head[H2_FRAME_HEADER];
	uint8_t n_head; /* of them read; all: within a payload */
	uint8_t prefix; /* bytes to come before the content */
	uint8_t pad;	/* bytes to come after the content */
	uint32_t left;	/* bytes of the payload to come */
	struct h2_frame frame;
};

/* What a step brought, in this order. */
struct h2_step {
	bool begun;	     /* the frame's header is complete */
	struct span content; /* of the frame: its payload without padding and prefix */
	bool ended;	     /* so is the frame */
};

/* Takes a part of in, which is not empty, and returns how much. -EBADMSG: the padding is longer
 * than the frame. */
ptrdiff_t h2_reader__next(struct h2_reader *r, struct span in, struct h2_step *ret);

/* The next byte is the first of a frame. */
bool h2_reader__at_start(const struct h2_reader *r);

/* lost bytes are missing here. True where they were all of the current frame's payload, so that the
 * place is still known; *ret_ended: and it is over with them. Where its prefix was among them, its
 * padding counts as content. */
bool h2_reader__skip(struct h2_reader *r, uint64_t lost, bool *ret_ended);

#endif
