// SPDX-License-Identifier: Apache-2.0
#include "call/ids.h"

#include "call/record.h"

static int nibble(uint8_t c)
{
	/* The recommendation wants lower case. */
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* n bytes from 2n digits; not all zero. */
static bool parse_hex(const uint8_t *digits, size_t n, uint8_t *to)
{
	uint8_t any = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		int hi = nibble(digits[2 * i]), lo = nibble(digits[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return false;
		to[i] = (uint8_t)(hi << 4 | lo);
		any |= to[i];
	}
	return any;
}

bool ids__parse_traceparent(struct span v, uint8_t ret_trace_id[16], uint8_t ret_parent_id[8],
			    bool *ret_sampled)
{
	uint8_t trace[16], parent[8];

	/* 2 version - 32 trace id - 16 parent id - 2 flags; later versions may append "-…" */
	if (v.n < 55 || v.p[2] != '-' || v.p[35] != '-' || v.p[52] != '-')
		return false;
	if (nibble(v.p[0]) < 0 || nibble(v.p[1]) < 0 || !memcmp(v.p, "ff", 2))
		return false;
	if (v.n > 55 && (!memcmp(v.p, "00", 2) || v.p[55] != '-'))
		return false;
	if (nibble(v.p[53]) < 0 || nibble(v.p[54]) < 0)
		return false;
	if (!parse_hex(v.p + 3, 16, trace) || !parse_hex(v.p + 36, 8, parent))
		return false;
	memcpy(ret_trace_id, trace, 16);
	memcpy(ret_parent_id, parent, 8);
	*ret_sampled = nibble(v.p[54]) & 1;
	return true;
}

/* The finaliser of splitmix64 (Steele, Lea, Flood 2014): every input bit moves every output bit. */
static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15ULL;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

static void put_hash(uint8_t to[8], uint64_t seed, const uint64_t *v, size_t n)
{
	uint64_t h = seed;
	size_t i;

	for (i = 0; i < n; i++)
		h = mix(h ^ v[i]);
	h = h ? h : 1; /* all zero means: no id */
	for (i = 0; i < 8; i++)
		to[i] = (uint8_t)(h >> (56 - 8 * i));
}

void ids__derive(struct call *c, struct span traceparent, uint64_t conn, uint64_t start_ns,
		 uint64_t first_ns, unsigned int nth)
{
	const uint64_t v[] = {conn, start_ns, c->who.pid, first_ns, c->time_ns, nth};
	const size_t n = sizeof(v) / sizeof(v[0]);
	bool sampled = true;

	put_hash(c->span_id, 1, v, n);
	if (ids__parse_traceparent(traceparent, c->trace_id, c->parent_span_id, &sampled)) {
		c->sampled = sampled ? SAMPLED_YES : SAMPLED_NO;
		return;
	}
	put_hash(c->trace_id, 2, v, n);
	put_hash(c->trace_id + 8, 3, v, n);
}

void ids__of(const uint8_t span_id[8], uint64_t nth, uint8_t ret[8])
{
	uint64_t v[2] = {0, nth};

	memcpy(&v[0], span_id, 8);
	put_hash(ret, 4, v, 2);
}
