// SPDX-License-Identifier: Apache-2.0
#include "dialect/tools.h"

#include <errno.h>
#include <stdlib.h>

#include "dialect/wire.h"
#include "base/json_hash.h"
#include "base/limits.h"

static void clear(struct tool *t)
{
	free(t->id);
	free(t->name);
	*t = (struct tool){.index = TOOL_INDEX_NONE};
}

void tools__free(struct tools *t)
{
	while (t->n_all)
		clear(&t->v[--t->n_all]);
	free(t->v);
	clear(&t->open);
	*t = (struct tools){0};
}

void tools__begin(struct tools *t)
{
	clear(&t->open);
}

void tools__index(struct tools *t, int64_t index)
{
	t->open.index = index;
}

static int keep(const struct json_value *v, char **p, uint32_t *n, bool *truncated)
{
	char *copy;

	if (v->type != JSON_STRING || !v->text.n)
		return 0;
	copy = malloc(v->text.n);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, v->text.p, v->text.n);
	free(*p);
	*p = copy;
	*n = (uint32_t)v->text.n;
	*truncated |= v->truncated;
	return 0;
}

int tools__id(struct tools *t, const struct json_value *v)
{
	return keep(v, &t->open.id, &t->open.id_n, &t->open.truncated);
}

int tools__name(struct tools *t, const struct json_value *v)
{
	return keep(v, &t->open.name, &t->open.name_n, &t->open.truncated);
}

static void join_args(struct tool *call, uint64_t hash, uint64_t n)
{
	call->args = json_hash__join(call->args, hash, n);
	call->n_args += n;
}

/* Of a container there is a word at its beginning, too. */
static bool is_args(const struct json_value *v)
{
	return v->event == JSON_ENDS || (v->event == JSON_EXISTS && v->type == JSON_STRING);
}

void tools__args(struct tools *t, const struct json_value *v, bool all)
{
	if (!is_args(v))
		return;
	t->open.all_args = all;
	join_args(&t->open, v->hash, (uint64_t)v->number);
}

void tools__latest_args(struct tools *t, const struct json_value *v)
{
	if (!is_args(v))
		return;
	if (t->n)
		join_args(&t->v[t->n - 1], v->hash, (uint64_t)v->number);
	else
		t->args_lost = true;
}

int tools__end(struct tools *t, const struct limits *lim)
{
	struct tool *v;
	unsigned int cap;

	if (!t->open.id && !t->open.name && !t->open.n_args)
		return 0;
	if (t->n_all == t->cap) {
		/* A fragment may continue a call, so there must be room beyond the last. */
		if (t->cap > lim->tool_calls) {
			clear(&t->open);
			return -E2BIG;
		}
		cap = t->cap ? t->cap * 2 : 4;
		if (cap > lim->tool_calls + 1)
			cap = lim->tool_calls + 1;
		v = realloc(t->v, cap * sizeof(*v));
		if (!v) {
			clear(&t->open);
			return -ENOMEM;
		}
		t->v = v;
		t->cap = cap;
	}
	t->v[t->n_all++] = t->open;
	t->open = (struct tool){.index = TOOL_INDEX_NONE};
	return 0;
}

static bool same_id(const struct tool *a, const struct tool *b)
{
	return a->id && b->id && a->id_n == b->id_n && memcmp(a->id, b->id, a->id_n) == 0;
}

/* The call that the fragment continues, or NULL. */
static struct tool *find(struct tools *t, const struct tool *part)
{
	unsigned int i;

	for (i = t->n; i-- > 0;) {
		struct tool *call = &t->v[i];

		if (call->choice != part->choice)
			continue;
		if (part->index == TOOL_INDEX_NONE) {
			if (same_id(call, part))
				return call;
			continue;
		}
		if (call->index != part->index)
			continue;
		if (part->name && part->id && call->name && call->id && !same_id(call, part))
			return NULL;
		return call;
	}
	return NULL;
}

static void merge(struct tool *call, struct tool *part)
{
	if (!call->id) {
		call->id = part->id;
		call->id_n = part->id_n;
		part->id = NULL;
	}
	if (!call->name) {
		call->name = part->name;
		call->name_n = part->name_n;
		part->name = NULL;
	}
	call->truncated |= part->truncated;
	if (part->n_args && part->all_args)
		call->args = call->n_args = 0;
	join_args(call, part->args, part->n_args);
	clear(part);
}

void tools__resolve(struct tools *t, uint32_t choice, bool streamed)
{
	unsigned int i, all = t->n_all;

	for (i = t->n; i < all; i++) {
		struct tool part = t->v[i];
		struct tool *call;

		part.choice = choice;
		call = streamed ? find(t, &part) : NULL;
		if (!call && !part.id && !part.name && part.index == TOOL_INDEX_NONE && t->n)
			call = &t->v[t->n - 1];
		if (call) {
			merge(call, &part);
		} else if (part.id || part.name) {
			t->v[t->n++] = part;
		} else {
			t->args_lost = true;
		}
	}
	t->n_all = t->n;
}

static void tell_args(struct dialect_reader *r, unsigned int i)
{
	struct tool *call = &r->tools.v[i];
	bool known = call->n_args && !r->tools.args_lost;
	/* 0 is for the unknown. */
	struct fact_value v = {
		.index = i,
		.number = known ? (int64_t)(call->args | 1) : 0,
	};

	if (v.number == call->args_told)
		return;
	call->args_told = v.number;
	wire__tell(r, FACT_TOOL_ARGUMENTS, &v);
}

void tools__tell(struct dialect_reader *r)
{
	unsigned int i;

	for (i = 0; i < r->tools.n; i++) {
		struct tool *call = &r->tools.v[i];
		struct fact_value v = {
			.text = span(call->name, call->name_n),
			.id = span(call->id, call->id_n),
			.index = i,
			.truncated = call->truncated,
		};

		if (!call->name)
			continue;
		if (!call->name_told || (!call->id_told && call->id)) {
			call->name_told = true;
			call->id_told = call->id;
			wire__tell(r, FACT_TOOL_CALL, &v);
		}
		tell_args(r, i);
	}
}
