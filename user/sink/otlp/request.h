/* SPDX-License-Identifier: Apache-2.0 */
/* request.h: encoded spans, metrics or log records on their way to being one
 * Export…ServiceRequest, those of one resource together. */
#ifndef LLMSNOOP_OTLP_REQUEST_H
#define LLMSNOOP_OTLP_REQUEST_H

#include "base/buf.h"

struct request_group;

struct request {
	struct request_group *groups;
	unsigned int n_groups;
	unsigned int n_items;
	size_t bytes; /* of all groups */
	size_t max_bytes;
};

/* An empty one that will hold at most max_bytes. */
void request__init(struct request *r, size_t max_bytes);

/* Adds an item, a packed message, to those of a resource, a packed message, too. n_items: what it
 * counts for. 0; -ENOBUFS: it does not fit any more, -E2BIG: nor would it if r were empty;
 * -ENOMEM. Then r is as it was. */
int request__add(struct request *r, struct span resource, struct span item, unsigned int n_items);

/* Appends the request to out: scope is a packed InstrumentationScope, schema_url may be "". -E2BIG,
 * -ENOMEM: out is as it was. */
int request__encode(const struct request *r, struct span scope, const char *schema_url,
		    struct buf *out);

/* Empties r, which can be used again. */
void request__clear(struct request *r);

#endif
