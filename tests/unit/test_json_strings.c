// SPDX-License-Identifier: Apache-2.0
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/json_strings.h"

static uint64_t bytes_of(const char *text, size_t step)
{
	struct json_strings s = {0};
	struct span in = span_str(text), one;

	for (; in.n; in = span_skip(in, one.n)) {
		one = span_head(in, step);
		json_strings__feed(&s, one);
	}
	return json_strings__bytes(&s);
}

static void text_is_counted_keys_are_not(void **state)
{
	static const struct {
		const char *json;
		uint64_t want;
	} cases[] = {
		{"{\"key\":\"text\"}", 4},
		{" {\"key\" : \"text\" , \"n\": 12, \"t\": true}", 4},
		{"{\"k\":[\"a b\",\"cd\",{\"k\":\"e\"}]}", 6},
		{"[\"one\",\"two\"]", 6},
		{"{\"k\":\"a\\\"b\"}", 4},
		{"{\"k\":\"a\\\\\",\"k\":\"b\"}", 4},
		{"{\"k\":\"\xE6\x97\xA5\"}", 3},
		{"{\"k\":\"\"}", 0},
		{"{\"k\":1}", 0},
		/* cut */
		{"{\"k\":\"one two", 7},
		{"{\"k\":\"one\", \"two\"", 3},
		/* no JSON */
		{"--boundary\r\n{\"k\":\"text\"}", 0},
		{"data: {\"k\":\"text\"}", 0},
		{"", 0},
	};
	size_t i, step;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (step = 1; step < 50; step++)
			if (bytes_of(cases[i].json, step) != cases[i].want)
				fail_msg("%s by %zu: %u", cases[i].json, step,
					 (unsigned int)bytes_of(cases[i].json, step));
}

static void keys_are_counted_apart(void **state)
{
	struct json_strings s = {0};

	json_strings__feed(&s, SPAN_LIT("{\"key\":\"text\",\"an\" : {\"other\":[\"x\"]}}"));
	assert_int_equal(s.key_bytes, 3 + 2 + 5);
	assert_int_equal(json_strings__bytes(&s), 5);
}

static void data_are_no_text(void **state)
{
	char blob[2000], json[3000];
	size_t step;

	memset(blob, 'A', sizeof(blob) - 1);
	blob[sizeof(blob) - 1] = 0;
	blob[1000] = '/';
	snprintf(json, sizeof(json), "{\"t\":\"see this\",\"url\":\"data:image/png;base64,%s\"}",
		 blob);
	for (step = 1; step < 400; step++)
		assert_int_equal(bytes_of(json, step),
				 strlen("see this") + strlen("data:image/png;base64,"));
	/* cut in its middle */
	json[1500] = 0;
	assert_int_equal(bytes_of(json, 7), strlen("see this") + strlen("data:image/png;base64,"));
	/* A long word is none. */
	blob[JSON_STRINGS_RUN - 1] = 0;
	snprintf(json, sizeof(json), "{\"t\":\"%s\"}", blob);
	assert_int_equal(bytes_of(json, 100), JSON_STRINGS_RUN - 1);
	memset(blob, 'x', JSON_STRINGS_RUN);
	blob[JSON_STRINGS_RUN] = 0;
	snprintf(json, sizeof(json), "{\"t\":\"%s\"}", blob);
	assert_int_equal(bytes_of(json, 100), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_counted_keys_are_not),
		cmocka_unit_test(keys_are_counted_apart),
		cmocka_unit_test(data_are_no_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
