/* SPDX-License-Identifier: Apache-2.0 */
/* utf8.h: characters of text that others chose. Any bytes are accepted: what is not UTF-8 reads
 * as U+FFFD, one for each maximal invalid part (Unicode 15, chapter 3.9, "best practice"). */
#ifndef LLMSNOOP_UTF8_H
#define LLMSNOOP_UTF8_H

#include <stdbool.h>

#include "base/span.h"

#define UTF8_REPLACEMENT 0xFFFDu

/* The character that s begins with. Returns the bytes it takes: at least 1, and 0 where s is
 * empty (then ret_cp is untouched). */
size_t utf8__next(struct span s, uint32_t *ret_cp);

/* The longest beginning of s of at most n bytes that splits no character. */
struct span utf8__head(struct span s, size_t n);

/* Terminal columns of a character: 0 (combining, joiners), 1, or 2 (East Asian wide, emoji). */
unsigned int utf8__width(uint32_t cp);

/* True for what must reach no terminal and no log as it is: C0 and C1 controls, DEL, line and
 * paragraph separators, and the marks that reorder or hide text (bidi, tags, BOM). */
bool utf8__unsafe(uint32_t cp);

/* Writes the UTF-8 form of cp (a scalar value) to p, at most 4 bytes. Returns how many. */
size_t utf8__encode(uint32_t cp, uint8_t p[4]);

#endif
