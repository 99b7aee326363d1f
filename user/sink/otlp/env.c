// SPDX-License-Identifier: Apache-2.0
#include "sink/otlp/env.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sink/otlp/env_values.h"
#include "sink/otlp/pairs.h"
#include "sink/otlp/url.h"

#define PREFIX "OTEL_EXPORTER_OTLP_"
#define DEFAULT_ENDPOINT "http://localhost:4318"
#define GRPC_PORT 4317
#define VARIABLE_MAX 96 /* the longest name of a variable */
#define SDK_DISABLED "OTEL_SDK_DISABLED"

static const char *from_environment(void *ctx, const char *name)
{
	return getenv(name);
}

const struct otlp_source otlp_source_environment = {from_environment, NULL};

static const struct otlp_config defaults = {
	.exemplars = true,
	.metric_interval_ms = 60000,
	.spans = {.delay_ms = 5000, .max_batch = 512},
	.logs = {.delay_ms = 1000, .max_batch = 512},
	.sampler = OTLP_ALWAYS_ON,
	.parent_based = true,
	.ratio = 1,
	.span_attributes = 128,
	.span_events = 128,
	.span_links = 128,
	.event_attributes = 128,
	.link_attributes = 128,
	.span_value_length = UINT_MAX,
	.log_attributes = 128,
	.log_value_length = UINT_MAX,
};

/* ---- where a value comes from ---- */

static const char *ask(const struct otlp_source *s, const char *name)
{
	const char *value = s->get ? s->get(s->ctx, name) : NULL;

	return value && *value ? value : NULL; /* empty is unset */
}

static const char *find(struct env_reader *r, const char *name)
{
	const char *value = ask(&r->env->environment, name);

	return value ? value : ask(&r->env->file, name);
}

/* OTEL_EXPORTER_OTLP_TRACES_TIMEOUT, then OTEL_EXPORTER_OTLP_TIMEOUT, in the environment and then
 * in the file. name: which of them it was. */
static const char *find_of(struct env_reader *r, enum otlp_signal signal, const char *what,
			   char name[VARIABLE_MAX])
{
	static const char *const infix[N_OTLP_SIGNALS] = {"TRACES_", "METRICS_", "LOGS_"};
	const struct otlp_source *const sources[] = {&r->env->environment, &r->env->file};
	const char *value;
	int i;

	for (i = 0; i < 4; i++) {
		snprintf(name, VARIABLE_MAX, PREFIX "%s%s", i % 2 ? "" : infix[signal], what);
		value = ask(sources[i / 2], name);
		if (value)
			return value;
	}
	return NULL;
}

/* ---- endpoints ---- */

/* The first that is set counts. ret_path: what is to be appended; NULL: nothing. */
static const char *find_endpoint(struct env_reader *r, enum otlp_signal signal,
				 const char **ret_path, const char **ret_name)
{
	static const char *const paths[N_OTLP_SIGNALS] = {"v1/traces", "v1/metrics", "v1/logs"};
	static const char *const own[N_OTLP_SIGNALS] = {
		PREFIX "TRACES_ENDPOINT", PREFIX "METRICS_ENDPOINT", PREFIX "LOGS_ENDPOINT"};
	static const char base[] = PREFIX "ENDPOINT";
	const struct otlp_env *e = r->env;
	const struct {
		const char *name, *value;
		bool whole;
	} tried[] = {
		{"--otlp", e->endpoint},
		{own[signal], ask(&e->environment, own[signal]), true},
		{base, ask(&e->environment, base)},
		{own[signal], ask(&e->file, own[signal]), true},
		{"otlp", e->file_endpoint},
		{base, ask(&e->file, base)},
	};
	size_t i;

	for (i = 0; i < sizeof(tried) / sizeof(tried[0]); i++) {
		if (!tried[i].value || !*tried[i].value)
			continue;
		*ret_path = tried[i].whole ? NULL : paths[signal];
		*ret_name = tried[i].name;
		return tried[i].value;
	}
	*ret_path = paths[signal];
	*ret_name = "";
	return NULL;
}

static void read_endpoint(struct env_reader *r, enum otlp_signal signal, struct otlp_target *t)
{
	const char *path, *name, *value = find_endpoint(r, signal, &path, &name);
	int err;

	err = otlp_url__make(value ? value : DEFAULT_ENDPOINT, path, &t->url);
	if (err == -EINVAL)
		env__warn(r, "%s: this is no URL; it begins with http:// or https://, as %s does",
			  name, DEFAULT_ENDPOINT);
	if (err)
		return env__fail(r, err);
	if (otlp_url__port(t->url) == GRPC_PORT)
		env__warn(r,
			  "%s: port %d is mostly that of OTLP/gRPC; llmsnoop speaks OTLP/HTTP, "
			  "whose port is 4318",
			  name, GRPC_PORT);
}

/* ---- the tables ---- */

/* Of each signal. */
static const struct {
	const char *what;
	take_fn *take;
	size_t at;
} of_target[] = {
	{"TIMEOUT", take_timeout, offsetof(struct otlp_target, timeout_ms)},
	{"HEADERS", take_headers, 0},
	{"COMPRESSION", take_compression, offsetof(struct otlp_target, gzip)},
	{"CERTIFICATE", take_file, offsetof(struct otlp_target, certificate)},
	{"CLIENT_KEY", take_file, offsetof(struct otlp_target, client_key)},
	{"CLIENT_CERTIFICATE", take_file, offsetof(struct otlp_target, client_certificate)},
};

#define IN(member) offsetof(struct otlp_config, member)

/* Of all, in this order: later ones beat earlier ones. */
static const struct {
	const char *name;
	take_fn *take;
	size_t at;
} of_all[] = {
	{"OTEL_RESOURCE_ATTRIBUTES", take_attributes, 0},
	{"OTEL_SERVICE_NAME", take_service, 0},
	{PREFIX "METRICS_TEMPORALITY_PREFERENCE", take_temporality, IN(temporality)},
	{PREFIX "METRICS_DEFAULT_HISTOGRAM_AGGREGATION", take_aggregation, 0},
	{"OTEL_METRIC_EXPORT_INTERVAL", take_count, IN(metric_interval_ms)},
	{"OTEL_METRICS_EXEMPLAR_FILTER", take_exemplars, IN(exemplars)},
	{"OTEL_BSP_SCHEDULE_DELAY", take_number, IN(spans.delay_ms)},
	{"OTEL_BSP_MAX_QUEUE_SIZE", take_count, IN(spans.max_queue)},
	{"OTEL_BSP_MAX_EXPORT_BATCH_SIZE", take_count, IN(spans.max_batch)},
	{"OTEL_BLRP_SCHEDULE_DELAY", take_number, IN(logs.delay_ms)},
	{"OTEL_BLRP_MAX_QUEUE_SIZE", take_count, IN(logs.max_queue)},
	{"OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", take_count, IN(logs.max_batch)},
	{"OTEL_TRACES_SAMPLER", take_sampler, 0},
	{"OTEL_TRACES_SAMPLER_ARG", take_ratio, IN(ratio)},
	{"OTEL_ATTRIBUTE_COUNT_LIMIT", take_number, IN(span_attributes)},
	{"OTEL_ATTRIBUTE_COUNT_LIMIT", take_number, IN(log_attributes)},
	{"OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", take_number, IN(span_value_length)},
	{"OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", take_number, IN(log_value_length)},
	{"OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", take_number, IN(span_attributes)},
	{"OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", take_number, IN(span_value_length)},
	{"OTEL_SPAN_EVENT_COUNT_LIMIT", take_number, IN(span_events)},
	{"OTEL_SPAN_LINK_COUNT_LIMIT", take_number, IN(span_links)},
	{"OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", take_number, IN(event_attributes)},
	{"OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", take_number, IN(link_attributes)},
	{"OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", take_number, IN(log_attributes)},
	{"OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT", take_number, IN(log_value_length)},
};

/* A processor's own limit of one export holds besides the exporter's. */
static const char *const export_timeout[N_OTLP_SIGNALS] = {
	"OTEL_BSP_EXPORT_TIMEOUT", "OTEL_METRIC_EXPORT_TIMEOUT", "OTEL_BLRP_EXPORT_TIMEOUT"};
static const char *const exporter[N_OTLP_SIGNALS] = {"OTEL_TRACES_EXPORTER",
						     "OTEL_METRICS_EXPORTER", "OTEL_LOGS_EXPORTER"};

static const struct env_word exporters[] = {{"otlp", 1}, {"none", 0}, {NULL}};

/* A list of exporters, of which llmsnoop may be one. */
static bool read_exporter(struct env_reader *r, const char *name)
{
	struct span list = span_str(find(r, name)), k, v;
	bool enabled = false, known = false;
	char one[64];
	int otlp;

	while (pairs__next(&list, &k, &v)) {
		snprintf(one, sizeof(one), "%.*s", (int)span_head(k, 60).n, k.p);
		if (!strcasecmp(one, "prometheus")) {
			env__warn(r, "%s=prometheus is not heard here: use --metrics", name);
			known = true;
		} else if (env__word(r, name, one, exporters, &otlp)) {
			known = true;
			enabled = enabled || otlp;
		}
	}
	return !known || enabled;
}

/* Has anybody asked for export? Says nothing: where nobody has, nothing is wrong. */
static bool is_wanted(struct env_reader *r)
{
	const char *path, *name;
	struct span list, k, v;
	int i;

	for (i = 0; i < N_OTLP_SIGNALS; i++) {
		if (find_endpoint(r, (enum otlp_signal)i, &path, &name))
			return true;
		list = span_str(find(r, exporter[i]));
		while (pairs__next(&list, &k, &v))
			if (span_ieq(k, SPAN_LIT("otlp")))
				return true;
	}
	return false;
}

static void read_protocol(struct env_reader *r, enum otlp_signal signal)
{
	char name[VARIABLE_MAX];
	const char *value = find_of(r, signal, "PROTOCOL", name);

	if (!value || span_ieq(span_trim(span_str(value)), SPAN_LIT("http/protobuf")))
		return;
	env__warn(
		r,
		"%s=%s: llmsnoop speaks http/protobuf only; set it to that, or unset it, and name "
		"the collector's OTLP/HTTP endpoint (mostly port 4318)",
		name, value);
	env__fail(r, -EINVAL);
}

static void read_target(struct env_reader *r, enum otlp_signal signal)
{
	struct otlp_target *t = &r->c->targets[signal];
	char name[VARIABLE_MAX];
	const char *value;
	unsigned int most;
	size_t i;

	t->timeout_ms = 10000;
	t->enabled = read_exporter(r, exporter[signal]);
	if (!t->enabled)
		return;
	read_endpoint(r, signal, t);
	read_protocol(r, signal);
	for (i = 0; i < sizeof(of_target) / sizeof(of_target[0]); i++) {
		value = find_of(r, signal, of_target[i].what, name);
		if (value)
			of_target[i].take(r, name, value, (char *)t + of_target[i].at);
	}
	value = find(r, export_timeout[signal]);
	most = TIMEOUT_MAX_MS;
	if (value)
		take_timeout(r, export_timeout[signal], value, &most);
	t->timeout_ms = most < t->timeout_ms ? most : t->timeout_ms;
	if (!t->client_key != !t->client_certificate)
		env__warn(r,
			  "a client certificate wants both %sCLIENT_KEY and %sCLIENT_CERTIFICATE",
			  PREFIX, PREFIX);
}

/* A batch is not larger than the queue it comes out of. */
static void hold_batch(struct env_reader *r, const char *name, struct otlp_batching *b)
{
	if (!b->max_queue || b->max_batch <= b->max_queue)
		return;
	env__warn(r, "%s: %u is more than may wait; batches are of %u", name, b->max_batch,
		  b->max_queue);
	b->max_batch = b->max_queue;
}

/* Of OTEL_EXPORTER_OTLP_[TRACES_|METRICS_|LOGS_]. */
static bool knows_of_target(const char *name)
{
	static const char *const infix[] = {"TRACES_", "METRICS_", "LOGS_"};
	static const char *const more[] = {"ENDPOINT", "PROTOCOL", "INSECURE"};
	size_t i;

	name += strlen(PREFIX);
	for (i = 0; i < sizeof(infix) / sizeof(infix[0]); i++)
		if (!strncmp(name, infix[i], strlen(infix[i])))
			name += strlen(infix[i]);
	for (i = 0; i < sizeof(of_target) / sizeof(of_target[0]); i++)
		if (!strcmp(name, of_target[i].what))
			return true;
	for (i = 0; i < sizeof(more) / sizeof(more[0]); i++)
		if (!strcmp(name, more[i]))
			return true;
	return false;
}

bool otlp_env__knows(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(of_all) / sizeof(of_all[0]); i++)
		if (!strcmp(name, of_all[i].name))
			return true;
	for (i = 0; i < N_OTLP_SIGNALS; i++)
		if (!strcmp(name, exporter[i]) || !strcmp(name, export_timeout[i]))
			return true;
	return !strcmp(name, SDK_DISABLED) ||
	       (!strncmp(name, PREFIX, strlen(PREFIX)) && knows_of_target(name));
}

int otlp_env__read(const struct otlp_env *env, struct otlp_config *ret)
{
	struct otlp_config c = defaults;
	struct env_reader r = {.env = env, .c = &c};
	const char *value;
	size_t i;
	int signal;

	c.wanted = is_wanted(&r);
	value = find(&r, SDK_DISABLED);
	if (c.wanted && value)
		take_flag(&r, SDK_DISABLED, value, &c.disabled);
	if (c.disabled)
		env__warn(&r, "%s=%s: nothing is exported by OTLP", SDK_DISABLED, value);
	if (!c.wanted || c.disabled) {
		*ret = c;
		return 0;
	}
	for (i = 0; i < sizeof(of_all) / sizeof(of_all[0]); i++) {
		value = find(&r, of_all[i].name);
		if (value)
			of_all[i].take(&r, of_all[i].name, value, (char *)&c + of_all[i].at);
	}
	hold_batch(&r, "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", &c.spans);
	hold_batch(&r, "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", &c.logs);
	for (signal = 0; signal < N_OTLP_SIGNALS; signal++)
		read_target(&r, (enum otlp_signal)signal);
	if (r.err) {
		otlp_config__free(&c);
		return r.err;
	}
	*ret = c;
	return 0;
}
