/* SPDX-License-Identifier: Apache-2.0 */
/* totals.h: the closing line of a run. */
#ifndef LLMSNOOP_TOTALS_H
#define LLMSNOOP_TOTALS_H

#include "base/buf.h"
#include "call/record.h"

/* Appends the line with its line feed: calls, errors, cost where any is known, tokens, losses. */
int totals__format(struct buf *out, const struct stats *st);

#endif
