/* SPDX-License-Identifier: Apache-2.0 */
/* targets.h: which files carry TLS functions, and the probes in them. A file is known by (device,
 * inode), whatever name or mount namespace it is reached by, and looked into once. */
#ifndef LLMSNOOP_TARGETS_H
#define LLMSNOOP_TARGETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/mappings.h"
#include "capture/probes.h"

struct targets;

struct targets_config {
	bool per_pid;	/* probes in single processes, not in all that map the file */
	bool want_rets; /* RET instructions are needed (features: return_probes_kill) */
	void (*say)(void *ctx, int level, const char *text);
	void *say_ctx;
};

int targets__new(struct probes *p, const struct targets_config *config, struct targets **ret);
void targets__free(struct targets *t); /* detaches; NULL is fine */

/* Looks into every executable file that pid has mapped and puts probes where TLS functions are.
 * Returns how many such files the process maps; -ESRCH. */
int targets__scan(struct targets *t, uint32_t pid);
/* The same for one mapping that was just made. 1: it has TLS functions, 0: not, negative errno. */
int targets__mapping(struct targets *t, const struct mapping *m);
/* The same for a file that nobody need have mapped yet. */
int targets__preload(struct targets *t, const char *path);
/* The probes of pid alone are of no more use (per_pid). */
void targets__gone(struct targets *t, uint32_t pid);

unsigned int targets__files(const struct targets *t);
unsigned int targets__stacks(const struct targets *t);

/* Calls fn with what is known of the TLS files that pid maps. */
void targets__list(const struct targets *t, uint32_t pid,
		   void (*fn)(void *ctx, uint32_t pid, const char *path, const char *why),
		   void *ctx);

#endif
