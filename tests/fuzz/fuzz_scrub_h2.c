// SPDX-License-Identifier: Apache-2.0
/* What another decoder reads in scrubbed header blocks: fields with the names of secrets hold the
 * mask, and so do secret parameters of a path. Where the block was told in parts does not matter.
 *
 * Input: blocks, each a length and so many octets; bit 7 of the length: in two frames. */
#include <nghttp2/nghttp2.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "capture/scrub.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct scrub *scrub;
static uint64_t offset;

static void scrub_bytes(struct span in, uint8_t *out)
{
	struct capture_data d = {.conn = 1, .dir = DIR_READ, .offset = offset, .bytes = in};

	scrub__data(scrub, &d, out);
	offset += in.n;
}

static void frame(uint8_t type, bool last, struct span payload, uint8_t *out)
{
	uint8_t head[9] = {0, 0, (uint8_t)payload.n, type, last ? 4 : 0, 0, 0, 0, 1}, copy[9];

	scrub_bytes(span(head, 9), copy);
	if (memcmp(head, copy, 9))
		__builtin_trap();
	if (payload.n)
		scrub_bytes(payload, out);
}

static void check_masked(struct span value)
{
	for (size_t i = 0; i < value.n; i++)
		if ((value.p[i] | 0x20) != SECRET_MASK)
			__builtin_trap();
}

static void check_field(struct span name, struct span value)
{
	static const struct span key = SPAN_LIT("?key=");
	ptrdiff_t at = span_find(value, key);
	struct span path = span_head(value, at < 0 ? 0 : (size_t)at);

	/* As sent, names are in lower case and of visible characters (RFC 9113, 8.2.1). */
	if (secret__header(name))
		check_masked(value);
	if (!span_eq(name, SPAN_LIT(":path")) || at < 0 || (path.n && memchr(path.p, '?', path.n)))
		return;
	value = span_skip(value, (size_t)at + key.n);
	for (size_t n = 0; n < value.n; n++)
		if (value.p[n] == '&' || value.p[n] == ';')
			value.n = n;
	check_masked(value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span(data, size);
	nghttp2_hd_inflater *inf;
	bool good = true;

	if (scrub__new(2, &scrub) || nghttp2_hd_inflate_new(&inf))
		abort();
	offset = 0;
	frame(4, false, SPAN_NONE, NULL);
	while (in.n && good) {
		size_t n = in.p[0] & 0x7f, half;
		struct span block = span_head(span_skip(in, 1), n);
		uint8_t out[128];
		struct span rest = span(out, block.n);

		half = in.p[0] & 0x80 ? block.n / 2 : block.n;
		in = span_skip(in, 1 + n);
		frame(1, half == block.n, span_head(block, half), out);
		if (half < block.n)
			frame(9, true, span_skip(block, half), out + half);
		for (;;) {
			nghttp2_nv nv;
			int got = 0;
			ssize_t used = nghttp2_hd_inflate_hd2(inf, &nv, &got, rest.p, rest.n, 1);

			good = used >= 0;
			if (!good)
				break;
			rest = span_skip(rest, (size_t)used);
			if (got & NGHTTP2_HD_INFLATE_EMIT)
				check_field(span(nv.name, nv.namelen), span(nv.value, nv.valuelen));
			if (got & NGHTTP2_HD_INFLATE_FINAL)
				break;
		}
		nghttp2_hd_inflate_end_headers(inf);
	}
	nghttp2_hd_inflate_del(inf);
	scrub__free(scrub);
	return 0;
}
