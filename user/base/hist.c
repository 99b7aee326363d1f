// SPDX-License-Identifier: Apache-2.0
#include "base/hist.h"

#include <math.h>
#include <stdlib.h>

#define SUB (1u << HIST_SUB_BITS)

static unsigned int bucket_of(uint64_t v)
{
	unsigned int shift;

	if (v < 2 * SUB)
		return v;
	shift = 63 - __builtin_clzll(v) - HIST_SUB_BITS;
	/* v >> shift is in [SUB, 2 × SUB) */
	return shift * SUB + (unsigned int)(v >> shift);
}

/* The middle of a bucket. */
static uint64_t value_of(unsigned int bucket)
{
	unsigned int shift;

	if (bucket < 2 * SUB)
		return bucket;
	shift = bucket / SUB - 1;
	return ((uint64_t)(bucket % SUB + SUB) << shift) + ((1ULL << shift) >> 1);
}

void hist__add(struct hist *h, uint64_t v)
{
	uint32_t *count = &h->count[bucket_of(v)];

	if (*count == UINT32_MAX)
		return;
	(*count)++;
	if (!h->n || v < h->min)
		h->min = v;
	if (!h->n || v > h->max)
		h->max = v;
	h->n++;
}

static uint64_t rank(uint64_t n, double q)
{
	uint64_t r = (uint64_t)ceil(q * (double)n);

	return r < 1 ? 1 : r > n ? n : r;
}

uint64_t hist__quantile(const struct hist *h, double q)
{
	uint64_t want, seen = 0, v;
	unsigned int i;

	if (!h->n)
		return 0;
	want = rank(h->n, q);
	if (want == h->n)
		return h->max;
	for (i = 0; i < HIST_BUCKETS - 1; i++) {
		seen += h->count[i];
		if (seen >= want)
			break;
	}
	v = value_of(i);
	return v < h->min ? h->min : v > h->max ? h->max : v;
}

static int ascending(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

uint64_t hist__quantile_exact(uint64_t *v, size_t n, double q)
{
	qsort(v, n, sizeof(*v), ascending);
	return v[rank(n, q) - 1];
}
