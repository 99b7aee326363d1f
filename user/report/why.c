// SPDX-License-Identifier: Apache-2.0
#include "report/why.h"

#include <math.h>

#define NUSD_PER_USD 1e9
#define PER_MILLION 1e6

const char *effect__name(enum effect_of e)
{
	static const char *const names[] = {"calls", "tokens_per_call", "price_per_token"};

	return names[e];
}

static double tokens(const struct tally *t)
{
	return (double)t->input + (double)t->output;
}

static double size_of(const struct sheet *s, const struct tally *t)
{
	return s->by_cost ? (double)t->cost_nusd / NUSD_PER_USD : tokens(t);
}

static double ratio(double part, double whole)
{
	return whole > 0 ? part / whole : NAN;
}

/* (a - b) / ln(a / b), and a where both are the same. */
static double log_mean(double a, double b)
{
	return fabs(a - b) < 1e-12 * a ? a : (a - b) / log(a / b);
}

static void set_facts(const struct tally *t, unsigned int at, struct why *w)
{
	w->calls[at] = (double)t->calls;
	w->tokens_per_call[at] = ratio(tokens(t), (double)t->calls);
	w->usd_per_mtok[at] = ratio((double)t->cost_nusd / NUSD_PER_USD * PER_MILLION, tokens(t));
	w->cache_ratio[at] = ratio((double)t->cache_read, (double)t->cache_input);
	w->output_ratio[at] = ratio((double)t->output, tokens(t));
}

static void set_effects(struct why *w, bool by_cost)
{
	double mean = log_mean(w->now, w->before);

	w->effect[EFFECT_CALLS] = mean * log(w->calls[1] / w->calls[0]);
	w->effect[EFFECT_TOKENS] = mean * log(w->tokens_per_call[1] / w->tokens_per_call[0]);
	w->effect[EFFECT_PRICE] = by_cost ? mean * log(w->usd_per_mtok[1] / w->usd_per_mtok[0]) : 0;
}

/* Keeps the largest, the largest first. */
static void set_parts(const struct sheet *s, const struct row *r, struct why *w)
{
	unsigned int i;

	for (const struct part *p = r->group ? r->group->parts : NULL; p; p = p->next) {
		struct why_part x = {.name = p->name,
				     .now = ratio(size_of(s, &p->now), w->now),
				     .before = ratio(size_of(s, &p->before), w->before)};

		if (!(x.now > 0) || !x.name)
			continue;
		if (w->n_parts == WHY_PARTS_MAX && w->part[WHY_PARTS_MAX - 1].now >= x.now)
			continue;
		i = w->n_parts < WHY_PARTS_MAX ? w->n_parts++ : WHY_PARTS_MAX - 1;
		for (; i && w->part[i - 1].now < x.now; i--)
			w->part[i] = w->part[i - 1];
		w->part[i] = x;
	}
}

void why__explain(const struct sheet *s, const struct row *r, struct why *ret)
{
	struct why w = {.now = size_of(s, &r->now), .before = size_of(s, &r->before)};

	set_facts(&r->before, 0, &w);
	set_facts(&r->now, 1, &w);
	w.compared = w.now > 0 && w.before > 0 && r->now.calls && r->before.calls;
	if (w.compared)
		set_effects(&w, s->by_cost);
	set_parts(s, r, &w);
	*ret = w;
}
