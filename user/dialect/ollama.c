// SPDX-License-Identifier: Apache-2.0
/* Ollama's own API: /api/chat, /api/generate, /api/embed and, older, /api/embeddings. It streams
 * NDJSON unless asked not to; its cloud does so under application/json. Web applications call such
 * paths theirs, too, so the port, the client, what only it is asked, or the answer's shape must
 * prove it. */
#include "dialect/wire.h"

enum {
	OWN_FORMAT = WIRE_OWN,
	OWN_MAX,
	OWN_THINK,
	OWN_PROMPT,
	OWN_WORD, /* what no other program has: how long the model stays loaded, … */
	OWN_OPTIONS,
	OWN_CREATED,
	OWN_DONE,
	OWN_FINISH,
	OWN_MESSAGE,
	OWN_RESPONSE,
	OWN_OUTPUT, /* some text, thinking or tool arguments: not empty */
	OWN_ARGUMENTS,
	OWN_CALL,
	OWN_EMBEDDING,
	OWN_LOADED, /* how long loading the model took: no other program's word, too */
};

/* What proves it: each in a document together with the others. */
enum {
	SEEN_CREATED = 1 << 0,
	SEEN_DONE = 1 << 1,
	SEEN_ANSWER = 1 << 2,
	SEEN_ALL = (1 << 3) - 1,
};

struct ollama {
	uint8_t seen; /* of this document */
	bool prompt;  /* the request has one */
	bool options; /* and these */
};

/* --- request --- */

static const struct json_path message_in[] = {
	JSON_PATH("role", WIRE_ROLE, JSON_SCALAR),
	JSON_PATH("tool_call_id", WIRE_RESULT_ID, JSON_SCALAR),
	JSON_PATH("tool_name", WIRE_RESULT_NAME, JSON_SCALAR),
};
static const struct json_path messages[] = {
	JSON_EACH_KIDS(WIRE_MESSAGE, JSON_ENTER | JSON_LEAVE, message_in)};
static const struct json_path stops[] = {JSON_EACH(FACT_REQUEST_STOP, JSON_SCALAR)};
static const struct json_path options[] = {
	JSON_PATH("temperature", FACT_REQUEST_TEMPERATURE, JSON_SCALAR),
	JSON_PATH("top_p", FACT_REQUEST_TOP_P, JSON_SCALAR),
	JSON_PATH("top_k", FACT_REQUEST_TOP_K, JSON_SCALAR),
	JSON_PATH("seed", FACT_REQUEST_SEED, JSON_SCALAR),
	JSON_PATH("num_predict", OWN_MAX, JSON_SCALAR),
	JSON_PATH("num_ctx", OWN_WORD, JSON_SCALAR),
	JSON_PATH("frequency_penalty", FACT_REQUEST_FREQUENCY_PENALTY, JSON_SCALAR),
	JSON_PATH("presence_penalty", FACT_REQUEST_PRESENCE_PENALTY, JSON_SCALAR),
	JSON_KIDS("stop", FACT_REQUEST_STOP, JSON_SCALAR, stops),
};
static const struct json_path request_top[] = {
	JSON_PATH("model", FACT_REQUEST_MODEL, JSON_SCALAR),
	JSON_PATH("stream", FACT_REQUEST_STREAM, JSON_SCALAR),
	JSON_KIDS("options", OWN_OPTIONS, JSON_ENTER, options),
	JSON_PATH("format", OWN_FORMAT, JSON_SEEN),
	JSON_PATH("think", OWN_THINK, JSON_SCALAR),
	JSON_PATH("prompt", OWN_PROMPT, JSON_SEEN),
	JSON_PATH("keep_alive", OWN_WORD, JSON_SCALAR),
	JSON_PATH("dimensions", FACT_REQUEST_DIMENSIONS, JSON_SCALAR),
	JSON_PATH("tools", FACT_TOOLS_OFFERED, JSON_SEEN),
	JSON_KIDS("messages", WIRE_MESSAGES, JSON_ENTER | JSON_LEAVE, messages),
};
static const struct json_path request = JSON_ROOT(request_top);

/* --- answer, whole or line --- */

static const struct json_path function[] = {
	JSON_PATH("name", WIRE_TOOL_NAME, JSON_SCALAR),
	JSON_PATH("arguments", OWN_ARGUMENTS, JSON_SEEN | JSON_HASH),
};
static const struct json_path call[] = {
	JSON_PATH("id", WIRE_TOOL_ID, JSON_SCALAR), /* of recent versions */
	JSON_KIDS("function", 0, 0, function),
};
static const struct json_path calls[] = {JSON_EACH_KIDS(OWN_CALL, JSON_ENTER | JSON_LEAVE, call)};
static const struct json_path message[] = {
	JSON_PATH("content", OWN_OUTPUT, JSON_SEEN),
	JSON_PATH("thinking", OWN_OUTPUT, JSON_SEEN),
	JSON_KIDS("tool_calls", 0, 0, calls),
	JSON_PATH("images", OWN_OUTPUT, JSON_SEEN),
};
static const struct json_path answer_top[] = {
	JSON_PATH("model", FACT_RESPONSE_MODEL, JSON_SCALAR),
	JSON_PATH("created_at", OWN_CREATED, JSON_SCALAR),
	JSON_KIDS("message", OWN_MESSAGE, JSON_ENTER, message),
	JSON_PATH("response", OWN_RESPONSE, JSON_SEEN),
	JSON_PATH("thinking", OWN_OUTPUT, JSON_SEEN),
	JSON_PATH("image", OWN_OUTPUT, JSON_SEEN),
	JSON_PATH("embedding", OWN_EMBEDDING, JSON_SEEN),
	JSON_PATH("done", OWN_DONE, JSON_SCALAR),
	JSON_PATH("done_reason", OWN_FINISH, JSON_SCALAR),
	JSON_PATH("prompt_eval_count", WIRE_INPUT, JSON_SCALAR),
	JSON_PATH("eval_count", WIRE_OUTPUT, JSON_SCALAR),
	JSON_PATH("load_duration", OWN_LOADED, JSON_SCALAR),
	JSON_KIDS("error", WIRE_ERROR, JSON_SCALAR, wire_error),
};
static const struct json_path answer = JSON_ROOT(answer_top);

/* --- hooks --- */

static bool is_chat(const struct http_head *h, struct span path)
{
	return span_ends(path, SPAN_LIT("/api/chat")) && host__may_be(h, "ollama");
}

static bool is_generate(const struct http_head *h, struct span path)
{
	return span_ends(path, SPAN_LIT("/api/generate")) && host__may_be(h, "ollama");
}

static bool is_embed(const struct http_head *h, struct span path)
{
	return (span_ends(path, SPAN_LIT("/api/embed")) ||
		span_ends(path, SPAN_LIT("/api/embeddings"))) &&
	       host__may_be(h, "ollama");
}

static void begin(struct dialect_reader *r, const struct http_head *h)
{
	/* "ollama-python/…", "ollama-js/…", "ollama/…" */
	if (span_ends(h->authority, SPAN_LIT(":11434")) ||
	    span_starts(http_head__get(h, "user-agent"), SPAN_LIT("ollama")))
		wire__prove(r);
}

static void begin_stream(struct dialect_reader *r, const struct http_head *h)
{
	begin(r, h);
	wire__number(r, FACT_REQUEST_STREAM, 1);
}

static void request_value(struct dialect_reader *r, const struct json_value *v)
{
	struct ollama *o = r->own;

	switch (v->id) {
	case OWN_FORMAT: /* "json" or a schema */
		wire__text(r, FACT_REQUEST_OUTPUT_TYPE, SPAN_LIT("json"), false, 0);
		break;
	case OWN_MAX: /* negative: without a limit */
		wire__prove(r);
		if (v->type == JSON_NUMBER && v->integral && v->number > 0)
			wire__number(r, FACT_REQUEST_MAX_TOKENS, v->number);
		break;
	case OWN_THINK: /* true or a level */
		if (v->type == JSON_STRING)
			wire__text(r, FACT_REQUEST_REASONING, v->text, v->truncated, 0);
		break;
	case OWN_PROMPT:
		o->prompt = true;
		break;
	case OWN_WORD:
		wire__prove(r);
		break;
	case OWN_OPTIONS:
		o->options = true;
		break;
	default:
		break;
	}
}

static void answer_value(struct dialect_reader *r, const struct json_value *v)
{
	struct ollama *o = r->own;

	switch (v->id) {
	case OWN_CREATED:
		if (v->type == JSON_STRING)
			o->seen |= SEEN_CREATED;
		break;
	case OWN_DONE:
		if (v->type == JSON_TRUE || v->type == JSON_FALSE)
			o->seen |= SEEN_DONE;
		r->done |= v->type == JSON_TRUE;
		break;
	case OWN_MESSAGE:
		o->seen |= SEEN_ANSWER;
		break;
	case OWN_RESPONSE:
		o->seen |= SEEN_ANSWER;
		r->output = true;
		break;
	case OWN_ARGUMENTS:
		r->output |= v->event == JSON_EXISTS;
		tools__args(&r->tools, v, true);
		break;
	case OWN_OUTPUT:
		r->output = true;
		break;
	case OWN_FINISH:
		if (v->type != JSON_STRING)
			break;
		o->seen |= SEEN_ANSWER;
		wire__text(r, FACT_FINISH_REASON, v->text, v->truncated, 0);
		break;
	case OWN_CALL:
		if (v->event == JSON_BEGINS)
			tools__begin(&r->tools);
		else
			r->damaged |= tools__end(&r->tools, r->lim) < 0;
		break;
	case OWN_EMBEDDING:
		if (o->prompt && v->type == JSON_ARRAY)
			wire__prove(r);
		break;
	case OWN_LOADED:
		if (v->type == JSON_NUMBER)
			wire__prove(r);
		break;
	default:
		break;
	}
}

/* {"error":"…"}, which anybody may say, in answer to what only Ollama is asked, or in its words:
 * model "m" not found, … */
static bool is_refusal(const struct dialect_reader *r)
{
	const struct ollama *o = r->own;
	struct span why = text__span(&r->errors.message);

	if (r->status < 400 || !r->model_told || !why.n)
		return false;
	return o->options || (span_starts(why, SPAN_LIT("model ")) &&
			      span_find(why, SPAN_LIT(" not found")) >= 0);
}

static void document(struct dialect_reader *r)
{
	struct ollama *o = r->own;

	if (o->seen == SEEN_ALL || is_refusal(r))
		wire__prove(r);
	o->seen = 0;
	/* Calls come whole, each in one document. */
	tools__resolve(&r->tools, 0, false);
}

#define OLLAMA                                                                                     \
	.flavour = "ollama", .weak = true, .own_size = sizeof(struct ollama), .request = &request, \
	.answer = &answer, .request_value = request_value, .answer_value = answer_value,           \
	.document = document

const struct dialect dialect_ollama_chat = {
	.api = "ollama.chat",
	.operation = "chat",
	.match = is_chat,
	.begin = begin_stream,
	.json_stream = true,
	OLLAMA,
};

const struct dialect dialect_ollama_generate = {
	.api = "ollama.generate",
	.operation = "text_completion",
	.match = is_generate,
	.begin = begin_stream,
	.json_stream = true,
	OLLAMA,
};

const struct dialect dialect_ollama_embed = {
	.api = "ollama.embed",
	.operation = "embeddings",
	.match = is_embed,
	.begin = begin,
	OLLAMA,
};
