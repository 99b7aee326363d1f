// SPDX-License-Identifier: Apache-2.0
#include "framing/sse.h"

enum sse_state {
	SSE_BOM,       /* before the first byte that is no byte-order mark */
	SSE_LINE,      /* at the begin of a line */
	SSE_FIELD,     /* in a field's name */
	SSE_VALUE,     /* after the colon: one space is dropped */
	SSE_DATA,      /* in the value of data */
	SSE_NAME,      /* in the value of event */
	SSE_IGNORE,    /* in a comment or a field of no interest */
	SSE_LOST,      /* after a gap, in a line */
	SSE_LOST_LINE, /* and at the begin of one */
};

enum sse_field {
	FIELD_DATA,
	FIELD_EVENT,
	FIELD_ERROR,
	FIELDS,
	FIELD_OTHER = FIELDS,
};

static const struct span fields[FIELDS] = {
	[FIELD_DATA] = {(const uint8_t *)"data", 4},
	[FIELD_EVENT] = {(const uint8_t *)"event", 5},
	[FIELD_ERROR] = {(const uint8_t *)"error", 5},
};

static const uint8_t bom[] = {0xEF, 0xBB, 0xBF};

struct sse {
	struct framing f;
	uint8_t state;
	uint8_t field;	/* enum sse_field of this line */
	bool after_cr;	/* a LF that comes next belongs to the line end before it */
	bool open;	/* an event with data: begin was told */
	uint8_t bom_n;	/* bytes of the BOM so far */
	uint8_t word_n; /* bytes of the field's name so far; more than fit: FIELD_OTHER */
	uint8_t name_n;
	char word[8];
	char name[SSE_NAME_MAX];
};

static struct span name(const struct sse *s)
{
	return span(s->name, s->name_n);
}

static int begin(struct sse *s, uint64_t ts_ns)
{
	s->open = true;
	return s->f.ops->begin(s->f.ctx, name(s), ts_ns);
}

static int end(struct sse *s, bool complete, uint64_t ts_ns)
{
	struct span n = name(s);
	bool open = s->open;

	s->open = false;
	s->name_n = 0;
	return open ? s->f.ops->end(s->f.ctx, n, complete, ts_ns) : 0;
}

/* The field's name is complete. */
static int field(struct sse *s, uint64_t ts_ns)
{
	struct span word = span(s->word, s->word_n);
	unsigned int i;
	int err = 0;

	for (i = 0; i < FIELDS; i++)
		if (span_eq(word, fields[i]))
			break;
	s->field = (uint8_t)i;
	switch (i) {
	case FIELD_EVENT:
		s->name_n = 0;
		return 0;
	case FIELD_ERROR:
		err = end(s, true, ts_ns);
		s->name_n = (uint8_t)fields[FIELD_ERROR].n;
		memcpy(s->name, fields[FIELD_ERROR].p, s->name_n);
		return err ? err : begin(s, ts_ns);
	case FIELD_DATA:
		if (s->open)
			return s->f.ops->piece(s->f.ctx, SPAN_LIT("\n"), ts_ns);
		return begin(s, ts_ns);
	default:
		return 0;
	}
}

/* A line is over. The end of an event is the end of its empty line. */
static int line_end(struct sse *s, uint64_t ts_ns)
{
	uint8_t state = s->state;

	s->state = SSE_LINE;
	switch (state) {
	case SSE_FIELD: /* a field without a colon has an empty value */
		return field(s, ts_ns);
	case SSE_LINE:
		return end(s, true, ts_ns);
	case SSE_LOST:
		s->state = SSE_LOST_LINE;
		return 0;
	default:
		return 0;
	}
}

/* The first line end from p on, or last. lf remembers the next LF (or last), lest a text of many
 * CRs be searched for it again and again. */
static const uint8_t *find_line_end(const uint8_t *p, const uint8_t *last, const uint8_t **lf)
{
	const uint8_t *cr;

	if (!*lf || *lf < p) {
		*lf = memchr(p, '\n', (size_t)(last - p));
		*lf = *lf ? *lf : last;
	}
	cr = memchr(p, '\r', (size_t)(*lf - p));
	return cr ? cr : *lf;
}

/* Bytes of a line, without its end. */
static int line_bytes(struct sse *s, struct span in, uint64_t ts_ns)
{
	const uint8_t *colon;
	size_t n;
	int err;

	while (in.n) {
		switch (s->state) {
		case SSE_LINE:
			s->word_n = 0;
			s->state = SSE_FIELD;
			break;
		case SSE_FIELD:
			colon = memchr(in.p, ':', in.n);
			n = colon ? (size_t)(colon - in.p) : in.n;
			if (s->word_n + n > sizeof(s->word)) {
				s->state = SSE_IGNORE;
				return 0;
			}
			memcpy(s->word + s->word_n, in.p, n);
			s->word_n = (uint8_t)(s->word_n + n);
			if (!colon)
				return 0;
			in = span_skip(in, n + 1);
			err = field(s, ts_ns);
			if (err)
				return err;
			s->state = s->field == FIELD_OTHER ? SSE_IGNORE : SSE_VALUE;
			break;
		case SSE_VALUE:
			if (*in.p == ' ')
				in = span_skip(in, 1);
			s->state = s->field == FIELD_EVENT ? SSE_NAME : SSE_DATA;
			break;
		case SSE_DATA:
			return s->f.ops->piece(s->f.ctx, in, ts_ns);
		case SSE_NAME:
			in = span_head(in, sizeof(s->name) - s->name_n);
			memcpy(s->name + s->name_n, in.p, in.n);
			s->name_n = (uint8_t)(s->name_n + in.n);
			return 0;
		case SSE_LOST_LINE:
			s->state = SSE_LOST;
			return 0;
		default:
			return 0;
		}
	}
	return 0;
}

static int feed(struct framing *f, struct span in, uint64_t ts_ns)
{
	struct sse *s = (struct sse *)f;
	const uint8_t *p = in.p, *last = p + in.n, *q, *lf = NULL;
	int err;

	while (s->state == SSE_BOM && p < last) {
		if (*p == bom[s->bom_n]) {
			p++;
			if (++s->bom_n == sizeof(bom))
				s->state = SSE_LINE;
			continue;
		}
		/* No BOM: what looked like one begins a line that has no meaning. */
		s->state = s->bom_n ? SSE_IGNORE : SSE_LINE;
	}
	while (p < last) {
		if (s->after_cr) {
			s->after_cr = false;
			if (*p == '\n' && ++p == last)
				return 0;
		}
		q = find_line_end(p, last, &lf);
		err = line_bytes(s, span(p, (size_t)(q - p)), ts_ns);
		if (err)
			return err;
		if (q == last)
			return 0;
		err = line_end(s, ts_ns);
		if (err)
			return err;
		s->after_cr = *q == '\r';
		p = q + 1;
	}
	return 0;
}

static int gap(struct framing *f, uint64_t lost, uint64_t ts_ns)
{
	struct sse *s = (struct sse *)f;

	s->state = SSE_LOST;
	s->after_cr = false;
	return end(s, false, ts_ns);
}

static int finish(struct framing *f, uint64_t ts_ns)
{
	return end((struct sse *)f, false, ts_ns);
}

const struct framing_type framing_sse = {
	.size = sizeof(struct sse),
	.feed = feed,
	.gap = gap,
	.finish = finish,
};
