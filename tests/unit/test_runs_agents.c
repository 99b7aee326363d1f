// SPDX-License-Identifier: Apache-2.0
/* Agents that other agents start: whose run is whose, and within which. The headers are those that
 * Claude Code 2.1.330 and Codex 0.169.0 send. */
#include "runs_rig.h"

#define SUB(id) CLAUDE "x-claude-code-agent-id: " id "\nx-claude-code-agent-type: general-purpose\n"
#define WITHIN(parent) "x-claude-code-parent-agent-id: " parent "\n"
#define BRING(id) CLAUDE_ASK(CLAUDE_USER CLAUDE_TURN CLAUDE_RESULT(id, "") "]}")
#define USE(id, name) CLAUDE_SAYS(CLAUDE_USE(id, name, "{}"), "tool_use")
#define OVER CLAUDE_SAYS(CLAUDE_TEXT, "end_turn")

static void claude(unsigned int at_ms, const char *headers, const char *request, const char *answer)
{
	say(at_ms, "/v1/messages", headers, request, 200, answer);
}

static void is_within(unsigned int child, unsigned int parent)
{
	assert_memory_equal(told.runs[child].parent_span_id, told.runs[parent].span_id, 8);
}

static void is_within_none(unsigned int r)
{
	static const uint8_t none[8];

	assert_memory_equal(told.runs[r].parent_span_id, none, 8);
}

/* That of check_tree, and the same of the runs within runs. */
static void check_trees(void)
{
	static const uint8_t none[8];
	unsigned int i, k;

	check_tree();
	for (i = 0; i < told.n_runs; i++) {
		if (same_id(told.runs[i].parent_span_id, none))
			continue;
		for (k = 0; k < told.n_runs; k++)
			if (same_id(told.runs[k].span_id, told.runs[i].parent_span_id))
				break;
		assert_true(k < told.n_runs && k != i);
		assert_memory_equal(told.runs[k].trace_id, told.runs[i].trace_id, 16);
	}
}

/* The same words, the same ids of tools, in turn. */
static void twins_have_runs_of_their_own(void **state)
{
	start();
	claude(1000, CLAUDE, CLAUDE_ASK(CLAUDE_USER),
	       CLAUDE_SAYS(CLAUDE_USE("a1", "Agent", "{}") "," CLAUDE_USE("a2", "Agent", "{}"),
			   "tool_use"));
	claude(2000, SUB("x"), CLAUDE_ASK(CLAUDE_USER), USE("t1", "Bash"));
	claude(2200, SUB("y"), CLAUDE_ASK(CLAUDE_USER), USE("t1", "Bash"));
	claude(2400, SUB("x"), BRING("t1"), USE("t2", "Read"));
	claude(2600, SUB("y"), BRING("t1"), USE("t2", "Read"));
	claude(2800, SUB("y"), BRING("t2"), OVER);
	assert_int_equal(told.n_runs, 1);
	claude(3000, SUB("x"), BRING("t2"), OVER);
	assert_int_equal(told.n_runs, 2);
	claude(4000, CLAUDE,
	       CLAUDE_ASK(CLAUDE_USER CLAUDE_TURN CLAUDE_RESULT("a1", "") "," CLAUDE_RESULT(
		       "a2", "") "]}"),
	       OVER);
	assert_int_equal(told.n_runs, 3);
	check_trees();
	is_within(0, 2);
	is_within(1, 2);
	is_within_none(2);
	is_of(0, 2);
	is_of(1, 1);
	is_of(2, 0);
	is_of(3, 1);
	is_of(4, 0);
	is_of(5, 0);
	is_of(6, 1);
	is_of(7, 2);
	assert_string_equal(told.runs[0].agent, "general-purpose");
	assert_string_equal(told.runs[2].agent, "claude-code");
	assert_int_equal(told.runs[0].calls, 3);
	assert_int_equal(told.runs[0].tools, 2);
	assert_int_equal(told.runs[2].calls, 2);
	assert_int_equal(told.runs[2].input_tokens, 2); /* its own calls' alone */
	assert_int_equal(told.runs[2].end, RUN_FINISHED);
	/* What its agents took is what the tool took. */
	assert_int_equal(told.tools[4].duration_ns, (4000 - 1110) * MS);
}

static void an_agent_of_an_agent_is_within_it(void **state)
{
	start();
	claude(1000, CLAUDE, CLAUDE_ASK(CLAUDE_USER), USE("a1", "Agent"));
	claude(2000, SUB("x"), CLAUDE_ASK(CLAUDE_USER), USE("a2", "Agent"));
	claude(3000, SUB("y") WITHIN("x"), CLAUDE_ASK(CLAUDE_USER), OVER);
	claude(4000, SUB("x"), BRING("a2"), OVER);
	claude(5000, CLAUDE, BRING("a1"), OVER);
	assert_int_equal(told.n_runs, 3);
	check_trees();
	is_within(0, 1);
	is_within(1, 2);
	is_within_none(2);
}

/* It says again all that was said to whom it was made of, results of tools included. */
static void a_fork_is_not_what_it_was_made_of(void **state)
{
	start();
	claude(1000, CLAUDE, CLAUDE_ASK(CLAUDE_USER), USE("t1", "Bash"));
	claude(2000, CLAUDE, BRING("t1"), USE("a1", "Agent"));
	claude(3000, SUB("x"), BRING("t1"), OVER);
	claude(4000, CLAUDE, BRING("a1"), OVER);
	assert_int_equal(told.n_runs, 2);
	check_trees();
	is_within(0, 1);
	is_of(2, 0);
	assert_int_equal(told.runs[0].calls, 1);
	assert_int_equal(told.runs[1].calls, 3);
	assert_int_equal(told.n_tools, 2);
}

static void equal_first_requests_are_no_retries_of_each_other(void **state)
{
	start();
	claude(1000, CLAUDE, CLAUDE_ASK(CLAUDE_USER), USE("a1", "Agent"));
	say(2000, "/v1/messages", SUB("x"), CLAUDE_ASK(CLAUDE_USER), 429, REFUSED);
	claude(2200, SUB("y"), CLAUDE_ASK(CLAUDE_USER), OVER);
	claude(2400, SUB("x"), CLAUDE_ASK(CLAUDE_USER), OVER);
	assert_int_equal(told.n_runs, 2);
	is_of(1, 1);
	is_of(2, 0);
	is_of(3, 1);
	assert_int_equal(told.calls[2].attempt, 1);
	assert_int_equal(told.calls[3].attempt, 2);
	assert_int_equal(told.runs[0].retries, 0);
	assert_int_equal(told.runs[1].retries, 1);
}

/* A background agent that begins when its main one is done: nothing says which run that was. */
static void an_agent_of_a_run_that_is_over_is_within_none(void **state)
{
	start();
	claude(1000, CLAUDE, CLAUDE_ASK(CLAUDE_USER), OVER);
	claude(2000, SUB("x"), CLAUDE_ASK(CLAUDE_USER), OVER);
	assert_int_equal(told.n_runs, 2);
	check_trees();
	is_within_none(1);
	assert_memory_not_equal(told.runs[0].trace_id, told.runs[1].trace_id, 16);
}

static void who_waits_for_an_agent_is_not_silent(void **state)
{
	const unsigned int step_ms = (unsigned int)(run.lim.run_tool_ns / MS / 2);
	unsigned int i, at_ms = 2000;

	start();
	claude(1000, CLAUDE, CLAUDE_ASK(CLAUDE_USER), USE("a1", "Agent"));
	claude(at_ms, SUB("x"), CLAUDE_ASK(CLAUDE_USER), USE("t1", "Bash"));
	for (i = 0; i < 5; i++) {
		at_ms += step_ms;
		claude(at_ms, SUB("x"), BRING("t1"), USE("t1", "Bash"));
		call_tracker__capture_ops()->tick(run.tracker, at_ms * MS + step_ms * MS / 2);
	}
	assert_int_equal(told.n_runs, 0);
	claude(at_ms + 1000, SUB("x"), BRING("t1"), OVER);
	claude(at_ms + 2000, CLAUDE, BRING("a1"), OVER);
	assert_int_equal(told.n_runs, 2);
	assert_int_equal(told.runs[1].end, RUN_FINISHED);
	check_trees();
}

/* A record that names a run comes with that run's, and that with those above it. */
static void what_is_above_a_wanted_call_is_told(void **state)
{
	run.filter.only_errors = true;
	start();
	claude(1000, CLAUDE, CLAUDE_ASK(CLAUDE_USER), USE("a1", "Agent"));
	claude(2000, SUB("x"), CLAUDE_ASK(CLAUDE_USER), USE("a2", "Agent"));
	say(3000, "/v1/messages", SUB("y") WITHIN("x"), CLAUDE_ASK(CLAUDE_USER), 400, REFUSED);
	finish();
	assert_int_equal(told.n_calls, 1);
	assert_int_equal(told.n_runs, 3);
	check_trees();
}

static void nothing_names_a_run_that_is_not_told(void **state)
{
	run.filter.only_errors = true;
	start();
	claude(1000, CLAUDE, CLAUDE_ASK(CLAUDE_USER), USE("a1", "Agent"));
	claude(2000, SUB("x"), CLAUDE_ASK(CLAUDE_USER), USE("t1", "Bash"));
	claude(3000, CLAUDE, BRING("a1"), OVER);
	assert_int_equal(told.n_runs, 0);
	say(4000, "/v1/messages", SUB("x"), BRING("t1"), 400, REFUSED);
	finish();
	assert_int_equal(told.n_runs, 1);
	is_within_none(0);
	check_trees();
}

/* Room for two: the run above goes with its agents still at work. */
static void a_run_above_may_be_pushed_out(void **state)
{
	run.lim.runs = 2;
	start();
	claude(1000, CLAUDE, CLAUDE_ASK(CLAUDE_USER), USE("a1", "Agent"));
	claude(2000, SUB("x"), CLAUDE_ASK(CLAUDE_USER), USE("t1", "Bash"));
	claude(3000, SUB("y"), CLAUDE_ASK(CLAUDE_USER), USE("t1", "Bash"));
	claude(4000, SUB("z") WITHIN("y"), CLAUDE_ASK(CLAUDE_USER), OVER);
	finish();
	assert_int_equal(told.n_runs, 4);
	check_trees();
}

/* Until the end of 2025 nothing told them from the session: they are of its run. */
static void agents_without_ids_are_of_the_sessions_run(void **state)
{
	start();
	claude(1000, CLAUDE, CLAUDE_ASK(CLAUDE_USER), USE("a1", "Task"));
	claude(2000, CLAUDE, CLAUDE_ASK(CLAUDE_USER), USE("t1", "Bash"));
	claude(3000, CLAUDE, BRING("t1"), OVER);
	claude(4000, CLAUDE, BRING("a1"), OVER);
	assert_int_equal(told.n_runs, 1);
	check_trees();
	assert_int_equal(told.runs[0].rounds, 4);
	assert_int_equal(told.runs[0].end, RUN_FINISHED);
}

/* ---- Codex ---- */

#define CODEX(thread) \
	"user-agent: codex_exec/0.169.0 (Debian)\nsession-id: m\nthread-id: " thread "\n"
#define CODEX_WITHIN(parent) "x-codex-parent-thread-id: " parent "\n"
#define CODEX_ASK(thread, more, input)                                                           \
	"{\"model\":\"gpt-5\",\"client_metadata\":{\"session_id\":\"m\",\"thread_id\":\"" thread \
	"\"" more "},\"input\":[" input "],\"tools\":[{\"type\":\"function\",\"name\":\"f\"}]}"
#define CODEX_PARENT(parent) ",\"x-codex-parent-thread-id\":\"" parent "\""
#define CODEX_RESULT(id) \
	"{\"type\":\"function_call_output\",\"call_id\":\"" id "\",\"output\":\"x\"}"
#define CODEX_SAYS(id, output)                                                                     \
	"{\"id\":\"" id "\",\"object\":\"response\",\"status\":\"completed\",\"model\":\"gpt-5\"," \
	"\"output\":[" output "],\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}"
#define CODEX_CALL(id)                                                                     \
	"{\"type\":\"function_call\",\"id\":\"fc\",\"call_id\":\"" id "\",\"name\":\"f\"," \
	"\"arguments\":\"{}\"}"
#define CODEX_TEXT "{\"type\":\"message\",\"content\":[]}"

static void threads_are_told(const char *main, const char *sub, const char *sub_of_sub)
{
	say(1000, "/v1/responses", main, CODEX_ASK("m", "", ""), 200,
	    CODEX_SAYS("r1", CODEX_CALL("c1")));
	say(2000, "/v1/responses", sub, CODEX_ASK("t", CODEX_PARENT("m"), ""), 200,
	    CODEX_SAYS("r2", CODEX_CALL("c2")));
	say(3000, "/v1/responses", sub_of_sub, CODEX_ASK("u", CODEX_PARENT("t"), ""), 200,
	    CODEX_SAYS("r3", CODEX_TEXT));
	say(4000, "/v1/responses", sub, CODEX_ASK("t", CODEX_PARENT("m"), CODEX_RESULT("c2")), 200,
	    CODEX_SAYS("r4", CODEX_TEXT));
	say(5000, "/v1/responses", main, CODEX_ASK("m", "", CODEX_RESULT("c1")), 200,
	    CODEX_SAYS("r5", CODEX_TEXT));
	assert_int_equal(told.n_runs, 3);
	check_trees();
	is_within(0, 1);
	is_within(1, 2);
	is_within_none(2);
	assert_int_equal(told.runs[1].calls, 2);
	assert_int_equal(told.runs[2].calls, 2);
	assert_string_equal(told.runs[0].agent, "codex");
}

static void codexs_threads_are_agents(void **state)
{
	start();
	threads_are_told(CODEX("m"), CODEX("t") CODEX_WITHIN("m"), CODEX("u") CODEX_WITHIN("t"));
}

/* As over a WebSocket, or where headers were missed. */
static void codexs_threads_are_agents_by_the_body_alone(void **state)
{
	static const char agent[] = "user-agent: codex_exec/0.169.0 (Debian)\n";

	start();
	threads_are_told(agent, agent, agent);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		RUN_TEST(twins_have_runs_of_their_own),
		RUN_TEST(an_agent_of_an_agent_is_within_it),
		RUN_TEST(a_fork_is_not_what_it_was_made_of),
		RUN_TEST(equal_first_requests_are_no_retries_of_each_other),
		RUN_TEST(an_agent_of_a_run_that_is_over_is_within_none),
		RUN_TEST(who_waits_for_an_agent_is_not_silent),
		RUN_TEST(what_is_above_a_wanted_call_is_told),
		RUN_TEST(nothing_names_a_run_that_is_not_told),
		RUN_TEST(a_run_above_may_be_pushed_out),
		RUN_TEST(agents_without_ids_are_of_the_sessions_run),
		RUN_TEST(codexs_threads_are_agents),
		RUN_TEST(codexs_threads_are_agents_by_the_body_alone),
	};

	return cmocka_run_group_tests_name("runs_agents", tests, NULL, NULL);
}
