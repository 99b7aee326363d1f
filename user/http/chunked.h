/* SPDX-License-Identifier: Apache-2.0 */
/* chunked.h: the chunked transfer coding (RFC 9112, 7.1), taken apart as it comes. No I/O, clock,
 * allocation or logging; any split of the input gives the same data. */
#ifndef LLMSNOOP_CHUNKED_H
#define LLMSNOOP_CHUNKED_H

#include "base/span.h"

struct chunked {
	uint64_t left;	     /* of the current chunk's data; of its size while that is read */
	uint32_t line_bytes; /* of the current size line, or of all trailers */
	uint32_t line_max;
	uint8_t state;
};

/* Begins a body. A size line with its extensions, and all trailers together, may have line_max
 * bytes. */
void chunked__init(struct chunked *c, size_t line_max);

/* Takes a part of in, which is not empty, and returns how much. ret_data is the data in it, which
 * ends where the part ends, perhaps empty. Sizes are below 2^60; line ends may lack their
 * CR, as most servers and clients agree, but a CR without LF, a NUL and whitespace before a size
 * are errors. -EBADMSG: not chunked; -E2BIG: a line is too long. chunked__done() tells the end,
 * after which nothing more may be fed. */
ptrdiff_t chunked__next(struct chunked *c, struct span in, struct span *ret_data);

bool chunked__done(const struct chunked *c);

/* lost bytes are missing here. True where all of them were chunk data, so that the place is still
 * known. */
bool chunked__skip(struct chunked *c, uint64_t lost);

#endif
