// SPDX-License-Identifier: Apache-2.0
/* The report for people: what was read, and the table. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <time.h>

#include "report/page.h"
#include "sink/human.h"

#define NUSD_PER_USD 1e9
#define NAME_MIN 12
#define NAME_MAX_COLUMNS 40
#define COLUMNS_ANY 160 /* of no terminal */

static void show_calls(const struct sheet *s, const struct row *r, char ret[PAGE_TEXT_MAX])
{
	show__count((double)r->now.calls, ret);
}

static void show_errors(const struct sheet *s, const struct row *r, char ret[PAGE_TEXT_MAX])
{
	double all = (double)(r->now.calls + r->now.fetched);

	show__percent(all > 0 ? (double)r->now.errors / all : NAN, ret);
}

static void show_retries(const struct sheet *s, const struct row *r, char ret[PAGE_TEXT_MAX])
{
	char n[PAGE_TEXT_MAX], ok[PAGE_TEXT_MAX];

	show__count((double)r->now.retries, n);
	show__percent((double)r->now.recovered / (double)r->now.retries, ok);
	if (r->now.retries)
		snprintf(ret, PAGE_TEXT_MAX, "%.20s(%.20s)", n, ok);
	else
		snprintf(ret, PAGE_TEXT_MAX, "0");
}

/* Estimates carry a tilde. */
static void show_input(const struct sheet *s, const struct row *r, char ret[PAGE_TEXT_MAX])
{
	char n[PAGE_TEXT_MAX], cached[PAGE_TEXT_MAX];

	show__count((double)r->now.input, n);
	show__percent((double)r->now.cache_read / (double)r->now.cache_input, cached);
	snprintf(ret, PAGE_TEXT_MAX, "%s%.20s(%.20s)", r->now.estimated ? "~" : "", n,
		 r->now.cache_input ? cached : "-");
	if (!r->now.input && !r->now.output)
		snprintf(ret, PAGE_TEXT_MAX, "-");
}

static void show_output(const struct sheet *s, const struct row *r, char ret[PAGE_TEXT_MAX])
{
	char n[PAGE_TEXT_MAX];

	show__count((double)r->now.output, n);
	snprintf(ret, PAGE_TEXT_MAX, "%s%.20s", r->now.estimated ? "~" : "", n);
	if (!r->now.input && !r->now.output)
		snprintf(ret, PAGE_TEXT_MAX, "-");
}

/* More than what is priced: calls without a price are in it. */
static void show_cost(const struct sheet *s, const struct row *r, char ret[PAGE_TEXT_MAX])
{
	char usd[PAGE_TEXT_MAX];

	show__usd((double)r->now.cost_nusd / NUSD_PER_USD, usd);
	snprintf(ret, PAGE_TEXT_MAX, "%s%s%.40s", r->now.unpriced && *usd != '<' ? ">" : "",
		 r->now.cost_estimated ? "~" : "", usd);
	if (!r->now.priced)
		snprintf(ret, PAGE_TEXT_MAX, "-");
}

static void show_share(const struct sheet *s, const struct row *r, char ret[PAGE_TEXT_MAX])
{
	double ratio = NAN;
	__int128 v;
	unsigned int i;

	for (i = 0; strcmp(measures[i].name, "share") != 0; i++)
		;
	if (!measures[i].get(s, r, &v, &ratio))
		ratio = NAN;
	show__percent(ratio, ret);
}

static void show_time(const struct quantiles *q, uint64_t ns, char ret[PAGE_TEXT_MAX])
{
	char text[HUMAN_MAX];

	human__seconds(ns, ns < 10 * NS_PER_S ? 2 : 1, text);
	snprintf(ret, PAGE_TEXT_MAX, "%s", q->n ? text : "-");
}

#define TIME_OF(samples, q)                                                          \
	static void show_##samples##_##q(const struct sheet *s, const struct row *r, \
					 char ret[PAGE_TEXT_MAX])                    \
	{                                                                            \
		show_time(&r->samples, r->samples.q, ret);                           \
	}
TIME_OF(ttft, p50)
TIME_OF(ttft, p95)
TIME_OF(ttft, p99)
TIME_OF(duration, p50)
TIME_OF(duration, p95)
TIME_OF(duration, p99)

/* Where there is no room for all, those with the highest rank go first. */
static const struct column {
	const char *above, *title;
	unsigned int width;
	unsigned int rank; /* 0: stays */
	void (*show)(const struct sheet *s, const struct row *r, char ret[PAGE_TEXT_MAX]);
} columns[] = {
	{"", "CALLS", 6, 0, show_calls},
	{"", "ERR", 5, 2, show_errors},
	{"", "RETRY(OK)", 9, 6, show_retries},
	{"", "IN(CACHE)", 11, 0, show_input},
	{"", "OUT", 6, 1, show_output},
	{"TTFT", "P50", 6, 3, show_ttft_p50},
	{"", "P95", 6, 3, show_ttft_p95},
	{"", "P99", 6, 7, show_ttft_p99},
	{"TOTAL", "P50", 6, 4, show_duration_p50},
	{"", "P95", 6, 4, show_duration_p95},
	{"", "P99", 6, 7, show_duration_p99},
	{"", "COST", 10, 0, show_cost},
	{"", "SHARE", 5, 0, show_share},
};

#define N_COLUMNS (sizeof(columns) / sizeof(columns[0]))

struct layout {
	bool shown[N_COLUMNS];
	unsigned int name[GROUP_BY_MAX]; /* widths */
	unsigned int n_names;
};

static const char *name_of(const struct groups *g, const struct row *r, unsigned int i)
{
	if (!r->group || r->group->other)
		return i ? "" : r->group ? "(others)" : "";
	return r->group->name[i];
}

static void set_layout(const struct page *p, const struct sheet *s, struct layout *l)
{
	const struct groups *g = &s->c->groups;
	unsigned int used = 0, rank, widest, i, k, w, want = 0;

	l->n_names = g->n_by ? g->n_by : 1;
	for (i = 0; i < N_COLUMNS; i++) {
		l->shown[i] = true;
		used += columns[i].width + 1;
	}
	for (rank = 7; rank && used + l->n_names * (NAME_MIN + 1) > p->columns; rank--)
		for (i = 0; i < N_COLUMNS; i++)
			if (columns[i].rank == rank) {
				l->shown[i] = false;
				used -= columns[i].width + 1;
			}
	for (i = 0; i < l->n_names; i++) {
		l->name[i] = NAME_MIN;
		for (k = 0; k < s->n_rows && g->n_by; k++) {
			w = page__width(name_of(g, &s->rows[k], i), NAME_MAX_COLUMNS);
			l->name[i] = w > l->name[i] ? w : l->name[i];
		}
		want += l->name[i] + 1;
	}
	/* The widest gives way. */
	for (; want + used > p->columns + 1; want--) {
		for (i = 0, widest = 0; i < l->n_names; i++)
			widest = l->name[i] > l->name[widest] ? i : widest;
		if (l->name[widest] <= NAME_MIN)
			break;
		l->name[widest]--;
	}
}

static void heads(struct page *p, const struct sheet *s, const struct layout *l)
{
	const struct groups *g = &s->c->groups;
	char title[32];
	unsigned int i, k, indent = 0;
	bool above;

	for (i = 0; i < l->n_names; i++)
		indent += l->name[i] + (i > 0);
	page__paint(p, BOLD);
	for (i = 0, above = false; i < N_COLUMNS; i++)
		above |= l->shown[i] && *columns[i].above;
	page__add(p, "%*s", above ? (int)indent : 0, "");
	for (i = 0; i < N_COLUMNS && above; i++)
		if (l->shown[i])
			page__add(p, " %*s", (int)columns[i].width, columns[i].above);
	page__add(p, above ? "\n" : "");
	for (i = 0; i < l->n_names; i++) {
		snprintf(title, sizeof(title), "%s", g->n_by ? dimension__name(g->by[i]) : "");
		for (k = 0; title[k]; k++)
			title[k] = (char)toupper((unsigned char)title[k]);
		page__cell(p, g->n_by ? title : " ", l->name[i], false);
		page__add(p, i + 1 < l->n_names ? " " : "");
	}
	for (i = 0; i < N_COLUMNS; i++)
		if (l->shown[i])
			page__add(p, " %*s", (int)columns[i].width, columns[i].title);
	page__paint(p, PLAIN);
	page__add(p, "\n");
}

static void line(struct page *p, const struct sheet *s, const struct layout *l, const struct row *r,
		 const char *title)
{
	char text[PAGE_TEXT_MAX];
	unsigned int i;

	for (i = 0; i < l->n_names; i++) {
		page__cell(p, title ? (i ? " " : title) : name_of(&s->c->groups, r, i), l->name[i],
			   false);
		page__add(p, i + 1 < l->n_names ? " " : "");
	}
	for (i = 0; i < N_COLUMNS; i++) {
		bool bad = columns[i].show == show_errors && r->now.errors;

		if (!l->shown[i])
			continue;
		columns[i].show(s, r, text);
		page__add(p, " ");
		page__paint(p, bad ? RED : NULL);
		page__cell(p, text, columns[i].width, true);
		page__paint(p, bad ? PLAIN : NULL);
	}
	page__add(p, "\n");
}

/* Runs and calls of tools have no column here: their groups, where no call is in them, would be
 * rows of nothing. */
static bool has_calls(const struct row *r)
{
	return r->now.calls || r->now.fetched;
}

static void table(struct page *p, const struct sheet *s)
{
	struct layout l;
	char title[48];
	unsigned int i;

	set_layout(p, s, &l);
	heads(p, s, &l);
	for (i = 0; i < s->n_rows && s->c->groups.n_by; i++)
		if (has_calls(&s->rows[i]))
			line(p, s, &l, &s->rows[i], NULL);
	if (s->n_left_out) {
		snprintf(title, sizeof(title), "%u more", s->n_left_out);
		line(p, s, &l, &s->left_out, title);
	}
	page__paint(p, BOLD);
	line(p, s, &l, &s->total, "all");
	page__paint(p, PLAIN);
}

static void moment(struct page *p, int64_t ns)
{
	char text[PERIOD_LABEL_MAX];

	size_t n;

	period__show(ns, p->utc, text);
	n = strlen(text);
	if (n > 3 && !strcmp(text + n - 3, ":00"))
		text[n - 3] = 0;
	page__add(p, "%s", text);
}

/* What was read, and of which time. */
static void head(struct page *p, const struct report_page *r)
{
	const struct collect *c = r->sheet->c;
	const struct period *t = &r->cfg->period;
	char n[PAGE_TEXT_MAX];
	time_t now = time(NULL);
	struct tm tm;

	localtime_r(&now, &tm);
	if (c->has_time) {
		page__paint(p, BOLD);
		moment(p, t->from_ns == PERIOD_FIRST ? c->first_ns : t->from_ns);
		page__add(p, " to ");
		moment(p, t->to_ns == PERIOD_LAST ? c->last_ns : t->to_ns);
		page__paint(p, PLAIN);
		page__add(p, " %s, ", p->utc ? "UTC" : tm.tm_zone);
	} else if (t->from_ns != PERIOD_FIRST) {
		page__add(p, "since ");
		moment(p, t->from_ns);
		page__add(p, " %s: ", p->utc ? "UTC" : tm.tm_zone);
	}
	show__count((double)c->records, n);
	page__add(p, "%s record%s in %u file%s", n, c->records == 1 ? "" : "s", c->files,
		  c->files == 1 ? "" : "s");
	if (c->now.mcp_calls) {
		show__count((double)c->now.mcp_calls, n);
		page__add(p, ", %s tool call%s", n, c->now.mcp_calls == 1 ? "" : "s");
	}
	if (c->now.runs) {
		show__count((double)c->now.runs, n);
		page__add(p, ", %s agent run%s", n, c->now.runs == 1 ? "" : "s");
	}
	page__add(p, "\n");
}

int report_text(struct buf *out, const struct report_page *r)
{
	struct buf whole;
	struct page p = {.out = &whole,
			 .columns = r->columns ? r->columns : COLUMNS_ANY,
			 .colour = r->colour,
			 .utc = r->utc};

	buf__init(&whole, out->max);
	head(&p, r);
	if (r->sheet->c->records) {
		page__add(&p, "\n");
		table(&p, r->sheet);
		page__why(&p, r);
		page__failures(&p, r->sheet);
		page__slowest(&p, r->sheet);
	}
	page__gaps(&p, r->sheet->c);
	if (!p.err)
		p.err = page__fold(out, buf__span(&whole), p.columns);
	buf__free(&whole);
	return p.err;
}
