/* SPDX-License-Identifier: Apache-2.0 */
/* maps.h: the executable files that a process has mapped. */
#ifndef LLMSNOOP_MAPS_H
#define LLMSNOOP_MAPS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

struct map_entry {
	uint64_t start, end; /* addresses; also the name in map_files */
	uint64_t dev, ino;   /* dev as makedev() makes it */
	const char *path;    /* as the process sees it, without " (deleted)"; borrowed */
	bool deleted;	     /* the path no longer leads there */
};

/* Calls fn for each executable mapping of a file in PROC/PID/maps, until it returns non-zero, which
 * is then returned. 0, -ESRCH: no such process, -EACCES, -ENOMEM. */
int maps__read(const char *proc, uint32_t pid, int (*fn)(void *ctx, const struct map_entry *e),
	       void *ctx);

/* What fstat(2) says of the mapped file itself. Negative errno. */
int maps__stat_file(const char *proc, uint32_t pid, const struct map_entry *e, struct stat *ret);

/* Opens the mapped file itself for reading: through map_files, which also reaches deleted files but
 * wants CAP_CHECKPOINT_RESTORE; else by its path inside the process's root if that still is the
 * same file, whether the process still lives or not. A descriptor, or -ENOENT, -EACCES, -ESRCH. */
int maps__open_file(const char *proc, uint32_t pid, const struct map_entry *e);

#endif
