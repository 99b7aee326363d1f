/* SPDX-License-Identifier: Apache-2.0 */
/* procs.h: the processes that a live capture has met, and what it did about each. */
#ifndef LLMSNOOP_PROCS_H
#define LLMSNOOP_PROCS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/map.h"
#include "capture/targets.h"
#include "capture/whereabouts.h"

#define PROCS_MAX 65536
#define PROCS_ASK_MAX 8 /* times that names of one process are looked for */

struct proc_state {
	uint64_t pid;
	bool told;	 /* process() was called for its present program */
	bool unnamed;	 /* the files that name its pod and container were not there yet */
	uint8_t asked;	 /* how often they were looked for */
	uint64_t ask_ns; /* when they are looked for again */
	bool unwanted;	 /* the kernel was told to ignore it */
	bool named;	 /* given by -p */
	bool tls;	 /* maps a file with probes */
	bool unlocated;	 /* maps one whose TLS functions were not found */
	bool is_signed;	 /* maps the sign of TLS that cannot be seen */
	struct map_node node;
};

/* Zeroed to begin with. */
struct procs {
	struct proc_state *all;
	unsigned int n_tls, n_unlocated;
};

/* NULL: not known. */
struct proc_state *procs__find(const struct procs *t, uint32_t pid);
/* Made if it is not known. NULL: no memory, or PROCS_MAX are. */
struct proc_state *procs__get(struct procs *t, uint32_t pid);
/* Is a process traced, as far as that is known outside the kernel? all: those that are not known
 * are. pid 0: one that cannot be found. */
bool procs__traced(const struct procs *t, bool all, uint32_t pid);
/* Notes what a process maps: bits of enum target_has; negative: nothing is known. */
void procs__note(struct procs *t, uint32_t pid, int has);
/* Reads the facts of a process that were not told yet, or of which something was missing that may
 * be known by now: then *ret says "again". e: what the kernel said of it, for the case that it is
 * gone already; may be NULL. -EALREADY: nothing is to be told; else as process__read. */
int proc_state__read(struct proc_state *p, const struct event_process *e, struct whereabouts *where,
		     uint64_t now_ns, struct process **ret);
void procs__forget(struct procs *t, uint32_t pid);
void procs__free(struct procs *t);

#endif
