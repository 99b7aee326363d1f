// SPDX-License-Identifier: Apache-2.0
/* Cohere's chats: /v2/chat, whose stream are named events, and /v1/chat, whose stream are lines of
 * JSON, also behind Azure's hosts. Others have such paths, too: the bodies prove it.
 *
 * usage tells what was used (tokens) and, often less, what is billed (billed_units): the former
 * counts where it is said. */
#include "dialect/cohere.h"

enum {
	OWN_FORMAT = WIRE_OWN,
	OWN_MESSAGE, /* v1: the user's, a string */
	OWN_ID,
	OWN_TYPE, /* of an event */
	OWN_GENERATION,
	OWN_FINISH,
	OWN_OUTPUT, /* some text, thinking, plan or tool arguments: not empty */
	OWN_ARGUMENTS,
	OWN_CALL,
	OWN_FINAL_CALL, /* v1: in the last event, which repeats them */
};

struct cohere {
	bool message; /* the request has one */
};

/* --- what all of them share --- */

const struct json_path cohere_tokens[2] = {
	JSON_PATH("input_tokens", WIRE_INPUT, JSON_SCALAR),
	JSON_PATH("output_tokens", WIRE_OUTPUT, JSON_SCALAR),
};
const struct json_path cohere_billed[3] = {
	JSON_PATH("input_tokens", WIRE_BILLED_INPUT, JSON_SCALAR),
	JSON_PATH("output_tokens", WIRE_BILLED_OUTPUT, JSON_SCALAR),
	JSON_PATH("search_units", FACT_SEARCH_UNITS, JSON_SCALAR),
};
const struct json_path cohere_usage[3] = {
	JSON_KIDS("tokens", 0, 0, cohere_tokens),
	JSON_KIDS("billed_units", 0, 0, cohere_billed),
	JSON_PATH("cached_tokens", WIRE_CACHE_READ, JSON_SCALAR),
};

void cohere__count(const struct dialect_reader *r, int64_t tokens[WIRE_N_USAGE])
{
	int64_t *in = &tokens[WIRE_INPUT - WIRE_INPUT], *out = &tokens[WIRE_OUTPUT - WIRE_INPUT];

	*in = *in < 0 ? USAGE(r, WIRE_BILLED_INPUT) : *in;
	*out = *out < 0 ? USAGE(r, WIRE_BILLED_OUTPUT) : *out;
}

void cohere__id(struct dialect_reader *r, const struct json_value *v)
{
	if (v->type == JSON_STRING && r->status < 400)
		wire__text(r, FACT_RESPONSE_ID, v->text, v->truncated, 0);
}

bool cohere__path(const struct http_head *h, struct span path, const char *tail)
{
	return span_ends(path, span_str(tail)) &&
	       (host__may_be(h, "cohere") || host__may_be(h, "azure.ai.inference"));
}

/* --- request --- */

static const struct json_path message_in[] = {
	JSON_PATH("role", WIRE_ROLE, JSON_SCALAR),
	JSON_PATH("tool_call_id", WIRE_RESULT_ID, JSON_SCALAR),
};
static const struct json_path messages[] = {
	JSON_EACH_KIDS(WIRE_MESSAGE, JSON_ENTER | JSON_LEAVE, message_in)};
static const struct json_path stops[] = {JSON_EACH(FACT_REQUEST_STOP, JSON_SCALAR)};
static const struct json_path format[] = {JSON_PATH("type", OWN_FORMAT, JSON_SCALAR)};
static const struct json_path request_top[] = {
	JSON_PATH("model", FACT_REQUEST_MODEL, JSON_SCALAR),
	JSON_PATH("stream", FACT_REQUEST_STREAM, JSON_SCALAR),
	JSON_PATH("max_tokens", FACT_REQUEST_MAX_TOKENS, JSON_SCALAR),
	JSON_PATH("temperature", FACT_REQUEST_TEMPERATURE, JSON_SCALAR),
	JSON_PATH("p", FACT_REQUEST_TOP_P, JSON_SCALAR),
	JSON_PATH("k", FACT_REQUEST_TOP_K, JSON_SCALAR),
	JSON_PATH("seed", FACT_REQUEST_SEED, JSON_SCALAR),
	JSON_PATH("frequency_penalty", FACT_REQUEST_FREQUENCY_PENALTY, JSON_SCALAR),
	JSON_PATH("presence_penalty", FACT_REQUEST_PRESENCE_PENALTY, JSON_SCALAR),
	JSON_KIDS("stop_sequences", 0, 0, stops),
	JSON_KIDS("response_format", 0, 0, format),
	JSON_PATH("tools", FACT_TOOLS_OFFERED, JSON_SEEN),
	JSON_KIDS("messages", WIRE_MESSAGES, JSON_ENTER | JSON_LEAVE, messages),
	JSON_PATH("message", OWN_MESSAGE, JSON_SEEN),
	JSON_PATH("conversation_id", FACT_CONVERSATION_ID, JSON_SCALAR),
};
static const struct json_path request = JSON_ROOT(request_top);

static void request_value(struct dialect_reader *r, const struct json_value *v)
{
	struct cohere *c = r->own;

	if (v->id == OWN_MESSAGE)
		c->message |= v->type == JSON_STRING;
	else if (v->id == OWN_FORMAT && span_eq(v->text, SPAN_LIT("json_object")))
		wire__text(r, FACT_REQUEST_OUTPUT_TYPE, SPAN_LIT("json"), false, 0);
	else if (v->id == OWN_FORMAT && span_eq(v->text, SPAN_LIT("text")))
		wire__text(r, FACT_REQUEST_OUTPUT_TYPE, SPAN_LIT("text"), false, 0);
}

/* --- answer of v2, whole or event: there a delta has what the whole has at its top --- */

static const struct json_path function[] = {
	JSON_PATH("name", WIRE_TOOL_NAME, JSON_SCALAR),
	JSON_PATH("arguments", OWN_ARGUMENTS, JSON_SEEN | JSON_HASH),
};
static const struct json_path call[] = {
	JSON_PATH("id", WIRE_TOOL_ID, JSON_SCALAR),
	JSON_KIDS("function", 0, 0, function),
};
static const struct json_path calls[] = {JSON_EACH_KIDS(OWN_CALL, JSON_ENTER | JSON_LEAVE, call)};
static const struct json_path part[] = {
	JSON_PATH("text", OWN_OUTPUT, JSON_SEEN),
	JSON_PATH("thinking", OWN_OUTPUT, JSON_SEEN),
};
static const struct json_path parts[] = {JSON_EACH_KIDS(0, 0, part)};
static const struct json_path message[] = {
	JSON_KIDS("content", 0, 0, parts),
	JSON_PATH("tool_plan", OWN_OUTPUT, JSON_SEEN),
	JSON_KIDS("tool_calls", 0, 0, calls),
};
static const struct json_path delta_message[] = {
	JSON_KIDS("content", 0, 0, part),
	JSON_PATH("tool_plan", OWN_OUTPUT, JSON_SEEN),
	JSON_KIDS("tool_calls", OWN_CALL, JSON_ENTER | JSON_LEAVE, call),
};
static const struct json_path delta[] = {
	JSON_KIDS("message", 0, 0, delta_message),
	JSON_PATH("finish_reason", OWN_FINISH, JSON_SCALAR),
	JSON_KIDS("usage", 0, 0, cohere_usage),
	JSON_PATH("error", WIRE_ERROR, JSON_SCALAR),
};
static const struct json_path answer_v2_top[] = {
	JSON_PATH("id", OWN_ID, JSON_SCALAR),
	JSON_PATH("type", OWN_TYPE, JSON_SCALAR),
	JSON_KIDS("delta", 0, 0, delta),
	JSON_KIDS("message", WIRE_TOP_MESSAGE, JSON_SCALAR, message),
	JSON_PATH("finish_reason", OWN_FINISH, JSON_SCALAR),
	JSON_KIDS("usage", 0, 0, cohere_usage),
	JSON_PATH("error_type", WIRE_TOP_TYPE, JSON_SCALAR),
};
static const struct json_path answer_v2 = JSON_ROOT(answer_v2_top);

/* --- answer of v1 --- */

static const struct json_path call_v1[] = {
	JSON_PATH("name", WIRE_TOOL_NAME, JSON_SCALAR),
	JSON_PATH("parameters", OWN_OUTPUT, JSON_SEEN),
};
static const struct json_path calls_v1[] = {
	JSON_EACH_KIDS(OWN_CALL, JSON_ENTER | JSON_LEAVE, call_v1)};
static const struct json_path final_call[] = {JSON_PATH("name", WIRE_TOOL_NAME, JSON_SCALAR)};
static const struct json_path final_calls[] = {
	JSON_EACH_KIDS(OWN_FINAL_CALL, JSON_ENTER | JSON_LEAVE, final_call)};
static const struct json_path final[] = {
	JSON_PATH("response_id", FACT_RESPONSE_ID, JSON_SCALAR),
	JSON_PATH("finish_reason", OWN_FINISH, JSON_SCALAR),
	JSON_KIDS("tool_calls", 0, 0, final_calls),
	JSON_KIDS("meta", 0, 0, cohere_usage),
};
static const struct json_path call_delta[] = {
	JSON_PATH("parameters", OWN_OUTPUT, JSON_SEEN),
	JSON_PATH("text", OWN_OUTPUT, JSON_SEEN),
};
static const struct json_path answer_v1_top[] = {
	JSON_PATH("response_id", FACT_RESPONSE_ID, JSON_SCALAR),
	JSON_PATH("generation_id", OWN_GENERATION, JSON_SEEN),
	JSON_PATH("event_type", OWN_TYPE, JSON_SCALAR),
	JSON_PATH("text", OWN_OUTPUT, JSON_SEEN),
	JSON_KIDS("tool_calls", 0, 0, calls_v1),
	JSON_KIDS("tool_call_delta", 0, 0, call_delta),
	JSON_PATH("finish_reason", OWN_FINISH, JSON_SCALAR),
	JSON_KIDS("meta", 0, 0, cohere_usage),
	JSON_KIDS("response", 0, 0, final),
	JSON_PATH("message", WIRE_TOP_MESSAGE, JSON_SCALAR),
	JSON_PATH("error_type", WIRE_TOP_TYPE, JSON_SCALAR),
	JSON_PATH("error", WIRE_ERROR, JSON_SCALAR), /* of a stream-end */
};
static const struct json_path answer_v1 = JSON_ROOT(answer_v1_top);

/* Names that no other wire's events have. */
static bool is_event(struct span type)
{
	static const char *const names[] = {
		"message-start", "message-end", "tool-call-start", "tool-plan-delta",
		"stream-start",	 "stream-end",	"text-generation", "tool-calls-generation",
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (span_eq(type, span_str(names[i])))
			return true;
	return false;
}

static void answer_value(struct dialect_reader *r, const struct json_value *v)
{
	const struct cohere *c = r->own;

	switch (v->id) {
	case OWN_ID:
		cohere__id(r, v);
		break;
	case OWN_TYPE:
		if (is_event(v->text))
			wire__prove(r);
		r->done |= span_eq(v->text, SPAN_LIT("message-end")) ||
			   span_eq(v->text, SPAN_LIT("stream-end"));
		break;
	case OWN_GENERATION:
		if (c->message)
			wire__prove(r);
		break;
	case OWN_ARGUMENTS:
		r->output |= v->event == JSON_EXISTS;
		tools__args(&r->tools, v, false);
		break;
	case OWN_OUTPUT:
		r->output = true;
		break;
	case OWN_FINISH:
		if (v->type == JSON_STRING)
			wire__text(r, FACT_FINISH_REASON, v->text, v->truncated, 0);
		break;
	case OWN_CALL:
	case OWN_FINAL_CALL:
		if (v->event == JSON_BEGINS || (v->id == OWN_FINAL_CALL && r->tools.n))
			tools__begin(&r->tools);
		else
			r->damaged |= tools__end(&r->tools, r->lim) < 0;
		break;
	default:
		break;
	}
}

static void document(struct dialect_reader *r)
{
	/* Id and name come together, once. */
	tools__resolve(&r->tools, 0, false);
}

static bool is_v2(const struct http_head *h, struct span path)
{
	return cohere__path(h, path, "/v2/chat");
}

static bool is_v1(const struct http_head *h, struct span path)
{
	return cohere__path(h, path, "/v1/chat");
}

const struct dialect dialect_cohere_chat_v2 = {
	.api = "cohere.chat.v2",
	.operation = "chat",
	.flavour = "cohere",
	.weak = true,
	.own_size = sizeof(struct cohere),
	.match = is_v2,
	.request = &request,
	.answer = &answer_v2,
	.request_value = request_value,
	.answer_value = answer_value,
	.document = document,
	.count = cohere__count,
};

const struct dialect dialect_cohere_chat_v1 = {
	.api = "cohere.chat.v1",
	.operation = "chat",
	.flavour = "cohere",
	.weak = true,
	.json_stream = true,
	.own_size = sizeof(struct cohere),
	.match = is_v1,
	.request = &request,
	.answer = &answer_v1,
	.request_value = request_value,
	.answer_value = answer_value,
	.document = document,
	.count = cohere__count,
};
