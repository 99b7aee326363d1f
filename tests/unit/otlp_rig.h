/* SPDX-License-Identifier: Apache-2.0 */
/* otlp_rig.h: what was encoded as OTLP, read back. */
#ifndef OTLP_RIG_H
#define OTLP_RIG_H

#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "call/agent.h"
#include "sink/otlp/encode.h"
#include "sink/otlp/otlp.pb-c.h"
#include "sink/otlp/profile.h"

/* As nobody has said anything. */
static const struct otlp_config otlp_plain = {
	.sampler = OTLP_ALWAYS_ON,
	.parent_based = true,
	.span_attributes = UINT_MAX,
	.span_value_length = UINT_MAX,
	.log_attributes = UINT_MAX,
	.log_value_length = UINT_MAX,
};

static inline void otlp_begin(struct otlp_encode *e, const char *profile, enum semconv semconv)
{
	otlp_encode__init(e, &otlp_plain, otlp_profile__find(profile), semconv);
}

static inline const Otlp__AnyValue *otlp_find(size_t n, Otlp__KeyValue **list, const char *key)
{
	const Otlp__AnyValue *found = NULL;
	size_t i;

	for (i = 0; i < n; i++) {
		if (strcmp(list[i]->key, key) != 0)
			continue;
		assert_null(found);
		found = list[i]->value;
	}
	return found;
}

/* Valid UTF-8 throughout: what is not would read as U+FFFD of fewer than its three bytes. */
static inline void otlp_is_utf8(const char *text)
{
	struct span s = span_str(text);
	uint32_t cp;
	size_t n;

	while ((n = utf8__next(s, &cp))) {
		if (cp == UTF8_REPLACEMENT)
			assert_true(n == 3 && !memcmp(s.p, "\xEF\xBF\xBD", 3));
		s = span_skip(s, n);
	}
}

static inline void otlp_check_value(const Otlp__AnyValue *v)
{
	size_t i;

	assert_non_null(v);
	if (v->value_case == OTLP__ANY_VALUE__VALUE_STRING_VALUE)
		otlp_is_utf8(v->string_value);
	if (v->value_case == OTLP__ANY_VALUE__VALUE_ARRAY_VALUE)
		for (i = 0; i < v->array_value->n_values; i++)
			otlp_check_value(v->array_value->values[i]);
	if (v->value_case == OTLP__ANY_VALUE__VALUE_KVLIST_VALUE) {
		for (i = 0; i < v->kvlist_value->n_values; i++) {
			otlp_is_utf8(v->kvlist_value->values[i]->key);
			otlp_check_value(v->kvlist_value->values[i]->value);
		}
	}
}

static inline void otlp_check_list(size_t n, Otlp__KeyValue **list)
{
	size_t i;

	for (i = 0; i < n; i++) {
		otlp_find(n, list, list[i]->key); /* not twice */
		otlp_check_value(list[i]->value);
	}
}

static inline const char *otlp_text(const Otlp__AnyValue *v)
{
	return v && v->value_case == OTLP__ANY_VALUE__VALUE_STRING_VALUE ? v->string_value : NULL;
}

/* Of the record, encoded and decoded. The caller frees it. */
static inline Otlp__Span *otlp_span_of(struct otlp_encode *e, const struct call *c,
				       const struct agent_run *r, const struct agent_tool *t)
{
	struct buf out;
	Otlp__Span *s;

	buf__init(&out, 1 << 24);
	assert_int_equal(c   ? otlp_encode__call(e, c, &out)
			 : r ? otlp_encode__run(e, r, &out)
			     : otlp_encode__tool(e, t, &out),
			 0);
	assert_int_equal(e->arena.used_bytes, 0);
	s = otlp__span__unpack(NULL, out.n, out.p);
	assert_non_null(s);
	assert_int_equal(s->base.n_unknown_fields, 0);
	otlp_check_list(s->n_attributes, s->attributes);
	otlp_is_utf8(s->name);
	buf__free(&out);
	return s;
}

static inline struct call otlp_call(void)
{
	struct call c = call_unknown;

	c.time_ns = 1763647333512345678;
	c.duration_ns = 9710000000;
	c.trace_id[0] = c.span_id[0] = 1;
	c.api = "openai.chat";
	c.operation = "chat";
	c.provider = "openai";
	c.request_model = "gpt-4o";
	c.method = "POST";
	c.path = "/v1/chat/completions";
	c.http_version = 11;
	c.status = 200;
	c.server_address = "api.openai.com";
	c.server_port = 443;
	c.who.pid = 42;
	c.who.exe = "/usr/bin/app";
	return c;
}

#endif
