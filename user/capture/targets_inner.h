/* SPDX-License-Identifier: Apache-2.0 */
/* targets_inner.h: what the parts of targets.c share: which files are looked into (targets.c), how
 * one gets its probes (targets_put.c), what is done beside the event loop (targets_aside.c). */
#ifndef LLMSNOOP_TARGETS_INNER_H
#define LLMSNOOP_TARGETS_INNER_H

#include "base/worker.h"
#include "capture/files.h"
#include "capture/targets.h"

struct detach;

struct targets {
	struct probes *probes;
	struct targets_config config;
	struct files files;
	unsigned int stacks;
	uint32_t offsets_used; /* bit set: rules that were about some file */
	uint64_t scan;	       /* looks at all processes so far, from 1 */
	uint64_t late;
	bool full_said;
	bool denied; /* the kernel refused probes for want of rights */
	bool started;
	struct worker *worker; /* NULL before the first job */
	int changes;	       /* negative: cannot be watched */
	int epoll;
};

/* fmt has two %s. */
void targets__say(struct targets *t, int level, const char *fmt, const char *path,
		  const char *more);
int targets__epoll_add(struct targets *t, int fd);

/* Are as many files being traced as may be? */
bool targets__full(const struct targets *t);
/* Is there nothing left to do for a known file and this process? */
bool targets__settled(const struct targets *t, const struct file *f, uint32_t pid);
/* Takes in what a file turned out to be. has: what plan__file returned. pid: who maps it; 0: nobody
 * need. 1: its probes are in place, 0: there are none to put, negative errno: try again another
 * time. */
int targets__settle(struct targets *t, struct file *f, int fd, const struct plan *plan, int has,
		    const char *path, uint32_t pid);
/* Bits of enum target_has. */
int targets__has(const struct file *f);
/* What could not be judged is forgotten, and judged again the next time. */
void targets__forget_failed(struct targets *t, struct file *f, int has);

/* Takes out the probes and forgets the file. */
void targets__drop(struct targets *t, struct file *f);
/* The same for up to max files at once: begin (NULL: no memory, then the others do it one by one),
 * drop of each, end. wait: until the kernel has let go of them, else that is the worker's. */
struct detach *targets__detach_begin(size_t max);
void targets__detach_drop(struct targets *t, struct detach *d, struct file *f);
void targets__detach_end(struct targets *t, struct detach *d, bool wait);
/* Has the worker look into a file. 0: it will, and fd is its own then; negative errno. */
int targets__look_aside(struct targets *t, struct file *f, int fd, const char *path, uint32_t pid);
/* pid maps a file that is being looked into. */
void targets__wait(struct targets *t, struct file *f, uint32_t pid);
/* Takes in what the worker has done. */
void targets__take(struct targets *t);
void targets__end_worker(struct targets *t);

#endif
