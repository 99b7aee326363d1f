// SPDX-License-Identifier: Apache-2.0
#include "report/page.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

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
