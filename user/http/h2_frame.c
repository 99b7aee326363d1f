// SPDX-License-Identifier: Apache-2.0
#include "http/h2_frame.h"

#include <errno.h>

/* What peers send at most: bodies' frames grow with a peer's SETTINGS_MAX_FRAME_SIZE, of which Go's
 * servers make 1 MiB; nobody has others that large. */
#define DATA_MAX (1U << 20)
#define OTHER_MAX (1U << 16)

enum on {
	ON_STREAM,
	ON_CONNECTION,
	ON_EITHER,
};

/* RFC 9113, 6.1 to 6.10. */
static const struct {
	uint32_t min, max;
	uint8_t flags;
	uint8_t on; /* enum on */
} shapes[] = {
	[H2_DATA] = {0, DATA_MAX, H2_END_STREAM | H2_PADDED, ON_STREAM},
	[H2_HEADERS] = {1, OTHER_MAX, H2_END_STREAM | H2_END_HEADERS | H2_PADDED | H2_HAS_PRIORITY,
			ON_STREAM},
	[H2_PRIORITY] = {5, 5, 0, ON_STREAM},
	[H2_RST_STREAM] = {4, 4, 0, ON_STREAM},
	[H2_SETTINGS] = {0, 64 * 6, H2_ACK, ON_CONNECTION},
	[H2_PUSH_PROMISE] = {4, OTHER_MAX, H2_END_HEADERS | H2_PADDED, ON_STREAM},
	[H2_PING] = {8, 8, H2_ACK, ON_CONNECTION},
	[H2_GOAWAY] = {8, OTHER_MAX, 0, ON_CONNECTION},
	[H2_WINDOW_UPDATE] = {4, 4, 0, ON_EITHER},
	[H2_CONTINUATION] = {0, OTHER_MAX, H2_END_HEADERS, ON_STREAM},
};

static uint32_t word(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

struct h2_frame h2_frame__read(const uint8_t *p)
{
	return (struct h2_frame){
		.length = word(p) >> 8,
		.type = p[3],
		.flags = p[4],
		.stream = word(p + 5) & INT32_MAX,
	};
}

bool h2_frame__plausible(const uint8_t *p)
{
	struct h2_frame f = h2_frame__read(p);

	if (f.type >= sizeof(shapes) / sizeof(shapes[0]) || p[5] & 0x80)
		return false;
	if (f.length < shapes[f.type].min || f.length > shapes[f.type].max ||
	    f.flags & ~shapes[f.type].flags || f.length < h2_frame__prefix(&f))
		return false;
	if (f.type == H2_SETTINGS && (f.length % 6 || (f.flags & H2_ACK && f.length)))
		return false;
	if (shapes[f.type].on == ON_EITHER)
		return true;
	return (shapes[f.type].on == ON_STREAM) == (f.stream != 0);
}

unsigned int h2_frame__prefix(const struct h2_frame *f)
{
	bool padded = f->flags & H2_PADDED;

	switch (f->type) {
	case H2_DATA:
		return padded;
	case H2_HEADERS:
		return padded + (f->flags & H2_HAS_PRIORITY ? 5 : 0);
	case H2_PUSH_PROMISE:
		return padded + 4;
	default:
		return 0;
	}
}

static bool has_pad(const struct h2_frame *f)
{
	return f->flags & H2_PADDED &&
	       (f->type == H2_DATA || f->type == H2_HEADERS || f->type == H2_PUSH_PROMISE);
}

static ptrdiff_t next_head(struct h2_reader *r, struct span in, struct h2_step *ret)
{
	size_t n = H2_FRAME_HEADER - r->n_head;

	in = span_head(in, n);
	memcpy(r->head + r->n_head, in.p, in.n);
	r->n_head += (uint8_t)in.n;
	if (r->n_head < H2_FRAME_HEADER)
		return (ptrdiff_t)in.n;
	r->frame = h2_frame__read(r->head);
	r->left = r->frame.length;
	r->prefix = (uint8_t)h2_frame__prefix(&r->frame);
	r->pad = 0;
	if (r->left < r->prefix)
		return -EBADMSG;
	ret->begun = true;
	ret->ended = !r->left;
	return (ptrdiff_t)in.n;
}

ptrdiff_t h2_reader__next(struct h2_reader *r, struct span in, struct h2_step *ret)
{
	size_t n;

	*ret = (struct h2_step){};
	if (r->n_head == H2_FRAME_HEADER && !r->left)
		r->n_head = 0;
	if (r->n_head < H2_FRAME_HEADER)
		return next_head(r, in, ret);
	if (r->prefix) {
		if (r->prefix == h2_frame__prefix(&r->frame) && has_pad(&r->frame))
			r->pad = in.p[0];
		r->prefix--;
		r->left--;
		n = 1;
		if (!r->prefix && r->pad > r->left)
			return -EBADMSG;
	} else if (r->left > r->pad) {
		ret->content = span_head(in, r->left - r->pad);
		n = ret->content.n;
		r->left -= (uint32_t)n;
	} else {
		n = in.n < r->left ? in.n : r->left;
		r->left -= (uint32_t)n;
		r->pad -= (uint8_t)n;
	}
	ret->ended = !r->left;
	return (ptrdiff_t)n;
}

bool h2_reader__at_start(const struct h2_reader *r)
{
	return !r->n_head || (r->n_head == H2_FRAME_HEADER && !r->left);
}

bool h2_reader__skip(struct h2_reader *r, uint64_t lost, bool *ret_ended)
{
	if (!lost || r->n_head < H2_FRAME_HEADER || lost > r->left)
		return false;
	r->left -= (uint32_t)lost;
	r->prefix = r->prefix > lost ? (uint8_t)(r->prefix - lost) : 0;
	if (r->pad > r->left)
		r->pad = (uint8_t)r->left;
	*ret_ended = !r->left;
	return true;
}
