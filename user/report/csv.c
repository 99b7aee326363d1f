// SPDX-License-Identifier: Apache-2.0
/* The report as comma separated values (RFC 4180): a line with names, then a row a line, no total.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/utf8.h"
#include "report/sheet.h"

struct csv {
	struct buf *out;
	bool comma;
	int err;
};

static void add(struct csv *w, struct span s)
{
	if (!w->err)
		w->err = buf__add(w->out, s);
}

static void begin_field(struct csv *w)
{
	if (w->comma)
		add(w, SPAN_LIT(","));
	w->comma = true;
}

/* 2.5 to 2.7: quotes around what has quotes, commas or line breaks, and quotes doubled. Other
 * control characters, which no TEXTDATA may hold, and broken UTF-8 become U+FFFD. */
static void text(struct csv *w, struct span s)
{
	bool quoted = false;
	uint32_t cp;
	size_t n, i;

	begin_field(w);
	for (i = 0; i < s.n; i++)
		quoted |= s.p[i] == '"' || s.p[i] == ',' || s.p[i] == '\r' || s.p[i] == '\n';
	if (quoted)
		add(w, SPAN_LIT("\""));
	for (; (n = utf8__next(s, &cp)); s = span_skip(s, n)) {
		if (cp == '"')
			add(w, SPAN_LIT("\"\""));
		else if (cp == UTF8_REPLACEMENT || (utf8__unsafe(cp) && cp != '\n' && cp != '\r'))
			add(w, SPAN_LIT("\xEF\xBF\xBD"));
		else
			add(w, span_head(s, n));
	}
	if (quoted)
		add(w, SPAN_LIT("\""));
}

static void end_line(struct csv *w)
{
	add(w, SPAN_LIT("\r\n"));
	w->comma = false;
}

static void value(struct csv *w, const struct measure *m, const struct sheet *s,
		  const struct row *r)
{
	double ratio = 0;
	__int128 v = 0;
	char number[64];

	begin_field(w);
	if (!m->get(s, r, &v, &ratio))
		return;
	if (m->kind == MEASURE_RATIO)
		snprintf(number, sizeof(number), "%.6g", ratio);
	else if (m->kind == MEASURE_COUNT)
		snprintf(number, sizeof(number), "%" PRIu64, (uint64_t)v);
	else
		sheet__usd(v, number);
	add(w, span_str(number));
}

int report_csv(struct buf *out, const struct report_page *p)
{
	const struct sheet *s = p->sheet;
	const struct groups *g = &s->c->groups;
	struct csv w = {.out = out};
	unsigned int i, k;

	for (i = 0; i < g->n_by; i++)
		text(&w, span_str(dimension__name(g->by[i])));
	for (i = 0; i < n_measures; i++)
		text(&w, span_str(measures[i].name));
	end_line(&w);
	for (k = 0; k < s->n_rows && !w.err; k++) {
		for (i = 0; i < g->n_by; i++)
			text(&w, s->rows[k].group->other ? SPAN_LIT("(others)")
							 : span_str(s->rows[k].group->name[i]));
		for (i = 0; i < n_measures; i++)
			value(&w, &measures[i], s, &s->rows[k]);
		end_line(&w);
	}
	return w.err;
}
