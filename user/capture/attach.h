/* SPDX-License-Identifier: Apache-2.0 */
/* attach.h: puts probes into files, in the best way this kernel has. */
#ifndef LLMSNOOP_ATTACH_H
#define LLMSNOOP_ATTACH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "capture/features.h"
#include "capture/locate.h"
#include "tls_fn.h"

#define POINTS_MAX (LOCATED_MAX * SITE_MAX)

struct llmsnoop_bpf; /* bpftool's skeleton */

enum attach_method {
	METHOD_PERF,
	METHOD_MULTI,
	METHOD_MULTI_RETS, /* return probes could kill: RET instructions instead */
	METHOD_SESSION,
	METHOD_MAX,
};

/* One probe of one function. */
struct probe_point {
	enum tls_fn fn;
	enum site_way way;
	uint8_t stack;	      /* enum tls_stack */
	uint64_t entry;	      /* file offset */
	bool sure;	      /* a result of 0 means the peer's end (TLS_COOKIE_SURE) */
	const uint64_t *rets; /* file offsets of RET instructions, used where return probes */
	unsigned int n_rets;  /* would harm; 0: unknown, then the probe is left out */
};

/* How the programs of one skeleton are attached. */
struct attacher {
	struct llmsnoop_bpf *skel; /* borrowed */
	enum attach_method method;
	bool bpf_loop;
};

struct attachment;

/* The method for a kernel, and its name: "uprobe session", "uprobe multi", "perf event". */
enum attach_method attach__method(const struct features *f);
const char *attach__method_name(enum attach_method method);

/* Before the skeleton is loaded: which of its uprobe programs are. */
void attach__choose(const struct attacher *a);

/* Each file with probes takes a descriptor, on old kernels one for each probe: allows as many as
 * may be. */
void attach__allow_files(void);

/* Puts probes into the file behind fd, for every process that maps it, or for pid alone (> 0).
 * Points that cannot be probed without harm are left out; a stack of which the kernel refuses one
 * point gets none, and ret_refused has its bit (1 << enum tls_stack). -ENOENT: nothing was left to
 * attach; other negative errno: all was refused. */
int attach__points(const struct attacher *a, int fd, const struct probe_point *points, size_t n,
		   pid_t pid, unsigned int *ret_refused, struct attachment **ret);
void attach__free(struct attachment *at); /* detaches; NULL is fine */

#endif
