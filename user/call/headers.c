// SPDX-License-Identifier: Apache-2.0
#include "call/headers.h"

#include <math.h>
#include <stddef.h>

/* A decimal number without sign or exponent, as these headers have it. NAN: none. */
static double parse_decimal(struct span s)
{
	double v = 0, unit = 1;
	bool point = false;
	size_t i;

	if (!s.n || s.n > 18)
		return NAN;
	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '.' && !point && i && i + 1 < s.n) {
			point = true;
		} else if (s.p[i] < '0' || s.p[i] > '9') {
			return NAN;
		} else {
			v = v * 10 + (s.p[i] - '0');
			unit *= point ? 10 : 1;
		}
	}
	return v / unit;
}

/* Each setter leaves a field alone that an earlier line of the table has set. */
static void set_text(struct call_open *x, void *field, struct span v)
{
	const char **at = field;

	if (!*at && v.n)
		*at = call_open__text(x, v);
}

static void set_int(struct call_open *x, void *field, struct span v)
{
	double n = parse_decimal(v);

	if (*(int64_t *)field < 0 && n < 9e15)
		*(int64_t *)field = (int64_t)n;
}

static void set_seconds(struct call_open *x, void *field, struct span v)
{
	double n = parse_decimal(v);

	/* An HTTP date is no number and is left out. */
	if (isnan(*(double *)field) && !isnan(n))
		*(double *)field = n;
}

static void set_milliseconds(struct call_open *x, void *field, struct span v)
{
	double n = parse_decimal(v);

	if (isnan(*(double *)field) && !isnan(n))
		*(double *)field = n / 1000;
}

/* Retries before this one. */
static void set_attempt(struct call_open *x, void *field, struct span v)
{
	double n = parse_decimal(v);

	if (n < 1e6)
		*(int64_t *)field = (int64_t)n + 1;
}

struct header_field {
	const char *name;
	void (*set)(struct call_open *x, void *field, struct span v);
	size_t offset; /* of the field in struct call */
};

#define AT(member) offsetof(struct call, member)

static const struct header_field request_fields[] = {
	{"user-agent", set_text, AT(user_agent)},
	{"x-stainless-retry-count", set_attempt, AT(attempt)},
	{"openai-organization", set_text, AT(organization)},
};

static const struct header_field response_fields[] = {
	{"request-id", set_text, AT(request_id)},
	{"x-request-id", set_text, AT(request_id)},
	{"apim-request-id", set_text, AT(request_id)},
	{"x-amzn-requestid", set_text, AT(request_id)},
	{"x-ms-request-id", set_text, AT(request_id)},
	{"openai-organization", set_text, AT(organization)},
	{"anthropic-organization-id", set_text, AT(organization)},
	{"openai-processing-ms", set_int, AT(processing_ms)},
	{"retry-after-ms", set_milliseconds, AT(retry_after_s)},
	{"retry-after", set_seconds, AT(retry_after_s)},
	{"x-ratelimit-limit-requests", set_int, AT(ratelimit_requests_limit)},
	{"x-ratelimit-remaining-requests", set_int, AT(ratelimit_requests_remaining)},
	{"x-ratelimit-limit-tokens", set_int, AT(ratelimit_tokens_limit)},
	{"x-ratelimit-remaining-tokens", set_int, AT(ratelimit_tokens_remaining)},
	{"anthropic-ratelimit-requests-limit", set_int, AT(ratelimit_requests_limit)},
	{"anthropic-ratelimit-requests-remaining", set_int, AT(ratelimit_requests_remaining)},
	{"anthropic-ratelimit-tokens-limit", set_int, AT(ratelimit_tokens_limit)},
	{"anthropic-ratelimit-tokens-remaining", set_int, AT(ratelimit_tokens_remaining)},
};

static void apply(struct call_open *x, const struct http_head *h, const struct header_field *f,
		  size_t n)
{
	struct span v;
	size_t i;

	for (i = 0; i < n; i++) {
		v = http_head__get(h, f[i].name);
		if (v.p)
			f[i].set(x, (char *)&x->c + f[i].offset, v);
	}
}

void headers__request(struct call_open *x, const struct http_head *h)
{
	apply(x, h, request_fields, sizeof(request_fields) / sizeof(request_fields[0]));
}

void headers__response(struct call_open *x, const struct http_head *h)
{
	apply(x, h, response_fields, sizeof(response_fields) / sizeof(response_fields[0]));
}
