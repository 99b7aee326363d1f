/* SPDX-License-Identifier: Apache-2.0 */
/* metrics_inner.h: the registry as those who feed it see it. */
#ifndef LLMSNOOP_METRICS_INNER_H
#define LLMSNOOP_METRICS_INNER_H

#include <pthread.h>

#include "base/intern.h"
#include "sink/metrics_table.h"

#define METRICS_PROTOCOLS_MAX 8

struct series;

struct family {
	struct metric_def def; /* labels as the options have them */
	const char *label_names[N_METRIC_LABELS];
	enum metric_label labels[N_METRIC_LABELS];
	int64_t bounds[METRIC_BOUNDS_MAX]; /* as values are inside */
	int64_t per_unit;
	bool wanted; /* the chosen conventions have it */
	struct series *head, **v, *overflow;
	unsigned int n, cap;
};

struct metrics {
	pthread_mutex_t lock;
	struct metrics_config cfg;
	struct intern texts;
	struct family families[N_METRICS];
	struct stats told; /* the last totals, of which the difference is added */
	uint64_t told_errors[METRICS_PROTOCOLS_MAX];
	uint64_t start_ns;
	uint64_t refused, told_refused; /* no memory */
};

/* The labels that a record has. A text's number is looked up once for all metrics. */
struct label_set {
	const char *text[N_METRIC_LABELS]; /* borrowed; NULL: absent */
	uint32_t number[N_METRIC_LABELS];
	uint32_t looked_up; /* bits */
};

/* Changes a label for what is added next. */
static inline void label_set__put(struct label_set *l, enum metric_label label, const char *text)
{
	l->text[label] = text;
	l->looked_up &= ~(1U << label);
}

/* Adds v to a counter, sets a gauge, or counts v in a histogram. v is whole: nanoseconds,
 * nano-dollars. x: where a metric of exemplars has one, its time and ids; NULL: none. The caller
 * holds the lock. Nothing happens where the chosen conventions do not have the metric. */
void metrics__observe(struct metrics *m, enum metric metric, struct label_set *l, int64_t v,
		      const struct metric_exemplar *x);
/* Counts what others have counted: buckets by the bounds of that histogram, n and sum of their
 * values, the smallest and the largest. */
void metrics__observe_many(struct metrics *m, enum metric metric, struct label_set *l,
			   const struct call_gaps *g);

#endif
