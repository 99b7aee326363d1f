// SPDX-License-Identifier: Apache-2.0
#include "stream/early.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

struct piece {
	struct piece *next;
	struct capture_data d;
	uint8_t bytes[];
};

struct early {
	struct early_all *all;
	struct early *next, **at; /* of all */
	struct stream *owner;
	struct piece *first, **tail;
};

static size_t size_of(const struct capture_data *d)
{
	return sizeof(struct piece) + d->bytes.n;
}

static struct early *early__new(struct early_all *all, struct stream *owner)
{
	struct early *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->all = all;
	e->owner = owner;
	e->tail = &e->first;
	for (e->at = &all->first; *e->at;)
		e->at = &(*e->at)->next;
	*e->at = e;
	return e;
}

int early__add(struct early_all *all, struct early **at, struct stream *owner,
	       const struct capture_data *d, const struct limits *lim)
{
	struct piece *p;

	if (all->bytes + size_of(d) > lim->early_bytes)
		return -E2BIG;
	p = malloc(size_of(d));
	if (!p)
		return -ENOMEM;
	if (!*at)
		*at = early__new(all, owner);
	if (!*at) {
		free(p);
		return -ENOMEM;
	}
	p->next = NULL;
	p->d = *d;
	if (d->bytes.n)
		memcpy(p->bytes, d->bytes.p, d->bytes.n);
	p->d.bytes = span(p->bytes, d->bytes.n);
	*(*at)->tail = p;
	(*at)->tail = &p->next;
	all->bytes += size_of(d);
	return 0;
}

const struct capture_data *early__first(const struct early *e)
{
	return e && e->first ? &e->first->d : NULL;
}

void early__drop(struct early *e)
{
	struct piece *p = e->first;

	if (!p)
		return;
	e->all->bytes -= size_of(&p->d);
	e->first = p->next;
	if (!e->first)
		e->tail = &e->first;
	free(p);
}

struct stream *early__owner(const struct early *e)
{
	return e->owner;
}

void early__free(struct early *e)
{
	if (!e)
		return;
	while (e->first)
		early__drop(e);
	*e->at = e->next;
	if (e->next)
		e->next->at = e->at;
	free(e);
}
