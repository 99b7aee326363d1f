// SPDX-License-Identifier: Apache-2.0
/* OpenAI's Responses, which many hosts have: whole, or as events that are told apart by "type".
 * What the final event says is the whole response again, and the only place of its usage. The tail
 * of the path is an ordinary word, so elsewhere than with known providers the bodies must show what
 * it is. Also /responses/compact and /responses/input_tokens. */
#include "dialect/openai.h"

/* --- request --- */

static const struct json_path item_in[] = {
	JSON_PATH("type", OPENAI_ITEM_TYPE, JSON_SCALAR),
	JSON_PATH("role", WIRE_ROLE, JSON_SCALAR),
	JSON_PATH("call_id", WIRE_RESULT_ID, JSON_SCALAR),
};
static const struct json_path items_in[] = {
	JSON_EACH_KIDS(WIRE_MESSAGE, JSON_ENTER | JSON_LEAVE, item_in)};
static const struct json_path reasoning[] = {
	JSON_PATH("effort", FACT_REQUEST_REASONING, JSON_SCALAR),
};
static const struct json_path format[] = {JSON_PATH("type", OPENAI_FORMAT, JSON_SCALAR)};
static const struct json_path text[] = {JSON_KIDS("format", 0, 0, format)};
static const struct json_path conversation[] = {
	JSON_PATH("id", OPENAI_CONVERSATION, JSON_SCALAR),
};
static const struct json_path client_metadata[] = {
	JSON_PATH("session_id", OPENAI_SESSION, JSON_SCALAR),
	JSON_PATH("thread_id", OPENAI_THREAD, JSON_SCALAR),
	JSON_PATH("x-codex-parent-thread-id", OPENAI_PARENT_THREAD, JSON_SCALAR),
};
/* Those that the provider runs have a type alone, or the label of a server. */
static const struct json_path tool_in[] = {JSON_PATH("name", FACT_TOOLS_OFFERED, JSON_SEEN)};
static const struct json_path tools_in[] = {JSON_EACH_KIDS(0, 0, tool_in)};
static const struct json_path request_top[] = {
	JSON_PATH("type", OPENAI_TYPE, JSON_SCALAR),
	JSON_PATH("generate", OPENAI_GENERATE, JSON_SCALAR),
	JSON_PATH("model", OPENAI_MODEL, JSON_SCALAR),
	JSON_PATH("stream", FACT_REQUEST_STREAM, JSON_SCALAR),
	JSON_PATH("max_output_tokens", FACT_REQUEST_MAX_TOKENS, JSON_SCALAR),
	JSON_PATH("temperature", FACT_REQUEST_TEMPERATURE, JSON_SCALAR),
	JSON_PATH("top_p", FACT_REQUEST_TOP_P, JSON_SCALAR),
	JSON_PATH("top_k", FACT_REQUEST_TOP_K, JSON_SCALAR), /* OpenRouter, vLLM */
	JSON_PATH("seed", FACT_REQUEST_SEED, JSON_SCALAR),
	JSON_PATH("frequency_penalty", FACT_REQUEST_FREQUENCY_PENALTY, JSON_SCALAR),
	JSON_PATH("presence_penalty", FACT_REQUEST_PRESENCE_PENALTY, JSON_SCALAR),
	JSON_KIDS("reasoning", 0, 0, reasoning),
	JSON_KIDS("text", 0, 0, text),
	JSON_PATH("service_tier", FACT_REQUEST_SERVICE_TIER, JSON_SCALAR),
	JSON_PATH("previous_response_id", FACT_PREVIOUS_RESPONSE_ID, JSON_SCALAR),
	JSON_KIDS("conversation", OPENAI_CONVERSATION, JSON_SCALAR, conversation),
	JSON_PATH("prompt_cache_key", OPENAI_CACHE_KEY, JSON_SCALAR),
	JSON_KIDS("client_metadata", 0, 0, client_metadata),
	JSON_KIDS("tools", 0, 0, tools_in),
	JSON_KIDS("input", OPENAI_INPUT, JSON_SEEN | JSON_ENTER | JSON_LEAVE, items_in),
};
const struct json_path openai_response_request = JSON_ROOT(request_top);

/* --- answer --- */

static const struct json_path item[] = {
	JSON_PATH("type", OPENAI_CALL_TYPE, JSON_SCALAR),
	JSON_PATH("id", OPENAI_CALL_ID, JSON_SCALAR),
	JSON_PATH("call_id", WIRE_TOOL_ID, JSON_SCALAR),
	JSON_PATH("name", WIRE_TOOL_NAME, JSON_SCALAR),
	JSON_PATH("arguments", OPENAI_ARGUMENTS, JSON_SEEN | JSON_HASH),
	JSON_PATH("input", OPENAI_ARGUMENTS, JSON_SEEN | JSON_HASH),
};
static const struct json_path items[] = {
	JSON_EACH_KIDS(OPENAI_ITEM, JSON_ENTER | JSON_LEAVE, item)};
static const struct json_path incomplete[] = {JSON_PATH("reason", OPENAI_REASON, JSON_SCALAR)};
static const struct json_path web_search[] = {
	JSON_PATH("num_requests", FACT_WEB_SEARCHES, JSON_SCALAR),
};
static const struct json_path tool_usage[] = {JSON_KIDS("web_search", 0, 0, web_search)};

#define RESPONSE_PATHS                                                                           \
	JSON_PATH("id", FACT_RESPONSE_ID, JSON_SCALAR),                                          \
		JSON_PATH("object", OPENAI_OBJECT, JSON_SCALAR),                                 \
		JSON_PATH("model", FACT_RESPONSE_MODEL, JSON_SCALAR),                            \
		JSON_PATH("status", OPENAI_STATUS, JSON_SCALAR),                                 \
		JSON_KIDS("incomplete_details", 0, 0, incomplete),                               \
		JSON_PATH("service_tier", FACT_SERVICE_TIER, JSON_SCALAR),                       \
		JSON_KIDS("conversation", 0, 0, conversation), JSON_KIDS("output", 0, 0, items), \
		JSON_KIDS("usage", 0, 0, openai_usage), JSON_KIDS("tool_usage", 0, 0, tool_usage)

static const struct json_path response[] = {
	RESPONSE_PATHS,
	JSON_KIDS("error", WIRE_ERROR, JSON_SCALAR, wire_error),
};
static const struct json_path answer_top[] = {
	RESPONSE_PATHS,
	OPENAI_ERROR_PATHS,
	JSON_PATH("type", OPENAI_EVENT, JSON_SCALAR),
	JSON_KIDS("response", 0, 0, response),
	JSON_KIDS("item", OPENAI_ITEM, JSON_ENTER | JSON_LEAVE, item),
	JSON_PATH("delta", OPENAI_DELTA, JSON_SEEN),
	JSON_PATH("partial_image_b64", OPENAI_DELTA, JSON_SEEN),
	JSON_PATH("text", OPENAI_PART, JSON_SEEN),
	JSON_PATH("refusal", OPENAI_PART, JSON_SEEN),
	JSON_PATH("arguments", OPENAI_PART, JSON_SEEN),
	JSON_PATH("input", OPENAI_PART, JSON_SEEN),
};
const struct json_path openai_response_answer = JSON_ROOT(answer_top);

/* --- hooks of the request --- */

void openai_response__begin(struct dialect_reader *r, const struct http_head *h)
{
	static const char *const names[] = {"originator", "user-agent"};
	struct openai_response *s = r->own;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		s->is_codex |=
			span_ieq(span_head(http_head__get(h, names[i]), 5), SPAN_LIT("codex"));
}

/* What an item of the input is: the model's own, or a result of one of its calls. */
static void item_type(struct dialect_reader *r, struct span type)
{
	if (span_ends(type, SPAN_LIT("_call")) || span_eq(type, SPAN_LIT("reasoning")))
		r->results.is_assistant = true;
}

static void format_type(struct dialect_reader *r, struct span type)
{
	if (span_eq(type, SPAN_LIT("text")))
		wire__text(r, FACT_REQUEST_OUTPUT_TYPE, SPAN_LIT("text"), false, 0);
	else if (span_starts(type, SPAN_LIT("json_")))
		wire__text(r, FACT_REQUEST_OUTPUT_TYPE, SPAN_LIT("json"), false, 0);
}

static void input(struct dialect_reader *r, const struct json_value *v)
{
	struct openai_response *s = r->own;
	struct json_value messages = *v;

	s->input = true;
	messages.id = WIRE_MESSAGES;
	if (v->event != JSON_EXISTS)
		r->damaged |= !results__value(r, &messages);
}

void openai_response__request_value(struct dialect_reader *r, const struct json_value *v)
{
	struct openai_response *s = r->own;

	if (v->id == OPENAI_INPUT)
		input(r, v);
	else if (v->id == OPENAI_GENERATE)
		s->prewarm = v->type == JSON_FALSE;
	if (v->type != JSON_STRING || !v->text.n)
		return;
	switch (v->id) {
	case OPENAI_TYPE:
		s->create = span_eq(v->text, SPAN_LIT("response.create"));
		break;
	case OPENAI_MODEL:
		s->model = r->model_told = true;
		wire__text(r, FACT_REQUEST_MODEL, v->text, v->truncated, 0);
		break;
	case OPENAI_ITEM_TYPE:
		item_type(r, v->text);
		break;
	case OPENAI_FORMAT:
		format_type(r, v->text);
		break;
	case OPENAI_CONVERSATION:
		text__set(&s->session, v->text, v->truncated);
		break;
	case OPENAI_CACHE_KEY:
		text__set(&s->cache_key, v->text, v->truncated);
		break;
	case OPENAI_SESSION:
		text__set(&s->session, v->text, v->truncated);
		break;
	case OPENAI_THREAD:
		text__set(&s->thread, v->text, v->truncated);
		break;
	case OPENAI_PARENT_THREAD:
		text__set(&s->parent_thread, v->text, v->truncated);
		break;
	default:
		break;
	}
}

/* Of Codex, prompt_cache_key is the conversation; others choose it for the cache. */
void openai_response__asked(struct dialect_reader *r)
{
	struct openai_response *s = r->own;

	if (s->model && s->input)
		wire__prove(r);
	if (s->is_codex && !s->session.n && !s->thread.n)
		s->session = s->cache_key;
	if (s->is_codex)
		session__thread(r, &s->session, &s->thread, &s->parent_thread);
	else
		session__id(r, s->session.n ? &s->session : &s->thread);
}

/* --- hooks of the answer --- */

static enum openai_event event_of(struct span type, struct text *ret_name)
{
	static const struct {
		const char *name;
		enum openai_event event;
	} names[] = {
		{"created", OPENAI_EVENT_CREATED},     {"queued", OPENAI_EVENT_CREATED},
		{"in_progress", OPENAI_EVENT_CREATED}, {"completed", OPENAI_EVENT_FINAL},
		{"incomplete", OPENAI_EVENT_FINAL},    {"failed", OPENAI_EVENT_FINAL},
		{"cancelled", OPENAI_EVENT_FINAL},     {"done", OPENAI_EVENT_FINAL},
	};
	static const char prefix[] = "response.";
	size_t i;

	if (span_eq(type, SPAN_LIT("error")))
		return OPENAI_EVENT_ERROR;
	if (!span_starts(type, SPAN_LIT(prefix)))
		return OPENAI_EVENT_OTHER;
	type = span_skip(type, sizeof(prefix) - 1);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (span_eq(type, span_str(names[i].name))) {
			text__set(ret_name, type, false);
			return names[i].event;
		}
	/* What a command printed is not the model's. */
	if (span_starts(type, SPAN_LIT("shell_call_output")))
		return OPENAI_EVENT_OTHER;
	if (span_ends(type, SPAN_LIT(".delta")) || span_ends(type, SPAN_LIT(".partial_image")))
		return OPENAI_EVENT_OUTPUT;
	return span_ends(type, SPAN_LIT(".done")) ? OPENAI_EVENT_PART : OPENAI_EVENT_OTHER;
}

static void object(struct dialect_reader *r, struct span name)
{
	if (span_eq(name, SPAN_LIT("error")))
		r->errors.object = true;
	else if (span_eq(name, SPAN_LIT("response")) || span_starts(name, SPAN_LIT("response.")))
		wire__prove(r);
	if (span_eq(name, SPAN_LIT("response.compaction")))
		wire__number(r, FACT_COMPACTED, 1);
}

static void item_edge(struct dialect_reader *r, bool begins)
{
	struct openai_response *s = r->own;

	if (!begins && r->is_tool) {
		/* Some hosts have no call_id. */
		if (!r->tools.open.id && s->item_id.n) {
			struct json_value id = {
				.type = JSON_STRING,
				.text = text__span(&s->item_id),
				.truncated = s->item_id.truncated,
			};

			r->damaged |= tools__id(&r->tools, &id) < 0;
		}
		r->damaged |= tools__end(&r->tools, r->lim) < 0;
	}
	tools__begin(&r->tools);
	s->item_id.n = 0;
	r->is_tool = false;
}

/* The caller's tools; the other kinds are run by the provider, or are parts of a harness. */
static void call_type(struct dialect_reader *r, struct span type)
{
	r->is_tool = span_eq(type, SPAN_LIT("function_call")) ||
		     span_eq(type, SPAN_LIT("custom_tool_call"));
	if (span_starts(type, SPAN_LIT("compaction")))
		wire__number(r, FACT_COMPACTED, 1);
}

void openai_response__answer_value(struct dialect_reader *r, const struct json_value *v)
{
	struct openai_response *s = r->own;

	if (v->id == OPENAI_STATUS && v->type == JSON_NUMBER)
		text__set(&s->status, v->text, false);
	else if (v->id == OPENAI_TICKS)
		openai__ticks(r, v);
	else if (v->id == OPENAI_ITEM)
		item_edge(r, v->event == JSON_BEGINS);
	else if (v->id == OPENAI_ARGUMENTS)
		tools__args(&r->tools, v, true);
	else if (v->id == OPENAI_DELTA)
		s->delta = true;
	else if (v->id == OPENAI_PART)
		s->part = true;
	if (v->event != JSON_IS || v->type != JSON_STRING)
		return;
	switch (v->id) {
	case OPENAI_OBJECT:
		object(r, v->text);
		break;
	case OPENAI_STATUS:
		text__set(&s->status, v->text, v->truncated);
		break;
	case OPENAI_REASON:
		text__set(&s->reason, v->text, v->truncated);
		break;
	case OPENAI_EVENT:
		s->event = event_of(v->text, &s->name);
		if (s->event != OPENAI_EVENT_ERROR && s->event != OPENAI_EVENT_OTHER)
			wire__prove(r);
		break;
	case OPENAI_CALL_TYPE:
		call_type(r, v->text);
		break;
	case OPENAI_CALL_ID:
		text__set(&s->item_id, v->text, v->truncated);
		break;
	case OPENAI_CONVERSATION: {
		struct text id;

		text__set(&id, v->text, v->truncated);
		session__id(r, &id);
		break;
	}
	default:
		break;
	}
}

static bool is_status(struct span s)
{
	static const char *const known[] = {"completed",      "incomplete", "failed",
					    "cancelled",      "queued",	    "in_progress",
					    "requires_action"};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (span_eq(s, span_str(known[i])))
			return true;
	return false;
}

/* How the response ended, or how far it is. Incomplete ones say why. */
static void finish(struct dialect_reader *r)
{
	struct openai_response *s = r->own;
	const struct text *status = s->status.n ? &s->status : &s->name;
	struct span name = text__span(status);
	bool pending;

	if (!is_status(name))
		return;
	pending = span_eq(name, SPAN_LIT("queued")) || span_eq(name, SPAN_LIT("in_progress"));
	if (span_eq(name, SPAN_LIT("failed")))
		r->errors.object = true;
	if (span_eq(name, SPAN_LIT("incomplete")) && s->reason.n)
		status = &s->reason;
	wire__text(r, FACT_FINISH_REASON, text__span(status), status->truncated, 0);
	wire__number(r, FACT_PENDING, pending);
}

static void error_event(struct dialect_reader *r)
{
	struct openai_response *s = r->own;
	struct json_value status = {
		.id = WIRE_ERROR_STATUS,
		.type = JSON_NUMBER,
		.text = text__span(&s->status),
	};

	r->errors.object = true;
	errors__value(&r->errors, &status); /* over a WebSocket */
}

void openai_response__document(struct dialect_reader *r)
{
	struct openai_response *s = r->own;

	switch (s->event) {
	case OPENAI_EVENT_NONE:
		finish(r);
		break;
	case OPENAI_EVENT_CREATED:
		if (r->dialect->kind == DIALECT_FETCH)
			wire__number(r, FACT_PENDING, 1);
		break;
	case OPENAI_EVENT_OUTPUT:
		r->output |= s->delta;
		s->deltas |= s->delta;
		break;
	case OPENAI_EVENT_PART:
		r->output |= s->part && !s->deltas;
		break;
	case OPENAI_EVENT_FINAL:
		finish(r);
		r->done = true;
		break;
	case OPENAI_EVENT_ERROR:
		error_event(r);
		break;
	default:
		break;
	}
	/* Each item comes again when it is over and in the final event; its id tells that. */
	tools__resolve(&r->tools, 0, r->streamed);
	s->event = OPENAI_EVENT_NONE;
	s->delta = s->part = false;
	s->status.n = s->reason.n = s->name.n = s->item_id.n = 0;
}

/* --- dialects --- */

static bool match(const struct http_head *h, struct span path)
{
	return span_ends(path, SPAN_LIT("/responses"));
}

static bool match_compact(const struct http_head *h, struct span path)
{
	return span_ends(path, SPAN_LIT("/responses/compact"));
}

static bool match_count(const struct http_head *h, struct span path)
{
	return span_ends(path, SPAN_LIT("/responses/input_tokens"));
}

const struct dialect dialect_openai_responses = {
	.api = "openai.responses",
	.operation = "chat",
	.flavour = "openai",
	.weak = true,
	.own_size = sizeof(struct openai_response),
	.match = match,
	.begin = openai_response__begin,
	.request = &openai_response_request,
	.answer = &openai_response_answer,
	.request_value = openai_response__request_value,
	.asked = openai_response__asked,
	.answer_value = openai_response__answer_value,
	.document = openai_response__document,
};

const struct dialect dialect_openai_compact = {
	.api = "openai.responses.compact",
	.operation = "chat",
	.flavour = "openai",
	.weak = true,
	.own_size = sizeof(struct openai_response),
	.match = match_compact,
	.begin = openai_response__begin,
	.request = &openai_response_request,
	.answer = &openai_response_answer,
	.request_value = openai_response__request_value,
	.asked = openai_response__asked,
	.answer_value = openai_response__answer_value,
	.document = openai_response__document,
};

/* --- counting --- */

static const struct json_path count_top[] = {
	JSON_PATH("object", OPENAI_OBJECT, JSON_SCALAR),
	JSON_PATH("input_tokens", FACT_COUNTED_TOKENS, JSON_SCALAR),
	OPENAI_ERROR_PATHS,
};
static const struct json_path count_answer = JSON_ROOT(count_top);

static void count_value(struct dialect_reader *r, const struct json_value *v)
{
	if (v->id == OPENAI_OBJECT && v->type == JSON_STRING)
		object(r, v->text);
}

const struct dialect dialect_openai_count_tokens = {
	.api = "openai.count_tokens",
	.operation = "count_tokens",
	.flavour = "openai",
	.weak = true,
	.own_size = sizeof(struct openai_response),
	.match = match_count,
	.begin = openai_response__begin,
	.request = &openai_response_request,
	.answer = &count_answer,
	.request_value = openai_response__request_value,
	.asked = openai_response__asked,
	.answer_value = count_value,
};
