// SPDX-License-Identifier: Apache-2.0
/* Any bytes as a form: no crash, and the same fields however they are cut. The first byte seeds the
 * cuts; a line end ends the content type. */
#include <stdlib.h>

#include "base/limits.h"
#include "framing/multipart.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void mix(uint64_t *hash, const void *p, size_t n)
{
	const uint8_t *b = p;

	while (n--)
		*hash = (*hash ^ *b++) * 0x100000001B3ULL;
}

static void on_begin(void *ctx, struct span name, bool file)
{
	mix(ctx, name.p, name.n);
	mix(ctx, file ? "*" : "{", 1);
}

static void on_piece(void *ctx, struct span data)
{
	mix(ctx, data.p, data.n);
}

static void on_end(void *ctx, bool complete)
{
	mix(ctx, complete ? "}" : "!", 1);
}

static uint64_t parse(struct span type, struct span body, uint32_t seed)
{
	static const struct multipart_ops ops = {on_begin, on_piece, on_end};
	uint64_t hash = 14695981039346656037ULL;
	struct limits lim = limits_default;
	struct multipart *m;
	size_t piece;
	uint8_t *copy;
	int err = 0;

	lim.part_head = 256;
	if (multipart__new(type, &ops, &hash, &lim, &m))
		return 0;
	for (; body.n; body = span_skip(body, piece)) {
		piece = body.n;
		if (seed) {
			seed = seed * 1103515245 + 12345;
			piece = 1 + (seed >> 16) % 20;
			piece = piece < body.n ? piece : body.n;
		}
		copy = malloc(piece);
		memcpy(copy, body.p, piece);
		err = multipart__feed(m, span(copy, piece));
		free(copy);
	}
	mix(&hash, err ? "#" : ".", 1);
	multipart__finish(m);
	multipart__free(m);
	return hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const uint8_t *lf = n ? memchr(data + 1, '\n', n - 1) : NULL;
	struct span type, body;

	if (!lf)
		return 0;
	type = span(data + 1, (size_t)(lf - data - 1));
	body = span(lf + 1, n - type.n - 2);
	if (parse(type, body, 0) != parse(type, body, 1u + data[0]))
		abort();
	return 0;
}
