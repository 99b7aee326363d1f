/* SPDX-License-Identifier: Apache-2.0 */
/* outfile.h: lines to a file, a pipe or a terminal, each whole or not at all, each with one
 * write(2) of its own. The process must ignore SIGPIPE. */
#ifndef LLMSNOOP_OUTFILE_H
#define LLMSNOOP_OUTFILE_H

#include <stdbool.h>

#include "base/buf.h"

struct outfile {
	int fd;
	char *path;	 /* NULL: fd was inherited, there is nothing to reopen */
	bool regular;	 /* a torn line can be taken back */
	struct buf rest; /* of a line that a pipe took a part of */
};

/* Opens path for appending, made 0600 where it is new. Never follows a symlink in the last place;
 * "-", /dev/stdout, /dev/stderr, /dev/fd/N and /proc/self/fd/N mean open descriptors. FIFOs and
 * devices are fine. A file that ends in the middle of a line gets a line feed before the first one
 * that is written. Negative errno (-ELOOP: a symlink). */
int outfile__open(struct outfile *f, const char *path);

/* Takes over an open descriptor without owning it (it is duplicated). Negative errno. */
int outfile__from_fd(struct outfile *f, int fd);

/* Opens the path anew, and does not wait: -ENXIO where it is a pipe without a reader. On failure
 * the old file stays in use. */
int outfile__reopen(struct outfile *f);

/* Writes one line, which ends with its line feed. Negative errno: the line is lost as a whole, and
 * what follows it stands on a line of its own. -EPIPE: the reader is gone. */
int outfile__line(struct outfile *f, struct span line);

/* Negative errno where something could not be written. */
int outfile__close(struct outfile *f);

#endif
