// SPDX-License-Identifier: Apache-2.0
/* Sessions, through dialects that stand in for the providers' own. */
#include "call_rig.h"
#include "stand_ins.h"

/* ---- a session under test ---- */

static struct {
	void *x;
	uint64_t at_ns; /* of the next message */
} ws;

static const struct exchange on_session = {.path = "/session", .dir = DIR_WRITE};

static void open_session(const char *headers)
{
	const struct http_head h = {.status = 101, .version = 11};
	const struct http_msg_ops *ops = call_tracker__http_ops();
	struct exchange e = on_session;

	e.headers = headers;
	ws.x = begin(&e, 5);
	assert_non_null(ws.x);
	ws.at_ns = 1100 * MS;
	ops->request_end(ws.x, 0, 1001 * MS);
	ops->response(ws.x, &h, 1050 * MS, 1050 * MS);
	ops->upgrade(ws.x, SPAN_LIT("websocket"), 1050 * MS);
}

/* Messages come 10 ms apart, in two pieces. */
static void say(enum side side, const char *json)
{
	const struct http_msg_ops *ops = call_tracker__http_ops();
	struct span s = span_str(json);

	ops->message(ws.x, side, span_head(s, s.n / 2), false, ws.at_ns);
	ops->message(ws.x, side, span_skip(s, s.n / 2), true, ws.at_ns + 1 * MS);
	ws.at_ns += 10 * MS;
}

static void ask(const char *json)
{
	say(SIDE_REQUEST, json);
}

static void answer(const char *json)
{
	say(SIDE_RESPONSE, json);
}

static void close_session(enum http_end why)
{
	call_tracker__http_ops()->end(ws.x, why, ws.at_ns);
}

static uint64_t open_calls(void)
{
	struct stats st;

	call_tracker__stats(run.tracker, 0, &st);
	return st.open_calls;
}

static void each_turn_is_a_call(void **state)
{
	uint8_t span_id[8], trace_id[16];

	start();
	open_session(NULL);
	assert_int_equal(open_calls(), 0);
	ask("{\"model\":\"m1\",\"conversation\":\"c1\",\"temperature\":0.5}");
	ask("{\"ask\":1,\"stop\":\"x\"}"); /* at 1110 */
	assert_int_equal(open_calls(), 1);
	answer("{\"turn\":1,\"id\":\"r1\"}");			   /* 1120 */
	answer("{\"turn\":1,\"word\":\"a\"}");			   /* 1130 */
	answer("{\"turn\":1,\"word\":\"b\"}");			   /* 1140 */
	answer("{\"turn\":1,\"end\":1,\"input\":9,\"output\":2}"); /* 1150 */
	assert_int_equal(run.n, 1);
	assert_int_equal(open_calls(), 0);
	assert_int_equal(run.last.time_ns, WALL + 1110 * MS);
	assert_int_equal(run.last.duration_ns, 41 * MS);
	assert_int_equal(run.last.ttfc_ns, 11 * MS);
	assert_int_equal(run.last.ttft_ns, 21 * MS);
	assert_int_equal(run.last.ttlt_ns, 31 * MS);
	assert_int_equal(run.last.itl_p50_ns, 10 * MS);
	assert_int_equal(run.last.chunks, 2);
	assert_int_equal(run.last.status, 101);
	assert_true(run.last.streamed);
	assert_true(run.last.done);
	assert_false(run.last.truncated);
	assert_int_equal(run.last.request_bytes, strlen("{\"ask\":1,\"stop\":\"x\"}"));
	assert_int_equal(run.last.response_bytes,
			 strlen("{\"turn\":1,\"id\":\"r1\"}{\"turn\":1,\"word\":\"a\"}"
				"{\"turn\":1,\"word\":\"b\"}"
				"{\"turn\":1,\"end\":1,\"input\":9,\"output\":2}"));
	expect("\"gen_ai.request.model\":\"m1\"");
	expect("\"gen_ai.conversation.id\":\"c1\"");
	expect("\"gen_ai.request.temperature\":0.5");
	expect("\"gen_ai.request.stop_sequences\":[\"x\"]");
	expect("\"gen_ai.response.id\":\"r1\"");
	expect("\"gen_ai.usage.input_tokens\":9");
	expect("\"llmsnoop.api\":\"test.session\"");
	expect_not("error.type");
	memcpy(span_id, run.last.span_id, 8);
	memcpy(trace_id, run.last.trace_id, 16);

	/* The next one knows the session's facts, but nothing of the turn before. */
	ask("{\"model\":\"m2\"}");
	ask("{\"ask\":1}");
	answer("{\"turn\":2,\"end\":1,\"output\":1}");
	assert_int_equal(run.n, 2);
	expect("\"gen_ai.request.model\":\"m2\"");
	expect("\"gen_ai.conversation.id\":\"c1\"");
	expect_not("gen_ai.response.id");
	expect_not("stop_sequences");
	expect_not("input_tokens");
	assert_int_equal(run.last.chunks, 0);
	assert_memory_not_equal(run.last.span_id, span_id, 8);
	assert_memory_not_equal(run.last.trace_id, trace_id, 16);
	close_session(HTTP_END_OK);
	assert_int_equal(run.n, 2); /* the session is no record of its own */
	call_tracker__finish(run.tracker, 0);
	assert_int_equal(run.stats.calls, 2);
	assert_int_equal(run.stats.errors, 0);
	assert_int_equal(run.stats.output_tokens, 3);
}

/* The session's texts are overwritten in place: a turn has its own. */
static void turns_overlap(void **state)
{
	start();
	open_session("traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\n");
	ask("{\"model\":\"m1\"}");
	ask("{\"ask\":1}");
	ask("{\"turn\":0,\"model\":\"m2\"}");
	ask("{\"ask\":1}");
	assert_int_equal(open_calls(), 2);
	answer("{\"turn\":2,\"word\":\"b\"}");
	answer("{\"turn\":1,\"word\":\"a\"}");
	answer("{\"turn\":2,\"end\":1}");
	assert_int_equal(run.n, 1);
	expect("\"gen_ai.request.model\":\"m2\"");
	expect("\"trace_id\":\"0af7651916cd43dd8448eb211c80319c\"");
	expect("\"parent_span_id\":\"b7ad6b7169203331\"");
	answer("{\"turn\":1,\"error\":{\"type\":\"overloaded\"}}");
	answer("{\"turn\":1,\"end\":1}");
	expect("\"gen_ai.request.model\":\"m1\"");
	expect("\"trace_id\":\"0af7651916cd43dd8448eb211c80319c\"");
	expect("\"error.type\":\"overloaded\"");
	assert_int_equal(run.last.chunks, 1);
	close_session(HTTP_END_CLIENT);
	assert_int_equal(run.n, 2);
}

static void results_are_of_the_next_turn(void **state)
{
	start();
	open_session(NULL);
	ask("{\"result\":\"call_1\"}");
	ask("{\"result\":\"call_2\"}");
	ask("{\"ask\":1}");
	answer("{\"turn\":1,\"end\":1}");
	assert_int_equal(run.last.n_tool_results, 2);
	ask("{\"turn\":0,\"result\":\"call_3\"}");
	ask("{\"ask\":1}");
	answer("{\"turn\":2,\"end\":1}");
	assert_int_equal(run.last.n_tool_results, 1);
	ask("{\"ask\":1}");
	answer("{\"turn\":3,\"end\":1}");
	assert_int_equal(run.last.n_tool_results, 0);
	close_session(HTTP_END_OK);
}

static void lists_are_said_as_a_whole(void **state)
{
	unsigned int i;

	start();
	open_session(NULL);
	for (i = 1; i <= 3; i++) {
		ask("{\"stop\":\"x\"}");
		ask("{\"ask\":1}");
		answer("{\"turn\":0,\"id\":\"r\"}");
		ask("{\"turn\":0}");
		assert_int_equal(open_calls(), i);
	}
	answer("{\"turn\":3,\"end\":1}");
	assert_int_equal(run.last.n_stop_sequences, 1);
	assert_false(run.last.truncated);
	close_session(HTTP_END_OK);
}

static void an_end_ends_open_turns(void **state)
{
	static const struct {
		enum http_end why;
		const char *error;
	} ends[] = {
		{HTTP_END_CLIENT, "\"error.type\":\"cancelled\""},
		{HTTP_END_SERVER, "\"error.type\":\"connection_reset\""},
		{HTTP_END_PROCESS, "\"error.type\":\"process_exit\""},
		{HTTP_END_LOST, NULL},
		{HTTP_END_CAPTURE, NULL},
	};
	size_t i;

	start();
	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		run.n = 0;
		open_session(NULL);
		ask("{\"model\":\"m1\"}");
		ask("{\"ask\":1}");
		ask("{\"ask\":1}");
		answer("{\"turn\":1,\"word\":\"a\",\"output\":5}");
		close_session(ends[i].why);
		assert_int_equal(run.n, 2);
		assert_true(run.last.truncated);
		assert_int_equal(run.last.output_tokens, -1);
		if (ends[i].error)
			expect(ends[i].error);
		else
			expect_not("error.type");
	}
}

static void gaps_flag_open_turns(void **state)
{
	const struct http_msg_ops *ops = call_tracker__http_ops();

	start();
	open_session(NULL);
	ask("{\"ask\":1}");
	answer("{\"turn\":1,\"word\":\"a\",\"input\":5}");
	ops->message(ws.x, SIDE_RESPONSE, SPAN_LIT("{\"turn\":1,\"wo"), false, ws.at_ns);
	ops->gap(ws.x, SIDE_RESPONSE, 77);
	answer("{\"turn\":1,\"word\":\"c\",\"output\":6}");
	answer("{\"turn\":1,\"end\":1}");
	assert_true(run.last.truncated);
	assert_int_equal(run.last.lost_bytes, 77);
	assert_int_equal(run.last.chunks, -1);
	assert_int_equal(run.last.input_tokens, -1); /* the lost one may have changed it */
	assert_int_equal(run.last.output_tokens, 6);
	/* It is over with that turn. */
	ask("{\"ask\":1}");
	answer("{\"turn\":2,\"word\":\"a\"}");
	answer("{\"turn\":2,\"end\":1}");
	assert_false(run.last.truncated);
	assert_int_equal(run.last.lost_bytes, 0);
	assert_int_equal(run.last.chunks, 1);
	/* Not so what the client said: it may have been of the whole session. */
	ops->gap(ws.x, SIDE_REQUEST, 0);
	ask("{\"ask\":1}");
	answer("{\"turn\":3,\"end\":1}");
	assert_true(run.last.truncated);
	close_session(HTTP_END_OK);
}

static void broken_messages_flag_their_turn(void **state)
{
	start();
	open_session(NULL);
	ask("{\"ask\":1}");
	answer("{\"turn\":1,\"word\" \"a\"}");
	answer("{\"turn\":1,\"end\":1}");
	assert_true(run.last.truncated);
	ask("{\"ask\":1}");
	answer("{\"turn\":2,\"end\":1}");
	assert_false(run.last.truncated);
	close_session(HTTP_END_OK);
}

static void open_turns_are_bounded(void **state)
{
	unsigned int i;

	run.lim.turns = 3;
	start();
	open_session(NULL);
	for (i = 0; i < 5; i++)
		ask("{\"ask\":1}");
	assert_int_equal(open_calls(), 3);
	answer("{\"turn\":5,\"end\":1}"); /* not followed */
	assert_int_equal(run.n, 0);
	answer("{\"turn\":3,\"end\":1}");
	ask("{\"ask\":1}");
	answer("{\"turn\":6,\"end\":1}");
	assert_int_equal(run.n, 2);
	close_session(HTTP_END_OK);
	assert_int_equal(run.n, 4);
	call_tracker__finish(run.tracker, 0);
	assert_int_equal(run.stats.refused, 2);
}

static void so_many_turns_end_the_run(void **state)
{
	run.max_calls = 2;
	start();
	open_session(NULL);
	ask("{\"ask\":1}");
	answer("{\"turn\":1,\"end\":1}");
	assert_false(call_tracker__full(run.tracker));
	ask("{\"ask\":1}");
	ask("{\"ask\":1}");
	answer("{\"turn\":2,\"end\":1}");
	assert_true(call_tracker__full(run.tracker));
	answer("{\"turn\":3,\"end\":1}");
	close_session(HTTP_END_CLIENT);
	assert_int_equal(run.n, 2);
}

static void a_refused_session_is_a_failed_call(void **state)
{
	struct exchange e = {
		.path = "/session", .status = 401, .response_headers = JSON, .dir = DIR_WRITE};

	start();
	e.parts[0] = "{\"error\":{\"type\":\"invalid_api_key\"}}";
	play(&e, 0);
	assert_int_equal(run.n, 1);
	expect("\"error.type\":\"invalid_api_key\"");
	expect("\"http.response.status_code\":401");
	e.parts[0] = NULL;
	play(&e, 0);
	assert_int_equal(run.n, 2);
	expect("\"error.type\":\"401\"");
	e.status = 0;
	e.why = HTTP_END_SERVER;
	play(&e, 0);
	assert_int_equal(run.n, 3);
	expect("\"error.type\":\"connection_reset\"");
	/* Neither refused nor begun: a page that stands there, too. */
	e.status = 200;
	e.why = HTTP_END_OK;
	play(&e, 0);
	assert_int_equal(run.n, 3);
	call_tracker__finish(run.tracker, 0);
	assert_int_equal(run.stats.errors, 3);
}

/* The tracker may go with a session open; all memory does, too. */
static void what_is_open_is_freed(void **state)
{
	start();
	open_session(NULL);
	ask("{\"model\":\"m1\"}");
	ask("{\"ask\":1}");
	ask("{\"ask\":1}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_turn_is_a_call),
		TEST(turns_overlap),
		TEST(results_are_of_the_next_turn),
		TEST(lists_are_said_as_a_whole),
		TEST(an_end_ends_open_turns),
		TEST(gaps_flag_open_turns),
		TEST(broken_messages_flag_their_turn),
		TEST(open_turns_are_bounded),
		TEST(so_many_turns_end_the_run),
		TEST(a_refused_session_is_a_failed_call),
		TEST(what_is_open_is_freed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
