// SPDX-License-Identifier: Apache-2.0
#include "base/json_number.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

bool json_number__valid(struct span text, bool *ret_integer)
{
	const uint8_t *p = text.p, *end;

	*ret_integer = true;
	if (!text.n)
		return false;
	end = p + text.n;
	if (*p == '-')
		p++;
	if (p < end && *p == '0')
		p++;
	else if (p < end && *p >= '1' && *p <= '9')
		while (p < end && *p >= '0' && *p <= '9')
			p++;
	else
		return false;
	if (p < end && *p == '.') {
		*ret_integer = false;
		if (++p == end || *p < '0' || *p > '9')
			return false;
		while (p < end && *p >= '0' && *p <= '9')
			p++;
	}
	if (p < end && (*p | 0x20) == 'e') {
		*ret_integer = false;
		if (++p < end && (*p == '+' || *p == '-'))
			p++;
		if (p == end || *p < '0' || *p > '9')
			return false;
		while (p < end && *p >= '0' && *p <= '9')
			p++;
	}
	return p == end;
}

int json_number__real(struct span text, double *ret)
{
	char copy[128];
	bool integer;

	if (!json_number__valid(text, &integer))
		return -EINVAL;
	/* More digits than a double can tell apart: the first ones say it, but an exponent at
	 * their end would be lost. */
	if (text.n >= sizeof(copy))
		return -EINVAL;
	memcpy(copy, text.p, text.n);
	copy[text.n] = 0;
	*ret = strtod(copy, NULL);
	return isfinite(*ret) ? 0 : -EINVAL;
}

bool json_number__integral(struct span text, bool integer, int64_t *ret)
{
	const uint8_t *p = text.p, *end = p + text.n;
	bool negative = *p == '-';
	uint64_t v = 0;
	double real;

	if (!integer) { /* 1e3 and 5.0 are integers too; beyond 2^53 a double cannot tell */
		if (json_number__real(text, &real) || real != floor(real) ||
		    fabs(real) > 9007199254740992.0)
			return false;
		*ret = (int64_t)real;
		return true;
	}
	for (p += negative; p < end; p++)
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(*p - '0'), &v))
			return false;
	if (v > (uint64_t)INT64_MAX + negative)
		return false;
	*ret = negative ? (int64_t)(0 - v) : (int64_t)v;
	return true;
}
