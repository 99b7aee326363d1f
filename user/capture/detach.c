// SPDX-License-Identifier: Apache-2.0
#include "capture/detach.h"

#include <pthread.h>
#include <signal.h>

#define THREADS_MAX 32

struct share {
	struct attachment **all;
	size_t n, next;
};

static void *free_some(void *ctx)
{
	struct share *s = ctx;
	size_t i;

	while ((i = __atomic_fetch_add(&s->next, 1, __ATOMIC_RELAXED)) < s->n)
		attach__free(s->all[i]);
	return NULL;
}

void detach__all(struct attachment **all, size_t n)
{
	struct share s = {.all = all, .n = n};
	pthread_t threads[THREADS_MAX];
	unsigned int started = 0;
	sigset_t every, old;

	sigfillset(&every);
	pthread_sigmask(SIG_SETMASK, &every, &old);
	while (started < THREADS_MAX && started + 1 < n &&
	       !pthread_create(&threads[started], NULL, free_some, &s))
		started++;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	free_some(&s);
	while (started)
		pthread_join(threads[--started], NULL);
}
