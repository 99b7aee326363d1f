// SPDX-License-Identifier: Apache-2.0
#include "report/period.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define S_PER_DAY 86400
#define YEAR_FIRST 1970
#define YEAR_LAST 2199 /* what nanoseconds in 63 bits hold */

static const char right[] =
	"a time like yesterday, today, 2026-11-20, 2026-11-20T14:00, 12h or 7d (before now)";

static int64_t to_seconds(struct tm *tm, bool utc)
{
	tm->tm_isdst = -1;
	return utc ? timegm(tm) : mktime(tm);
}

static struct tm to_tm(int64_t s, bool utc)
{
	time_t t = (time_t)s;
	struct tm tm = {0};

	if (utc)
		gmtime_r(&t, &tm);
	else
		localtime_r(&t, &tm);
	return tm;
}

static int64_t floor_seconds(int64_t ns)
{
	return ns / NS_PER_S - (ns % NS_PER_S < 0);
}

/* The first moment of the day that lies days after the one that holds s. */
static int64_t midnight(int64_t s, int days, bool utc)
{
	struct tm tm = to_tm(s, utc);

	tm.tm_mday += days;
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	return to_seconds(&tm, utc);
}

/* The same hour, days later. */
static int64_t move(int64_t s, int days, bool utc)
{
	struct tm tm = to_tm(s, utc);

	tm.tm_mday += days;
	return to_seconds(&tm, utc);
}

/* Exactly n digits. -1: they are not there. */
static int digits(struct span *s, unsigned int n)
{
	int v = 0;

	if (s->n < n)
		return -1;
	for (unsigned int i = 0; i < n; i++) {
		if (!isdigit(s->p[i]))
			return -1;
		v = v * 10 + (s->p[i] - '0');
	}
	*s = span_skip(*s, n);
	return v;
}

static bool take(struct span *s, char c)
{
	if (!s->n || *s->p != c)
		return false;
	*s = span_skip(*s, 1);
	return true;
}

struct moment {
	struct tm tm;
	int64_t fraction_ns;
	bool has_day, has_time, has_zone;
	int zone_s;
};

static bool read_fraction(struct span *s, int64_t *ret_ns)
{
	int64_t unit = NS_PER_S / 10;

	if (!take(s, '.'))
		return true;
	if (!s->n || !isdigit(*s->p))
		return false;
	for (; s->n && isdigit(*s->p); *s = span_skip(*s, 1), unit /= 10)
		*ret_ns += (*s->p - '0') * unit;
	return true;
}

static bool read_zone(struct span *s, struct moment *m)
{
	int sign = s->n && *s->p == '-' ? -1 : 1, h, min;

	if (!s->n)
		return true;
	m->has_zone = true;
	if (take(s, 'Z') || take(s, 'z'))
		return true;
	if (!take(s, '+') && !take(s, '-'))
		return false;
	h = digits(s, 2);
	take(s, ':');
	min = digits(s, 2);
	m->zone_s = sign * (h * 3600 + min * 60);
	return h >= 0 && h < 24 && min >= 0 && min < 60;
}

static bool read_time(struct span *s, struct moment *m)
{
	m->has_time = true;
	m->tm.tm_hour = digits(s, 2);
	if (!take(s, ':'))
		return false;
	m->tm.tm_min = digits(s, 2);
	if (take(s, ':')) {
		m->tm.tm_sec = digits(s, 2);
		if (!read_fraction(s, &m->fraction_ns))
			return false;
	}
	/* A leap second is the one before it. */
	if (m->tm.tm_sec == 60)
		m->tm.tm_sec = 59;
	return m->tm.tm_hour >= 0 && m->tm.tm_hour < 24 && m->tm.tm_min >= 0 && m->tm.tm_min < 60 &&
	       m->tm.tm_sec >= 0 && m->tm.tm_sec < 60 && read_zone(s, m);
}

static bool read_moment(struct span s, struct moment *m)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int year, month, day = 1, last;

	*m = (struct moment){.fraction_ns = 0};
	year = digits(&s, 4);
	if (!take(&s, '-'))
		return false;
	month = digits(&s, 2);
	if (year < YEAR_FIRST || year > YEAR_LAST || month < 1 || month > 12)
		return false;
	if (take(&s, '-')) {
		m->has_day = true;
		day = digits(&s, 2);
	}
	last = days[month - 1] +
	       (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
	m->tm.tm_year = year - 1900;
	m->tm.tm_mon = month - 1;
	m->tm.tm_mday = day;
	if (day < 1 || day > last)
		return false;
	if (m->has_day && (take(&s, 'T') || take(&s, 't') || take(&s, ' ')) && !read_time(&s, m))
		return false;
	return !s.n;
}

/* Days since 1970 (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms"): timegm is slow
 * for millions of records. */
static int64_t days_since_1970(const struct tm *tm)
{
	int64_t y = tm->tm_year + 1900 - (tm->tm_mon < 2);
	int64_t era = y / 400, of_era = y - era * 400;
	int64_t of_year = (153 * ((tm->tm_mon + 10) % 12) + 2) / 5 + tm->tm_mday - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int64_t in_utc(const struct moment *m)
{
	int64_t s = days_since_1970(&m->tm) * S_PER_DAY + m->tm.tm_hour * 3600 + m->tm.tm_min * 60 +
		    m->tm.tm_sec - m->zone_s;

	return s * NS_PER_S + m->fraction_ns;
}

bool period__rfc3339(struct span s, int64_t *ret_ns)
{
	struct moment m;

	if (!read_moment(s, &m) || !m.has_time || !m.has_zone)
		return false;
	*ret_ns = in_utc(&m);
	return true;
}

/* 12h, 7d. */
static bool read_ago(const char *text, int64_t now_ns, bool utc, int64_t *ret_ns)
{
	static const struct {
		const char *name;
		int64_t seconds;
		int days;
	} units[] = {{"s", 1, 0}, {"m", 60, 0}, {"h", 3600, 0}, {"d", 0, 1}, {"w", 0, 7}};
	char *end;
	long n = isdigit((unsigned char)*text) ? strtol(text, &end, 10) : 0;

	if (n < 1 || n > 1000000)
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].name) != 0)
			continue;
		if (units[i].days && n > 20000)
			return false;
		*ret_ns = now_ns - n * units[i].seconds * NS_PER_S;
		if (units[i].days)
			*ret_ns = move(floor_seconds(now_ns), (int)-n * units[i].days, utc) *
					  NS_PER_S +
				  now_ns % NS_PER_S;
		return true;
	}
	return false;
}

const char *period__read(const char *text, int64_t now_ns, bool utc, int64_t *ret_ns)
{
	static const struct {
		const char *name;
		int days;
	} names[] = {{"yesterday", -1}, {"today", 0}, {"tomorrow", 1}};
	struct moment m;

	if (!strcmp(text, "now")) {
		*ret_ns = now_ns;
		return NULL;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(text, names[i].name)) {
			*ret_ns = midnight(floor_seconds(now_ns), names[i].days, utc) * NS_PER_S;
			return NULL;
		}
	if (read_ago(text, now_ns, utc, ret_ns))
		return NULL;
	if (!read_moment(span_str(text), &m))
		return right;
	if (m.has_zone || utc)
		*ret_ns = in_utc(&m);
	else
		*ret_ns = to_seconds(&m.tm, false) * NS_PER_S + m.fraction_ns;
	return NULL;
}

bool period__before(const struct period *p, bool utc, struct period *ret)
{
	int64_t from_s, to_s, length = p->to_ns - p->from_ns;
	int days;

	if (p->from_ns == PERIOD_FIRST || p->to_ns == PERIOD_LAST || p->to_ns <= p->from_ns)
		return false;
	from_s = floor_seconds(p->from_ns);
	to_s = floor_seconds(p->to_ns);
	*ret = (struct period){p->from_ns - length, p->from_ns};
	if (p->from_ns % NS_PER_S || midnight(from_s, 0, utc) != from_s)
		return true;
	/* A day of summer time's begin or end has 23 or 25 hours. */
	days = (int)((to_s - from_s) / S_PER_DAY);
	while (midnight(from_s, days, utc) < to_s)
		days++;
	while (days > 1 && midnight(from_s, days - 1, utc) >= to_s)
		days--;
	ret->from_ns = midnight(from_s, -days, utc) * NS_PER_S;
	ret->to_ns = move(to_s, -days, utc) * NS_PER_S + p->to_ns % NS_PER_S;
	if (ret->to_ns > p->from_ns)
		ret->to_ns = p->from_ns;
	return true;
}

const char *calendar__label(struct calendar *c, enum period_unit unit, int64_t ns)
{
	static const char *const formats[] = {"%Y-%m-%d", "%G-W%V", "%Y-%m"};
	int64_t s = floor_seconds(ns);

	if (s < c->from_s || s >= c->to_s) {
		struct tm tm = to_tm(s, c->utc);

		c->from_s = midnight(s, 0, c->utc);
		c->to_s = midnight(s, 1, c->utc);
		for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
			strftime(c->label[i], PERIOD_LABEL_MAX, formats[i], &tm);
	}
	return c->label[unit];
}

void period__show(int64_t ns, bool utc, char ret[PERIOD_LABEL_MAX])
{
	struct tm tm = to_tm(floor_seconds(ns), utc);

	strftime(ret, PERIOD_LABEL_MAX, "%Y-%m-%d %H:%M:%S", &tm);
}
