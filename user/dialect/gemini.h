/* SPDX-License-Identifier: Apache-2.0 */
/* gemini.h: what Gemini's wires share. Google's servers and SDKs write proto3 JSON, which may spell
 * every field in camelCase or in snake_case (protobuf.dev, "ProtoJSON Format"). */
#ifndef LLMSNOOP_GEMINI_H
#define LLMSNOOP_GEMINI_H

#include "dialect/wire.h"

#define GEMINI_PATH(camel, snake, id, want) JSON_PATH(camel, id, want), JSON_PATH(snake, id, want)
#define GEMINI_KIDS(camel, snake, id, want, t) \
	JSON_KIDS(camel, id, want, t), JSON_KIDS(snake, id, want, t)

enum {
	/* of a request */
	GEMINI_MIME_TYPE = WIRE_OWN,
	GEMINI_RESPONSE_MODALITY,
	/* elements of the lists of tokens by modality */
	GEMINI_INPUT,
	GEMINI_OUTPUT,
	GEMINI_CACHE,
	GEMINI_MODALITY,
	GEMINI_TOKENS,
	GEMINI_OWN, /* ids from here on belong to the wire's file */
};

/* The element that is being read. */
struct gemini_detail {
	int modality; /* 0: text, 1: image, 2: audio, as the facts are ordered; -1: another */
	int64_t tokens;
};

/* What stands under generationConfig. */
extern const struct json_path gemini_config[22];

/* A value of the ids GEMINI_MIME_TYPE and GEMINI_RESPONSE_MODALITY; of others nothing. */
void gemini__output_type(struct dialect_reader *r, const struct json_value *v);

/* What stands under usageMetadata. */
extern const struct json_path gemini_usage[25];

/* A value of one of the ids GEMINI_INPUT to GEMINI_TOKENS. */
void gemini__detail(struct dialect_reader *r, struct gemini_detail *d, const struct json_value *v);
/* dialect.count: output includes thoughts, which candidatesTokenCount leaves out. */
void gemini__count(const struct dialect_reader *r, int64_t tokens[WIRE_N_USAGE]);

/* Does path end with a custom method (google.aip.dev/136), as in …/models/{model}:{method}? */
bool gemini__method_is(struct span path, const char *method);
/* dialect.path_model: {model} of …/models/{model}:{method}, …/tunedModels/… or …/endpoints/…. */
struct span gemini__path_model(struct span path);
/* Without "models/" and what may stand before it. */
struct span gemini__model(struct span name);

#endif
