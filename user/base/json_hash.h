/* SPDX-License-Identifier: Apache-2.0 */
/* json_hash.h: a hash of bytes that come piece by piece, even out of pieces that were hashed each
 * for itself: it tells equal from unequal arguments, and stands against nobody who wants them to
 * collide. A polynomial modulo 2^64. */
#ifndef LLMSNOOP_JSON_HASH_H
#define LLMSNOOP_JSON_HASH_H

#include <stdint.h>

#define JSON_HASH_BASE 0x9e3779b97f4a7c15ULL /* odd */

/* The hash of what had hash h and of [p, end) behind it. Of nothing it is 0. */
static inline uint64_t json_hash__add(uint64_t h, const uint8_t *p, const uint8_t *end)
{
	for (; p < end; p++)
		h = h * JSON_HASH_BASE + *p + 1;
	return h;
}

/* The hash of what had hash a and of n bytes behind it that have hash b. */
static inline uint64_t json_hash__join(uint64_t a, uint64_t b, uint64_t n)
{
	uint64_t power = JSON_HASH_BASE;

	for (; n; n >>= 1, power *= power)
		if (n & 1)
			a *= power;
	return a + b;
}

#endif
