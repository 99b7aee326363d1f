/* SPDX-License-Identifier: Apache-2.0 */
/* siphash.h: SipHash-2-4 (Aumasson and Bernstein, 2012), the keyed hash behind fingerprints: equal
 * input gives equal output, and without the key the input cannot be found by trying. */
#ifndef LLMSNOOP_SIPHASH_H
#define LLMSNOOP_SIPHASH_H

#include "base/span.h"

#define SIPHASH_KEY_BYTES 16

/* The 64-bit SipHash-2-4 of in under key. */
uint64_t siphash(const uint8_t key[SIPHASH_KEY_BYTES], struct span in);

#endif
