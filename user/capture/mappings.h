/* SPDX-License-Identifier: Apache-2.0 */
/* mappings.h: hears of every executable mapping on the host as it is made, through perf's mmap2
 * records: no probe, on every kernel, and the mapping is already in /proc when it is told. */
#ifndef LLMSNOOP_MAPPINGS_H
#define LLMSNOOP_MAPPINGS_H

#include <stdbool.h>
#include <stdint.h>

struct mapping {
	uint32_t pid;
	uint64_t start, end;   /* as in /proc/PID/map_files */
	uint32_t major, minor; /* of the device */
	uint64_t ino;
	uint64_t generation; /* of the inode: tells a reused number from the old file */
	const char *path;    /* as the process sees it; borrowed until the callback returns */
};

struct mappings;

/* Watches all online CPUs. Negative errno (-EACCES, -EPERM: no CAP_PERFMON). */
int mappings__new(struct mappings **ret);
void mappings__free(struct mappings *m); /* NULL is fine */

/* An epoll descriptor that is readable when records wait. */
int mappings__fd(const struct mappings *m);

/* Hands over what waits. Returns true if records were lost: then /proc should be looked through. */
bool mappings__consume(struct mappings *m, void (*fn)(void *ctx, const struct mapping *mapping),
		       void *ctx);

#endif
