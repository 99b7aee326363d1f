/* SPDX-License-Identifier: Apache-2.0 */
/* ws_deflate.h: permessage-deflate (RFC 7692): what was agreed upon, and one side's messages
 * inflated as their bytes come. For ws.c alone. */
#ifndef LLMSNOOP_WS_DEFLATE_H
#define LLMSNOOP_WS_DEFLATE_H

#include <zlib.h>

#include "base/span.h"
#include "stream/protocol.h"

struct limits;

struct ws_agreed {
	bool deflate;	     /* messages may be compressed */
	bool no_takeover[2]; /* by side: each of its messages begins with an empty window */
};

/* What the answer's Sec-WebSocket-Extensions says (empty: none was agreed). False: something that
 * is not understood, so that no message can be read. */
bool ws_agreed__read(struct span extensions, struct ws_agreed *ret);

/* Zero-initialised but for lim and no_takeover. Memory is allocated with the first byte. */
struct ws_inflate {
	const struct limits *lim; /* borrowed */
	bool no_takeover;
	bool open;    /* z holds memory */
	bool lost;    /* what earlier messages left in the window is not known */
	uint64_t in;  /* bytes of this message */
	uint64_t out; /* what they came to */
	z_stream z;
};

/* Decoded bytes, never empty, borrowed until the callback returns. */
typedef void (*ws_inflate_out)(void *ctx, struct span s);

/* Bytes of a message. 0; -EBADMSG: not deflated; -E2BIG: past limits.inflate_ratio or
 * inflate_total, which count for each message; -ENOMEM. After an error the message is to be given
 * up. Where exactly a ratio is exceeded may depend on the split. */
int ws_inflate__feed(struct ws_inflate *f, struct span in, ws_inflate_out out, void *ctx);

/* The message is complete. As feed; -EBADMSG also where its deflated data is not. */
int ws_inflate__end(struct ws_inflate *f, ws_inflate_out out, void *ctx);

/* The message is given up. If the next one builds upon it, lost is true from now on, and nothing
 * may be fed. */
void ws_inflate__give_up(struct ws_inflate *f);

void ws_inflate__free(struct ws_inflate *f);

#endif
