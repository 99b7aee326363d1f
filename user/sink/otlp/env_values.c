// SPDX-License-Identifier: Apache-2.0
#include "sink/otlp/env_values.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sink/otlp/pairs.h"

void env__warn(struct env_reader *r, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (r->env->warn)
		r->env->warn(r->env->ctx, text);
}

void env__fail(struct env_reader *r, int err)
{
	if (!r->err)
		r->err = err;
}

static bool number(const char *value, unsigned int *ret)
{
	struct span s = span_trim(span_str(value));
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		n = n * 10 + (s.p[i] - '0');
		if (n > INT_MAX)
			return false;
	}
	*ret = (unsigned int)n;
	return s.n > 0;
}

void take_number(struct env_reader *r, const char *name, const char *value, void *at)
{
	if (!number(value, at))
		env__warn(r, "%s=%s is ignored: it is a number from 0 to %d", name, value, INT_MAX);
}

void take_count(struct env_reader *r, const char *name, const char *value, void *at)
{
	unsigned int n;

	if (number(value, &n) && n)
		*(unsigned int *)at = n;
	else
		env__warn(r, "%s=%s is ignored: it is a number from 1 to %d", name, value, INT_MAX);
}

/* Milliseconds; 0 is no limit. */
void take_timeout(struct env_reader *r, const char *name, const char *value, void *at)
{
	unsigned int ms;

	if (!number(value, &ms))
		env__warn(r, "%s=%s is ignored: it is a number of milliseconds", name, value);
	else
		*(unsigned int *)at = ms && ms < TIMEOUT_MAX_MS ? ms : TIMEOUT_MAX_MS;
}

void take_ratio(struct env_reader *r, const char *name, const char *value, void *at)
{
	char *end;
	double d = strtod(value, &end);

	if (end == value || *end || !(d >= 0 && d <= 1))
		env__warn(r, "%s=%s is ignored: it is a number from 0 to 1", name, value);
	else
		*(double *)at = d;
}

void take_text(struct env_reader *r, const char *name, const char *value, void *at)
{
	char *copy = strdup(value);

	if (!copy)
		return env__fail(r, -ENOMEM);
	free(*(char **)at);
	*(char **)at = copy;
}

void take_file(struct env_reader *r, const char *name, const char *value, void *at)
{
	if (access(value, R_OK))
		env__warn(r, "%s=%s: %s; until it can be read nothing is exported", name, value,
			  strerror(errno));
	take_text(r, name, value, at);
}

bool env__word(struct env_reader *r, const char *name, const char *value,
	       const struct env_word *words, int *ret)
{
	struct span s = span_trim(span_str(value));
	char right[256] = "";
	const struct env_word *w;
	size_t n = 0;

	for (w = words; w->text; w++) {
		if (span_ieq(s, span_str(w->text))) {
			*ret = w->value;
			return true;
		}
		n += (size_t)snprintf(right + n, n < sizeof(right) ? sizeof(right) - n : 0, "%s%s",
				      n ? ", " : "", w->text);
		n = n < sizeof(right) ? n : sizeof(right);
	}
	env__warn(r, "%s=%s is ignored: llmsnoop knows %s", name, value, right);
	return false;
}

void take_compression(struct env_reader *r, const char *name, const char *value, void *at)
{
	static const struct env_word words[] = {{"gzip", 1}, {"none", 0}, {NULL}};
	int gzip;

	if (env__word(r, name, value, words, &gzip))
		*(bool *)at = gzip;
}

void take_temporality(struct env_reader *r, const char *name, const char *value, void *at)
{
	static const struct env_word words[] = {{"cumulative", OTLP_CUMULATIVE},
						{"delta", OTLP_DELTA},
						{"lowmemory", OTLP_LOWMEMORY},
						{NULL}};
	int temporality;

	if (env__word(r, name, value, words, &temporality))
		*(enum otlp_temporality *)at = (enum otlp_temporality)temporality;
}

/* The conventions fix the bounds of their histograms. */
void take_aggregation(struct env_reader *r, const char *name, const char *value, void *at)
{
	static const struct env_word words[] = {{"explicit_bucket_histogram", 0}, {NULL}};
	int none;

	env__word(r, name, value, words, &none);
}

void take_exemplars(struct env_reader *r, const char *name, const char *value, void *at)
{
	static const struct env_word words[] = {
		{"trace_based", 1}, {"always_on", 1}, {"always_off", 0}, {NULL}};
	int on;

	if (env__word(r, name, value, words, &on))
		*(bool *)at = on;
}

/* Only "true" is true. */
void take_flag(struct env_reader *r, const char *name, const char *value, void *at)
{
	bool on = span_ieq(span_trim(span_str(value)), SPAN_LIT("true"));

	if (!on && !span_ieq(span_trim(span_str(value)), SPAN_LIT("false")))
		env__warn(r, "%s=%s counts as false: it is true or false", name, value);
	*(bool *)at = on;
}

void take_sampler(struct env_reader *r, const char *name, const char *value, void *at)
{
	static const struct env_word words[] = {{"always_on", OTLP_ALWAYS_ON},
						{"always_off", OTLP_ALWAYS_OFF},
						{"traceidratio", OTLP_RATIO},
						{"parentbased_always_on", 0x10 | OTLP_ALWAYS_ON},
						{"parentbased_always_off", 0x10 | OTLP_ALWAYS_OFF},
						{"parentbased_traceidratio", 0x10 | OTLP_RATIO},
						{NULL}};
	int sampler;

	if (!env__word(r, name, value, words, &sampler))
		return;
	r->c->sampler = (enum otlp_sampler)(sampler & 0xf);
	r->c->parent_based = sampler & 0x10;
}

/* ---- lists ---- */

static bool is_token(struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~' || strchr("\"(),/:;<=>?@[\\]{}", s.p[i]))
			return false;
	return s.n > 0;
}

static bool is_value(const char *s)
{
	for (; *s; s++)
		if (((uint8_t)*s < ' ' && *s != '\t') || *s == 0x7f)
			return false;
	return true;
}

/* Those that say what the body is and how long. */
static bool is_ours(struct span name)
{
	static const char *const names[] = {"content-type", "content-encoding", "content-length",
					    "transfer-encoding", "expect"};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (span_ieq(name, span_str(names[i])))
			return true;
	return false;
}

/* A header that cannot be is left out; its value, likely a credential, is told to nobody. */
void take_headers(struct env_reader *r, const char *name, const char *value, void *at)
{
	struct otlp_target *t = at;
	struct span list = span_str(value), k, v;
	char *key, *text = NULL;
	int err;

	while (pairs__next(&list, &k, &v)) {
		if (!v.p || !is_token(k)) {
			env__warn(r, "%s: an entry that is not name=value is ignored", name);
			continue;
		}
		if (is_ours(k)) {
			env__warn(r, "%s: %.*s is ignored: llmsnoop sets it", name, (int)k.n, k.p);
			continue;
		}
		err = pairs__decode(v, &text);
		if (!err && !is_value(text)) {
			free(text);
			err = -EBADMSG;
		}
		if (err == -EBADMSG) {
			env__warn(r, "%s: %.*s is ignored: its value cannot be decoded", name,
				  (int)k.n, k.p);
			continue;
		}
		key = err ? NULL : strndup((const char *)k.p, k.n);
		if (!key) {
			if (!err)
				free(text);
			return env__fail(r, -ENOMEM);
		}
		err = pairs__set(&t->headers, &t->n_headers, HEADERS_MAX, true, key, text);
		if (err == -E2BIG)
			return env__warn(r, "%s: only %d headers are sent", name, HEADERS_MAX);
		if (err)
			return env__fail(r, err);
	}
}

/* All of it or nothing, so that no series goes under half of its name. */
static int read_attributes(const char *value, struct otlp_config *c)
{
	struct span list = span_str(value), k, v;
	char *key, *text;
	int err;

	while (pairs__next(&list, &k, &v)) {
		if (!v.p || !k.n)
			return -EBADMSG;
		err = pairs__decode(k, &key);
		if (err)
			return err;
		err = pairs__decode(v, &text);
		if (err) {
			free(key);
			return err;
		}
		err = pairs__set(&c->resource, &c->n_resource, ATTRIBUTES_MAX, false, key, text);
		if (err)
			return err;
	}
	return 0;
}

void take_attributes(struct env_reader *r, const char *name, const char *value, void *at)
{
	struct otlp_config read = {0};
	int err = read_attributes(value, &read);

	if (err == -ENOMEM)
		env__fail(r, err);
	if (!err) {
		r->c->resource = read.resource;
		r->c->n_resource = read.n_resource;
		return;
	}
	otlp_config__free(&read);
	if (err != -ENOMEM)
		env__warn(
			r,
			"%s is ignored: it is key=value,key=value with percent-encoded values, at "
			"most %d of them",
			name, ATTRIBUTES_MAX);
}

/* Beats the attribute service.name. */
void take_service(struct env_reader *r, const char *name, const char *value, void *at)
{
	char *key = strdup("service.name"), *text = strdup(value);
	int err;

	if (!key || !text) {
		free(key);
		free(text);
		return env__fail(r, -ENOMEM);
	}
	err = pairs__set(&r->c->resource, &r->c->n_resource, ATTRIBUTES_MAX + 1, false, key, text);
	if (err)
		env__fail(r, err);
}
