/* SPDX-License-Identifier: Apache-2.0 */
/* sink.h: records as OTLP spans, metrics and log records. Encodes as records come, and hands
 * batches to export.h, which never waits. */
#ifndef LLMSNOOP_OTLP_SINK_H
#define LLMSNOOP_OTLP_SINK_H

#include "sink/otlp/config.h"
#include "sink/otlp/profile.h"
#include "sink/semconv.h"
#include "sink/sink.h"

/* Where content goes, where it is known at all. */
enum otlp_content {
	OTLP_CONTENT_NOWHERE = 0,
	OTLP_CONTENT_SPAN = 1 << 0,  /* attributes that hold JSON text */
	OTLP_CONTENT_EVENT = 1 << 1, /* log records that hold structured values */
};

struct otlp_sink_config {
	struct otlp_config config; /* the sink takes what it holds, also where opening fails */
	const struct otlp_profile *profile;
	enum semconv semconv;
	unsigned int content; /* enum otlp_content */
	bool replay;	      /* there is no other clock than that of the records */
};

/* OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT's values, in either case; NULL: it is not
 * set. Unknown ones are as not set. */
unsigned int otlp_content__parse(const char *text);

/* -ENOMEM, -EIO as otlp_export__new. */
int otlp_sink__open(struct otlp_sink_config *config, struct sink **ret);

#endif
