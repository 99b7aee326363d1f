// SPDX-License-Identifier: Apache-2.0
#include "dialect/results.h"

#include "dialect/wire.h"
#include "base/limits.h"

/* Ids are some 30 bytes long; gateways that hide state in them make them longer. */
#define RESULT_ID_BYTES 128

void results__init(struct results *s, const struct limits *lim)
{
	*s = (struct results){0};
	buf__init(&s->ids, (size_t)lim->tool_calls * RESULT_ID_BYTES);
	buf__init(&s->id, lim->json_value < UINT16_MAX ? lim->json_value : UINT16_MAX);
}

void results__free(struct results *s)
{
	buf__free(&s->ids);
	buf__free(&s->id);
}

static bool add_one(struct results *s, struct span text, unsigned int flags)
{
	uint16_t n = (uint16_t)text.n;
	uint8_t head[3];

	if (!n)
		return true;
	if (s->answered)
		buf__clear(&s->ids);
	s->answered = false;
	memcpy(head, &n, sizeof(n));
	head[2] = (uint8_t)flags;
	if (buf__reserve(&s->ids, sizeof(head) + n))
		return false;
	buf__add(&s->ids, span(head, sizeof(head)));
	buf__add(&s->ids, text);
	return true;
}

static bool add(struct results *s)
{
	bool ok = add_one(s, buf__span(&s->id),
			  (s->id_truncated ? RESULT_CUT : 0) | (s->failed ? RESULT_FAILED : 0));

	ok &= add_one(s, text__span(&s->name), RESULT_NAMED);
	buf__clear(&s->id);
	s->name.n = 0;
	return ok;
}

static void tell(struct dialect_reader *r)
{
	struct span rest = buf__span(&r->results.ids);
	struct span id;
	uint16_t n;

	while (rest.n) {
		memcpy(&n, rest.p, sizeof(n));
		id = span_head(span_skip(rest, 3), n);
		wire__text(r,
			   rest.p[2] & RESULT_NAMED ? FACT_TOOL_RESULT_NAME : FACT_TOOL_RESULT_ID,
			   id, rest.p[2] & RESULT_CUT, 0);
		if (rest.p[2] & RESULT_FAILED)
			wire__text(r, FACT_TOOL_RESULT_ERROR, id, rest.p[2] & RESULT_CUT, 0);
		rest = span_skip(rest, 3u + n);
	}
	buf__clear(&r->results.ids);
}

/* A message (or a part of one) begins or ends: what was said of the one before is void. */
static void next(struct results *s)
{
	buf__clear(&s->id);
	s->name.n = 0;
	s->id_truncated = false;
	s->failed = false;
	s->is_result = false;
}

bool results__value(struct dialect_reader *r, const struct json_value *v)
{
	struct results *s = &r->results;
	ptrdiff_t n;
	bool ok = true;

	switch (v->id) {
	case WIRE_MESSAGES:
		if (v->event == JSON_ENDS)
			tell(r);
		else
			buf__clear(&s->ids);
		break;
	case WIRE_MESSAGE:
		if (v->event == JSON_ENDS) {
			/* The model's own message may name calls, too; it brings no result. */
			if (s->is_assistant) {
				buf__clear(&s->id);
				s->name.n = 0;
			}
			ok = add(s);
			s->answered |= s->is_assistant;
		}
		s->is_assistant = false;
		next(s);
		break;
	case WIRE_ROLE:
		s->is_assistant = span_eq(v->text, SPAN_LIT("assistant")) ||
				  span_eq(v->text, SPAN_LIT("model")); /* Gemini */
		break;
	case WIRE_RESULT:
		if (v->event == JSON_ENDS && s->is_result)
			ok = add(s);
		next(s);
		break;
	case WIRE_RESULT_TYPE:
		s->is_result = v->event == JSON_BEGINS || /* an object that only results have */
			       span_eq(v->text, SPAN_LIT("tool_result")) ||
			       span_eq(v->text, SPAN_LIT("function_result"));
		break;
	case WIRE_RESULT_ID:
		if (v->type != JSON_STRING)
			break;
		buf__clear(&s->id);
		n = buf__add_some(&s->id, v->text);
		ok = n == (ptrdiff_t)v->text.n;
		s->id_truncated = v->truncated || !ok;
		break;
	case WIRE_RESULT_NAME:
		if (v->type == JSON_STRING)
			text__set(&s->name, v->text, v->truncated);
		break;
	case WIRE_RESULT_FAILED: /* true, or a word for it */
		s->failed |= v->type == JSON_TRUE || span_eq(v->text, SPAN_LIT("error"));
		break;
	default:
		break;
	}
	return ok;
}
