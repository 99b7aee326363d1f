/* SPDX-License-Identifier: Apache-2.0 */
/* held.h: facts that are kept to be told later, in a buffer of a bounded size. */
#ifndef LLMSNOOP_HELD_H
#define LLMSNOOP_HELD_H

#include "base/buf.h"
#include "dialect/fact.h"

/* Copies a fact behind those in b. -E2BIG past b's maximum, -ENOMEM: b is unchanged. */
int held__add(struct buf *b, enum fact fact, const struct fact_value *v, uint64_t ts_ns);

/* Takes the first fact off rest, which is b's bytes at first. False: there is none. What ret_v
 * points to is b's. */
bool held__next(struct span *rest, enum fact *ret_fact, struct fact_value *ret_v,
		uint64_t *ret_ts_ns);

#endif
