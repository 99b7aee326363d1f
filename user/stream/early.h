/* SPDX-License-Identifier: Apache-2.0 */
/* early.h: data that was told before what it answers. Of plain HTTP the bytes are seen when a
 * system call is over: where one thread sends and another receives, the answer may be read before
 * the send has come back. The capture says how far the other direction was by then
 * (capture_data.ahead); until that is here, the answer waits. */
#ifndef LLMSNOOP_STREAM_EARLY_H
#define LLMSNOOP_STREAM_EARLY_H

#include <stddef.h>

#include "capture/capture.h"

struct limits;
struct stream;
struct early; /* what waits of one connection, in order and in one direction */

/* All that waits. Zeroed to begin with. */
struct early_all {
	struct early *first; /* the longest waiting */
	size_t bytes;
};

/* Lets a copy of d wait, for *at, which is NULL where nothing of owner waits yet. -E2BIG: too much
 * waits already; -ENOMEM. */
int early__add(struct early_all *all, struct early **at, struct stream *owner,
	       const struct capture_data *d, const struct limits *lim);

/* The next to go on; NULL: none. Valid until it is dropped. */
const struct capture_data *early__first(const struct early *e);
void early__drop(struct early *e);

struct stream *early__owner(const struct early *e);

void early__free(struct early *e); /* NULL is fine */

#endif
