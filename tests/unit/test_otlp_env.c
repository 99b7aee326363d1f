// SPDX-License-Identifier: Apache-2.0
/* OpenTelemetry's variables: one line for each rule of the specification. */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "sink/otlp/env.h"
#include "sink/otlp/pairs.h"
#include "sink/otlp/url.h"

/* Variables as "NAME=value" lines; a name that begins with "file:" is one of the file's, "--otlp"
 * and "otlp" are the option and the file's key. */
struct given {
	const char *text;
	char held[4][512];
	unsigned int n;
};

static const char *lookup(struct given *g, const char *prefix, const char *name)
{
	char wanted[128];
	const char *line, *end;
	size_t n = (size_t)snprintf(wanted, sizeof(wanted), "%s%s=", prefix, name);
	char *held;

	for (line = g->text; line && *line; line = *end ? end + 1 : end) {
		end = strchrnul(line, '\n');
		if (strncmp(line, wanted, n))
			continue;
		held = g->held[g->n++ % 4];
		snprintf(held, sizeof(g->held[0]), "%.*s", (int)(end - line - (long)n), line + n);
		return held;
	}
	return NULL;
}

static const char *get_env(void *ctx, const char *name)
{
	return lookup(ctx, "", name);
}

static const char *get_file(void *ctx, const char *name)
{
	return lookup(ctx, "file:", name);
}

static void warn(void *ctx, const char *text)
{
	char *all = ctx;
	size_t n = strlen(all);

	snprintf(all + n, 4096 - n, "%s\n", text);
}

static int read_config(const char *text, struct otlp_config *c, char *warnings)
{
	struct given g = {.text = text};
	struct otlp_env env = {.environment = {get_env, &g},
			       .file = {get_file, &g},
			       .warn = warn,
			       .ctx = warnings};
	char option[256] = "", key[256] = "";

	if (lookup(&g, "", "--otlp"))
		snprintf(option, sizeof(option), "%s", lookup(&g, "", "--otlp"));
	if (lookup(&g, "", "otlp"))
		snprintf(key, sizeof(key), "%s", lookup(&g, "", "otlp"));
	env.endpoint = option;
	env.file_endpoint = key;
	*warnings = '\0';
	return otlp_env__read(&env, c);
}

static void put_target(FILE *f, const char *name, const struct otlp_target *t)
{
	unsigned int i;

	fprintf(f, "%s: ", name);
	if (!t->enabled) {
		fprintf(f, "off\n");
		return;
	}
	fprintf(f, "%s %u %s", t->url, t->timeout_ms, t->gzip ? "gzip" : "plain");
	for (i = 0; i < t->n_headers; i++)
		fprintf(f, " [%s: %s]", t->headers[i].key, t->headers[i].value);
	if (t->certificate)
		fprintf(f, " ca=%s", t->certificate);
	if (t->client_key)
		fprintf(f, " key=%s", t->client_key);
	if (t->client_certificate)
		fprintf(f, " cert=%s", t->client_certificate);
	fprintf(f, "\n");
}

/* A configuration as text, a line for each thing that a case can name. */
static void put_config(FILE *f, const struct otlp_config *c)
{
	static const char *const temporality[] = {"cumulative", "delta", "lowmemory"};
	static const char *const sampler[] = {"on", "off", "ratio"};
	unsigned int i;

	for (i = 0; i < N_OTLP_SIGNALS; i++)
		put_target(f, otlp_signal__name((enum otlp_signal)i), &c->targets[i]);
	fprintf(f, "resource:");
	for (i = 0; i < c->n_resource; i++)
		fprintf(f, " {%s|%s}", c->resource[i].key, c->resource[i].value);
	fprintf(f, "\ntemporality: %s\ninterval: %u\nexemplars: %d\n", temporality[c->temporality],
		c->metric_interval_ms, c->exemplars);
	fprintf(f, "spans: %u %u %u\nlogs: %u %u %u\n", c->spans.delay_ms, c->spans.max_batch,
		c->spans.max_queue, c->logs.delay_ms, c->logs.max_batch, c->logs.max_queue);
	fprintf(f, "sampler: %s%s %g\n", c->parent_based ? "parent " : "", sampler[c->sampler],
		c->ratio);
	fprintf(f, "limits: %u %u %u %u %u %d %u %d\n", c->span_attributes, c->span_events,
		c->span_links, c->event_attributes, c->link_attributes, (int)c->span_value_length,
		c->log_attributes, (int)c->log_value_length);
}

#define ON "OTEL_EXPORTER_OTLP_ENDPOINT=http://c:1\n"

static const struct {
	const char *vars;
	const char *line; /* one that the configuration has */
	const char *warning;
} cases[] = {
	/* endpoints */
	{"OTEL_TRACES_EXPORTER=otlp", "traces: http://localhost:4318/v1/traces 10000 plain"},
	{"--otlp=http://c:9", "traces: http://c:9/v1/traces 10000 plain"},
	{"--otlp=http://c:9/", "metrics: http://c:9/v1/metrics 10000 plain"},
	{"--otlp=http://c:9/a/b/", "logs: http://c:9/a/b/v1/logs 10000 plain"},
	{"--otlp=https://c/otlp?k=v#f", "logs: https://c/otlp/v1/logs?k=v 10000 plain"},
	{ON, "logs: http://c:1/v1/logs 10000 plain"},
	{ON "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=http://l:2/x", "logs: http://l:2/x 10000 plain"},
	{ON "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=http://l:2/x",
	 "traces: http://c:1/v1/traces 10000 plain"},
	{"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=http://l:2", "logs: http://l:2/ 10000 plain"},
	{"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=http://l:2/x/", "logs: http://l:2/x/ 10000 plain"},
	{"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=http://l:2/x",
	 "traces: http://localhost:4318/v1/traces 10000 plain"},
	{ON "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=", "logs: http://c:1/v1/logs 10000 plain"},
	{"--otlp=http://u:p@c:9", "logs: http://u:p@c:9/v1/logs 10000 plain"},
	{"--otlp=http://[::1]:9", "logs: http://[::1]:9/v1/logs 10000 plain"},
	{"--otlp=http://c:4317", "logs: http://c:4317/v1/logs 10000 plain", "port 4317 is mostly"},
	/* precedence */
	{ON "--otlp=http://o:1\nOTEL_EXPORTER_OTLP_LOGS_ENDPOINT=http://l:2/x",
	 "logs: http://o:1/v1/logs 10000 plain"},
	{"otlp=http://f:1\n" ON, "logs: http://c:1/v1/logs 10000 plain"},
	{"otlp=http://f:1", "logs: http://f:1/v1/logs 10000 plain"},
	{"otlp=http://f:1\nfile:OTEL_EXPORTER_OTLP_ENDPOINT=http://g:1",
	 "logs: http://f:1/v1/logs 10000 plain"},
	{"otlp=http://f:1\nfile:OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=http://g:1",
	 "logs: http://g:1/ 10000 plain"},
	{ON "file:OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=http://g:1",
	 "logs: http://c:1/v1/logs 10000 plain"},
	{ON "OTEL_EXPORTER_OTLP_TIMEOUT=5\nOTEL_EXPORTER_OTLP_LOGS_TIMEOUT=6\n"
	    "file:OTEL_EXPORTER_OTLP_LOGS_TIMEOUT=7",
	 "logs: http://c:1/v1/logs 6 plain"},
	{ON "OTEL_EXPORTER_OTLP_TIMEOUT=5\nfile:OTEL_EXPORTER_OTLP_LOGS_TIMEOUT=7",
	 "logs: http://c:1/v1/logs 5 plain"},
	{ON "file:OTEL_EXPORTER_OTLP_TIMEOUT=5\nfile:OTEL_EXPORTER_OTLP_LOGS_TIMEOUT=7",
	 "logs: http://c:1/v1/logs 7 plain"},
	{ON "OTEL_EXPORTER_OTLP_TIMEOUT=\nfile:OTEL_EXPORTER_OTLP_TIMEOUT=5",
	 "logs: http://c:1/v1/logs 5 plain"},
	/* numbers */
	{ON "OTEL_EXPORTER_OTLP_TIMEOUT=1.5", "logs: http://c:1/v1/logs 10000 plain",
	 "OTEL_EXPORTER_OTLP_TIMEOUT=1.5 is ignored"},
	{ON "OTEL_EXPORTER_OTLP_TIMEOUT=-1", "logs: http://c:1/v1/logs 10000 plain", "is ignored"},
	{ON "OTEL_EXPORTER_OTLP_TIMEOUT=10s", "logs: http://c:1/v1/logs 10000 plain", "is ignored"},
	{ON "OTEL_EXPORTER_OTLP_TIMEOUT=99999999999999999999",
	 "logs: http://c:1/v1/logs 10000 plain", "is ignored"},
	{ON "OTEL_EXPORTER_OTLP_TIMEOUT= 20 ", "logs: http://c:1/v1/logs 20 plain"},
	{ON "OTEL_EXPORTER_OTLP_TIMEOUT=0", "logs: http://c:1/v1/logs 600000 plain"},
	{ON "OTEL_BLRP_EXPORT_TIMEOUT=700", "logs: http://c:1/v1/logs 700 plain"},
	{ON "OTEL_BLRP_EXPORT_TIMEOUT=700", "traces: http://c:1/v1/traces 10000 plain"},
	{ON "OTEL_BSP_EXPORT_TIMEOUT=30000", "traces: http://c:1/v1/traces 10000 plain"},
	{ON "OTEL_METRIC_EXPORT_TIMEOUT=9", "metrics: http://c:1/v1/metrics 9 plain"},
	{ON, "interval: 60000"},
	{ON "OTEL_METRIC_EXPORT_INTERVAL=500", "interval: 500"},
	{ON "OTEL_METRIC_EXPORT_INTERVAL=0", "interval: 60000", "from 1 to"},
	/* compression */
	{ON "OTEL_EXPORTER_OTLP_COMPRESSION=gzip", "logs: http://c:1/v1/logs 10000 gzip"},
	{ON "OTEL_EXPORTER_OTLP_COMPRESSION=GZip", "logs: http://c:1/v1/logs 10000 gzip"},
	{ON "OTEL_EXPORTER_OTLP_COMPRESSION=gzip\nOTEL_EXPORTER_OTLP_LOGS_COMPRESSION=none",
	 "logs: http://c:1/v1/logs 10000 plain"},
	{ON "OTEL_EXPORTER_OTLP_COMPRESSION=snappy", "logs: http://c:1/v1/logs 10000 plain",
	 "OTEL_EXPORTER_OTLP_COMPRESSION=snappy is ignored: llmsnoop knows gzip, none"},
	/* headers */
	{ON "OTEL_EXPORTER_OTLP_HEADERS=api-key=s3cret,x-b=2",
	 "logs: http://c:1/v1/logs 10000 plain [api-key: s3cret] [x-b: 2]"},
	{ON "OTEL_EXPORTER_OTLP_HEADERS= a = b%20c , d=%C3%A9 ",
	 "logs: http://c:1/v1/logs 10000 plain [a: b c] [d: \303\251]"},
	{ON "OTEL_EXPORTER_OTLP_HEADERS=authorization=Basic%20dTpw==,x=a=b;c",
	 "logs: http://c:1/v1/logs 10000 plain [authorization: Basic dTpw==] [x: a=b;c]"},
	{ON "OTEL_EXPORTER_OTLP_HEADERS=a=1,A=2", "logs: http://c:1/v1/logs 10000 plain [a: 2]"},
	{ON "OTEL_EXPORTER_OTLP_HEADERS=a=1\nOTEL_EXPORTER_OTLP_LOGS_HEADERS=b=2",
	 "logs: http://c:1/v1/logs 10000 plain [b: 2]"},
	{ON "OTEL_EXPORTER_OTLP_HEADERS=a=1\nOTEL_EXPORTER_OTLP_LOGS_HEADERS=b=2",
	 "traces: http://c:1/v1/traces 10000 plain [a: 1]"},
	{ON "OTEL_EXPORTER_OTLP_HEADERS=a=%zz,b=2", "logs: http://c:1/v1/logs 10000 plain [b: 2]",
	 "HEADERS: a is ignored"},
	{ON "OTEL_EXPORTER_OTLP_HEADERS=a=1%0d%0aevil:1,b=2",
	 "logs: http://c:1/v1/logs 10000 plain [b: 2]", "a is ignored"},
	{ON "OTEL_EXPORTER_OTLP_HEADERS=b=2,s3cret", "logs: http://c:1/v1/logs 10000 plain [b: 2]",
	 "an entry that is not name=value"},
	{ON "OTEL_EXPORTER_OTLP_HEADERS=Content-Type=text/plain",
	 "logs: http://c:1/v1/logs 10000 plain", "llmsnoop sets it"},
	{ON "OTEL_EXPORTER_OTLP_HEADERS=a=", "logs: http://c:1/v1/logs 10000 plain [a: ]"},
	/* certificates */
	{ON "OTEL_EXPORTER_OTLP_CERTIFICATE=/dev/null\n"
	    "OTEL_EXPORTER_OTLP_CLIENT_KEY=/dev/zero\n"
	    "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE=/dev/full",
	 "logs: http://c:1/v1/logs 10000 plain ca=/dev/null key=/dev/zero cert=/dev/full"},
	{ON "OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE=/no/such",
	 "logs: http://c:1/v1/logs 10000 plain ca=/no/such", "No such file"},
	{ON "OTEL_EXPORTER_OTLP_CLIENT_KEY=/dev/zero",
	 "logs: http://c:1/v1/logs 10000 plain key=/dev/zero", "wants both"},
	{ON "OTEL_EXPORTER_OTLP_INSECURE=true", "logs: http://c:1/v1/logs 10000 plain"},
	/* exporters */
	{ON "OTEL_LOGS_EXPORTER=none", "logs: off"},
	{ON "OTEL_LOGS_EXPORTER=none", "traces: http://c:1/v1/traces 10000 plain"},
	{ON "OTEL_LOGS_EXPORTER=None,OTLP", "logs: http://c:1/v1/logs 10000 plain"},
	{ON "OTEL_METRICS_EXPORTER=prometheus", "metrics: off", "use --metrics"},
	{ON "OTEL_METRICS_EXPORTER=otlp,prometheus", "metrics: http://c:1/v1/metrics 10000 plain",
	 "use --metrics"},
	{ON "OTEL_LOGS_EXPORTER=console", "logs: http://c:1/v1/logs 10000 plain",
	 "OTEL_LOGS_EXPORTER=console is ignored: llmsnoop knows otlp, none"},
	{ON "OTEL_EXPORTER_OTLP_PROTOCOL=HTTP/Protobuf", "logs: http://c:1/v1/logs 10000 plain"},
	{ON "OTEL_EXPORTER_OTLP_PROTOCOL=grpc\nOTEL_EXPORTER_OTLP_TRACES_PROTOCOL=http/protobuf\n"
	    "OTEL_LOGS_EXPORTER=none\nOTEL_METRICS_EXPORTER=none",
	 "traces: http://c:1/v1/traces 10000 plain"},
	/* resource */
	{ON, "resource:"},
	{ON "OTEL_RESOURCE_ATTRIBUTES=a=1,b.c=x%2Cy%3D%20z", "resource: {a|1} {b.c|x,y= z}"},
	{ON "OTEL_RESOURCE_ATTRIBUTES=a=1,,b=2,", "resource: {a|1} {b|2}"},
	{ON "OTEL_RESOURCE_ATTRIBUTES=a=1,a=2", "resource: {a|2}"},
	{ON "OTEL_RESOURCE_ATTRIBUTES=a=1,b=%4",
	 "resource:", "OTEL_RESOURCE_ATTRIBUTES is ignored"},
	{ON "OTEL_RESOURCE_ATTRIBUTES=a=1,b", "resource:", "is ignored"},
	{ON "OTEL_RESOURCE_ATTRIBUTES=a=1,=b", "resource:", "is ignored"},
	{ON "OTEL_RESOURCE_ATTRIBUTES=a=1,b=%ff", "resource:", "is ignored"},
	{ON "OTEL_SERVICE_NAME=s\nOTEL_RESOURCE_ATTRIBUTES=service.name=r,k=v",
	 "resource: {service.name|s} {k|v}"},
	{ON "OTEL_SERVICE_NAME=a%20b", "resource: {service.name|a%20b}"},
	{ON "OTEL_RESOURCE_ATTRIBUTES=service.name=r", "resource: {service.name|r}"},
	/* metrics */
	{ON, "temporality: cumulative"},
	{ON "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=DELTA", "temporality: delta"},
	{ON "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=LowMemory",
	 "temporality: lowmemory"},
	{ON "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=x", "temporality: cumulative",
	 "knows cumulative, delta, lowmemory"},
	{ON "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION="
	    "base2_exponential_bucket_histogram",
	 "temporality: cumulative", "knows explicit_bucket_histogram"},
	{ON "OTEL_METRICS_EXEMPLAR_FILTER=always_off", "exemplars: 0"},
	{ON "OTEL_METRICS_EXEMPLAR_FILTER=trace_based", "exemplars: 1"},
	/* batches */
	{ON, "spans: 5000 512 0"},
	{ON, "logs: 1000 512 0"},
	{ON "OTEL_BSP_SCHEDULE_DELAY=0\nOTEL_BSP_MAX_QUEUE_SIZE=4096\n"
	    "OTEL_BSP_MAX_EXPORT_BATCH_SIZE=100",
	 "spans: 0 100 4096"},
	{ON "OTEL_BSP_MAX_QUEUE_SIZE=10", "spans: 5000 10 10", "512 is more than may wait"},
	{ON "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE=0", "logs: 1000 512 0", "is ignored"},
	{ON "OTEL_BLRP_SCHEDULE_DELAY=7\nOTEL_BLRP_MAX_QUEUE_SIZE=9\n"
	    "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE=8",
	 "logs: 7 8 9"},
	/* sampling */
	{ON, "sampler: parent on 1"},
	{ON "OTEL_TRACES_SAMPLER=always_off", "sampler: off 1"},
	{ON "OTEL_TRACES_SAMPLER=TraceIdRatio\nOTEL_TRACES_SAMPLER_ARG=0.25",
	 "sampler: ratio 0.25"},
	{ON "OTEL_TRACES_SAMPLER=parentbased_traceidratio\nOTEL_TRACES_SAMPLER_ARG=2",
	 "sampler: parent ratio 1", "from 0 to 1"},
	{ON "OTEL_TRACES_SAMPLER_ARG=nan", "sampler: parent on 1", "is ignored"},
	{ON "OTEL_TRACES_SAMPLER=xray", "sampler: parent on 1", "is ignored"},
	/* limits */
	{ON, "limits: 128 128 128 128 128 -1 128 -1"},
	{ON "OTEL_ATTRIBUTE_COUNT_LIMIT=5\nOTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT=6",
	 "limits: 5 128 128 128 128 6 5 6"},
	{ON "OTEL_ATTRIBUTE_COUNT_LIMIT=5\nOTEL_SPAN_ATTRIBUTE_COUNT_LIMIT=7\n"
	    "OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT=8\nOTEL_SPAN_EVENT_COUNT_LIMIT=1\n"
	    "OTEL_SPAN_LINK_COUNT_LIMIT=2\nOTEL_EVENT_ATTRIBUTE_COUNT_LIMIT=3\n"
	    "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT=4",
	 "limits: 7 1 2 3 4 -1 5 8"},
	/* on and off */
	{ON "OTEL_SDK_DISABLED=yes", "logs: http://c:1/v1/logs 10000 plain", "counts as false"},
};

static void each_rule(void **state)
{
	char warnings[4096], *text = NULL, line[512];
	struct otlp_config c;
	size_t i, n = 0;
	FILE *f;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(read_config(cases[i].vars, &c, warnings), 0);
		assert_true(c.wanted && !c.disabled);
		f = open_memstream(&text, &n);
		fputc('\n', f);
		put_config(f, &c);
		fclose(f);
		snprintf(line, sizeof(line), "\n%s\n", cases[i].line);
		if (!strstr(text, line))
			fail_msg("%s: no line \"%s\" in%s", cases[i].vars, cases[i].line, text);
		if (cases[i].warning ? !strstr(warnings, cases[i].warning) : *warnings)
			fail_msg("%s: warned \"%s\"", cases[i].vars, warnings);
		assert_null(strstr(warnings, "s3cret"));
		free(text);
		otlp_config__free(&c);
	}
}

static void what_cannot_be_done(void **state)
{
	static const struct {
		const char *vars, *warning;
	} bad[] = {
		{"--otlp=collector:4318", "--otlp: this is no URL"},
		{"--otlp=ftp://u:s3cret@c/", "--otlp: this is no URL"},
		{"--otlp=http://", "--otlp: this is no URL"},
		{"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=unix:/x", "LOGS_ENDPOINT: this is no URL"},
		{"otlp=c", "otlp: this is no URL"},
		{ON "OTEL_EXPORTER_OTLP_PROTOCOL=grpc", "llmsnoop speaks http/protobuf only"},
		{ON "OTEL_EXPORTER_OTLP_PROTOCOL=http/json", "llmsnoop speaks http/protobuf only"},
		{"--otlp=http://c\nOTEL_EXPORTER_OTLP_LOGS_PROTOCOL=grpc", "LOGS_PROTOCOL=grpc"},
	};
	struct otlp_config c = {.wanted = true};
	char warnings[4096];
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(read_config(bad[i].vars, &c, warnings), -EINVAL);
		if (!strstr(warnings, bad[i].warning))
			fail_msg("%s: warned \"%s\"", bad[i].vars, warnings);
		assert_null(strstr(warnings, "s3cret"));
	}
	assert_true(c.wanted); /* untouched */
}

/* Where nobody asks for export, what other programs' variables say is nothing wrong. */
static void not_wanted(void **state)
{
	static const char *const vars[] = {
		"",
		"OTEL_EXPORTER_OTLP_PROTOCOL=grpc\nOTEL_TRACES_EXPORTER=console",
		"OTEL_EXPORTER_OTLP_ENDPOINT=\nOTEL_EXPORTER_OTLP_TIMEOUT=x",
		"OTEL_TRACES_EXPORTER=none\nOTEL_SDK_DISABLED=true",
	};
	struct otlp_config c;
	char warnings[4096];
	size_t i;

	for (i = 0; i < sizeof(vars) / sizeof(vars[0]); i++) {
		assert_int_equal(read_config(vars[i], &c, warnings), 0);
		assert_false(c.wanted);
		assert_string_equal(warnings, "");
		otlp_config__free(&c);
	}
}

static void disabled(void **state)
{
	struct otlp_config c;
	char warnings[4096];

	assert_int_equal(read_config("--otlp=http://c\nOTEL_SDK_DISABLED=TRUE", &c, warnings), 0);
	assert_true(c.disabled);
	assert_non_null(strstr(warnings, "nothing is exported"));
	otlp_config__free(&c);
}

static void shown_urls(void **state)
{
	static const char *const urls[][2] = {
		{"http://u:s3cret@c:9/v1/traces?key=s3cret#s3cret", "http://c:9/v1/traces"},
		{"https://c/", "https://c/"},
	};
	size_t i;
	char *s;

	for (i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		s = otlp_url__shown(urls[i][0]);
		assert_non_null(s);
		assert_string_equal(s, urls[i][1]);
		free(s);
	}
	assert_null(otlp_url__shown("no url"));
	assert_int_equal(otlp_url__port("https://c"), 443);
	assert_int_equal(otlp_url__port("http://c:77/"), 77);
	assert_int_equal(otlp_url__port(""), 0);
}

static void known_names(void **state)
{
	static const char *const known[] = {
		"OTEL_SDK_DISABLED",
		"OTEL_SERVICE_NAME",
		"OTEL_TRACES_EXPORTER",
		"OTEL_BLRP_EXPORT_TIMEOUT",
		"OTEL_EXPORTER_OTLP_ENDPOINT",
		"OTEL_EXPORTER_OTLP_LOGS_HEADERS",
		"OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
		"OTEL_EXPORTER_OTLP_TRACES_INSECURE",
	};
	static const char *const unknown[] = {"OTEL_EXPORTER_OTLP_",
					      "OTEL_EXPORTER_OTLP_ENDPOINTS",
					      "otel_service_name",
					      "",
					      "PATH",
					      "OTEL_EXPORTER_OTLP_TRACES_"};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		assert_true(otlp_env__knows(known[i]));
	for (i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		assert_false(otlp_env__knows(unknown[i]));
}

/* The bound of pairs, and who frees what. */
static void pairs(void **state)
{
	struct otlp_config c = {0};
	unsigned int i;
	char key[16];

	for (i = 0; i < 5; i++) {
		snprintf(key, sizeof(key), "k%u", i);
		assert_int_equal(
			pairs__set(&c.resource, &c.n_resource, 4, false, strdup(key), strdup("v")),
			i < 4 ? 0 : -E2BIG);
	}
	assert_int_equal(pairs__set(&c.resource, &c.n_resource, 4, true, strdup("K3"), strdup("w")),
			 0);
	assert_int_equal(c.n_resource, 4);
	assert_string_equal(c.resource[3].value, "w");
	otlp_config__free(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_rule),   cmocka_unit_test(what_cannot_be_done),
		cmocka_unit_test(not_wanted),  cmocka_unit_test(disabled),
		cmocka_unit_test(shown_urls),  cmocka_unit_test(pairs),
		cmocka_unit_test(known_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
