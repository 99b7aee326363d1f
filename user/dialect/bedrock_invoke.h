/* SPDX-License-Identifier: Apache-2.0 */
/* bedrock_invoke.h: InvokeModel's bodies, which are those of the models behind it. */
#ifndef LLMSNOOP_BEDROCK_INVOKE_H
#define LLMSNOOP_BEDROCK_INVOKE_H

#include "dialect/bedrock.h"

enum invoke_part {
	INVOKE_PROMPT = CONVERSE_END, /* the request has a text to go on from */
	/* an answer's token counts that include what was cached, as chat completions have them */
	INVOKE_TOTAL_OUTPUT, /* Titan says it at the end only */
	INVOKE_PROMPT_TOKENS,
	/* amazon-bedrock-invocationMetrics */
	INVOKE_METRICS,
	INVOKE_METRIC_INPUT,
	INVOKE_METRIC_OUTPUT,
	INVOKE_METRIC_CACHE_READ,
	INVOKE_METRIC_CACHE_WRITE,
	/* several results beside each other: each with a reason of its own */
	INVOKE_RESULT_STOP,
	/* choices of a chat completion */
	INVOKE_CHOICE,
	INVOKE_CHOICE_INDEX,
	INVOKE_CHOICE_STOP,
	INVOKE_CALL, /* one of its tool calls */
};

extern const struct json_path invoke_request;
extern const struct json_path invoke_answer;

#endif
