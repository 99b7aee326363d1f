// SPDX-License-Identifier: Apache-2.0
#include "capture/targets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "capture/changes.h"
#include "capture/maps.h"
#include "capture/targets_inner.h"

#define NS_PER_S 1000000000ULL

/* Searching a program without symbols takes a third of a second for 200 MB; a library with them
 * takes 2 ms, and its probes are wanted at once. */
#define LARGE_BYTES (8 << 20)
/* How often a known file is asked whether it still is what it was. */
#define CHECK_NS (NS_PER_S / 10)
/* Probes in a file of another mount namespace, of which we cannot know whether it can be reached
 * again, go when nobody has mapped it for so long: they hold on to the file system. */
#define ELSEWHERE_NS (600 * NS_PER_S)
/* Files that lose their probes at one look at all processes. */
#define DROPS_MAX 256

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

void targets__say(struct targets *t, int level, const char *fmt, const char *path, const char *more)
{
	char line[2048];

	if (!t->config.say)
		return;
	snprintf(line, sizeof(line), fmt, path, more);
	t->config.say(t->config.say_ctx, level, line);
}

int targets__epoll_add(struct targets *t, int fd)
{
	struct epoll_event ev = {.events = EPOLLIN};

	return epoll_ctl(t->epoll, EPOLL_CTL_ADD, fd, &ev) ? -errno : 0;
}

int targets__new(struct probes *p, const struct targets_config *config, struct targets **ret)
{
	struct targets *t = calloc(1, sizeof(*t));
	int err;

	if (!t)
		return -ENOMEM;
	t->probes = p;
	t->config = *config;
	t->files.limits = config->limits ? config->limits : &limits_default;
	t->scan = 1;
	t->changes = p ? changes__open() : -1;
	t->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (t->epoll < 0 || (t->changes >= 0 && targets__epoll_add(t, t->changes))) {
		err = -errno;
		targets__free(t);
		return err;
	}
	*ret = t;
	return 0;
}

void targets__free(struct targets *t)
{
	struct file *f, *next;
	struct detach *d;

	if (!t)
		return;
	targets__end_worker(t);
	d = targets__detach_begin(t->files.n_tls);
	HASH_ITER (node, t->files.all, f, next)
		targets__detach_drop(t, d, f);
	targets__detach_end(t, d, true);
	for (size_t i = 0; i < t->config.plan.n_offsets; i++)
		if (!(t->offsets_used & 1U << i))
			targets__say(t, 0, "--offset %s: %s", t->config.plan.offsets[i].text,
				     "no traced process has had such a file mapped");
	if (t->changes >= 0)
		close(t->changes);
	if (t->epoll >= 0)
		close(t->epoll);
	free(t);
}

static int look_now(struct targets *t, struct file *f, int fd, const char *path, uint32_t pid)
{
	struct plan *plan = calloc(1, sizeof(*plan));
	int has;

	if (!plan)
		return -ENOMEM;
	has = plan__file(fd, path, &t->config.plan, plan);
	has = targets__settle(t, f, fd, plan, has, path, pid);
	free(plan);
	return has;
}

static void on_change(void *ctx, int watch)
{
	struct targets *t = ctx;
	struct file *f, *next;

	HASH_ITER (node, t->files.all, f, next) {
		if (f->watch != watch)
			continue;
		targets__say(t, 1, "%s: written to%s", f->path ? f->path : "a file", "");
		targets__drop(t, f);
		return;
	}
}

int targets__fd(const struct targets *t)
{
	return t->epoll;
}

void targets__poll(struct targets *t)
{
	if (t->changes >= 0)
		changes__consume(t->changes, on_change, t);
	targets__take(t);
}

void targets__start(struct targets *t)
{
	t->started = true;
}

uint64_t targets__late(const struct targets *t)
{
	return t->late;
}

/* --- what processes map --- */

/* Is a known file, as pid maps it, still what was looked into? */
static bool is_same(struct targets *t, struct file *f, const struct map_entry *e,
		    uint64_t generation, uint32_t pid, uint64_t now)
{
	struct stat st;

	if (generation && f->stamp.generation && f->stamp.generation != generation)
		return false;
	if (generation)
		f->stamp.generation = generation;
	if (now - f->checked_ns < CHECK_NS)
		return true;
	f->checked_ns = now;
	return maps__stat_file("/proc", pid, e, &st) || !file_stamp__differs(&f->stamp, &st);
}

/* Bits of enum target_has; negative errno. */
static int consider(struct targets *t, const struct map_entry *e, uint64_t generation, uint32_t pid)
{
	struct file_key key = {e->dev, e->ino};
	struct file *f = files__find(&t->files, &key);
	uint64_t now = now_ns();
	struct stat st;
	int fd, has;

	if (f && !is_same(t, f, e, generation, pid, now)) {
		targets__drop(t, f);
		f = NULL;
	}
	if (f) {
		f->used_ns = now;
		f->scan = t->scan;
		if (f->look)
			targets__wait(t, f, pid);
		if (f->look || targets__settled(t, f, pid))
			return targets__has(f);
	}
	fd = maps__open_file("/proc", pid, e);
	if (fd < 0)
		return fd;
	has = fstat(fd, &st) ? -errno : 0;
	if (!has && !f) {
		f = files__add(&t->files, &key);
		has = f ? 0 : -ENOMEM;
	}
	if (has) {
		close(fd);
		return has;
	}
	file_stamp__set(&f->stamp, &st);
	f->stamp.generation = generation ? generation : f->stamp.generation;
	f->checked_ns = f->used_ns = now;
	f->scan = t->scan;
	has = -EAGAIN;
	if (t->started && st.st_size > LARGE_BYTES) {
		has = targets__look_aside(t, f, fd, e->path, pid);
		if (!has)
			return targets__has(f);
	}
	/* With too many large ones waiting, this one is found again by the next look at all. */
	if (st.st_size <= LARGE_BYTES || !t->started || !t->worker)
		has = look_now(t, f, fd, e->path, pid);
	close(fd);
	if (has >= 0)
		return targets__has(f);
	targets__forget_failed(t, f, has);
	return has;
}

struct scan {
	struct targets *t;
	uint32_t pid;
	int has;
};

static int scan_entry(void *ctx, const struct map_entry *e)
{
	struct scan *s = ctx;

	int has = consider(s->t, e, 0, s->pid);

	if (has > 0)
		s->has |= has;
	return 0;
}

int targets__scan(struct targets *t, uint32_t pid)
{
	struct scan s = {.t = t, .pid = pid};
	int err = maps__read("/proc", pid, scan_entry, &s);

	return err ? err : s.has;
}

int targets__mapping(struct targets *t, const struct mapping *m)
{
	struct map_entry e = {
		.start = m->start,
		.end = m->end,
		.dev = makedev(m->major, m->minor),
		.ino = m->ino,
		.path = m->path,
	};

	return consider(t, &e, m->generation, m->pid);
}

bool targets__crowded(const struct targets *t)
{
	return t->files.n_tls > t->files.limits->probed_files / 8 * 7;
}

void targets__scanned(struct targets *t)
{
	unsigned int enough = t->files.limits->probed_files / 4 * 3, drops = 0;
	struct detach *d = targets__detach_begin(DROPS_MAX);
	uint64_t now = now_ns();
	struct file *f, *next;
	char *again = NULL;

	HASH_ITER (node, t->files.all, f, next) {
		/* Twice, since a mapping may have come after its process was looked at. */
		if (!f->tls || f->scan + 1 >= t->scan || drops == DROPS_MAX)
			continue;
		if (f->path ? !file__is_replaced(f) : now - f->used_ns < ELSEWHERE_NS)
			continue;
		if (f->kept && !again)
			again = strdup(f->path);
		targets__detach_drop(t, d, f);
		drops++;
	}
	if (!targets__crowded(t))
		drops = DROPS_MAX;
	while (t->files.n_tls > enough && drops++ < DROPS_MAX &&
	       (f = files__idlest(&t->files, t->scan)))
		targets__detach_drop(t, d, f);
	targets__detach_end(t, d, false);
	t->full_said = t->full_said && targets__full(t);
	t->scan++;
	/* What is wanted before anybody maps it: the file that took its place. */
	if (again)
		targets__preload(t, again, true);
	free(again);
}

int targets__preload(struct targets *t, const char *path, bool later)
{
	struct file_key key;
	struct stat st;
	struct file *f;
	int fd, has = 0;

	if (t->config.per_pid)
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		goto out;
	key = (struct file_key){st.st_dev, st.st_ino};
	f = files__find(&t->files, &key);
	if (f) {
		f->kept = f->path && f->tls;
		goto out;
	}
	f = files__add(&t->files, &key);
	if (f)
		file_stamp__set(&f->stamp, &st);
	if (f && later && st.st_size > LARGE_BYTES && !targets__look_aside(t, f, fd, path, 0))
		return 0;
	has = f ? look_now(t, f, fd, path, 0) : -ENOMEM;
	if (f) {
		f->kept = f->path && has > 0;
		targets__forget_failed(t, f, has);
	}
out:
	close(fd);
	return has < 0 ? has : 0;
}

void targets__gone(struct targets *t, uint32_t pid)
{
	struct file *f, *next;

	if (!t->config.per_pid)
		return;
	HASH_ITER (node, t->files.all, f, next) {
		for (struct pid_attachment **at = &f->pids; *at; at = &(*at)->next) {
			struct pid_attachment *a = *at;

			if (a->pid != pid)
				continue;
			*at = a->next;
			attach__free(a->attachment);
			free(a);
			break;
		}
	}
}

unsigned int targets__files(const struct targets *t)
{
	return t->files.n_tls;
}

void targets__count(const struct targets *t, unsigned int ret[TLS_STACK_MAX])
{
	const struct file *f, *next;
	unsigned int i;

	memset(ret, 0, TLS_STACK_MAX * sizeof(*ret));
	HASH_ITER (node, t->files.all, f, next)
		for (i = 0; f->tls && i < f->n_stacks; i++)
			ret[f->stacks[i].stack] += located__sites(&f->stacks[i]) > 0;
}

unsigned int targets__stacks(const struct targets *t)
{
	return t->stacks;
}

unsigned int targets__unlocated(const struct targets *t)
{
	return t->files.n_unlocated;
}

struct lister {
	const struct targets *t;
	uint32_t pid;
	target_fn fn;
	void *ctx;
	struct file_key last;
};

static int list_entry(void *ctx, const struct map_entry *e)
{
	struct lister *l = ctx;
	struct file_key key = {e->dev, e->ino};
	const struct file *f = files__find(&l->t->files, &key);
	struct target found = {.pid = l->pid, .path = e->path, .deleted = e->deleted};

	/* The executable mappings of one file stand side by side. */
	if (!f || (!f->n_stacks && !f->sign) || !memcmp(&key, &l->last, sizeof(key)))
		return 0;
	l->last = key;
	found.probed = f->tls;
	found.err = f->err;
	found.stacks = f->stacks;
	found.n_stacks = f->n_stacks;
	found.sign = f->sign;
	l->fn(l->ctx, &found);
	return 0;
}

int targets__list(const struct targets *t, uint32_t pid, target_fn fn, void *ctx)
{
	struct lister l = {.t = t, .pid = pid, .fn = fn, .ctx = ctx};

	return maps__read("/proc", pid, list_entry, &l);
}
