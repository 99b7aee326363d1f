/* SPDX-License-Identifier: Apache-2.0 */
/* json_number.h: numbers as JSON spells them (RFC 8259, 6), of any length. */
#ifndef LLMSNOOP_JSON_NUMBER_H
#define LLMSNOOP_JSON_NUMBER_H

#include "base/span.h"

/* Is text a number as a whole? ret_integer: it has neither fraction nor exponent. */
bool json_number__valid(struct span text, bool *ret_integer);

/* The value of a valid number if an int64_t holds it exactly (5.0 and 1e3 count, up to 2^53);
 * integer as json_number__valid returned it. False: it does not. */
bool json_number__integral(struct span text, bool integer, int64_t *ret);

/* The value of a number. 0; -EINVAL where text is none, is longer than 127 bytes, or is beyond what
 * a double holds. */
int json_number__real(struct span text, double *ret);

#endif
