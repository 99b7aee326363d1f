/* SPDX-License-Identifier: Apache-2.0 */
/* lines.h: a file of lines, plain or compressed (gzip, zstd: by its first bytes, whatever its name
 * is), in pieces of bounded size. */
#ifndef LLMSNOOP_REPORT_LINES_H
#define LLMSNOOP_REPORT_LINES_H

#include "base/span.h"

struct lines_ops {
	/* A piece of a line without its line feed, in order; n may be 0. */
	int (*piece)(void *ctx, struct span piece);
	/* The line is over. last: the file ended without a line feed behind it. */
	int (*end)(void *ctx, bool last);
};

/* path "-": standard input. A negative result of an op comes back. Else 0; what the file system
 * said; -EBADMSG: the compressed data is broken or cut, what came before it was told; -ENOMEM. */
int lines__read(const char *path, const struct lines_ops *ops, void *ctx);

#endif
