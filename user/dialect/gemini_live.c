// SPDX-License-Identifier: Apache-2.0
/* Gemini Live (ai.google.dev/api/live): a WebSocket to BidiGenerateContent of the Gemini API or of
 * Vertex AI. Messages are told apart by their one field, beside which the server's may have
 * usageMetadata.
 *
 * A response, and so a turn here, is what the model says until serverContent.turnComplete. In all
 * twelve recorded ones the usage comes in that message, once for the whole, the calls of tools that
 * it waited for included (a toolCall has none, and its tokens are in those of the turn): a
 * toolResponse goes on with the turn. Only where usage comes with a toolCall, or between it and its
 * toolResponse, does the turn end there, as far as it is billed. What is interrupted still ends
 * with turnComplete.
 *
 * It begins with the message that asked for it: clientContent with turnComplete; a toolResponse
 * while no turn is under way; the latest realtimeInput that is text or says that the speaker is
 * done. Where the server listens for the end of speech itself, nobody says when it heard it: such a
 * turn begins with the first that the server tells of it, mostly what it has understood, and its
 * times count from there.
 *
 * responseTokenCount and promptTokenCount make up totalTokenCount, and responseTokensDetails add up
 * to responseTokenCount, without thoughtsTokenCount: output is both, as elsewhere. */
#include "dialect/gemini.h"

enum {
	OWN_MODEL = GEMINI_OWN,
	OWN_ASKS,	 /* true */
	OWN_ASKS_SOFTLY, /* text, or an object */
	OWN_RESULTS,
	OWN_CONTENT,
	OWN_COMPLETE,
	OWN_INTERRUPTED,
	OWN_HEARD, /* what the user said */
	OWN_REASON,
	OWN_TOOL_CALL,
	OWN_CALL,
	OWN_OUTPUT,
	OWN_USAGE,
};

struct state {
	struct gemini_detail detail;
	bool open;	   /* a turn is under way */
	bool called;	   /* its last word so far is a toolCall */
	uint64_t asked_ns; /* the next turn is asked for; 0: it is not */
	/* of the client's message */
	bool asks, asks_softly, results;
	/* of the server's */
	bool complete, interrupted, heard, tool_call, usage;
};

/* --- client --- */

static const struct json_path tool_in[] = {
	GEMINI_PATH("functionDeclarations", "function_declarations", FACT_TOOLS_OFFERED, JSON_SEEN),
};
static const struct json_path tools_in[] = {JSON_EACH_KIDS(0, 0, tool_in)};
static const struct json_path setup[] = {
	JSON_KIDS("tools", 0, 0, tools_in),
	JSON_PATH("model", OWN_MODEL, JSON_SCALAR),
	GEMINI_KIDS("generationConfig", "generation_config", 0, 0, gemini_config),
};
static const struct json_path client_content[] = {
	GEMINI_PATH("turnComplete", "turn_complete", OWN_ASKS, JSON_SCALAR),
};
static const struct json_path realtime_input[] = {
	JSON_PATH("text", OWN_ASKS_SOFTLY, JSON_SEEN),
	GEMINI_PATH("activityEnd", "activity_end", OWN_ASKS_SOFTLY, JSON_ENTER),
};
static const struct json_path function_response[] = {
	JSON_PATH("id", WIRE_RESULT_ID, JSON_SCALAR),
};
static const struct json_path function_responses[] = {
	JSON_EACH_KIDS(WIRE_MESSAGE, JSON_ENTER | JSON_LEAVE, function_response)};
static const struct json_path tool_response[] = {
	GEMINI_KIDS("functionResponses", "function_responses", WIRE_MESSAGES,
		    JSON_ENTER | JSON_LEAVE, function_responses),
};
static const struct json_path client_top[] = {
	JSON_KIDS("setup", 0, 0, setup),
	GEMINI_KIDS("clientContent", "client_content", 0, 0, client_content),
	GEMINI_KIDS("realtimeInput", "realtime_input", 0, 0, realtime_input),
	GEMINI_KIDS("toolResponse", "tool_response", OWN_RESULTS, JSON_ENTER, tool_response),
};
static const struct json_path client = JSON_ROOT(client_top);

/* --- server --- */

static const struct json_path data[] = {JSON_PATH("data", OWN_OUTPUT, JSON_SEEN)};
static const struct json_path code[] = {JSON_PATH("code", OWN_OUTPUT, JSON_SEEN)};
static const struct json_path part[] = {
	JSON_PATH("text", OWN_OUTPUT, JSON_SEEN),
	GEMINI_KIDS("inlineData", "inline_data", 0, 0, data),
	GEMINI_KIDS("executableCode", "executable_code", 0, 0, code),
};
static const struct json_path parts[] = {JSON_EACH_KIDS(0, 0, part)};
static const struct json_path model_turn[] = {JSON_KIDS("parts", 0, 0, parts)};
static const struct json_path heard[] = {JSON_PATH("text", OWN_HEARD, JSON_SEEN)};
static const struct json_path said[] = {JSON_PATH("text", OWN_OUTPUT, JSON_SEEN)};
static const struct json_path server_content[] = {
	GEMINI_KIDS("modelTurn", "model_turn", 0, 0, model_turn),
	GEMINI_KIDS("inputTranscription", "input_transcription", 0, 0, heard),
	GEMINI_KIDS("outputTranscription", "output_transcription", 0, 0, said),
	GEMINI_PATH("turnComplete", "turn_complete", OWN_COMPLETE, JSON_SCALAR),
	GEMINI_PATH("turnCompleteReason", "turn_complete_reason", OWN_REASON, JSON_SCALAR),
	JSON_PATH("interrupted", OWN_INTERRUPTED, JSON_SCALAR),
};
static const struct json_path function_call[] = {
	JSON_PATH("id", WIRE_TOOL_ID, JSON_SCALAR),
	JSON_PATH("name", WIRE_TOOL_NAME, JSON_SCALAR),
	JSON_PATH("args", OWN_OUTPUT, JSON_SEEN),
};
static const struct json_path function_calls[] = {
	JSON_EACH_KIDS(OWN_CALL, JSON_ENTER | JSON_LEAVE, function_call)};
static const struct json_path tool_call[] = {
	GEMINI_KIDS("functionCalls", "function_calls", 0, 0, function_calls),
};
static const struct json_path server_top[] = {
	GEMINI_KIDS("serverContent", "server_content", OWN_CONTENT, JSON_ENTER, server_content),
	GEMINI_KIDS("toolCall", "tool_call", OWN_TOOL_CALL, JSON_ENTER, tool_call),
	GEMINI_KIDS("usageMetadata", "usage_metadata", OWN_USAGE, JSON_ENTER, gemini_usage),
	JSON_KIDS("error", WIRE_ERROR, JSON_SCALAR, wire_error),
};
static const struct json_path server = JSON_ROOT(server_top);

/* --- hooks --- */

/* …/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent, with Constrained
 * behind it where the key is short-lived; …/google.cloud.aiplatform.v1.LlmBidiService/
 * BidiGenerateContent. */
static bool match(const struct http_head *h, struct span path)
{
	return span_ends(path, SPAN_LIT("Service.BidiGenerateContent")) ||
	       span_ends(path, SPAN_LIT("Service.BidiGenerateContentConstrained")) ||
	       span_ends(path, SPAN_LIT("Service/BidiGenerateContent"));
}

static void request_value(struct dialect_reader *r, const struct json_value *v)
{
	struct state *s = r->own;

	switch (v->id) {
	case OWN_MODEL:
		if (v->type == JSON_STRING)
			wire__text(r, FACT_REQUEST_MODEL, gemini__model(v->text), v->truncated, 0);
		break;
	case OWN_ASKS:
		s->asks = v->type == JSON_TRUE;
		break;
	case OWN_ASKS_SOFTLY:
		s->asks_softly = true;
		break;
	case OWN_RESULTS:
		s->results = true;
		break;
	default:
		gemini__output_type(r, v);
		break;
	}
}

static void answer_value(struct dialect_reader *r, const struct json_value *v)
{
	struct state *s = r->own;

	switch (v->id) {
	case OWN_COMPLETE:
		s->complete = v->type == JSON_TRUE;
		break;
	case OWN_INTERRUPTED:
		s->interrupted = v->type == JSON_TRUE;
		if (s->interrupted)
			wire__text(r, FACT_FINISH_REASON, SPAN_LIT("interrupted"), false, 0);
		break;
	case OWN_REASON:
		if (v->type == JSON_STRING && !span_ends(v->text, SPAN_LIT("_UNSPECIFIED")))
			wire__text(r, FACT_FINISH_REASON, v->text, v->truncated, 0);
		break;
	case OWN_HEARD:
		s->heard = true;
		break;
	case OWN_TOOL_CALL:
		s->tool_call = true;
		break;
	case OWN_CALL:
		if (v->event == JSON_ENDS)
			r->damaged |= tools__end(&r->tools, r->lim) < 0;
		else
			tools__begin(&r->tools);
		r->output = true;
		break;
	case OWN_OUTPUT:
		r->output = true;
		break;
	case OWN_USAGE:
		s->usage = true;
		break;
	case OWN_CONTENT:
		break;
	default:
		gemini__detail(r, &s->detail, v);
		break;
	}
}

static void begin_turn(struct dialect_reader *r, uint64_t begin_ns)
{
	struct state *s = r->own;

	s->open = true;
	s->called = false;
	s->asked_ns = 0;
	wire__turn_begin(r, begin_ns);
}

static void client_message(struct dialect_reader *r)
{
	struct state *s = r->own;
	uint64_t ns = r->message_ns[SIDE_REQUEST];

	if (s->results && s->open)
		s->called = false;
	/* What a turn that is broken ended with may be lost. */
	if (s->asks && s->open && r->damaged) {
		wire__number(r, FACT_TURN_END, 1);
		s->open = false;
	}
	if ((s->asks || s->results) && !s->open)
		begin_turn(r, ns);
	else if (s->asks || s->asks_softly)
		s->asked_ns = ns;
	s->asks = s->asks_softly = s->results = false;
}

static void server_message(struct dialect_reader *r)
{
	struct state *s = r->own;
	uint64_t ns = s->asked_ns ? s->asked_ns : r->message_ns[SIDE_RESPONSE];

	if (!s->open && (r->output || s->heard))
		begin_turn(r, ns);
	/* What comes behind the end of a turn is of none. */
	if (!s->open)
		wire__drop(r, SIDE_RESPONSE);
	s->called = s->tool_call || (s->called && !r->output);
	if (s->open && (s->complete || (s->usage && (s->called || s->interrupted)))) {
		r->done = true;
		s->open = false;
		wire__turn_end(r);
	}
	s->complete = s->interrupted = s->heard = s->tool_call = s->usage = false;
}

static void message(struct dialect_reader *r, enum side side)
{
	if (side == SIDE_REQUEST)
		client_message(r);
	else
		server_message(r);
}

static void document(struct dialect_reader *r)
{
	tools__resolve(&r->tools, 0, true);
}

const struct dialect dialect_gemini_live = {
	.api = "gemini.live",
	.operation = "generate_content",
	.flavour = "gcp.gen_ai",
	.method = "GET",
	.session = true,
	.own_size = sizeof(struct state),
	.match = match,
	.request = &client,
	.answer = &server,
	.request_value = request_value,
	.answer_value = answer_value,
	.document = document,
	.message = message,
	.count = gemini__count,
};
