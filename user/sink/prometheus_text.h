/* SPDX-License-Identifier: Apache-2.0 */
/* prometheus_text.h: metrics as text, piece by piece: Prometheus' format 0.0.4 or OpenMetrics 1.0,
 * with names as OpenTelemetry's rules of compatibility have them: dots are underscores, units and
 * _total are suffixes. Of labels of our own the prefix llmsnoop. is left out. */
#ifndef LLMSNOOP_PROMETHEUS_TEXT_H
#define LLMSNOOP_PROMETHEUS_TEXT_H

#include "base/buf.h"
#include "sink/metrics.h"

enum prometheus_format {
	PROMETHEUS_TEXT,	/* 0.0.4 */
	PROMETHEUS_OPENMETRICS, /* 1.0, with exemplars */
};

/* Of the value of an Accept header (RFC 9110, 12.5.1; NULL: there is none): OpenMetrics where it is
 * wanted no less than plain text. */
enum prometheus_format prometheus_format__accepted(const char *accept);
const char *prometheus_format__content_type(enum prometheus_format format);

struct prometheus_text {
	struct metrics *metrics; /* borrowed */
	enum prometheus_format format;
	struct metrics_cursor at;
	const struct metric_def *last;
	bool ended;
	int err;
};

/* All zero but metrics and format is the beginning. Appends to out at least min bytes more, or all
 * that is left; at most what one point takes above that. 1: there is more; 0: that was all;
 * -E2BIG, -ENOMEM: as out has it. */
int prometheus_text__some(struct prometheus_text *t, struct buf *out, size_t min);

/* For metrics that no registry has: what stands before a metric's points, and a point without
 * labels. name is Prometheus' own, without _total. */
int prometheus_text__head(struct buf *out, enum prometheus_format format, const char *name,
			  const char *unit, enum metric_kind kind, const char *help);
int prometheus_text__value(struct buf *out, const char *name, enum metric_kind kind, double v);

/* This process: CPU time, memory, files, when it began, and which version it is. What cannot be
 * read is left out. */
int prometheus_text__process(struct buf *out, enum prometheus_format format);

#endif
