// SPDX-License-Identifier: Apache-2.0
/* The worker: order, bound, wake-ups, and its end with jobs in every state. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/worker.h"

struct numbered {
	struct worker_job job;
	int n, result;
	sem_t *gate; /* waited for before it ends; NULL: none */
	pthread_t by;
};

static int dropped;

static void run(struct worker_job *job)
{
	struct numbered *x = (struct numbered *)job;

	if (x->gate)
		sem_wait(x->gate);
	x->result = x->n * x->n;
	x->by = pthread_self();
}

static void drop(struct worker_job *job)
{
	dropped++;
	free(job);
}

static struct numbered *numbered(int n, sem_t *gate)
{
	struct numbered *x = calloc(1, sizeof(*x));

	assert_non_null(x);
	x->job.run = run;
	x->n = n;
	x->gate = gate;
	return x;
}

static bool readable(struct worker *w, int ms)
{
	struct pollfd p = {.fd = worker__fd(w), .events = POLLIN};

	return poll(&p, 1, ms) == 1;
}

static struct numbered *take(struct worker *w)
{
	assert_true(readable(w, 10000));
	return (struct numbered *)worker__take(w);
}

static void test_order(void **state)
{
	struct worker *w;
	struct numbered *x;
	int next = 0, sent = 0;

	assert_int_equal(worker__new(8, &w), 0);
	while (next < 5000) {
		while (sent < 5000) {
			x = numbered(sent, NULL);
			if (worker__submit(w, &x->job)) {
				free(x);
				break;
			}
			sent++;
		}
		x = take(w);
		if (!x) /* it was readable for one that was taken since */
			continue;
		assert_int_equal(x->n, next);
		assert_int_equal(x->result, next * next);
		assert_false(pthread_equal(x->by, pthread_self()));
		next++;
		free(x);
	}
	assert_null(worker__take(w));
	assert_false(readable(w, 0));
	dropped = 0;
	worker__free(w, drop);
	assert_int_equal(dropped, 0);
}

static void test_bound(void **state)
{
	struct numbered *x[3];
	struct worker *w;
	sem_t gate;

	sem_init(&gate, 0, 0);
	assert_int_equal(worker__new(2, &w), 0);
	for (int i = 0; i < 3; i++)
		x[i] = numbered(i, &gate);
	assert_int_equal(worker__submit(w, &x[0]->job), 0);
	assert_int_equal(worker__submit(w, &x[1]->job), 0);
	assert_int_equal(worker__submit(w, &x[2]->job), -EAGAIN);
	assert_false(readable(w, 0));
	sem_post(&gate);
	assert_ptr_equal(take(w), x[0]);
	/* Room comes with the taking, not with the running. */
	assert_int_equal(worker__submit(w, &x[2]->job), 0);
	sem_post(&gate);
	sem_post(&gate);
	assert_ptr_equal(take(w), x[1]);
	assert_ptr_equal(take(w), x[2]);
	worker__free(w, drop);
	for (int i = 0; i < 3; i++)
		free(x[i]);
	sem_destroy(&gate);
}

static void test_end(void **state)
{
	struct worker *w;
	sem_t gate;

	/* One finished and not taken, one running, two waiting. */
	sem_init(&gate, 0, 0);
	assert_int_equal(worker__new(4, &w), 0);
	assert_int_equal(worker__submit(w, &numbered(0, NULL)->job), 0);
	assert_true(readable(w, 10000));
	for (int i = 1; i < 4; i++)
		assert_int_equal(worker__submit(w, &numbered(i, &gate)->job), 0);
	for (int i = 1; i < 4; i++)
		sem_post(&gate);
	dropped = 0;
	worker__free(w, drop);
	assert_int_equal(dropped, 4);
	sem_destroy(&gate);
	worker__free(NULL, drop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
