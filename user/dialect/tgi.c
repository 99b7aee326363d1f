// SPDX-License-Identifier: Apache-2.0
/* Hugging Face's text-generation-inference: /generate and /generate_stream. It says nothing of its
 * model. The paths are anybody's: inputs in the request with generated text or tokens in the answer
 * prove it. */
#include "dialect/wire.h"

enum {
	OWN_INPUTS = WIRE_OWN,
	OWN_TOKEN,
	OWN_TOKEN_ID,
	OWN_TOKEN_TEXT,
	OWN_TEXT,
	OWN_FINISH,
	OWN_GENERATED,
};

struct tgi {
	bool inputs;
	bool token_id; /* of the token that is read */
};

static const struct json_path stops[] = {JSON_EACH(FACT_REQUEST_STOP, JSON_SCALAR)};
static const struct json_path parameters[] = {
	JSON_PATH("max_new_tokens", FACT_REQUEST_MAX_TOKENS, JSON_SCALAR),
	JSON_PATH("temperature", FACT_REQUEST_TEMPERATURE, JSON_SCALAR),
	JSON_PATH("top_p", FACT_REQUEST_TOP_P, JSON_SCALAR),
	JSON_PATH("top_k", FACT_REQUEST_TOP_K, JSON_SCALAR),
	JSON_PATH("seed", FACT_REQUEST_SEED, JSON_SCALAR),
	JSON_PATH("frequency_penalty", FACT_REQUEST_FREQUENCY_PENALTY, JSON_SCALAR),
	JSON_KIDS("stop", 0, 0, stops),
};
static const struct json_path request_top[] = {
	JSON_PATH("inputs", OWN_INPUTS, JSON_SEEN),
	JSON_PATH("stream", FACT_REQUEST_STREAM, JSON_SCALAR),
	JSON_KIDS("parameters", 0, 0, parameters),
};
static const struct json_path request = JSON_ROOT(request_top);

static const struct json_path token[] = {
	JSON_PATH("id", OWN_TOKEN_ID, JSON_SCALAR),
	JSON_PATH("text", OWN_TOKEN_TEXT, JSON_SEEN),
};
static const struct json_path details[] = {
	JSON_PATH("finish_reason", OWN_FINISH, JSON_SCALAR),
	JSON_PATH("generated_tokens", OWN_GENERATED, JSON_SCALAR),
	JSON_PATH("input_length", WIRE_INPUT, JSON_SCALAR),
};
static const struct json_path answer_top[] = {
	JSON_KIDS("token", OWN_TOKEN, JSON_ENTER, token),
	JSON_PATH("generated_text", OWN_TEXT, JSON_SEEN),
	JSON_KIDS("details", 0, 0, details),
	JSON_PATH("error", WIRE_ERROR, JSON_SCALAR),
	JSON_PATH("error_type", WIRE_ERROR_TYPE, JSON_SCALAR),
};
static const struct json_path answer = JSON_ROOT(answer_top);

static bool match(const struct http_head *h, struct span path)
{
	return (span_ends(path, SPAN_LIT("/generate")) ||
		span_ends(path, SPAN_LIT("/generate_stream"))) &&
	       host__may_be(h, "huggingface");
}

static void begin(struct dialect_reader *r, const struct http_head *h)
{
	if (span_find(h->path, SPAN_LIT("/generate_stream")) >= 0)
		wire__number(r, FACT_REQUEST_STREAM, 1);
}

static void request_value(struct dialect_reader *r, const struct json_value *v)
{
	struct tgi *t = r->own;

	if (v->id == OWN_INPUTS)
		t->inputs = v->type == JSON_STRING;
}

static void answer_value(struct dialect_reader *r, const struct json_value *v)
{
	struct tgi *t = r->own;

	switch (v->id) {
	case OWN_TOKEN:
		t->token_id = false;
		break;
	case OWN_TOKEN_ID:
		t->token_id = v->type == JSON_NUMBER;
		break;
	case OWN_TOKEN_TEXT:
		r->output = true;
		if (t->inputs && t->token_id)
			wire__prove(r);
		break;
	case OWN_TEXT:
		/* A stream's last event repeats it. */
		if (t->inputs && v->type == JSON_STRING)
			wire__prove(r);
		r->done = r->streamed;
		break;
	case OWN_FINISH:
		if (v->type == JSON_STRING)
			wire__text(r, FACT_FINISH_REASON, v->text, v->truncated, 0);
		break;
	case OWN_GENERATED:
		/* Numbers of the name "generated_tokens" prove less than those of usage. */
		if (v->type == JSON_NUMBER && v->integral && v->number >= 0) {
			USAGE(r, WIRE_OUTPUT) = v->number;
			r->usage_new = true;
		}
		break;
	default:
		break;
	}
}

const struct dialect dialect_tgi = {
	.api = "tgi.generate",
	.operation = "text_completion",
	.flavour = "huggingface",
	.weak = true,
	.own_size = sizeof(struct tgi),
	.match = match,
	.begin = begin,
	.request = &request,
	.answer = &answer,
	.request_value = request_value,
	.answer_value = answer_value,
};
