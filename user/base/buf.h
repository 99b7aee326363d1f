/* SPDX-License-Identifier: Apache-2.0 */
/* buf.h: a growing byte buffer with a maximum set at creation (no unbounded buffer exists). */
#ifndef LLMSNOOP_BUF_H
#define LLMSNOOP_BUF_H

#include "base/span.h"

struct buf {
	uint8_t *p;
	size_t n;   /* bytes in use */
	size_t cap; /* bytes allocated */
	size_t max; /* most bytes it may ever hold */
};

/* An empty buffer that will hold at most max bytes. Nothing is allocated yet. */
void buf__init(struct buf *b, size_t max);

/* Appends s. 0, -E2BIG when it would exceed the maximum, -ENOMEM; on failure b is unchanged. */
int buf__add(struct buf *b, struct span s);

/* Appends as much of s as fits below the maximum and returns how much that was; -ENOMEM. */
ptrdiff_t buf__add_some(struct buf *b, struct span s);

/* Makes room for n more bytes beyond b->n, which the caller then fills and counts. As buf__add. */
int buf__reserve(struct buf *b, size_t n);

/* Drops the first n bytes (all of them where n is larger) and moves the rest down. */
void buf__drop(struct buf *b, size_t n);

/* Empties the buffer but keeps its memory. */
void buf__clear(struct buf *b);

/* Frees the memory and leaves an empty, usable buffer with the same maximum. */
void buf__free(struct buf *b);

static inline struct span buf__span(const struct buf *b)
{
	return (struct span){b->p, b->n};
}

#endif
