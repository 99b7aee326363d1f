/* SPDX-License-Identifier: Apache-2.0 */
/* files.h: the files that targets.c has met, by (device, inode), and what it did about each. */
#ifndef LLMSNOOP_FILES_H
#define LLMSNOOP_FILES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "base/map.h"
#include "capture/attach.h"
#include "capture/locate.h"
#include "capture/sign.h"

struct file_key {
	uint64_t dev, ino; /* as /proc/PID/maps and perf name them: makedev(), not always st_dev */
};

/* A file as it was when it was looked into: another one, or another content, differs. */
struct file_stamp {
	uint64_t generation; /* of the inode, as perf tells it; 0: unknown */
	int64_t size;
	struct timespec mtime;
};

struct pid_attachment {
	uint32_t pid;
	struct attachment *attachment;
	struct pid_attachment *next;
};

struct look;

struct file {
	struct file_key key;
	struct file_stamp stamp;
	bool tls;		       /* it has probes */
	bool unlocated;		       /* some TLS in it is not seen */
	bool kept;		       /* it has its probes whether anybody maps it or not */
	int err;		       /* why it has none although it has sites */
	struct attachment *attachment; /* for all processes */
	struct pid_attachment *pids;   /* per_pid */
	struct located *stacks;	       /* NULL: none */
	unsigned int n_stacks;
	const struct sign *sign;
	struct look *look;   /* under way; NULL: none */
	char *path;	     /* where it was in our own mount namespace; NULL: elsewhere */
	dev_t st_dev;	     /* as stat of path says */
	int watch;	     /* of changes.h; negative: none */
	uint64_t checked_ns; /* when its stamp was compared */
	uint64_t used_ns;    /* when somebody was last known to map it */
	uint64_t scan;	     /* the latest look at all processes that found it mapped */
	struct map_node node;
};

/* Zeroed to begin with, but for limits. */
struct files {
	const struct limits *limits;
	struct file *all;
	unsigned int n, n_tls, n_unlocated;
};

struct file *files__find(const struct files *t, const struct file_key *key);
/* key must be new. When there are too many, those that carry nothing of interest are forgotten,
 * which costs another look. NULL: no memory. */
struct file *files__add(struct files *t, const struct file_key *key);
/* Detaches what is still attached. look and watch are the caller's to end before. */
void files__remove(struct files *t, struct file *f);

void file_stamp__set(struct file_stamp *s, const struct stat *st);
/* Does the file that st tells of have another size or time than s? */
bool file_stamp__differs(const struct file_stamp *s, const struct stat *st);
/* Was f in our own mount namespace, and does its path lead to another file now, or to none? */
bool file__is_replaced(const struct file *f);
/* Of the files with probes that the given scan did not find mapped, the one that was not used for
 * longest. NULL: there is none. */
struct file *files__idlest(const struct files *t, uint64_t scan);

#endif
