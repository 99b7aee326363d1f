/* SPDX-License-Identifier: Apache-2.0 */
/* worker.h: a thread for work that would hold up the event loop. Jobs run one after the other, in
 * the order in which they came, and come back to the loop in that order. All but run() happens in
 * the caller's thread. */
#ifndef LLMSNOOP_WORKER_H
#define LLMSNOOP_WORKER_H

/* Its owner puts it into a struct of his own, which he leaves alone until it comes back. */
struct worker_job {
	void (*run)(struct worker_job *job);
	struct worker_job *next;
};

struct worker;

/* The thread has all signals blocked. max: jobs under way at once. Negative errno. */
int worker__new(unsigned int max, struct worker **ret);
/* Waits for the job that runs; drop gets all that did not come back. NULL is fine. */
void worker__free(struct worker *w, void (*drop)(struct worker_job *job));

/* Readable while finished jobs wait to be taken. */
int worker__fd(const struct worker *w);
/* 0, or -EAGAIN where max are under way: the job stays the caller's. */
int worker__submit(struct worker *w, struct worker_job *job);
/* The next finished job; NULL: none. */
struct worker_job *worker__take(struct worker *w);

#endif
