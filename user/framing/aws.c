// SPDX-License-Identifier: Apache-2.0
#include "framing/aws.h"

#include <errno.h>
#include <zlib.h>

#include "base/buf.h"
#include "base/limits.h"

#define PRELUDE_BYTES 12u
#define CRC_BYTES 4u

enum aws_state {
	AWS_PRELUDE,
	AWS_HEADERS,
	AWS_PAYLOAD,
	AWS_CRC,
	AWS_SKIP, /* the rest of a frame that bytes are missing from */
	AWS_OVER, /* after a gap: where frames begin is not known any more */
};

struct aws {
	struct framing f;
	uint8_t state;
	bool open; /* begin was told */
	uint8_t name_n;
	uint8_t word_n; /* bytes of the prelude or of the last CRC so far */
	uint8_t word[PRELUDE_BYTES];
	char name[1 + AWS_NAME_MAX];
	uint32_t crc;	    /* of the frame's bytes so far */
	uint32_t headers_n; /* bytes of all headers */
	uint64_t left;	    /* bytes of the frame that did not come yet */
	struct buf headers;
};

static uint32_t u32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Moves at most n bytes of *in, as far as there are, into the checksum and out of the frame. */
static struct span take(struct aws *a, struct span *in, uint64_t n)
{
	struct span got = span_head(*in, n < in->n ? (size_t)n : in->n);

	*in = span_skip(*in, got.n);
	a->left -= got.n;
	a->crc = (uint32_t)crc32_z(a->crc, got.p, got.n);
	return got;
}

/* Gathers a word of n bytes; true when it is whole. */
static bool word(struct aws *a, struct span *in, size_t n)
{
	struct span got = span_head(*in, n - a->word_n);

	memcpy(a->word + a->word_n, got.p, got.n);
	a->word_n = (uint8_t)(a->word_n + got.n);
	*in = span_skip(*in, got.n);
	if (a->word_n < n)
		return false;
	a->word_n = 0;
	return true;
}

static int prelude(struct aws *a, struct span *in)
{
	uint32_t total;

	if (!word(a, in, PRELUDE_BYTES))
		return 0;
	total = u32(a->word);
	a->headers_n = u32(a->word + 4);
	if (crc32_z(0, a->word, 8) != u32(a->word + 8) || total < PRELUDE_BYTES + CRC_BYTES ||
	    a->headers_n > total - PRELUDE_BYTES - CRC_BYTES ||
	    a->headers_n > a->f.lim->event_headers)
		return -EBADMSG;
	a->crc = (uint32_t)crc32_z(0, a->word, PRELUDE_BYTES);
	a->left = total - PRELUDE_BYTES;
	buf__clear(&a->headers);
	a->state = AWS_HEADERS;
	return 0;
}

/* --- headers ------------------------------------------------------------------------------- */

/* Lengths of the value types 0 to 9: true, false, byte, short, int, long, bytes, string, time,
 * UUID. */
#define VALUE_LENGTH_FIRST -1 /* after a u16 */
#define TYPE_STRING 7
static const int8_t value_bytes[] = {
	0, 0, 1, 2, 4, 8, VALUE_LENGTH_FIRST, VALUE_LENGTH_FIRST, 8, 16,
};

/* Takes n bytes off in; false where there are fewer. */
static bool cut(struct span *in, size_t n, struct span *ret)
{
	if (in->n < n)
		return false;
	*ret = span_head(*in, n);
	*in = span_skip(*in, n);
	return true;
}

struct header {
	struct span name, value;
	uint8_t type;
};

static bool header(struct span *in, struct header *h)
{
	struct span n;
	size_t length;

	if (!cut(in, 1, &n) || !cut(in, n.p[0], &h->name) || !cut(in, 1, &n))
		return false;
	h->type = n.p[0];
	if (h->type >= sizeof(value_bytes))
		return false;
	if (value_bytes[h->type] == VALUE_LENGTH_FIRST) {
		if (!cut(in, 2, &n))
			return false;
		length = (size_t)n.p[0] << 8 | n.p[1];
	} else {
		length = (size_t)value_bytes[h->type];
	}
	return cut(in, length, &h->value);
}

static void set_name(struct aws *a, struct span failure, struct span event)
{
	struct span from = span_head(failure.n ? failure : event, AWS_NAME_MAX);

	a->name[0] = '!';
	a->name_n = failure.n ? 1 : 0;
	if (from.n)
		memcpy(a->name + a->name_n, from.p, from.n);
	a->name_n = (uint8_t)(a->name_n + from.n);
}

static int headers(struct aws *a, uint64_t ts_ns)
{
	struct span in = buf__span(&a->headers);
	struct span type = SPAN_NONE, event = SPAN_NONE, exception = SPAN_NONE, code = SPAN_NONE;
	const struct {
		struct span name, *value;
	} wanted[] = {
		{SPAN_LIT(":message-type"), &type},
		{SPAN_LIT(":event-type"), &event},
		{SPAN_LIT(":exception-type"), &exception},
		{SPAN_LIT(":error-code"), &code},
	};
	struct header h;
	size_t i;

	while (in.n) {
		if (!header(&in, &h))
			return -EBADMSG;
		for (i = 0; h.type == TYPE_STRING && i < sizeof(wanted) / sizeof(wanted[0]); i++)
			if (span_eq(h.name, wanted[i].name))
				*wanted[i].value = h.value;
	}
	if (span_eq(type, SPAN_LIT("error")))
		set_name(a, code.n ? code : type, SPAN_NONE);
	else if (span_eq(type, SPAN_LIT("exception")))
		set_name(a, exception.n ? exception : type, SPAN_NONE);
	else
		set_name(a, exception, event);
	a->state = a->left > CRC_BYTES ? AWS_PAYLOAD : AWS_CRC;
	a->open = true;
	return a->f.ops->begin(a->f.ctx, span(a->name, a->name_n), ts_ns);
}

/* ------------------------------------------------------------------------------------------- */

static int end(struct aws *a, bool complete, uint64_t ts_ns)
{
	bool open = a->open;

	a->open = false;
	return open ? a->f.ops->end(a->f.ctx, span(a->name, a->name_n), complete, ts_ns) : 0;
}

static int frame_end(struct aws *a, struct span *in, uint64_t ts_ns)
{
	bool whole;
	int err;

	if (!word(a, in, CRC_BYTES))
		return 0;
	whole = u32(a->word) == a->crc;
	a->state = AWS_PRELUDE;
	err = end(a, whole, ts_ns);
	return err || whole ? err : -EBADMSG;
}

/* Of one part of a frame as much as there is. */
static int part(struct aws *a, struct span *in, uint64_t ts_ns)
{
	struct span got;
	int err;

	switch (a->state) {
	case AWS_PRELUDE:
		err = prelude(a, in);
		return err || a->state == AWS_PRELUDE || a->headers_n ? err : headers(a, ts_ns);
	case AWS_HEADERS:
		got = take(a, in, a->headers_n - a->headers.n);
		err = buf__add(&a->headers, got);
		return err || a->headers.n < a->headers_n ? err : headers(a, ts_ns);
	case AWS_PAYLOAD:
		got = take(a, in, a->left - CRC_BYTES);
		if (a->left == CRC_BYTES)
			a->state = AWS_CRC;
		return a->f.ops->piece(a->f.ctx, got, ts_ns);
	case AWS_CRC:
		return frame_end(a, in, ts_ns);
	case AWS_SKIP:
		take(a, in, a->left);
		if (!a->left)
			a->state = AWS_PRELUDE;
		return 0;
	default:
		*in = SPAN_NONE;
		return 0;
	}
}

static int feed(struct framing *f, struct span in, uint64_t ts_ns)
{
	struct aws *a = (struct aws *)f;
	int err = 0;

	a->headers.max = f->lim->event_headers;
	while (in.n && !err)
		err = part(a, &in, ts_ns);
	return err;
}

static int gap(struct framing *f, uint64_t lost, uint64_t ts_ns)
{
	struct aws *a = (struct aws *)f;
	uint64_t left = a->left;

	if (a->state == AWS_CRC)
		left -= a->word_n;
	if (a->state == AWS_PRELUDE || a->state == AWS_OVER || !lost || lost > left)
		a->state = AWS_OVER;
	else
		a->state = lost < left ? AWS_SKIP : AWS_PRELUDE;
	a->left = a->state == AWS_SKIP ? left - lost : 0;
	a->word_n = 0;
	return end(a, false, ts_ns);
}

static int finish(struct framing *f, uint64_t ts_ns)
{
	return end((struct aws *)f, false, ts_ns);
}

static void free_headers(struct framing *f)
{
	buf__free(&((struct aws *)f)->headers);
}

const struct framing_type framing_aws = {
	.size = sizeof(struct aws),
	.feed = feed,
	.gap = gap,
	.finish = finish,
	.free = free_headers,
};
