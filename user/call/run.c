// SPDX-License-Identifier: Apache-2.0
#include "call/run.h"

#include <math.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "call/agents.h"
#include "call/ids.h"
#include "call/who.h"

#define NS_PER_S 1000000000ULL
#define BEGINS_WITH (4 << 10) /* bytes for whose it is, its ids and its first tools */
#define WAIT_MAX_S 3600.0     /* of what a provider asks for that is believed */

const char *run__text(char to[RUN_TEXT], const char *from)
{
	struct span s = utf8__head(span_str(from), RUN_TEXT - 1);

	if (!s.n)
		return NULL;
	memcpy(to, s.p, s.n);
	to[s.n] = 0;
	return to;
}

/* ---- the list by latest activity ---- */

static void unlink_run(struct run *r)
{
	struct runs *t = r->runs;

	*(r->older ? &r->older->newer : &t->oldest) = r->newer;
	*(r->newer ? &r->newer->older : &t->newest) = r->older;
}

static void link_run(struct run *r)
{
	struct runs *t = r->runs;

	r->older = t->newest;
	r->newer = NULL;
	*(t->newest ? &t->newest->newer : &t->oldest) = r;
	t->newest = r;
}

void run__touch(struct run *r, uint64_t ts_ns)
{
	for (; r; r = r->parent) {
		if (ts_ns > r->active_ns)
			r->active_ns = ts_ns;
		unlink_run(r);
		link_run(r);
		run_owners__touch(r);
	}
}

bool run__afford(struct run *r, size_t bytes)
{
	struct runs *t = r->runs;
	struct run *victim;

	if (!run_owners__afford(r, bytes))
		return false;
	while (bytes > t->budget.max_bytes - t->budget.used_bytes) {
		victim = t->oldest == r ? r->newer : t->oldest;
		if (!victim)
			return false;
		run__supersede(victim);
	}
	return true;
}

/* ---- its life ---- */

static void learn_conversation(struct run *r, const struct call_open *x)
{
	const char *id = x->c.conversation_id;
	uint64_t hash;

	if (!id)
		return;
	if (!r->r.conversation_id)
		r->r.conversation_id = arena__string(&r->arena, span_str(id));
	/* What does not say which agent asks may be of this run, but would name another. */
	if (r->asker != runs__asker(x))
		return;
	hash = run_keys__hash_agent(r->runs, x, x->asker.id);
	if (r->agent.hash != hash)
		run_keys__add(r->runs, &r->agent, hash, r, NULL);
}

void run__be_within(struct run *r, struct run *parent)
{
	static const uint8_t none[8];

	/* What the application says of its trace counts. */
	if (!parent || memcmp(r->r.parent_span_id, none, sizeof(none)))
		return;
	r->parent = parent;
	r->child_at = &parent->children;
	r->next_child = parent->children;
	if (r->next_child)
		r->next_child->child_at = &r->next_child;
	parent->children = r;
	memcpy(r->r.trace_id, parent->r.trace_id, sizeof(r->r.trace_id));
	memcpy(r->r.parent_span_id, parent->r.span_id, sizeof(r->r.parent_span_id));
	r->r.sampled = parent->r.sampled;
}

/* It leaves the tree. Where no record will be of it, those of its children must not name it. */
static void leave_tree(struct run *r)
{
	struct run *child;

	while ((child = r->children)) {
		r->children = child->next_child;
		child->parent = child->next_child = NULL;
		child->child_at = NULL;
		if (!r->told)
			memset(child->r.parent_span_id, 0, sizeof(child->r.parent_span_id));
	}
	if (!r->parent)
		return;
	*r->child_at = r->next_child;
	if (r->next_child)
		r->next_child->child_at = r->child_at;
}

void run__name(struct run *r)
{
	for (; r && !r->told; r = r->parent)
		r->told = true;
}

static void learn_agent(struct run *r, const struct call_open *x)
{
	r->r.agent = agents__name(x->c.user_agent);
	r->asker = runs__asker(x);
	if (r->asker && x->asker.name)
		r->r.agent = arena__string(&r->arena, span_str(x->asker.name));
}

struct run *run__new(struct runs *t, const struct call_open *x)
{
	static const uint8_t none[8];
	struct run *r;

	run_owners__make_room(t, x->c.who.pid);
	while (t->n && t->n >= t->lim->runs)
		run__supersede(t->oldest);
	r = t->lim->runs ? calloc(1, sizeof(*r)) : NULL;
	if (!r)
		return NULL;
	r->runs = t;
	r->pid = x->c.who.pid;
	if (!run_owners__add(r)) {
		free(r);
		return NULL;
	}
	r->serial = ++t->serials;
	r->r = (struct agent_run){
		.time_ns = x->c.time_ns,
		.input_tokens = -1,
		.output_tokens = -1,
		.cache_read_tokens = -1,
		.cache_write_tokens = -1,
		.reasoning_tokens = -1,
		.cost_nusd = -1,
		.aborted_nusd = -1,
		.loops_nusd = -1,
	};
	memcpy(r->r.trace_id, x->c.trace_id, sizeof(r->r.trace_id));
	memcpy(r->r.parent_span_id, x->c.parent_span_id, sizeof(r->r.parent_span_id));
	r->r.sampled = x->c.sampled;
	ids__of(x->c.span_id, 0, r->r.span_id);
	arena__init(&r->arena, t->lim->call_bytes, &r->owner->budget);
	r->start_ns = x->proc ? x->proc->p.start_ns : 0;
	r->role = x->c.role;
	r->first_ns = r->active_ns = x->first_ns;
	t->n++;
	link_run(r);
	run__afford(r, BEGINS_WITH);
	learn_agent(r, x);
	/* Only the application's own trace says more than the run itself. */
	if (memcmp(x->c.parent_span_id, none, sizeof(none)))
		run_keys__add(
			t, &r->trace,
			run_keys__hash(t, x, RUN_BY_TRACE, x->c.trace_id, sizeof(x->c.trace_id)), r,
			NULL);
	return r;
}

static void tell(struct run *r)
{
	struct call_tracker *t = r->runs->tracker;

	r->r.duration_ns = r->end_ns > r->first_ns ? r->end_ns - r->first_ns : 0;
	r->r.model = r->several_models || !*r->model ? NULL : r->model;
	r->r.error_type = r->failed && *r->error ? r->error : NULL;
	/* Without arguments nobody knows. */
	if (r->r.tools && !r->compared)
		r->r.loops = -1;
	t->totals.runs++;
	if (t->cfg.run)
		t->cfg.run(t->cfg.ctx, &r->r);
}

void run__end(struct run *r, enum run_end why)
{
	struct runs *t = r->runs;
	unsigned int i;

	r->r.end = why;
	if (r->members)
		run__name(r);
	r->r.truncated |= r->members != NULL;
	while (r->members)
		run__part(r, r->members);
	run_tools__end(r);
	run_keys__del(&r->agent);
	run_keys__del(&r->trace);
	for (i = 0; i < RUN_RESPONSES; i++)
		run_keys__del(&r->responses[i]);
	leave_tree(r);
	unlink_run(r);
	t->n--;
	if (r->told)
		tell(r);
	arena__free(&r->arena);
	run_owners__del(r);
	free(r);
}

void run__supersede(struct run *r)
{
	r->runs->tracker->totals.superseded++;
	run__end(r, RUN_SUPERSEDED);
}

static bool is_model(const struct call_open *x)
{
	return dialect__kind(dialect_reader__dialect(x->reader)) != DIALECT_TOOL;
}

/* One more call of a model. What began earlier may be known later: its request was longer. */
static void be_busy(struct run *r, uint64_t first_ns)
{
	uint64_t earlier_ns;

	if (!r->n_busy++ && first_ns >= r->end_ns) {
		r->waited = r->end_ns && r->n_due;
		if (r->waited)
			r->r.tool_ns += first_ns - r->end_ns;
		r->rest_ns = r->end_ns;
		r->busy_ns = r->counted_ns = first_ns;
		return;
	}
	if (first_ns < r->rest_ns)
		first_ns = r->rest_ns;
	if (first_ns >= r->busy_ns)
		return;
	earlier_ns = r->busy_ns - first_ns;
	r->busy_ns = first_ns;
	r->r.model_ns += earlier_ns;
	if (r->waited)
		r->r.tool_ns -= earlier_ns;
}

void run__join(struct run *r, struct call_open *x)
{
	x->run = r;
	x->run_prev = NULL;
	x->run_next = r->members;
	if (r->members)
		r->members->run_prev = x;
	r->members = x;
	r->n_members++;
	learn_conversation(r, x);
	run__touch(r, x->last_ns);
	if (x->first_ns < r->first_ns) {
		r->first_ns = x->first_ns;
		r->r.time_ns = x->c.time_ns;
	}
	if (is_model(x) && x->first_ns > r->latest_ns)
		r->latest_ns = x->first_ns;
	if (runs__is_round(x) && x->first_ns > r->latest_round_ns)
		r->latest_round_ns = x->first_ns;
	if (is_model(x))
		be_busy(r, x->first_ns);
}

void run__part(struct run *r, struct call_open *x)
{
	uint64_t end_ns = x->first_ns + x->c.duration_ns;

	*(x->run_prev ? &x->run_prev->run_next : &r->members) = x->run_next;
	if (x->run_next)
		x->run_next->run_prev = x->run_prev;
	r->n_members--;
	x->run = NULL;
	x->tool = NULL;
	if (x->last_ns > end_ns)
		end_ns = x->last_ns;
	run__touch(r, end_ns);
	if (!is_model(x))
		return;
	if (end_ns > r->end_ns)
		r->end_ns = end_ns;
	if (--r->n_busy || r->end_ns <= r->counted_ns)
		return;
	r->r.model_ns += r->end_ns - r->counted_ns;
	r->counted_ns = r->end_ns;
}

bool run__silent(const struct run *r, uint64_t now_ns)
{
	const struct limits *lim = r->runs->lim;
	uint64_t patience_ns = r->n_due	   ? lim->run_tool_ns
			       : r->failed ? lim->run_failed_ns + r->wait_ns
					   : lim->run_silence_ns;

	return !r->members && now_ns > r->active_ns && now_ns - r->active_ns > patience_ns;
}

/* ---- sums ---- */

static void sum(int64_t *to, int64_t n)
{
	if (n >= 0 && __builtin_add_overflow(*to < 0 ? 0 : *to, n, to))
		*to = INT64_MAX;
}

void run__step(struct run *r, uint64_t ns, const char *name, const uint8_t span_id[8])
{
	if (ns < r->r.slowest_ns || !ns)
		return;
	r->r.slowest_ns = ns;
	r->r.slowest = run__text(r->slowest, name);
	memcpy(r->r.slowest_id, span_id, sizeof(r->r.slowest_id));
}

static void add_usage(struct run *r, const struct call *c)
{
	sum(&r->r.input_tokens, c->input_tokens);
	sum(&r->r.output_tokens, c->output_tokens);
	sum(&r->r.cache_read_tokens, c->cache_read_tokens);
	sum(&r->r.cache_write_tokens, c->cache_write_tokens);
	sum(&r->r.reasoning_tokens, c->reasoning_tokens);
	sum(&r->r.cost_nusd, c->cost_nusd);
	r->r.unpriced += c->cost_nusd < 0 && (c->input_tokens > 0 || c->output_tokens > 0);
}

static void add_model(struct run *r, const char *model)
{
	char text[RUN_TEXT];

	if (!run__text(text, model))
		return;
	if (!*r->model)
		memcpy(r->model, text, sizeof(text));
	else if (strcmp(r->model, text))
		r->several_models = true;
}

static void add_finish(struct run *r, const struct call *c)
{
	unsigned int i, n = 0;

	for (i = 0; i < c->n_finish_reasons && n < RUN_REASONS; i++) {
		if (!run__text(r->reasons[n], c->finish_reasons[i]))
			continue;
		r->reason_list[n] = r->reasons[n];
		n++;
	}
	r->r.finish_reasons = r->reason_list;
	r->r.n_finish_reasons = n;
}

static void add_failure(struct run *r, const struct call *c)
{
	if (!c->error_type)
		return;
	r->r.errors++;
	if (strcmp(c->error_type, "cancelled"))
		return;
	r->r.aborts++;
	sum(&r->r.aborted_nusd, c->cost_nusd);
}

/* How it stands with the run: what came of the call that began last, which need not be the one that
 * ends last. */
static void add_outcome(struct run *r, const struct call *c)
{
	add_finish(r, c);
	r->failed = c->error_type != NULL;
	r->wait_ns = 0;
	if (!r->failed)
		return;
	run__text(r->error, c->error_type);
	if (c->retry_after_s > 0)
		r->wait_ns = (uint64_t)(fmin(c->retry_after_s, WAIT_MAX_S) * NS_PER_S);
}

static void learn_response(struct run *r, const struct call_open *x)
{
	const char *id = x->c.response_id;

	if (!id)
		return;
	run_keys__add(r->runs, &r->responses[r->next_response],
		      run_keys__hash(r->runs, x, RUN_BY_RESPONSE, id, strlen(id)), r, NULL);
	r->next_response = (r->next_response + 1) % RUN_RESPONSES;
}

static void learn_who(struct run *r, const struct call_open *x)
{
	if (r->who_known)
		return;
	r->who_known = true;
	r->r.truncated |= !who__copy(&r->r.who, &x->c.who, &r->arena);
	r->r.provider = x->c.provider;
}

/* An answer may be fetched: the call that asked for it was a round of its own. */
void run__add(struct run *r, struct call_open *x)
{
	const struct call *c = &x->c;
	bool repeats;

	learn_who(r, x);
	r->r.truncated |= c->truncated && c->error_type == NULL;
	if (c->kind == CALL_TOOL) {
		run_tools__own_end(r, x);
		return;
	}
	r->r.calls += c->kind == CALL_MODEL;
	r->r.retries += c->kind == CALL_MODEL && c->attempt > 1;
	add_usage(r, c);
	add_failure(r, c);
	if (x->first_ns >= r->latest_ns)
		add_outcome(r, c);
	learn_response(r, x);
	if (c->kind == CALL_MODEL)
		run__step(r, c->duration_ns, c->request_model, c->span_id);
	if (!runs__is_inference(x))
		return;
	add_model(r, c->request_model);
	if (c->error_type) {
		run_tools__forget(r, x);
		return;
	}
	r->r.rounds += c->kind == CALL_MODEL && runs__is_round(x);
	run_tools__ask(r, x);
	repeats = run_tools__repeat(r, x);
	if (repeats)
		sum(&r->r.loops_nusd, c->cost_nusd);
}
