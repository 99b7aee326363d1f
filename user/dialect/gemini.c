// SPDX-License-Identifier: Apache-2.0
/* Google's generateContent and streamGenerateContent: the Gemini API, Vertex AI (with a project or
 * express), tuned models, endpoints and, with both bodies wrapped, Code Assist (Gemini CLI's
 * login).
 *
 * A stream is asked for by the path. With alt=sse it comes as events, else as one JSON array that
 * grows. Each chunk is a whole answer with the usage so far; what a later one leaves out stays as
 * it was. Enums are names, or numbers where the client asks for them ($alt=json;enum-encoding=int),
 * and are told as spelled. */
#include "dialect/gemini.h"

enum {
	OWN_MODEL = GEMINI_OWN,
	OWN_CANDIDATE,
	OWN_INDEX,
	OWN_FINISH,
	OWN_BLOCKED,
	OWN_CALL,
	OWN_CONTINUES,
	OWN_ARGUMENTS,
	OWN_OUTPUT, /* some text, thought, data, code or arguments */
};

struct state {
	struct gemini_detail detail;
	bool continues; /* the call that is being read: its arguments go on in the next chunk */
};

/* --- request --- */

static const struct json_path function_response[] = {
	JSON_PATH("id", WIRE_RESULT_ID, JSON_SCALAR),
	JSON_PATH("name", WIRE_RESULT_NAME, JSON_SCALAR),
};
static const struct json_path part_in[] = {
	GEMINI_KIDS("functionResponse", "function_response", WIRE_RESULT_TYPE, JSON_ENTER,
		    function_response),
};
static const struct json_path parts_in[] = {
	JSON_EACH_KIDS(WIRE_RESULT, JSON_ENTER | JSON_LEAVE, part_in)};
static const struct json_path content_in[] = {
	JSON_PATH("role", WIRE_ROLE, JSON_SCALAR),
	JSON_KIDS("parts", 0, 0, parts_in),
};
static const struct json_path contents[] = {
	JSON_EACH_KIDS(WIRE_MESSAGE, JSON_ENTER | JSON_LEAVE, content_in)};
static const struct json_path tool_in[] = {
	GEMINI_PATH("functionDeclarations", "function_declarations", FACT_TOOLS_OFFERED, JSON_SEEN),
};
static const struct json_path tools_in[] = {JSON_EACH_KIDS(0, 0, tool_in)};
/* Of a request, and of the one inside Code Assist's. */
#define REQUEST                                                                            \
	JSON_PATH("model", OWN_MODEL, JSON_SCALAR), JSON_KIDS("tools", 0, 0, tools_in),    \
		JSON_KIDS("contents", WIRE_MESSAGES, JSON_ENTER | JSON_LEAVE, contents),   \
		GEMINI_KIDS("generationConfig", "generation_config", 0, 0, gemini_config), \
		GEMINI_PATH("serviceTier", "service_tier", FACT_REQUEST_SERVICE_TIER, JSON_SCALAR)

static const struct json_path wrapped_request[] = {
	REQUEST,
	JSON_PATH("session_id", FACT_CONVERSATION_ID, JSON_SCALAR),
};
static const struct json_path request_top[] = {
	REQUEST,
	JSON_KIDS("request", 0, 0, wrapped_request),
};
static const struct json_path request = JSON_ROOT(request_top);

/* --- answer, whole or chunk --- */

static const struct json_path function_call[] = {
	JSON_PATH("id", WIRE_TOOL_ID, JSON_SCALAR),
	JSON_PATH("name", WIRE_TOOL_NAME, JSON_SCALAR),
	JSON_PATH("args", OWN_ARGUMENTS, JSON_SEEN | JSON_HASH),
	GEMINI_PATH("partialArgs", "partial_args", OWN_OUTPUT, JSON_SEEN),
	GEMINI_PATH("willContinue", "will_continue", OWN_CONTINUES, JSON_SCALAR),
};
static const struct json_path data[] = {JSON_PATH("data", OWN_OUTPUT, JSON_SEEN)};
static const struct json_path uri[] = {
	GEMINI_PATH("fileUri", "file_uri", OWN_OUTPUT, JSON_SEEN),
};
static const struct json_path code[] = {JSON_PATH("code", OWN_OUTPUT, JSON_SEEN)};
static const struct json_path part[] = {
	JSON_PATH("text", OWN_OUTPUT, JSON_SEEN), /* a thought, where "thought" is true */
	GEMINI_KIDS("functionCall", "function_call", OWN_CALL, JSON_ENTER | JSON_LEAVE,
		    function_call),
	GEMINI_KIDS("inlineData", "inline_data", 0, 0, data),
	GEMINI_KIDS("fileData", "file_data", 0, 0, uri),
	GEMINI_KIDS("executableCode", "executable_code", 0, 0, code),
};
static const struct json_path parts[] = {JSON_EACH_KIDS(0, 0, part)};
static const struct json_path content[] = {JSON_KIDS("parts", 0, 0, parts)};
static const struct json_path candidate[] = {
	JSON_PATH("index", OWN_INDEX, JSON_SCALAR),
	JSON_KIDS("content", 0, 0, content),
	GEMINI_PATH("finishReason", "finish_reason", OWN_FINISH, JSON_SCALAR),
};
static const struct json_path candidates[] = {
	JSON_EACH_KIDS(OWN_CANDIDATE, JSON_ENTER | JSON_LEAVE, candidate)};
static const struct json_path feedback[] = {
	GEMINI_PATH("blockReason", "block_reason", OWN_BLOCKED, JSON_SCALAR),
};

#define ANSWER                                                                                  \
	JSON_KIDS("candidates", 0, 0, candidates),                                              \
		GEMINI_KIDS("promptFeedback", "prompt_feedback", 0, 0, feedback),               \
		GEMINI_KIDS("usageMetadata", "usage_metadata", 0, 0, gemini_usage),             \
		GEMINI_PATH("modelVersion", "model_version", FACT_RESPONSE_MODEL, JSON_SCALAR), \
		GEMINI_PATH("responseId", "response_id", FACT_RESPONSE_ID, JSON_SCALAR)

static const struct json_path wrapped_answer[] = {ANSWER};
static const struct json_path answer_top[] = {
	ANSWER,
	JSON_KIDS("response", 0, 0, wrapped_answer),
	JSON_KIDS("error", WIRE_ERROR, JSON_SCALAR, wire_error),
};
static const struct json_path answer = JSON_ROOT(answer_top);

/* --- hooks --- */

static bool match(const struct http_head *h, struct span path)
{
	return gemini__method_is(path, "generateContent") ||
	       gemini__method_is(path, "streamGenerateContent");
}

static void begin(struct dialect_reader *r, const struct http_head *h)
{
	if (gemini__method_is(h->path, "streamGenerateContent"))
		wire__number(r, FACT_REQUEST_STREAM, 1);
}

static void request_value(struct dialect_reader *r, const struct json_value *v)
{
	/* The path has it, but for Code Assist's. */
	if (v->id == OWN_MODEL && v->type == JSON_STRING && !r->path_model.n)
		wire__text(r, FACT_REQUEST_MODEL, gemini__model(v->text), v->truncated, 0);
	gemini__output_type(r, v);
}

/* Why it ended; unspecified, the enum's 0, says nothing. */
static void finish(struct dialect_reader *r, const struct json_value *v)
{
	struct text *t = &r->choice.finish;

	if (v->type != JSON_STRING && v->type != JSON_NUMBER)
		return;
	if (span_ends(v->text, SPAN_LIT("_UNSPECIFIED")) || span_eq(v->text, SPAN_LIT("0")))
		return;
	text__set(t, v->text, v->truncated);
	r->done |= r->streamed;
	if (v->id == OWN_BLOCKED)
		wire__text(r, FACT_BLOCK_REASON, text__span(t), t->truncated, 0);
}

static void candidate_value(struct dialect_reader *r, const struct json_value *v)
{
	struct wire_choice *c = &r->choice;
	uint32_t number = v->index[v->n_index - 1];

	if (v->event == JSON_ENDS) {
		if (c->index >= 0 && c->index <= UINT32_MAX)
			number = (uint32_t)c->index;
		tools__resolve(&r->tools, number, r->streamed);
		wire__text(r, FACT_FINISH_REASON, text__span(&c->finish), c->finish.truncated,
			   number);
	}
	*c = (struct wire_choice){.index = -1};
}

/* A call is in one part, with or without arguments, unless these come bit by bit: then its name is
 * no output yet, and the parts that follow have none. */
static void call(struct dialect_reader *r, const struct json_value *v)
{
	struct state *s = r->own;

	if (v->event == JSON_BEGINS) {
		s->continues = false;
		tools__begin(&r->tools);
		return;
	}
	r->output |= !s->continues;
	r->damaged |= tools__end(&r->tools, r->lim) < 0;
}

static void answer_value(struct dialect_reader *r, const struct json_value *v)
{
	struct state *s = r->own;

	switch (v->id) {
	case OWN_CANDIDATE:
		candidate_value(r, v);
		break;
	case OWN_INDEX:
		if (v->type == JSON_NUMBER && v->integral)
			r->choice.index = v->number;
		break;
	case OWN_FINISH:
	case OWN_BLOCKED:
		finish(r, v);
		break;
	case OWN_CALL:
		call(r, v);
		break;
	case OWN_CONTINUES:
		s->continues = v->type == JSON_TRUE;
		break;
	case OWN_ARGUMENTS:
		r->output |= v->event == JSON_EXISTS;
		tools__args(&r->tools, v, true);
		break;
	case OWN_OUTPUT:
		r->output = true;
		break;
	default:
		gemini__detail(r, &s->detail, v);
		break;
	}
}

const struct dialect dialect_gemini_generate = {
	.api = "gemini.generate",
	.operation = "generate_content",
	.flavour = "gcp.gen_ai",
	.json_stream = true,
	.own_size = sizeof(struct state),
	.match = match,
	.path_model = gemini__path_model,
	.begin = begin,
	.request = &request,
	.answer = &answer,
	.request_value = request_value,
	.answer_value = answer_value,
	.count = gemini__count,
};
