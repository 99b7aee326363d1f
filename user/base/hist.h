/* SPDX-License-Identifier: Apache-2.0 */
/* hist.h: a log-linear histogram of 64-bit values: each power of two is cut into 32 equal
 * buckets, so that a quantile is at most 1/64 (1.6 %) off the true value; values below 64 are
 * exact. One size for any number of samples (about 7.6 KiB). */
#ifndef LLMSNOOP_HIST_H
#define LLMSNOOP_HIST_H

#include <stddef.h>
#include <stdint.h>

#define HIST_SUB_BITS 5
#define HIST_BUCKETS ((64 - HIST_SUB_BITS + 1) << HIST_SUB_BITS)

struct hist {
	uint64_t n;
	uint64_t min, max;
	uint32_t count[HIST_BUCKETS];
};

/* All zero is an empty histogram. */
void hist__add(struct hist *h, uint64_t v);

/* The value at rank ceil(q × n) in ascending order (nearest rank), 0 < q <= 1; 0 where h is
 * empty. Never outside the smallest and largest value added. */
uint64_t hist__quantile(const struct hist *h, double q);

/* The same, exactly, of n values, which are sorted in place. n > 0. */
uint64_t hist__quantile_exact(uint64_t *v, size_t n, double q);

#endif
