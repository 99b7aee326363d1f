// SPDX-License-Identifier: Apache-2.0
/* What is said, from bodies to the content of records: joined, masked, bounded, sampled. */
#include "call_rig.h"

#include <errno.h>

#include "content/content.h"
#include "base/json_doc.h"
#include "enrich/redact.h"

static struct content_config config;
static struct arena_budget budget;

static int with_content(void **state)
{
	char why[100];

	reset(state);
	budget = (struct arena_budget){.max_bytes = 1 << 20};
	config = (struct content_config){
		.mode = CONTENT_FULL, .sample_percent = -1, .lim = &run.lim, .budget = &budget};
	assert_int_equal(redact__new(NULL, &config.redact, why, sizeof(why)), 0);
	run.content = &config;
	return 0;
}

static int without_content(void **state)
{
	stop(state);
	redact__free(config.redact);
	assert_int_equal(budget.used_bytes, 0);
	return 0;
}

#define WITH(f) cmocka_unit_test_setup_teardown(f, with_content, without_content)

#define CHAT                                                                                      \
	"{\"model\":\"gpt-4o\",\"stream\":true,\"messages\":["                                    \
	"{\"role\":\"system\",\"content\":\"Be brief.\"},"                                        \
	"{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"I am anna@example.org\"}," \
	"{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,iVBORw0K\"}}]}]," \
	"\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"mail\","                      \
	"\"description\":\"Mails.\",\"parameters\":{\"type\":\"object\"}}}]}"

static const struct exchange chat = {
	.request = CHAT,
	.status = 200,
	.dir = DIR_WRITE,
	.response_headers = SSE,
	.parts = {ROLE, CHUNK("\"content\":\"Write to bo\"", "null"),
		  CHUNK("\"content\":\"b@examp\"", "null"),
		  CHUNK("\"content\":\"le.com now.\"", "null"),
		  CHUNK("\"tool_calls\":[{\"index\":0,\"id\":\"c1\",\"function\":{\"name\":"
			"\"mail\",\"arguments\":\"{\\\"to\\\":\\\"car\"}}]",
			"null"),
		  CHUNK("\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":"
			"\"l@example.net\\\"}\"}}]",
			"\"tool_calls\""),
		  DONE},
};

static void test_chat(void **state)
{
	size_t step;

	/* Whole, and by bytes: a mask goes over what was split. */
	for (step = 0; step < 2; step++) {
		start();
		play(&chat, step);
		expect("\"gen_ai.input.messages\":[{\"role\":\"system\",\"parts\":[{\"type\":"
		       "\"text\",\"content\":\"Be brief.\"}]},{\"role\":\"user\",\"parts\":[{"
		       "\"type\":\"text\",\"content\":\"I am [email]\"},{\"type\":\"blob\","
		       "\"modality\":\"image\",\"mime_type\":\"image/png\",\"content\":"
		       "\"iVBORw0K\"}]}]");
		expect("\"gen_ai.output.messages\":[{\"role\":\"assistant\",\"parts\":[{\"type\":"
		       "\"text\",\"content\":\"Write to [email] now.\"},{\"type\":\"tool_call\","
		       "\"id\":\"c1\",\"name\":\"mail\",\"arguments\":{\"to\":\"[email]\"}}],"
		       "\"finish_reason\":\"tool_call\"}]");
		expect("\"gen_ai.tool.definitions\":[{\"type\":\"function\",\"name\":\"mail\","
		       "\"description\":\"Mails.\",\"parameters\":{\"type\":\"object\"}}]");
		expect("\"llmsnoop.secrets\":{\"email\":3}");
		expect_not("content.truncated");
		expect_not("content.sampled");
		expect_not("example");
		call_tracker__free(run.tracker);
		run.tracker = NULL;
	}
}

static void test_off(void **state)
{
	run.content = NULL;
	start();
	play(&chat, 0);
	expect_not("gen_ai.input.messages");
	expect_not("gen_ai.output.messages");
	expect_not("llmsnoop.secrets");
	assert_null(run.last.content);
}

static void test_meta(void **state)
{
	config.mode = CONTENT_META;
	start();
	play(&chat, 0);
	expect("[{\"role\":\"system\",\"parts\":[{\"type\":\"text\",\"content\":\"\",\"bytes\":9}]"
	       "},{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\"\",\"bytes\":21},"
	       "{\"type\":\"blob\",\"modality\":\"image\",\"mime_type\":\"image/png\",\"content\":"
	       "\"\",\"bytes\":8}]}]");
	expect("\"name\":\"mail\",\"arguments\":null,\"bytes\":25");
	expect("\"gen_ai.tool.definitions\":[{\"type\":\"function\",\"name\":\"mail\"}]");
	/* Counted all the same. */
	expect("\"llmsnoop.secrets\":{\"email\":3}");
	expect_not("brief");
	expect_not("Write");
}

static void test_preview(void **state)
{
	config.mode = CONTENT_PREVIEW;
	run.lim.content_preview = 8;
	start();
	play(&chat, 0);
	/* After masks: a cut address would be one no more. */
	expect("\"content\":\"I am [em\"");
	expect("\"content\":\"Write to\"");
	expect("\"arguments\":{\"to\":\"[email]\"}");
	expect("\"llmsnoop.content.truncated\":true");
	expect_not("iVBOR");
	expect_not("example");
}

static void test_messages(void **state)
{
	const struct exchange e = {
		ANTHROPIC,
		.request = "{\"model\":\"claude\",\"stream\":true,\"max_tokens\":9,\"system\":["
			   "{\"type\":\"text\",\"text\":\"s\"}],\"messages\":[{\"role\":\"user\","
			   "\"content\":\"hi\"}]}",
		.status = 200,
		.dir = DIR_WRITE,
		.response_headers = SSE,
		.parts = {MESSAGE_START,
			  EVENT("content_block_start", ",\"index\":0,\"content_block\":{\"type\":"
						       "\"thinking\",\"thinking\":\"\"}"),
			  EVENT("content_block_delta", ",\"index\":0,\"delta\":{\"type\":"
						       "\"thinking_delta\",\"thinking\":\"hm\"}"),
			  EVENT("content_block_start",
				",\"index\":1,\"content_block\":{\"type\":"
				"\"tool_use\",\"id\":\"t1\",\"name\":\"Bash\","
				"\"input\":{}}"),
			  EVENT("content_block_delta", ",\"index\":1,\"delta\":{\"type\":"
						       "\"input_json_delta\",\"partial_json\":"
						       "\"{\\\"cmd\\\":\\\"l\"}"),
			  EVENT("content_block_delta",
				",\"index\":1,\"delta\":{\"type\":"
				"\"input_json_delta\",\"partial_json\":"
				"\"s\\\",\\\"n\\\":12345678901234567890}\"}"),
			  EVENT("message_delta",
				",\"delta\":{\"stop_reason\":\"tool_use\"},\"usage\":{"
				"\"output_tokens\":9}"),
			  MESSAGE_STOP},
	};

	start();
	play(&e, 3);
	expect("\"gen_ai.system_instructions\":[{\"type\":\"text\",\"content\":\"s\"}]");
	expect("\"parts\":[{\"type\":\"reasoning\",\"content\":\"hm\"},{\"type\":\"tool_call\","
	       "\"id\":\"t1\",\"name\":\"Bash\",\"arguments\":{\"cmd\":\"ls\",\"n\":"
	       "12345678901234567890}}],\"finish_reason\":\"tool_call\"");
}

/* A stream that breaks off says what it said, and that this is not all. */
static void test_cut(void **state)
{
	struct exchange e = chat;

	e.parts[4] = GAP;
	e.parts[5] = NULL;
	e.no_end = true;
	e.why = HTTP_END_SERVER;
	start();
	play(&e, 0);
	expect("\"content\":\"Write to [email] now.\"}],\"finish_reason\":\"error\"");
	expect("\"llmsnoop.content.truncated\":true");
}

/* Bodies that are no JSON, or not what they should be, or cut: what there is, and valid. */
static void test_broken(void **state)
{
	static const char *const bodies[] = {
		"",
		"{",
		"[",
		"nonsense",
		"{\"messages\":7}",
		"{\"messages\":[7,null,\"x\",[]]}",
		"{\"messages\":[{\"role\":{},\"content\":{\"a\":[]}}]}",
		"{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\"},{},7]}]}",
		"{\"messages\":[{\"content\":\"\\ud800\\u0000\\x\"}]}",
		"{\"messages\":[{\"role\":\"user\",\"content\":\"cut he",
		"{\"tools\":[7,{},{\"function\":7}],\"messages\":[{\"tool_calls\":[{}]}]}",
	};
	struct exchange e = {.status = 200, .dir = DIR_WRITE, .response_headers = JSON};
	size_t i;

	start();
	for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		e.request = bodies[i];
		e.parts[0] = bodies[i];
		e.first_ns = (i + 1) * 1000 * MS;
		play(&e, i % 3);
	}
	assert_int_equal(run.n, sizeof(bodies) / sizeof(bodies[0]));
	e.request = "{\"messages\":[{\"role\":\"user\",\"content\":\"cut he";
	e.parts[0] = "{}";
	e.first_ns = 100000 * MS;
	play(&e, 0);
	expect("\"content\":\"cut he\"");
	expect("\"llmsnoop.content.truncated\":true");
}

/* More than the bounds, of one call and of all: less is kept, and it is said. */
static void test_bounds(void **state)
{
	char *long_text = malloc(200001);
	struct exchange e = {
		.status = 200, .dir = DIR_WRITE, .response_headers = JSON, .request = long_text};

	assert_non_null(long_text);
	memset(long_text, 'x', 200000);
	long_text[200000] = 0;
	memcpy(long_text, "{\"messages\":[{\"role\":\"user\",\"content\":\"",
	       strlen("{\"messages\":[{\"role\":\"user\",\"content\":\""));
	e.parts[0] =
		"{\"choices\":[{\"message\":{\"content\":\"yes\"},\"finish_reason\":\"stop\"}]}";
	run.lim.content_request = 1000;
	start();
	play(&e, 100);
	expect("\"content\":\"xxx");
	expect("\"content\":\"yes\"}],\"finish_reason\":\"stop\"");
	expect("\"llmsnoop.content.truncated\":true");
	assert_true(run.json.n < 3000);

	run.lim.content_request = 1 << 20;
	budget.max_bytes = 500;
	e.first_ns = 5000 * MS;
	play(&e, 100);
	expect("\"llmsnoop.content.truncated\":true");
	assert_true(run.json.n < 3000);
	free(long_text);
}

/* Which runs: the same ones each time, about as many as asked for; errors and slow calls always. */
static void test_sample(void **state)
{
	struct exchange e = chat;
	unsigned int i, kept = 0, again = 0;
	char headers[200];

	config.sample_percent = 25;
	config.slow_ns = 3600ULL * 1000000000;
	start();
	for (i = 0; i < 800; i++) {
		snprintf(headers, sizeof(headers), "traceparent: 00-%032x-00f067aa0ba902b7-01\n",
			 i / 2 + 1);
		e.headers = headers;
		e.first_ns = (i + 1) * 1000 * MS;
		play(&e, 0);
		if (strstr((char *)run.json.p, "\"llmsnoop.content.sampled\":\"run\"")) {
			kept++;
			expect("gen_ai.output.messages");
		} else {
			expect("\"llmsnoop.content.sampled\":\"no\"");
			expect_not("gen_ai.output.messages");
		}
		if (i % 2)
			again += kept % 2 == 0; /* both of a run, or none */
	}
	assert_in_range(kept, 150, 250);
	assert_int_equal(again, 400);

	config.sample_percent = 0;
	e.headers = NULL;
	e.first_ns = 1000000 * MS;
	play(&e, 0);
	expect("\"llmsnoop.content.sampled\":\"no\"");
	config.slow_ns = 10 * MS;
	e.first_ns = 1001000 * MS;
	play(&e, 0);
	expect("\"llmsnoop.content.sampled\":\"slow\"");
	e.status = 429;
	e.response_headers = JSON;
	memset(e.parts, 0, sizeof(e.parts));
	e.parts[0] = "{\"error\":{\"type\":\"rate_limit\",\"message\":\"no\"}}";
	e.first_ns = 1002000 * MS;
	play(&e, 0);
	expect("\"llmsnoop.content.sampled\":\"error\"");
	expect("Be brief.");
	expect_not("gen_ai.output.messages");
}

static void test_tool(void **state)
{
	const struct exchange e = {
		.path = "/mcp",
		.host = "tools.example.org",
		.headers = "accept: application/json, text/event-stream\n",
		.request = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{"
			   "\"name\":\"pay\",\"arguments\":{\"card\":4111111111111111,\"iban\":"
			   "\"DE89370400440532013000\",\"iban\":\"again\"}}}",
		.status = 200,
		.dir = DIR_WRITE,
		.response_headers = JSON,
		.parts = {"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[{\"type\":"
			  "\"text\",\"text\":\"paid by +1 415 555 2671\"}]}}"},
	};

	start();
	play(&e, 5);
	expect("\"gen_ai.tool.call.arguments\":{\"card\":\"[card]\",\"iban\":\"[iban]\"}");
	expect("\"gen_ai.tool.call.result\":{\"content\":[{\"type\":\"text\",\"text\":\"paid by "
	       "[phone]\"}]}");
	expect("\"llmsnoop.secrets\":{\"card\":1,\"iban\":1,\"phone\":1}");
}

/* Responses over a WebSocket: each turn has what was said for it, and nothing of the others. */
static void test_session(void **state)
{
	const struct http_msg_ops *ops = call_tracker__http_ops();
	const struct http_head h = {.status = 101, .version = 11};
	const struct exchange e = {
		.path = "/v1/responses",
		.method = "GET",
		.dir = DIR_WRITE,
		.headers = "upgrade: websocket\nconnection: upgrade\n",
	};
	static const struct {
		enum side side;
		const char *json;
	} said[] = {
		{SIDE_REQUEST, "{\"type\":\"response.create\",\"model\":\"gpt-5\",\"instructions\":"
			       "\"Be brief.\",\"input\":[{\"role\":\"user\",\"content\":[{\"type\":"
			       "\"input_text\",\"text\":\"thing one\"}]}]}"},
		{SIDE_RESPONSE, "{\"type\":\"response.created\",\"response\":{\"id\":\"r1\","
				"\"status\":\"in_progress\",\"output\":[]}}"},
		{SIDE_RESPONSE, "{\"type\":\"response.output_text.delta\",\"output_index\":0,"
				"\"content_index\":0,\"delta\":\"one of a@b\"}"},
		{SIDE_RESPONSE, "{\"type\":\"response.output_text.delta\",\"output_index\":0,"
				"\"content_index\":0,\"delta\":\".org\"}"},
		{SIDE_RESPONSE, "{\"type\":\"response.completed\",\"response\":{\"id\":\"r1\","
				"\"status\":\"completed\",\"output\":[]}}"},
		{SIDE_REQUEST, "{\"type\":\"response.create\",\"model\":\"gpt-5\",\"input\":"
			       "\"second\"}"},
		{SIDE_RESPONSE, "{\"type\":\"response.created\",\"response\":{\"id\":\"r2\"}}"},
		{SIDE_RESPONSE, "{\"type\":\"response.completed\",\"response\":{\"id\":\"r2\","
				"\"status\":\"completed\",\"output\":[{\"type\":\"function_call\","
				"\"call_id\":\"c1\",\"name\":\"f\",\"arguments\":\"{}\"}]}}"},
	};
	size_t i;
	void *x;

	start();
	x = begin(&e, 5);
	assert_non_null(x);
	ops->request_end(x, 0, 1001 * MS);
	ops->response(x, &h, 1050 * MS, 1050 * MS);
	ops->upgrade(x, SPAN_LIT("websocket"), 1050 * MS);
	for (i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		struct span s = span_str(said[i].json);
		uint64_t at = (1100 + 10 * i) * MS;

		ops->message(x, said[i].side, span_head(s, s.n / 2), false, at);
		ops->message(x, said[i].side, span_skip(s, s.n / 2), true, at);
		if (i == 4) {
			assert_int_equal(run.n, 1);
			expect("[{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":"
			       "\"thing one\"}]}]");
			expect("\"content\":\"one of [email]\"}],\"finish_reason\":\"stop\"");
			expect("Be brief.");
		}
	}
	assert_int_equal(run.n, 2);
	expect("[{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\"second\"}]}]");
	expect("\"name\":\"f\",\"arguments\":{}}],\"finish_reason\":\"tool_call\"");
	expect_not("thing one");
	expect_not("Be brief.");
	expect_not("truncated\":true");
	ops->end(x, HTTP_END_OK, 2000 * MS);
}

/* ---- documents ---- */

static void test_doc(void **state)
{
	struct json_doc d;
	const struct json_node *n, *c;
	const char *text = " {\"a\":[1,\"x\\n\",{\"b\":true}],\"a\":2,\"c\":null} tail";
	unsigned int elements = 0;
	size_t used;

	json_doc__init(&d, 100, 10);
	assert_int_equal(json_doc__parse(&d, span_str(text), &used), 0);
	assert_string_equal(text + used, " tail");
	assert_false(d.cut);
	n = json_doc__get(&d, json_doc__root(&d), "a");
	assert_true(json_node__is(n, JSON_NODE_ARRAY));
	for (c = json_doc__first(&d, n); c; c = json_doc__next(&d, n, c))
		elements++;
	assert_int_equal(elements, 3);
	assert_int_equal(json_node__int(json_doc__first(&d, n), -1), 1);
	assert_true(json_node__is(json_doc__get(&d, json_doc__root(&d), "c"), JSON_NODE_NULL));
	assert_null(json_doc__get(&d, NULL, "c"));
	assert_null(json_doc__get(&d, n, "c"));
	assert_int_equal(json_doc__parse(&d, SPAN_LIT("}"), &used), -EBADMSG);
	assert_int_equal(json_doc__parse(&d, SPAN_LIT(""), &used), -EBADMSG);
	/* Cut anywhere, it is a document still. */
	for (used = 2; used < strlen(text) - 6; used++) {
		size_t at;

		assert_int_equal(json_doc__parse(&d, span_head(span_str(text), used), &at), 0);
		assert_true(d.cut);
		assert_int_equal(d.v[0].next, d.n);
	}
	/* Too deep, too many. */
	assert_int_equal(json_doc__parse(&d, SPAN_LIT("[[[[[[[[[[[[1]]]]]]]]]]]]"), &used), 0);
	assert_true(d.cut);
	json_doc__free(&d);
	json_doc__init(&d, 3, 10);
	assert_int_equal(json_doc__parse(&d, SPAN_LIT("[1,2,3,4]"), &used), 0);
	assert_true(d.cut);
	assert_int_equal(d.n, 3);
	json_doc__free(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_chat),    WITH(test_off),	 WITH(test_meta),
		WITH(test_preview), WITH(test_messages), WITH(test_cut),
		WITH(test_broken),  WITH(test_bounds),	 WITH(test_sample),
		WITH(test_tool),    WITH(test_session),	 cmocka_unit_test(test_doc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
