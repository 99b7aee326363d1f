// SPDX-License-Identifier: Apache-2.0
#include "report/losses.h"

#include <errno.h>
#include <stdlib.h>

#define CAP_FIRST 64

void loss_runs__init(struct loss_runs *r, size_t max)
{
	*r = (struct loss_runs){.max = max};
}

void loss_runs__free(struct loss_runs *r)
{
	free(r->v);
	r->v = NULL;
}

/* Where it is, or belongs. */
static size_t place(const struct loss_runs *r, int64_t started_ns)
{
	size_t from = 0, to = r->n;

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (r->v[mid].started_ns < started_ns)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

/* The run, a new one if need be. *ret is NULL: there are too many. */
static int need(struct loss_runs *r, int64_t started_ns, struct loss_run **ret)
{
	size_t at = place(r, started_ns);

	*ret = NULL;
	if (at == r->n || r->v[at].started_ns != started_ns) {
		if (r->n >= r->max)
			return 0;
		if (r->n == r->cap) {
			size_t cap = r->cap ? 2 * r->cap : CAP_FIRST;
			struct loss_run *v = realloc(r->v, cap * sizeof(*v));

			if (!v)
				return -ENOMEM;
			r->v = v;
			r->cap = cap;
		}
		memmove(r->v + at + 1, r->v + at, (r->n - at) * sizeof(*r->v));
		r->v[at] = (struct loss_run){.started_ns = started_ns};
		r->n++;
	}
	*ret = &r->v[at];
	return 0;
}

static bool lost_any(const struct losses *l)
{
	for (int i = 0; i < N_LOSSES; i++)
		if (l->v[i] > 0)
			return true;
	return false;
}

/* Totals only grow: the largest is the latest. */
static void keep_latest(struct losses *l, const struct losses *said)
{
	for (int i = 0; i < N_LOSSES; i++)
		if (said->v[i] > l->v[i])
			l->v[i] = said->v[i];
}

int loss_runs__add(struct loss_runs *r, const struct entry *e, bool before)
{
	const struct losses said = {{
		[LOSS_RECORDS] = e->count[ENTRY_STATS_LOST],
		[LOSS_BYTES] = e->count[ENTRY_STATS_LOST_BYTES],
		[LOSS_GAPS] = e->count[ENTRY_STATS_GAPS],
		[LOSS_MISSED] = e->count[ENTRY_STATS_MISSED],
		[LOSS_REFUSED] = e->count[ENTRY_STATS_REFUSED],
		[LOSS_UNWRITTEN] = e->count[ENTRY_STATS_UNWRITTEN],
	}};
	struct loss_run *run = NULL;
	int64_t started_ns;
	int err;

	if (!lost_any(&said))
		return 0;
	if (period__rfc3339(e->text[ENTRY_STARTED], &started_ns)) {
		err = need(r, started_ns, &run);
		if (err)
			return err;
		r->full |= !run;
	}
	if (run)
		keep_latest(before ? &run->before : &run->now, &said);
	else if (!before)
		keep_latest(&r->rest, &said);
	return 0;
}

struct losses loss_runs__sum(const struct loss_runs *r)
{
	struct losses sum = r->rest;

	for (size_t k = 0; k < r->n; k++)
		for (int i = 0; i < N_LOSSES; i++)
			if (r->v[k].now.v[i] > r->v[k].before.v[i])
				sum.v[i] += r->v[k].now.v[i] - r->v[k].before.v[i];
	return sum;
}
