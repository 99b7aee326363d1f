// SPDX-License-Identifier: Apache-2.0
/* What is made in the background by OpenAI's APIs, and fetched. */
#include "dialect_facts.h"

#define JSON "application/json"
#define SSE "text/event-stream"

static void at(const char *method, const char *host, const char *path, const char *request,
	       const char *type, const char *response, const char *want)
{
	struct exchange x = {
		.method = method,
		.path = path,
		.host = host,
		.request = request,
		.type = type,
		.response = response,
	};

	facts_are(&x, want);
}

static void fetch(const char *path, const char *type, const char *response, const char *want)
{
	at("GET", "llm.example", path, NULL, type, response, want);
}

static void test_response(void **state)
{
	fetch("/v1/responses/resp_1", JSON,
	      "{\"id\":\"resp_1\",\"object\":\"response\",\"status\":\"in_progress\"}",
	      "| id=resp_1 finish[0]=in_progress pending=1");
	fetch("/v1/responses/resp_1", JSON,
	      "{\"id\":\"resp_1\",\"object\":\"response\",\"status\":\"completed\",\"usage\":"
	      "{\"input_tokens\":1,\"output_tokens\":2}}",
	      "| id=resp_1 finish[0]=completed pending=0 in=1 out=2");
	/* streamed: pending unless it comes to its end */
	fetch("/v1/responses/resp_1", SSE,
	      "data: {\"type\":\"response.in_progress\",\"response\":{\"id\":\"resp_1\"}}\n\n",
	      "| id=resp_1 pending=1 streamed");
	fetch("/v1/responses/resp_1", SSE,
	      "data: {\"type\":\"response.created\",\"response\":{\"id\":\"resp_1\"}}\n\n"
	      "data: {\"type\":\"response.completed\",\"response\":{\"status\":\"completed\"}}\n\n",
	      "| id=resp_1 pending=1 finish[0]=completed pending=0 DONE streamed");
	fetch("/survey/responses/7", JSON, "{\"id\":\"7\",\"status\":\"completed\"}",
	      "| id=7 finish[0]=completed pending=0 unproved");
}

static void test_chat(void **state)
{
	fetch("/v1/chat/completions/chatcmpl-1", JSON,
	      "{\"id\":\"chatcmpl-1\",\"model\":\"m\",\"choices\":[{\"finish_reason\":\"stop\"}],"
	      "\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}",
	      "| id=chatcmpl-1 model=m finish[0]=stop in=1 out=2");
}

static void test_batch(void **state)
{
	fetch("/v1/batches/batch_1", JSON,
	      "{\"id\":\"batch_1\",\"object\":\"batch\",\"status\":\"finalizing\"}",
	      "| id=batch_1 pending=1");
	fetch("/v1/batches/batch_1", JSON,
	      "{\"id\":\"batch_1\",\"object\":\"batch\",\"model\":\"m\",\"status\":\"completed\","
	      "\"request_counts\":{\"total\":3,\"completed\":2,\"failed\":1},\"usage\":"
	      "{\"input_tokens\":10,\"input_tokens_details\":{\"cached_tokens\":0},"
	      "\"output_tokens\":20,\"output_tokens_details\":{\"reasoning_tokens\":5}}}",
	      "| id=batch_1 model=m batch=2 pending=0 finish[0]=completed in=10 out=20 read=0 "
	      "think=5");
	fetch("/bakery/batches/9", JSON, "{\"id\":\"9\",\"status\":\"completed\"}",
	      "| id=9 unproved");
}

static void test_run(void **state)
{
	at("POST", "api.openai.com", "/v1/threads/t/runs",
	   "{\"assistant_id\":\"asst\",\"model\":\"m\"}", JSON,
	   "{\"id\":\"run_1\",\"object\":\"thread.run\",\"thread_id\":\"t\",\"status\":\"queued\","
	   "\"model\":\"m\",\"usage\":null,\"last_error\":null}",
	   "ask=m | id=run_1 model=m conv=t pending=1");
	at("POST", "api.openai.com", "/v1/threads/t/runs/run_1/submit_tool_outputs",
	   "{\"tool_outputs\":[{\"tool_call_id\":\"c\",\"output\":\"x\"}]}", NULL, NULL,
	   "result=c |");
	fetch("/v1/threads/t/runs/run_1", JSON,
	      "{\"id\":\"run_1\",\"object\":\"thread.run\",\"status\":\"requires_action\","
	      "\"required_action\":{\"submit_tool_outputs\":{\"tool_calls\":[{\"id\":\"c\","
	      "\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]}}}",
	      "| id=run_1 pending=1 finish[0]=requires_action tool[0]=f#c");
	fetch("/v1/threads/t/runs/run_1", JSON,
	      "{\"id\":\"run_1\",\"object\":\"thread.run\",\"status\":\"failed\",\"last_error\":"
	      "{\"code\":\"rate_limit_exceeded\",\"message\":\"m\"}}",
	      "| id=run_1 pending=0 finish[0]=failed says=m error=rate_limit_exceeded");
	/* LangGraph has threads with runs, too. */
	at("POST", "graph.example", "/threads/t/runs", "{\"assistant_id\":\"a\"}", JSON,
	   "{\"run_id\":\"r\",\"thread_id\":\"t\",\"status\":\"pending\"}", "| unproved");
}

static void test_run_stream(void **state)
{
	at("POST", "llm.example", "/v1/threads/runs", "{\"stream\":true}", SSE,
	   "event: thread.run.created\n"
	   "data: {\"id\":\"run_1\",\"object\":\"thread.run\",\"status\":\"queued\"}\n\n"
	   "event: thread.message.created\n"
	   "data: {\"id\":\"msg\",\"object\":\"thread.message\",\"content\":[]}\n\n"
	   "event: thread.message.delta\n"
	   "data: {\"id\":\"msg\",\"object\":\"thread.message.delta\",\"delta\":{\"content\":["
	   "{\"index\":0,\"type\":\"text\",\"text\":{\"value\":\"x\"}}]}}\n\n"
	   "event: thread.run.step.delta\n"
	   "data: "
	   "{\"object\":\"thread.run.step.delta\",\"delta\":{\"step_details\":{\"tool_calls\":["
	   "{\"function\":{\"arguments\":\"{\"}}]}}}\n\n"
	   "event: thread.run.step.completed\n"
	   "data: {\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":1},\"object\":"
	   "\"thread.run.step\"}\n\n"
	   "event: thread.run.completed\n"
	   "data: {\"id\":\"run_1\",\"object\":\"thread.run\",\"status\":\"completed\",\"usage\":"
	   "{\"prompt_tokens\":15,\"completion_tokens\":6,\"prompt_token_details\":"
	   "{\"cached_tokens\":2}}}\n\n"
	   "event: done\ndata: [DONE]\n\n",
	   "stream=1 | id=run_1 pending=1 OUTPUT OUTPUT id=run_1 pending=0 finish[0]=completed "
	   "in=15 "
	   "out=6 read=2 DONE DONE streamed");
}

static const char *api(const char *host, const char *path)
{
	const struct http_head q = {
		.method = SPAN_LIT("GET"),
		.path = span_str(path),
		.authority = span_str(host),
	};
	const struct dialect *d = dialect__match(&q);

	return d ? dialect__api(d) : "";
}

static void test_match(void **state)
{
	assert_string_equal(api("api.openai.com", "/v1/responses"), "");
	assert_string_equal(api("api.openai.com", "/v1/responses/r"), "openai.responses");
	assert_string_equal(api("api.openai.com", "/v1/responses/r/input_items"), "");
	assert_string_equal(api("api.openai.com", "/v1/chat/completions"), "");
	assert_string_equal(api("api.openai.com", "/v1/chat/completions/c/messages"), "");
	assert_string_equal(api("api.perplexity.ai", "/async/chat/completions/c"), "");
	assert_string_equal(api("api.openai.com", "/v1/batches"), "");
	assert_string_equal(api("api.anthropic.com", "/v1/messages/batches/b"), "");
	assert_string_equal(api("api.openai.com", "/v1/threads/t/runs"), "");
	assert_string_equal(api("api.openai.com", "/v1/threads/t/runs/r"), "openai.threads");
	assert_string_equal(api("api.openai.com", "/v1/threads/t/runs/r/steps"), "");
	assert_string_equal(api("api.openai.com", "/v1/threads/t/messages"), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_response),   cmocka_unit_test(test_chat),
		cmocka_unit_test(test_batch),	   cmocka_unit_test(test_run),
		cmocka_unit_test(test_run_stream), cmocka_unit_test(test_match),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
