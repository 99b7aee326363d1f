// SPDX-License-Identifier: Apache-2.0
#include "framing_trace.h"

static void seq(const char *text, const char *want)
{
	splits_are(FRAMING_JSON, text, strlen(text), want);
}

static void test_lines(void **state)
{
	seq("{\"a\":1}\n{\"b\":[2,{}]}\r\n\r\n{}", "{{\"a\":1}} {{\"b\":[2,{}]}} {{}} ");
	seq("{}{} {},{}\t[1]", "{{}} {{}} {{}} {{}} ");
	seq("\xef\xbb\xbf{\"a\":1}", "{{\"a\":1}} ");
	seq("", "");
	seq(" \n", "");
}

static void test_strings(void **state)
{
	seq("{\"a\":\"}\\\"}\\\\\"}{\"b\":\"\\\\\\\"{[\"}", "{{\"a\":\"}\\\"}\\\\\"}} "
							    "{{\"b\":\"\\\\\\\"{[\"}} ");
	seq("{\"\\u007b\":\"]\"}{}", "{{\"\\u007b\":\"]\"}} {{}} ");
}

static void test_array(void **state)
{
	seq("[{\"a\":1}\n,\r\n{\"b\":2}\n]", "{{\"a\":1}} {{\"b\":2}} ");
	seq("[[1,[2]],[]]{}", "{[1,[2]]} {[]} {{}} ");
	seq("[]", "");
	seq("[", "");
	seq("[{\"a\":1}", "{{\"a\":1}} ");
	seq("[{\"a\":1},{\"b\":", "{{\"a\":1}} {{\"b\":}! ");
	seq("[]\n[{}]\n[{}", "{{}} {{}} ");
}

static void test_scalars(void **state)
{
	seq("1 -2.5e+3 true null \"{\\\"\" {} [1,\"[\",{}]", "{{}} {{}} ");
	seq("\"", "");
}

static void test_cut(void **state)
{
	seq("{\"a\":1", "{{\"a\":1}! ");
	seq("{\"a\":\"}\\", "{{\"a\":\"}\\}! ");
}

/* What cannot stand between messages hides what follows, up to a line that begins one. */
static void test_broken(void **state)
{
	seq("{}}{}\n{}", "{{}} {{}} ");
	seq("{}\n<html>{}\n [\n{\"a\":1}{}", "{{}} {{\"a\":1}} {{}} ");
	seq("{}:{}", "{{}} ");
	seq("]{}", "");
	seq("\xef\xbb{}", "");
	seq("\xef\xbb\n{}", "{{}} ");
	/* Brackets that do not match are for the document's scanner to judge. */
	seq("{]{}", "{{]} {{}} ");
	seq("[{}:{}", "{{}} ");
}

static void test_times(void **state)
{
	struct framing *f;
	struct trace t;

	/* A message is over with its own last byte. */
	start(&t, FRAMING_JSON, &f);
	framing__feed(f, SPAN_LIT("[{\"a\":1"), 10);
	assert_int_equal(t.end_ns, 0);
	framing__feed(f, SPAN_LIT("}"), 20);
	assert_int_equal(t.end_ns, 20);
	framing__feed(f, SPAN_LIT("\n,{"), 30);
	assert_int_equal(t.end_ns, 20);
	framing__feed(f, SPAN_LIT("}"), 40);
	assert_int_equal(t.end_ns, 40);
	free(finish(&t, f));
}

static void gap(const char *before, const char *after, const char *want)
{
	gap_is(FRAMING_JSON, span_str(before), 0, span_str(after), want);
}

static void test_gap(void **state)
{
	gap("{\"a\":1}\n{\"b\":\"", "}{\"\n{\"c\":3}\n", "{{\"a\":1}} {{\"b\":\"}! {{\"c\":3}} ");
	gap("{}\n", "{}\n{}", "{{}} {{}} ");
	gap("", "x\n{}", "{{}} ");
	/* An array's elements are found again only if they are known to begin lines, */
	gap("[{}\n,\n{\"a\"", "\n,\n{\"b\":\n {}}]", "{{}} {{\"a\"}! {{\"b\":\n {}}} ");
	gap("[{},{\"a\"", "},\n{}]", "{{}} {{\"a\"}! ");
	/* and nothing where what is inside them begins lines, too. */
	gap("{\"a\":\n{}}\n{", "}\n{}", "{{\"a\":\n{}}} {{}! ");
}

static void test_hostile(void **state)
{
	size_t i, piece = 64 << 10;
	char *x = malloc(piece);
	struct framing *f;
	struct trace t;

	/* Depth is a number; strings of backslashes and quotes are looked at once. */
	start(&t, FRAMING_JSON, &f);
	t.quiet = true;
	memset(x, '{', piece);
	for (i = 0; i < 200; i++)
		framing__feed(f, span(x, piece), 1);
	memset(x, '}', piece);
	for (i = 0; i < 200; i++)
		framing__feed(f, span(x, piece), 2);
	assert_int_equal(t.end_ns, 2);
	assert_int_equal(t.bytes, 400 * piece);
	framing__feed(f, SPAN_LIT("{\""), 3);
	memset(x, '\\', piece);
	for (i = 0; i < 200; i++)
		framing__feed(f, span(x, piece), 3);
	framing__feed(f, SPAN_LIT("\"}"), 4);
	assert_int_equal(t.end_ns, 4);
	framing__feed(f, SPAN_LIT("["), 5);
	memset(x, '"', piece);
	for (i = 0; i < 200; i++)
		framing__feed(f, span(x, piece), 5);
	framing__feed(f, SPAN_LIT("{}"), 6);
	assert_int_equal(t.end_ns, 6);
	free(finish(&t, f));
	free(x);
}

static void test_random(void **state)
{
	static const char *const words[] = {"{",  "}", "[", "]",  "\"",	 "\\",	 ",",
					    "\n", "x", ":", "{}", "\n{", "\"\"", "\xef\xbb\xbf"};
	char text[200];
	int round, i, n;

	srand(5);
	for (round = 0; round < 3000; round++) {
		text[0] = 0;
		n = rand() % 24;
		for (i = 0; i < n; i++)
			strcat(text, words[(size_t)rand() % (sizeof(words) / sizeof(words[0]))]);
		seq(text, NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),	cmocka_unit_test(test_strings),
		cmocka_unit_test(test_array),	cmocka_unit_test(test_scalars),
		cmocka_unit_test(test_cut),	cmocka_unit_test(test_broken),
		cmocka_unit_test(test_times),	cmocka_unit_test(test_gap),
		cmocka_unit_test(test_hostile), cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
