/* SPDX-License-Identifier: Apache-2.0 */
/* framing_type.h: what a framing is to framing.c. A new framing is a new file and one line in its
 * table. */
#ifndef LLMSNOOP_FRAMING_TYPE_H
#define LLMSNOOP_FRAMING_TYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "framing/framing.h"

struct limits;

/* First member of every framing's own struct, which framing.c allocates zeroed. */
struct framing {
	const struct framing_type *type;
	const struct framing_ops *ops;
	void *ctx;
	const struct limits *lim;
	int error; /* sticky */
};

/* Results as in framing.h; stickiness is framing.c's business. */
struct framing_type {
	size_t size;
	int (*feed)(struct framing *f, struct span in, uint64_t ts_ns);
	int (*gap)(struct framing *f, uint64_t lost, uint64_t ts_ns);
	int (*finish)(struct framing *f, uint64_t ts_ns);
	void (*free)(struct framing *f); /* what is beside the struct itself; may be NULL */
};

#endif
