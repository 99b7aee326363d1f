// SPDX-License-Identifier: Apache-2.0
/* Exchanges whose path is not known. */
#include "aws_frames.h"
#include "dialect_facts.h"

#define SSE "text/event-stream"
#define JSON "application/json"

/* The api that is found, as confirmed; "?" if it is not confirmed. */
static char *found(const char *request, int status, const char *type, struct span response)
{
	struct http_header header = {SPAN_LIT("content-type"), span_str(type)};
	struct http_head q = {.authority = SPAN_NONE};
	struct http_head a = {.status = status, .headers = &header, .n_headers = type ? 1 : 0};
	const struct dialect *d = dialect__match(&q);
	struct dialect_reader *r;
	char *p, *ret;
	size_t n;
	FILE *f = open_memstream(&p, &n);

	assert_non_null(d);
	assert_int_equal(dialect__kind(d), DIALECT_CALL);
	assert_false(dialect__is_session(d));
	assert_int_equal(dialect_reader__new(d, &q, &facts_ops, f, &limits_default, &r), 0);
	assert_false(dialect_reader__confirmed(r));
	dialect_reader__request(r, span_str(request), 1);
	dialect_reader__request_end(r, 1);
	assert_false(dialect_reader__confirmed(r));
	dialect_reader__response_head(r, &a, 1);
	dialect_reader__response(r, response, 1);
	dialect_reader__response_end(r, 1);
	ret = strdup(dialect_reader__confirmed(r) ? dialect__api(dialect_reader__dialect(r)) : "?");
	dialect_reader__free(r);
	fclose(f);
	free(p);
	return ret;
}

static void is(const char *request, const char *type, const char *response, const char *want_api,
	       const char *want)
{
	struct exchange x = {.type = type, .request = request, .response = response};
	char *api = found(request, 200, type, span_str(response)), all[256];

	assert_string_equal(api, want_api);
	free(api);
	/* Nothing is told before the answer came. */
	snprintf(all, sizeof(all), "| %s", want);
	facts_are(&x, all);
}

#define ASK "{\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\"}]}"
#define INPUT "{\"model\":\"m\",\"input\":\"x\"}"

static void test_chat(void **state)
{
	is(ASK, JSON,
	   "{\"id\":\"c\",\"object\":\"chat.completion\",\"model\":\"m1\",\"choices\":[{\"index\":"
	   "0,"
	   "\"message\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}],\"usage\":{"
	   "\"prompt_tokens\":3,\"completion_tokens\":4}}",
	   "openai.chat", "ask=m max=9 id=c model=m1 finish[0]=stop in=3 out=4");
	is(ASK, SSE,
	   "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"}}]}\n\n"
	   "data: "
	   "{\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
	   "data: [DONE]\n\n",
	   "openai.chat", "ask=m max=9 id=c OUTPUT finish[0]=stop DONE streamed");
}

static void test_anthropic(void **state)
{
	is(ASK, JSON,
	   "{\"id\":\"msg\",\"type\":\"message\",\"stop_reason\":\"end_turn\",\"usage\":{"
	   "\"input_tokens\":3,\"output_tokens\":4}}",
	   "anthropic.messages", "ask=m max=9 id=msg finish[0]=end_turn in=3 out=4");
	is(ASK, SSE,
	   "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg\","
	   "\"usage\":{\"input_tokens\":3}}}\n\n"
	   "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"delta\":{"
	   "\"text\":\"x\"}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
	   "anthropic.messages", "ask=m max=9 id=msg in=3 OUTPUT DONE streamed");
}

static void test_others(void **state)
{
	static const char converse[] = "{\"output\":{\"message\":{\"content\":[{\"text\":\"x\"}]}},"
				       "\"stopReason\":\"end_turn\",\"usage\":{\"inputTokens\":3}}";

	is(INPUT, JSON,
	   "{\"object\":\"list\",\"data\":[{\"object\":\"embedding\",\"embedding\":[1]}],"
	   "\"usage\":{\"prompt_tokens\":3}}",
	   "openai.embeddings", "ask=m in=3");
	is(INPUT, JSON, "{\"id\":\"r\",\"object\":\"response\",\"status\":\"completed\"}",
	   "openai.responses", "ask=m id=r finish[0]=completed pending=0");
	is("{\"prompt\":\"x\"}", JSON,
	   "{\"object\":\"text_completion\",\"choices\":[{\"text\":\"x\",\"index\":0,"
	   "\"finish_reason\":\"stop\"}]}",
	   "openai.completions", "finish[0]=stop");
	is("{\"contents\":[{}]}", JSON,
	   "[{\"candidates\":[{\"finishReason\":\"STOP\"}],\"usageMetadata\":{"
	   "\"promptTokenCount\":3}}]",
	   "gemini.generate", "finish[0]=STOP in=3");
	is("{\"messages\":[{\"role\":\"user\"}]}", JSON, converse, "bedrock.converse",
	   "finish[0]=end_turn in=3");
	is(ASK, JSON,
	   "{\"id\":\"c\",\"message\":{},\"finish_reason\":\"COMPLETE\",\"usage\":{\"billed_"
	   "units\":{"
	   "\"input_tokens\":2},\"tokens\":{\"input_tokens\":3}}}",
	   "cohere.chat.v2", "ask=m max=9 id=c finish[0]=COMPLETE in=3");
	is("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}", JSON,
	   "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}", "mcp", "method=tools/list rpc=1 DONE");
}

static void test_frames(void **state)
{
	struct exchange x = {.request = "{\"messages\":[{}]}"};
	char *p, *api;
	FILE *f = open_memstream(&p, &x.response_n);

	aws_frame(f, "event", "messageStart", "{\"role\":\"assistant\"}");
	aws_frame(f, "event", "contentBlockDelta", "{\"delta\":{\"text\":\"x\"}}");
	aws_frame(f, "event", "metadata", "{\"usage\":{\"inputTokens\":3}}");
	fclose(f);
	x.response = p;
	api = found(x.request, 200, NULL, span(p, x.response_n));
	assert_string_equal(api, "bedrock.converse");
	free(api);
	facts_are(&x, "| OUTPUT in=3 DONE streamed");
	free(p);
}

/* Neither the request nor the answer alone decides. */
static void test_nothing(void **state)
{
	static const char chat[] =
		"{\"object\":\"chat.completion\",\"usage\":{\"prompt_tokens\":3}}";
	static const struct {
		const char *request, *type, *response;
	} none[] = {
		{"", JSON, chat},
		{"{}", JSON, chat},
		{"a=b", JSON, chat},
		{"[" ASK "]", JSON, chat},
		{"\0", JSON, chat},
		{INPUT, JSON, chat},
		{"{\"x\":{\"messages\":[1]}}", JSON, chat},
		{"{\"messages\":[]}", JSON, chat},
		{ASK, JSON, "{\"object\":\"list\"}"},
		{ASK, JSON, "{\"object\":\"response\"}"},
		{ASK, JSON, "{\"x\":{\"object\":\"chat.completion\"}}"},
		{ASK, "text/html", "<html>chat.completion</html>"},
		{"{\"messages\":[1]}", JSON,
		 "{\"type\":\"message\",\"usage\":{\"input_tokens\":1}}"},
		{ASK, JSON, "{\"error\":{\"type\":\"overloaded_error\"}}"},
		{ASK, JSON, ""},
		{"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_call\"}", JSON,
		 "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":1}"},
	};
	size_t i;
	char *api;

	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		api = found(none[i].request, 200, none[i].type, span_str(none[i].response));
		assert_string_equal(api, "?");
		free(api);
	}
}

static bool matches(const char *method, struct span path)
{
	struct http_head q = {.method = span_str(method), .path = path};

	return dialect__match(&q);
}

static void test_match(void **state)
{
	assert_true(matches("POST", SPAN_NONE));
	assert_true(matches(NULL, SPAN_NONE));
	assert_false(matches("GET", SPAN_NONE));
	assert_false(matches("POST", SPAN_LIT("")));
	assert_false(matches("POST", SPAN_LIT("/")));
	/* The method may be what is not known. */
	assert_true(matches(NULL, SPAN_LIT("/v1/chat/completions")));
}

/* The times of facts that were held are those at which they came. */
static void on_time(void *ctx, enum fact fact, const struct fact_value *v, uint64_t ts_ns)
{
	uint64_t *times = ctx;

	times[fact] = ts_ns;
}

static void test_times(void **state)
{
	static const struct dialect_ops ops = {.fact = on_time};
	uint64_t times[FACT_MAX] = {0};
	struct http_header type = {SPAN_LIT("content-type"), SPAN_LIT(SSE)};
	struct http_head q = {.method = SPAN_LIT("POST")};
	struct http_head a = {.status = 200, .headers = &type, .n_headers = 1};
	struct dialect_reader *r;

	assert_int_equal(
		dialect_reader__new(dialect__match(&q), &q, &ops, times, &limits_default, &r), 0);
	dialect_reader__request(r, span_str("{\"model\":\"m\","), 11);
	dialect_reader__request(r, span_str("\"messages\":[{}]}"), 12);
	dialect_reader__request_end(r, 13);
	dialect_reader__response_head(r, &a, 20);
	dialect_reader__response(r, span_str("data: {\"id\":\"c\","), 21);
	assert_int_equal(times[FACT_REQUEST_MODEL], 0);
	dialect_reader__response(r, span_str("\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\n"),
				 22);
	assert_int_equal(times[FACT_REQUEST_MODEL], 11);
	assert_int_equal(times[FACT_RESPONSE_ID], 21);
	assert_int_equal(times[FACT_OUTPUT], 22);
	dialect_reader__response_end(r, 23);
	assert_true(dialect_reader__streamed(r));
	assert_false(dialect_reader__damaged(r));
	dialect_reader__free(r);
}

/* What is lost of the request may have been what decides. */
static void test_gap(void **state)
{
	struct http_head q = {.method = SPAN_LIT("POST")}, a = {.status = 200};
	struct dialect_reader *r;
	char *p;
	size_t n;
	FILE *f = open_memstream(&p, &n);

	assert_int_equal(
		dialect_reader__new(dialect__match(&q), &q, &facts_ops, f, &limits_default, &r), 0);
	dialect_reader__request(r, span_str("{\"messages\":[{}],"), 1);
	dialect_reader__request_gap(r, 100);
	dialect_reader__request_end(r, 1);
	dialect_reader__response_head(r, &a, 1);
	dialect_reader__response(r, span_str("{\"object\":\"chat.completion\",\"id\":\"c\"}"), 1);
	dialect_reader__response_end(r, 1);
	assert_true(dialect_reader__confirmed(r));
	assert_true(dialect_reader__damaged(r));
	dialect_reader__free(r);
	fclose(f);
	assert_string_equal(p, "id=c ");
	free(p);
}

/* Facts past the bound are lost, and the record says so. */
static void test_bound(void **state)
{
	struct http_head q = {.method = SPAN_LIT("POST")}, a = {.status = 200};
	struct limits lim = limits_default;
	struct dialect_reader *r;
	char *p;
	size_t n;
	FILE *f = open_memstream(&p, &n);

	lim.shape_bytes = 200;
	assert_int_equal(dialect_reader__new(dialect__match(&q), &q, &facts_ops, f, &lim, &r), 0);
	dialect_reader__request(
		r,
		span_str("{\"model\":\"m\",\"stop\":[\"a\",\"b\",\"c\",\"d\"],\"messages\":[{}]}"),
		1);
	dialect_reader__request_end(r, 1);
	dialect_reader__response_head(r, &a, 1);
	dialect_reader__response(r, span_str("{\"object\":\"chat.completion\",\"id\":\"c\"}"), 1);
	dialect_reader__response_end(r, 1);
	assert_true(dialect_reader__damaged(r));
	dialect_reader__free(r);
	fclose(f);
	assert_string_equal(p, "ask=m stop=a id=c ");
	free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chat),	cmocka_unit_test(test_anthropic),
		cmocka_unit_test(test_others),	cmocka_unit_test(test_frames),
		cmocka_unit_test(test_nothing), cmocka_unit_test(test_match),
		cmocka_unit_test(test_times),	cmocka_unit_test(test_gap),
		cmocka_unit_test(test_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
