// SPDX-License-Identifier: Apache-2.0
#include "sink/record_json.h"

#include "base/json_write.h"
#include "call/fields.h"

static void put_text(struct json_write *w, const char *key, const char *text)
{
	if (!text || !*text)
		return;
	json_write__key(w, key);
	json_write__string(w, text);
}

static void put_texts(struct json_write *w, const struct value *v)
{
	unsigned int i;

	json_write__open(w, '[');
	for (i = 0; i < v->n; i++)
		json_write__string(w, v->texts[i]);
	json_write__close(w, ']');
}

static void put_tools(struct json_write *w, const struct value *v)
{
	unsigned int i;

	json_write__open(w, '[');
	for (i = 0; i < v->n; i++) {
		json_write__open(w, '{');
		put_text(w, "id", v->tools[i].id);
		put_text(w, "name", v->tools[i].name);
		json_write__close(w, '}');
	}
	json_write__close(w, ']');
}

static void put_unseen(struct json_write *w, const struct value *v)
{
	unsigned int i;

	json_write__open(w, '[');
	for (i = 0; i < v->n; i++) {
		json_write__open(w, '{');
		json_write__key(w, "protocol");
		json_write__string(w, v->unseen[i].protocol);
		json_write__key(w, "host");
		json_write__string(w, v->unseen[i].host);
		if (v->unseen[i].library) {
			json_write__key(w, "library");
			json_write__string(w, v->unseen[i].library);
		}
		json_write__key(w, "connections");
		json_write__uint(w, v->unseen[i].connections);
		json_write__close(w, '}');
	}
	json_write__close(w, ']');
}

static void put_value(struct json_write *w, const struct value *v)
{
	switch (v->kind) {
	case VALUE_TEXT:
		json_write__string(w, v->text);
		break;
	case VALUE_INT:
		json_write__int(w, v->i);
		break;
	case VALUE_UINT:
		json_write__uint(w, v->u);
		break;
	case VALUE_REAL:
		json_write__real(w, v->real);
		break;
	case VALUE_BOOL:
		json_write__bool(w, v->yes);
		break;
	case VALUE_NANO:
		/* Nano-dollars are to dollars as nanoseconds to seconds. */
		json_write__seconds(w, v->i);
		break;
	case VALUE_TIME:
		json_write__time(w, v->u);
		break;
	case VALUE_ID:
		json_write__hex(w, v->id, v->n);
		break;
	case VALUE_TEXTS:
		put_texts(w, v);
		break;
	case VALUE_TOOLS:
		put_tools(w, v);
		break;
	case VALUE_UNSEEN:
		put_unseen(w, v);
		break;
	case VALUE_JSON:
		json_write__raw(w, v->text);
		break;
	}
}

static int write_line(struct buf *out, const struct fields *t, const void *record)
{
	size_t was = out->n;
	struct json_write w;
	struct value value;
	unsigned int i;
	int err;

	json_write__init(&w, out);
	json_write__open(&w, '{');
	for (i = 0; i < t->n; i++) {
		if (field__get(&t->v[i], record, &value)) {
			json_write__key(&w, t->v[i].name);
			put_value(&w, &value);
		}
	}
	json_write__close(&w, '}');
	err = w.err ? w.err : buf__add(out, SPAN_LIT("\n"));
	if (err)
		out->n = was;
	return err;
}

int record_json__call(struct buf *out, const struct call *c)
{
	return write_line(out, &call_fields, c);
}

int record_json__run(struct buf *out, const struct agent_run *r)
{
	return write_line(out, &run_fields, r);
}

int record_json__tool(struct buf *out, const struct agent_tool *t)
{
	return write_line(out, &tool_fields, t);
}

int record_json__stats(struct buf *out, const struct stats *st)
{
	return write_line(out, &stats_fields, st);
}
