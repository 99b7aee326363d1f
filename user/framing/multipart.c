// SPDX-License-Identifier: Apache-2.0
#include "framing/multipart.h"

#include <errno.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/limits.h"

#define BOUNDARY_MAX 70 /* RFC 2046, 5.1.1 */

static const char line_dashes[] = "\r\n--";

#define LINE_DASHES_N (sizeof(line_dashes) - 1)

enum part_state {
	PART_PREAMBLE,
	PART_HEAD,
	PART_DATA,
	PART_DELIMITER, /* behind one, in data or preamble: is its line over? */
	PART_DASH,	/* behind one and '-' */
	PART_PADDING,	/* behind one, up to the end of the line */
	PART_EPILOGUE,
};

struct multipart {
	const struct multipart_ops *ops;
	void *ctx;
	int error; /* sticky */
	uint8_t state;
	bool open;     /* a field: begin was told */
	uint8_t match; /* bytes of the delimiter so far */
	uint8_t real;  /* from which of them on they came: its line end may be that of a line before
			*/
	uint8_t delimiter_n;
	uint8_t delimiter[LINE_DASHES_N + BOUNDARY_MAX];
	size_t line; /* where the head's last line begins */
	struct buf head;
};

/* --- parameters of a header ---------------------------------------------------------------- */

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct span skip_spaces(struct span s)
{
	while (s.n && is_space(*s.p))
		s = span_skip(s, 1);
	return s;
}

static struct span trim_end(struct span s)
{
	while (s.n && is_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

static struct span until(struct span s, const char *any)
{
	size_t n = 0;

	while (n < s.n && (!s.p[n] || !strchr(any, s.p[n])))
		n++;
	return span_head(s, n);
}

/* Takes the next "; name=value" off rest; the value without its quotes but with its escapes.
 * False at the end. */
static bool parameter(struct span *rest, struct span *name, struct span *value)
{
	struct span s = skip_spaces(span_skip(*rest, until(*rest, ";").n));
	size_t n = 0;

	s = skip_spaces(span_skip(s, 1));
	*name = trim_end(until(s, "=;"));
	s = span_skip(s, until(s, "=;").n);
	*value = span_head(s, 0);
	if (s.n && *s.p == '=') {
		s = skip_spaces(span_skip(s, 1));
		if (s.n && *s.p == '"') {
			s = span_skip(s, 1);
			while (n < s.n && s.p[n] != '"')
				n += s.p[n] == '\\' ? 2 : 1;
			*value = span_head(s, n);
			s = span_skip(s, n + 1);
		} else {
			*value = trim_end(until(s, ";"));
			s = span_skip(s, value->n);
		}
	}
	*rest = s;
	return s.n || name->n;
}

/* The value of a header's parameter of that name as spelled, p NULL: none. */
static struct span get(struct span header, const char *wanted)
{
	struct span name, value;

	while (parameter(&header, &name, &value))
		if (span_ieq(name, span_str(wanted)))
			return value;
	return SPAN_NONE;
}

/* A field's name as meant: backslash escapes (RFC 2183) and the three percent escapes that browsers
 * make (HTML standard, "multipart/form-data encoding algorithm"). In place. */
static struct span unescape(struct span s)
{
	static const struct {
		char code[4], byte;
	} escapes[] = {{"%22", '"'}, {"%0D", '\r'}, {"%0A", '\n'}, {"\\\"", '"'}, {"\\\\", '\\'}};
	uint8_t *p = (uint8_t *)s.p;
	size_t n = 0, i;

	while (s.n) {
		uint8_t c = *s.p;
		size_t length = 1;

		for (i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++) {
			struct span code = span_str(escapes[i].code);

			if (span_ieq(span_head(s, code.n), code)) {
				c = (uint8_t)escapes[i].byte;
				length = code.n;
			}
		}
		p[n++] = c;
		s = span_skip(s, length);
	}
	return span(p, n);
}

/* --- a part's head ------------------------------------------------------------------------- */

/* The value of the header of that name in a head; a folded line belongs to the one before. */
static struct span find_header(struct span head, struct span name)
{
	struct span value;
	size_t n;

	while (head.n) {
		for (n = 0; n < head.n; n++)
			if (head.p[n] == '\n' &&
			    (n + 1 == head.n || (head.p[n + 1] != ' ' && head.p[n + 1] != '\t')))
				break;
		value = span_head(head, n);
		head = span_skip(head, n + 1);
		if (!span_ieq(span_head(value, name.n), name))
			continue;
		value = skip_spaces(span_skip(value, name.n));
		if (value.n && *value.p == ':')
			return trim_end(span_skip(value, 1));
	}
	return SPAN_NONE;
}

static void begin(struct multipart *m)
{
	struct span header = find_header(buf__span(&m->head), SPAN_LIT("content-disposition"));
	bool file = get(header, "filename").p || get(header, "filename*").p;

	m->open = true;
	m->ops->begin(m->ctx, unescape(get(header, "name")), file);
	m->state = PART_DATA;
	/* Without data the delimiter may share the head's last line end. */
	m->match = m->real = 2;
}

static void end(struct multipart *m, bool complete)
{
	if (m->open)
		m->ops->end(m->ctx, complete);
	m->open = false;
}

/* Gathers a head up to its empty line. */
static int head(struct multipart *m, struct span *in)
{
	const uint8_t *lf = memchr(in->p, '\n', in->n);
	size_t n = lf ? (size_t)(lf + 1 - in->p) : in->n;
	struct span line;
	int err = buf__add(&m->head, span_head(*in, n));

	*in = span_skip(*in, n);
	if (err)
		return err == -E2BIG ? -EBADMSG : err;
	if (!lf)
		return 0;
	line = span_skip(buf__span(&m->head), m->line);
	m->line = m->head.n;
	if (span_eq(line, SPAN_LIT("\r\n")) || span_eq(line, SPAN_LIT("\n")))
		begin(m);
	return 0;
}

/* --- the body ------------------------------------------------------------------------------ */

static void data(struct multipart *m, struct span s)
{
	if (m->open && s.n)
		m->ops->piece(m->ctx, s);
}

/* What looked like a delimiter is data. */
static void no_delimiter(struct multipart *m)
{
	data(m, span_skip(span(m->delimiter, m->match), m->real));
	m->match = m->real = 0;
	m->state = m->open ? PART_DATA : PART_PREAMBLE;
}

/* Data (or the preamble) up to a delimiter or what may become one: it holds one CR, its first byte,
 * so that what does not match on begins nowhere inside it anew. */
static void body(struct multipart *m, struct span *in)
{
	struct span delimiter = span(m->delimiter, m->delimiter_n);
	ptrdiff_t at;
	const uint8_t *cr;
	size_t n;

	if (m->match) {
		while (in->n && m->match < delimiter.n && *in->p == delimiter.p[m->match]) {
			m->match++;
			*in = span_skip(*in, 1);
		}
		if (m->match == delimiter.n)
			m->state = PART_DELIMITER;
		else if (in->n)
			no_delimiter(m);
		return;
	}
	at = span_find(*in, delimiter);
	if (at >= 0) {
		data(m, span_head(*in, (size_t)at));
		*in = span_skip(*in, (size_t)at + delimiter.n);
		m->match = m->delimiter_n;
		m->state = PART_DELIMITER;
		return;
	}
	n = in->n < delimiter.n ? in->n : delimiter.n - 1;
	cr = memrchr(in->p + in->n - n, '\r', n);
	n = cr ? (size_t)(in->p + in->n - cr) : 0;
	if (!span_starts(delimiter, span(cr, n)))
		n = 0;
	data(m, span_head(*in, in->n - n));
	m->match = (uint8_t)n;
	*in = SPAN_NONE;
}

/* Behind a delimiter: the end of its line, or two dashes and what nobody reads. Anything else, and
 * it was the beginning of a longer line of the data. */
static int delimiter_end(struct multipart *m, struct span *in)
{
	uint8_t c = *in->p;

	switch (m->state) {
	case PART_DELIMITER:
		if (c == '-') {
			m->state = PART_DASH;
			break;
		}
		if (is_space(c)) {
			end(m, true);
			m->state = PART_PADDING;
		} else {
			no_delimiter(m);
		}
		return 0;
	case PART_DASH:
		if (c != '-') {
			no_delimiter(m);
			data(m, SPAN_LIT("-"));
			return 0;
		}
		end(m, true);
		m->state = PART_EPILOGUE;
		break;
	default:
		if (!is_space(c))
			return -EBADMSG;
		if (c == '\n') {
			buf__clear(&m->head);
			m->line = 0;
			m->state = PART_HEAD;
		}
		break;
	}
	*in = span_skip(*in, 1);
	return 0;
}

static int part(struct multipart *m, struct span *in)
{
	switch (m->state) {
	case PART_PREAMBLE:
	case PART_DATA:
		body(m, in);
		return 0;
	case PART_HEAD:
		return head(m, in);
	case PART_EPILOGUE:
		*in = SPAN_NONE;
		return 0;
	default:
		return delimiter_end(m, in);
	}
}

/* ------------------------------------------------------------------------------------------- */

int multipart__new(struct span content_type, const struct multipart_ops *ops, void *ctx,
		   const struct limits *lim, struct multipart **ret)
{
	struct span boundary = get(content_type, "boundary");
	struct multipart *m;
	size_t i;

	if (!span_ieq(trim_end(until(skip_spaces(content_type), ";")),
		      SPAN_LIT("multipart/form-data")) ||
	    !boundary.n || boundary.n > BOUNDARY_MAX)
		return -EINVAL;
	for (i = 0; i < boundary.n; i++)
		if (boundary.p[i] < ' ' || boundary.p[i] == '\\')
			return -EINVAL;
	m = calloc(1, sizeof(*m));
	if (!m)
		return -ENOMEM;
	m->ops = ops;
	m->ctx = ctx;
	buf__init(&m->head, lim->part_head);
	memcpy(m->delimiter, line_dashes, LINE_DASHES_N);
	memcpy(m->delimiter + LINE_DASHES_N, boundary.p, boundary.n);
	m->delimiter_n = (uint8_t)(LINE_DASHES_N + boundary.n);
	/* The first delimiter needs no line before it. */
	m->match = m->real = 2;
	*ret = m;
	return 0;
}

int multipart__feed(struct multipart *m, struct span in)
{
	while (in.n && !m->error)
		m->error = part(m, &in);
	return m->error;
}

void multipart__finish(struct multipart *m)
{
	end(m, false);
}

void multipart__free(struct multipart *m)
{
	if (!m)
		return;
	buf__free(&m->head);
	free(m);
}
