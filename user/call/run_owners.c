// SPDX-License-Identifier: Apache-2.0
#include "call/run.h"

#include <stdlib.h>
#include <utlist.h>

#include "base/limits.h"

static struct run_owner **slot_of(struct runs *t, uint64_t hash)
{
	struct run_owner **at = &t->owners[hash % RUN_OWNER_BUCKETS];

	while (*at && (*at)->hash != hash)
		at = &(*at)->next;
	return at;
}

static uint64_t hash_of(const struct runs *t, const struct call_open *x)
{
	return run_keys__hash(t, x, RUN_BY_OWNER, "", 0);
}

void run_owners__make_room(struct runs *t, const struct call_open *x)
{
	const uint64_t hash = hash_of(t, x);
	const struct run_owner *o;

	/* It goes with its last run. */
	while ((o = *slot_of(t, hash)) && o->n >= t->lim->runs_per_process)
		run__supersede(o->runs);
}

bool run_owners__add(struct run *r, const struct call_open *x)
{
	struct runs *t = r->runs;
	const uint64_t hash = hash_of(t, x);
	struct run_owner **at = slot_of(t, hash);

	if (!*at) {
		*at = calloc(1, sizeof(**at));
		if (!*at)
			return false;
		(*at)->hash = hash;
		(*at)->budget = (struct arena_budget){.max_bytes = t->lim->runs_process_bytes,
						      .whole = &t->budget};
	}
	r->owner = *at;
	r->owner->n++;
	DL_APPEND(r->owner->runs, r);
	return true;
}

void run_owners__touch(struct run *r)
{
	DL_DELETE(r->owner->runs, r);
	DL_APPEND(r->owner->runs, r);
}

void run_owners__del(struct run *r)
{
	struct run_owner *o = r->owner;

	DL_DELETE(o->runs, r);
	if (--o->n)
		return;
	*slot_of(r->runs, o->hash) = o->next;
	free(o);
}

bool run_owners__afford(struct run *r, size_t bytes)
{
	struct run_owner *o = r->owner;
	struct run *victim;

	while (bytes > o->budget.max_bytes - o->budget.used_bytes) {
		victim = o->runs == r ? r->next : o->runs;
		if (!victim)
			return false;
		run__supersede(victim);
	}
	return true;
}
