/* SPDX-License-Identifier: Apache-2.0 */
/* encode_metrics.h: the registry of metrics as OTLP Metrics: counters are monotonic sums, gauges
 * gauges, histograms explicit-bucket histograms. Labels that say whose a series is make its
 * resource. */
#ifndef LLMSNOOP_OTLP_ENCODE_METRICS_H
#define LLMSNOOP_OTLP_ENCODE_METRICS_H

#include "sink/metrics.h"
#include "sink/otlp/encode.h"
#include "sink/otlp/request.h"
#include "sink/otlp/resource.h"

/* Takes a request that is full, or the last: n_points > 0. Errors are the callee's own to count. */
typedef void (*otlp_metrics_cb)(void *ctx, const struct request *r);

/* Tells all points of m as of time_ns (CLOCK_REALTIME), in as many requests as it takes. A point
 * that no memory is left for is counted in the return value. */
unsigned int otlp_metrics__encode(struct otlp_encode *e, const struct otlp_host *host,
				  struct metrics *m, uint64_t time_ns, otlp_metrics_cb cb,
				  void *ctx);

#endif
