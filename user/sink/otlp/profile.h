/* SPDX-License-Identifier: Apache-2.0 */
/* profile.h: what backends want beside plain OTLP (--otlp-profile). */
#ifndef LLMSNOOP_OTLP_PROFILE_H
#define LLMSNOOP_OTLP_PROFILE_H

#include "call/record.h"
#include "sink/otlp/attributes.h"
#include "sink/otlp/config.h"

struct otlp_profile {
	const char *name;
	const char *path;		   /* before /v1/traces of a base URL; "" */
	unsigned int signals;		   /* 1 << enum otlp_signal: what the backend takes */
	const char *header, *header_value; /* NULL: none */
	/* A header whose value the environment has, in these variables; NULL: none. */
	const char *key_header, *key_variable, *secret_variable;
	bool plain_usage; /* each number under gen_ai.usage. is taken for a kind of token, and
			     adds up: no parts of sums, no totals of runs */
	bool fetch_usage; /* usage of answers fetched later counts like others' */
	/* Attributes of calls that nobody else knows; NULL: none. */
	void (*add)(struct attributes *a, const struct call *c);
};

/* NULL: there is none of that name. */
const struct otlp_profile *otlp_profile__find(const char *name);
/* The names, with ", " between them. */
const char *otlp_profile__names(void);

/* Fits endpoints, signals and headers; what the user says of headers stays. get_env is getenv(3).
 * -ENOMEM. */
int otlp_profile__apply(const struct otlp_profile *p, struct otlp_config *config,
			const char *(*get_env)(const char *name));

#endif
