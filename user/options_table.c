// SPDX-License-Identifier: Apache-2.0
#include "options_table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options_values.h"
#include "sink/metrics.h"
#include "sink/otlp/profile.h"

/* ---- values: each takes text to where it belongs; NULL, or what would be right ---- */

/* Of an option without a value text is NULL; else a line of the file takes back what one above it
 * said. */
static const char *take_flag(struct options *o, const char *text, size_t at)
{
	*(bool *)((char *)o + at) = !text;
	return NULL;
}

static const char *take_more(struct options *o, const char *text, size_t at)
{
	unsigned int *n = (unsigned int *)((char *)o + at);

	*n = text ? 0 : *n + 1;
	return NULL;
}

static const char *take_text(struct options *o, const char *text, size_t at)
{
	if (!*text)
		return "a name";
	*(const char **)((char *)o + at) = text;
	return NULL;
}

static const char *take_duration(struct options *o, const char *text, size_t at)
{
	return value__duration(text, (uint64_t *)((char *)o + at));
}

static const char *take_ring(struct options *o, const char *text, size_t at)
{
	return value__ring(text, (size_t *)((char *)o + at));
}

static const char *take_count(struct options *o, const char *text, size_t at)
{
	return value__count(text, (uint64_t *)((char *)o + at));
}

static const char *take_pids(struct options *o, const char *text, size_t at)
{
	return value__pids(text, o);
}

static const char *take_offset(struct options *o, const char *text, size_t at)
{
	const char *right;

	if (o->n_offsets == OPTIONS_OFFSETS_MAX)
		return "at most 16 of them";
	right = offset__parse(text, &o->offsets[o->n_offsets]);
	o->n_offsets += !right;
	return right;
}

static const char *take_ports(struct options *o, const char *text, size_t at)
{
	return value__ports(text, o);
}

static const char *take_uid(struct options *o, const char *text, size_t at)
{
	const char *right;

	if (o->filter.n_uids == FILTER_LIST_MAX)
		return "at most 64 of them";
	right = value__uid(text, &o->filter.uids[o->filter.n_uids]);
	o->filter.n_uids += !right;
	return right;
}

/* A list of texts whose count stands right behind it. */
static const char *take_item(struct options *o, const char *text, size_t at)
{
	const char **list = (const char **)((char *)o + at);
	unsigned int *n = (unsigned int *)(list + FILTER_LIST_MAX);

	if (!*text)
		return "a name";
	if (*n == FILTER_LIST_MAX)
		return "at most 64 of them";
	list[(*n)++] = text;
	return NULL;
}

/* A comm longer than the kernel keeps would match nothing. */
static const char *take_comm(struct options *o, const char *text, size_t at)
{
	if (strlen(text) > 15)
		return "a command name of at most 15 bytes, as ps -o comm has it";
	return take_item(o, text, at);
}

struct word {
	const char *text;
	int value;
};

static bool find_word(const struct word *words, size_t n, const char *text, int *ret)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (!strcmp(words[i].text, text)) {
			*ret = words[i].value;
			return true;
		}
	}
	return false;
}

static const char *take_role(struct options *o, const char *text, size_t at)
{
	static const struct word roles[] = {
		{"client", FILTER_CLIENT},
		{"server", FILTER_SERVER},
		{"both", FILTER_BOTH},
	};
	int v;

	if (!find_word(roles, sizeof(roles) / sizeof(roles[0]), text, &v))
		return "client, server or both";
	o->filter.role = (enum filter_role)v;
	o->role_given = true;
	return NULL;
}

static const char *take_listen(struct options *o, const char *text, size_t at)
{
	return value__listen(text, (struct listen_address *)((char *)o + at));
}

/* In place of those that were there. */
static const char *take_labels(struct options *o, const char *text, size_t at)
{
	static const struct word names[] = {
		{"pod", METRICS_POD},
		{"response-model", METRICS_RESPONSE_MODEL},
		{"server", METRICS_SERVER},
	};
	unsigned int labels = 0;
	char name[32];
	size_t n;
	int v;

	for (;; text += n + 1) {
		n = strcspn(text, ",");
		snprintf(name, sizeof(name), "%.*s", (int)n, text);
		if (!find_word(names, sizeof(names) / sizeof(names[0]), name, &v))
			return "of pod, response-model and server, some, with commas between";
		labels |= (unsigned int)v;
		if (!text[n])
			break;
	}
	o->metrics_labels = labels;
	return NULL;
}

static const char *take_format(struct options *o, const char *text, size_t at)
{
	static const struct word formats[] = {{"table", FORMAT_TABLE}, {"jsonl", FORMAT_JSONL}};
	int v;

	if (!find_word(formats, sizeof(formats) / sizeof(formats[0]), text, &v))
		return "table or jsonl";
	if (o->format != FORMAT_AUTO && o->format != (enum output_format)v)
		return "one format: -j and --format=table contradict each other";
	o->format = (enum output_format)v;
	return NULL;
}

static const char *take_content(struct options *o, const char *text, size_t at)
{
	static const struct word modes[] = {
		{"off", CONTENT_OFF},
		{"meta", CONTENT_META},
		{"preview", CONTENT_PREVIEW},
		{"full", CONTENT_FULL},
	};
	int v;

	if (!find_word(modes, sizeof(modes) / sizeof(modes[0]), text, &v))
		return "off, meta, preview or full";
	o->content = (enum content_mode)v;
	return NULL;
}

static const char *take_sample(struct options *o, const char *text, size_t at)
{
	return value__percent(text, &o->sample_percent);
}

static const char *take_jsonl(struct options *o, const char *text, size_t at)
{
	if (!text)
		return take_format(o, "jsonl", at);
	o->format = o->format == FORMAT_JSONL ? FORMAT_AUTO : o->format;
	return NULL;
}

static const char *take_semconv(struct options *o, const char *text, size_t at)
{
	static const struct word words[] = {{"1.41", SEMCONV_1_41}, {"latest", SEMCONV_LATEST}};
	int v;

	if (!find_word(words, sizeof(words) / sizeof(words[0]), text, &v))
		return "1.41 or latest";
	o->semconv = (enum semconv)v;
	return NULL;
}

static const char *take_otlp_profile(struct options *o, const char *text, size_t at)
{
	o->otlp_profile = otlp_profile__find(text);
	return o->otlp_profile ? NULL : otlp_profile__names();
}

/* ---- the options ---- */

#define AT(member) offsetof(struct options, member)
#define HEADING(text, group)                             \
	{                                                \
		{NULL, 0, NULL, 0, text, group}, NULL, 0 \
	}

const struct option_def option_defs[] = {
	HEADING("Whom to trace (default: the whole host):", 1),
	{{"pid", 'p', "PID[,PID]", 0, "these processes and their children", 1}, take_pids, 0},
	{{"no-follow", KEY_NO_FOLLOW, NULL, 0, "not their children", 1}, take_flag, AT(no_follow)},
	{{"comm", 'c', "COMM", 0, "processes of that command name", 1},
	 take_comm,
	 AT(filter.comms)},
	{{"uid", 'u', "UID", 0, "processes of that user", 1}, take_uid, 0},
	{{"cgroup", KEY_CGROUP, "PATH", 0, "processes in that cgroup or below", 1},
	 take_item,
	 AT(filter.cgroups)},
	{{"pod", KEY_POD, "[NAMESPACE/]NAME", 0, "processes in pods like that (globs)", 1},
	 take_item,
	 AT(filter.pods)},
	{{"role", KEY_ROLE, "ROLE", 0,
	  "client, server or both (default: client for the whole host, else both)", 1},
	 take_role,
	 0},
	{{"plain", KEY_PLAIN, "PORT[,PORT]|off", 0,
	  "plain HTTP to and from these ports (default: " PLAIN_DEFAULT ")", 1},
	 take_ports,
	 0},
	HEADING("Which calls to show:", 2),
	{{"model", 'm', "GLOB", 0, "of models like that", 2}, take_item, AT(filter.models)},
	{{"host", KEY_HOST, "GLOB", 0, "to hosts like that", 2}, take_item, AT(filter.hosts)},
	{{"errors", 'x', NULL, 0, "that failed", 2}, take_flag, AT(filter.only_errors)},
	{{"slow", KEY_SLOW, "DURATION", 0, "that took at least so long", 2},
	 take_duration,
	 AT(filter.slow_ns)},
	HEADING("How long:", 3),
	{{"duration", 'd', "DURATION", 0, "end after 200ms, 30s, 1.5m, 2h", 3},
	 take_duration,
	 AT(duration_ns)},
	{{"count", 'n', "COUNT", 0, "end after so many records", 3}, take_count, AT(count)},
	HEADING("Output:", 4),
	{{"json", 'j', NULL, 0, "JSON lines, also on a terminal", 4}, take_jsonl, 0},
	{{"format", KEY_FORMAT, "FORMAT", 0, "table or jsonl", 4}, take_format, 0},
	{{"output", 'o', "FILE", 0, "JSON lines to FILE as well (appended; made 0600)", 4},
	 take_text,
	 AT(out)},
	{{"metrics", KEY_METRICS, "[ADDRESS:]PORT", 0,
	  "serve metrics to Prometheus (this host only, unless ADDRESS says otherwise)", 4},
	 take_listen,
	 AT(metrics)},
	{{"metrics-labels", KEY_METRICS_LABELS, "NAME[,NAME]", 0,
	  "more labels for metrics: pod, response-model, server", 4},
	 take_labels,
	 0},
	{{"estimate", KEY_ESTIMATE, NULL, 0, "guess tokens that the provider does not tell", 4},
	 take_flag,
	 AT(estimate)},
	{{"prices", KEY_PRICES, "FILE", 0,
	  "prices of models, a list of genai-prices or LiteLLM; off: none", 4},
	 take_text,
	 AT(prices)},
	{{"otlp", KEY_OTLP, "URL", 0,
	  "spans, metrics and logs to an OpenTelemetry collector, as http://localhost:4318", 4},
	 take_text,
	 AT(otlp)},
	{{"otlp-profile", KEY_OTLP_PROFILE, "NAME", 0,
	  "what a backend wants beside: otel, langfuse, signoz, datadog", 4},
	 take_otlp_profile,
	 0},
	{{"semconv", KEY_SEMCONV, "VERSION", 0,
	  "names of the GenAI conventions in metrics and OTLP: 1.41 (default) or latest", 4},
	 take_semconv,
	 0},
	{{"content", KEY_CONTENT, "MODE", 0,
	  "keep what is said: off (default), meta (no text), preview, full", 4},
	 take_content,
	 0},
	{{"redact", KEY_REDACT, "RULES", 0,
	  "what to mask in it: names, none, @FILE (default: standard)", 4},
	 take_text,
	 AT(redact)},
	{{"sample", KEY_SAMPLE, "N%", 0, "keep it of N% of runs, and of what fails or is slow", 4},
	 take_sample,
	 0},
	{{"utc", KEY_UTC, NULL, 0, "times of the table in UTC", 4}, take_flag, AT(utc)},
	{{"quiet", 'q', NULL, 0, "neither table nor totals", 4}, take_flag, AT(quiet)},
	{{"verbose", 'v', NULL, 0, "say more; twice: still more", 4}, take_more, AT(verbose)},
	HEADING("Capture:", 5),
	{{"write", 'w', "CAP", 0, "write the capture to CAP (0600; holds prompts)", 5},
	 take_text,
	 AT(cap_out)},
	{{"raw", KEY_RAW, NULL, 0, "with -w: do not remove credentials", 5}, take_flag, AT(raw)},
	{{"read", 'r', "CAP", 0, "read CAP instead of tracing; needs no root", 5},
	 take_text,
	 AT(cap_in)},
	{{"ring", KEY_RING, "SIZE", 0, "size of the ring buffer (default 16M)", 5},
	 take_ring,
	 AT(ring_bytes)},
	{{"host-root", KEY_HOST_ROOT, "DIR", 0,
	  "where the host's root is mounted (default: that of process 1)", 5},
	 take_text,
	 AT(host_root)},
	{{"offset", KEY_OFFSET, "FILE:read=ADDR,write=ADDR", 0,
	  "probe these functions of FILE (path, glob of its name, build id); addresses as objdump "
	  "and nm show them",
	  5},
	 take_offset,
	 0},
	{{"list", KEY_LIST, NULL, 0, "list what would be traced, and end", 5},
	 take_flag,
	 AT(list),
	 true},
	HEADING("Other:", 6),
	{{"config", KEY_CONFIG, "FILE", 0,
	  "options and rules from FILE; the command line outdoes it", 6},
	 take_text,
	 AT(config_path),
	 true},
	{{"check-config", KEY_CHECK_CONFIG, NULL, 0,
	  "read the configuration, say what is wrong, end", 6},
	 take_flag,
	 AT(check_config),
	 true},
	{{"help", '?', NULL, 0, "this text", 6}, NULL, 0},
	{{NULL, 'h', NULL, OPTION_HIDDEN, NULL, 6}, NULL, 0},
	{{"version", 'V', NULL, 0, "the version and what it was built with", 6}, NULL, 0},
};

const size_t n_option_defs = sizeof(option_defs) / sizeof(option_defs[0]);

/* Which options cannot stand together, and which need another. */
const struct option_rule option_rules[] = {
	{'p', KEY_COMMAND, false},
	{'r', 'p', false},
	{'r', 'w', false},
	{'r', KEY_RING, false},
	{'r', KEY_LIST, false},
	{'r', KEY_NO_FOLLOW, false},
	{'r', KEY_COMMAND, false},
	{KEY_LIST, 'w', false},
	{KEY_LIST, 'o', false},
	{KEY_LIST, 'd', false},
	{KEY_LIST, 'n', false},
	{KEY_LIST, KEY_COMMAND, false},
	{KEY_REDACT, KEY_CONTENT, true},
	{KEY_SAMPLE, KEY_CONTENT, true},
	{KEY_RAW, 'w', true},
	{KEY_CHECK_CONFIG, KEY_CONFIG, true},
	{'r', KEY_OFFSET, false},
	{'r', KEY_PLAIN, false},
	{KEY_LIST, KEY_OTLP, false},
	{KEY_LIST, KEY_METRICS, false},
	{KEY_METRICS_LABELS, KEY_METRICS, true},
};

const size_t n_option_rules = sizeof(option_rules) / sizeof(option_rules[0]);

_Static_assert(sizeof(option_defs) / sizeof(option_defs[0]) <= OPTIONS_DEFS_MAX,
	       "--help has room for so many");
