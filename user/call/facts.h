/* SPDX-License-Identifier: Apache-2.0 */
/* facts.h: which fact of a dialect is which field of the record. */
#ifndef LLMSNOOP_FACTS_H
#define LLMSNOOP_FACTS_H

#include "call/open.h"
#include "dialect/fact.h"

/* Takes one fact into the call. */
void facts__set(struct call_open *x, enum fact fact, const struct fact_value *v, uint64_t ts_ns);

/* x is a turn that begins: takes over what session knows. What was brought for the next turn alone
 * (results of tools) is then no longer the session's. */
void facts__inherit(struct call_open *x, struct call_open *session);

/* Hands the lists that facts filled to the record: after the last fact. */
void facts__finish(struct call_open *x);

#endif
