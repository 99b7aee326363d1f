/* SPDX-License-Identifier: Apache-2.0 */
/* targets.h: which files carry TLS functions, and the probes in them. A file is known by (device,
 * inode), whatever name or mount namespace it is reached by, and looked into once. */
#ifndef LLMSNOOP_TARGETS_H
#define LLMSNOOP_TARGETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/locate.h"
#include "base/limits.h"
#include "capture/mappings.h"
#include "capture/plan.h"
#include "capture/probes.h"
#include "capture/sign.h"

struct targets;

struct targets_config {
	bool per_pid; /* probes in single processes, not in all that map the file */
	struct plan_config plan;
	void (*say)(void *ctx, int level, const char *text);
	void *say_ctx;
	/* What a process has (enum target_has) that was not known when it was asked for. */
	void (*found)(void *ctx, uint32_t pid, int has);
	void *found_ctx;
	const struct limits *limits; /* NULL: limits_default */
};

/* What is known of one file that a process maps. All of it is borrowed until the callback returns.
 */
struct target {
	uint32_t pid;
	const char *path; /* as the process sees it */
	bool deleted;	  /* the path no longer leads there */
	bool probed;	  /* it carries probes */
	int err; /* why it does not although it has sites, negative errno; 0: nothing failed */
	const struct located *stacks;
	unsigned int n_stacks;
	const struct sign *sign; /* NULL: none */
};

typedef void (*target_fn)(void *ctx, const struct target *t);

/* What a process has, or a mapping: bits. */
enum target_has {
	TARGET_PROBED = 1 << 0, /* TLS functions with probes */
	TARGET_UNLOCATED =
		1 << 1,		/* a TLS stack whose functions were not found, or take no probes */
	TARGET_SIGNED = 1 << 2, /* the sign of one that cannot be seen */
};

/* p: NULL looks into files but puts no probes there. */
int targets__new(struct probes *p, const struct targets_config *config, struct targets **ret);
void targets__free(struct targets *t); /* detaches; NULL is fine */

/* From now on large files are looked into beside the event loop: what has them is told by found. */
void targets__start(struct targets *t);
/* Readable when there may be something to take in: then call targets__poll. */
int targets__fd(const struct targets *t);
void targets__poll(struct targets *t);

/* Looks into every executable file that pid has mapped and puts probes where TLS functions are.
 * Returns bits of enum target_has, or what maps__read returned: -ESRCH, -EACCES. */
int targets__scan(struct targets *t, uint32_t pid);
/* The same for one mapping that was just made. */
int targets__mapping(struct targets *t, const struct mapping *m);
/* All processes were just scanned: files that none of them maps may lose their probes, where they
 * can no longer be reached, or where there are too many. */
void targets__scanned(struct targets *t);
/* So many files have probes that the next look at all processes should not wait. */
bool targets__crowded(const struct targets *t);
/* The same as a mapping, for a file that nobody need have mapped yet. later: the worker may look
 * into a large one. */
int targets__preload(struct targets *t, const char *path, bool later);
/* The probes of pid alone are of no more use (per_pid). */
void targets__gone(struct targets *t, uint32_t pid);

unsigned int targets__files(const struct targets *t);
/* Of them, by what does TLS there; a file with several counts for each. */
void targets__count(const struct targets *t, unsigned int ret[TLS_STACK_MAX]);
unsigned int targets__stacks(const struct targets *t);
/* Processes that may have spoken before the probes were in a file which was new to us. */
uint64_t targets__late(const struct targets *t);
/* Have we no right to probes? True if the kernel said so of a file, and none has any. */
bool targets__denied(const struct targets *t);
/* Files with TLS whose functions were not found. */
unsigned int targets__unlocated(const struct targets *t);

/* Calls fn once for each file with TLS, or the sign of it, that pid maps. As maps__read. */
int targets__list(const struct targets *t, uint32_t pid, target_fn fn, void *ctx);

#endif
