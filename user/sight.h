/* SPDX-License-Identifier: Apache-2.0 */
/* sight.h: what of this host keeps calls out of sight, in few words on standard error, when tracing
 * begins or cannot begin; llmsnoop doctor says all of it. */
#ifndef LLMSNOOP_SIGHT_H
#define LLMSNOOP_SIGHT_H

#include "options.h"

/* Processes that were asked for and are out of sight although the probes are live. */
void sight__warn_of_gaps(const struct options *o);

/* What may be why the kernel refused us. */
void sight__warn_of_hindrances(void);

struct live;

/* Have we the right to load programs, but none to probes? What is missing then, for people; else
 * NULL. *ret_hint: the remedy. */
const char *sight__probes_denied(const struct live *l, const char **ret_hint);

#endif
