// SPDX-License-Identifier: Apache-2.0
/* The report as one JSON document. What is not known is left out. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/json_write.h"
#include "report/why.h"

static void put_real(struct json_write *w, const char *key, double v)
{
	if (!isfinite(v))
		return;
	json_write__key(w, key);
	json_write__real(w, v);
}

static void put_time(struct json_write *w, const char *key, int64_t ns)
{
	if (ns < 0 || ns == PERIOD_LAST)
		return;
	json_write__key(w, key);
	json_write__time(w, (uint64_t)ns);
}

/* A number of any size, as it is. */
static void put_decimal(struct json_write *w, const char *key, __int128 nano)
{
	char text[64];

	json_write__key(w, key);
	/* A sum of money past what int64_t holds is told in whole dollars at least. */
	if (nano <= INT64_MAX) {
		json_write__seconds(w, (int64_t)nano);
		return;
	}
	sheet__usd(nano, text);
	json_write__real(w, strtod(text, NULL));
}

static void put_measures(struct json_write *w, const struct sheet *s, const struct row *r)
{
	double ratio = 0;
	__int128 v = 0;

	for (unsigned int i = 0; i < n_measures; i++) {
		if (!measures[i].get(s, r, &v, &ratio))
			continue;
		if (measures[i].kind == MEASURE_RATIO)
			put_real(w, measures[i].name, ratio);
		else if (measures[i].kind == MEASURE_COUNT)
			json_write__put_uint(w, measures[i].name, (uint64_t)v);
		else
			put_decimal(w, measures[i].name, v);
	}
	if ((r->ttft.n && !r->ttft.exact) || (r->duration.n && !r->duration.exact)) {
		json_write__key(w, "quantiles_rounded");
		json_write__bool(w, true);
	}
}

/* Of the period before, what the reader would compare. */
static void put_before(struct json_write *w, const struct report_page *p, const struct row *r)
{
	struct row before = {.now = r->before};

	if (!p->compared)
		return;
	json_write__key(w, "before");
	json_write__open(w, '{');
	json_write__put_uint(w, "calls", before.now.calls);
	json_write__put_uint(w, "errors", before.now.errors);
	json_write__put_uint(w, "retries", before.now.retries);
	json_write__put_uint(w, "input_tokens", before.now.input);
	json_write__put_uint(w, "output_tokens", before.now.output);
	if (before.now.priced)
		put_decimal(w, "cost_usd", before.now.cost_nusd);
	json_write__close(w, '}');
}

/* The most first; among equals by name, so that the order of files does not show. */
static int by_number(const void *va, const void *vb)
{
	const struct failure *a = *(const struct failure *const *)va;
	const struct failure *b = *(const struct failure *const *)vb;

	if (a->n != b->n)
		return a->n > b->n ? -1 : 1;
	if (!a->type || !b->type)
		return (a->type == NULL) - (b->type == NULL);
	return strcmp(a->type, b->type);
}

static void put_failures(struct json_write *w, const struct group *g)
{
	const struct failure *list[GROUP_FAILURES_MAX], *f;
	size_t n = 0, i;

	for (f = g->failures; f && n < GROUP_FAILURES_MAX; f = f->next)
		list[n++] = f;
	if (!n)
		return;
	qsort(list, n, sizeof(list[0]), by_number);
	json_write__key(w, "failures");
	json_write__open(w, '[');
	for (i = 0; i < n; i++) {
		json_write__open(w, '{');
		json_write__put_text(w, "type", list[i]->type ? list[i]->type : "(others)");
		if (list[i]->status >= 0)
			json_write__put_uint(w, "status", (uint64_t)list[i]->status);
		json_write__put_uint(w, "calls", list[i]->n);
		json_write__close(w, '}');
	}
	json_write__close(w, ']');
}

static void put_why(struct json_write *w, const struct sheet *s, const struct row *r)
{
	const char *part = dimension__name(s->c->groups.part_by);
	struct why y;
	unsigned int i;

	why__explain(s, r, &y);
	json_write__key(w, "why");
	json_write__open(w, '{');
	json_write__put_text(w, "of", s->by_cost ? "cost_usd" : "tokens");
	if (y.compared) {
		put_real(w, "change", y.now - y.before);
		for (i = 0; i < N_EFFECTS; i++)
			if (s->by_cost || i != EFFECT_PRICE)
				put_real(w, effect__name(i), y.effect[i]);
	}
	json_write__key(w, "parts");
	json_write__open(w, '[');
	for (i = 0; i < y.n_parts; i++) {
		json_write__open(w, '{');
		json_write__put_text(w, part, y.part[i].name);
		put_real(w, "share", y.part[i].now);
		put_real(w, "share_before", y.part[i].before);
		json_write__close(w, '}');
	}
	json_write__close(w, ']');
	json_write__close(w, '}');
}

static void put_groups(struct json_write *w, const struct report_page *p)
{
	const struct sheet *s = p->sheet;
	const struct groups *g = &s->c->groups;

	json_write__key(w, "groups");
	json_write__open(w, '[');
	for (unsigned int i = 0; i < s->n_rows && !w->err; i++) {
		const struct row *r = &s->rows[i];

		json_write__open(w, '{');
		for (unsigned int k = 0; k < g->n_by; k++)
			json_write__put_text(w, dimension__name(g->by[k]), r->group->name[k]);
		if (r->group->other) {
			json_write__key(w, "others");
			json_write__bool(w, true);
		}
		put_measures(w, s, r);
		put_failures(w, r->group);
		put_before(w, p, r);
		put_why(w, s, r);
		json_write__close(w, '}');
	}
	json_write__close(w, ']');
}

static void put_slow(struct json_write *w, const struct slow *slow)
{
	json_write__key(w, "slowest");
	json_write__open(w, '[');
	for (unsigned int k = 0; k < N_SLOW; k++)
		for (unsigned int i = 0; i < slow->n[k]; i++) {
			const struct slow_step *x = &slow->step[k][i];

			json_write__open(w, '{');
			json_write__put_text(w, "kind", slow__name(k));
			json_write__put_text(w, "name", x->name);
			json_write__key(w, "duration_s");
			json_write__seconds(w, x->duration_ns);
			put_time(w, "time", x->time_ns);
			json_write__put_text(w, "feature", x->feature);
			json_write__put_text(w, "trace_id", x->trace);
			json_write__close(w, '}');
		}
	json_write__close(w, ']');
}

static void put_mishap(struct json_write *w, const char *key, const struct mishap *m)
{
	if (!m->n)
		return;
	json_write__key(w, key);
	json_write__open(w, '{');
	json_write__put_uint(w, "lines", m->n);
	json_write__put_text(w, "file", m->file);
	json_write__put_uint(w, "line", m->line);
	json_write__close(w, '}');
}

/* What keeps the sums from being all that happened. */
static void put_gaps(struct json_write *w, const struct collect *c)
{
	const struct losses lost = loss_runs__sum(&c->losses);
	const struct {
		const char *key;
		uint64_t v;
	} table[] = {
		{"duplicates", c->doubles},
		{"other_role", c->others_role},
		{"lost_records", (uint64_t)lost.v[LOSS_RECORDS]},
		{"lost_bytes", (uint64_t)lost.v[LOSS_BYTES]},
		{"gaps", (uint64_t)lost.v[LOSS_GAPS]},
		{"missed_calls", (uint64_t)lost.v[LOSS_MISSED]},
		{"refused", (uint64_t)lost.v[LOSS_REFUSED]},
		{"unwritten", (uint64_t)lost.v[LOSS_UNWRITTEN]},
		{"truncated", c->now.truncated},
	};

	json_write__key(w, "completeness");
	json_write__open(w, '{');
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].v)
			json_write__put_uint(w, table[i].key, table[i].v);
	put_mishap(w, "broken", &c->broken);
	put_mishap(w, "cut", &c->cut);
	put_mishap(w, "foreign", &c->foreign);
	json_write__close(w, '}');
}

int report_json(struct buf *out, const struct report_page *p)
{
	const struct sheet *s = p->sheet;
	struct json_write w;

	json_write__init(&w, out);
	json_write__open(&w, '{');
	json_write__put_uint(&w, "v", 1);
	json_write__put_text(&w, "type", "report");
	put_time(&w, "since", p->cfg->period.from_ns);
	put_time(&w, "until", p->cfg->period.to_ns);
	if (p->compared) {
		put_time(&w, "before_since", p->cfg->before.from_ns);
		put_time(&w, "before_until", p->cfg->before.to_ns);
	}
	if (s->c->has_time) {
		put_time(&w, "first", s->c->first_ns);
		put_time(&w, "last", s->c->last_ns);
	}
	json_write__put_uint(&w, "files", s->c->files);
	json_write__put_uint(&w, "records", s->c->records);
	json_write__key(&w, "total");
	json_write__open(&w, '{');
	put_measures(&w, s, &s->total);
	put_before(&w, p, &s->total);
	json_write__close(&w, '}');
	put_groups(&w, p);
	if (s->n_left_out)
		json_write__put_uint(&w, "groups_left_out", s->n_left_out);
	put_slow(&w, &s->c->slow);
	put_gaps(&w, s->c);
	json_write__close(&w, '}');
	return w.err ? w.err : buf__add(out, SPAN_LIT("\n"));
}
