// SPDX-License-Identifier: Apache-2.0
#include "doctor/hits.h"

#include <errno.h>
#include <stdlib.h>

#include "base/map.h"

#define HITS_MAX 65536

struct hits_entry {
	struct hit hit;
	uint64_t key;
	struct map_node node;
};

struct hits {
	struct hits_entry *map;
};

int hits__new(struct hits **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : -ENOMEM;
}

void hits__free(struct hits *h)
{
	struct hits_entry *e, *next;

	if (!h)
		return;
	map__for_each(node, h->map, e, next)
	{
		map__del(node, h->map, e);
		free(e);
	}
	free(h);
}

static uint64_t key_of(uint32_t pid, enum tls_stack stack)
{
	return (uint64_t)pid << 8 | (unsigned int)stack;
}

void hits__add(struct hits *h, uint32_t pid, enum tls_stack stack, uint64_t calls, uint64_t bytes,
	       uint64_t llm_calls)
{
	struct hits_entry *e;
	int err;

	map__find(node, h->map, key_of(pid, stack), e);
	if (!e) {
		e = map__count(node, h->map) < HITS_MAX ? calloc(1, sizeof(*e)) : NULL;
		if (!e)
			return;
		e->key = key_of(pid, stack);
		map__add(node, h->map, key, e, err);
		if (err) {
			free(e);
			return;
		}
	}
	e->hit.calls += calls;
	e->hit.bytes += bytes;
	e->hit.llm_calls += llm_calls;
}

struct hit hits__of(const struct hits *h, uint32_t pid, enum tls_stack stack)
{
	struct hits_entry *e = NULL;

	if (h)
		map__find(node, h->map, key_of(pid, stack), e);
	return e ? e->hit : (struct hit){0};
}

static void on_data(void *ctx, const struct capture_data *d)
{
	hits__add(ctx, d->pid, d->stack, d->flags & EVENT_CALL_START ? 1 : 0, d->bytes.n + d->gap,
		  0);
}

const struct capture_ops hits_ops = {
	.data = on_data,
};
