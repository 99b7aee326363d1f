// SPDX-License-Identifier: Apache-2.0
/* Records of any texts, with content that is any JSON or none, as OTLP: what comes out decodes,
 * each string of it is UTF-8, and no key stands twice. The first byte says what is encoded; then
 * texts, each ending at a NUL. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "sink/otlp/encode.h"
#include "sink/otlp/resource.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void is_utf8(const char *text)
{
	struct span s = span_str(text);
	uint32_t cp;
	size_t n;

	while ((n = utf8__next(s, &cp))) {
		if (cp == UTF8_REPLACEMENT && (n != 3 || memcmp(s.p, "\xEF\xBF\xBD", 3) != 0))
			abort();
		s = span_skip(s, n);
	}
}

static void check_value(const Otlp__AnyValue *v)
{
	size_t i, j;

	if (v->value_case == OTLP__ANY_VALUE__VALUE_STRING_VALUE)
		is_utf8(v->string_value);
	if (v->value_case == OTLP__ANY_VALUE__VALUE_ARRAY_VALUE)
		for (i = 0; i < v->array_value->n_values; i++)
			check_value(v->array_value->values[i]);
	if (v->value_case == OTLP__ANY_VALUE__VALUE_KVLIST_VALUE) {
		Otlp__KeyValueList *l = v->kvlist_value;

		for (i = 0; i < l->n_values; i++) {
			is_utf8(l->values[i]->key);
			check_value(l->values[i]->value);
			for (j = 0; j < i; j++)
				if (!strcmp(l->values[i]->key, l->values[j]->key))
					abort();
		}
	}
}

static void check_list(size_t n, Otlp__KeyValue **list)
{
	size_t i, j;

	for (i = 0; i < n; i++) {
		check_value(list[i]->value);
		for (j = 0; j < i; j++)
			if (!strcmp(list[i]->key, list[j]->key))
				abort();
	}
}

/* Up to n texts out of the input, which must end with a NUL. */
static void split(char *p, const char *end, const char **texts, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		texts[i] = p < end ? p : NULL;
		p += p < end ? strlen(p) + 1 : 0;
	}
}

static void check_span(struct otlp_encode *e, const struct call *c, struct buf *out)
{
	Otlp__Span *s;

	if (otlp_encode__call(e, c, out))
		abort();
	s = otlp__span__unpack(NULL, out->n, out->p);
	if (!s || s->trace_id.len != 16 || s->span_id.len != 8)
		abort();
	is_utf8(s->name);
	check_list(s->n_attributes, s->attributes);
	otlp__span__free_unpacked(s, NULL);
	buf__clear(out);
}

static void check_log(struct otlp_encode *e, const struct call *c, struct buf *out)
{
	Otlp__LogRecord *r;

	if (otlp_encode__details(e, c, out))
		abort();
	r = otlp__log_record__unpack(NULL, out->n, out->p);
	if (!r)
		abort();
	check_list(r->n_attributes, r->attributes);
	otlp__log_record__free_unpacked(r, NULL);
	buf__clear(out);
}

static void check_resource(struct otlp_encode *e, const struct call *c, struct buf *out)
{
	static const struct otlp_host host = {"h", "i", NULL};
	Otlp__Resource *r;

	if (otlp_resource__record(e, &host, &call_fields, c, out))
		abort();
	r = otlp__resource__unpack(NULL, out->n, out->p);
	if (!r)
		abort();
	check_list(r->n_attributes, r->attributes);
	otlp__resource__free_unpacked(r, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct otlp_config config = {
		.span_attributes = size && data[0] & 1 ? 7 : UINT_MAX,
		.span_value_length = size && data[0] & 2 ? 5 : UINT_MAX,
		.log_attributes = UINT_MAX,
		.log_value_length = UINT_MAX,
	};
	struct call c = call_unknown;
	struct content k = {0};
	const char *t[10];
	struct otlp_encode e;
	struct buf out;
	char *text;

	if (!size)
		return 0;
	text = malloc(size + 1);
	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = 0;
	split(text + 1, text + size, t, 10);
	k.input_messages = t[0];
	k.output_messages = t[1];
	c.request_model = t[2];
	c.error_type = t[3];
	c.who.exe = t[4];
	c.who.feature = t[5];
	c.operation = data[0] & 4 ? "chat" : t[6];
	c.api = data[0] & 8 ? "openai.chat" : t[7];
	c.provider = t[8];
	c.finish_reasons = &t[9];
	c.n_finish_reasons = t[9] != NULL;
	c.kind = data[0] >> 4 & 3 ? CALL_MODEL : CALL_FETCH;
	c.role = data[0] & 64 ? ROLE_SERVER : ROLE_CLIENT;
	c.content = &k;
	otlp_encode__init(&e, &config, otlp_profile__find(data[0] & 128 ? "langfuse" : "otel"),
			  data[0] & 1 ? SEMCONV_LATEST : SEMCONV_1_41);
	e.content_on_spans = true;
	buf__init(&out, 64 << 20);
	check_span(&e, &c, &out);
	check_log(&e, &c, &out);
	check_resource(&e, &c, &out);
	if (e.budget.used_bytes)
		abort();
	buf__free(&out);
	free(text);
	return 0;
}
