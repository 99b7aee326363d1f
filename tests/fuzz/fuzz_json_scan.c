// SPDX-License-Identifier: Apache-2.0
/* Any bytes: no crash, bounded memory, and the same values however they are cut. The first byte
 * seeds the cuts. */
#include <stdlib.h>

#include "base/json_scan.h"
#include "base/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const struct json_path leaf[] = {
	JSON_PATH("a", 1, JSON_SCALAR),
	JSON_PATH("b", 2, JSON_SEEN),
};
static const struct json_path array[] = {JSON_EACH_KIDS(3, JSON_ENTER | JSON_LEAVE, leaf)};
static const struct json_path top[] = {
	JSON_PATH("a", 4, JSON_SCALAR),
	JSON_KIDS("b", 5, JSON_SCALAR | JSON_ENTER | JSON_LEAVE, array),
	JSON_KIDS("c", 6, JSON_SEEN, leaf),
	JSON_PATH("d", 7, JSON_SEEN | JSON_ENTER | JSON_LEAVE),
};
static const struct json_path root = JSON_ROOT(top);

static void mix(uint64_t *hash, const void *p, size_t n)
{
	const uint8_t *b = p;

	while (n--)
		*hash = (*hash ^ *b++) * 0x100000001B3ULL;
}

static int on_value(void *ctx, const struct json_value *v)
{
	uint64_t facts[] = {v->id,	  v->event,    v->type,
			    v->truncated, v->integral, (uint64_t)v->number,
			    v->text.n,	  v->n_index};

	mix(ctx, facts, sizeof(facts));
	mix(ctx, v->text.p, v->text.n);
	mix(ctx, v->index, v->n_index * sizeof(*v->index));
	return 0;
}

static int on_begin(void *ctx)
{
	mix(ctx, "begin", 5);
	return 0;
}

static uint64_t scan(const uint8_t *data, size_t n, uint32_t seed)
{
	static const struct json_ops ops = {.value = on_value, .begin = on_begin};
	struct limits lim = limits_default;
	uint64_t hash = 14695981039346656037ULL, tail[2];
	struct json_scan *s;
	size_t piece;
	uint8_t *copy;

	lim.json_value = 48;
	lim.json_depth = 6;
	if (json_scan__new(&root, &ops, &hash, &lim, &s))
		abort();
	for (; n; data += piece, n -= piece) {
		piece = n;
		if (seed) {
			seed = seed * 1103515245 + 12345;
			piece = 1 + (seed >> 16) % 90;
			piece = piece < n ? piece : n;
		}
		copy = malloc(piece);
		memcpy(copy, data, piece);
		json_scan__feed(s, span(copy, piece));
		free(copy);
	}
	json_scan__finish(s);
	tail[0] = json_scan__flags(s);
	tail[1] = json_scan__documents(s);
	mix(&hash, tail, sizeof(tail));
	json_scan__free(s);
	return hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	uint64_t whole;

	if (!n)
		return 0;
	whole = scan(data + 1, n - 1, 0);
	if (scan(data + 1, n - 1, 1 + data[0]) != whole)
		abort();
	return 0;
}
