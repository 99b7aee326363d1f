// SPDX-License-Identifier: Apache-2.0
#include "dialect_facts.h"

#define JSON "application/json"
#define SSE "text/event-stream"

static void at(const char *host, const char *path, const char *request, const char *type,
	       const char *response, const char *want)
{
	struct exchange x = {
		.path = path,
		.host = host,
		.request = request,
		.type = type,
		.response = response,
	};

	facts_are(&x, want);
}

static void test_fim(void **state)
{
	at("codestral.mistral.ai", "/v1/fim/completions",
	   "{\"model\":\"codestral\",\"prompt\":\"def f(\",\"suffix\":\"return\",\"stop\":\"x\","
	   "\"random_seed\":3}",
	   JSON,
	   "{\"id\":\"1\",\"model\":\"codestral\",\"choices\":[{\"index\":0,\"message\":"
	   "{\"content\":\"a\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":8,"
	   "\"completion_tokens\":9,\"total_tokens\":17}}",
	   "ask=codestral stop=x seed=3 | id=1 model=codestral finish[0]=stop in=8 out=9");
}

static void test_agents(void **state)
{
	at("api.mistral.ai", "/v1/agents/completions",
	   "{\"agent_id\":\"ag:1\",\"messages\":[{\"role\":\"user\"}],\"max_tokens\":4}", JSON,
	   "{\"id\":\"1\",\"model\":\"mistral-large\",\"choices\":[{\"finish_reason\":\"stop\"}],"
	   "\"usage\":{\"prompt_tokens\":8,\"completion_tokens\":9}}",
	   "max=4 | id=1 model=mistral-large finish[0]=stop in=8 out=9");
	at("shop.example", "/agents/completions", "{\"agent\":7}", JSON, "{\"done\":true}",
	   "| unproved");
}

static void test_conversations(void **state)
{
	at("api.mistral.ai", "/v1/conversations",
	   "{\"model\":\"m\",\"inputs\":[{\"type\":\"function.call\",\"tool_call_id\":\"a\"},"
	   "{\"type\":\"function.result\",\"tool_call_id\":\"a\",\"result\":\"r\"}],"
	   "\"completion_args\":{\"temperature\":0.5,\"stop\":[\"x\"],\"response_format\":"
	   "{\"type\":\"json_object\"}}}",
	   JSON,
	   "{\"object\":\"conversation.response\",\"conversation_id\":\"conv_1\",\"outputs\":["
	   "{\"type\":\"tool.execution\",\"name\":\"web_search\",\"id\":\"t\"},"
	   "{\"type\":\"function.call\",\"tool_call_id\":\"c\",\"name\":\"f\",\"id\":\"fc\"},"
	   "{\"type\":\"message.output\",\"model\":\"m-1\",\"content\":\"x\"}],"
	   "\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":6,\"connector_tokens\":70,"
	   "\"total_tokens\":81}}",
	   "ask=m result=a temp=0.5 stop=x type=json | conv=conv_1 model=m-1 tool_use=70 in=5 "
	   "out=6 tool[0]=f#c");
	at("api.mistral.ai", "/v1/conversations/conv_1", "{\"inputs\":\"hi\",\"stream\":true}", SSE,
	   "event: conversation.response.started\n"
	   "data: {\"type\":\"conversation.response.started\",\"conversation_id\":\"conv_1\"}\n\n"
	   "data: {\"type\":\"message.output.delta\",\"model\":\"m\",\"content\":\"x\"}\n\n"
	   "data: {\"type\":\"message.output.delta\",\"model\":\"m\",\"content\":\"\"}\n\n"
	   "data: {\"type\":\"function.call.delta\",\"name\":\"f\",\"tool_call_id\":\"c\","
	   "\"arguments\":\"{\"}\n\n"
	   "data: {\"type\":\"function.call.delta\",\"name\":\"f\",\"tool_call_id\":\"c\","
	   "\"arguments\":\"}\"}\n\n"
	   "data: {\"type\":\"conversation.response.done\",\"usage\":{\"prompt_tokens\":1,"
	   "\"completion_tokens\":2}}\n\n",
	   "stream=1 | conv=conv_1 model=m OUTPUT tool[0]=f#c OUTPUT OUTPUT in=1 out=2 DONE "
	   "streamed");
	at("api.mistral.ai", "/v1/conversations/conv_1/restart", "{}", SSE,
	   "data: {\"type\":\"conversation.response.error\",\"code\":\"3000\",\"message\":\"m\"}"
	   "\n\n",
	   "| says=m error=3000 DONE streamed");
	at("chat.example", "/v1/conversations", "{\"title\":\"new\"}", JSON, "{\"id\":1}",
	   "| unproved");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fim),
		cmocka_unit_test(test_agents),
		cmocka_unit_test(test_conversations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
