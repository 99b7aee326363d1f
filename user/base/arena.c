// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"

#include <stdlib.h>

struct arena_block {
	struct arena_block *next;
	size_t n, cap;
	_Alignas(max_align_t) uint8_t bytes[];
};

#define FIRST_BLOCK 1024

bool arena_budget__take(struct arena_budget *b, size_t n)
{
	const struct arena_budget *of;

	for (of = b; of; of = of->whole)
		if (n > of->max_bytes - of->used_bytes)
			return false;
	for (; b; b = b->whole)
		b->used_bytes += n;
	return true;
}

void arena_budget__give(struct arena_budget *b, size_t n)
{
	for (; b; b = b->whole)
		b->used_bytes -= n;
}

void arena__init(struct arena *a, size_t max_bytes, struct arena_budget *budget)
{
	*a = (struct arena){.max_bytes = max_bytes, .budget = budget};
}

static struct arena_block *add_block(struct arena *a, size_t n)
{
	size_t cap = a->blocks ? a->blocks->cap * 2 : FIRST_BLOCK, total;
	struct arena_block *b;

	if (n > a->max_bytes)
		return NULL;
	if (cap > 16 * FIRST_BLOCK)
		cap = 16 * FIRST_BLOCK;
	if (cap < n)
		cap = n;
	total = sizeof(*b) + cap;
	/* Near the bound take just what is needed. */
	if (total > a->max_bytes - a->used_bytes) {
		cap = n;
		total = sizeof(*b) + cap;
	}
	if (total > a->max_bytes - a->used_bytes || !arena_budget__take(a->budget, total))
		return NULL;
	b = malloc(total);
	if (!b) {
		arena_budget__give(a->budget, total);
		return NULL;
	}
	b->next = a->blocks;
	b->n = 0;
	b->cap = cap;
	a->blocks = b;
	a->used_bytes += total;
	return b;
}

void *arena__alloc(struct arena *a, size_t n)
{
	struct arena_block *b = a->blocks;
	void *p;

	if (n > SIZE_MAX / 2)
		return NULL;
	n = (n + _Alignof(max_align_t) - 1) & ~(_Alignof(max_align_t) - 1);
	if (!b || b->cap - b->n < n)
		b = add_block(a, n);
	if (!b)
		return NULL;
	p = b->bytes + b->n;
	b->n += n;
	return memset(p, 0, n);
}

char *arena__string(struct arena *a, struct span s)
{
	static const char replacement[] = "\xEF\xBF\xBD";
	size_t nuls = 0, i;
	char *text, *at;

	for (i = 0; i < s.n; i++)
		nuls += s.p[i] == 0;
	text = arena__alloc(a, s.n + nuls * (sizeof(replacement) - 2) + 1);
	if (!text)
		return NULL;
	if (!nuls) {
		if (s.n)
			memcpy(text, s.p, s.n);
		return text;
	}
	for (at = text, i = 0; i < s.n; i++) {
		if (s.p[i])
			*at++ = (char)s.p[i];
		else
			at = mempcpy(at, replacement, sizeof(replacement) - 1);
	}
	return text;
}

void arena__free(struct arena *a)
{
	struct arena_block *b, *next;

	for (b = a->blocks; b; b = next) {
		next = b->next;
		free(b);
	}
	arena_budget__give(a->budget, a->used_bytes);
	a->blocks = NULL;
	a->used_bytes = 0;
}
