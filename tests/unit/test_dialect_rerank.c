// SPDX-License-Identifier: Apache-2.0
#include "dialect_facts.h"

#define ASKED "{\"model\":\"m\",\"query\":\"q\",\"documents\":[\"a\",\"b\"]}"

static void rank(const char *host, const char *path, const char *request, const char *response,
		 const char *want)
{
	struct exchange x = {
		.path = path,
		.host = host,
		.request = request,
		.type = "application/json",
		.response = response,
	};

	facts_are(&x, want);
}

static void test_shapes(void **state)
{
	rank("api.voyageai.com", "/v1/rerank", ASKED,
	     "{\"object\":\"list\",\"data\":[{\"relevance_score\":0.7,\"index\":3}],\"model\":"
	     "\"m\","
	     "\"usage\":{\"total_tokens\":57}}",
	     "ask=m | model=m total=57");
	rank("api.jina.ai", "/v1/rerank", ASKED,
	     "{\"model\":\"m\",\"usage\":{\"total_tokens\":9,\"prompt_tokens\":9},\"results\":"
	     "[{\"index\":0,\"relevance_score\":0.7}]}",
	     "ask=m | model=m in=9");
	rank("tei.example", "/rerank", "{\"query\":\"q\",\"texts\":[\"a\"]}",
	     "[{\"index\":1,\"score\":0.9},{\"index\":0,\"score\":0.1}]", "|");
	rank("api.pinecone.io", "/rerank", ASKED,
	     "{\"model\":\"m\",\"data\":[{\"index\":0,\"score\":0.7}],\"usage\":"
	     "{\"rerank_units\":1}}",
	     "ask=m | model=m units=1");
	rank("bedrock-agent-runtime.us-west-2.amazonaws.com", "/rerank",
	     "{\"queries\":[{\"type\":\"TEXT\"}],\"sources\":[{\"type\":\"INLINE\"}],"
	     "\"rerankingConfiguration\":{\"type\":\"BEDROCK_RERANKING_MODEL\","
	     "\"bedrockRerankingConfiguration\":{\"numberOfResults\":1,\"modelConfiguration\":"
	     "{\"modelArn\":\"arn:aws:bedrock:us-west-2::foundation-model/"
	     "cohere.rerank-v3-5:0\"}}}}",
	     "{\"results\":[{\"index\":0,\"relevanceScore\":0.7}]}",
	     "ask=arn:aws:bedrock:us-west-2::foundation-model/cohere.rerank-v3-5:0 |");
	rank("litellm.example", "/v2/rerank", ASKED,
	     "{\"id\":\"i\",\"results\":[{\"index\":0,\"relevance_score\":1}]}", "ask=m | id=i");
}

static void test_proof(void **state)
{
	struct exchange x = {
		.path = "/v1/rerank",
		.host = "h",
		.request = ASKED,
		.status = 401,
		.type = "application/json",
		.response = "{\"message\":\"bad key\"}",
	};

	rank("h", "/rerank", "{\"query\":\"q\"}", "[{\"index\":1,\"score\":0.9}]", "| unproved");
	rank("h", "/rerank", ASKED, "[{\"index\":1}]", "ask=m | unproved");
	rank("h", "/rerank", ASKED, "{\"results\":[{\"index\":1},{\"score\":1}]}",
	     "ask=m | unproved");
	rank("h", "/rerank", ASKED, "{\"results\":[]}", "ask=m | unproved");
	facts_are(&x, "ask=m | says=bad key");
	x.path = "/v2/rerank";
	facts_are(&x, "ask=m | says=bad key");
	x.request = "{\"query\":\"q\",\"documents\":[\"a\"]}";
	facts_are(&x, "| says=bad key unproved");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_proof),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
