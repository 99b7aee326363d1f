/* SPDX-License-Identifier: Apache-2.0 */
/* names.h: which kind of span a record is, and where the name of an attribute differs from that of
 * the field. */
#ifndef LLMSNOOP_OTLP_NAMES_H
#define LLMSNOOP_OTLP_NAMES_H

#include "call/record.h"
#include "sink/otlp/profile.h"
#include "sink/semconv.h"

enum span_type {
	SPAN_INFERENCE,
	SPAN_EMBEDDINGS,
	SPAN_RETRIEVAL,
	SPAN_FETCH,
	SPAN_REMOTE_AGENT, /* of a service that runs agents */
	SPAN_AGENT,
	SPAN_TOOL,
	SPAN_MCP_CLIENT,
	SPAN_MCP_SERVER,
	SPAN_HTTP_CLIENT, /* what the GenAI conventions have no word for */
	SPAN_HTTP_SERVER, /* a model's call, as its server sees it */
	N_SPAN_TYPES,
};

enum span_type span_type__of(const struct call *c);

/* enum SpanKind: 1 internal, 2 server, 3 client */
int span_type__kind(enum span_type type);

/* Is it of a call whose operation the GenAI conventions know? */
bool span_type__is_genai(enum span_type type);

/* What says which names hold. */
struct naming {
	enum span_type type;
	enum semconv semconv;
	const struct otlp_profile *profile;
	bool beside; /* another record tells the same usage */
};

#define ATTRIBUTE_NAME_MAX 96

/* The name that field has as an attribute: itself, another one (room's), or NULL: it is left
 * out. */
const char *attribute__name(const struct naming *n, const char *field,
			    char room[ATTRIBUTE_NAME_MAX]);

#endif
