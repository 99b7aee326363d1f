// SPDX-License-Identifier: Apache-2.0
#include "sink/otlp/queue.h"

#include <errno.h>
#include <stdlib.h>

static size_t weight(const struct otlp_batch *b)
{
	return sizeof(*b) + b->n_bytes;
}

void otlp_queue__init(struct otlp_queue *q, size_t max_bytes, uint64_t max_items)
{
	*q = (struct otlp_queue){.max_bytes = max_bytes, .max_items = max_items};
	q->end = &q->first;
}

void otlp_queue__free(struct otlp_queue *q)
{
	struct otlp_batch *b;

	while ((b = otlp_queue__take(q)))
		free(b);
}

struct otlp_batch *otlp_batch__new(struct span body, unsigned int n_items)
{
	struct otlp_batch *b = malloc(sizeof(*b) + body.n);

	if (!b)
		return NULL;
	*b = (struct otlp_batch){.n_bytes = body.n, .n_items = n_items};
	if (body.n)
		memcpy(b->body, body.p, body.n);
	return b;
}

int otlp_queue__fits(const struct otlp_queue *q, size_t n_bytes, unsigned int n_items)
{
	if (n_bytes > q->max_bytes - sizeof(struct otlp_batch) ||
	    (q->max_items && n_items > q->max_items))
		return -E2BIG;
	if (n_bytes + sizeof(struct otlp_batch) > q->max_bytes - q->bytes ||
	    (q->max_items && n_items > q->max_items - q->items))
		return -ENOBUFS;
	return 0;
}

int otlp_queue__put(struct otlp_queue *q, struct otlp_batch *b)
{
	int err = otlp_queue__fits(q, b->n_bytes, b->n_items);

	if (err)
		return err;
	b->next = NULL;
	*q->end = b;
	q->end = &b->next;
	q->bytes += weight(b);
	q->items += b->n_items;
	return 0;
}

struct otlp_batch *otlp_queue__take(struct otlp_queue *q)
{
	struct otlp_batch *b = q->first;

	if (!b)
		return NULL;
	q->first = b->next;
	if (!q->first)
		q->end = &q->first;
	q->bytes -= weight(b);
	q->items -= b->n_items;
	return b;
}

void otlp_queue__replace_first(struct otlp_queue *q, struct otlp_batch *b)
{
	struct otlp_batch *old = q->first;

	b->next = old->next;
	q->first = b;
	if (!b->next)
		q->end = &b->next;
	q->bytes -= weight(old) - weight(b);
	free(old);
}
