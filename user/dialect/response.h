/* SPDX-License-Identifier: Apache-2.0 */
/* response.h: the answer's half of a reader. */
#ifndef LLMSNOOP_RESPONSE_H
#define LLMSNOOP_RESPONSE_H

#include <stdbool.h>

#include "base/span.h"
#include "dialect/fact.h"

struct dialect_reader;

/* A document is over or broke off: tells what only its end decides. named_error: it came in an
 * event "error". */
void response__document(struct dialect_reader *r, bool named_error);

/* A document begins; it is over (complete: not by the end of the body). */
void response__begin(struct dialect_reader *r);
void response__end(struct dialect_reader *r, bool named_error, bool complete);

/* Sessions: keeps a fact until the message that it was read in is over. */
void turns__hold(struct dialect_reader *r, enum fact fact, const struct fact_value *v);

/* JSON of the event that is read; what does not begin like JSON is passed over. */
void response__json(struct dialect_reader *r, struct span data);

#endif
