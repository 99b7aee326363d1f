/* SPDX-License-Identifier: Apache-2.0 */
/* procs.h: the processes that a live capture has met, and what it did about each. */
#ifndef LLMSNOOP_PROCS_H
#define LLMSNOOP_PROCS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/map.h"
#include "capture/targets.h"

#define PROCS_MAX 65536

struct proc_state {
	uint64_t pid;
	bool told;	/* process() was called for its present program */
	bool unwanted;	/* the kernel was told to ignore it */
	bool named;	/* given by -p */
	bool tls;	/* maps a file with probes */
	bool unlocated; /* maps one whose TLS functions were not found */
	bool is_signed; /* maps the sign of TLS that cannot be seen */
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
void procs__forget(struct procs *t, uint32_t pid);
void procs__free(struct procs *t);

#endif
