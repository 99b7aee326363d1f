/* SPDX-License-Identifier: Apache-2.0 */
/* multipart.h: multipart/form-data (RFC 7578, on RFC 2046, 5.1): the fields of a form, files among
 * them. A push parser like those of framing.h: any size, the same result at every split.
 *
 * Preamble and epilogue are dropped. A line that only begins like a delimiter is data. Heads of
 * parts are bounded by limits.part_head; a part without a name is a field whose name is empty. */
#ifndef LLMSNOOP_MULTIPART_H
#define LLMSNOOP_MULTIPART_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

struct limits;
struct multipart;

struct multipart_ops {
	/* A field begins, its name (borrowed until the callback returns) without escapes. file: it
	 * has a filename. */
	void (*begin)(void *ctx, struct span name, bool file);
	void (*piece)(void *ctx, struct span data);
	void (*end)(void *ctx, bool complete);
};

/* content_type: of the request, for its boundary. ops and lim are borrowed for its life.
 * -EINVAL: not multipart/form-data, or without a usable boundary; -ENOMEM. */
int multipart__new(struct span content_type, const struct multipart_ops *ops, void *ctx,
		   const struct limits *lim, struct multipart **ret);
/* Consumes all of in. 0, -EBADMSG from the first malformed byte on, -ENOMEM; sticky. */
int multipart__feed(struct multipart *m, struct span in);
/* The body is over, or a part of it was lost: a field under way ends incomplete. */
void multipart__finish(struct multipart *m);
void multipart__free(struct multipart *m); /* NULL is fine */

#endif
