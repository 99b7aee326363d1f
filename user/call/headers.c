// SPDX-License-Identifier: Apache-2.0
#include "call/headers.h"

#include <math.h>
#include <stddef.h>

#include "base/utf8.h"
#include "call/when.h"
#include "enrich/attribution.h"

/* What setters need beside the value. Each leaves a field alone that an earlier line of the table
 * has set. */
struct at {
	struct call_open *x;
	double now; /* seconds since 1970 at which the head came */
};

static void set_text(const struct at *at, void *field, struct span v)
{
	const char **text = field;

	if (!*text && v.n)
		*text = call_open__text(at->x, v);
}

/* A name that people gave. */
static void set_name(const struct at *at, void *field, struct span v)
{
	set_text(at, field, utf8__head(span_trim(v), FEATURE_MAX));
}

static void set_int(const struct at *at, void *field, struct span v)
{
	double n = when__decimal(v);

	if (*(int64_t *)field < 0 && n < 9e15)
		*(int64_t *)field = (int64_t)n;
}

static void set_first(double *field, double v)
{
	if (isnan(*field) && !isnan(v))
		*field = v;
}

static void set_milliseconds(const struct at *at, void *field, struct span v)
{
	set_first(field, when__decimal(v) / 1000);
}

static void set_fraction(const struct at *at, void *field, struct span v)
{
	set_first(field, when__decimal(v));
}

static void set_percent(const struct at *at, void *field, struct span v)
{
	set_first(field, when__decimal(v) / 100);
}

/* Seconds, or an HTTP date (RFC 9110, section 10.2.3). */
static void set_wait(const struct at *at, void *field, struct span v)
{
	double n = when__decimal(v);

	set_first(field, isnan(n) ? when__reset(v, at->now) : n);
}

static void set_reset(const struct at *at, void *field, struct span v)
{
	set_first(field, when__reset(v, at->now));
}

/* Retries before this one. */
static void set_retries(const struct at *at, void *field, struct span v)
{
	double n = when__decimal(v);

	if (n < 1e6)
		*(int64_t *)field = (int64_t)n + 1;
}

/* "attempt=1; max=3" */
static void set_attempt(const struct at *at, void *field, struct span v)
{
	const struct span name = SPAN_LIT("attempt=");
	size_t n = 0;

	if (!span_starts(v, name))
		return;
	v = span_skip(v, name.n);
	while (n < v.n && v.p[n] != ';')
		n++;
	v = span_head(v, n);
	if (when__decimal(v) >= 1)
		set_int(at, field, v);
}

struct header_field {
	const char *name;
	void (*set)(const struct at *at, void *field, struct span v);
	size_t offset; /* of the field in struct call */
};

#define AT(member) offsetof(struct call, member)

static const struct header_field request_fields[] = {
	{"x-llmsnoop-feature", set_name, AT(who.feature)},
	{"user-agent", set_text, AT(user_agent)},
	{"x-stainless-retry-count", set_retries, AT(attempt)},
	{"amz-sdk-request", set_attempt, AT(attempt)},
	{"openai-organization", set_text, AT(organization)},
	{"openai-project", set_text, AT(project)},
};

#define LIMIT(of) set_int, AT(ratelimits[RATELIMIT_##of].limit)
#define REMAINING(of) set_int, AT(ratelimits[RATELIMIT_##of].remaining)
#define RESET(of) set_reset, AT(ratelimits[RATELIMIT_##of].reset_s)

/* x-ratelimit-limit-NAME: OpenAI and those who copy its wire, Azure, Groq, xAI, Cerebras. */
#define OPENAI(name, of)                                                                        \
	{"x-ratelimit-limit-" name, LIMIT(of)}, {"x-ratelimit-remaining-" name, REMAINING(of)}, \
	{                                                                                       \
		"x-ratelimit-reset-" name, RESET(of)                                            \
	}

#define ANTHROPIC(name, of)                                                \
	{"anthropic-ratelimit-" name "-limit", LIMIT(of)},                 \
		{"anthropic-ratelimit-" name "-remaining", REMAINING(of)}, \
	{                                                                  \
		"anthropic-ratelimit-" name "-reset", RESET(of)            \
	}

/* PREFIX-limit, -remaining, -reset. */
#define PLAIN(prefix, of)                                                   \
	{prefix "-limit", LIMIT(of)}, {prefix "-remaining", REMAINING(of)}, \
	{                                                                   \
		prefix "-reset", RESET(of)                                  \
	}

/* What Anthropic says of a subscription. */
#define UNIFIED(name, of)                                                  \
	{"anthropic-ratelimit-unified-" name "-utilization", set_fraction, \
	 AT(windows[WINDOW_##of].used)},                                   \
	{                                                                  \
		"anthropic-ratelimit-unified-" name "-reset", set_reset,   \
			AT(windows[WINDOW_##of].reset_s)                   \
	}

#define CODEX(name, of)                                                                           \
	{"x-codex-" name "-used-percent", set_percent, AT(windows[WINDOW_##of].used)},            \
		{"x-codex-" name "-window-minutes", set_int, AT(windows[WINDOW_##of].minutes)},   \
		{"x-codex-" name "-reset-at", set_reset, AT(windows[WINDOW_##of].reset_s)},       \
		{"x-codex-" name "-reset-after-seconds", set_reset,                               \
		 AT(windows[WINDOW_##of].reset_s)},                                               \
	{                                                                                         \
		"x-codex-" name "-resets-in-seconds", set_reset, AT(windows[WINDOW_##of].reset_s) \
	}

static const struct header_field response_fields[] = {
	{"request-id", set_text, AT(request_id)},
	{"x-request-id", set_text, AT(request_id)},
	{"apim-request-id", set_text, AT(request_id)},
	{"x-amzn-requestid", set_text, AT(request_id)},
	{"x-ms-request-id", set_text, AT(request_id)},
	{"x-goog-request-id", set_text, AT(request_id)},
	{"x-requestid", set_text, AT(request_id)},	       /* watsonx */
	{"x-global-transaction-id", set_text, AT(request_id)}, /* watsonx, older */
	{"mistral-correlation-id", set_text, AT(request_id)},
	{"x-kong-request-id", set_text, AT(request_id)}, /* Mistral */
	{"x-debug-trace-id", set_text, AT(request_id)},	 /* Cohere */
	{"x-ds-trace-id", set_text, AT(request_id)},	 /* DeepSeek */
	{"x-log-id", set_text, AT(request_id)},		 /* Z.ai */
	{"x-dashscope-request-id", set_text, AT(request_id)},
	{"x-generation-id", set_text, AT(request_id)}, /* OpenRouter */
	{"openai-organization", set_text, AT(organization)},
	{"anthropic-organization-id", set_text, AT(organization)},
	{"openai-project", set_text, AT(project)},
	{"anthropic-workspace-id", set_text, AT(project)},
	{"x-ms-deployment-name", set_text, AT(deployment)},
	{"x-ms-region", set_text, AT(region)},
	{"x-groq-region", set_text, AT(region)},
	{"x-ms-served-model", set_text, AT(served_model)},
	{"x-inference-provider", set_text, AT(upstream)}, /* Hugging Face */
	{"openai-processing-ms", set_int, AT(processing_ms)},
	{"x-metrics-e2e-ms", set_int, AT(processing_ms)}, /* xAI */
	{"x-amzn-bedrock-invocation-latency", set_int, AT(processing_ms)},
	{"x-inference-time", set_int, AT(processing_ms)},
	{"x-envoy-upstream-service-time", set_int, AT(processing_ms)},
	{"x-kong-upstream-latency", set_int, AT(processing_ms)},
	{"x-metrics-ttft-ms", set_milliseconds, AT(server_ttft_s)}, /* xAI */
	{"retry-after-ms", set_milliseconds, AT(retry_after_s)},
	{"retry-after", set_wait, AT(retry_after_s)},
	OPENAI("requests", REQUESTS),
	OPENAI("tokens", TOKENS),
	OPENAI("input-tokens", INPUT_TOKENS),
	OPENAI("output-tokens", OUTPUT_TOKENS),
	OPENAI("tokens-prompt", INPUT_TOKENS), /* Fireworks */
	OPENAI("tokens-generated", OUTPUT_TOKENS),
	OPENAI("requests-minute", REQUESTS), /* Cerebras */
	OPENAI("tokens-minute", TOKENS),     /* and Mistral */
	OPENAI("requests-hour", REQUESTS_HOUR),
	OPENAI("tokens-hour", TOKENS_HOUR),
	OPENAI("requests-day", REQUESTS_DAY),
	OPENAI("tokens-day", TOKENS_DAY),
	OPENAI("requests-month", REQUESTS_MONTH),
	OPENAI("tokens-month", TOKENS_MONTH),
	OPENAI("req-minute", REQUESTS), /* Mistral */
	PLAIN("x-ratelimit", REQUESTS), /* Together, OpenRouter, Hugging Face */
	PLAIN("x-tokenlimit", TOKENS),	/* Together */
	PLAIN("ratelimit", REQUESTS),	/* Mistral, and the IETF's draft */
	PLAIN("ratelimitbysize", TOKENS),
	ANTHROPIC("requests", REQUESTS),
	ANTHROPIC("tokens", TOKENS),
	ANTHROPIC("input-tokens", INPUT_TOKENS),
	ANTHROPIC("output-tokens", OUTPUT_TOKENS),
	UNIFIED("5h", 5H),
	UNIFIED("7d", 7D),
	{"anthropic-ratelimit-unified-status", set_text, AT(ratelimit_status)},
	CODEX("primary", PRIMARY),
	CODEX("secondary", SECONDARY),
};

static void apply(struct call_open *x, const struct http_head *h, double now,
		  const struct header_field *f, size_t n)
{
	const struct at at = {x, now};
	struct span v;
	size_t i;

	for (i = 0; i < n; i++) {
		v = http_head__get(h, f[i].name);
		if (v.p)
			f[i].set(&at, (char *)&x->c + f[i].offset, v);
	}
}

void headers__request(struct call_open *x, const struct http_head *h)
{
	apply(x, h, NAN, request_fields, sizeof(request_fields) / sizeof(request_fields[0]));
}

void headers__response(struct call_open *x, const struct http_head *h, uint64_t now_ns)
{
	apply(x, h, (double)now_ns / 1e9, response_fields,
	      sizeof(response_fields) / sizeof(response_fields[0]));
}
