// SPDX-License-Identifier: Apache-2.0
/* OpenAI's Assistants: a run of an assistant over a thread, streamed, or made and then fetched
 * until it is final. The events of a stream are of the run, of its steps and of its messages; the
 * steps' usage is part of the run's. */
#include "dialect/openai.h"

enum {
	OWN_FORMAT = OPENAI_OWN,
	OWN_OBJECT,
	OWN_ID,
	OWN_MODEL,
	OWN_THREAD,
	OWN_STATUS,
	OWN_REASON,
	OWN_CALL,
	OWN_OUTPUT,
};

struct run {
	struct text id, model, thread, status, reason;
	bool is_run, is_delta, output;
};

/* --- request: of a run, or of the results of its tools --- */

static const struct json_path format[] = {JSON_PATH("type", OWN_FORMAT, JSON_SCALAR)};
static const struct json_path result[] = {
	JSON_PATH("tool_call_id", WIRE_RESULT_ID, JSON_SCALAR),
};
static const struct json_path results[] = {
	JSON_EACH_KIDS(WIRE_MESSAGE, JSON_ENTER | JSON_LEAVE, result)};
static const struct json_path request_top[] = {
	JSON_PATH("model", FACT_REQUEST_MODEL, JSON_SCALAR),
	JSON_PATH("stream", FACT_REQUEST_STREAM, JSON_SCALAR),
	JSON_PATH("temperature", FACT_REQUEST_TEMPERATURE, JSON_SCALAR),
	JSON_PATH("top_p", FACT_REQUEST_TOP_P, JSON_SCALAR),
	JSON_PATH("max_completion_tokens", FACT_REQUEST_MAX_TOKENS, JSON_SCALAR),
	JSON_PATH("reasoning_effort", FACT_REQUEST_REASONING, JSON_SCALAR),
	JSON_KIDS("response_format", 0, 0, format),
	JSON_KIDS("tool_outputs", WIRE_MESSAGES, JSON_ENTER | JSON_LEAVE, results),
};
static const struct json_path request = JSON_ROOT(request_top);

/* --- answer --- */

static const struct json_path cached[] = {
	JSON_PATH("cached_tokens", WIRE_CACHE_READ, JSON_SCALAR),
};
static const struct json_path reasoning[] = {
	JSON_PATH("reasoning_tokens", WIRE_REASONING, JSON_SCALAR),
};
static const struct json_path usage[] = {
	JSON_PATH("prompt_tokens", WIRE_INPUT, JSON_SCALAR),
	JSON_PATH("completion_tokens", WIRE_OUTPUT, JSON_SCALAR),
	JSON_KIDS("prompt_token_details", 0, 0, cached),
	JSON_KIDS("prompt_tokens_details", 0, 0, cached),
	JSON_KIDS("completion_tokens_details", 0, 0, reasoning),
};
static const struct json_path function[] = {
	JSON_PATH("name", WIRE_TOOL_NAME, JSON_SCALAR),
};
static const struct json_path call[] = {
	JSON_PATH("id", WIRE_TOOL_ID, JSON_SCALAR),
	JSON_KIDS("function", 0, 0, function),
};
static const struct json_path calls[] = {JSON_EACH_KIDS(OWN_CALL, JSON_ENTER | JSON_LEAVE, call)};
static const struct json_path submit[] = {JSON_KIDS("tool_calls", 0, 0, calls)};
static const struct json_path required[] = {JSON_KIDS("submit_tool_outputs", 0, 0, submit)};
static const struct json_path incomplete[] = {JSON_PATH("reason", OWN_REASON, JSON_SCALAR)};

static const struct json_path text[] = {JSON_PATH("value", OWN_OUTPUT, JSON_SEEN)};
static const struct json_path part[] = {
	JSON_KIDS("text", 0, 0, text),
	JSON_PATH("refusal", OWN_OUTPUT, JSON_SEEN),
};
static const struct json_path parts[] = {JSON_EACH_KIDS(0, 0, part)};
static const struct json_path step_function[] = {JSON_PATH("arguments", OWN_OUTPUT, JSON_SEEN)};
static const struct json_path interpreter[] = {JSON_PATH("input", OWN_OUTPUT, JSON_SEEN)};
static const struct json_path step_call[] = {
	JSON_KIDS("function", 0, 0, step_function),
	JSON_KIDS("code_interpreter", 0, 0, interpreter),
};
static const struct json_path step_calls[] = {JSON_EACH_KIDS(0, 0, step_call)};
static const struct json_path step[] = {JSON_KIDS("tool_calls", 0, 0, step_calls)};
static const struct json_path delta[] = {
	JSON_KIDS("content", 0, 0, parts),
	JSON_KIDS("step_details", 0, 0, step),
};
static const struct json_path answer_top[] = {
	JSON_PATH("object", OWN_OBJECT, JSON_SCALAR),
	JSON_PATH("id", OWN_ID, JSON_SCALAR),
	JSON_PATH("thread_id", OWN_THREAD, JSON_SCALAR),
	JSON_PATH("model", OWN_MODEL, JSON_SCALAR),
	JSON_PATH("status", OWN_STATUS, JSON_SCALAR),
	JSON_KIDS("incomplete_details", 0, 0, incomplete),
	JSON_KIDS("required_action", 0, 0, required),
	JSON_KIDS("last_error", WIRE_ERROR, JSON_SCALAR, wire_error),
	JSON_KIDS("usage", 0, 0, usage),
	JSON_KIDS("delta", 0, 0, delta),
	OPENAI_ERROR_PATHS,
};
static const struct json_path answer = JSON_ROOT(answer_top);

/* --- hooks --- */

/* /threads/{t}/runs, /threads/runs, /threads/{t}/runs/{r}/submit_tool_outputs */
static bool match_run(const struct http_head *h, struct span path)
{
	return span_find(path, SPAN_LIT("/threads/")) >= 0 &&
	       (span_ends(path, SPAN_LIT("/runs")) ||
		span_ends(path, SPAN_LIT("/submit_tool_outputs")));
}

/* /threads/{t}/runs/{r} */
static bool match_fetch(const struct http_head *h, struct span path)
{
	ptrdiff_t at = span_find(path, SPAN_LIT("/threads/"));
	struct span id;

	if (at < 0)
		return false;
	path = span_skip(path, (size_t)at);
	at = span_find(path, SPAN_LIT("/runs/"));
	if (at < 0)
		return false;
	id = span_skip(path, (size_t)at + sizeof("/runs/") - 1);
	return id.n && span_find(id, SPAN_LIT("/")) < 0;
}

static void request_value(struct dialect_reader *r, const struct json_value *v)
{
	if (v->id == OWN_FORMAT && v->type == JSON_STRING)
		wire__text(r, FACT_REQUEST_OUTPUT_TYPE,
			   span_starts(v->text, SPAN_LIT("json")) ? SPAN_LIT("json")
								  : SPAN_LIT("text"),
			   false, 0);
}

static void object(struct dialect_reader *r, struct span name)
{
	struct run *s = r->own;

	s->is_run = span_eq(name, SPAN_LIT("thread.run"));
	s->is_delta = span_ends(name, SPAN_LIT(".delta"));
	if (s->is_run)
		wire__prove(r);
}

static void answer_value(struct dialect_reader *r, const struct json_value *v)
{
	struct run *s = r->own;
	struct text *const texts[] = {
		[OWN_ID - OWN_ID] = &s->id,	    [OWN_MODEL - OWN_ID] = &s->model,
		[OWN_THREAD - OWN_ID] = &s->thread, [OWN_STATUS - OWN_ID] = &s->status,
		[OWN_REASON - OWN_ID] = &s->reason,
	};

	if (v->id == OWN_OUTPUT) {
		s->output = true;
	} else if (v->id == OWN_CALL) {
		if (v->event == JSON_ENDS)
			r->damaged |= tools__end(&r->tools, r->lim) < 0;
		tools__begin(&r->tools);
	} else if (v->type == JSON_STRING && v->id == OWN_OBJECT) {
		object(r, v->text);
	} else if (v->type == JSON_STRING && v->id >= OWN_ID && v->id <= OWN_REASON) {
		text__set(texts[v->id - OWN_ID], v->text, v->truncated);
	}
}

static void tell_run(struct dialect_reader *r)
{
	static const char *const under_way[] = {"queued", "in_progress", "cancelling"};
	struct run *s = r->own;
	struct span status = text__span(&s->status);
	const struct text *why = &s->status;
	/* It stops there and goes on with the results; only its end has the usage. */
	bool waits = span_eq(status, SPAN_LIT("requires_action"));
	bool over = status.n != 0;
	size_t i;

	for (i = 0; i < sizeof(under_way) / sizeof(under_way[0]); i++)
		over &= !span_eq(status, span_str(under_way[i]));
	wire__text(r, FACT_RESPONSE_ID, text__span(&s->id), s->id.truncated, 0);
	wire__text(r, FACT_RESPONSE_MODEL, text__span(&s->model), s->model.truncated, 0);
	session__id(r, &s->thread);
	wire__number(r, FACT_PENDING, !over || waits);
	if (!over)
		return;
	if (span_eq(status, SPAN_LIT("incomplete")) && s->reason.n)
		why = &s->reason;
	wire__text(r, FACT_FINISH_REASON, text__span(why), why->truncated, 0);
	r->errors.object |= span_eq(status, SPAN_LIT("failed"));
	r->done = r->streamed;
}

static void document(struct dialect_reader *r)
{
	struct run *s = r->own;
	size_t i;

	tools__resolve(&r->tools, 0, r->streamed);
	if (s->is_run)
		tell_run(r);
	else
		for (i = 0; i < WIRE_N_USAGE; i++)
			r->usage[i] = -1;
	r->usage_new &= s->is_run;
	r->output |= s->is_delta && s->output;
	*s = (struct run){0};
}

const struct dialect dialect_openai_run = {
	.api = "openai.threads",
	.operation = "chat",
	.flavour = "openai",
	.weak = true,
	.own_size = sizeof(struct run),
	.match = match_run,
	.request = &request,
	.answer = &answer,
	.request_value = request_value,
	.answer_value = answer_value,
	.document = document,
};

const struct dialect dialect_openai_run_fetch = {
	.api = "openai.threads",
	.operation = "fetch_response",
	.flavour = "openai",
	.method = "GET",
	.kind = DIALECT_FETCH,
	.weak = true,
	.own_size = sizeof(struct run),
	.match = match_fetch,
	.answer = &answer,
	.answer_value = answer_value,
	.document = document,
};
