// SPDX-License-Identifier: Apache-2.0
/* Runs of agents: what is joined, what stays apart, when they end. */
#include "runs_rig.h"

static void rounds_are_joined_by_results(void **state)
{
	const struct agent_run *r = &told.runs[0];

	start();
	say(1000, CHAT, NULL, CHAT_ASK("go"), 200, CHAT_CALLS(CHAT_CALL("t1", "Bash", "{}")));
	say(3000, CHAT, NULL, CHAT_BRING(CHAT_RESULT("t1")), 200,
	    CHAT_CALLS(CHAT_CALL("t2", "Read", "{}")));
	assert_int_equal(told.n_runs, 0);
	say(4000, CHAT, NULL, CHAT_BRING(CHAT_RESULT("t2")), 200, CHAT_DONE);
	assert_int_equal(told.n_runs, 1);
	finish();
	assert_int_equal(told.n_runs, 1);
	assert_int_equal(told.n_calls, 3);
	check_tree();
	is_of(0, 0);
	is_of(1, 0);
	is_of(2, 0);
	assert_int_equal(r->end, RUN_FINISHED);
	assert_int_equal(r->time_ns, WALL + 1000 * MS);
	assert_int_equal(r->duration_ns, 3110 * MS);
	assert_int_equal(r->rounds, 3);
	assert_int_equal(r->calls, 3);
	assert_int_equal(r->tools, 2);
	assert_int_equal(r->errors, 0);
	assert_int_equal(r->retries, 0);
	assert_int_equal(r->input_tokens, 30);
	assert_int_equal(r->output_tokens, 9);
	assert_int_equal(r->cache_read_tokens, -1);
	assert_int_equal(r->model_ns, 3 * 110 * MS);
	assert_int_equal(r->tool_ns, (3000 - 1110) * MS + (4000 - 3110) * MS);
	assert_string_equal(r->slowest, "Bash");
	assert_int_equal(r->slowest_ns, (3000 - 1110) * MS);
	assert_string_equal(r->model, "gpt-4o");
	assert_string_equal(r->who.comm, "python3");
	assert_null(r->error_type);
	assert_false(r->truncated);
	/* the tools */
	assert_int_equal(told.n_tools, 2);
	assert_string_equal(told.tools[0].name, "Bash");
	assert_string_equal(told.tools[0].id, "t1");
	assert_true(told.tools[0].inferred);
	assert_int_equal(told.tools[0].time_ns, WALL + 1110 * MS);
	assert_int_equal(told.tools[0].duration_ns, (3000 - 1110) * MS);
	assert_null(told.tools[0].error_type);
	assert_memory_equal(r->slowest_id, told.tools[0].span_id, 8);
	assert_string_equal(told.tools[1].name, "Read");
}

static void a_chat_without_tools_is_no_run(void **state)
{
	static const uint8_t none[8];

	start();
	say(1000, CHAT, NULL, "{\"model\":\"gpt-4o\",\"messages\":[]}", 200, CHAT_DONE);
	finish();
	assert_int_equal(told.n_calls, 1);
	assert_int_equal(told.n_runs, 0);
	assert_memory_equal(told.calls[0].parent_span_id, none, 8);
	assert_int_equal(told.calls[0].attempt, 1);
}

static void tools_that_are_not_used_make_a_run_of_one_round(void **state)
{
	start();
	say(1000, CHAT, NULL, CHAT_ASK("hi"), 200, CHAT_DONE);
	assert_int_equal(told.n_runs, 1);
	assert_int_equal(told.runs[0].rounds, 1);
	assert_int_equal(told.runs[0].tools, 0);
	is_of(0, 0);
	/* The next prompt is another run. */
	say(2000, CHAT, NULL, CHAT_ASK("hi"), 200, CHAT_DONE);
	assert_int_equal(told.n_runs, 2);
	check_tree();
}

static void parallel_tools_are_told_each(void **state)
{
	start();
	say(1000, CHAT, NULL, CHAT_ASK("go"), 200,
	    CHAT_CALLS(CHAT_CALL("t1", "a", "{}") "," CHAT_CALL("t2", "b", "{}")));
	say(2000, CHAT, NULL, CHAT_BRING(CHAT_RESULT("t1") "," CHAT_RESULT("t2")), 200, CHAT_DONE);
	assert_int_equal(told.n_runs, 1);
	assert_int_equal(told.n_tools, 2);
	assert_int_equal(told.runs[0].tools, 2);
	assert_int_equal(told.runs[0].tool_ns, (2000 - 1110) * MS);
	assert_int_equal(told.tools[1].duration_ns, (2000 - 1110) * MS);
	check_tree();
}

static void a_retry_of_the_first_request_is_the_same_run(void **state)
{
	start();
	say(1000, CHAT, NULL, CHAT_ASK("go"), 429, REFUSED);
	say(2000, CHAT, NULL, CHAT_ASK("go"), 529, REFUSED);
	say(4000, CHAT, NULL, CHAT_ASK("go"), 200, CHAT_DONE);
	assert_int_equal(told.n_runs, 1);
	assert_int_equal(told.calls[0].attempt, 1);
	assert_int_equal(told.calls[1].attempt, 2);
	assert_int_equal(told.calls[2].attempt, 3);
	assert_memory_equal(told.calls[1].retry_of, told.calls[0].span_id, 8);
	assert_memory_equal(told.calls[2].retry_of, told.calls[0].span_id, 8);
	assert_int_equal(told.runs[0].retries, 2);
	assert_int_equal(told.runs[0].errors, 2);
	assert_int_equal(told.runs[0].calls, 3);
	assert_int_equal(told.runs[0].rounds, 1);
	assert_null(told.runs[0].error_type);
	assert_int_equal(told.runs[0].end, RUN_FINISHED);
	assert_int_equal(told.runs[0].model_ns, 330 * MS); /* waiting is neither */
	assert_int_equal(told.runs[0].tool_ns, 0);
	check_tree();
	/* What succeeded is not retried by who asks it again. */
	say(5000, CHAT, NULL, CHAT_ASK("go"), 200, CHAT_DONE);
	assert_int_equal(told.calls[3].attempt, 1);
}

static void a_retry_amid_a_run_joins_it(void **state)
{
	start();
	say(1000, CHAT, NULL, CHAT_ASK("go"), 200, CHAT_CALLS(CHAT_CALL("t1", "a", "{}")));
	say(2000, CHAT, NULL, CHAT_BRING(CHAT_RESULT("t1")), 429, REFUSED);
	say(3000, CHAT, NULL, CHAT_BRING(CHAT_RESULT("t1")), 200, CHAT_DONE);
	assert_int_equal(told.n_runs, 1);
	assert_int_equal(told.n_tools, 1); /* its result came with the first attempt */
	assert_int_equal(told.tools[0].duration_ns, (2000 - 1110) * MS);
	assert_int_equal(told.runs[0].retries, 1);
	assert_int_equal(told.calls[2].attempt, 2);
	assert_memory_equal(told.calls[2].retry_of, told.calls[1].span_id, 8);
	check_tree();
}

static void a_failure_that_nobody_tries_again_ends_the_run(void **state)
{
	const struct capture_ops *ops = call_tracker__capture_ops();

	start();
	say(1000, CHAT, NULL, CHAT_ASK("go"), 401, "{\"error\":{\"type\":\"auth\"}}");
	ops->tick(run.tracker, 60000 * MS);
	assert_int_equal(told.n_runs, 0);
	ops->tick(run.tracker, 122000 * MS);
	assert_int_equal(told.n_runs, 1);
	assert_int_equal(told.runs[0].end, RUN_SILENCE);
	assert_string_equal(told.runs[0].error_type, "auth");
	assert_int_equal(told.runs[0].rounds, 0);
	assert_int_equal(told.runs[0].errors, 1);
	/* The same much later is no retry. */
	say(900000, CHAT, NULL, CHAT_ASK("go"), 200, CHAT_DONE);
	assert_int_equal(told.calls[1].attempt, 1);
	assert_int_equal(told.n_runs, 2);
}

static void interleaved_agents_stay_apart(void **state)
{
	start();
	say(1000, CHAT, NULL, CHAT_ASK("a"), 200, CHAT_CALLS(CHAT_CALL("a1", "x", "{}")));
	say(1200, CHAT, NULL, CHAT_ASK("b"), 200, CHAT_CALLS(CHAT_CALL("b1", "x", "{}")));
	say(2000, CHAT, NULL, CHAT_BRING(CHAT_RESULT("b1")), 200,
	    CHAT_CALLS(CHAT_CALL("b2", "y", "{}")));
	say(2200, CHAT, NULL, CHAT_BRING(CHAT_RESULT("a1")), 200, CHAT_DONE);
	say(3000, CHAT, NULL, CHAT_BRING(CHAT_RESULT("b2")), 200, CHAT_DONE);
	assert_int_equal(told.n_runs, 2);
	check_tree();
	is_of(0, 0);
	is_of(3, 0);
	is_of(1, 1);
	is_of(2, 1);
	is_of(4, 1);
	assert_int_equal(told.runs[0].rounds, 2);
	assert_int_equal(told.runs[1].rounds, 3);
}

/* Some servers only number what they ask for (Kimi: functions.look:0). */
static void an_id_that_two_runs_wait_for_joins_none(void **state)
{
	start();
	say(1000, CHAT, NULL, CHAT_ASK("a"), 200, CHAT_CALLS(CHAT_CALL("f:0", "f", "{}")));
	say(1200, CHAT, NULL, CHAT_ASK("b"), 200, CHAT_CALLS(CHAT_CALL("f:0", "f", "{}")));
	say(2000, CHAT, NULL, CHAT_BRING(CHAT_RESULT("f:0")), 200, CHAT_DONE);
	assert_int_equal(told.n_runs, 1);
	assert_int_equal(told.runs[0].calls, 1);
	assert_int_equal(told.n_tools, 0);
	is_of(2, 0);
	finish();
	assert_int_equal(told.n_runs, 3);
	check_tree();
}

static void an_id_that_one_run_waits_for_joins_it(void **state)
{
	start();
	say(1000, CHAT, NULL, CHAT_ASK("a"), 200, CHAT_CALLS(CHAT_CALL("f:0", "f", "{}")));
	say(1500, CHAT, NULL, CHAT_BRING(CHAT_RESULT("f:0")), 200,
	    CHAT_CALLS(CHAT_CALL("f:1", "f", "{}")));
	say(2000, CHAT, NULL, CHAT_ASK("b"), 200, CHAT_CALLS(CHAT_CALL("f:0", "f", "{}")));
	say(2500, CHAT, NULL, CHAT_BRING(CHAT_RESULT("f:1")), 200, CHAT_DONE);
	assert_int_equal(told.n_runs, 1);
	assert_int_equal(told.runs[0].calls, 3);
	say(3000, CHAT, NULL, CHAT_BRING(CHAT_RESULT("f:0")), 200, CHAT_DONE);
	assert_int_equal(told.n_runs, 2);
	assert_int_equal(told.runs[1].calls, 2);
	check_tree();
}

static void a_retry_is_of_its_run_whoever_waits(void **state)
{
	start();
	say(1000, CHAT, NULL, CHAT_ASK("a"), 200, CHAT_CALLS(CHAT_CALL("f:0", "f", "{}")));
	say(1500, CHAT, NULL, CHAT_BRING(CHAT_RESULT("f:0")), 429, REFUSED);
	say(2000, CHAT, NULL, CHAT_ASK("b"), 200, CHAT_CALLS(CHAT_CALL("f:0", "f", "{}")));
	say(2500, CHAT, NULL, CHAT_BRING(CHAT_RESULT("f:0")), 200, CHAT_DONE);
	assert_int_equal(told.n_runs, 1);
	assert_int_equal(told.runs[0].calls, 3);
	assert_int_equal(told.runs[0].retries, 1);
	finish();
	assert_int_equal(told.n_runs, 2);
	check_tree();
}

/* As several choices of one answer do. Again and again is answer after answer. */
static void an_answer_that_asks_thrice_at_once_is_no_loop(void **state)
{
	start();
	say(1000, CHAT, NULL, CHAT_ASK("a"), 200,
	    CHAT_CALLS(CHAT_CALL("t1", "f", "{}") "," CHAT_CALL("t2", "f", "{}") "," CHAT_CALL(
		    "t3", "f", "{}")));
	say(2000, CHAT, NULL,
	    CHAT_BRING(CHAT_RESULT("t1") "," CHAT_RESULT("t2") "," CHAT_RESULT("t3")), 200,
	    CHAT_CALLS(CHAT_CALL("t4", "f", "{}")));
	say(3000, CHAT, NULL, CHAT_BRING(CHAT_RESULT("t4")), 200, CHAT_DONE);
	assert_int_equal(told.n_runs, 1);
	assert_int_equal(told.runs[0].loops, 0);
	assert_int_equal(told.n_tools, 4);
	assert_int_equal(told.tools[0].repeats, 0);
	assert_int_equal(told.tools[2].repeats, 0);
	assert_int_equal(told.tools[3].repeats, 1);
}

static void *begin_round(unsigned int at_ms, const char *headers, const char *request)
{
	const struct exchange e = {.path = "/v1/messages",
				   .headers = headers,
				   .dir = DIR_WRITE,
				   .first_ns = at_ms * MS};
	void *x = begin(&e, next_conn++);

	call_tracker__http_ops()->request_body(x, span_str(request), strlen(request),
					       e.first_ns + MS);
	return x;
}

static void end_round(void *x, unsigned int asked_ms, unsigned int at_ms, const char *answer)
{
	const struct http_msg_ops *ops = call_tracker__http_ops();
	const struct http_head h = {.status = 200, .version = 11};

	ops->request_end(x, 0, asked_ms * MS);
	ops->response(x, &h, at_ms * MS, at_ms * MS);
	ops->response_body(x, span_str(answer), strlen(answer), at_ms * MS);
	ops->response_end(x, 0, at_ms * MS);
	ops->end(x, HTTP_END_OK, at_ms * MS);
}

/* A long request, and a short one within its time that is known first. */
static void times_do_not_depend_on_which_request_ends_first(void **state)
{
	static const char aside[] = "{\"model\":\"haiku\",\"max_tokens\":9,\"messages\":[]}";
	static const char result[] =
		CLAUDE_ASK(CLAUDE_USER CLAUDE_TURN CLAUDE_RESULT("t1", "") "]}");
	static const char says[] = CLAUDE_SAYS(CLAUDE_TEXT, "end_turn");
	unsigned int i, asked_ms[] = {2300, 2150};
	void *x, *y;

	start();
	for (i = 0; i < 2; i++) {
		unsigned int at = 10000 * i;

		say(at + 1000, "/v1/messages", CLAUDE, CLAUDE_ASK(CLAUDE_USER), 200,
		    CLAUDE_SAYS(CLAUDE_USE("t1", "Bash", "{}"), "tool_use"));
		x = begin_round(at + 2000, CLAUDE, result);
		y = begin_round(at + 2100, CLAUDE, aside);
		if (!i) {
			end_round(y, 2120, 2210, says);
			end_round(x, asked_ms[i], 2400, says);
		} else {
			call_tracker__http_ops()->request_end(y, 0, (at + 2120) * MS);
			end_round(x, at + asked_ms[i], at + 2400, says);
			end_round(y, at + 2120, at + 2410, says);
		}
		assert_int_equal(told.n_runs, i + 1);
		assert_int_equal(told.runs[i].calls, 3);
		assert_int_equal(told.runs[i].tool_ns, (2000 - 1110) * MS);
		assert_int_equal(told.runs[i].model_ns, (110 + (i ? 410 : 400)) * MS);
		assert_int_equal(told.runs[i].duration_ns, (i ? 1410 : 1400) * MS);
	}
	check_tree();
}

static void other_processes_have_other_runs(void **state)
{
	struct exchange e = {.path = CHAT,
			     .request = CHAT_BRING(CHAT_RESULT("call_1")),
			     .status = 200,
			     .response_headers = JSON,
			     .parts = {CHAT_DONE},
			     .dir = DIR_WRITE,
			     .first_ns = 2000 * MS,
			     .pid = 77};

	start();
	say(1000, CHAT, NULL, CHAT_ASK("go"), 200, CHAT_CALLS(CHAT_CALL("call_1", "a", "{}")));
	play(&e, 0);
	assert_int_equal(told.n_runs, 1);
	assert_int_equal(told.runs[0].rounds, 1);
	finish();
	assert_int_equal(told.n_runs, 2);
	assert_int_equal(told.runs[1].end, RUN_CAPTURE_END);
	check_tree();
}

static void a_process_that_exits_ends_its_runs(void **state)
{
	const struct capture_exit e = {.pid = 42, .ts_ns = 2000 * MS};

	start();
	say(1000, CHAT, NULL, CHAT_ASK("go"), 200, CHAT_CALLS(CHAT_CALL("t1", "a", "{}")));
	call_tracker__capture_ops()->exit(run.tracker, &e);
	assert_int_equal(told.n_runs, 1);
	assert_int_equal(told.runs[0].end, RUN_PROCESS_EXIT);
	assert_int_equal(told.n_tools, 0); /* nobody knows when it ended */
	assert_int_equal(told.runs[0].tools, 1);
}

static void silence_ends_a_run(void **state)
{
	const struct capture_ops *ops = call_tracker__capture_ops();
	uint64_t due_ns = run.lim.run_tool_ns + 1110 * MS;

	start();
	say(1000, CHAT, NULL, CHAT_ASK("go"), 200, CHAT_CALLS(CHAT_CALL("t1", "a", "{}")));
	ops->tick(run.tracker, due_ns);
	assert_int_equal(told.n_runs, 0);
	/* Whether a tick comes in time or not. */
	say((unsigned int)(due_ns / MS) + 1, CHAT, NULL, CHAT_BRING(CHAT_RESULT("t1")), 200,
	    CHAT_DONE);
	assert_int_equal(told.n_runs, 2);
	assert_int_equal(told.runs[0].end, RUN_SILENCE);
	assert_int_equal(told.runs[1].end, RUN_FINISHED);
	assert_int_equal(told.n_tools, 0);
	check_tree();
}

static void too_many_runs_end_the_oldest(void **state)
{
	run.lim.runs = 2;
	start();
	say(1000, CHAT, NULL, CHAT_ASK("a"), 200, CHAT_CALLS(CHAT_CALL("t1", "a", "{}")));
	say(2000, CHAT, NULL, CHAT_ASK("b"), 200, CHAT_CALLS(CHAT_CALL("t2", "a", "{}")));
	say(3000, CHAT, NULL, CHAT_ASK("c"), 200, CHAT_CALLS(CHAT_CALL("t3", "a", "{}")));
	assert_int_equal(told.n_runs, 1);
	assert_int_equal(told.runs[0].end, RUN_SUPERSEDED);
	is_of(0, 0);
	say(4000, CHAT, NULL, CHAT_BRING(CHAT_RESULT("t2")), 200, CHAT_DONE);
	assert_int_equal(told.runs[1].rounds, 2);
	finish();
	assert_int_equal(told.n_runs, 3);
	check_tree();
}

static void the_applications_trace_is_kept(void **state)
{
	static const uint8_t parent[8] = {0xb7, 0xad, 0x6b, 0x71, 0x69, 0x20, 0x33, 0x31};
	const char *headers =
		"traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\n";

	start();
	say(1000, CHAT, headers, CHAT_ASK("a"), 200, CHAT_CALLS(CHAT_CALL("t1", "a", "{}")));
	/* Beside the rounds, in the same trace. */
	say(1500, "/v1/embeddings", headers, "{\"model\":\"e\",\"input\":\"x\"}", 200,
	    "{\"object\":\"list\",\"data\":[{\"object\":\"embedding\"}],\"model\":\"e\"}");
	say(2000, CHAT, NULL, CHAT_BRING(CHAT_RESULT("t1")), 200, CHAT_DONE);
	assert_int_equal(told.n_runs, 1);
	assert_int_equal(told.runs[0].trace_id[0], 0x0a);
	assert_memory_equal(told.runs[0].parent_span_id, parent, 8);
	check_tree();
	is_of(0, 0);
	is_of(1, 0);
	is_of(2, 0);
	assert_int_equal(told.runs[0].rounds, 2);
	assert_int_equal(told.runs[0].calls, 3);
	assert_string_equal(told.runs[0].model, "gpt-4o"); /* of the rounds */
}

static void what_the_filter_leaves_out_is_in_the_sums(void **state)
{
	run.filter.only_errors = true;
	start();
	say(1000, CHAT, NULL, CHAT_ASK("a"), 200, CHAT_DONE);
	finish();
	assert_int_equal(told.n_calls, 0);
	assert_int_equal(told.n_runs, 0); /* nothing names it */
	say(2000, CHAT, NULL, CHAT_ASK("b"), 200, CHAT_CALLS(CHAT_CALL("t1", "a", "{}")));
	say(3000, CHAT, NULL, CHAT_BRING(CHAT_RESULT("t1")), 500, REFUSED);
	say(4000, CHAT, NULL, CHAT_BRING(CHAT_RESULT("t1")), 200, CHAT_DONE);
	assert_int_equal(told.n_calls, 1);
	assert_int_equal(told.n_runs, 1);
	assert_int_equal(told.runs[0].calls, 3);
	check_tree();
}

static void a_gateway_counts_once(void **state)
{
	struct exchange e = {.path = CHAT,
			     .request = CHAT_ASK("a"),
			     .status = 200,
			     .response_headers = JSON,
			     .parts = {CHAT_DONE},
			     .dir = DIR_READ};

	run.filter.role = FILTER_BOTH;
	start();
	play(&e, 0);
	e.dir = DIR_WRITE;
	play(&e, 0);
	assert_int_equal(told.n_calls, 2);
	assert_int_equal(told.n_runs, 1);
	is_of(1, 0);
}

static void replays_give_the_same_ids(void **state)
{
	struct agent_run first;
	uint8_t tool[8];

	start();
	say(1000, CHAT, NULL, CHAT_ASK("go"), 200, CHAT_CALLS(CHAT_CALL("t1", "a", "{}")));
	next_conn--;
	say(2000, CHAT, NULL, CHAT_BRING(CHAT_RESULT("t1")), 200, CHAT_DONE);
	first = told.runs[0];
	memcpy(tool, told.tools[0].span_id, 8);
	call_tracker__free(run.tracker);
	next_conn -= 1;
	start();
	say(1000, CHAT, NULL, CHAT_ASK("go"), 200, CHAT_CALLS(CHAT_CALL("t1", "a", "{}")));
	next_conn--;
	say(2000, CHAT, NULL, CHAT_BRING(CHAT_RESULT("t1")), 200, CHAT_DONE);
	assert_memory_equal(told.runs[1].span_id, first.span_id, 8);
	assert_memory_equal(told.runs[1].trace_id, first.trace_id, 16);
	assert_memory_equal(told.tools[1].span_id, tool, 8);
}

static void ignore_call(const struct call *c)
{
}

static void count_run(void *ctx, const struct agent_run *r)
{
	told.n_runs++;
}

/* A crowd of uses of tools, all with one id: whoever joins or ends a run must not look at all of
 * them, or this takes minutes. */
static void one_id_for_all_tools_costs_no_more(void **state)
{
	char ask[128 * 100] = CHAT_CALL("x", "a", "{}"), answer[sizeof(ask) + 256];
	unsigned int i;

	for (i = 1; i < 128; i++)
		strcat(ask, "," CHAT_CALL("x", "a", "{}"));
	snprintf(answer, sizeof(answer),
		 "{\"id\":\"c\",\"model\":\"gpt-4o\",\"choices\":[{\"index\":0,\"message\":{"
		 "\"tool_calls\":[%s]},\"finish_reason\":\"tool_calls\"}]" CHAT_USAGE,
		 ask);
	run.on_call = ignore_call;
	run.on_run = count_run;
	start();
	for (i = 0; i < 1000; i++)
		say(1000 + i, CHAT, NULL, CHAT_ASK("go"), 200, answer);
	say(3000, CHAT, NULL, CHAT_BRING(CHAT_RESULT("x")), 200, CHAT_DONE);
	finish();
	assert_int_equal(told.n_runs, 1001);
}

static void tools_past_the_bound_are_forgotten(void **state)
{
	run.lim.run_tools = 2;
	start();
	say(1000, CHAT, NULL, CHAT_ASK("go"), 200,
	    CHAT_CALLS(CHAT_CALL("t1", "a", "{}") "," CHAT_CALL("t2", "b", "{}") "," CHAT_CALL(
		    "t3", "c", "{}")));
	say(2000, CHAT, NULL,
	    CHAT_BRING(CHAT_RESULT("t1") "," CHAT_RESULT("t2") "," CHAT_RESULT("t3")), 200,
	    CHAT_DONE);
	assert_int_equal(told.n_runs, 1);
	assert_int_equal(told.n_tools, 2);
	assert_int_equal(told.runs[0].tools, 3);
	assert_true(told.runs[0].truncated);
}

static void room_is_made_by_ending_the_oldest(void **state)
{
	unsigned int i;

	run.lim.runs_bytes = 8 << 10;
	start();
	for (i = 0; i < 20; i++) {
		char answer[512];

		snprintf(answer, sizeof(answer), CHAT_CALLS(CHAT_CALL("t%u", "a", "{}")), i);
		say(1000 + 100 * i, CHAT, NULL, CHAT_ASK("go"), 200, answer);
	}
	assert_true(told.n_runs >= 10);
	assert_int_equal(told.runs[0].end, RUN_SUPERSEDED);
	finish();
	assert_int_equal(told.n_runs, 20);
	check_tree();
}

/* Runs of pid 77, each waiting for a tool. */
static void crowd(unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		struct exchange e = {.path = CHAT,
				     .request = CHAT_ASK("go"),
				     .status = 200,
				     .response_headers = JSON,
				     .parts = {CHAT_CALLS(CHAT_CALL("call_1", "a", "{}"))},
				     .dir = DIR_WRITE,
				     .conn = next_conn++,
				     .first_ns = (2000 + 500 * i) * MS,
				     .pid = 77};

		play(&e, 0);
	}
}

static void a_process_pushes_out_its_own(void **state)
{
	unsigned int i;

	run.lim.runs = 6;
	run.lim.runs_per_process = 3;
	start();
	say(1000, CHAT, NULL, CHAT_ASK("go"), 200, CHAT_CALLS(CHAT_CALL("t1", "a", "{}")));
	crowd(20);
	assert_int_equal(told.n_runs, 17);
	for (i = 0; i < told.n_runs; i++) {
		assert_int_equal(told.runs[i].who.pid, 77);
		assert_int_equal(told.runs[i].end, RUN_SUPERSEDED);
		assert_int_equal(told.runs[i].time_ns, WALL + (2000 + 500 * i) * MS);
	}
	say(20000, CHAT, NULL, CHAT_BRING(CHAT_RESULT("t1")), 200, CHAT_DONE);
	assert_int_equal(told.runs[17].rounds, 2);
	assert_int_equal(told.runs[17].end, RUN_FINISHED);
	finish();
	assert_int_equal(told.n_runs, 21);
	assert_int_equal(run.stats.runs, 21);
	assert_int_equal(run.stats.superseded, 17);
	check_tree();
}

static void a_process_has_a_share_of_the_room(void **state)
{
	unsigned int i;

	run.lim.runs_bytes = 32 << 10;
	run.lim.runs_process_bytes = 12 << 10;
	start();
	say(1000, CHAT, NULL, CHAT_ASK("go"), 200, CHAT_CALLS(CHAT_CALL("t1", "a", "{}")));
	crowd(40);
	assert_true(told.n_runs > 10);
	for (i = 0; i < told.n_runs; i++)
		assert_int_equal(told.runs[i].who.pid, 77);
	say(30000, CHAT, NULL, CHAT_BRING(CHAT_RESULT("t1")), 200, CHAT_DONE);
	assert_int_equal(told.runs[told.n_runs - 1].end, RUN_FINISHED);
	finish();
	assert_int_equal(told.n_runs, 41);
	for (i = 0; i < told.n_runs; i++)
		assert_false(told.runs[i].truncated);
	check_tree();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		RUN_TEST(rounds_are_joined_by_results),
		RUN_TEST(a_chat_without_tools_is_no_run),
		RUN_TEST(tools_that_are_not_used_make_a_run_of_one_round),
		RUN_TEST(parallel_tools_are_told_each),
		RUN_TEST(a_retry_of_the_first_request_is_the_same_run),
		RUN_TEST(a_retry_amid_a_run_joins_it),
		RUN_TEST(a_failure_that_nobody_tries_again_ends_the_run),
		RUN_TEST(interleaved_agents_stay_apart),
		RUN_TEST(an_id_that_two_runs_wait_for_joins_none),
		RUN_TEST(an_id_that_one_run_waits_for_joins_it),
		RUN_TEST(a_retry_is_of_its_run_whoever_waits),
		RUN_TEST(an_answer_that_asks_thrice_at_once_is_no_loop),
		RUN_TEST(times_do_not_depend_on_which_request_ends_first),
		RUN_TEST(other_processes_have_other_runs),
		RUN_TEST(a_process_that_exits_ends_its_runs),
		RUN_TEST(silence_ends_a_run),
		RUN_TEST(too_many_runs_end_the_oldest),
		RUN_TEST(the_applications_trace_is_kept),
		RUN_TEST(what_the_filter_leaves_out_is_in_the_sums),
		RUN_TEST(a_gateway_counts_once),
		RUN_TEST(replays_give_the_same_ids),
		RUN_TEST(one_id_for_all_tools_costs_no_more),
		RUN_TEST(tools_past_the_bound_are_forgotten),
		RUN_TEST(room_is_made_by_ending_the_oldest),
		RUN_TEST(a_process_pushes_out_its_own),
		RUN_TEST(a_process_has_a_share_of_the_room),
	};

	return cmocka_run_group_tests_name("runs", tests, NULL, NULL);
}
