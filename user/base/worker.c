// SPDX-License-Identifier: Apache-2.0
#include "base/worker.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct queue {
	struct worker_job *first, **end;
};

struct worker {
	pthread_t thread;
	pthread_mutex_t lock; /* of all that follows */
	pthread_cond_t wake;
	struct queue todo, done;
	bool stop;
	unsigned int n, max; /* under way: from submit to take */
	int fd;
};

static void queue__add(struct queue *q, struct worker_job *job)
{
	job->next = NULL;
	*q->end = job;
	q->end = &job->next;
}

static struct worker_job *queue__take(struct queue *q)
{
	struct worker_job *job = q->first;

	if (!job)
		return NULL;
	q->first = job->next;
	if (!q->first)
		q->end = &q->first;
	return job;
}

static void *work(void *ctx)
{
	struct worker *w = ctx;
	const uint64_t one = 1;
	struct worker_job *job;

	pthread_mutex_lock(&w->lock);
	while (!w->stop) {
		job = queue__take(&w->todo);
		if (!job) {
			pthread_cond_wait(&w->wake, &w->lock);
			continue;
		}
		pthread_mutex_unlock(&w->lock);
		job->run(job);
		pthread_mutex_lock(&w->lock);
		queue__add(&w->done, job);
		/* Fails only where it is readable anyway. */
		if (write(w->fd, &one, sizeof(one)) < 0)
			continue;
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

int worker__new(unsigned int max, struct worker **ret)
{
	struct worker *w = calloc(1, sizeof(*w));
	sigset_t all, old;
	int err;

	if (!w)
		return -ENOMEM;
	w->max = max;
	w->todo.end = &w->todo.first;
	w->done.end = &w->done.first;
	w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->fd < 0) {
		err = -errno;
		free(w);
		return err;
	}
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->wake, NULL);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&w->thread, NULL, work, w);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (err) {
		pthread_mutex_destroy(&w->lock);
		pthread_cond_destroy(&w->wake);
		close(w->fd);
		free(w);
		return -err;
	}
	*ret = w;
	return 0;
}

void worker__free(struct worker *w, void (*drop)(struct worker_job *job))
{
	struct worker_job *job;

	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->stop = true;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	while ((job = queue__take(&w->done)) || (job = queue__take(&w->todo)))
		drop(job);
	pthread_mutex_destroy(&w->lock);
	pthread_cond_destroy(&w->wake);
	close(w->fd);
	free(w);
}

int worker__fd(const struct worker *w)
{
	return w->fd;
}

int worker__submit(struct worker *w, struct worker_job *job)
{
	int err = 0;

	pthread_mutex_lock(&w->lock);
	if (w->n == w->max) {
		err = -EAGAIN;
	} else {
		w->n++;
		queue__add(&w->todo, job);
		pthread_cond_signal(&w->wake);
	}
	pthread_mutex_unlock(&w->lock);
	return err;
}

struct worker_job *worker__take(struct worker *w)
{
	struct worker_job *job;
	uint64_t n;

	pthread_mutex_lock(&w->lock);
	job = queue__take(&w->done);
	if (job)
		w->n--;
	/* Emptied under the lock: what is finished later makes it readable again. */
	if (!w->done.first && read(w->fd, &n, sizeof(n)) < 0)
		n = 0;
	pthread_mutex_unlock(&w->lock);
	return job;
}
