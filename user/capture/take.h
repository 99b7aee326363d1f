/* SPDX-License-Identifier: Apache-2.0 */
/* take.h: reads the front of a span and cuts it off, never past its end. */
#ifndef LLMSNOOP_TAKE_H
#define LLMSNOOP_TAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

/* false: there is not so much. */
static inline bool take(struct span *in, size_t n, struct span *ret)
{
	if (in->n < n)
		return false;
	*ret = span_head(*in, n);
	*in = span_skip(*in, n);
	return true;
}

/* A number of n (at most 8) bytes, the high one first. */
static inline bool take_number(struct span *in, size_t n, uint64_t *ret)
{
	struct span s;

	if (!take(in, n, &s))
		return false;
	for (*ret = 0; s.n; s = span_skip(s, 1))
		*ret = *ret << 8 | *s.p;
	return true;
}

#endif
