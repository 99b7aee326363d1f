// SPDX-License-Identifier: Apache-2.0
#include "call/tracker.h"

#include <errno.h>
#include <stdlib.h>

#include "base/limits.h"
#include "call/fetched.h"
#include "call/runs.h"
#include "call/tracking.h"

#define STATS_EVERY_NS 60000000000ULL
#define STATS_GAP_NS 1000000000ULL

int call_tracker__new(const struct call_tracker_config *config, struct call_tracker **ret)
{
	struct call_tracker *t = calloc(1, sizeof(*t));
	int err;

	if (!t)
		return -ENOMEM;
	t->cfg = *config;
	err = processes__new(config->lim, &t->processes);
	if (!err)
		err = fetched__new(config->lim, &t->fetched);
	if (!err)
		err = runs__new(t, &t->runs);
	if (err) {
		call_tracker__free(t);
		return err;
	}
	t->budget.max_bytes = config->lim->calls_bytes;
	*ret = t;
	return 0;
}

void call_tracker__free(struct call_tracker *t)
{
	if (!t)
		return;
	/* A turn goes with its session. */
	while (t->open)
		call_open__free(t->open->session ? t->open->session : t->open);
	runs__free(t->runs);
	processes__free(t->processes);
	fetched__free(t->fetched);
	free(t);
}

uint64_t call_tracker__wall_ns(const struct call_tracker *t, uint64_t mono_ns)
{
	const struct clock *k = &t->clock;

	return mono_ns + (uint64_t)(mono_ns < k->since_ns ? k->before_ns : k->offset_ns);
}

/* ---- what the capture tells ---- */

static void on_clock(void *ctx, uint64_t mono_ns, int64_t offset_ns)
{
	struct clock *k = &((struct call_tracker *)ctx)->clock;

	if (!k->known)
		k->started_ns = mono_ns + (uint64_t)offset_ns;
	k->before_ns = k->known ? k->offset_ns : offset_ns;
	k->offset_ns = offset_ns;
	k->since_ns = mono_ns;
	k->known = true;
}

static void on_process(void *ctx, const struct process *p)
{
	struct call_tracker *t = ctx;

	processes__see(t->processes, p);
}

static void on_process_exit(void *ctx, const struct capture_exit *e)
{
	struct call_tracker *t = ctx;

	processes__exit(t->processes, e->pid, e->ts_ns);
	runs__exit(t->runs, e->pid);
}

static void on_counts(void *ctx, const struct capture_counts *c)
{
	struct call_tracker *t = ctx;

	t->counts = *c;
}

/* A session is none by itself, nor is what may yet turn out to be something else. */
static uint64_t open_calls(const struct call_tracker *t)
{
	const struct call_open *x;
	uint64_t n = 0;

	for (x = t->open; x; x = x->next)
		n += !x->upgraded && dialect_reader__confirmed(x->reader);
	return n;
}

void call_tracker__stats(struct call_tracker *t, uint64_t now_ns, struct stats *ret)
{
	const uint64_t *v = t->counts.v;

	*ret = t->totals;
	ret->time_ns = call_tracker__wall_ns(t, now_ns);
	ret->started_ns = t->clock.started_ns;
	ret->lost_records = v[COUNT_LOST_RECORDS] + v[COUNT_CONTROL_LOST];
	ret->lost_bytes = v[COUNT_LOST_BYTES] + v[COUNT_FAULT_BYTES];
	ret->missed_calls =
		v[COUNT_NO_STATE] + v[COUNT_NESTED_FULL] + v[COUNT_MISFIT] + v[COUNT_UNPAIRED];
	ret->no_entry = v[COUNT_NO_ENTRY];
	ret->midstream = v[COUNT_MIDSTREAM];
	ret->quiet_calls = v[COUNT_QUIET_CALLS];
	ret->copied_bytes = v[COUNT_COPIED];
	ret->bytes = v[COUNT_BYTES];
	ret->connections = v[COUNT_CONNS];
	ret->neither = v[COUNT_NEITHER];
	ret->late = v[COUNT_LATE];
	ret->open_calls = open_calls(t);
	ret->processes = processes__count(t->processes);
	if (t->cfg.fill)
		t->cfg.fill(t->cfg.ctx, ret);
}

/* Whatever makes a stats record come at once when it grows. */
static uint64_t losses(const struct stats *st)
{
	return st->lost_records + st->lost_bytes + st->gaps + st->missed_calls;
}

static void tell_stats(struct call_tracker *t, uint64_t now_ns)
{
	struct stats st;

	t->told_ns = now_ns;
	if (!t->cfg.stats)
		return;
	call_tracker__stats(t, now_ns, &st);
	t->told_losses = losses(&st);
	t->cfg.stats(t->cfg.ctx, &st);
}

static void on_tick(void *ctx, uint64_t mono_ns)
{
	struct call_tracker *t = ctx;
	struct stats st;

	processes__tick(t->processes, mono_ns);
	runs__tick(t->runs, mono_ns);
	if (!t->told_ns) {
		t->told_ns = mono_ns; /* the first minute begins */
		return;
	}
	if (mono_ns < t->told_ns + STATS_GAP_NS)
		return;
	call_tracker__stats(t, mono_ns, &st);
	if (mono_ns >= t->told_ns + STATS_EVERY_NS || losses(&st) != t->told_losses)
		tell_stats(t, mono_ns);
	else if (t->cfg.now)
		t->cfg.now(t->cfg.ctx, &st);
}

const struct capture_ops *call_tracker__capture_ops(void)
{
	static const struct capture_ops ops = {
		.clock = on_clock,
		.process = on_process,
		.exit = on_process_exit,
		.counts = on_counts,
		.tick = on_tick,
	};

	return &ops;
}

void call_tracker__use_features(struct call_tracker *t, const struct feature_rules *features)
{
	t->cfg.features = features;
}

void call_tracker__use_prices(struct call_tracker *t, struct prices *prices)
{
	t->cfg.prices = prices;
}

bool call_tracker__full(const struct call_tracker *t)
{
	return t->cfg.max_calls && t->n_out >= t->cfg.max_calls;
}

void call_tracker__finish(struct call_tracker *t, uint64_t now_ns)
{
	runs__finish(t->runs);
	tell_stats(t, now_ns);
}

const struct process *call_tracker__process(struct call_tracker *t, uint32_t pid)
{
	const struct process_facts *f = processes__get(t->processes, pid);

	/* The table's own reference holds it until the next event. */
	processes__put(f);
	return f ? &f->p : NULL;
}
