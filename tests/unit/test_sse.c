// SPDX-License-Identifier: Apache-2.0
#include <errno.h>

#include "framing_trace.h"

static void sse_n(const char *text, size_t n, const char *want)
{
	splits_are(FRAMING_SSE, text, n, want);
}

static void sse(const char *text, const char *want)
{
	sse_n(text, strlen(text), want);
}

/* The examples of the HTML standard, and what follows from its rules. */
static void test_standard(void **state)
{
	sse("data: YHOO\ndata: +2\ndata: 10\n\n", "{YHOO\n+2\n10} ");
	sse(": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\n"
	    "data:  third event\n\n",
	    "{first event} {second event} { third event} ");
	sse("data\n\ndata\ndata\n\ndata:", "{} {\n} {}! ");
	sse("data:test\n\ndata: test\n\n", "{test} {test} ");
	sse("event: add\ndata: 7\n\nevent: remove\ndata: 2\n\ndata: 3\n\n",
	    "add{7}add remove{2}remove {3} ");
	sse("event: lonely\n\ndata: x\n\n", "{x} ");
	sse("data: x\nevent: late\n\n", "{x}late ");
	sse("event: a\nevent: b\ndata: x\n\n", "b{x}b ");
	sse("event: a\nevent\ndata: x\n\n", "{x} ");
	sse("Data: x\ndata : y\n data: z\nretry: 10\nunknown\n\n", "");
	sse("datadatadata: x\ndat\ndata: :y\n\n", "{:y} ");
	sse("", "");
	sse("\n\n\n", "");
}

static void test_line_ends(void **state)
{
	sse("data: a\r\n\r\ndata: b\r\n\r\n", "{a} {b} ");
	sse("data: a\r\rdata: b\r\r", "{a} {b} ");
	sse("data: a\n\rdata: b\r\n\ndata: c\r\n\r", "{a} {b} {c} ");
	sse("\r\n\r\ndata: a\r\ndata: b\r\n\r\n", "{a\nb} ");
}

static void test_bom(void **state)
{
	sse("\xef\xbb\xbf"
	    "data: a\n\n",
	    "{a} ");
	sse("\xef\xbb"
	    "data: a\n\ndata: b\n\n",
	    "{b} ");
	sse("\xef\n"
	    "data: b\n\n",
	    "{b} ");
	sse("\xef\xbb\xbf\xef\xbb\xbf"
	    "data: a\n\ndata: b\n\n",
	    "{b} ");
	sse("data: \xef\xbb\xbf\n\n", "{\xef\xbb\xbf} ");
}

static void test_end(void **state)
{
	sse("data: a", "{a}! ");
	sse("data: a\n", "{a}! ");
	sse("data: a\n\n: x", "{a} ");
	sse("data: a\n\nevent: b", "{a} ");
	sse("event: b\ndata: a\r", "b{a}b! ");
}

static void test_error_field(void **state)
{
	sse("data: a\n\nerror: {\"code\":500}\n\n", "{a} error{{\"code\":500}}error ");
	sse("data: a\nerror: b\n\ndata: c\n\n", "{a} error{b}error {c} ");
	sse("error:b", "error{b}error! ");
}

static void test_nul(void **state)
{
	static const char text[] = "data: a\0b\nevent: x\0y\n\n";

	sse_n(text, sizeof(text) - 1, NULL);
}

static void test_long_name(void **state)
{
	char text[400] = "event: ", want[400];
	size_t i;

	for (i = 0; i < 200; i++)
		strcat(text, "n");
	strcat(text, "\ndata: x\n\n");
	snprintf(want, sizeof(want), "%.128s{x}%.128s ", text + 7, text + 7);
	sse(text, want);
}

static void test_times(void **state)
{
	struct framing *f;
	struct trace t;

	/* The end of the empty line, and of CR CR the second CR without waiting for a LF. */
	start(&t, FRAMING_SSE, &f);
	framing__feed(f, SPAN_LIT("data: x\r\n"), 10);
	assert_int_equal(t.end_ns, 0);
	framing__feed(f, SPAN_LIT("\r"), 20);
	assert_int_equal(t.end_ns, 20);
	framing__feed(f, SPAN_LIT("\ndata: y\n"), 30);
	assert_int_equal(t.end_ns, 20);
	framing__feed(f, SPAN_LIT("\n"), 40);
	assert_int_equal(t.end_ns, 40);
	free(finish(&t, f));
}

static void gap(const char *before, const char *after, const char *want)
{
	gap_is(FRAMING_SSE, span_str(before), 10, span_str(after), want);
}

static void test_gap(void **state)
{
	gap("data: a", "b\ndata: c\n\ndata: d\n\n", "{a}! {d} ");
	gap("data: a\n\n", "b\n\ndata: d\n\n", "{a} {d} ");
	gap("data: a\r", "\n\r\ndata: d\n\n", "{a}! {d} ");
	gap("event: a\n", "\n\ndata: d\n\n", "{d} ");
	gap("", "data: d\n", "");
}

static void test_whole(void **state)
{
	struct framing *f;
	struct trace t;
	char *got;

	got = parse(FRAMING_WHOLE, "data: x\n\n", 9, 1, 0);
	assert_string_equal(got, "{data: x\n\n} ");
	free(got);
	got = parse(FRAMING_WHOLE, "", 0, 1, 0);
	assert_string_equal(got, "");
	free(got);
	start(&t, FRAMING_WHOLE, &f);
	feed(f, "ab", 2);
	framing__gap(f, 0, 1);
	feed(f, "cd", 2);
	got = finish(&t, f);
	assert_string_equal(got, "{ab}! ");
	free(got);
	framing__free(NULL);
}

static void test_refusal(void **state)
{
	struct framing *f;
	struct trace t;

	start(&t, FRAMING_SSE, &f);
	t.refuse = -EPIPE;
	assert_int_equal(framing__feed(f, SPAN_LIT("data: a\n\n"), 1), -EPIPE);
	t.refuse = 0;
	assert_int_equal(framing__feed(f, SPAN_LIT("data: a\n\n"), 1), -EPIPE);
	assert_int_equal(framing__finish(f, 1), -EPIPE);
	framing__free(f);
	fclose(t.f);
	free(t.p);
}

/* One line of 50 MB, and 4 MB of line ends of the kind that is searched for last. */
static void test_hostile(void **state)
{
	size_t i, piece = 64 << 10;
	char *x = malloc(piece);
	struct framing *f;
	struct trace t;

	memset(x, 'x', piece);
	start(&t, FRAMING_SSE, &f);
	t.quiet = true;
	framing__feed(f, SPAN_LIT("data:"), 1);
	for (i = 0; i < 800; i++)
		framing__feed(f, span(x, piece), 1);
	assert_int_equal(t.bytes, 800 * piece);
	memset(x, '\r', piece);
	for (i = 0; i < 64; i++)
		framing__feed(f, span(x, piece), 1);
	free(finish(&t, f));
	free(x);
}

static void test_random(void **state)
{
	static const char *const words[] = {"data",  ":",     " ", "\n",   "\r",     "\r\n",
					    "event", "error", "x", "\n\n", "data: ", "\xef\xbb\xbf",
					    "id"};
	char text[200];
	int round, i, n;

	srand(5);
	for (round = 0; round < 3000; round++) {
		text[0] = 0;
		n = rand() % 20;
		for (i = 0; i < n; i++)
			strcat(text, words[(size_t)rand() % (sizeof(words) / sizeof(words[0]))]);
		sse(text, NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_standard),    cmocka_unit_test(test_line_ends),
		cmocka_unit_test(test_bom),	    cmocka_unit_test(test_end),
		cmocka_unit_test(test_error_field), cmocka_unit_test(test_nul),
		cmocka_unit_test(test_long_name),   cmocka_unit_test(test_times),
		cmocka_unit_test(test_gap),	    cmocka_unit_test(test_whole),
		cmocka_unit_test(test_refusal),	    cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
