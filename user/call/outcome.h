/* SPDX-License-Identifier: Apache-2.0 */
/* outcome.h: how a call ended, and which of its numbers are final. */
#ifndef LLMSNOOP_OUTCOME_H
#define LLMSNOOP_OUTCOME_H

#include "call/open.h"

/* Bytes of the answer are missing. Numbers that are told cumulatively are forgotten unless the
 * answer's own end mark was seen: what was told before may not be the last word. */
void outcome__gap(struct call_open *x);

/* The exchange is over: sets error_type and truncated, and drops numbers that are not final.
 * After the last fact, before facts__finish. */
void outcome__judge(struct call_open *x, enum http_end why);

#endif
