// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "dialect/unwrap.h"

static void on_piece(void *ctx, struct span piece)
{
	fwrite(piece.p, 1, piece.n, ctx);
}

/* Cut at cut and, where step is not 0, into pieces of step bytes. Returns what unwrap__feed did. */
static int once(const char *in, size_t cut, size_t step, char **ret)
{
	struct unwrap u;
	size_t n, i, k;
	FILE *f = open_memstream(ret, &n);
	int err = 0;

	memset(&u, 0xAA, sizeof(u));
	unwrap__begin(&u);
	for (i = 0; i < strlen(in); i += k) {
		k = step ? step : i < cut ? cut - i : strlen(in) - i;
		if (k > strlen(in) - i)
			k = strlen(in) - i;
		err = unwrap__feed(&u, span(in + i, k), on_piece, f);
	}
	fclose(f);
	return err;
}

static void unwraps(const char *in, int want_err, const char *want)
{
	size_t cut;
	char *got;

	for (cut = 0; cut <= strlen(in); cut++) {
		assert_int_equal(once(in, cut, 0, &got), want_err);
		assert_string_equal(got, want);
		free(got);
	}
	assert_int_equal(once(in, 0, 1, &got), want_err);
	assert_string_equal(got, want);
	free(got);
}

static void test_bytes(void **state)
{
	unwraps("{\"bytes\":\"eyJhIjoxfQ==\",\"p\":\"abcd\"}", 0, "{\"a\":1}");
	unwraps(" { \"p\" : \"a\\\"b\" , \"bytes\" : \"eyJhIjoxfQ==\" } ", 0, "{\"a\":1}");
	unwraps("{\"bytes\":\"eyJhIjoxMn0\"}", 0, "{\"a\":12}");
	unwraps("{\"bytes\":\"\"}", 0, "");
	unwraps("{}", 0, "");
	unwraps("{\"n\":-1.5e3,\"o\":{\"bytes\":\"YQ==\",\"x\":[\"}\\\"\",{}]},\"t\":true,"
		"\"bytes\":\"Yg==\"}",
		0, "b");
	unwraps("{\"bytes2\":\"YQ==\",\"byte\":\"YQ==\",\"b\\u0079tes\":\"YQ==\",\"bytes\":\"Yw=="
		"\"}",
		0, "c");
	unwraps("{\"bytes\":null,\"bytes\":[\"YQ==\"]}", 0, "");
}

static void test_escapes(void **state)
{
	unwraps("{\"bytes\":\"Pz8\\/\"}", 0, "???");
	unwraps("{\"bytes\":\"YQ\\u003d\\u003D\"}", 0, "a");
	unwraps("{\"bytes\":\"YW\\u004\\u\"}", -EBADMSG, "a");
	unwraps("{\"bytes\":\"Y\\nQ==\"}", -EBADMSG, "");
	unwraps("{\"bytes\":\"Y\\u0151Q==\"}", -EBADMSG, "");
}

static void test_malformed(void **state)
{
	unwraps("[\"YQ==\"]", -EBADMSG, "");
	unwraps("{\"bytes\":\"YQ==YQ==\"}", -EBADMSG, "a");
	unwraps("{\"bytes\":\"Y Q==\"}", -EBADMSG, "");
	unwraps("{\"bytes\" \"YQ==\"}", -EBADMSG, "");
	unwraps("{x}", -EBADMSG, "");
	unwraps("{\"bytes\":\"YQ==\"}{", -EBADMSG, "a");
}

static void test_long(void **state)
{
	static char in[8192];
	size_t n = (size_t)sprintf(in, "{\"p\":\"\",\"bytes\":\""), i;
	char *got;

	for (i = 0; i < 1000; i++)
		n += (size_t)sprintf(in + n, "YWJj");
	sprintf(in + n, "\"}");
	assert_int_equal(once(in, 0, 0, &got), 0);
	assert_int_equal(strlen(got), 3000);
	for (i = 0; i < 3000; i++)
		assert_int_equal(got[i], "abc"[i % 3]);
	free(got);
	assert_int_equal(once(in, 0, 7, &got), 0);
	assert_int_equal(strlen(got), 3000);
	free(got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
