// SPDX-License-Identifier: Apache-2.0
#include "dialect/errors.h"

#include "dialect/wire.h"

const struct json_path wire_error[4] = {
	JSON_PATH("type", WIRE_ERROR_TYPE, JSON_SCALAR),
	JSON_PATH("code", WIRE_ERROR_CODE, JSON_SCALAR),
	JSON_PATH("status", WIRE_ERROR_STATUS, JSON_SCALAR),
	JSON_PATH("message", WIRE_ERROR_MESSAGE, JSON_SCALAR),
};

void errors__begin(struct errors *e)
{
	e->inside = false;
	e->object = false;
	e->type.n = e->code.n = e->status.n = e->message.n = 0;
	e->top_type.n = e->top_code.n = e->top_message.n = 0;
}

void errors__value(struct errors *e, const struct json_value *v)
{
	struct text *const slots[] = {
		[WIRE_ERROR - WIRE_ERROR] = &e->message,
		[WIRE_ERROR_TYPE - WIRE_ERROR] = &e->type,
		[WIRE_ERROR_CODE - WIRE_ERROR] = &e->code,
		[WIRE_ERROR_STATUS - WIRE_ERROR] = &e->status,
		[WIRE_ERROR_MESSAGE - WIRE_ERROR] = &e->message,
		[WIRE_TOP_TYPE - WIRE_ERROR] = &e->top_type,
		[WIRE_TOP_CODE - WIRE_ERROR] = &e->top_code,
		[WIRE_TOP_MESSAGE - WIRE_ERROR] = &e->top_message,
	};

	if ((v->type != JSON_STRING && v->type != JSON_NUMBER) || !v->text.n)
		return;
	if (v->type == JSON_NUMBER && span_eq(v->text, SPAN_LIT("0")))
		return;
	/* What LiteLLM makes of a field that it was not told. */
	if (v->type == JSON_STRING && span_eq(v->text, SPAN_LIT("None")))
		return;
	if (v->id == WIRE_TOP_OBJECT) {
		e->object = span_eq(v->text, SPAN_LIT("error"));
		return;
	}
	text__set(slots[v->id - WIRE_ERROR], v->text, v->truncated);
	e->inside |= v->id < WIRE_TOP_TYPE;
}

/* A URI (RFC 9457's "about:blank" and others) or Anthropic's envelope is no type. */
static bool is_type(const struct text *t)
{
	struct span s = text__span(t);

	return s.n && !span_eq(s, SPAN_LIT("error")) && span_find(s, SPAN_LIT(":")) < 0 &&
	       span_find(s, SPAN_LIT(" ")) < 0;
}

static bool is_word(const struct text *t)
{
	return t->n && (t->p[0] < '0' || t->p[0] > '9') && t->p[0] != '-';
}

void errors__tell(struct dialect_reader *r, bool named)
{
	static const struct text none;
	struct errors *e = &r->errors;
	bool failed = r->status >= 400;
	const struct text *type = &none, *message = &none;

	if (!e->inside && !e->object && !named && !failed)
		return;
	if (e->inside)
		/* OpenAI's type of a rate limit is "requests" or "tokens"; its code says it. */
		type = is_word(&e->code)     ? &e->code
		       : e->type.n	     ? &e->type
		       : is_word(&e->status) ? &e->status
		       : e->code.n	     ? &e->code
					     : &e->status;
	if (!type->n)
		type = is_type(&e->top_type) ? &e->top_type : &e->top_code;
	message = e->message.n ? &e->message : &e->top_message;
	if (message->n)
		wire__text(r, FACT_ERROR_MESSAGE, text__span(message), message->truncated, 0);
	if (type->n)
		wire__text(r, FACT_ERROR_TYPE, text__span(type), type->truncated, 0);
	else if (!failed)
		wire__text(r, FACT_ERROR_TYPE, SPAN_LIT("_OTHER"), false, 0);
}
