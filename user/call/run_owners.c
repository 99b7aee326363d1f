// SPDX-License-Identifier: Apache-2.0
#include "call/run.h"

#include <stdlib.h>
#include <utlist.h>

#include "base/limits.h"

static struct run_owner **slot_of(struct runs *t, uint32_t pid)
{
	struct run_owner **at = &t->owners[pid * 2654435761u >> (32 - RUN_OWNER_BITS)];

	while (*at && (*at)->pid != pid)
		at = &(*at)->next;
	return at;
}

struct run *run_owners__runs(const struct runs *t, uint32_t pid)
{
	const struct run_owner *o = *slot_of((struct runs *)t, pid);

	return o ? o->runs : NULL;
}

void run_owners__make_room(struct runs *t, uint32_t pid)
{
	const struct run_owner *o;

	/* It goes with its last run. */
	while ((o = *slot_of(t, pid)) && o->n >= t->lim->runs_per_process)
		run__supersede(o->runs);
}

bool run_owners__add(struct run *r)
{
	struct runs *t = r->runs;
	struct run_owner **at = slot_of(t, r->pid);

	if (!*at) {
		*at = calloc(1, sizeof(**at));
		if (!*at)
			return false;
		(*at)->pid = r->pid;
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
	*slot_of(r->runs, o->pid) = o->next;
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
