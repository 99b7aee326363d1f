// SPDX-License-Identifier: Apache-2.0
/* Amazon Bedrock's Converse and ConverseStream. The model is in the path alone. inputTokens leaves
 * out what was read from and written to the cache (the total has it). An event's kind is its name
 * in the event stream, so its payload has the fields of the whole answer: start and delta are
 * content blocks, messageStop has the stopReason, metadata, which comes last, the usage. */
#include "dialect/bedrock.h"

/* --- request --- */

static const struct json_path tool_result[] = {
	JSON_PATH("toolUseId", WIRE_RESULT_ID, JSON_SCALAR),
	JSON_PATH("status", WIRE_RESULT_FAILED, JSON_SCALAR),
};
static const struct json_path part[] = {
	JSON_KIDS("toolResult", CONVERSE_TOOL_RESULT, JSON_ENTER, tool_result),
};
static const struct json_path parts[] = {
	JSON_EACH_KIDS(WIRE_RESULT, JSON_ENTER | JSON_LEAVE, part)};
static const struct json_path message[] = {
	JSON_PATH("role", WIRE_ROLE, JSON_SCALAR),
	JSON_KIDS("content", 0, 0, parts),
};
const struct json_path converse_messages[1] = {
	JSON_EACH_KIDS(WIRE_MESSAGE, JSON_ENTER | JSON_LEAVE, message)};
static const struct json_path stops[] = {JSON_EACH(FACT_REQUEST_STOP, JSON_SCALAR)};
static const struct json_path inference[] = {
	JSON_PATH("maxTokens", FACT_REQUEST_MAX_TOKENS, JSON_SCALAR),
	JSON_PATH("temperature", FACT_REQUEST_TEMPERATURE, JSON_SCALAR),
	JSON_PATH("topP", FACT_REQUEST_TOP_P, JSON_SCALAR),
	JSON_KIDS("stopSequences", 0, 0, stops),
};
/* Fields of the models themselves: Anthropic's, Nova's, those of chat completions. */
static const struct json_path more_inference[] = {
	JSON_PATH("topK", FACT_REQUEST_TOP_K, JSON_SCALAR),
};
static const struct json_path effort[] = {
	JSON_PATH("effort", FACT_REQUEST_REASONING, JSON_SCALAR),
};
static const struct json_path reasoning_config[] = {
	JSON_PATH("maxReasoningEffort", FACT_REQUEST_REASONING, JSON_SCALAR),
};
static const struct json_path more[] = {
	JSON_PATH("top_k", FACT_REQUEST_TOP_K, JSON_SCALAR),
	JSON_PATH("topK", FACT_REQUEST_TOP_K, JSON_SCALAR),
	JSON_PATH("k", FACT_REQUEST_TOP_K, JSON_SCALAR),
	JSON_PATH("seed", FACT_REQUEST_SEED, JSON_SCALAR),
	JSON_PATH("frequency_penalty", FACT_REQUEST_FREQUENCY_PENALTY, JSON_SCALAR),
	JSON_PATH("presence_penalty", FACT_REQUEST_PRESENCE_PENALTY, JSON_SCALAR),
	JSON_PATH("reasoning_effort", FACT_REQUEST_REASONING, JSON_SCALAR),
	JSON_PATH("reasoning_config", FACT_REQUEST_REASONING, JSON_SCALAR),
	JSON_KIDS("reasoningConfig", 0, 0, reasoning_config),
	JSON_KIDS("output_config", 0, 0, effort),
	JSON_KIDS("inferenceConfig", 0, 0, more_inference),
};
static const struct json_path tier[] = {
	JSON_PATH("type", FACT_REQUEST_SERVICE_TIER, JSON_SCALAR),
};
static const struct json_path format[] = {JSON_PATH("type", CONVERSE_FORMAT, JSON_SCALAR)};
static const struct json_path output_config[] = {
	JSON_KIDS("textFormat", 0, 0, format),
	JSON_PATH("effort", FACT_REQUEST_REASONING, JSON_SCALAR),
};
static const struct json_path tools_in[] = {
	JSON_PATH("tools", FACT_TOOLS_OFFERED, JSON_SEEN),
};
static const struct json_path request_top[] = {
	JSON_KIDS("toolConfig", 0, 0, tools_in),
	JSON_KIDS("inferenceConfig", CONVERSE_ASKED, JSON_ENTER, inference),
	JSON_KIDS("additionalModelRequestFields", 0, 0, more),
	JSON_KIDS("serviceTier", 0, 0, tier),
	JSON_KIDS("outputConfig", 0, 0, output_config),
	JSON_KIDS("messages", WIRE_MESSAGES, JSON_ENTER | JSON_LEAVE, converse_messages),
};
static const struct json_path request = JSON_ROOT(request_top);

/* --- answer, whole or event --- */

static const struct json_path thought[] = {JSON_PATH("text", CONVERSE_OUTPUT, JSON_SEEN)};
static const struct json_path reasoning[] = {
	JSON_PATH("text", CONVERSE_OUTPUT, JSON_SEEN), /* of a delta */
	JSON_PATH("redactedContent", CONVERSE_OUTPUT, JSON_SEEN),
	JSON_KIDS("reasoningText", 0, 0, thought),
};
static const struct json_path tool[] = {
	JSON_PATH("toolUseId", WIRE_TOOL_ID, JSON_SCALAR),
	JSON_PATH("name", WIRE_TOOL_NAME, JSON_SCALAR),
	JSON_PATH("type", CONVERSE_TOOL_TYPE, JSON_SCALAR),
	JSON_PATH("input", CONVERSE_INPUT, JSON_SEEN | JSON_HASH),
};
const struct json_path converse_block[4] = {
	JSON_PATH("text", CONVERSE_OUTPUT, JSON_SEEN),
	JSON_KIDS("toolUse", CONVERSE_TOOL, JSON_ENTER | JSON_LEAVE, tool),
	JSON_KIDS("reasoningContent", 0, 0, reasoning),
	JSON_PATH("image", CONVERSE_OUTPUT, JSON_SEEN),
};
static const struct json_path blocks[] = {JSON_EACH_KIDS(0, 0, converse_block)};
static const struct json_path content[] = {JSON_KIDS("content", 0, 0, blocks)};
const struct json_path converse_output[1] = {JSON_KIDS("message", 0, 0, content)};
static const struct json_path cache[] = {
	JSON_PATH("ttl", CONVERSE_CACHE_TTL, JSON_SCALAR),
	JSON_PATH("inputTokens", CONVERSE_CACHE_TOKENS, JSON_SCALAR),
};
static const struct json_path caches[] = {
	JSON_EACH_KIDS(CONVERSE_CACHE, JSON_ENTER | JSON_LEAVE, cache)};
static const struct json_path gateway[] = {
	JSON_PATH("cost_estimate", FACT_COST_USD, JSON_SCALAR),
};
const struct json_path converse_usage[8] = {
	JSON_PATH("inputTokens", WIRE_INPUT, JSON_SCALAR),
	JSON_PATH("outputTokens", WIRE_OUTPUT, JSON_SCALAR),
	JSON_PATH("cacheReadInputTokens", WIRE_CACHE_READ, JSON_SCALAR),
	JSON_PATH("cacheWriteInputTokens", WIRE_CACHE_WRITE, JSON_SCALAR),
	/* Nova's own names; Converse says both. */
	JSON_PATH("cacheReadInputTokenCount", WIRE_CACHE_READ, JSON_SCALAR),
	JSON_PATH("cacheWriteInputTokenCount", WIRE_CACHE_WRITE, JSON_SCALAR),
	JSON_KIDS("cacheDetails", 0, 0, caches),
	JSON_KIDS("pydantic_ai_gateway", 0, 0, gateway),
};
static const struct json_path tier_used[] = {JSON_PATH("type", FACT_SERVICE_TIER, JSON_SCALAR)};
static const struct json_path router[] = {
	JSON_PATH("invokedModelId", FACT_RESPONSE_MODEL, JSON_SCALAR),
};
static const struct json_path trace[] = {JSON_KIDS("promptRouter", 0, 0, router)};
static const struct json_path answer_top[] = {
	JSON_KIDS("output", 0, 0, converse_output),
	JSON_KIDS("start", 0, 0, converse_block),
	JSON_KIDS("delta", 0, 0, converse_block),
	JSON_PATH("stopReason", CONVERSE_STOP, JSON_SCALAR),
	JSON_KIDS("usage", 0, 0, converse_usage),
	JSON_KIDS("serviceTier", 0, 0, tier_used),
	JSON_KIDS("trace", 0, 0, trace),
	JSON_PATH("message", WIRE_TOP_MESSAGE, JSON_SCALAR),
	JSON_PATH("Message", WIRE_TOP_MESSAGE, JSON_SCALAR),
	JSON_PATH("__type", CONVERSE_ERROR_TYPE, JSON_SCALAR),
};
static const struct json_path answer = JSON_ROOT(answer_top);

/* --- hooks --- */

static bool match(const struct http_head *h, struct span path)
{
	return bedrock__path(path, "/converse") || bedrock__path(path, "/converse-stream");
}

void converse__request_value(struct dialect_reader *r, const struct json_value *v)
{
	if (v->id == CONVERSE_TOOL_RESULT)
		r->results.is_result = true;
	else if (v->id == CONVERSE_ASKED)
		wire__prove(r);
	else if (v->id == CONVERSE_FORMAT && v->type == JSON_STRING &&
		 span_eq(v->text, SPAN_LIT("json_schema")))
		wire__text(r, FACT_REQUEST_OUTPUT_TYPE, SPAN_LIT("json"), false, 0);
}

/* What was written to the cache, by how long it is kept. */
static void cache_end(struct dialect_reader *r, const struct converse *c)
{
	static const struct {
		const char *ttl;
		enum fact fact;
	} facts[] = {
		{"5m", FACT_CACHE_WRITE_5M_TOKENS},
		{"1h", FACT_CACHE_WRITE_1H_TOKENS},
	};
	size_t i;

	for (i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
		if (c->cache_tokens >= 0 &&
		    span_eq(text__span(&c->cache_ttl), span_str(facts[i].ttl)))
			wire__number(r, facts[i].fact, c->cache_tokens);
}

/* A tool call, or a fragment of its arguments, begins or ends. */
static void tool_block(struct dialect_reader *r, const struct json_value *v)
{
	if (v->event == JSON_ENDS && r->is_tool)
		r->damaged |= tools__end(&r->tools, r->lim) < 0;
	tools__begin(&r->tools);
	r->is_tool = true;
}

void converse__answer_value(struct dialect_reader *r, const struct json_value *v)
{
	struct converse *c = r->own;
	ptrdiff_t hash;

	switch (v->id) {
	case CONVERSE_TOOL:
		tool_block(r, v);
		break;
	case CONVERSE_TOOL_TYPE:
		/* Tools of the type "server_tool_use" are run by Bedrock. */
		r->is_tool = !span_eq(v->text, SPAN_LIT("server_tool_use"));
		break;
	case CONVERSE_OUTPUT:
		r->output = true;
		break;
	case CONVERSE_INPUT:
		r->output |= v->event == JSON_EXISTS;
		tools__args(&r->tools, v, false);
		break;
	case CONVERSE_STOP:
		if (v->type == JSON_STRING)
			wire__text(r, FACT_FINISH_REASON, v->text, v->truncated, 0);
		break;
	case CONVERSE_CACHE:
		if (v->event == JSON_ENDS)
			cache_end(r, c);
		c->cache_ttl.n = 0;
		c->cache_tokens = -1;
		break;
	case CONVERSE_CACHE_TTL:
		if (v->type == JSON_STRING)
			text__set(&c->cache_ttl, v->text, v->truncated);
		break;
	case CONVERSE_CACHE_TOKENS:
		if (v->type == JSON_NUMBER && v->integral)
			c->cache_tokens = v->number;
		break;
	case CONVERSE_ERROR_TYPE:
		/* com.amazon.coral.validate#ValidationException */
		hash = span_find(v->text, SPAN_LIT("#"));
		if (v->type == JSON_STRING)
			text__set(&r->errors.top_type,
				  hash < 0 ? v->text : span_skip(v->text, (size_t)hash + 1),
				  v->truncated);
		break;
	default:
		break;
	}
}

static void event(struct dialect_reader *r, struct span name)
{
	if (span_eq(name, SPAN_LIT("metadata")))
		r->done = true;
}

static void document(struct dialect_reader *r)
{
	/* Each block is a call of its own: deltas bring nothing but arguments. */
	tools__resolve(&r->tools, 0, false);
}

const struct dialect dialect_bedrock_converse = {
	.api = "bedrock.converse",
	.operation = "chat",
	.flavour = "aws.bedrock",
	.weak = true,
	.own_size = sizeof(struct converse),
	.match = match,
	.path_model = bedrock__model,
	.begin = bedrock__begin,
	.request = &request,
	.answer = &answer,
	.request_value = converse__request_value,
	.answer_value = converse__answer_value,
	.head = bedrock__head,
	.event = event,
	.document = document,
	.count = anthropic__count,
};
