/* SPDX-License-Identifier: Apache-2.0 */
/* resource.h: whose a span, log record or metric is, as an OTLP Resource. */
#ifndef LLMSNOOP_OTLP_RESOURCE_H
#define LLMSNOOP_OTLP_RESOURCE_H

#include "call/fields.h"
#include "sink/otlp/encode.h"

/* What is the same for all of them. */
struct otlp_host {
	char name[256], id[64]; /* "": unknown */
	const char *arch;	/* as the conventions name it; NULL: unknown */
};

void otlp_host__read(struct otlp_host *ret);

/* Append a Resource: of what record says of its process (fields of PART_WHO), or of labels by
 * their names, NULL values being absent. The user's own attributes outdo what was seen. Errors as
 * in encode.h. */
int otlp_resource__record(struct otlp_encode *e, const struct otlp_host *host,
			  const struct fields *t, const void *record, struct buf *out);
int otlp_resource__labels(struct otlp_encode *e, const struct otlp_host *host,
			  const char *const *names, const char *const *values, unsigned int n,
			  struct buf *out);

/* Append the InstrumentationScope. */
int otlp_scope__encode(struct otlp_encode *e, struct buf *out);
/* "": there is no published one. */
const char *otlp_scope__schema_url(enum semconv semconv);

#endif
