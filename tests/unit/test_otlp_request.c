// SPDX-License-Identifier: Apache-2.0
#include "otlp_rig.h"

#include <errno.h>
#include <stdio.h>

#include "sink/otlp/any_value.h"
#include "sink/otlp/encode_metrics.h"
#include "sink/otlp/request.h"

/* ---- requests ---- */

static struct span text(const char *s)
{
	return span_str(s);
}

static Otlp__Request *read_back(const struct request *r, const char *url)
{
	Otlp__InstrumentationScope scope = OTLP__INSTRUMENTATION_SCOPE__INIT;
	Otlp__Request *m;
	uint8_t packed[32];
	struct buf out;

	scope.name = (char *)"llmsnoop";
	buf__init(&out, 16 << 20);
	assert_int_equal(
		request__encode(r, span(packed, otlp__instrumentation_scope__pack(&scope, packed)),
				url, &out),
		0);
	m = otlp__request__unpack(NULL, out.n, out.p);
	assert_non_null(m);
	assert_int_equal(m->base.n_unknown_fields, 0);
	/* Canonical: what a library would have written. */
	assert_int_equal(otlp__request__get_packed_size(m), out.n);
	buf__free(&out);
	return m;
}

/* A packed Resource that differs by its one attribute. */
static struct span resource(const char *name, uint8_t room[300])
{
	Otlp__AnyValue v = OTLP__ANY_VALUE__INIT;
	Otlp__KeyValue pair = OTLP__KEY_VALUE__INIT, *list[] = {&pair};
	Otlp__Resource m = OTLP__RESOURCE__INIT;

	v.value_case = OTLP__ANY_VALUE__VALUE_STRING_VALUE;
	v.string_value = (char *)name;
	pair.key = (char *)"service.name";
	pair.value = &v;
	m.n_attributes = 1;
	m.attributes = list;
	return span(room, otlp__resource__pack(&m, room));
}

static void items_of_one_resource_stand_together(void **state)
{
	static const size_t sizes[] = {0, 1, 127, 128, 16383, 16384};
	static uint8_t big[20000];
	uint8_t a[300], b[300];
	struct request r;
	Otlp__Request *m;
	size_t i;

	request__init(&r, 1 << 20);
	for (i = 0; i < 6; i++)
		assert_int_equal(request__add(&r, resource(i % 2 ? "b" : "a", i % 2 ? b : a),
					      span(big, sizes[i]), 1),
				 0);
	assert_int_equal(r.n_items, 6);
	m = read_back(&r, "https://x");
	assert_int_equal(m->n_resources, 2);
	for (i = 0; i < 6; i++) {
		Otlp__ResourcePart *part = m->resources[i % 2];

		assert_string_equal(part->resource->attributes[0]->value->string_value,
				    i % 2 ? "b" : "a");
		assert_int_equal(part->n_scopes, 1);
		assert_string_equal(part->schema_url, "https://x");
		assert_string_equal(part->scopes[0]->schema_url, "https://x");
		assert_string_equal(part->scopes[0]->scope->name, "llmsnoop");
		assert_int_equal(part->scopes[0]->n_items, 3);
		assert_int_equal(part->scopes[0]->items[i / 2].len, sizes[i]);
	}
	otlp__request__free_unpacked(m, NULL);
	m = read_back(&r, "");
	assert_null(m->resources[0]->schema_url);
	otlp__request__free_unpacked(m, NULL);
	request__clear(&r);
	assert_int_equal(r.n_items, 0);
	m = read_back(&r, "");
	assert_int_equal(m->n_resources, 0);
	otlp__request__free_unpacked(m, NULL);
}

static void requests_are_bounded(void **state)
{
	static uint8_t big[2000];
	struct request r;
	struct buf out;
	int i;

	request__init(&r, 1000);
	assert_int_equal(request__add(&r, text("a"), span(big, 1001), 1), -E2BIG);
	assert_int_equal(r.n_groups, 0);
	for (i = 0; i < 4; i++)
		assert_int_equal(request__add(&r, text("a"), span(big, 200), 1), 0);
	assert_int_equal(request__add(&r, text("a"), span(big, 200), 1), -ENOBUFS);
	assert_int_equal(request__add(&r, text("b"), span(big, 100), 1), -ENOBUFS);
	assert_int_equal(r.n_items, 4);
	assert_true(r.bytes <= 1000);
	buf__init(&out, 500);
	assert_int_equal(request__encode(&r, SPAN_NONE, "", &out), -E2BIG);
	assert_int_equal(out.n, 0);
	buf__free(&out);
	request__clear(&r);
	assert_int_equal(request__add(&r, text("b"), span(big, 100), 1), 0);
	request__clear(&r);
}

/* ---- JSON ---- */

struct json_room {
	struct arena_budget budget;
	struct arena arena;
	Otlp__AnyValue v;
};

static bool convert(struct json_room *r, const char *json)
{
	r->budget = (struct arena_budget){.max_bytes = 1 << 20};
	arena__init(&r->arena, 1 << 20, &r->budget);
	otlp__any_value__init(&r->v);
	return any_value__from_json(&r->v, &r->arena, json);
}

static void json_becomes_values(void **state)
{
	struct json_room r;
	Otlp__KeyValue **list;

	assert_true(convert(&r, "{\"a\":[1,-2.5,true,null,\"x\"],\"b\":{\"c\":{}},\"a\":2,"
				"\"big\":123456789012345678901234567890}"));
	assert_int_equal(r.v.value_case, OTLP__ANY_VALUE__VALUE_KVLIST_VALUE);
	assert_int_equal(r.v.kvlist_value->n_values, 3);
	list = r.v.kvlist_value->values;
	assert_string_equal(list[0]->key, "a");
	assert_int_equal(list[0]->value->array_value->n_values, 5);
	assert_int_equal(list[0]->value->array_value->values[0]->int_value, 1);
	assert_true(list[0]->value->array_value->values[1]->double_value == -2.5);
	assert_true(list[0]->value->array_value->values[2]->bool_value);
	assert_int_equal(list[0]->value->array_value->values[3]->value_case,
			 OTLP__ANY_VALUE__VALUE__NOT_SET);
	assert_string_equal(list[0]->value->array_value->values[4]->string_value, "x");
	assert_string_equal(list[1]->value->kvlist_value->values[0]->key, "c");
	assert_int_equal(list[2]->value->value_case, OTLP__ANY_VALUE__VALUE_DOUBLE_VALUE);
	arena__free(&r.arena);
	assert_true(convert(&r, "[]"));
	assert_int_equal(r.v.array_value->n_values, 0);
	arena__free(&r.arena);
	assert_false(convert(&r, "{"));
	arena__free(&r.arena);
	assert_false(convert(&r, "\xFF"));
	arena__free(&r.arena);
}

/* Containers inside one another, counted in what was made. */
static unsigned int depth_of(const Otlp__AnyValue *v)
{
	unsigned int depth = 0;

	while (v->value_case == OTLP__ANY_VALUE__VALUE_ARRAY_VALUE && v->array_value->n_values) {
		v = v->array_value->values[0];
		depth++;
	}
	return depth;
}

static void deep_and_wide_json_is_bounded(void **state)
{
	char deep[2001], wide[8192] = "{";
	struct json_room r;
	const Otlp__AnyValue *v;
	int i, n;

	for (n = 1; n < 900; n = n * 2 + 1) {
		memset(deep, '[', (size_t)n);
		memset(deep + n, ']', (size_t)n);
		deep[2 * n] = 0;
		assert_true(convert(&r, deep));
		assert_int_equal(depth_of(&r.v), n <= ANY_VALUE_DEPTH ? n - 1 : ANY_VALUE_DEPTH);
		if (n > ANY_VALUE_DEPTH) {
			for (v = &r.v; v->value_case == OTLP__ANY_VALUE__VALUE_ARRAY_VALUE;)
				v = v->array_value->values[0];
			assert_int_equal(strlen(v->string_value), 2 * (n - ANY_VALUE_DEPTH));
		}
		arena__free(&r.arena);
	}
	for (i = 0; i < 300; i++)
		sprintf(wide + strlen(wide), "%s\"k%d\":1", i ? "," : "", i);
	strcat(wide, "}");
	assert_false(convert(&r, wide));
	arena__free(&r.arena);
	memmove(wide + 1, wide, strlen(wide) + 1);
	wide[0] = '[';
	strcat(wide, "]");
	assert_true(convert(&r, wide));
	assert_int_equal(r.v.array_value->values[0]->value_case,
			 OTLP__ANY_VALUE__VALUE_STRING_VALUE);
	arena__free(&r.arena);
}

/* ---- metrics ---- */

struct told {
	unsigned int requests, items, metrics, points, histograms, sums, exemplars;
	uint64_t count;
	int64_t tokens;
	int temporality;
};

static void tell_histogram(struct told *t, const Otlp__HistogramDataPoint *p)
{
	uint64_t sum = 0;
	size_t i;

	t->points++;
	t->histograms++;
	t->exemplars += p->n_exemplars;
	otlp_check_list(p->n_attributes, p->attributes);
	assert_int_equal(p->n_bucket_counts, p->n_explicit_bounds + 1);
	for (i = 0; i < p->n_bucket_counts; i++)
		sum += p->bucket_counts[i];
	assert_int_equal(sum, p->count);
	assert_true(p->has_sum && p->start_time_unix_nano <= p->time_unix_nano);
}

static void tell_metric(struct told *t, const Otlp__Metric *m)
{
	size_t i;

	t->metrics++;
	assert_non_null(m->name);
	if (m->histogram) {
		t->temporality = m->histogram->aggregation_temporality;
		for (i = 0; i < m->histogram->n_data_points; i++)
			tell_histogram(t, m->histogram->data_points[i]);
		if (!strcmp(m->name, "gen_ai.client.operation.duration"))
			for (i = 0; i < m->histogram->n_data_points; i++)
				t->count += m->histogram->data_points[i]->count;
		if (!strcmp(m->name, "gen_ai.client.token.usage"))
			for (i = 0; i < m->histogram->n_data_points; i++)
				t->tokens += (int64_t)m->histogram->data_points[i]->sum;
	} else if (m->sum) {
		assert_true(m->sum->is_monotonic);
		assert_int_equal(m->sum->aggregation_temporality, t->temporality);
		t->points += m->sum->n_data_points;
		t->sums += m->sum->n_data_points;
	} else {
		assert_non_null(m->gauge);
		t->points += m->gauge->n_data_points;
	}
}

static void on_request(void *ctx, const struct request *r)
{
	struct told *t = ctx;
	Otlp__Request *m = read_back(r, "");
	unsigned int before = t->points;
	size_t i, j;

	t->requests++;
	t->items += r->n_items;
	for (i = 0; i < m->n_resources; i++) {
		Otlp__ScopePart *s = m->resources[i]->scopes[0];

		otlp_check_list(m->resources[i]->resource->n_attributes,
				m->resources[i]->resource->attributes);
		assert_true(s->n_items > 0);
		for (j = 0; j < s->n_items; j++) {
			Otlp__Metric *one =
				otlp__metric__unpack(NULL, s->items[j].len, s->items[j].data);

			assert_non_null(one);
			tell_metric(t, one);
			otlp__metric__free_unpacked(one, NULL);
		}
	}
	assert_int_equal(t->points - before, r->n_items);
	otlp__request__free_unpacked(m, NULL);
}

static struct metrics *registry(void)
{
	const struct metrics_config config = {.options = METRICS_EXEMPLARS, .start_ns = 1000};
	struct metrics *m;

	assert_int_equal(metrics__new(&config, &m), 0);
	return m;
}

static void feed(struct metrics *m, const char *service, const char *model)
{
	struct call c = otlp_call();

	c.who.service = service;
	c.request_model = model;
	c.input_tokens = 10;
	c.output_tokens = 3;
	metrics__call(m, &c);
}

static void metrics_by_resource(void **state)
{
	static const struct otlp_host host = {"h", "i", "amd64"};
	struct otlp_config config = otlp_plain;
	struct metrics *m = registry();
	struct told t = {0}, d = {0};
	struct otlp_encode e;
	int i;

	for (i = 0; i < 5; i++) {
		feed(m, "a", "m\xFF");
		feed(m, "b", "m");
	}
	otlp_encode__init(&e, &config, otlp_profile__find("otel"), SEMCONV_1_41);
	assert_int_equal(otlp_metrics__encode(&e, &host, m, UINT64_C(1) << 62, on_request, &t), 0);
	assert_int_equal(t.requests, 1);
	assert_int_equal(t.count, 10);
	assert_int_equal(t.tokens, 130);
	assert_int_equal(t.temporality, 2);
	assert_true(t.exemplars > 0);
	/* Metrics stand once for each of the two resources. */
	assert_true(t.metrics >= 4 && t.items == t.points);
	config.temporality = OTLP_DELTA;
	otlp_metrics__encode(&e, &host, m, UINT64_C(1) << 62, on_request, &d);
	assert_int_equal(d.temporality, 1);
	metrics__free(m);
}

/* An exemplar leads to a span that is exported: what the application says of the trace decides. */
static void exemplars_follow_the_sampler(void **state)
{
	static const struct {
		enum sampled said;
		enum otlp_sampler sampler;
		bool parent_based, some;
	} cases[] = {
		{SAMPLED_YES, OTLP_ALWAYS_ON, true, true},
		{SAMPLED_NO, OTLP_ALWAYS_ON, true, false},
		{SAMPLED_NO, OTLP_ALWAYS_ON, false, true},
		{SAMPLED_YES, OTLP_ALWAYS_OFF, true, true},
		{SAMPLED_UNSAID, OTLP_ALWAYS_OFF, true, false},
	};
	static const struct otlp_host host = {"h", "i", "amd64"};
	struct otlp_config config = otlp_plain;
	struct call c = otlp_call();
	struct otlp_encode e;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct metrics *m = registry();
		struct told t = {0};

		c.sampled = cases[i].said;
		config.sampler = cases[i].sampler;
		config.parent_based = cases[i].parent_based;
		metrics__call(m, &c);
		otlp_encode__init(&e, &config, otlp_profile__find("otel"), SEMCONV_1_41);
		otlp_metrics__encode(&e, &host, m, UINT64_C(1) << 62, on_request, &t);
		assert_true(t.count == 1 && (t.exemplars > 0) == cases[i].some);
		metrics__free(m);
	}
}

/* More series than a request holds go into several. */
static void many_series_make_several_requests(void **state)
{
	static const struct otlp_host host = {"h", "i", "amd64"};
	struct metrics *m = registry();
	struct told t = {0};
	struct otlp_encode e;
	char model[256];
	int i;

	for (i = 0; i < 1900; i++) {
		memset(model, 'm', sizeof(model) - 1);
		sprintf(model + 240, "%d", i);
		feed(m, "a", model);
	}
	otlp_begin(&e, "otel", SEMCONV_1_41);
	assert_int_equal(otlp_metrics__encode(&e, &host, m, UINT64_C(1) << 62, on_request, &t), 0);
	assert_true(t.requests > 1);
	assert_int_equal(t.count, 1900);
	assert_int_equal(t.tokens, 1900 * 13);
	metrics__free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(items_of_one_resource_stand_together),
		cmocka_unit_test(requests_are_bounded),
		cmocka_unit_test(json_becomes_values),
		cmocka_unit_test(deep_and_wide_json_is_bounded),
		cmocka_unit_test(metrics_by_resource),
		cmocka_unit_test(exemplars_follow_the_sampler),
		cmocka_unit_test(many_series_make_several_requests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
