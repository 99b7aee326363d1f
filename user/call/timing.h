/* SPDX-License-Identifier: Apache-2.0 */
/* timing.h: when the output of one answer came. All times are CLOCK_MONOTONIC nanoseconds; none
 * is taken here. */
#ifndef LLMSNOOP_TIMING_H
#define LLMSNOOP_TIMING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hist.h"
#include "call/record.h"

struct limits;

struct timing {
	uint64_t first_ns, last_ns; /* of events with output; meaningful where seen */
	uint64_t chunks;
	bool seen;	       /* an event with output came */
	bool late;	       /* output may have been lost before the first one seen */
	bool torn;	       /* output may have been lost somewhere */
	bool last_lost;	       /* output may have been lost after the last one seen */
	bool incomplete;       /* samples are missing for want of memory */
	struct call_gaps gaps; /* between events; holes in the capture are none */
	/* the same: exactly, or in hist once they are more than a limit */
	uint64_t *samples;
	unsigned int n_samples, max_samples;
	struct hist *hist;
};

/* All zero is a timing without events. */

/* An event with output, complete at ts_ns. */
void timing__output(struct timing *t, const struct limits *lim, uint64_t ts_ns);

/* Bytes of the answer are missing here: no interval spans the hole. */
void timing__gap(struct timing *t);

/* Nearest-rank quantile of the intervals between events with output: exact up to
 * lim->gaps_samples intervals, else within 1/64 (base/hist.h). -1: fewer than two events in a row
 * were seen. */
int64_t timing__quantile(struct timing *t, double q);

void timing__free(struct timing *t);

#endif
