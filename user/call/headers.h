/* SPDX-License-Identifier: Apache-2.0 */
/* headers.h: which HTTP header is which field of the record (facts/WIRE.md section 4 of the
 * project's notes: recorded from the providers). */
#ifndef LLMSNOOP_HEADERS_H
#define LLMSNOOP_HEADERS_H

#include "call/open.h"

void headers__request(struct call_open *x, const struct http_head *h);
/* now_ns: CLOCK_REALTIME of the head; moments become seconds after it. */
void headers__response(struct call_open *x, const struct http_head *h, uint64_t now_ns);

#endif
