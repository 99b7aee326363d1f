// SPDX-License-Identifier: Apache-2.0
/* Sessions and what is no call after all, through dialects that stand in for the providers' own:
 * this file defines what dialect/table.c does, so that its table is the one that is linked. */
#include "call_rig.h"
#undef USAGE /* an answer of the rig; wire.h has its own */
#include "dialect/wire.h"

/* ---- the dialects: what comes after "ask" in a client's message, or after "turn":N in a server's,
 * is of that turn ---- */

enum {
	OWN_ASK = WIRE_OWN,
	OWN_TURN,
	OWN_WORD,
	OWN_END,
	OWN_RESULT,
	OWN_PENDING,
};

static const struct json_path session_request[] = {
	JSON_PATH("ask", OWN_ASK, JSON_SCALAR),
	JSON_PATH("turn", OWN_TURN, JSON_SCALAR),
	JSON_PATH("model", FACT_REQUEST_MODEL, JSON_SCALAR),
	JSON_PATH("temperature", FACT_REQUEST_TEMPERATURE, JSON_SCALAR),
	JSON_PATH("result", OWN_RESULT, JSON_SCALAR),
	JSON_PATH("stop", FACT_REQUEST_STOP, JSON_SCALAR),
	JSON_PATH("conversation", FACT_CONVERSATION_ID, JSON_SCALAR),
};
static const struct json_path session_request_root = JSON_ROOT(session_request);

static const struct json_path session_answer[] = {
	JSON_PATH("turn", OWN_TURN, JSON_SCALAR),
	JSON_PATH("word", OWN_WORD, JSON_SCALAR),
	JSON_PATH("end", OWN_END, JSON_SCALAR),
	JSON_PATH("id", FACT_RESPONSE_ID, JSON_SCALAR),
	JSON_PATH("finish", FACT_FINISH_REASON, JSON_SCALAR),
	JSON_PATH("input", WIRE_INPUT, JSON_SCALAR),
	JSON_PATH("output", WIRE_OUTPUT, JSON_SCALAR),
	JSON_KIDS("error", 0, 0, wire_error),
};
static const struct json_path session_answer_root = JSON_ROOT(session_answer);

static void session_value(struct dialect_reader *r, const struct json_value *v)
{
	switch (v->id) {
	case OWN_ASK:
		wire__turn_begin(r, r->message_ns[SIDE_REQUEST]);
		break;
	case OWN_TURN:
		r->turn = (uint32_t)v->number;
		break;
	case OWN_WORD:
		r->output = true;
		break;
	case OWN_RESULT:
		wire__text(r, FACT_TOOL_RESULT_ID, v->text, false, 0);
		break;
	default:
		wire__turn_end(r);
	}
}

static bool match_session(const struct http_head *h, struct span path)
{
	return span_eq(path, SPAN_LIT("/session"));
}

static bool match_weak(const struct http_head *h, struct span path)
{
	return span_eq(path, SPAN_LIT("/weak"));
}

static const struct dialect session = {
	.api = "test.session",
	.operation = "chat",
	.flavour = "test",
	.session = true,
	.match = match_session,
	.request = &session_request_root,
	.answer = &session_answer_root,
	.request_value = session_value,
	.answer_value = session_value,
};

static const struct dialect weak = {
	.api = "test.weak",
	.operation = "chat",
	.flavour = "test",
	.weak = true,
	.match = match_weak,
	.request = &session_request_root,
	.answer = &session_answer_root,
	.request_value = session_value,
	.answer_value = session_value,
};

static bool match_background(const struct http_head *h, struct span path)
{
	return span_eq(path, SPAN_LIT("/background"));
}

static bool match_fetch(const struct http_head *h, struct span path)
{
	return span_starts(path, SPAN_LIT("/fetch"));
}

static bool match_tool(const struct http_head *h, struct span path)
{
	return span_eq(path, SPAN_LIT("/tool"));
}

static bool match_opaque(const struct http_head *h, struct span path)
{
	return span_eq(path, SPAN_LIT("/opaque"));
}

static const struct json_path other_request[] = {
	JSON_PATH("method", FACT_MCP_METHOD, JSON_SCALAR),
	JSON_PATH("tool", FACT_MCP_TOOL, JSON_SCALAR),
};
static const struct json_path other_request_root = JSON_ROOT(other_request);

static const struct json_path other_answer[] = {
	JSON_PATH("id", FACT_RESPONSE_ID, JSON_SCALAR),
	JSON_PATH("pending", OWN_PENDING, JSON_SCALAR),
	JSON_PATH("input", WIRE_INPUT, JSON_SCALAR),
	JSON_KIDS("error", 0, 0, wire_error),
};
static const struct json_path other_answer_root = JSON_ROOT(other_answer);

static void other_value(struct dialect_reader *r, const struct json_value *v)
{
	wire__number(r, FACT_PENDING, v->number);
}

/* The call whose answer is made in the background, or fetched by "/fetch…". */
#define OTHER(name, what, match_it)             \
	static const struct dialect name = {    \
		.api = "test." #name,           \
		.operation = #name,             \
		.flavour = "test",              \
		.kind = what,                   \
		.match = match_it,              \
		.request = &other_request_root, \
		.answer = &other_answer_root,   \
		.answer_value = other_value,    \
	}

OTHER(background, DIALECT_CALL, match_background);
OTHER(fetch_response, DIALECT_FETCH, match_fetch);
OTHER(tool, DIALECT_TOOL, match_tool);
OTHER(opaque, DIALECT_OPAQUE, match_opaque);

static const struct dialect *const dialects[] = {&session,	  &weak, &background,
						 &fetch_response, &tool, &opaque};

const struct dialect *dialect__match(const struct http_head *request)
{
	size_t i;

	for (i = 0; i < sizeof(dialects) / sizeof(dialects[0]); i++)
		if (dialects[i]->match(request, request->path))
			return dialects[i];
	return NULL;
}

enum dialect_kind dialect__kind(const struct dialect *d)
{
	return d->kind;
}

bool dialect__is_session(const struct dialect *d)
{
	return d->session;
}

const char *dialect__api(const struct dialect *d)
{
	return d->api;
}

const char *dialect__operation(const struct dialect *d)
{
	return d->operation;
}

const char *dialect__provider(const struct dialect *d, struct span host, struct span path)
{
	return d->flavour;
}

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
		TEST(each_turn_is_a_call),
		TEST(turns_overlap),
		TEST(results_are_of_the_next_turn),
		TEST(an_end_ends_open_turns),
		TEST(gaps_flag_open_turns),
		TEST(broken_messages_flag_their_turn),
		TEST(open_turns_are_bounded),
		TEST(so_many_turns_end_the_run),
		TEST(a_refused_session_is_a_failed_call),
		TEST(what_is_open_is_freed),
		TEST(what_is_not_proved_is_no_call),
		TEST(a_fetched_answer_counts_once),
		TEST(what_was_fetched_is_forgotten_in_order),
		TEST(tools_are_counted_apart),
		TEST(what_cannot_be_read_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
