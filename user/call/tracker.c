// SPDX-License-Identifier: Apache-2.0
#include "call/tracker.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "call/authority.h"
#include "call/facts.h"
#include "call/headers.h"
#include "call/ids.h"
#include "call/open.h"
#include "call/outcome.h"
#include "call/processes.h"
#include "base/limits.h"

#define HTTPS_PORT 443
#define STATS_EVERY_NS 60000000000ULL
#define STATS_GAP_NS 1000000000ULL
#define RECENT 64

/* The clock's offset as it was told: now, and before the latest step. */
struct clock {
	uint64_t since_ns;
	int64_t offset_ns, before_ns;
	bool known;
};

/* Calls that began at one moment on one connection (pipelined in one write) are told apart by
 * their number. */
struct recent {
	uint64_t conn, first_ns;
	unsigned int nth;
};

struct call_tracker {
	struct call_tracker_config cfg;
	struct processes *processes;
	struct arena_budget budget;
	struct call_open *open;
	uint64_t n_open, n_out;
	struct clock clock;
	struct recent recent[RECENT];
	struct stats totals;
	struct capture_counts counts;
	uint64_t told_ns, told_losses; /* of the latest stats */
};

int call_tracker__new(const struct call_tracker_config *config, struct call_tracker **ret)
{
	struct call_tracker *t = calloc(1, sizeof(*t));
	int err;

	if (!t)
		return -ENOMEM;
	err = processes__new(config->lim, &t->processes);
	if (err) {
		free(t);
		return err;
	}
	t->cfg = *config;
	t->budget.max_bytes = config->lim->calls_bytes;
	*ret = t;
	return 0;
}

static void call_open__free(struct call_open *x)
{
	struct call_tracker *t = x->tracker;

	*(x->prev ? &x->prev->next : &t->open) = x->next;
	if (x->next)
		x->next->prev = x->prev;
	t->n_open--;
	dialect_reader__free(x->reader);
	timing__free(&x->timing);
	arena__free(&x->arena);
	processes__put(x->proc);
	free(x);
}

void call_tracker__free(struct call_tracker *t)
{
	if (!t)
		return;
	while (t->open)
		call_open__free(t->open);
	processes__free(t->processes);
	free(t);
}

static uint64_t wall_ns(const struct call_tracker *t, uint64_t mono_ns)
{
	const struct clock *k = &t->clock;

	return mono_ns + (uint64_t)(mono_ns < k->since_ns ? k->before_ns : k->offset_ns);
}

/* ---- what the capture tells ---- */

static void on_clock(void *ctx, uint64_t mono_ns, int64_t offset_ns)
{
	struct clock *k = &((struct call_tracker *)ctx)->clock;

	k->before_ns = k->known ? k->offset_ns : offset_ns;
	k->offset_ns = offset_ns;
	k->since_ns = mono_ns;
	k->known = true;
}

static void on_process(void *ctx, const struct process *p)
{
	struct call_tracker *t = ctx;

	processes__see(t->processes, p);
}

static void on_process_exit(void *ctx, const struct capture_exit *e)
{
	struct call_tracker *t = ctx;

	processes__exit(t->processes, e->pid, e->ts_ns);
}

static void on_counts(void *ctx, const struct capture_counts *c)
{
	struct call_tracker *t = ctx;

	t->counts = *c;
}

void call_tracker__stats(struct call_tracker *t, uint64_t now_ns, struct stats *ret)
{
	const uint64_t *v = t->counts.v;

	*ret = t->totals;
	ret->time_ns = wall_ns(t, now_ns);
	ret->lost_records = v[COUNT_LOST_RECORDS] + v[COUNT_CONTROL_LOST];
	ret->lost_bytes = v[COUNT_LOST_BYTES] + v[COUNT_FAULT_BYTES];
	ret->missed_calls = v[COUNT_NO_STATE] + v[COUNT_NESTED_FULL];
	ret->no_entry = v[COUNT_NO_ENTRY];
	ret->midstream = v[COUNT_MIDSTREAM];
	ret->quiet_calls = v[COUNT_QUIET_CALLS];
	ret->copied_bytes = v[COUNT_COPIED];
	ret->bytes = v[COUNT_BYTES];
	ret->connections = v[COUNT_CONNS];
	ret->neither = v[COUNT_NEITHER];
	ret->open_calls = t->n_open;
	ret->processes = processes__count(t->processes);
	if (t->cfg.fill)
		t->cfg.fill(t->cfg.ctx, ret);
}

/* Whatever makes a stats record come at once when it grows. */
static uint64_t losses(const struct stats *st)
{
	return st->lost_records + st->lost_bytes + st->gaps + st->missed_calls;
}

static void tell_stats(struct call_tracker *t, uint64_t now_ns)
{
	struct stats st;

	t->told_ns = now_ns;
	if (!t->cfg.stats)
		return;
	call_tracker__stats(t, now_ns, &st);
	t->told_losses = losses(&st);
	t->cfg.stats(t->cfg.ctx, &st);
}

static void on_tick(void *ctx, uint64_t mono_ns)
{
	struct call_tracker *t = ctx;
	struct stats st;

	processes__tick(t->processes, mono_ns);
	if (!t->told_ns) {
		t->told_ns = mono_ns; /* the first minute begins */
		return;
	}
	if (mono_ns < t->told_ns + STATS_GAP_NS)
		return;
	call_tracker__stats(t, mono_ns, &st);
	if (mono_ns >= t->told_ns + STATS_EVERY_NS || losses(&st) != t->told_losses)
		tell_stats(t, mono_ns);
}

/* ---- what the dialect tells ---- */

static void on_fact(void *ctx, enum fact fact, const struct fact_value *v, uint64_t ts_ns)
{
	facts__set(ctx, fact, v, ts_ns);
}

static const struct dialect_ops reader_ops = {.fact = on_fact};

/* ---- what HTTP tells ---- */

static unsigned int number_of(struct call_tracker *t, uint64_t conn, uint64_t first_ns)
{
	struct recent *r = &t->recent[conn * 0x9e3779b97f4a7c15ULL >> 58];

	if (r->conn == conn && r->first_ns == first_ns)
		return ++r->nth;
	*r = (struct recent){.conn = conn, .first_ns = first_ns};
	return 0;
}

static const struct call unknown_call = {
	.ttfc_ns = -1,
	.ttft_ns = -1,
	.ttlt_ns = -1,
	.itl_p50_ns = -1,
	.itl_p99_ns = -1,
	.chunks = -1,
	.stream = -1,
	.max_tokens = -1,
	.top_k = -1,
	.seed = -1,
	.choices = -1,
	.temperature = NAN,
	.top_p = NAN,
	.frequency_penalty = NAN,
	.presence_penalty = NAN,
	.input_tokens = -1,
	.output_tokens = -1,
	.cache_read_tokens = -1,
	.cache_write_tokens = -1,
	.reasoning_tokens = -1,
	.cost_usd = NAN,
	.status = -1,
	.server_port = -1,
	.processing_ms = -1,
	.retry_after_s = NAN,
	.attempt = -1,
	.ratelimit_requests_limit = -1,
	.ratelimit_requests_remaining = -1,
	.ratelimit_tokens_limit = -1,
	.ratelimit_tokens_remaining = -1,
	.uid = UINT32_MAX,
};

static void set_server(struct call_open *x, struct span authority)
{
	struct span host;
	char *p;

	x->c.server_port = authority__split(authority, HTTPS_PORT, &host);
	if (!host.n)
		return;
	p = (char *)call_open__text(x, host);
	x->c.server_address = p;
	for (; p && *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p += 'a' - 'A';
}

static void set_process(struct call *c, const struct process_facts *f)
{
	const struct {
		const char **to;
		const char *from;
	} texts[] = {
		{&c->comm, f->p.comm},
		{&c->exe, f->p.exe},
		{&c->cmdline, f->p.cmdline},
		{&c->cgroup, f->p.cgroup},
		{&c->container_id, f->p.container_id},
		{&c->unit, f->p.unit},
	};
	size_t i;

	c->uid = f->p.uid;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		*texts[i].to = *texts[i].from ? texts[i].from : NULL;
	c->service = f->service;
	c->feature = f->service;
}

static void fill_request(struct call_open *x, const struct dialect *d, const struct conn *conn,
			 const struct http_head *h)
{
	struct call_tracker *t = x->tracker;
	struct call *c = &x->c;

	c->time_ns = wall_ns(t, x->first_ns);
	c->role = conn->request_dir == DIR_WRITE ? ROLE_CLIENT : ROLE_SERVER;
	c->api = dialect__api(d);
	c->operation = dialect__operation(d);
	c->method = call_open__text(x, h->method);
	c->path = call_open__text(x, h->path);
	c->http_version = h->version;
	c->tls = tls_stack__name(conn->stack);
	c->key_fp = h->key_fp;
	c->pid = conn->pid;
	c->midstream = conn->midstream;
	c->truncated |= h->truncated;
	set_server(x, h->authority);
	c->provider = dialect__provider(d, span_str(c->server_address), h->path);
	if (x->proc)
		set_process(c, x->proc);
	headers__request(x, h);
	ids__derive(c, http_head__get(h, "traceparent"), conn->id,
		    x->proc ? x->proc->p.start_ns : 0, x->first_ns,
		    number_of(t, conn->id, x->first_ns));
}

static void *on_request(void *ctx, const struct conn *conn, const struct http_head *h,
			uint64_t first_ns, uint64_t ts_ns)
{
	const struct dialect *d = dialect__match(h);
	struct call_tracker *t = ctx;
	struct call_open *x;

	if (!d || call_tracker__full(t))
		return NULL;
	if (!filter__role(t->cfg.filter,
			  conn->request_dir == DIR_WRITE ? ROLE_CLIENT : ROLE_SERVER))
		return NULL;
	if (t->n_open >= t->cfg.lim->calls) {
		t->totals.refused++;
		return NULL;
	}
	x = calloc(1, sizeof(*x));
	if (!x) {
		t->totals.refused++;
		return NULL;
	}
	x->tracker = t;
	x->lim = t->cfg.lim;
	x->c = unknown_call;
	x->first_ns = first_ns;
	x->last_ns = ts_ns;
	arena__init(&x->arena, t->cfg.lim->call_bytes, &t->budget);
	x->proc = processes__get(t->processes, conn->pid);
	x->next = t->open;
	if (t->open)
		t->open->prev = x;
	t->open = x;
	t->n_open++;

	if (!filter__process(t->cfg.filter, x->proc ? &x->proc->p : NULL))
		goto unwanted;
	fill_request(x, d, conn, h);
	if (!filter__host(t->cfg.filter, x->c.server_address))
		goto unwanted;
	if (dialect_reader__new(d, h, &reader_ops, x, t->cfg.lim, &x->reader)) {
		t->totals.refused++;
		goto unwanted;
	}
	return x;

unwanted:
	call_open__free(x);
	return NULL;
}

static void seen(struct call_open *x, uint64_t ts_ns)
{
	if (ts_ns > x->last_ns)
		x->last_ns = ts_ns;
}

static void on_request_body(void *ctx, struct span s, uint64_t wire, uint64_t ts_ns)
{
	struct call_open *x = ctx;

	seen(x, ts_ns);
	x->c.request_bytes += s.n;
	dialect_reader__request(x->reader, s, ts_ns);
}

static void on_request_end(void *ctx, unsigned int body_flags, uint64_t ts_ns)
{
	struct call_open *x = ctx;

	seen(x, ts_ns);
	x->request_flags |= body_flags;
	dialect_reader__request_end(x->reader, ts_ns);
	if (!x->c.response_bytes)
		x->request_damaged = dialect_reader__damaged(x->reader);
}

static void on_response(void *ctx, const struct http_head *h, uint64_t first_ns, uint64_t ts_ns)
{
	struct call_open *x = ctx;

	seen(x, ts_ns);
	x->c.status = h->status;
	x->c.truncated |= h->truncated;
	headers__response(x, h);
	dialect_reader__response_head(x->reader, h, ts_ns);
}

static void on_response_body(void *ctx, struct span s, uint64_t wire, uint64_t ts_ns)
{
	struct call_open *x = ctx;

	seen(x, ts_ns);
	if (x->c.ttfc_ns < 0 && !x->gap_before_body && (s.n || wire))
		x->c.ttfc_ns = ts_ns > x->first_ns ? (int64_t)(ts_ns - x->first_ns) : 0;
	x->c.response_bytes += s.n;
	dialect_reader__response(x->reader, s, ts_ns);
}

static void on_gap(void *ctx, enum side side, uint64_t lost)
{
	struct call_open *x = ctx;

	x->c.truncated = true;
	x->c.lost_bytes += lost;
	if (side == SIDE_REQUEST) {
		dialect_reader__request_gap(x->reader, lost);
		return;
	}
	if (!x->c.response_bytes)
		x->gap_before_body = true;
	/* First the reader: what it makes of the torn message must not outlive the judgement. */
	dialect_reader__response_gap(x->reader, lost, x->last_ns);
	outcome__gap(x);
	timing__gap(&x->timing);
}

static void on_response_end(void *ctx, unsigned int body_flags, uint64_t ts_ns)
{
	struct call_open *x = ctx;

	seen(x, ts_ns);
	x->response_ended = true;
	x->response_flags |= body_flags;
	dialect_reader__response_end(x->reader, ts_ns);
}

static void on_upgrade(void *ctx, struct span protocol, uint64_t ts_ns)
{
	struct call_open *x = ctx;

	/* What follows is not decoded. */
	seen(x, ts_ns);
	x->c.truncated = true;
}

static void set_times(struct call_open *x, enum http_end why, uint64_t ts_ns)
{
	struct timing *tm = &x->timing;
	struct call *c = &x->c;
	uint64_t end_ns = why == HTTP_END_OK || ts_ns < x->last_ns ? x->last_ns : ts_ns;

	c->duration_ns = end_ns > x->first_ns ? end_ns - x->first_ns : 0;
	c->streamed = dialect_reader__streamed(x->reader);
	if (!c->streamed)
		return;
	if (tm->seen && !tm->late && tm->first_ns >= x->first_ns)
		c->ttft_ns = (int64_t)(tm->first_ns - x->first_ns);
	if (tm->seen && !tm->last_lost && tm->last_ns >= x->first_ns)
		c->ttlt_ns = (int64_t)(tm->last_ns - x->first_ns);
	if (!tm->torn)
		c->chunks = (int64_t)tm->chunks;
	c->itl_p50_ns = timing__quantile(tm, 0.50);
	c->itl_p99_ns = timing__quantile(tm, 0.99);
}

static void count(struct stats *st, const struct filter *f, const struct call *c)
{
	/* A gateway's own call must not double the one that it passes on. */
	if (c->role == ROLE_SERVER && f->role == FILTER_BOTH) {
		st->served++;
		return;
	}
	st->calls++;
	st->errors += c->error_type != NULL;
	st->truncated += c->truncated;
	st->input_tokens += c->input_tokens > 0 ? (uint64_t)c->input_tokens : 0;
	st->output_tokens += c->output_tokens > 0 ? (uint64_t)c->output_tokens : 0;
	if (!isnan(c->cost_usd)) {
		st->cost_usd += c->cost_usd;
		st->priced++;
	} else if (c->input_tokens > 0 || c->output_tokens > 0) {
		st->unpriced++;
	}
}

static void on_end(void *ctx, enum http_end why, uint64_t ts_ns)
{
	struct call_open *x = ctx;
	struct call_tracker *t = x->tracker;

	/* An answer that broke off: what its last event held is told now. */
	if (!x->response_ended)
		dialect_reader__response_end(x->reader, ts_ns);
	set_times(x, why, ts_ns);
	outcome__judge(x, why);
	facts__finish(x);
	if (!call_tracker__full(t) && filter__call(t->cfg.filter, &x->c)) {
		t->n_out++;
		count(&t->totals, t->cfg.filter, &x->c);
		if (t->cfg.call)
			t->cfg.call(t->cfg.ctx, &x->c);
	}
	call_open__free(x);
}

const struct http_msg_ops *call_tracker__http_ops(void)
{
	static const struct http_msg_ops ops = {
		.request = on_request,
		.request_body = on_request_body,
		.request_end = on_request_end,
		.response = on_response,
		.response_body = on_response_body,
		.gap = on_gap,
		.response_end = on_response_end,
		.upgrade = on_upgrade,
		.end = on_end,
	};

	return &ops;
}

const struct capture_ops *call_tracker__capture_ops(void)
{
	static const struct capture_ops ops = {
		.clock = on_clock,
		.process = on_process,
		.exit = on_process_exit,
		.counts = on_counts,
		.tick = on_tick,
	};

	return &ops;
}

bool call_tracker__full(const struct call_tracker *t)
{
	return t->cfg.max_calls && t->n_out >= t->cfg.max_calls;
}

void call_tracker__finish(struct call_tracker *t, uint64_t now_ns)
{
	tell_stats(t, now_ns);
}

const struct process *call_tracker__process(struct call_tracker *t, uint32_t pid)
{
	const struct process_facts *f = processes__get(t->processes, pid);

	/* The table's own reference holds it until the next event. */
	processes__put(f);
	return f ? &f->p : NULL;
}
