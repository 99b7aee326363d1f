// SPDX-License-Identifier: Apache-2.0
/* The scrubber of capture files on one connection. Whole records and single bytes must come to the
 * same.
 *
 * Input: steps, each a byte (bit 0: direction; bit 1: begins a call; bits 2-3: 1 a gap, 2 after
 * quiet, 3 bytes missing that nobody tells of; bit 4: met after the start), a length, and but for
 * gaps so many bytes. */
#include <stdlib.h>
#include <string.h>

#include "capture/scrub.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run(struct span in, bool bytes, uint8_t *out)
{
	uint64_t offset[2] = {0};
	struct scrub *s;

	if (scrub__new(2, &s))
		return;
	while (in.n >= 2) {
		uint8_t op = in.p[0], n = in.p[1], kind = op >> 2 & 3;
		struct capture_data d = {.conn = 1, .dir = op & 1 ? DIR_READ : DIR_WRITE};
		struct span rest;

		in = span_skip(in, 2);
		if (kind == 3)
			offset[d.dir] += 1 + n % 7;
		d.flags = (op & 2 ? EVENT_CALL_START : 0) | (op & 16 ? EVENT_MIDSTREAM : 0) |
			  (kind == 2 ? EVENT_AFTER_QUIET : 0) | (kind == 3 ? EVENT_AFTER_LOSS : 0);
		d.offset = offset[d.dir];
		if (kind == 1) {
			d.gap = n;
			d.flags = 0;
			scrub__data(s, &d, NULL);
			offset[d.dir] += n;
			continue;
		}
		rest = span_head(in, n);
		in = span_skip(in, rest.n);
		while (rest.n) {
			d.bytes = bytes ? span_head(rest, 1) : rest;
			d.offset = offset[d.dir];
			scrub__data(s, &d, out);
			out += d.bytes.n;
			offset[d.dir] += d.bytes.n;
			rest = span_skip(rest, d.bytes.n);
			d.flags &= EVENT_MIDSTREAM;
		}
	}
	scrub__free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *whole = calloc(1, size + 1), *single = calloc(1, size + 1);

	run(span(data, size), false, whole);
	run(span(data, size), true, single);
	if (memcmp(whole, single, size))
		__builtin_trap();
	free(whole);
	free(single);
	return 0;
}
