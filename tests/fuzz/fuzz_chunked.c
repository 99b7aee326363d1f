// SPDX-License-Identifier: Apache-2.0
/* The chunked coding, whole and byte by byte. */
#include <stdlib.h>

#include "http/chunked.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct result {
	ptrdiff_t taken; /* or the error */
	size_t n;
	uint8_t *data;
	bool done;
};

static struct result run(struct span in, size_t piece)
{
	struct result r = {.data = malloc(in.n + 1)};
	struct chunked c;

	chunked__init(&c, 256);
	while (in.n && !chunked__done(&c)) {
		struct span out;
		ptrdiff_t n = chunked__next(&c, span_head(in, piece), &out);

		if (n < 0) {
			r.taken = n;
			return r;
		}
		if (!n || (size_t)n > in.n || out.n > (size_t)n)
			__builtin_trap();
		if (out.n)
			memcpy(r.data + r.n, out.p, out.n);
		r.n += out.n;
		r.taken += n;
		in = span_skip(in, (size_t)n);
	}
	r.done = chunked__done(&c);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct result whole = run(span(data, size), SIZE_MAX), bytes = run(span(data, size), 1);

	if (whole.taken != bytes.taken || whole.n != bytes.n || whole.done != bytes.done ||
	    memcmp(whole.data, bytes.data, whole.n))
		__builtin_trap();
	free(whole.data);
	free(bytes.data);
	return 0;
}
