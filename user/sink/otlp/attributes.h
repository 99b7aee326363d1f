/* SPDX-License-Identifier: Apache-2.0 */
/* attributes.h: a list of attributes in the making. Keys are unique, texts valid UTF-8 (what is
 * not is repaired to U+FFFD: protobuf's strings must be), unknown facts absent. What is past a
 * limit, or finds no memory, is left out and counted, as the specification has it. */
#ifndef LLMSNOOP_OTLP_ATTRIBUTES_H
#define LLMSNOOP_OTLP_ATTRIBUTES_H

#include "base/arena.h"
#include "call/fields.h"
#include "sink/otlp/otlp.pb-c.h"

#define ATTRIBUTES_MAX 192 /* fields of a record, and what profiles add */

struct attributes {
	struct arena *arena;	   /* borrowed; holds what entries point to */
	unsigned int limit;	   /* entries */
	unsigned int value_length; /* longest text in characters */
	unsigned int n, dropped;
	Otlp__KeyValue *list[ATTRIBUTES_MAX];
};

/* UINT_MAX: as many as there is room for, texts of any length. Entries live as long as the arena's
 * content. */
void attributes__init(struct attributes *a, struct arena *arena, unsigned int limit,
		      unsigned int value_length);

/* key must outlive the list; values are copied where need be. Nothing is added where text is NULL
 * or "", and where the key is there already. */
void attributes__text(struct attributes *a, const char *key, const char *text);
void attributes__int(struct attributes *a, const char *key, int64_t v);
void attributes__real(struct attributes *a, const char *key, double v);
void attributes__bool(struct attributes *a, const char *key, bool v);
/* A field's value as the attribute type that it has: ids are hexadecimal texts, lists of tools the
 * list of their names, JSON a text, which is left out where it is longer than texts may be. */
void attributes__value(struct attributes *a, const char *key, const struct value *v);
/* JSON text as structured value; a text where it is no JSON. */
void attributes__json(struct attributes *a, const char *key, const char *json);

/* s as a string of valid UTF-8 without NUL, at most max characters. NULL: no memory. s
 * itself where nothing is to be done. */
const char *attributes__utf8(struct arena *arena, const char *s, unsigned int max);

#endif
