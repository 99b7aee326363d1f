// SPDX-License-Identifier: Apache-2.0
#include "capture/changes.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

int changes__open(void)
{
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

int changes__watch(int changes, int fd)
{
	char path[64];
	int watch;

	/* The inode is watched, whatever its name is, or was. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	watch = inotify_add_watch(changes, path, IN_MODIFY);
	return watch < 0 ? -errno : watch;
}

void changes__unwatch(int changes, int watch)
{
	if (watch >= 0)
		inotify_rm_watch(changes, watch);
}

void changes__consume(int changes, void (*fn)(void *ctx, int watch), void *ctx)
{
	struct inotify_event e;
	char buf[4096];
	ssize_t n;

	while ((n = read(changes, buf, sizeof(buf))) > 0) {
		/* Events of a file carry no name, but their length says so. */
		for (size_t at = 0; at + sizeof(e) <= (size_t)n; at += sizeof(e) + e.len) {
			memcpy(&e, buf + at, sizeof(e));
			if (e.mask & IN_MODIFY)
				fn(ctx, e.wd);
		}
	}
}
