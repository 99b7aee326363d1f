// SPDX-License-Identifier: Apache-2.0
#include "aws_frames.h"
#include "dialect_facts.h"

#define HOST "bedrock-runtime.us-east-1.amazonaws.com"
#define JSON "application/json"
#define EVENTS "application/vnd.amazon.eventstream"

static void ask(const char *path, const char *request, const char *want)
{
	struct exchange x = {.path = path, .host = HOST, .request = request};

	facts_are(&x, want);
}

static void answer(int status, const char *header, const char *response, const char *want)
{
	struct exchange x = {
		.path = "/model/m/converse",
		.host = HOST,
		.status = status,
		.type = JSON,
		.answer_header = header,
		.response = response,
	};

	facts_are(&x, want);
}

struct frame {
	const char *kind, *type, *payload;
};

static void stream(const char *type, const struct frame *frames, const char *want)
{
	struct exchange x = {.path = "/model/m/converse-stream", .host = HOST, .type = type};
	char *p;
	FILE *f = open_memstream(&p, &x.response_n);

	for (; frames->kind; frames++)
		aws_frame(f, frames->kind, frames->type, frames->payload);
	fclose(f);
	x.response = p;
	facts_are(&x, want);
	free(p);
}

static void test_path(void **state)
{
	ask("/model/us.amazon.nova-lite-v1:0/converse", NULL, "ask=us.amazon.nova-lite-v1:0 |");
	ask("/model/us.amazon.nova-lite-v1%3A0/converse/", NULL, "ask=us.amazon.nova-lite-v1:0 |");
	ask("/gateway/bedrock/model/m/converse-stream", NULL, "stream=1 ask=m |");
	ask("/model/arn%3Aaws%3Abedrock%3Aus%3A1%3Ainference-profile%2Fm/converse", NULL,
	    "ask=arn:aws:bedrock:us:1:inference-profile/m |");
	ask("/model/arn:aws:bedrock:us:1:inference-profile/m/converse", NULL,
	    "ask=arn:aws:bedrock:us:1:inference-profile/m |");
}

static bool matches(const char *method, const char *path)
{
	struct http_head q = {.method = span_str(method), .path = span_str(path)};

	return dialect__match(&q);
}

static void test_no_match(void **state)
{
	assert_true(matches("POST", "/model/m/converse"));
	assert_false(matches("GET", "/model/m/converse"));
	assert_false(matches("POST", "/model/converse"));
	assert_false(matches("POST", "/model//converse"));
	assert_false(matches("POST", "/m/converse"));
	assert_false(matches("POST", "/model/m/converses"));
}

static bool proved(const char *host, const char *header, const char *response)
{
	struct http_header headers[] = {{span_str(header), SPAN_LIT("x")}};
	struct http_head q = {
		.method = SPAN_LIT("POST"),
		.path = SPAN_LIT("/model/m/converse"),
		.authority = span_str(host),
		.headers = headers,
		.n_headers = header ? 1 : 0,
	};
	struct http_head a = {.status = 200};
	struct dialect_reader *r;
	bool yes;

	assert_int_equal(dialect_reader__new(dialect__match(&q), &q, &facts_ops, stderr,
					     &limits_default, &r),
			 0);
	dialect_reader__response_head(r, &a, 1);
	dialect_reader__response(r, span_str(response), 1);
	dialect_reader__response_end(r, 1);
	yes = dialect_reader__confirmed(r);
	dialect_reader__free(r);
	return yes;
}

static void test_proof(void **state)
{
	struct exchange x = {
		.path = "/aws/model/m/converse",
		.host = "gateway.example",
		.request = "{\"messages\":[],\"inferenceConfig\":{}}",
		.status = 400,
		.response = "{\"message\":\"no such model\"}",
	};

	facts_are(&x, "ask=m | says=no such model");
	x.request = "{\"messages\":[]}";
	facts_are(&x, "ask=m | says=no such model unproved");
	assert_false(proved("shop.example", NULL, "{\"stopReason\":\"end_turn\"}"));
	assert_true(proved("shop.example", NULL, "{\"usage\":{\"inputTokens\":1}}"));
	assert_true(proved("shop.example", "X-Amz-Date", ""));
	assert_true(proved("vpce-1.bedrock-runtime.us-east-1.vpce.amazonaws.com", NULL, ""));
	assert_true(proved(HOST, NULL, ""));
}

static void test_request(void **state)
{
	ask("/model/m/converse",
	    "{\"modelId\":\"no\",\"inferenceConfig\":{\"maxTokens\":9,\"temperature\":0.5,\"topP\":"
	    "1,"
	    "\"stopSequences\":[\"a\",\"b\"]},\"additionalModelRequestFields\":{\"top_k\":4,"
	    "\"output_config\":{\"effort\":\"low\"},\"thinking\":{\"type\":\"enabled\"}},"
	    "\"serviceTier\":{\"type\":\"flex\"},\"outputConfig\":{\"textFormat\":{\"type\":"
	    "\"json_schema\",\"structure\":{\"jsonSchema\":{}}}}}",
	    "max=9 temp=0.5 top_p=1 stop=a stop=b top_k=4 effort=low ask_tier=flex type=json ask=m "
	    "|");
	ask("/model/m/converse",
	    "{\"additionalModelRequestFields\":{\"inferenceConfig\":{\"topK\":3},"
	    "\"reasoning_config\":\"high\"}}",
	    "top_k=3 effort=high ask=m |");
	ask("/model/m/converse",
	    "{\"additionalModelRequestFields\":{\"reasoning_config\":{\"type\":\"enabled\"},"
	    "\"reasoningConfig\":{\"maxReasoningEffort\":\"medium\"}}}",
	    "effort=medium ask=m |");
}

static void test_results(void **state)
{
	ask("/model/m/converse",
	    "{\"messages\":[{\"role\":\"user\",\"content\":[{\"toolResult\":{\"toolUseId\":\"t0\"}}"
	    "]},"
	    "{\"role\":\"assistant\",\"content\":[{\"toolUse\":{\"toolUseId\":\"t1\"}},"
	    "{\"toolResult\":{\"toolUseId\":\"srv\"}}]},"
	    "{\"content\":[{\"toolResult\":{\"content\":[{\"json\":{\"toolUseId\":\"no\"}}],"
	    "\"toolUseId\":\"t1\"}},{\"text\":\"x\"},{\"toolResult\":null},"
	    "{\"toolResult\":{\"toolUseId\":\"t2\"}}],\"role\":\"user\"}]}",
	    "result=t1 result=t2 ask=m |");
}

static void test_whole(void **state)
{
	answer(200, NULL,
	       "{\"metrics\":{\"latencyMs\":1},\"output\":{\"message\":{\"content\":[{\"text\":"
	       "\"Hi\"},"
	       "{\"reasoningContent\":{\"reasoningText\":{\"text\":\"Hm\"}}},"
	       "{\"toolUse\":{\"input\":{\"name\":\"no\"},\"name\":\"f\",\"toolUseId\":\"t1\"}},"
	       "{\"toolUse\":{\"name\":\"nova_grounding\",\"toolUseId\":\"s\",\"type\":"
	       "\"server_tool_use\"}},{\"toolUse\":{\"type\":\"tool_use\",\"name\":\"f\","
	       "\"toolUseId\":\"t2\"}}],\"role\":\"assistant\"}},\"stopReason\":\"tool_use\","
	       "\"serviceTier\":{\"type\":\"default\"},"
	       "\"trace\":{\"promptRouter\":{\"invokedModelId\":\"arn:m1\"}},"
	       "\"usage\":{\"cacheDetails\":[{\"inputTokens\":2,\"ttl\":\"1h\"},{\"ttl\":\"5m\","
	       "\"inputTokens\":18},{\"ttl\":\"9h\",\"inputTokens\":3},{\"ttl\":\"5m\"}],"
	       "\"cacheReadInputTokenCount\":100,\"cacheReadInputTokens\":100,"
	       "\"cacheWriteInputTokens\":20,\"inputTokens\":3,\"outputTokens\":7,"
	       "\"serverToolUsage\":{},\"totalTokens\":130}}",
	       "ask=m | finish[0]=tool_use tier=default model=arn:m1 write_1h=2 write_5m=18 in=123 "
	       "out=7 read=100 write=20 tool[0]=f#t1 tool[1]=f#t2");
	answer(200, NULL,
	       "{\"usage\":{\"inputTokens\":9223372036854775807,\"cacheReadInputTokens\":1}}",
	       "ask=m | read=1");
}

static const struct frame call[] = {
	{"event", "messageStart", "{\"p\":\"abc\",\"role\":\"assistant\"}"},
	{"event", "contentBlockDelta",
	 "{\"contentBlockIndex\":0,\"delta\":{\"reasoningContent\":{\"text\":\"Hm\"}}}"},
	{"event", "contentBlockDelta",
	 "{\"contentBlockIndex\":0,\"delta\":{\"reasoningContent\":{\"signature\":\"Eq\"}}}"},
	{"event", "contentBlockStop", "{\"contentBlockIndex\":0}"},
	{"event", "contentBlockStart",
	 "{\"contentBlockIndex\":1,\"start\":{\"toolUse\":{\"name\":\"f\",\"toolUseId\":\"t1\"}}}"},
	{"event", "contentBlockDelta",
	 "{\"contentBlockIndex\":1,\"delta\":{\"toolUse\":{\"input\":\"\"}}}"},
	{"event", "contentBlockDelta",
	 "{\"contentBlockIndex\":1,\"delta\":{\"toolUse\":{\"input\":\"{}\"}}}"},
	{"event", "contentBlockStart",
	 "{\"contentBlockIndex\":2,\"start\":{\"toolUse\":{\"name\":\"srv\",\"toolUseId\":\"t2\","
	 "\"type\":\"server_tool_use\"}}}"},
	{"event", "contentBlockDelta", "{\"contentBlockIndex\":3,\"delta\":{\"text\":\"Hi\"}}"},
	{"event", "messageStop", "{\"stopReason\":\"tool_use\"}"},
	{"event", "metadata",
	 "{\"metrics\":{\"latencyMs\":5},\"usage\":{\"inputTokens\":4,\"outputTokens\":5,"
	 "\"totalTokens\":9}}"},
	{0},
};

static void test_stream(void **state)
{
	static const char want[] =
		"stream=1 ask=m | OUTPUT tool[0]=f#t1 OUTPUT OUTPUT finish[0]=tool_use in=4 out=5 "
		"DONE streamed";

	stream(EVENTS, call, want);
	/* Its bytes show what it is where its type does not. */
	stream(NULL, call, want);
	stream(JSON, call, want);
}

static void test_errors(void **state)
{
	static const struct frame exception[] = {
		{"event", "messageStart", "{\"role\":\"assistant\"}"},
		{"exception", "throttlingException", "{\"message\":\"Slow down\"}"},
		{0},
	};

	stream(EVENTS, exception,
	       "stream=1 ask=m | says=Slow down error=throttlingException streamed");
	answer(400, "x-amzn-ErrorType: ValidationException:http://internal.amazon.com/coral/",
	       "{\"message\":\"No\"}", "ask=m | error=ValidationException says=No");
	answer(403, "X-Amzn-Errortype: AccessDeniedException", "{\"Message\":\"No\"}",
	       "ask=m | error=AccessDeniedException says=No");
	answer(403, "X-Amzn-Errortype: AccessDeniedException", "",
	       "ask=m | error=AccessDeniedException");
	answer(400, NULL, "{\"__type\":\"com.amazon.coral.validate#ValidationException\"}",
	       "ask=m | error=ValidationException");
	answer(404, NULL, "{\"__type\":\"UnknownOperationException\"}",
	       "ask=m | error=UnknownOperationException");
	answer(400, NULL, "{\"message\":\"No\"}", "ask=m | says=No");
}

/* An error under the type of a stream comes as one document. */
static void test_error_as_stream(void **state)
{
	struct exchange x = {
		.path = "/model/m/converse-stream",
		.host = HOST,
		.status = 400,
		.type = EVENTS,
		.response = "{\"message\":\"No\"}",
	};

	facts_are(&x, "stream=1 ask=m | says=No");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_path),
		cmocka_unit_test(test_no_match),
		cmocka_unit_test(test_proof),
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_results),
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_error_as_stream),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
