/* SPDX-License-Identifier: Apache-2.0 */
/* content.h: what was said in a call, where that is asked for. Keeps what the two bodies hold, in
 * bounds, and at the end makes of it the JSON of the OpenTelemetry GenAI conventions (2.7 of their
 * notes: input and output messages, system instructions, tool definitions), masks applied. Which
 * body means what is said by one file for each family of APIs. */
#ifndef LLMSNOOP_CONTENT_H
#define LLMSNOOP_CONTENT_H

#include "base/arena.h"
#include "base/span.h"
#include "call/record.h"

struct limits;
struct redact;

enum content_mode {
	CONTENT_OFF,
	CONTENT_META,	 /* who said how much of what kind; no text */
	CONTENT_PREVIEW, /* the beginning of each text */
	CONTENT_FULL,
};

/* Borrowed for the life of all calls. */
struct content_config {
	enum content_mode mode;
	struct redact *redact; /* masks */
	double sample_percent; /* of runs; what failed and what was slow is kept anyway. Negative:
				  all */
	uint64_t slow_ns;      /* what is slow */
	const struct limits *lim;
	struct arena_budget *budget; /* of all calls; shared, changed */
};

struct content_call;

/* NULL: no memory. */
struct content_call *content_call__new(const struct content_config *cfg);
void content_call__free(struct content_call *x); /* NULL is fine, here and below */

/* A piece of the request, as it was decoded: JSON documents. */
void content_call__request(struct content_call *x, struct span piece);
/* A document of the request is over, others may follow (messages of a session). */
void content_call__request_end(struct content_call *x);
/* What the request of from holds goes to x: of a session to its turn. x NULL: it is dropped. */
void content_call__take_request(struct content_call *x, struct content_call *from);
/* Likewise what there is of its answer. x NULL: it is dropped. */
void content_call__take_answer(struct content_call *x, struct content_call *from);
/* A piece of a document of the answer: all of it, or one event; free of framing. */
void content_call__answer(struct content_call *x, struct span piece);
/* It is over. api: llmsnoop.api; NULL: not known yet, then it is kept. */
void content_call__answer_end(struct content_call *x, const char *api);
/* Bytes are missing. */
void content_call__lost(struct content_call *x);

/* The call is over: what was said, or NULL where nothing is known. Lives as long as x. Fields of c
 * that it looks at: api, kind, trace_id, error_type, duration_ns, finish_reasons. */
const struct content *content_call__finish(struct content_call *x, const struct call *c);

#endif
