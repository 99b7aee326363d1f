// SPDX-License-Identifier: Apache-2.0
#include "call/when.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

double when__decimal(struct span s)
{
	double v = 0, unit = 1;
	bool point = false;
	size_t i;

	if (!s.n || s.n > 18)
		return NAN;
	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '.' && !point && i && i + 1 < s.n) {
			point = true;
		} else if (s.p[i] < '0' || s.p[i] > '9') {
			return NAN;
		} else {
			v = v * 10 + (s.p[i] - '0');
			unit *= point ? 10 : 1;
		}
	}
	return v / unit;
}

/* The largest first: a duration goes down. */
static const struct {
	const char *name;
	double seconds;
} units[] = {
	{"d", 86400}, {"h", 3600},  {"m", 60},		 {"s", 1},
	{"ms", 1e-3}, {"us", 1e-6}, {"\xC2\xB5s", 1e-6}, {"ns", 1e-9},
};

#define N_UNITS (sizeof(units) / sizeof(units[0]))

static bool in_number(uint8_t c)
{
	return (c >= '0' && c <= '9') || c == '.';
}

double when__duration(struct span s)
{
	size_t number, unit, i, from = 0;
	double sum = 0, v;

	if (!s.n)
		return NAN;
	while (s.n) {
		for (number = 0; number < s.n && in_number(s.p[number]); number++)
			;
		for (unit = number; unit < s.n && !in_number(s.p[unit]); unit++)
			;
		v = when__decimal(span_head(s, number));
		for (i = from; i < N_UNITS; i++)
			if (span_eq(span(s.p + number, unit - number), span_str(units[i].name)))
				break;
		if (isnan(v) || i == N_UNITS)
			return NAN;
		sum += v * units[i].seconds;
		from = i + 1;
		s = span_skip(s, unit);
	}
	return sum;
}

/* Reads s by a pattern: a digit of it takes a digit of s into field 0 to 5 (year, month, day, hour,
 * minute, second), 'b' three letters of a month, '?' any byte, everything else itself. */
static bool read_by(const char *pattern, struct span s, int field[6])
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	size_t i = 0, m;

	for (; *pattern; pattern++) {
		if (i >= s.n)
			return false;
		if (*pattern >= '0' && *pattern <= '5') {
			int *f = &field[*pattern - '0'];

			if (s.p[i] < '0' || s.p[i] > '9')
				return false;
			*f = *f * 10 + s.p[i++] - '0';
		} else if (*pattern == 'b') {
			for (m = 0; m < 12; m++)
				if (s.n - i >= 3 && !memcmp(s.p + i, months + 3 * m, 3))
					break;
			if (m == 12)
				return false;
			field[1] = (int)m + 1;
			i += 3;
		} else if (*pattern == '?' || *pattern == (char)s.p[i]) {
			i++;
		} else {
			return false;
		}
	}
	return true;
}

/* Days since 1970 of a date of the Gregorian calendar: years begin in March, so that the leap day
 * is their last, and 400 of them are 146097 days. */
static int64_t days_of(int y, int m, int d)
{
	int64_t year = m > 2 ? y : y - 1, era = year / 400, of_era = year - era * 400;
	int64_t of_year = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static double seconds_of(const int f[6])
{
	if (f[1] < 1 || f[1] > 12 || f[2] < 1 || f[2] > 31 || f[3] > 23 || f[4] > 59 || f[5] > 60)
		return NAN;
	return (double)(days_of(f[0], f[1], f[2]) * 86400 + f[3] * 3600 + f[4] * 60 + f[5]);
}

/* "Z" or "+hh:mm". In seconds east of UTC; NAN: neither. */
static double offset_of(struct span s)
{
	int f[6] = {0};
	double east;

	if (span_ieq(s, SPAN_LIT("Z")))
		return 0;
	if (s.n != 6 || (s.p[0] != '+' && s.p[0] != '-') || !read_by("?33:44", s, f))
		return NAN;
	east = f[3] * 3600 + f[4] * 60;
	return s.p[0] == '-' ? -east : east;
}

double when__date(struct span s)
{
	static const char stamp[] = "0000-11-22?33:44:55", http[] = "???, 22 b 0000 33:44:55 GMT";
	int f[6] = {0}, g[6] = {0};
	double part = 0;
	size_t n;

	/* The pattern's 'b' stands for three. */
	if (s.n == sizeof(http) - 1 + 2 && read_by(http, s, f))
		return seconds_of(f);
	if (!read_by(stamp, s, g))
		return NAN;
	s = span_skip(s, sizeof(stamp) - 1);
	if (s.n && *s.p == '.') {
		for (n = 1; n < s.n && s.p[n] >= '0' && s.p[n] <= '9'; n++)
			;
		part = when__decimal(span(s.p + 1, n - 1)) / pow(10, (double)(n - 1));
		s = span_skip(s, n);
	}
	return seconds_of(g) + part - offset_of(s);
}

double when__reset(struct span s, double now)
{
	double v = when__decimal(s);

	if (isnan(v))
		v = when__duration(s);
	else if (v >= 1e11)
		v = v / 1000 - now;
	else if (v >= 1e9)
		v = v - now;
	if (isnan(v))
		v = when__date(s) - now;
	return v < 0 ? 0 : v;
}
