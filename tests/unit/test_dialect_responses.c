// SPDX-License-Identifier: Apache-2.0
#include "dialect_facts.h"

#define SSE "text/event-stream; charset=utf-8"
#define JSON "application/json"
#define EVENT(json) "event: x\ndata: " json "\n\n"

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

static void ask(const char *request, const char *want)
{
	at("api.openai.com", "/v1/responses", request, NULL, NULL, want);
}

static void answer(const char *type, const char *response, const char *want)
{
	at("api.openai.com", "/v1/responses", NULL, type, response, want);
}

static void with(const char *headers, const char *request, const char *want)
{
	struct exchange x = {
		.path = "/backend-api/codex/responses",
		.host = "chatgpt.com",
		.headers = headers,
		.request = request,
	};

	facts_are(&x, want);
}

static void test_request(void **state)
{
	ask("{\"input\":\"hi\",\"model\":\"m\",\"stream\":true,\"max_output_tokens\":7,"
	    "\"temperature\":0.5,\"top_p\":1,\"reasoning\":{\"effort\":\"low\"},"
	    "\"text\":{\"format\":{\"type\":\"json_schema\"},\"verbosity\":\"low\"},"
	    "\"service_tier\":\"flex\",\"previous_response_id\":\"resp_0\",\"store\":false,"
	    "\"conversation\":{\"id\":\"conv_1\"},\"prompt_cache_key\":\"k\"}",
	    "ask=m stream=1 max=7 temp=0.5 top_p=1 effort=low type=json ask_tier=flex "
	    "previous=resp_0 conv=conv_1 |");
	ask("{\"conversation\":\"conv_2\",\"text\":{\"format\":{\"type\":\"text\"}}}",
	    "type=text conv=conv_2 |");
	ask("{\"model\":\"m\",\"prompt_cache_key\":\"k\",\"conversation\":null}", "ask=m |");
}

/* What comes behind the model's last words; its own items are no results. */
static void test_results(void **state)
{
	ask("{\"input\":[{\"role\":\"user\",\"content\":\"q\"},"
	    "{\"type\":\"function_call\",\"call_id\":\"c0\",\"name\":\"f\"},"
	    "{\"type\":\"function_call_output\",\"call_id\":\"c0\",\"output\":\"r\"},"
	    "{\"type\":\"reasoning\",\"id\":\"rs_1\"},"
	    "{\"call_id\":\"c1\",\"name\":\"f\",\"type\":\"function_call\"},"
	    "{\"call_id\":\"c2\",\"name\":\"f\",\"type\":\"custom_tool_call\"},"
	    "{\"call_id\":\"c1\",\"output\":\"r\",\"type\":\"function_call_output\"},"
	    "{\"type\":\"custom_tool_call_output\",\"call_id\":\"c2\",\"output\":\"r\"}]}",
	    "result=c1 result=c2 |");
	ask("{\"input\":[{\"type\":\"function_call\",\"call_id\":\"c1\"}]}", "|");
	ask("{\"input\":[{\"type\":\"function_call_output\",\"call_id\":\"c1\"},"
	    "{\"role\":\"assistant\",\"content\":\"x\"},{\"role\":\"user\"}]}",
	    "result=c1 |");
}

static void test_codex(void **state)
{
	static const char metadata[] =
		"{\"model\":\"m\",\"prompt_cache_key\":\"k\",\"client_metadata\":"
		"{\"thread_id\":\"t\",\"session_id\":\"s\",\"turn_id\":\"u\"}}";
	static const char child[] =
		"{\"model\":\"m\",\"client_metadata\":{\"x-codex-parent-thread-id\":\"p\","
		"\"thread_id\":\"t\",\"session_id\":\"s\"}}";

	with("originator: codex_exec", child, "ask=m conv=s agent=t agent_parent=p |");
	with("originator: codex_cli_rs", "{\"prompt_cache_key\":\"k\"}", "conv=k |");
	with("User-Agent: codex_exec/0.9", "{\"prompt_cache_key\":\"k\"}", "conv=k |");
	with("originator: codex_cli_rs\nuser-agent: x", metadata, "ask=m conv=s agent=t |");
	/* Others may mean something else by it. */
	with("user-agent: python", metadata, "ask=m conv=s |");
	with("user-agent: python", "{\"prompt_cache_key\":\"k\"}", "|");
	with("session-id: head\nuser-agent: codex", metadata, "conv=head ask=m agent=t |");
	with("thread-id: thread\nuser-agent: codex", metadata, "conv=thread ask=m agent=t |");
	with("session-id: s\nthread-id: t\nx-codex-parent-thread-id: p", "",
	     "conv=s agent=t agent_parent=p |");
	with("session-id: s\nthread-id: s\nx-codex-parent-thread-id: p", "", "conv=s |");
	with("x-codex-turn-metadata: {\"turn_id\":\"u\",\"thread_id\":\"th\"}", "", "conv=th |");
	with("x-codex-turn-metadata: {\"thread_id\":\"th\",\"session_id\":\"se\"}", "",
	     "conv=se agent=th |");
	with("x-codex-turn-metadata: {\"thread_id\":\"th\",\"session_id\":\"se\","
	     "\"parent_thread_id\":\"p\"}",
	     "", "conv=se agent=th agent_parent=p |");
	with("x-codex-turn-metadata: nonsense", "", "|");
}

static void test_whole(void **state)
{
	answer(JSON,
	       "{\"id\":\"resp_1\",\"object\":\"response\",\"status\":\"completed\",\"error\":null,"
	       "\"incomplete_details\":null,\"model\":\"m-1\",\"output\":["
	       "{\"id\":\"rs\",\"type\":\"reasoning\",\"status\":\"incomplete\"},"
	       "{\"id\":\"ws\",\"type\":\"web_search_call\",\"call_id\":\"w\",\"name\":\"w\"},"
	       "{\"id\":\"fc\",\"type\":\"function_call\",\"call_id\":\"c1\",\"name\":\"f\","
	       "\"arguments\":\"{}\"},"
	       "{\"name\":\"g\",\"call_id\":\"c2\",\"id\":\"ct\",\"type\":\"custom_tool_call\"},"
	       "{\"type\":\"function_call\",\"id\":\"only\",\"name\":\"h\"},"
	       "{\"type\":\"shell_call\",\"call_id\":\"c3\"}],"
	       "\"service_tier\":\"default\",\"conversation\":{\"id\":\"conv\"},"
	       "\"text\":{\"format\":{\"type\":\"text\"}},\"tool_usage\":{\"web_search\":"
	       "{\"num_requests\":2}},\"usage\":{\"input_tokens\":10,\"input_tokens_details\":"
	       "{\"cached_tokens\":4,\"cache_write_tokens\":1},\"output_tokens\":20,"
	       "\"output_tokens_details\":{\"reasoning_tokens\":5},\"total_tokens\":30,"
	       "\"cost_in_usd_ticks\":25000000000}}",
	       "| id=resp_1 model=m-1 tier=default conv=conv searches=2 usd=2.5 "
	       "finish[0]=completed pending=0 in=10 out=20 read=4 write=1 think=5 "
	       "tool[0]=f#c1 tool[1]=g#c2 tool[2]=h#only");
	answer(JSON,
	       "{\"status\":\"incomplete\",\"incomplete_details\":{\"reason\":\"max_output_"
	       "tokens\"}}",
	       "| finish[0]=max_output_tokens pending=0");
	answer(JSON, "{\"status\":\"incomplete\",\"incomplete_details\":null}",
	       "| finish[0]=incomplete pending=0");
	answer(JSON,
	       "{\"id\":\"r\",\"object\":\"response\",\"background\":true,\"status\":\"queued\","
	       "\"usage\":null}",
	       "| id=r finish[0]=queued pending=1");
	answer(JSON, "{\"status\":\"odd\"}", "|");
	answer(JSON,
	       "{\"id\":\"r\",\"status\":\"failed\",\"error\":{\"code\":\"server_error\","
	       "\"message\":\"m\"}}",
	       "| id=r finish[0]=failed pending=0 says=m error=server_error");
	answer(JSON, "{\"id\":\"r\",\"status\":\"failed\",\"error\":null}",
	       "| id=r finish[0]=failed pending=0 error=_OTHER");
	/* the context was compacted on the way */
	answer(JSON, "{\"output\":[{\"type\":\"compaction\",\"id\":\"cmp\"}]}", "| compacted=1");
}

static void test_stream(void **state)
{
	answer(SSE,
	       EVENT("{\"type\":\"response.created\",\"response\":{\"id\":\"r\",\"object\":"
		     "\"response\",\"status\":\"in_progress\",\"model\":\"m\",\"usage\":null}}")
		       EVENT("{\"type\":\"response.output_item.added\",\"output_index\":0,\"item\":"
			     "{\"id\":\"fc\",\"type\":\"function_call\",\"call_id\":\"c\",\"name\":"
			     "\"f\","
			     "\"arguments\":\"\"}}") EVENT("{\"type\":\"response.function_call_"
							   "arguments.delta\",\"delta\":\"{}\"}")
			       EVENT("{\"type\":\"response.function_call_arguments.done\","
				     "\"arguments\":\"{}\"}")
				       EVENT("{\"type\":\"response.output_item.done\",\"item\":{"
					     "\"id\":\"fc\","
					     "\"type\":\"function_call\",\"call_id\":\"c\","
					     "\"name\":\"f\"}}")
					       EVENT("{\"type\":\"response.completed\","
						     "\"response\":{\"id\":\"r\",\"model\":\"m\","
						     "\"status\":\"completed\",\"output\":[{\"id\":"
						     "\"fc\",\"call_id\":\"c\","
						     "\"name\":\"f\",\"type\":\"function_call\"}],"
						     "\"usage\":{\"input_tokens\":1,"
						     "\"output_tokens\":2}}}"),
	       "| id=r model=m tool[0]=f#c OUTPUT finish[0]=completed pending=0 in=1 out=2 DONE "
	       "streamed");
	/* DeepSeek's and OpenRouter's end mark comes behind */
	answer(SSE,
	       EVENT("{\"type\":\"response.incomplete\",\"response\":{\"incomplete_details\":"
		     "{\"reason\":\"content_filter\"},\"status\":\"incomplete\"}}") "data: "
										    "[DONE]\n\n",
	       "| finish[0]=content_filter pending=0 DONE DONE streamed");
	answer(SSE, EVENT("{\"type\":\"response.completed\",\"response\":{}}"),
	       "| finish[0]=completed pending=0 DONE streamed");
	answer(SSE,
	       EVENT("{\"type\":\"response.failed\",\"response\":{\"status\":\"failed\",\"error\":"
		     "{\"code\":\"rate_limit_exceeded\",\"message\":\"m\"}}}"),
	       "| finish[0]=failed pending=0 says=m error=rate_limit_exceeded DONE streamed");
	answer(SSE,
	       EVENT("{\"type\":\"error\",\"code\":\"server_error\",\"message\":\"m\",\"param\":"
		     "null}"),
	       "| says=m error=server_error streamed");
	answer(SSE,
	       EVENT("{\"type\":\"error\",\"error\":{\"type\":\"t\",\"code\":\"c\",\"message\":"
		     "\"m\"}}"),
	       "| says=m error=c streamed");
}

static void test_output(void **state)
{
	static const struct {
		const char *event;
		bool output;
	} cases[] = {
		{"\"response.output_text.delta\",\"delta\":\"x\"", true},
		{"\"response.output_text.delta\",\"delta\":\"\"", false},
		{"\"response.reasoning_text.delta\",\"delta\":\"x\"", true},
		{"\"response.reasoning_summary_text.delta\",\"delta\":\"x\"", true},
		{"\"response.refusal.delta\",\"delta\":\"x\"", true},
		{"\"response.custom_tool_call_input.delta\",\"delta\":\"x\"", true},
		{"\"response.mcp_call_arguments.delta\",\"delta\":\"x\"", true},
		{"\"response.code_interpreter_call_code.delta\",\"delta\":\"x\"", true},
		{"\"response.audio.delta\",\"delta\":\"AAAA\"", true},
		{"\"response.audio.transcript.delta\",\"delta\":\"x\"", true},
		{"\"response.image_generation_call.partial_image\",\"partial_image_b64\":\"A\"",
		 true},
		{"\"response.output_text.done\",\"text\":\"all at once\"", true},
		{"\"response.function_call_arguments.done\",\"arguments\":\"{}\"", true},
		{"\"response.output_text.done\",\"text\":\"\"", false},
		{"\"response.shell_call_output_content.delta\",\"delta\":{\"stdout\":\"x\"}",
		 false},
		{"\"response.in_progress\",\"response\":{}", false},
		{"\"response.output_item.added\",\"item\":{\"type\":\"message\"}", false},
		{"\"response.content_part.added\",\"part\":{\"text\":\"x\"}", false},
		{"\"response.web_search_call.searching\"", false},
		{"\"keepalive\",\"delta\":\"x\"", false},
	};
	char text[300], want[100];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), "data: {\"type\":%s}\n\n", cases[i].event);
		snprintf(want, sizeof(want), "| %sstreamed", cases[i].output ? "OUTPUT " : "");
		answer(SSE, text, want);
		/* the type last */
		snprintf(text, sizeof(text), "data: {%s,\"type\":%.*s}\n\n",
			 strchr(cases[i].event, ',') ? strchr(cases[i].event, ',') + 1 : "\"a\":1",
			 (int)strcspn(cases[i].event, ","), cases[i].event);
		answer(SSE, text, want);
	}
	/* What was streamed is not output again when it is whole. */
	answer(SSE,
	       EVENT("{\"type\":\"response.output_text.delta\",\"delta\":\"x\"}")
		       EVENT("{\"type\":\"response.output_text.done\",\"text\":\"x\"}"),
	       "| OUTPUT streamed");
}

/* A survey has responses, too. */
static void test_proof(void **state)
{
	at("survey.example", "/api/v1/responses", "{\"survey\":1,\"answers\":[\"a\"]}", JSON,
	   "{\"id\":\"7\",\"status\":\"completed\"}",
	   "| id=7 finish[0]=completed pending=0 unproved");
	at("survey.example", "/responses", "{\"model\":\"T\"}", JSON, "{\"ok\":true}",
	   "ask=T | unproved");
	at("survey.example", "/responses", NULL, SSE, "data: {\"type\":\"error\"}\n\n",
	   "| error=_OTHER streamed unproved");
	at("llm.example", "/v1/responses", "{\"model\":\"m\",\"input\":\"x\"}", NULL, NULL,
	   "ask=m |");
	at("llm.example", "/v1/responses", "{\"input\":[],\"model\":\"m\"}", NULL, NULL, "ask=m |");
	at("llm.example", "/v1/responses", "", JSON, "{\"object\":\"response\"}", "|");
	at("llm.example", "/v1/responses", "", SSE, "data: {\"type\":\"response.created\"}\n\n",
	   "| streamed");
	at("llm.example", "/v1/responses", "", JSON, "{\"usage\":{\"input_tokens\":1}}", "| in=1");
}

static void test_compact(void **state)
{
	at("api.openai.com", "/v1/responses/compact", "{\"model\":\"m\",\"input\":[]}", JSON,
	   "{\"id\":\"r\",\"object\":\"response.compaction\",\"output\":[{\"type\":\"message\"}],"
	   "\"usage\":{\"input_tokens\":3,\"output_tokens\":4}}",
	   "ask=m | id=r compacted=1 in=3 out=4");
}

static void test_count(void **state)
{
	at("api.openai.com", "/v1/responses/input_tokens", "{\"model\":\"m\",\"input\":\"x\"}",
	   JSON, "{\"object\":\"response.input_tokens\",\"input_tokens\":16}",
	   "ask=m | counted=16");
	at("llm.example", "/v1/responses/input_tokens", NULL, JSON,
	   "{\"object\":\"response.input_tokens\",\"input_tokens\":16}", "| counted=16");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request), cmocka_unit_test(test_results),
		cmocka_unit_test(test_codex),	cmocka_unit_test(test_whole),
		cmocka_unit_test(test_stream),	cmocka_unit_test(test_output),
		cmocka_unit_test(test_proof),	cmocka_unit_test(test_compact),
		cmocka_unit_test(test_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
