/* SPDX-License-Identifier: Apache-2.0 */
/* metrics.h: the registry of metrics: records go in, series come out, cumulative since the start.
 * Whoever exports makes one for himself, with the labels he wants. Names, units and bounds are
 * those of the OpenTelemetry GenAI conventions where they have them, else llmsnoop.*.
 *
 * Bounded: a metric has at most so many series, what comes later goes into one more that says
 * otel.metric.overflow. Values are whole inside (nanoseconds, nano-dollars, tokens), so sums are
 * exact. Safe to feed from one thread and to read from another. */
#ifndef LLMSNOOP_METRICS_H
#define LLMSNOOP_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "call/agent.h"
#include "call/record.h"
#include "sink/semconv.h"

enum metric_kind {
	METRIC_COUNTER, /* monotonic */
	METRIC_GAUGE,
	METRIC_HISTOGRAM,
};

struct metric_def {
	const char *name; /* OTel's, dotted */
	const char *unit; /* UCUM: "s", "{token}", "USD", "" */
	const char *help;
	enum metric_kind kind;
	bool integer;	      /* values are whole numbers */
	const double *bounds; /* of a histogram; upper, inclusive, ascending */
	unsigned int n_bounds;
	/* Names as OTel has them. The first n_owner_labels say whose it is (service.name,
	 * llmsnoop.feature, k8s.*): what OTLP puts into the resource. */
	const char *const *labels;
	unsigned int n_labels, n_owner_labels;
};

struct metric_exemplar {
	uint64_t time_ns; /* CLOCK_REALTIME; 0: there is none */
	int64_t value;	  /* where the metric is integer */
	double real;	  /* always */
	uint8_t trace_id[16], span_id[8];
	enum sampled sampled; /* what the application says of the trace */
};

struct metric_point {
	/* One for each label of the definition; NULL: absent, never "". UTF-8 of at most
	 * METRIC_LABEL_BYTES; U+FFFD stands for what was invalid, and for control characters. */
	const char *const *label_values;
	bool overflow;	   /* all labels are absent: it stands for what had no room */
	uint64_t start_ns; /* CLOCK_REALTIME */
	/* counters and gauges */
	int64_t value; /* where the metric is integer; does not wrap: INT64_MAX */
	double real;   /* always */
	/* histograms */
	uint64_t count;
	int64_t sum_value; /* where the metric is integer; as value */
	double sum;
	double min, max;	 /* where count is not 0 */
	const uint64_t *buckets; /* n_bounds + 1: not cumulative, the last is above all bounds */
	/* Histograms: one for each bucket, counters: one; NULL: there are none. */
	const struct metric_exemplar *exemplars;
};

#define METRIC_LABEL_BYTES 255

/* Labels that not everybody wants. */
enum metrics_option {
	METRICS_RESPONSE_MODEL = 1 << 0, /* gen_ai.response.model */
	METRICS_SERVER = 1 << 1,	 /* server.address, server.port */
	METRICS_POD = 1 << 2,		 /* k8s.pod.name */
	METRICS_EXEMPLARS = 1 << 3,	 /* keep some */
};

struct metrics_config {
	enum semconv semconv;
	unsigned int options;	 /* enum metrics_option */
	unsigned int max_series; /* of one metric; 0: limits_default.metric_series */
	uint64_t start_ns;	 /* CLOCK_REALTIME; 0: when the first record began (replay) */
};

struct metrics;

/* -ENOMEM. */
int metrics__new(const struct metrics_config *config, struct metrics **ret);
/* NULL is fine. */
void metrics__free(struct metrics *m);

/* What no memory was left for is counted (events lost, reason "metrics"), and is no failure. Which
 * calls count is as in the totals (struct call, beside); gen_ai.server.* are of all server
 * records. */
void metrics__call(struct metrics *m, const struct call *c);
void metrics__run(struct metrics *m, const struct agent_run *r);
void metrics__tool(struct metrics *m, const struct agent_tool *t);
void metrics__stats(struct metrics *m, const struct stats *st);

/* Definition by definition, and all points of one before the next. What cb is given is valid
 * until it returns; it must not feed m, and others who feed m wait meanwhile. */
typedef void (*metrics_cb)(void *ctx, const struct metric_def *def, const struct metric_point *p);
void metrics__each(struct metrics *m, metrics_cb cb, void *ctx);

/* The same in pieces, for who must not hold up others: an all-zero cursor is the beginning.
 * At most max points; false: nothing is left. A point that comes into being meanwhile may be
 * missed, none is told twice. */
struct metrics_cursor {
	unsigned int def, point;
};
bool metrics__some(struct metrics *m, struct metrics_cursor *at, unsigned int max, metrics_cb cb,
		   void *ctx);

/* Delta temporality: counters and histograms begin anew at time_ns, their series are forgotten and
 * leave room for others; gauges stay. Call it after metrics__each of the same thread, with feeding
 * and reading in that one thread. */
void metrics__reset(struct metrics *m, uint64_t time_ns);

#endif
