// SPDX-License-Identifier: Apache-2.0
#include "base/utf8.h"

struct range {
	uint32_t first, last;
};

static bool in_ranges(const struct range *r, size_t n, uint32_t cp)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (cp > r[mid].last)
			lo = mid + 1;
		else if (cp < r[mid].first)
			hi = mid;
		else
			return true;
	}
	return false;
}

#define IN(table, cp) in_ranges(table, sizeof(table) / sizeof((table)[0]), cp)

/* Unicode 15, table 3-7: the allowed second byte depends on the first. */
size_t utf8__next(struct span s, uint32_t *ret_cp)
{
	uint8_t lo = 0x80, hi = 0xBF;
	unsigned int more;
	uint32_t cp;
	size_t i;

	if (!s.n)
		return 0;
	if (s.p[0] < 0x80) {
		*ret_cp = s.p[0];
		return 1;
	}
	if (s.p[0] >= 0xC2 && s.p[0] <= 0xDF) {
		more = 1;
		cp = s.p[0] & 0x1F;
	} else if (s.p[0] >= 0xE0 && s.p[0] <= 0xEF) {
		more = 2;
		cp = s.p[0] & 0x0F;
		lo = s.p[0] == 0xE0 ? 0xA0 : lo; /* overlong */
		hi = s.p[0] == 0xED ? 0x9F : hi; /* surrogates */
	} else if (s.p[0] >= 0xF0 && s.p[0] <= 0xF4) {
		more = 3;
		cp = s.p[0] & 0x07;
		lo = s.p[0] == 0xF0 ? 0x90 : lo; /* overlong */
		hi = s.p[0] == 0xF4 ? 0x8F : hi; /* past U+10FFFF */
	} else {
		*ret_cp = UTF8_REPLACEMENT;
		return 1;
	}
	for (i = 1; i <= more; i++) {
		if (i >= s.n || s.p[i] < lo || s.p[i] > hi) {
			*ret_cp = UTF8_REPLACEMENT;
			return i;
		}
		cp = cp << 6 | (s.p[i] & 0x3F);
		lo = 0x80;
		hi = 0xBF;
	}
	*ret_cp = cp;
	return i;
}

struct span utf8__head(struct span s, size_t n)
{
	size_t back;

	if (n >= s.n)
		return s;
	/* s.p[n] is the first byte left out: step back over a character that it continues. */
	for (back = 0; back < 3 && back < n && (s.p[n - back] & 0xC0) == 0x80; back++)
		;
	if ((s.p[n - back] & 0xC0) == 0xC0)
		n -= back;
	return span_head(s, n);
}

unsigned int utf8__width(uint32_t cp)
{
	/* Coarse on purpose: scripts that occur in names, not the whole of EastAsianWidth.txt. */
	static const struct range none[] = {
		{0x0300, 0x036F},   {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x0610, 0x061A},
		{0x064B, 0x065F},   {0x06D6, 0x06DC}, {0x0900, 0x0902}, {0x093C, 0x093C},
		{0x0941, 0x0948},   {0x0E31, 0x0E31}, {0x0E34, 0x0E3A}, {0x0E47, 0x0E4E},
		{0x1AB0, 0x1AFF},   {0x1DC0, 0x1DFF}, {0x200B, 0x200F}, {0x20D0, 0x20FF},
		{0xFE00, 0xFE0F},   {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF}, {0x1F3FB, 0x1F3FF},
		{0xE0100, 0xE01EF},
	};
	static const struct range wide[] = {
		{0x1100, 0x115F},   {0x231A, 0x231B},	{0x23E9, 0x23EC},   {0x2614, 0x2615},
		{0x26A1, 0x26A1},   {0x2705, 0x2705},	{0x274C, 0x274C},   {0x2753, 0x2757},
		{0x2B50, 0x2B50},   {0x2E80, 0x303E},	{0x3041, 0x33FF},   {0x3400, 0x4DBF},
		{0x4E00, 0x9FFF},   {0xA000, 0xA4CF},	{0xAC00, 0xD7A3},   {0xF900, 0xFAFF},
		{0xFE30, 0xFE6F},   {0xFF00, 0xFF60},	{0xFFE0, 0xFFE6},   {0x1F300, 0x1F64F},
		{0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF}, {0x1FA70, 0x1FAFF}, {0x20000, 0x3FFFD},
	};

	if (cp < 0x300)
		return 1;
	if (IN(none, cp))
		return 0;
	return IN(wide, cp) ? 2 : 1;
}

bool utf8__unsafe(uint32_t cp)
{
	static const struct range unsafe[] = {
		{0x0000, 0x001F}, {0x007F, 0x009F}, {0x00AD, 0x00AD},	{0x061C, 0x061C},
		{0x180E, 0x180E}, {0x200B, 0x200F}, {0x2028, 0x202E},	{0x2060, 0x206F},
		{0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}, {0xE0000, 0xE007F},
	};

	return IN(unsafe, cp);
}

size_t utf8__encode(uint32_t cp, uint8_t p[4])
{
	if (cp < 0x80) {
		p[0] = cp;
		return 1;
	}
	if (cp < 0x800) {
		p[0] = 0xC0 | cp >> 6;
		p[1] = 0x80 | (cp & 0x3F);
		return 2;
	}
	if (cp < 0x10000) {
		p[0] = 0xE0 | cp >> 12;
		p[1] = 0x80 | (cp >> 6 & 0x3F);
		p[2] = 0x80 | (cp & 0x3F);
		return 3;
	}
	p[0] = 0xF0 | (cp >> 18 & 0x07);
	p[1] = 0x80 | (cp >> 12 & 0x3F);
	p[2] = 0x80 | (cp >> 6 & 0x3F);
	p[3] = 0x80 | (cp & 0x3F);
	return 4;
}
