// SPDX-License-Identifier: Apache-2.0
/* What of which record goes into which metric. */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "call/fields.h"
#include "sink/metrics_inner.h"

#define KEY_TEXT 24
#define PORT_TEXT 12

/* ---- labels ---- */

static void put_who(struct label_set *l, const struct who *w)
{
	l->text[LABEL_SERVICE] = w->service;
	l->text[LABEL_FEATURE] = w->feature;
	l->text[LABEL_NAMESPACE] = w->pod_namespace;
	l->text[LABEL_POD] = w->pod_name;
}

/* port: PORT_TEXT bytes that live as long as l. */
static void put_call(struct label_set *l, const struct call *c, char *port)
{
	put_who(l, &c->who);
	l->text[LABEL_OPERATION] = call__operation(c);
	l->text[LABEL_PROVIDER] = c->provider;
	l->text[LABEL_REQUEST_MODEL] = c->request_model;
	l->text[LABEL_RESPONSE_MODEL] = c->response_model;
	l->text[LABEL_ERROR] = c->error_type;
	l->text[LABEL_SERVER_ADDRESS] = c->server_address;
	if (c->server_address && c->server_port > 0) {
		snprintf(port, PORT_TEXT, "%d", c->server_port);
		l->text[LABEL_SERVER_PORT] = port;
	}
}

static const struct metric_exemplar *exemplar(const struct call *c, struct metric_exemplar *ret)
{
	static const uint8_t none[16];

	if (!memcmp(c->trace_id, none, sizeof(c->trace_id)))
		return NULL;
	*ret = (struct metric_exemplar){.time_ns = c->time_ns + c->duration_ns,
					.sampled = c->sampled};
	memcpy(ret->trace_id, c->trace_id, sizeof(ret->trace_id));
	memcpy(ret->span_id, c->span_id, sizeof(ret->span_id));
	return ret;
}

/* ---- calls ---- */

/* What is under way for one call. */
struct feed {
	struct metrics *m;
	const struct call *c;
	struct label_set l;
	struct metric_exemplar where;
	const struct metric_exemplar *x;
};

static void add(struct feed *f, enum metric metric, int64_t v)
{
	metrics__observe(f->m, metric, &f->l, v, f->x);
}

/* Where v is known. */
static void add_known(struct feed *f, enum metric metric, int64_t v)
{
	if (v >= 0)
		add(f, metric, v);
}

static bool is_inference(const struct call *c)
{
	static const char *const operations[] = {"chat", "generate_content", "text_completion"};
	const char *operation = call__operation(c);
	size_t i;

	for (i = 0; operation && i < sizeof(operations) / sizeof(operations[0]); i++)
		if (!strcmp(operation, operations[i]))
			return true;
	return false;
}

static void feed_timings(struct feed *f, enum metric ttfc, enum metric per_chunk)
{
	if (!f->c->streamed)
		return;
	add_known(f, ttfc, f->c->ttfc_ns);
	if (f->c->gaps)
		metrics__observe_many(f->m, per_chunk, &f->l, f->c->gaps);
}

/* The conventions want no tokens of a fetched answer. */
static void feed_usage_1_41(struct feed *f)
{
	if (f->c->kind == CALL_FETCH)
		return;
	label_set__put(&f->l, LABEL_TOKEN_TYPE, "input");
	add_known(f, METRIC_TOKEN_USAGE, f->c->input_tokens);
	label_set__put(&f->l, LABEL_TOKEN_TYPE, "output");
	add_known(f, METRIC_TOKEN_USAGE, f->c->output_tokens);
}

static const struct call_parts no_parts = {-1, -1, -1};

/* A total by its parts; what no part is known of has no modality. */
static void feed_parts(struct feed *f, enum metric metric, int64_t total,
		       const struct call_parts *parts)
{
	const struct {
		const char *modality;
		int64_t tokens;
	} all[] = {{"text", parts->text}, {"image", parts->image}, {"audio", parts->audio}};
	int64_t rest = total > 0 ? total : 0;
	bool fits = true;
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		fits &= all[i].tokens <= rest;
		rest -= fits && all[i].tokens > 0 ? all[i].tokens : 0;
	}
	for (i = 0; fits && i < sizeof(all) / sizeof(all[0]); i++) {
		label_set__put(&f->l, LABEL_MODALITY, all[i].modality);
		if (all[i].tokens > 0)
			add(f, metric, all[i].tokens);
	}
	if (!fits)
		rest = total;
	label_set__put(&f->l, LABEL_MODALITY, "unknown");
	if (rest || total <= 0)
		add(f, metric, rest);
}

/* Each inference counts, and is 0 where no usage came. */
static void feed_usage_latest(struct feed *f)
{
	const struct call *c = f->c;
	bool priced = c->kind != CALL_FETCH;

	feed_parts(f, METRIC_USAGE_INPUT, c->input_tokens, &c->input_parts);
	feed_parts(f, METRIC_USAGE_OUTPUT, c->output_tokens, &c->output_parts);
	feed_parts(f, METRIC_USAGE_CACHE_READ, c->cache_read_tokens, &c->cache_read_parts);
	feed_parts(f, METRIC_USAGE_CACHE_WRITE, c->cache_write_tokens, &no_parts);
	feed_parts(f, METRIC_USAGE_REASONING, c->reasoning_tokens, &no_parts);
	if (!priced)
		return;
	add_known(f, METRIC_INFERENCE_INPUT, c->input_tokens);
	add_known(f, METRIC_INFERENCE_OUTPUT, c->output_tokens);
}

static void feed_client_1_41(struct feed *f)
{
	add(f, METRIC_OPERATION_DURATION, (int64_t)f->c->duration_ns);
	feed_timings(f, METRIC_OPERATION_TTFC, METRIC_OPERATION_PER_CHUNK);
	feed_usage_1_41(f);
}

static void feed_client_latest(struct feed *f)
{
	if (!is_inference(f->c)) {
		add(f, METRIC_OPERATION_DURATION, (int64_t)f->c->duration_ns);
		return;
	}
	add(f, METRIC_INFERENCE_DURATION, (int64_t)f->c->duration_ns);
	feed_timings(f, METRIC_INFERENCE_TTFC, METRIC_INFERENCE_PER_CHUNK);
	feed_usage_latest(f);
}

/* Of a model server that is traced itself. */
static void feed_server(struct feed *f)
{
	const struct call *c = f->c;
	int64_t rest = c->output_tokens - 1;

	add(f, METRIC_SERVER_DURATION, (int64_t)c->duration_ns);
	if (c->error_type || c->ttft_ns < 0)
		return;
	add(f, METRIC_SERVER_TTFT, c->ttft_ns);
	if (rest > 0 && !c->output_estimated && (int64_t)c->duration_ns >= c->ttft_ns)
		add(f, METRIC_SERVER_PER_TOKEN, ((int64_t)c->duration_ns - c->ttft_ns) / rest);
}

static void feed_tokens(struct feed *f)
{
	const struct call *c = f->c;
	const struct {
		const char *kind;
		int64_t tokens;
	} all[] = {
		{"input", c->input_tokens},	      {"output", c->output_tokens},
		{"cache_read", c->cache_read_tokens}, {"cache_write", c->cache_write_tokens},
		{"reasoning", c->reasoning_tokens},
	};
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		label_set__put(&f->l, LABEL_KIND, all[i].kind);
		add_known(f, METRIC_TOKENS, all[i].tokens);
	}
}

static void feed_limits(struct feed *f)
{
	static const char *const kinds[N_RATELIMITS] = {
		[RATELIMIT_REQUESTS] = "requests",
		[RATELIMIT_TOKENS] = "tokens",
		[RATELIMIT_INPUT_TOKENS] = "input_tokens",
		[RATELIMIT_OUTPUT_TOKENS] = "output_tokens",
		[RATELIMIT_REQUESTS_HOUR] = "requests_hour",
		[RATELIMIT_TOKENS_HOUR] = "tokens_hour",
		[RATELIMIT_REQUESTS_DAY] = "requests_day",
		[RATELIMIT_TOKENS_DAY] = "tokens_day",
		[RATELIMIT_REQUESTS_MONTH] = "requests_month",
		[RATELIMIT_TOKENS_MONTH] = "tokens_month",
	};
	char key[KEY_TEXT];
	size_t i;

	if (f->c->key_fp) {
		snprintf(key, sizeof(key), "k_%012" PRIx64, f->c->key_fp >> 16);
		label_set__put(&f->l, LABEL_KEY, key);
	}
	for (i = 0; i < N_RATELIMITS; i++) {
		label_set__put(&f->l, LABEL_KIND, kinds[i]);
		add_known(f, METRIC_LIMIT_REMAINING, f->c->ratelimits[i].remaining);
		add_known(f, METRIC_LIMIT, f->c->ratelimits[i].limit);
	}
	label_set__put(&f->l, LABEL_KEY, NULL);
}

/* What the conventions have no name for. */
static void feed_own(struct feed *f)
{
	const struct call *c = f->c;

	add_known(f, METRIC_TTFT, c->ttft_ns);
	feed_tokens(f);
	if (c->cost_nusd >= 0)
		add(f, METRIC_COST, c->cost_nusd);
	else if (c->input_tokens > 0 || c->output_tokens > 0)
		add(f, METRIC_UNPRICED, 1);
	if (c->attempt > 1)
		add(f, METRIC_RETRIES, 1);
	if (c->error_type && !strcmp(c->error_type, "cancelled"))
		add(f, METRIC_ABORTS, 1);
	feed_limits(f);
}

/* What masks found, where content is kept at all. */
static void feed_secrets(struct feed *f)
{
	const struct content *said = f->c->beside ? NULL : f->c->content;
	size_t i;

	for (i = 0; said && i < N_SECRETS; i++) {
		if (!said->secrets[i])
			continue;
		label_set__put(&f->l, LABEL_KIND, secret_names[i]);
		add(f, METRIC_SECRETS, said->secrets[i]);
	}
}

static void feed_mcp(struct feed *f)
{
	const struct call *c = f->c;
	bool tool = c->mcp_method && !strcmp(c->mcp_method, "tools/call");

	f->l.text[LABEL_OPERATION] = tool ? "execute_tool" : NULL;
	f->l.text[LABEL_TOOL] = c->mcp_tool;
	f->l.text[LABEL_MCP_METHOD] = c->mcp_method;
	f->l.text[LABEL_MCP_PROTOCOL] = c->mcp_protocol;
	add(f, c->role == ROLE_SERVER ? METRIC_MCP_SERVER_DURATION : METRIC_MCP_CLIENT_DURATION,
	    (int64_t)c->duration_ns);
}

static void feed_call(struct feed *f)
{
	bool server = f->c->role == ROLE_SERVER;

	if (f->c->kind == CALL_TOOL) {
		feed_mcp(f);
		return;
	}
	/* gen_ai.* are of operations that the conventions know. */
	if (!call__operation(f->c))
		;
	else if (server)
		feed_server(f);
	else if (f->m->cfg.semconv == SEMCONV_LATEST)
		feed_client_latest(f);
	else
		feed_client_1_41(f);
	if (!f->c->beside)
		feed_own(f);
}

/* A replay has no other clock than its records. */
static void begin(struct metrics *m, uint64_t time_ns)
{
	if (!m->start_ns)
		m->start_ns = time_ns;
}

void metrics__call(struct metrics *m, const struct call *c)
{
	struct feed f = {.m = m, .c = c};
	char port[PORT_TEXT];

	put_call(&f.l, c, port);
	f.x = exemplar(c, &f.where);
	pthread_mutex_lock(&m->lock);
	begin(m, c->time_ns);
	feed_secrets(&f);
	feed_call(&f);
	pthread_mutex_unlock(&m->lock);
}

/* ---- runs, tools, totals ---- */

void metrics__run(struct metrics *m, const struct agent_run *r)
{
	struct label_set l = {0};

	put_who(&l, &r->who);
	l.text[LABEL_AGENT] = r->agent;
	l.text[LABEL_REQUEST_MODEL] = r->model;
	l.text[LABEL_ERROR] = r->error_type;
	pthread_mutex_lock(&m->lock);
	begin(m, r->time_ns);
	metrics__observe(m, METRIC_AGENT_DURATION, &l, (int64_t)r->duration_ns, NULL);
	if (r->calls >= 0)
		metrics__observe(m, METRIC_AGENT_CALLS, &l, r->calls, NULL);
	if (r->tools >= 0)
		metrics__observe(m, METRIC_AGENT_TOOLS, &l, r->tools, NULL);
	if (r->loops >= 0)
		metrics__observe(m, METRIC_LOOPS, &l, r->loops, NULL);
	pthread_mutex_unlock(&m->lock);
}

void metrics__tool(struct metrics *m, const struct agent_tool *t)
{
	struct label_set l = {0};

	put_who(&l, &t->who);
	l.text[LABEL_AGENT] = t->agent;
	l.text[LABEL_TOOL] = t->name;
	l.text[LABEL_ERROR] = t->error_type;
	pthread_mutex_lock(&m->lock);
	begin(m, t->time_ns);
	metrics__observe(m, METRIC_TOOL_DURATION, &l, (int64_t)t->duration_ns, NULL);
	pthread_mutex_unlock(&m->lock);
}

/* Totals only grow, so their differences are what is new. */
static const struct {
	enum metric metric;
	const char *reason;
	size_t at;
} totals[] = {
	{METRIC_EVENTS_LOST, "ring_full", offsetof(struct stats, lost_records)},
	{METRIC_EVENTS_LOST, "missed_calls", offsetof(struct stats, missed_calls)},
	{METRIC_EVENTS_LOST, "no_entry", offsetof(struct stats, no_entry)},
	{METRIC_EVENTS_LOST, "refused", offsetof(struct stats, refused)},
	{METRIC_EVENTS_LOST, "unwritten", offsetof(struct stats, unwritten)},
	{METRIC_LOST_BYTES, NULL, offsetof(struct stats, lost_bytes)},
	{METRIC_GAPS, NULL, offsetof(struct stats, gaps)},
};

static uint64_t total(const struct stats *st, size_t at)
{
	return *(const uint64_t *)((const char *)st + at);
}

static void feed_export(struct metrics *m, const struct stats *st)
{
	struct label_set l = {0};
	int i;

	label_set__put(&l, LABEL_EXPORTER, "otlp");
	metrics__observe(m, METRIC_EXPORT_FAILURES, &l,
			 (int64_t)(st->export_failures - m->told.export_failures), NULL);
	for (i = 0; i < N_EXPORT_DROPS; i++) {
		label_set__put(&l, LABEL_REASON, export_drop_names[i]);
		metrics__observe(m, METRIC_EXPORT_DROPPED, &l,
				 (int64_t)(st->export_dropped[i] - m->told.export_dropped[i]),
				 NULL);
	}
}

static void feed_parts_of_stats(struct metrics *m, const struct stats *st)
{
	struct label_set l = {0};
	const struct counted *c;
	unsigned int i;

	for (i = 0; i < st->n_parse_errors_of && i < METRICS_PROTOCOLS_MAX; i++) {
		c = &st->parse_errors_of[i];
		label_set__put(&l, LABEL_PROTOCOL, c->name);
		metrics__observe(m, METRIC_PARSE_ERRORS, &l, (int64_t)(c->n - m->told_errors[i]),
				 NULL);
		m->told_errors[i] = c->n;
	}
	for (i = 0; i < st->n_targets_of; i++) {
		label_set__put(&l, LABEL_TLS, st->targets_of[i].name);
		metrics__observe(m, METRIC_TARGETS, &l, (int64_t)st->targets_of[i].n, NULL);
	}
}

void metrics__stats(struct metrics *m, const struct stats *st)
{
	struct label_set l = {0};
	size_t i;

	pthread_mutex_lock(&m->lock);
	begin(m, st->time_ns);
	for (i = 0; i < sizeof(totals) / sizeof(totals[0]); i++) {
		label_set__put(&l, LABEL_REASON, totals[i].reason);
		metrics__observe(m, totals[i].metric, &l,
				 (int64_t)(total(st, totals[i].at) - total(&m->told, totals[i].at)),
				 NULL);
	}
	/* What no memory was left for here, and so is in no point. */
	label_set__put(&l, LABEL_REASON, "metrics");
	metrics__observe(m, METRIC_EVENTS_LOST, &l, (int64_t)(m->refused - m->told_refused), NULL);
	m->told_refused = m->refused;
	if (st->exporting)
		feed_export(m, st);
	feed_parts_of_stats(m, st);
	metrics__observe(m, METRIC_STREAMS, &l, (int64_t)st->open_connections, NULL);
	m->told = *st;
	pthread_mutex_unlock(&m->lock);
}
