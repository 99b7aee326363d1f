// SPDX-License-Identifier: Apache-2.0
#include "sink/otlp/encode_inner.h"

#define FLAG_SAMPLED 1

struct severity {
	int number;
	const char *text;
};

static int pack(struct otlp_encode *e, const struct call *c, const char *event,
		struct severity severity, struct attributes *a, struct buf *out)
{
	Otlp__LogRecord m = OTLP__LOG_RECORD__INIT;

	m.has_time_unix_nano = m.has_observed_time_unix_nano = true;
	m.time_unix_nano = m.observed_time_unix_nano = c->time_ns + c->duration_ns;
	m.has_severity_number = true;
	m.severity_number = severity.number;
	m.severity_text = (char *)severity.text;
	m.n_attributes = a->n;
	m.attributes = a->list;
	m.has_dropped_attributes_count = a->dropped > 0;
	m.dropped_attributes_count = a->dropped;
	m.has_flags = true;
	m.flags = FLAG_SAMPLED;
	m.has_trace_id = m.has_span_id = true;
	m.trace_id = (ProtobufCBinaryData){sizeof(c->trace_id), (uint8_t *)c->trace_id};
	m.span_id = (ProtobufCBinaryData){sizeof(c->span_id), (uint8_t *)c->span_id};
	m.event_name = (char *)event;
	return otlp_encode__pack(e, &m.base, out);
}

static void begin(struct otlp_encode *e, struct attributes *a)
{
	attributes__init(a, &e->arena, e->config->log_attributes, e->config->log_value_length);
}

int otlp_encode__exception(struct otlp_encode *e, const struct call *c, struct buf *out)
{
	struct attributes a;

	begin(e, &a);
	attributes__text(&a, "exception.type", c->error_type);
	return pack(e, c, "gen_ai.client.operation.exception", (struct severity){13, "WARN"}, &a,
		    out);
}

/* Content that is structured here: that is what distinguishes the event from the span. */
static void add_content(struct attributes *a, const struct call *c)
{
	const struct fields *t = &call_fields;
	struct value value;
	unsigned int i;

	for (i = 0; i < t->n; i++) {
		if (t->v[i].part != PART_CONTENT || !field__get(&t->v[i], c, &value))
			continue;
		if (value.kind == VALUE_JSON)
			attributes__json(a, t->v[i].name, value.text);
		else
			attributes__value(a, t->v[i].name, &value);
	}
}

int otlp_encode__details(struct otlp_encode *e, const struct call *c, struct buf *out)
{
	const struct naming naming = encode_naming(e, span_type__of(c), c->beside);
	struct attributes a;

	begin(e, &a);
	attributes__text(&a, "gen_ai.operation.name", call__operation(c));
	add_content(&a, c);
	encode_facts(e, &naming, &call_fields, c, &a);
	encode_extras(e, &naming, c, &a);
	return pack(e, c, "gen_ai.client.inference.operation.details",
		    (struct severity){5, "DEBUG"}, &a, out);
}
