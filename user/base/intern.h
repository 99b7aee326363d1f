/* SPDX-License-Identifier: Apache-2.0 */
/* intern.h: a bounded table of texts: equal texts have the same small number, so that those who
 * compare many of them compare numbers. What is in stays until the table is freed or cleared. */
#ifndef LLMSNOOP_INTERN_H
#define LLMSNOOP_INTERN_H

#include <stddef.h>
#include <stdint.h>

#include "base/siphash.h"
#include "base/span.h"

#define INTERN_NONE 0 /* no text has that number */

struct intern_text;

struct intern {
	uint8_t key[SIPHASH_KEY_BYTES]; /* drawn at random: texts are chosen by others */
	struct intern_text *head, **v;	/* v[i] has number i + 1 */
	uint32_t n, cap;
	size_t bytes, max_bytes; /* bookkeeping included */
};

/* An empty table. Nothing is allocated yet. */
void intern__init(struct intern *t, size_t max_bytes);
/* Forgets all texts; the table is empty and usable again. */
void intern__clear(struct intern *t);

/* The number of s, which it gets where it is new; INTERN_NONE: no room. */
uint32_t intern__add(struct intern *t, struct span s);
/* The text of a number that intern__add gave, as a C string (it ends early at a NUL in it). Valid
 * until intern__clear. */
const char *intern__text(const struct intern *t, uint32_t number);

#endif
