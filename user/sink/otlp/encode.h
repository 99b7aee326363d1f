/* SPDX-License-Identifier: Apache-2.0 */
/* encode.h: records as OTLP messages, by the OpenTelemetry GenAI conventions. Attributes are those
 * of the tables of fields; names.h says which of them have another name here. */
#ifndef LLMSNOOP_OTLP_ENCODE_H
#define LLMSNOOP_OTLP_ENCODE_H

#include "base/arena.h"
#include "base/buf.h"
#include "call/agent.h"
#include "call/record.h"
#include "sink/otlp/config.h"
#include "sink/otlp/profile.h"
#include "sink/semconv.h"

/* What encoding needs to know, and its room. */
struct otlp_encode {
	const struct otlp_config *config;   /* borrowed */
	const struct otlp_profile *profile; /* borrowed */
	enum semconv semconv;
	bool content_on_spans, content_in_events;
	struct arena arena; /* empty between two messages */
	struct arena_budget budget;
};

/* config and profile must outlive e. */
void otlp_encode__init(struct otlp_encode *e, const struct otlp_config *config,
		       const struct otlp_profile *profile, enum semconv semconv);

/* Each appends one message to out: a Span. -E2BIG, -ENOMEM: out is as it was. */
int otlp_encode__call(struct otlp_encode *e, const struct call *c, struct buf *out);
int otlp_encode__run(struct otlp_encode *e, const struct agent_run *r, struct buf *out);
int otlp_encode__tool(struct otlp_encode *e, const struct agent_tool *t, struct buf *out);

/* A LogRecord each: gen_ai.client.operation.exception of a call that failed, and
 * gen_ai.client.inference.operation.details of one whose content is known. */
int otlp_encode__exception(struct otlp_encode *e, const struct call *c, struct buf *out);
int otlp_encode__details(struct otlp_encode *e, const struct call *c, struct buf *out);

/* Appends message to out, packed, and empties e's room. As above. */
int otlp_encode__pack(struct otlp_encode *e, const ProtobufCMessage *message, struct buf *out);

/* Is what belongs to this trace sent, given what its application says of it? */
bool otlp_encode__is_sampled(const struct otlp_config *config, const uint8_t trace_id[16],
			     enum sampled sampled);

#endif
