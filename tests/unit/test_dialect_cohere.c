// SPDX-License-Identifier: Apache-2.0
#include "dialect_facts.h"

#define SSE "text/event-stream"
#define LINES "application/stream+json"
#define JSON "application/json"

static void at(const char *host, const char *path, int status, const char *request,
	       const char *type, const char *response, const char *want)
{
	struct exchange x = {
		.path = path,
		.host = host,
		.request = request,
		.status = status,
		.type = type,
		.response = response,
	};

	facts_are(&x, want);
}

static void v2(const char *request, const char *type, const char *response, const char *want)
{
	at("api.cohere.com", "/v2/chat", 200, request, type, response, want);
}

static void v1(const char *request, const char *type, const char *response, const char *want)
{
	at("api.cohere.com", "/v1/chat", 200, request, type, response, want);
}

static void test_request(void **state)
{
	v2("{\"messages\":[{\"role\":\"tool\",\"tool_call_id\":\"c1\",\"content\":\"r\"}],"
	   "\"model\":\"m\",\"stream\":true,\"max_tokens\":5,\"temperature\":0.5,\"p\":1,\"k\":3,"
	   "\"seed\":7,\"frequency_penalty\":0.5,\"presence_penalty\":0,\"stop_sequences\":[\"a\"],"
	   "\"response_format\":{\"type\":\"json_object\"}}",
	   NULL, NULL,
	   "result=c1 ask=m stream=1 max=5 temp=0.5 top_p=1 top_k=3 seed=7 freq=0.5 pres=0 stop=a "
	   "type=json |");
	v1("{\"message\":\"hi\",\"model\":\"m\",\"conversation_id\":\"c\"}", NULL, NULL,
	   "ask=m conv=c |");
}

static void test_v2_whole(void **state)
{
	v2(NULL, JSON,
	   "{\"id\":\"i\",\"finish_reason\":\"TOOL_CALL\",\"message\":{\"role\":\"assistant\","
	   "\"tool_plan\":\"p\",\"tool_calls\":[{\"id\":\"a\",\"type\":\"function\",\"function\":"
	   "{\"name\":\"f\",\"arguments\":\"{}\"}},{\"id\":\"b\",\"function\":{\"name\":\"f\"}}]},"
	   "\"usage\":{\"billed_units\":{\"input_tokens\":3,\"output_tokens\":2},\"cached_tokens\":"
	   "4,"
	   "\"tokens\":{\"input_tokens\":9,\"output_tokens\":5}}}",
	   "| id=i finish[0]=TOOL_CALL in=9 out=5 read=4 tool[0]=f#a tool[1]=f#b");
	/* Only what is billed is known. */
	v2(NULL, JSON,
	   "{\"usage\":{\"billed_units\":{\"input_tokens\":3,\"output_tokens\":2}},"
	   "\"message\":{\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}}",
	   "| in=3 out=2");
}

static void test_v2_stream(void **state)
{
	v2("{\"stream\":true}", SSE,
	   "event: message-start\ndata: {\"id\":\"i\",\"type\":\"message-start\",\"delta\":"
	   "{\"message\":{\"role\":\"assistant\",\"content\":[],\"tool_plan\":\"\",\"tool_calls\":["
	   "],"
	   "\"citations\":[]}}}\n\n"
	   "event: content-start\ndata: {\"type\":\"content-start\",\"index\":0,\"delta\":"
	   "{\"message\":{\"content\":{\"type\":\"text\",\"text\":\"\"}}}}\n\n"
	   "event: content-delta\ndata: {\"type\":\"content-delta\",\"index\":0,\"delta\":"
	   "{\"message\":{\"content\":{\"text\":\"Ar\"}}}}\n\n"
	   "event: tool-plan-delta\ndata: {\"type\":\"tool-plan-delta\",\"delta\":{\"message\":"
	   "{\"tool_plan\":\"I\"}}}\n\n"
	   "event: tool-call-start\ndata: {\"type\":\"tool-call-start\",\"index\":0,\"delta\":"
	   "{\"message\":{\"tool_calls\":{\"id\":\"a\",\"type\":\"function\",\"function\":{"
	   "\"name\":"
	   "\"f\",\"arguments\":\"\"}}}}}\n\n"
	   "event: tool-call-delta\ndata: {\"type\":\"tool-call-delta\",\"index\":0,\"delta\":"
	   "{\"message\":{\"tool_calls\":{\"function\":{\"arguments\":\"{}\"}}}}}\n\n"
	   "event: tool-call-start\ndata: {\"type\":\"tool-call-start\",\"index\":1,\"delta\":"
	   "{\"message\":{\"tool_calls\":{\"id\":\"b\",\"function\":{\"name\":\"f\"}}}}}\n\n"
	   "event: message-end\ndata: {\"type\":\"message-end\",\"delta\":{\"finish_reason\":"
	   "\"TOOL_CALL\",\"usage\":{\"billed_units\":{\"input_tokens\":1,\"output_tokens\":1},"
	   "\"tokens\":{\"input_tokens\":9,\"output_tokens\":5},\"cached_tokens\":2}}}\n\n"
	   "data: [DONE]\n\n",
	   "stream=1 | id=i OUTPUT OUTPUT tool[0]=f#a OUTPUT tool[1]=f#b finish[0]=TOOL_CALL in=9 "
	   "out=5 read=2 DONE DONE streamed");
	v2(NULL, SSE,
	   "data: {\"type\":\"message-end\",\"delta\":{\"finish_reason\":\"ERROR\",\"error\":"
	   "\"overloaded\"}}\n\n",
	   "| finish[0]=ERROR says=overloaded error=_OTHER DONE streamed");
}

static void test_v1(void **state)
{
	static const char lines[] =
		"{\"is_finished\":false,\"event_type\":\"stream-start\",\"generation_id\":\"g\"}\n"
		"{\"is_finished\":false,\"event_type\":\"text-generation\",\"text\":\"Ar\"}\n"
		"{\"is_finished\":false,\"event_type\":\"tool-calls-chunk\",\"tool_call_delta\":"
		"{\"index\":0,\"name\":\"f\"}}\n"
		"{\"is_finished\":false,\"event_type\":\"tool-calls-chunk\",\"tool_call_delta\":"
		"{\"index\":0,\"parameters\":\"{\"}}\n"
		"{\"is_finished\":false,\"event_type\":\"tool-calls-generation\",\"tool_calls\":"
		"[{\"name\":\"f\",\"parameters\":{\"a\":1}},{\"name\":\"g\",\"parameters\":{}}]}\n"
		"{\"is_finished\":true,\"event_type\":\"stream-end\",\"response\":{\"response_id\":"
		"\"r\",\"text\":\"Ar\",\"generation_id\":\"g\",\"tool_calls\":[{\"name\":\"f\","
		"\"parameters\":{\"a\":1}},{\"name\":\"g\"}],\"finish_reason\":\"COMPLETE\","
		"\"meta\":"
		"{\"billed_units\":{\"input_tokens\":1,\"output_tokens\":2},\"tokens\":"
		"{\"input_tokens\":6,\"output_tokens\":3}}},\"finish_reason\":\"COMPLETE\"}\n";
	static const char want[] = "| OUTPUT OUTPUT tool[0]=f tool[1]=g OUTPUT id=r "
				   "finish[0]=COMPLETE finish[0]=COMPLETE in=6 out=3 DONE streamed";

	v1(NULL, LINES, lines, want);
	v1(NULL, JSON, lines, want);
	v1("{\"message\":\"q\"}", JSON,
	   "{\"response_id\":\"r\",\"text\":\"x\",\"generation_id\":\"g\",\"finish_reason\":"
	   "\"MAX_TOKENS\",\"tool_calls\":[{\"name\":\"f\",\"parameters\":{}}],\"token_count\":"
	   "{\"prompt_tokens\":1376},\"meta\":{\"billed_units\":{\"input_tokens\":23,"
	   "\"output_tokens\":60}}}",
	   "| id=r finish[0]=MAX_TOKENS in=23 out=60 tool[0]=f");
	/* A stream that names its calls only at its end. */
	v1(NULL, LINES,
	   "{\"event_type\":\"stream-end\",\"response\":{\"tool_calls\":[{\"name\":\"f\"}]}}",
	   "| tool[0]=f DONE streamed");
}

static void test_generate(void **state)
{
	at("api.cohere.ai", "/v1/generate", 200,
	   "{\"prompt\":\"p\",\"model\":\"m\",\"stream\":true,\"num_generations\":2,"
	   "\"end_sequences\":[\"x\"]}",
	   LINES,
	   "{\"text\":\" a\",\"is_finished\":false,\"event_type\":\"text-generation\"}\n"
	   "{\"is_finished\":true,\"event_type\":\"stream-end\",\"finish_reason\":\"COMPLETE\","
	   "\"response\":{\"id\":\"i\",\"generations\":[{\"id\":\"g\",\"text\":\" a\","
	   "\"finish_reason\":\"COMPLETE\"},{\"finish_reason\":\"MAX_TOKENS\"}],\"meta\":"
	   "{\"billed_units\":{\"input_tokens\":5,\"output_tokens\":7}}}}\n",
	   "ask=m stream=1 n=2 stop=x | OUTPUT finish[0]=COMPLETE id=i finish[0]=COMPLETE "
	   "finish[1]=MAX_TOKENS in=5 out=7 DONE streamed");
}

static void test_embed_rerank(void **state)
{
	at("api.cohere.com", "/v2/embed", 200,
	   "{\"model\":\"m\",\"texts\":[\"a\"],\"output_dimension\":256,\"embedding_types\":"
	   "[\"float\",\"int8\"]}",
	   JSON,
	   "{\"id\":\"i\",\"embeddings\":{\"float\":[[0.1]]},\"meta\":{\"billed_units\":"
	   "{\"input_tokens\":2,\"image_tokens\":0}}}",
	   "ask=m dims=256 encoding=float encoding=int8 | id=i in=2");
	at("api.cohere.com", "/v1/rerank", 200,
	   "{\"model\":\"m\",\"query\":\"q\",\"documents\":[\"d\"]}", JSON,
	   "{\"id\":\"i\",\"results\":[{\"index\":0,\"relevance_score\":0.9}],\"meta\":"
	   "{\"billed_units\":{\"search_units\":1}}}",
	   "ask=m | id=i units=1");
}

static void test_errors(void **state)
{
	/* The id of an error is no answer's. */
	at("api.cohere.com", "/v2/chat", 404, NULL, JSON,
	   "{\"id\":\"e\",\"message\":\"model 'x' not found\"}", "| says=model 'x' not found");
	at("api.cohere.com", "/v2/embed", 400, NULL, JSON, "{\"id\":\"e\",\"message\":\"m\"}",
	   "| says=m");
	at("api.cohere.com", "/v1/chat", 429, NULL, JSON,
	   "{\"message\":\"slow down\",\"error_type\":\"rate_limit\"}",
	   "| says=slow down error=rate_limit");
}

static bool matches(const char *host, const char *path)
{
	struct http_head q = {
		.method = SPAN_LIT("POST"),
		.path = span_str(path),
		.authority = span_str(host),
	};

	return dialect__match(&q);
}

static void test_proof(void **state)
{
	at("h", "/v2/chat", 200, "{\"messages\":[]}", JSON, "{\"message\":{\"content\":\"x\"}}",
	   "| unproved");
	at("h", "/v2/chat", 200, NULL, SSE, "data: {\"type\":\"message-start\",\"id\":\"i\"}\n\n",
	   "| id=i streamed");
	at("h", "/v2/chat", 200, NULL, SSE, "data: {\"type\":\"message\",\"id\":\"i\"}\n\n",
	   "| id=i streamed unproved");
	at("h", "/v1/chat", 200, "{\"message\":\"q\"}", JSON, "{\"text\":\"x\"}", "| unproved");
	at("h", "/v1/chat", 200, "{\"message\":\"q\"}", JSON,
	   "{\"text\":\"x\",\"generation_id\":\"g\"}", "|");
	at("h", "/v1/chat", 200, "{\"messages\":[]}", JSON, "{\"generation_id\":\"g\"}",
	   "| unproved");
	at("h", "/v1/generate", 200, NULL, JSON, "{\"id\":\"x\",\"text\":\"t\"}",
	   "| id=x unproved");
	at("h", "/v1/embed", 200, NULL, JSON, "{\"meta\":{\"billed_units\":{\"input_tokens\":1}}}",
	   "| in=1");
	/* Azure sells them; others have these paths for something else. */
	assert_true(matches("x.eastus2.models.ai.azure.com", "/v1/chat"));
	assert_true(matches("gateway.example", "/cohere/v2/chat"));
	assert_false(matches("api.openai.com", "/v1/embed"));
	assert_false(matches("api.groq.com", "/v2/chat"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request),	  cmocka_unit_test(test_v2_whole),
		cmocka_unit_test(test_v2_stream), cmocka_unit_test(test_v1),
		cmocka_unit_test(test_generate),  cmocka_unit_test(test_embed_rerank),
		cmocka_unit_test(test_errors),	  cmocka_unit_test(test_proof),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
