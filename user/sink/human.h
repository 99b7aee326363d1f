/* SPDX-License-Identifier: Apache-2.0 */
/* human.h: numbers and texts as people read them in the table and the totals. */
#ifndef LLMSNOOP_HUMAN_H
#define LLMSNOOP_HUMAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* The longest text that the number formats make, with its NUL. */
#define HUMAN_MAX 32

/* 640, 1.2k, 48.1k, 481k, 1.2M */
void human__count(uint64_t v, char ret[HUMAN_MAX]);
/* 0.41s, 12.30s with two digits; 3.9s with one; from 100 s on without a fraction */
void human__seconds(uint64_t ns, unsigned int digits, char ret[HUMAN_MAX]);
/* $0.0280, from $100 on with cents only; <$0.0001 for what is less but not nothing */
void human__usd(double usd, char ret[HUMAN_MAX]);

/* Appends s so that it takes at most columns on a terminal and nothing in it is interpreted there:
 * what utf8__unsafe names, and invalid UTF-8, becomes '?'. Where s is longer its end is '+' in
 * place of the last column. Returns the columns taken; the buffer's errors are ignored (the line
 * is then short). */
unsigned int human__text(struct buf *out, struct span s, unsigned int columns);

#endif
