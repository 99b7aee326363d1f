// SPDX-License-Identifier: Apache-2.0
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json_write.h"
#include "base/utf8.h"

static char *text_of(struct buf *b)
{
	assert_int_equal(buf__add(b, span("", 1)), 0);
	return (char *)b->p;
}

static void expect_text(struct span in, const char *want)
{
	struct json_write w;
	struct buf b;

	buf__init(&b, 1 << 20);
	json_write__init(&w, &b);
	json_write__text(&w, in);
	assert_int_equal(w.err, 0);
	assert_string_equal(text_of(&b), want);
	buf__free(&b);
}

static void strings_are_escaped_and_repaired(void **state)
{
	expect_text(SPAN_LIT("plain"), "\"plain\"");
	expect_text(SPAN_NONE, "\"\"");
	expect_text(SPAN_LIT("x\",\"pid\":1,\"a\":\""), "\"x\\\",\\\"pid\\\":1,\\\"a\\\":\\\"\"");
	expect_text(SPAN_LIT("\\\n\r\t\b\f"), "\"\\\\\\n\\r\\t\\b\\f\"");
	expect_text(SPAN_LIT("a\0b"), "\"a\\u0000b\"");
	expect_text(SPAN_LIT("\033[31m\177"), "\"\\u001b[31m\\u007f\"");
	/* C1 control (CSI), bidi override */
	expect_text(SPAN_LIT("\xC2\x9B\xE2\x80\xAE"), "\"\\u009b\\u202e\"");
	expect_text(SPAN_LIT("h\xC3\xA9llo \xF0\x9F\x98\x80"), "\"h\xC3\xA9llo \xF0\x9F\x98\x80\"");
	/* overlong, surrogate, stray continuation, cut off, past the end */
	expect_text(SPAN_LIT("\xC0\xAF"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
	expect_text(SPAN_LIT("\xED\xA0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
	expect_text(SPAN_LIT("a\x80z"), "\"a\xEF\xBF\xBDz\"");
	expect_text(SPAN_LIT("\xF0\x9F\x98"), "\"\xEF\xBF\xBD\"");
	expect_text(SPAN_LIT("\xF4\x90\x80\x80"),
		    "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
	/* a tag character takes a surrogate pair */
	expect_text(SPAN_LIT("\xF3\xA0\x81\x81"), "\"\\udb40\\udc41\"");
}

static void any_bytes_give_valid_json(void **state)
{
	uint8_t bytes[64];
	struct json_write w;
	unsigned int round, i;
	cJSON *json;
	struct buf b;

	srand(1);
	for (round = 0; round < 20000; round++) {
		size_t n = (size_t)rand() % sizeof(bytes);

		for (i = 0; i < n; i++)
			bytes[i] = (uint8_t)(1 + rand() % 255);
		buf__init(&b, 1 << 16);
		json_write__init(&w, &b);
		json_write__open(&w, '{');
		json_write__key(&w, "k");
		json_write__text(&w, span(bytes, n));
		json_write__close(&w, '}');
		for (i = 0; i < b.n;) {
			uint32_t cp = 0;

			i += (unsigned int)utf8__next(span(b.p + i, b.n - i), &cp);
			assert_false(utf8__unsafe(cp));
		}
		json = cJSON_ParseWithLengthOpts((char *)b.p, b.n, NULL, 0);
		assert_non_null(json);
		assert_true(cJSON_IsString(cJSON_GetObjectItem(json, "k")));
		cJSON_Delete(json);
		buf__free(&b);
	}
}

static void numbers_have_no_noise(void **state)
{
	static const struct {
		int64_t ns;
		const char *text;
	} seconds[] = {
		{0, "0"},
		{1, "0.000000001"},
		{9710000000, "9.71"},
		{1000000000, "1"},
		{-1500000000, "-1.5"},
		{INT64_MAX, "9223372036.854775807"},
		{INT64_MIN, "-9223372036.854775808"},
	};
	static const struct {
		double v;
		const char *text;
	} reals[] = {{0.1, "0.1"},	{0.028, "0.028"}, {1.0 / 3, "0.3333333333333333"},
		     {1e300, "1e+300"}, {-0.5, "-0.5"},	  {NAN, "null"},
		     {INFINITY, "null"}};
	struct json_write w;
	struct buf b;
	size_t i;

	for (i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++) {
		buf__init(&b, 100);
		json_write__init(&w, &b);
		json_write__seconds(&w, seconds[i].ns);
		assert_string_equal(text_of(&b), seconds[i].text);
		buf__free(&b);
	}
	for (i = 0; i < sizeof(reals) / sizeof(reals[0]); i++) {
		buf__init(&b, 100);
		json_write__init(&w, &b);
		json_write__real(&w, reals[i].v);
		assert_string_equal(text_of(&b), reals[i].text);
		buf__free(&b);
	}
}

static void commas_stand_between(void **state)
{
	static const uint8_t id[] = {0x0a, 0xff};
	struct json_write w;
	struct buf b;

	buf__init(&b, 1000);
	json_write__init(&w, &b);
	json_write__open(&w, '{');
	json_write__key(&w, "a");
	json_write__open(&w, '[');
	json_write__int(&w, -1);
	json_write__uint(&w, UINT64_MAX);
	json_write__bool(&w, false);
	json_write__string(&w, NULL);
	json_write__open(&w, '[');
	json_write__close(&w, ']');
	json_write__close(&w, ']');
	json_write__key(&w, "b");
	json_write__hex(&w, id, 2);
	json_write__key(&w, "t");
	json_write__time(&w, 1763647333512345678);
	json_write__close(&w, '}');
	assert_string_equal(text_of(&b),
			    "{\"a\":[-1,18446744073709551615,false,null,[]],\"b\":\"0aff\","
			    "\"t\":\"2025-11-20T14:02:13.512345678Z\"}");
	buf__free(&b);
}

static void a_full_buffer_is_told(void **state)
{
	struct json_write w;
	struct buf b;

	buf__init(&b, 8);
	json_write__init(&w, &b);
	json_write__string(&w, "123456789");
	assert_int_equal(w.err, -E2BIG);
	json_write__int(&w, 1);
	assert_int_equal(w.err, -E2BIG);
	assert_true(b.n <= 8);
	buf__free(&b);
}

static void heads_split_no_character(void **state)
{
	struct span s = SPAN_LIT("a\xC3\xA9\xF0\x9F\x98\x80");
	static const size_t want[] = {0, 1, 1, 3, 3, 3, 3, 7, 7};
	size_t i;

	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		assert_int_equal(utf8__head(s, i).n, want[i]);
	/* what is no UTF-8 is cut where asked */
	assert_int_equal(utf8__head(SPAN_LIT("\x80\x80\x80\x80\x80\x80"), 5).n, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings_are_escaped_and_repaired),
		cmocka_unit_test(any_bytes_give_valid_json),
		cmocka_unit_test(numbers_have_no_noise),
		cmocka_unit_test(commas_stand_between),
		cmocka_unit_test(a_full_buffer_is_told),
		cmocka_unit_test(heads_split_no_character),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
