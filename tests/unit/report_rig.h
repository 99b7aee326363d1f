/* SPDX-License-Identifier: Apache-2.0 */
/* report_rig.h: what the tests of reports share. */
#ifndef LLMSNOOP_REPORT_RIG_H
#define LLMSNOOP_REPORT_RIG_H

#include <stdlib.h>
#include <time.h>

#include "report/period.h"

#define BERLIN "CET-1CEST,M3.5.0,M10.5.0/3"
#define TIME "\"time\":\"2026-11-20T13:02:13.5Z\""

static inline void zone(const char *tz)
{
	setenv("TZ", tz, 1);
	tzset();
}

static inline int64_t at(const char *text)
{
	int64_t ns = 0;

	assert_true(period__rfc3339(span_str(text), &ns));
	return ns;
}

#endif
