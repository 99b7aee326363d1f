/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_framing.h: any bytes as a body of one framing: no crash, and the same messages however they
 * are cut. */
#ifndef FUZZ_FRAMING_H
#define FUZZ_FRAMING_H

#include <stdlib.h>

#include "base/limits.h"
#include "framing/framing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static inline void mix(uint64_t *hash, const void *p, size_t n)
{
	const uint8_t *b = p;

	while (n--)
		*hash = (*hash ^ *b++) * 0x100000001B3ULL;
}

static inline int on_begin(void *ctx, struct span name, uint64_t ts_ns)
{
	mix(ctx, "{", 1);
	mix(ctx, name.p, name.n);
	return 0;
}

static inline int on_piece(void *ctx, struct span data, uint64_t ts_ns)
{
	mix(ctx, data.p, data.n);
	return 0;
}

static inline int on_end(void *ctx, struct span name, bool complete, uint64_t ts_ns)
{
	mix(ctx, complete ? "}" : "!", 1);
	mix(ctx, name.p, name.n);
	return 0;
}

static inline uint64_t parse(enum framing_kind kind, const uint8_t *data, size_t n, uint32_t seed,
			     size_t gap, uint64_t lost)
{
	static const struct framing_ops ops = {on_begin, on_piece, on_end};
	uint64_t hash = 14695981039346656037ULL;
	struct framing *f;
	size_t piece, at = 0;
	uint8_t *copy;

	if (framing__new(kind, &ops, &hash, &limits_default, &f))
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
			framing__gap(f, lost, 1);
		copy = malloc(piece);
		memcpy(copy, data + at, piece);
		framing__feed(f, span(copy, piece), 1);
		free(copy);
	}
	if (framing__finish(f, 1))
		mix(&hash, "#", 1);
	framing__free(f);
	return hash;
}

/* seed of the cuts; behind gap bytes (0: nowhere) lost ones are missing. */
static inline void splits_agree(enum framing_kind kind, struct span body, uint8_t seed, size_t gap,
				uint64_t lost)
{
	if (parse(kind, body.p, body.n, 1u + seed, gap, lost) !=
	    parse(kind, body.p, body.n, 0, gap, lost))
		abort();
}

#endif
