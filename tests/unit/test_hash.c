// SPDX-License-Identifier: Apache-2.0
/* Hashes of what comes piece by piece. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/json_hash.h"
#include "base/siphash.h"

static uint8_t text[64];

static int fill(void **state)
{
	size_t i;

	for (i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)i;
	return 0;
}

/* The vector of the paper's appendix A, and two of the reference implementation. */
static void siphash_is_siphash(void **state)
{
	assert_true(siphash(text, span(text, 15)) == 0xa129ca6149be45e5ULL);
	assert_true(siphash(text, span(text, 0)) == 0x726fdb47dd0e0e31ULL);
	assert_true(siphash(text, span(text, 8)) == 0x93f5f5799a932462ULL);
}

static void pieces_make_no_difference(void **state)
{
	struct siphash s;
	size_t n, i, k;

	for (n = 0; n <= sizeof(text); n++)
		for (i = 0; i <= n; i++)
			for (k = i; k <= n; k += 3) {
				siphash__begin(&s, text);
				siphash__add(&s, span(text, i));
				siphash__add(&s, span(text + i, k - i));
				siphash__value(&s); /* asking changes nothing */
				siphash__add(&s, span(text + k, n - k));
				assert_true(siphash__value(&s) == siphash(text, span(text, n)));
				assert_int_equal(s.n, n);
			}
}

static void hashes_of_pieces_can_be_joined(void **state)
{
	const uint8_t *end = text + sizeof(text), *p;
	uint64_t whole = json_hash__add(0, text, end);

	for (p = text; p <= end; p++) {
		uint64_t a = json_hash__add(0, text, p), b = json_hash__add(0, p, end);

		assert_true(json_hash__join(a, b, (uint64_t)(end - p)) == whole);
		assert_true(json_hash__add(a, p, end) == whole);
	}
	/* A zero at the end, or nothing, are two things. */
	assert_true(json_hash__add(0, text, text + 1) != 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(siphash_is_siphash, fill),
		cmocka_unit_test_setup(pieces_make_no_difference, fill),
		cmocka_unit_test_setup(hashes_of_pieces_can_be_joined, fill),
	};

	return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}
