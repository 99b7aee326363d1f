/* SPDX-License-Identifier: Apache-2.0 */
/* who.h: whose a record is, kept for longer than the process's facts live. */
#ifndef LLMSNOOP_CALL_WHO_H
#define LLMSNOOP_CALL_WHO_H

#include <stdbool.h>

#include "base/arena.h"
#include "call/record.h"

/* Copies from with all its texts but env and labels. False: some did not fit and are unknown now.
 */
bool who__copy(struct who *to, const struct who *from, struct arena *a);

#endif
