// SPDX-License-Identifier: Apache-2.0
#include "http/h2_match.h"

#include "http/h2_frame.h"
#include "stream/first.h"

#define FIELDS_MAX 4 /* of a block looked at */

const struct span h2_preface = SPAN_LIT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

static enum protocol_match match_preface(struct span first)
{
	if (span_starts(first, h2_preface))
		return MATCH_YES;
	return span_starts(h2_preface, first) ? MATCH_MORE : MATCH_NO;
}

/* Whose field is that, by its index in the static table (RFC 7541, appendix A)? */
static enum protocol_match whose(unsigned int index, enum side *ret)
{
	if (!index || index > 14)
		return MATCH_NO;
	*ret = index < 8 ? SIDE_REQUEST : SIDE_RESPONSE;
	return MATCH_YES;
}

/* How long a value of that field may be: the length with its Huffman bit. */
static bool value_fits(unsigned int index, uint8_t length)
{
	length &= 0x7f;
	return index >= 8 ? length == 2 || length == 3 : length != 0;
}

/* Whose headers begin with these bytes of a block (RFC 7541, 6)? Pseudo-headers come first, and
 * most encoders have them in the static table; what is in the dynamic one is passed over. n: bytes
 * that the block has. */
static enum protocol_match match_block(struct span block, size_t n, enum side *ret)
{
	size_t i = 0, fields;

	/* an update of the table's size, which has up to four bytes more */
	if (block.n && (block.p[0] & 0xe0) == 0x20) {
		if (block.p[i++] == 0x3f)
			while (i < block.n && i < 5 && block.p[i++] & 0x80)
				;
	}
	for (fields = 0; fields < FIELDS_MAX && i < n; fields++, i++) {
		unsigned int index;
		uint8_t b;

		if (i >= block.n)
			return MATCH_MORE;
		b = block.p[i];
		if (b > 0x80 + 61 && b < 0xff)
			continue;
		if (b & 0x80) /* RFC 7541, 6.1; an answer's status is its first field */
			return whose(b & 0x7f, ret) == MATCH_YES &&
					       (*ret == SIDE_REQUEST || !fields)
				       ? MATCH_YES
				       : MATCH_NO;
		index = b & 0x40 ? b & 0x3f : b & 0x0f; /* 6.2.1; 6.2.2 and 6.2.3 */
		if ((b & 0xe0) == 0x20 || whose(index, ret) == MATCH_NO || i + 1 >= n ||
		    (*ret == SIDE_RESPONSE && fields))
			return MATCH_NO;
		if (i + 1 >= block.n)
			return MATCH_MORE;
		return value_fits(index, block.p[i + 1]) ? MATCH_YES : MATCH_NO;
	}
	return MATCH_NO;
}

static enum protocol_match match_headers(const struct h2_frame *f, struct span payload,
					 enum side *ret)
{
	unsigned int prefix = h2_frame__prefix(f), pad = 0;

	if (!(f->flags & H2_END_HEADERS) || !(f->stream & 1))
		return MATCH_NO;
	if (f->flags & H2_PADDED) {
		if (!payload.n)
			return MATCH_MORE;
		pad = payload.p[0];
	}
	if (prefix + pad >= f->length)
		return MATCH_NO;
	return match_block(span_skip(payload, prefix), f->length - prefix - pad, ret);
}

/* Frames that may come before headers in a call, and are small. */
static bool may_precede(const struct h2_frame *f)
{
	return f->type == H2_WINDOW_UPDATE || f->type == H2_PRIORITY || f->type == H2_PING ||
	       f->type == H2_RST_STREAM || (f->type == H2_SETTINGS && f->flags & H2_ACK);
}

/* The beginning of a frame's header: could the whole be one that matters here? */
static bool may_become_header(struct span s)
{
	if ((s.n > 0 && s.p[0]) || (s.n > 3 && s.p[3] > H2_WINDOW_UPDATE))
		return false;
	return s.n <= 5 || !(s.p[5] & 0x80);
}

enum protocol_match h2_match__connection(struct span first, enum side *ret_side)
{
	struct span rest = first;

	*ret_side = SIDE_REQUEST;
	if (first.n && first.p[0] == h2_preface.p[0])
		return match_preface(first);
	for (;;) {
		struct h2_frame f;

		if (!may_become_header(rest))
			return MATCH_NO;
		if (rest.n < H2_FRAME_HEADER)
			return first.n < FIRST_MAX ? MATCH_MORE : MATCH_NO;
		if (!h2_frame__plausible(rest.p))
			return MATCH_NO;
		f = h2_frame__read(rest.p);
		if (f.type == H2_HEADERS) {
			enum protocol_match m =
				match_headers(&f, span_skip(rest, H2_FRAME_HEADER), ret_side);

			return m == MATCH_MORE && first.n == FIRST_MAX ? MATCH_NO : m;
		}
		/* A client's come after its preface, and are not changed in practice. */
		if (f.type == H2_SETTINGS && !(f.flags & H2_ACK)) {
			*ret_side = SIDE_RESPONSE;
			return rest.p == first.p ? MATCH_YES : MATCH_NO;
		}
		if (!may_precede(&f))
			return MATCH_NO;
		if (rest.n < H2_FRAME_HEADER + f.length)
			return first.n < FIRST_MAX ? MATCH_MORE : MATCH_NO;
		rest = span_skip(rest, H2_FRAME_HEADER + f.length);
	}
}

enum protocol_match h2_match__frame(enum side side, struct span first)
{
	struct h2_frame f;

	if (side == SIDE_REQUEST && first.n && first.p[0] == h2_preface.p[0])
		return match_preface(first);
	if (first.n && first.p[0] > 0x10)
		return MATCH_NO;
	if (first.n < H2_FRAME_HEADER)
		return MATCH_MORE;
	if (!h2_frame__plausible(first.p))
		return MATCH_NO;
	f = h2_frame__read(first.p);
	if (side == SIDE_REQUEST && f.type == H2_PUSH_PROMISE)
		return MATCH_NO;
	return MATCH_YES;
}
