/* SPDX-License-Identifier: Apache-2.0 */
/* plan.h: what is to be done about one file: which TLS stacks it carries, and the probes that they
 * get. Depends on the file alone, touches nothing else, and may run in any thread. */
#ifndef LLMSNOOP_PLAN_H
#define LLMSNOOP_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/attach.h"
#include "capture/locate.h"
#include "capture/offset.h"
#include "capture/sign.h"

#define RETS_MAX 64

struct plan_config {
	bool want_rets; /* as in struct locate_config (features: return_probes_kill) */
	const struct offset_rule *offsets; /* at most 32; borrowed as long as this is used */
	size_t n_offsets;
};

/* Points into itself: not to be copied. Large: not for a stack. */
struct plan {
	struct probe_point points[POINTS_MAX];
	uint64_t rets[POINTS_MAX][RETS_MAX];
	unsigned int n;
	unsigned int stacks; /* bit set of 1 << enum tls_stack */
	struct located found[LOCATED_MAX];
	unsigned int n_found;
	uint32_t offsets;	 /* bit set of the rules that are about it */
	bool unlocated;		 /* some TLS in it will not be seen */
	const struct sign *sign; /* NULL: none */
};

/* Fills in ret, which is zeroed, for the file behind fd. path: one of its names. 1: it has TLS
 * functions to probe, 0: none, negative errno: it could not be read. */
int plan__file(int fd, const char *path, const struct plan_config *config, struct plan *ret);

#endif
