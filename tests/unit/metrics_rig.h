/* SPDX-License-Identifier: Apache-2.0 */
/* metrics_rig.h: a registry, a call to feed it with, and what is found in it. */
#ifndef LLMSNOOP_METRICS_RIG_H
#define LLMSNOOP_METRICS_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
/* cmocka needs the first three. */
#include <cmocka.h>

#include "sink/metrics_table.h"

/* What a reader found under a name: the sum over points whose labels hold all of want. */
struct found {
	const char *name, *want;
	unsigned int points, overflows;
	int64_t value;
	uint64_t count;
	double sum, min, max;
	uint64_t buckets[17];
	char labels[512];
};

static void join(char *out, size_t n, const struct metric_def *def, const struct metric_point *p)
{
	unsigned int i;

	*out = 0;
	for (i = 0; i < def->n_labels; i++)
		if (p->label_values[i])
			snprintf(out + strlen(out), n - strlen(out), "%s=%s,", def->labels[i],
				 p->label_values[i]);
}

static void on_point(void *ctx, const struct metric_def *def, const struct metric_point *p)
{
	struct found *f = ctx;
	char labels[512];
	unsigned int i;

	if (strcmp(def->name, f->name))
		return;
	join(labels, sizeof(labels), def, p);
	if (f->want && !strstr(labels, f->want))
		return;
	f->points++;
	f->overflows += p->overflow;
	f->value += p->value;
	f->count += p->count;
	f->sum += def->kind == METRIC_HISTOGRAM ? p->sum : p->real;
	f->min = p->min;
	f->max = p->max;
	for (i = 0; p->buckets && i <= def->n_bounds; i++)
		f->buckets[i] += p->buckets[i];
	memcpy(f->labels, labels, sizeof(labels));
}

static inline struct found find(struct metrics *m, const char *name, const char *want)
{
	struct found f = {.name = name, .want = want};

	metrics__each(m, on_point, &f);
	return f;
}

static inline struct metrics *make(enum semconv semconv, unsigned int options,
				   unsigned int max_series)
{
	struct metrics_config cfg = {
		.semconv = semconv, .options = options, .max_series = max_series, .start_ns = 1};
	struct metrics *m;

	assert_int_equal(metrics__new(&cfg, &m), 0);
	return m;
}

static inline struct call a_call(void)
{
	struct call c = call_unknown;

	c.time_ns = 1000;
	c.duration_ns = 40000000;
	c.operation = "chat";
	c.provider = "openai";
	c.request_model = "gpt-4o-mini";
	c.response_model = "gpt-4o-mini-2024-07-18";
	c.server_address = "api.openai.com";
	c.server_port = 443;
	c.who.service = "rag.py";
	c.who.feature = "me/rag";
	c.input_tokens = 1000;
	c.output_tokens = 16;
	c.cache_read_tokens = 900;
	return c;
}

#endif
