/* SPDX-License-Identifier: Apache-2.0 */
/* file.h: files that a user names, to be read whole. */
#ifndef LLMSNOOP_FILE_H
#define LLMSNOOP_FILE_H

#include <stddef.h>

/* A descriptor to read path, close-on-exec, and how many bytes there are; only of regular files,
 * for which nobody has to wait: a pipe without a writer would hold up the capture. -EISDIR,
 * -EINVAL: it is none; -E2BIG: more than max bytes; else what open(2) says. */
int file__open(const char *path, size_t max, size_t *ret_n);

/* What to tell the user of such an error. */
const char *file__why(int err);

#endif
