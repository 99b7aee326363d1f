// SPDX-License-Identifier: Apache-2.0
/* The bodies of InvokeModel, by model family. No two families mean different things by the same
 * key, so one table reads them all and no list of models is needed. Source: Amazon Bedrock User
 * Guide, "Inference request parameters and response fields for foundation models". */
#include "dialect/bedrock_invoke.h"

/* --- request --- */

static const struct json_path result[] = {
	JSON_PATH("toolUseId", WIRE_RESULT_ID, JSON_SCALAR),
	JSON_PATH("status", WIRE_RESULT_FAILED, JSON_SCALAR),
};
static const struct json_path part[] = {
	/* Anthropic */
	JSON_PATH("type", WIRE_RESULT_TYPE, JSON_SCALAR),
	JSON_PATH("tool_use_id", WIRE_RESULT_ID, JSON_SCALAR),
	JSON_PATH("is_error", WIRE_RESULT_FAILED, JSON_SCALAR),
	/* Nova */
	JSON_KIDS("toolResult", CONVERSE_TOOL_RESULT, JSON_ENTER, result),
};
static const struct json_path parts[] = {
	JSON_EACH_KIDS(WIRE_RESULT, JSON_ENTER | JSON_LEAVE, part)};
static const struct json_path message[] = {
	JSON_PATH("role", WIRE_ROLE, JSON_SCALAR), JSON_KIDS("content", 0, 0, parts),
	JSON_PATH("tool_call_id", WIRE_RESULT_ID, JSON_SCALAR), /* chat completions */
};
static const struct json_path messages[] = {
	JSON_EACH_KIDS(WIRE_MESSAGE, JSON_ENTER | JSON_LEAVE, message)};
static const struct json_path stops[] = {JSON_EACH(FACT_REQUEST_STOP, JSON_SCALAR)};
static const struct json_path encodings[] = {JSON_EACH(FACT_REQUEST_ENCODING_FORMAT, JSON_SCALAR)};

#define MAX_TOKENS(key) JSON_PATH(key, FACT_REQUEST_MAX_TOKENS, JSON_SCALAR)
#define TEMPERATURE(key) JSON_PATH(key, FACT_REQUEST_TEMPERATURE, JSON_SCALAR)
#define TOP_P(key) JSON_PATH(key, FACT_REQUEST_TOP_P, JSON_SCALAR)
#define TOP_K(key) JSON_PATH(key, FACT_REQUEST_TOP_K, JSON_SCALAR)
#define STOPS(key) JSON_KIDS(key, FACT_REQUEST_STOP, JSON_SCALAR, stops)

static const struct json_path titan[] = {
	MAX_TOKENS("maxTokenCount"),
	TEMPERATURE("temperature"),
	TOP_P("topP"),
	STOPS("stopSequences"),
};
static const struct json_path nova[] = {
	MAX_TOKENS("max_new_tokens"),
	MAX_TOKENS("maxTokens"),
	TEMPERATURE("temperature"),
	TOP_P("top_p"),
	TOP_P("topP"),
	TOP_K("top_k"),
	TOP_K("topK"),
	STOPS("stopSequences"),
};
static const struct json_path nova_embedding[] = {
	JSON_PATH("embeddingDimension", FACT_REQUEST_DIMENSIONS, JSON_SCALAR),
};
static const struct json_path format[] = {JSON_PATH("type", ANTHROPIC_FORMAT, JSON_SCALAR)};
static const struct json_path output_config[] = {
	JSON_PATH("effort", FACT_REQUEST_REASONING, JSON_SCALAR),
	JSON_KIDS("format", 0, 0, format),
};
static const struct json_path metadata[] = {
	JSON_PATH("user_id", ANTHROPIC_USER_ID, JSON_SCALAR),
};
static const struct json_path tools_in[] = {
	JSON_PATH("tools", FACT_TOOLS_OFFERED, JSON_SEEN),
};
static const struct json_path request_top[] = {
	MAX_TOKENS("max_tokens"),	     /* Anthropic, Mistral, Cohere, chat completions */
	MAX_TOKENS("max_completion_tokens"), /* OpenAI's open models */
	MAX_TOKENS("max_tokens_to_sample"),  /* Anthropic's completions */
	MAX_TOKENS("max_gen_len"),	     /* Llama */
	MAX_TOKENS("maxTokens"),	     /* AI21 Jurassic */
	TEMPERATURE("temperature"),
	TOP_P("top_p"),
	TOP_P("topP"),
	TOP_P("p"), /* Cohere */
	TOP_K("top_k"),
	TOP_K("k"), /* Cohere */
	STOPS("stop"),
	STOPS("stop_sequences"),
	STOPS("stopSequences"),
	JSON_PATH("seed", FACT_REQUEST_SEED, JSON_SCALAR),
	JSON_PATH("n", FACT_REQUEST_CHOICES, JSON_SCALAR),
	JSON_PATH("num_generations", FACT_REQUEST_CHOICES, JSON_SCALAR),
	JSON_PATH("numResults", FACT_REQUEST_CHOICES, JSON_SCALAR),
	JSON_PATH("frequency_penalty", FACT_REQUEST_FREQUENCY_PENALTY, JSON_SCALAR),
	JSON_PATH("presence_penalty", FACT_REQUEST_PRESENCE_PENALTY, JSON_SCALAR),
	JSON_PATH("reasoning_effort", FACT_REQUEST_REASONING, JSON_SCALAR),
	JSON_KIDS("output_config", 0, 0, output_config),
	JSON_KIDS("output_format", 0, 0, format),
	JSON_KIDS("response_format", 0, 0, format),
	JSON_KIDS("metadata", 0, 0, metadata),
	JSON_KIDS("textGenerationConfig", 0, 0, titan),
	JSON_KIDS("inferenceConfig", 0, 0, nova),
	/* embeddings: Titan, Cohere, Nova */
	JSON_PATH("dimensions", FACT_REQUEST_DIMENSIONS, JSON_SCALAR),
	JSON_PATH("output_dimension", FACT_REQUEST_DIMENSIONS, JSON_SCALAR),
	JSON_KIDS("embeddingTypes", 0, 0, encodings),
	JSON_KIDS("embedding_types", 0, 0, encodings),
	JSON_KIDS("singleEmbeddingParams", 0, 0, nova_embedding),
	/* what kind of call it is */
	JSON_PATH("prompt", INVOKE_PROMPT, JSON_SEEN),
	JSON_PATH("inputText", INVOKE_PROMPT, JSON_SEEN),
	/* its tools: Anthropic, chat completions and Cohere; Nova */
	JSON_PATH("tools", FACT_TOOLS_OFFERED, JSON_SEEN),
	JSON_KIDS("toolConfig", 0, 0, tools_in),
	JSON_KIDS("messages", WIRE_MESSAGES, JSON_ENTER | JSON_LEAVE, messages),
};
const struct json_path invoke_request = JSON_ROOT(request_top);

/* --- answer, whole or event --- */

#define OUTPUT(key) JSON_PATH(key, CONVERSE_OUTPUT, JSON_SEEN)

/* Anthropic's, Nova's and that of chat completions. */
static const struct json_path output_details[] = {
	JSON_PATH("thinking_tokens", WIRE_REASONING, JSON_SCALAR),
};
static const struct json_path cache_creation[] = {
	JSON_PATH("ephemeral_5m_input_tokens", FACT_CACHE_WRITE_5M_TOKENS, JSON_SCALAR),
	JSON_PATH("ephemeral_1h_input_tokens", FACT_CACHE_WRITE_1H_TOKENS, JSON_SCALAR),
};
static const struct json_path prompt_details[] = {
	JSON_PATH("cached_tokens", WIRE_CACHE_READ, JSON_SCALAR),
};
static const struct json_path completion_details[] = {
	JSON_PATH("reasoning_tokens", WIRE_REASONING, JSON_SCALAR),
};
static const struct json_path usage[] = {
	JSON_PATH("input_tokens", WIRE_INPUT, JSON_SCALAR),
	JSON_PATH("output_tokens", WIRE_OUTPUT, JSON_SCALAR),
	JSON_PATH("cache_read_input_tokens", WIRE_CACHE_READ, JSON_SCALAR),
	JSON_PATH("cache_creation_input_tokens", WIRE_CACHE_WRITE, JSON_SCALAR),
	JSON_KIDS("output_tokens_details", 0, 0, output_details),
	JSON_KIDS("cache_creation", 0, 0, cache_creation),
	JSON_PATH("service_tier", FACT_SERVICE_TIER, JSON_SCALAR),
	JSON_PATH("inputTokens", WIRE_INPUT, JSON_SCALAR),
	JSON_PATH("outputTokens", WIRE_OUTPUT, JSON_SCALAR),
	JSON_PATH("cacheReadInputTokenCount", WIRE_CACHE_READ, JSON_SCALAR),
	JSON_PATH("cacheWriteInputTokenCount", WIRE_CACHE_WRITE, JSON_SCALAR),
	JSON_PATH("prompt_tokens", INVOKE_PROMPT_TOKENS, JSON_SCALAR),
	JSON_PATH("completion_tokens", WIRE_OUTPUT, JSON_SCALAR),
	JSON_KIDS("prompt_tokens_details", 0, 0, prompt_details),
	JSON_KIDS("completion_tokens_details", 0, 0, completion_details),
};
static const struct json_path metrics[] = {
	JSON_PATH("inputTokenCount", INVOKE_METRIC_INPUT, JSON_SCALAR),
	JSON_PATH("outputTokenCount", INVOKE_METRIC_OUTPUT, JSON_SCALAR),
	JSON_PATH("cacheReadInputTokenCount", INVOKE_METRIC_CACHE_READ, JSON_SCALAR),
	JSON_PATH("cacheWriteInputTokenCount", INVOKE_METRIC_CACHE_WRITE, JSON_SCALAR),
};
/* Nova's events: the name of Converse's around the payload of Converse's. */
static const struct json_path nova_start[] = {JSON_KIDS("start", 0, 0, converse_block)};
static const struct json_path nova_delta[] = {JSON_KIDS("delta", 0, 0, converse_block)};
static const struct json_path nova_stop[] = {JSON_PATH("stopReason", CONVERSE_STOP, JSON_SCALAR)};
static const struct json_path nova_metadata[] = {JSON_KIDS("usage", 0, 0, usage)};
/* chat completions: AI21 Jamba, DeepSeek, Mistral, OpenAI, Qwen and imported models */
static const struct json_path function[] = {
	JSON_PATH("name", WIRE_TOOL_NAME, JSON_SCALAR),
	OUTPUT("arguments"),
};
static const struct json_path call[] = {
	JSON_PATH("index", WIRE_TOOL_INDEX, JSON_SCALAR),
	JSON_PATH("id", WIRE_TOOL_ID, JSON_SCALAR),
	JSON_KIDS("function", 0, 0, function),
};
static const struct json_path calls[] = {
	JSON_EACH_KIDS(INVOKE_CALL, JSON_ENTER | JSON_LEAVE, call)};
static const struct json_path chat_message[] = {
	OUTPUT("content"),
	OUTPUT("reasoning"),
	OUTPUT("reasoning_content"),
	JSON_KIDS("tool_calls", 0, 0, calls),
};
static const struct json_path choice[] = {
	JSON_PATH("index", INVOKE_CHOICE_INDEX, JSON_SCALAR),
	JSON_KIDS("message", 0, 0, chat_message),
	JSON_KIDS("delta", 0, 0, chat_message),
	OUTPUT("text"),
	JSON_PATH("finish_reason", INVOKE_CHOICE_STOP, JSON_SCALAR),
	JSON_PATH("stop_reason", INVOKE_CHOICE_STOP, JSON_SCALAR),
};
static const struct json_path choices[] = {
	JSON_EACH_KIDS(INVOKE_CHOICE, JSON_ENTER | JSON_LEAVE, choice)};
/* Titan's results, Mistral's outputs, Cohere's generations, Jurassic's completions */
static const struct json_path titan_result[] = {
	JSON_PATH("tokenCount", WIRE_OUTPUT, JSON_SCALAR),
	JSON_PATH("completionReason", INVOKE_RESULT_STOP, JSON_SCALAR),
};
static const struct json_path titan_results[] = {JSON_EACH_KIDS(0, 0, titan_result)};
static const struct json_path output[] = {
	OUTPUT("text"),
	JSON_PATH("stop_reason", INVOKE_RESULT_STOP, JSON_SCALAR),
};
static const struct json_path outputs[] = {JSON_EACH_KIDS(0, 0, output)};
static const struct json_path generation[] = {
	OUTPUT("text"),
	JSON_PATH("finish_reason", INVOKE_RESULT_STOP, JSON_SCALAR),
};
static const struct json_path generations[] = {JSON_EACH_KIDS(0, 0, generation)};
static const struct json_path jurassic_reason[] = {
	JSON_PATH("reason", INVOKE_RESULT_STOP, JSON_SCALAR),
};
static const struct json_path jurassic[] = {JSON_KIDS("finishReason", 0, 0, jurassic_reason)};
static const struct json_path completions[] = {JSON_EACH_KIDS(0, 0, jurassic)};
/* Command R has no ids for tool calls. */
static const struct json_path command_call[] = {
	JSON_PATH("name", WIRE_TOOL_NAME, JSON_SCALAR),
};
static const struct json_path command_calls[] = {
	JSON_EACH_KIDS(INVOKE_CALL, JSON_ENTER | JSON_LEAVE, command_call)};
/* The last event of Cohere's streams repeats all. */
static const struct json_path command_end[] = {
	JSON_PATH("response_id", FACT_RESPONSE_ID, JSON_SCALAR),
	JSON_PATH("id", FACT_RESPONSE_ID, JSON_SCALAR),
};
static const struct json_path answer_top[] = {
	/* several families */
	JSON_PATH("id", FACT_RESPONSE_ID, JSON_SCALAR),
	JSON_PATH("model", FACT_RESPONSE_MODEL, JSON_SCALAR),
	JSON_PATH("type", ANTHROPIC_TYPE, JSON_SCALAR),
	JSON_PATH("stop_reason", ANTHROPIC_STOP, JSON_SCALAR), /* Anthropic, Llama */
	JSON_KIDS("usage", 0, 0, usage),
	JSON_KIDS("amazon-bedrock-invocationMetrics", INVOKE_METRICS, JSON_ENTER, metrics),
	/* Anthropic */
	JSON_KIDS("delta", 0, 0, anthropic_delta),
	JSON_KIDS("content_block", ANTHROPIC_BLOCK, JSON_ENTER | JSON_LEAVE, anthropic_block),
	JSON_KIDS("message", WIRE_TOP_MESSAGE, JSON_SCALAR, anthropic_start),
	JSON_KIDS("error", WIRE_ERROR, JSON_SCALAR, anthropic_error),
	JSON_KIDS("content", 0, 0, anthropic_blocks),
	OUTPUT("completion"),
	/* Nova */
	JSON_KIDS("output", 0, 0, converse_output),
	JSON_PATH("stopReason", CONVERSE_STOP, JSON_SCALAR),
	JSON_PATH("finishReason", CONVERSE_STOP, JSON_SCALAR), /* TwelveLabs Pegasus */
	JSON_KIDS("contentBlockStart", 0, 0, nova_start),
	JSON_KIDS("contentBlockDelta", 0, 0, nova_delta),
	JSON_KIDS("messageStop", 0, 0, nova_stop),
	JSON_KIDS("metadata", 0, 0, nova_metadata),
	/* Titan, whole and streamed; embeddings */
	JSON_PATH("inputTextTokenCount", WIRE_INPUT, JSON_SCALAR),
	JSON_PATH("totalOutputTextTokenCount", INVOKE_TOTAL_OUTPUT, JSON_SCALAR),
	JSON_KIDS("results", 0, 0, titan_results),
	OUTPUT("outputText"),
	JSON_PATH("completionReason", CONVERSE_STOP, JSON_SCALAR),
	/* Llama */
	JSON_PATH("prompt_token_count", WIRE_INPUT, JSON_SCALAR),
	JSON_PATH("generation_token_count", WIRE_OUTPUT, JSON_SCALAR),
	OUTPUT("generation"),
	/* Mistral's completions */
	JSON_KIDS("outputs", 0, 0, outputs),
	/* chat completions */
	JSON_KIDS("choices", 0, 0, choices),
	JSON_PATH("service_tier", FACT_SERVICE_TIER, JSON_SCALAR),
	JSON_PATH("system_fingerprint", FACT_SYSTEM_FINGERPRINT, JSON_SCALAR),
	/* Cohere: Command, Command R */
	JSON_KIDS("generations", 0, 0, generations),
	JSON_PATH("response_id", FACT_RESPONSE_ID, JSON_SCALAR),
	JSON_PATH("finish_reason", CONVERSE_STOP, JSON_SCALAR),
	JSON_KIDS("tool_calls", 0, 0, command_calls),
	JSON_KIDS("response", 0, 0, command_end),
	OUTPUT("text"),
	/* AI21 Jurassic */
	JSON_KIDS("completions", 0, 0, completions),
	/* AWS's own errors */
	JSON_PATH("Message", WIRE_TOP_MESSAGE, JSON_SCALAR),
	JSON_PATH("__type", CONVERSE_ERROR_TYPE, JSON_SCALAR),
};
const struct json_path invoke_answer = JSON_ROOT(answer_top);
