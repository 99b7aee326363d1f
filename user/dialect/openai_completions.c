// SPDX-License-Identifier: Apache-2.0
/* OpenAI's completions of old, which local servers still have: a prompt, and choices of plain text.
 * What searches complete as one types has such paths, too: the bodies must show a model. */
#include "dialect/openai.h"

enum {
	OWN_PROMPT = OPENAI_OWN,
	OWN_OBJECT,
	OWN_CHOICE,
	OWN_CHOICE_INDEX,
	OWN_FINISH,
	OWN_OUTPUT,
};

struct completions {
	bool prompt;
};

static const struct json_path stops[] = {JSON_EACH(FACT_REQUEST_STOP, JSON_SCALAR)};
static const struct json_path request_top[] = {
	JSON_PATH("model", FACT_REQUEST_MODEL, JSON_SCALAR),
	JSON_PATH("prompt", OWN_PROMPT, JSON_SEEN),
	JSON_PATH("stream", FACT_REQUEST_STREAM, JSON_SCALAR),
	JSON_PATH("max_tokens", FACT_REQUEST_MAX_TOKENS, JSON_SCALAR),
	JSON_PATH("temperature", FACT_REQUEST_TEMPERATURE, JSON_SCALAR),
	JSON_PATH("top_p", FACT_REQUEST_TOP_P, JSON_SCALAR),
	JSON_PATH("top_k", FACT_REQUEST_TOP_K, JSON_SCALAR),
	JSON_PATH("seed", FACT_REQUEST_SEED, JSON_SCALAR),
	JSON_PATH("random_seed", FACT_REQUEST_SEED, JSON_SCALAR), /* Writer */
	JSON_PATH("n", FACT_REQUEST_CHOICES, JSON_SCALAR),
	JSON_PATH("frequency_penalty", FACT_REQUEST_FREQUENCY_PENALTY, JSON_SCALAR),
	JSON_PATH("presence_penalty", FACT_REQUEST_PRESENCE_PENALTY, JSON_SCALAR),
	JSON_KIDS("stop", FACT_REQUEST_STOP, JSON_SCALAR, stops),
	JSON_PATH("service_tier", FACT_REQUEST_SERVICE_TIER, JSON_SCALAR),
};
static const struct json_path request = JSON_ROOT(request_top);

static const struct json_path choice[] = {
	JSON_PATH("index", OWN_CHOICE_INDEX, JSON_SCALAR),
	JSON_PATH("text", OWN_OUTPUT, JSON_SEEN),
	JSON_PATH("reasoning", OWN_OUTPUT, JSON_SEEN), /* OpenRouter */
	JSON_PATH("finish_reason", OWN_FINISH, JSON_SCALAR),
	JSON_KIDS("error", WIRE_ERROR, JSON_SCALAR, wire_error),
};
static const struct json_path choices[] = {
	JSON_EACH_KIDS(OWN_CHOICE, JSON_ENTER | JSON_LEAVE, choice)};
static const struct json_path answer_top[] = {
	JSON_PATH("id", FACT_RESPONSE_ID, JSON_SCALAR),
	JSON_PATH("object", OWN_OBJECT, JSON_SCALAR),
	JSON_PATH("model", FACT_RESPONSE_MODEL, JSON_SCALAR),
	JSON_KIDS("choices", 0, 0, choices),
	JSON_KIDS("usage", 0, 0, openai_prompt_usage),
	JSON_PATH("service_tier", FACT_SERVICE_TIER, JSON_SCALAR),
	JSON_PATH("system_fingerprint", FACT_SYSTEM_FINGERPRINT, JSON_SCALAR),
	JSON_PATH("type", WIRE_TOP_TYPE, JSON_SCALAR),
	OPENAI_ERROR_PATHS,
};
static const struct json_path answer = JSON_ROOT(answer_top);

static bool match(const struct http_head *h, struct span path)
{
	/* Perplexity's queue answers with a ticket. */
	return span_ends(path, SPAN_LIT("/completions")) &&
	       !span_ends(path, SPAN_LIT("/chat/completions"));
}

static void request_value(struct dialect_reader *r, const struct json_value *v)
{
	struct completions *s = r->own;

	s->prompt |= v->id == OWN_PROMPT;
}

static void asked(struct dialect_reader *r)
{
	const struct completions *s = r->own;

	if (s->prompt && openai__has_model(r))
		wire__prove(r);
}

static void answer_value(struct dialect_reader *r, const struct json_value *v)
{
	struct wire_choice *c = &r->choice;
	uint32_t position;

	switch (v->id) {
	case OWN_OBJECT:
		if (v->type == JSON_STRING && span_eq(v->text, SPAN_LIT("error")))
			r->errors.object = true;
		if (v->type == JSON_STRING && span_starts(v->text, SPAN_LIT("text_completion")))
			wire__prove(r);
		break;
	case OWN_CHOICE:
		if (v->event == JSON_ENDS) {
			position = v->index[v->n_index - 1];
			if (c->index >= 0 && c->index <= UINT32_MAX)
				position = (uint32_t)c->index;
			wire__text(r, FACT_FINISH_REASON, text__span(&c->finish),
				   c->finish.truncated, position);
		}
		*c = (struct wire_choice){.index = -1};
		break;
	case OWN_CHOICE_INDEX:
		if (v->type == JSON_NUMBER && v->integral)
			c->index = v->number;
		break;
	case OWN_FINISH:
		if (v->type == JSON_STRING)
			text__set(&c->finish, v->text, v->truncated);
		break;
	case OWN_OUTPUT:
		r->output = true;
		break;
	case OPENAI_TICKS:
		openai__ticks(r, v);
		break;
	default:
		break;
	}
}

const struct dialect dialect_openai_completions = {
	.api = "openai.completions",
	.operation = "text_completion",
	.flavour = "openai",
	.weak = true,
	.own_size = sizeof(struct completions),
	.match = match,
	.path_model = openai__deployment,
	.request = &request,
	.answer = &answer,
	.request_value = request_value,
	.asked = asked,
	.answer_value = answer_value,
	.count = openai__count,
};
