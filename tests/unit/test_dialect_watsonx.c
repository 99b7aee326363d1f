// SPDX-License-Identifier: Apache-2.0
#include "dialect_facts.h"

static void at(const char *path, int status, const char *request, const char *type,
	       const char *response, const char *want)
{
	struct exchange x = {
		.path = path,
		.host = "us-south.ml.cloud.ibm.com",
		.request = request,
		.status = status,
		.type = type,
		.response = response,
	};

	facts_are(&x, want);
}

static void test_whole(void **state)
{
	at("/ml/v1/text/generation", 200,
	   "{\"model_id\":\"g/f\",\"input\":\"x\",\"parameters\":{\"max_new_tokens\":5,"
	   "\"temperature\":0.5,\"top_p\":1,\"top_k\":3,\"random_seed\":7,\"stop_sequences\":"
	   "[\"a\"]}}",
	   "application/json",
	   "{\"model_id\":\"g/f\",\"created_at\":\"t\",\"results\":[{\"generated_text\":\"2\","
	   "\"generated_token_count\":2,\"input_token_count\":7,\"stop_reason\":\"eos_token\"}],"
	   "\"system\":{\"warnings\":[{\"message\":\"w\",\"id\":\"i\"}]}}",
	   "ask=g/f max=5 temp=0.5 top_p=1 top_k=3 seed=7 stop=a | model=g/f finish[0]=eos_token "
	   "in=7 out=2");
}

/* The input is counted by the first event, the output by each so far. */
static void test_stream(void **state)
{
	static const char *const paths[] = {
		"/ml/v1-beta/generation/text_stream",
		"/ml/v1/text/generation_stream",
		"/ml/v1/deployments/d/text/generation_stream/",
	};
	size_t i;

	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		at(paths[i], 200, NULL, "text/event-stream",
		   "id: 1\nevent: message\ndata: "
		   "{\"model_id\":\"m\",\"results\":[{\"generated_text\":"
		   "\"\",\"generated_token_count\":0,\"input_token_count\":8,\"stop_reason\":"
		   "\"not_finished\"}]}\n\n"
		   "id: 2\nevent: message\ndata: "
		   "{\"model_id\":\"m\",\"results\":[{\"generated_text\":"
		   "\" sky\",\"generated_token_count\":10,\"input_token_count\":0,\"stop_reason\":"
		   "\"NOT_FINISHED\"}]}\n\n"
		   "id: 3\nevent: message\ndata: "
		   "{\"model_id\":\"m\",\"results\":[{\"generated_text\":"
		   "\"\",\"generated_token_count\":11,\"input_token_count\":0,\"stop_reason\":"
		   "\"eos_token\"}]}\n\n",
		   "stream=1 | model=m in=8 out=0 out=10 OUTPUT finish[0]=eos_token out=11 "
		   "streamed");
}

static void test_errors(void **state)
{
	at("/ml/v1/text/generation", 404, NULL, "application/json",
	   "{\"errors\":[{\"code\":\"model_not_supported\",\"message\":\"no\",\"more_info\":\"u\"}]"
	   ","
	   "\"trace\":\"t\",\"status_code\":404}",
	   "| says=no error=model_not_supported");
}

/* The wire of OpenAI under other paths. */
static void test_chat(void **state)
{
	at("/ml/v1/text/chat", 200, "{\"model_id\":\"m\",\"messages\":[]}", "application/json",
	   "{\"id\":\"i\",\"model_id\":\"m\",\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":"
	   "{\"content\":\"x\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":3,"
	   "\"completion_tokens\":2,\"total_tokens\":5}}",
	   "ask=m | id=i model=m finish[0]=stop in=3 out=2");
	at("/ml/v1/deployments/d/text/chat_stream", 200, NULL, "text/event-stream",
	   "id: 1\nevent: message\ndata: {\"id\":\"i\",\"choices\":[{\"index\":0,\"delta\":"
	   "{\"content\":\"x\"}}]}\n\n",
	   "stream=1 | id=i OUTPUT streamed");
	at("/ml/v1/text/chat_stream", 200, NULL, "text/event-stream",
	   "id: 1\nevent: message\ndata: {\"model_id\":\"m\",\"choices\":[]}\n\n",
	   "stream=1 | model=m streamed");
	at("/ml/v1/text/chat", 404, NULL, "application/json",
	   "{\"errors\":[{\"code\":\"model_not_supported\",\"message\":\"no\"}],"
	   "\"status_code\":404}",
	   "| says=no error=model_not_supported");
}

static void test_embed_rank(void **state)
{
	at("/ml/v1/text/embeddings", 200, "{\"inputs\":[\"a\"],\"model_id\":\"m\"}",
	   "application/json",
	   "{\"model_id\":\"m\",\"results\":[{\"embedding\":[0.1]}],\"input_token_count\":4}",
	   "ask=m | model=m in=4");
	at("/ml/v1/text/rerank", 200,
	   "{\"model_id\":\"m\",\"query\":\"q\",\"inputs\":[{\"text\":\"a\"}]}", "application/json",
	   "{\"model_id\":\"m\",\"results\":[{\"index\":0,\"score\":0.1}],"
	   "\"input_token_count\":4}",
	   "ask=m | model=m in=4");
}

static void test_match(void **state)
{
	static const char *const others[] = {"/text/generation", "/ml/v1/text/tokenization",
					     "/ml/v1/text/generation/x"};
	struct http_head q = {.method = SPAN_LIT("POST")};
	size_t i;

	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		q.path = span_str(others[i]);
		assert_null(dialect__match(&q));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),	   cmocka_unit_test(test_stream),
		cmocka_unit_test(test_errors),	   cmocka_unit_test(test_chat),
		cmocka_unit_test(test_embed_rank), cmocka_unit_test(test_match),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
