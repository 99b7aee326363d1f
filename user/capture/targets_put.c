// SPDX-License-Identifier: Apache-2.0
#include "capture/targets_inner.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "capture/changes.h"
#include "capture/proc.h"

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

	f->sign = plan->sign;
	if (f->stacks || !plan->n_found)
		return 0;
	f->stacks = calloc(plan->n_found, sizeof(*f->stacks));
	if (!f->stacks)
		return -ENOMEM;
	memcpy(f->stacks, plan->found, plan->n_found * sizeof(*f->stacks));
	f->n_stacks = plan->n_found;
	f->unlocated = plan->unlocated;
	t->files.n_unlocated += f->unlocated;
	for (unsigned int i = 0; i < f->n_stacks; i++) {
		located__text(&f->stacks[i], text, sizeof(text));
		targets__say(t, f->unlocated && !located__sites(&f->stacks[i]) ? 0 : 1, "%s: %s",
			     path, text);
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
		targets__say(t, 0, "%s: probes refused for %s", path, tls_stack__name(l->stack));
		t->files.n_unlocated += !f->unlocated;
		f->unlocated = true;
	}
}

/* How a file with probes can be found again without holding on to it. */
static void keep_path(struct file *f, int fd, const char *path)
{
	struct stat st, here;

	if (fstat(fd, &st) || stat(path, &here) || st.st_dev != here.st_dev ||
	    st.st_ino != here.st_ino)
		return;
	f->path = strdup(path);
	f->st_dev = st.st_dev;
}

bool targets__full(const struct targets *t)
{
	return t->files.n_tls >= t->files.limits->probed_files;
}

bool targets__denied(const struct targets *t)
{
	return t->denied && !t->files.n_tls;
}

static int refuse_full(struct targets *t, const char *path)
{
	char why[128];

	snprintf(why, sizeof(why), "%u different files with TLS functions are being traced already",
		 t->files.n_tls);
	if (!t->full_said)
		targets__say(t, 0, "%s: not traced: %s", path, why);
	t->full_said = true;
	return -ENOSPC;
}

/* Puts the probes of a plan into an open file. As targets__settle. */
static int put(struct targets *t, struct file *f, int fd, const struct plan *plan, const char *path,
	       uint32_t pid)
{
	unsigned int refused = 0;

	f->err = !f->tls && targets__full(t) ? refuse_full(t, path)
					     : attach(t, f, fd, plan, pid, &refused);
	if (f->err == -ENOENT) /* no site takes a probe: that stays so */
		return 0;
	if (f->err) {
		t->denied |= f->err == -EACCES || f->err == -EPERM;
		if (f->err != -ENOSPC)
			targets__say(t, 0, "%s: probes refused: %s", path, strerror(-f->err));
		return f->err;
	}
	keep_refused(t, f, refused, path);
	if (f->tls)
		return 1;
	f->tls = true;
	t->files.n_tls++;
	t->stacks |= plan->stacks & ~refused;
	keep_path(f, fd, path);
	if (t->changes >= 0)
		f->watch = changes__watch(t->changes, fd);
	return 1;
}

int targets__settle(struct targets *t, struct file *f, int fd, const struct plan *plan, int has,
		    const char *path, uint32_t pid)
{
	t->offsets_used |= plan->offsets;
	if (has >= 0 && keep(t, f, plan, path))
		has = -ENOMEM;
	if (has > 0 && t->probes)
		has = put(t, f, fd, plan, path, pid);
	/* It may have spoken before: its file was new to us, and it did not wait. */
	if (has > 0 && t->started && pid && proc__may_have_spoken("/proc", pid))
		t->late++;
	return has;
}

int targets__has(const struct file *f)
{
	return (f->tls ? TARGET_PROBED : 0) | (f->unlocated ? TARGET_UNLOCATED : 0) |
	       (f->sign && !f->sign->later ? TARGET_SIGNED : 0);
}

void targets__forget_failed(struct targets *t, struct file *f, int has)
{
	if (has < 0 && !f->n_stacks)
		targets__drop(t, f);
}

bool targets__settled(const struct targets *t, const struct file *f, uint32_t pid)
{
	if (f->err == -ENOSPC)
		return targets__full(t);
	return (!f->err || f->err == -ENOENT) && (!f->tls || !t->config.per_pid || has_pid(f, pid));
}
