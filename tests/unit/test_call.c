// SPDX-License-Identifier: Apache-2.0
/* Exchanges go in as HTTP tells them, records come out: the tracker with the real dialects. */
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
		.call = on_record,
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

static void expect(const char *json)
{
	if (!strstr((char *)run.json.p, json))
		fail_msg("no %s in %s", json, (char *)run.json.p);
}

static void expect_not(const char *json)
{
	if (strstr((char *)run.json.p, json))
		fail_msg("%s in %s", json, (char *)run.json.p);
}

/* ---- exchanges ---- */

#define MAX_PARTS 40

/* One exchange as HTTP would tell it. Parts of the answer come 10 ms apart, the first at 100 ms. */
struct exchange {
	const char *path, *host;
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
		.method = SPAN_LIT("POST"),
		.path = span_str(e->path ? e->path : "/v1/chat/completions"),
		.authority = span_str(e->host ? e->host : "API.openai.com"),
		.version = 11,
		.headers = headers,
	};
	uint64_t at = e->first_ns ? e->first_ns : 1000 * MS;

	h.n_headers = split_headers(e->headers, headers);
	conn = (struct conn){
		.id = conn_id, .pid = 42, .tid = 43, .request_dir = e->dir, .stack = TLS_OPENSSL};
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

static void a_stream_is_timed_and_counted(void **state)
{
	const struct exchange e = {.request = ASK,
				   .status = 200,
				   .response_headers = SSE,
				   .dir = DIR_WRITE,
				   .parts = {ROLE, WORD, WORD, WORD, STOP, USAGE, DONE}};

	start();
	play(&e, 0);
	assert_int_equal(run.n, 1);
	assert_int_equal(run.last.time_ns, WALL + 1000 * MS);
	assert_int_equal(run.last.ttfc_ns, 100 * MS);
	assert_int_equal(run.last.ttft_ns, 110 * MS);
	assert_int_equal(run.last.ttlt_ns, 130 * MS);
	assert_int_equal(run.last.itl_p50_ns, 10 * MS);
	assert_int_equal(run.last.itl_p99_ns, 10 * MS);
	assert_int_equal(run.last.chunks, 3);
	assert_int_equal(run.last.duration_ns, 170 * MS);
	assert_true(run.last.done && run.last.streamed && !run.last.truncated);
	expect("\"name\":\"chat gpt-4o\"");
	expect("\"gen_ai.provider.name\":\"openai\"");
	expect("\"gen_ai.request.model\":\"gpt-4o\",\"gen_ai.response.model\":\"gpt-4o-2024\"");
	expect("\"gen_ai.response.id\":\"c1\"");
	expect("\"gen_ai.request.stream\":true,\"gen_ai.request.max_tokens\":7");
	expect("\"gen_ai.usage.input_tokens\":10,\"gen_ai.usage.output_tokens\":3,"
	       "\"gen_ai.usage.cache_read.input_tokens\":4");
	expect("\"gen_ai.response.finish_reasons\":[\"stop\"]");
	expect("\"server.address\":\"api.openai.com\",\"server.port\":443");
	expect("\"process.pid\":42,\"process.executable.name\":\"python3.11\"");
	expect("\"user.id\":\"1000\",\"service.name\":\"rag.py\",\"llmsnoop.comm\":\"python3\"");
	expect("\"llmsnoop.role\":\"client\",\"llmsnoop.api\":\"openai.chat\"");
	expect("\"llmsnoop.tls\":\"openssl\"");
	expect_not("error.type");
}

static void a_whole_answer_has_no_token_times(void **state)
{
	const struct exchange e = {
		.request = "{\"model\":\"claude\",\"max_tokens\":5}",
		ANTHROPIC,
		.status = 200,
		.response_headers = JSON,
		.dir = DIR_WRITE,
		.parts = {"{\"id\":\"msg_1\",\"type\":\"message\",\"model\":\"claude-x\","
			  "\"content\":[{\"type\":"
			  "\"tool_use\",\"id\":\"toolu_1\",\"name\":\"Bash\",\"input\":{}}],",
			  "\"stop_reason\":\"tool_use\",\"usage\":{\"input_tokens\":1,"
			  "\"cache_read_input_tokens\":2,\"cache_creation_input_tokens\":3,"
			  "\"output_tokens\":4}}"}};

	start();
	play(&e, 0);
	assert_int_equal(run.last.ttfc_ns, 100 * MS);
	assert_int_equal(run.last.ttft_ns, -1);
	assert_int_equal(run.last.chunks, -1);
	assert_false(run.last.truncated);
	expect("\"gen_ai.usage.input_tokens\":6,\"gen_ai.usage.output_tokens\":4,"
	       "\"gen_ai.usage.cache_read.input_tokens\":2,"
	       "\"gen_ai.usage.cache_creation.input_tokens\":3");
	expect("\"llmsnoop.tool_calls\":[{\"id\":\"toolu_1\",\"name\":\"Bash\"}]");
}

struct outcome_case {
	struct exchange e;
	const char *error; /* NULL: none */
	bool truncated;
	int64_t input, output;
};

/* Each row: what came, how it ended; what is then known. */
static void ends_are_told_apart(void **state)
{
	static const struct outcome_case cases[] = {
		/* the stream's own word counts */
		{{.parts = {ROLE, WORD, STOP, USAGE, DONE}}, NULL, false, 10, 3},
		{{.parts = {ROLE, WORD, STOP, USAGE, DONE}, .why = HTTP_END_CLIENT, .no_end = true},
		 NULL,
		 false,
		 10,
		 3},
		{{.parts = {ROLE, WORD, STOP, USAGE, DONE},
		  .why = HTTP_END_PROCESS,
		  .no_end = true},
		 NULL,
		 false,
		 10,
		 3},
		{{.parts = {ROLE, WORD, STOP}}, NULL, false, -1, -1},
		{{.parts = {ROLE, WORD, STOP}, .why = HTTP_END_CLIENT, .no_end = true},
		 NULL,
		 true,
		 -1,
		 -1},
		/* neither end mark nor reason */
		{{.parts = {ROLE, WORD}}, NULL, true, -1, -1},
		/* broken off */
		{{.parts = {ROLE, WORD}, .why = HTTP_END_CLIENT, .no_end = true},
		 "cancelled",
		 true,
		 -1,
		 -1},
		{{.parts = {ROLE, WORD}, .why = HTTP_END_SERVER, .no_end = true},
		 "connection_reset",
		 true,
		 -1,
		 -1},
		{{.parts = {ROLE, WORD}, .why = HTTP_END_PROCESS, .no_end = true},
		 "process_exit",
		 true,
		 -1,
		 -1},
		{{.parts = {ROLE, WORD}, .why = HTTP_END_PROTOCOL, .no_end = true},
		 "protocol_error",
		 true,
		 -1,
		 -1},
		{{.parts = {ROLE, WORD}, .why = HTTP_END_UNANSWERED, .no_end = true},
		 "connection_closed",
		 true,
		 -1,
		 -1},
		/* not the call's failure */
		{{.parts = {ROLE, WORD}, .why = HTTP_END_LOST, .no_end = true}, NULL, true, -1, -1},
		{{.parts = {ROLE, WORD}, .why = HTTP_END_CAPTURE, .no_end = true},
		 NULL,
		 true,
		 -1,
		 -1},
		/* a running count is no count; what was asked is known */
		{{ANTHROPIC, .parts = {MESSAGE_START, TEXT_DELTA}, .why = HTTP_END_CLIENT,
		  .no_end = true},
		 "cancelled",
		 true,
		 25,
		 -1},
		{{ANTHROPIC, .parts = {MESSAGE_START, TEXT_DELTA, MESSAGE_DELTA},
		  .why = HTTP_END_CLIENT, .no_end = true},
		 NULL,
		 true,
		 25,
		 9},
		{{ANTHROPIC, .parts = {MESSAGE_START, TEXT_DELTA, MESSAGE_DELTA, MESSAGE_STOP}},
		 NULL,
		 false,
		 25,
		 9},
		/* holes */
		{{.parts = {ROLE, GAP, WORD, STOP, USAGE, DONE}}, NULL, true, 10, 3},
		{{.parts = {ROLE, WORD, STOP, USAGE, GAP, DONE}}, NULL, true, -1, -1},
		{{.parts = {ROLE, WORD, STOP, USAGE, DONE, GAP}}, NULL, true, 10, 3},
		{{ANTHROPIC, .parts = {MESSAGE_START, GAP, MESSAGE_STOP}}, NULL, true, -1, -1},
		{{ANTHROPIC, .parts = {GAP, TEXT_DELTA, MESSAGE_DELTA, MESSAGE_STOP}},
		 NULL,
		 true,
		 -1,
		 9},
		/* the provider's own word */
		{{.status = 429,
		  .response_headers = JSON,
		  .parts = {"{\"error\":{\"message\":\"m\",\"type\":\"rate_limit\",\"code\":null}"
			    "}"}},
		 "rate_limit",
		 false,
		 -1,
		 -1},
		{{.status = 502,
		  .response_headers = "content-type: text/html\n",
		  .parts = {"<html>"}},
		 "502",
		 false,
		 -1,
		 -1},
		{{.status = 529, .response_headers = JSON}, "529", false, -1, -1},
		{{ANTHROPIC, .parts = {MESSAGE_START,
				       EVENT("error", ",\"error\":{\"type\":"
						      "\"overloaded_error\",\"message\":\"m\"}")}},
		 "overloaded_error",
		 false,
		 25,
		 -1},
		{{.status = -1, .why = HTTP_END_SERVER}, "connection_reset", true, -1, -1},
		{{.status = -1, .why = HTTP_END_CAPTURE}, NULL, true, -1, -1},
		/* whole answers */
		{{.response_headers = JSON,
		  .flags = HTTP_BODY_CODING,
		  .parts = {"{\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":"
			    "2"}},
		 NULL,
		 true,
		 -1,
		 -1},
		{{.response_headers = JSON,
		  .no_end = true,
		  .why = HTTP_END_SERVER,
		  .parts = {"{\"choices\":[{\"index\":0,\"finish_reason\":\"stop\"}],\"usage\":{"
			    "\"prompt_tokens\":1,\"completion_tokens\":2"}},
		 "connection_reset",
		 true,
		 -1,
		 -1},
		/* half of two choices */
		{{.request = "{\"model\":\"m\",\"stream\":true,\"n\":2}",
		  .parts = {WORD, STOP},
		  .why = HTTP_END_CLIENT,
		  .no_end = true},
		 "cancelled",
		 true,
		 -1,
		 -1},
	};
	struct exchange e;
	char want[100];
	size_t i;

	start();
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		e = cases[i].e;
		e.status = e.status < 0 ? 0 : e.status ? e.status : 200;
		e.request = e.request ? e.request : ASK;
		e.response_headers = e.response_headers ? e.response_headers : SSE;
		e.dir = DIR_WRITE;
		run.n = 0;
		play(&e, 0);
		snprintf(want, sizeof(want), "\"error.type\":\"%s\"", cases[i].error);
		if (run.n != 1 || run.last.truncated != cases[i].truncated ||
		    run.last.input_tokens != cases[i].input ||
		    run.last.output_tokens != cases[i].output ||
		    !!strstr((char *)run.json.p, "error.type") != !!cases[i].error ||
		    (cases[i].error && !strstr((char *)run.json.p, want)))
			fail_msg("case %zu: %s", i, (char *)run.json.p);
	}
}

static void holes_spoil_only_what_they_touch(void **state)
{
	const struct exchange first = {.request = ASK,
				       .status = 200,
				       .response_headers = SSE,
				       .parts = {GAP, WORD, WORD, STOP, DONE},
				       .dir = DIR_WRITE},
			      last = {.request = ASK,
				      .status = 200,
				      .response_headers = SSE,
				      .parts = {WORD, WORD, GAP, STOP, DONE},
				      .dir = DIR_WRITE};

	start();
	play(&first, 0);
	assert_int_equal(run.last.ttfc_ns, -1);
	assert_int_equal(run.last.ttft_ns, -1);
	assert_int_equal(run.last.chunks, -1);
	assert_int_equal(run.last.lost_bytes, 1000);
	play(&last, 0);
	assert_int_equal(run.last.ttft_ns, 100 * MS);
	assert_int_equal(run.last.ttlt_ns, -1);
	assert_int_equal(run.last.itl_p50_ns, 10 * MS);
}

static void headers_become_fields(void **state)
{
	const struct exchange
		e =
			{
				.headers =
					"User-Agent: OpenAI/Python 1\nX-Stainless-Retry-Count: 2\n"
					"traceparent: "
					"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\n",
				.host = "[2001:DB8::1]:20007",
				.request = ASK,
				.status = 429,
				.dir = DIR_READ,
				.response_headers = JSON
				"X-Request-Id: req_1\napim-request-id: other\nopenai-organization: "
				"org\n"
				"openai-processing-ms: 12\nretry-after: 20\nretry-after-ms: 1500\n"
				"x-ratelimit-limit-requests: 100\nx-ratelimit-remaining-requests: "
				"0\n"
				"x-ratelimit-limit-tokens: "
				"80000\nanthropic-ratelimit-tokens-remaining: 7\n",
			},
		odd = {
			.request = ASK,
			.status = 429,
			.dir = DIR_READ,
			.headers = "x-stainless-retry-count: -1\ntraceparent: 00-zz\n",
			.response_headers =
				JSON "retry-after: Wed, 21 Oct 2015 07:28:00 GMT\n"
				     "x-ratelimit-limit-tokens: 99999999999999999999\n"
				     "x-ratelimit-remaining-tokens: -5\nopenai-processing-ms: \n",
		};

	run.filter.role = FILTER_BOTH;
	start();
	play(&e, 0);
	expect("\"trace_id\":\"4bf92f3577b34da6a3ce929d0e0e4736\"");
	expect("\"parent_span_id\":\"00f067aa0ba902b7\"");
	expect("\"server.address\":\"2001:db8::1\",\"server.port\":20007");
	expect("\"user_agent.original\":\"OpenAI/Python 1\"");
	expect("\"llmsnoop.role\":\"server\"");
	expect("\"llmsnoop.attempt\":3,\"llmsnoop.request_id\":\"req_1\",\"llmsnoop.organization\":"
	       "\"org\","
	       "\"llmsnoop.processing_ms\":12,\"llmsnoop.retry_after_s\":1.5,"
	       "\"llmsnoop.ratelimit.requests.limit\":100,\"llmsnoop.ratelimit.requests."
	       "remaining\":0,"
	       "\"llmsnoop.ratelimit.tokens.limit\":80000,\"llmsnoop.ratelimit.tokens.remaining\":"
	       "7");
	play(&odd, 0);
	expect_not("retry_after");
	expect_not("ratelimit");
	expect_not("processing_ms");
	expect_not("attempt");
	expect_not("parent_span_id");
}

static void ids_are_the_same_at_replay(void **state)
{
	const struct exchange e = {.request = ASK,
				   .status = 200,
				   .response_headers = SSE,
				   .parts = {WORD, STOP, DONE},
				   .dir = DIR_WRITE};
	struct exchange other = e;
	struct call a, b;

	start();
	play(&e, 0);
	a = run.last;
	play(&e, 0); /* pipelined in the same write */
	assert_memory_not_equal(a.span_id, run.last.span_id, 8);
	assert_memory_not_equal(a.trace_id, run.last.trace_id, 16);
	other.conn = 6;
	play(&other, 0);
	assert_memory_not_equal(a.span_id, run.last.span_id, 8);
	call_tracker__free(run.tracker);
	start();
	play(&e, 1);
	b = run.last;
	assert_memory_equal(a.span_id, b.span_id, 8);
	assert_memory_equal(a.trace_id, b.trace_id, 16);
}

static void any_split_gives_the_same_record(void **state)
{
	const struct exchange all[] = {
		{.request = ASK,
		 .status = 200,
		 .response_headers = SSE,
		 .dir = DIR_WRITE,
		 .parts = {ROLE, WORD, WORD, STOP, USAGE, DONE}},
		{ANTHROPIC, .request = ASK, .status = 200, .response_headers = SSE,
		 .dir = DIR_WRITE,
		 .parts = {MESSAGE_START, TEXT_DELTA, MESSAGE_DELTA, MESSAGE_STOP}},
		{.request = ASK,
		 .status = 200,
		 .response_headers = SSE,
		 .dir = DIR_WRITE,
		 .parts = {ROLE, WORD},
		 .why = HTTP_END_SERVER,
		 .no_end = true},
		{.request = ASK,
		 .status = 400,
		 .response_headers = JSON,
		 .dir = DIR_WRITE,
		 .parts = {"{\"error\":{\"type\":\"invalid_request_error\"}}"}},
	};
	size_t i, step;
	char *whole;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		start();
		play(&all[i], 0);
		whole = strdup((char *)run.json.p);
		call_tracker__free(run.tracker);
		for (step = 1; step < 40; step++) {
			start();
			play(&all[i], step);
			assert_string_equal((char *)run.json.p, whole);
			call_tracker__free(run.tracker);
		}
		free(whole);
	}
	start();
}

static void filters_and_limits_choose(void **state)
{
	struct exchange e = {.request = ASK,
			     .status = 200,
			     .response_headers = SSE,
			     .parts = {WORD, STOP, USAGE, DONE},
			     .dir = DIR_WRITE};
	struct exchange none = e;
	void *held[3];
	int i;

	run.lim.calls = 2;
	run.max_calls = 3;
	start();
	none.path = "/telemetry";
	assert_null(begin(&none, 1));
	e.dir = DIR_READ;
	assert_null(begin(&e, 1)); /* client by default */
	e.dir = DIR_WRITE;
	run.filter.hosts[0] = "*.anthropic.com";
	run.filter.n_hosts = 1;
	assert_null(begin(&e, 1));
	run.filter.n_hosts = 0;
	run.filter.comms[0] = "node";
	run.filter.n_comms = 1;
	assert_null(begin(&e, 1));
	run.filter.n_comms = 0;
	for (i = 0; i < 3; i++)
		held[i] = begin(&e, 10 + (uint64_t)i);
	assert_non_null(held[1]);
	assert_null(held[2]);
	for (i = 0; i < 2; i++)
		call_tracker__http_ops()->end(held[i], HTTP_END_CAPTURE, 5000 * MS);
	assert_int_equal(run.n, 2);
	run.filter.only_errors = true;
	play(&e, 0);
	assert_int_equal(run.n, 2);
	assert_false(call_tracker__full(run.tracker));
	run.filter.only_errors = false;
	play(&e, 0);
	assert_true(call_tracker__full(run.tracker));
	play(&e, 0);
	assert_int_equal(run.n, 3);
	call_tracker__finish(run.tracker, 6000 * MS);
	assert_int_equal(run.stats.calls, 3);
	assert_int_equal(run.stats.truncated, 2);
	assert_int_equal(run.stats.refused, 1);
	assert_int_equal(run.stats.input_tokens, 10);
	assert_int_equal(run.stats.output_tokens, 3);
	assert_int_equal(run.stats.unpriced, 1);
	assert_int_equal(run.stats.time_ns, WALL + 6000 * MS);
}

static void a_passed_on_call_counts_once(void **state)
{
	struct exchange e = {.request = ASK,
			     .status = 200,
			     .response_headers = SSE,
			     .parts = {WORD, STOP, USAGE, DONE},
			     .dir = DIR_WRITE};

	run.filter.role = FILTER_BOTH;
	start();
	play(&e, 0);
	e.dir = DIR_READ;
	play(&e, 0);
	assert_int_equal(run.n, 2);
	call_tracker__finish(run.tracker, 1);
	assert_int_equal(run.stats.calls, 1);
	assert_int_equal(run.stats.served, 1);
	assert_int_equal(run.stats.input_tokens, 10);
}

static void totals_come_each_minute_and_at_loss(void **state)
{
	const struct capture_ops *ops = call_tracker__capture_ops();
	struct capture_counts counts = {0};
	uint64_t s;

	start();
	for (s = 100; s <= 160; s++)
		ops->tick(run.tracker, s * 1000 * MS);
	assert_int_equal(run.n_stats, 1);
	for (; s < 170; s++)
		ops->tick(run.tracker, s * 1000 * MS);
	assert_int_equal(run.n_stats, 1);
	counts.v[COUNT_LOST_RECORDS] = 3;
	ops->counts(run.tracker, &counts);
	ops->tick(run.tracker, 171 * 1000 * MS);
	assert_int_equal(run.n_stats, 2);
	assert_int_equal(run.stats.lost_records, 3);
	counts.v[COUNT_LOST_RECORDS] = 4;
	ops->counts(run.tracker, &counts);
	ops->tick(run.tracker, 171 * 1000 * MS + 1);
	assert_int_equal(run.n_stats, 2); /* not more than one a second */
	ops->tick(run.tracker, 172 * 1000 * MS);
	assert_int_equal(run.n_stats, 3);
	ops->tick(run.tracker, 173 * 1000 * MS);
	assert_int_equal(run.n_stats, 3);
}

static void a_call_keeps_what_its_process_was(void **state)
{
	const struct exchange e = {.request = ASK, .status = 200, .dir = DIR_WRITE};
	const struct process after = {.pid = 42,
				      .comm = "after",
				      .exe = "/bin/after",
				      .cmdline = "",
				      .cgroup = "",
				      .container_id = "",
				      .unit = "",
				      .env = ""};
	const struct capture_exit gone = {.pid = 42, .ts_ns = 2000 * MS};
	void *x;

	start();
	x = begin(&e, 1);
	call_tracker__capture_ops()->process(run.tracker, &after);
	call_tracker__capture_ops()->exit(run.tracker, &gone);
	call_tracker__capture_ops()->tick(run.tracker, 90000 * MS);
	assert_null(call_tracker__process(run.tracker, 42));
	call_tracker__http_ops()->end(x, HTTP_END_PROCESS, 2000 * MS);
	expect("\"llmsnoop.comm\":\"python3\"");
	x = begin(&e, 1);
	call_tracker__http_ops()->end(x, HTTP_END_OK, 2000 * MS);
	expect("\"process.pid\":42,\"llmsnoop.role\"");
}

static void clock_steps_are_followed(void **state)
{
	struct exchange e = {
		.request = ASK, .status = 200, .dir = DIR_WRITE, .first_ns = 5000 * MS};

	start();
	call_tracker__capture_ops()->clock(run.tracker, 6000 * MS, (int64_t)(WALL + 3600000 * MS));
	play(&e, 0);
	assert_int_equal(run.last.time_ns, WALL + 5000 * MS);
	e.first_ns = 7000 * MS;
	play(&e, 0);
	assert_int_equal(run.last.time_ns, WALL + 3607000 * MS);
}

static void hostile_exchanges_stay_bounded(void **state)
{
	static char request[200000], tools[MAX_PARTS][5000];
	struct exchange e = {.status = 200, .response_headers = SSE, .dir = DIR_WRITE};
	static char path[20000];
	size_t n, i, k;

	start();
	n = (size_t)snprintf(request, sizeof(request), "{\"stream\":true,\"stop\":[");
	for (i = 0; i < 500; i++)
		n += (size_t)snprintf(request + n, sizeof(request) - n, "\"s%zu\",", i);
	n += (size_t)snprintf(request + n, sizeof(request) - n, "\"\\u0000x\"],\"model\":\"");
	memset(request + n, 'm', 65536);
	n += 65536;
	snprintf(request + n, sizeof(request) - n, "\"}");
	strcpy(path, "/v1/");
	memset(path + 4, 'p', sizeof(path) - 30);
	strcpy(path + sizeof(path) - 26, "/chat/completions");
	e.path = path;
	e.request = request;
	for (i = 0; i < MAX_PARTS - 1; i++) {
		n = (size_t)snprintf(tools[i], sizeof(tools[i]),
				     "data: {\"model\":\"m%0*zu\",\"choices\":[{\"index\":%zu,"
				     "\"finish_reason\":\"f\",\"delta\":{\"tool_calls\":[",
				     (int)(i * 100 + 1), i, i * i * i);
		for (k = 0; k < 8; k++)
			n += (size_t)snprintf(
				tools[i] + n, sizeof(tools[i]) - n,
				"%s{\"index\":%zu,\"id\":\"i%zu\",\"function\":{\"name\":\"n\"}}",
				k ? "," : "", i * 8 + k, i * 8 + k);
		snprintf(tools[i] + n, sizeof(tools[i]) - n, "]}}]}\n\n");
		e.parts[i] = tools[i];
	}
	play(&e, 0);
	assert_int_equal(run.n, 1);
	assert_true(run.last.truncated);
	assert_true(run.last.n_tool_calls <= run.lim.tool_calls);
	assert_true(run.last.n_finish_reasons <= run.lim.finish_reasons);
	assert_true(run.json.n < 200000);
	/* the next one is whole again */
	e = (struct exchange){.request = ASK,
			      .status = 200,
			      .response_headers = SSE,
			      .dir = DIR_WRITE,
			      .parts = {WORD, STOP, USAGE, DONE}};
	play(&e, 0);
	assert_false(run.last.truncated);
	/* no room for texts: the call goes on without them */
	run.lim.call_bytes = 16;
	play(&e, 0);
	assert_true(run.last.truncated);
	assert_int_equal(run.last.output_tokens, 3);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, reset, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_stream_is_timed_and_counted),
		TEST(a_whole_answer_has_no_token_times),
		TEST(ends_are_told_apart),
		TEST(holes_spoil_only_what_they_touch),
		TEST(headers_become_fields),
		TEST(ids_are_the_same_at_replay),
		TEST(any_split_gives_the_same_record),
		TEST(filters_and_limits_choose),
		TEST(a_passed_on_call_counts_once),
		TEST(totals_come_each_minute_and_at_loss),
		TEST(a_call_keeps_what_its_process_was),
		TEST(clock_steps_are_followed),
		TEST(hostile_exchanges_stay_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
