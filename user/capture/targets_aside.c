// SPDX-License-Identifier: Apache-2.0
#include "capture/targets_inner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/changes.h"
#include "capture/detach.h"
#include "capture/proc.h"

/* A large file that is being looked into, or waits for it. The worker touches only what is marked;
 * the rest is the event loop's. */
struct look {
	struct worker_job job; /* worker */
	struct targets *targets;
	struct file *file;		  /* NULL: gone meanwhile */
	int fd;				  /* worker */
	char *path;			  /* worker */
	struct plan *plan;		  /* worker */
	const struct plan_config *config; /* worker */
	int has;			  /* worker */
	unsigned int n_pids;
	uint32_t pids[]; /* limits.waiting: they map it */
};

/* Probes that are taken out. */
struct detach {
	struct worker_job job;
	size_t n, max;		  /* worker */
	struct attachment *all[]; /* worker */
};

static void look_run(struct worker_job *job)
{
	struct look *l = (struct look *)job;

	l->has = plan__file(l->fd, l->path, l->config, l->plan);
}

static void look_free(struct look *l)
{
	if (!l)
		return;
	if (l->fd >= 0)
		close(l->fd);
	free(l->plan);
	free(l->path);
	free(l);
}

static void detach_run(struct worker_job *job)
{
	struct detach *d = (struct detach *)job;

	detach__all(d->all, d->n);
	d->n = 0;
}

static void job_drop(struct worker_job *job)
{
	if (job->run == look_run) {
		look_free((struct look *)job);
	} else {
		detach_run(job);
		free(job);
	}
}

static int submit(struct targets *t, struct worker_job *job)
{
	int err;

	if (!t->worker) {
		err = worker__new(t->files.limits->looks, &t->worker);
		if (err)
			return err;
		err = targets__epoll_add(t, worker__fd(t->worker));
		if (err)
			return err;
	}
	return worker__submit(t->worker, job);
}

void targets__drop(struct targets *t, struct file *f)
{
	changes__unwatch(t->changes, f->watch);
	if (f->look)
		f->look->file = NULL;
	files__remove(&t->files, f);
}

struct detach *targets__detach_begin(size_t max)
{
	struct detach *d = calloc(1, sizeof(*d) + max * sizeof(d->all[0]));

	if (!d)
		return NULL;
	d->job.run = detach_run;
	d->max = max;
	return d;
}

void targets__detach_drop(struct targets *t, struct detach *d, struct file *f)
{
	if (d && d->n < d->max && f->attachment) {
		d->all[d->n++] = f->attachment;
		f->attachment = NULL;
	}
	targets__drop(t, f);
}

void targets__detach_end(struct targets *t, struct detach *d, bool wait)
{
	if (!d)
		return;
	if (d->n && !wait && !submit(t, &d->job))
		return;
	detach_run(&d->job);
	free(d);
}

int targets__look_aside(struct targets *t, struct file *f, int fd, const char *path, uint32_t pid)
{
	unsigned int max = t->files.limits->waiting;
	struct look *l = calloc(1, sizeof(*l) + max * sizeof(l->pids[0]));
	int err = -ENOMEM;

	if (!l)
		return err;
	l->job.run = look_run;
	l->fd = -1;
	l->path = strdup(path);
	l->plan = calloc(1, sizeof(*l->plan));
	if (l->path && l->plan) {
		l->targets = t;
		l->file = f;
		l->fd = fd;
		l->config = &t->config.plan;
		l->pids[l->n_pids++] = pid;
		err = submit(t, &l->job);
	}
	if (err) {
		l->fd = -1;
		look_free(l);
		return err;
	}
	f->look = l;
	return 0;
}

/* Whoever waits too many is found by the next look at all processes. */
void targets__wait(struct targets *t, struct file *f, uint32_t pid)
{
	struct look *l = f->look;

	if (l->n_pids == t->files.limits->waiting)
		return;
	for (unsigned int i = 0; i < l->n_pids; i++)
		if (l->pids[i] == pid)
			return;
	l->pids[l->n_pids++] = pid;
}

static void look_done(struct look *l)
{
	struct targets *t = l->targets;
	struct file *f = l->file;
	int has = 0;

	if (f) {
		f->look = NULL;
		for (unsigned int i = 0; i < l->n_pids; i++) {
			/* All that map it have the probes which the first one gets it. */
			if (!i || t->config.per_pid)
				has = targets__settle(t, f, l->fd, l->plan, l->has, l->path,
						      l->pids[i]);
			else if (has > 0)
				t->late += proc__may_have_spoken("/proc", l->pids[i]);
			if (has >= 0 && t->config.found && l->pids[i])
				t->config.found(t->config.found_ctx, l->pids[i], targets__has(f));
		}
		/* Nobody maps it yet: it is wanted before somebody does. */
		f->kept |= !l->pids[0] && f->path && has > 0;
		targets__forget_failed(t, f, has);
	}
	look_free(l);
}

void targets__take(struct targets *t)
{
	struct worker_job *job;

	while (t->worker && (job = worker__take(t->worker))) {
		if (job->run == look_run)
			look_done((struct look *)job);
		else
			job_drop(job);
	}
}

void targets__end_worker(struct targets *t)
{
	worker__free(t->worker, job_drop);
	t->worker = NULL;
}
