// SPDX-License-Identifier: Apache-2.0
/* Any bytes as an event stream: no crash, and the same events however they are cut. The first byte
 * seeds the cuts, the second asks for a gap. */
#include <stdlib.h>

#include "base/limits.h"
#include "framing/framing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void mix(uint64_t *hash, const void *p, size_t n)
{
	const uint8_t *b = p;

	while (n--)
		*hash = (*hash ^ *b++) * 0x100000001B3ULL;
}

static int on_begin(void *ctx, struct span name, uint64_t ts_ns)
{
	mix(ctx, "{", 1);
	mix(ctx, name.p, name.n);
	return 0;
}

static int on_piece(void *ctx, struct span data, uint64_t ts_ns)
{
	mix(ctx, data.p, data.n);
	return 0;
}

static int on_end(void *ctx, struct span name, bool complete, uint64_t ts_ns)
{
	mix(ctx, complete ? "}" : "!", 1);
	mix(ctx, name.p, name.n);
	return 0;
}

static uint64_t parse(const uint8_t *data, size_t n, uint32_t seed, size_t gap)
{
	static const struct framing_ops ops = {on_begin, on_piece, on_end};
	uint64_t hash = 14695981039346656037ULL;
	struct framing *f;
	size_t piece, at = 0;
	uint8_t *copy;

	if (framing__new(FRAMING_SSE, &ops, &hash, &limits_default, &f))
		abort();
	for (; at < n; at += piece) {
		piece = n - at;
		if (seed) {
			seed = seed * 1103515245 + 12345;
			piece = 1 + (seed >> 16) % 20;
			piece = piece < n - at ? piece : n - at;
		}
		if (at < gap && at + piece > gap)
			piece = gap - at;
		if (gap && at == gap)
			framing__gap(f, 1, 1);
		copy = malloc(piece);
		memcpy(copy, data + at, piece);
		if (framing__feed(f, span(copy, piece), 1))
			abort();
		free(copy);
	}
	framing__finish(f, 1);
	framing__free(f);
	return hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	uint64_t whole;

	if (n < 2)
		return 0;
	whole = parse(data + 2, n - 2, 0, data[1]);
	if (parse(data + 2, n - 2, 1 + data[0], data[1]) != whole)
		abort();
	return 0;
}
