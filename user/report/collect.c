// SPDX-License-Identifier: Apache-2.0
#include "report/collect.h"

#include <errno.h>
#include <stdio.h>

#include "base/glob.h"
#include "base/limits.h"
#include "report/lines.h"

int collect__open(struct collect *c, const struct collect_config *cfg)
{
	unsigned int n = 1;

	*c = (struct collect){.cfg = cfg};
	c->periods[0] = cfg->period;
	if (cfg->before.from_ns < cfg->before.to_ns)
		c->periods[n++] = cfg->before;
	groups__init(&c->groups, cfg->by, cfg->n_by, cfg->utc);
	known__init(&c->known, limits_default.report_records);
	loss_runs__init(&c->losses, limits_default.report_starts);
	return entry_reader__new(c->periods, n, &c->reader);
}

void collect__close(struct collect *c)
{
	entry_reader__free(c->reader);
	loss_runs__free(&c->losses);
	known__free(&c->known);
	groups__free(&c->groups);
}

static void note(struct collect *c, struct mishap *m)
{
	if (m->n++)
		return;
	snprintf(m->file, sizeof(m->file), "%s", c->file);
	m->line = c->line;
}

static bool any(const char *const *globs, unsigned int n, struct span s)
{
	char text[ENTRY_TEXT_MAX + 1];
	unsigned int i;

	memcpy(text, s.n ? (const char *)s.p : "", s.n);
	text[s.n] = 0;
	for (i = 0; i < n; i++)
		if (s.n && glob__match(globs[i], text))
			return true;
	return n == 0;
}

static bool wanted(const struct collect_config *f, const struct entry *e)
{
	struct span feature = e->text[ENTRY_FEATURE];

	return (any(f->models, f->n_models, e->text[ENTRY_REQUEST_MODEL]) ||
		any(f->models, f->n_models, e->text[ENTRY_RESPONSE_MODEL])) &&
	       any(f->hosts, f->n_hosts, e->text[ENTRY_SERVER]) &&
	       any(f->features, f->n_features, feature.n ? feature : e->text[ENTRY_SERVICE]);
}

static bool in_period(const struct period *p, int64_t ns)
{
	return ns >= p->from_ns && ns < p->to_ns;
}

static int count(struct collect *c, const struct entry *e)
{
	bool server = span_eq(e->text[ENTRY_ROLE], SPAN_LIT("server"));
	enum record_is is = record__is(e);
	bool before = is != RECORD_FOREIGN && !in_period(&c->cfg->period, e->time_ns);

	if (is == RECORD_FOREIGN) {
		note(c, &c->foreign);
		return 0;
	}
	/* Totals from behind the period tell nothing of it. */
	if (is == RECORD_STATS && e->time_ns < c->cfg->period.to_ns)
		return loss_runs__add(&c->losses, e, before);
	if (is == RECORD_STATS || is == RECORD_OTHER)
		return 0;
	if (e->text[ENTRY_SPAN].n &&
	    known__add(&c->known, e->text[ENTRY_TRACE], e->text[ENTRY_SPAN])) {
		c->doubles++;
		return 0;
	}
	/* Runs and their tools are a client's. */
	if (is == RECORD_RUN || is == RECORD_TOOL)
		server = c->cfg->servers;
	if (server != c->cfg->servers) {
		c->others_role += !before;
		return 0;
	}
	if (!wanted(c->cfg, e)) {
		c->filtered += !before;
		return 0;
	}
	if (!before) {
		c->records++;
		if (!c->has_time || e->time_ns < c->first_ns)
			c->first_ns = e->time_ns;
		if (!c->has_time || e->time_ns > c->last_ns)
			c->last_ns = e->time_ns;
		c->has_time = true;
		slow__add(&c->slow, is, e);
	}
	tally__add(before ? &c->before : &c->now, is, e);
	return groups__add(&c->groups, is, e, before);
}

static int on_piece(void *ctx, struct span piece)
{
	return entry_reader__feed(((struct collect *)ctx)->reader, piece);
}

static int on_end(void *ctx, bool last)
{
	struct collect *c = ctx;
	const struct entry *e;
	enum entry_end end;
	int err = entry_reader__end(c->reader, &end, &e);

	c->line++;
	if (err || end == ENTRY_OUTSIDE || end == ENTRY_EMPTY)
		return err;
	if (end == ENTRY_READ)
		return count(c, e);
	note(c, last ? &c->cut : &c->broken);
	return 0;
}

int collect__file(struct collect *c, const char *path)
{
	static const struct lines_ops ops = {.piece = on_piece, .end = on_end};

	c->file = path;
	c->line = 0;
	c->files++;
	return lines__read(path, &ops, c);
}
