// SPDX-License-Identifier: Apache-2.0
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "base/hist.h"
#include "call/timing.h"
#include "base/limits.h"

static const double quantiles[] = {0.001, 0.25, 0.5, 0.9, 0.99, 1.0};

static void quantiles_are_within_the_stated_error(void **state)
{
	static struct hist h;
	enum { N = 5000 };
	static uint64_t v[N];
	unsigned int i, round;

	srand(7);
	for (round = 0; round < 8; round++) {
		h = (struct hist){0};
		for (i = 0; i < N; i++) {
			/* all magnitudes from 1 to 2^63 */
			v[i] = ((uint64_t)rand() << 33 ^ (uint64_t)rand() << 2) >> (rand() % 64);
			hist__add(&h, v[i]);
		}
		for (i = 0; i < sizeof(quantiles) / sizeof(quantiles[0]); i++) {
			double want = (double)hist__quantile_exact(v, N, quantiles[i]);
			double got = (double)hist__quantile(&h, quantiles[i]);

			assert_true(fabs(got - want) <= want / 64);
		}
	}
}

static void edges(void **state)
{
	static struct hist h;
	uint64_t v[] = {5, 1, 3, 2, 4};

	assert_int_equal(hist__quantile(&h, 0.5), 0);
	hist__add(&h, UINT64_MAX);
	assert_true(hist__quantile(&h, 0.5) == UINT64_MAX);
	hist__add(&h, 0);
	assert_int_equal(hist__quantile(&h, 0.5), 0);
	assert_true(hist__quantile(&h, 1) == UINT64_MAX);
	assert_int_equal(hist__quantile_exact(v, 5, 0.5), 3);
	assert_int_equal(hist__quantile_exact(v, 5, 0.99), 5);
	assert_int_equal(hist__quantile_exact(v, 1, 0.5), 1);
}

static void timing_goes_over_to_the_histogram(void **state)
{
	struct limits lim = limits_default;
	struct timing few = {0}, many = {0};
	uint64_t at = 1000;
	unsigned int i;

	lim.gaps_samples = 8;
	assert_int_equal(timing__quantile(&few, 0.5), -1);
	for (i = 0; i < 9; i++)
		timing__output(&few, &lim, at += i * 1000);
	assert_null(few.hist);
	assert_int_equal(timing__quantile(&few, 0.5), 4000);
	assert_int_equal(timing__quantile(&few, 0.99), 8000);
	for (i = 0; i < 2001; i++)
		timing__output(&many, &lim, at += i);
	assert_non_null(many.hist);
	assert_int_equal(many.chunks, 2001);
	assert_true(llabs(timing__quantile(&many, 0.5) - 1000) <= 1000 / 64);
	timing__free(&few);
	timing__free(&many);
}

static void no_interval_spans_a_hole(void **state)
{
	struct timing t = {0};

	timing__output(&t, &limits_default, 100);
	timing__output(&t, &limits_default, 110);
	timing__gap(&t);
	assert_true(t.last_lost);
	timing__output(&t, &limits_default, 5000);
	timing__output(&t, &limits_default, 5010);
	assert_int_equal(t.n_samples, 2);
	assert_int_equal(timing__quantile(&t, 1), 10);
	assert_false(t.late);
	assert_true(t.torn);
	assert_false(t.last_lost);
	timing__free(&t);

	timing__gap(&t);
	timing__output(&t, &limits_default, 1);
	assert_true(t.late);
	timing__free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quantiles_are_within_the_stated_error),
		cmocka_unit_test(edges),
		cmocka_unit_test(timing_goes_over_to_the_histogram),
		cmocka_unit_test(no_interval_spans_a_hole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
