/* SPDX-License-Identifier: Apache-2.0 */
/* coding.h: content and transfer codings, undone as the bytes come. No I/O, clock, globals or
 * logging; any split of the input gives the same output. */
#ifndef LLMSNOOP_CODING_H
#define LLMSNOOP_CODING_H

#include "base/span.h"

struct limits;

/* Content and transfer codings (IANA, HTTP Parameters). */
enum coding {
	CODING_IDENTITY,
	CODING_GZIP,	/* RFC 1952, one member or more */
	CODING_DEFLATE, /* RFC 1950, or bare RFC 1951 as some servers send it */
	CODING_BR,	/* RFC 7932 */
	CODING_ZSTD,	/* RFC 8878, one frame or more; windows up to 8 MiB (RFC 9659) */
	CODING_UNKNOWN,
};

/* How a name in Content-Encoding or Transfer-Encoding is to be understood. */
enum coding coding__named(struct span name);

/* Decoded bytes, never empty, borrowed until the callback returns. wire: coded bytes taken in since
 * the last call (a checksum that follows the last output is not told). */
typedef void (*decoder_out)(void *ctx, struct span s, uint64_t wire, uint64_t ts_ns);

struct decoder;

/* Undoes n codings, in the order in which they were applied (the last is undone first). lim is
 * borrowed for its life. Libraries' state is allocated with the first byte. -ENOTSUP: one of them
 * is unknown; -E2BIG: more than limits.codings; -ENOMEM. n may be 0. */
int decoder__new(const enum coding *codings, unsigned int n, const struct limits *lim,
		 struct decoder **ret);

/* Takes all of in and hands out what can be decoded by now. 0; -EBADMSG: not that coding (output
 * before the fault was handed out); -E2BIG: past inflate_ratio or inflate_total; -ENOMEM. Errors
 * are sticky, nothing is done after one. How much of a broken br or zstd body comes out before
 * the fault, and where exactly a ratio is exceeded, may depend on the split. gzip and zstd whose
 * first bytes cannot be that coding and look like JSON or an event stream instead are passed on as
 * they are: servers do send plain bodies under a Content-Encoding. */
int decoder__feed(struct decoder *d, struct span in, uint64_t ts_ns, decoder_out out, void *ctx);

/* The body is over. 0, or -EBADMSG where the coded data is incomplete, or the sticky error. Held
 * bytes may be handed out. */
int decoder__finish(struct decoder *d, uint64_t ts_ns, decoder_out out, void *ctx);

/* Does it change the bytes at all? Then what follows a loss cannot be decoded. */
bool decoder__is_coded(const struct decoder *d);

void decoder__free(struct decoder *d); /* NULL is fine */

#endif
