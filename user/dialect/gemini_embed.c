// SPDX-License-Identifier: Apache-2.0
/* Google's other methods of a model: embedContent and batchEmbedContents, countTokens, and Vertex
 * AI's predict, which embeds, draws and films. What other publishers answer to rawPredict is in
 * anthropic_messages.c and openai_chat.c. */
#include "dialect/gemini.h"

enum {
	OWN_MODEL = GEMINI_OWN,
	OWN_PREDICTION_TOKENS,
};

/* --- embeddings --- */

static const struct json_path embed_config[] = {
	GEMINI_PATH("outputDimensionality", "output_dimensionality", FACT_REQUEST_DIMENSIONS,
		    JSON_SCALAR),
};
static const struct json_path embed_requests[] = {JSON_EACH_KIDS(0, 0, embed_config)};
static const struct json_path embed_request_top[] = {
	GEMINI_PATH("outputDimensionality", "output_dimensionality", FACT_REQUEST_DIMENSIONS,
		    JSON_SCALAR),
	GEMINI_KIDS("embedContentConfig", "embed_content_config", 0, 0, embed_config), /* Vertex */
	JSON_KIDS("requests", 0, 0, embed_requests),
	JSON_KIDS("parameters", 0, 0, embed_config), /* of predict */
};
static const struct json_path embed_request = JSON_ROOT(embed_request_top);

static const struct json_path embed_answer_top[] = {
	GEMINI_KIDS("usageMetadata", "usage_metadata", 0, 0, gemini_usage),
	JSON_KIDS("error", WIRE_ERROR, JSON_SCALAR, wire_error),
};
static const struct json_path embed_answer = JSON_ROOT(embed_answer_top);

static bool match_embed(const struct http_head *h, struct span path)
{
	return gemini__method_is(path, "embedContent") ||
	       gemini__method_is(path, "batchEmbedContents");
}

static void embed_value(struct dialect_reader *r, const struct json_value *v)
{
	gemini__detail(r, r->own, v);
}

const struct dialect dialect_gemini_embed = {
	.api = "gemini.embed",
	.operation = "embeddings",
	.flavour = "gcp.gen_ai",
	.own_size = sizeof(struct gemini_detail),
	.match = match_embed,
	.path_model = gemini__path_model,
	.request = &embed_request,
	.answer = &embed_answer,
	.answer_value = embed_value,
	.count = gemini__count,
};

/* --- countTokens: told as counted, not as used --- */

static const struct json_path count_model[] = {JSON_PATH("model", OWN_MODEL, JSON_SCALAR)};
static const struct json_path count_request_top[] = {
	JSON_KIDS("request", 0, 0, count_model), /* Code Assist */
};
static const struct json_path count_request = JSON_ROOT(count_request_top);
static const struct json_path count_answer_top[] = {
	GEMINI_PATH("totalTokens", "total_tokens", FACT_COUNTED_TOKENS, JSON_SCALAR),
	JSON_KIDS("error", WIRE_ERROR, JSON_SCALAR, wire_error),
};
static const struct json_path count_answer = JSON_ROOT(count_answer_top);

static bool match_count(const struct http_head *h, struct span path)
{
	return gemini__method_is(path, "countTokens") &&
	       span_find(path, SPAN_LIT("/publishers/anthropic/")) < 0;
}

static void count_request_value(struct dialect_reader *r, const struct json_value *v)
{
	if (v->id == OWN_MODEL && v->type == JSON_STRING && !r->path_model.n)
		wire__text(r, FACT_REQUEST_MODEL, gemini__model(v->text), v->truncated, 0);
}

const struct dialect dialect_gemini_count = {
	.api = "gemini.count_tokens",
	.operation = "count_tokens",
	.flavour = "gcp.gen_ai",
	.match = match_count,
	.path_model = gemini__path_model,
	.request = &count_request,
	.request_value = count_request_value,
	.answer = &count_answer,
};

/* --- predict --- */

/* Of text embeddings; of the text models before Gemini. */
static const struct json_path statistics[] = {
	GEMINI_PATH("tokenCount", "token_count", OWN_PREDICTION_TOKENS, JSON_SCALAR),
};
static const struct json_path embeddings[] = {JSON_KIDS("statistics", 0, 0, statistics)};
static const struct json_path prediction[] = {JSON_KIDS("embeddings", 0, 0, embeddings)};
static const struct json_path predictions[] = {JSON_EACH_KIDS(0, 0, prediction)};
static const struct json_path text_input[] = {JSON_PATH("totalTokens", WIRE_INPUT, JSON_SCALAR)};
static const struct json_path text_output[] = {JSON_PATH("totalTokens", WIRE_OUTPUT, JSON_SCALAR)};
static const struct json_path token_metadata[] = {
	JSON_KIDS("inputTokenCount", 0, 0, text_input),
	JSON_KIDS("outputTokenCount", 0, 0, text_output),
};
static const struct json_path metadata[] = {JSON_KIDS("tokenMetadata", 0, 0, token_metadata)};
static const struct json_path predict_answer_top[] = {
	JSON_KIDS("predictions", 0, 0, predictions),
	JSON_KIDS("metadata", 0, 0, metadata),
	JSON_KIDS("error", WIRE_ERROR, JSON_SCALAR, wire_error),
};
static const struct json_path predict_answer = JSON_ROOT(predict_answer_top);

static bool is_embedding(struct span path)
{
	struct span model = gemini__path_model(path);

	return span_find(model, SPAN_LIT("embedding")) >= 0;
}

/* Of models, not of endpoints, which serve any kind of model. */
static bool match_predict(const struct http_head *h, struct span path)
{
	return span_find(path, SPAN_LIT("/models/")) >= 0 &&
	       (gemini__method_is(path, "predict") ||
		gemini__method_is(path, "predictLongRunning"));
}

static bool match_predict_embeddings(const struct http_head *h, struct span path)
{
	return match_predict(h, path) && is_embedding(path);
}

/* TensorFlow Serving has …/models/{model}:predict, too, but no publishers. */
static void begin_predict(struct dialect_reader *r, const struct http_head *h)
{
	if (span_find(h->path, SPAN_LIT("/publishers/")) >= 0)
		wire__prove(r);
}

/* Each prediction has its own. */
static void predict_value(struct dialect_reader *r, const struct json_value *v)
{
	int64_t *sum = &USAGE(r, WIRE_INPUT);

	if (v->id != OWN_PREDICTION_TOKENS || v->type != JSON_NUMBER || !v->integral ||
	    v->number < 0)
		return;
	if (*sum < 0)
		*sum = 0;
	if (__builtin_add_overflow(*sum, v->number, sum))
		*sum = -1;
	r->usage_new = true;
	wire__prove(r);
}

#define PREDICT(op, matches)                                                                  \
	{                                                                                     \
		.api = "vertex.predict", .operation = (op), .flavour = "gcp.vertex_ai",       \
		.weak = true, .match = (matches), .path_model = gemini__path_model,           \
		.begin = begin_predict, .request = &embed_request, .answer = &predict_answer, \
		.answer_value = predict_value                                                 \
	}

const struct dialect dialect_vertex_embeddings = PREDICT("embeddings", match_predict_embeddings);
const struct dialect dialect_vertex_predict = PREDICT("generate_content", match_predict);
