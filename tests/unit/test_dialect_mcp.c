// SPDX-License-Identifier: Apache-2.0
#include "dialect_facts.h"

#define BOTH "accept: application/json, text/event-stream"
#define SSE "text/event-stream"
#define JSON "application/json"

static void rpc(const char *headers, const char *request, const char *type, const char *response,
		const char *want)
{
	struct exchange x = {
		.path = "/mcp",
		.host = "mcp.example",
		.headers = headers,
		.request = request,
		.type = type,
		.response = response,
	};

	facts_are(&x, want);
}

static bool proves(const char *host, const char *headers, const char *request)
{
	struct http_header header = facts_header(headers);
	struct http_head q = {
		.method = SPAN_LIT("POST"),
		.path = SPAN_LIT("/any/path"),
		.authority = span_str(host),
		.headers = &header,
		.n_headers = 1,
	};
	const struct dialect *d = dialect__match(&q);
	struct dialect_reader *r;
	char *p;
	size_t n;
	FILE *f;
	bool yes;

	if (!d)
		return false;
	f = open_memstream(&p, &n);
	assert_string_equal(dialect__api(d), "mcp");
	assert_int_equal(dialect__kind(d), DIALECT_TOOL);
	assert_int_equal(dialect_reader__new(d, &q, &facts_ops, f, &limits_default, &r), 0);
	dialect_reader__request(r, span_str(request), 1);
	dialect_reader__request_end(r, 1);
	yes = dialect_reader__confirmed(r);
	dialect_reader__free(r);
	fclose(f);
	free(p);
	return yes;
}

#define CALL "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"f\"}}"

static void test_proof(void **state)
{
	static const char version[] = "Mcp-Protocol-Version: 2025-06-18";
	static const char send[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"message/send\"}";

	assert_true(proves("h", BOTH, CALL));
	assert_true(proves("h", "accept: text/event-stream;q=0.5, application/json", CALL));
	assert_true(proves("h", version, CALL));
	assert_true(proves("h", "mcp-session-id: s", CALL));
	assert_false(proves("h", "accept: application/json", CALL));
	assert_false(proves("h", "accept: */*", CALL));
	/* Other protocols that are JSON-RPC, too. */
	assert_false(proves("h", BOTH, send));
	assert_true(proves("h", version, send));
	assert_false(proves("h", BOTH, "{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"ping\"}"));
	assert_false(proves("h", BOTH, "{\"id\":1,\"method\":\"ping\"}"));
	/* Notifications and answers to the server's own requests. */
	assert_false(proves("h", BOTH, "{\"jsonrpc\":\"2.0\",\"method\":\"tools/call\"}"));
	assert_false(proves("h", version, "{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"ping\"}"));
	assert_false(proves("h", version, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}"));
	/* A provider's host proves nothing. */
	assert_false(proves("api.openai.com", BOTH, "{\"model\":\"m\"}"));
	assert_true(proves("h", BOTH, "[{\"jsonrpc\":\"2.0\",\"method\":\"x\"}," CALL "]"));
}

static void test_request(void **state)
{
	rpc(BOTH,
	    "{\"id\":0,\"jsonrpc\":\"2.0\",\"method\":\"initialize\",\"params\":{\"capabilities\":{"
	    "},"
	    "\"clientInfo\":{\"name\":\"c\"},\"protocolVersion\":\"2025-11-25\"}}",
	    NULL, NULL, "method=initialize rpc=0 protocol=2025-11-25 |");
	rpc("mcp-session-id: s1\nmcp-protocol-version: 2025-06-18\n",
	    "{\"params\":{\"arguments\":{\"name\":\"no\",\"uri\":\"no\"},\"name\":\"f\"},"
	    "\"method\":\"tools/call\",\"jsonrpc\":\"2.0\",\"id\":\"a-1\"}",
	    NULL, NULL, "session=s1 protocol=2025-06-18 method=tools/call rpc=a-1 mcp_tool=f |");
	rpc(BOTH,
	    "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"resources/read\",\"params\":{\"uri\":"
	    "\"file:///x\",\"name\":\"no\",\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":"
	    "\"2026-07-28\"}}}",
	    NULL, NULL, "method=resources/read rpc=3 resource=file:///x protocol=2026-07-28 |");
	rpc(BOTH,
	    "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"prompts/get\",\"params\":{\"name\":\"p\"}}",
	    NULL, NULL, "method=prompts/get rpc=3 |");
	rpc(BOTH,
	    "[{\"jsonrpc\":\"2.0\",\"method\":\"notifications/x\"}," CALL ",{\"jsonrpc\":\"2.0\","
	    "\"id\":2,\"method\":\"ping\"}]",
	    NULL, NULL, "method=tools/call rpc=1 mcp_tool=f |");
}

#define ASKED "method=tools/call rpc=1 mcp_tool=f |"

static void test_answer(void **state)
{
	rpc(BOTH, CALL, JSON, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[]}}",
	    ASKED " DONE");
	rpc(BOTH, CALL, JSON,
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[],\"isError\":true}}",
	    ASKED " error=tool_error DONE");
	rpc(BOTH, CALL, JSON,
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32602,\"message\":\"No\"}}",
	    ASKED " says=No error=-32602 DONE");
	rpc(BOTH, CALL, JSON,
	    "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700,\"message\":\"No\"}}",
	    ASKED " says=No error=-32700");
	rpc(BOTH, "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\"}", JSON,
	    "{\"jsonrpc\":\"2.0\",\"id\":0,\"result\":{\"protocolVersion\":\"2025-06-18\"}}",
	    "method=initialize rpc=0 | protocol=2025-06-18 DONE");
	rpc(BOTH, CALL, JSON,
	    "[{\"jsonrpc\":\"2.0\",\"id\":2,\"error\":{\"code\":1}},"
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"isError\":true}},"
	    "{\"jsonrpc\":\"2.0\",\"id\":3,\"result\":{\"isError\":true}}]",
	    ASKED " error=tool_error DONE");
}

/* Notifications and the server's own requests come before the answer. */
static void test_stream(void **state)
{
	rpc(BOTH, CALL, SSE,
	    ": ping\r\n\r\nevent: message\r\ndata: "
	    "{\"method\":\"notifications/message\",\"params\":"
	    "{\"level\":\"error\",\"data\":{}},\"jsonrpc\":\"2.0\"}\r\n\r\n"
	    "event: message\r\ndata: "
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"sampling/createMessage\","
	    "\"params\":{}}\r\n\r\n"
	    "event: message\r\ndata: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"isError\":true}}"
	    "\r\n\r\n",
	    ASKED " error=tool_error DONE streamed");
}

static void test_session(void **state)
{
	struct exchange x = {
		.path = "/",
		.host = "h",
		.headers = BOTH,
		.answer_header = "Mcp-Session-Id: s9",
		.request = "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\"}",
		.status = 401,
		.type = JSON,
		.response = "{\"error\":\"invalid_token\"}",
	};

	facts_are(&x, "method=initialize rpc=0 | session=s9 says=invalid_token");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_proof),	cmocka_unit_test(test_request),
		cmocka_unit_test(test_answer),	cmocka_unit_test(test_stream),
		cmocka_unit_test(test_session),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
