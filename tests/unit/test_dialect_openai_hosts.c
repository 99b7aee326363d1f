// SPDX-License-Identifier: Apache-2.0
/* What hosts and gateways that speak OpenAI's wire do differently, as their clients' types say. */
#include "dialect_facts.h"

#define SSE "text/event-stream"
#define JSON "application/json"

static void at(const char *host, const char *path, const char *type, const char *response,
	       const char *want)
{
	struct exchange x = {.path = path, .host = host, .type = type, .response = response};

	facts_are(&x, want);
}

static void chat(const char *type, const char *response, const char *want)
{
	at("llm.example", "/v1/chat/completions", type, response, want);
}

static void ask(const char *path, const char *request, const char *want)
{
	struct exchange x = {.path = path, .host = "llm.example", .request = request};

	facts_are(&x, want);
}

static void test_cache(void **state)
{
	/* LiteLLM, of Anthropic's models */
	chat(JSON,
	     "{\"usage\":{\"completion_tokens\":9,\"prompt_tokens\":50,\"total_tokens\":59,"
	     "\"completion_tokens_details\":null,\"prompt_tokens_details\":{\"audio_tokens\":null,"
	     "\"cached_tokens\":30,\"cache_creation_tokens\":12},"
	     "\"cache_creation_input_tokens\":12,\"cache_read_input_tokens\":30}}",
	     "| in=50 out=9 read=30 write=12");
	chat(JSON,
	     "{\"usage\":{\"prompt_tokens\":50,\"completion_tokens\":9,"
	     "\"cache_creation_input_tokens\":12,\"cache_read_input_tokens\":30}}",
	     "| in=50 out=9 read=30 write=12");
	/* DashScope's explicit cache */
	chat(JSON,
	     "{\"usage\":{\"prompt_tokens\":50,\"completion_tokens\":9,\"prompt_tokens_details\":"
	     "{\"cached_tokens\":0,\"cache_creation_input_tokens\":40,\"cache_type\":\"ephemeral\","
	     "\"cache_creation\":{\"ephemeral_5m_input_tokens\":40}}}}",
	     "| in=50 out=9 read=0 write=40");
	/* Writer */
	chat(JSON,
	     "{\"usage\":{\"prompt_tokens\":40,\"total_tokens\":50,\"completion_tokens\":10,"
	     "\"prompt_token_details\":{\"cached_tokens\":8},\"completion_token_details\":"
	     "{\"reasoning_tokens\":4}}}",
	     "| in=40 out=10 read=8 think=4");
	/* Perplexity's Responses */
	at("api.perplexity.ai", "/v1/responses", JSON,
	   "{\"id\":\"r\",\"object\":\"response\",\"status\":\"completed\",\"usage\":"
	   "{\"input_tokens\":20,\"output_tokens\":5,\"total_tokens\":25,\"input_tokens_details\":"
	   "{\"cache_creation_input_tokens\":3,\"cache_read_input_tokens\":7},\"cost\":"
	   "{\"currency\":\"USD\",\"input_cost\":0.25,\"total_cost\":0.5}}}",
	   "| id=r usd=0.5 finish[0]=completed pending=0 in=20 out=5 read=7 write=3");
}

static void test_searches(void **state)
{
	/* OpenRouter, in both of its APIs */
	chat(JSON,
	     "{\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2,\"server_tool_use_details\":"
	     "{\"web_search_requests\":3,\"tool_calls_requested\":4}}}",
	     "| searches=3 in=1 out=2");
	at("openrouter.ai", "/api/v1/responses", JSON,
	   "{\"usage\":{\"input_tokens\":1,\"output_tokens\":2,\"cost\":0.25,"
	   "\"server_tool_use_details\":{\"web_search_requests\":3}}}",
	   "| usd=0.25 searches=3 in=1 out=2");
}

static void test_numbers(void **state)
{
	/* OpenRouter's blanks while the model thinks */
	chat(JSON,
	     "\n         \n\n         \n{\"id\":\"g\",\"usage\":{\"prompt_tokens\":1,"
	     "\"completion_tokens\":2,\"is_byok\":true,\"cost\":0.5}}",
	     "| id=g byok=1 usd=0.5 in=1 out=2");
	/* Usage behind the end of the choice, in an event that has one without a reason */
	chat(SSE,
	     "\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},"
	     "\"finish_reason\":\"tool_calls\"}]}\n\n"
	     "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},"
	     "\"finish_reason\":null}],\"usage\":{\"prompt_tokens\":1,"
	     "\"completion_tokens\":2}}\n\ndata: [DONE]\n\n",
	     "| finish[0]=tool_calls in=1 out=2 DONE streamed");
	/* Usage that is null, or not numbers, is none. */
	chat(JSON,
	     "{\"choices\":null,\"usage\":{\"prompt_tokens\":12.0,\"completion_tokens\":\"3\","
	     "\"prompt_tokens_details\":null,\"completion_tokens_details\":[]}}",
	     "| in=12");
	/* In each chunk, growing, as Perplexity and SambaNova have it; nulls between do not reset
	 * it.
	 */
	chat(SSE,
	     "data:{\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"usage\":{\"prompt_tokens\":4,"
	     "\"completion_tokens\":1}}\n\n"
	     ": keep-alive\n\n"
	     "data:{\"choices\":[{\"delta\":{\"content\":\"b\"}}],\"usage\":null}\n\n"
	     "data:{\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":"
	     "{\"prompt_tokens\":4,\"completion_tokens\":2}}\n\ndata:[DONE]\n\n",
	     "| in=4 out=1 OUTPUT OUTPUT finish[0]=stop out=2 DONE streamed");
}

static void test_errors(void **state)
{
	/* Groq's, in the middle of a stream that began well */
	chat(SSE,
	     "data: {\"id\":\"c\",\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n"
	     "data: {\"id\":\"c\",\"choices\":[],\"x_groq\":{\"id\":\"req\",\"error\":\"over\"}}"
	     "\n\n",
	     "| id=c OUTPUT says=over error=_OTHER streamed");
	chat(SSE,
	     "data: {\"x_groq\":{\"error\":{\"message\":\"m\",\"type\":\"internal_server_error\"}}}"
	     "\n\n",
	     "| says=m error=internal_server_error streamed");
	/* MiniMax */
	chat(JSON, "{\"base_resp\":{\"status_code\":1004,\"status_msg\":\"login fail\"}}",
	     "| says=login fail error=1004");
	chat(JSON, "{\"id\":\"c\",\"base_resp\":{\"status_code\":0,\"status_msg\":\"success\"}}",
	     "| id=c");
	/* OpenRouter: of one choice */
	chat(JSON,
	     "{\"choices\":[{\"index\":0,\"finish_reason\":\"error\",\"error\":{\"code\":502,"
	     "\"message\":\"m\"}}]}",
	     "| finish[0]=error says=m error=502");
	/* a zero says that there is none */
	chat(JSON, "{\"id\":\"c\",\"error\":{\"code\":0,\"message\":\"\"}}", "| id=c");
	chat(JSON, "{\"id\":\"c\",\"error\":0,\"code\":0,\"message\":\"success\"}", "| id=c");
	chat(JSON, "{\"id\":\"c\",\"code\":200,\"message\":\"success\"}", "| id=c");
	/* Perplexity: beside the event's type, not in a response */
	at("api.perplexity.ai", "/v1/responses", SSE,
	   "data: {\"type\":\"response.failed\",\"sequence_number\":3,\"error\":{\"message\":\"m\","
	   "\"type\":\"internal\",\"code\":\"busy\"}}\n\n",
	   "| finish[0]=failed pending=0 says=m error=busy DONE streamed");
}

static void test_status(void **state)
{
	/* It waits for the results of tools. */
	at("api.perplexity.ai", "/v1/responses", JSON,
	   "{\"id\":\"r\",\"object\":\"response\",\"status\":\"requires_action\",\"output\":["
	   "{\"type\":\"function_call\",\"call_id\":\"c\",\"name\":\"f\"}]}",
	   "| id=r finish[0]=requires_action pending=0 tool[0]=f#c");
}

static void test_reasoning(void **state)
{
	chat(SSE,
	     "data: {\"choices\":[{\"delta\":{\"reasoning_text\":\"h\"}}]}\n\n"
	     "data: {\"choices\":[{\"delta\":{\"reasoning_text\":null}}]}\n\n",
	     "| OUTPUT streamed");
}

static void test_audio(void **state)
{
	struct exchange x = {
		.path = "/v1/audio/speech",
		.host = "api.mistral.ai",
		.request = "{\"model\":\"v\",\"input\":\"x\",\"stream\":true}",
		.type = SSE,
		.response = "event: speech.audio.delta\n"
			    "data: {\"type\":\"speech.audio.delta\",\"audio_data\":\"AA\"}\n\n"
			    "event: speech.audio.done\n"
			    "data: {\"type\":\"speech.audio.done\",\"usage\":{\"prompt_tokens\":3,"
			    "\"completion_tokens\":4}}\n\n",
	};

	facts_are(&x, "type=speech ask=v | OUTPUT in=3 out=4 DONE streamed");
	at("openrouter.ai", "/api/v1/audio/transcriptions", JSON,
	   "{\"text\":\"x\",\"usage\":{\"seconds\":2.5,\"input_tokens\":3,\"output_tokens\":4,"
	   "\"cost\":0.25}}",
	   "| seconds=2.5 usd=0.25 in=3 out=4");
}

static void test_paths(void **state)
{
	ask("/v1/engines/davinci/completions", "{\"prompt\":\"x\"}", "ask=davinci |");
	ask("/v1/engines/ada/embeddings", "{\"input\":\"x\"}", "ask=ada |");
	ask("/v1/engines/ada/embeddings", "{\"query\":\"x\"}", "ask=ada | unproved");
	ask("/openai/deployments/d/images/generations", "{\"prompt\":\"x\"}", "type=image ask=d |");
	ask("/openai/deployments/d/extensions/chat/completions//", "{\"messages\":[]}", "ask=d |");
	ask("/openai/deployments/a%2Fb/chat/completions", "{}", "ask=a/b |");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cache),	cmocka_unit_test(test_searches),
		cmocka_unit_test(test_numbers), cmocka_unit_test(test_errors),
		cmocka_unit_test(test_status),	cmocka_unit_test(test_reasoning),
		cmocka_unit_test(test_audio),	cmocka_unit_test(test_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
