/* SPDX-License-Identifier: Apache-2.0 */
/* queue.h: batches of one signal that wait to be sent, the oldest first. Bounded in bytes, of which
 * each batch takes its body and what is needed to keep it. Has no lock. */
#ifndef LLMSNOOP_OTLP_QUEUE_H
#define LLMSNOOP_OTLP_QUEUE_H

#include "base/span.h"

struct otlp_batch {
	struct otlp_batch *next;
	size_t n_bytes; /* of body */
	unsigned int n_items;
	unsigned int attempts;
	bool gzip; /* the body is compressed */
	uint8_t body[];
};

struct otlp_queue {
	struct otlp_batch *first, **end;
	size_t bytes, max_bytes;
	uint64_t items, max_items; /* max_items 0: any number */
};

void otlp_queue__init(struct otlp_queue *q, size_t max_bytes, uint64_t max_items);
/* Frees all batches. */
void otlp_queue__free(struct otlp_queue *q);

/* Would a batch of so much be taken? 0, or as otlp_queue__put. */
int otlp_queue__fits(const struct otlp_queue *q, size_t n_bytes, unsigned int n_items);

/* A batch with a copy of body; free(3) frees it. NULL: no memory. */
struct otlp_batch *otlp_batch__new(struct span body, unsigned int n_items);

/* Appends b, which is the queue's then. -E2BIG: it is larger than the queue may be, -ENOBUFS: there
 * is no room now; b stays the caller's. */
int otlp_queue__put(struct otlp_queue *q, struct otlp_batch *b);

/* Takes the first batch out; NULL: there is none. */
struct otlp_batch *otlp_queue__take(struct otlp_queue *q);

/* Puts b, which holds the same items in fewer bytes, in the place of the first, and frees that. */
void otlp_queue__replace_first(struct otlp_queue *q, struct otlp_batch *b);

#endif
