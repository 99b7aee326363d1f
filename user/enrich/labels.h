/* SPDX-License-Identifier: Apache-2.0 */
/* labels.h: lists of named values that come as one text. */
#ifndef LLMSNOOP_LABELS_H
#define LLMSNOOP_LABELS_H

#include "base/span.h"

/* The value of prefix followed by name in lines of "NAME=value\n": labels, variables. Part of
 * lines; p NULL: there is none. lines may be NULL. */
struct span labels__get(const char *lines, const char *prefix, struct span name);

/* The value of a key of OTEL_RESOURCE_ATTRIBUTES (key=value,key=value; values percent-encoded as in
 * W3C Baggage) in a process' variables. Part of lines; p NULL: there is none, or it is encoded
 * otherwise than by itself. */
struct span labels__resource(const char *lines, const char *key);

#endif
