/* SPDX-License-Identifier: Apache-2.0 */
/* report.h: a call that is over becomes a record. */
#ifndef LLMSNOOP_CALL_REPORT_H
#define LLMSNOOP_CALL_REPORT_H

#include "call/open.h"

/* The call ended at ts_ns, because of why: judges it and, where it is one to tell of, counts it and
 * hands its record out. Its reader has been told the end. x stays with the caller. */
void report__call(struct call_open *x, enum http_end why, uint64_t ts_ns);

#endif
