// SPDX-License-Identifier: Apache-2.0
/* Reports on what the tracer lost: over its runs, and in a period. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "collect_rig.h"

#define TYPE "\"type\":\"stats\""
#define STATS(time, started, more) "{" TYPE ",\"time\":\"2026-11-" time "Z\"" started more "}\n"
#define STARTED(time) ",\"started\":\"2026-11-" time "Z\""
#define LOST(records, bytes) ",\"lost_records\":" #records ",\"lost_bytes\":" #bytes

/* Two runs of which one began before the day, two hosts at once, and a version that does not say
 * when it began. */
static const char *const losses_of_runs[] = {
	/* the first loses 5 before the day, 4 in it and 90 behind it */
	STATS("19T23:59:00", STARTED("19T08:00:00"), LOST(5, 500) ",\"gaps\":2"),
	STATS("19T08:01:00", STARTED("19T08:00:00"), LOST(1, 0)),
	STATS("20T00:01:00", STARTED("19T08:00:00"), LOST(5, 500) ",\"gaps\":2"),
	STATS("20T07:00:00", STARTED("19T08:00:00"), LOST(9, 700) ",\"gaps\":3"),
	STATS("21T07:00:00", STARTED("19T08:00:00"), LOST(99, 7000) ",\"refused\":1"),
	/* restarted twice, the second time without a loss */
	STATS("20T09:00:00", STARTED("20T08:00:00.5"), LOST(7, 70) ",\"missed_calls\":1"),
	STATS("20T08:30:00", STARTED("20T08:00:00.5"), LOST(3, 30)),
	STATS("20T11:00:00", STARTED("20T10:00:00"), LOST(0, 0)),
	/* another host */
	STATS("20T09:00:00", STARTED("20T08:00:00.500000001"), LOST(2, 20) ",\"unwritten\":1"),
	/* one that was over before the day */
	STATS("18T09:00:00", STARTED("18T08:00:00"), LOST(1000, 1000)),
	/* as it was: the most that any says */
	STATS("19T09:00:00", "", LOST(200, 0)),
	STATS("20T09:00:00", "", LOST(10, 0)),
	STATS("20T10:00:00", ",\"started\":\"then\"", LOST(20, 0)),
	STATS("20T11:00:00", ",\"started\":5", LOST(15, 0)),
};

#define N_LINES (sizeof(losses_of_runs) / sizeof(losses_of_runs[0]))

/* A file of these lines, or of them from the last to the first with the type as last key. */
static const char *file_of_losses(bool turned)
{
	static char text[200 * N_LINES];
	char *to = text;

	for (size_t i = 0; i < N_LINES; i++) {
		const char *line = losses_of_runs[turned ? N_LINES - 1 - i : i];
		const char *rest = line + strlen("{" TYPE ",");

		if (turned)
			to += sprintf(to, "{%.*s," TYPE "}\n", (int)strcspn(rest, "}"), rest);
		else
			to += sprintf(to, "%s", line);
	}
	return text;
}

static void test_losses(void **state)
{
	static const struct {
		const char *from, *to;
		int64_t records, bytes, gaps, missed, refused, unwritten;
	} table[] = {
		{"2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z", 4 + 7 + 2 + 20, 200 + 70 + 20, 1,
		 1, 0, 1},
		{"2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z", 99 + 7 + 2 + 1000 + 200,
		 7000 + 70 + 20 + 1000, 3, 1, 1, 1},
		{"2026-11-20T07:00:00.000000001Z", "2026-11-20T08:59:00Z", 3, 30, 0, 0, 0, 0},
		{"2026-11-21T00:00:00Z", "2026-11-22T00:00:00Z", 90, 6300, 0, 0, 1, 0},
		{"2026-11-21T07:00:00.000000001Z", "2026-11-22T00:00:00Z", 0, 0, 0, 0, 0, 0},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		for (size_t k = 0; k < 4; k++) {
			struct losses l;

			cfg.period = (struct period){at(table[i].from), at(table[i].to)};
			cfg.before = (struct period){0};
			if (k & 1)
				assert_true(period__before(&cfg.period, true, &cfg.before));
			assert_int_equal(over(file_of_losses(k / 2)), 0);
			/* What comes twice changes nothing. */
			assert_int_equal(collect__file(&collect, path_of("records")), 0);
			l = loss_runs__sum(&collect.losses);
			assert_int_equal(l.v[LOSS_RECORDS], table[i].records);
			assert_int_equal(l.v[LOSS_BYTES], table[i].bytes);
			assert_int_equal(l.v[LOSS_GAPS], table[i].gaps);
			assert_int_equal(l.v[LOSS_MISSED], table[i].missed);
			assert_int_equal(l.v[LOSS_REFUSED], table[i].refused);
			assert_int_equal(l.v[LOSS_UNWRITTEN], table[i].unwritten);
			assert_int_equal(collect.foreign.n, 0);
			assert_int_equal(collect.broken.n, 0);
			assert_false(collect.losses.full);
			collect__close(&collect);
		}
}

/* Of runs that are too many the one that lost most counts, and that is said. */
static void test_too_many_runs(void **state)
{
	unsigned int max = limits_default.report_starts;
	char *text = malloc(160 * (size_t)(max + 3)), *said;

	for (unsigned int more = 0; more <= 3; more += 3) {
		char *to = text;

		for (unsigned int i = 0; i < max + more; i++)
			to += sprintf(
				to,
				STATS("20T12:00:00", STARTED("19T%02u:%02u:%02u"), ",\"gaps\":%u"),
				i / 3600, i / 60 % 60, i % 60, i < max ? 2 : i);
		assert_int_equal(over(text), 0);
		assert_int_equal(collect.losses.full, more > 0);
		said = output(report_text, 0);
		assert_int_equal(strstr(said, "too many runs of llmsnoop") != NULL, more > 0);
		free(said);
		assert_int_equal(loss_runs__sum(&collect.losses).v[LOSS_GAPS],
				 2 * max + (more ? max + more - 1 : 0));
		collect__close(&collect);
	}
	free(text);
}

static int remove_folder(void **state)
{
	return remove_files(NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_losses, reset),
		cmocka_unit_test_setup(test_too_many_runs, reset),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
