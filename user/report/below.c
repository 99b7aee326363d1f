// SPDX-License-Identifier: Apache-2.0
/* The report for people: what stands below the table. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "report/page.h"
#include "report/why.h"
#include "sink/human.h"

#define WHY_ROWS 3
#define FAILURES_MAX 64
#define FAILURES_SHOWN 8
#define SLOW_SHOWN 3	/* of each kind */
#define PART_MOVED 0.05 /* a part's share that is worth a word */
#define EFFECT_MIN 0.02 /* of the whole that an effect is worth a line */

/* --- why --- */

static void title_of(const struct groups *g, const struct row *r, char *ret, size_t size)
{
	size_t n = 0;

	snprintf(ret, size, "%s", r->group->other ? "(others)" : "");
	for (unsigned int i = 0; i < g->n_by && !r->group->other && n < size; i++)
		n += (size_t)snprintf(ret + n, size - n, "%s%s", i ? ", " : "",
				      r->group->name[i] ? r->group->name[i] : "-");
}

static void parts_of(struct page *p, const struct why *w, bool moved)
{
	const char *sep = ": ";
	char now[PAGE_TEXT_MAX], before[PAGE_TEXT_MAX];

	for (unsigned int i = 0; i < w->n_parts; i++) {
		const struct why_part *x = &w->part[i];

		if (moved && fabs(x->now - x->before) < PART_MOVED)
			continue;
		show__percent(x->now, now);
		show__percent(x->before, before);
		page__add(p, "%s", sep);
		page__cell(p, x->name, page__width(x->name, 40), false);
		if (moved)
			page__add(p, " %s -> %s", before, now);
		else
			page__add(p, " %s", now);
		sep = ", ";
	}
}

static void effect(struct page *p, const struct sheet *s, double v)
{
	char text[PAGE_TEXT_MAX], sign[PAGE_TEXT_MAX];

	show__size(s->by_cost, v, text);
	snprintf(sign, sizeof(sign), "%c%.60s", v < 0 ? '-' : '+', text);
	page__add(p, "  ");
	page__paint(p, v > 0 ? YELLOW : NULL);
	page__cell(p, sign, s->by_cost ? 11 : 14, true);
	page__paint(p, v > 0 ? PLAIN : NULL);
	page__add(p, "  ");
}

static void pair(struct page *p, const char *name, double before, double now,
		 void (*show)(double v, char ret[PAGE_TEXT_MAX]))
{
	char a[PAGE_TEXT_MAX], b[PAGE_TEXT_MAX];

	show(before, a);
	show(now, b);
	page__add(p, "%s%s -> %s", name, a, b);
}

static void price_effect(struct page *p, const struct why *w)
{
	pair(p, "", w->usd_per_mtok[0], w->usd_per_mtok[1], show__usd);
	page__add(p, " a million tokens");
	parts_of(p, w, true);
	if (fabs(w->cache_ratio[0] - w->cache_ratio[1]) >= PART_MOVED)
		pair(p, "; cached input ", w->cache_ratio[0], w->cache_ratio[1], show__percent);
	if (fabs(w->output_ratio[0] - w->output_ratio[1]) >= PART_MOVED)
		pair(p, "; output's share ", w->output_ratio[0], w->output_ratio[1], show__percent);
}

/* Counts that say something only where they grew. */
static void also(struct page *p, const struct row *r)
{
	const struct {
		const char *name;
		uint64_t before, now;
	} table[] = {
		{"retries ", r->before.retries, r->now.retries},
		{"errors ", r->before.errors, r->now.errors},
		{"loops of agents ", r->before.loops, r->now.loops},
		{"tools asked the same again ", r->before.repeats, r->now.repeats},
		{"answers nobody waited for ", r->before.aborts, r->now.aborts},
	};
	const char *sep = "               also ";

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (table[i].now <= table[i].before + table[i].before / 5)
			continue;
		page__add(p, "%s", sep);
		pair(p, table[i].name, (double)table[i].before, (double)table[i].now, show__count);
		sep = "; ";
	}
	if (*sep == ';')
		page__add(p, "\n");
}

static void compared(struct page *p, const struct sheet *s, const struct row *r,
		     const struct why *w)
{
	char text[PAGE_TEXT_MAX], factor[PAGE_TEXT_MAX];

	show__size(s->by_cost, w->before, text);
	show__factor(w->now, w->before, factor);
	page__add(p, "; %s in the period before (%s)\n", text, factor);
	for (unsigned int e = 0; e < N_EFFECTS; e++) {
		if (fabs(w->effect[e]) < EFFECT_MIN * w->now)
			continue;
		effect(p, s, w->effect[e]);
		if (e == EFFECT_CALLS) {
			pair(p, "", w->calls[0], w->calls[1], show__count);
			page__add(p, " calls");
		} else if (e == EFFECT_TOKENS) {
			pair(p, "", w->tokens_per_call[0], w->tokens_per_call[1], show__count);
			page__add(p, " tokens a call");
		} else {
			price_effect(p, w);
		}
		page__add(p, "\n");
	}
	also(p, r);
}

static void alone(struct page *p, const struct sheet *s, const struct row *r, const struct why *w)
{
	char text[PAGE_TEXT_MAX];

	show__count(w->calls[1], text);
	page__add(p, ": %s call%s", text, w->calls[1] == 1 ? "" : "s");
	show__count(w->tokens_per_call[1], text);
	page__add(p, " of %s tokens", text);
	show__usd(w->usd_per_mtok[1], text);
	if (s->by_cost && r->now.priced)
		page__add(p, " at %s a million", text);
	page__add(p, "\n");
	if (!w->n_parts)
		return;
	page__add(p, "  made of");
	parts_of(p, w, false);
	show__percent(w->cache_ratio[1], text);
	if (isfinite(w->cache_ratio[1]))
		page__add(p, "; %s of its input was cached", text);
	page__add(p, "\n");
}

/* Nothing can be said of what has no known size. */
static bool has_size(const struct sheet *s, const struct tally *t)
{
	return s->by_cost ? t->cost_nusd > 0 : t->input || t->output;
}

static const struct row *largest(const struct sheet *s, const struct row *const *had,
				 unsigned int n_had)
{
	const struct row *best = NULL;

	for (unsigned int i = 0; i < s->n_rows; i++) {
		const struct row *r = &s->rows[i];
		bool taken = false;

		for (unsigned int k = 0; k < n_had; k++)
			taken |= had[k] == r;
		if (taken || !has_size(s, &r->now))
			continue;
		if (!best || (s->by_cost ? r->now.cost_nusd > best->now.cost_nusd
					 : (__int128)r->now.input + r->now.output >
						   (__int128)best->now.input + best->now.output))
			best = r;
	}
	return best;
}

void page__why(struct page *p, const struct report_page *r)
{
	const struct sheet *s = r->sheet;
	const struct row *had[WHY_ROWS];
	char title[512], size[PAGE_TEXT_MAX], share[PAGE_TEXT_MAX];
	unsigned int n = 0;
	struct why w;

	while (n < WHY_ROWS) {
		const struct row *x = largest(s, had, n);

		if (!x)
			break;
		if (!n)
			page__heading(p, "WHY");
		had[n++] = x;
		why__explain(s, x, &w);
		title_of(&s->c->groups, x, title, sizeof(title));
		page__paint(p, BOLD);
		page__cell(p, s->c->groups.n_by ? title : "all", page__width(title, 60), false);
		page__paint(p, PLAIN);
		show__size(s->by_cost, w.now, size);
		show__percent(w.now / (s->by_cost ? (double)s->total.now.cost_nusd / 1e9
						  : (double)s->total.now.input +
							    (double)s->total.now.output),
			      share);
		page__add(p, "  %s, %s of all", size, share);
		if (w.compared)
			compared(p, s, x, &w);
		else
			alone(p, s, x, &w);
	}
	if (n && r->compared && !r->sheet->c->before.calls)
		page__add(p, "The period before has no calls in these files: nothing to compare "
			     "with.\n");
}

/* --- errors --- */

struct failures {
	struct {
		const struct failure *of;
		uint64_t n, most;
		const struct group *mostly;
	} v[FAILURES_MAX];
	unsigned int n;
};

static void add_failure(struct failures *all, const struct group *g, const struct failure *f)
{
	unsigned int i;

	for (i = 0; i < all->n; i++)
		if (all->v[i].of->status == f->status && all->v[i].of->type && f->type &&
		    !strcmp(all->v[i].of->type, f->type))
			break;
	if (i == FAILURES_MAX)
		return;
	if (i == all->n) {
		all->v[i].of = f;
		all->v[i].n = all->v[i].most = 0;
		all->n++;
	}
	all->v[i].n += f->n;
	if (f->n > all->v[i].most) {
		all->v[i].most = f->n;
		all->v[i].mostly = g;
	}
}

void page__failures(struct page *p, const struct sheet *s)
{
	double calls = (double)(s->total.now.calls + s->total.now.fetched);
	const struct groups *g = &s->c->groups;
	struct failures all = {.n = 0};
	char text[PAGE_TEXT_MAX], title[512];
	unsigned int shown, i, best;

	for (const struct group *x = g->list; x; x = x->next)
		for (const struct failure *f = x->failures; f; f = f->next)
			add_failure(&all, x, f);
	for (shown = 0; shown < FAILURES_SHOWN; shown++) {
		for (i = 0, best = 0; i < all.n; i++)
			best = all.v[i].n > all.v[best].n ? i : best;
		if (!all.n || !all.v[best].n)
			break;
		if (!shown)
			page__heading(p, "ERRORS");
		page__cell(p, all.v[best].of->type ? all.v[best].of->type : "(others)", 28, false);
		page__add(p, " ");
		snprintf(text, sizeof(text), "%" PRId64, all.v[best].of->status);
		page__cell(p, all.v[best].of->status >= 0 ? text : "-", 4, true);
		show__count((double)all.v[best].n, text);
		page__add(p, " %7s", text);
		show__percent((double)all.v[best].n / calls, text);
		page__add(p, " (%s)", text);
		if (g->n_by && all.v[best].most < all.v[best].n) {
			struct row r = {.group = all.v[best].mostly};

			title_of(g, &r, title, sizeof(title));
			show__percent((double)all.v[best].most / (double)all.v[best].n, text);
			page__add(p, "  %s of them: ", text);
			page__cell(p, title, page__width(title, p->columns > 90 ? 40 : 16), false);
		}
		page__add(p, "\n");
		all.v[best].n = 0;
	}
	if (shown && s->total.now.retries) {
		show__count((double)s->total.now.retries, text);
		page__add(p, "%s %s tried again", text,
			  s->total.now.retries == 1 ? "call was" : "calls were");
		show__percent((double)s->total.now.recovered / (double)s->total.now.retries, text);
		page__add(p, "; %s of that succeeded.\n", text);
	}
}

/* --- slowest steps --- */

/* Where there is no room for all, the year, the feature and then the name give way. */
static void step(struct page *p, enum slow_kind kind, const struct slow_step *x)
{
	bool wide = p->columns >= 120, feature = p->columns >= 100;
	unsigned int name = wide ? 30 : feature ? 20 : p->columns > 76 ? p->columns - 63 : 12;
	char text[HUMAN_MAX], when[PERIOD_LABEL_MAX];

	page__add(p, "%-4s ", slow__name(kind));
	page__cell(p, x->name, name, false);
	human__seconds((uint64_t)x->duration_ns, 1, text);
	period__show(x->time_ns, p->utc, when);
	page__add(p, " %7s  %s  ", text, wide ? when : when + strlen("2026-"));
	if (feature) {
		page__cell(p, x->feature, wide ? 20 : 14, false);
		page__add(p, " ");
	}
	page__cell(p, x->trace, 32, false);
	page__add(p, "\n");
}

void page__slowest(struct page *p, const struct sheet *s)
{
	const struct slow *slow = &s->c->slow;
	bool any = false;

	for (unsigned int k = 0; k < N_SLOW; k++)
		for (unsigned int i = 0; i < slow->n[k] && i < SLOW_SHOWN; i++) {
			if (!any)
				page__heading(p, "SLOWEST");
			any = true;
			step(p, (enum slow_kind)k, &slow->step[k][i]);
		}
}

/* --- what is not in the sums --- */

static void tell(struct page *p, const char *what, const struct mishap *m)
{
	if (!m->n)
		return;
	page__add(p, "%" PRIu64 " %s (first: ", m->n, what);
	page__cell(p, m->file, page__width(m->file, 60), false);
	page__add(p, ":%" PRIu64 ").\n", m->line);
}

static void losses(struct page *p, const struct loss_runs *runs)
{
	static const char *const what[N_LOSSES] = {
		[LOSS_RECORDS] = "events lost",
		[LOSS_BYTES] = "bytes lost",
		[LOSS_GAPS] = "gaps",
		[LOSS_MISSED] = "TLS calls missed",
		[LOSS_REFUSED] = "calls not followed",
		[LOSS_UNWRITTEN] = "records not written",
	};
	const struct losses l = loss_runs__sum(runs);
	const char *sep = "The tracer told of losses: ";
	char text[PAGE_TEXT_MAX];

	for (int i = 0; i < N_LOSSES; i++) {
		if (l.v[i] <= 0)
			continue;
		show__count((double)l.v[i], text);
		page__add(p, "%s%s %s", sep, text, what[i]);
		sep = ", ";
	}
	if (*sep == ',')
		page__add(p, ". What was lost is in no sum.\n");
}

void page__gaps(struct page *p, const struct collect *c)
{
	const struct {
		uint64_t n;
		const char *what;
	} table[] = {
		{c->now.unpriced, "with tokens but no known cost: not in the sum"},
		{c->now.estimated, "with estimated tokens (~)"},
		{c->now.truncated, "of which some fact may be missing (truncated)"},
		{c->doubles, "that came twice, counted once"},
		{c->others_role, c->cfg->servers
					 ? "of clients, left out"
					 : "of servers, left out (--role server counts them)"},
		{c->filtered, "left out by -m, --host or --feature"},
	};
	char text[PAGE_TEXT_MAX];
	size_t was = p->out->n;

	page__add(p, "\n");
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (!table[i].n)
			continue;
		show__count((double)table[i].n, text);
		page__add(p, "%s record%s %s.\n", text, table[i].n == 1 ? "" : "s", table[i].what);
	}
	losses(p, &c->losses);
	tell(p, c->broken.n == 1 ? "line is no JSON" : "lines are no JSON", &c->broken);
	tell(p, c->cut.n == 1 ? "last line is cut" : "last lines are cut", &c->cut);
	tell(p,
	     c->foreign.n == 1 ? "line is no record of llmsnoop"
			       : "lines are no records of llmsnoop",
	     &c->foreign);
	if (c->known.full)
		page__add(p, "There are too many records to tell all that came twice.\n");
	if (c->losses.full)
		page__add(p, "There are too many runs of llmsnoop to sum up all their losses.\n");
	if (c->groups.full)
		page__add(p, "There are too many groups: the last ones are (others).\n");
	if (!p->err && p->out->n == was + 1)
		p->out->n = was;
}
