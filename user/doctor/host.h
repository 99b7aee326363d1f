/* SPDX-License-Identifier: Apache-2.0 */
/* host.h: what of this host and of our own standing on it decides whether tracing works. Reads
 * files only; tests give trees of their own. */
#ifndef LLMSNOOP_DOCTOR_HOST_H
#define LLMSNOOP_DOCTOR_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/features.h"

#define HOST_CHECKS_MAX 16

struct host_check {
	const char *name;
	char value[96];	     /* as the system says it; "": it does not */
	bool fine;	     /* it hinders nothing */
	const char *meaning; /* static storage */
	const char *remedy;  /* NULL: nothing is to be done */
};

struct host {
	char release[65], machine[65]; /* as uname(2) */
	bool features_known;	       /* they could be tried */
	struct features features;
	const char *method; /* how probes are attached; NULL: not known */
	uint64_t effective; /* capabilities */
	struct host_check checks[HOST_CHECKS_MAX];
	unsigned int n_checks;
	bool can_trace;
	char why_not[256], remedy[256]; /* "" where it can */
};

/* Fills in the checks and the effective capabilities from PROC/self, PROC/sys and SYS. */
void host__read(const char *proc, const char *sys, struct host *ret);

#endif
