// SPDX-License-Identifier: Apache-2.0
/* Google's Interactions API (ai.google.dev/api/interactions-api): POST …/interactions, answered
 * whole or by events that are told apart by "event_type", and GET …/interactions/{id} for those
 * that run in the background. Before steps came (May 2026) the events were content.* and the
 * outputs stood under "outputs".
 *
 * Totals of all 17 recorded answers add up as input + output + thoughts + tool use, so that output
 * leaves thoughts out. The path is an ordinary word: elsewhere than with Google the answer must say
 * that its object is an interaction. */
#include "dialect/gemini.h"

enum {
	OWN_INPUT_TYPE = GEMINI_OWN,
	OWN_MIME_TYPE,
	OWN_MODALITY,
	OWN_OBJECT,
	OWN_EVENT,
	OWN_STATUS,
	OWN_STEP,
	OWN_STEP_TYPE,
	OWN_OUTPUT,
};

struct state {
	struct gemini_detail detail;
	struct text event, status; /* of the document */
};

/* --- request --- */

static const struct json_path content_in[] = {
	JSON_PATH("type", WIRE_RESULT_TYPE, JSON_SCALAR),
	JSON_PATH("call_id", WIRE_RESULT_ID, JSON_SCALAR),
};
static const struct json_path contents_in[] = {
	JSON_EACH_KIDS(WIRE_RESULT, JSON_ENTER | JSON_LEAVE, content_in)};
/* A step, a content or a turn, which has a role and contents. */
static const struct json_path input[] = {
	JSON_PATH("type", OWN_INPUT_TYPE, JSON_SCALAR),
	JSON_PATH("call_id", WIRE_RESULT_ID, JSON_SCALAR),
	JSON_PATH("role", WIRE_ROLE, JSON_SCALAR),
	JSON_KIDS("content", 0, 0, contents_in),
};
static const struct json_path inputs[] = {
	JSON_EACH_KIDS(WIRE_MESSAGE, JSON_ENTER | JSON_LEAVE, input)};
static const struct json_path stops[] = {JSON_EACH(FACT_REQUEST_STOP, JSON_SCALAR)};
static const struct json_path modalities[] = {JSON_EACH(OWN_MODALITY, JSON_SCALAR)};
static const struct json_path format[] = {
	JSON_PATH("mime_type", OWN_MIME_TYPE, JSON_SCALAR),
	JSON_PATH("type", OWN_MODALITY, JSON_SCALAR),
};
static const struct json_path config[] = {
	JSON_PATH("temperature", FACT_REQUEST_TEMPERATURE, JSON_SCALAR),
	JSON_PATH("top_p", FACT_REQUEST_TOP_P, JSON_SCALAR),
	JSON_PATH("top_k", FACT_REQUEST_TOP_K, JSON_SCALAR),
	JSON_PATH("seed", FACT_REQUEST_SEED, JSON_SCALAR),
	JSON_PATH("max_output_tokens", FACT_REQUEST_MAX_TOKENS, JSON_SCALAR),
	JSON_PATH("thinking_level", FACT_REQUEST_REASONING, JSON_SCALAR),
	JSON_KIDS("stop_sequences", 0, 0, stops),
};
static const struct json_path tool_in[] = {JSON_PATH("name", FACT_TOOLS_OFFERED, JSON_SEEN)};
static const struct json_path tools_in[] = {JSON_EACH_KIDS(0, 0, tool_in)};
static const struct json_path request_top[] = {
	JSON_PATH("model", FACT_REQUEST_MODEL, JSON_SCALAR),
	JSON_PATH("agent", FACT_REQUEST_MODEL, JSON_SCALAR), /* in place of a model */
	JSON_PATH("stream", FACT_REQUEST_STREAM, JSON_SCALAR),
	JSON_PATH("previous_interaction_id", FACT_PREVIOUS_RESPONSE_ID, JSON_SCALAR),
	JSON_PATH("service_tier", FACT_REQUEST_SERVICE_TIER, JSON_SCALAR),
	JSON_KIDS("generation_config", 0, 0, config),
	JSON_PATH("response_mime_type", OWN_MIME_TYPE, JSON_SCALAR),
	JSON_KIDS("response_format", 0, 0, format),
	JSON_KIDS("response_modalities", 0, 0, modalities),
	JSON_KIDS("tools", 0, 0, tools_in),
	JSON_KIDS("input", WIRE_MESSAGES, JSON_ENTER | JSON_LEAVE, inputs),
};
static const struct json_path request = JSON_ROOT(request_top);

/* --- answer, whole or event --- */

static const struct json_path detail[] = {
	JSON_PATH("modality", GEMINI_MODALITY, JSON_SCALAR),
	JSON_PATH("tokens", GEMINI_TOKENS, JSON_SCALAR),
};

#define DETAILS(name, id) \
	static const struct json_path name[] = {JSON_EACH_KIDS(id, JSON_ENTER | JSON_LEAVE, detail)}

DETAILS(input_details, GEMINI_INPUT);
DETAILS(output_details, GEMINI_OUTPUT);
DETAILS(cache_details, GEMINI_CACHE);

static const struct json_path usage[] = {
	JSON_PATH("total_input_tokens", WIRE_INPUT, JSON_SCALAR),
	JSON_PATH("total_output_tokens", WIRE_OUTPUT, JSON_SCALAR),
	JSON_PATH("total_thought_tokens", WIRE_REASONING, JSON_SCALAR),
	JSON_PATH("total_reasoning_tokens", WIRE_REASONING, JSON_SCALAR), /* before steps */
	JSON_PATH("total_cached_tokens", WIRE_CACHE_READ, JSON_SCALAR),
	JSON_PATH("total_tool_use_tokens", FACT_TOOL_USE_TOKENS, JSON_SCALAR),
	JSON_PATH("total_tokens", WIRE_TOTAL, JSON_SCALAR),
	JSON_KIDS("input_tokens_by_modality", 0, 0, input_details),
	JSON_KIDS("output_tokens_by_modality", 0, 0, output_details),
	JSON_KIDS("cached_tokens_by_modality", 0, 0, cache_details),
};
static const struct json_path text[] = {JSON_PATH("text", OWN_OUTPUT, JSON_SEEN)};
/* A step, or what comes to one. */
static const struct json_path step[] = {
	JSON_PATH("type", OWN_STEP_TYPE, JSON_SCALAR),
	JSON_PATH("id", WIRE_TOOL_ID, JSON_SCALAR),
	JSON_PATH("name", WIRE_TOOL_NAME, JSON_SCALAR),
	JSON_PATH("text", OWN_OUTPUT, JSON_SEEN),
	JSON_PATH("data", OWN_OUTPUT, JSON_SEEN),
	JSON_PATH("uri", OWN_OUTPUT, JSON_SEEN),
	JSON_PATH("arguments", OWN_OUTPUT, JSON_SEEN),
	JSON_KIDS("content", 0, 0, text), /* of a thought's summary */
};
static const struct json_path steps[] = {JSON_EACH_KIDS(OWN_STEP, JSON_ENTER | JSON_LEAVE, step)};

#define INTERACTION                                                               \
	JSON_PATH("id", FACT_RESPONSE_ID, JSON_SCALAR),                           \
		JSON_PATH("model", FACT_RESPONSE_MODEL, JSON_SCALAR),             \
		JSON_PATH("object", OWN_OBJECT, JSON_SCALAR),                     \
		JSON_PATH("status", OWN_STATUS, JSON_SCALAR),                     \
		JSON_PATH("service_tier", FACT_SERVICE_TIER, JSON_SCALAR),        \
		JSON_KIDS("usage", 0, 0, usage), JSON_KIDS("steps", 0, 0, steps), \
		JSON_KIDS("outputs", 0, 0, steps)

static const struct json_path interaction[] = {INTERACTION};
static const struct json_path answer_top[] = {
	INTERACTION,
	JSON_PATH("event_type", OWN_EVENT, JSON_SCALAR),
	JSON_PATH("interaction_id", FACT_RESPONSE_ID, JSON_SCALAR),
	JSON_KIDS("interaction", 0, 0, interaction),
	JSON_KIDS("step", OWN_STEP, JSON_ENTER | JSON_LEAVE, step),
	JSON_KIDS("content", OWN_STEP, JSON_ENTER | JSON_LEAVE, step),
	JSON_KIDS("delta", OWN_STEP, JSON_ENTER | JSON_LEAVE, step),
	JSON_KIDS("error", WIRE_ERROR, JSON_SCALAR, wire_error),
};
static const struct json_path answer = JSON_ROOT(answer_top);

/* --- hooks --- */

static bool match(const struct http_head *h, struct span path)
{
	return span_ends(path, SPAN_LIT("/interactions"));
}

static bool match_fetch(const struct http_head *h, struct span path)
{
	static const char before[] = "/interactions/";
	ptrdiff_t at = span_find(path, SPAN_LIT(before));
	struct span id;

	if (at < 0)
		return false;
	id = span_skip(path, (size_t)at + sizeof(before) - 1);
	return id.n && span_find(id, SPAN_LIT("/")) < 0;
}

/* The model's part of the conversation that a request repeats: all steps but the user's. Contents,
 * which stand for the user's words, have other types. */
static void input_type(struct dialect_reader *r, struct span type)
{
	if (span_eq(type, SPAN_LIT("function_result")))
		return;
	r->results.is_assistant |=
		span_ends(type, SPAN_LIT("_call")) || span_ends(type, SPAN_LIT("_result")) ||
		span_eq(type, SPAN_LIT("model_output")) || span_eq(type, SPAN_LIT("thought"));
}

static void request_value(struct dialect_reader *r, const struct json_value *v)
{
	static const struct {
		uint16_t id;
		const char *text, *type;
	} types[] = {
		{OWN_MIME_TYPE, "application/json", "json"},
		{OWN_MODALITY, "image", "image"},
		{OWN_MODALITY, "audio", "speech"},
	};
	size_t i;

	if (v->type != JSON_STRING)
		return;
	if (v->id == OWN_INPUT_TYPE)
		input_type(r, v->text);
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (v->id == types[i].id && span_ieq(v->text, span_str(types[i].text)))
			wire__text(r, FACT_REQUEST_OUTPUT_TYPE, span_str(types[i].type), false, 0);
}

static void answer_value(struct dialect_reader *r, const struct json_value *v)
{
	struct state *s = r->own;

	switch (v->id) {
	case OWN_OBJECT:
		if (span_eq(v->text, SPAN_LIT("interaction")))
			wire__prove(r);
		break;
	case OWN_EVENT:
		text__set(&s->event, v->text, v->truncated);
		break;
	case OWN_STATUS:
		text__set(&s->status, v->text, v->truncated);
		break;
	case OWN_STEP:
		if (v->event == JSON_ENDS && r->is_tool)
			r->damaged |= tools__end(&r->tools, r->lim) < 0;
		tools__begin(&r->tools);
		r->is_tool = false;
		break;
	case OWN_STEP_TYPE:
		/* What the provider runs itself is called otherwise: google_search_call, …. */
		r->is_tool = span_eq(v->text, SPAN_LIT("function_call"));
		break;
	case OWN_OUTPUT:
		r->output = true;
		break;
	default:
		gemini__detail(r, &s->detail, v);
		break;
	}
}

static void finish(struct dialect_reader *r, const struct text *status, bool final)
{
	struct span name = text__span(status);
	bool pending = span_eq(name, SPAN_LIT("in_progress")) || span_eq(name, SPAN_LIT("queued"));

	if (!name.n)
		return;
	if (!pending)
		wire__text(r, FACT_FINISH_REASON, name, status->truncated, 0);
	if (span_eq(name, SPAN_LIT("failed")))
		r->errors.object = true;
	/* A stream is waited for, unless it is the one that is fetched. */
	if (final || r->dialect->kind == DIALECT_FETCH)
		wire__number(r, FACT_PENDING, pending);
}

static void document(struct dialect_reader *r)
{
	struct state *s = r->own;
	struct span event = text__span(&s->event);

	r->done = span_eq(event, SPAN_LIT("interaction.completed")) ||
		  span_eq(event, SPAN_LIT("interaction.complete"));
	/* An event that began a step brings nothing of it yet. */
	if (span_ends(event, SPAN_LIT(".start")))
		r->output = false;
	if (span_eq(event, SPAN_LIT("error")))
		r->errors.object = true;
	tools__resolve(&r->tools, 0, r->streamed);
	finish(r, &s->status, r->done || !event.n);
	s->event.n = s->status.n = 0;
}

const struct dialect dialect_gemini_interactions = {
	.api = "gemini.interactions",
	.operation = "generate_content",
	.flavour = "gcp.gen_ai",
	.weak = true,
	.own_size = sizeof(struct state),
	.match = match,
	.request = &request,
	.answer = &answer,
	.request_value = request_value,
	.answer_value = answer_value,
	.document = document,
	.count = gemini__count,
};

const struct dialect dialect_gemini_interaction_fetch = {
	.api = "gemini.interactions",
	.operation = "fetch_response",
	.flavour = "gcp.gen_ai",
	.method = "GET",
	.kind = DIALECT_FETCH,
	.weak = true,
	.own_size = sizeof(struct state),
	.match = match_fetch,
	.answer = &answer,
	.answer_value = answer_value,
	.document = document,
	.count = gemini__count,
};
