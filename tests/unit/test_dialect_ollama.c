// SPDX-License-Identifier: Apache-2.0
#include "dialect_facts.h"

#define NDJSON "application/x-ndjson"
#define JSON "application/json; charset=utf-8"

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

static void chat(const char *request, const char *type, const char *response, const char *want)
{
	at("localhost:11434", "/api/chat", request, type, response, want);
}

static void test_request(void **state)
{
	/* It streams unless told not to. */
	chat("{\"model\":\"m\",\"messages\":[]}", NULL, NULL, "stream=1 ask=m |");
	chat("{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"stream\":false,"
	     "\"format\":\"json\",\"think\":\"high\",\"options\":{\"num_predict\":9,"
	     "\"temperature\":0.5,\"top_p\":1,\"top_k\":3,\"seed\":7,\"stop\":[\"a\",\"b\"],"
	     "\"frequency_penalty\":0.5,\"presence_penalty\":0},\"model\":\"m\"}",
	     NULL, NULL,
	     "stream=1 stream=0 type=json effort=high max=9 temp=0.5 top_p=1 top_k=3 seed=7 stop=a "
	     "stop=b freq=0.5 pres=0 ask=m |");
	chat("{\"format\":\"\",\"think\":true,\"options\":{\"num_predict\":-1}}", NULL, NULL,
	     "stream=1 |");
	chat("{\"format\":{\"type\":\"object\"},\"messages\":[{\"role\":\"tool\","
	     "\"tool_call_id\":\"c1\",\"content\":\"r\"},{\"role\":\"tool\",\"tool_name\":\"f\"}]}",
	     NULL, NULL, "stream=1 type=json result=c1 result_of=f |");
}

static void test_whole(void **state)
{
	chat("{\"stream\":false}", JSON,
	     "{\"model\":\"m:1b\",\"created_at\":\"2025-01-01T00:00:00Z\",\"message\":{\"role\":"
	     "\"assistant\",\"content\":\"\",\"thinking\":\"t\",\"tool_calls\":[{\"function\":"
	     "{\"name\":\"f\",\"arguments\":{\"a\":1}}},{\"function\":{\"name\":\"f\"}},{\"id\":"
	     "\"call_1\",\"function\":{\"index\":2,\"name\":\"g\"}}]},\"done_reason\":\"stop\","
	     "\"done\":true,\"prompt_eval_count\":31,\"eval_count\":46,\"eval_duration\":4}",
	     "stream=1 stream=0 | model=m:1b finish[0]=stop in=31 out=46 tool[0]=f tool[1]=f "
	     "tool[2]=g#call_1 DONE");
	/* A prompt that was cached may not be counted. */
	chat("{\"stream\":false}", JSON,
	     "{\"model\":\"m\",\"message\":{\"content\":\"x\"},\"done\":true,\"eval_count\":2}",
	     "stream=1 stream=0 | model=m out=2 DONE");
}

static void test_stream(void **state)
{
	static const char lines[] =
		"{\"model\":\"m\",\"created_at\":\"t\",\"message\":{\"role\":\"assistant\","
		"\"content\":\"\"},\"done\":false}\n"
		"{\"model\":\"m\",\"created_at\":\"t\",\"message\":{\"role\":\"assistant\","
		"\"content\":\"a}\\\"{\"},\"done\":false}\n"
		"{\"model\":\"m\",\"created_at\":\"t\",\"message\":{\"role\":\"assistant\","
		"\"content\":\"\",\"thinking\":\"b\"},\"done\":false}\n"
		"{\"model\":\"m\",\"created_at\":\"t\",\"message\":{\"role\":\"assistant\","
		"\"content\":\"\",\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":{"
		"\"a\":1}}}]},\"done\":false}\n"
		"{\"model\":\"m\",\"created_at\":\"t\",\"message\":{\"role\":\"assistant\","
		"\"content\":\"\"},\"done_reason\":\"length\",\"done\":true,\"prompt_eval_count\":"
		"1,"
		"\"eval_count\":2}\n";
	static const char want[] = "stream=1 | model=m OUTPUT OUTPUT tool[0]=f OUTPUT "
				   "finish[0]=length in=1 out=2 DONE streamed";

	chat(NULL, NDJSON, lines, want);
	/* The cloud streams under the type of one document. */
	chat(NULL, JSON, lines, want);
	at("ollama.com", "/api/generate", "{\"model\":\"m\",\"prompt\":\"p\"}", NDJSON,
	   "{\"response\":\"\",\"done\":false}\n{\"response\":\"a\",\"done\":false}\n"
	   "{\"thinking\":\"a\",\"done\":false}\n{\"response\":\"\",\"done\":true,\"context\":[1]}",
	   "stream=1 ask=m | OUTPUT OUTPUT DONE streamed");
	/* Cut inside a line: what it said of the line before stands. */
	chat(NULL, NDJSON, "{\"model\":\"m\",\"message\":{\"content\":\"a\"}}\n{\"done\":tr",
	     "stream=1 | model=m OUTPUT streamed damaged");
}

static void gap(const char *content_type, struct span before, struct span after, const char *want)
{
	static const struct http_head q = {.method = {(const uint8_t *)"POST", 4},
					   .path = {(const uint8_t *)"/api/chat", 9}};
	struct http_header type = {SPAN_LIT("content-type"), span_str(content_type)};
	struct http_head a = {.status = 200, .headers = &type, .n_headers = 1};
	struct dialect_reader *r;
	size_t n;
	char *p;
	FILE *f = open_memstream(&p, &n);

	assert_int_equal(
		dialect_reader__new(dialect__match(&q), &q, &facts_ops, f, &limits_default, &r), 0);
	dialect_reader__request_end(r, 1);
	dialect_reader__response_head(r, &a, 1);
	dialect_reader__response(r, before, 1);
	dialect_reader__response_gap(r, 100, 1);
	dialect_reader__response(r, after, 1);
	dialect_reader__response_end(r, 1);
	assert_true(dialect_reader__damaged(r));
	assert_true(dialect_reader__confirmed(r));
	dialect_reader__free(r);
	fclose(f);
	assert_string_equal(p, want);
	free(p);
}

/* Lines are found again behind a loss; what was said before it of usage is void. */
static void test_gap(void **state)
{
	static const char after[] = "nt\":\"{\"}}\n{\"message\":{\"content\":\"b\"},\"done\":true,"
				    "\"eval_count\":2}\n";

	gap(NDJSON, SPAN_LIT("{\"message\":{\"content\":\"a\"}}\n{\"mess"), SPAN_LIT(after),
	    "stream=1 OUTPUT out=2 OUTPUT DONE ");
	gap(NDJSON, SPAN_NONE, SPAN_LIT(after), "stream=1 out=2 OUTPUT DONE ");
	gap(JSON, SPAN_NONE, SPAN_LIT(after), "stream=1 out=2 OUTPUT DONE ");
}

static void test_errors(void **state)
{
	struct exchange x = {
		.path = "/api/chat",
		.host = "localhost:11434",
		.status = 404,
		.type = JSON,
		.response = "{\"error\":\"model 'x' not found\"}",
	};

	facts_are(&x, "stream=1 | says=model 'x' not found");
	/* In the middle of a stream. */
	chat(NULL, NDJSON,
	     "{\"message\":{\"content\":\"a\"},\"done\":false}\n{\"error\":\"out of memory\"}\n",
	     "stream=1 | OUTPUT says=out of memory error=_OTHER streamed");
}

static void test_embed(void **state)
{
	at("h:11434", "/api/embed", "{\"model\":\"m\",\"input\":[\"a\"],\"dimensions\":8}", JSON,
	   "{\"model\":\"m\",\"embeddings\":[[0.1]],\"total_duration\":1,\"prompt_eval_count\":2}",
	   "ask=m dims=8 | model=m in=2");
	at("h", "/api/embed", "{\"model\":\"m\",\"input\":\"a\"}", JSON,
	   "{\"model\":\"m\",\"embeddings\":[[0.1]],\"load_duration\":1}", "ask=m | model=m");
	at("h", "/api/embed", "{\"model\":\"m\",\"input\":\"a\"}", JSON,
	   "{\"model\":\"m\",\"embeddings\":[[0.1]]}", "ask=m | model=m unproved");
	at("h", "/api/embeddings", "{\"model\":\"m\",\"prompt\":\"p\"}", JSON,
	   "{\"embedding\":[0.1,-2]}", "ask=m |");
	at("h", "/api/embeddings", "{\"text\":\"p\"}", JSON, "{\"embedding\":[0.1,-2]}",
	   "| unproved");
	at("h", "/api/embeddings", "{\"prompt\":\"p\"}", JSON, "{\"embedding\":\"ok\"}",
	   "| unproved");
}

/* Other programs have these paths, too. */
static void test_proof(void **state)
{
	struct http_head q = {.method = SPAN_LIT("POST"), .path = SPAN_LIT("/api/chat")};
	struct exchange x = {
		.path = "/api/chat",
		.host = "h",
		.headers = "User-Agent: ollama-python/0.4.7 (arm64 darwin)",
		.status = 404,
		.type = JSON,
		.response = "{\"error\":\"no such model\"}",
	};

	at("app.example", "/api/chat", "{\"messages\":[{\"role\":\"user\"}],\"model\":\"x\"}", JSON,
	   "{\"message\":{\"content\":\"hi\"},\"created_at\":\"t\"}",
	   "stream=1 ask=x | OUTPUT streamed unproved");
	at("app.example", "/api/chat", NULL, JSON,
	   "{\"message\":{\"content\":\"hi\"},\"created_at\":5,\"done\":false}",
	   "stream=1 | OUTPUT streamed unproved");
	at("app.example", "/api/chat", NULL, JSON,
	   "{\"created_at\":\"t\",\"done\":\"yes\",\"message\":{}}\n{\"done\":true}",
	   "stream=1 | DONE streamed unproved");
	at("app.example", "/api/generate", NULL, "text/plain", "hello", "stream=1 | unproved");
	at("gateway.example", "/ollama/api/chat", NULL, JSON,
	   "{\"model\":\"m\",\"created_at\":\"t\",\"message\":{\"content\":\"a\"},\"done\":false}",
	   "stream=1 | model=m OUTPUT streamed");
	at("gateway.example", "/api/generate", NULL, JSON,
	   "{\"created_at\":\"t\",\"response\":\"a\",\"done\":true}",
	   "stream=1 | OUTPUT DONE streamed");
	/* Its own clients, and a word of its own in the request. */
	facts_are(&x, "stream=1 | says=no such model");
	x.headers = NULL;
	facts_are(&x, "stream=1 | says=no such model unproved");
	x.request = "{\"model\":\"m\",\"keep_alive\":null}";
	facts_are(&x, "stream=1 ask=m | says=no such model");
	x.request = "{\"model\":\"m\",\"options\":{\"temperature\":0}}";
	facts_are(&x, "stream=1 ask=m temp=0 | says=no such model");
	x.request = "{\"model\":\"m\",\"messages\":[]}";
	facts_are(&x, "stream=1 ask=m | says=no such model unproved");
	x.response = "{\"error\":\"model \\\"m\\\" not found, try pulling it first\"}";
	facts_are(&x, "stream=1 ask=m | says=model \"m\" not found, try pulling it first");
	x.status = 200;
	facts_are(&x, "stream=1 ask=m | says=model \"m\" not found, try pulling it first "
		      "error=_OTHER streamed unproved");
	x.request = "{\"options\":{\"num_ctx\":9}}";
	x.response = "";
	facts_are(&x, "stream=1 |");
	/* Somebody else's for sure. */
	q.authority = SPAN_LIT("openrouter.ai");
	assert_null(dialect__match(&q));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request), cmocka_unit_test(test_whole),
		cmocka_unit_test(test_stream),	cmocka_unit_test(test_gap),
		cmocka_unit_test(test_errors),	cmocka_unit_test(test_embed),
		cmocka_unit_test(test_proof),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
