// SPDX-License-Identifier: Apache-2.0
/* HTTP/2's frames (RFC 9113, 4.1, 6): where the header blocks are. */
#include <errno.h>
#include <stdlib.h>

#include "capture/scrub_hpack.h"

#define HEAD 9		       /* bytes of a frame's header */
#define PAYLOAD_MAX (16 << 10) /* of a frame, where nobody asked for more */

enum {
	FRAME_HEADERS = 1,
	FRAME_PUSH_PROMISE = 5,
	FRAME_CONTINUATION = 9,
	FLAG_END_HEADERS = 4,
	FLAG_PADDED = 8,
	FLAG_PRIORITY = 0x20,
};

struct scrub_h2 {
	uint32_t left; /* of a frame's payload */
	uint8_t n;     /* seen of its header */
	uint8_t head[HEAD];
	bool fields;	/* the payload is a block's, or a part of one */
	bool pad_due;	/* with its length in front */
	uint8_t pad;	/* octets of it */
	uint8_t before; /* octets to come before the block's */
	bool open;	/* the block goes on in the next frame */
	bool guessed;	/* a frame was taken to be one by its looks */
	struct scrub_hpack block;
};

/* What frames look like, by type. */
static const struct looks {
	uint8_t flags;	/* that are defined */
	uint8_t stream; /* 0: of the connection, 1: of a client's stream, 2: of any */
	uint16_t min, max;
} looks[] = {
	{0x09, 1, 1, PAYLOAD_MAX}, /* DATA; an empty one says too little */
	{0x2d, 1, 1, PAYLOAD_MAX}, /* HEADERS */
	{0x00, 1, 5, 5},	   /* PRIORITY */
	{0x00, 1, 4, 4},	   /* RST_STREAM */
	{0x01, 0, 0, 384},	   /* SETTINGS: peers send a handful of 6 bytes each */
	{0x0c, 1, 5, PAYLOAD_MAX}, /* PUSH_PROMISE, about a client's stream */
	{0x01, 0, 8, 8},	   /* PING */
	{0x00, 0, 8, PAYLOAD_MAX}, /* GOAWAY */
	{0x00, 2, 4, 4},	   /* WINDOW_UPDATE */
};

/* May these first n bytes be of a frame's header? */
static bool is_head(const uint8_t *p, uint8_t n)
{
	uint32_t length = (uint32_t)p[1] << 8 | p[2], stream;
	const struct looks *l;

	if (p[0] || (n > 1 && p[1] > PAYLOAD_MAX >> 8))
		return false;
	if (n <= 3)
		return true;
	if (p[3] >= sizeof(looks) / sizeof(looks[0]))
		return false;
	l = &looks[p[3]];
	if (length < l->min || length > l->max || (n > 4 && p[4] & ~l->flags) ||
	    (n > 5 && p[5])) /* no connection has that many streams */
		return false;
	if (n < HEAD)
		return true;
	stream = (uint32_t)p[5] << 24 | (uint32_t)p[6] << 16 | (uint32_t)p[7] << 8 | p[8];
	return l->stream == 2 || (l->stream ? stream & 1 : !stream);
}

/* Does the header look as if the frame before it really was one? */
static bool is_next(const struct scrub_h2 *h)
{
	if (h->head[3] == FRAME_CONTINUATION)
		return h->open;
	return is_head(h->head, HEAD) || !(h->head[0] | h->head[1] | h->head[2] | h->head[3]);
}

int scrub_h2__new(struct scrub_h2 **ret)
{
	struct scrub_h2 *h = calloc(1, sizeof(*h));

	if (!h)
		return -ENOMEM;
	*ret = h;
	return 0;
}

void scrub_h2__free(struct scrub_h2 *h)
{
	free(h);
}

static void frame_end(struct scrub_h2 *h)
{
	if (!h->fields)
		return;
	h->open = !(h->head[4] & FLAG_END_HEADERS);
	if (!h->open)
		scrub_hpack__end(&h->block);
}

static void frame_begin(struct scrub_h2 *h)
{
	uint8_t type = h->head[3], flags = h->head[4];

	h->n = 0;
	h->left = (uint32_t)h->head[0] << 16 | (uint32_t)h->head[1] << 8 | h->head[2];
	h->fields = type == FRAME_HEADERS || type == FRAME_PUSH_PROMISE;
	h->pad_due = h->fields && flags & FLAG_PADDED;
	h->pad = h->before = 0;
	if (type == FRAME_PUSH_PROMISE)
		h->before = 4; /* the promised stream */
	else if (flags & FLAG_PRIORITY)
		h->before = 5;
	if (h->fields) {
		scrub_hpack__begin(&h->block);
	} else if (type == FRAME_CONTINUATION) {
		h->fields = true;
		h->before = 0;
		if (!h->open)
			scrub_hpack__lose(&h->block);
	}
	if (!h->left)
		frame_end(h);
}

static uint8_t fields_octet(struct scrub_h2 *h, uint8_t c)
{
	if (h->pad_due) {
		h->pad_due = false;
		h->pad = c;
		return c;
	}
	if (h->before) {
		h->before--;
		return c;
	}
	if (h->left < h->pad)
		return 0; /* as padding is */
	return scrub_hpack__octet(&h->block, c);
}

bool scrub_h2__bytes(struct scrub_h2 *h, const uint8_t *in, size_t n, uint8_t *out)
{
	size_t i, k;

	for (i = 0; i < n; i += k) {
		k = 1;
		if (!h->left) {
			out[i] = h->head[h->n++] = in[i];
			if (h->n < HEAD)
				continue;
			if (h->guessed && !is_next(h)) {
				scrub_h2__gap(h, 0);
				memset(out + i + 1, 0, n - i - 1);
				return false;
			}
			frame_begin(h);
			continue;
		}
		if (h->fields) {
			h->left--;
			out[i] = fields_octet(h, in[i]);
		} else {
			k = h->left < n - i ? h->left : n - i;
			memcpy(out + i, in + i, k);
			h->left -= (uint32_t)k;
		}
		if (!h->left)
			frame_end(h);
	}
	return true;
}

bool scrub_h2__gap(struct scrub_h2 *h, uint32_t lost)
{
	bool known = lost && lost <= h->left;

	if (!known || h->fields)
		scrub_hpack__lose(&h->block);
	h->left -= known ? lost : h->left;
	h->n = 0;
	if (known && !h->left)
		frame_end(h);
	return known;
}

size_t scrub_h2__guess(struct scrub_h2 *h, const uint8_t *in, size_t n, uint8_t *out,
		       bool *ret_sure)
{
	size_t i;

	*ret_sure = false;
	for (i = 0; i < n && !*ret_sure; i++) {
		h->head[h->n++] = in[i];
		if (!is_head(h->head, h->n))
			break;
		out[i] = in[i];
		if (h->n == HEAD) {
			frame_begin(h);
			*ret_sure = h->guessed = true;
		}
	}
	return i;
}
