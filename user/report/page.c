// SPDX-License-Identifier: Apache-2.0
#include "report/page.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/utf8.h"
#include "sink/human.h"

#define CELL_MAX_BYTES 8192

void page__add(struct page *p, const char *format, ...)
{
	char text[512];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (n > 0 && !p->err)
		p->err = buf__add(p->out, span_str(text));
}

void page__paint(struct page *p, const char *colour)
{
	if (p->colour && colour)
		page__add(p, "%s", colour);
}

void page__cell(struct page *p, const char *text, unsigned int width, bool right)
{
	unsigned int took;
	struct buf b;

	buf__init(&b, CELL_MAX_BYTES);
	took = human__text(&b, span_str(text && *text ? text : "-"), width);
	if (right)
		page__add(p, "%*s", (int)(width - took), "");
	p->err = p->err ? p->err : buf__add(p->out, buf__span(&b));
	if (!right)
		page__add(p, "%*s", (int)(width - took), "");
	buf__free(&b);
}

void page__heading(struct page *p, const char *text)
{
	page__add(p, "\n");
	page__paint(p, BOLD);
	page__add(p, "%s", text);
	page__paint(p, PLAIN);
	page__add(p, "\n");
}

unsigned int page__width(const char *text, unsigned int most)
{
	unsigned int took;
	struct buf b;

	buf__init(&b, CELL_MAX_BYTES);
	took = human__text(&b, span_str(text && *text ? text : "-"), most);
	buf__free(&b);
	return took;
}

#define FOLD_INDENT 6

/* Bytes of what a terminal does not show: a colour. */
static size_t colour_bytes(struct span s)
{
	size_t n = 2;

	if (s.n < 3 || s.p[0] != '\033' || s.p[1] != '[')
		return 0;
	while (n < s.n && s.p[n] != 'm')
		n++;
	return n < s.n ? n + 1 : 0;
}

/* How much of a line fits: up to its end, or to the last blank before the edge; all of a word that
 * is wider than that. */
static size_t fitting(struct span line, unsigned int columns)
{
	struct span s = line;
	size_t blank = 0, n;
	unsigned int at = 0;
	bool word = false;
	uint32_t cp;

	while (s.n) {
		n = colour_bytes(s);
		if (!n) {
			n = utf8__next(s, &cp);
			if (cp == ' ' && word)
				blank = line.n - s.n;
			word |= cp != ' ';
			at += utf8__width(cp);
			if (at > columns && blank)
				return blank;
		}
		s = span_skip(s, n);
	}
	return line.n;
}

int page__fold(struct buf *out, struct span text, unsigned int columns)
{
	static const char blanks[] = "      ";
	int err = 0;

	while (text.n && !err) {
		const uint8_t *end = memchr(text.p, '\n', text.n);
		struct span line = span_head(text, end ? (size_t)(end - text.p) : text.n);
		struct span rest = span_skip(text, line.n + (end != NULL));
		size_t n;

		/* Blanks at the end are in the way of those who copy it. */
		while (line.n && line.p[line.n - 1] == ' ')
			line.n--;
		n = fitting(line, columns);
		err = buf__add(out, span_head(line, n));
		while (!err && n < line.n) {
			line = span_trim(span_skip(line, n));
			err = buf__add(out, SPAN_LIT("\n"));
			if (err)
				break;
			n = fitting(line,
				    columns > 2 * FOLD_INDENT ? columns - FOLD_INDENT : columns);
			err = buf__add(out, span(blanks, FOLD_INDENT));
			err = err ? err : buf__add(out, span_head(line, n));
		}
		err = err ? err : buf__add(out, SPAN_LIT("\n"));
		text = rest;
	}
	return err;
}

void show__count(double v, char ret[PAGE_TEXT_MAX])
{
	char text[HUMAN_MAX];

	if (!(v >= 0 && v < 1.8e19)) {
		snprintf(ret, PAGE_TEXT_MAX, "-");
		return;
	}
	human__count((uint64_t)(v + 0.5), text);
	snprintf(ret, PAGE_TEXT_MAX, "%s", text);
}

void show__percent(double ratio, char ret[PAGE_TEXT_MAX])
{
	double v = ratio * 100;

	if (!isfinite(v))
		snprintf(ret, PAGE_TEXT_MAX, "-");
	else if (v > 0 && v < 0.05)
		snprintf(ret, PAGE_TEXT_MAX, "<0.1%%");
	else
		snprintf(ret, PAGE_TEXT_MAX, "%.*f%%", v > 0 && v < 9.95 ? 1 : 0, v);
}

/* Cents and groups of thousands from a dollar on: amounts below each other are to be compared. */
void show__usd(double usd, char ret[PAGE_TEXT_MAX])
{
	char text[PAGE_TEXT_MAX], small[HUMAN_MAX];
	size_t n, at = 0, i;

	usd = fabs(usd);
	if (!isfinite(usd)) {
		snprintf(ret, PAGE_TEXT_MAX, "-");
		return;
	}
	if (usd < 0.99995 || usd >= 1e15) {
		human__usd(usd, small);
		snprintf(ret, PAGE_TEXT_MAX, "%s", small);
		return;
	}
	snprintf(text, sizeof(text), "%.2f", usd);
	n = strcspn(text, ".");
	ret[at++] = '$';
	for (i = 0; text[i]; i++) {
		if (i && i < n && (n - i) % 3 == 0)
			ret[at++] = ',';
		ret[at++] = text[i];
	}
	ret[at] = 0;
}

void show__size(bool usd, double v, char ret[PAGE_TEXT_MAX])
{
	if (usd) {
		show__usd(v, ret);
		return;
	}
	show__count(fabs(v), ret);
	snprintf(ret + strlen(ret), PAGE_TEXT_MAX - strlen(ret), " tokens");
}

void show__factor(double now, double before, char ret[PAGE_TEXT_MAX])
{
	double f = now / before;

	if (!isfinite(f))
		snprintf(ret, PAGE_TEXT_MAX, "-");
	else if (f >= 2)
		snprintf(ret, PAGE_TEXT_MAX, f < 9.95 ? "%.1fx" : "%.0fx", f);
	else
		snprintf(ret, PAGE_TEXT_MAX, "%+.0f%%", (f - 1) * 100);
}
