// SPDX-License-Identifier: Apache-2.0
/* Anthropic's Messages API, also behind Vertex AI, Azure and compatible hosts.
 *
 * Usage is cumulative: message_delta overwrites what message_start said, field by field.
 * input_tokens leaves out what was read from and written to the cache. */
#include "dialect/anthropic.h"
#include "dialect/gemini.h"

/* --- request --- */

static const struct json_path part[] = {
	JSON_PATH("type", WIRE_RESULT_TYPE, JSON_SCALAR),
	JSON_PATH("tool_use_id", WIRE_RESULT_ID, JSON_SCALAR),
	JSON_PATH("is_error", WIRE_RESULT_FAILED, JSON_SCALAR),
};
static const struct json_path parts[] = {
	JSON_EACH_KIDS(WIRE_RESULT, JSON_ENTER | JSON_LEAVE, part)};
static const struct json_path message[] = {
	JSON_PATH("role", WIRE_ROLE, JSON_SCALAR),
	JSON_KIDS("content", 0, 0, parts),
};
static const struct json_path messages[] = {
	JSON_EACH_KIDS(WIRE_MESSAGE, JSON_ENTER | JSON_LEAVE, message)};
static const struct json_path stops[] = {JSON_EACH(FACT_REQUEST_STOP, JSON_SCALAR)};
static const struct json_path format[] = {JSON_PATH("type", ANTHROPIC_FORMAT, JSON_SCALAR)};
static const struct json_path output_config[] = {
	JSON_PATH("effort", FACT_REQUEST_REASONING, JSON_SCALAR),
	JSON_KIDS("format", 0, 0, format),
};
static const struct json_path metadata[] = {JSON_PATH("user_id", ANTHROPIC_USER_ID, JSON_SCALAR)};
static const struct json_path tool_in[] = {
	JSON_PATH("type", ANTHROPIC_TOOL_IN, JSON_SCALAR),
	JSON_PATH("input_schema", FACT_TOOLS_OFFERED, JSON_SEEN),
};
static const struct json_path tools_in[] = {JSON_EACH_KIDS(0, 0, tool_in)};
static const struct json_path request_top[] = {
	JSON_PATH("model", FACT_REQUEST_MODEL, JSON_SCALAR),
	JSON_PATH("stream", FACT_REQUEST_STREAM, JSON_SCALAR),
	JSON_PATH("max_tokens", FACT_REQUEST_MAX_TOKENS, JSON_SCALAR),
	JSON_PATH("temperature", FACT_REQUEST_TEMPERATURE, JSON_SCALAR),
	JSON_PATH("top_p", FACT_REQUEST_TOP_P, JSON_SCALAR),
	JSON_PATH("top_k", FACT_REQUEST_TOP_K, JSON_SCALAR),
	JSON_PATH("service_tier", FACT_REQUEST_SERVICE_TIER, JSON_SCALAR),
	JSON_PATH("speed", FACT_SPEED, JSON_SCALAR),
	JSON_KIDS("stop_sequences", 0, 0, stops),
	JSON_KIDS("output_config", 0, 0, output_config),
	JSON_KIDS("output_format", 0, 0, format),
	JSON_KIDS("metadata", 0, 0, metadata),
	JSON_KIDS("tools", 0, 0, tools_in),
	JSON_KIDS("messages", WIRE_MESSAGES, JSON_ENTER | JSON_LEAVE, messages),
};
static const struct json_path request = JSON_ROOT(request_top);

/* --- answer, whole or event --- */

static const struct json_path output_details[] = {
	JSON_PATH("thinking_tokens", WIRE_REASONING, JSON_SCALAR),
};
static const struct json_path cache_creation[] = {
	JSON_PATH("ephemeral_5m_input_tokens", FACT_CACHE_WRITE_5M_TOKENS, JSON_SCALAR),
	JSON_PATH("ephemeral_1h_input_tokens", FACT_CACHE_WRITE_1H_TOKENS, JSON_SCALAR),
};
static const struct json_path server_tool_use[] = {
	JSON_PATH("web_search_requests", FACT_WEB_SEARCHES, JSON_SCALAR),
};
static const struct json_path gateway[] = {
	JSON_PATH("cost_estimate", FACT_COST_USD, JSON_SCALAR),
};
/* OpenRouter, with a key of the user's own for the provider behind it. */
static const struct json_path cost_details[] = {
	JSON_PATH("upstream_inference_cost", FACT_COST_UPSTREAM, JSON_SCALAR),
};
const struct json_path anthropic_usage[13] = {
	JSON_PATH("input_tokens", WIRE_INPUT, JSON_SCALAR),
	JSON_PATH("output_tokens", WIRE_OUTPUT, JSON_SCALAR),
	JSON_PATH("cache_read_input_tokens", WIRE_CACHE_READ, JSON_SCALAR),
	JSON_PATH("cache_creation_input_tokens", WIRE_CACHE_WRITE, JSON_SCALAR),
	JSON_KIDS("output_tokens_details", 0, 0, output_details),
	JSON_KIDS("cache_creation", 0, 0, cache_creation),
	JSON_KIDS("server_tool_use", 0, 0, server_tool_use),
	JSON_PATH("service_tier", FACT_SERVICE_TIER, JSON_SCALAR),
	JSON_PATH("speed", FACT_SPEED, JSON_SCALAR),
	JSON_PATH("cost", FACT_COST_USD, JSON_SCALAR),
	JSON_PATH("is_byok", FACT_COST_BYOK, JSON_SCALAR),
	JSON_KIDS("cost_details", 0, 0, cost_details),
	JSON_KIDS("pydantic_ai_gateway", 0, 0, gateway),
};
const struct json_path anthropic_block[6] = {
	JSON_PATH("type", ANTHROPIC_BLOCK_TYPE, JSON_SCALAR),
	JSON_PATH("id", WIRE_TOOL_ID, JSON_SCALAR),
	JSON_PATH("name", WIRE_TOOL_NAME, JSON_SCALAR),
	JSON_PATH("input", ANTHROPIC_INPUT, JSON_SEEN | JSON_HASH),
	JSON_PATH("text", ANTHROPIC_OUTPUT, JSON_SEEN),
	JSON_PATH("thinking", ANTHROPIC_OUTPUT, JSON_SEEN),
};
const struct json_path anthropic_blocks[1] = {
	JSON_EACH_KIDS(ANTHROPIC_BLOCK, JSON_ENTER | JSON_LEAVE, anthropic_block)};
const struct json_path anthropic_start[5] = {
	JSON_PATH("id", FACT_RESPONSE_ID, JSON_SCALAR),
	JSON_PATH("model", FACT_RESPONSE_MODEL, JSON_SCALAR),
	JSON_PATH("stop_reason", ANTHROPIC_STOP, JSON_SCALAR),
	JSON_KIDS("content", 0, 0, anthropic_blocks),
	JSON_KIDS("usage", 0, 0, anthropic_usage),
};
const struct json_path anthropic_delta[5] = {
	JSON_PATH("text", ANTHROPIC_OUTPUT, JSON_SEEN),
	JSON_PATH("thinking", ANTHROPIC_OUTPUT, JSON_SEEN),
	JSON_PATH("partial_json", ANTHROPIC_PARTIAL, JSON_SEEN | JSON_HASH),
	JSON_PATH("content", ANTHROPIC_OUTPUT, JSON_SEEN), /* compaction_delta: the summary */
	JSON_PATH("stop_reason", ANTHROPIC_STOP, JSON_SCALAR),
};
const struct json_path anthropic_error[4] = {
	JSON_PATH("type", WIRE_ERROR_TYPE, JSON_SCALAR),
	JSON_PATH("message", WIRE_ERROR_MESSAGE, JSON_SCALAR),
	JSON_PATH("code", WIRE_ERROR_CODE, JSON_SCALAR),
	JSON_PATH("status", WIRE_ERROR_STATUS, JSON_SCALAR),
};
static const struct json_path context[] = {
	JSON_PATH("applied_edits", ANTHROPIC_EDITED, JSON_SEEN),
};
static const struct json_path answer_top[] = {
	JSON_PATH("type", ANTHROPIC_TYPE, JSON_SCALAR),
	JSON_KIDS("delta", 0, 0, anthropic_delta),
	JSON_KIDS("content_block", ANTHROPIC_BLOCK, JSON_ENTER | JSON_LEAVE, anthropic_block),
	JSON_KIDS("usage", 0, 0, anthropic_usage),
	JSON_KIDS("message", WIRE_TOP_MESSAGE, JSON_SCALAR, anthropic_start),
	JSON_KIDS("error", WIRE_ERROR, JSON_SCALAR, anthropic_error),
	JSON_PATH("id", FACT_RESPONSE_ID, JSON_SCALAR),
	JSON_PATH("model", FACT_RESPONSE_MODEL, JSON_SCALAR),
	JSON_PATH("stop_reason", ANTHROPIC_STOP, JSON_SCALAR),
	JSON_KIDS("content", 0, 0, anthropic_blocks),
	JSON_KIDS("context_management", 0, 0, context),
};
static const struct json_path answer = JSON_ROOT(answer_top);

/* --- hooks --- */

static bool match(const struct http_head *h, struct span path)
{
	static const char publisher[] = "/publishers/anthropic/models/";

	if (span_ends(path, SPAN_LIT("/v1/messages")))
		return true;
	/* Gateways may have no version; then the path alone is too ordinary. */
	if (span_ends(path, SPAN_LIT("/messages")))
		return http_head__get(h, "anthropic-version").n;
	return span_find(path, SPAN_LIT(publisher)) >= 0 &&
	       (gemini__method_is(path, "rawPredict") ||
		gemini__method_is(path, "streamRawPredict"));
}

/* On Vertex AI the path asks for the stream. Products that send messages have /v1/messages, too. */
static void begin(struct dialect_reader *r, const struct http_head *h)
{
	if (!span_ends(h->path, SPAN_LIT("/messages")) || http_head__get(h, "anthropic-version").n)
		wire__prove(r);
	if (gemini__method_is(h->path, "streamRawPredict"))
		wire__number(r, FACT_REQUEST_STREAM, 1);
}

/* Tools whose schema the provider knows, but which the client runs: bash_20250124, … */
static void tool_in_value(struct dialect_reader *r, const struct json_value *v)
{
	static const char *const begins[] = {"bash_", "text_editor_", "computer_", "memory_"};
	size_t i;

	for (i = 0; i < sizeof(begins) / sizeof(begins[0]); i++)
		if (span_starts(v->text, span_str(begins[i])))
			wire__number(r, FACT_TOOLS_OFFERED, 1);
}

static void request_value(struct dialect_reader *r, const struct json_value *v)
{
	if (v->type != JSON_STRING)
		return;
	if (v->id == ANTHROPIC_USER_ID)
		session__user_id(r, v->text);
	else if (v->id == ANTHROPIC_TOOL_IN)
		tool_in_value(r, v);
	else if (v->id == ANTHROPIC_FORMAT && span_eq(v->text, SPAN_LIT("json_schema")))
		wire__text(r, FACT_REQUEST_OUTPUT_TYPE, SPAN_LIT("json"), false, 0);
}

static void asked(struct dialect_reader *r)
{
	if (r->model_told)
		wire__prove(r);
}

void anthropic__answer_value(struct dialect_reader *r, const struct json_value *v)
{
	switch (v->id) {
	case ANTHROPIC_BLOCK:
		if (v->event == JSON_ENDS && r->is_tool)
			r->damaged |= tools__end(&r->tools, r->lim) < 0;
		tools__begin(&r->tools);
		r->in_tool = v->event == JSON_ENDS && r->is_tool;
		r->is_tool = false;
		break;
	case ANTHROPIC_BLOCK_TYPE:
		/* server_tool_use and mcp_tool_use are run by the provider. */
		r->is_tool = span_eq(v->text, SPAN_LIT("tool_use"));
		if (span_eq(v->text, SPAN_LIT("compaction")))
			wire__number(r, FACT_COMPACTED, 1);
		break;
	case ANTHROPIC_EDITED:
		wire__number(r, FACT_COMPACTED, 1);
		break;
	case ANTHROPIC_OUTPUT:
		r->output = true;
		break;
	case ANTHROPIC_INPUT:
		tools__args(&r->tools, v, true);
		break;
	case ANTHROPIC_PARTIAL:
		r->output = true;
		if (r->in_tool)
			tools__latest_args(&r->tools, v);
		break;
	case ANTHROPIC_STOP:
		if (v->type == JSON_STRING)
			wire__text(r, FACT_FINISH_REASON, v->text, v->truncated, 0);
		break;
	case ANTHROPIC_TYPE:
		if (v->type != JSON_STRING)
			break;
		r->done |= span_eq(v->text, SPAN_LIT("message_stop"));
		if (span_eq(v->text, SPAN_LIT("error")))
			r->errors.object = true;
		break;
	default:
		break;
	}
}

void anthropic__document(struct dialect_reader *r)
{
	/* Each block is a call of its own: fragments bring nothing but arguments. */
	tools__resolve(&r->tools, 0, false);
}

void anthropic__count(const struct dialect_reader *r, int64_t tokens[WIRE_N_USAGE])
{
	int64_t *input = &tokens[0];
	int64_t read = USAGE(r, WIRE_CACHE_READ), written = USAGE(r, WIRE_CACHE_WRITE);

	if (*input < 0)
		return;
	if ((read > 0 && __builtin_add_overflow(*input, read, input)) ||
	    (written > 0 && __builtin_add_overflow(*input, written, input)))
		*input = -1;
}

const struct dialect dialect_anthropic_messages = {
	.api = "anthropic.messages",
	.operation = "chat",
	.flavour = "anthropic",
	.weak = true,
	.match = match,
	.path_model = gemini__path_model,
	.begin = begin,
	.request = &request,
	.answer = &answer,
	.request_value = request_value,
	.asked = asked,
	.answer_value = anthropic__answer_value,
	.document = anthropic__document,
	.count = anthropic__count,
};
