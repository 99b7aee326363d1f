/* SPDX-License-Identifier: Apache-2.0 */
/* pipeline.h: the way from captured bytes to written records, wired once for live capture and for
 * replay: stream table > HTTP > call tracker > sinks. */
#ifndef LLMSNOOP_PIPELINE_H
#define LLMSNOOP_PIPELINE_H

#include <stdbool.h>

#include "call/tracker.h"
#include "call/unseen.h"
#include "capture/capture.h"
#include "http/h1.h"
#include "sink/sinks.h"
#include "stream/table.h"

struct pipeline {
	struct call_tracker *tracker;
	struct stream_table *table;
	struct http1_ctx http1;
	struct sinks sinks;
	struct unseen_table unseen;
	/* for stats: files with probes, those with TLS that was not found, who maps such */
	uint64_t targets, unlocated_files, unlocated_processes;
	struct counted targets_of[TLS_STACK_MAX];
	struct counted parse_errors_of[STREAM_PROTOCOLS_MAX];
	uint64_t now_ns; /* CLOCK_MONOTONIC of the capture, as far as it is known */
};

/* max_calls, estimate, prices and content are as call_tracker_config has them. filter and control
 * (NULL: replay) are borrowed. Sinks are added by the caller. -ENOMEM. */
int pipeline__open(struct pipeline *p, const struct filter *filter, uint64_t max_calls,
		   bool estimate, struct prices *prices, const struct content_config *content,
		   const struct capture_control *control);
/* The capture that feeds it calls these with p->table as ctx. */
const struct capture_ops *pipeline__ops(void);
/* Enough: as many records as were asked for, or nobody reads them any more. */
bool pipeline__done(const struct pipeline *p);
/* Ends what is open, tells the totals, closes the sinks. ret_stats: the final totals. */
void pipeline__close(struct pipeline *p, struct stats *ret_stats);

#endif
