/* SPDX-License-Identifier: Apache-2.0 */
/* unwrap.h: the bytes in {"bytes":"<base64>", …}, as they come. Push parser in constant memory, the
 * same bytes at every split and in any order of keys. Amazon Bedrock wraps the events of its models
 * so (API Reference, PayloadPart). */
#ifndef LLMSNOOP_UNWRAP_H
#define LLMSNOOP_UNWRAP_H

#include "base/span.h"

struct unwrap {
	uint8_t state;
	uint8_t key_n;	/* bytes of the key that are as wanted */
	uint8_t hex_n;	/* digits of \uXXXX that are still to come */
	uint8_t bits_n; /* bits that wait for more */
	bool escape;	/* the byte before was a backslash */
	bool other;	/* it is another key */
	bool quoted;	/* inside a string of a value that is passed over */
	bool padded;	/* base64 is over */
	uint16_t hex;	/* of \uXXXX so far */
	uint32_t bits;
	uint32_t depth; /* of the value that is passed over */
};

/* Ready for an object. */
void unwrap__begin(struct unwrap *u);
/* Consumes in, gives what it says to out in pieces. 0; -EBADMSG from the first byte on that is not
 * of such an object; sticky until begin. */
int unwrap__feed(struct unwrap *u, struct span in, void (*out)(void *ctx, struct span piece),
		 void *ctx);

#endif
