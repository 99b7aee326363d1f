// SPDX-License-Identifier: Apache-2.0
#include "base/json_scan.h"

#include <errno.h>
#include <stdlib.h>

#include "base/json_find.h"
#include "base/json_hash.h"
#include "base/json_number.h"
#include "base/json_path.h"
#include "base/json_skip.h"
#include "base/json_text.h"
#include "base/limits.h"

enum scan_state {
	SCAN_VALUE,	  /* a value is due */
	SCAN_FIRST_ELEM,  /* after '[': a value or ']' */
	SCAN_FIRST_KEY,	  /* after '{': a key or '}' */
	SCAN_KEY,	  /* after ',' in an object */
	SCAN_COLON,	  /* after a key */
	SCAN_AFTER,	  /* after a value */
	SCAN_KEY_TEXT,	  /* inside a key that is gathered */
	SCAN_STRING_TEXT, /* inside a selected string that is gathered */
	SCAN_STRING_SEEN, /* inside a string that JSON_SEEN asks about */
	SCAN_STRING_SKIP, /* inside an unselected string */
	SCAN_TOKEN,	  /* inside a number or literal */
	SCAN_SEEN,	  /* after the bracket of a container that JSON_SEEN asks about */
	SCAN_SKIP,	  /* inside an unselected container */
	SCAN_STATES,
};

/* A container on the way of the paths. */
struct frame {
	const struct json_path *node; /* whose kids its members are */
	const struct json_path *elem; /* of an array's elements, NULL: unselected */
	uint8_t type;		      /* enum json_type */
	bool counted;		      /* it has a place in index[] */
};

struct json_scan {
	const struct json_path *root;
	const struct json_path *cur; /* of the value that is due or going on; NULL: unselected */
	const struct json_ops *ops;
	void *ctx;
	const struct limits *lim;
	int error;
	unsigned int flags;
	uint8_t state;
	uint8_t skip_type;  /* enum json_type of the skipped container */
	bool token_started; /* some of the token is in text.out already */
	unsigned int n_frames;
	unsigned int n_index;
	struct json_skip skip;
	uint64_t documents;
	uint64_t seen, hash;   /* bytes of the value that JSON_SEEN asks about, JSON_HASH of them */
	struct json_text text; /* a key or a value: never both at once */
	uint32_t index[JSON_NEST_MAX + 1];
	struct frame frames[JSON_NEST_MAX + 1];
};

int json_scan__new(const struct json_path *root, const struct json_ops *ops, void *ctx,
		   const struct limits *lim, struct json_scan **ret)
{
	struct json_scan *s;

	if (json_path__nesting(root, 0) > JSON_NEST_MAX)
		return -EINVAL;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->root = root;
	s->ops = ops;
	s->ctx = ctx;
	s->lim = lim;
	json_text__init(&s->text);
	json_scan__reset(s);
	*ret = s;
	return 0;
}

void json_scan__free(struct json_scan *s)
{
	if (!s)
		return;
	json_text__free(&s->text);
	free(s);
}

void json_scan__reset(struct json_scan *s)
{
	s->cur = s->root;
	s->error = 0;
	s->flags = 0;
	s->state = SCAN_VALUE;
	s->n_frames = 0;
	s->n_index = 0;
	s->documents = 0;
}

unsigned int json_scan__flags(const struct json_scan *s)
{
	return s->flags;
}

uint64_t json_scan__documents(const struct json_scan *s)
{
	return s->documents;
}

__attribute__((cold)) static int fail(struct json_scan *s, int err)
{
	if (err == -EBADMSG)
		s->flags |= JSON_MALFORMED;
	s->error = err;
	return err;
}

/* Of a string, until something else is said. */
static inline struct json_value value_of(const struct json_scan *s, const struct json_path *node,
					 enum json_event event)
{
	return (struct json_value){.id = node->id,
				   .event = event,
				   .type = JSON_STRING,
				   .hash = s->hash,
				   .index = s->index,
				   .n_index = s->n_index};
}

__attribute__((noinline)) static int tell(struct json_scan *s, const struct json_path *node,
					  enum json_event event, enum json_type type)
{
	struct json_value v = value_of(s, node, event);

	v.type = type;
	if (event == JSON_ENDS && node->want & JSON_HASH)
		v.number = s->seen < INT64_MAX ? (int64_t)s->seen : INT64_MAX;
	return s->ops->value(s->ctx, &v);
}

/* --- values -------------------------------------------------------------------------------- */

/* A value is complete; what it was part of goes on. */
static void value_done(struct json_scan *s)
{
	s->state = SCAN_AFTER;
	if (s->n_frames == 0 ||
	    (s->n_frames == 1 && s->frames[0].type == JSON_ARRAY && s->frames[0].node == s->root))
		s->documents++;
}

static int string_done(struct json_scan *s, struct span text, bool truncated)
{
	struct json_value v = value_of(s, s->cur, JSON_IS);

	v.truncated = truncated;
	v.text = text;
	value_done(s);
	return s->ops->value(s->ctx, &v);
}

static int token_done(struct json_scan *s, struct span text, bool truncated)
{
	static const struct {
		struct span text;
		enum json_type type;
	} literals[] = {
		{{(const uint8_t *)"true", 4}, JSON_TRUE},
		{{(const uint8_t *)"false", 5}, JSON_FALSE},
		{{(const uint8_t *)"null", 4}, JSON_NULL},
	};
	struct json_value v;
	bool integer;
	size_t i;

	value_done(s);
	if (!s->cur || !(s->cur->want & JSON_SCALAR))
		return 0;
	v = value_of(s, s->cur, JSON_IS);
	v.truncated = truncated;
	v.text = text;
	for (i = 0; i < sizeof(literals) / sizeof(literals[0]); i++) {
		if (!span_eq(text, literals[i].text))
			continue;
		v.type = literals[i].type;
		v.text = SPAN_NONE;
		return s->ops->value(s->ctx, &v);
	}
	if (!truncated && !json_number__valid(text, &integer)) {
		s->flags |= JSON_BAD_VALUE; /* NaN and its like: absent, but no end of the world */
		return 0;
	}
	v.type = JSON_NUMBER;
	v.integral = !truncated && json_number__integral(text, integer, &v.number);
	return s->ops->value(s->ctx, &v);
}

static int push(struct json_scan *s, enum json_type type)
{
	const struct json_path *node = s->cur;
	struct frame *f = &s->frames[s->n_frames];
	int err = 0;

	if (node->want & JSON_ENTER)
		err = tell(s, node, JSON_BEGINS, type);
	if (err)
		return err;
	f->node = node;
	f->type = (uint8_t)type;
	f->elem = NULL;
	f->counted = false;
	if (type == JSON_ARRAY && s->n_frames == 0) {
		f->elem = s->root;
	} else if (type == JSON_ARRAY) {
		f->elem = json_path__each(node);
		f->counted = true;
		s->index[s->n_index++] = 0;
	}
	s->n_frames++;
	if (s->n_frames > s->lim->json_depth)
		s->flags |= JSON_TOO_DEEP;
	s->cur = f->elem;
	s->state = type == JSON_ARRAY ? SCAN_FIRST_ELEM : SCAN_FIRST_KEY;
	return 0;
}

static int pop(struct json_scan *s)
{
	const struct frame *f = &s->frames[--s->n_frames];

	s->n_index -= f->counted;
	/* The elements of a root array are the documents, not the array itself. */
	if (s->n_frames || f->type != JSON_ARRAY)
		value_done(s);
	else
		s->state = SCAN_AFTER;
	if (f->node->want & JSON_LEAVE)
		return tell(s, f->node, JSON_ENDS, (enum json_type)f->type);
	return 0;
}

/* A container begins: on the way of the paths, asked about, or of no interest. */
static int container(struct json_scan *s, enum json_type type)
{
	const struct json_path *node = s->cur;

	/* A root array's elements are looked through, but not the arrays among them. */
	if (node && node->n_kids && !(node == s->root && type == JSON_ARRAY && s->n_frames) &&
	    (type == JSON_OBJECT || s->n_frames == 0 || json_path__each(node)))
		return push(s, type);
	json_skip__begin(&s->skip);
	s->state = SCAN_SKIP;
	if (!node)
		return 0;
	s->skip_type = (uint8_t)type;
	s->seen = s->hash = 0;
	if (node->want & JSON_SEEN)
		s->state = SCAN_SEEN;
	if (node->want & JSON_ENTER)
		return tell(s, node, JSON_BEGINS, type);
	return 0;
}

/* --- the states: each returns where it stopped, NULL on an error that is in s->error --------- */

static const uint8_t *check(struct json_scan *s, int err, const uint8_t *p)
{
	if (!err)
		return p;
	fail(s, err);
	return NULL;
}

static const uint8_t *bad(struct json_scan *s)
{
	fail(s, -EBADMSG);
	return NULL;
}

static const uint8_t *string_skip(struct json_scan *s, const uint8_t *p, const uint8_t *end)
{
	p = json_skip__string(&s->skip, p, end);
	if (!p)
		return end;
	value_done(s);
	return p;
}

/* A string of which just the size matters: what came of it, if any did. */
static int tell_seen(struct json_scan *s)
{
	struct json_value v = value_of(s, s->cur, JSON_EXISTS);

	v.number = s->seen < INT64_MAX ? (int64_t)s->seen : INT64_MAX;
	return s->seen ? s->ops->value(s->ctx, &v) : 0;
}

/* Bytes of the value that JSON_SEEN asks about. */
static void see(struct json_scan *s, const uint8_t *p, const uint8_t *end)
{
	s->seen += (uint64_t)(end - p);
	if (s->cur->want & JSON_HASH)
		s->hash = json_hash__add(s->hash, p, end);
}

static const uint8_t *string_seen(struct json_scan *s, const uint8_t *p, const uint8_t *end)
{
	const uint8_t *q = json_skip__string(&s->skip, p, end);

	see(s, p, q ? q - 1 : end);
	if (!q)
		return end;
	value_done(s);
	return check(s, tell_seen(s), q);
}

static const uint8_t *string_text(struct json_scan *s, const uint8_t *p, const uint8_t *end)
{
	p = json_text__feed(&s->text, p, end);
	if (s->text.error) {
		fail(s, s->text.error);
		return NULL;
	}
	if (!p)
		return end;
	if (s->text.invalid)
		s->flags |= JSON_BAD_VALUE;
	return check(s, string_done(s, buf__span(&s->text.out), s->text.truncated), p);
}

/* After the opening quote of a value. */
static const uint8_t *string_begin(struct json_scan *s, const uint8_t *p, const uint8_t *end)
{
	unsigned int want = s->cur ? s->cur->want : 0;
	const uint8_t *q;

	if (want & JSON_SCALAR) {
		/* The common case needs no copy: all here, plain ASCII, short enough. */
		q = json_find_special(p, end);
		if (q < end && *q == '"' && (size_t)(q - p) <= s->lim->json_value &&
		    json_ascii(p, q))
			return check(s, string_done(s, span(p, (size_t)(q - p)), false), q + 1);
		json_text__begin(&s->text, s->lim->json_value);
		s->state = SCAN_STRING_TEXT;
	} else if (want & JSON_SEEN) {
		s->seen = s->hash = 0;
		s->skip.escaped = false;
		s->state = SCAN_STRING_SEEN;
	} else {
		s->skip.escaped = false;
		s->state = SCAN_STRING_SKIP;
		return string_skip(s, p, end);
	}
	return p;
}

static void key_done(struct json_scan *s, struct span key)
{
	const struct frame *f = &s->frames[s->n_frames - 1];

	s->cur = key.n <= s->lim->json_key ? json_path__member(f->node, key.p, key.n) : NULL;
	s->state = SCAN_COLON;
}

static const uint8_t *key_text(struct json_scan *s, const uint8_t *p, const uint8_t *end)
{
	p = json_text__feed(&s->text, p, end);
	if (s->text.error) {
		fail(s, s->text.error);
		return NULL;
	}
	if (!p)
		return end;
	key_done(s, buf__span(&s->text.out));
	if (s->text.truncated)
		s->cur = NULL;
	return p;
}

static const uint8_t *colon(struct json_scan *s, const uint8_t *p, const uint8_t *end)
{
	p = json_blanks(p, end);
	if (p == end)
		return p;
	if (*p != ':')
		return bad(s);
	s->state = SCAN_VALUE;
	return p + 1;
}

static const uint8_t *token(struct json_scan *s, const uint8_t *p, const uint8_t *end)
{
	const uint8_t *q = p;
	ptrdiff_t n;

	while (q < end && json_in_token[*q])
		q++;
	if (q < end && !s->token_started)
		return check(s,
			     token_done(s, span_head(span(p, (size_t)(q - p)), s->lim->json_value),
					(size_t)(q - p) > s->lim->json_value),
			     q);
	/* The scanner's only token that may be cut: gathered, if it is selected. */
	if (!s->token_started)
		json_text__begin(&s->text, s->lim->json_value);
	s->token_started = true;
	if (s->cur && s->cur->want & JSON_SCALAR) {
		n = buf__add_some(&s->text.out, span(p, (size_t)(q - p)));
		if (n < 0)
			return check(s, (int)n, q);
		s->text.truncated |= n < q - p;
	}
	if (q == end)
		return q;
	return check(s, token_done(s, buf__span(&s->text.out), s->text.truncated), q);
}

static const uint8_t *skip(struct json_scan *s, const uint8_t *p, const uint8_t *end)
{
	const uint8_t *from = p;

	p = json_skip__container(&s->skip, p, end);
	if (s->cur && s->cur->want & JSON_SEEN)
		see(s, from, p ? p : end);
	if (s->n_frames + s->skip.deepest > s->lim->json_depth)
		s->flags |= JSON_TOO_DEEP;
	if (!p)
		return end;
	value_done(s);
	if (s->cur && s->cur->want & (JSON_LEAVE | JSON_HASH))
		return check(s, tell(s, s->cur, JSON_ENDS, (enum json_type)s->skip_type), p);
	return p;
}

static const uint8_t *value(struct json_scan *s, const uint8_t *p, const uint8_t *end)
{
	int err = 0;

	p = json_blanks(p, end);
	if (p == end)
		return p;
	if (*p == ']' && s->state == SCAN_FIRST_ELEM)
		return check(s, pop(s), p + 1);
	if (s->cur == s->root && s->ops->begin && (*p != '[' || s->n_frames))
		err = s->ops->begin(s->ctx);
	if (err)
		return check(s, err, p);
	if (*p == '"')
		return string_begin(s, p + 1, end);
	if (*p == '{' || *p == '[') {
		err = container(s, *p == '{' ? JSON_OBJECT : JSON_ARRAY);
		if (!err && s->state == SCAN_SKIP)
			return skip(s, p + 1, end);
		return check(s, err, p + 1);
	}
	if (!json_in_token[*p])
		return bad(s);
	s->state = SCAN_TOKEN;
	s->token_started = false;
	return token(s, p, end);
}

/* The members of an object, as long as they are whole: most of a document stays in this loop. */
static const uint8_t *members(struct json_scan *s, const uint8_t *p, const uint8_t *end)
{
	const uint8_t *q;

	for (;;) {
		p = json_blanks(p, end);
		if (p == end)
			return p;
		if (*p == '}' && s->state == SCAN_FIRST_KEY)
			return check(s, pop(s), p + 1);
		if (*p++ != '"')
			return bad(s);
		q = json_find_special(p, end);
		if (q == end || *q != '"') {
			json_text__begin(&s->text, s->lim->json_key);
			s->state = SCAN_KEY_TEXT;
			return p;
		}
		key_done(s, span(p, (size_t)(q - p)));
		p = colon(s, q + 1, end);
		if (!p || p == end)
			return p;
		p = json_blanks(p, end);
		q = p;
		if (p < end && !(s->cur && s->cur->want & (JSON_SCALAR | JSON_SEEN)))
			q = json_past_scalar(p, end);
		if (q == p) {
			p = value(s, p, end);
			if (!p || p == end || s->state != SCAN_AFTER)
				return p;
			q = p;
		}
		s->state = SCAN_AFTER;
		p = json_blanks(q, end);
		if (p == end || *p != ',')
			return p;
		s->state = SCAN_KEY;
		p++;
	}
}

static const uint8_t *after(struct json_scan *s, const uint8_t *p, const uint8_t *end)
{
	const struct frame *f;

	p = json_blanks(p, end);
	if (p == end)
		return p;
	if (!s->n_frames) { /* another document */
		if (*p != '{' && *p != '[')
			return bad(s);
		s->cur = s->root;
		s->state = SCAN_VALUE;
		return p;
	}
	f = &s->frames[s->n_frames - 1];
	if (*p == (f->type == JSON_ARRAY ? ']' : '}'))
		return check(s, pop(s), p + 1);
	if (*p != ',')
		return bad(s);
	s->cur = f->elem;
	if (f->counted)
		s->index[s->n_index - 1]++;
	s->state = f->type == JSON_ARRAY ? SCAN_VALUE : SCAN_KEY;
	return p + 1;
}

static const uint8_t *seen(struct json_scan *s, const uint8_t *p, const uint8_t *end)
{
	p = json_blanks(p, end);
	if (p == end)
		return p;
	s->state = SCAN_SKIP;
	if ((*p | 0x20) == '}')
		return p;
	return check(s, tell(s, s->cur, JSON_EXISTS, (enum json_type)s->skip_type), p);
}

static const uint8_t *(*const states[SCAN_STATES])(struct json_scan *s, const uint8_t *p,
						   const uint8_t *end) = {
	[SCAN_VALUE] = value,
	[SCAN_FIRST_ELEM] = value,
	[SCAN_FIRST_KEY] = members,
	[SCAN_KEY] = members,
	[SCAN_COLON] = colon,
	[SCAN_AFTER] = after,
	[SCAN_KEY_TEXT] = key_text,
	[SCAN_STRING_TEXT] = string_text,
	[SCAN_STRING_SEEN] = string_seen,
	[SCAN_STRING_SKIP] = string_skip,
	[SCAN_TOKEN] = token,
	[SCAN_SEEN] = seen,
	[SCAN_SKIP] = skip,
};

int json_scan__feed(struct json_scan *s, struct span in)
{
	const uint8_t *p = in.p, *end = p + in.n;

	if (s->error)
		return s->error;
	while (p < end) {
		p = states[s->state](s, p, end);
		if (!p)
			return s->error;
	}
	return 0;
}

int json_scan__finish(struct json_scan *s)
{
	const struct frame *f;
	int err = 0;

	if (!s->error && s->state == SCAN_TOKEN && !s->n_frames)
		err = token_done(s, buf__span(&s->text.out), s->text.truncated);
	if (!s->error && (s->n_frames || (s->state != SCAN_AFTER && s->state != SCAN_VALUE)))
		s->flags |= JSON_CUT;
	if (!s->error && s->cur && s->cur->want & JSON_LEAVE &&
	    (s->state == SCAN_SKIP || s->state == SCAN_SEEN))
		err = tell(s, s->cur, JSON_ENDS, (enum json_type)s->skip_type);
	if (!s->error && s->state == SCAN_STRING_SEEN)
		err = tell_seen(s);
	while (!err && s->n_frames) {
		f = &s->frames[--s->n_frames];
		s->n_index -= f->counted;
		if (f->node->want & JSON_LEAVE)
			err = tell(s, f->node, JSON_ENDS, (enum json_type)f->type);
	}
	if (err && !s->error)
		fail(s, err);
	return s->error;
}
