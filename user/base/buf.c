// SPDX-License-Identifier: Apache-2.0
#include "base/buf.h"

#include <errno.h>
#include <stdlib.h>

void buf__init(struct buf *b, size_t max)
{
	*b = (struct buf){.max = max};
}

int buf__reserve(struct buf *b, size_t n)
{
	size_t want, cap;
	uint8_t *p;

	if (n > b->max - b->n)
		return -E2BIG;
	want = b->n + n;
	if (want <= b->cap)
		return 0;
	cap = b->cap ? b->cap : 64;
	while (cap < want)
		cap = cap > b->max / 2 ? b->max : cap * 2;
	p = realloc(b->p, cap);
	if (!p)
		return -ENOMEM;
	b->p = p;
	b->cap = cap;
	return 0;
}

int buf__add(struct buf *b, struct span s)
{
	int err;

	if (!s.n)
		return 0;
	err = buf__reserve(b, s.n);
	if (err)
		return err;
	memcpy(b->p + b->n, s.p, s.n);
	b->n += s.n;
	return 0;
}

ptrdiff_t buf__add_some(struct buf *b, struct span s)
{
	int err;

	s = span_head(s, b->max - b->n);
	err = buf__add(b, s);
	return err ? err : (ptrdiff_t)s.n;
}

void buf__drop(struct buf *b, size_t n)
{
	if (n >= b->n) {
		b->n = 0;
		return;
	}
	if (!n)
		return;
	memmove(b->p, b->p + n, b->n - n);
	b->n -= n;
}

void buf__clear(struct buf *b)
{
	b->n = 0;
}

void buf__free(struct buf *b)
{
	free(b->p);
	buf__init(b, b->max);
}
