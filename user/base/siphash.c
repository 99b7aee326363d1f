// SPDX-License-Identifier: Apache-2.0
#include "base/siphash.h"

#include "base/load.h"

static uint64_t rotl(uint64_t x, unsigned int n)
{
	return x << n | x >> (64 - n);
}

static uint64_t load_le(const uint8_t *p, size_t n)
{
	uint64_t v = 0;
	size_t i;

	for (i = 0; i < n; i++)
		v |= (uint64_t)p[i] << 8 * i;
	return v;
}

static void rounds(struct siphash *s, int n)
{
	while (n--) {
		s->a += s->b;
		s->b = rotl(s->b, 13) ^ s->a;
		s->a = rotl(s->a, 32);
		s->c += s->d;
		s->d = rotl(s->d, 16) ^ s->c;
		s->a += s->d;
		s->d = rotl(s->d, 21) ^ s->a;
		s->c += s->b;
		s->b = rotl(s->b, 17) ^ s->c;
		s->c = rotl(s->c, 32);
	}
}

static void mix(struct siphash *s, uint64_t word)
{
	s->d ^= word;
	rounds(s, 2);
	s->a ^= word;
}

void siphash__begin(struct siphash *s, const uint8_t key[SIPHASH_KEY_BYTES])
{
	uint64_t k0 = load_le(key, 8), k1 = load_le(key + 8, 8);

	/* The constants spell "somepseudorandomlygeneratedbytes". */
	*s = (struct siphash){k0 ^ 0x736f6d6570736575ULL, k1 ^ 0x646f72616e646f6dULL,
			      k0 ^ 0x6c7967656e657261ULL, k1 ^ 0x7465646279746573ULL};
}

void siphash__add(struct siphash *s, struct span in)
{
	unsigned int have = s->n % 8;

	s->n += in.n;
	for (; have && in.n; in = span_skip(in, 1)) {
		s->word |= (uint64_t)*in.p << 8 * have;
		have = (have + 1) % 8;
		if (have)
			continue;
		mix(s, s->word);
		s->word = 0;
	}
	for (; in.n >= 8; in = span_skip(in, 8))
		mix(s, load_le64(in.p));
	if (in.n)
		s->word = load_le(in.p, in.n);
}

uint64_t siphash__value(const struct siphash *s)
{
	struct siphash t = *s;

	mix(&t, t.n << 56 | t.word);
	t.c ^= 0xff;
	rounds(&t, 4);
	return t.a ^ t.b ^ t.c ^ t.d;
}

uint64_t siphash(const uint8_t key[SIPHASH_KEY_BYTES], struct span in)
{
	struct siphash s;

	siphash__begin(&s, key);
	siphash__add(&s, in);
	return siphash__value(&s);
}
