/* SPDX-License-Identifier: Apache-2.0 */
/* period.h: moments and days as people say them, in local time or UTC. Moments are nanoseconds
 * since 1970; all intervals are half open. */
#ifndef LLMSNOOP_REPORT_PERIOD_H
#define LLMSNOOP_REPORT_PERIOD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

#define NS_PER_S 1000000000LL
#define PERIOD_FIRST INT64_MIN /* no beginning */
#define PERIOD_LAST INT64_MAX  /* no end */

struct period {
	int64_t from_ns, to_ns;
};

/* now, today, yesterday, tomorrow (their first moments), 2026-11, 2026-11-20, 2026-11-20T14:00 (a
 * blank for T, seconds and their fraction, Z or +01:00 may be there), or a time before now: 90s,
 * 30m, 12h, 7d, 2w (days and weeks by the clock: yesterday at this hour is 1d, whatever summer time
 * did). NULL; or what would be right, and *ret_ns is as it was. */
const char *period__read(const char *text, int64_t now_ns, bool utc, int64_t *ret_ns);

/* RFC 3339 with any offset. False: it is none. */
bool period__rfc3339(struct span s, int64_t *ret_ns);

/* The period before p that compares with it: as long, and where p begins a day, moved back by
 * whole days, so that the same hours are compared. False: p has no beginning or no end. */
bool period__before(const struct period *p, bool utc, struct period *ret);

enum period_unit {
	PERIOD_DAY,   /* 2026-11-20 */
	PERIOD_WEEK,  /* 2026-W47 (ISO 8601) */
	PERIOD_MONTH, /* 2026-11 */
};

#define PERIOD_LABEL_MAX 32

/* Remembers the day of the last question. All zero, but for utc, is a new one. */
struct calendar {
	bool utc;
	int64_t from_s, to_s;
	char label[3][PERIOD_LABEL_MAX];
};

/* The day, week or month that holds the moment; lives until the next question. */
const char *calendar__label(struct calendar *c, enum period_unit unit, int64_t ns);

/* "2026-11-20 14:02:13", for people. */
void period__show(int64_t ns, bool utc, char ret[PERIOD_LABEL_MAX]);

#endif
