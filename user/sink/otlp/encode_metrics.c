// SPDX-License-Identifier: Apache-2.0
#include "sink/otlp/encode_metrics.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "sink/otlp/attributes.h"
#include "sink/otlp/wire.h"

/* enum AggregationTemporality */
enum { DELTA = 1, CUMULATIVE = 2 };

#define METRIC_FIELDS_MAX 64 /* exemplars of one point */

/* Points of one metric that have one resource, packed, each with its tag and length. */
struct group {
	struct buf resource, points;
	unsigned int n_points;
};

struct encoding {
	struct otlp_encode *e;
	const struct otlp_host *host;
	uint64_t time_ns;
	const struct metric_def *def; /* of groups */
	struct group *groups;
	unsigned int n_groups;
	struct buf resource, point, metric;
	struct request request;
	otlp_metrics_cb cb;
	void *ctx;
	unsigned int lost;
};

static void hand_over(struct encoding *x)
{
	if (x->request.n_items)
		x->cb(x->ctx, &x->request);
	request__clear(&x->request);
}

/* The field numbers of Metric's kinds, and in them. */
static int pack_metric(struct encoding *x, const struct group *g)
{
	static const unsigned int kinds[] = {
		[METRIC_GAUGE] = 5, [METRIC_COUNTER] = 7, [METRIC_HISTOGRAM] = 9};
	const struct metric_def *def = x->def;
	bool cumulative = x->e->config->temporality == OTLP_CUMULATIVE;
	uint8_t tail[4] = {2 << 3, cumulative ? CUMULATIVE : DELTA, 3 << 3, true};
	struct span end = {tail, def->kind == METRIC_GAUGE     ? 0
				 : def->kind == METRIC_COUNTER ? 4
							       : 2};
	Otlp__Metric m = OTLP__METRIC__INIT;
	int err;

	buf__clear(&x->metric);
	m.name = (char *)def->name;
	m.unit = (char *)def->unit;
	m.description = (char *)def->help;
	err = otlp_encode__pack(x->e, &m.base, &x->metric);
	if (!err)
		err = otlp_wire__begin(&x->metric, kinds[def->kind], g->points.n + end.n);
	if (!err)
		err = buf__add(&x->metric, buf__span(&g->points));
	if (!err)
		err = buf__add(&x->metric, end);
	return err;
}

/* The points of one metric become one Metric for each resource. */
static void close_metric(struct encoding *x)
{
	struct group *g;
	int err;

	for (g = x->groups; g < x->groups + x->n_groups; g++) {
		err = g->n_points ? pack_metric(x, g) : 0;
		if (!err && g->n_points)
			err = request__add(&x->request, buf__span(&g->resource),
					   buf__span(&x->metric), g->n_points);
		if (err == -ENOBUFS) {
			hand_over(x);
			err = request__add(&x->request, buf__span(&g->resource),
					   buf__span(&x->metric), g->n_points);
		}
		if (err)
			x->lost += g->n_points;
		buf__free(&g->resource);
		buf__free(&g->points);
	}
	x->n_groups = 0;
}

static struct group *group_of(struct encoding *x)
{
	struct span resource = buf__span(&x->resource);
	struct group *g = x->groups;
	unsigned int i;

	for (i = x->n_groups; i-- > 0;)
		if (span_eq(buf__span(&x->groups[i].resource), resource))
			return &x->groups[i];
	g = realloc(x->groups, (x->n_groups + 1) * sizeof(*g));
	if (!g)
		return NULL;
	x->groups = g;
	g += x->n_groups;
	*g = (struct group){0};
	buf__init(&g->resource, limits_default.otlp_batch);
	/* What is more than that goes into one more Metric of the same name. */
	buf__init(&g->points, limits_default.otlp_batch / 4);
	if (buf__add(&g->resource, resource))
		return NULL;
	x->n_groups++;
	return g;
}

static bool is_none(const uint8_t *id, size_t n)
{
	static const uint8_t none[16];

	return !memcmp(id, none, n);
}

static size_t make_exemplars(struct encoding *x, const struct metric_def *def,
			     const struct metric_point *p, Otlp__Exemplar *list,
			     Otlp__Exemplar **pointers)
{
	unsigned int i, n_max = def->kind == METRIC_HISTOGRAM ? def->n_bounds + 1 : 1;
	size_t n = 0;

	for (i = 0; p->exemplars && i < n_max && n < METRIC_FIELDS_MAX; i++) {
		const struct metric_exemplar *from = &p->exemplars[i];
		Otlp__Exemplar *m = &list[n];

		if (!from->time_ns ||
		    !otlp_encode__is_sampled(x->e->config, from->trace_id, from->sampled))
			continue;
		otlp__exemplar__init(m);
		m->has_time_unix_nano = true;
		m->time_unix_nano = from->time_ns;
		m->has_as_int = def->integer;
		m->as_int = from->value;
		m->has_as_double = !def->integer;
		m->as_double = from->real;
		m->has_trace_id = !is_none(from->trace_id, 16);
		m->trace_id = (ProtobufCBinaryData){16, (uint8_t *)from->trace_id};
		m->has_span_id = !is_none(from->span_id, 8);
		m->span_id = (ProtobufCBinaryData){8, (uint8_t *)from->span_id};
		pointers[n++] = m;
	}
	return n;
}

static int pack_number(struct encoding *x, const struct metric_def *def,
		       const struct metric_point *p, struct attributes *a)
{
	Otlp__NumberDataPoint m = OTLP__NUMBER_DATA_POINT__INIT;
	Otlp__Exemplar list[1], *pointers[1];

	/* A gauge has no beginning. */
	m.has_start_time_unix_nano = def->kind == METRIC_COUNTER;
	m.start_time_unix_nano = p->start_ns;
	m.has_time_unix_nano = true;
	m.time_unix_nano = x->time_ns;
	m.has_as_int = def->integer;
	m.as_int = p->value;
	m.has_as_double = !def->integer;
	m.as_double = p->real;
	m.n_attributes = a->n;
	m.attributes = a->list;
	m.n_exemplars = make_exemplars(x, def, p, list, pointers);
	m.exemplars = pointers;
	return otlp_encode__pack(x->e, &m.base, &x->point);
}

static int pack_histogram(struct encoding *x, const struct metric_def *def,
			  const struct metric_point *p, struct attributes *a)
{
	Otlp__HistogramDataPoint m = OTLP__HISTOGRAM_DATA_POINT__INIT;
	Otlp__Exemplar list[METRIC_FIELDS_MAX], *pointers[METRIC_FIELDS_MAX];

	m.has_start_time_unix_nano = m.has_time_unix_nano = true;
	m.start_time_unix_nano = p->start_ns;
	m.time_unix_nano = x->time_ns;
	m.has_count = m.has_sum = true;
	m.count = p->count;
	m.sum = p->sum;
	m.n_bucket_counts = def->n_bounds + 1;
	m.bucket_counts = (uint64_t *)p->buckets;
	m.n_explicit_bounds = def->n_bounds;
	m.explicit_bounds = (double *)def->bounds;
	m.has_min = m.has_max = p->count > 0;
	m.min = p->min;
	m.max = p->max;
	m.n_attributes = a->n;
	m.attributes = a->list;
	m.n_exemplars = make_exemplars(x, def, p, list, pointers);
	m.exemplars = pointers;
	return otlp_encode__pack(x->e, &m.base, &x->point);
}

/* Attributes by the type that the conventions give them: of labels just one is a number. */
static void add_label(struct attributes *a, const char *name, const char *value)
{
	char *end;
	long port;

	if (!value)
		return;
	if (!strcmp(name, "server.port")) {
		port = strtol(value, &end, 10);
		if (end != value && !*end)
			attributes__int(a, name, port);
	} else if (!strcmp(name, "llmsnoop.cost.estimated")) {
		attributes__bool(a, name, !strcmp(value, "true"));
	} else {
		attributes__text(a, name, value);
	}
}

/* Adds the packed point to those of its resource. data_points is field 1 of all kinds. */
static int add_point(struct encoding *x)
{
	struct group *g = group_of(x);
	int err = g ? otlp_wire__field(&g->points, 1, buf__span(&x->point)) : -ENOMEM;

	if (err == -E2BIG && g->n_points) {
		close_metric(x);
		g = group_of(x);
		err = g ? otlp_wire__field(&g->points, 1, buf__span(&x->point)) : -ENOMEM;
	}
	if (!err)
		g->n_points++;
	return err;
}

static void on_point(void *ctx, const struct metric_def *def, const struct metric_point *p)
{
	struct encoding *x = ctx;
	struct otlp_encode *e = x->e;
	struct attributes a;
	unsigned int i;
	int err;

	if (def != x->def)
		close_metric(x);
	x->def = def;
	buf__clear(&x->resource);
	buf__clear(&x->point);
	err = otlp_resource__labels(e, x->host, def->labels, p->label_values, def->n_owner_labels,
				    &x->resource);
	attributes__init(&a, &e->arena, UINT_MAX, UINT_MAX);
	for (i = def->n_owner_labels; i < def->n_labels; i++)
		add_label(&a, def->labels[i], p->label_values[i]);
	if (p->overflow)
		attributes__bool(&a, "otel.metric.overflow", true);
	if (!err)
		err = def->kind == METRIC_HISTOGRAM ? pack_histogram(x, def, p, &a)
						    : pack_number(x, def, p, &a);
	if (!err)
		err = add_point(x);
	arena__free(&e->arena);
	if (err)
		x->lost++;
}

unsigned int otlp_metrics__encode(struct otlp_encode *e, const struct otlp_host *host,
				  struct metrics *m, uint64_t time_ns, otlp_metrics_cb cb,
				  void *ctx)
{
	struct encoding x = {
		.e = e,
		.host = host,
		.time_ns = time_ns,
		.cb = cb,
		.ctx = ctx,
	};
	size_t max = limits_default.otlp_batch;

	buf__init(&x.resource, max);
	buf__init(&x.point, max);
	buf__init(&x.metric, max);
	request__init(&x.request, max);
	metrics__each(m, on_point, &x);
	close_metric(&x);
	hand_over(&x);
	buf__free(&x.resource);
	buf__free(&x.point);
	buf__free(&x.metric);
	free(x.groups);
	return x.lost;
}
