// SPDX-License-Identifier: Apache-2.0
#include "dialect_facts.h"

#define SSE "text/event-stream; charset=utf-8"
#define JSON "application/json"

static void host(const char *name, const char *request, const char *type, const char *response,
		 const char *want)
{
	struct exchange x = {
		.path = "/v1/chat/completions",
		.host = name,
		.request = request,
		.type = type,
		.response = response,
	};

	facts_are(&x, want);
}

static void ask(const char *request, const char *want)
{
	host("api.openai.com", request, JSON, NULL, want);
}

static void answer(const char *type, const char *response, const char *want)
{
	host("api.openai.com", NULL, type, response, want);
}

static void status(int code, const char *response, const char *want)
{
	struct exchange x = {
		.path = "/v1/chat/completions",
		.host = "api.openai.com",
		.status = code,
		.type = JSON,
		.response = response,
	};

	facts_are(&x, want);
}

static void test_request(void **state)
{
	ask("{\"messages\":[{\"role\":\"user\",\"content\":\"hi {\\\"model\\\":1}\"}],"
	    "\"model\":\"m-1\",\"stream\":true,\"max_completion_tokens\":5,\"temperature\":0.5,"
	    "\"top_p\":1,\"seed\":-3,\"n\":2,\"frequency_penalty\":0,\"presence_penalty\":0.25,"
	    "\"stop\":[\"a\",\"\\n\\nb\"],\"reasoning_effort\":\"low\","
	    "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"type\":\"text\"}},"
	    "\"web_search_options\":{\"search_context_size\":\"high\"},"
	    "\"service_tier\":\"flex\"}",
	    "ask=m-1 stream=1 max=5 temp=0.5 top_p=1 seed=-3 n=2 freq=0 pres=0.25 stop=a "
	    "stop=\n\nb effort=low type=json context=high ask_tier=flex |");
	ask("{\"model\":null,\"stream\":false,\"stop\":\"x\",\"max_tokens\":null,\"n\":1.5,"
	    "\"temperature\":\"hot\",\"reasoning\":{\"effort\":\"high\"},\"top_k\":4,"
	    "\"response_format\":null,\"modalities\":[\"text\",\"audio\"]}",
	    "stream=0 stop=x effort=high top_k=4 type=speech |");
	ask("", "|");
	ask("not json", "| damaged");
	ask("{\"model\":\"m\",\"messages\":[", "ask=m | damaged");
}

static void test_results(void **state)
{
	/* Only what is new since the model's last turn. */
	ask("{\"messages\":[{\"role\":\"user\",\"content\":\"q\"},"
	    "{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"c0\"}]},"
	    "{\"role\":\"tool\",\"tool_call_id\":\"c0\",\"content\":\"r\"},"
	    "{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"c1\"},{\"id\":\"c2\"}]},"
	    "{\"role\":\"tool\",\"tool_call_id\":\"c1\"},{\"tool_call_id\":\"c2\",\"role\":"
	    "\"tool\"}"
	    "],\"model\":\"m\"}",
	    "result=c1 result=c2 ask=m |");
	/* An answer begun for the model does not hide them. */
	ask("{\"messages\":[{\"role\":\"tool\",\"tool_call_id\":\"c1\"},{\"role\":\"assistant\"}]}",
	    "result=c1 |");
	ask("{\"messages\":[{\"role\":\"tool\",\"tool_call_id\":null},{\"role\":\"tool\"}]}", "|");
}

static void test_whole(void **state)
{
	answer(JSON,
	       "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"created\":17,"
	       "\"model\":\"m-2024\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
	       "\"content\":\"Hello\",\"refusal\":null},\"logprobs\":null,"
	       "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":9,"
	       "\"completion_tokens\":12,\"total_tokens\":21,\"prompt_tokens_details\":"
	       "{\"cached_tokens\":4},\"completion_tokens_details\":{\"reasoning_tokens\":5}},"
	       "\"service_tier\":\"default\",\"system_fingerprint\":\"fp_1\",\"error\":null}",
	       "| id=chatcmpl-1 model=m-2024 finish[0]=stop tier=default print=fp_1 in=9 out=12 "
	       "read=4 think=5");
	/* Each element is a call, whatever its index says; the legacy form has no id. */
	answer(JSON,
	       "{\"choices\":[{\"message\":{\"tool_calls\":[{\"id\":\"a\",\"index\":0,"
	       "\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}},{\"id\":\"b\",\"index\":0,"
	       "\"function\":{\"name\":\"f\"}},{\"function\":{\"name\":\"g\"}},{\"id\":\"\","
	       "\"function\":{\"name\":\"\"}}]},\"finish_reason\":\"tool_calls\"},"
	       "{\"finish_reason\":\"function_call\",\"index\":1,\"message\":{\"function_call\":"
	       "{\"name\":\"old\",\"arguments\":\"{}\"}}}]}",
	       "| finish[0]=tool_calls finish[1]=function_call tool[0]=f#a tool[1]=f#b tool[2]=g "
	       "tool[3]=old");
	answer(JSON, "{\"usage\":{\"prompt_tokens\":-1,\"completion_tokens\":null}}", "|");
	answer(JSON, "{\"id\":\"\",\"model\":\"\",\"usage\":null}", "|");
	answer(JSON, "{\"id\":\"x\",\"usage\":{\"prompt_tokens\":3,\"completion_tok",
	       "| id=x in=3 damaged");
	answer(JSON, "", "|");
}

static void test_stream(void **state)
{
	answer(SSE,
	       "data: {\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":"
	       "{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]}\n\n"
	       "data: {\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":"
	       "{\"content\":\"Hi\"},\"finish_reason\":null}],\"usage\":null}\n\n"
	       "data: {\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{},"
	       "\"finish_reason\":\"stop\"}]}\n\n"
	       "data: {\"id\":\"c\",\"model\":\"m\",\"choices\":[],\"usage\":{\"prompt_tokens\":1,"
	       "\"completion_tokens\":2,\"total_tokens\":3}}\n\n"
	       "data: [DONE]\n\n",
	       "| id=c model=m OUTPUT finish[0]=stop in=1 out=2 DONE streamed");
	/* several choices, their numbers last; Azure's first chunk is no output */
	answer(SSE,
	       "data: {\"choices\":[],\"prompt_filter_results\":[{\"prompt_index\":0}]}\r\n\r\n"
	       "data: {\"choices\":[{\"delta\":{\"content\":\"a\"},\"finish_reason\":\"length\","
	       "\"index\":1},{\"delta\":{\"refusal\":\"no\"},\"finish_reason\":\"stop\"}]}\r\n\r\n",
	       "| finish[1]=length finish[1]=stop OUTPUT streamed");
}

static void test_output(void **state)
{
	static const struct {
		const char *choice;
		bool output;
	} cases[] = {
		{"\"delta\":{\"content\":\"x\"}", true},
		{"\"delta\":{\"content\":\"\",\"role\":\"assistant\"}", false},
		{"\"delta\":{\"content\":null}", false},
		{"\"delta\":{\"reasoning_content\":\"x\"}", true},
		{"\"delta\":{\"reasoning\":\"x\",\"content\":\"\"}", true},
		{"\"delta\":{\"reasoning\":\"\"}", false},
		{"\"delta\":{\"refusal\":\"x\"}", true},
		{"\"delta\":{\"content\":[{\"type\":\"thinking\",\"thinking\":"
		 "[{\"type\":\"text\",\"text\":\"x\"}]}]}",
		 true},
		{"\"delta\":{\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}", true},
		{"\"delta\":{\"content\":[{\"type\":\"text\",\"text\":\"\"}]}", false},
		{"\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"c\",\"function\":"
		 "{\"arguments\":\"\"}}]}",
		 false},
		{"\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\"}}]}",
		 true},
		{"\"delta\":{\"tool_calls\":[]}", false},
		{"\"delta\":{\"tool_calls\":null}", false},
		{"\"delta\":{\"function_call\":{\"arguments\":\"{\"}}", true},
		{"\"delta\":{\"function_call\":{\"arguments\":\"\"}}", false},
		{"\"delta\":{\"audio\":{\"data\":\"AAA\"}}", true},
		{"\"delta\":{\"audio\":{\"id\":\"a\"}}", false},
		{"\"delta\":{},\"message\":{\"content\":\"all so far\"}", false},
		{"\"message\":{\"content\":\"all at once\"}", true},
		{"\"delta\":{\"content\":\"\"},\"finish_reason\":\"\"", false},
	};
	char text[512], want[600];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), "data: {\"choices\":[{\"index\":0,%s}]}\n\n",
			 cases[i].choice);
		snprintf(want, sizeof(want), "| %sstreamed", cases[i].output ? "OUTPUT " : "");
		answer(SSE, text, want);
	}
}

static void test_tool_fragments(void **state)
{
#define CALLS(calls) \
	"data: {\"choices\":[{\"delta\":{\"tool_calls\":[" calls "]},\"index\":0}]}\n\n"
	answer(SSE,
	       CALLS("{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}}")
		       CALLS("{\"index\":0,\"function\":{\"arguments\":\"{}\"}}")
			       CALLS("{\"index\":1,\"id\":\"b\",\"function\":{\"name\":\"g\"}}"),
	       "| tool[0]=f#a OUTPUT tool[1]=g#b streamed");
	/* the name first, the id later; an empty id is none; what is repeated is not another */
	answer(SSE,
	       CALLS("{\"index\":0,\"id\":\"\",\"function\":{\"name\":\"f\"}}")
		       CALLS("{\"index\":0,\"id\":\"a\",\"function\":{}}")
			       CALLS("{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\"}}"),
	       "| tool[0]=f tool[0]=f#a streamed");
	/* another id in each fragment, but no name: vLLM of old */
	answer(SSE,
	       CALLS("{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\"}}")
		       CALLS("{\"index\":0,\"id\":\"b\",\"function\":{\"arguments\":\"{\"}}"),
	       "| tool[0]=f#a OUTPUT streamed");
	/* all calls numbered 0 */
	answer(SSE,
	       CALLS("{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\"}}")
		       CALLS("{\"index\":0,\"id\":\"b\",\"function\":{\"name\":\"f\"}}"),
	       "| tool[0]=f#a tool[1]=f#b streamed");
	/* no index at all */
	answer(SSE,
	       CALLS("{\"id\":\"a\",\"function\":{\"name\":\"f\"}},{\"id\":\"b\","
		     "\"function\":{\"name\":\"f\"}}")
		       CALLS("{\"id\":\"a\",\"function\":{\"name\":\"f\"}}"),
	       "| tool[0]=f#a tool[1]=f#b streamed");
	/* keyed by choice as well */
	answer(SSE,
	       CALLS("{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\"}}") "data: "
										 "{\"choices\":[{"
										 "\"delta\":{"
										 "\"tool_calls\":[{"
										 "\"index\":0,"
										 "\"id\":\"b\"}]},"
										 "\"index\":1}]}"
										 "\n\n"
										 "data: "
										 "{\"choices\":[{"
										 "\"delta\":{"
										 "\"tool_calls\":[{"
										 "\"index\":0,"
										 "\"function\":"
										 "{\"name\":\"g\"}}"
										 "]},\"index\":1}]}"
										 "\n\n",
	       "| tool[0]=f#a tool[1]=g#b streamed");
	/* message beside delta, as Writer sends */
	answer(SSE,
	       "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"a\","
	       "\"function\":{\"name\":\"f\"}}]},\"message\":{\"tool_calls\":[{\"index\":0,"
	       "\"id\":\"a\",\"function\":{\"name\":\"f\"}}]}}]}\n\n",
	       "| tool[0]=f#a streamed");
	answer(SSE,
	       "data: {\"choices\":[{\"delta\":{\"function_call\":{\"name\":\"old\"}}}]}\n\n"
	       "data: {\"choices\":[{\"delta\":{\"function_call\":{\"arguments\":\"{\"}}}]}\n\n",
	       "| tool[0]=old OUTPUT streamed");
#undef CALLS
}

static void test_usage(void **state)
{
	/* Groq's own place; a choice's (Moonshot); repeated (Perplexity): the latest counts */
	answer(SSE,
	       "data: {\"choices\":[],\"x_groq\":{\"usage\":{\"prompt_tokens\":1,"
	       "\"completion_tokens\":2,\"total_tokens\":3}}}\n\n",
	       "| in=1 out=2 streamed");
	answer(SSE,
	       "data: {\"choices\":[{\"delta\":{},\"usage\":{\"prompt_tokens\":1,"
	       "\"completion_tokens\":2,\"cached_tokens\":1}}]}\n\n",
	       "| in=1 out=2 read=1 streamed");
	answer(SSE,
	       "data: {\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":1}}\n\n"
	       "data: {\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":7}}\n\n",
	       "| in=5 out=1 out=7 streamed");
	/* xAI leaves reasoning out of completion_tokens; the total shows it on any host */
	host("api.x.ai", NULL, JSON,
	     "{\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":2,\"total_tokens\":112,"
	     "\"completion_tokens_details\":{\"reasoning_tokens\":100},"
	     "\"cost_in_usd_ticks\":1721250}}",
	     "| usd=0.000172125 in=10 out=102 think=100");
	answer(JSON,
	       "{\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":2,\"total_tokens\":112,"
	       "\"completion_tokens_details\":{\"reasoning_tokens\":100}}}",
	       "| in=10 out=102 think=100");
	host("api.x.ai", NULL, JSON,
	     "{\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":102,\"total_tokens\":112,"
	     "\"completion_tokens_details\":{\"reasoning_tokens\":100}}}",
	     "| in=10 out=102 think=100");
	host("api.x.ai:443", NULL, JSON,
	     "{\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":2,"
	     "\"completion_tokens_details\":{\"reasoning_tokens\":100}}}",
	     "| in=10 out=102 think=100");
	/* more reasoning than output: as said */
	answer(JSON,
	       "{\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":2,\"total_tokens\":12,"
	       "\"completion_tokens_details\":{\"reasoning_tokens\":3}}}",
	       "| in=10 out=2 think=3");
	answer(JSON,
	       "{\"usage\":{\"cost\":{\"total_cost\":0.005},\"prompt_tokens\":1,"
	       "\"prompt_tokens_details\":{\"cache_write_tokens\":6}}}",
	       "| usd=0.005 in=1 write=6");
	answer(JSON, "{\"usage\":{\"cost\":0.25,\"cost_details\":{\"cost\":1}}}", "| usd=0.25");
	answer(JSON,
	       "{\"usage\":{\"prompt_tokens\":9223372036854775807,\"completion_tokens\":1,"
	       "\"completion_tokens_details\":{\"reasoning_tokens\":1},\"total_tokens\":1e308}}",
	       "| in=9223372036854775807 out=1 think=1");
}

static void test_errors(void **state)
{
	status(404,
	       "{\"error\":{\"message\":\"no\",\"type\":\"invalid_request_error\","
	       "\"param\":null,\"code\":\"model_not_found\"}}",
	       "| says=no error=model_not_found");
	status(429, "{\"error\":{\"message\":\"slow\",\"type\":null,\"code\":\"rate_limit\"}}",
	       "| says=slow error=rate_limit");
	status(429,
	       "{\"error\":{\"code\":429,\"message\":\"m\",\"status\":\"RESOURCE_EXHAUSTED\"}}",
	       "| says=m error=RESOURCE_EXHAUSTED");
	status(400,
	       "[{\"error\":{\"code\":400,\"message\":\"m\",\"status\":\"INVALID_ARGUMENT\"}}]",
	       "| says=m error=INVALID_ARGUMENT");
	status(429, "{\"error\":{\"code\":429,\"message\":\"m\"}}", "| says=m error=429");
	status(400, "{\"code\":\"invalid-argument\",\"error\":\"text\"}",
	       "| says=text error=invalid-argument");
	status(401, "{\"detail\":\"Unauthorized\"}", "| says=Unauthorized");
	status(422, "{\"detail\":[{\"type\":\"missing\",\"loc\":[\"body\"]}]}", "|");
	status(422, "{\"object\":\"error\",\"message\":\"m\",\"type\":\"bad\",\"code\":null}",
	       "| says=m error=bad");
	status(500, "{\"type\":\"about:blank\",\"title\":\"t\"}", "|");
	status(404, "{\"error\":\"model not found\"}", "| says=model not found");
	status(502, "<html>Bad gateway</html>", "|");
	status(500, "", "|");
	/* inside a 200 */
	answer(JSON, "{\"error\":{\"message\":\"m\",\"code\":\"content_filter\",\"status\":400}}",
	       "| says=m error=content_filter");
	answer(JSON, "{\"error\":\"text\"}", "| says=text error=_OTHER");
	answer(JSON, "{\"error\":null,\"code\":null,\"id\":\"x\"}", "| id=x");
	answer(JSON, "{\"error\":{},\"id\":\"x\"}", "| id=x");
	answer(JSON, "{\"error\":\"\",\"message\":\"fine\",\"id\":\"x\"}", "| id=x");
	answer(SSE,
	       "data: {\"id\":\"x\",\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n"
	       "data: {\"error\":{\"message\":\"m\",\"type\":\"server_error\"}}\n\n",
	       "| id=x OUTPUT says=m error=server_error streamed");
	answer(SSE,
	       "event: error\ndata: "
	       "{\"error\":{\"code\":\"tool_use_failed\",\"message\":\"m\"}}\n\n",
	       "| says=m error=tool_use_failed streamed");
	/* llama.cpp's field, whose value is the error or holds it */
	answer(SSE, "error: {\"code\":500,\"message\":\"m\",\"type\":\"server_error\"}\n\n",
	       "| says=m error=server_error streamed");
	answer(SSE,
	       "error: {\"error\":{\"code\":500,\"message\":\"m\",\"type\":\"server_error\"}}\n\n",
	       "| says=m error=server_error streamed");
	/* OpenRouter */
	answer(SSE,
	       "data: {\"error\":{\"code\":502,\"message\":\"m\"},\"choices\":[{\"index\":0,"
	       "\"delta\":{\"content\":\"\"},\"finish_reason\":\"error\"}]}\n\n",
	       "| finish[0]=error says=m error=502 streamed");
}

static void test_framing(void **state)
{
	/* the end mark in the event of the last JSON */
	answer(SSE,
	       "data: {\"id\":\"a\",\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n"
	       "data: [DONE]\n\n",
	       "| id=a OUTPUT DONE streamed");
	answer(SSE, "data: {\"id\":\"a\"}\ndata: [DONE\n\n", "| id=a streamed damaged");
	answer(SSE, "data: {\"id\":\"a\n[DONE]\n\n", "| streamed damaged");
	static const char event[] = "data: {\"id\":\"x\"}\n\n";

	/* The first bytes tell, whatever the header says. */
	answer(NULL, event, "| id=x streamed");
	answer(JSON, event, "| id=x streamed");
	answer("text/plain", "\n\n: comment\n\ndata: {\"id\":\"x\"}\n\n", "| id=x streamed");
	answer("text/plain", "\xef\xbb\xbf  {\"id\":\"x\"}", "| id=x");
	answer(NULL, "event: x\ndata: {\"id\":\"x\"}\n\n", "| id=x streamed");
	answer(SSE, " {\"id\":\"x\"}", "| id=x");
	answer(SSE, "x-unknown: 1\ndata: {\"id\":\"x\"}\n\n", "| id=x streamed");
	answer("text/plain", "plain words", "|");
	answer("text/plain", "dat", "|");
	answer("text/plain", "dates", "|");
	/* no space after the colon, data over several lines, no empty line at the end */
	answer(SSE, "data:{\"id\":\ndata:\"x\"}\n\ndata:[DONE]", "| id=x DONE streamed");
	answer(SSE, "data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}", "| OUTPUT streamed");
	answer(SSE, "data: {\"id\":\"x\",\"choices\":[{\"delta\":{\"content\":\"x\"",
	       "| id=x streamed damaged");
	/* events that lost their empty lines are still documents of their own */
	answer(SSE,
	       "data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n"
	       "data: "
	       "{\"choices\":[{\"delta\":{\"content\":\"y\"},\"finish_reason\":\"stop\"}]}\n\n",
	       "| OUTPUT finish[0]=stop OUTPUT streamed");
	/* keep-alives that are no JSON */
	answer(SSE, "data: ping\n\ndata:\n\ndata: {\"id\":\"x\"}\n\n", "| id=x streamed");
	answer(SSE, "data: {\"id\":\"x\"\n\ndata: {\"id\":\"y\"}\n\n",
	       "| id=x id=y streamed damaged");
	answer(SSE, "data: {\"id\":\"x\"}}\n\n", "| id=x streamed damaged");
	answer(SSE, "data: [DONE", "| streamed damaged");
	answer(SSE, "data: [DO{}\n\n", "| streamed damaged");
}

static void test_azure(void **state)
{
	struct exchange x = {
		.path = "/openai/deployments/my%20model/chat/completions",
		.host = "x.openai.azure.com",
		.request = "{\"messages\":[]}",
	};

	facts_are(&x, "ask=my model |");
	x.request = "{\"model\":\"m\"}";
	facts_are(&x, "ask=m |");
	x.request = NULL;
	facts_are(&x, "ask=my model |");
}

static void test_session(void **state)
{
	struct exchange x = {
		.path = "/v1/chat/completions",
		.host = "h",
		.headers = "Session_ID: s-1",
		.request = "{\"prompt_cache_key\":\"k\"}",
	};

	facts_are(&x, "conv=s-1 |");
	x.headers = "x-opencode-session: s-2";
	facts_are(&x, "conv=s-2 |");
	x.headers = "x-session: s-2";
	facts_are(&x, "|");
}

struct reader {
	struct dialect_reader *r;
	char *p;
	size_t n;
	FILE *f;
};

static void open_reader(struct reader *t)
{
	struct http_header type = {SPAN_LIT("content-type"), SPAN_LIT(SSE)};
	struct http_head q = {.method = SPAN_LIT("POST"), .path = SPAN_LIT("/chat/completions")};
	struct http_head a = {.status = 200, .headers = &type, .n_headers = 1};

	t->f = open_memstream(&t->p, &t->n);
	assert_int_equal(dialect_reader__new(dialect__match(&q), &q, &facts_ops, t->f,
					     &limits_default, &t->r),
			 0);
	dialect_reader__response_head(t->r, &a, 1);
}

static void body(struct reader *t, const char *text)
{
	dialect_reader__response(t->r, span_str(text), 1);
}

static void close_reader(struct reader *t, const char *want)
{
	dialect_reader__response_end(t->r, 1);
	dialect_reader__response_end(t->r, 1);
	fputs(dialect_reader__damaged(t->r) ? "damaged" : "whole", t->f);
	fclose(t->f);
	assert_string_equal(t->p, want);
	free(t->p);
	dialect_reader__free(t->r);
}

static void test_gaps(void **state)
{
	struct reader t;

	/* The event that the gap fell into is lost, the next one is not. */
	open_reader(&t);
	body(&t, "data: {\"id\":\"x\",\"choices\":[{\"delta\":{\"content\":\"a");
	dialect_reader__response_gap(t.r, 100, 1);
	body(&t, "b\"}}],\"id\":\"y\"}\n\ndata: {\"model\":\"m\"}\n\n");
	close_reader(&t, "id=x model=m damaged");

	/* A number that is cut is not half a number. */
	open_reader(&t);
	body(&t, "data: {\"usage\":{\"prompt_tokens\":1");
	dialect_reader__response_gap(t.r, 1, 1);
	body(&t, "3}}\n\n");
	close_reader(&t, "damaged");

	open_reader(&t);
	body(&t, "{\"id\":\"x\",\"usage\":{\"prompt_tokens\":1,");
	dialect_reader__response_gap(t.r, 0, 1);
	body(&t, "\"completion_tokens\":2}}");
	close_reader(&t, "id=x in=1 damaged");

	/* before anything: the header decides */
	open_reader(&t);
	dialect_reader__response_gap(t.r, 5, 1);
	body(&t, "\"}\n\ndata: {\"id\":\"x\"}\n\n");
	close_reader(&t, "id=x damaged");

	open_reader(&t);
	dialect_reader__request(t.r, SPAN_LIT("{\"model\":\"m\",\"stream\":t"), 1);
	dialect_reader__request_gap(t.r, 7);
	dialect_reader__request(t.r, SPAN_LIT("rue,\"n\":3}"), 1);
	dialect_reader__request_end(t.r, 1);
	close_reader(&t, "ask=m damaged");
}

static void note_time(void *ctx, enum fact fact, const struct fact_value *v, uint64_t ts_ns)
{
	uint64_t *times = ctx;

	times[fact] = ts_ns;
}

static void test_times(void **state)
{
	static const struct dialect_ops ops = {.fact = note_time};
	struct http_head q = {.method = SPAN_LIT("POST"), .path = SPAN_LIT("/chat/completions")};
	struct http_head a = {.status = 200};
	uint64_t times[FACT_MAX] = {0};
	struct dialect_reader *r;

	assert_int_equal(
		dialect_reader__new(dialect__match(&q), &q, &ops, times, &limits_default, &r), 0);
	dialect_reader__response_head(r, &a, 5);
	dialect_reader__response(r, SPAN_LIT("data: {\"choices\":[{\"delta\":{\"content\":\"a\"}"),
				 10);
	dialect_reader__response(r, SPAN_LIT("}]}"), 20);
	assert_int_equal(times[FACT_OUTPUT], 0);
	dialect_reader__response(r, SPAN_LIT("\n"), 30);
	assert_int_equal(times[FACT_OUTPUT], 0);
	dialect_reader__response(r, SPAN_LIT("\ndata: [DONE]\n"), 40);
	assert_int_equal(times[FACT_OUTPUT], 40);
	assert_int_equal(times[FACT_DONE], 0);
	dialect_reader__response(r, SPAN_LIT("\n"), 50);
	assert_int_equal(times[FACT_DONE], 50);
	dialect_reader__free(r);
}

/* What anybody may send. */
static void test_hostile(void **state)
{
	size_t n = 50 << 20, i, piece = 64 << 10;
	char *x = malloc(piece), text[200];
	struct reader t;

	/* one SSE line of 50 MB, and in it one string */
	memset(x, 'x', piece);
	open_reader(&t);
	body(&t, "data: {\"model\":\"");
	for (i = 0; i < n; i += piece)
		dialect_reader__response(t.r, span(x, piece), 1);
	body(&t, "\",\"id\":\"y\"}\n\n");
	dialect_reader__response_end(t.r, 1);
	fclose(t.f);
	assert_int_equal(t.n, 4096 + strlen("model=... id=y "));
	assert_non_null(strstr(t.p, "xxx... id=y "));
	free(t.p);
	dialect_reader__free(t.r);

	/* 100,000 containers, then more */
	memset(x, '[', piece);
	open_reader(&t);
	body(&t, "data: {\"choices\":[{\"delta\":");
	dialect_reader__response(t.r, span(x, piece), 1);
	dialect_reader__response(t.r, span(x, piece), 1);
	body(&t, "\n\ndata: {\"id\":\"y\"}\n\n");
	close_reader(&t, "id=y damaged");

	/* more tool calls than are kept */
	open_reader(&t);
	for (i = 0; i < 500; i++) {
		snprintf(text, sizeof(text),
			 "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":%zu,"
			 "\"id\":\"i%zu\",\"function\":{\"name\":\"f\"}}]}}]}\n\n",
			 i, i);
		body(&t, text);
	}
	dialect_reader__response_end(t.r, 1);
	assert_true(dialect_reader__damaged(t.r));
	fclose(t.f);
	assert_non_null(strstr(t.p, "tool[127]=f#i127 "));
	assert_null(strstr(t.p, "i300"));
	free(t.p);
	dialect_reader__free(t.r);
	free(x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request), cmocka_unit_test(test_results),
		cmocka_unit_test(test_whole),	cmocka_unit_test(test_stream),
		cmocka_unit_test(test_output),	cmocka_unit_test(test_tool_fragments),
		cmocka_unit_test(test_usage),	cmocka_unit_test(test_errors),
		cmocka_unit_test(test_framing), cmocka_unit_test(test_azure),
		cmocka_unit_test(test_session), cmocka_unit_test(test_gaps),
		cmocka_unit_test(test_times),	cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
