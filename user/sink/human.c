// SPDX-License-Identifier: Apache-2.0
#include "sink/human.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/utf8.h"

void human__count(uint64_t v, char ret[HUMAN_MAX])
{
	static const char unit[] = "kMGTPE";
	double n = (double)v;
	unsigned int i;

	if (v < 1000) {
		snprintf(ret, HUMAN_MAX, "%" PRIu64, v);
		return;
	}
	/* 999.95k rounds to 1000.0k: that is the next unit. */
	for (i = 0, n /= 1000; n >= 999.5 && unit[i + 1]; i++)
		n /= 1000;
	snprintf(ret, HUMAN_MAX, n < 99.95 ? "%.1f%c" : "%.0f%c", n, unit[i]);
}

void human__seconds(uint64_t ns, unsigned int digits, char ret[HUMAN_MAX])
{
	double s = (double)ns / 1e9;

	snprintf(ret, HUMAN_MAX, "%.*fs", s < 99.95 ? (int)digits : 0, s);
}

void human__usd(double usd, char ret[HUMAN_MAX])
{
	if (usd > 0 && usd < 0.00005)
		snprintf(ret, HUMAN_MAX, "<$0.0001");
	else if (usd < 1e12)
		snprintf(ret, HUMAN_MAX, "$%.*f", usd < 99.99995 ? 4 : 2, usd);
	else
		snprintf(ret, HUMAN_MAX, "$%.3g", usd);
}

static bool shows(uint32_t cp)
{
	return !utf8__unsafe(cp) && cp != UTF8_REPLACEMENT;
}

/* The columns of s, but no more than are asked about. */
static unsigned int width_of(struct span s, unsigned int enough)
{
	unsigned int w = 0;
	uint32_t cp = 0;
	size_t n;

	while (w <= enough && (n = utf8__next(s, &cp))) {
		w += shows(cp) ? utf8__width(cp) : 1;
		s = span_skip(s, n);
	}
	return w;
}

unsigned int human__text(struct buf *out, struct span s, unsigned int columns)
{
	bool cut = width_of(s, columns) > columns;
	unsigned int room = cut ? columns - (columns > 0) : columns, w = 0, one;
	/* Combining marks take no column: a heap of them must not make a line endless. */
	size_t bytes = 16 * (size_t)columns + 16;
	uint32_t cp = 0;
	size_t n;

	while (bytes >= 4 && (n = utf8__next(s, &cp))) {
		one = shows(cp) ? utf8__width(cp) : 1;
		if (w + one > room)
			break;
		buf__add(out, shows(cp) ? span_head(s, n) : SPAN_LIT("?"));
		w += one;
		bytes -= n;
		s = span_skip(s, n);
	}
	if (cut && columns) {
		buf__add(out, SPAN_LIT("+"));
		w++;
	}
	return w;
}
