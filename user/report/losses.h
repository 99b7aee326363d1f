/* SPDX-License-Identifier: Apache-2.0 */
/* losses.h: what the tracer itself says of its losses in a period. Each run of it counts from its
 * own beginning; stats records come in any order, and any number of times. */
#ifndef LLMSNOOP_REPORT_LOSSES_H
#define LLMSNOOP_REPORT_LOSSES_H

#include "report/entry.h"

enum loss {
	LOSS_RECORDS,
	LOSS_BYTES,
	LOSS_GAPS,
	LOSS_MISSED,
	LOSS_REFUSED,
	LOSS_UNWRITTEN,
	N_LOSSES,
};

struct losses {
	int64_t v[N_LOSSES]; /* what is not told is none */
};

/* A run of llmsnoop: its totals when the period began, and the latest in it. */
struct loss_run {
	int64_t started_ns;
	struct losses before, now;
};

struct loss_runs {
	struct loss_run *v; /* by started_ns; without those that lost nothing */
	size_t n, cap, max;
	struct losses rest; /* the most that records without a run say, or of those too many */
	bool full;
};

/* Holds at most max runs. */
void loss_runs__init(struct loss_runs *r, size_t max);
void loss_runs__free(struct loss_runs *r);

/* A stats record of the period, or from before it. -ENOMEM. */
int loss_runs__add(struct loss_runs *r, const struct entry *e, bool before);

/* What was lost in the period. Of a run with no record from before it that is all it says. */
struct losses loss_runs__sum(const struct loss_runs *r);

#endif
