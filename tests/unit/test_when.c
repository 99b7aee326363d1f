// SPDX-License-Identifier: Apache-2.0
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "call/when.h"

#define NOW 1763647333.0 /* 2025-11-20T14:02:13Z */

static void resets_are_seconds_from_now(void **state)
{
	static const struct {
		const char *text;
		double want;
	} cases[] = {
		{"0", 0},
		{"7", 7},
		{"33011.382", 33011.382},
		{"6m0s", 360},
		{"1s", 1},
		{"120ms", 0.12},
		{"2m59.56s", 179.56},
		{"1h1m1s", 3661},
		{"1d2h", 93600},
		{"8.64s", 8.64},
		{"17us", 17e-6},
		{"17\xC2\xB5s", 17e-6},
		{"5ns", 5e-9},
		{"2025-11-20T14:02:43Z", 30},
		{"2025-11-20T14:02:43.25Z", 30.25},
		{"2025-11-20T15:02:43+01:00", 30},
		{"2025-11-20T13:32:43-00:30", 30},
		{"2025-11-20 14:02:43z", 30},
		{"Thu, 20 Nov 2025 14:02:43 GMT", 30},
		{"1763647343", 10},
		{"1763647343500", 10.5},
		/* what is past */
		{"2025-11-20T14:02:03Z", 0},
		{"1763647000", 0},
		{"Wed, 21 Oct 2015 07:28:00 GMT", 0},
		/* none */
		{"", NAN},
		{"-1", NAN},
		{"1e3", NAN},
		{"1.", NAN},
		{"1 s", NAN},
		{"s", NAN},
		{"1s1m", NAN},
		{"1s1s", NAN},
		{"1s1", NAN},
		{"1x", NAN},
		{"9999999999999999999", NAN},
		{"0x10", NAN},
		{"2025-13-20T14:02:43Z", NAN},
		{"2025-11-20T14:02:43", NAN},
		{"2025-11-20T14:02:43.Z", NAN},
		{"2025-11-20T14:02:43.1111111111111111111111111Z", NAN},
		{"2025-11-20T24:02:43Z", NAN},
		{"2025-11-20T14:02:43+1:00", NAN},
		{"2025-11-20", NAN},
		{"Thu, 20 Nov 2025 14:02:43 CET", NAN},
		{"Thu, 20 Xyz 2025 14:02:43 GMT", NAN},
		{"Thu, 20 Nov 2025 14:02:43 GMT ", NAN},
		{"Thu, 20 N", NAN},
	};
	double got;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		/* exactly as long as it is, so that a byte too far is seen */
		size_t n = strlen(cases[i].text);
		char *text = malloc(n ? n : 1);

		memcpy(text, cases[i].text, n);
		got = when__reset(span(text, n), NOW);
		free(text);
		if (isnan(cases[i].want) ? !isnan(got) : !(fabs(got - cases[i].want) < 1e-6))
			fail_msg("%s: %g, not %g", cases[i].text, got, cases[i].want);
	}
}

static void dates_are_those_of_the_calendar(void **state)
{
	char text[64];
	time_t t;
	struct tm tm;
	size_t n;

	for (t = 0; t < 8000000000; t += 86400 * 17 + 3661) {
		gmtime_r(&t, &tm);
		n = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
		assert_true(when__date(span(text, n)) == (double)t);
		n = strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &tm);
		assert_true(when__date(span(text, n)) == (double)t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(resets_are_seconds_from_now),
		cmocka_unit_test(dates_are_those_of_the_calendar),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
