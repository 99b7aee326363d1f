// SPDX-License-Identifier: Apache-2.0
#include "stream/streams.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/limits.h"

/* How many of the longest idle connections are looked at for one that nobody would miss. */
#define VICTIM_LOOKS 64

/* A process with connections. */
struct owner {
	struct map_node node;
	uint64_t pid;
	struct stream *streams;
	unsigned int n;
};

struct stream *streams__find(const struct streams *l, uint64_t conn)
{
	struct stream *s;

	map__find(node, l->map, conn, s);
	return s;
}

uint64_t streams__count(const struct streams *l)
{
	return map__count(node, l->map);
}

static struct owner *owner__find(const struct streams *l, uint64_t pid)
{
	struct owner *o;

	map__find(node, l->owners, pid, o);
	return o;
}

static struct owner *owner__get(struct streams *l, uint32_t pid)
{
	struct owner *o = owner__find(l, pid);
	int err;

	if (o)
		return o;
	o = calloc(1, sizeof(*o));
	if (!o)
		return NULL;
	o->pid = pid;
	map__add(node, l->owners, pid, o, err);
	if (err) {
		free(o);
		return NULL;
	}
	return o;
}

struct stream *streams__of(const struct streams *l, uint32_t pid)
{
	const struct owner *o = owner__find(l, pid);

	return o ? o->streams : NULL;
}

static bool is_spare(const struct stream *s)
{
	return !s->state || !s->protocol->busy(s->state);
}

struct stream *streams__victim(const struct streams *l, uint32_t pid, const struct limits *lim)
{
	const struct owner *o = owner__find(l, pid);
	bool of_process = o && o->n >= lim->conns_per_process;
	struct stream *first, *s;
	int looks;

	if (!of_process && streams__count(l) < lim->conns)
		return NULL;
	s = first = of_process ? o->streams : l->idle;
	for (looks = 0; s && looks < VICTIM_LOOKS && !is_spare(s); looks++)
		s = of_process ? s->pnext : s->next;
	return s && is_spare(s) ? s : first;
}

struct stream *streams__add(struct streams *l, uint64_t conn, uint32_t pid)
{
	struct stream *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return NULL;
	s->conn.id = conn;
	s->conn.pid = pid;
	map__add(node, l->map, conn.id, s, err);
	if (err) {
		free(s);
		return NULL;
	}
	s->owner = owner__get(l, pid);
	if (!s->owner) {
		map__del(node, l->map, s);
		free(s);
		return NULL;
	}
	s->owner->n++;
	DL_APPEND(l->idle, s);
	DL_APPEND2(s->owner->streams, s, pprev, pnext);
	return s;
}

void streams__touch(struct streams *l, struct stream *s)
{
	if (!s->next && !s->pnext)
		return;
	DL_DELETE(l->idle, s);
	DL_APPEND(l->idle, s);
	DL_DELETE2(s->owner->streams, s, pprev, pnext);
	DL_APPEND2(s->owner->streams, s, pprev, pnext);
}

void stream__ignore(struct stream *s)
{
	if (s->state)
		s->protocol->free(s->state);
	s->state = NULL;
	free(s->search);
	s->search = NULL;
	early__free(s->early);
	s->early = NULL;
	s->is = CONN_IGNORED;
}

void streams__remove(struct streams *l, struct stream *s)
{
	struct owner *o = s->owner;

	stream__ignore(s);
	map__del(node, l->map, s);
	DL_DELETE(l->idle, s);
	DL_DELETE2(o->streams, s, pprev, pnext);
	if (!--o->n) {
		map__del(node, l->owners, o);
		free(o);
	}
	free(s);
}
