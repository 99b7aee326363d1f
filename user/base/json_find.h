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

#define JSON_ONES 0x0101010101010101ULL
#define JSON_HIGH 0x8080808080808080ULL

/* The high bit of each byte of x that is zero, exact up to the lowest such byte (a borrow may set
 * bits above it, never below). */
static inline uint64_t json_zero_bytes(uint64_t x)
{
	return (x - JSON_ONES) & ~x & JSON_HIGH;
}

static inline uint64_t json_load64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	v = __builtin_bswap64(v);
#endif
	return v;
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
		uint64_t v = json_load64(p);
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
		uint64_t v = json_load64(p), w = v | JSON_ONES * 0x20;
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

/* Is all of it ASCII? */
static inline bool json_ascii(const uint8_t *p, const uint8_t *end)
{
	uint64_t any = 0;

	for (; end - p >= 8; p += 8)
		any |= json_load64(p);
	for (; p < end; p++)
		any |= *p;
	return !(any & JSON_HIGH);
}

#endif
