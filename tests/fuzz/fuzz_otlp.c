// SPDX-License-Identifier: Apache-2.0
/* What the exporter reads that others wrote: lists of pairs, URLs, Retry-After, answers. The first
 * byte says which. None of them is read in pieces: there are no splits to compare. */
#include <assert.h>
#include <stdlib.h>

#include "sink/otlp/answer.h"
#include "sink/otlp/env.h"
#include "sink/otlp/pairs.h"
#include "sink/otlp/retry.h"
#include "sink/otlp/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct variable {
	const char *name, *value;
};

static const char *get(void *ctx, const char *name)
{
	const struct variable *v = ctx;

	return !strcmp(name, v->name) ? v->value : NULL;
}

/* A variable that is given the text; what comes of it holds what it promises. */
static void variable(const char *name, const char *text)
{
	struct variable v = {name, text};
	struct otlp_env env = {.environment = {get, &v}, .file_endpoint = "http://c:1"};
	struct otlp_config c;
	unsigned int i, j;
	const char *s;

	if (otlp_env__read(&env, &c))
		return;
	for (i = 0; i < N_OTLP_SIGNALS && !c.disabled; i++) {
		assert(!c.targets[i].enabled || c.targets[i].url);
		for (j = 0; j < c.targets[i].n_headers; j++)
			for (s = c.targets[i].headers[j].value; *s; s++)
				assert(*s != '\r' && *s != '\n');
	}
	assert(c.ratio >= 0 && c.ratio <= 1);
	otlp_config__free(&c);
}

static void pairs(struct span text)
{
	struct span k, v;
	char *s;

	while (pairs__next(&text, &k, &v)) {
		if (!pairs__decode(v, &s)) {
			assert(strlen(s) <= v.n);
			free(s);
		}
	}
}

static void retry(struct span text)
{
	unsigned int ms;

	if (!retry__after_ms(text, 1700000000, &ms))
		assert(ms >= RETRY_AFTER_LEAST_MS && ms <= RETRY_AFTER_MOST_MS);
}

static void url(const char *text)
{
	char *whole, *shown;

	if (otlp_url__make(text, "v1/traces", &whole))
		return;
	/* What can be made can be shown, and has neither user nor query then. */
	shown = otlp_url__shown(whole);
	assert(shown && !strchr(shown, '?') && !strchr(shown, '#'));
	assert(!memchr(strstr(shown, "://") + 3, '@', strcspn(strstr(shown, "://") + 3, "/")));
	free(shown);
	free(whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {
		"OTEL_EXPORTER_OTLP_HEADERS",	  "OTEL_RESOURCE_ATTRIBUTES",
		"OTEL_EXPORTER_OTLP_ENDPOINT",	  "OTEL_TRACES_EXPORTER",
		"OTEL_EXPORTER_OTLP_TIMEOUT",	  "OTEL_TRACES_SAMPLER_ARG",
		"OTEL_EXPORTER_OTLP_COMPRESSION", "OTEL_SDK_DISABLED"};
	struct otlp_answer a;
	struct span body;
	char *text;

	if (!size)
		return 0;
	body = span(data + 1, size - 1);
	text = strndup((const char *)body.p, body.n);
	if (!text)
		return 0;
	switch (*data % 6) {
	case 0:
		pairs(body);
		break;
	case 1:
		retry(body);
		break;
	case 2:
		url(text);
		break;
	case 3:
		if (!otlp_answer__success(body, &a))
			assert(strlen(a.text) < sizeof(a.text));
		break;
	case 4:
		otlp_answer__failure(body, *data & 8, &a);
		assert(strlen(a.text) < sizeof(a.text));
		break;
	default:
		variable(names[*data / 6 % 8], text);
	}
	free(text);
	return 0;
}
