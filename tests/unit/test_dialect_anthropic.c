// SPDX-License-Identifier: Apache-2.0
#include "dialect_facts.h"

#define SSE "text/event-stream; charset=utf-8"
#define JSON "application/json"

static void ask(const char *request, const char *want)
{
	struct exchange x = {
		.path = "/v1/messages", .host = "api.anthropic.com", .request = request};

	facts_are(&x, want);
}

static void answer(int status, const char *type, const char *response, const char *want)
{
	struct exchange x = {
		.path = "/v1/messages",
		.host = "api.anthropic.com",
		.status = status,
		.type = type,
		.response = response,
	};

	facts_are(&x, want);
}

static void test_request(void **state)
{
	ask("{\"max_tokens\":1024,\"messages\":[{\"role\":\"user\",\"content\":\"model\"}],"
	    "\"model\":\"m\",\"stream\":true,\"temperature\":1.0,\"top_k\":40,\"top_p\":0.5,"
	    "\"stop_sequences\":[\"a\",\"b\"],\"output_config\":{\"effort\":\"high\","
	    "\"format\":{\"type\":\"json_schema\",\"schema\":{\"type\":\"x\"}}},"
	    "\"service_tier\":\"auto\",\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":9}}",
	    "max=1024 ask=m stream=1 temp=1 top_k=40 top_p=0.5 stop=a stop=b effort=high "
	    "type=json ask_tier=auto |");
}

static void test_session(void **state)
{
	struct exchange x = {.path = "/v1/messages", .host = "api.anthropic.com"};

	ask("{\"metadata\":{\"user_id\":\"{\\\"device_id\\\":\\\"d\\\",\\\"session_id\\\":"
	    "\\\"0f-1\\\"}\"}}",
	    "conv=0f-1 |");
	ask("{\"metadata\":{\"user_id\":\"user_ab_account__session_0f-2\"}}", "conv=0f-2 |");
	ask("{\"metadata\":{\"user_id\":\"{\\\"session_id\\\":5}\"}}", "|");
	ask("{\"metadata\":{\"user_id\":\"someone\"}}", "|");
	ask("{\"metadata\":{\"user_id\":\"x_session_\"}}", "|");
	ask("{\"metadata\":{\"user_id\":\"{\"}}", "|");
	x.headers = "X-Claude-Code-Session-Id: 0f-3";
	x.request = "{\"metadata\":{\"user_id\":\"x_session_0f-4\"}}";
	facts_are(&x, "conv=0f-3 |");
}

/* Products that send messages have the path, too. */
static void test_other_messages(void **state)
{
	struct exchange x = {.path = "/v1/messages", .host = "h"};

	x.request = "{\"from\":\"1555\",\"to\":\"1556\",\"channel\":\"sms\",\"text\":\"hi\"}";
	facts_are(&x, "| unproved");
	x.headers = "anthropic-version: 2023-06-01";
	facts_are(&x, "|");
	x.path = "/claude/messages"; /* of a gateway without versions */
	facts_are(&x, "|");
	x.path = "/v1/messages";
	x.headers = NULL;
	x.request = "{\"model\":\"m\",\"messages\":[]}";
	facts_are(&x, "ask=m |");
	x.path = "/v1/projects/p/locations/l/publishers/anthropic/models/m:rawPredict";
	x.request = "{\"messages\":[]}";
	facts_are(&x, "ask=m |");
}

static void test_results(void **state)
{
	ask("{\"messages\":[{\"role\":\"user\",\"content\":\"q\"},"
	    "{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"t0\"}]},"
	    "{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t0\"}]},"
	    "{\"role\":\"assistant\",\"content\":[{\"type\":\"web_search_tool_result\","
	    "\"tool_use_id\":\"s\"},{\"type\":\"tool_use\",\"id\":\"t1\"}]},"
	    "{\"content\":[{\"tool_use_id\":\"t1\",\"content\":[{\"type\":\"text\"}],"
	    "\"type\":\"tool_result\"},{\"type\":\"text\",\"text\":\"x\"},"
	    "{\"type\":\"tool_result\",\"tool_use_id\":\"t2\"}],\"role\":\"user\"}]}",
	    "result=t1 result=t2 |");
}

static void test_whole(void **state)
{
	answer(200, JSON,
	       "{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m\","
	       "\"content\":[{\"type\":\"text\",\"text\":\"Hi\"},{\"type\":\"server_tool_use\","
	       "\"id\":\"srv\",\"name\":\"web_search\"},{\"id\":\"t1\",\"name\":\"f\",\"input\":"
	       "{\"id\":\"no\",\"name\":\"no\"},\"type\":\"tool_use\"},{\"type\":\"tool_use\","
	       "\"id\":\"t2\",\"name\":\"f\"}],\"stop_reason\":\"tool_use\",\"stop_sequence\":null,"
	       "\"usage\":{\"input_tokens\":3,\"cache_creation_input_tokens\":20,"
	       "\"cache_read_input_tokens\":100,\"output_tokens\":7,\"service_tier\":\"standard\","
	       "\"output_tokens_details\":{\"thinking_tokens\":2},"
	       "\"iterations\":[{\"input_tokens\":99}]}}",
	       "| id=msg_1 model=m finish[0]=tool_use tier=standard in=123 out=7 read=100 write=20 "
	       "think=2 tool[0]=f#t1 tool[1]=f#t2");
}

static void test_stream(void **state)
{
	answer(200, SSE,
	       "event: message_start\n"
	       "data: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"type\":"
	       "\"message\",\"model\":\"m\",\"content\":[],\"stop_reason\":null,\"usage\":"
	       "{\"input_tokens\":10,\"cache_read_input_tokens\":5,"
	       "\"cache_creation_input_tokens\":0,\"output_tokens\":1}}}\n\n"
	       "event: content_block_start\n"
	       "data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":"
	       "{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}}\n\n"
	       "event: ping\ndata: {\"type\": \"ping\"}\n\n"
	       "event: content_block_delta\n"
	       "data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":"
	       "{\"type\":\"thinking_delta\",\"thinking\":\"Hm\"}}\n\n"
	       "event: content_block_delta\n"
	       "data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":"
	       "{\"type\":\"signature_delta\",\"signature\":\"Eq\"}}\n\n"
	       "event: content_block_start\n"
	       "data: {\"type\":\"content_block_start\",\"index\":1,\"content_block\":"
	       "{\"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"f\",\"input\":{}}}\n\n"
	       "event: content_block_delta\n"
	       "data: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":"
	       "{\"type\":\"input_json_delta\",\"partial_json\":\"\"}}\n\n"
	       "event: content_block_delta\n"
	       "data: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":"
	       "{\"type\":\"input_json_delta\",\"partial_json\":\"{\"}          }\n\n"
	       "event: message_delta\n"
	       "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"tool_use\","
	       "\"stop_sequence\":null},\"usage\":{\"input_tokens\":12,\"output_tokens\":9}}\n\n"
	       "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
	       "| id=msg_1 model=m in=15 out=1 read=5 write=0 OUTPUT tool[0]=f#t1 OUTPUT "
	       "finish[0]=tool_use in=17 out=9 DONE streamed");
}

static void test_details(void **state)
{
	answer(200, JSON,
	       "{\"content\":[{\"type\":\"compaction\",\"content\":\"x\"}],\"usage\":"
	       "{\"input_tokens\":3,\"cache_creation_input_tokens\":9,\"cache_creation\":"
	       "{\"ephemeral_5m_input_tokens\":2,\"ephemeral_1h_input_tokens\":7},"
	       "\"server_tool_use\":{\"web_search_requests\":4,\"web_fetch_requests\":0},"
	       "\"output_tokens\":1}}",
	       "| compacted=1 write_5m=2 write_1h=7 searches=4 in=12 out=1 write=9");
	answer(200, SSE,
	       "event: content_block_start\n"
	       "data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":"
	       "{\"type\":\"compaction\"}}\n\n"
	       "event: content_block_delta\n"
	       "data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":"
	       "{\"type\":\"compaction_delta\",\"content\":\"x\"}}\n\n",
	       "| compacted=1 OUTPUT streamed");
	answer(200, JSON,
	       "{\"context_management\":{\"applied_edits\":[{\"type\":\"clear_tool_uses_20250919\","
	       "\"cleared_input_tokens\":50000}]}}",
	       "| compacted=1");
	answer(200, JSON, "{\"context_management\":{\"applied_edits\":[]}}", "|");
}

static void test_errors(void **state)
{
	answer(529, JSON,
	       "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":"
	       "\"Overloaded\"},\"request_id\":\"req\"}",
	       "| says=Overloaded error=overloaded_error");
	answer(200, SSE,
	       "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\","
	       "\"message\":\"Overloaded\"}}\n\n",
	       "| says=Overloaded error=overloaded_error streamed");
	answer(200, JSON, "{\"type\":\"error\"}", "| error=_OTHER");
	answer(200, JSON, "{\"type\":\"message\",\"error\":null,\"stop_reason\":\"end_turn\"}",
	       "| finish[0]=end_turn");
	answer(401, JSON, "{\"message\":\"who?\"}", "| says=who?");
	/* LiteLLM's way to leave a field out. */
	answer(400, JSON, "{\"error\":{\"type\":\"None\",\"param\":\"None\",\"code\":\"400\"}}",
	       "| error=400");
	answer(400, JSON, "[{\"error\":{\"code\":400,\"status\":\"INVALID_ARGUMENT\"}}]",
	       "| error=INVALID_ARGUMENT");
}

static void test_usage_overflow(void **state)
{
	answer(200, JSON,
	       "{\"usage\":{\"input_tokens\":9223372036854775807,\"cache_read_input_tokens\":1}}",
	       "| read=1");
	answer(200, JSON, "{\"usage\":{\"cache_read_input_tokens\":4,\"output_tokens\":0}}",
	       "| out=0 read=4");
}

static void test_vertex(void **state)
{
	struct exchange x = {
		.path = "/v1/projects/p/locations/l/publishers/anthropic/models/claude-x@1:"
			"streamRawPredict",
		.host = "l-aiplatform.googleapis.com",
		.request = "{\"anthropic_version\":\"vertex-2023-10-16\",\"max_tokens\":5}",
	};

	facts_are(&x, "stream=1 max=5 ask=claude-x@1 |");
	x.path = "/v1/projects/p/locations/l/publishers/anthropic/models/claude-x%401:rawPredict";
	facts_are(&x, "max=5 ask=claude-x@1 |");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request),	       cmocka_unit_test(test_session),
		cmocka_unit_test(test_other_messages), cmocka_unit_test(test_results),
		cmocka_unit_test(test_whole),	       cmocka_unit_test(test_stream),
		cmocka_unit_test(test_details),	       cmocka_unit_test(test_errors),
		cmocka_unit_test(test_usage_overflow), cmocka_unit_test(test_vertex),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
