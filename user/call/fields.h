/* SPDX-License-Identifier: Apache-2.0 */
/* fields.h: what each type of record says, under which name: one table for each, read by whatever
 * writes, filters or sums records, so that a fact has the same name everywhere. Names are those of
 * the OpenTelemetry GenAI conventions 1.41; own facts are llmsnoop.*. */
#ifndef LLMSNOOP_FIELDS_H
#define LLMSNOOP_FIELDS_H

#include <stddef.h>

#include "call/agent.h"
#include "call/record.h"

enum value_kind {
	VALUE_TEXT,
	VALUE_INT,
	VALUE_UINT,
	VALUE_REAL, /* finite */
	VALUE_BOOL,
	VALUE_NANO,   /* billionths: seconds counted in ns, dollars in nano-dollars */
	VALUE_TIME,   /* CLOCK_REALTIME */
	VALUE_ID,     /* not all zero */
	VALUE_TEXTS,  /* at least one */
	VALUE_TOOLS,  /* at least one */
	VALUE_UNSEEN, /* at least one */
	VALUE_JSON,   /* text that is JSON */
};

/* What a field is about. */
enum field_part {
	PART_RECORD, /* the record itself: its type, time, ids, name, duration */
	PART_WHO,    /* whose it is */
	PART_FACT,
	PART_CONTENT, /* what was said */
};

struct value {
	enum value_kind kind;
	unsigned int n; /* of a list; bytes of an id */
	union {
		const char *text; /* never "" for VALUE_TEXT */
		int64_t i;	  /* VALUE_INT, VALUE_NANO: the latter is not negative */
		uint64_t u;	  /* VALUE_UINT, VALUE_TIME */
		double real;
		bool yes;
		const uint8_t *id;
		const char *const *texts;
		const struct call_tool *tools;
		const struct unseen *unseen;
	};
	char room[8192]; /* of a text that no member of the record holds */
};

struct field {
	const char *name;
	enum field_part part;
	enum value_kind kind;
	bool (*get)(const void *record, size_t at, struct value *ret);
	size_t at;
};

struct fields {
	const struct field *v;
	unsigned int n;
};

extern const struct fields call_fields;	 /* of struct call */
extern const struct fields run_fields;	 /* of struct agent_run */
extern const struct fields tool_fields;	 /* of struct agent_tool */
extern const struct fields stats_fields; /* of struct stats */

/* What that record says in field f. False: it is unknown. *ret borrows from the record and from
 * itself: it must not be copied. */
bool field__get(const struct field *f, const void *record, struct value *ret);

/* A call's operation by a name that the conventions know ("chat", "embeddings", …), or NULL: they
 * have none for it (token counts, moderations, what cannot be read). Making images and speech is
 * generating content, ranking what was found is part of its retrieval. */
const char *call__operation(const struct call *c);

/* NULL: no field has that name. */
const struct field *fields__find(const struct fields *t, const char *name);

#endif
