// SPDX-License-Identifier: Apache-2.0
/* Replicate's predictions: of a model (in the path) or of one of its versions (in the request),
 * text or not. The answer is waited for only if asked (prefer: wait); else it is fetched by its id.
 * What streams comes from a host of its own, without JSON, and is not read. */
#include "dialect/wire.h"

enum {
	OWN_VERSION = WIRE_OWN,
	OWN_STATUS,
};

static const struct json_path input[] = {
	JSON_PATH("max_tokens", FACT_REQUEST_MAX_TOKENS, JSON_SCALAR),
	JSON_PATH("max_new_tokens", FACT_REQUEST_MAX_TOKENS, JSON_SCALAR),
	JSON_PATH("temperature", FACT_REQUEST_TEMPERATURE, JSON_SCALAR),
	JSON_PATH("top_p", FACT_REQUEST_TOP_P, JSON_SCALAR),
	JSON_PATH("top_k", FACT_REQUEST_TOP_K, JSON_SCALAR),
	JSON_PATH("seed", FACT_REQUEST_SEED, JSON_SCALAR),
};
static const struct json_path request_top[] = {
	JSON_PATH("version", OWN_VERSION, JSON_SCALAR),
	JSON_PATH("stream", FACT_REQUEST_STREAM, JSON_SCALAR),
	JSON_KIDS("input", 0, 0, input),
};
static const struct json_path request = JSON_ROOT(request_top);

static const struct json_path metrics[] = {
	JSON_PATH("input_token_count", WIRE_INPUT, JSON_SCALAR),
	JSON_PATH("output_token_count", WIRE_OUTPUT, JSON_SCALAR),
};
static const struct json_path answer_top[] = {
	JSON_PATH("id", FACT_RESPONSE_ID, JSON_SCALAR),
	JSON_PATH("model", FACT_RESPONSE_MODEL, JSON_SCALAR),
	JSON_PATH("status", OWN_STATUS, JSON_SCALAR),
	JSON_PATH("error", WIRE_ERROR, JSON_SCALAR),
	JSON_PATH("detail", WIRE_TOP_MESSAGE, JSON_SCALAR),
	JSON_KIDS("metrics", 0, 0, metrics),
};
static const struct json_path answer = JSON_ROOT(answer_top);

static bool is_replicate(const struct http_head *h)
{
	const char *provider = host__provider(host__of(h->authority), h->path);

	return provider && strcmp(provider, "replicate") == 0;
}

static bool match(const struct http_head *h, struct span path)
{
	return span_ends(path, SPAN_LIT("/predictions")) && is_replicate(h);
}

static bool match_fetch(const struct http_head *h, struct span path)
{
	static const char before[] = "/v1/predictions/";
	struct span id = span_skip(path, sizeof(before) - 1);

	return span_starts(path, SPAN_LIT(before)) && id.n && span_find(id, SPAN_LIT("/")) < 0 &&
	       is_replicate(h);
}

/* /v1/models/{owner}/{name}/predictions, /v1/deployments/{owner}/{name}/predictions */
static struct span path_model(struct span path)
{
	static const char *const befores[] = {"/v1/models/", "/v1/deployments/"};
	size_t i;

	for (i = 0; i < sizeof(befores) / sizeof(befores[0]); i++)
		if (span_starts(path, span_str(befores[i]))) {
			path = span_skip(path, strlen(befores[i]));
			return span_head(path, (size_t)span_find(path, SPAN_LIT("/predictions")));
		}
	return SPAN_NONE;
}

static void request_value(struct dialect_reader *r, const struct json_value *v)
{
	if (v->id != OWN_VERSION || v->type != JSON_STRING || r->path_model.n)
		return;
	r->model_told = true;
	wire__text(r, FACT_REQUEST_MODEL, v->text, v->truncated, 0);
}

static void answer_value(struct dialect_reader *r, const struct json_value *v)
{
	bool pending;

	if (v->id != OWN_STATUS || v->type != JSON_STRING)
		return;
	pending =
		span_eq(v->text, SPAN_LIT("starting")) || span_eq(v->text, SPAN_LIT("processing"));
	wire__number(r, FACT_PENDING, pending);
	if (!pending)
		wire__text(r, FACT_FINISH_REASON, v->text, v->truncated, 0);
}

const struct dialect dialect_replicate = {
	.api = "replicate.predictions",
	.operation = "generate_content",
	.flavour = "replicate",
	.match = match,
	.path_model = path_model,
	.request = &request,
	.answer = &answer,
	.request_value = request_value,
	.answer_value = answer_value,
};

const struct dialect dialect_replicate_fetch = {
	.api = "replicate.predictions",
	.operation = "fetch_response",
	.flavour = "replicate",
	.method = "GET",
	.kind = DIALECT_FETCH,
	.match = match_fetch,
	.answer = &answer,
	.answer_value = answer_value,
};
