// SPDX-License-Identifier: Apache-2.0
/* IBM watsonx.ai's text generation, of models and deployments and in its older paths, and its
 * embeddings; chats are openai_chat.c's, rankings rerank.c's. The path asks
 * for the stream, whose events count: input_token_count stands in the first alone (0 in the
 * others), generated_token_count grows. */
#include "dialect/wire.h"

enum {
	OWN_INPUT = WIRE_OWN,
	OWN_GENERATED,
	OWN_TEXT,
	OWN_STOP,
};

static const struct json_path stops[] = {JSON_EACH(FACT_REQUEST_STOP, JSON_SCALAR)};
static const struct json_path parameters[] = {
	JSON_PATH("max_new_tokens", FACT_REQUEST_MAX_TOKENS, JSON_SCALAR),
	JSON_PATH("temperature", FACT_REQUEST_TEMPERATURE, JSON_SCALAR),
	JSON_PATH("top_p", FACT_REQUEST_TOP_P, JSON_SCALAR),
	JSON_PATH("top_k", FACT_REQUEST_TOP_K, JSON_SCALAR),
	JSON_PATH("random_seed", FACT_REQUEST_SEED, JSON_SCALAR),
	JSON_KIDS("stop_sequences", 0, 0, stops),
};
static const struct json_path request_top[] = {
	JSON_PATH("model_id", FACT_REQUEST_MODEL, JSON_SCALAR),
	JSON_KIDS("parameters", 0, 0, parameters),
};
static const struct json_path request = JSON_ROOT(request_top);

static const struct json_path result[] = {
	JSON_PATH("input_token_count", OWN_INPUT, JSON_SCALAR),
	JSON_PATH("generated_token_count", OWN_GENERATED, JSON_SCALAR),
	JSON_PATH("generated_text", OWN_TEXT, JSON_SEEN),
	JSON_PATH("stop_reason", OWN_STOP, JSON_SCALAR),
};
static const struct json_path results[] = {JSON_EACH_KIDS(0, 0, result)};
static const struct json_path errors[] = {JSON_EACH_KIDS(0, 0, wire_error)};
static const struct json_path answer_top[] = {
	JSON_PATH("model_id", FACT_RESPONSE_MODEL, JSON_SCALAR),
	JSON_KIDS("results", 0, 0, results),
	JSON_KIDS("errors", 0, 0, errors),
};
static const struct json_path answer = JSON_ROOT(answer_top);

/* Tails behind /ml/v1, /ml/v1-beta and /ml/v1/deployments/ID. */
static const struct {
	const char *tail;
	bool stream;
} tails[] = {
	{"/text/generation", false},
	{"/text/generation_stream", true},
	{"/generation/text", false},
	{"/generation/text_stream", true},
};

static bool match(const struct http_head *h, struct span path)
{
	size_t i;

	if (span_find(path, SPAN_LIT("/ml/v1")) < 0)
		return false;
	for (i = 0; i < sizeof(tails) / sizeof(tails[0]); i++)
		if (span_ends(path, span_str(tails[i].tail)))
			return true;
	return false;
}

static void begin(struct dialect_reader *r, const struct http_head *h)
{
	struct span path = h->path;

	if (path.n && path.p[path.n - 1] == '/')
		path.n--;
	if (span_ends(path, SPAN_LIT("_stream")))
		wire__number(r, FACT_REQUEST_STREAM, 1);
}

/* Of several results all count; a later event overwrites what it says of its result. */
static void number(struct dialect_reader *r, const struct json_value *v, enum wire_part part)
{
	int64_t sum = USAGE(r, part), n = v->number;

	if (v->type != JSON_NUMBER || !v->integral || n < 0)
		return;
	if (v->index[v->n_index - 1] == 0) {
		if (part == WIRE_INPUT && n == 0 && sum > 0)
			return;
		sum = 0;
	}
	if (sum < 0 || __builtin_add_overflow(sum, n, &sum))
		return;
	USAGE(r, part) = sum;
	r->usage_new = true;
	wire__prove(r);
}

static void answer_value(struct dialect_reader *r, const struct json_value *v)
{
	switch (v->id) {
	case OWN_INPUT:
		number(r, v, WIRE_INPUT);
		break;
	case OWN_GENERATED:
		number(r, v, WIRE_OUTPUT);
		break;
	case OWN_TEXT:
		r->output = true;
		break;
	case OWN_STOP:
		/* What an event says that is not the last. */
		if (v->type == JSON_STRING && !span_ieq(v->text, SPAN_LIT("not_finished")))
			wire__text(r, FACT_FINISH_REASON, v->text, v->truncated,
				   v->index[v->n_index - 1]);
		break;
	default:
		break;
	}
}

const struct dialect dialect_watsonx_generate = {
	.api = "watsonx.generate",
	.operation = "text_completion",
	.flavour = "ibm.watsonx.ai",
	.match = match,
	.begin = begin,
	.request = &request,
	.answer = &answer,
	.answer_value = answer_value,
};

/* --- embeddings --- */

static const struct json_path texts_top[] = {
	JSON_PATH("model_id", FACT_REQUEST_MODEL, JSON_SCALAR),
};
static const struct json_path texts = JSON_ROOT(texts_top);
static const struct json_path vectors_top[] = {
	JSON_PATH("model_id", FACT_RESPONSE_MODEL, JSON_SCALAR),
	JSON_PATH("input_token_count", WIRE_INPUT, JSON_SCALAR),
	JSON_KIDS("errors", 0, 0, errors),
};
static const struct json_path vectors = JSON_ROOT(vectors_top);

static bool is_embed(const struct http_head *h, struct span path)
{
	return span_ends(path, SPAN_LIT("/ml/v1/text/embeddings"));
}

const struct dialect dialect_watsonx_embed = {
	.api = "watsonx.embed",
	.operation = "embeddings",
	.flavour = "ibm.watsonx.ai",
	.match = is_embed,
	.request = &texts,
	.answer = &vectors,
};
