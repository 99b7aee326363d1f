// SPDX-License-Identifier: Apache-2.0
#include "base/json_doc.h"

#include <errno.h>
#include <stdlib.h>

#include "base/json_number.h"

#define FIRST_NODES 64

/* What may stand here. */
enum due {
	DUE_VALUE,
	DUE_VALUE_OR_END, /* after '[' */
	DUE_KEY,
	DUE_KEY_OR_END, /* after '{' */
	DUE_COLON,
	DUE_COMMA, /* or the end of the container */
};

struct parse {
	struct json_doc *d;
	const uint8_t *p, *end;
	uint32_t up; /* the container under way */
	uint32_t depth;
	enum due due;
};

void json_doc__init(struct json_doc *d, uint32_t max_nodes, uint32_t max_depth)
{
	*d = (struct json_doc){.max_nodes = max_nodes, .max_depth = max_depth};
}

void json_doc__free(struct json_doc *d)
{
	free(d->v);
	json_doc__init(d, d->max_nodes, d->max_depth);
}

/* 1: added, 0: there are too many. */
static int add(struct parse *s, enum json_node_type type, const uint8_t *p, size_t n)
{
	struct json_doc *d = s->d;
	struct json_node *v;
	uint32_t cap;

	if (d->n == d->max_nodes || n > UINT32_MAX)
		return 0;
	if (d->n == d->cap) {
		cap = d->cap ? 2 * d->cap : FIRST_NODES;
		v = realloc(d->v, cap * sizeof(*v));
		if (!v)
			return -ENOMEM;
		d->v = v;
		d->cap = cap;
	}
	d->v[d->n] = (struct json_node){
		.p = p, .n = (uint32_t)n, .next = d->n + 1, .up = s->up, .type = type};
	d->n++;
	return 1;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The end of the string that begins at p, after its quote; NULL: it does not end. */
static const uint8_t *string_end(const uint8_t *p, const uint8_t *end)
{
	for (; p < end; p++) {
		if (*p == '"')
			return p;
		if (*p == '\\' && ++p == end)
			break;
	}
	return NULL;
}

/* A string or a key. One that breaks off is kept. */
static int string(struct parse *s, enum json_node_type type)
{
	const uint8_t *begin = s->p + 1, *stop = string_end(begin, s->end);
	int got = add(s, type, begin, (size_t)((stop ? stop : s->end) - begin));

	s->p = stop ? stop + 1 : s->end;
	return !stop && got > 0 ? 0 : got;
}

static int scalar(struct parse *s)
{
	static const struct {
		const char *text;
		enum json_node_type type;
	} names[] = {
		{"true", JSON_NODE_TRUE},
		{"false", JSON_NODE_FALSE},
		{"null", JSON_NODE_NULL},
	};
	const uint8_t *p = s->p;
	bool integer;
	size_t i;

	while (p < s->end && !is_blank(*p) && !strchr(",]}[{\":", *p))
		p++;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!span_eq(span(s->p, (size_t)(p - s->p)), span_str(names[i].text)))
			continue;
		s->p = p;
		return add(s, names[i].type, p - strlen(names[i].text), strlen(names[i].text));
	}
	/* A number at the end of a cut text may be the beginning of one. */
	if (!json_number__valid(span(s->p, (size_t)(p - s->p)), &integer) ||
	    (p == s->end && s->depth))
		return 0;
	i = (size_t)(p - s->p);
	s->p = p;
	return add(s, JSON_NODE_NUMBER, p - i, i);
}

/* The container under way ends here. */
static void close_one(struct parse *s)
{
	struct json_node *n = &s->d->v[s->up];

	n->next = s->d->n;
	n->n = (uint32_t)(s->p - n->p);
	s->up = n->up;
	s->depth--;
	s->due = DUE_COMMA;
}

static int open_one(struct parse *s)
{
	bool object = *s->p == '{';
	int got = 0;

	if (s->depth < s->d->max_depth)
		got = add(s, object ? JSON_NODE_OBJECT : JSON_NODE_ARRAY, s->p, 0);
	if (got <= 0)
		return got;
	s->up = s->d->n - 1;
	s->depth++;
	s->p++;
	s->due = object ? DUE_KEY_OR_END : DUE_VALUE_OR_END;
	return 1;
}

static int value(struct parse *s)
{
	int got;

	if (*s->p == '{' || *s->p == '[')
		return open_one(s);
	got = *s->p == '"' ? string(s, JSON_NODE_STRING) : scalar(s);
	s->due = DUE_COMMA;
	return got;
}

/* The next token. 1, 0: it is none that may stand here, or a bound, or -ENOMEM. */
static int token(struct parse *s)
{
	bool object = s->depth && s->d->v[s->up].type == JSON_NODE_OBJECT;
	uint8_t c = *s->p;
	int got;

	if ((s->due == DUE_COMMA || s->due == DUE_KEY_OR_END || s->due == DUE_VALUE_OR_END) &&
	    c == (object ? '}' : ']')) {
		s->p++;
		close_one(s);
		return 1;
	}
	switch (s->due) {
	case DUE_VALUE:
	case DUE_VALUE_OR_END:
		return value(s);
	case DUE_KEY:
	case DUE_KEY_OR_END:
		if (c != '"')
			return 0;
		got = string(s, JSON_NODE_KEY);
		s->due = DUE_COLON;
		return got;
	case DUE_COLON:
		s->p += c == ':';
		s->due = DUE_VALUE;
		return c == ':';
	default:
		s->p += c == ',';
		s->due = object ? DUE_KEY : DUE_VALUE;
		return c == ',';
	}
}

int json_doc__parse(struct json_doc *d, struct span text, size_t *ret_used)
{
	struct parse s = {.d = d, .p = text.p};
	int got = 1;

	s.end = text.p + span_head(text, UINT32_MAX).n;
	d->n = 0;
	d->cut = false;
	do {
		while (s.p < s.end && is_blank(*s.p))
			s.p++;
		got = s.p < s.end ? token(&s) : 0;
	} while (got > 0 && s.depth);
	*ret_used = (size_t)(s.p - text.p);
	if (got < 0)
		return got;
	if (!d->n)
		return -EBADMSG;
	d->cut = !got;
	/* A key without a value is none. */
	if (d->v[d->n - 1].type == JSON_NODE_KEY)
		d->n--;
	while (s.depth)
		close_one(&s);
	return 0;
}

const struct json_node *json_doc__root(const struct json_doc *d)
{
	return d->n ? d->v : NULL;
}

const struct json_node *json_doc__first(const struct json_doc *d, const struct json_node *n)
{
	if (!n || n->type > JSON_NODE_ARRAY || n + 1 == d->v + n->next)
		return NULL;
	return n + 1;
}

const struct json_node *json_doc__next(const struct json_doc *d, const struct json_node *n,
				       const struct json_node *c)
{
	uint32_t next = c->next;

	if (c->type == JSON_NODE_KEY)
		next = c[1].next;
	return next < n->next ? &d->v[next] : NULL;
}

const struct json_node *json_doc__get(const struct json_doc *d, const struct json_node *n,
				      const char *key)
{
	struct span name = span_str(key);
	const struct json_node *c;

	if (!json_node__is(n, JSON_NODE_OBJECT))
		return NULL;
	for (c = json_doc__first(d, n); c; c = json_doc__next(d, n, c))
		if (span_eq(span(c->p, c->n), name))
			return c + 1;
	return NULL;
}

bool json_node__is(const struct json_node *n, enum json_node_type type)
{
	return n && n->type == type;
}

bool json_node__says(const struct json_node *n, const char *text)
{
	return json_node__is(n, JSON_NODE_STRING) && span_eq(span(n->p, n->n), span_str(text));
}

int64_t json_node__int(const struct json_node *n, int64_t none)
{
	bool integer;
	int64_t v;

	if (!json_node__is(n, JSON_NODE_NUMBER) ||
	    !json_number__valid(span(n->p, n->n), &integer) ||
	    !json_number__integral(span(n->p, n->n), integer, &v))
		return none;
	return v;
}

struct span json_node__text(const struct json_node *n, struct json_text *t, size_t max)
{
	static const uint8_t quote = '"';

	json_text__begin(t, max);
	if (!n || (n->type != JSON_NODE_STRING && n->type != JSON_NODE_KEY))
		return SPAN_NONE;
	json_text__feed(t, n->p, n->p + n->n);
	json_text__feed(t, &quote, &quote + 1);
	return buf__span(&t->out);
}
