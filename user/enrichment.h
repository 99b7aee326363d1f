/* SPDX-License-Identifier: Apache-2.0 */
/* enrichment.h: what calls are enriched with, read from files that may change while the program
 * runs: prices, rules for features, masks. */
#ifndef LLMSNOOP_ENRICHMENT_H
#define LLMSNOOP_ENRICHMENT_H

#include "contents.h"
#include "options.h"

struct call_tracker;
struct feature_rules;
struct prices;

/* All zero: nothing. It has to stay where it is while a pipeline uses it. */
struct enrichment {
	struct prices *prices; /* NULL: none are wanted */
	struct feature_rules *features;
	struct contents contents;
};

/* Reads what o names. 0, or the exit status with which the program is to end, after a message; then
 * *ret is empty. */
int enrichment__load(const struct options *o, struct enrichment *ret);
void enrichment__free(struct enrichment *e);

/* Reads all of it again, the configuration file included; t uses it from then on. A file that has
 * become wrong changes nothing, and is said. */
void enrichment__reload(struct enrichment *e, int argc, char **argv, struct call_tracker *t);

#endif
