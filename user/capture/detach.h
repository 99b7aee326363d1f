/* SPDX-License-Identifier: Apache-2.0 */
/* detach.h: taking out the probes of many files. The kernel makes whoever takes out one wait for
 * all that may still run them (tens of ms), whatever else it does meanwhile: so many wait at once.
 */
#ifndef LLMSNOOP_DETACH_H
#define LLMSNOOP_DETACH_H

#include <stddef.h>

#include "capture/attach.h"

/* Frees all n, some of which may be NULL, and returns when they are gone. */
void detach__all(struct attachment **all, size_t n);

#endif
