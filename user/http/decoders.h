/* SPDX-License-Identifier: Apache-2.0 */
/* decoders.h: one coding each, behind one shape; for coding.c alone. */
#ifndef LLMSNOOP_DECODERS_H
#define LLMSNOOP_DECODERS_H

#include "base/span.h"

/* What is to be decoded, and where to. */
struct piece {
	const uint8_t *in;
	size_t in_n;
	uint8_t *out;
	size_t out_n;
};

struct decoder_ops {
	/* first: the body's first bytes, as many as sniff bytes unless the body is shorter.
	 * -EBADMSG: they cannot be that coding. -ENOMEM. */
	int (*open)(struct span first, void **ret);
	/* Advances in and out. 1: the coded data is complete where it stands (more may follow);
	 * 0: it wants more input or more room; -EBADMSG; -ENOMEM. */
	int (*step)(void *state, struct piece *p);
	void (*close)(void *state);
	unsigned int sniff; /* bytes that open wants to see */
	bool plain_passes;  /* bytes that are none of it may be an uncoded body */
};

extern const struct decoder_ops gzip_decoder;
extern const struct decoder_ops deflate_decoder;
extern const struct decoder_ops brotli_decoder;
extern const struct decoder_ops zstd_decoder;

#endif
