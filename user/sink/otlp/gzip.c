// SPDX-License-Identifier: Apache-2.0
#include "sink/otlp/gzip.h"

#include <limits.h>
#include <stdlib.h>

#include <zlib.h>

#define GZIP_WINDOW (15 + 16) /* zlib.h: 16 more than the window asks for gzip */
#define MEMORY_LEVEL 8	      /* zlib's default */

/* The fastest level: names repeat so often that it gets most of what there is to get. */
struct otlp_batch *otlp_gzip__batch(const struct otlp_batch *b)
{
	struct otlp_batch *packed = malloc(sizeof(*packed) + b->n_bytes), *fit;
	z_stream z = {.next_in = (Bytef *)b->body, .avail_in = (uInt)b->n_bytes};
	int end = Z_STREAM_ERROR;

	if (packed && b->n_bytes <= UINT_MAX &&
	    deflateInit2(&z, Z_BEST_SPEED, Z_DEFLATED, GZIP_WINDOW, MEMORY_LEVEL,
			 Z_DEFAULT_STRATEGY) == Z_OK) {
		z.next_out = packed->body;
		z.avail_out = (uInt)b->n_bytes;
		end = deflate(&z, Z_FINISH);
		deflateEnd(&z);
	}
	if (end != Z_STREAM_END || z.total_out >= b->n_bytes) {
		free(packed);
		return NULL;
	}
	/* Not all of *b: others may be appending to it. */
	packed->next = NULL;
	packed->n_bytes = z.total_out;
	packed->n_items = b->n_items;
	packed->attempts = b->attempts;
	packed->gzip = true;
	fit = realloc(packed, sizeof(*packed) + packed->n_bytes);
	if (fit)
		packed = fit;
	return packed;
}
