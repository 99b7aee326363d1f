/* SPDX-License-Identifier: Apache-2.0 */
/* options_values.h: the values of options. Each parser returns NULL, or what would be right
 * ("a duration like 200ms, 1.5s or 2m"); then *ret is as it was. */
#ifndef LLMSNOOP_OPTIONS_VALUES_H
#define LLMSNOOP_OPTIONS_VALUES_H

#include <stdint.h>

#include "options.h"

/* 200ms, 1.5s, 2m, 1h, 1d; a bare number is seconds. More than nothing. */
const char *value__duration(const char *text, uint64_t *ret_ns);
/* 64K to 1G, a power of two. */
const char *value__ring(const char *text, size_t *ret_bytes);
/* 1 and more. */
const char *value__count(const char *text, uint64_t *ret);
/* 0 to 100, a % behind it or not. */
const char *value__percent(const char *text, double *ret);
/* A user id, or the name of a user that this host knows. */
const char *value__uid(const char *text, uint32_t *ret);
/* PORT[,PORT...] or off; in place of those that were there. */
const char *value__ports(const char *text, struct options *o);
/* [ADDRESS:]PORT, an IPv6 address in brackets; without one the loopback's. */
const char *value__listen(const char *text, struct listen_address *ret);
/* PID[,PID...]; appended, doubles left out. */
const char *value__pids(const char *text, struct options *o);

#endif
