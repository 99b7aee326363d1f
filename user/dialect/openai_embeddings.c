// SPDX-License-Identifier: Apache-2.0
/* OpenAI's embeddings, also Mistral's, Voyage's and those of local servers; and moderations, which
 * look much alike: an input, a model, no stream. */
#include "dialect/openai.h"

enum {
	OWN_INPUT = OPENAI_OWN,
	OWN_CATEGORIES,
	OWN_OBJECT,
};

struct embeddings {
	bool input;
};

/* --- embeddings --- */

static const struct json_path formats[] = {JSON_EACH(FACT_REQUEST_ENCODING_FORMAT, JSON_SCALAR)};
static const struct json_path request_top[] = {
	JSON_PATH("model", FACT_REQUEST_MODEL, JSON_SCALAR),
	JSON_PATH("input", OWN_INPUT, JSON_SEEN),
	JSON_PATH("inputs", OWN_INPUT,
		  JSON_SEEN), /* Voyage's documents in chunks, or with images */
	JSON_PATH("dimensions", FACT_REQUEST_DIMENSIONS, JSON_SCALAR),
	JSON_PATH("output_dimension", FACT_REQUEST_DIMENSIONS, JSON_SCALAR), /* Mistral, Voyage */
	JSON_KIDS("encoding_format", FACT_REQUEST_ENCODING_FORMAT, JSON_SCALAR, formats),
};
static const struct json_path request = JSON_ROOT(request_top);

static const struct json_path answer_top[] = {
	JSON_PATH("id", FACT_RESPONSE_ID, JSON_SCALAR),
	JSON_PATH("model", FACT_RESPONSE_MODEL, JSON_SCALAR),
	JSON_KIDS("usage", 0, 0, openai_prompt_usage),
	JSON_PATH("object", OWN_OBJECT, JSON_SCALAR),
	JSON_PATH("type", WIRE_TOP_TYPE, JSON_SCALAR),
	OPENAI_ERROR_PATHS,
};
static const struct json_path answer = JSON_ROOT(answer_top);

static bool match_embeddings(const struct http_head *h, struct span path)
{
	return span_ends(path, SPAN_LIT("/embeddings")) ||
	       span_ends(path, SPAN_LIT("/v1/multimodalembeddings")) || /* Voyage */
	       span_ends(path, SPAN_LIT("/v1/contextualizedembeddings"));
}

static void request_value(struct dialect_reader *r, const struct json_value *v)
{
	struct embeddings *s = r->own;

	s->input |= v->id == OWN_INPUT;
}

static void asked(struct dialect_reader *r)
{
	const struct embeddings *s = r->own;

	if (s->input && openai__has_model(r))
		wire__prove(r);
}

static void answer_value(struct dialect_reader *r, const struct json_value *v)
{
	if (v->id == OPENAI_TICKS)
		openai__ticks(r, v);
	else if (v->id == OWN_CATEGORIES)
		wire__prove(r);
	else if (v->id == OWN_OBJECT && v->type == JSON_STRING &&
		 span_eq(v->text, SPAN_LIT("error")))
		r->errors.object = true;
}

const struct dialect dialect_openai_embeddings = {
	.api = "openai.embeddings",
	.operation = "embeddings",
	.flavour = "openai",
	.weak = true,
	.own_size = sizeof(struct embeddings),
	.match = match_embeddings,
	.path_model = openai__deployment,
	.request = &request,
	.answer = &answer,
	.request_value = request_value,
	.asked = asked,
	.answer_value = answer_value,
};

/* --- moderations --- */

static const struct json_path result[] = {JSON_PATH("categories", OWN_CATEGORIES, JSON_SEEN)};
static const struct json_path results[] = {JSON_EACH_KIDS(0, 0, result)};
static const struct json_path moderation_top[] = {
	JSON_PATH("id", FACT_RESPONSE_ID, JSON_SCALAR),
	JSON_PATH("model", FACT_RESPONSE_MODEL, JSON_SCALAR),
	JSON_KIDS("results", 0, 0, results),
	JSON_KIDS("usage", 0, 0, openai_prompt_usage), /* Mistral */
	JSON_PATH("object", OWN_OBJECT, JSON_SCALAR),
	JSON_PATH("type", WIRE_TOP_TYPE, JSON_SCALAR),
	OPENAI_ERROR_PATHS,
};
static const struct json_path moderation = JSON_ROOT(moderation_top);

static bool match_moderations(const struct http_head *h, struct span path)
{
	return span_ends(path, SPAN_LIT("/moderations"));
}

const struct dialect dialect_openai_moderations = {
	.api = "openai.moderations",
	.operation = "moderation",
	.flavour = "openai",
	.weak = true,
	.own_size = sizeof(struct embeddings),
	.match = match_moderations,
	.request = &request,
	.answer = &moderation,
	.request_value = request_value,
	.asked = asked,
	.answer_value = answer_value,
};
