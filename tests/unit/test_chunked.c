// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>

#include "http/chunked.h"
#include "http_log.h"

/* Feeds s cut into pieces of at most piece bytes. Returns how many bytes were taken, or the error;
 * data gets what came out. */
static ptrdiff_t decode(struct span s, size_t piece, char *data)
{
	struct chunked c;
	size_t taken = 0, n_data = 0;

	chunked__init(&c, 64);
	while (taken < s.n && !chunked__done(&c)) {
		struct span in = at_page_end(span_head(span_skip(s, taken), piece)), out;
		ptrdiff_t n = chunked__next(&c, in, &out);

		if (n < 0)
			return n;
		assert_true(n > 0);
		if (out.n) {
			assert_ptr_equal(out.p + out.n, in.p + n);
			memcpy(data + n_data, out.p, out.n);
		}
		n_data += out.n;
		taken += (size_t)n;
	}
	data[n_data] = 0;
	return chunked__done(&c) ? (ptrdiff_t)taken : -EAGAIN;
}

static void test_table(void **state)
{
	static const struct {
		const char *in;
		ptrdiff_t taken; /* 0: all */
		const char *out;
	} table[] = {
		{"0\r\n\r\n", 0, ""},
		{"5\r\nhello\r\n0\r\n\r\n", 0, "hello"},
		{"5\r\nhello\r\n0\r\n\r\nHTTP/1.1", 15, "hello"},
		{"5\nhello\n0\n\n", 0, "hello"},
		{"5 \t\r\nhello\r\n0 ;x\r\n\r\n", 0, "hello"},
		{"5;a=b;c=\"d;e\"\r\nhello\r\n0\r\n\r\n", 0, "hello"},
		{"00000000000000000000005\r\nhello\r\n000\r\n\r\n", 0, "hello"},
		{"A\r\n0123456789\r\na\r\nabcdefghij\r\n0\r\n\r\n", 0, "0123456789abcdefghij"},
		{"1\r\na\r\n0\r\nA: b\r\nC: d\r\n\r\n", 0, "a"},
		{"1\r\na\r\n0\r\n\r", -EAGAIN, NULL},
		{"1\r\nab\r\n", -EBADMSG, NULL},
		{"1\r\na\rb", -EBADMSG, NULL},
		{"\r\n", -EBADMSG, NULL},
		{" 1\r\na\r\n", -EBADMSG, NULL},
		{"-1\r\n", -EBADMSG, NULL},
		{"0x1\r\na\r\n", -EBADMSG, NULL},
		{"g\r\n", -EBADMSG, NULL},
		{"1,2\r\n", -EBADMSG, NULL},
		{"1\rx", -EBADMSG, NULL},
		{"1;a\rb", -EBADMSG, NULL},
		{"0\r\nA: b\rC", -EBADMSG, NULL},
		{"0\r\n\rX", -EBADMSG, NULL},
		{"FFFFFFFFFFFFFFFF\r\n", -EBADMSG, NULL},
		{"10000000000000000\r\n", -EBADMSG, NULL},
		{"10000000000000005\r\nhello", -EBADMSG, NULL},
		{"fffffffffffffff\r\nx", -EAGAIN, NULL},
		{"1;0123456789012345678901234567890123456789012345678901234567890123456789\r\n",
		 -E2BIG, NULL},
		{"0\r\nA: 23456789012345678901234567890\r\nB: 456789012345678901234567890\r\n\r\n",
		 -E2BIG, NULL},
	};
	size_t i, piece;
	char out[256];

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct span in = span_str(table[i].in);
		ptrdiff_t want = table[i].taken ? table[i].taken : (ptrdiff_t)in.n;

		for (piece = 1; piece <= in.n; piece++) {
			ptrdiff_t got = decode(in, piece, out);

			if (got != want)
				fail_msg("%s in pieces of %zu: %td", table[i].in, piece, got);
			if (table[i].out)
				assert_string_equal(out, table[i].out);
		}
	}
}

static void test_nul(void **state)
{
	char out[64];

	assert_int_equal(decode(SPAN_LIT("1;\0\r\n"), 64, out), -EBADMSG);
	assert_int_equal(decode(SPAN_LIT("0\r\nA: \0\r\n"), 64, out), -EBADMSG);
	assert_int_equal(decode(SPAN_LIT("2\r\n\0\0\r\n0\r\n\r\n"), 64, out), 12);
}

static void test_skip(void **state)
{
	struct chunked c;
	struct span out;

	chunked__init(&c, 64);
	assert_false(chunked__skip(&c, 1));
	assert_int_equal(chunked__next(&c, SPAN_LIT("5\r\nh"), &out), 4);
	assert_false(chunked__skip(&c, 0));
	assert_false(chunked__skip(&c, 5));
	assert_true(chunked__skip(&c, 4));
	assert_false(chunked__skip(&c, 1));
	assert_int_equal(chunked__next(&c, SPAN_LIT("\r\n0\r\n\r\n"), &out), 7);
	assert_true(chunked__done(&c));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_skip),
	};

	return cmocka_run_group_tests_name("chunked", tests, NULL, NULL);
}
