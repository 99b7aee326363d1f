/* SPDX-License-Identifier: Apache-2.0 */
/* page.h: text for a terminal, put together piece by piece. */
#ifndef LLMSNOOP_REPORT_PAGE_H
#define LLMSNOOP_REPORT_PAGE_H

#include "report/sheet.h"

#define RED "\033[31m"
#define YELLOW "\033[33m"
#define BOLD "\033[1m"
#define DIM "\033[2m"
#define PLAIN "\033[0m"

#define PAGE_TEXT_MAX 96

struct page {
	struct buf *out;
	unsigned int columns;
	bool colour, utc;
	int err;
};

__attribute__((format(printf, 2, 3))) void page__add(struct page *p, const char *format, ...);
void page__paint(struct page *p, const char *colour);
/* A cell of that width, whose text is anybody's; NULL and "" are "-". */
void page__cell(struct page *p, const char *text, unsigned int width, bool right);
void page__heading(struct page *p, const char *text);
/* Columns that a text takes, but at most so many. */
unsigned int page__width(const char *text, unsigned int most);

/* Appends text to out, with lines that are wider than columns broken at blanks. -E2BIG, -ENOMEM. */
int page__fold(struct buf *out, struct span text, unsigned int columns);

/* Numbers as people read them; NAN is "-". */
void show__count(double v, char ret[PAGE_TEXT_MAX]);
void show__percent(double ratio, char ret[PAGE_TEXT_MAX]); /* 0, <0.1%, 1.2%, 34% */
void show__usd(double usd, char ret[PAGE_TEXT_MAX]);
void show__size(bool usd, double v, char ret[PAGE_TEXT_MAX]);	       /* dollars or tokens */
void show__factor(double now, double before, char ret[PAGE_TEXT_MAX]); /* 2.1x, +12% */

/* The parts of the report below its table. */
void page__why(struct page *p, const struct report_page *r);
void page__failures(struct page *p, const struct sheet *s);
void page__slowest(struct page *p, const struct sheet *s);
void page__gaps(struct page *p, const struct collect *c);

#endif
