// SPDX-License-Identifier: Apache-2.0
/* What else a record holds, which calls become one, and what is counted. */
#include "call_rig.h"

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
				JSON "retry-after: Wed, 21 Oct 2015\n"
				     "x-ratelimit-limit-tokens: 99999999999999999999\n"
				     "x-ratelimit-remaining-tokens: -5\nopenai-processing-ms: \n"
				     "x-ratelimit-reset-tokens: soon\n"
				     "amz-sdk-request: attempt=x\n",
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
	expect("\"llmsnoop.attempt\":1,"); /* what the header says is nothing */
	expect_not("parent_span_id");
}

static void limits_are_told_in_many_ways(void **state)
{
	/* The answer's head comes 99 ms after the request, at 14:02:14.099. */
	static const struct {
		const char *headers, *want[4];
	} cases[] = {
		{"x-ratelimit-reset-requests: 12ms\nx-ratelimit-reset-tokens: 6m0s\n"
		 "x-ratelimit-limit-tokens: 30000000\n",
		 {"ratelimit.requests.reset_s\":0.012,", "ratelimit.tokens.reset_s\":360,",
		  "ratelimit.tokens.limit\":30000000,"}},
		{"anthropic-ratelimit-input-tokens-limit: 400000\n"
		 "anthropic-ratelimit-output-tokens-remaining: 79000\n"
		 "anthropic-ratelimit-input-tokens-reset: 2025-11-20T14:02:24.099Z\n",
		 {"ratelimit.input_tokens.limit\":400000,",
		  "ratelimit.output_tokens.remaining\":79000,",
		  "ratelimit.input_tokens.reset_s\":10,"}},
		{"anthropic-ratelimit-unified-status: allowed_warning\n"
		 "anthropic-ratelimit-unified-5h-utilization: 0.87\n"
		 "anthropic-ratelimit-unified-7d-reset: 1763647434\n",
		 {"ratelimit.status\":\"allowed_warning\"", "ratelimit.5h.used\":0.87,",
		  "ratelimit.7d.reset_s\":99.9"}},
		{"x-codex-primary-used-percent: 12.5\nx-codex-primary-window-minutes: 300\n"
		 "x-codex-secondary-reset-after-seconds: 86400\n",
		 {"ratelimit.primary.used\":0.125,", "ratelimit.primary.window_minutes\":300,",
		  "ratelimit.secondary.reset_s\":86400,"}},
		{"x-ratelimit-remaining-requests-day: 14399\nx-ratelimit-reset-requests-day: "
		 "33011.5\nx-ratelimit-limit-tokens-minute: 60000\n",
		 {"ratelimit.requests_day.remaining\":14399,",
		  "ratelimit.requests_day.reset_s\":33011.5,", "ratelimit.tokens.limit\":60000,"}},
		{"ratelimitbysize-remaining: 499\nratelimitbysize-reset: 25\n"
		 "x-ratelimit-limit: 20\nx-ratelimit-reset: 1763647354099\n",
		 {"ratelimit.tokens.remaining\":499,", "ratelimit.tokens.reset_s\":25,",
		  "ratelimit.requests.limit\":20,", "ratelimit.requests.reset_s\":20,"}},
		{"retry-after: Thu, 20 Nov 2025 14:03:14 GMT\n", {"retry_after_s\":59.9"}},
		{"retry-after: Wed, 21 Oct 2015 07:28:00 GMT\n", {"retry_after_s\":0,"}},
		{"x-metrics-ttft-ms: 123\nx-metrics-e2e-ms: 456\n",
		 {"server.ttft_s\":0.123,", "processing_ms\":456,"}},
		{"x-amzn-requestid: r1\nx-amzn-bedrock-invocation-latency: 78\n",
		 {"request_id\":\"r1\"", "processing_ms\":78,"}},
		{"openai-project: proj_1\nx-ms-deployment-name: gpt4\nx-ms-region: East US\n"
		 "x-inference-provider: hyperbolic\n",
		 {"project\":\"proj_1\"", "deployment\":\"gpt4\"", "region\":\"East US\"",
		  "upstream\":\"hyperbolic\""}},
	};
	struct exchange e = {.headers = "amz-sdk-request: attempt=2; max=5\n",
			     .request = ASK,
			     .status = 429,
			     .dir = DIR_WRITE};
	size_t i, k;

	start();
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		e.response_headers = cases[i].headers;
		e.pid = 100 + (uint32_t)i; /* so that none is a retry of another */
		play(&e, 0);
		expect("\"llmsnoop.attempt\":2,");
		for (k = 0; k < 4 && cases[i].want[k]; k++)
			expect(cases[i].want[k]);
	}
}

static void tokens_are_guessed_only_where_asked(void **state)
{
	/* 16 bytes of text with the model's name and 26 of keys: 11 tokens; "hi" and "hi": 1. */
	struct exchange e = {.request = "{\"messages\":[{\"content\":\"ten bytes.\"}],"
					"\"model\":\"gpt-4o\",\"stream\":true}",
			     .status = 200,
			     .response_headers = SSE,
			     .dir = DIR_WRITE,
			     .parts = {ROLE, WORD, WORD, STOP, DONE}};

	start();
	play(&e, 0);
	expect_not("tokens");
	call_tracker__free(run.tracker);
	run.estimate = true;
	start();
	play(&e, 1);
	expect("\"gen_ai.usage.input_tokens\":11,\"gen_ai.usage.output_tokens\":1,");
	expect("\"llmsnoop.usage.source\":\"estimate\"");
	/* What the provider tells counts, */
	e.parts[4] = USAGE;
	play(&e, 0);
	expect("\"gen_ai.usage.input_tokens\":10,\"gen_ai.usage.output_tokens\":3,");
	expect("\"llmsnoop.usage.source\":\"provider\"");
	/* also if it is half of it. */
	e = (struct exchange){ANTHROPIC,
			      .request = "{\"model\":\"claude\",\"stream\":true}",
			      .status = 200,
			      .response_headers = SSE,
			      .dir = DIR_WRITE,
			      .parts = {MESSAGE_START, TEXT_DELTA},
			      .why = HTTP_END_CLIENT,
			      .no_end = true};
	play(&e, 0);
	expect("\"error.type\":\"cancelled\"");
	expect("\"gen_ai.usage.input_tokens\":25,\"gen_ai.usage.output_tokens\":1,");
	expect("\"llmsnoop.usage.source\":\"estimate\"");
	/* Not of what failed, nor of what has holes. */
	e.parts[1] = GAP;
	e.parts[2] = TEXT_DELTA;
	play(&e, 0);
	expect_not("output_tokens");
	e = (struct exchange){.request = ASK,
			      .status = 429,
			      .response_headers = JSON,
			      .dir = DIR_WRITE,
			      .parts = {"{\"error\":{\"message\":\"slow down\"}}"}};
	play(&e, 0);
	expect_not("gen_ai.usage");
	/* A whole answer: its strings. */
	e.status = 200;
	e.parts[0] = "{\"choices\":[{\"message\":{\"content\":\"twelve bytes\"}}]}";
	play(&e, 0);
	expect("\"gen_ai.usage.output_tokens\":3,");
	call_tracker__finish(run.tracker, 0);
	assert_int_equal(run.stats.estimated, 4);
}

/* An HTTP/2 connection met in its middle may refer to a path that was not seen. */
static void bodies_tell_where_the_path_is_unknown(void **state)
{
	struct exchange e = {.met = true,
			     .request = "{\"model\":\"gpt-4o\",\"stream\":true,\"messages\":[{"
					"\"role\":\"user\",\"content\":\"hi\"}]}",
			     .status = 200,
			     .response_headers = SSE,
			     .dir = DIR_WRITE,
			     .parts = {"data: {\"id\":\"chatcmpl-1\",\"object\":"
				       "\"chat.completion.chunk\",\"model\":\"gpt-4o\",\"choices\":"
				       "[{\"index\":0,\"delta\":{\"content\":\"a\"},"
				       "\"finish_reason\":\"stop\"}]}\n\n",
				       USAGE, DONE}};

	run.estimate = true;
	start();
	play(&e, 0);
	assert_int_equal(run.n, 1);
	expect("\"llmsnoop.api\":\"openai.chat\"");
	expect("\"gen_ai.operation.name\":\"chat\"");
	expect("\"gen_ai.provider.name\":\"openai\"");
	expect("\"gen_ai.usage.input_tokens\":10");
	expect_not("url.path");
	expect_not("server.");
	/* Something else with such a request. */
	e.response_headers = JSON;
	e.parts[0] = "{\"ok\":true}";
	e.parts[1] = NULL;
	play(&e, 0);
	e.request = "hello";
	play(&e, 0);
	assert_int_equal(run.n, 1);
	call_tracker__finish(run.tracker, 0);
	assert_int_equal(run.stats.calls, 1);
	assert_int_equal(run.stats.open_calls, 0);
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
	struct stats st;

	start();
	call_tracker__capture_ops()->clock(run.tracker, 6000 * MS, (int64_t)(WALL + 3600000 * MS));
	play(&e, 0);
	assert_int_equal(run.last.time_ns, WALL + 5000 * MS);
	e.first_ns = 7000 * MS;
	play(&e, 0);
	assert_int_equal(run.last.time_ns, WALL + 3607000 * MS);
	/* A run keeps its beginning, which tells its totals from those of others. */
	call_tracker__stats(run.tracker, 7000 * MS, &st);
	assert_int_equal(st.time_ns, WALL + 3607000 * MS);
	assert_int_equal(st.started_ns, WALL);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(headers_become_fields),
		TEST(bodies_tell_where_the_path_is_unknown),
		TEST(limits_are_told_in_many_ways),
		TEST(tokens_are_guessed_only_where_asked),
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
