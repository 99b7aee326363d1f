// SPDX-License-Identifier: Apache-2.0
/* Agents in any order of events: requests that offer tools or bring results, answers that ask for
 * them, refusals, hang-ups, MCP calls, exits, hours of silence. Each parent that a record names is
 * a run that is told, once; a run's sums are those of its calls; and all of it comes out the same
 * again. The input is a list of steps: one byte that says what, one that says how. */
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "call/tracker.h"
#include "sink/record_json.h"

#define SLOTS 4
#define MAX_STEPS 400
#define MS 1000000ULL

struct sums {
	int64_t calls, errors, retries, input_tokens;
};

struct fuzz {
	struct call_tracker *t;
	void *open[SLOTS];
	struct conn conns[SLOTS];
	uint64_t ts_ns, n_conns, hash;
	struct call calls[MAX_STEPS];
	struct agent_run runs[MAX_STEPS];
	struct agent_tool tools[MAX_STEPS * 4];
	unsigned int n_calls, n_runs, n_tools;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void hash_line(struct fuzz *f, int err, struct buf *b)
{
	size_t i;

	if (err || !b->n || b->p[b->n - 1] != '\n')
		abort();
	for (i = 0; i < b->n; i++)
		f->hash = (f->hash ^ b->p[i]) * 0x100000001B3ULL;
	buf__free(b);
}

static void on_call(void *ctx, const struct call *c)
{
	struct fuzz *f = ctx;
	struct buf b;

	if (f->n_calls == MAX_STEPS)
		abort();
	f->calls[f->n_calls++] = *c;
	buf__init(&b, 1 << 20);
	hash_line(f, record_json__call(&b, c), &b);
}

static void on_run(void *ctx, const struct agent_run *r)
{
	struct fuzz *f = ctx;
	struct buf b;

	if (f->n_runs == MAX_STEPS)
		abort();
	f->runs[f->n_runs++] = *r;
	buf__init(&b, 1 << 20);
	hash_line(f, record_json__run(&b, r), &b);
	if (r->rounds > r->calls || r->errors > r->calls || r->retries > r->calls)
		abort();
	if (r->model_ns > r->duration_ns || r->tool_ns > r->duration_ns)
		abort();
}

static void on_tool(void *ctx, const struct agent_tool *t)
{
	struct fuzz *f = ctx;
	struct buf b;

	if (f->n_tools == MAX_STEPS * 4)
		abort();
	f->tools[f->n_tools++] = *t;
	buf__init(&b, 1 << 20);
	hash_line(f, record_json__tool(&b, t), &b);
}

/* ---- steps ---- */

static void begin(struct fuzz *f, unsigned int slot, uint8_t how)
{
	const struct http_msg_ops *http = call_tracker__http_ops();
	static const char *const agents[] = {"s1", "t1", "t2", "t3"};
	const char *session = how & 0x80 ? "s2" : "s1";
	const struct http_header headers[] = {
		{SPAN_LIT("session-id"), span_str(session)},
		{SPAN_LIT("thread-id"), span_str(agents[how >> 4 & 3])},
		{SPAN_LIT("x-codex-parent-thread-id"), span_str(agents[how >> 5 & 3])}};
	const struct http_head h = {.method = SPAN_LIT("POST"),
				    .path = SPAN_LIT("/v1/chat/completions"),
				    .authority = SPAN_LIT("api.openai.com"),
				    .version = 11,
				    .headers = headers,
				    .n_headers = how & 8 ? 1 + slot % 3 : 0};
	char body[512];
	int n;

	f->conns[slot] =
		(struct conn){.id = ++f->n_conns, .pid = 1 + (how & 1), .request_dir = DIR_WRITE};
	f->open[slot] = http->request(f->t, &f->conns[slot], &h, f->ts_ns, f->ts_ns);
	if (!f->open[slot])
		return;
	n = snprintf(body, sizeof(body),
		     "{\"model\":\"m\",%s\"messages\":[{\"role\":\"assistant\"}%s%.1d%s]}",
		     how & 2 ? "\"tools\":[{\"function\":{\"name\":\"f\"}}]," : "",
		     how & 4 ? ",{\"role\":\"tool\",\"tool_call_id\":\"t" : "",
		     how & 4 ? (how >> 4 & 7) + 1 : 0, how & 4 ? "\"}" : "");
	http->request_body(f->open[slot], span(body, (size_t)n), (size_t)n, f->ts_ns);
	http->request_end(f->open[slot], 0, f->ts_ns);
}

static void end(struct fuzz *f, unsigned int slot, enum http_end why)
{
	call_tracker__http_ops()->end(f->open[slot], why, f->ts_ns);
	f->open[slot] = NULL;
}

static void answer(struct fuzz *f, unsigned int slot, int status, const char *body)
{
	const struct http_msg_ops *http = call_tracker__http_ops();
	const struct http_header headers[] = {
		{SPAN_LIT("content-type"), SPAN_LIT("application/json")}};
	const struct http_head h = {
		.status = status, .version = 11, .headers = headers, .n_headers = 1};

	f->ts_ns += 7 * MS;
	http->response(f->open[slot], &h, f->ts_ns, f->ts_ns);
	http->response_body(f->open[slot], span_str(body), strlen(body), f->ts_ns);
	http->response_end(f->open[slot], 0, f->ts_ns);
}

static void answer_with_tools(struct fuzz *f, unsigned int slot, uint8_t how)
{
	char body[1024], *at = body, *last = body + sizeof(body);
	unsigned int i;

	at += snprintf(at, (size_t)(last - at),
		       "{\"id\":\"c\",\"model\":\"m\",\"usage\":{\"prompt_tokens\":%u},"
		       "\"choices\":[{\"message\":{\"tool_calls\":[",
		       how);
	for (i = 0; i < (how & 3U); i++)
		at += snprintf(at, (size_t)(last - at),
			       "%s{\"id\":\"t%u\",\"function\":{\"name\":\"n%u\",\"arguments\":"
			       "\"{%u}\"}}",
			       i ? "," : "", ((how >> 2 & 7) + i) % 8 + 1, how >> 4 & 3, how >> 6);
	snprintf(at, (size_t)(last - at), "]},\"finish_reason\":\"stop\"}]}");
	answer(f, slot, 200, body);
	/* Some connections show later that it is over. */
	if (!(how & 0x20))
		end(f, slot, HTTP_END_OK);
}

static void call_tool(struct fuzz *f, uint8_t how)
{
	const struct http_msg_ops *http = call_tracker__http_ops();
	const struct http_header headers[] = {
		{SPAN_LIT("mcp-protocol-version"), SPAN_LIT("2025-06-18")}};
	const struct http_head h = {.method = SPAN_LIT("POST"),
				    .path = SPAN_LIT("/mcp"),
				    .authority = SPAN_LIT("localhost"),
				    .version = 11,
				    .headers = headers,
				    .n_headers = 1};
	const struct conn conn = {
		.id = ++f->n_conns, .pid = 1 + (how & 1), .request_dir = DIR_WRITE};
	char body[256];
	void *x = http->request(f->t, &conn, &h, f->ts_ns, f->ts_ns);
	int n = snprintf(body, sizeof(body),
			 "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{"
			 "\"name\":\"n%u\"}}",
			 how >> 4 & 3);

	if (!x)
		return;
	http->request_body(x, span(body, (size_t)n), (size_t)n, f->ts_ns);
	http->request_end(x, 0, f->ts_ns);
	f->ts_ns += how * MS;
	http->end(x, HTTP_END_SERVER, f->ts_ns);
}

static void step(struct fuzz *f, uint8_t what, uint8_t how)
{
	const struct capture_ops *capture = call_tracker__capture_ops();
	const struct capture_exit e = {.pid = 1 + (how & 1), .ts_ns = f->ts_ns};
	unsigned int slot = what >> 3 & (SLOTS - 1);

	f->ts_ns += 3 * MS;
	switch (what & 7) {
	case 0:
	case 1:
		if (!f->open[slot])
			begin(f, slot, how);
		else
			answer_with_tools(f, slot, how);
		break;
	case 2:
		if (!f->open[slot])
			break;
		answer(f, slot, 429, "{\"error\":{\"type\":\"slow_down\"}}");
		if (how & 1)
			end(f, slot, HTTP_END_OK);
		break;
	case 3:
		if (f->open[slot])
			end(f, slot, (enum http_end)(how % (HTTP_END_UNANSWERED + 1)));
		break;
	case 4:
		f->ts_ns += how * 30000 * MS;
		capture->tick(f->t, f->ts_ns);
		break;
	case 5:
		capture->exit(f->t, &e);
		break;
	case 6:
		call_tool(f, how);
		break;
	default:
		f->ts_ns += how * MS;
	}
}

/* ---- what holds ---- */

static bool same(const uint8_t *a, const uint8_t *b)
{
	return !memcmp(a, b, 8);
}

static const struct agent_run *run_of(const struct fuzz *f, const uint8_t *span_id)
{
	unsigned int i;

	for (i = 0; i < f->n_runs; i++)
		if (same(f->runs[i].span_id, span_id))
			return &f->runs[i];
	abort();
}

static void check(const struct fuzz *f)
{
	static const uint8_t none[8];
	struct sums sums[MAX_STEPS] = {0};
	unsigned int i, k;

	for (i = 0; i < f->n_runs; i++)
		for (k = 0; k < i; k++)
			if (same(f->runs[i].span_id, f->runs[k].span_id))
				abort();
	for (i = 0; i < f->n_runs; i++) {
		if (same(f->runs[i].parent_span_id, none))
			continue;
		if (memcmp(run_of(f, f->runs[i].parent_span_id)->trace_id, f->runs[i].trace_id, 16))
			abort();
	}
	for (i = 0; i < f->n_tools; i++) {
		run_of(f, f->tools[i].parent_span_id);
		for (k = 0; k < i; k++)
			if (same(f->tools[i].span_id, f->tools[k].span_id))
				abort();
	}
	for (i = 0; i < f->n_calls; i++) {
		const struct call *c = &f->calls[i];
		const struct agent_run *r;
		struct sums *s;

		if (same(c->parent_span_id, none))
			continue;
		r = run_of(f, c->parent_span_id);
		if (memcmp(r->trace_id, c->trace_id, 16))
			abort();
		if (c->kind != CALL_MODEL)
			continue;
		s = &sums[r - f->runs];
		s->calls++;
		s->errors += c->error_type != NULL;
		s->retries += c->attempt > 1;
		s->input_tokens += c->input_tokens > 0 ? c->input_tokens : 0;
	}
	for (i = 0; i < f->n_runs; i++) {
		const struct agent_run *r = &f->runs[i];

		/* Others may have come too late for it. */
		if (r->end == RUN_SUPERSEDED)
			continue;
		if (r->calls != sums[i].calls || r->errors != sums[i].errors ||
		    r->retries != sums[i].retries ||
		    (r->input_tokens < 0 ? 0 : r->input_tokens) != sums[i].input_tokens)
			abort();
	}
}

static uint64_t play(struct span in, struct fuzz *f)
{
	static const struct filter all = {.role = FILTER_CLIENT};
	struct limits lim = limits_default;
	const struct call_tracker_config cfg = {
		.filter = &all,
		.lim = &lim,
		.call = on_call,
		.run = on_run,
		.tool = on_tool,
		.ctx = f,
	};
	unsigned int i;

	lim.runs = 3;
	lim.runs_per_process = 2;
	lim.run_tools = 4;
	lim.runs_bytes = 16 << 10;
	lim.runs_process_bytes = 12 << 10;
	lim.attempts = 2;
	*f = (struct fuzz){.ts_ns = 1000 * MS, .hash = 14695981039346656037ULL};
	if (call_tracker__new(&cfg, &f->t))
		return 0;
	for (i = 0; i < MAX_STEPS - SLOTS && in.n >= 2; i++, in = span_skip(in, 2))
		step(f, in.p[0], in.p[1]);
	for (i = 0; i < SLOTS; i++)
		if (f->open[i])
			end(f, i, HTTP_END_CAPTURE);
	call_tracker__finish(f->t, f->ts_ns);
	check(f);
	call_tracker__free(f->t);
	return f->hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz f;
	uint64_t hash = play(span(data, size), &f);

	if (play(span(data, size), &f) != hash)
		abort();
	return 0;
}
