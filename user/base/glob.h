/* SPDX-License-Identifier: Apache-2.0 */
/* glob.h: shell-like patterns over text that others chose: bytes, no locale, no recursion, time
 * bounded by pattern × text. */
#ifndef LLMSNOOP_GLOB_H
#define LLMSNOOP_GLOB_H

#include <stdbool.h>

/* Does text match pattern as a whole? '*' is any run of bytes (also '/'), '?' one byte; all else
 * is itself, letters of ASCII in either case. */
bool glob__match(const char *pattern, const char *text);

#endif
