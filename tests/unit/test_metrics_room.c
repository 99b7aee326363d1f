// SPDX-License-Identifier: Apache-2.0
/* The registry of metrics: its bounds, exact sums, forgetting, reading in pieces. */
#include "metrics_rig.h"

static void cap(void **state)
{
	struct metrics *m = make(SEMCONV_1_41, 0, 0);
	struct call c = a_call();
	char model[32];
	struct found f;
	unsigned int i;

	for (i = 0; i < 5000; i++) {
		snprintf(model, sizeof(model), "model-%u", i);
		c.request_model = model;
		metrics__call(m, &c);
	}
	c.request_model = "model-7";
	metrics__call(m, &c);
	f = find(m, "gen_ai.client.operation.duration", NULL);
	assert_int_equal(f.points, 2001);
	assert_int_equal(f.overflows, 1);
	assert_int_equal(f.count, 5001);
	assert_string_equal(f.labels, "");
	/* who was there before the flood goes on */
	assert_int_equal(find(m, "gen_ai.client.operation.duration", "model-7,").count, 2);
	f = find(m, "llmsnoop.tokens", NULL);
	assert_int_equal(f.points, 2001);
	assert_int_equal(f.value, 5001 * 1916);
	metrics__free(m);
}

/* Texts without end: what does not fit into the table overflows as well. */
static void long_labels(void **state)
{
	struct metrics *m = make(SEMCONV_1_41, 0, 1 << 20);
	struct call c = a_call();
	char model[4096];
	struct found f;
	unsigned int i;

	memset(model, 'x', sizeof(model));
	model[sizeof(model) - 1] = 0;
	c.request_model = model;
	for (i = 0; i < 20000; i++) {
		model[snprintf(model, sizeof(model), "%u", i)] = '-';
		metrics__call(m, &c);
	}
	f = find(m, "gen_ai.client.operation.duration", NULL);
	assert_int_equal(f.overflows, 1);
	assert_true(f.points > 10000 && f.points < 20000);
	assert_int_equal(f.count, 20000);
	/* no character is split: 254 bytes of a text that has one at 254..255 */
	memset(model, 'y', sizeof(model));
	memcpy(model + 254, "\xc3\xa9", 3);
	metrics__free(m);
	m = make(SEMCONV_1_41, 0, 0);
	metrics__call(m, &c);
	f = find(m, "gen_ai.client.operation.duration", NULL);
	assert_null(strstr(f.labels, "\xc3"));
	assert_non_null(strstr(f.labels, "yyy"));
	metrics__free(m);
}

/* A million costs and the largest numbers that a body can hold. */
static void exact(void **state)
{
	struct metrics *m = make(SEMCONV_1_41, 0, 0);
	struct call c = a_call();
	unsigned int i;

	c.cost_nusd = 1234567;
	for (i = 0; i < 1000000; i++)
		metrics__call(m, &c);
	assert_int_equal(find(m, "llmsnoop.cost", NULL).value, 1234567000000);
	assert_true(find(m, "llmsnoop.cost", NULL).sum == 1234.567);
	c.input_tokens = INT64_MAX;
	metrics__call(m, &c);
	metrics__call(m, &c);
	assert_int_equal(find(m, "llmsnoop.tokens", "kind=input").value, INT64_MAX);
	assert_int_equal(find(m, "gen_ai.client.token.usage", "type=input").buckets[14], 2);
	metrics__free(m);
}

/* Delta: what was told is gone, totals go on from where they were, gauges stay. */
static void reset(void **state)
{
	struct metrics *m = make(SEMCONV_1_41, 0, 0);
	struct counted tls = {"openssl", 2};
	struct stats st = {.gaps = 7, .targets_of = &tls, .n_targets_of = 1};
	struct call c = a_call();

	metrics__call(m, &c);
	metrics__stats(m, &st);
	metrics__reset(m, 100);
	assert_int_equal(find(m, "llmsnoop.tokens", NULL).points, 0);
	assert_int_equal(find(m, "llmsnoop.attached_targets", NULL).value, 2);
	st.gaps = 9;
	metrics__stats(m, &st);
	metrics__call(m, &c);
	assert_int_equal(find(m, "llmsnoop.gaps", NULL).value, 2);
	assert_int_equal(find(m, "llmsnoop.tokens", "kind=input").value, 1000);
	metrics__free(m);
}

/* New names in each interval for ever: room is found again. */
static void reset_for_ever(void **state)
{
	struct metrics *m = make(SEMCONV_1_41, 0, 100);
	struct call c = a_call();
	char model[256];
	unsigned int i, j;

	c.request_model = model;
	for (i = 0; i < 400; i++) {
		for (j = 0; j < 100; j++) {
			snprintf(model, sizeof(model), "%u-%u-%0200d", i, j, 0);
			metrics__call(m, &c);
		}
		assert_int_equal(find(m, "gen_ai.client.operation.duration", NULL).overflows, 0);
		metrics__reset(m, i);
	}
	metrics__free(m);
}

/* Piece by piece gives the same points as at once, each once. */
static void count_point(void *ctx, const struct metric_def *def, const struct metric_point *p)
{
	++*(unsigned int *)ctx;
}

static void pieces(void **state)
{
	struct metrics *m = make(SEMCONV_1_41, 0, 10);
	unsigned int max, all = 0, n, calls;
	struct call c = a_call();
	char model[32];

	c.request_model = model;
	for (n = 0; n < 20; n++) {
		snprintf(model, sizeof(model), "m%u", n);
		metrics__call(m, &c);
	}
	metrics__each(m, count_point, &all);
	assert_int_equal(all, 11 * 4); /* duration, two of tokens, calls without a price */
	for (max = 1; max < 30; max++) {
		struct metrics_cursor at = {0};

		n = calls = 0;
		while (metrics__some(m, &at, max, count_point, &n))
			calls++;
		assert_int_equal(n, all);
	}
	metrics__free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cap),	 cmocka_unit_test(long_labels),	   cmocka_unit_test(exact),
		cmocka_unit_test(reset), cmocka_unit_test(reset_for_ever), cmocka_unit_test(pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
