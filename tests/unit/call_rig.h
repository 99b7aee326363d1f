/* SPDX-License-Identifier: Apache-2.0 */
/* call_rig.h: exchanges go in as HTTP tells them, records come out: the tracker with the real
 * dialects, for the tests of calls. */
#ifndef CALL_RIG_H
#define CALL_RIG_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "call/tracker.h"
#include "sink/record_json.h"

#define MS 1000000ULL
#define WALL 1763647333000000000ULL /* what CLOCK_REALTIME shows at CLOCK_MONOTONIC 0 */

/* ---- what a run leaves ---- */

static struct {
	struct filter filter;
	struct limits lim;
	uint64_t max_calls;
	bool estimate;
	const struct content_config *content; /* NULL: nothing of what is said is kept */
	struct prices *prices;
	void (*on_run)(void *ctx, const struct agent_run *r); /* NULL: nobody listens */
	void (*on_tool)(void *ctx, const struct agent_tool *t);
	void (*on_call)(const struct call *c);
	struct call_tracker *tracker;
	unsigned int n, n_stats;
	struct call last; /* plain fields only: texts are gone */
	struct buf json;  /* of the latest record */
	struct stats stats;
} run;

static void on_record(void *ctx, const struct call *c)
{
	run.n++;
	run.last = *c;
	if (run.on_call)
		run.on_call(c);
	buf__clear(&run.json);
	assert_int_equal(record_json__call(&run.json, c), 0);
	buf__add(&run.json, span("", 1));
}

static void on_totals(void *ctx, const struct stats *st)
{
	run.n_stats++;
	run.stats = *st;
}

static void start(void)
{
	const struct call_tracker_config cfg = {
		.filter = &run.filter,
		.lim = &run.lim,
		.max_calls = run.max_calls,
		.estimate = run.estimate,
		.prices = run.prices,
		.content = run.content,
		.call = on_record,
		.run = run.on_run,
		.tool = run.on_tool,
		.stats = on_totals,
	};
	const struct process p = {.pid = 42,
				  .uid = 1000,
				  .start_ns = 77,
				  .comm = "python3",
				  .exe = "/usr/bin/python3.11",
				  .cmdline = "python3 rag.py",
				  .cgroup = "/a",
				  .container_id = "",
				  .unit = "",
				  .env = ""};

	assert_int_equal(call_tracker__new(&cfg, &run.tracker), 0);
	call_tracker__capture_ops()->clock(run.tracker, 0, (int64_t)WALL);
	call_tracker__capture_ops()->process(run.tracker, &p);
}

static int reset(void **state)
{
	memset(&run, 0, sizeof(run));
	run.lim = limits_default;
	buf__init(&run.json, 8 << 20);
	return 0;
}

static int stop(void **state)
{
	call_tracker__free(run.tracker);
	buf__free(&run.json);
	return 0;
}

static inline void expect(const char *json)
{
	if (!strstr((char *)run.json.p, json))
		fail_msg("no %s in %s", json, (char *)run.json.p);
}

static inline void expect_not(const char *json)
{
	if (strstr((char *)run.json.p, json))
		fail_msg("%s in %s", json, (char *)run.json.p);
}

/* ---- exchanges ---- */

#define MAX_PARTS 40

/* One exchange as HTTP would tell it. Parts of the answer come 10 ms apart, the first at 100 ms. */
struct exchange {
	const char *path, *host, *method; /* NULL: POST */
	bool met; /* in the middle of an HTTP/2 connection: path and host are not known */
	const char *headers; /* of the request: "name: value\n"... */
	const char *request;
	int status;
	const char *response_headers;
	const char *parts[MAX_PARTS]; /* GAP: bytes are missing here */
	enum http_end why;
	bool no_end; /* the answer broke off: no response_end */
	enum event_dir dir;
	unsigned int flags; /* of the answer's body */
	uint64_t conn, first_ns;
	uint32_t pid; /* 0: 42 */
	struct capture_end peer;
};

#define GAP "\001gap"

static unsigned int split_headers(const char *text, struct http_header *h)
{
	unsigned int n = 0;

	while (text && *text) {
		const char *colon = strchr(text, ':'), *end = strchr(text, '\n');

		h[n].name = span(text, (size_t)(colon - text));
		h[n++].value = span_trim(span(colon + 1, (size_t)(end - colon - 1)));
		text = end + 1;
	}
	return n;
}

static void *begin(const struct exchange *e, uint64_t conn_id)
{
	static struct conn conn;
	struct http_header headers[32];
	struct http_head h = {
		.method = span_str(e->method ? e->method : "POST"),
		.path = span_str(e->path ? e->path : "/v1/chat/completions"),
		.authority = span_str(e->host ? e->host : "API.openai.com"),
		.version = 11,
		.headers = headers,
	};
	uint64_t at = e->first_ns ? e->first_ns : 1000 * MS;

	if (e->met)
		h.path = h.authority = SPAN_NONE;
	h.n_headers = split_headers(e->headers, headers);
	conn = (struct conn){
		.id = conn_id,
		.pid = e->pid ? e->pid : 42,
		.tid = 43,
		.request_dir = e->dir,
		.stack = TLS_OPENSSL,
		.peer = e->peer,
	};
	return call_tracker__http_ops()->request(run.tracker, &conn, &h, at, at + 1 * MS);
}

/* step: bytes handed over at once; 0: each part as a whole. */
static void play(const struct exchange *e, size_t step)
{
	const struct http_msg_ops *ops = call_tracker__http_ops();
	uint64_t at = (e->first_ns ? e->first_ns : 1000 * MS);
	struct http_header headers[32];
	struct http_head h = {.status = e->status, .version = 11, .headers = headers};
	void *x = begin(e, e->conn ? e->conn : 5);
	struct span s, one;
	unsigned int i;

	if (!x)
		return;
	for (s = span_str(e->request); s.n; s = span_skip(s, one.n)) {
		one = step ? span_head(s, step) : s;
		ops->request_body(x, one, one.n, at + 2 * MS);
	}
	ops->request_end(x, 0, at + 2 * MS);
	at += 100 * MS;
	if (e->status) {
		h.n_headers = split_headers(e->response_headers, headers);
		ops->response(x, &h, at - 1 * MS, at - 1 * MS);
		for (i = 0; i < MAX_PARTS && e->parts[i]; i++, at += 10 * MS) {
			if (!strcmp(e->parts[i], GAP)) {
				ops->gap(x, SIDE_RESPONSE, 1000);
				continue;
			}
			for (s = span_str(e->parts[i]); s.n; s = span_skip(s, one.n)) {
				one = step ? span_head(s, step) : s;
				ops->response_body(x, one, one.n, at);
			}
		}
		if (!e->no_end)
			ops->response_end(x, e->flags, at);
	}
	ops->end(x, e->why, at + 5 * MS);
}

#define SSE "content-type: text/event-stream\n"
#define JSON "content-type: application/json\n"
#define CHUNK(delta, finish)                                                                   \
	"data: "                                                                               \
	"{\"id\":\"c1\",\"model\":\"gpt-4o-2024\",\"choices\":[{\"index\":0,\"delta\":{" delta \
	"},\"finish_reason\":" finish "}]}\n\n"
#define ROLE CHUNK("\"role\":\"assistant\",\"content\":\"\"", "null")
#define WORD CHUNK("\"content\":\"hi\"", "null")
#define STOP CHUNK("", "\"stop\"")
#define USAGE                                                                                      \
	"data: "                                                                                   \
	"{\"id\":\"c1\",\"model\":\"gpt-4o-2024\",\"choices\":[],\"usage\":{\"prompt_tokens\":10," \
	"\"completion_tokens\":3,\"prompt_tokens_details\":{\"cached_tokens\":4}}}\n\n"
#define DONE "data: [DONE]\n\n"
#define ASK "{\"messages\":[],\"model\":\"gpt-4o\",\"stream\":true,\"max_tokens\":7}"

#define EVENT(name, data) "event: " name "\ndata: {\"type\":\"" name "\"" data "}\n\n"
#define MESSAGE_START                                                                            \
	EVENT("message_start", ",\"message\":{\"id\":\"msg_1\",\"model\":\"claude\",\"usage\":{" \
			       "\"input_tokens\":20,\"cache_read_input_tokens\":5,"              \
			       "\"output_tokens\":1}}")
#define TEXT_DELTA                   \
	EVENT("content_block_delta", \
	      ",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"x\"}")
#define MESSAGE_DELTA          \
	EVENT("message_delta", \
	      ",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":9}")
#define MESSAGE_STOP EVENT("message_stop", "")
#define ANTHROPIC \
	.path = "/v1/messages", .host = "api.anthropic.com", .headers = "anthropic-version: 1\n"

#define TEST(f) cmocka_unit_test_setup_teardown(f, reset, stop)

#endif
