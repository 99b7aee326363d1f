/* SPDX-License-Identifier: Apache-2.0 */
/* live.h: the kernel as a capture: probes, rings and /proc turned into struct capture_ops calls. */
#ifndef LLMSNOOP_LIVE_H
#define LLMSNOOP_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "capture/capture.h"
#include "capture/offset.h"
#include "capture/targets.h"

struct live_config {
	size_t ring_bytes;
	bool all;	      /* every process; else pids (and their children) */
	bool follow;	      /* children too, and attach per file; else probes in pids alone */
	const uint32_t *pids; /* borrowed during live__new */
	size_t n_pids;
	const struct offset_rule *offsets; /* borrowed until live__free */
	size_t n_offsets;
	const uint16_t *plain; /* ports of plain HTTP; borrowed during live__new */
	size_t n_plain;
	const char *host_root; /* where the host's root is mounted; NULL: found out */
	/* Is this process wanted? Asked once when it is first seen and after each exec; NULL: all
	 * are. Those that are not are ignored by the kernel from then on. */
	bool (*want)(void *ctx, const struct process *p);
	void *want_ctx;
	/* Is it told if programs speak TLS to that host which cannot be seen? NULL: never. */
	bool (*matters)(void *ctx, const char *host);
	void *matters_ctx;
	/* Things worth saying once, at most one line; NULL: silence. level: 0 warning, 1 detail. */
	void (*say)(void *ctx, int level, const char *text);
	void *say_ctx;
};

/* Why live capture is impossible. */
struct live_error {
	const char *what; /* the step that failed; static storage */
	const char *hint; /* what to do; NULL: nothing known */
	int err;	  /* negative errno */
};

struct live;

/* Loads, attaches to what already runs and begins to hear of the rest. ops and ctx are borrowed.
 * The first callbacks come from live__poll. */
int live__new(const struct live_config *config, const struct capture_ops *ops, void *ctx,
	      struct live_error *ret_error, struct live **ret);
/* Detaches everything. NULL is fine. */
void live__free(struct live *l);

/* Adds a process to what is traced (for a command that was just started and waits). */
int live__add_pid(struct live *l, uint32_t pid);
/* Puts probes into a file before anybody maps it. 0: done or nothing to do in it. later: a large
 * file may take its time, beside the event loop. */
int live__preload(struct live *l, const char *path, bool later);

/* Readable when there may be something to do: then call live__poll. */
int live__fd(const struct live *l);
void live__poll(struct live *l);
/* Takes in all that is waiting and gives the last counts: before the end. */
void live__drain(struct live *l);

const struct capture_control *live__control(struct live *l);

struct live_summary {
	const char *method;	/* how probes are attached */
	unsigned int files;	/* files that carry probes */
	unsigned int processes; /* processes seen to map one of them */
	unsigned int stacks;	/* bit set of 1 << enum tls_stack */
	/* with TLS whose functions were not found, and who maps one of them */
	unsigned int unlocated_files, unlocated_processes;
};

void live__summary(const struct live *l, struct live_summary *ret);

/* The files that were looked into. Borrowed. */
const struct targets *live__targets(const struct live *l);
/* Calls fn for each process and file with TLS that is known by now. */
void live__list(const struct live *l, target_fn fn, void *ctx);

#endif
