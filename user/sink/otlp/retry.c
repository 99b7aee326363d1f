// SPDX-License-Identifier: Apache-2.0
#include "sink/otlp/retry.h"

#include <errno.h>

#include <curl/curl.h>

#define DATE_MAX 40 /* "Wednesday, 09-Nov-94 08:49:37 GMT" is the longest form */

unsigned int retry__backoff_ms(unsigned int failures, uint32_t random)
{
	unsigned int ms = RETRY_FIRST_MS;

	for (; failures > 1 && ms < RETRY_MOST_MS; failures--)
		ms *= 2;
	ms = ms < RETRY_MOST_MS ? ms : RETRY_MOST_MS;
	return ms / 2 + (unsigned int)(((uint64_t)random * (ms / 2)) >> 32);
}

static unsigned int bounded_ms(uint64_t s)
{
	if (s >= RETRY_AFTER_MOST_MS / 1000)
		return RETRY_AFTER_MOST_MS;
	return s ? (unsigned int)s * 1000 : RETRY_AFTER_LEAST_MS;
}

int retry__after_ms(struct span value, uint64_t now_s, unsigned int *ret)
{
	char date[DATE_MAX + 1];
	uint64_t s = 0;
	time_t then;
	size_t i;

	value = span_trim(value);
	if (!value.n || value.n > DATE_MAX)
		return -EBADMSG;
	for (i = 0; i < value.n && value.p[i] >= '0' && value.p[i] <= '9'; i++)
		if (s <= RETRY_AFTER_MOST_MS)
			s = s * 10 + (value.p[i] - '0');
	if (i < value.n) {
		/* All three forms begin with the day of the week; curl takes others as well. */
		if (i || memchr(value.p, 0, value.n) || value.p[0] < 'A' || value.p[0] > 'Z')
			return -EBADMSG;
		memcpy(date, value.p, value.n);
		date[value.n] = '\0';
		then = curl_getdate(date, NULL);
		if (then < 0)
			return -EBADMSG;
		s = (uint64_t)then > now_s ? (uint64_t)then - now_s : 0;
	}
	*ret = bounded_ms(s);
	return 0;
}

bool retry__status(long status)
{
	return status == 429 || (status >= 502 && status <= 504);
}
