// SPDX-License-Identifier: Apache-2.0
#include "http/ws_deflate.h"

#include <errno.h>

#include "base/limits.h"
#include "http/headers.h"

#define OUT_BYTES (16 * 1024)
#define WINDOW_BYTES (1 << MAX_WBITS)

/* --- what was agreed ----------------------------------------------------------------------- */

/* Cuts the first of the parts that semicolons separate off list. */
static struct span cut(struct span *list)
{
	const uint8_t *end = list->n ? memchr(list->p, ';', list->n) : NULL;
	struct span part = span_head(*list, end ? (size_t)(end - list->p) : list->n);

	*list = span_skip(*list, part.n + 1);
	return span_trim(part);
}

/* RFC 7692, 7.1.2: 8 to 15, without leading zeros; the value may be quoted. */
static bool is_window(struct span v)
{
	if (v.n >= 2 && v.p[0] == '"' && v.p[v.n - 1] == '"')
		v = span(v.p + 1, v.n - 2);
	if (v.n == 1)
		return v.p[0] == '8' || v.p[0] == '9';
	return v.n == 2 && v.p[0] == '1' && v.p[1] >= '0' && v.p[1] <= '5';
}

enum param {
	NO_TAKEOVER,
	WINDOW_BITS, /* read with the largest window, which does for the smaller ones */
};

static bool read_param(struct span param, unsigned int *seen, struct ws_agreed *ret)
{
	static const struct {
		struct span name;
		enum param is;
		enum side side;
	} params[] = {
		{SPAN_LIT("client_no_context_takeover"), NO_TAKEOVER, SIDE_REQUEST},
		{SPAN_LIT("server_no_context_takeover"), NO_TAKEOVER, SIDE_RESPONSE},
		{SPAN_LIT("client_max_window_bits"), WINDOW_BITS, SIDE_REQUEST},
		{SPAN_LIT("server_max_window_bits"), WINDOW_BITS, SIDE_RESPONSE},
	};
	const uint8_t *eq = param.n ? memchr(param.p, '=', param.n) : NULL;
	struct span name = span_head(param, eq ? (size_t)(eq - param.p) : param.n);
	struct span value = span_trim(span_skip(param, name.n + 1));
	unsigned int i;

	for (i = 0; i < sizeof(params) / sizeof(params[0]); i++) {
		if (!span_ieq(span_trim(name), params[i].name))
			continue;
		/* RFC 7692, 7.1: twice, or with a value that cannot be, nothing is agreed. */
		if (*seen >> i & 1 ||
		    (params[i].is == WINDOW_BITS ? !is_window(value) : eq != NULL))
			return false;
		*seen |= 1U << i;
		if (params[i].is == NO_TAKEOVER)
			ret->no_takeover[params[i].side] = true;
		return true;
	}
	return false;
}

bool ws_agreed__read(struct span extensions, struct ws_agreed *ret)
{
	struct span item;

	*ret = (struct ws_agreed){0};
	while (list__next(&extensions, &item)) {
		unsigned int seen = 0;

		if (ret->deflate || !span_ieq(cut(&item), SPAN_LIT("permessage-deflate")))
			return false;
		ret->deflate = true;
		while (item.n)
			if (!read_param(cut(&item), &seen, ret))
				return false;
	}
	return true;
}

/* --- inflating ----------------------------------------------------------------------------- */

/* RFC 7692, 7.2.3.4: a deflate stream may end in the middle of a message, and another one follows,
 * which may still refer back. */
static int next_stream(struct ws_inflate *f)
{
	uint8_t window[WINDOW_BYTES];
	uInt n = 0;

	/* Ends that come one after the other cost this copy each, so it counts as output. */
	f->out += WINDOW_BYTES;
	if (inflateGetDictionary(&f->z, window, &n) != Z_OK || inflateReset(&f->z) != Z_OK ||
	    inflateSetDictionary(&f->z, window, n) != Z_OK)
		return -EBADMSG;
	return 0;
}

static int check(const struct ws_inflate *f)
{
	if (f->out > f->lim->inflate_total)
		return -E2BIG;
	if (f->out > f->lim->inflate_free && f->out / f->lim->inflate_ratio > f->in)
		return -E2BIG;
	return 0;
}

static int pass(struct ws_inflate *f, struct span s, ws_inflate_out out, void *ctx)
{
	uint64_t room = f->lim->inflate_total - f->out;

	if (!s.n)
		return 0;
	f->out += s.n;
	if (s.n > room)
		s.n = room;
	if (s.n)
		out(ctx, s);
	return check(f);
}

static int run(struct ws_inflate *f, struct span in, ws_inflate_out out, void *ctx)
{
	uint8_t buf[OUT_BYTES];
	int res, err;

	f->z.next_in = (uint8_t *)in.p;
	f->z.avail_in = (uInt)in.n;
	do {
		f->z.next_out = buf;
		f->z.avail_out = sizeof(buf);
		res = inflate(&f->z, Z_SYNC_FLUSH);
		err = pass(f, span(buf, sizeof(buf) - f->z.avail_out), out, ctx);
		if (err)
			return err;
		if (res == Z_MEM_ERROR)
			return -ENOMEM;
		if (res != Z_OK && res != Z_BUF_ERROR && res != Z_STREAM_END)
			return -EBADMSG;
		if (res == Z_STREAM_END) {
			err = next_stream(f);
			if (!err)
				err = check(f);
			if (err)
				return err;
		}
	} while (f->z.avail_in || !f->z.avail_out);
	return 0;
}

int ws_inflate__feed(struct ws_inflate *f, struct span in, ws_inflate_out out, void *ctx)
{
	if (!in.n)
		return 0;
	if (!f->open && inflateInit2(&f->z, -MAX_WBITS) != Z_OK)
		return -ENOMEM;
	f->open = true;
	f->in += in.n;
	return run(f, in, out, ctx);
}

/* Whether the decoder stands where a block begins, on a byte's boundary (zlib.h, data_type). */
static bool at_block(const struct ws_inflate *f)
{
	return f->z.data_type & 128 && !(f->z.data_type & 7);
}

int ws_inflate__end(struct ws_inflate *f, ws_inflate_out out, void *ctx)
{
	/* RFC 7692, 7.2.2: what the sender has taken off */
	static const struct span tail = SPAN_LIT("\x00\x00\xff\xff");
	uint64_t before = f->out;
	int err = 0;

	/* An empty message is a byte 00, but some senders compress nothing to nothing. */
	if (f->in)
		err = run(f, tail, out, ctx);
	if (!err && f->in && (f->out != before || !at_block(f)))
		err = -EBADMSG; /* it was taken for the rest of something that is cut short */
	if (!err && f->no_takeover && f->open)
		inflateReset(&f->z);
	f->in = f->out = 0;
	return err;
}

void ws_inflate__give_up(struct ws_inflate *f)
{
	f->in = f->out = 0;
	if (!f->no_takeover)
		f->lost = true;
	ws_inflate__free(f);
}

void ws_inflate__free(struct ws_inflate *f)
{
	if (f->open)
		inflateEnd(&f->z);
	f->open = false;
	f->z = (z_stream){0};
}
