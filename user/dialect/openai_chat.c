// SPDX-License-Identifier: Apache-2.0
/* OpenAI's Chat Completions, the wire that most hosts copy. What they do differently, as recorded
 * traffic shows it: usage at the top, in x_groq or in a choice; message beside delta in events;
 * content as parts; completion_tokens with or without reasoning. */
#include "dialect/gemini.h"
#include "dialect/openai.h"

enum {
	OWN_FORMAT = OPENAI_OWN,
	OWN_MODALITY,
	OWN_CHOICE,
	OWN_CHOICE_INDEX,
	OWN_FINISH,
	OWN_DELTA,
	OWN_DELTA_OUTPUT, /* text, reasoning, refusal, arguments, audio: not empty. A name is none.
			   */
	OWN_MESSAGE_OUTPUT, /* the same in a message */
	OWN_DELTA_ARGUMENTS,
	OWN_MESSAGE_ARGUMENTS,
	OWN_DELTA_CALL,
	OWN_MESSAGE_CALL,
	OWN_DELTA_FUNCTION,
	OWN_MESSAGE_FUNCTION,
};

/* --- request --- */

static const struct json_path message_in[] = {
	JSON_PATH("role", WIRE_ROLE, JSON_SCALAR),
	JSON_PATH("tool_call_id", WIRE_RESULT_ID, JSON_SCALAR),
};
static const struct json_path messages[] = {
	JSON_EACH_KIDS(WIRE_MESSAGE, JSON_ENTER | JSON_LEAVE, message_in)};
static const struct json_path stops[] = {JSON_EACH(FACT_REQUEST_STOP, JSON_SCALAR)};
static const struct json_path modalities[] = {JSON_EACH(OWN_MODALITY, JSON_SCALAR)};
static const struct json_path format[] = {JSON_PATH("type", OWN_FORMAT, JSON_SCALAR)};
static const struct json_path reasoning[] = {
	JSON_PATH("effort", FACT_REQUEST_REASONING, JSON_SCALAR),
};
static const struct json_path search[] = {
	JSON_PATH("search_context_size", FACT_SEARCH_CONTEXT, JSON_SCALAR),
};
static const struct json_path tool_in[] = {
	JSON_PATH("function", FACT_TOOLS_OFFERED, JSON_SEEN),
	JSON_PATH("custom", FACT_TOOLS_OFFERED, JSON_SEEN),
};
static const struct json_path tools_in[] = {JSON_EACH_KIDS(0, 0, tool_in)};
static const struct json_path request_top[] = {
	JSON_PATH("model", FACT_REQUEST_MODEL, JSON_SCALAR),
	JSON_PATH("model_id", FACT_REQUEST_MODEL, JSON_SCALAR), /* watsonx */
	JSON_PATH("stream", FACT_REQUEST_STREAM, JSON_SCALAR),
	JSON_PATH("max_tokens", FACT_REQUEST_MAX_TOKENS, JSON_SCALAR),
	JSON_PATH("max_completion_tokens", FACT_REQUEST_MAX_TOKENS, JSON_SCALAR),
	JSON_PATH("temperature", FACT_REQUEST_TEMPERATURE, JSON_SCALAR),
	JSON_PATH("top_p", FACT_REQUEST_TOP_P, JSON_SCALAR),
	JSON_PATH("top_k", FACT_REQUEST_TOP_K, JSON_SCALAR),
	JSON_PATH("seed", FACT_REQUEST_SEED, JSON_SCALAR),
	JSON_PATH("random_seed", FACT_REQUEST_SEED, JSON_SCALAR), /* Mistral */
	JSON_PATH("n", FACT_REQUEST_CHOICES, JSON_SCALAR),
	JSON_PATH("frequency_penalty", FACT_REQUEST_FREQUENCY_PENALTY, JSON_SCALAR),
	JSON_PATH("presence_penalty", FACT_REQUEST_PRESENCE_PENALTY, JSON_SCALAR),
	JSON_KIDS("stop", FACT_REQUEST_STOP, JSON_SCALAR, stops),
	JSON_PATH("reasoning_effort", FACT_REQUEST_REASONING, JSON_SCALAR),
	JSON_KIDS("reasoning", 0, 0, reasoning), /* OpenRouter */
	JSON_KIDS("response_format", 0, 0, format),
	JSON_KIDS("modalities", 0, 0, modalities),
	JSON_PATH("service_tier", FACT_REQUEST_SERVICE_TIER, JSON_SCALAR),
	JSON_KIDS("web_search_options", 0, 0, search),
	JSON_KIDS("tools", 0, 0, tools_in),
	JSON_PATH("functions", FACT_TOOLS_OFFERED, JSON_SEEN), /* before there were tools */
	JSON_KIDS("messages", WIRE_MESSAGES, JSON_ENTER | JSON_LEAVE, messages),
};
const struct json_path openai_chat_request = JSON_ROOT(request_top);

static const struct json_path x_groq[] = {
	JSON_KIDS("usage", 0, 0, openai_prompt_usage),
	JSON_KIDS("error", WIRE_ERROR, JSON_SCALAR, wire_error), /* of a stream */
};

/* MiniMax, in every answer: 0 where all is well, else the only sign of the failure in a 200. */
static const struct json_path base_resp[] = {
	JSON_PATH("status_code", WIRE_ERROR_CODE, JSON_SCALAR),
	JSON_PATH("status_msg", WIRE_TOP_MESSAGE, JSON_SCALAR),
};

/* --- answer, whole or event --- */

#define OUTPUT(key, id) JSON_PATH(key, id, JSON_SEEN)

/* delta and message differ in what their output means, so each has tables of its own. */
#define PARTS(prefix, output, arguments)                                                        \
	static const struct json_path prefix##_thought[] = {OUTPUT("text", output)};            \
	static const struct json_path prefix##_thoughts[] = {                                   \
		JSON_EACH_KIDS(0, 0, prefix##_thought)};                                        \
	static const struct json_path prefix##_part[] = {                                       \
		OUTPUT("text", output),                                                         \
		JSON_KIDS("thinking", output, JSON_SEEN, prefix##_thoughts),                    \
	};                                                                                      \
	static const struct json_path prefix##_parts[] = {JSON_EACH_KIDS(0, 0, prefix##_part)}; \
	static const struct json_path prefix##_function[] = {                                   \
		JSON_PATH("name", WIRE_TOOL_NAME, JSON_SCALAR),                                 \
		JSON_PATH("arguments", arguments, JSON_SEEN | JSON_HASH),                       \
		JSON_PATH("input", arguments, JSON_SEEN | JSON_HASH),                           \
	};                                                                                      \
	static const struct json_path prefix##_call[] = {                                       \
		JSON_PATH("index", WIRE_TOOL_INDEX, JSON_SCALAR),                               \
		JSON_PATH("id", WIRE_TOOL_ID, JSON_SCALAR),                                     \
		JSON_KIDS("function", 0, 0, prefix##_function),                                 \
		JSON_KIDS("custom", 0, 0, prefix##_function),                                   \
	};                                                                                      \
	static const struct json_path prefix##_audio[] = {                                      \
		OUTPUT("data", output),                                                         \
		OUTPUT("transcript", output),                                                   \
	}

PARTS(delta, OWN_DELTA_OUTPUT, OWN_DELTA_ARGUMENTS);
PARTS(message, OWN_MESSAGE_OUTPUT, OWN_MESSAGE_ARGUMENTS);

static const struct json_path delta_calls[] = {
	JSON_EACH_KIDS(OWN_DELTA_CALL, JSON_ENTER | JSON_LEAVE, delta_call)};
static const struct json_path message_calls[] = {
	JSON_EACH_KIDS(OWN_MESSAGE_CALL, JSON_ENTER | JSON_LEAVE, message_call)};
static const struct json_path delta[] = {
	JSON_KIDS("content", OWN_DELTA_OUTPUT, JSON_SEEN, delta_parts),
	OUTPUT("reasoning_content", OWN_DELTA_OUTPUT),
	OUTPUT("reasoning", OWN_DELTA_OUTPUT),
	OUTPUT("reasoning_text", OWN_DELTA_OUTPUT), /* GitHub Copilot */
	OUTPUT("refusal", OWN_DELTA_OUTPUT),
	JSON_KIDS("tool_calls", 0, 0, delta_calls),
	JSON_KIDS("function_call", OWN_DELTA_FUNCTION, JSON_ENTER | JSON_LEAVE, delta_function),
	JSON_KIDS("audio", 0, 0, delta_audio),
	OUTPUT("images", OWN_DELTA_OUTPUT),
};
static const struct json_path message[] = {
	JSON_KIDS("content", OWN_MESSAGE_OUTPUT, JSON_SEEN, message_parts),
	OUTPUT("reasoning_content", OWN_MESSAGE_OUTPUT),
	OUTPUT("reasoning", OWN_MESSAGE_OUTPUT),
	OUTPUT("reasoning_text", OWN_MESSAGE_OUTPUT),
	OUTPUT("refusal", OWN_MESSAGE_OUTPUT),
	JSON_KIDS("tool_calls", 0, 0, message_calls),
	JSON_KIDS("function_call", OWN_MESSAGE_FUNCTION, JSON_ENTER | JSON_LEAVE, message_function),
	JSON_KIDS("audio", 0, 0, message_audio),
	OUTPUT("images", OWN_MESSAGE_OUTPUT),
};
static const struct json_path choice[] = {
	JSON_PATH("index", OWN_CHOICE_INDEX, JSON_SCALAR),
	JSON_KIDS("delta", OWN_DELTA, JSON_ENTER, delta),
	JSON_KIDS("message", 0, 0, message),
	JSON_PATH("finish_reason", OWN_FINISH, JSON_SCALAR),
	JSON_KIDS("usage", 0, 0, openai_prompt_usage), /* Moonshot */
	JSON_KIDS("error", WIRE_ERROR, JSON_SCALAR, wire_error),
};
static const struct json_path choices[] = {
	JSON_EACH_KIDS(OWN_CHOICE, JSON_ENTER | JSON_LEAVE, choice)};
static const struct json_path errors[] = {JSON_EACH_KIDS(0, 0, wire_error)};
static const struct json_path answer_top[] = {
	JSON_PATH("id", FACT_RESPONSE_ID, JSON_SCALAR),
	JSON_PATH("model", FACT_RESPONSE_MODEL, JSON_SCALAR),
	JSON_PATH("model_id", FACT_RESPONSE_MODEL, JSON_SCALAR), /* watsonx */
	JSON_KIDS("choices", 0, 0, choices),
	JSON_KIDS("usage", 0, 0, openai_prompt_usage),
	JSON_PATH("service_tier", FACT_SERVICE_TIER, JSON_SCALAR),
	JSON_PATH("system_fingerprint", FACT_SYSTEM_FINGERPRINT, JSON_SCALAR),
	JSON_PATH("provider", FACT_UPSTREAM, JSON_SCALAR), /* OpenRouter */
	JSON_KIDS("x_groq", 0, 0, x_groq),
	JSON_KIDS("base_resp", 0, 0, base_resp),
	JSON_KIDS("error", WIRE_ERROR, JSON_SCALAR, wire_error),
	JSON_KIDS("errors", 0, 0, errors), /* watsonx */
	JSON_PATH("object", WIRE_TOP_OBJECT, JSON_SCALAR),
	JSON_PATH("type", WIRE_TOP_TYPE, JSON_SCALAR),
	JSON_PATH("code", WIRE_TOP_CODE, JSON_SCALAR),
	JSON_PATH("message", WIRE_TOP_MESSAGE, JSON_SCALAR),
	JSON_PATH("detail", WIRE_TOP_MESSAGE, JSON_SCALAR),
};
const struct json_path openai_chat_answer = JSON_ROOT(answer_top);

/* --- hooks --- */

static bool match(const struct http_head *h, struct span path)
{
	const char *provider;

	/* Perplexity's queue answers with a ticket, not with a completion. */
	if (span_ends(path, SPAN_LIT("/chat/completions")))
		return !span_ends(path, SPAN_LIT("/async/chat/completions"));
	/* Writer has the wire under a name of its own; Cohere another wire under this one. */
	if (!span_eq(path, SPAN_LIT("/v1/chat")))
		return false;
	provider = host__provider(host__of(h->authority), path);
	return provider && strcmp(provider, "writer") == 0;
}

void openai_chat__request_value(struct dialect_reader *r, const struct json_value *v)
{
	static const struct {
		uint16_t id;
		const char *text, *type;
	} types[] = {
		{OWN_FORMAT, "text", "text"},	     {OWN_FORMAT, "json_object", "json"},
		{OWN_FORMAT, "json_schema", "json"}, {OWN_MODALITY, "audio", "speech"},
		{OWN_MODALITY, "image", "image"},
	};
	size_t i;

	for (i = 0; v->type == JSON_STRING && i < sizeof(types) / sizeof(types[0]); i++)
		if (v->id == types[i].id && span_eq(v->text, span_str(types[i].text)))
			wire__text(r, FACT_REQUEST_OUTPUT_TYPE, span_str(types[i].type), false, 0);
}

static void choice_end(struct dialect_reader *r, uint32_t position)
{
	struct wire_choice *c = &r->choice;
	uint32_t number = c->index >= 0 && c->index <= UINT32_MAX ? (uint32_t)c->index : position;

	tools__resolve(&r->tools, number, r->streamed);
	wire__text(r, FACT_FINISH_REASON, text__span(&c->finish), c->finish.truncated, number);
	/* Some streams repeat the whole message so far beside each delta. */
	r->output |= c->delta ? c->delta_output : c->message_output;
}

/* A tool call begins or ends. Its name alone is no output yet, its arguments are (as Anthropic's
 * content_block_start is none, its deltas are). */
static void call(struct dialect_reader *r, const struct json_value *v, int64_t index)
{
	if (v->event == JSON_BEGINS) {
		tools__begin(&r->tools);
		tools__index(&r->tools, index);
		return;
	}
	r->damaged |= tools__end(&r->tools, r->lim) < 0;
}

void openai_chat__answer_value(struct dialect_reader *r, const struct json_value *v)
{
	struct wire_choice *c = &r->choice;

	switch (v->id) {
	case OWN_CHOICE:
		if (v->event == JSON_ENDS)
			choice_end(r, v->index[v->n_index - 1]);
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
	case OWN_DELTA:
		c->delta = true;
		break;
	case OWN_DELTA_OUTPUT:
		c->delta_output = true;
		break;
	case OWN_MESSAGE_OUTPUT:
		c->message_output = true;
		break;
	case OWN_DELTA_ARGUMENTS:
		c->delta_output = true;
		tools__args(&r->tools, v, false);
		break;
	case OWN_MESSAGE_ARGUMENTS:
		c->message_output = true;
		tools__args(&r->tools, v, true);
		break;
	case OWN_DELTA_CALL:
		call(r, v, TOOL_INDEX_NONE);
		break;
	case OWN_MESSAGE_CALL:
		call(r, v, TOOL_INDEX_NONE);
		break;
	case OWN_DELTA_FUNCTION:
		call(r, v, TOOL_INDEX_FUNCTION);
		break;
	case OWN_MESSAGE_FUNCTION:
		call(r, v, TOOL_INDEX_FUNCTION);
		break;
	case OPENAI_TICKS:
		openai__ticks(r, v);
		break;
	default:
		break;
	}
}

const struct dialect dialect_openai_chat = {
	.api = "openai.chat",
	.operation = "chat",
	.flavour = "openai",
	.match = match,
	.path_model = openai__deployment,
	.request = &openai_chat_request,
	.answer = &openai_chat_answer,
	.request_value = openai_chat__request_value,
	.answer_value = openai_chat__answer_value,
	.count = openai__count,
};

/* --- on Vertex AI: …/publishers/{mistralai, ai21, …}/models/{model}:rawPredict --- */

static bool match_vertex(const struct http_head *h, struct span path)
{
	return span_find(path, SPAN_LIT("/publishers/")) >= 0 &&
	       (gemini__method_is(path, "rawPredict") ||
		gemini__method_is(path, "streamRawPredict"));
}

static void begin_vertex(struct dialect_reader *r, const struct http_head *h)
{
	if (gemini__method_is(h->path, "streamRawPredict"))
		wire__number(r, FACT_REQUEST_STREAM, 1);
}

const struct dialect dialect_vertex_chat = {
	.api = "vertex.predict",
	.operation = "chat",
	.flavour = "gcp.vertex_ai",
	.match = match_vertex,
	.path_model = gemini__path_model,
	.begin = begin_vertex,
	.request = &openai_chat_request,
	.answer = &openai_chat_answer,
	.request_value = openai_chat__request_value,
	.answer_value = openai_chat__answer_value,
	.count = openai__count,
};

/* --- on watsonx.ai: /ml/v1/text/chat, /ml/v1/deployments/{id}/text/chat_stream --- */

static bool match_watsonx(const struct http_head *h, struct span path)
{
	return span_find(path, SPAN_LIT("/ml/v1/")) >= 0 &&
	       (span_ends(path, SPAN_LIT("/text/chat")) ||
		span_ends(path, SPAN_LIT("/text/chat_stream")));
}

static void begin_watsonx(struct dialect_reader *r, const struct http_head *h)
{
	if (span_find(h->path, SPAN_LIT("/text/chat_stream")) >= 0)
		wire__number(r, FACT_REQUEST_STREAM, 1);
}

const struct dialect dialect_watsonx_chat = {
	.api = "watsonx.chat",
	.operation = "chat",
	.flavour = "ibm.watsonx.ai",
	.match = match_watsonx,
	.begin = begin_watsonx,
	.request = &openai_chat_request,
	.answer = &openai_chat_answer,
	.request_value = openai_chat__request_value,
	.answer_value = openai_chat__answer_value,
	.count = openai__count,
};
