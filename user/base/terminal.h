/* SPDX-License-Identifier: Apache-2.0 */
/* terminal.h: what people look at: is it a terminal, how large, and does it want colour. */
#ifndef LLMSNOOP_TERMINAL_H
#define LLMSNOOP_TERMINAL_H

#include <stdbool.h>

#include "base/buf.h"

struct terminal {
	bool is;		    /* all below is 0 where it is none */
	bool colour;		    /* unless NO_COLOR (no-color.org) or a dumb TERM says no */
	unsigned int columns, rows; /* 0: unknown */
};

/* As fd is now: windows change. */
struct terminal terminal__of(int fd);

/* Writes all of b to fd, whatever that is. Negative errno; -EPIPE: nobody reads it. */
int terminal__write(int fd, const struct buf *b);

#endif
