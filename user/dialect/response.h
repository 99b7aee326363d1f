/* SPDX-License-Identifier: Apache-2.0 */
/* response.h: the answer's half of a reader. */
#ifndef LLMSNOOP_RESPONSE_H
#define LLMSNOOP_RESPONSE_H

#include <stdbool.h>

struct dialect_reader;

/* A document is over or broke off: tells what only its end decides. named_error: it came in an
 * event "error". */
void response__document(struct dialect_reader *r, bool named_error);

#endif
