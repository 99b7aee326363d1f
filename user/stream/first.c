// SPDX-License-Identifier: Apache-2.0
#include "stream/first.h"

/* Drops what comes before the next call start, or all. */
static void advance(struct first *f)
{
	uint32_t later = f->starts & ~1U;
	unsigned int skip = later ? (unsigned int)__builtin_ctz(later) : f->n;

	f->n -= skip;
	f->starts = later ? later >> skip : 0;
	memmove(f->b, f->b + skip, f->n);
	memmove(f->ts_ns, f->ts_ns + skip, f->n * sizeof(f->ts_ns[0]));
}

enum protocol_match first__push(struct first *f, uint8_t byte, bool call_start, uint64_t ts_ns,
				first_match match, void *ctx)
{
	if (!f->n && !call_start)
		return MATCH_NO;
	if (f->n == FIRST_MAX)
		advance(f);
	if (call_start)
		f->starts |= 1U << f->n;
	f->b[f->n] = byte;
	f->ts_ns[f->n++] = ts_ns;
	while (f->n && f->starts & 1) {
		enum protocol_match m = match(ctx, span(f->b, f->n));

		if (m != MATCH_NO)
			return m;
		advance(f);
	}
	f->n = 0;
	f->starts = 0;
	return MATCH_NO;
}
