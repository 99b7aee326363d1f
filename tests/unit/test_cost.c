// SPDX-License-Identifier: Apache-2.0
/* What calls cost: sums in whole nano-dollars, and what is not known stays unknown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "enrich/cost.h"

#define PER_M(dollars) ((int64_t)((dollars)*1e9)) /* a price per million units */

static struct price price_of(double input, double output)
{
	struct price p = {0};

	p.of[PRICE_INPUT] = (struct price_amount){.known = true, .base = PER_M(input)};
	p.of[PRICE_OUTPUT] = (struct price_amount){.known = true, .base = PER_M(output)};
	return p;
}

static struct usage used(int64_t input, int64_t output)
{
	struct usage u = usage_unknown;

	u.input = input;
	u.output = output;
	return u;
}

static void test_plain(void **state)
{
	struct price p = price_of(2.5, 10);
	struct usage u = used(1000, 100);

	assert_int_equal(cost__of(&p, &u), 3500000);
	u = used(0, 0);
	assert_int_equal(cost__of(&p, &u), 0);
	/* half a nano-dollar is rounded up, once */
	p = price_of(0.0005, 0);
	u = used(1, 0);
	assert_int_equal(cost__of(&p, &u), 1);
	u = used(3, 0);
	assert_int_equal(cost__of(&p, &u), 2);
}

static void test_unknown(void **state)
{
	struct price p = price_of(1, 2), embedding = price_of(1, 0), none = {0};
	struct usage u = usage_unknown;

	assert_true(cost__of(&p, &u) < 0);
	u = used(10, -1);
	assert_true(cost__of(&p, &u) < 0);
	assert_int_equal(cost__of(&embedding, &u), 10000);
	u = used(-1, 10);
	assert_true(cost__of(&p, &u) < 0);
	u = used(10, 10);
	assert_true(cost__of(&none, &u) < 0);
	embedding.of[PRICE_OUTPUT].known = false;
	assert_true(cost__of(&embedding, &u) < 0); /* something was made that has no price */
	u = used(INT64_MAX, 1);
	assert_true(cost__of(&p, &u) < 0);
}

/* A part with a price of its own is taken out of its whole, one without is charged as that. */
static void test_parts(void **state)
{
	struct price p = price_of(10, 20);
	struct usage u = used(1000, 500);

	u.cache_read = 400;
	u.output_reasoning = 100;
	assert_int_equal(cost__of(&p, &u), 1000 * 10000 + 500 * 20000);
	p.of[PRICE_CACHE_READ] = (struct price_amount){.known = true, .base = PER_M(1)};
	assert_int_equal(cost__of(&p, &u), 600 * 10000 + 400 * 1000 + 500 * 20000);
	u.cache_write = 300;
	u.cache_write_1h = 100;
	p.of[PRICE_CACHE_WRITE] = (struct price_amount){.known = true, .base = PER_M(12)};
	assert_int_equal(cost__of(&p, &u), 300 * 10000 + 400 * 1000 + 300 * 12000 + 500 * 20000);
	p.of[PRICE_CACHE_WRITE_1H] = (struct price_amount){.known = true, .base = PER_M(16)};
	assert_int_equal(cost__of(&p, &u),
			 300 * 10000 + 400 * 1000 + 200 * 12000 + 100 * 16000 + 500 * 20000);
	u.cache_read = 1001; /* more than there was */
	assert_true(cost__of(&p, &u) < 0);
}

/* Gemini's cache through a gateway: 2161 tokens were written, and read at once. */
static void test_written_and_read(void **state)
{
	struct price p = price_of(0.3, 2.5);
	struct usage u = used(2168, 100);

	p.of[PRICE_CACHE_READ] = (struct price_amount){.known = true, .base = PER_M(0.03)};
	p.of[PRICE_CACHE_WRITE] = (struct price_amount){.known = true, .base = PER_M(0.3833333333)};
	u.cache_read = u.cache_write = 2161;
	assert_int_equal(cost__of(&p, &u), 497013);
	u.cache_write = 2169; /* more than was read and than there is */
	assert_true(cost__of(&p, &u) < 0);
}

static void test_audio(void **state)
{
	struct price p = price_of(1, 1);
	struct usage u = used(1000, 0);

	p.of[PRICE_INPUT_AUDIO] = (struct price_amount){.known = true, .base = PER_M(10)};
	p.of[PRICE_CACHE_READ] = (struct price_amount){.known = true, .base = 0};
	u.input_audio = 300;
	u.cache_read = 500;
	u.cache_read_audio = 100;
	/* 200 of fresh audio, 500 cached, 300 of text */
	assert_int_equal(cost__of(&p, &u), 200 * 10000 + 300 * 1000);
}

static void test_tiers(void **state)
{
	struct price p = price_of(1, 2);
	struct usage u = used(200000, 10);

	p.of[PRICE_INPUT].n_tiers = 1;
	p.of[PRICE_INPUT].tier[0].start = 200000;
	p.of[PRICE_INPUT].tier[0].price = PER_M(3);
	p.of[PRICE_OUTPUT].n_tiers = 1;
	p.of[PRICE_OUTPUT].tier[0].start = 200000;
	p.of[PRICE_OUTPUT].tier[0].price = PER_M(5);
	assert_int_equal(cost__of(&p, &u), 200000 * 1000 + 10 * 2000);
	u.input++;
	assert_int_equal(cost__of(&p, &u), 200001LL * 3000 + 10 * 5000);
}

static void test_besides(void **state)
{
	struct price p = price_of(0, 0), audio = {0};
	struct usage u = used(5, 5);

	p.of[PRICE_WEB_SEARCH] = (struct price_amount){.known = true, .base = PER_M(10000)};
	u.web_searches = 2;
	assert_int_equal(cost__of(&p, &u), 20000000);
	p.of[PRICE_REQUEST] = (struct price_amount){.known = true, .base = PER_M(5000)};
	assert_int_equal(cost__of(&p, &u), 25000000);
	audio.of[PRICE_AUDIO_MS] = (struct price_amount){.known = true, .base = PER_M(0.1)};
	u = usage_unknown;
	u.audio_ms = 60000;
	assert_int_equal(cost__of(&audio, &u), 6000000);
}

/* A million calls to the last nano-dollar. */
static void test_exact(void **state)
{
	struct price p = price_of(0.075, 0.3);
	int64_t sum = 0;
	int i;

	for (i = 0; i < 1000000; i++) {
		struct usage u = used(1 + i % 40, 7);

		sum += cost__of(&p, &u);
	}
	/* 75 and 300 nano-dollars a token: no rounding at all */
	assert_int_equal(sum, 1000000LL * 7 * 300 + 25000LL * (40 * 41 / 2) * 75);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),	cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_parts),	cmocka_unit_test(test_written_and_read),
		cmocka_unit_test(test_audio),	cmocka_unit_test(test_tiers),
		cmocka_unit_test(test_besides), cmocka_unit_test(test_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
