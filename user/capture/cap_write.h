/* SPDX-License-Identifier: Apache-2.0 */
/* cap_write.h: writes a capture file. Feed it every call of capture_ops beside the pipeline. */
#ifndef LLMSNOOP_CAP_WRITE_H
#define LLMSNOOP_CAP_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/capture.h"

struct limits;
struct cap_write;

struct cap_write_config {
	const char *path; /* "-": standard output */
	bool raw;	  /* credentials are written as they are */
	/* facts about the capture: {key, value, key, value, …, NULL}; may be NULL */
	const char *const *info;
};

struct cap_write_status {
	int err;	    /* the first failure, negative errno; nothing is written after it */
	uint64_t records;   /* written (or waiting in the buffer) */
	uint64_t bytes;	    /* of the file, alike */
	uint64_t unwritten; /* records that came after a failure */
};

/* Creates the file, or empties it where it is a regular file of ours: mode 0600, no symbolic or
 * hard links followed. Devices and pipes are fine. -ELOOP: a link; -EPERM: somebody else's; else
 * what open said. Nothing is read from config after the call. */
int cap_write__open(const struct cap_write_config *config, const struct limits *lim,
		    struct cap_write **ret);

/* ctx is the struct cap_write. Buffered; a tick writes the buffer out. Never fails: see status. */
extern const struct capture_ops cap_write_ops;

void cap_write__status(const struct cap_write *w, struct cap_write_status *ret);

/* Writes the end record and closes. Returns the first failure. NULL is fine. */
int cap_write__close(struct cap_write *w);

#endif
