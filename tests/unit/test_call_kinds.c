// SPDX-License-Identifier: Apache-2.0
/* What is no call after all, what is fetched, tools, and what cannot be read, through dialects that
 * stand in for the providers' own. */
#include "call_rig.h"
#include "stand_ins.h"

static void what_is_not_proved_is_no_call(void **state)
{
	struct exchange e = {.path = "/weak",
			     .host = "example.org",
			     .request = "{\"model\":\"m\"}",
			     .status = 200,
			     .response_headers = JSON,
			     .parts = {"{\"id\":\"r1\"}"},
			     .dir = DIR_WRITE};

	start();
	play(&e, 0);
	e.status = 500;
	play(&e, 0);
	assert_int_equal(run.n, 0);
	call_tracker__finish(run.tracker, 0);
	assert_int_equal(run.stats.calls + run.stats.errors, 0);
	/* Usage proves it, */
	e.status = 200;
	e.parts[0] = "{\"id\":\"r1\",\"input\":3}";
	play(&e, 0);
	assert_int_equal(run.n, 1);
	/* and so does the provider's host. */
	e.host = "api.openai.com";
	e.parts[0] = "{\"id\":\"r1\"}";
	play(&e, 0);
	assert_int_equal(run.n, 2);
}

static void answer_is(struct exchange *e, const char *path, const char *json)
{
	e->path = path;
	e->parts[0] = json;
	play(e, 0);
}

static void a_fetched_answer_counts_once(void **state)
{
	struct exchange e = {
		.request = "{}", .status = 200, .response_headers = JSON, .dir = DIR_WRITE};

	start();
	answer_is(&e, "/background", "{\"id\":\"r1\",\"pending\":1}");
	assert_int_equal(run.n, 1);
	expect("\"llmsnoop.pending\":true");
	expect_not("input_tokens");
	/* not yet, */
	answer_is(&e, "/fetch/r1", "{\"id\":\"r1\",\"pending\":1}");
	/* gone wrong, */
	e.status = 500;
	answer_is(&e, "/fetch/r1", "{\"id\":\"r1\",\"input\":1}");
	e.status = 200;
	e.why = HTTP_END_SERVER;
	e.no_end = true;
	answer_is(&e, "/fetch/r1", "{\"id\":\"r1\",\"pending\":0,\"inp");
	e.why = HTTP_END_OK;
	e.no_end = false;
	/* nothing told */
	answer_is(&e, "/fetch/r1", "{\"pending\":0}");
	assert_int_equal(run.n, 1);
	answer_is(&e, "/fetch/r1", "{\"id\":\"r1\",\"pending\":0,\"input\":7}");
	assert_int_equal(run.n, 2);
	expect("\"type\":\"llm.call\"");
	expect("\"name\":\"fetch_response\"");
	expect("\"gen_ai.usage.input_tokens\":7");
	expect_not("pending");
	answer_is(&e, "/fetch/r1", "{\"id\":\"r1\",\"pending\":0,\"input\":7}");
	assert_int_equal(run.n, 2);
	/* On another host it is another answer. */
	e.host = "other.example";
	answer_is(&e, "/fetch/r1", "{\"id\":\"r1\",\"input\":7}");
	assert_int_equal(run.n, 3);
	/* The call itself has told its usage. */
	answer_is(&e, "/background", "{\"id\":\"r2\",\"input\":9}");
	answer_is(&e, "/fetch/r2", "{\"id\":\"r2\",\"input\":9}");
	assert_int_equal(run.n, 4);
	call_tracker__finish(run.tracker, 0);
	assert_int_equal(run.stats.calls, 2);
	assert_int_equal(run.stats.fetched, 2);
	assert_int_equal(run.stats.errors, 0);
	assert_int_equal(run.stats.input_tokens, 7 + 7 + 9);
}

static void what_was_fetched_is_forgotten_in_order(void **state)
{
	struct exchange e = {
		.request = "{}", .status = 200, .response_headers = JSON, .dir = DIR_WRITE};
	char json[64];
	unsigned int i;

	run.lim.fetched = 3;
	start();
	for (i = 0; i < 20; i++) {
		snprintf(json, sizeof(json), "{\"id\":\"r%u\",\"input\":1}", i);
		answer_is(&e, "/fetch", json);
		assert_int_equal(run.n, i + 1);
	}
	for (i = 17; i < 20; i++) {
		snprintf(json, sizeof(json), "{\"id\":\"r%u\",\"input\":1}", i);
		answer_is(&e, "/fetch", json);
		assert_int_equal(run.n, 20);
	}
	answer_is(&e, "/fetch", "{\"id\":\"r16\",\"input\":1}");
	assert_int_equal(run.n, 21);
}

static void tools_are_counted_apart(void **state)
{
	struct exchange e = {.path = "/tool",
			     .request = "{\"method\":\"tools/call\",\"tool\":\"search\"}",
			     .status = 200,
			     .response_headers = JSON,
			     .parts = {"{\"error\":{\"type\":\"tool_error\"}}"},
			     .dir = DIR_WRITE};

	start();
	play(&e, 0);
	assert_int_equal(run.n, 1);
	expect("\"type\":\"mcp.call\"");
	expect("\"name\":\"tools/call search\"");
	expect("\"error.type\":\"tool_error\"");
	expect_not("gen_ai.provider.name");
	run.filter.models[run.filter.n_models++] = "*";
	play(&e, 0);
	assert_int_equal(run.n, 1);
	call_tracker__finish(run.tracker, 0);
	assert_int_equal(run.stats.calls, 0);
	assert_int_equal(run.stats.errors, 0);
	assert_int_equal(run.stats.tool_calls, 1);
	assert_int_equal(run.stats.tool_errors, 1);
}

static void what_cannot_be_read_says_so(void **state)
{
	struct exchange e = {.path = "/opaque",
			     .request = "{\001\002]",
			     .status = 200,
			     .response_headers = JSON,
			     .parts = {"{\"x\" \001"},
			     .dir = DIR_WRITE};

	start();
	play(&e, 0);
	assert_int_equal(run.n, 1);
	expect("\"llmsnoop.opaque\":true");
	expect("\"llmsnoop.truncated\":false");
	expect_not("tokens");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_not_proved_is_no_call),
		TEST(a_fetched_answer_counts_once),
		TEST(what_was_fetched_is_forgotten_in_order),
		TEST(tools_are_counted_apart),
		TEST(what_cannot_be_read_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
