// SPDX-License-Identifier: Apache-2.0
/* What Mistral has beside chat: code to fill in, agents, and conversations that its server keeps
 * (docs.mistral.ai/api). Fill-in and agents answer as chat does. */
#include "dialect/openai.h"

static bool match_fim(const struct http_head *h, struct span path)
{
	return span_ends(path, SPAN_LIT("/fim/completions"));
}

static bool match_agents(const struct http_head *h, struct span path)
{
	return span_ends(path, SPAN_LIT("/agents/completions"));
}

const struct dialect dialect_mistral_fim = {
	.api = "mistral.fim",
	.operation = "text_completion",
	.flavour = "mistral_ai",
	.match = match_fim,
	.request = &openai_chat_request,
	.answer = &openai_chat_answer,
	.request_value = openai_chat__request_value,
	.answer_value = openai_chat__answer_value,
	.count = openai__count,
};

/* An agent stands in for the model, which the answer names. */
const struct dialect dialect_mistral_agents = {
	.api = "mistral.agents",
	.operation = "chat",
	.flavour = "mistral_ai",
	.weak = true,
	.match = match_agents,
	.request = &openai_chat_request,
	.answer = &openai_chat_answer,
	.request_value = openai_chat__request_value,
	.answer_value = openai_chat__answer_value,
	.count = openai__count,
};

/* --- conversations --- */

enum {
	OWN_INPUTS = OPENAI_OWN,
	OWN_RESULT_TYPE,
	OWN_FORMAT,
	OWN_OBJECT,
	OWN_EVENT,
	OWN_CONVERSATION,
	OWN_ENTRY,
	OWN_ENTRY_TYPE,
	OWN_CONTENT,
	OWN_ARGUMENTS,
};

enum event {
	EVENT_NONE,
	EVENT_TEXT,
	EVENT_CALL,
	EVENT_ERROR,
	EVENT_DONE,
	EVENT_OTHER,
};

struct conversation {
	enum event event;
	bool content, arguments;
};

static const struct json_path stops[] = {JSON_EACH(FACT_REQUEST_STOP, JSON_SCALAR)};
static const struct json_path format[] = {JSON_PATH("type", OWN_FORMAT, JSON_SCALAR)};
static const struct json_path arguments[] = {
	JSON_PATH("temperature", FACT_REQUEST_TEMPERATURE, JSON_SCALAR),
	JSON_PATH("top_p", FACT_REQUEST_TOP_P, JSON_SCALAR),
	JSON_PATH("max_tokens", FACT_REQUEST_MAX_TOKENS, JSON_SCALAR),
	JSON_PATH("random_seed", FACT_REQUEST_SEED, JSON_SCALAR),
	JSON_PATH("frequency_penalty", FACT_REQUEST_FREQUENCY_PENALTY, JSON_SCALAR),
	JSON_PATH("presence_penalty", FACT_REQUEST_PRESENCE_PENALTY, JSON_SCALAR),
	JSON_PATH("reasoning_effort", FACT_REQUEST_REASONING, JSON_SCALAR),
	JSON_KIDS("stop", FACT_REQUEST_STOP, JSON_SCALAR, stops),
	JSON_KIDS("response_format", 0, 0, format),
};
static const struct json_path entry_in[] = {
	JSON_PATH("type", OWN_RESULT_TYPE, JSON_SCALAR),
	JSON_PATH("role", WIRE_ROLE, JSON_SCALAR),
	JSON_PATH("tool_call_id", WIRE_RESULT_ID, JSON_SCALAR),
};
static const struct json_path entries_in[] = {
	JSON_EACH_KIDS(WIRE_MESSAGE, JSON_ENTER | JSON_LEAVE, entry_in)};
/* Connectors, which the server runs, have a type alone. */
static const struct json_path tool_in[] = {JSON_PATH("function", FACT_TOOLS_OFFERED, JSON_SEEN)};
static const struct json_path tools_in[] = {JSON_EACH_KIDS(0, 0, tool_in)};
static const struct json_path request_top[] = {
	JSON_PATH("model", FACT_REQUEST_MODEL, JSON_SCALAR),
	JSON_PATH("stream", FACT_REQUEST_STREAM, JSON_SCALAR),
	JSON_KIDS("tools", 0, 0, tools_in),
	JSON_KIDS("inputs", WIRE_MESSAGES, JSON_ENTER | JSON_LEAVE, entries_in),
	JSON_KIDS("completion_args", 0, 0, arguments),
};
static const struct json_path request = JSON_ROOT(request_top);

static const struct json_path usage[] = {
	JSON_PATH("prompt_tokens", WIRE_INPUT, JSON_SCALAR),
	JSON_PATH("completion_tokens", WIRE_OUTPUT, JSON_SCALAR),
	JSON_PATH("connector_tokens", FACT_TOOL_USE_TOKENS, JSON_SCALAR),
};
static const struct json_path entry[] = {
	JSON_PATH("type", OWN_ENTRY_TYPE, JSON_SCALAR),
	JSON_PATH("model", FACT_RESPONSE_MODEL, JSON_SCALAR),
	JSON_PATH("tool_call_id", WIRE_TOOL_ID, JSON_SCALAR),
	JSON_PATH("name", WIRE_TOOL_NAME, JSON_SCALAR),
};
static const struct json_path entries[] = {
	JSON_EACH_KIDS(OWN_ENTRY, JSON_ENTER | JSON_LEAVE, entry)};
static const struct json_path answer_top[] = {
	JSON_PATH("object", OWN_OBJECT, JSON_SCALAR),
	JSON_PATH("conversation_id", OWN_CONVERSATION, JSON_SCALAR),
	JSON_KIDS("outputs", 0, 0, entries),
	JSON_KIDS("usage", 0, 0, usage),
	/* an event */
	JSON_PATH("type", OWN_EVENT, JSON_SCALAR),
	JSON_PATH("model", FACT_RESPONSE_MODEL, JSON_SCALAR),
	JSON_PATH("content", OWN_CONTENT, JSON_SEEN),
	JSON_PATH("arguments", OWN_ARGUMENTS, JSON_SEEN),
	JSON_PATH("tool_call_id", WIRE_TOOL_ID, JSON_SCALAR),
	JSON_PATH("name", WIRE_TOOL_NAME, JSON_SCALAR),
	OPENAI_ERROR_PATHS,
};
static const struct json_path answer = JSON_ROOT(answer_top);

/* /v1/conversations, /v1/conversations/{id}, /v1/conversations/{id}/restart */
static bool match_conversations(const struct http_head *h, struct span path)
{
	static const char name[] = "/v1/conversations";
	const char *provider = host__provider(host__of(h->authority), path);
	ptrdiff_t at = span_find(path, SPAN_LIT(name)), slash;

	if (at < 0 || (provider && strcmp(provider, "mistral_ai") != 0))
		return false;
	path = span_skip(path, (size_t)at + sizeof(name) - 1);
	if (!path.n)
		return true;
	if (*path.p != '/')
		return false;
	path = span_skip(path, 1);
	slash = span_find(path, SPAN_LIT("/"));
	return slash < 0 || span_eq(span_skip(path, (size_t)slash), SPAN_LIT("/restart"));
}

static void request_value(struct dialect_reader *r, const struct json_value *v)
{
	if (v->type != JSON_STRING)
		return;
	if (v->id == OWN_RESULT_TYPE)
		r->results.is_assistant |= span_eq(v->text, SPAN_LIT("function.call")) ||
					   span_eq(v->text, SPAN_LIT("message.output"));
	else if (v->id == OWN_FORMAT)
		wire__text(r, FACT_REQUEST_OUTPUT_TYPE,
			   span_starts(v->text, SPAN_LIT("json")) ? SPAN_LIT("json")
								  : SPAN_LIT("text"),
			   false, 0);
}

static void event(struct conversation *s, struct span type)
{
	static const struct {
		const char *name;
		enum event event;
	} names[] = {
		{"message.output.delta", EVENT_TEXT},
		{"function.call.delta", EVENT_CALL},
		{"conversation.response.done", EVENT_DONE},
		{"conversation.response.error", EVENT_ERROR},
	};
	size_t i;

	s->event = EVENT_OTHER;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (span_eq(type, span_str(names[i].name)))
			s->event = names[i].event;
}

static void answer_value(struct dialect_reader *r, const struct json_value *v)
{
	struct conversation *s = r->own;

	switch (v->id) {
	case OWN_ENTRY:
		if (v->event == JSON_ENDS && r->is_tool)
			r->damaged |= tools__end(&r->tools, r->lim) < 0;
		tools__begin(&r->tools);
		r->is_tool = false;
		return;
	case OWN_CONTENT:
		s->content = true;
		return;
	case OWN_ARGUMENTS:
		s->arguments = true;
		return;
	default:
		break;
	}
	if (v->type != JSON_STRING)
		return;
	if (v->id == OWN_ENTRY_TYPE)
		r->is_tool = span_eq(v->text, SPAN_LIT("function.call"));
	else if (v->id == OWN_EVENT)
		event(s, v->text);
	else if (v->id == OWN_OBJECT && span_eq(v->text, SPAN_LIT("error")))
		r->errors.object = true;
	else if (v->id == OWN_OBJECT && span_eq(v->text, SPAN_LIT("conversation.response")))
		wire__prove(r);
	else if (v->id == OWN_CONVERSATION)
		wire__text(r, FACT_CONVERSATION_ID, v->text, v->truncated, 0);
}

static void document(struct dialect_reader *r)
{
	struct conversation *s = r->own;

	if (s->event == EVENT_CALL)
		r->damaged |= tools__end(&r->tools, r->lim) < 0;
	tools__begin(&r->tools);
	tools__resolve(&r->tools, 0, r->streamed);
	r->output |=
		(s->event == EVENT_TEXT && s->content) || (s->event == EVENT_CALL && s->arguments);
	r->done |= s->event == EVENT_DONE || s->event == EVENT_ERROR;
	r->errors.object |= s->event == EVENT_ERROR;
	*s = (struct conversation){0};
}

const struct dialect dialect_mistral_conversations = {
	.api = "mistral.conversations",
	.operation = "chat",
	.flavour = "mistral_ai",
	.weak = true,
	.own_size = sizeof(struct conversation),
	.match = match_conversations,
	.request = &request,
	.answer = &answer,
	.request_value = request_value,
	.answer_value = answer_value,
	.document = document,
};
