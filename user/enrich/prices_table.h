/* SPDX-License-Identifier: Apache-2.0 */
/* prices_table.h: a list of prices in memory, as its readers fill it in. */
#ifndef LLMSNOOP_PRICES_TABLE_H
#define LLMSNOOP_PRICES_TABLE_H

#include "base/arena.h"
#include "enrich/clause.h"
#include "enrich/cost.h"

struct cJSON;

#define PRICES_ARENA_MAX (64 << 20)
#define FALLBACKS_MAX 8
#define CONDITIONS_MAX 3 /* of one variant */

/* One amount; a tier's begins above start. */
struct price_line {
	enum price_unit unit;
	int64_t start; /* -1: the base */
	int64_t price; /* nano-dollars per million units */
};

/* Prices that hold from a day on, or at a time of the day. */
struct price_lines {
	const struct price_line *line;
	unsigned int n;
	bool unknown_unit;	    /* something is asked for that is not counted */
	int64_t from_s;		    /* since 1970; INT64_MIN: always */
	int from_of_day, to_of_day; /* seconds, UTC; -1: all day. from > to: over midnight */
	/* Of a variant: what the call must be, all of it. */
	struct {
		const char *key, *value;
	} when[CONDITIONS_MAX];
	unsigned int n_when;
};

struct price_model {
	struct clause *match;		  /* NULL: name alone */
	const char *name;		  /* in full; NULL: match alone */
	const struct price_lines *prices; /* the last that holds counts, else the first */
	unsigned int n_prices;
	const struct price_lines *variants; /* override line by line, the first that holds */
	unsigned int n_variants;
	struct price_model *next;
};

struct price_provider {
	const char *id;
	struct clause *model_match; /* of names that are this provider's models; NULL: none */
	struct price_model *models;
	const char *fallback[FALLBACKS_MAX];
	unsigned int n_fallback;
	struct price_provider *next;
};

struct price_answer;

struct prices {
	struct arena arena;
	struct arena_budget budget;
	struct price_provider *providers;
	struct price_answer *answers;
	char source[96];
	unsigned int n_models, n_skipped;
};

/* Dollars as a decimal number to nano-dollars, times scale. INT64_MIN: out of range. */
int64_t prices__nano(double dollars, double scale);

/* Readers: fill in p from a parsed document. -EINVAL: it has another form; -ENOMEM. */
int prices__read_genai(struct prices *p, const struct cJSON *root, char *ret_error, size_t size);
int prices__read_litellm(struct prices *p, const struct cJSON *root, char *ret_error, size_t size);

#endif
