/* SPDX-License-Identifier: Apache-2.0 */
/* siphash.h: SipHash-2-4 (Aumasson and Bernstein, 2012), the keyed hash behind fingerprints: equal
 * input gives equal output, and without the key the input cannot be found by trying. */
#ifndef LLMSNOOP_SIPHASH_H
#define LLMSNOOP_SIPHASH_H

#include "base/span.h"

#define SIPHASH_KEY_BYTES 16

/* The 64-bit SipHash-2-4 of in under key. */
uint64_t siphash(const uint8_t key[SIPHASH_KEY_BYTES], struct span in);

/* The same of bytes that come piece by piece. */
struct siphash {
	uint64_t a, b, c, d;
	uint64_t n;    /* bytes so far */
	uint64_t word; /* of the latest n % 8 of them */
};

void siphash__begin(struct siphash *s, const uint8_t key[SIPHASH_KEY_BYTES]);
void siphash__add(struct siphash *s, struct span in);
/* Of all that came; more may follow. */
uint64_t siphash__value(const struct siphash *s);

#endif
