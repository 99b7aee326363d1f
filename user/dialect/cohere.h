/* SPDX-License-Identifier: Apache-2.0 */
/* cohere.h: what the wires of Cohere share. */
#ifndef LLMSNOOP_COHERE_H
#define LLMSNOOP_COHERE_H

#include "dialect/wire.h"

/* {"tokens","billed_units","cached_tokens"}: usage in v2, meta in v1. */
extern const struct json_path cohere_usage[3];
/* What billed_units holds: all that is said of embeddings and rankings. */
extern const struct json_path cohere_billed[3];

/* What is billed is what is used where nothing else is said. */
void cohere__count(const struct dialect_reader *r, int64_t tokens[WIRE_N_USAGE]);

/* The answer's "id"; that of an error names no answer. */
void cohere__id(struct dialect_reader *r, const struct json_value *v);

/* Does path end with tail, on a host that may be Cohere's or that sells its models (Azure)? */
bool cohere__path(const struct http_head *h, struct span path, const char *tail);

#endif
