/* SPDX-License-Identifier: Apache-2.0 */
/* h2_hpack.h: header compression of one direction (RFC 7541), undone by nghttp2's inflater, also
 * where not all of it was heard.
 *
 * A primed inflater's table is full of placeholders. What is added later pushes them on, and
 * indices count from the newest: so what was added since is found, and what was added before turns
 * out to be a placeholder, that is, not known. */
#ifndef LLMSNOOP_H2_HPACK_H
#define LLMSNOOP_H2_HPACK_H

#include <nghttp2/nghttp2.h>

#include "base/span.h"

struct limits;

struct h2_hpack {
	nghttp2_hd_inflater *inflater; /* NULL: none yet, or its state is lost */
	uint32_t table_max;	       /* bytes that the encoder may use */
	bool primed;   /* some of its past is not known: so is the next inflater's */
	bool deep;     /* the usual number of placeholders was not enough */
	uint32_t fill; /* placeholders that may still be put into inflaters */
	bool within;   /* a block has begun */
	bool failed;   /* the current block cannot be read to its end */
};

/* A header. A name whose p is NULL is not known; a value may be known even then. Returns 0, or an
 * error that ends the block. */
typedef int (*h2_header)(void *ctx, struct span name, struct span value);

/* midstream: headers came before. Nothing is allocated yet. */
void h2_hpack__init(struct h2_hpack *h, bool midstream, const struct limits *lim);

/* The other side's SETTINGS_HEADER_TABLE_SIZE, for the blocks that begin from now on. Only larger
 * ones matter, up to limits.h2_table: of smaller ones the encoder tells itself, and when. */
void h2_hpack__table_size(struct h2_hpack *h, uint32_t bytes, const struct limits *lim);

/* Takes a piece of a header block. 0; -EBADMSG: it cannot be read, now or from before: nothing
 * more is told of this block, the next ones are read primed; -ENOMEM; what fn returned. */
int h2_hpack__feed(struct h2_hpack *h, struct span in, h2_header fn, void *ctx);

/* The block is over. 0, or -EBADMSG: it was not read to its end. */
int h2_hpack__end(struct h2_hpack *h);

/* Headers were lost: within a block, what came of it was all. */
void h2_hpack__lost(struct h2_hpack *h);

void h2_hpack__free(struct h2_hpack *h);

#endif
