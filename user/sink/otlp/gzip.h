/* SPDX-License-Identifier: Apache-2.0 */
/* gzip.h: bodies, compressed. */
#ifndef LLMSNOOP_OTLP_GZIP_H
#define LLMSNOOP_OTLP_GZIP_H

#include "sink/otlp/queue.h"

/* The same batch compressed (RFC 1952), for free(3). NULL: it would not become smaller, or there is
 * no memory. */
struct otlp_batch *otlp_gzip__batch(const struct otlp_batch *b);

#endif
