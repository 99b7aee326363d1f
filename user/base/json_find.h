/* SPDX-License-Identifier: Apache-2.0 */
/* json_find.h: the next byte that matters, eight or sixteen at a time. Nothing is read past end. */
#ifndef LLMSNOOP_JSON_FIND_H
#define LLMSNOOP_JSON_FIND_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/load.h"

#define JSON_ONES 0x0101010101010101ULL
#define JSON_HIGH 0x8080808080808080ULL

/* The high bit of each byte of x that is zero, exact up to the lowest such byte (a borrow may set
 * bits above it, never below). */
static inline uint64_t json_zero_bytes(uint64_t x)
{
	return (x - JSON_ONES) & ~x & JSON_HIGH;
}

/* The first quote or backslash, or end. */
static inline const uint8_t *json_find_special(const uint8_t *p, const uint8_t *end)
{
#ifdef __SSE2__
	const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\');

	for (; end - p >= 16; p += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)p);
		__m128i hit = _mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, slash));
		unsigned int mask = (unsigned int)_mm_movemask_epi8(hit);

		if (mask)
			return p + __builtin_ctz(mask);
	}
#endif
	for (; end - p >= 8; p += 8) {
		uint64_t v = load_le64(p);
		uint64_t hit = json_zero_bytes(v ^ JSON_ONES * '"') |
			       json_zero_bytes(v ^ JSON_ONES * '\\');

		if (hit)
			return p + (__builtin_ctzll(hit) >> 3);
	}
	while (p < end && *p != '"' && *p != '\\')
		p++;
	return p;
}

/* The first quote, or NULL. */
static inline const uint8_t *json_find_quote(const uint8_t *p, const uint8_t *end)
{
#ifdef __SSE2__
	const __m128i quote = _mm_set1_epi8('"');
	int i;

	/* Most strings are short: the call of memchr costs more than two looks. */
	for (i = 0; i < 2 && end - p >= 16; i++, p += 16) {
		__m128i hit = _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)p), quote);
		unsigned int mask = (unsigned int)_mm_movemask_epi8(hit);

		if (mask)
			return p + __builtin_ctz(mask);
	}
#endif
	return p < end ? memchr(p, '"', (size_t)(end - p)) : NULL;
}

/* The first quote or bracket of either kind, or end. */
static inline const uint8_t *json_find_structure(const uint8_t *p, const uint8_t *end)
{
	/* '[' and '{', ']' and '}' differ in bit 5 alone. */
#ifdef __SSE2__
	const __m128i quote = _mm_set1_epi8('"'), bit5 = _mm_set1_epi8(0x20);
	const __m128i opens = _mm_set1_epi8('{'), closes = _mm_set1_epi8('}');

	for (; end - p >= 16; p += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)p), w = _mm_or_si128(v, bit5);
		__m128i hit = _mm_or_si128(
			_mm_cmpeq_epi8(v, quote),
			_mm_or_si128(_mm_cmpeq_epi8(w, opens), _mm_cmpeq_epi8(w, closes)));
		unsigned int mask = (unsigned int)_mm_movemask_epi8(hit);

		if (mask)
			return p + __builtin_ctz(mask);
	}
#endif
	for (; end - p >= 8; p += 8) {
		uint64_t v = load_le64(p), w = v | JSON_ONES * 0x20;
		uint64_t hit = json_zero_bytes(v ^ JSON_ONES * '"') |
			       json_zero_bytes(w ^ JSON_ONES * '{') |
			       json_zero_bytes(w ^ JSON_ONES * '}');

		if (hit)
			return p + (__builtin_ctzll(hit) >> 3);
	}
	for (; p < end; p++)
		if (*p == '"' || (*p | 0x20) == '{' || (*p | 0x20) == '}')
			break;
	return p;
}

#ifdef __SSE2__
#define JSON_BLOCK 64

/* Which bytes of a block are what: bit i for byte i. */
struct json_block {
	uint64_t quote, slash, open, close;
};

static inline struct json_block json_load_block(const uint8_t *p)
{
	const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\');
	const __m128i bit5 = _mm_set1_epi8(0x20);
	const __m128i opens = _mm_set1_epi8('{'), closes = _mm_set1_epi8('}');
	struct json_block b = {0};
	unsigned int i;

	for (i = 0; i < JSON_BLOCK; i += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(p + i)), w = _mm_or_si128(v, bit5);

		b.quote |= (uint64_t)(uint16_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v, quote)) << i;
		b.slash |= (uint64_t)(uint16_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v, slash)) << i;
		b.open |= (uint64_t)(uint16_t)_mm_movemask_epi8(_mm_cmpeq_epi8(w, opens)) << i;
		b.close |= (uint64_t)(uint16_t)_mm_movemask_epi8(_mm_cmpeq_epi8(w, closes)) << i;
	}
	return b;
}
#endif

/* The bytes that a backslash before them escapes (Langdale and Lemire, "Parsing Gigabytes of JSON
 * per Second", 3.1.1). carry: bit 0 for the first byte of this block, then of the next. */
static inline uint64_t json_escaped(uint64_t slash, uint64_t *carry)
{
	const uint64_t even = 0x5555555555555555ULL;
	uint64_t follows, sequences, first = *carry;

	if (!slash) {
		*carry = 0;
		return first;
	}
	slash &= ~first;
	follows = slash << 1 | first;
	*carry = __builtin_add_overflow(slash & ~even & ~follows, slash, &sequences);
	return (even ^ sequences << 1) & follows;
}

/* Bit i: an odd number of bits is set from 0 to i. */
static inline uint64_t json_prefix_xor(uint64_t x)
{
	x ^= x << 1;
	x ^= x << 2;
	x ^= x << 4;
	x ^= x << 8;
	x ^= x << 16;
	x ^= x << 32;
	return x;
}

/* Are n bytes the same? For keys: short, and mostly the same where the lengths are. */
static inline bool json_equal(const uint8_t *a, const uint8_t *b, size_t n)
{
	uint32_t x, y;

	if (n > 16)
		return memcmp(a, b, n) == 0;
	if (n >= 8)
		return load_le64(a) == load_le64(b) && load_le64(a + n - 8) == load_le64(b + n - 8);
	if (n >= 4) {
		memcpy(&x, a, 4);
		memcpy(&y, b, 4);
		if (x != y)
			return false;
		memcpy(&x, a + n - 4, 4);
		memcpy(&y, b + n - 4, 4);
		return x == y;
	}
	return n == 0 || (a[0] == b[0] && a[n / 2] == b[n / 2] && a[n - 1] == b[n - 1]);
}

/* Is all of it ASCII? */
static inline bool json_ascii(const uint8_t *p, const uint8_t *end)
{
	uint64_t any = 0;

	for (; end - p >= 8; p += 8)
		any |= load_le64(p);
	for (; p < end; p++)
		any |= *p;
	return !(any & JSON_HIGH);
}

/* The first byte that is no white space, or end. */
static inline const uint8_t *json_blanks(const uint8_t *p, const uint8_t *end)
{
	while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
		p++;
	return p;
}

/* Bytes of a number or literal. */
static const bool json_in_token[256] = {
	['0' ... '9'] = true, ['a' ... 'z'] = true, ['A' ... 'Z'] = true, ['-'] = true,
	['+'] = true,	      ['.'] = true,	    ['_'] = true,
};

/* The place behind an unselected scalar that is here as a whole; else p. */
static inline const uint8_t *json_past_scalar(const uint8_t *p, const uint8_t *end)
{
	const uint8_t *q = p;

	if (*p == '"') {
		q = json_find_special(p + 1, end);
		return q < end && *q == '"' ? q + 1 : p;
	}
	while (q < end && json_in_token[*q])
		q++;
	return q < end ? q : p;
}

#endif
