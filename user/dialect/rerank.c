// SPDX-License-Identifier: Apache-2.0
/* Rankings of documents: Cohere's, which Jina, Voyage, Together, Pinecone, LiteLLM, vLLM and
 * watsonx copy with other names for models and lists, and text-embeddings-inference's, whose answer
 * is the list alone. A total of tokens is told of some; what of it is input none of them says. */
#include "dialect/rerank.h"

#include "dialect/cohere.h"

enum {
	OWN_ID = WIRE_OWN,
	OWN_QUERY,
	OWN_QUERIES,
	OWN_DOCUMENTS,
	OWN_RESULT,
	OWN_INDEX,
	OWN_SCORE,
};

enum {
	MARK_QUERY = 1 << 0,
	MARK_DOCUMENTS = 1 << 1,
	MARK_ASKED = MARK_QUERY | MARK_DOCUMENTS,
	MARK_INDEX = 1 << 0,
	MARK_SCORE = 1 << 1,
	MARK_ANSWERED = MARK_INDEX | MARK_SCORE,
};

static const struct json_path bedrock_model[] = {
	JSON_PATH("modelArn", FACT_REQUEST_MODEL, JSON_SCALAR),
};
static const struct json_path bedrock_config[] = {
	JSON_KIDS("modelConfiguration", 0, 0, bedrock_model),
};
static const struct json_path bedrock[] = {
	JSON_KIDS("bedrockRerankingConfiguration", 0, 0, bedrock_config),
};
static const struct json_path request_top[] = {
	JSON_PATH("model", FACT_REQUEST_MODEL, JSON_SCALAR),
	JSON_PATH("model_id", FACT_REQUEST_MODEL, JSON_SCALAR),
	JSON_PATH("query", OWN_QUERY, JSON_SEEN),
	JSON_PATH("documents", OWN_DOCUMENTS, JSON_SEEN),
	JSON_PATH("texts", OWN_DOCUMENTS, JSON_SEEN),
	JSON_PATH("inputs", OWN_DOCUMENTS, JSON_SEEN),
	/* Bedrock */
	JSON_PATH("queries", OWN_QUERIES, JSON_SEEN),
	JSON_PATH("sources", OWN_DOCUMENTS, JSON_SEEN),
	JSON_KIDS("rerankingConfiguration", 0, 0, bedrock),
};
const struct json_path rerank_request = JSON_ROOT(request_top);

static const struct json_path result[] = {
	JSON_PATH("index", OWN_INDEX, JSON_SCALAR),
	JSON_PATH("relevance_score", OWN_SCORE, JSON_SCALAR),
	JSON_PATH("relevanceScore", OWN_SCORE, JSON_SCALAR), /* Bedrock */
	JSON_PATH("score", OWN_SCORE, JSON_SCALAR),
};
static const struct json_path results[] = {JSON_EACH_KIDS(OWN_RESULT, JSON_ENTER, result)};
static const struct json_path meta[] = {JSON_KIDS("billed_units", 0, 0, cohere_billed)};
static const struct json_path usage[] = {
	JSON_PATH("prompt_tokens", WIRE_INPUT, JSON_SCALAR),
	JSON_PATH("total_tokens", WIRE_TOTAL, JSON_SCALAR),
	JSON_PATH("rerank_units", FACT_SEARCH_UNITS, JSON_SCALAR),
};
static const struct json_path answer_top[] = {
	JSON_PATH("id", OWN_ID, JSON_SCALAR),
	JSON_PATH("model", FACT_RESPONSE_MODEL, JSON_SCALAR),
	JSON_PATH("model_id", FACT_RESPONSE_MODEL, JSON_SCALAR),
	JSON_PATH("input_token_count", WIRE_INPUT, JSON_SCALAR),
	JSON_KIDS("results", 0, 0, results),
	JSON_KIDS("data", 0, 0, results),
	JSON_KIDS("meta", 0, 0, meta),
	JSON_KIDS("usage", 0, 0, usage),
	/* text-embeddings-inference: each element is a document of its own */
	JSON_PATH("index", OWN_INDEX, JSON_SCALAR),
	JSON_PATH("score", OWN_SCORE, JSON_SCALAR),
	JSON_KIDS("error", WIRE_ERROR, JSON_SCALAR, wire_error),
	JSON_PATH("error_type", WIRE_TOP_TYPE, JSON_SCALAR),
	JSON_PATH("message", WIRE_TOP_MESSAGE, JSON_SCALAR),
	JSON_PATH("detail", WIRE_TOP_MESSAGE, JSON_SCALAR),
};
const struct json_path rerank_answer = JSON_ROOT(answer_top);

void rerank__request_value(struct dialect_reader *r, const struct json_value *v)
{
	struct rerank *own = r->own;

	if ((v->id == OWN_QUERY && v->type == JSON_STRING) ||
	    (v->id == OWN_QUERIES && v->type == JSON_ARRAY))
		own->asked |= MARK_QUERY;
	else if (v->id == OWN_DOCUMENTS && v->type == JSON_ARRAY)
		own->asked |= MARK_DOCUMENTS;
}

void rerank__head(struct dialect_reader *r, const struct http_head *h)
{
	const struct rerank *own = r->own;

	if (r->status >= 400 && own->asked == MARK_ASKED && r->model_told)
		wire__prove(r);
}

void rerank__answer_value(struct dialect_reader *r, const struct json_value *v)
{
	struct rerank *own = r->own;

	if (v->id == OWN_ID)
		cohere__id(r, v);
	else if (v->id == OWN_RESULT)
		own->answered = 0;
	else if (v->id == OWN_INDEX && v->type == JSON_NUMBER)
		own->answered |= MARK_INDEX;
	else if (v->id == OWN_SCORE && v->type == JSON_NUMBER)
		own->answered |= MARK_SCORE;
	if (own->asked == MARK_ASKED && own->answered == MARK_ANSWERED)
		wire__prove(r);
}

static bool match(const struct http_head *h, struct span path)
{
	return span_ends(path, SPAN_LIT("/rerank"));
}

const struct dialect dialect_rerank = {
	.api = "rerank",
	.operation = "rerank",
	.weak = true,
	.own_size = sizeof(struct rerank),
	.match = match,
	.request = &rerank_request,
	.answer = &rerank_answer,
	.request_value = rerank__request_value,
	.head = rerank__head,
	.answer_value = rerank__answer_value,
};
