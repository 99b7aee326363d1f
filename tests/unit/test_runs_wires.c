// SPDX-License-Identifier: Apache-2.0
/* What joins runs on one wire or another, and what is known of tools. */
#include "enrich/prices.h"
#include "runs_rig.h"

/* ---- Anthropic ---- */

static void anthropics_results_say_whether_they_failed(void **state)
{
	start();
	say(1000, MESSAGES, CLAUDE, CLAUDE_ASK(CLAUDE_USER), 200,
	    CLAUDE_SAYS(CLAUDE_USE("t1", "Bash", "{}") "," CLAUDE_USE("t2", "Read", "{}"),
			"tool_use"));
	say(2000, MESSAGES, CLAUDE,
	    CLAUDE_ASK(CLAUDE_USER CLAUDE_TURN CLAUDE_RESULT("t1", "") "," CLAUDE_RESULT(
		    "t2", ",\"is_error\":true") "]}"),
	    200, CLAUDE_SAYS(CLAUDE_TEXT, "end_turn"));
	assert_int_equal(told.n_runs, 1);
	assert_int_equal(told.n_tools, 2);
	assert_null(told.tools[0].error_type);
	assert_string_equal(told.tools[1].error_type, "tool_error");
	assert_string_equal(told.runs[0].conversation_id, "s1");
	assert_string_equal(told.runs[0].agent, "claude-code");
	check_tree();
}

/* A title is made beside the rounds, an expert is asked, a count is taken: one run. */
static void calls_of_the_conversation_join_the_run_that_is_open(void **state)
{
	static const uint8_t none[8];

	start();
	say(500, MESSAGES, CLAUDE, "{\"model\":\"haiku\",\"max_tokens\":9,\"messages\":[]}", 200,
	    CLAUDE_SAYS(CLAUDE_TEXT, "end_turn"));
	say(1000, MESSAGES, CLAUDE, CLAUDE_ASK(CLAUDE_USER), 200,
	    CLAUDE_SAYS(CLAUDE_USE("t1", "Bash", "{}"), "tool_use"));
	say(1500, MESSAGES, CLAUDE, "{\"model\":\"haiku\",\"max_tokens\":9,\"messages\":[]}", 200,
	    CLAUDE_SAYS(CLAUDE_TEXT, "end_turn"));
	say(1700, MESSAGES "/count_tokens", CLAUDE, "{\"model\":\"claude\",\"messages\":[]}", 200,
	    "{\"input_tokens\":77}");
	assert_int_equal(told.n_runs, 0);
	say(2000, MESSAGES, CLAUDE,
	    CLAUDE_ASK(CLAUDE_USER CLAUDE_TURN CLAUDE_RESULT("t1", "") "]}"), 200,
	    CLAUDE_SAYS(CLAUDE_TEXT, "end_turn"));
	assert_int_equal(told.n_runs, 1);
	assert_int_equal(told.n_calls, 5);
	check_tree();
	/* Before there was a run it was of none. */
	assert_memory_equal(told.calls[0].parent_span_id, none, 8);
	is_of(1, 0);
	is_of(2, 0);
	is_of(3, 0);
	is_of(4, 0);
	assert_int_equal(told.runs[0].calls, 4);
	assert_int_equal(told.runs[0].rounds, 2);
	assert_int_equal(told.runs[0].input_tokens, 3); /* what was counted was not used */
	assert_null(told.runs[0].model);
}

static void a_paused_turn_goes_on(void **state)
{
	start();
	say(1000, MESSAGES, CLAUDE, CLAUDE_ASK(CLAUDE_USER), 200,
	    CLAUDE_SAYS(CLAUDE_TEXT, "pause_turn"));
	assert_int_equal(told.n_runs, 0);
	say(2000, MESSAGES, CLAUDE, CLAUDE_ASK(CLAUDE_USER), 200,
	    CLAUDE_SAYS(CLAUDE_TEXT, "end_turn"));
	assert_int_equal(told.n_runs, 1);
	assert_int_equal(told.runs[0].rounds, 2);
	assert_int_equal(told.calls[1].attempt, 1);
}

/* ---- Responses ---- */

#define RESPONSES "/v1/responses"
#define RESPONSE_ASK(previous, input)                        \
	"{\"model\":\"gpt-5\"," previous "\"input\":[" input \
	"],\"tools\":[{\"type\":\"function\","               \
	"\"name\":\"f\"}]}"
#define RESPONSE_SAYS(id, output)                                                                  \
	"{\"id\":\"" id "\",\"object\":\"response\",\"status\":\"completed\",\"model\":\"gpt-5\"," \
	"\"output\":[" output "],\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}"
#define RESPONSE_CALL(id, name, args)                                                       \
	"{\"type\":\"function_call\",\"id\":\"fc\",\"call_id\":\"" id "\",\"name\":\"" name \
	"\",\"arguments\":\"" args "\"}"
#define RESPONSE_TEXT "{\"type\":\"message\",\"content\":[]}"

static void a_previous_response_goes_on(void **state)
{
	start();
	say(1000, RESPONSES, NULL, RESPONSE_ASK("", "{\"role\":\"user\"}"), 200,
	    RESPONSE_SAYS("r1", RESPONSE_CALL("c1", "f", "{}")));
	/* A tool whose result has another name: only the answer before joins it. */
	say(2000, RESPONSES, NULL,
	    RESPONSE_ASK("\"previous_response_id\":\"r1\",", "{\"type\":\"computer_call_output\"}"),
	    200, RESPONSE_SAYS("r2", RESPONSE_CALL("c2", "f", "{}")));
	say(3000, RESPONSES, NULL,
	    RESPONSE_ASK("\"previous_response_id\":\"r2\",",
			 "{\"type\":\"function_call_output\",\"call_id\":\"c2\"}"),
	    200, RESPONSE_SAYS("r3", RESPONSE_TEXT));
	assert_int_equal(told.n_calls, 3);
	finish(); /* nobody brought the result of c1 */
	assert_int_equal(told.n_runs, 1);
	assert_int_equal(told.runs[0].rounds, 3);
	assert_int_equal(told.n_tools, 1);
	assert_string_equal(told.tools[0].id, "c2");
	check_tree();
}

/* Codex shortens its conversation amid a run. */
static void what_shortens_a_conversation_ends_no_run(void **state)
{
	const char *codex = "session_id: s1\nuser-agent: codex_cli_rs/0.169.0\n";

	start();
	say(1000, RESPONSES, codex, RESPONSE_ASK("", "{\"role\":\"user\"}"), 200,
	    RESPONSE_SAYS("r1", RESPONSE_CALL("c1", "f", "{}")));
	say(2000, RESPONSES "/compact", codex,
	    RESPONSE_ASK("", "{\"type\":\"function_call_output\",\"call_id\":\"c1\"}"), 200,
	    RESPONSE_SAYS("r2", RESPONSE_TEXT));
	assert_int_equal(told.n_runs, 0);
	say(3000, RESPONSES, codex, RESPONSE_ASK("", "{\"role\":\"user\"}"), 200,
	    RESPONSE_SAYS("r3", RESPONSE_TEXT));
	assert_int_equal(told.n_runs, 1);
	assert_int_equal(told.runs[0].calls, 3);
	assert_int_equal(told.runs[0].rounds, 2);
	assert_string_equal(told.runs[0].agent, "codex");
	check_tree();
}

static void tools_of_the_provider_are_not_offered_to_the_client(void **state)
{
	start();
	say(1000, RESPONSES, NULL,
	    "{\"model\":\"gpt-5\",\"input\":\"x\",\"tools\":[{\"type\":\"web_search\"}]}", 200,
	    RESPONSE_SAYS("r1", RESPONSE_TEXT));
	finish();
	assert_int_equal(told.n_runs, 0);
}

/* ---- Responses over a WebSocket ---- */

static void a_session_has_runs(void **state)
{
	const struct http_head h = {.status = 101, .version = 11};
	const struct http_msg_ops *ops = call_tracker__http_ops();
	static const char *const messages[] = {
		"{\"type\":\"response.create\",\"model\":\"gpt-5\",\"input\":[{\"role\":\"user\"}],"
		"\"tools\":[{\"type\":\"function\",\"name\":\"f\"}]}",
		"{\"type\":\"response.created\",\"response\":{\"id\":\"r1\"}}",
		"{\"type\":\"response.completed\",\"response\":{\"id\":\"r1\",\"status\":"
		"\"completed\",\"output\":[" RESPONSE_CALL("c1", "f", "{}") "]}}",
		"{\"type\":\"response.create\",\"model\":\"gpt-5\",\"previous_response_id\":\"r1\","
		"\"input\":[{\"type\":\"function_call_output\",\"call_id\":\"c1\"}]}",
		"{\"type\":\"response.created\",\"response\":{\"id\":\"r2\"}}",
		"{\"type\":\"response.completed\",\"response\":{\"id\":\"r2\",\"status\":"
		"\"completed\",\"output\":[" RESPONSE_TEXT "]}}",
	};
	const struct exchange e = {.path = RESPONSES,
				   .method = "GET",
				   .headers = "upgrade: websocket\n",
				   .dir = DIR_WRITE};
	uint64_t at = 1100 * MS;
	unsigned int i;
	void *x;

	start();
	x = begin(&e, 7);
	assert_non_null(x);
	ops->request_end(x, 0, 1001 * MS);
	ops->response(x, &h, 1050 * MS, 1050 * MS);
	ops->upgrade(x, SPAN_LIT("websocket"), 1050 * MS);
	for (i = 0; i < sizeof(messages) / sizeof(messages[0]); i++, at += 100 * MS)
		ops->message(x, i % 3 ? SIDE_RESPONSE : SIDE_REQUEST, span_str(messages[i]), true,
			     at);
	assert_int_equal(told.n_calls, 2);
	assert_int_equal(told.n_runs, 1);
	assert_int_equal(told.n_tools, 1);
	assert_int_equal(told.tools[0].duration_ns, 100 * MS);
	assert_int_equal(told.runs[0].rounds, 2);
	assert_int_equal(told.runs[0].end, RUN_FINISHED);
	check_tree();
	ops->end(x, HTTP_END_OK, at);
	finish();
	assert_int_equal(told.n_runs, 1);
}

/* ---- a tool's own call ---- */

#define MCP_CALL(tool)                                                                         \
	"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"" tool \
	"\",\"arguments\":{}}}"
#define MCP_HEADERS "mcp-protocol-version: 2025-06-18\n"
#define MCP_ANSWER "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[]}}"
#define MCP_FAILED "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"isError\":true}}"

static void the_tools_own_call_says_it_best(void **state)
{
	start();
	say(1000, CHAT, NULL, CHAT_ASK("go"), 200,
	    CHAT_CALLS(CHAT_CALL("t1", "mcp__web__fetch", "{}") "," CHAT_CALL("t2", "Bash", "{}")));
	say(1500, "/mcp", MCP_HEADERS, MCP_CALL("fetch"), 200, MCP_FAILED);
	/* It is no tool of the answer. */
	say(1600, "/mcp", MCP_HEADERS, MCP_CALL("etch"), 200, MCP_ANSWER);
	say(9000, CHAT, NULL, CHAT_BRING(CHAT_RESULT("t1") "," CHAT_RESULT("t2")), 200, CHAT_DONE);
	assert_int_equal(told.n_runs, 1);
	assert_int_equal(told.n_tools, 2);
	check_tree();
	assert_false(told.tools[0].inferred);
	assert_int_equal(told.tools[0].time_ns, WALL + 1500 * MS);
	assert_int_equal(told.tools[0].duration_ns, 110 * MS);
	assert_string_equal(told.tools[0].error_type, "tool_error");
	assert_memory_equal(told.tools[0].mcp_span_id, told.calls[1].span_id, 8);
	is_of(1, 0);
	assert_memory_not_equal(told.calls[2].parent_span_id, told.runs[0].span_id, 8);
	assert_true(told.tools[1].inferred);
	assert_int_equal(told.tools[1].duration_ns, (9000 - 1110) * MS);
	assert_int_equal(told.runs[0].calls, 2); /* of models */
}

static void two_runs_that_wait_for_one_tool_leave_it_open(void **state)
{
	start();
	say(1000, CHAT, NULL, CHAT_ASK("a"), 200, CHAT_CALLS(CHAT_CALL("a1", "fetch", "{}")));
	say(1200, CHAT, NULL, CHAT_ASK("b"), 200, CHAT_CALLS(CHAT_CALL("b1", "fetch", "{}")));
	say(1500, "/mcp", MCP_HEADERS, MCP_CALL("fetch"), 200, MCP_ANSWER);
	say(2000, CHAT, NULL, CHAT_BRING(CHAT_RESULT("a1")), 200, CHAT_DONE);
	say(2100, CHAT, NULL, CHAT_BRING(CHAT_RESULT("b1")), 200, CHAT_DONE);
	assert_int_equal(told.n_runs, 2);
	assert_true(told.tools[0].inferred && told.tools[1].inferred);
	check_tree();
}

static void a_tool_whose_result_never_came_was_called_all_the_same(void **state)
{
	start();
	say(1000, CHAT, NULL, CHAT_ASK("a"), 200, CHAT_CALLS(CHAT_CALL("a1", "fetch", "{}")));
	say(1500, "/mcp", MCP_HEADERS, MCP_CALL("fetch"), 200, MCP_ANSWER);
	finish();
	assert_int_equal(told.n_runs, 1);
	assert_int_equal(told.runs[0].end, RUN_CAPTURE_END);
	assert_int_equal(told.n_tools, 1);
	assert_false(told.tools[0].inferred);
	check_tree();
}

/* ---- results without ids ---- */

#define GEMINI "/v1beta/models/gemini-2.5-pro:generateContent"
#define GEMINI_ASK(contents)                                                             \
	"{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"go\"}]}" contents "]," \
	"\"tools\":[{\"functionDeclarations\":[{\"name\":\"f\"}]}]}"
#define GEMINI_BRING(name)                                                   \
	",{\"role\":\"model\",\"parts\":[]},{\"role\":\"user\",\"parts\":[{" \
	"\"functionResponse\":{\"name\":\"" name "\",\"response\":{}}}]}"
#define GEMINI_SAYS(part)                                                          \
	"{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[" part "]}," \
	"\"finishReason\":\"STOP\"}],\"usageMetadata\":{\"promptTokenCount\":1}}"
#define GEMINI_CALL(name) "{\"functionCall\":{\"name\":\"" name "\",\"args\":{\"a\":1}}}"
#define GEMINI_TEXT "{\"text\":\"x\"}"

static void without_ids_the_one_run_that_waits_goes_on(void **state)
{
	start();
	say(1000, GEMINI, NULL, GEMINI_ASK(""), 200, GEMINI_SAYS(GEMINI_CALL("f")));
	say(1100, GEMINI, NULL, GEMINI_ASK(""), 200, GEMINI_SAYS(GEMINI_CALL("g")));
	say(2000, GEMINI, NULL, GEMINI_ASK(GEMINI_BRING("g")), 200, GEMINI_SAYS(GEMINI_TEXT));
	say(2500, GEMINI, NULL, GEMINI_ASK(GEMINI_BRING("f")), 200, GEMINI_SAYS(GEMINI_TEXT));
	assert_int_equal(told.n_runs, 2);
	check_tree();
	is_of(1, 0);
	is_of(2, 0);
	is_of(0, 1);
	is_of(3, 1);
	assert_int_equal(told.n_tools, 2);
	assert_string_equal(told.tools[0].name, "g");
	assert_null(told.tools[0].id);
	assert_int_equal(told.tools[1].duration_ns, (2500 - 1110) * MS);
}

/* Gemini CLI numbers the calls of an API that does not. */
static void ids_of_the_clients_own_making_join_nothing(void **state)
{
	start();
	say(1000, GEMINI, NULL, GEMINI_ASK(""), 200, GEMINI_SAYS(GEMINI_CALL("f")));
	say(2000, GEMINI, NULL, GEMINI_ASK(GEMINI_BRING("f\",\"id\":\"own-1")), 200,
	    GEMINI_SAYS(GEMINI_TEXT));
	assert_int_equal(told.n_runs, 1);
	assert_int_equal(told.runs[0].rounds, 2);
	assert_int_equal(told.n_tools, 1);
}

/* Which of two it is, nobody can say. */
static void without_ids_nothing_is_guessed(void **state)
{
	start();
	say(1000, GEMINI, NULL, GEMINI_ASK(""), 200, GEMINI_SAYS(GEMINI_CALL("f")));
	say(1100, GEMINI, NULL, GEMINI_ASK(""), 200, GEMINI_SAYS(GEMINI_CALL("f")));
	say(2000, GEMINI, NULL, GEMINI_ASK(GEMINI_BRING("f")), 200, GEMINI_SAYS(GEMINI_TEXT));
	assert_int_equal(told.n_runs, 1);
	assert_int_equal(told.runs[0].rounds, 1);
	assert_int_equal(told.n_tools, 0);
	finish();
	assert_int_equal(told.n_runs, 3);
	check_tree();
}

/* ---- what is said again in other bytes ---- */

static void the_same_results_again_are_the_same_step(void **state)
{
	start();
	say(1000, CHAT, NULL, CHAT_ASK("go"), 200, CHAT_CALLS(CHAT_CALL("t1", "a", "{}")));
	say(2000, CHAT, NULL, CHAT_BRING(CHAT_RESULT("t1")), 529, REFUSED);
	say(3000, CHAT, NULL, CHAT_BRING(CHAT_RESULT("t1") ",{\"role\":\"user\"}"), 529, REFUSED);
	say(4000, CHAT, NULL, CHAT_BRING(CHAT_RESULT("t1") ", {\"role\":\"user\"}"), 200,
	    CHAT_CALLS(CHAT_CALL("t2", "a", "{}")));
	say(5000, CHAT, NULL, CHAT_BRING(CHAT_RESULT("t2")), 200, CHAT_DONE);
	assert_int_equal(told.n_runs, 1);
	assert_int_equal(told.runs[0].retries, 2);
	assert_int_equal(told.calls[1].attempt, 1);
	assert_int_equal(told.calls[2].attempt, 2);
	assert_int_equal(told.calls[3].attempt, 3);
	assert_memory_equal(told.calls[3].retry_of, told.calls[1].span_id, 8);
	assert_int_equal(told.calls[4].attempt, 1);
}

/* ---- circles ---- */

static void the_same_tool_again_and_again_is_counted(void **state)
{
	const struct agent_run *r = &told.runs[0];
	unsigned int i;

	start();
	say(1000, CHAT, NULL, CHAT_ASK("go"), 200,
	    CHAT_CALLS(CHAT_CALL("t0", "Read", "{\\\"a\\\":1}")));
	for (i = 1; i <= 3; i++) {
		char request[512], answer[512];

		snprintf(request, sizeof(request), CHAT_BRING("{\"tool_call_id\":\"t%u\"}"), i - 1);
		snprintf(answer, sizeof(answer),
			 CHAT_CALLS(CHAT_CALL("t%u", "Read", "{\\\"a\\\":1}")), i);
		say(1000 + 1000 * i, CHAT, NULL, request, 200, answer);
	}
	/* Another argument, and another tool with the same one. */
	say(6000, CHAT, NULL, CHAT_BRING(CHAT_RESULT("t3")), 200,
	    CHAT_CALLS(CHAT_CALL("t4", "Read", "{\\\"a\\\":2}") "," CHAT_CALL("t5", "Write",
									      "{\\\"a\\\":1}")));
	say(7000, CHAT, NULL, CHAT_BRING(CHAT_RESULT("t4") "," CHAT_RESULT("t5")), 200, CHAT_DONE);
	assert_int_equal(told.n_runs, 1);
	assert_int_equal(r->tools, 6);
	assert_int_equal(r->loops, 2); /* the third and the fourth time */
	assert_int_equal(told.tools[0].repeats, 0);
	assert_int_equal(told.tools[1].repeats, 1);
	assert_int_equal(told.tools[2].repeats, 2);
	assert_int_equal(told.tools[3].repeats, 3);
	assert_int_equal(told.tools[4].repeats, 0);
	assert_int_equal(told.tools[5].repeats, 0);
}

/* However the arguments come: whole, or in these pieces or those. */
static void pieces_of_arguments_are_compared_as_a_whole(void **state)
{
#define PIECE(text) \
	CHUNK("\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"" text "\"}}]", "null")
#define HEAD(id)                                                                      \
	CHUNK("\"tool_calls\":[{\"index\":0,\"id\":\"" id "\",\"type\":\"function\"," \
	      "\"function\":{\"name\":\"Read\",\"arguments\":\"\"}}]",                \
	      "null")
	static const char *const streams[][8] = {
		{ROLE, HEAD("t0"), PIECE("{\\\"a\\\":"), PIECE("12}"), CHUNK("", "\"tool_calls\""),
		 DONE},
		{ROLE, HEAD("t1"), PIECE("{"), PIECE("\\\"a\\\""), PIECE(":12}"),
		 CHUNK("", "\"tool_calls\""), DONE},
		{ROLE, HEAD("t2"), PIECE("{\\\"a\\\":12}"), CHUNK("", "\"tool_calls\""), DONE},
		{ROLE, HEAD("t3"), PIECE("{\\\"a\\\":13}"), CHUNK("", "\"tool_calls\""), DONE},
	};
	static const int64_t repeats[] = {0, 1, 2, 0};
	unsigned int i, k, step;

	for (step = 0; step < 2; step++) {
		told.n_tools = told.n_runs = 0;
		start();
		for (i = 0; i < 4; i++) {
			char request[512];
			struct exchange e = {.path = CHAT,
					     .request = CHAT_ASK("go"),
					     .status = 200,
					     .response_headers = SSE,
					     .dir = DIR_WRITE,
					     .first_ns = (1 + i) * 1000 * MS};

			snprintf(request, sizeof(request), CHAT_BRING("{\"tool_call_id\":\"t%u\"}"),
				 i - 1);
			if (i)
				e.request = request;
			for (k = 0; k < 8; k++)
				e.parts[k] = streams[i][k];
			play(&e, step * 7);
		}
		say(9000, CHAT, NULL, CHAT_BRING(CHAT_RESULT("t3")), 200, CHAT_DONE);
		assert_int_equal(told.n_runs, 1);
		assert_int_equal(told.n_tools, 4);
		for (i = 0; i < 4; i++)
			assert_int_equal(told.tools[i].repeats, repeats[i]);
		assert_int_equal(told.runs[0].loops, 1);
		if (!step)
			stop(state);
	}
}

/* ---- what is cut off ---- */

static void an_answer_that_nobody_waited_for_is_an_abort(void **state)
{
	struct exchange e = {ANTHROPIC,
			     .request = CLAUDE_ASK(CLAUDE_USER),
			     .status = 200,
			     .response_headers = SSE,
			     .parts = {MESSAGE_START, TEXT_DELTA},
			     .no_end = true,
			     .why = HTTP_END_CLIENT,
			     .dir = DIR_WRITE};

	start();
	play(&e, 0);
	finish();
	assert_int_equal(told.n_runs, 1);
	assert_int_equal(told.runs[0].aborts, 1);
	assert_int_equal(told.runs[0].errors, 1);
	assert_int_equal(told.runs[0].input_tokens, 25);
	assert_int_equal(told.runs[0].output_tokens, -1);
	assert_string_equal(told.runs[0].error_type, "cancelled");
	check_tree();
}

/* With what had been asked, at the least; and circles with what their answers cost. */
static void what_is_wasted_has_a_price(void **state)
{
	struct exchange e = {
		ANTHROPIC,
		.request = CLAUDE_ASK(CLAUDE_USER),
		.status = 200,
		.response_headers = SSE,
		.parts = {EVENT("message_start",
				",\"message\":{\"id\":\"m\",\"model\":\"claude-sonnet-4-5\","
				"\"usage\":{\"input_tokens\":1000,\"output_tokens\":1}}"),
			  TEXT_DELTA},
		.no_end = true,
		.why = HTTP_END_CLIENT,
		.dir = DIR_WRITE};
	const struct agent_run *r = &told.runs[0];
	char error[256];
	unsigned int i;

	assert_int_equal(prices__load(NULL, error, sizeof(error), &run.prices), 0);
	start();
	play(&e, 0);
	finish();
	assert_int_equal(told.n_runs, 1);
	assert_int_equal(r->aborted_nusd, 1000 * 3000); /* $3 a million */
	assert_int_equal(r->cost_nusd, r->aborted_nusd);
	assert_true(told.calls[0].cost_estimated);
	r = &told.runs[1];
	say(1000, CHAT, NULL, CHAT_ASK("go"), 200, CHAT_CALLS(CHAT_CALL("t0", "Read", "{}")));
	for (i = 1; i <= 3; i++) {
		char request[512], answer[512];

		snprintf(request, sizeof(request), CHAT_BRING("{\"tool_call_id\":\"t%u\"}"), i - 1);
		snprintf(answer, sizeof(answer), CHAT_CALLS(CHAT_CALL("t%u", "Read", "{}")), i);
		say(1000 + 1000 * i, CHAT, NULL, request, 200, answer);
	}
	finish();
	assert_int_equal(r->loops, 2);
	assert_true(r->loops_nusd > 0);
	assert_int_equal(r->loops_nusd * 2, r->cost_nusd); /* two of four calls */
	prices__free(run.prices);
	run.prices = NULL;
}

/* The request that brings the result comes before the answer's connection shows its end. */
static void a_client_may_be_faster_than_its_connection(void **state)
{
	const struct http_msg_ops *ops = call_tracker__http_ops();
	const struct exchange e = {.request = CHAT_ASK("go"), .path = CHAT, .dir = DIR_WRITE};
	struct http_header type = {SPAN_LIT("content-type"), SPAN_LIT("text/event-stream")};
	const struct http_head h = {.status = 200, .version = 11, .headers = &type, .n_headers = 1};
	struct span s = span_str(e.request);
	void *x;

	start();
	x = begin(&e, 9);
	ops->request_body(x, s, s.n, 1002 * MS);
	ops->request_end(x, 0, 1002 * MS);
	ops->response(x, &h, 1100 * MS, 1100 * MS);
	s = span_str(HEAD("t1") CHUNK("", "\"tool_calls\"") DONE);
	ops->response_body(x, s, s.n, 1200 * MS);
	say(2000, CHAT, NULL, CHAT_BRING(CHAT_RESULT("t1")), 200, CHAT_DONE);
	assert_int_equal(told.n_tools, 1);
	assert_int_equal(told.tools[0].duration_ns, 800 * MS);
	assert_int_equal(told.n_runs, 0);
	ops->response_end(x, 0, 2300 * MS);
	ops->end(x, HTTP_END_OK, 2300 * MS);
	finish();
	assert_int_equal(told.n_runs, 1);
	assert_int_equal(told.runs[0].rounds, 2);
	assert_int_equal(told.runs[0].tools, 1);
	check_tree();
}

/* The page behind the refusal is read when the connection is needed again, or never. */
static void a_refusal_may_end_after_its_retry(void **state)
{
	const struct http_msg_ops *ops = call_tracker__http_ops();
	const struct exchange e = {.request = CHAT_ASK("go"), .path = CHAT, .dir = DIR_WRITE};
	const struct http_head h = {.status = 500, .version = 11};
	struct span s = span_str(e.request);
	void *x;

	start();
	x = begin(&e, 9);
	ops->request_body(x, s, s.n, 1002 * MS);
	ops->request_end(x, 0, 1002 * MS);
	ops->response(x, &h, 1100 * MS, 1100 * MS);
	say(2000, CHAT, NULL, CHAT_ASK("go"), 200, CHAT_DONE);
	assert_int_equal(told.n_runs, 0); /* a call of it is under way */
	ops->end(x, HTTP_END_SERVER, 3000 * MS);
	assert_int_equal(told.n_runs, 1);
	check_tree();
	assert_int_equal(told.runs[0].end, RUN_FINISHED);
	assert_null(told.runs[0].error_type);
	assert_int_equal(told.runs[0].errors, 1);
	assert_int_equal(told.runs[0].retries, 1);
	assert_int_equal(told.calls[0].attempt, 2);
	assert_memory_equal(told.calls[0].retry_of, told.calls[1].span_id, 8);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		RUN_TEST(anthropics_results_say_whether_they_failed),
		RUN_TEST(calls_of_the_conversation_join_the_run_that_is_open),
		RUN_TEST(a_paused_turn_goes_on),
		RUN_TEST(a_previous_response_goes_on),
		RUN_TEST(what_shortens_a_conversation_ends_no_run),
		RUN_TEST(tools_of_the_provider_are_not_offered_to_the_client),
		RUN_TEST(a_session_has_runs),
		RUN_TEST(the_tools_own_call_says_it_best),
		RUN_TEST(two_runs_that_wait_for_one_tool_leave_it_open),
		RUN_TEST(a_tool_whose_result_never_came_was_called_all_the_same),
		RUN_TEST(without_ids_the_one_run_that_waits_goes_on),
		RUN_TEST(ids_of_the_clients_own_making_join_nothing),
		RUN_TEST(without_ids_nothing_is_guessed),
		RUN_TEST(the_same_results_again_are_the_same_step),
		RUN_TEST(the_same_tool_again_and_again_is_counted),
		RUN_TEST(pieces_of_arguments_are_compared_as_a_whole),
		RUN_TEST(an_answer_that_nobody_waited_for_is_an_abort),
		RUN_TEST(what_is_wasted_has_a_price),
		RUN_TEST(a_client_may_be_faster_than_its_connection),
		RUN_TEST(a_refusal_may_end_after_its_retry),
	};

	return cmocka_run_group_tests_name("runs_wires", tests, NULL, NULL);
}
