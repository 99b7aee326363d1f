// SPDX-License-Identifier: Apache-2.0
#include "framing/json_seq.h"

enum seq_state {
	SEQ_BOM,     /* before the first byte that is no byte-order mark */
	SEQ_BETWEEN, /* of messages */
	SEQ_MESSAGE,
	SEQ_LOST, /* dropping up to a line that begins with '{' */
};

/* What a byte is outside strings. */
enum byte_class {
	BYTE_OTHER, /* cannot stand between messages; means nothing inside one */
	BYTE_BLANK,
	BYTE_SCALAR, /* of a number or literal */
	BYTE_QUOTE,
	BYTE_OBJECT,
	BYTE_ARRAY,
	BYTE_OBJECT_END,
	BYTE_ARRAY_END,
};

static const uint8_t classes[256] = {
	[' '] = BYTE_BLANK,	     ['\t'] = BYTE_BLANK,	  ['\n'] = BYTE_BLANK,
	['\r'] = BYTE_BLANK,	     [','] = BYTE_BLANK,	  ['+'] = BYTE_SCALAR,
	['-'] = BYTE_SCALAR,	     ['.'] = BYTE_SCALAR,	  ['0' ... '9'] = BYTE_SCALAR,
	['A' ... 'Z'] = BYTE_SCALAR, ['a' ... 'z'] = BYTE_SCALAR, ['"'] = BYTE_QUOTE,
	['{'] = BYTE_OBJECT,	     ['['] = BYTE_ARRAY,	  ['}'] = BYTE_OBJECT_END,
	[']'] = BYTE_ARRAY_END,
};

static const uint8_t bom[] = {0xEF, 0xBB, 0xBF};

struct json_seq {
	struct framing f;
	uint64_t depth; /* open containers of the message */
	uint8_t state;
	uint8_t bom_n;	/* bytes of the BOM so far */
	uint8_t before; /* the byte before the one that is looked at; LF before the first */
	bool in_string;
	bool escaped; /* the string's next byte means nothing */
	bool array;   /* inside a root array */
	bool lined;   /* a message began a line */
	bool unlined; /* and so did an object inside a message */
};

/* The bytes of one feed, with where the next quote and backslash are: each is searched for once. */
struct input {
	const uint8_t *p, *last;
	const uint8_t *quote, *backslash;
	uint64_t ts_ns;
};

static const uint8_t *find(const uint8_t **cached, const struct input *in, uint8_t c)
{
	if (!*cached || *cached < in->p) {
		*cached = memchr(in->p, c, (size_t)(in->last - in->p));
		*cached = *cached ? *cached : in->last;
	}
	return *cached;
}

/* Goes on behind the string's end, or to the end of the input. */
static void string(struct json_seq *s, struct input *in)
{
	const uint8_t *quote, *backslash;

	while (in->p < in->last) {
		if (s->escaped) {
			s->escaped = false;
			in->p++;
			continue;
		}
		quote = find(&in->quote, in, '"');
		backslash = find(&in->backslash, in, '\\');
		if (backslash < quote) {
			s->escaped = true;
			in->p = backslash + 1;
			continue;
		}
		in->p = quote;
		if (quote < in->last) {
			in->p++;
			s->in_string = false;
			s->before = '"';
			return;
		}
	}
}

static int begin(struct json_seq *s, uint64_t ts_ns)
{
	s->state = SEQ_MESSAGE;
	s->depth = 0;
	s->lined |= s->before == '\n';
	return s->f.ops->begin(s->f.ctx, SPAN_LIT(""), ts_ns);
}

static int end(struct json_seq *s, bool complete, uint64_t ts_ns)
{
	s->state = SEQ_BETWEEN;
	return s->f.ops->end(s->f.ctx, SPAN_LIT(""), complete, ts_ns);
}

static int between(struct json_seq *s, struct input *in)
{
	while (in->p < in->last) {
		uint8_t c = *in->p;

		if (s->in_string) {
			string(s, in);
			continue;
		}
		switch (classes[c]) {
		case BYTE_ARRAY:
			if (s->array)
				return begin(s, in->ts_ns);
			s->array = true;
			break;
		case BYTE_OBJECT:
			return begin(s, in->ts_ns);
		case BYTE_ARRAY_END:
			if (!s->array)
				s->state = SEQ_LOST;
			s->array = false;
			break;
		case BYTE_QUOTE:
			s->in_string = true;
			break;
		case BYTE_BLANK:
		case BYTE_SCALAR:
			break;
		default:
			s->state = SEQ_LOST;
			break;
		}
		s->before = c;
		in->p++;
		if (s->state == SEQ_LOST)
			break;
	}
	return 0;
}

static int message(struct json_seq *s, struct input *in)
{
	const uint8_t *from = in->p;
	bool over = false;
	int err;

	while (in->p < in->last && !over) {
		uint8_t c = *in->p;

		if (s->in_string) {
			string(s, in);
			continue;
		}
		switch (classes[c]) {
		case BYTE_OBJECT:
			s->unlined |= s->depth && s->before == '\n';
			s->depth++;
			break;
		case BYTE_ARRAY:
			s->depth++;
			break;
		case BYTE_OBJECT_END:
		case BYTE_ARRAY_END:
			over = --s->depth == 0;
			break;
		case BYTE_QUOTE:
			s->in_string = true;
			break;
		default:
			break;
		}
		s->before = c;
		in->p++;
	}
	err = s->f.ops->piece(s->f.ctx, span(from, (size_t)(in->p - from)), in->ts_ns);
	return err || !over ? err : end(s, true, in->ts_ns);
}

/* Drops everything up to a message that is sure to be one. */
static void lost(struct json_seq *s, struct input *in)
{
	const uint8_t *p = in->p, *lf;

	in->p = in->last;
	if (s->unlined || (s->array && !s->lined))
		return;
	if (s->before != '\n' || *p != '{') {
		for (lf = p; (lf = memchr(lf, '\n', (size_t)(in->last - lf))); lf++)
			if (lf + 1 < in->last && lf[1] == '{')
				break;
		s->before = in->last[-1];
		if (!lf)
			return;
		p = lf + 1;
		s->before = '\n';
	}
	s->state = SEQ_BETWEEN;
	in->p = p;
}

static int feed(struct framing *f, struct span bytes, uint64_t ts_ns)
{
	struct json_seq *s = (struct json_seq *)f;
	struct input in = {.p = bytes.p, .last = bytes.p + bytes.n, .ts_ns = ts_ns};
	int err = 0;

	while (in.p < in.last && s->state == SEQ_BOM) {
		if (*in.p == bom[s->bom_n] && ++s->bom_n < sizeof(bom)) {
			in.p++;
			continue;
		}
		in.p += s->bom_n == sizeof(bom);
		s->state = s->bom_n && s->bom_n < sizeof(bom) ? SEQ_LOST : SEQ_BETWEEN;
		s->before = s->state == SEQ_LOST ? 0 : '\n';
	}
	while (in.p < in.last && !err) {
		if (s->state == SEQ_BETWEEN)
			err = between(s, &in);
		else if (s->state == SEQ_MESSAGE)
			err = message(s, &in);
		else
			lost(s, &in);
	}
	return err;
}

static int gap(struct framing *f, uint64_t missing, uint64_t ts_ns)
{
	struct json_seq *s = (struct json_seq *)f;
	int err = s->state == SEQ_MESSAGE ? end(s, false, ts_ns) : 0;

	s->state = SEQ_LOST;
	s->before = 0;
	s->in_string = false;
	s->escaped = false;
	return err;
}

static int finish(struct framing *f, uint64_t ts_ns)
{
	struct json_seq *s = (struct json_seq *)f;

	return s->state == SEQ_MESSAGE ? end(s, false, ts_ns) : 0;
}

const struct framing_type framing_json_seq = {
	.size = sizeof(struct json_seq),
	.feed = feed,
	.gap = gap,
	.finish = finish,
};
