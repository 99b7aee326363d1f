/* SPDX-License-Identifier: Apache-2.0 */
/* processes.h: owned facts of the processes that the capture told of. A call holds a reference to
 * what its process was when it began: an exec or an exit changes no call that is under way. */
#ifndef LLMSNOOP_PROCESSES_H
#define LLMSNOOP_PROCESSES_H

#include "call/record.h"
#include "capture/capture.h"

struct limits;
struct processes;

/* One process between two execs. Read-only for all but processes.c. */
struct process_facts {
	struct process p; /* strings owned, each bounded */
	struct who who;	  /* made of p; so are its strings */
};

int processes__new(const struct limits *lim, struct processes **ret);
void processes__free(struct processes *t); /* NULL is fine. No reference may be open. */

/* Copies p's facts, which replace those of the same pid. Past lim->processes the one that was
 * longest not asked for is forgotten. -ENOMEM: the pid is unknown from here on. */
int processes__see(struct processes *t, const struct process *p);

/* A reference, or NULL: unknown. To be given back with processes__put. */
const struct process_facts *processes__get(struct processes *t, uint32_t pid);
void processes__put(const struct process_facts *f); /* NULL is fine */

/* The process has ended. It is still found for a few seconds, since records of it may come
 * late, and its facts live until the last reference is given back. */
void processes__exit(struct processes *t, uint32_t pid, uint64_t ts_ns);

/* Forgets those that ended long enough before now_ns. */
void processes__tick(struct processes *t, uint64_t now_ns);

/* How many have not ended. */
unsigned int processes__count(const struct processes *t);

#endif
