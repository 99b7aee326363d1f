// SPDX-License-Identifier: Apache-2.0
#include "capture/live.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "capture/attach.h"
#include "capture/decode.h"
#include "capture/features.h"
#include "capture/hellos.h"
#include "capture/mappings.h"
#include "capture/pending.h"
#include "capture/probes.h"
#include "capture/proc.h"
#include "capture/procs.h"
#include "capture/quic.h"
#include "capture/targets.h"
#include "capture/verdicts.h"
#include "capture/whereabouts.h"

#define NS_PER_MS 1000000ULL
#define NS_PER_S 1000000000ULL

/* How often the data ring is looked at: it wakes us only when it fills up. */
#define POLL_BUSY_NS (2 * NS_PER_MS)
#define POLL_IDLE_NS (20 * NS_PER_MS)
#define IDLE_AFTER_NS (200 * NS_PER_MS)

/* Mappings are announced; a slow look at all processes catches what an overflow or a racing exec
 * made us miss. */
#define RESCAN_NS (10 * NS_PER_S)

#define DRAIN_TURNS 200		/* milliseconds at most */
#define CLOCK_STEP_NS NS_PER_MS /* a REALTIME step worth telling */

struct live {
	const struct capture_ops *ops;
	void *ctx;
	struct live_config config;
	struct probes *probes;
	struct targets *targets;
	struct mappings *mappings; /* NULL: not available, then only the rescan finds new ones */
	struct procs procs;
	struct pending_list pending;
	struct quic *quic;     /* NULL: it is not looked for */
	struct hellos *hellos; /* as quic */
	struct whereabouts *where;
	struct capture_control control;
	int epoll, timer;
	uint64_t timer_ns; /* its present interval */
	uint64_t busy_ns, tick_ns, rescan_ns;
	int64_t clock_offset;
	uint64_t counts[COUNT_MAX];
};

static uint64_t now_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

static void say(struct live *l, int level, const char *text)
{
	if (l->config.say)
		l->config.say(l->config.say_ctx, level, text);
}

/* --- processes --- */

/* Reads and tells the facts of a process whose data is about to come. known: what the kernel said
 * of it, for the case that it is gone already; may be NULL. */
static struct proc_state *proc_tell(struct live *l, uint32_t pid, const struct event_process *e)
{
	struct proc_state *p = procs__get(&l->procs, pid);
	struct process *facts;

	if (!p || proc_state__read(p, e, l->where, now_ns(CLOCK_MONOTONIC), &facts))
		return p;
	p->told = true;
	/* What is not named yet may turn out to be wanted. */
	if (!*facts->pod_name && *facts->pod_uid && p->unnamed) {
		if (l->ops->process)
			l->ops->process(l->ctx, facts);
	} else if (l->config.want && !l->config.want(l->config.want_ctx, facts)) {
		p->unwanted = true;
		probes__target(l->probes, pid, false);
	} else if (l->ops->process) {
		l->ops->process(l->ctx, facts);
	}
	process__free(facts);
	return p;
}

static void scan(struct live *l, uint32_t pid)
{
	procs__note(&l->procs, pid, targets__scan(l->targets, pid));
}

static void scan_all(struct live *l)
{
	uint32_t *pids = NULL;
	int i, n = proc__pids("/proc", &pids);

	for (i = 0; i < n; i++)
		if (pids[i] != (uint32_t)getpid())
			scan(l, pids[i]);
	free(pids);
}

static void scan_targets(struct live *l)
{
	struct proc_state *p, *next;

	if (l->config.all) {
		scan_all(l);
	} else {
		map__for_each(node, l->procs.all, p, next) scan(l, p->pid);
	}
	targets__scanned(l->targets);
}

/* Who it is must be told before: of such a process no data comes that would do so. */
static void tell_unseen(struct live *l, const struct capture_unseen *u)
{
	const struct proc_state *p = u->pid ? proc_tell(l, u->pid, NULL) : NULL;

	if (l->ops->unseen && !(p && p->unwanted))
		l->ops->unseen(l->ctx, u);
}

/* pid 0: of any process; at once: also those that could still prove to be seen. */
static void tell_hellos(struct live *l, uint32_t pid, bool at_once)
{
	uint64_t now = at_once ? UINT64_MAX : now_ns(CLOCK_MONOTONIC);
	struct capture_unseen u;

	while (hellos__due(l->hellos, now, pid, &u))
		tell_unseen(l, &u);
}

static void end_process(struct live *l, const struct event_process *e)
{
	struct capture_exit x = {.pid = e->h.tgid, .ts_ns = e->ts_ns, .status = e->exit_code};
	struct proc_state *p = procs__find(&l->procs, e->h.tgid);

	tell_hellos(l, e->h.tgid, true);
	if (p && p->told && !p->unwanted && l->ops->exit)
		l->ops->exit(l->ctx, &x);
	if (e->h.kind == EVENT_EXIT) {
		targets__gone(l->targets, e->h.tgid);
		if (p && p->unwanted)
			probes__untarget(l->probes, e->h.tgid);
		procs__forget(&l->procs, e->h.tgid);
		return;
	}
	/* The same process with another program: who it was no longer holds. */
	if (p && p->unwanted)
		probes__untarget(l->probes, e->h.tgid);
	if (p) {
		l->procs.n_tls -= p->tls;
		l->procs.n_unlocated -= p->unlocated;
		p->told = p->unnamed = p->unwanted = p->tls = p->unlocated = p->is_signed = false;
	}
	proc_tell(l, e->h.tgid, e);
	scan(l, e->h.tgid);
}

/* Acts on what waits for the data ring; all: on everything. */
static void act_on_drained(struct live *l, bool all)
{
	uint64_t consumed = all ? UINT64_MAX : probes__data_consumed(l->probes);
	struct event_process e;

	while (pending__take(&l->pending, consumed, &e))
		end_process(l, &e);
}

/* A record of a process that is younger than its exec belongs to the new program: that goes first.
 * (Its older ones cannot come any more: they were reserved before it.) */
static void act_before(struct live *l, uint32_t pid, uint64_t ts_ns)
{
	struct event_process e;

	while (pending__take_before(&l->pending, pid, ts_ns, &e))
		end_process(l, &e);
}

/* --- events --- */

static void on_process(struct live *l, const struct event_process *e)
{
	switch (e->h.kind) {
	case EVENT_TLS:
		proc_tell(l, e->h.tgid, e);
		return;
	case EVENT_FORK:
		/* It shares its parent's mappings, which are known; those to come are its own. */
		procs__get(&l->procs, e->child);
		return;
	default:
		if (pending__add(&l->pending, e, probes__data_produced(l->probes)))
			end_process(l, e);
	}
}

static int on_control(void *ctx, const struct event_header *h, size_t size)
{
	struct live *l = ctx;

	if (size >= sizeof(struct event_process) && h->kind >= EVENT_TLS && h->kind <= EVENT_EXIT)
		on_process(l, (const void *)h);
	return 0;
}

static void on_bytes(struct live *l, const struct event_header *h, size_t size)
{
	struct capture_data d;
	struct proc_state *p;

	if (!decode__data(h, size, &d))
		return;
	act_before(l, d.pid, d.entry_ns);
	hellos__seen(l->hellos, d.pid);
	p = procs__find(&l->procs, d.pid);
	if (!p || !p->told || p->unnamed)
		p = proc_tell(l, d.pid, NULL);
	if (p && p->unwanted)
		l->control.ignore(l->control.ctx, d.conn);
	else if (l->ops->data)
		l->ops->data(l->ctx, &d);
}

static void on_peer(struct live *l, const struct event_header *h, size_t size)
{
	struct capture_peer p;

	if (l->ops->peer && decode__peer(h, size, &p))
		l->ops->peer(l->ctx, &p);
}

static void on_close(struct live *l, const struct event_header *h, size_t size)
{
	struct capture_close c;

	if (!l->ops->close || !decode__close(h, size, &c))
		return;
	act_before(l, c.pid, c.ts_ns);
	l->ops->close(l->ctx, &c);
}

/* Is a process traced, as far as that is known outside the kernel? 0: one that cannot be found. */
static bool is_traced(void *ctx, uint32_t pid)
{
	struct live *l = ctx;

	return procs__traced(&l->procs, l->config.all, pid);
}

static void on_quic(struct live *l, const struct event_header *h, size_t size)
{
	struct capture_unseen u;

	if (size >= sizeof(struct event_hello) && l->quic &&
	    quic__take(l->quic, (const void *)h, &u))
		tell_unseen(l, &u);
}

static void on_hello(struct live *l, const struct event_header *h, size_t size)
{
	uint32_t pid = 0;

	if (size >= sizeof(struct event_hello) && l->hellos)
		pid = hellos__take(l->hellos, (const void *)h);
	if (pid)
		proc_tell(l, pid, NULL);
}

static int on_data(void *ctx, const struct event_header *h, size_t size)
{
	static void (*const take[])(struct live * l, const struct event_header *h, size_t size) = {
		[EVENT_DATA] = on_bytes, [EVENT_GAP] = on_bytes, [EVENT_CLOSE] = on_close,
		[EVENT_QUIC] = on_quic,	 [EVENT_PEER] = on_peer, [EVENT_HELLO] = on_hello,
	};

	if (h->kind < sizeof(take) / sizeof(take[0]) && take[h->kind])
		take[h->kind](ctx, h, size);
	return 0;
}

static void on_mapping(void *ctx, const struct mapping *m)
{
	struct live *l = ctx;

	if (l->config.all || procs__find(&l->procs, m->pid))
		procs__note(&l->procs, m->pid, targets__mapping(l->targets, m));
}

static void on_found(void *ctx, uint32_t pid, int has)
{
	struct live *l = ctx;

	procs__note(&l->procs, pid, has);
}

/* --- time --- */

static void tell_clock(struct live *l)
{
	uint64_t mono = now_ns(CLOCK_MONOTONIC);
	int64_t offset = (int64_t)(now_ns(CLOCK_REALTIME) - mono);
	int64_t moved = offset - l->clock_offset;

	if (l->clock_offset && moved < (int64_t)CLOCK_STEP_NS && moved > -(int64_t)CLOCK_STEP_NS)
		return;
	l->clock_offset = offset;
	if (l->ops->clock)
		l->ops->clock(l->ctx, mono, offset);
}

static void tell_counts(struct live *l)
{
	struct capture_counts c;

	if (probes__counters(l->probes, c.v) || !l->ops->counts)
		return;
	c.v[COUNT_LATE] = targets__late(l->targets);
	l->ops->counts(l->ctx, &c);
}

static void set_timer(struct live *l, uint64_t ns)
{
	struct itimerspec t = {
		.it_interval = {.tv_nsec = ns},
		.it_value = {.tv_nsec = ns},
	};

	if (l->timer_ns == ns)
		return;
	l->timer_ns = ns;
	timerfd_settime(l->timer, 0, &t, NULL);
}

static void tick(struct live *l, uint64_t now)
{
	if (now - l->tick_ns < NS_PER_S)
		return;
	l->tick_ns = now;
	tell_clock(l);
	tell_counts(l);
	tell_hellos(l, 0, false);
	if (l->ops->tick)
		l->ops->tick(l->ctx, now);
	if (now - l->rescan_ns >= RESCAN_NS || targets__crowded(l->targets)) {
		l->rescan_ns = now;
		scan_targets(l);
	}
}

void live__poll(struct live *l)
{
	uint64_t now, expired;

	if (read(l->timer, &expired, sizeof(expired)) < 0 && errno != EAGAIN)
		say(l, 0, "the polling timer cannot be read");
	targets__start(l->targets);
	targets__poll(l->targets);
	if (l->mappings && mappings__consume(l->mappings, on_mapping, l)) {
		say(l, 1, "mapping records were lost; looking through all processes");
		scan_targets(l);
	}
	probes__consume_control(l->probes, on_control, l);
	now = now_ns(CLOCK_MONOTONIC);
	if (probes__consume_data(l->probes, on_data, l) > 0)
		l->busy_ns = now;
	act_on_drained(l, false);
	set_timer(l, now - l->busy_ns < IDLE_AFTER_NS ? POLL_BUSY_NS : POLL_IDLE_NS);
	tick(l, now);
}

void live__drain(struct live *l)
{
	/* What was reserved by now is taken in, also what is being filled this very moment; what
	 * comes later is not waited for. */
	uint64_t end = probes__data_produced(l->probes);

	for (int i = 0; i < DRAIN_TURNS; i++) {
		probes__consume_control(l->probes, on_control, l);
		probes__consume_data(l->probes, on_data, l);
		if (probes__data_consumed(l->probes) >= end)
			break;
		usleep(1000);
	}
	act_on_drained(l, true);
	tell_hellos(l, 0, true);
	tell_counts(l);
}

/* --- making and ending --- */

static int open_loop(struct live *l)
{
	/* Of the rings only the kernel side's rare forced wake-ups, not each byte that waits. */
	const struct {
		int fd;
		uint32_t events;
	} watched[] = {
		{l->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC), EPOLLIN},
		{probes__data_fd(l->probes), EPOLLIN | EPOLLET},
		{probes__control_fd(l->probes), EPOLLIN | EPOLLET},
		{l->mappings ? mappings__fd(l->mappings) : -1, EPOLLIN},
		{targets__fd(l->targets), EPOLLIN},
	};

	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (l->epoll < 0 || l->timer < 0)
		return -errno;
	for (size_t i = 0; i < sizeof(watched) / sizeof(watched[0]); i++) {
		struct epoll_event ev = {.events = watched[i].events};

		if (watched[i].fd >= 0 && epoll_ctl(l->epoll, EPOLL_CTL_ADD, watched[i].fd, &ev))
			return -errno;
	}
	set_timer(l, POLL_IDLE_NS);
	return 0;
}

/* A process that was named, and where children are followed also those that it already has. */
static void add_family(struct live *l, uint32_t pid)
{
	struct proc_state *p = procs__get(&l->procs, pid);
	uint32_t *pids = NULL;
	int n = 0;

	if (p)
		p->named = true;
	/* Marked first, so that a child that is forked meanwhile is marked by the kernel. */
	live__add_pid(l, pid);
	if (l->config.follow)
		n = proc__family("/proc", pid, &pids);
	for (int i = 0; i < n; i++)
		if (pids[i] != pid)
			live__add_pid(l, pids[i]);
	free(pids);
}

int live__new(const struct live_config *config, const struct capture_ops *ops, void *ctx,
	      struct live_error *ret_error, struct live **ret)
{
	struct live *l = calloc(1, sizeof(*l));
	struct probes_config pc = {config->ring_bytes, config->all, config->follow, config->plain,
				   config->n_plain};
	struct targets_config tc = {
		.per_pid = !config->all && !config->follow,
		.plan = {.offsets = config->offsets, .n_offsets = config->n_offsets},
		.say = config->say,
		.say_ctx = config->say_ctx,
		.found = on_found,
		.found_ctx = l,
	};
	struct features features;
	struct hellos_config hc = {
		.matters = config->matters, .matters_ctx = config->matters_ctx, .all = config->all};
	int err = -ENOMEM;

	*ret_error = (struct live_error){.what = "allocating memory"};
	if (!l)
		goto fail;
	l->epoll = l->timer = -1;
	l->ops = ops;
	l->ctx = ctx;
	l->config = *config;
	ret_error->what = "opening the host's root";
	err = whereabouts__new(config->host_root, &l->where);
	if (err)
		goto fail;
	features__probe(&features);
	err = probes__new(&pc, &features, &ret_error->what, &l->probes);
	if (err)
		goto fail;
	l->control = verdicts__control(probes__verdicts(l->probes));
	ret_error->what = "preparing targets";
	tc.plan.want_rets = features.return_probes_kill;
	attach__allow_files();
	err = targets__new(l->probes, &tc, &l->targets);
	if (err)
		goto fail;
	if (probes__watch_hellos(l->probes)) {
		quic__new(is_traced, l, &l->quic);
		hc.procs = &l->procs;
		hc.targets = l->targets;
		hellos__new(&hc, &l->hellos);
	} else {
		say(l, 1, "hosts of what cannot be seen are not named: see llmsnoop doctor");
	}
	if (!features.mmap_events || mappings__new(&l->mappings))
		say(l, 0,
		    "new mappings cannot be watched; programs that start now are seen up to 10 s "
		    "late");
	ret_error->what = "opening the event loop";
	err = open_loop(l);
	if (err)
		goto fail;
	tell_clock(l);
	l->tick_ns = l->rescan_ns = now_ns(CLOCK_MONOTONIC);
	for (size_t i = 0; i < config->n_pids; i++)
		add_family(l, config->pids[i]);
	if (config->all)
		scan_all(l);
	*ret = l;
	return 0;
fail:
	ret_error->err = err;
	live__free(l);
	return err;
}

void live__free(struct live *l)
{
	if (!l)
		return;
	targets__free(l->targets);
	mappings__free(l->mappings);
	probes__free(l->probes);
	procs__free(&l->procs);
	whereabouts__free(l->where);
	pending__free(&l->pending);
	quic__free(l->quic);
	hellos__free(l->hellos);
	if (l->timer >= 0)
		close(l->timer);
	if (l->epoll >= 0)
		close(l->epoll);
	free(l);
}

int live__add_pid(struct live *l, uint32_t pid)
{
	struct proc_state *p = procs__get(&l->procs, pid);
	int err = p ? probes__target(l->probes, pid, true) : -ENOMEM;

	if (err)
		return err;
	scan(l, pid);
	return 0;
}

int live__preload(struct live *l, const char *path, bool later)
{
	return targets__preload(l->targets, path, later);
}

int live__fd(const struct live *l)
{
	return l->epoll;
}

const struct capture_control *live__control(struct live *l)
{
	return &l->control;
}

void live__summary(const struct live *l, struct live_summary *ret)
{
	*ret = (struct live_summary){
		.method = probes__method(l->probes),
		.files = targets__files(l->targets),
		.processes = l->procs.n_tls,
		.stacks = targets__stacks(l->targets),
		.unlocated_files = targets__unlocated(l->targets),
		.unlocated_processes = l->procs.n_unlocated,
	};
}

const struct targets *live__targets(const struct live *l)
{
	return l->targets;
}

void live__list(const struct live *l, target_fn fn, void *ctx)
{
	struct proc_state *p, *next;

	map__for_each(node, l->procs.all, p, next)
	{
		if (p->tls || p->unlocated || p->named)
			targets__list(l->targets, p->pid, fn, ctx);
	}
}
