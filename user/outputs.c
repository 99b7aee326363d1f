// SPDX-License-Identifier: Apache-2.0
#include "outputs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "config.h"
#include "log.h"
#include "sink/prometheus.h"
#include "sink/jsonl.h"
#include "sink/otlp/env.h"
#include "sink/otlp/sink.h"
#include "sink/table.h"

const char *outputs__why(int err)
{
	return err == -ELOOP ? "it is a symbolic link, and none is followed" : strerror(-err);
}

static int add(struct sinks *sinks, int err, struct sink *s, const char *name)
{
	if (err) {
		log__error("%s: %s", name, outputs__why(err));
		return EXIT_FAILURE;
	}
	sinks__add(sinks, s);
	return 0;
}

static int open_file(const struct options *o, struct sinks *sinks)
{
	struct sink *s = NULL;
	int err;

	if (!o->out)
		return 0;
	err = jsonl__open(o->out, &s);
	return add(sinks, err, s, o->out);
}

/* Standard output is a table for people and JSON lines for programs; nothing where -o or -w has it
 * already. */
static int open_standard_output(const struct options *o, struct sinks *sinks)
{
	const struct table_config table = {.fd = STDOUT_FILENO, .utc = o->utc};
	bool json =
		o->format == FORMAT_JSONL || (o->format == FORMAT_AUTO && !isatty(STDOUT_FILENO));
	struct sink *s = NULL;
	int err;

	if (o->quiet || o->list || options__is_stdout(o->out) || options__is_stdout(o->cap_out))
		return 0;
	err = json ? jsonl__open(NULL, &s) : table__open(&table, &s);
	return add(sinks, err, s, "standard output");
}

static void warn(void *ctx, const char *text)
{
	log__warn("%s", text);
}

/* The last of that name: it holds. */
static const struct config_entry *find(const struct config *c, const char *section, const char *key)
{
	const struct config_entry *e = NULL, *last = NULL;

	while ((e = config__next(c, section, e)))
		if (!strcmp(e->key, key))
			last = e;
	return last;
}

#define CAPTURE_CONTENT "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"

/* A variable of OpenTelemetry out of the configuration file. */
static const char *of_file(void *ctx, const char *name)
{
	const struct config_entry *e = find(ctx, "otel", name);

	return e ? e->value : NULL;
}

static bool otel_is_right(const struct config *c)
{
	const struct config_entry *e = NULL;

	while ((e = config__next(c, "otel", e))) {
		if (otlp_env__knows(e->key) || !strcmp(e->key, CAPTURE_CONTENT))
			continue;
		log__error("%s:%u: %s is no variable of OpenTelemetry that llmsnoop reads",
			   config__path(c), e->line, e->key);
		return false;
	}
	return true;
}

static const char *env(const char *name)
{
	return getenv(name);
}

/* What is asked for, and how. -EINVAL has been told. */
static int read_otlp(const struct options *o, struct otlp_config *ret)
{
	const struct config_entry *in_file = find(o->config, "", "otlp");
	bool from_file = in_file && o->otlp == in_file->value;
	const struct otlp_env source = {
		.endpoint = from_file ? NULL : o->otlp,
		.environment = otlp_source_environment,
		.file = {o->config ? of_file : NULL, o->config},
		.file_endpoint = from_file ? o->otlp : NULL,
		.warn = warn,
	};

	return otel_is_right(o->config) ? otlp_env__read(&source, ret) : -EINVAL;
}

int outputs__check(const struct options *o)
{
	struct otlp_config config = {0};
	int err = read_otlp(o, &config);

	otlp_config__free(&config);
	return err == -EINVAL ? EXIT_USAGE : err ? EXIT_FAILURE : 0;
}

/* OpenTelemetry's environment variables may ask for it, too. */
static int open_otlp(const struct options *o, struct sinks *sinks)
{
	const char *content = getenv(CAPTURE_CONTENT);
	struct otlp_sink_config config = {
		.profile = o->otlp_profile ? o->otlp_profile : otlp_profile__find("otel"),
		.semconv = o->semconv,
		.content = otlp_content__parse(
			content && *content ? content : of_file(o->config, CAPTURE_CONTENT)),
		.replay = o->cap_in,
	};
	struct sink *s = NULL;
	int err;

	if (o->list)
		return 0;
	err = read_otlp(o, &config.config);
	if (err == -EINVAL)
		return EXIT_USAGE;
	if (!err && (!config.config.wanted || config.config.disabled)) {
		otlp_config__free(&config.config);
		return 0;
	}
	if (!err)
		err = otlp_profile__apply(config.profile, &config.config, env);
	if (!err)
		err = otlp_sink__open(&config, &s);
	else
		otlp_config__free(&config.config);
	return add(sinks, err, s, "otlp");
}

/* A replay's metrics begin with its first record, so that they are the same every time. */
static int open_metrics(const struct options *o, struct sinks *sinks)
{
	struct prometheus_config config = {
		.address = o->metrics.address,
		.port = o->metrics.port,
		.semconv = o->semconv,
		.labels = o->metrics_labels,
	};
	struct timespec now;
	struct sink *s = NULL;
	char name[96];
	int err;

	if (!o->metrics.port)
		return 0;
	clock_gettime(CLOCK_REALTIME, &now);
	if (!o->cap_in)
		config.start_ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
	err = prometheus__open(&config, &s);
	snprintf(name, sizeof(name), "--metrics: %s port %u", config.address, config.port);
	err = add(sinks, err, s, name);
	if (!err && metrics_http__is_open(config.address))
		log__warn("metrics are at %s port %u for all who can reach it: without password, "
			  "not encrypted",
			  config.address, config.port);
	return err;
}

int outputs__open(const struct options *o, struct sinks *sinks)
{
	static int (*const all[])(const struct options *o, struct sinks *sinks) = {
		open_file,
		open_standard_output,
		open_otlp,
		open_metrics,
	};
	size_t i;
	int err;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		err = all[i](o, sinks);
		if (err)
			return err;
	}
	return 0;
}
