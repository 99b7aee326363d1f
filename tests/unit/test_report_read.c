// SPDX-License-Identifier: Apache-2.0
/* What reports read: times as people write them, over changes of the clock, and lines of records.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "call/fields.h"
#include "report/entry.h"
#include "report_rig.h"

static void test_times(void **state)
{
	/* now is 2026-11-20T14:02:13.5 in Berlin, and in UTC where that is said */
	static const struct {
		const char *text, *local, *utc;
	} table[] = {
		{"now", "2026-11-20T13:02:13.5Z", "2026-11-20T13:02:13.5Z"},
		{"today", "2026-11-19T23:00:00Z", "2026-11-20T00:00:00Z"},
		{"yesterday", "2026-11-18T23:00:00Z", "2026-11-19T00:00:00Z"},
		{"tomorrow", "2026-11-20T23:00:00Z", "2026-11-21T00:00:00Z"},
		{"2026-11", "2026-10-31T23:00:00Z", "2026-11-01T00:00:00Z"},
		{"2026-06-30", "2026-06-29T22:00:00Z", "2026-06-30T00:00:00Z"},
		{"2028-02-29", "2028-02-28T23:00:00Z", "2028-02-29T00:00:00Z"},
		{"2026-11-20T14:00", "2026-11-20T13:00:00Z", "2026-11-20T14:00:00Z"},
		{"2026-11-20 14:00:59.25", "2026-11-20T13:00:59.25Z", "2026-11-20T14:00:59.25Z"},
		{"2026-11-20T14:00Z", "2026-11-20T14:00:00Z", "2026-11-20T14:00:00Z"},
		{"2026-11-20T14:00+05:30", "2026-11-20T08:30:00Z", "2026-11-20T08:30:00Z"},
		{"90s", "2026-11-20T13:00:43.5Z", "2026-11-20T13:00:43.5Z"},
		{"30m", "2026-11-20T12:32:13.5Z", "2026-11-20T12:32:13.5Z"},
		{"12h", "2026-11-20T01:02:13.5Z", "2026-11-20T01:02:13.5Z"},
		{"7d", "2026-11-13T13:02:13.5Z", "2026-11-13T13:02:13.5Z"},
		/* the same hour, before the end of summer time */
		{"4w", "2026-10-23T12:02:13.5Z", "2026-10-23T13:02:13.5Z"},
	};
	int64_t now = at("2026-11-20T13:02:13.5Z"), ns;
	size_t i;

	zone(BERLIN);
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_null(period__read(table[i].text, now, false, &ns));
		if (ns != at(table[i].local))
			fail_msg("%s is %lld", table[i].text, (long long)ns);
		assert_null(period__read(table[i].text, now, true, &ns));
		if (ns != at(table[i].utc))
			fail_msg("%s is %lld in UTC", table[i].text, (long long)ns);
	}
}

static void test_no_times(void **state)
{
	static const char *const table[] = {
		"",
		"x",
		"7",
		"7x",
		"-7d",
		"0d",
		"2026",
		"2026-13",
		"2026-00",
		"2026-02-29",
		"2026-11-31",
		"2026-1-1",
		"2026-11-20T",
		"2026-11-20T24:00",
		"2026-11-20T14:60",
		"2026-11-20T14:00x",
		"2026-11-20T14:00+25:00",
		"99999999999999999999d",
		"yesterday ",
		"2026-11-20T14:00.5",
		"1969-12-31",
		"2200-01-01",
	};
	int64_t ns = 4711;
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (!period__read(table[i], at("2026-11-20T13:02:13Z"), false, &ns))
			fail_msg("\"%s\" is a time", table[i]);
		assert_int_equal(ns, 4711);
	}
}

/* Days of 23, 24 and 25 hours: what is compared begins and ends at the same hours. */
static void test_period_before(void **state)
{
	static const struct {
		const char *from, *to, *before, *before_to;
	} table[] = {
		/* a day; the one of 25 hours; that behind it; that of 23 hours */
		{"2026-11-19T23:00:00Z", "2026-11-20T23:00:00Z", "2026-11-18T23:00:00Z",
		 "2026-11-19T23:00:00Z"},
		{"2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z", "2026-10-23T22:00:00Z",
		 "2026-10-24T22:00:00Z"},
		{"2026-10-25T23:00:00Z", "2026-10-26T23:00:00Z", "2026-10-24T22:00:00Z",
		 "2026-10-25T23:00:00Z"},
		{"2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", "2026-03-27T23:00:00Z",
		 "2026-03-28T23:00:00Z"},
		/* a month of 30 days */
		{"2026-10-31T23:00:00Z", "2026-11-30T23:00:00Z", "2026-10-01T22:00:00Z",
		 "2026-10-31T23:00:00Z"},
		/* yesterday until now: the same hours of the two days before */
		{"2026-11-18T23:00:00Z", "2026-11-20T13:02:13.5Z", "2026-11-16T23:00:00Z",
		 "2026-11-18T13:02:13.5Z"},
		/* from no midnight on: as long */
		{"2026-11-20T10:00:00Z", "2026-11-20T13:00:00Z", "2026-11-20T07:00:00Z",
		 "2026-11-20T10:00:00Z"},
	};
	struct period p, before;
	size_t i;

	zone(BERLIN);
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		p = (struct period){at(table[i].from), at(table[i].to)};
		assert_true(period__before(&p, false, &before));
		if (before.from_ns != at(table[i].before) || before.to_ns != at(table[i].before_to))
			fail_msg("before %s is another", table[i].from);
		assert_true(before.to_ns <= p.from_ns);
	}
	p = (struct period){PERIOD_FIRST, at("2026-11-20T10:00:00Z")};
	assert_false(period__before(&p, false, &before));
	p = (struct period){at("2026-11-20T10:00:00Z"), PERIOD_LAST};
	assert_false(period__before(&p, false, &before));
}

static void test_calendar(void **state)
{
	static const struct {
		const char *time, *day, *week, *month;
	} table[] = {
		{"2026-11-20T22:59:59.999999999Z", "2026-11-20", "2026-W47", "2026-11"},
		{"2026-11-20T23:00:00Z", "2026-11-21", "2026-W47", "2026-11"},
		{"2026-12-31T23:00:00Z", "2027-01-01", "2026-W53", "2027-01"},
		{"2026-10-25T00:30:00Z", "2026-10-25", "2026-W43", "2026-10"},
		{"2026-10-25T22:59:59Z", "2026-10-25", "2026-W43", "2026-10"},
		{"2026-10-25T23:00:00Z", "2026-10-26", "2026-W44", "2026-10"},
		{"2026-06-30T21:59:59Z", "2026-06-30", "2026-W27", "2026-06"},
		{"2026-06-30T22:00:00Z", "2026-07-01", "2026-W27", "2026-07"},
	};
	struct calendar c = {.utc = false};
	size_t i;

	zone(BERLIN);
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		int64_t ns = at(table[i].time);

		assert_string_equal(calendar__label(&c, PERIOD_DAY, ns), table[i].day);
		assert_string_equal(calendar__label(&c, PERIOD_WEEK, ns), table[i].week);
		assert_string_equal(calendar__label(&c, PERIOD_MONTH, ns), table[i].month);
	}
}

/* ---- lines ---- */

static void test_decimals(void **state)
{
	static const struct {
		const char *text;
		int64_t nano;
	} table[] = {
		{"0", 0},
		{"1", 1000000000},
		{"0.028", 28000000},
		{"0.000000001", 1},
		{"0.0000000005", 1},
		{"0.00000000049", 0},
		{"1.764e-4", 176400},
		{"1.764E-04", 176400},
		{"2e3", 2000000000000},
		{"9223372036.854775807", INT64_MAX},
		{"9223372036.854775808", -1},
		{"1e400", -1},
		{"1e-400", 0},
		{"-1", -1},
		{"0.1000000000000000000000000000000000000000000000001", 100000000},
		{"123456789.123456789", 123456789123456789},
		{"", -1},
		{"x", -1},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (entry__nano(span_str(table[i].text)) != table[i].nano)
			fail_msg("%s is %lld", table[i].text,
				 (long long)entry__nano(span_str(table[i].text)));
}

static enum entry_end feed(struct entry_reader *r, const char *line, size_t step,
			   const struct entry **ret)
{
	struct span s = span_str(line), piece;
	enum entry_end end;

	do {
		piece = step ? span_head(s, step) : s;
		assert_int_equal(entry_reader__feed(r, piece), 0);
		s = span_skip(s, piece.n);
	} while (s.n);
	assert_int_equal(entry_reader__end(r, &end, ret), 0);
	return end;
}

static void test_hostile_lines(void **state)
{
	static const struct {
		const char *line;
		enum entry_end end;
	} table[] = {
		{"{\"type\":\"llm.call\"," TIME "}", ENTRY_READ},
		{"  {\"type\":\"llm.call\"}\r", ENTRY_READ},
		{"", ENTRY_EMPTY},
		{" \t\r", ENTRY_EMPTY},
		{"{", ENTRY_BROKEN},
		{"{\"type\":\"llm.call\"", ENTRY_BROKEN},
		{"{\"type\":\"llm.c", ENTRY_BROKEN},
		{"{\"type\" \"llm.call\"}", ENTRY_BROKEN},
		{"{} {}", ENTRY_BROKEN},
		{"{}x", ENTRY_BROKEN},
		{"[{\"type\":\"llm.call\"}]", ENTRY_BROKEN},
		{"42", ENTRY_BROKEN},
		{"\"text\"", ENTRY_BROKEN},
		{"null", ENTRY_BROKEN},
		{"\xff\xfe", ENTRY_BROKEN},
		{"{\"type\":[[[[[[[[[[[[[[[[[[[[{}]]]]]]]]]]]]]]]]]]]]}", ENTRY_READ},
		{"{\"time\":\"2026-11-20T13:02:13Z\",\"type\":7}", ENTRY_READ},
		{"{\"time\":\"2020-01-01T00:00:00Z\",\"type\":", ENTRY_OUTSIDE},
		/* Totals go on from what they were; whatever else is outside stays there. */
		{"{\"time\":\"2020-01-01T00:00:00Z\",\"type\":\"stats\"}", ENTRY_READ},
		{"{\"type\":\"stats\",\"time\":\"2020-01-01T00:00:00Z\"}", ENTRY_READ},
		{"{\"type\":\"stats\",\"time\":\"2020-01-01T00:00:00Z\"", ENTRY_OUTSIDE},
		{"{\"type\":\"stats\",\"time\":\"2030-01-01T00:00:00Z\"}", ENTRY_OUTSIDE},
		{"{\"time\":\"2030-01-01T00:00:00Z\",\"type\":\"stats\"}", ENTRY_OUTSIDE},
		{"{\"time\":\"2020-01-01T00:00:00Z\",\"type\":\"llm.call\"}", ENTRY_OUTSIDE},
		{"{\"time\":\"2020-01-01T00:00:00Z\",\"type\":7}", ENTRY_OUTSIDE},
		{"{\"time\":\"2020-01-01T00:00:00Z\"}", ENTRY_OUTSIDE},
	};
	const struct period year = {at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z")};
	struct entry_reader *r;
	const struct entry *e;

	assert_int_equal(entry_reader__new(&year, 1, &r), 0);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		for (size_t step = 0; step < 4; step++)
			if (feed(r, table[i].line, step, &e) != table[i].end)
				fail_msg("%s in pieces of %zu", table[i].line, step);
	entry_reader__free(r);
}

static void test_values(void **state)
{
	static const char line[] =
		"{" TIME ",\"type\":\"llm.call\",\"gen_ai.usage.input_tokens\":1.2e3,"
		"\"gen_ai.usage.output_tokens\":-5,\"gen_ai.usage.cost\":0.028,"
		"\"duration_s\":\"1\",\"llmsnoop.truncated\":true,\"error.type\":null,"
		"\"llmsnoop.feature\":\"a\\u0000\\u00e9\",\"http.response.status_code\":200.5,"
		"\"gen_ai.request.model\":\"first\",\"gen_ai.request.model\":\"second\"}";
	struct entry_reader *r;
	const struct entry *e;

	assert_int_equal(entry_reader__new(NULL, 0, &r), 0);
	for (size_t step = 0; step < 3; step++) {
		assert_int_equal(feed(r, line, step, &e), ENTRY_READ);
		assert_int_equal(e->time_ns, at("2026-11-20T13:02:13.5Z"));
		assert_int_equal(e->count[ENTRY_INPUT], 1200);
		assert_int_equal(e->count[ENTRY_OUTPUT], -1);
		assert_int_equal(e->count[ENTRY_STATUS], -1);
		assert_int_equal(e->nano[ENTRY_COST], 28000000);
		assert_int_equal(e->nano[ENTRY_DURATION], -1);
		assert_true(e->flag[ENTRY_TRUNCATED]);
		assert_int_equal(e->text[ENTRY_ERROR].n, 0);
		assert_true(span_eq(e->text[ENTRY_FEATURE], SPAN_LIT("a\0\xC3\xA9")));
		assert_true(span_eq(e->text[ENTRY_REQUEST_MODEL], SPAN_LIT("first")));
	}
	entry_reader__free(r);
}

/* What is read goes by the names that are written. */
static void test_names(void **state)
{
#define NAME(id, name) name,
	static const char *const names[] = {ENTRY_TEXTS(NAME) ENTRY_COUNTS(NAME) ENTRY_NANOS(NAME)
						    ENTRY_FLAGS(NAME)};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		bool found = fields__find(&call_fields, names[i]) ||
			     fields__find(&run_fields, names[i]) ||
			     fields__find(&tool_fields, names[i]) ||
			     fields__find(&stats_fields, names[i]);

		if (!found)
			fail_msg("no record has %s", names[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_times),	      cmocka_unit_test(test_no_times),
		cmocka_unit_test(test_period_before), cmocka_unit_test(test_calendar),
		cmocka_unit_test(test_decimals),      cmocka_unit_test(test_hostile_lines),
		cmocka_unit_test(test_values),	      cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
