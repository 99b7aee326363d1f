/* SPDX-License-Identifier: Apache-2.0 */
/* words.h: how alike two words are. */
#ifndef LLMSNOOP_WORDS_H
#define LLMSNOOP_WORDS_H

/* Damerau-Levenshtein (neighbours swapped count once), over words of at most 31 bytes; 99 for
 * longer ones. */
unsigned int words__distance(const char *a, const char *b);

#endif
