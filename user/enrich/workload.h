/* SPDX-License-Identifier: Apache-2.0 */
/* workload.h: what a pod is one of. Without the API server, who owns a pod is known by its labels,
 * by what an operator told the process (OTEL_RESOURCE_ATTRIBUTES), and by the names that
 * controllers give to what they make. Sources: kubernetes pkg/controller (deployment/util,
 * statefulset, cronjob), apiserver pkg/storage/names, apimachinery pkg/util/rand. */
#ifndef LLMSNOOP_WORKLOAD_H
#define LLMSNOOP_WORKLOAD_H

#include "base/span.h"
#include "call/record.h"

struct workload {
	struct span name;		  /* that all its pods share; empty: no pod */
	struct span owners[N_POD_OWNERS]; /* only those that are sure; else empty */
};

/* Reads who's pod, labels and variables. Parts of those. */
void workload__of(const struct who *w, struct workload *ret);

#endif
