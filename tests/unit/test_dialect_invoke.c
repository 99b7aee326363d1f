// SPDX-License-Identifier: Apache-2.0
#include "aws_frames.h"
#include "dialect_facts.h"

#define HOST "bedrock-runtime.us-east-1.amazonaws.com"

static void ask(const char *request, const char *want)
{
	struct exchange x = {.path = "/model/m/invoke", .host = HOST, .request = request};

	facts_are(&x, want);
}

static void answer(const char *header, const char *response, const char *want)
{
	struct exchange x = {
		.path = "/model/m/invoke",
		.host = HOST,
		.type = "application/json",
		.answer_header = header,
		.response = response,
	};

	facts_are(&x, want);
}

static void stream(const char *const *chunks, const char *want)
{
	struct exchange x = {
		.path = "/model/m/invoke-with-response-stream",
		.host = HOST,
		.type = "application/vnd.amazon.eventstream",
	};
	char *p, *payload;
	FILE *f = open_memstream(&p, &x.response_n);

	for (; *chunks; chunks++) {
		if (**chunks == '!') {
			aws_frame(f, "exception", "throttlingException", *chunks + 1);
			continue;
		}
		payload = aws_wrap(*chunks);
		aws_frame(f, "event", "chunk", payload);
		free(payload);
	}
	fclose(f);
	x.response = p;
	facts_are(&x, want);
	free(p);
}

/* The operation that is known once the request is over. */
static void is_for(const char *path, const char *request, const char *want)
{
	struct http_head q = {
		.method = SPAN_LIT("POST"),
		.path = span_str(path),
		.authority = SPAN_LIT(HOST),
	};
	const struct dialect *d = dialect__match(&q);
	struct dialect_reader *r;
	char *p;
	size_t n;
	FILE *f = open_memstream(&p, &n);

	assert_non_null(d);
	assert_int_equal(dialect_reader__new(d, &q, &facts_ops, f, &limits_default, &r), 0);
	dialect_reader__request(r, span_str(request), 1);
	dialect_reader__request_end(r, 1);
	assert_string_equal(dialect__operation(dialect_reader__dialect(r)), want);
	assert_string_equal(dialect__api(dialect_reader__dialect(r)), "bedrock.invoke");
	dialect_reader__free(r);
	fclose(f);
	free(p);
}

static void test_operation(void **state)
{
	is_for("/model/anthropic.claude-v2/invoke", "{\"messages\":[]}", "chat");
	is_for("/model/anthropic.claude-v2/invoke", "{\"prompt\":\"x\"}", "text_completion");
	is_for("/model/amazon.titan-text-lite-v1/invoke", "{\"inputText\":\"x\"}",
	       "text_completion");
	is_for("/model/amazon.titan-embed-text-v2%3A0/invoke", "{\"inputText\":\"x\"}",
	       "embeddings");
	is_for("/model/cohere.rerank-v3-5:0/invoke", "{\"query\":\"x\"}", "rerank");
	is_for("/model/stability.sd3-large-v1:0/invoke", "{\"prompt\":\"x\"}", "image");
}

static void test_request(void **state)
{
	ask("{\"anthropic_version\":\"bedrock-2023-05-31\",\"max_tokens\":9,\"top_k\":4,"
	    "\"stop_sequences\":[\"a\"],\"metadata\":{\"user_id\":\"x_session_0f\"},"
	    "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\","
	    "\"tool_use_id\":\"t1\"}]}]}",
	    "max=9 top_k=4 stop=a conv=0f result=t1 ask=m |");
	ask("{\"schemaVersion\":\"messages-v1\",\"inferenceConfig\":{\"max_new_tokens\":9,"
	    "\"temperature\":0.5,\"topP\":0.25,\"topK\":4,\"stopSequences\":[\"a\"]},"
	    "\"messages\":[{\"role\":\"user\",\"content\":[{\"toolResult\":{\"toolUseId\":"
	    "\"t1\"}}]}]}",
	    "max=9 temp=0.5 top_p=0.25 top_k=4 stop=a result=t1 ask=m |");
	ask("{\"max_completion_tokens\":9,\"reasoning_effort\":\"low\",\"messages\":[{\"role\":"
	    "\"tool\",\"tool_call_id\":\"t1\",\"content\":\"x\"}],"
	    "\"response_format\":{\"type\":\"json_object\"}}",
	    "max=9 effort=low result=t1 type=json ask=m |");
	ask("{\"inputText\":\"x\",\"textGenerationConfig\":{\"maxTokenCount\":9,\"temperature\":1,"
	    "\"topP\":1,\"stopSequences\":[\"|\"]}}",
	    "max=9 temp=1 top_p=1 stop=| ask=m |");
	ask("{\"prompt\":\"x\",\"max_gen_len\":9}", "max=9 ask=m |");
	ask("{\"prompt\":\"x\",\"maxTokens\":9,\"presencePenalty\":{\"scale\":0}}",
	    "max=9 ask=m |");
	ask("{\"message\":\"x\",\"max_tokens\":9,\"p\":0.5,\"k\":4}",
	    "max=9 top_p=0.5 top_k=4 ask=m |");
	ask("{\"inputText\":\"x\",\"dimensions\":256,\"embeddingTypes\":[\"float\",\"binary\"]}",
	    "dims=256 encoding=float encoding=binary ask=m |");
}

static void test_whole(void **state)
{
	answer("x-amzn-bedrock-input-token-count: 5",
	       "{\"message\":\"a cat\",\"finishReason\":\"stop\"}", "ask=m | finish[0]=stop in=5");
	answer(NULL,
	       "{\"id\":\"msg\",\"type\":\"message\",\"model\":\"c\",\"content\":[{\"type\":"
	       "\"tool_use\",\"id\":\"t1\",\"name\":\"f\"}],\"stop_reason\":\"tool_use\",\"usage\":"
	       "{\"input_tokens\":3,\"cache_read_input_tokens\":5,\"output_tokens\":7,"
	       "\"cache_creation\":{\"ephemeral_5m_input_tokens\":2}}}",
	       "ask=m | id=msg model=c finish[0]=tool_use write_5m=2 in=8 out=7 read=5 "
	       "tool[0]=f#t1");
	answer(NULL,
	       "{\"output\":{\"message\":{\"content\":[{\"toolUse\":{\"name\":\"f\",\"toolUseId\":"
	       "\"t1\"}}]}},\"stopReason\":\"tool_use\",\"usage\":{\"inputTokens\":3,"
	       "\"outputTokens\":7,\"cacheReadInputTokenCount\":5,\"cacheWriteInputTokenCount\":1}"
	       "}",
	       "ask=m | finish[0]=tool_use in=9 out=7 read=5 write=1 tool[0]=f#t1");
	answer(NULL,
	       "{\"inputTextTokenCount\":5,\"results\":[{\"tokenCount\":10,\"outputText\":\"x\","
	       "\"completionReason\":\"LENGTH\"}]}",
	       "ask=m | finish[0]=LENGTH in=5 out=10");
	answer(NULL,
	       "{\"generation\":\"x\",\"prompt_token_count\":5,\"generation_token_count\":10,"
	       "\"stop_reason\":\"length\"}",
	       "ask=m | finish[0]=length in=5 out=10");
	answer(NULL, "{\"choices\":[{\"text\":\"x\",\"stop_reason\":\"stop\"}]}",
	       "ask=m | finish[0]=stop");
	answer(NULL,
	       "{\"id\":\"c1\",\"model\":\"g\",\"choices\":[{\"index\":0,\"message\":{\"content\":"
	       "null,\"tool_calls\":[{\"id\":\"t1\",\"function\":{\"name\":\"f\"}}]},"
	       "\"finish_reason\":\"tool_calls\"},{\"index\":1,\"message\":{},\"finish_reason\":"
	       "\"stop\"}],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":2,"
	       "\"prompt_tokens_details\":{\"cached_tokens\":4}}}",
	       "ask=m | id=c1 model=g finish[0]=tool_calls finish[1]=stop in=9 out=2 read=4 "
	       "tool[0]=f#t1");
}

/* The headers count what the body does not. */
static void test_headers(void **state)
{
	static const char header[] = "X-Amzn-Bedrock-Input-Token-Count: 6";

	answer(header,
	       "{\"outputs\":[{\"text\":\"x\",\"stop_reason\":\"length\"},{\"text\":\"y\","
	       "\"stop_reason\":\"stop\"}]}",
	       "ask=m | finish[0]=length finish[1]=stop in=6");
	answer(header,
	       "{\"id\":1234,\"prompt\":{\"text\":\"x\"},\"completions\":[{\"data\":{\"text\":"
	       "\"x\"},"
	       "\"finishReason\":{\"reason\":\"endoftext\"}}]}",
	       "ask=m | finish[0]=endoftext in=6");
	answer(header,
	       "{\"response_id\":\"r1\",\"text\":\"x\",\"generation_id\":\"g\",\"finish_reason\":"
	       "\"COMPLETE\",\"tool_calls\":[{\"name\":\"f\",\"parameters\":{\"name\":\"no\"}}]}",
	       "ask=m | id=r1 finish[0]=COMPLETE in=6 tool[0]=f");
	answer(header,
	       "{\"id\":\"r1\",\"generations\":[{\"id\":\"g\",\"text\":\"x\",\"finish_reason\":"
	       "\"MAX_TOKENS\"}]}",
	       "ask=m | id=r1 finish[0]=MAX_TOKENS in=6");
	answer(header, "{\"embedding\":[0.5,1]}", "ask=m | in=6");
	answer(header, "{\"embedding\":[0.5],\"inputTextTokenCount\":7}", "ask=m | in=7");
	answer("X-Amzn-Bedrock-Input-Token-Count: -6", "{}", "ask=m |");
	answer("X-Amzn-Bedrock-Input-Token-Count: 6x", "{}", "ask=m |");
}

static void test_stream(void **state)
{
	static const char *const claude[] = {
		"{\"type\":\"message_start\",\"message\":{\"id\":\"msg\",\"model\":\"c\",\"usage\":"
		"{\"input_tokens\":3,\"output_tokens\":1}}}",
		"{\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":"
		"\"Hi\"}}",
		"{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":"
		"{\"output_tokens\":9}}",
		"{\"type\":\"message_stop\",\"amazon-bedrock-invocationMetrics\":{"
		"\"inputTokenCount\":3,\"outputTokenCount\":5}}",
		NULL,
	};
	static const char *const nova[] = {
		"{\"messageStart\":{\"role\":\"assistant\"}}",
		"{\"contentBlockStart\":{\"start\":{\"toolUse\":{\"toolUseId\":\"t1\",\"name\":"
		"\"f\"}},"
		"\"contentBlockIndex\":0}}",
		"{\"contentBlockDelta\":{\"delta\":{\"toolUse\":{\"input\":\"{}\"}}}}",
		"{\"contentBlockStop\":{\"contentBlockIndex\":0}}",
		"{\"messageStop\":{\"stopReason\":\"tool_use\"}}",
		"{\"metadata\":{\"usage\":{\"inputTokens\":3,\"outputTokens\":4}},"
		"\"amazon-bedrock-invocationMetrics\":{\"inputTokenCount\":3}}",
		NULL,
	};
	static const char *const titan[] = {
		"{\"outputText\":\"x\",\"index\":0.0,\"inputTextTokenCount\":28.0}",
		"{\"amazon-bedrock-invocationMetrics\":{\"inputTokenCount\":28,"
		"\"outputTokenCount\":"
		"188},\"outputText\":\"y\",\"completionReason\":\"FINISH\"}",
		NULL,
	};
	static const char *const llama[] = {
		"{\"generation\":\"x\",\"prompt_token_count\":9,\"generation_token_count\":1,"
		"\"stop_reason\":null}",
		"{\"generation\":\"\",\"prompt_token_count\":null,\"generation_token_count\":2,"
		"\"stop_reason\":\"stop\"}",
		NULL,
	};
	static const char *const chat[] = {
		"{\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\","
		"\"content\":\"\"}}]}",
		"{\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,"
		"\"id\":\"t1\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}}]}}]}",
		"{\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,"
		"\"function\":{\"arguments\":\"{}\"}}]},\"finish_reason\":\"tool_calls\"}]}",
		"[DONE]",
		NULL,
	};

	stream(claude, "stream=1 ask=m | id=msg model=c in=3 out=1 OUTPUT finish[0]=end_turn out=9 "
		       "DONE streamed");
	stream(nova, "stream=1 ask=m | tool[0]=f#t1 OUTPUT finish[0]=tool_use in=3 out=4 DONE "
		     "streamed");
	stream(titan,
	       "stream=1 ask=m | in=28 OUTPUT finish[0]=FINISH out=188 OUTPUT DONE streamed");
	stream(llama, "stream=1 ask=m | in=9 out=1 OUTPUT finish[0]=stop out=2 streamed");
	stream(chat,
	       "stream=1 ask=m | id=c1 tool[0]=f#t1 finish[0]=tool_calls OUTPUT DONE streamed");
}

static void test_errors(void **state)
{
	static const char *const exception[] = {
		"{\"outputText\":\"x\"}",
		"!{\"message\":\"Slow down\"}",
		NULL,
	};
	struct exchange x = {
		.path = "/model/m/invoke",
		.host = HOST,
		.status = 400,
		.type = "application/json",
		.answer_header = "x-amzn-ErrorType: ValidationException:http://internal",
		.response = "{\"message\":\"No\"}",
	};

	stream(exception,
	       "stream=1 ask=m | OUTPUT says=Slow down error=throttlingException streamed");
	facts_are(&x, "ask=m | error=ValidationException says=No");
}

static void test_broken_base64(void **state)
{
	struct exchange x = {
		.path = "/model/m/invoke-with-response-stream",
		.host = HOST,
		.type = "application/vnd.amazon.eventstream",
	};
	char *p;
	FILE *f = open_memstream(&p, &x.response_n);

	aws_frame(f, "event", "chunk", "{\"bytes\":\"e*\"}");
	aws_frame(f, "event", "chunk", "{\"bytes\":\"eyJtb2RlbCI6ImMifQ==\"}");
	fclose(f);
	x.response = p;
	facts_are(&x, "stream=1 ask=m | model=c streamed damaged");
	free(p);
}

static void test_count_tokens(void **state)
{
	struct exchange x = {
		.path = "/model/m%3A0/count-tokens",
		.host = HOST,
		.type = "application/json",
		.request = "{\"input\":{\"converse\":{\"messages\":[]}}}",
		.response = "{\"inputTokens\":18}",
	};

	facts_are(&x, "ask=m:0 | counted=18");
	x.status = 400;
	x.response = "{\"message\":\"No\"}";
	facts_are(&x, "ask=m:0 | says=No");
}

static void test_bidirectional(void **state)
{
	struct exchange x = {
		.path = "/model/amazon.nova-sonic-v1%3A0/invoke-with-bidirectional-stream",
		.host = HOST,
		.type = "application/vnd.amazon.eventstream",
	};
	struct http_head q = {.method = SPAN_LIT("POST"), .path = span_str(x.path)};
	char *p;
	FILE *f = open_memstream(&p, &x.response_n);

	aws_frame(f, "event", "chunk", "{\"bytes\":\"eyJtb2RlbCI6ImMifQ==\"}");
	fclose(f);
	x.response = p;
	facts_are(&x, "stream=1 ask=amazon.nova-sonic-v1:0 | streamed");
	free(p);
	assert_int_equal(dialect__kind(dialect__match(&q)), DIALECT_OPAQUE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_operation),     cmocka_unit_test(test_request),
		cmocka_unit_test(test_whole),	      cmocka_unit_test(test_headers),
		cmocka_unit_test(test_stream),	      cmocka_unit_test(test_errors),
		cmocka_unit_test(test_broken_base64), cmocka_unit_test(test_count_tokens),
		cmocka_unit_test(test_bidirectional),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
