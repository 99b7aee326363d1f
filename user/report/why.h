/* SPDX-License-Identifier: Apache-2.0 */
/* why.h: why a group is as large as it is: what it is made of, and what grew since the period
 * before. */
#ifndef LLMSNOOP_REPORT_WHY_H
#define LLMSNOOP_REPORT_WHY_H

#include "report/sheet.h"

enum effect_of {
	EFFECT_CALLS,  /* more calls */
	EFFECT_TOKENS, /* more tokens a call */
	EFFECT_PRICE,  /* more money a token: other models, less cache, more output */
	N_EFFECTS,
};

#define WHY_PARTS_MAX 3

struct why_part {
	const char *name;
	double now, before; /* share of the group; before is NAN where it was empty */
};

/* In dollars, or in tokens where nothing has a price. */
struct why {
	bool compared; /* both periods have calls; what follows up to parts is known then only */
	double now, before;
	/* How much of now - before each of these made. They are the logarithmic mean of now and
	 * before times the logarithm of the factor by which each grew, so that they add up exactly
	 * (the LMDI of B. W. Ang, "Decomposition analysis for policymaking in energy", 2004). */
	double effect[N_EFFECTS];
	double calls[2], tokens_per_call[2], usd_per_mtok[2]; /* before, now */
	double cache_ratio[2], output_ratio[2];		      /* NAN: unknown */
	struct why_part part[WHY_PARTS_MAX];		      /* the largest */
	unsigned int n_parts;
};

void why__explain(const struct sheet *s, const struct row *r, struct why *ret);

const char *effect__name(enum effect_of e); /* "calls", "tokens_per_call", "price_per_token" */

#endif
