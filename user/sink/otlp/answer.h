/* SPDX-License-Identifier: Apache-2.0 */
/* answer.h: what a collector says in the body of its answer. */
#ifndef LLMSNOOP_OTLP_ANSWER_H
#define LLMSNOOP_OTLP_ANSWER_H

#include "base/span.h"

#define OTLP_ANSWER_TEXT 256

struct otlp_answer {
	uint64_t rejected;	     /* items of a partial success */
	char text[OTLP_ANSWER_TEXT]; /* what is wrong, "": nothing is said; cut to fit */
};

/* The answer to a success: Export…ServiceResponse. -EBADMSG: it is none, or decodes to too much. */
int otlp_answer__success(struct span body, struct otlp_answer *ret);

/* The answer to a failure: google.rpc.Status, or any text (where is_protobuf is not set). What
 * cannot be read says nothing. */
void otlp_answer__failure(struct span body, bool is_protobuf, struct otlp_answer *ret);

#endif
