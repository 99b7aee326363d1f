/* SPDX-License-Identifier: Apache-2.0 */
/* attempts.h: requests that failed, so that one which says the same again is known as their retry.
 */
#ifndef LLMSNOOP_CALL_ATTEMPTS_H
#define LLMSNOOP_CALL_ATTEMPTS_H

#include <stdbool.h>
#include <stdint.h>

struct attempts;
struct limits;

struct attempt {
	uint64_t request;    /* fingerprint: who asked whom for what; never 0 */
	uint64_t ts_ns;	     /* CLOCK_MONOTONIC of its end */
	int64_t nth;	     /* 1: the first */
	uint8_t first_id[8]; /* span of the first */
	uint64_t run;	     /* serial of the run that it is of, 0: of none */
};

/* Remembers the latest lim->attempts failures. -ENOMEM. */
int attempts__new(const struct limits *lim, struct attempts **ret);
void attempts__free(struct attempts *a); /* NULL is fine */

/* It failed. */
void attempts__add(struct attempts *a, const struct attempt *failed);

/* A request begins at now_ns: the latest failure of its like, unless that is longer ago than
 * lim->run_silence_ns. It is forgotten then: one failure has one retry. */
bool attempts__take(struct attempts *a, uint64_t request, uint64_t now_ns, struct attempt *ret);

#endif
