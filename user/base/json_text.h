/* SPDX-License-Identifier: Apache-2.0 */
/* json_text.h: the inside of a JSON string, decoded piece by piece into a bounded buffer. The same
 * result at every split. What comes out is always valid UTF-8: invalid UTF-8 becomes one U+FFFD
 * for each maximal ill-formed part (as WHATWG's decoder does), a lone surrogate escape and an
 * invalid escape become one U+FFFD each. \u0000 is a NUL byte. */
#ifndef LLMSNOOP_JSON_TEXT_H
#define LLMSNOOP_JSON_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct json_text {
	struct buf out;
	int error;		/* -ENOMEM, sticky until the next begin */
	bool truncated;		/* longer than the buffer's maximum: the rest was dropped */
	bool invalid;		/* an escape that JSON does not know */
	uint8_t mode;		/* what the next byte belongs to */
	uint8_t hex_left;	/* digits of \u that are still to come */
	uint16_t hex;		/* those that came */
	uint16_t high;		/* a high surrogate that waits for its low one; 0: none */
	uint8_t seq[4];		/* an unfinished UTF-8 sequence */
	uint8_t seq_n;		/* its bytes so far */
	uint8_t seq_need;	/* and in all */
	uint8_t seq_lo, seq_hi; /* range of its next byte */
};

/* Nothing is allocated yet. */
void json_text__init(struct json_text *t);
/* A new string, after its opening quote. max: most decoded bytes of it that are kept; no sequence
 * is split. Keeps the buffer's memory. */
void json_text__begin(struct json_text *t, size_t max);
/* Decodes [p, end) up to and including the closing quote, whose successor is returned; or NULL
 * where all was consumed and the string goes on. */
const uint8_t *json_text__feed(struct json_text *t, const uint8_t *p, const uint8_t *end);
/* Frees the buffer; t may be used again. */
void json_text__free(struct json_text *t);

#endif
