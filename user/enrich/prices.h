/* SPDX-License-Identifier: Apache-2.0 */
/* prices.h: a list of prices: what a provider asks for a model at a time. */
#ifndef LLMSNOOP_PRICES_H
#define LLMSNOOP_PRICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "enrich/cost.h"

#define PRICES_FILE_MAX (16 << 20) /* bytes of a list */

struct prices;

/* Which price is wanted. */
struct price_query {
	const char *provider; /* gen_ai.provider.name; NULL: unknown */
	const char *upstream; /* whom a gateway passed the call on to; NULL: unknown */
	const char *model;
	const char *service_tier;   /* NULL: unsaid */
	const char *speed;	    /* "fast" or "standard", which is as NULL: unsaid */
	const char *search_context; /* "low", "medium", "high"; NULL: unsaid */
	bool batch;
	uint64_t time_s; /* since 1970, UTC */
};

/* Reads a list: genai-prices' data.json or what tools/make-prices makes of it, or LiteLLM's
 * model_prices_and_context_window.json; path NULL: the one built in. Entries that cannot be read
 * are left out and counted (prices__skipped). On failure ret_error says what, where and why (at
 * most size bytes); -EINVAL, -E2BIG, -ENOMEM, or what the file system said. */
int prices__load(const char *path, char *ret_error, size_t size, struct prices **ret);
void prices__free(struct prices *p); /* NULL is fine */

/* "list:genai-prices 0.2.3", "list:NAME" for a file; lives as long as p. */
const char *prices__source(const struct prices *p);
unsigned int prices__models(const struct prices *p);
unsigned int prices__skipped(const struct prices *p);

/* The price that held then. false: the list has none (for a batch: none of batches; for
 * a speed: none of it). Remembers
 * answers, bounded. */
bool prices__find(struct prices *p, const struct price_query *q, struct price *ret);

#endif
