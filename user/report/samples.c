// SPDX-License-Identifier: Apache-2.0
#include "report/samples.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CAP_FIRST 16

static void unlist(struct samples *s)
{
	if (!s->prev)
		return;
	*s->prev = s->next;
	if (s->next)
		s->next->prev = s->prev;
	s->prev = NULL;
	s->next = NULL;
}

static void enlist(struct samples *s, struct samples_budget *b)
{
	if (s->prev)
		return;
	s->next = b->first;
	s->prev = &b->first;
	if (s->next)
		s->next->prev = &s->next;
	b->first = s;
}

static void drop_numbers(struct samples *s, struct samples_budget *b)
{
	b->used_bytes -= s->cap * sizeof(*s->v);
	free(s->v);
	s->v = NULL;
	s->n = s->cap = 0;
	unlist(s);
}

/* Gives up the numbers for their histogram. */
static bool to_hist(struct samples *s, struct samples_budget *b)
{
	size_t i;

	s->hist = calloc(1, sizeof(*s->hist));
	if (!s->hist)
		return false;
	for (i = 0; i < s->n; i++)
		hist__add(s->hist, s->v[i]);
	drop_numbers(s, b);
	b->used_bytes += sizeof(*s->hist);
	return true;
}

/* Room for more bytes of s, taken from the largest that is worth it. */
static bool make_room(struct samples *s, struct samples_budget *b, size_t more)
{
	struct samples *largest, *i;

	while (b->used_bytes + more > b->max_bytes) {
		largest = NULL;
		for (i = b->first; i; i = i->next)
			if (i->cap * sizeof(*i->v) > sizeof(*i->hist) &&
			    (!largest || i->cap > largest->cap))
				largest = i;
		if (!largest || !to_hist(largest, b))
			return false;
		if (largest == s)
			return true;
	}
	return true;
}

static bool grow(struct samples *s, struct samples_budget *b)
{
	size_t cap = s->cap ? 2 * s->cap : CAP_FIRST;
	uint64_t *v;

	if (!make_room(s, b, (cap - s->cap) * sizeof(*v)))
		return false;
	if (s->hist)
		return true;
	v = realloc(s->v, cap * sizeof(*v));
	if (!v)
		return false;
	b->used_bytes += (cap - s->cap) * sizeof(*v);
	s->v = v;
	s->cap = cap;
	enlist(s, b);
	return true;
}

void samples__add(struct samples *s, struct samples_budget *b, uint64_t v)
{
	if (s->lost)
		return;
	if (!s->hist && s->n == s->cap && !grow(s, b)) {
		s->lost = true;
		drop_numbers(s, b);
		return;
	}
	if (s->hist)
		hist__add(s->hist, v);
	else
		s->v[s->n++] = v;
}

void samples__free(struct samples *s, struct samples_budget *b)
{
	drop_numbers(s, b);
	if (s->hist)
		b->used_bytes -= sizeof(*s->hist);
	free(s->hist);
	s->hist = NULL;
}

static int ascending(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* As hist__quantile_exact, of sorted numbers. */
static uint64_t ranked(const uint64_t *v, size_t n, double q)
{
	size_t r = (size_t)ceil(q * (double)n);

	return v[(r < 1 ? 1 : r > n ? n : r) - 1];
}

static int exactly(struct samples *const *s, size_t n, size_t total, struct quantiles *ret)
{
	uint64_t *v = malloc((total + 1) * sizeof(*v));
	size_t i, used = 0;

	if (!v)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		if (s[i]->n)
			memcpy(v + used, s[i]->v, s[i]->n * sizeof(*v));
		used += s[i]->n;
	}
	qsort(v, total, sizeof(*v), ascending);
	*ret = (struct quantiles){.n = total,
				  .p50 = ranked(v, total, 0.50),
				  .p95 = ranked(v, total, 0.95),
				  .p99 = ranked(v, total, 0.99),
				  .exact = true};
	free(v);
	return 0;
}

static void merge(struct hist *to, const struct hist *from)
{
	size_t i;

	if (!from->n)
		return;
	for (i = 0; i < HIST_BUCKETS; i++)
		to->count[i] += from->count[i];
	if (!to->n || from->min < to->min)
		to->min = from->min;
	if (!to->n || from->max > to->max)
		to->max = from->max;
	to->n += from->n;
}

static int roughly(struct samples *const *s, size_t n, struct quantiles *ret)
{
	struct hist *h = calloc(1, sizeof(*h));
	size_t i, k;

	if (!h)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		for (k = 0; k < s[i]->n; k++)
			hist__add(h, s[i]->v[k]);
		if (s[i]->hist)
			merge(h, s[i]->hist);
	}
	*ret = (struct quantiles){.n = h->n,
				  .p50 = hist__quantile(h, 0.50),
				  .p95 = hist__quantile(h, 0.95),
				  .p99 = hist__quantile(h, 0.99)};
	free(h);
	return 0;
}

int samples__quantiles(struct samples *const *s, size_t n, struct quantiles *ret)
{
	bool exact = true;
	size_t i, total = 0;

	*ret = (struct quantiles){.n = 0};
	for (i = 0; i < n; i++) {
		if (s[i]->lost)
			return 0;
		exact &= !s[i]->hist;
		total += s[i]->n;
	}
	if (exact && !total)
		return 0;
	return exact ? exactly(s, n, total, ret) : roughly(s, n, ret);
}
