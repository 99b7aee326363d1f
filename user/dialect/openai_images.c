// SPDX-License-Identifier: Apache-2.0
/* OpenAI's images: generations as JSON; edits and variations as a form with the picture. Streamed,
 * pictures come first in part, then whole with the usage. */
#include "dialect/openai.h"

enum {
	OWN_PROMPT = OPENAI_OWN,
	OWN_TYPE,
	OWN_OUTPUT,
	OWN_OBJECT,
};

struct images {
	bool prompt;
};

static const struct json_path request_top[] = {
	JSON_PATH("model", FACT_REQUEST_MODEL, JSON_SCALAR),
	JSON_PATH("prompt", OWN_PROMPT, JSON_SEEN),
	JSON_PATH("n", FACT_REQUEST_CHOICES, JSON_SCALAR),
	JSON_PATH("stream", FACT_REQUEST_STREAM, JSON_SCALAR),
	JSON_PATH("seed", FACT_REQUEST_SEED, JSON_SCALAR), /* Together */
};
static const struct json_path request = JSON_ROOT(request_top);

static const struct wire_field form[] = {
	{"model", FACT_REQUEST_MODEL},
	{"prompt", OWN_PROMPT},
	{"n", FACT_REQUEST_CHOICES},
	{"stream", FACT_REQUEST_STREAM},
	{0},
};

static const struct json_path answer_top[] = {
	JSON_PATH("type", OWN_TYPE, JSON_SCALAR),
	JSON_PATH("b64_json", OWN_OUTPUT, JSON_SEEN),
	JSON_PATH("id", FACT_RESPONSE_ID, JSON_SCALAR),	      /* Together */
	JSON_PATH("model", FACT_RESPONSE_MODEL, JSON_SCALAR), /* Together, xAI */
	JSON_KIDS("usage", 0, 0, openai_usage),
	JSON_PATH("object", OWN_OBJECT, JSON_SCALAR),
	OPENAI_ERROR_PATHS,
};
static const struct json_path answer = JSON_ROOT(answer_top);

static bool match(const struct http_head *h, struct span path)
{
	return span_ends(path, SPAN_LIT("/images/generations")) ||
	       span_ends(path, SPAN_LIT("/images/edits")) ||
	       span_ends(path, SPAN_LIT("/images/variations"));
}

static void begin(struct dialect_reader *r, const struct http_head *h)
{
	wire__text(r, FACT_REQUEST_OUTPUT_TYPE, SPAN_LIT("image"), false, 0);
}

static void request_value(struct dialect_reader *r, const struct json_value *v)
{
	struct images *s = r->own;

	s->prompt |= v->id == OWN_PROMPT;
}

static void asked(struct dialect_reader *r)
{
	const struct images *s = r->own;

	if (s->prompt && openai__has_model(r))
		wire__prove(r);
}

static void answer_value(struct dialect_reader *r, const struct json_value *v)
{
	if (v->id == OWN_OUTPUT)
		r->output = true;
	else if (v->id == OPENAI_TICKS)
		openai__ticks(r, v);
	if (v->event != JSON_IS || v->type != JSON_STRING)
		return;
	if (v->id == OWN_TYPE) {
		r->done |= span_eq(v->text, SPAN_LIT("image_generation.completed")) ||
			   span_eq(v->text, SPAN_LIT("image_edit.completed"));
		if (span_eq(v->text, SPAN_LIT("error")))
			r->errors.object = true;
	} else if (v->id == OWN_OBJECT && span_eq(v->text, SPAN_LIT("error"))) {
		r->errors.object = true;
	}
}

const struct dialect dialect_openai_images = {
	.api = "openai.images",
	.operation = "image",
	.flavour = "openai",
	.weak = true,
	.own_size = sizeof(struct images),
	.match = match,
	.path_model = openai__deployment,
	.begin = begin,
	.form = form,
	.request = &request,
	.answer = &answer,
	.request_value = request_value,
	.asked = asked,
	.answer_value = answer_value,
};
