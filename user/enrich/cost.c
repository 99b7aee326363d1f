// SPDX-License-Identifier: Apache-2.0
#include "enrich/cost.h"

#include <stddef.h>

#define PER_MILLION 1000000
#define USAGE_MAX 1000000000000LL /* units of one call that are believed */

const struct usage usage_unknown = {
	.input = -1,
	.output = -1,
	.cache_read = -1,
	.cache_write = -1,
	.cache_write_1h = -1,
	.input_audio = -1,
	.input_image = -1,
	.input_video = -1,
	.cache_read_audio = -1,
	.cache_read_image = -1,
	.output_audio = -1,
	.output_image = -1,
	.output_video = -1,
	.output_reasoning = -1,
	.web_searches = -1,
	.audio_ms = -1,
};

#define AT(field) offsetof(struct usage, field)
#define WHOLE PRICE_MAX

/* What is counted, and of which other count it is a part. A part with a price of its own is taken
 * out of its whole, one without stays in. Parts stand behind their wholes. */
static const struct count {
	enum price_unit unit;
	size_t at;
	enum price_unit part_of; /* WHOLE: of none */
} counts[] = {
	{PRICE_INPUT, AT(input), WHOLE},
	{PRICE_CACHE_READ, AT(cache_read), PRICE_INPUT},
	{PRICE_CACHE_WRITE, AT(cache_write), PRICE_INPUT},
	{PRICE_CACHE_WRITE_1H, AT(cache_write_1h), PRICE_CACHE_WRITE},
	{PRICE_INPUT_AUDIO, AT(input_audio), PRICE_INPUT},
	{PRICE_INPUT_IMAGE, AT(input_image), PRICE_INPUT},
	{PRICE_INPUT_VIDEO, AT(input_video), PRICE_INPUT},
	{PRICE_OUTPUT, AT(output), WHOLE},
	{PRICE_OUTPUT_AUDIO, AT(output_audio), PRICE_OUTPUT},
	{PRICE_OUTPUT_IMAGE, AT(output_image), PRICE_OUTPUT},
	{PRICE_OUTPUT_VIDEO, AT(output_video), PRICE_OUTPUT},
	{PRICE_OUTPUT_REASONING, AT(output_reasoning), PRICE_OUTPUT},
	{PRICE_WEB_SEARCH, AT(web_searches), WHOLE},
	{PRICE_AUDIO_MS, AT(audio_ms), WHOLE},
};

#define N_COUNTS (sizeof(counts) / sizeof(counts[0]))

/* Cached audio is neither other audio nor other cached input. */
static int64_t own_count(const struct usage *u, const struct count *c)
{
	int64_t n = *(const int64_t *)((const char *)u + c->at);

	if (c->unit == PRICE_INPUT_AUDIO && n > 0 && u->cache_read_audio > 0)
		n -= u->cache_read_audio;
	if (c->unit == PRICE_INPUT_IMAGE && n > 0 && u->cache_read_image > 0)
		n -= u->cache_read_image;
	return n;
}

/* Gemini's cache is written first and read at once: such tokens are counted as both, and cost what
 * reading does and what writing costs above input. */
static int64_t read_again(const struct count *c, const int64_t *left)
{
	return c->unit == PRICE_CACHE_WRITE ? left[PRICE_CACHE_READ] : 0;
}

static int64_t amount(const struct price_amount *a, int64_t input)
{
	int64_t price = a->base;

	for (unsigned int i = 0; i < a->n_tiers && i < PRICE_TIERS; i++)
		if (input > a->tier[i].start)
			price = a->tier[i].price;
	return price;
}

bool cost__depends(const struct price *p, int64_t input)
{
	for (enum price_unit unit = PRICE_INPUT; unit < PRICE_MAX; unit++)
		for (unsigned int i = 0; p->of[unit].known && i < p->of[unit].n_tiers; i++)
			if (input > p->of[unit].tier[i].start)
				return true;
	return false;
}

int64_t cost__of(const struct price *p, const struct usage *u)
{
	int64_t left[PRICE_MAX] = {0};
	bool counted = false;
	__int128 sum = 0;

	for (size_t i = 0; i < N_COUNTS; i++) {
		const struct count *c = &counts[i];
		int64_t n = own_count(u, c);

		if (n > USAGE_MAX)
			return -1;
		if (n < 0)
			continue;
		if (c->part_of == WHOLE) {
			left[c->unit] = n;
			continue;
		}
		/* What a whole is not told of cannot be taken out of it. */
		if (!p->of[c->unit].known || !n)
			continue;
		if (n > left[c->part_of] + read_again(c, left))
			return -1;
		left[c->part_of] -= n;
		left[c->unit] += n;
	}
	for (enum price_unit unit = PRICE_INPUT; unit < PRICE_MAX; unit++) {
		if (!left[unit])
			continue;
		if (!p->of[unit].known)
			return -1;
		sum += (__int128)left[unit] * amount(&p->of[unit], u->input);
		counted = true;
	}
	if (!counted && u->input < 0 && u->output < 0)
		return -1;
	/* Half of a call's cost is no cost. */
	if ((u->input < 0 && u->audio_ms < 0 && amount(&p->of[PRICE_INPUT], 0) > 0) ||
	    (u->output < 0 && u->audio_ms < 0 && amount(&p->of[PRICE_OUTPUT], 0) > 0))
		return -1;
	if (p->of[PRICE_REQUEST].known)
		sum += amount(&p->of[PRICE_REQUEST], u->input);
	sum = (sum + PER_MILLION / 2) / PER_MILLION;
	return sum < 0 || sum > INT64_MAX ? -1 : (int64_t)sum;
}
