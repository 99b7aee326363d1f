// SPDX-License-Identifier: Apache-2.0
#include "http/chunked.h"

#include <errno.h>

#define SIZE_MAX_BYTES (1ULL << 60)

enum state {
	SIZE_FIRST, /* the first digit of a size */
	SIZE,
	SIZE_SPACE, /* after the size: nginx and others allow spaces here */
	EXTENSION,
	SIZE_LF,
	DATA,
	DATA_END,
	DATA_LF,
	TRAILER_FIRST, /* the first byte of a trailer line */
	TRAILER,
	TRAILER_LF,
	END_LF,
	DONE,
};

void chunked__init(struct chunked *c, size_t line_max)
{
	*c = (struct chunked){.line_max = line_max < UINT32_MAX ? (uint32_t)line_max : UINT32_MAX};
}

bool chunked__done(const struct chunked *c)
{
	return c->state == DONE;
}

bool chunked__skip(struct chunked *c, uint64_t lost)
{
	if (c->state != DATA || !lost || lost > c->left)
		return false;
	c->left -= lost;
	if (!c->left)
		c->state = DATA_END;
	return true;
}

static int hex(uint8_t b)
{
	if (b >= '0' && b <= '9')
		return b - '0';
	b |= 0x20;
	return b >= 'a' && b <= 'f' ? b - 'a' + 10 : -1;
}

static void size_done(struct chunked *c)
{
	c->line_bytes = 0;
	c->state = c->left ? DATA : TRAILER_FIRST;
}

/* One byte of anything but data. */
static int step(struct chunked *c, uint8_t b)
{
	int digit = hex(b);

	if (!b || ++c->line_bytes > c->line_max)
		return b ? -E2BIG : -EBADMSG;

	switch ((enum state)c->state) {
	case SIZE_FIRST:
	case SIZE:
		if (digit >= 0) {
			if (c->left >= SIZE_MAX_BYTES >> 4)
				return -EBADMSG;
			c->left = c->left << 4 | (unsigned int)digit;
			c->state = SIZE;
			return 0;
		}
		if (c->state == SIZE_FIRST)
			return -EBADMSG;
		/* fallthrough */
	case SIZE_SPACE:
		if (b == ' ' || b == '\t')
			c->state = SIZE_SPACE;
		else if (b == ';')
			c->state = EXTENSION;
		else if (b == '\r')
			c->state = SIZE_LF;
		else if (b == '\n')
			size_done(c);
		else
			return -EBADMSG;
		return 0;
	case EXTENSION:
		if (b == '\r')
			c->state = SIZE_LF;
		else if (b == '\n')
			size_done(c);
		return 0;
	case SIZE_LF:
		if (b != '\n')
			return -EBADMSG;
		size_done(c);
		return 0;
	case DATA_END:
		if (b == '\r')
			c->state = DATA_LF;
		else if (b == '\n')
			c->state = SIZE_FIRST;
		else
			return -EBADMSG;
		c->line_bytes = 0;
		return 0;
	case DATA_LF:
		c->state = SIZE_FIRST;
		c->line_bytes = 0;
		return b == '\n' ? 0 : -EBADMSG;
	case TRAILER_FIRST:
		if (b == '\r')
			c->state = END_LF;
		else
			c->state = b == '\n' ? DONE : TRAILER;
		return 0;
	case TRAILER:
		if (b == '\r')
			c->state = TRAILER_LF;
		else if (b == '\n')
			c->state = TRAILER_FIRST;
		return 0;
	case TRAILER_LF:
		c->state = TRAILER_FIRST;
		return b == '\n' ? 0 : -EBADMSG;
	case END_LF:
		c->state = DONE;
		return b == '\n' ? 0 : -EBADMSG;
	case DATA:
	case DONE:
		break;
	}
	return -EBADMSG;
}

ptrdiff_t chunked__next(struct chunked *c, struct span in, struct span *ret_data)
{
	size_t i;
	int err;

	*ret_data = SPAN_NONE;
	for (i = 0; i < in.n && c->state != DONE; i++) {
		if (c->state == DATA) {
			*ret_data = span_skip(in, i);
			if (ret_data->n > c->left)
				ret_data->n = c->left;
			c->left -= ret_data->n;
			if (!c->left)
				c->state = DATA_END;
			return (ptrdiff_t)(i + ret_data->n);
		}
		err = step(c, in.p[i]);
		if (err)
			return err;
	}
	return (ptrdiff_t)i;
}
