/* SPDX-License-Identifier: Apache-2.0 */
/* when.h: times as HTTP headers spell them. */
#ifndef LLMSNOOP_CALL_WHEN_H
#define LLMSNOOP_CALL_WHEN_H

#include "base/span.h"

/* A decimal number without sign or exponent, of at most 18 characters. NAN: it is none. */
double when__decimal(struct span s);

/* A duration: numbers with units, "6m0s", "2m59.56s", "120ms"; d, h, m, s, ms, us, µs and ns; each
 * smaller than the one before. In seconds; NAN: it is none. */
double when__duration(struct span s);

/* A date: RFC 3339 or IMF-fixdate (RFC 9110, section 5.6.7), without leap seconds. In seconds since
 * 1970; NAN: it is none. */
double when__date(struct span s);

/* When a limit is reset, in seconds after now (seconds since 1970): a duration, a date, a number of
 * seconds or, as the size tells, a moment in seconds or milliseconds since 1970. What is past is 0.
 * NAN: none of these. */
double when__reset(struct span s, double now);

#endif
