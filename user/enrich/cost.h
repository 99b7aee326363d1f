/* SPDX-License-Identifier: Apache-2.0 */
/* cost.h: what a call costs by a list of prices. Money is counted in whole nano-dollars, so that
 * sums over any number of calls are exact. */
#ifndef LLMSNOOP_COST_H
#define LLMSNOOP_COST_H

#include <stdbool.h>
#include <stdint.h>

/* What providers ask money for. A part that has no price of its own is charged as the kind of
 * which it is a part (cost.c has the table): cached audio as audio, audio as other input. */
enum price_unit {
	PRICE_INPUT, /* tokens */
	PRICE_OUTPUT,
	PRICE_CACHE_READ,
	PRICE_CACHE_WRITE,
	PRICE_CACHE_WRITE_1H, /* kept for an hour; else for five minutes */
	PRICE_INPUT_AUDIO,
	PRICE_INPUT_IMAGE,
	PRICE_INPUT_VIDEO,
	PRICE_CACHE_READ_AUDIO,
	PRICE_CACHE_READ_IMAGE,
	PRICE_OUTPUT_AUDIO,
	PRICE_OUTPUT_IMAGE,
	PRICE_OUTPUT_VIDEO,
	PRICE_OUTPUT_REASONING,
	PRICE_WEB_SEARCH, /* pieces */
	PRICE_REQUEST,
	PRICE_AUDIO_MS, /* milliseconds */
	PRICE_MAX,
};

#define PRICE_TIERS 4

/* In nano-dollars per million units. */
struct price_amount {
	bool known;
	int64_t base;
	unsigned int n_tiers;
	struct {
		int64_t start; /* input tokens of a call above which all of it costs: */
		int64_t price;
	} tier[PRICE_TIERS]; /* ascending */
};

struct price {
	struct price_amount of[PRICE_MAX];
};

/* What a call used. -1: not known; totals include their parts, as the record has them. */
struct usage {
	int64_t input, output;
	int64_t cache_read, cache_write, cache_write_1h; /* cache_write includes the hour's */
	int64_t input_audio, input_image, input_video;
	int64_t cache_read_audio, cache_read_image;
	int64_t output_audio, output_image, output_video, output_reasoning;
	int64_t web_searches;
	int64_t audio_ms;
};

extern const struct usage usage_unknown;

/* Does the price of a token depend on whether a call has more input than some of so many tokens? */
bool cost__depends(const struct price *p, int64_t input);

/* Nano-dollars, rounded half up once. Negative: not known, since nothing that is priced was
 * counted, something that was counted has no price, or parts exceed their whole. */
int64_t cost__of(const struct price *p, const struct usage *u);

#endif
