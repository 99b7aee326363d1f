/* SPDX-License-Identifier: Apache-2.0 */
/* env.h: reads how to export out of the command line, OpenTelemetry's environment variables and the
 * configuration file, in that order of precedence. The rules are those of the specification
 * (configuration/sdk-environment-variables.md, protocol/exporter.md): an empty value is no value, a
 * number that cannot be read or an unknown name is warned of and ignored. */
#ifndef LLMSNOOP_OTLP_ENV_H
#define LLMSNOOP_OTLP_ENV_H

#include "sink/otlp/config.h"

/* Where values come from: a variable's name in, its value or NULL out. */
struct otlp_source {
	const char *(*get)(void *ctx, const char *name);
	void *ctx;
};

struct otlp_env {
	const char *endpoint; /* --otlp: a base URL that beats all others; NULL: not given */
	/* The environment, then the configuration file (its section [otel], whose keys are the
	 * variables' names, and its key otlp). get NULL: there is none. */
	struct otlp_source environment, file;
	const char *file_endpoint; /* the file's key otlp; NULL: not given */
	/* A line for the user, without credentials. */
	void (*warn)(void *ctx, const char *text);
	void *ctx;
};

/* getenv(3) as a source. */
extern const struct otlp_source otlp_source_environment;

/* Is there such a variable? Some that are known have no effect here (…_INSECURE). */
bool otlp_env__knows(const char *name);

/* Fills ret, which the caller frees. Where export is not wanted or disabled, nothing else of it
 * counts and nothing is warned of. -EINVAL: something cannot be done as asked (a protocol other
 * than http/protobuf, an endpoint that is no URL); it has been told by warn. -ENOMEM. */
int otlp_env__read(const struct otlp_env *env, struct otlp_config *ret);
#endif
