/* SPDX-License-Identifier: Apache-2.0 */
/* ws_frame.h: the header of a WebSocket frame (RFC 6455, 5.2) and its masking. For ws.c alone. */
#ifndef LLMSNOOP_WS_FRAME_H
#define LLMSNOOP_WS_FRAME_H

#include "base/span.h"

#define WS_FRAME_HEAD_MAX 14 /* 2, a length of 8, a masking key of 4 */

/* RFC 6455, 11.8. Those with bit 3 are control frames. */
enum ws_opcode {
	WS_CONTINUATION = 0,
	WS_TEXT = 1,
	WS_BINARY = 2,
	WS_CLOSE = 8,
	WS_PING = 9,
	WS_PONG = 10,
};

/* Zero-initialised before the first frame. */
struct ws_frame {
	uint8_t head[WS_FRAME_HEAD_MAX];
	uint8_t n;	/* bytes of head; 0: between frames */
	bool complete;	/* the header is, so that what follows holds and the payload comes */
	bool fin;	/* the last one of its message */
	bool rsv1;	/* RFC 7692, 6: the message is compressed */
	bool masked;	/* with key */
	uint8_t opcode; /* enum ws_opcode */
	uint8_t key_at; /* which byte of key is next */
	uint8_t key[4];
	uint64_t left; /* of the payload */
};

/* Takes header bytes off in. 0: header.complete says whether it is; -EBADMSG: no such frame exists,
 * or one of the other side: a client's are masked, a server's are not (RFC 6455, 5.1). */
int ws_frame__head(struct ws_frame *f, bool from_client, struct span *in);

/* The payload was all taken: another header follows. */
void ws_frame__next(struct ws_frame *f);

/* Unmasks the next in.n bytes of the payload to out. */
void ws_frame__unmask(struct ws_frame *f, struct span in, uint8_t *out);

/* The next n bytes of the payload, at most left, are passed over. */
void ws_frame__skip(struct ws_frame *f, uint64_t n);

static inline bool ws_frame__is_control(const struct ws_frame *f)
{
	return f->opcode & 8;
}

#endif
