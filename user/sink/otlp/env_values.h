/* SPDX-License-Identifier: Apache-2.0 */
/* env_values.h: the kinds of values that OpenTelemetry's variables have. */
#ifndef LLMSNOOP_OTLP_ENV_VALUES_H
#define LLMSNOOP_OTLP_ENV_VALUES_H

#include "sink/otlp/env.h"

#define ATTRIBUTES_MAX 128 /* resource attributes */
#define HEADERS_MAX 64
/* What "no limit" comes to for an attempt: a connection that never answers is not kept for ever. */
#define TIMEOUT_MAX_MS (10 * 60 * 1000)

struct env_reader {
	const struct otlp_env *env;
	struct otlp_config *c;
	int err; /* the first that cannot be ignored */
};

__attribute__((format(printf, 2, 3))) void env__warn(struct env_reader *r, const char *format, ...);
void env__fail(struct env_reader *r, int err);

struct env_word {
	const char *text; /* NULL ends a list */
	int value;
};

/* The value of a word in any case; an unknown one is warned of, with all that would be right. */
bool env__word(struct env_reader *r, const char *name, const char *value,
	       const struct env_word *words, int *ret);

/* Takes the text of the variable name to a place, whose type is told below. What cannot be read
 * leaves that alone and is warned of. */
typedef void take_fn(struct env_reader *r, const char *name, const char *value, void *at);

/* unsigned int: any, from 1 on, and milliseconds with 0 for no limit */
take_fn take_number, take_count, take_timeout;
take_fn take_ratio;	      /* double, from 0 to 1 */
take_fn take_text, take_file; /* char * */
take_fn take_flag;	      /* bool; only "true" is true */
take_fn take_compression;     /* bool: gzip */
take_fn take_exemplars;	      /* bool: any */
take_fn take_temporality;     /* enum otlp_temporality */
take_fn take_headers;	      /* struct otlp_target */
/* Into r->c. */
take_fn take_sampler, take_attributes, take_service, take_aggregation;

#endif
