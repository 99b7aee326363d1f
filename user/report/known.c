// SPDX-License-Identifier: Apache-2.0
#include "report/known.h"

#include <stdlib.h>
#include <sys/random.h>

#define CAP_FIRST (1 << 14)
#define ID_MAX 256 /* bytes of one id that tell */

void known__init(struct known *k, size_t max)
{
	*k = (struct known){.max = max};
	/* So that nobody can choose ids that hide others. Without it, all works the same. */
	if (getrandom(k->key, sizeof(k->key), GRND_NONBLOCK) != sizeof(k->key))
		k->key[0] = 1;
}

void known__free(struct known *k)
{
	free(k->v);
	k->v = NULL;
}

static size_t place(const uint64_t *v, size_t cap, uint64_t hash)
{
	size_t i = hash & (cap - 1);

	while (v[i] && v[i] != hash)
		i = (i + 1) & (cap - 1);
	return i;
}

static bool grow(struct known *k)
{
	size_t cap = k->cap ? 2 * k->cap : CAP_FIRST, i;
	uint64_t *v = calloc(cap, sizeof(*v));

	if (!v)
		return false;
	for (i = 0; i < k->cap; i++)
		if (k->v[i])
			v[place(v, cap, k->v[i])] = k->v[i];
	free(k->v);
	k->v = v;
	k->cap = cap;
	return true;
}

bool known__add(struct known *k, struct span trace_id, struct span span_id)
{
	uint8_t both[2 * ID_MAX + 1];
	uint64_t hash;
	size_t at;

	trace_id = span_head(trace_id, ID_MAX);
	span_id = span_head(span_id, ID_MAX);
	if (trace_id.n)
		memcpy(both, trace_id.p, trace_id.n);
	both[trace_id.n] = 0;
	if (span_id.n)
		memcpy(both + trace_id.n + 1, span_id.p, span_id.n);
	hash = siphash(k->key, span(both, trace_id.n + 1 + span_id.n));
	hash += !hash;
	if (k->cap) {
		at = place(k->v, k->cap, hash);
		if (k->v[at])
			return true;
	}
	if (k->n >= k->max || (2 * k->n >= k->cap && !grow(k))) {
		k->full = true;
		return false;
	}
	k->v[place(k->v, k->cap, hash)] = hash;
	k->n++;
	return false;
}
