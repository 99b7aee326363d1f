// SPDX-License-Identifier: Apache-2.0
#include "base/intern.h"

#include <stdlib.h>
#include <sys/random.h>

#include "base/map.h"

struct intern_text {
	struct map_node node;
	uint32_t number;
	uint32_t n;
	char text[];
};

void intern__init(struct intern *t, size_t max_bytes)
{
	*t = (struct intern){.max_bytes = max_bytes};
	/* Without entropy the table is as good, only easier to slow down. */
	if (getrandom(t->key, sizeof(t->key), 0) != sizeof(t->key))
		memset(t->key, 0x5a, sizeof(t->key));
}

void intern__clear(struct intern *t)
{
	HASH_CLEAR(node, t->head);
	while (t->n)
		free(t->v[--t->n]);
	free(t->v);
	t->v = NULL;
	t->cap = 0;
	t->bytes = 0;
}

static bool grow(struct intern *t)
{
	uint32_t cap = t->cap ? t->cap * 2 : 64;
	struct intern_text **v = realloc(t->v, cap * sizeof(struct intern_text *));

	if (!v)
		return false;
	t->v = v;
	t->cap = cap;
	return true;
}

uint32_t intern__add(struct intern *t, struct span s)
{
	uint32_t hash = (uint32_t)siphash(t->key, s);
	size_t bytes = sizeof(struct intern_text) + s.n + 1;
	struct intern_text *x = NULL;
	bool map_oom__ = false;

	HASH_FIND_BYHASHVALUE(node, t->head, s.n ? (const void *)s.p : "", s.n, hash, x);
	if (x)
		return x->number;
	if (bytes > t->max_bytes - t->bytes || (t->n == t->cap && !grow(t)))
		return INTERN_NONE;
	x = calloc(1, bytes);
	if (!x)
		return INTERN_NONE;
	if (s.n)
		memcpy(x->text, s.p, s.n);
	x->n = (uint32_t)s.n;
	HASH_ADD_KEYPTR_BYHASHVALUE(node, t->head, x->text, x->n, hash, x);
	if (map_oom__) {
		free(x);
		return INTERN_NONE;
	}
	t->bytes += bytes;
	t->v[t->n++] = x;
	return x->number = t->n;
}

const char *intern__text(const struct intern *t, uint32_t number)
{
	return t->v[number - 1]->text;
}
