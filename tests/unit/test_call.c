// SPDX-License-Identifier: Apache-2.0
/* How calls are timed, how they end, and what a hole spoils. */
#include "call_rig.h"

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

static void the_peer_is_named_where_it_is_known(void **state)
{
	struct exchange e = {.request = ASK,
			     .status = 200,
			     .response_headers = SSE,
			     .dir = DIR_WRITE,
			     .parts = {WORD, DONE}};

	start();
	play(&e, 0);
	expect_not("network.peer");
	e.peer = (struct capture_end){{10, 0, 200, 7}, 443, 4};
	play(&e, 0);
	expect("\"network.peer.address\":\"10.0.200.7\",\"network.peer.port\":443,");
	e.peer = (struct capture_end){{0x20, 1, 0xd, 0xb8, [15] = 7}, 8443, 6};
	play(&e, 0);
	expect("\"network.peer.address\":\"2001:db8::7\",\"network.peer.port\":8443,");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_stream_is_timed_and_counted),	 TEST(the_peer_is_named_where_it_is_known),
		TEST(a_whole_answer_has_no_token_times), TEST(ends_are_told_apart),
		TEST(holes_spoil_only_what_they_touch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
