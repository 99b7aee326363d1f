/* SPDX-License-Identifier: Apache-2.0 */
/* redact_find.h: what the files of redact.c share: one function for each thing that is masked. */
#ifndef LLMSNOOP_REDACT_FIND_H
#define LLMSNOOP_REDACT_FIND_H

#include "base/span.h"

/* A text that is looked through from its beginning to its end. */
struct redact_scan {
	struct span s;
	size_t pem_end; /* where the next end mark of PEM is; s.n: there is none */
	bool pem_known;
};

/* How many bytes at the place at are such a thing; 0: it is none. What stands before at is looked
 * at, too: a thing does not begin within a word. */
typedef size_t redact_find_fn(struct redact_scan *x, size_t at);

redact_find_fn redact__email, redact__card, redact__iban, redact__phone, redact__key, redact__jwt,
	redact__pem, redact__ip, redact__ssn;

static inline bool redact__digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static inline bool redact__letter(uint8_t c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static inline bool redact__word(uint8_t c)
{
	return redact__digit(c) || redact__letter(c) || c == '_';
}

/* The byte at i, 0 beyond the text. */
static inline uint8_t redact__at(struct span s, size_t i)
{
	return i < s.n ? s.p[i] : 0;
}

/* The byte before i, 0 at the beginning; a blank where it is the end of an escape (\n, \t, \r) that
 * somebody wrote into the text. */
static inline uint8_t redact__before(struct span s, size_t i)
{
	uint8_t c = i ? s.p[i - 1] : 0;

	if (i > 1 && s.p[i - 2] == '\\' && (c == 'n' || c == 't' || c == 'r'))
		return ' ';
	return c;
}

#endif
