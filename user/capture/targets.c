// SPDX-License-Identifier: Apache-2.0
#include "capture/targets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/map.h"
#include "capture/capture.h"
#include "capture/elf.h"
#include "capture/locate.h"
#include "capture/maps.h"
#include "capture/site.h"

/* Files remembered as looked into. When there are more, those without TLS are forgotten, which
 * costs another look. */
#define FILES_MAX 16384
/* Files with probes: the kernel holds their inodes, so this is what a flood of copies can cost. */
#define ATTACHED_MAX 1024
#define RETS_MAX 64

struct file_key {
	uint64_t dev, ino; /* as /proc/PID/maps and perf name them: makedev(), not always st_dev */
};

struct pid_attachment {
	uint32_t pid;
	struct attachment *attachment;
	struct pid_attachment *next;
};

struct file {
	struct file_key key;
	uint64_t generation; /* 0: unknown */
	bool tls;
	struct attachment *attachment; /* for all processes */
	struct pid_attachment *pids;   /* per_pid */
	struct located *stacks;	       /* NULL: none */
	unsigned int n_stacks;
	const struct sign *sign;
	int err; /* probes were refused for good */
	bool unlocated;
	struct map_node node;
};

struct targets {
	struct probes *probes;
	struct targets_config config;
	struct file *files;
	unsigned int n_files, n_attached, n_unlocated;
	unsigned int stacks;
	bool full_said;
};

int targets__new(struct probes *p, const struct targets_config *config, struct targets **ret)
{
	struct targets *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	t->probes = p;
	t->config = *config;
	*ret = t;
	return 0;
}

static void file_free(struct targets *t, struct file *f)
{
	struct pid_attachment *a;

	if (f->tls)
		t->n_attached--;
	if (f->unlocated)
		t->n_unlocated--;
	t->n_files--;
	HASH_DELETE(node, t->files, f);
	attach__free(f->attachment);
	while ((a = f->pids)) {
		f->pids = a->next;
		attach__free(a->attachment);
		free(a);
	}
	free(f->stacks);
	free(f);
}

void targets__free(struct targets *t)
{
	struct file *f, *next;

	if (!t)
		return;
	HASH_ITER (node, t->files, f, next)
		file_free(t, f);
	free(t);
}

static struct file *file_find(const struct targets *t, const struct file_key *key)
{
	struct file *f;

	HASH_FIND(node, t->files, key, sizeof(*key), f);
	return f;
}

static void forget_plain(struct targets *t)
{
	struct file *f, *next;

	HASH_ITER (node, t->files, f, next)
		if (!f->tls)
			file_free(t, f);
}

static struct file *file_add(struct targets *t, const struct file_key *key, uint64_t generation)
{
	struct file *f;
	bool map_oom__ = false;

	if (t->n_files >= FILES_MAX)
		forget_plain(t);
	f = calloc(1, sizeof(*f));
	if (!f)
		return NULL;
	f->key = *key;
	f->generation = generation;
	HASH_ADD(node, t->files, key, sizeof(f->key), f);
	if (map_oom__) {
		free(f);
		return NULL;
	}
	t->n_files++;
	return f;
}

static void say(struct targets *t, int level, const char *fmt, const char *path, const char *more)
{
	char line[2048];

	if (!t->config.say)
		return;
	snprintf(line, sizeof(line), fmt, path, more);
	t->config.say(t->config.say_ctx, level, line);
}

/* Where the TLS functions of a file are, ready for the kernel. */
struct plan {
	struct probe_point points[POINTS_MAX];
	uint64_t rets[POINTS_MAX][RETS_MAX];
	unsigned int n;
	unsigned int stacks; /* bit set of 1 << enum tls_stack */
	struct located found[LOCATED_MAX];
	unsigned int n_found;
};

static bool is_left_out(const struct targets *t, const struct probe_point *pt)
{
	return !pt->n_rets &&
	       (pt->way == SITE_RETS || (t->config.want_rets && pt->way == SITE_CALL));
}

static void plan_point(struct targets *t, struct elf_file *elf, const struct located *l,
		       struct probe_site *site, struct plan *plan)
{
	struct probe_point *pt = &plan->points[plan->n];
	bool tail = false;
	int n;

	*pt = (struct probe_point){
		.fn = site->fn,
		.way = site->way,
		.stack = l->stack,
		.entry = site->file_offset,
		.sure = site->sure,
	};
	if (site->way == SITE_RETS || (t->config.want_rets && site->way == SITE_CALL)) {
		n = site__rets(elf, &site->sym, plan->rets[plan->n], RETS_MAX, &tail);
		if (n > 0 && !tail) {
			pt->rets = plan->rets[plan->n];
			pt->n_rets = n;
		}
	}
	if (is_left_out(t, pt))
		site->left_out =
			"a return probe would harm here, and where it returns is not known";
	plan->n++;
	plan->stacks |= 1U << l->stack;
}

/* Is something there that will not be seen? */
static bool is_unlocated(const struct plan *plan)
{
	unsigned int i, k;

	for (i = 0; i < plan->n_found; i++) {
		for (k = 0; k < plan->found[i].n && plan->found[i].site[k].left_out; k++)
			;
		if (k == plan->found[i].n)
			return true;
	}
	return false;
}

/* 1: the file has TLS functions, 0: it has none, negative errno. */
static int plan_file(struct targets *t, int fd, struct plan *plan)
{
	struct locate_config config = {.want_rets = t->config.want_rets};
	struct elf_file *elf = NULL;
	int n, err;

	err = elf_file__open(fd, &elf);
	if (err)
		return err == -ENOEXEC ? 0 : err;
	n = locate__file(elf, &config, plan->found);
	plan->n_found = n > 0 ? n : 0;
	for (int i = 0; i < n; i++)
		for (unsigned int k = 0; k < plan->found[i].n; k++)
			plan_point(t, elf, &plan->found[i], &plan->found[i].site[k], plan);
	elf_file__free(elf);
	return n < 0 ? n : plan->n > 0;
}

/* A file that is no ELF file of this machine may be one of another. */
static const struct sign *sign_of(int fd, const char *path)
{
	const struct sign *s = sign__of_path(path);
	uint8_t head[20];
	ssize_t n;

	if (s)
		return s;
	n = pread(fd, head, sizeof(head), 0);
	return sign__of_header(span(head, n > 0 ? n : 0));
}

static bool has_pid(const struct file *f, uint32_t pid)
{
	for (const struct pid_attachment *a = f->pids; a; a = a->next)
		if (a->pid == pid)
			return true;
	return false;
}

static int attach(struct targets *t, struct file *f, int fd, const struct plan *plan, uint32_t pid,
		  unsigned int *ret_refused)
{
	struct pid_attachment *a;
	int err;

	if (!t->config.per_pid)
		return probes__attach(t->probes, fd, plan->points, plan->n, -1, ret_refused,
				      &f->attachment);
	a = calloc(1, sizeof(*a));
	if (!a)
		return -ENOMEM;
	a->pid = pid;
	err = probes__attach(t->probes, fd, plan->points, plan->n, pid, ret_refused,
			     &a->attachment);
	if (err) {
		free(a);
		return err;
	}
	a->next = f->pids;
	f->pids = a;
	return 0;
}

/* What was found is kept, with or without sites, and said once. */
static int keep(struct targets *t, struct file *f, const struct plan *plan, const char *path)
{
	char text[1600];

	if (f->stacks || !plan->n_found)
		return 0;
	f->stacks = calloc(plan->n_found, sizeof(*f->stacks));
	if (!f->stacks)
		return -ENOMEM;
	memcpy(f->stacks, plan->found, plan->n_found * sizeof(*f->stacks));
	f->n_stacks = plan->n_found;
	f->unlocated = is_unlocated(plan);
	t->n_unlocated += f->unlocated;
	for (unsigned int i = 0; i < f->n_stacks; i++) {
		located__text(&f->stacks[i], text, sizeof(text));
		say(t, f->unlocated && !located__sites(&f->stacks[i]) ? 0 : 1, "%s: %s", path,
		    text);
	}
	return 0;
}

/* One stack of several that the kernel takes no probes for. */
static void keep_refused(struct targets *t, struct file *f, unsigned int refused, const char *path)
{
	for (unsigned int i = 0; i < f->n_stacks; i++) {
		struct located *l = &f->stacks[i];

		if (!(refused & 1U << l->stack))
			continue;
		for (unsigned int k = 0; k < l->n; k++)
			l->site[k].left_out = "the kernel refused a probe";
		say(t, 0, "%s: probes refused for %s", path, tls_stack__name(l->stack));
		t->n_unlocated += !f->unlocated;
		f->unlocated = true;
	}
}

/* Looks into an open file and puts probes there. 1: they are there, 0: there are none to put,
 * negative errno: try again another time. */
static int look(struct targets *t, struct file *f, int fd, const char *path, uint32_t pid)
{
	struct plan *plan = calloc(1, sizeof(*plan));
	unsigned int refused = 0;
	int has;

	if (!plan)
		return -ENOMEM;
	has = plan_file(t, fd, plan);
	if (has >= 0 && keep(t, f, plan, path))
		has = -ENOMEM;
	if (has >= 0)
		f->sign = sign_of(fd, path);
	if (has <= 0 || !t->probes)
		goto out;
	if (!f->tls && t->n_attached >= ATTACHED_MAX) {
		if (!t->full_said)
			say(t, 0, "%s: not traced: %s", path,
			    "1024 different files with TLS functions are being traced already");
		t->full_said = true;
		has = -ENOSPC;
		goto out;
	}
	has = attach(t, f, fd, plan, pid, &refused);
	f->err = has;
	if (has == -ENOENT) { /* no site takes a probe: that stays so */
		has = 0;
		goto out;
	}
	if (has) {
		say(t, 0, "%s: probes refused: %s", path, strerror(-has));
		goto out;
	}
	keep_refused(t, f, refused, path);
	if (!f->tls) {
		f->tls = true;
		t->n_attached++;
		t->stacks |= plan->stacks & ~refused;
	}
	has = 1;
out:
	free(plan);
	return has;
}

static int has_what(const struct file *f)
{
	return (f->tls ? TARGET_PROBED : 0) | (f->unlocated ? TARGET_UNLOCATED : 0) |
	       (f->sign && !f->sign->later ? TARGET_SIGNED : 0);
}

/* Bits of enum target_has; negative errno. */
static int consider(struct targets *t, const struct map_entry *e, uint64_t generation, uint32_t pid)
{
	struct file_key key = {e->dev, e->ino};
	struct file *f = file_find(t, &key);
	int fd, has;

	if (f && generation && f->generation && f->generation != generation && !f->tls) {
		file_free(t, f); /* another file under an old number */
		f = NULL;
	}
	if (f && !f->generation)
		f->generation = generation;
	if (f && (!f->err || f->err == -ENOENT) &&
	    (!f->tls || !t->config.per_pid || has_pid(f, pid)))
		return has_what(f);
	fd = maps__open_file("/proc", pid, e);
	if (fd < 0)
		return fd;
	if (!f)
		f = file_add(t, &key, generation);
	has = f ? look(t, f, fd, e->path, pid) : -ENOMEM;
	close(fd);
	if (has >= 0)
		return has_what(f);
	/* What could not be judged is judged again the next time. */
	if (f && !f->n_stacks)
		file_free(t, f);
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

int targets__preload(struct targets *t, const char *path)
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
	f = file_find(t, &key);
	if (f)
		goto out;
	f = file_add(t, &key, 0);
	has = f ? look(t, f, fd, path, 0) : -ENOMEM;
	if (f && has < 0 && !f->n_stacks)
		file_free(t, f);
out:
	close(fd);
	return has < 0 ? has : 0;
}

void targets__gone(struct targets *t, uint32_t pid)
{
	struct file *f, *next;

	if (!t->config.per_pid)
		return;
	HASH_ITER (node, t->files, f, next) {
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
	return t->n_attached;
}

unsigned int targets__stacks(const struct targets *t)
{
	return t->stacks;
}

unsigned int targets__unlocated(const struct targets *t)
{
	return t->n_unlocated;
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
	const struct file *f = file_find(l->t, &key);
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
