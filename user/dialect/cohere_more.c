// SPDX-License-Identifier: Apache-2.0
/* Cohere's other wires: /v1/generate (gone from its own hosts), /v1/embed and /v2/embed, /v1/rerank
 * and /v2/rerank. /v1/rerank of unknown hosts is rerank.c's. */
#include "dialect/cohere.h"
#include "dialect/rerank.h"

enum {
	OWN_ID = WIRE_OWN,
	OWN_TYPE, /* of an event */
	OWN_OUTPUT,
	OWN_FINISH,	  /* of a generation, by its place */
	OWN_EVENT_FINISH, /* of a stream */
};

static const struct json_path billed[] = {JSON_KIDS("billed_units", 0, 0, cohere_billed)};

/* --- generate --- */

static const struct json_path stops[] = {JSON_EACH(FACT_REQUEST_STOP, JSON_SCALAR)};
static const struct json_path prompt_top[] = {
	JSON_PATH("model", FACT_REQUEST_MODEL, JSON_SCALAR),
	JSON_PATH("stream", FACT_REQUEST_STREAM, JSON_SCALAR),
	JSON_PATH("max_tokens", FACT_REQUEST_MAX_TOKENS, JSON_SCALAR),
	JSON_PATH("temperature", FACT_REQUEST_TEMPERATURE, JSON_SCALAR),
	JSON_PATH("p", FACT_REQUEST_TOP_P, JSON_SCALAR),
	JSON_PATH("k", FACT_REQUEST_TOP_K, JSON_SCALAR),
	JSON_PATH("seed", FACT_REQUEST_SEED, JSON_SCALAR),
	JSON_PATH("num_generations", FACT_REQUEST_CHOICES, JSON_SCALAR),
	JSON_PATH("frequency_penalty", FACT_REQUEST_FREQUENCY_PENALTY, JSON_SCALAR),
	JSON_PATH("presence_penalty", FACT_REQUEST_PRESENCE_PENALTY, JSON_SCALAR),
	JSON_KIDS("stop_sequences", 0, 0, stops),
	JSON_KIDS("end_sequences", 0, 0, stops),
};
static const struct json_path prompt = JSON_ROOT(prompt_top);

static const struct json_path generation[] = {
	JSON_PATH("finish_reason", OWN_FINISH, JSON_SCALAR),
};
static const struct json_path generations[] = {JSON_EACH_KIDS(0, 0, generation)};
static const struct json_path final[] = {
	JSON_PATH("id", OWN_ID, JSON_SCALAR),
	JSON_KIDS("generations", 0, 0, generations),
	JSON_KIDS("meta", 0, 0, cohere_usage),
};
static const struct json_path generated_top[] = {
	JSON_PATH("id", OWN_ID, JSON_SCALAR),
	JSON_PATH("text", OWN_OUTPUT, JSON_SEEN),
	JSON_PATH("event_type", OWN_TYPE, JSON_SCALAR),
	JSON_PATH("finish_reason", OWN_EVENT_FINISH, JSON_SCALAR),
	JSON_KIDS("generations", 0, 0, generations),
	JSON_KIDS("meta", 0, 0, cohere_usage),
	JSON_KIDS("response", 0, 0, final),
	JSON_PATH("message", WIRE_TOP_MESSAGE, JSON_SCALAR),
	JSON_PATH("error_type", WIRE_TOP_TYPE, JSON_SCALAR),
	JSON_PATH("error", WIRE_ERROR, JSON_SCALAR), /* of a stream-end */
};
static const struct json_path generated = JSON_ROOT(generated_top);

static void answer_value(struct dialect_reader *r, const struct json_value *v)
{
	switch (v->id) {
	case OWN_ID:
		cohere__id(r, v);
		break;
	case OWN_OUTPUT:
		r->output = true;
		break;
	case OWN_TYPE:
		r->done |= span_eq(v->text, SPAN_LIT("stream-end"));
		break;
	case OWN_FINISH:
	case OWN_EVENT_FINISH:
		if (v->type == JSON_STRING)
			wire__text(r, FACT_FINISH_REASON, v->text, v->truncated,
				   v->id == OWN_FINISH ? v->index[v->n_index - 1] : 0);
		break;
	default:
		break;
	}
}

static bool is_generate(const struct http_head *h, struct span path)
{
	return cohere__path(h, path, "/v1/generate");
}

const struct dialect dialect_cohere_generate = {
	.api = "cohere.generate",
	.operation = "text_completion",
	.flavour = "cohere",
	.weak = true,
	.json_stream = true,
	.match = is_generate,
	.request = &prompt,
	.answer = &generated,
	.answer_value = answer_value,
	.count = cohere__count,
};

/* --- embed --- */

static const struct json_path types[] = {JSON_EACH(FACT_REQUEST_ENCODING_FORMAT, JSON_SCALAR)};
static const struct json_path texts_top[] = {
	JSON_PATH("model", FACT_REQUEST_MODEL, JSON_SCALAR),
	JSON_PATH("output_dimension", FACT_REQUEST_DIMENSIONS, JSON_SCALAR),
	JSON_KIDS("embedding_types", 0, 0, types),
};
static const struct json_path texts = JSON_ROOT(texts_top);
static const struct json_path vectors_top[] = {
	JSON_PATH("id", OWN_ID, JSON_SCALAR),
	JSON_KIDS("meta", 0, 0, billed),
	JSON_PATH("message", WIRE_TOP_MESSAGE, JSON_SCALAR),
	JSON_PATH("error_type", WIRE_TOP_TYPE, JSON_SCALAR),
};
static const struct json_path vectors = JSON_ROOT(vectors_top);

static bool is_embed(const struct http_head *h, struct span path)
{
	return cohere__path(h, path, "/v1/embed") || cohere__path(h, path, "/v2/embed");
}

const struct dialect dialect_cohere_embed = {
	.api = "cohere.embed",
	.operation = "embeddings",
	.flavour = "cohere",
	.weak = true,
	.match = is_embed,
	.request = &texts,
	.answer = &vectors,
	.answer_value = answer_value,
	.count = cohere__count,
};

/* --- rerank --- */

static bool is_rerank(const struct http_head *h, struct span path)
{
	return cohere__path(h, path, "/v2/rerank") ||
	       (host__provider(host__of(h->authority), h->path) &&
		cohere__path(h, path, "/v1/rerank"));
}

const struct dialect dialect_cohere_rerank = {
	.api = "cohere.rerank",
	.operation = "rerank",
	.flavour = "cohere",
	.weak = true,
	.own_size = sizeof(struct rerank),
	.match = is_rerank,
	.request = &rerank_request,
	.answer = &rerank_answer,
	.request_value = rerank__request_value,
	.head = rerank__head,
	.answer_value = rerank__answer_value,
	.count = cohere__count,
};
