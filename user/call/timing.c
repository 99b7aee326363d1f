// SPDX-License-Identifier: Apache-2.0
#include "call/timing.h"

#include <stdlib.h>

#include "base/limits.h"

/* False: no memory. */
static bool to_hist(struct timing *t)
{
	unsigned int i;

	t->hist = calloc(1, sizeof(*t->hist));
	if (!t->hist)
		return false;
	for (i = 0; i < t->n_samples; i++)
		hist__add(t->hist, t->samples[i]);
	free(t->samples);
	t->samples = NULL;
	return true;
}

static bool grow(struct timing *t, const struct limits *lim)
{
	unsigned int max = t->max_samples ? t->max_samples * 2 : 16;
	uint64_t *p;

	if (max > lim->gaps_samples)
		max = lim->gaps_samples;
	p = realloc(t->samples, max * sizeof(*p));
	if (!p)
		return false;
	t->samples = p;
	t->max_samples = max;
	return true;
}

static void add(struct timing *t, const struct limits *lim, uint64_t gap_ns)
{
	if (t->incomplete)
		return;
	if (!t->hist && t->n_samples >= lim->gaps_samples && !to_hist(t)) {
		t->incomplete = true;
		return;
	}
	if (t->hist) {
		hist__add(t->hist, gap_ns);
		return;
	}
	if (t->n_samples == t->max_samples && !grow(t, lim)) {
		t->incomplete = true;
		return;
	}
	t->samples[t->n_samples++] = gap_ns;
}

static void count(struct call_gaps *g, uint64_t gap_ns)
{
	uint64_t bound = 10000000;
	unsigned int i;

	for (i = 0; i < CALL_GAP_BUCKETS - 1 && gap_ns > bound; i++)
		bound *= 2;
	g->buckets[i]++;
	if (!g->n || gap_ns < g->min_ns)
		g->min_ns = gap_ns;
	if (gap_ns > g->max_ns)
		g->max_ns = gap_ns;
	g->sum_ns += gap_ns;
	g->n++;
}

void timing__output(struct timing *t, const struct limits *lim, uint64_t ts_ns)
{
	uint64_t gap_ns = ts_ns > t->last_ns ? ts_ns - t->last_ns : 0;

	if (!t->seen) {
		t->first_ns = ts_ns;
		t->late = t->torn;
	} else if (!t->last_lost) {
		add(t, lim, gap_ns);
		count(&t->gaps, gap_ns);
	}
	t->seen = true;
	t->last_lost = false;
	t->last_ns = ts_ns;
	t->chunks++;
}

void timing__gap(struct timing *t)
{
	t->torn = true;
	t->last_lost = true;
}

int64_t timing__quantile(struct timing *t, double q)
{
	if (t->incomplete)
		return -1;
	if (t->hist)
		return (int64_t)hist__quantile(t->hist, q);
	return t->n_samples ? (int64_t)hist__quantile_exact(t->samples, t->n_samples, q) : -1;
}

void timing__free(struct timing *t)
{
	free(t->samples);
	free(t->hist);
	*t = (struct timing){0};
}
