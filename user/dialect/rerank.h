/* SPDX-License-Identifier: Apache-2.0 */
/* rerank.h: the one shape that all rankings of documents have, whoever sells them. Their paths are
 * ordinary words: a query with documents, answered by places with scores, proves it. */
#ifndef LLMSNOOP_RERANK_H
#define LLMSNOOP_RERANK_H

#include "dialect/wire.h"

/* State of a reader. */
struct rerank {
	uint8_t asked, answered; /* which marks were seen; answered: of one result */
};

extern const struct json_path rerank_request, rerank_answer;

void rerank__request_value(struct dialect_reader *r, const struct json_value *v);
/* Hook: what a request with a model, a query and documents is refused by is no result to tell it
 * by. */
void rerank__head(struct dialect_reader *r, const struct http_head *h);
void rerank__answer_value(struct dialect_reader *r, const struct json_value *v);

#endif
