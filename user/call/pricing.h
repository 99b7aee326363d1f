/* SPDX-License-Identifier: Apache-2.0 */
/* pricing.h: the cost of a call by a list of prices, where no provider says it. */
#ifndef LLMSNOOP_PRICING_H
#define LLMSNOOP_PRICING_H

#include "call/record.h"
#include "enrich/prices.h"

/* Sets cost_nusd and cost_source, which lives as long as prices. Leaves alone what has a cost, what
 * used nothing and what prices do not know. */
void pricing__fill(struct call *c, struct prices *prices);

#endif
