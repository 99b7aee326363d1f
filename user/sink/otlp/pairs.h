/* SPDX-License-Identifier: Apache-2.0 */
/* pairs.h: lists of "key=value,key=value", percent-encoded, as OpenTelemetry's variables for
 * headers and resource attributes have them (the form of W3C Baggage, section 3.2, without
 * properties). */
#ifndef LLMSNOOP_OTLP_PAIRS_H
#define LLMSNOOP_OTLP_PAIRS_H

#include "base/span.h"
#include "sink/otlp/config.h"

/* Takes the next member off *list that is not empty; spaces around both parts are not theirs. A
 * member without "=" has a key only: ret_value->p is NULL. Both lie in the list, still encoded.
 * False: there is none. */
bool pairs__next(struct span *list, struct span *ret_key, struct span *ret_value);

/* The text that s encodes (RFC 3986, section 2.1), to be freed. -EBADMSG: a % without two hex
 * digits, a NUL, or no UTF-8. -ENOMEM. */
int pairs__decode(struct span s, char **ret);

/* Appends a pair, or replaces the value where the key is there already (fold: in any case). Takes
 * both strings, also on failure. -E2BIG: max pairs are there. -ENOMEM. */
int pairs__set(struct otlp_pair **pairs, unsigned int *n, unsigned int max, bool fold, char *key,
	       char *value);

#endif
