// SPDX-License-Identifier: Apache-2.0
#include "base/json_skip.h"

#include <stddef.h>

#include "base/json_find.h"

void json_skip__begin(struct json_skip *s)
{
	*s = (struct json_skip){.depth = 1, .deepest = 1};
}

const uint8_t *json_skip__string(struct json_skip *s, const uint8_t *p, const uint8_t *end)
{
	const uint8_t *q, *back;

	if (p == end)
		return NULL;
	if (s->escaped) {
		p++;
		s->escaped = false;
	}
	while ((q = json_find_quote(p, end))) {
		for (back = q; back > p && back[-1] == '\\';)
			back--;
		if ((q - back) % 2 == 0)
			return q + 1;
		p = q + 1;
	}
	for (back = end; back > p && back[-1] == '\\';)
		back--;
	s->escaped = (end - back) % 2;
	return NULL;
}

static void nest(struct json_skip *s)
{
	if (++s->depth > s->deepest)
		s->deepest = s->depth;
}

#ifdef JSON_BLOCK
/* The brackets of one block, one after the other. Returns the place behind the one that ends the
 * container, or 0. */
static unsigned int walk(struct json_skip *s, uint64_t opens, uint64_t closes)
{
	uint64_t rest = opens | closes, bit;

	for (; rest; rest &= rest - 1) {
		bit = rest & -rest;
		if (opens & bit)
			nest(s);
		else if (!--s->depth)
			return (unsigned int)__builtin_ctzll(bit) + 1;
	}
	return 0;
}

/* Skips whole blocks without looking at strings one by one. Stops behind the container's end
 * (depth is 0 then), or before nonsense: a backslash outside a string. */
static const uint8_t *blocks(struct json_skip *s, const uint8_t *p, const uint8_t *end)
{
	uint64_t inside = 0, carry = 0; /* as of the block's begin: all or no bits; bit 0 */

	for (; end - p >= JSON_BLOCK; p += JSON_BLOCK) {
		struct json_block b = json_load_block(p);
		uint64_t next = carry, escaped = json_escaped(b.slash, &next);
		uint64_t strings = json_prefix_xor(b.quote & ~escaped) ^ inside;
		unsigned int behind;

		if (b.slash & ~strings)
			break;
		behind = walk(s, b.open & ~strings, b.close & ~strings);
		if (behind)
			return p + behind;
		inside = 0 - (strings >> 63);
		carry = next;
	}
	s->in_string = inside;
	s->escaped = carry;
	return p;
}
#else
static const uint8_t *blocks(struct json_skip *s, const uint8_t *p, const uint8_t *end)
{
	return p;
}
#endif

const uint8_t *json_skip__container(struct json_skip *s, const uint8_t *p, const uint8_t *end)
{
	for (;;) {
		if (!s->in_string)
			p = blocks(s, p, end);
		if (!s->depth)
			return p;
		if (!s->in_string) {
			p = json_find_structure(p, end);
			if (p == end)
				return NULL;
			if (*p == '"') {
				s->in_string = true;
				s->escaped = false;
				p++;
			}
		}
		if (s->in_string) {
			p = json_skip__string(s, p, end);
			if (!p)
				return NULL;
			s->in_string = false;
			continue;
		}
		if ((*p++ | 0x20) == '{')
			nest(s);
		else if (!--s->depth)
			return p;
	}
}
