/* SPDX-License-Identifier: Apache-2.0 */
/* encode_inner.h: what the files of encode.h share. */
#ifndef LLMSNOOP_OTLP_ENCODE_INNER_H
#define LLMSNOOP_OTLP_ENCODE_INNER_H

#include "call/fields.h"
#include "sink/otlp/attributes.h"
#include "sink/otlp/encode.h"
#include "sink/otlp/names.h"

/* Adds the facts that t's fields state of record, under the names that they have here. */
void encode_facts(struct otlp_encode *e, const struct naming *n, const struct fields *t,
		  const void *record, struct attributes *a);

/* What a call's attributes are beside its fields. */
void encode_extras(struct otlp_encode *e, const struct naming *n, const struct call *c,
		   struct attributes *a);

static inline struct naming encode_naming(const struct otlp_encode *e, enum span_type type,
					  bool beside)
{
	return (struct naming){type, e->semconv, e->profile, beside};
}

#endif
