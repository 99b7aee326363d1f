/* SPDX-License-Identifier: Apache-2.0 */
/* retry.h: when to try again. No clock, no randomness of its own. */
#ifndef LLMSNOOP_OTLP_RETRY_H
#define LLMSNOOP_OTLP_RETRY_H

#include "base/span.h"

#define RETRY_FIRST_MS 1000
#define RETRY_MOST_MS 30000
/* A server may ask for more; nobody is kept waiting for longer. */
#define RETRY_AFTER_MOST_MS (5 * 60 * 1000)
/* A server that asks for less than this is not asked more often all the same. */
#define RETRY_AFTER_LEAST_MS 100

/* Milliseconds until the next attempt: twice as long after each failure in a row (from 1 on), and
 * of that a random part between half and all. */
unsigned int retry__backoff_ms(unsigned int failures, uint32_t random);

/* The value of a Retry-After header (RFC 9110, section 10.2.3: seconds, or a date in any of HTTP's
 * three forms) in milliseconds, within the bounds above. now_s: CLOCK_REALTIME. -EBADMSG. */
int retry__after_ms(struct span value, uint64_t now_s, unsigned int *ret);

/* Is a request that was answered so to be sent again (OTLP/HTTP, "Retryable Response Codes")? */
bool retry__status(long status);

#endif
