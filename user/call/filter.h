/* SPDX-License-Identifier: Apache-2.0 */
/* filter.h: which calls are wanted. Each list is "any of"; an empty list wants all; several kinds
 * of condition must all hold. */
#ifndef LLMSNOOP_FILTER_H
#define LLMSNOOP_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "call/record.h"
#include "capture/capture.h"

#define FILTER_LIST_MAX 64

enum filter_role {
	FILTER_CLIENT,
	FILTER_SERVER,
	FILTER_BOTH,
};

struct filter {
	const char *comms[FILTER_LIST_MAX]; /* exact */
	unsigned int n_comms;
	uint32_t uids[FILTER_LIST_MAX];
	unsigned int n_uids;
	const char *cgroups[FILTER_LIST_MAX]; /* the path or one above it */
	unsigned int n_cgroups;
	const char *pods[FILTER_LIST_MAX]; /* globs of "NAMESPACE/NAME", or of names */
	unsigned int n_pods;
	const char *models[FILTER_LIST_MAX]; /* globs, of the model asked for or that answered */
	unsigned int n_models;
	const char *hosts[FILTER_LIST_MAX]; /* globs */
	unsigned int n_hosts;
	enum filter_role role;
	bool only_errors;
	uint64_t slow_ns; /* at least so long; 0: any */
};

/* Is anything of this process wanted? As early as its facts are known. A fact that is unknown
 * ("" or UINT32_MAX) matches no condition on it. p NULL: a process of which nothing is known. */
bool filter__process(const struct filter *f, const struct process *p);

/* Is this side of a connection wanted? */
bool filter__role(const struct filter *f, enum call_role role);

/* Could a call to that host (lower case, without port; NULL: unknown) be wanted? */
bool filter__host(const struct filter *f, const char *host);

/* May filter__call leave out some? */
bool filter__chooses(const struct filter *f);

/* Is this finished record wanted? Judges what the three above do not. */
bool filter__call(const struct filter *f, const struct call *c);

#endif
