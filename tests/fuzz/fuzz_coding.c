// SPDX-License-Identifier: Apache-2.0
/* Content codings. Input: a byte (bits 0-1: the coding, bit 2: the same once more around it, bits
 * 3-7: bytes in a piece), then the coded body. */
#include "base/buf.h"
#include "base/limits.h"
#include "http/coding.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct limits lim;

static void collect(void *ctx, struct span s, uint64_t wire, uint64_t ts_ns)
{
	if (!s.n || buf__add(ctx, s))
		__builtin_trap(); /* more than the limit */
}

static int run(const enum coding *codings, unsigned int n, struct span in, size_t piece,
	       struct buf *out)
{
	struct decoder *d;
	int err;

	buf__init(out, lim.inflate_total);
	if (decoder__new(codings, n, &lim, &d))
		__builtin_trap();
	for (err = 0; in.n && !err; in = span_skip(in, piece))
		err = decoder__feed(d, span_head(in, piece), 1, collect, out);
	if (!err)
		err = decoder__finish(d, 1, collect, out);
	decoder__free(d);
	return err;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum coding all[] = {CODING_GZIP, CODING_DEFLATE, CODING_BR, CODING_ZSTD};
	enum coding codings[2];
	struct buf whole, pieces;
	size_t least;
	int err;

	if (!size)
		return 0;
	lim = limits_default;
	lim.inflate_total = 1 << 18;
	codings[0] = codings[1] = all[data[0] & 3];
	err = run(codings, data[0] & 4 ? 2 : 1, span(data + 1, size - 1), SIZE_MAX, &whole);
	/* Which of two faults comes first is the library's business. */
	if (!run(codings, data[0] & 4 ? 2 : 1, span(data + 1, size - 1), (data[0] >> 3) + 1,
		 &pieces) != !err)
		__builtin_trap();
	least = whole.n < pieces.n ? whole.n : pieces.n;
	if (least && memcmp(whole.p, pieces.p, least))
		__builtin_trap();
	if (!err && whole.n != pieces.n)
		__builtin_trap();
	buf__free(&whole);
	buf__free(&pieces);
	return 0;
}
