/* SPDX-License-Identifier: Apache-2.0 */
/* proc.h: facts of live processes, from /proc. Processes come and go while they are looked at:
 * nothing here waits, and what cannot be read is unknown. proc is "/proc"; tests give a tree of
 * their own. */
#ifndef LLMSNOOP_PROC_H
#define LLMSNOOP_PROC_H

#include <stdint.h>

#include "capture/capture.h"

#define PROC_CMDLINE_MAX 4096	   /* bytes kept of a command line */
#define PROC_CGROUP_MAX 4096	   /* longest path of a cgroup */
#define PROC_ENVIRON_MAX (1 << 20) /* bytes of an environment that are looked through */
#define PROC_ENV_VALUE_MAX 1024	   /* longest value that is kept; a longer one is left out */

/* What the kernel said of a process in an event, which may be all that is left of it. */
struct process_known {
	const char *comm;  /* NULL: unknown */
	uint32_t ppid;	   /* 0: unknown */
	uint32_t uid;	   /* UINT32_MAX: unknown */
	uint64_t start_ns; /* 0: unknown */
};

struct whereabouts;

/* Reads the facts of a process (seen_ns is left 0). known may be NULL; where is asked for names of
 * users, containers and pods, NULL: they are not known. If the process is gone, or
 * is another one under the same number, what known says is all that is told; -ESRCH without
 * known, -ENOMEM. */
int process__read(const char *proc, uint32_t pid, const struct process_known *known,
		  struct whereabouts *where, struct process **ret);
void process__free(struct process *p); /* NULL is fine */

/* All processes; the caller frees *ret. Returns how many, -ENOMEM or what opendir said. */
int proc__pids(const char *proc, uint32_t **ret);
/* pid and all its descendants, parents first; else as proc__pids. -ESRCH: there is no pid. */
int proc__family(const char *proc, uint32_t pid, uint32_t **ret);

/* Is a process gone, or has it TCP sockets? Then it may have used them. */
bool proc__may_have_spoken(const char *proc, uint32_t pid);

#endif
