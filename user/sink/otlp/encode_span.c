// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "sink/otlp/encode_inner.h"

#define STATUS_ERROR 2
#define FLAG_SAMPLED 1

/* What all records have that are spans. */
struct what {
	const uint8_t *trace_id, *span_id, *parent_span_id;
	uint64_t time_ns, duration_ns;
	const char *name;
	const char *error_type;
	enum span_type type;
};

static bool is_none(const uint8_t id[8])
{
	static const uint8_t none[8];

	return !memcmp(id, none, 8);
}

static ProtobufCBinaryData bytes(const uint8_t *p, size_t n)
{
	return (ProtobufCBinaryData){n, (uint8_t *)p};
}

static int pack(struct otlp_encode *e, const struct what *s, struct attributes *a, struct buf *out)
{
	Otlp__Span m = OTLP__SPAN__INIT;
	Otlp__Status status = OTLP__STATUS__INIT;

	m.name = (char *)attributes__utf8(&e->arena, s->name, limits_default.otlp_name);
	if (!m.name) {
		arena__free(&e->arena);
		return -ENOMEM;
	}
	m.has_trace_id = m.has_span_id = true;
	m.trace_id = bytes(s->trace_id, 16);
	m.span_id = bytes(s->span_id, 8);
	m.has_parent_span_id = !is_none(s->parent_span_id);
	m.parent_span_id = bytes(s->parent_span_id, 8);
	m.has_kind = true;
	m.kind = span_type__kind(s->type);
	m.has_start_time_unix_nano = m.has_end_time_unix_nano = true;
	m.start_time_unix_nano = s->time_ns;
	m.end_time_unix_nano = s->time_ns + s->duration_ns;
	m.n_attributes = a->n;
	m.attributes = a->list;
	m.has_dropped_attributes_count = a->dropped > 0;
	m.dropped_attributes_count = a->dropped;
	/* Never OK: that is for whoever runs the application to say. */
	if (s->error_type && *s->error_type) {
		status.has_code = true;
		status.code = STATUS_ERROR;
		m.status = &status;
	}
	m.has_flags = true;
	m.flags = FLAG_SAMPLED;
	return otlp_encode__pack(e, &m.base, out);
}

static void begin(struct otlp_encode *e, struct attributes *a)
{
	attributes__init(a, &e->arena, e->config->span_attributes, e->config->span_value_length);
}

static void add_content(struct attributes *a, const struct fields *t, const void *record)
{
	struct value value;
	unsigned int i;

	for (i = 0; i < t->n; i++)
		if (t->v[i].part == PART_CONTENT && field__get(&t->v[i], record, &value))
			attributes__value(a, t->v[i].name, &value);
}

/* Operation and model are in the name where the conventions have the model as an attribute that
 * tells spans apart; of what they do not know, the method. */
static const char *name_of(const struct call *c, enum span_type type, struct value *room)
{
	const struct field *name = fields__find(&call_fields, "name");
	const char *operation = call__operation(c);

	if (type == SPAN_INFERENCE || type == SPAN_EMBEDDINGS) {
		snprintf(room->room, sizeof(room->room), "%s%s%s", operation,
			 c->request_model && *c->request_model ? " " : "",
			 c->request_model ? c->request_model : "");
		return room->room;
	}
	if (type == SPAN_HTTP_SERVER && c->method)
		return c->method;
	if (operation && type != SPAN_HTTP_SERVER)
		return operation;
	return field__get(name, c, room) ? room->text : "unknown";
}

int otlp_encode__call(struct otlp_encode *e, const struct call *c, struct buf *out)
{
	const enum span_type type = span_type__of(c);
	const struct naming naming = encode_naming(e, type, c->beside);
	const char *operation = call__operation(c);
	struct attributes a;
	struct value name;
	struct what s = {
		.trace_id = c->trace_id,
		.span_id = c->span_id,
		.parent_span_id = c->parent_span_id,
		.time_ns = c->time_ns,
		.duration_ns = c->duration_ns,
		.error_type = c->error_type,
		.type = type,
	};

	begin(e, &a);
	/* Those that must be there first: what is past the limit is lost. */
	if (operation && type != SPAN_HTTP_SERVER)
		attributes__text(&a, "gen_ai.operation.name", operation);
	if (e->content_on_spans)
		add_content(&a, &call_fields, c);
	encode_facts(e, &naming, &call_fields, c, &a);
	encode_extras(e, &naming, c, &a);
	s.name = name_of(c, type, &name);
	return pack(e, &s, &a, out);
}

int otlp_encode__run(struct otlp_encode *e, const struct agent_run *r, struct buf *out)
{
	const struct naming naming = encode_naming(e, SPAN_AGENT, false);
	struct attributes a;
	struct value name;
	struct what s = {
		.trace_id = r->trace_id,
		.span_id = r->span_id,
		.parent_span_id = r->parent_span_id,
		.time_ns = r->time_ns,
		.duration_ns = r->duration_ns,
		.error_type = r->error_type,
		.type = SPAN_AGENT,
	};

	begin(e, &a);
	encode_facts(e, &naming, &run_fields, r, &a);
	attributes__bool(&a, "llmsnoop.inferred", true);
	field__get(fields__find(&run_fields, "name"), r, &name);
	s.name = name.text;
	return pack(e, &s, &a, out);
}

int otlp_encode__tool(struct otlp_encode *e, const struct agent_tool *t, struct buf *out)
{
	const struct naming naming = encode_naming(e, SPAN_TOOL, false);
	struct attributes a;
	struct value name;
	struct what s = {
		.trace_id = t->trace_id,
		.span_id = t->span_id,
		.parent_span_id = t->parent_span_id,
		.time_ns = t->time_ns,
		.duration_ns = t->duration_ns,
		.error_type = t->error_type,
		.type = SPAN_TOOL,
	};

	begin(e, &a);
	encode_facts(e, &naming, &tool_fields, t, &a);
	field__get(fields__find(&tool_fields, "name"), t, &name);
	s.name = name.text;
	return pack(e, &s, &a, out);
}
