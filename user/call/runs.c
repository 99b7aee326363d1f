// SPDX-License-Identifier: Apache-2.0
#include "call/runs.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/limits.h"
#include "call/run.h"

/* Uses of tools with the same id, the latest first, that are compared: some servers only number
 * them. */
#define RESULT_LOOKS 4096

int runs__new(struct call_tracker *tracker, struct runs **ret)
{
	struct runs *t = calloc(1, sizeof(*t));
	int err;

	if (!t)
		return -ENOMEM;
	t->tracker = tracker;
	t->lim = tracker->cfg.lim;
	t->budget.max_bytes = t->lim->runs_bytes;
	/* So that nobody can choose an id that is another's. Without it, all works the same. */
	if (getrandom(t->key, sizeof(t->key), GRND_NONBLOCK) < 0)
		t->key[0] = 1;
	err = attempts__new(t->lim, &t->attempts);
	if (err) {
		free(t);
		return err;
	}
	*ret = t;
	return 0;
}

void runs__free(struct runs *t)
{
	if (!t)
		return;
	while (t->oldest) {
		t->oldest->told = false;
		run__end(t->oldest, RUN_CAPTURE_END);
	}
	attempts__free(t->attempts);
	free(t);
}

/* ---- what a call is ---- */

bool runs__is_inference(const struct call_open *x)
{
	static const char *const operations[] = {"chat", "generate_content", "text_completion",
						 "invoke_agent"};
	const struct dialect *d = dialect_reader__dialect(x->reader);
	const char *operation = dialect__operation(d);
	size_t i;

	if (dialect__kind(d) == DIALECT_TOOL)
		return false;
	/* An answer that is read later goes on with what the call was. */
	if (dialect__kind(d) == DIALECT_FETCH)
		return true;
	for (i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		if (!strcmp(operation, operations[i]))
			return true;
	return false;
}

bool runs__is_round(const struct call_open *x)
{
	const char *api = dialect__api(dialect_reader__dialect(x->reader));

	/* What shortens a conversation is no answer to it. */
	if (!strcmp(api, "openai.responses.compact"))
		return false;
	return runs__is_inference(x) &&
	       (x->offers_tools || x->tool_results.n || x->named_results.n);
}

/* ---- what joins it ---- */

/* The run if it still goes on when x comes: which it is does not depend on when ticks come. */
static struct run *alive(struct run *r, const struct call_open *x)
{
	if (!r || !run__silent(r, x->last_ns))
		return r;
	run__end(r, RUN_SILENCE);
	return NULL;
}

static bool same_conversation(const struct run *r, const struct call_open *x)
{
	return r->r.conversation_id && x->c.conversation_id &&
	       !strcmp(r->r.conversation_id, x->c.conversation_id);
}

uint64_t runs__asker(const struct call_open *x)
{
	const char *conversation = x->c.conversation_id, *id = x->asker.id;

	if (!id || !conversation || !strcmp(id, conversation))
		return 0;
	return run_keys__hash(x->tracker->runs, x, RUN_BY_AGENT, id, strlen(id));
}

/* The run, if it is still there and may be of the agent that asks: one that goes on from another's
 * conversation brings results of that one's tools, too. */
static struct run *fitting(struct run *r, const struct call_open *x)
{
	const uint64_t asker = runs__asker(x);

	return !r || (asker && asker != r->asker) ? NULL : alive(r, x);
}

/* Ends the runs that know that id and are over when x comes. */
static void end_silent(struct runs *t, const struct call_open *x, uint64_t id)
{
	struct run_key *k = run_keys__find(t, id);
	int looks = 0;

	while (k && looks++ < RESULT_LOOKS) {
		if (!run__silent(k->run, x->last_ns)) {
			k = run_keys__next(k);
			continue;
		}
		run__end(k->run, RUN_SILENCE);
		k = run_keys__find(t, id);
	}
}

/* Where several runs know that id: that of the agent which asks, of the conversation, which waits
 * for it. Some servers only number their ids: where two are as near, nobody knows. */
static struct run *by_result(struct runs *t, const struct call_open *x, const char *id)
{
	const uint64_t hash = run_keys__hash(t, x, RUN_BY_TOOL, id, strlen(id));
	const uint64_t asker = runs__asker(x);
	struct run_key *k;
	struct run *best = NULL;
	int rank, best_rank = -1, looks = 0;

	end_silent(t, x, hash);
	for (k = run_keys__find(t, hash); k && looks < RESULT_LOOKS;
	     k = run_keys__next(k), looks++) {
		rank = 4 * (k->run->asker == asker) + 2 * same_conversation(k->run, x) +
		       !k->tool->done;
		if (rank < best_rank)
			continue;
		best = rank > best_rank || best == k->run ? k->run : NULL;
		best_rank = rank;
	}
	return best;
}

static struct run *by_results(struct runs *t, const struct call_open *x)
{
	struct run *r = NULL;
	unsigned int i;

	for (i = 0; i < x->tool_results.n && !r; i++)
		if (x->tool_results.v[i])
			r = by_result(t, x, x->tool_results.v[i]);
	return r;
}

/* Some clients act on an answer before its connection shows that it is over. */
static void look_ahead(struct runs *t, const struct call_open *x)
{
	struct call_open *m;
	struct run *r;

	for (r = run_owners__runs(t, x->c.who.pid); r; r = r->next) {
		if (!r->n_busy || r->role != x->c.role)
			continue;
		for (m = r->members; m; m = m->run_next)
			if (m->n_tools > m->n_asked)
				run_tools__ask(r, m);
	}
}

static struct run *by_text(struct runs *t, const struct call_open *x, enum run_by by,
			   const char *text)
{
	struct run_key *k =
		text ? run_keys__find(t, run_keys__hash(t, x, by, text, strlen(text))) : NULL;

	return k ? k->run : NULL;
}

static struct run *by_serial(struct runs *t, uint64_t serial)
{
	struct run *r = serial ? t->newest : NULL;

	while (r && r->serial != serial)
		r = r->older;
	return r;
}

static struct run *by_agent(struct runs *t, const struct call_open *x, const char *agent)
{
	struct run_key *k =
		x->c.conversation_id ? run_keys__find(t, run_keys__hash_agent(t, x, agent)) : NULL;

	return k ? k->run : NULL;
}

/* A call beside the agent's rounds, in the one run of its trace. */
static struct run *by_trace(struct runs *t, const struct call_open *x)
{
	struct run_key *k;

	if (!x->traceparent || runs__is_round(x))
		return NULL;
	k = run_keys__find(
		t, run_keys__hash(t, x, RUN_BY_TRACE, x->c.trace_id, sizeof(x->c.trace_id)));
	return k && !run_keys__next(k) ? k->run : NULL;
}

/* Some APIs have no ids: the one run that waits for tools of these names. */
static struct run *by_names(struct runs *t, const struct call_open *x)
{
	struct run *r, *found = NULL;

	r = x->named_results.n ? run_owners__runs(t, x->c.who.pid) : NULL;
	for (; r; r = r->next) {
		if (r->role != x->c.role || !run_tools__await(r, x))
			continue;
		if (found)
			return NULL;
		found = r;
	}
	return found;
}

static struct run *find(struct runs *t, struct call_open *x, uint64_t retried)
{
	struct run *r = fitting(by_serial(t, retried), x);

	if (!r)
		r = fitting(by_results(t, x), x);
	if (!r && x->tool_results.n) {
		look_ahead(t, x);
		r = fitting(by_results(t, x), x);
	}
	if (!r)
		r = fitting(by_text(t, x, RUN_BY_RESPONSE, x->c.previous_response_id), x);
	if (!r)
		r = fitting(by_names(t, x), x);
	if (!r)
		r = fitting(by_agent(t, x, x->asker.id), x);
	if (!r)
		r = fitting(by_trace(t, x), x);
	return r;
}

/* ---- attempts ---- */

void runs__begin(struct call_open *x)
{
	siphash__begin(&x->body, x->tracker->runs->key);
	x->body_over = false;
}

/* Who asks whom for what. */
static uint64_t fingerprint(const struct runs *t, const struct call_open *x)
{
	const char *const where[] = {x->c.method, x->c.server_address, x->c.path, x->asker.id};
	uint64_t whose[] = {x->c.who.pid, x->proc ? x->proc->p.start_ns : 0, x->c.role,
			    siphash__value(&x->body)};
	struct siphash s;
	uint64_t hash;
	size_t i;

	/* A part of it is not it. Without a body the path says what is wanted, but of a session. */
	if (x->request_flags || x->c.lost_bytes || (!x->body.n && (x->session || !x->c.path)))
		return 0;
	siphash__begin(&s, t->key);
	siphash__add(&s, span(whose, sizeof(whose)));
	for (i = 0; i < sizeof(where) / sizeof(where[0]); i++)
		siphash__add(&s,
			     span(where[i] ? where[i] : "", where[i] ? strlen(where[i]) + 1 : 1));
	hash = siphash__value(&s);
	return hash ? hash : 1;
}

/* Returns the serial of the run that the failed one was of. */
static uint64_t count_attempt(struct runs *t, struct call_open *x)
{
	struct attempt before;

	x->request = fingerprint(t, x);
	if (!x->request)
		return 0;
	if (!attempts__take(t->attempts, x->request, x->first_ns, &before)) {
		if (x->c.attempt < 0)
			x->c.attempt = 1;
		return 0;
	}
	memcpy(x->c.retry_of, before.first_id, sizeof(x->c.retry_of));
	if (x->c.attempt <= before.nth)
		x->c.attempt = before.nth + 1;
	return before.run;
}

/* Which results it brings: what a round says again that is not said in the same bytes. */
static uint64_t step_of(const struct runs *t, const struct call_open *x)
{
	struct siphash s;
	unsigned int i;

	siphash__begin(&s, t->key);
	for (i = 0; i < x->tool_results.n; i++)
		if (x->tool_results.v[i])
			siphash__add(&s,
				     span(x->tool_results.v[i], strlen(x->tool_results.v[i]) + 1));
	return s.n ? siphash__value(&s) | 1 : 0;
}

static bool is_none(const uint8_t id[8])
{
	static const uint8_t none[8];

	return !memcmp(id, none, sizeof(none));
}

/* Some agents change something (the stream, where the cache ends) when they try again. */
static void count_step(struct run *r, struct call_open *x)
{
	uint64_t step = step_of(r->runs, x);

	if (!step || step != r->failed_step.request || !is_none(x->c.retry_of))
		return;
	memcpy(x->c.retry_of, r->failed_step.first_id, sizeof(x->c.retry_of));
	if (x->c.attempt <= r->failed_step.nth)
		x->c.attempt = r->failed_step.nth + 1;
}

static void note_step(struct run *r, const struct call_open *x, bool failed)
{
	const uint8_t *first = is_none(x->c.retry_of) ? x->c.span_id : x->c.retry_of;
	uint64_t step = step_of(r->runs, x);

	if (!failed) {
		if (step == r->failed_step.request)
			r->failed_step.request = 0;
		return;
	}
	r->failed_step =
		(struct attempt){.request = step, .nth = x->c.attempt > 0 ? x->c.attempt : 1};
	memcpy(r->failed_step.first_id, first, sizeof(r->failed_step.first_id));
}

static void note_failure(struct runs *t, const struct call_open *x)
{
	struct attempt a = {
		.request = x->request,
		.ts_ns = x->last_ns,
		.nth = x->c.attempt,
		.run = x->run ? x->run->serial : 0,
	};

	memcpy(a.first_id, is_none(x->c.retry_of) ? x->c.span_id : x->c.retry_of,
	       sizeof(a.first_id));
	attempts__add(t->attempts, &a);
}

/* ---- what happens ---- */

static bool counts(const struct runs *t, const struct call_open *x)
{
	/* A gateway's own call must not double the one that it passes on. */
	return x->c.role == ROLE_CLIENT || t->tracker->cfg.filter->role == FILTER_SERVER;
}

static void give_ids(struct call_open *x, const struct run *r)
{
	memcpy(x->c.trace_id, r->r.trace_id, sizeof(x->c.trace_id));
	x->c.sampled = r->r.sampled;
	memcpy(x->c.parent_span_id, r->r.span_id, sizeof(x->c.parent_span_id));
}

static struct run *run_of(struct runs *t, struct call_open *x)
{
	enum dialect_kind kind = dialect__kind(dialect_reader__dialect(x->reader));
	uint64_t retried = count_attempt(t, x);
	struct run *r;

	if (!counts(t, x))
		return NULL;
	if (kind == DIALECT_TOOL)
		return run_tools__match(t, x);
	if (kind == DIALECT_FETCH)
		return alive(by_text(t, x, RUN_BY_RESPONSE, x->c.response_id), x);
	r = find(t, x, retried);
	if (r || !runs__is_round(x))
		return r;
	r = run__new(t, x);
	if (r && runs__asker(x) && x->asker.parent)
		run__be_within(r, alive(by_agent(t, x, x->asker.parent), x));
	return r;
}

void runs__request(struct call_open *x)
{
	struct runs *t = x->tracker->runs;
	struct run *r;

	if (x->decided || !dialect_reader__confirmed(x->reader))
		return;
	if (!x->session && dialect__is_session(dialect_reader__dialect(x->reader)))
		return;
	/* Which answer is fetched, the answer says. */
	if (dialect__kind(dialect_reader__dialect(x->reader)) == DIALECT_FETCH && !x->c.response_id)
		return;
	x->decided = true;
	r = run_of(t, x);
	if (!r)
		return;
	run__join(r, x);
	give_ids(x, r);
	count_step(r, x);
	run_tools__bring(r, x);
	if (runs__is_round(x))
		r->final = false;
}

/* An answer after which nothing is due. */
static bool is_final(const struct call_open *x)
{
	const struct call *c = &x->c;
	unsigned int i;

	if (c->error_type || c->n_tool_calls || c->pending || c->lost_bytes)
		return false;
	/* Anthropic: the request is to be sent again, and the answer goes on. */
	for (i = 0; i < c->n_finish_reasons; i++)
		if (!strcmp(c->finish_reasons[i], "pause_turn"))
			return false;
	return true;
}

void runs__refused(struct call_open *x)
{
	if (!x->decided || x->session || !dialect_reader__confirmed(x->reader))
		return;
	x->refused = true;
	note_failure(x->tracker->runs, x);
	if (x->run && runs__is_round(x))
		note_step(x->run, x, true);
}

void runs__record(struct call_open *x)
{
	struct run *r;

	runs__request(x);
	r = x->run;
	if (x->c.error_type && !x->refused)
		note_failure(x->tracker->runs, x);
	if (!r)
		return;
	run__add(r, x);
	if (runs__is_round(x) && !x->refused)
		note_step(r, x, x->c.error_type != NULL);
	if ((runs__is_round(x) && x->first_ns >= r->latest_round_ns) || x->c.kind == CALL_FETCH)
		r->final = is_final(x);
}

void runs__leave(struct call_open *x, bool told)
{
	struct run *r = x->run;

	if (!r)
		return;
	if (told)
		run__name(r);
	run__part(r, x);
	if (r->members)
		return;
	if (r->exited)
		run__end(r, RUN_PROCESS_EXIT);
	else if (r->final && !r->n_due)
		run__end(r, RUN_FINISHED);
}

void runs__exit(struct runs *t, uint32_t pid)
{
	struct run *r, *newer;

	for (r = run_owners__runs(t, pid); r; r = newer) {
		newer = r->next;
		/* Its connections may be told to end a moment later. */
		r->exited = true;
		if (!r->members)
			run__end(r, RUN_PROCESS_EXIT);
	}
}

void runs__tick(struct runs *t, uint64_t now_ns)
{
	struct run *r, *newer;

	for (r = t->oldest; r; r = newer) {
		newer = r->newer;
		if (run__silent(r, now_ns))
			run__end(r, RUN_SILENCE);
	}
}

void runs__finish(struct runs *t)
{
	while (t->oldest)
		run__end(t->oldest, RUN_CAPTURE_END);
}
