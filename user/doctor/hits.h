/* SPDX-License-Identifier: Apache-2.0 */
/* hits.h: how often each process came by, while we watched. */
#ifndef LLMSNOOP_DOCTOR_HITS_H
#define LLMSNOOP_DOCTOR_HITS_H

#include <stdint.h>

#include "capture/capture.h"

struct hit {
	uint64_t calls, bytes; /* of TLS, in both directions */
	uint64_t llm_calls;    /* of models: counted for TLS_UNKNOWN */
};

struct hits;

int hits__new(struct hits **ret); /* -ENOMEM */
void hits__free(struct hits *h);  /* NULL is fine */

/* Adds to what is known of a process and stack; what there is no room for is left out. */
void hits__add(struct hits *h, uint32_t pid, enum tls_stack stack, uint64_t calls, uint64_t bytes,
	       uint64_t llm_calls);
/* Zeros where nothing was added. h may be NULL. */
struct hit hits__of(const struct hits *h, uint32_t pid, enum tls_stack stack);

/* A capture that counts: data goes into the struct hits that is its ctx. */
extern const struct capture_ops hits_ops;

#endif
