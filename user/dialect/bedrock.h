/* SPDX-License-Identifier: Apache-2.0 */
/* bedrock.h: what the APIs of Amazon Bedrock's runtime share. Source: Amazon Bedrock API Reference,
 * "Amazon Bedrock Runtime"; recorded traffic. */
#ifndef LLMSNOOP_BEDROCK_H
#define LLMSNOOP_BEDROCK_H

#include "dialect/anthropic.h"

/* Is the path /model/{id}{verb}? The id is percent-encoded or, as some SDKs send an ARN, not: then
 * it holds slashes. What stands before /model/ is a gateway's. */
bool bedrock__path(struct span path, const char *verb);
/* The id; borrowed from path. */
struct span bedrock__model(struct span path);

/* Hooks. begin: a request signed by an AWS SDK proves the dialect, and …-stream asks for one.
 * head: x-amzn-requestid proves it; x-amzn-errortype names the error, cut at ':'. */
void bedrock__begin(struct dialect_reader *r, const struct http_head *h);
void bedrock__head(struct dialect_reader *r, const struct http_head *h);

enum converse_part {
	CONVERSE_TOOL = ANTHROPIC_END,
	CONVERSE_TOOL_TYPE,
	CONVERSE_INPUT,
	CONVERSE_OUTPUT,
	CONVERSE_STOP,
	CONVERSE_CACHE, /* one time to live of what was written to the cache */
	CONVERSE_CACHE_TTL,
	CONVERSE_CACHE_TOKENS,
	CONVERSE_TOOL_RESULT,
	CONVERSE_FORMAT,
	CONVERSE_ERROR_TYPE, /* "__type" */
	CONVERSE_ASKED,	     /* a request has it that is no other's */
	CONVERSE_END,
};

/* The first member of the private state of each dialect that reads these. */
struct converse {
	struct text cache_ttl;
	int64_t cache_tokens;
};

/* Amazon's Nova speaks Converse within InvokeModel. */
extern const struct json_path converse_messages[1]; /* of a request, under WIRE_MESSAGES */
extern const struct json_path converse_block[4];    /* a content block, its start or its delta */
extern const struct json_path converse_output[1];
extern const struct json_path converse_usage[8];

/* Values of CONVERSE_ ids. */
void converse__request_value(struct dialect_reader *r, const struct json_value *v);
void converse__answer_value(struct dialect_reader *r, const struct json_value *v);

#endif
