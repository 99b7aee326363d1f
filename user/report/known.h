/* SPDX-License-Identifier: Apache-2.0 */
/* known.h: which records were seen before. Files that overlap bring some twice. */
#ifndef LLMSNOOP_REPORT_KNOWN_H
#define LLMSNOOP_REPORT_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/siphash.h"
#include "base/span.h"

struct known {
	uint8_t key[SIPHASH_KEY_BYTES];
	uint64_t *v; /* a hash table; 0 is free */
	size_t n, cap, max;
	bool full; /* from here on, what comes twice counts twice */
};

/* Holds at most max records (8 to 16 bytes each). */
void known__init(struct known *k, size_t max);
void known__free(struct known *k);

/* Was the span of that trace added before? Adds it. */
bool known__add(struct known *k, struct span trace_id, struct span span_id);

#endif
