// SPDX-License-Identifier: Apache-2.0
#include "sink/otlp/any_value.h"

#include <cjson/cJSON.h>
#include <limits.h>
#include <math.h>
#include <string.h>

#include "sink/otlp/attributes.h"

/* One object or array whose members are being made. */
struct level {
	const cJSON *next; /* member to be made next */
	Otlp__AnyValue **values;
	Otlp__KeyValue **pairs; /* NULL: an array */
	size_t *n;
};

static bool set_string(Otlp__AnyValue *v, struct arena *arena, const char *text)
{
	struct span s = span_str(text);

	/* cJSON's texts die with its tree. */
	v->string_value = arena__string(arena, s);
	if (v->string_value)
		v->string_value = (char *)attributes__utf8(arena, v->string_value, UINT_MAX);
	v->value_case = OTLP__ANY_VALUE__VALUE_STRING_VALUE;
	return v->string_value;
}

static void set_number(Otlp__AnyValue *v, double number)
{
	/* Whole numbers that a double holds exactly. */
	if (number == floor(number) && fabs(number) <= 9007199254740992.0) {
		v->value_case = OTLP__ANY_VALUE__VALUE_INT_VALUE;
		v->int_value = (int64_t)number;
	} else {
		v->value_case = OTLP__ANY_VALUE__VALUE_DOUBLE_VALUE;
		v->double_value = number;
	}
}

/* Is from told as text? Where it is too deep, or has so many members that to look for names that
 * stand twice takes long. */
static bool is_too_much(const cJSON *from, unsigned int depth)
{
	return from->child &&
	       (depth + 1 >= ANY_VALUE_DEPTH ||
		(cJSON_IsObject(from) && cJSON_GetArraySize(from) > ANY_VALUE_MEMBERS));
}

static bool set_text_of(Otlp__AnyValue *v, struct arena *arena, const cJSON *from)
{
	char *text = cJSON_PrintUnformatted(from);
	bool ok = text && set_string(v, arena, text);

	cJSON_free(text);
	return ok;
}

/* Makes v, without the members of an object or array: those are left to *ret. */
static bool set(Otlp__AnyValue *v, struct arena *arena, const cJSON *from, struct level *ret)
{
	size_t n = (size_t)cJSON_GetArraySize(from);

	ret->next = NULL;
	if (cJSON_IsString(from))
		return set_string(v, arena, from->valuestring);
	if (cJSON_IsNumber(from)) {
		set_number(v, from->valuedouble);
		return true;
	}
	if (cJSON_IsBool(from)) {
		v->value_case = OTLP__ANY_VALUE__VALUE_BOOL_VALUE;
		v->bool_value = cJSON_IsTrue(from);
		return true;
	}
	if (!cJSON_IsObject(from) && !cJSON_IsArray(from))
		return true;
	*ret = (struct level){.next = from->child};
	if (cJSON_IsObject(from)) {
		v->kvlist_value = arena__alloc(arena, sizeof(*v->kvlist_value));
		ret->pairs = arena__alloc(arena, (n + 1) * sizeof(Otlp__KeyValue *));
		if (!v->kvlist_value || !ret->pairs)
			return false;
		otlp__key_value_list__init(v->kvlist_value);
		v->kvlist_value->values = ret->pairs;
		v->value_case = OTLP__ANY_VALUE__VALUE_KVLIST_VALUE;
		ret->n = &v->kvlist_value->n_values;
	} else {
		v->array_value = arena__alloc(arena, sizeof(*v->array_value));
		ret->values = arena__alloc(arena, (n + 1) * sizeof(Otlp__AnyValue *));
		if (!v->array_value || !ret->values)
			return false;
		otlp__array_value__init(v->array_value);
		v->array_value->values = ret->values;
		v->value_case = OTLP__ANY_VALUE__VALUE_ARRAY_VALUE;
		ret->n = &v->array_value->n_values;
	}
	return true;
}

/* Keys are unique in a kvlist: of a key that stands twice the first counts. They are compared as
 * they are told, repaired. */
static bool is_repeated(const struct level *l, const char *key)
{
	size_t i;

	for (i = 0; i < *l->n; i++)
		if (!strcmp(l->pairs[i]->key, key))
			return true;
	return false;
}

/* Makes *ret a member's place; NULL: its key was there already. False: no memory. */
static bool add_member(struct level *l, struct arena *arena, const cJSON *from,
		       Otlp__AnyValue **ret)
{
	Otlp__AnyValue *v = arena__alloc(arena, sizeof(*v)), key;
	Otlp__KeyValue *pair;

	if (!v)
		return false;
	otlp__any_value__init(v);
	*ret = v;
	if (!l->pairs) {
		l->values[(*l->n)++] = v;
		return true;
	}
	pair = arena__alloc(arena, sizeof(*pair));
	if (!pair || !set_string(&key, arena, from->string ? from->string : ""))
		return false;
	if (is_repeated(l, key.string_value)) {
		*ret = NULL;
		return true;
	}
	otlp__key_value__init(pair);
	pair->key = key.string_value;
	pair->value = v;
	l->pairs[(*l->n)++] = pair;
	return true;
}

static bool fill(Otlp__AnyValue *ret, struct arena *arena, const cJSON *json)
{
	struct level levels[ANY_VALUE_DEPTH + 1];
	unsigned int depth = 0;

	if (is_too_much(json, 0))
		return false;
	if (!set(ret, arena, json, &levels[0]))
		return false;
	while (depth || levels[0].next) {
		struct level *l = &levels[depth];
		const cJSON *from = l->next;
		Otlp__AnyValue *v;

		if (!from) {
			depth--;
			continue;
		}
		l->next = from->next;
		if (!add_member(l, arena, from, &v))
			return false;
		if (!v)
			continue;
		if (is_too_much(from, depth)) {
			if (!set_text_of(v, arena, from))
				return false;
			continue;
		}
		if (!set(v, arena, from, &levels[depth + 1]))
			return false;
		if (levels[depth + 1].next)
			depth++;
	}
	return true;
}

bool any_value__from_json(Otlp__AnyValue *ret, struct arena *arena, const char *json)
{
	cJSON *tree = cJSON_Parse(json);
	bool ok = tree && fill(ret, arena, tree);

	cJSON_Delete(tree);
	return ok;
}
