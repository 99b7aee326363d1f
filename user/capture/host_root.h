/* SPDX-License-Identifier: Apache-2.0 */
/* host_root.h: files of the host, read from wherever llmsnoop itself runs. Paths are resolved as if
 * the host's root were "/", so that no symbolic link leads out of it (openat2(2),
 * RESOLVE_IN_ROOT). */
#ifndef LLMSNOOP_HOST_ROOT_H
#define LLMSNOOP_HOST_ROOT_H

#include <stddef.h>
#include <sys/types.h>

struct host_root {
	int fd[2]; /* looked into in this order; -1: none */
};

/* dir: where the host's root is mounted. NULL: the root of process 1, which in a container that
 * shares the host's process ids is the host's, and behind it our own, for folders that are mounted
 * there. What dir cannot be opened for (negative errno): then there are no files. */
int host_root__open(const char *dir, struct host_root *ret);
void host_root__close(struct host_root *r);

/* A descriptor of path, or negative errno. flags as open(2); O_RDONLY | O_CLOEXEC are added, and
 * only regular files and directories are opened, which never wait. */
int host_root__file(const struct host_root *r, const char *path, int flags);

/* The whole of a file as text of at most max bytes with a NUL behind, to be freed; NULL: it cannot
 * be read, is longer, or is none. */
char *host_root__text(const struct host_root *r, const char *path, size_t max, size_t *ret_n);

/* The same of a name below an open folder; links are followed as long as they stay below it. */
char *host_root__text_below(int dir, const char *name, size_t max, size_t *ret_n);

#endif
