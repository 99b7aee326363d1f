// SPDX-License-Identifier: Apache-2.0
#include "sink/otlp/attributes.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "sink/otlp/any_value.h"

void attributes__init(struct attributes *a, struct arena *arena, unsigned int limit,
		      unsigned int value_length)
{
	a->arena = arena;
	a->limit = limit < ATTRIBUTES_MAX ? limit : ATTRIBUTES_MAX;
	a->value_length = value_length;
	a->n = a->dropped = 0;
}

/* Length of what is good as it is, at most max characters. */
static size_t good(struct span s, unsigned int max, bool *ret_whole)
{
	size_t at = 0, n;
	unsigned int chars;
	uint32_t cp;

	for (chars = 0; at < s.n && chars < max; chars++) {
		n = utf8__next(span_skip(s, at), &cp);
		/* U+FFFD itself takes three bytes, and so may a part that reads as one: the
		 * repair writes the same then. */
		if (cp == UTF8_REPLACEMENT)
			break;
		at += n;
	}
	*ret_whole = at == s.n;
	return at;
}

const char *attributes__utf8(struct arena *arena, const char *text, unsigned int max)
{
	struct span s = span_str(text);
	size_t at = 0, n = 0, step;
	unsigned int chars;
	uint32_t cp;
	bool whole;
	char *out;

	good(s, max, &whole);
	if (whole)
		return text;
	/* A byte becomes three at most. */
	out = arena__alloc(arena, s.n * 3 + 1);
	if (!out)
		return NULL;
	for (chars = 0; at < s.n && chars < max; chars++) {
		step = utf8__next(span_skip(s, at), &cp);
		n += utf8__encode(cp, (uint8_t *)out + n);
		at += step;
	}
	return out;
}

static Otlp__AnyValue *add(struct attributes *a, const char *key)
{
	struct {
		Otlp__KeyValue pair;
		Otlp__AnyValue value;
	} * e;
	unsigned int i;

	for (i = 0; i < a->n; i++)
		if (!strcmp(a->list[i]->key, key))
			return NULL;
	e = a->n < a->limit ? arena__alloc(a->arena, sizeof(*e)) : NULL;
	if (!e) {
		a->dropped++;
		return NULL;
	}
	otlp__key_value__init(&e->pair);
	otlp__any_value__init(&e->value);
	e->pair.key = (char *)key;
	e->pair.value = &e->value;
	a->list[a->n++] = &e->pair;
	return &e->value;
}

/* Takes back the entry that was added last: there is no memory for its value. */
static void undo(struct attributes *a)
{
	a->n--;
	a->dropped++;
}

static bool set_text(struct attributes *a, Otlp__AnyValue *v, const char *text)
{
	v->string_value = (char *)attributes__utf8(a->arena, text, a->value_length);
	v->value_case = OTLP__ANY_VALUE__VALUE_STRING_VALUE;
	return v->string_value;
}

void attributes__text(struct attributes *a, const char *key, const char *text)
{
	Otlp__AnyValue *v = text && *text ? add(a, key) : NULL;

	if (v && !set_text(a, v, text))
		undo(a);
}

void attributes__int(struct attributes *a, const char *key, int64_t i)
{
	Otlp__AnyValue *v = add(a, key);

	if (!v)
		return;
	v->value_case = OTLP__ANY_VALUE__VALUE_INT_VALUE;
	v->int_value = i;
}

void attributes__real(struct attributes *a, const char *key, double real)
{
	Otlp__AnyValue *v = add(a, key);

	if (!v)
		return;
	v->value_case = OTLP__ANY_VALUE__VALUE_DOUBLE_VALUE;
	v->double_value = real;
}

void attributes__bool(struct attributes *a, const char *key, bool yes)
{
	Otlp__AnyValue *v = add(a, key);

	if (!v)
		return;
	v->value_case = OTLP__ANY_VALUE__VALUE_BOOL_VALUE;
	v->bool_value = yes;
}

/* n texts, the i-th of which is text(from, i); NULL is "". */
static void add_texts(struct attributes *a, const char *key, const struct value *from,
		      const char *(*text)(const struct value *from, unsigned int i))
{
	Otlp__AnyValue *v = add(a, key), *items;
	Otlp__ArrayValue *list;
	unsigned int i;

	if (!v)
		return;
	list = arena__alloc(a->arena, sizeof(*list));
	items = arena__alloc(a->arena, from->n * sizeof(*items));
	if (!list || !items)
		return undo(a);
	otlp__array_value__init(list);
	list->values = arena__alloc(a->arena, from->n * sizeof(*list->values));
	if (!list->values)
		return undo(a);
	v->value_case = OTLP__ANY_VALUE__VALUE_ARRAY_VALUE;
	v->array_value = list;
	for (i = 0; i < from->n; i++) {
		const char *t = text(from, i);

		otlp__any_value__init(&items[i]);
		if (!set_text(a, &items[i], t ? t : ""))
			return undo(a);
		list->values[list->n_values++] = &items[i];
	}
}

static const char *item_of_texts(const struct value *v, unsigned int i)
{
	return v->texts[i];
}

static const char *name_of_tool(const struct value *v, unsigned int i)
{
	return v->tools[i].name;
}

static void add_id(struct attributes *a, const char *key, const struct value *v)
{
	char hex[33];
	unsigned int i;

	for (i = 0; i < v->n && i < 16; i++)
		snprintf(hex + 2 * i, 3, "%02x", v->id[i]);
	attributes__text(a, key, arena__string(a->arena, span(hex, 2 * i)));
}

/* JSON text that is cut is none: what is too long is left out. */
static void add_json(struct attributes *a, const char *key, const char *text)
{
	bool whole = true;

	if (strlen(text) > a->value_length)
		good(span_str(text), a->value_length, &whole);
	if (whole)
		attributes__text(a, key, text);
	else
		a->dropped++;
}

void attributes__value(struct attributes *a, const char *key, const struct value *v)
{
	switch (v->kind) {
	case VALUE_TEXT:
		attributes__text(a, key,
				 v->text == v->room ? arena__string(a->arena, span_str(v->text))
						    : v->text);
		break;
	case VALUE_JSON:
		add_json(a, key, v->text);
		break;
	case VALUE_INT:
		attributes__int(a, key, v->i);
		break;
	case VALUE_UINT:
	case VALUE_TIME:
		attributes__int(a, key, v->u > INT64_MAX ? INT64_MAX : (int64_t)v->u);
		break;
	case VALUE_REAL:
		attributes__real(a, key, v->real);
		break;
	case VALUE_NANO:
		attributes__real(a, key, (double)v->i / 1e9);
		break;
	case VALUE_BOOL:
		attributes__bool(a, key, v->yes);
		break;
	case VALUE_ID:
		add_id(a, key, v);
		break;
	case VALUE_TEXTS:
		add_texts(a, key, v, item_of_texts);
		break;
	case VALUE_TOOLS:
		add_texts(a, key, v, name_of_tool);
		break;
	case VALUE_UNSEEN: /* of totals only */
		break;
	}
}

void attributes__json(struct attributes *a, const char *key, const char *json)
{
	Otlp__AnyValue *v = json && *json ? add(a, key) : NULL;

	if (v && !any_value__from_json(v, a->arena, json) && !set_text(a, v, json))
		undo(a);
}
