// SPDX-License-Identifier: Apache-2.0
#include "dialect/openai.h"

#include "base/json_number.h"

static const struct json_path cached[] = {
	JSON_PATH("text_tokens", FACT_CACHE_READ_TEXT_TOKENS, JSON_SCALAR),
	JSON_PATH("image_tokens", FACT_CACHE_READ_IMAGE_TOKENS, JSON_SCALAR),
	JSON_PATH("audio_tokens", FACT_CACHE_READ_AUDIO_TOKENS, JSON_SCALAR),
};
static const struct json_path input[] = {
	JSON_PATH("cached_tokens", WIRE_CACHE_READ, JSON_SCALAR),
	JSON_PATH("cache_write_tokens", WIRE_CACHE_WRITE, JSON_SCALAR),
	JSON_PATH("cache_read_input_tokens", WIRE_CACHE_READ, JSON_SCALAR), /* Perplexity */
	JSON_PATH("cache_creation_input_tokens", WIRE_CACHE_WRITE, JSON_SCALAR),
	JSON_PATH("text_tokens", FACT_INPUT_TEXT_TOKENS, JSON_SCALAR),
	JSON_PATH("image_tokens", FACT_INPUT_IMAGE_TOKENS, JSON_SCALAR),
	JSON_PATH("audio_tokens", FACT_INPUT_AUDIO_TOKENS, JSON_SCALAR),
	JSON_KIDS("cached_tokens_details", 0, 0, cached),
};
static const struct json_path output[] = {
	JSON_PATH("reasoning_tokens", WIRE_REASONING, JSON_SCALAR),
	JSON_PATH("text_tokens", FACT_OUTPUT_TEXT_TOKENS, JSON_SCALAR),
	JSON_PATH("image_tokens", FACT_OUTPUT_IMAGE_TOKENS, JSON_SCALAR),
	JSON_PATH("audio_tokens", FACT_OUTPUT_AUDIO_TOKENS, JSON_SCALAR),
};
static const struct json_path server_tools[] = {
	JSON_PATH("web_search_calls", FACT_WEB_SEARCHES, JSON_SCALAR),
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
static const struct json_path cost[] = {JSON_PATH("total_cost", FACT_COST_USD, JSON_SCALAR)};

const struct json_path openai_usage[OPENAI_N_USAGE] = {
	JSON_PATH("input_tokens", WIRE_INPUT, JSON_SCALAR),
	JSON_PATH("output_tokens", WIRE_OUTPUT, JSON_SCALAR),
	JSON_PATH("total_tokens", WIRE_TOTAL, JSON_SCALAR),
	JSON_KIDS("input_tokens_details", 0, 0, input),
	JSON_KIDS("output_tokens_details", 0, 0, output),
	JSON_KIDS("input_token_details", 0, 0, input), /* audio, realtime */
	JSON_KIDS("output_token_details", 0, 0, output),
	JSON_PATH("seconds", FACT_AUDIO_SECONDS, JSON_SCALAR), /* {"type":"duration"} */
	JSON_KIDS("cost", FACT_COST_USD, JSON_SCALAR, cost),   /* OpenRouter; Perplexity */
	JSON_PATH("cost_in_usd_ticks", OPENAI_TICKS, JSON_SCALAR),
	JSON_PATH("estimated_cost", FACT_COST_USD, JSON_SCALAR),	 /* Hugging Face */
	JSON_KIDS("server_side_tool_usage_details", 0, 0, server_tools), /* xAI */
	JSON_KIDS("server_tool_use_details", 0, 0, server_tool_use),	 /* OpenRouter */
	JSON_KIDS("pydantic_ai_gateway", 0, 0, gateway),
	JSON_PATH("is_byok", FACT_COST_BYOK, JSON_SCALAR),
	JSON_KIDS("cost_details", 0, 0, cost_details),
};

static const struct json_path prompt_details[] = {
	JSON_PATH("cached_tokens", WIRE_CACHE_READ, JSON_SCALAR),
	JSON_PATH("cache_write_tokens", WIRE_CACHE_WRITE, JSON_SCALAR),
	JSON_PATH("cache_creation_tokens", WIRE_CACHE_WRITE, JSON_SCALAR),	 /* LiteLLM */
	JSON_PATH("cache_creation_input_tokens", WIRE_CACHE_WRITE, JSON_SCALAR), /* DashScope */
	JSON_PATH("text_tokens", FACT_INPUT_TEXT_TOKENS, JSON_SCALAR),
	JSON_PATH("image_tokens", FACT_INPUT_IMAGE_TOKENS, JSON_SCALAR),
	JSON_PATH("audio_tokens", FACT_INPUT_AUDIO_TOKENS, JSON_SCALAR),
};

const struct json_path openai_prompt_usage[OPENAI_N_PROMPT_USAGE] = {
	JSON_PATH("prompt_tokens", WIRE_INPUT, JSON_SCALAR),
	JSON_PATH("completion_tokens", WIRE_OUTPUT, JSON_SCALAR),
	JSON_PATH("total_tokens", WIRE_TOTAL, JSON_SCALAR),
	JSON_KIDS("prompt_tokens_details", 0, 0, prompt_details),
	JSON_KIDS("completion_tokens_details", 0, 0, output),
	JSON_KIDS("prompt_token_details", 0, 0, prompt_details), /* Writer, Mistral */
	JSON_KIDS("completion_token_details", 0, 0, output),
	JSON_PATH("prompt_cache_hit_tokens", WIRE_CACHE_READ, JSON_SCALAR), /* DeepSeek */
	JSON_PATH("cached_tokens", WIRE_CACHE_READ, JSON_SCALAR),	    /* Moonshot */
	JSON_PATH("cache_read_input_tokens", WIRE_CACHE_READ, JSON_SCALAR), /* LiteLLM */
	JSON_PATH("cache_creation_input_tokens", WIRE_CACHE_WRITE, JSON_SCALAR),
	JSON_PATH("reasoning_tokens", WIRE_REASONING, JSON_SCALAR),	 /* Perplexity */
	JSON_PATH("num_search_queries", FACT_WEB_SEARCHES, JSON_SCALAR), /* Perplexity */
	JSON_PATH("search_context_size", FACT_SEARCH_CONTEXT, JSON_SCALAR),
	JSON_KIDS("server_tool_use", 0, 0, server_tool_use), /* OpenRouter */
	JSON_KIDS("server_tool_use_details", 0, 0, server_tool_use),
	JSON_KIDS("server_side_tool_usage_details", 0, 0, server_tools), /* xAI */
	JSON_KIDS("cost", FACT_COST_USD, JSON_SCALAR, cost), /* OpenRouter, Vercel; Perplexity */
	JSON_PATH("cost_in_usd_ticks", OPENAI_TICKS, JSON_SCALAR), /* xAI */
	JSON_PATH("estimated_cost", FACT_COST_USD, JSON_SCALAR),   /* Hugging Face */
	JSON_KIDS("pydantic_ai_gateway", 0, 0, gateway),
	JSON_PATH("is_byok", FACT_COST_BYOK, JSON_SCALAR),
	JSON_KIDS("cost_details", 0, 0, cost_details),
};

void openai__ticks(struct dialect_reader *r, const struct json_value *v)
{
	double ticks;

	if (v->type == JSON_NUMBER && !v->truncated && !json_number__real(v->text, &ticks))
		wire__real(r, FACT_COST_USD, ticks * 1e-10);
}

bool openai__is_websocket(const struct http_head *h)
{
	return span_ieq(http_head__get(h, "upgrade"), SPAN_LIT("websocket")) ||
	       http_head__get(h, "sec-websocket-version").n;
}

struct span openai__deployment(struct span path)
{
	static const char *const before[] = {"/deployments/", "/engines/"};
	ptrdiff_t at, slash;
	size_t i;

	for (i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
		at = span_find(path, span_str(before[i]));
		if (at < 0)
			continue;
		path = span_skip(path, (size_t)at + strlen(before[i]));
		slash = span_find(path, SPAN_LIT("/"));
		return slash > 0 ? span_head(path, (size_t)slash) : SPAN_NONE;
	}
	return SPAN_NONE;
}

bool openai__has_model(const struct dialect_reader *r)
{
	return r->model_told || r->path_model.n;
}

/* Output includes reasoning. Where it does not on the wire (xAI), the total shows it; without a
 * total the provider's habit decides. */
void openai__count(const struct dialect_reader *r, int64_t tokens[WIRE_N_USAGE])
{
	int64_t in = USAGE(r, WIRE_INPUT), out = USAGE(r, WIRE_OUTPUT);
	int64_t reasoning_ = USAGE(r, WIRE_REASONING), total = USAGE(r, WIRE_TOTAL), sum;

	if (in < 0 || out < 0 || reasoning_ <= 0 || __builtin_add_overflow(in, out, &sum) ||
	    __builtin_add_overflow(sum, reasoning_, &sum))
		return;
	if (total < 0 ? strcmp(r->provider, "x_ai") == 0 : total == sum)
		tokens[WIRE_OUTPUT - WIRE_INPUT] = out + reasoning_;
}
