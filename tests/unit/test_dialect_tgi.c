// SPDX-License-Identifier: Apache-2.0
#include "dialect_facts.h"

static void at(const char *path, int status, const char *request, const char *type,
	       const char *response, const char *want)
{
	struct exchange x = {
		.path = path,
		.host = "tgi.example",
		.status = status,
		.request = request,
		.type = type,
		.response = response,
	};

	facts_are(&x, want);
}

static void test_whole(void **state)
{
	at("/generate", 200,
	   "{\"inputs\":\"q\",\"parameters\":{\"max_new_tokens\":5,\"temperature\":0.5,\"top_p\":1,"
	   "\"top_k\":3,\"seed\":7,\"stop\":[\"a\"],\"details\":true}}",
	   "application/json",
	   "{\"generated_text\":\"x\",\"details\":{\"finish_reason\":\"length\","
	   "\"generated_tokens\":5,\"seed\":null,\"tokens\":[{\"id\":1,\"text\":\"x\"}]}}",
	   "max=5 temp=0.5 top_p=1 top_k=3 seed=7 stop=a | finish[0]=length out=5");
	/* On the Hub a list of one. */
	at("/generate", 200, "{\"inputs\":\"q\"}", "application/json",
	   "[{\"generated_text\":\"x\"}]", "|");
}

static void test_stream(void **state)
{
	at("/generate_stream", 200, "{\"inputs\":\"q\"}", "text/event-stream",
	   "data:{\"index\":1,\"token\":{\"id\":7,\"text\":\"a\",\"logprob\":-1,\"special\":false},"
	   "\"generated_text\":null,\"details\":null}\n\n"
	   "data:{\"index\":2,\"token\":{\"id\":2,\"text\":\"b\"},\"generated_text\":\"ab\","
	   "\"details\":{\"finish_reason\":\"eos_token\",\"generated_tokens\":2,"
	   "\"input_length\":9}}\n\n",
	   "stream=1 | OUTPUT finish[0]=eos_token in=9 out=2 OUTPUT DONE streamed");
	at("/generate_stream", 200, "{\"inputs\":\"q\"}", "text/event-stream",
	   "data:{\"token\":{\"id\":7,\"text\":\"a\"}}\n\n"
	   "data:{\"error\":\"Request failed\",\"error_type\":\"generation\"}\n\n",
	   "stream=1 | OUTPUT says=Request failed error=generation streamed");
}

static void test_proof(void **state)
{
	at("/api/v1/generate", 200, "{\"prompt\":\"q\"}", "application/json",
	   "{\"generated_text\":\"x\"}", "| unproved");
	at("/generate", 200, "{\"inputs\":[\"q\"]}", "application/json",
	   "{\"generated_text\":\"x\"}", "| unproved");
	at("/generate", 200, "{\"inputs\":\"q\"}", "application/json",
	   "{\"token\":{\"id\":\"x\",\"text\":\"y\"},\"details\":{\"generated_tokens\":3}}",
	   "| out=3 unproved");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_proof),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
