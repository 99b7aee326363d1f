// SPDX-License-Identifier: Apache-2.0
#include "sink/otlp/profile.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define ALL (1u << OTLP_TRACES | 1u << OTLP_METRICS | 1u << OTLP_LOGS)

/* When output began, as an ISO date. */
static void add_langfuse(struct attributes *a, const struct call *c)
{
	uint64_t at = c->time_ns + (uint64_t)c->ttft_ns;
	time_t seconds = (time_t)(at / 1000000000);
	char date[32], text[64];
	struct tm tm;

	if (c->kind != CALL_MODEL || c->ttft_ns < 0 || !gmtime_r(&seconds, &tm))
		return;
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text, sizeof(text), "%s.%06uZ", date, (unsigned int)(at % 1000000000 / 1000));
	attributes__text(a, "langfuse.observation.completion_start_time",
			 arena__string(a->arena, span_str(text)));
}

static void add_signoz(struct attributes *a, const struct call *c)
{
	if (c->kind == CALL_MODEL && c->ttft_ns >= 0)
		attributes__real(a, "gen_ai.server.ttft", (double)c->ttft_ns / 1e9);
}

static const struct otlp_profile profiles[] = {
	{.name = "otel", .path = "", .signals = ALL},
	{.name = "langfuse",
	 .path = "/api/public/otel",
	 .signals = 1u << OTLP_TRACES,
	 .key_header = "Authorization",
	 .key_variable = "LANGFUSE_PUBLIC_KEY",
	 .secret_variable = "LANGFUSE_SECRET_KEY",
	 .plain_usage = true,
	 .fetch_usage = true,
	 .add = add_langfuse},
	{.name = "signoz", .path = "", .signals = ALL, .add = add_signoz},
	{.name = "datadog",
	 .path = "",
	 .signals = ALL,
	 .header = "dd-otlp-source",
	 .header_value = "llmobs",
	 .key_header = "dd-api-key",
	 .key_variable = "DD_API_KEY"},
};

#define N_PROFILES (sizeof(profiles) / sizeof(profiles[0]))

const struct otlp_profile *otlp_profile__find(const char *name)
{
	size_t i;

	for (i = 0; i < N_PROFILES; i++)
		if (!strcmp(profiles[i].name, name))
			return &profiles[i];
	return NULL;
}

const char *otlp_profile__names(void)
{
	return "otel, langfuse, signoz, datadog";
}

/* "…/v1/traces" becomes "…PATH/v1/traces", unless PATH stands there already. */
static int insert_path(struct otlp_target *t, const char *path)
{
	const char *tail = t->url ? strstr(t->url, "/v1/") : NULL;
	char *url;

	if (!*path || !tail || strstr(t->url, path))
		return 0;
	if (asprintf(&url, "%.*s%s%s", (int)(tail - t->url), t->url, path, tail) < 0)
		return -ENOMEM;
	free(t->url);
	t->url = url;
	return 0;
}

static int add_header(struct otlp_target *t, const char *key, const char *value)
{
	struct otlp_pair *more, new = {0};
	unsigned int i;

	for (i = 0; i < t->n_headers; i++)
		if (!strcasecmp(t->headers[i].key, key))
			return 0;
	more = realloc(t->headers, (t->n_headers + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	t->headers = more;
	new.key = strdup(key);
	new.value = strdup(value);
	if (!new.key || !new.value) {
		free(new.key);
		free(new.value);
		return -ENOMEM;
	}
	t->headers[t->n_headers++] = new;
	return 0;
}

/* "Basic …" of two variables, or one variable's value. NULL: they are not set, or no memory. */
static char *key_value(const struct otlp_profile *p, const char *(*get_env)(const char *name))
{
	const char *key = p->key_variable ? get_env(p->key_variable) : NULL;
	const char *secret = p->secret_variable ? get_env(p->secret_variable) : NULL;
	char *both = NULL, *value = NULL;
	int n;

	if (!key || !*key || (p->secret_variable && (!secret || !*secret)))
		return NULL;
	if (!p->secret_variable)
		return strdup(key);
	n = asprintf(&both, "%s:%s", key, secret);
	if (n < 0)
		return NULL;
	value = malloc(sizeof("Basic ") + 4 * ((size_t)n + 2) / 3 + 1);
	if (value) {
		memcpy(value, "Basic ", 6);
		EVP_EncodeBlock((unsigned char *)value + 6, (unsigned char *)both, n);
	}
	explicit_bzero(both, (size_t)n);
	free(both);
	return value;
}

int otlp_profile__apply(const struct otlp_profile *p, struct otlp_config *config,
			const char *(*get_env)(const char *name))
{
	char *key = p->key_header ? key_value(p, get_env) : NULL;
	unsigned int i;
	int err = 0;

	for (i = 0; i < N_OTLP_SIGNALS && !err; i++) {
		struct otlp_target *t = &config->targets[i];

		t->enabled = t->enabled && (p->signals & 1u << i);
		err = insert_path(t, p->path);
		if (!err && p->header)
			err = add_header(t, p->header, p->header_value);
		if (!err && key)
			err = add_header(t, p->key_header, key);
	}
	if (key)
		explicit_bzero(key, strlen(key));
	free(key);
	return err;
}
