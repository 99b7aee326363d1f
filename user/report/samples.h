/* SPDX-License-Identifier: Apache-2.0 */
/* samples.h: quantiles of many numbers in bounded memory: exact as long as there is room for the
 * numbers themselves, from a histogram (base/hist.h: at most 1/64 off) where there is not. */
#ifndef LLMSNOOP_REPORT_SAMPLES_H
#define LLMSNOOP_REPORT_SAMPLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hist.h"

/* What all samples that share it may take. */
struct samples_budget {
	size_t used_bytes, max_bytes;
	struct samples *first; /* of those that hold numbers */
};

/* All zero is empty. */
struct samples {
	uint64_t *v;
	size_t n, cap;
	struct hist *hist; /* in place of v */
	bool lost;	   /* some number had no room: nothing can be said */
	struct samples *next, **prev;
};

void samples__add(struct samples *s, struct samples_budget *b, uint64_t v);
void samples__free(struct samples *s, struct samples_budget *b);

struct quantiles {
	uint64_t n; /* 0: unknown */
	uint64_t p50, p95, p99;
	bool exact;
};

/* Of all n samples together, by nearest rank. -ENOMEM. Sorts in place. */
int samples__quantiles(struct samples *const *s, size_t n, struct quantiles *ret);

#endif
