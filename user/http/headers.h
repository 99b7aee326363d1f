/* SPDX-License-Identifier: Apache-2.0 */
/* headers.h: what is done to headers and queries before anybody sees them. */
#ifndef LLMSNOOP_HEADERS_H
#define LLMSNOOP_HEADERS_H

#include "base/buf.h"
#include "base/siphash.h"
#include "http/msg.h"

/* Must the value of that header never leave the parser? base/secret.h, and subprotocols that carry
 * a key, as OpenAI's realtime API lets browsers send them. */
bool header_is_secret(struct span name, struct span value);

/* How good a header of that name is for telling credentials apart: 0 not at all, else the larger
 * the better. */
unsigned int credential__rank(struct span name);

/* The fingerprint under key of the credential in a header's value: without its scheme; of AWS
 * signatures only the key's id, since the rest changes with each request. Never 0, but where there
 * is no credential or a masked one. */
uint64_t credential__fingerprint(const uint8_t key[SIPHASH_KEY_BYTES], struct span value);

/* Appends query to out with the values of secret parameters left out ("a=1&key=&b=2"). The first
 * such value of a parameter that is a plain API key is returned in ret_key (borrowed from query;
 * p is NULL for none). 0, -E2BIG, -ENOMEM. */
int query__redact(struct buf *out, struct span query, struct span *ret_key);

/* Does that header hold a URL whose query must be redacted? */
bool header_is_url(struct span name);

/* Cuts the first item off a comma-separated list, trimmed; false at its end. Empty items are
 * passed over (RFC 9110, 5.6.1). */
bool list__next(struct span *list, struct span *ret_item);

#endif
