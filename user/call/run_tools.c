// SPDX-License-Identifier: Apache-2.0
/* What a run's answers ask for, and what became of it. */
#include "call/run.h"

#include <stdlib.h>

#include "base/limits.h"
#include "call/ids.h"

/* Asked for so often with the same arguments, it goes round in circles. */
#define LOOP_FROM 3

/* ---- the list ---- */

static void free_tool(struct run *r, struct run_tool **at)
{
	struct run_tool *tool = *at;
	struct call_open *x;

	*at = tool->next;
	for (x = r->members; x; x = x->run_next)
		if (x->tool == tool)
			x->tool = NULL;
	run_keys__del(&tool->key);
	r->n_tools--;
	r->n_due -= tool->due;
	arena_budget__give(&r->owner->budget, tool->bytes);
	free(tool);
}

static void set_due(struct run *r, struct run_tool *tool, bool due)
{
	r->n_due += (unsigned int)due - (unsigned int)tool->due;
	tool->due = due;
}

/* The oldest goes: one that is over if there is such a one. */
static void make_room(struct run *r)
{
	struct run_tool **at, **victim = NULL;

	for (at = &r->tools; *at; at = &(*at)->next)
		if (!victim || (*at)->done || !(*victim)->done)
			victim = at;
	if (!victim)
		return;
	r->r.truncated |= !(*victim)->done;
	free_tool(r, victim);
}

static const char *put(char **at, const char *text, size_t n)
{
	char *to = *at;

	if (!text)
		return NULL;
	memcpy(to, text, n);
	to[n] = 0;
	*at += n + 1;
	return to;
}

static struct run_tool *add_tool(struct run *r, const struct call_open *x,
				 const struct call_tool *asked)
{
	struct span name = span_str(asked->name), id = span_str(asked->id);
	struct runs *t = r->runs;
	struct run_tool *tool;
	size_t bytes = sizeof(*tool) + name.n + id.n + 2;
	char *at;

	while (r->n_tools && r->n_tools >= t->lim->run_tools)
		make_room(r);
	tool = t->lim->run_tools && run__afford(r, bytes) ? calloc(1, bytes) : NULL;
	if (!tool) {
		r->r.truncated = true;
		return NULL;
	}
	arena_budget__take(&r->owner->budget, bytes);
	tool->bytes = bytes;
	at = (char *)(tool + 1);
	tool->name = put(&at, asked->name, name.n);
	tool->id = put(&at, asked->id, id.n);
	tool->repeats = -1;
	ids__of(r->r.span_id, ++r->nth_tool, tool->span_id);
	tool->next = r->tools;
	r->tools = tool;
	r->n_tools++;
	set_due(r, tool, true);
	if (id.n)
		run_keys__add(t, &tool->key, run_keys__hash(t, x, RUN_BY_TOOL, id.p, id.n), r,
			      tool);
	return tool;
}

/* ---- what answers ask for ---- */

void run_tools__ask(struct run *r, struct call_open *x)
{
	uint64_t end_ns = x->first_ns + x->c.duration_ns;
	struct run_tool *tool;
	unsigned int i;

	/* Of an answer that goes on there is no duration yet. */
	if (end_ns < x->last_ns)
		end_ns = x->last_ns;
	if (!x->batch)
		x->batch = ++r->runs->serials;
	for (i = x->n_asked; i < x->n_tools; i++) {
		x->n_asked = i + 1;
		if (!x->tools[i].name && !x->tools[i].id)
			continue;
		r->r.tools++;
		tool = add_tool(r, x, &x->tools[i]);
		if (!tool)
			continue;
		tool->batch = x->batch;
		tool->nth = i;
	}
	for (tool = r->tools; tool; tool = tool->next)
		if (tool->batch == x->batch && !tool->done)
			tool->asked_ns = end_ns;
}

void run_tools__forget(struct run *r, struct call_open *x)
{
	struct run_tool **at = &r->tools;

	while (x->batch && *at) {
		if ((*at)->batch != x->batch || (*at)->done || (*at)->seen)
			at = &(*at)->next;
		else
			free_tool(r, at);
	}
}

/* How many answers asked for this before that of batch; it counts from now on. -1: no room to know.
 */
static int64_t count_repeat(struct run *r, uint64_t hash, uint64_t batch)
{
	struct runs *t = r->runs;
	unsigned int i, cap;
	struct run_repeat *v;

	for (i = 0; i < r->n_repeats; i++) {
		v = &r->repeats[i];
		if (v->hash != hash)
			continue;
		v->n += v->batch != batch;
		v->batch = batch;
		return v->n - 1;
	}
	if (r->n_repeats == r->repeats_cap) {
		cap = r->repeats_cap ? r->repeats_cap * 2 : 8;
		if (cap > t->lim->run_tools)
			cap = t->lim->run_tools;
		if (cap == r->n_repeats || !run__afford(r, (cap - r->repeats_cap) * sizeof(*v)))
			return -1;
		v = realloc(r->repeats, cap * sizeof(*v));
		if (!v)
			return -1;
		arena_budget__take(&r->owner->budget, (cap - r->repeats_cap) * sizeof(*v));
		r->repeats = v;
		r->repeats_cap = cap;
	}
	r->repeats[r->n_repeats++] = (struct run_repeat){.hash = hash, .n = 1, .batch = batch};
	return 0;
}

static uint64_t same_use(const struct runs *t, const struct call_tool *asked)
{
	struct siphash s;

	siphash__begin(&s, t->key);
	siphash__add(&s, span(&asked->arguments, sizeof(asked->arguments)));
	siphash__add(&s, span_str(asked->name));
	return siphash__value(&s);
}

static struct run_tool *nth_of(const struct run *r, const struct call_open *x, unsigned int nth)
{
	struct run_tool *tool = r->tools;

	while (tool && (tool->batch != x->batch || tool->nth != nth))
		tool = tool->next;
	return tool;
}

bool run_tools__repeat(struct run *r, struct call_open *x)
{
	unsigned int i, again = 0;
	struct run_tool *tool;
	int64_t before;

	for (i = 0; i < x->c.n_tool_calls; i++) {
		if (!x->c.tool_calls[i].arguments || !x->c.tool_calls[i].name)
			continue;
		before = count_repeat(r, same_use(r->runs, &x->c.tool_calls[i]), x->batch);
		r->compared = true;
		tool = nth_of(r, x, i);
		if (tool)
			tool->repeats = before;
		again += before >= LOOP_FROM - 1;
	}
	r->r.loops += again;
	return again && again == x->c.n_tool_calls;
}

/* ---- what becomes of it ---- */

static void tell(struct run *r, const struct run_tool *tool, uint64_t from_ns, uint64_t to_ns,
		 const char *error)
{
	struct call_tracker *t = r->runs->tracker;
	struct agent_tool a = {
		.time_ns = call_tracker__wall_ns(t, from_ns),
		.duration_ns = to_ns > from_ns ? to_ns - from_ns : 0,
		.name = tool->name,
		.id = tool->id,
		.error_type = error,
		.repeats = tool->repeats,
		.inferred = !tool->own_end_ns,
		.agent = r->r.agent,
		.conversation_id = r->r.conversation_id,
		.who = r->r.who,
	};

	memcpy(a.trace_id, r->r.trace_id, sizeof(a.trace_id));
	a.sampled = r->r.sampled;
	memcpy(a.span_id, tool->span_id, sizeof(a.span_id));
	memcpy(a.parent_span_id, r->r.span_id, sizeof(a.parent_span_id));
	memcpy(a.mcp_span_id, tool->own_id, sizeof(a.mcp_span_id));
	run__step(r, a.duration_ns, tool->name, tool->span_id);
	/* Where no call of the run is wanted, its tools are not either. */
	if (!r->told && filter__chooses(t->cfg.filter))
		return;
	run__name(r);
	if (t->cfg.tool)
		t->cfg.tool(t->cfg.ctx, &a);
}

/* What its own call says, it says best. */
static void tell_own(struct run *r, const struct run_tool *tool, const char *error)
{
	tell(r, tool, tool->own_ns, tool->own_end_ns, *tool->own_error ? tool->own_error : error);
}

static void bring(struct run *r, struct run_tool *tool, const struct call_open *x,
		  const char *error)
{
	set_due(r, tool, false);
	tool->done = true;
	if (tool->own_end_ns)
		tell_own(r, tool, error);
	else
		tell(r, tool, tool->asked_ns, x->first_ns, error);
}

static struct run_tool *find(const struct run *r, const struct call_open *x, const char *id)
{
	const uint64_t hash = run_keys__hash(r->runs, x, RUN_BY_TOOL, id, strlen(id));
	struct run_tool *tool = r->tools;

	while (tool && (tool->key.hash != hash || tool->done))
		tool = tool->next;
	return tool;
}

static bool has_failed(const struct call_open *x, const char *id)
{
	unsigned int i;

	for (i = 0; i < x->failed_results.n; i++)
		if (x->failed_results.v[i] && !strcmp(x->failed_results.v[i], id))
			return true;
	return false;
}

/* The one that was asked for first of those without an id that have that name. */
static struct run_tool *find_named(const struct run *r, const char *name)
{
	struct run_tool *tool, *first = NULL;

	for (tool = r->tools; tool; tool = tool->next)
		if (tool->due && !tool->done && !tool->id && tool->name &&
		    !strcmp(tool->name, name))
			first = tool;
	return first;
}

bool run_tools__await(const struct run *r, const struct call_open *x)
{
	unsigned int i;

	for (i = 0; i < x->named_results.n; i++)
		if (x->named_results.v[i] && !find_named(r, x->named_results.v[i]))
			return false;
	return r->n_due;
}

/* All results of one answer come at once: what is not among them nobody waits for. */
static void drop_rest(struct run *r, uint64_t batch)
{
	struct run_tool *tool;

	for (tool = r->tools; batch && tool; tool = tool->next)
		if (tool->batch == batch)
			set_due(r, tool, false);
}

void run_tools__bring(struct run *r, const struct call_open *x)
{
	struct run_tool *tool;
	uint64_t batch = 0;
	unsigned int i;

	for (i = 0; i < x->tool_results.n; i++) {
		const char *id = x->tool_results.v[i];

		tool = id ? find(r, x, id) : NULL;
		if (!tool)
			continue;
		batch = tool->batch;
		bring(r, tool, x, has_failed(x, id) ? "tool_error" : NULL);
	}
	for (i = 0; i < x->named_results.n; i++) {
		tool = x->named_results.v[i] ? find_named(r, x->named_results.v[i]) : NULL;
		if (!tool)
			continue;
		batch = tool->batch;
		bring(r, tool, x, NULL);
	}
	drop_rest(r, batch);
}

/* ---- their own calls ---- */

/* Agents put the server's name before the tool's: mcp__server__tool, server.tool, … */
static bool is_name_of(const char *asked, const char *called)
{
	size_t n = strlen(asked), m = strlen(called);

	if (!m || n < m || strcmp(asked + n - m, called))
		return false;
	return n == m || strchr("_.-/:", asked[n - m - 1]);
}

/* The one that was asked for first, of those whose call was not seen yet. */
static struct run_tool *candidate(struct run *r, const struct call_open *x)
{
	struct run_tool *tool, *first = NULL;

	for (tool = r->tools; tool; tool = tool->next)
		if (tool->due && !tool->seen && tool->name && tool->asked_ns <= x->first_ns &&
		    is_name_of(tool->name, x->c.mcp_tool))
			first = tool;
	return first;
}

struct run *run_tools__match(struct runs *t, struct call_open *x)
{
	struct run_tool *tool, *the_one = NULL;
	struct run *r, *found = NULL;

	if (!x->c.mcp_tool)
		return NULL;
	for (r = run_owners__runs(t, x->c.who.pid); r; r = r->next) {
		if (!r->n_due || r->role != x->c.role)
			continue;
		tool = candidate(r, x);
		if (!tool)
			continue;
		/* Two agents of one process wait for it. */
		if (found)
			return NULL;
		found = r;
		the_one = tool;
	}
	if (!found)
		return NULL;
	x->tool = the_one;
	x->tool->seen = true;
	x->tool->own_ns = x->first_ns;
	memcpy(x->tool->own_id, x->c.span_id, sizeof(x->tool->own_id));
	return found;
}

void run_tools__own_end(struct run *r, struct call_open *x)
{
	struct run_tool *tool = x->tool;

	if (!tool || tool->done)
		return;
	tool->own_end_ns = x->first_ns + x->c.duration_ns;
	if (x->c.error_type)
		run__text(tool->own_error, x->c.error_type);
}

void run_tools__end(struct run *r)
{
	struct run_tool **at;

	while (r->tools) {
		/* The oldest first, as they were told. */
		for (at = &r->tools; (*at)->next; at = &(*at)->next)
			;
		if (!(*at)->done && (*at)->own_end_ns)
			tell_own(r, *at, NULL);
		free_tool(r, at);
	}
	free(r->repeats);
	arena_budget__give(&r->owner->budget, r->repeats_cap * sizeof(r->repeats[0]));
	r->repeats = NULL;
	r->n_repeats = r->repeats_cap = 0;
}
