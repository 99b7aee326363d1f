// SPDX-License-Identifier: Apache-2.0
#include "report/groups.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/limits.h"
#include "base/siphash.h"

/* The first of these texts that is known; a day is none of them. */
static const struct {
	const char *name;
	int first, second; /* enum entry_text; -1: none */
} dimensions[] = {
	[BY_DAY] = {"day", -1, -1},
	[BY_WEEK] = {"week", -1, -1},
	[BY_MONTH] = {"month", -1, -1},
	[BY_MODEL] = {"model", ENTRY_REQUEST_MODEL, ENTRY_RESPONSE_MODEL},
	[BY_FEATURE] = {"feature", ENTRY_FEATURE, ENTRY_SERVICE},
	[BY_POD] = {"pod", ENTRY_POD, -1},
	[BY_COMM] = {"comm", ENTRY_COMM, ENTRY_EXE},
	[BY_SESSION] = {"session", ENTRY_CONVERSATION, -1},
	[BY_KEY] = {"key", ENTRY_KEY, -1},
	[BY_HOST] = {"host", ENTRY_SERVER, -1},
	[BY_PROVIDER] = {"provider", ENTRY_PROVIDER, -1},
	[BY_ERROR] = {"error", ENTRY_ERROR, -1},
};

const char *dimension__name(enum dimension d)
{
	return d < N_DIMENSIONS ? dimensions[d].name : NULL;
}

struct span dimension__of(struct groups *g, enum dimension d, const struct entry *e,
			  uint8_t room[2 * ENTRY_TEXT_MAX + 1])
{
	struct span s = SPAN_NONE, ns = e->text[ENTRY_NAMESPACE];

	if (d <= BY_MONTH)
		return span_str(calendar__label(&g->calendar, (enum period_unit)d, e->time_ns));
	if (dimensions[d].first >= 0)
		s = e->text[dimensions[d].first];
	if (!s.n && dimensions[d].second >= 0)
		s = e->text[dimensions[d].second];
	if (d != BY_POD || !s.n || !ns.n)
		return s;
	memcpy(room, ns.p, ns.n);
	room[ns.n] = '/';
	memcpy(room + ns.n + 1, s.p, s.n);
	return span(room, ns.n + 1 + s.n);
}

void groups__init(struct groups *g, const enum dimension *by, unsigned int n_by, bool utc)
{
	unsigned int i;

	*g = (struct groups){.n_by = n_by, .part_by = BY_MODEL, .calendar.utc = utc};
	for (i = 0; i < n_by; i++) {
		g->by[i] = by[i];
		if (by[i] == BY_MODEL)
			g->part_by = BY_FEATURE;
	}
	g->budget.max_bytes = limits_default.report_bytes;
	arena__init(&g->arena, limits_default.report_bytes, &g->budget);
	g->samples.max_bytes = limits_default.report_samples;
	if (getrandom(g->hash_key, sizeof(g->hash_key), GRND_NONBLOCK) != sizeof(g->hash_key))
		g->hash_key[0] = 1;
}

void groups__free(struct groups *g)
{
	struct group *x;

	for (x = g->list; x; x = x->next) {
		samples__free(&x->ttft, &g->samples);
		samples__free(&x->duration, &g->samples);
	}
	HASH_CLEAR(node, g->map);
	arena__free(&g->arena);
}

/* NULL: no room. */
static struct group *group_new(struct groups *g, const struct span *name)
{
	struct group *x =
		g->n < limits_default.report_groups ? arena__alloc(&g->arena, sizeof(*x)) : NULL;
	unsigned int i;

	if (!x)
		return NULL;
	for (i = 0; name && i < g->n_by; i++) {
		if (!name[i].n)
			continue;
		x->name[i] = arena__string(&g->arena, name[i]);
		if (!x->name[i])
			return NULL;
	}
	x->next = g->list;
	g->list = x;
	g->n++;
	return x;
}

static struct group *group_other(struct groups *g)
{
	g->full = true;
	return g->other;
}

static struct group *group_of(struct groups *g, const struct entry *e)
{
	uint8_t room[2 * ENTRY_TEXT_MAX + 1], text[GROUP_BY_MAX * (2 * ENTRY_TEXT_MAX + 3)];
	struct span name[GROUP_BY_MAX];
	size_t used = 0;
	struct group *x;
	unsigned int i;
	uint64_t key;
	int err;

	/* The first group of all is the one for those that will have no room. */
	if (!g->other) {
		g->other = group_new(g, NULL);
		if (!g->other)
			return NULL;
		g->other->other = true;
	}
	for (i = 0; i < g->n_by; i++) {
		struct span s = dimension__of(g, g->by[i], e, room);

		/* Its length first: any byte may be in a name. */
		text[used++] = (uint8_t)(s.n >> 8);
		text[used++] = (uint8_t)s.n;
		memcpy(text + used, s.p ? s.p : room, s.n);
		name[i] = span(text + used, s.n);
		used += s.n;
	}
	key = siphash(g->hash_key, span(text, used));
	map__find(node, g->map, key, x);
	if (x)
		return x;
	x = group_new(g, name);
	if (!x)
		return group_other(g);
	x->key = key;
	map__add(node, g->map, key, x, err);
	return err ? group_other(g) : x;
}

/* NULL: no room; the group's own sums are right all the same. */
static struct part *part_of(struct groups *g, struct group *x, struct span name)
{
	unsigned int n = 1;
	struct part **p;

	for (p = &x->parts; *p; p = &(*p)->next, n++)
		if (!(*p)->name || span_eq(name, span_str((*p)->name)))
			return *p;
	*p = arena__alloc(&g->arena, sizeof(**p));
	if (*p && n < GROUP_PARTS_MAX)
		(*p)->name = arena__string(&g->arena, name);
	return *p;
}

static void count_failure(struct groups *g, struct group *x, const struct entry *e)
{
	struct span type = e->text[ENTRY_ERROR];
	int64_t status = e->count[ENTRY_STATUS];
	unsigned int n = 1;
	struct failure **f;

	for (f = &x->failures; *f; f = &(*f)->next, n++)
		if (!(*f)->type || ((*f)->status == status && span_eq(type, span_str((*f)->type))))
			break;
	if (!*f) {
		*f = arena__alloc(&g->arena, sizeof(**f));
		if (!*f)
			return;
		if (n < GROUP_FAILURES_MAX)
			(*f)->type = arena__string(&g->arena, type);
		(*f)->status = (*f)->type ? status : -1;
	}
	(*f)->n++;
}

int groups__add(struct groups *g, enum record_is is, const struct entry *e, bool before)
{
	uint8_t room[2 * ENTRY_TEXT_MAX + 1];
	struct group *x = group_of(g, e);
	struct span part;
	struct part *p;

	if (!x)
		return -ENOMEM;
	tally__add(before ? &x->before : &x->now, is, e);
	if (is != RECORD_CALL && is != RECORD_FETCH)
		return 0;
	part = dimension__of(g, g->part_by, e, room);
	if (part.n) {
		p = part_of(g, x, part);
		if (p)
			tally__add(before ? &p->before : &p->now, is, e);
	}
	if (before)
		return 0;
	if (e->text[ENTRY_ERROR].n)
		count_failure(g, x, e);
	if (is == RECORD_CALL && e->nano[ENTRY_TTFT] >= 0)
		samples__add(&x->ttft, &g->samples, (uint64_t)e->nano[ENTRY_TTFT]);
	if (is == RECORD_CALL && e->nano[ENTRY_DURATION] >= 0)
		samples__add(&x->duration, &g->samples, (uint64_t)e->nano[ENTRY_DURATION]);
	return 0;
}
