// SPDX-License-Identifier: Apache-2.0
#include "capture/maps.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define DELETED " (deleted)"

/* Undoes seq_path's escaping of newlines (fs/proc/task_mmu.c), in place. */
static void unescape(char *s)
{
	char *out = s;

	while (*s) {
		if (!strncmp(s, "\\012", 4)) {
			*out++ = '\n';
			s += 4;
		} else {
			*out++ = *s++;
		}
	}
	*out = '\0';
}

/* One line: "start-end perms offset major:minor inode   path" (proc(5)). */
static bool parse(char *line, struct map_entry *ret)
{
	unsigned int major, minor;
	char perms[5];
	int path_at = 0;
	size_t n;
	char *path;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %*x %x:%x %" SCNu64 " %n", &ret->start,
		   &ret->end, perms, &major, &minor, &ret->ino, &path_at) != 6)
		return false;
	if (perms[2] != 'x' || !ret->ino || !path_at)
		return false;
	path = line + path_at;
	n = strcspn(path, "\n");
	path[n] = '\0';
	if (n > strlen(DELETED) && !strcmp(path + n - strlen(DELETED), DELETED))
		path[n - strlen(DELETED)] = '\0';
	unescape(path);
	ret->dev = makedev(major, minor);
	ret->path = path;
	return true;
}

int maps__read(const char *proc, uint32_t pid, int (*fn)(void *ctx, const struct map_entry *e),
	       void *ctx)
{
	char name[256], *line = NULL;
	struct map_entry e;
	size_t cap = 0;
	int err = 0;
	FILE *f;

	snprintf(name, sizeof(name), "%s/%" PRIu32 "/maps", proc, pid);
	f = fopen(name, "re");
	if (!f)
		return errno == ENOENT ? -ESRCH : -errno;
	/* A path is at most PATH_MAX long, so getline stays small. */
	while (!err && getline(&line, &cap, f) > 0)
		if (parse(line, &e))
			err = fn(ctx, &e);
	free(line);
	fclose(f);
	return err;
}

static int open_regular(const char *name, struct stat *ret)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return -errno;
	if (fstat(fd, ret) || !S_ISREG(ret->st_mode)) {
		close(fd);
		return -ENOENT;
	}
	return fd;
}

int maps__open_file(const char *proc, uint32_t pid, const struct map_entry *e)
{
	char name[4096 + 256];
	struct stat st;
	int fd;

	snprintf(name, sizeof(name), "%s/%" PRIu32 "/map_files/%" PRIx64 "-%" PRIx64, proc, pid,
		 e->start, e->end);
	fd = open_regular(name, &st);
	if (fd >= 0)
		return fd;
	if ((size_t)snprintf(name, sizeof(name), "%s/%" PRIu32 "/root%s", proc, pid, e->path) >=
	    sizeof(name))
		return -ENOENT;
	fd = open_regular(name, &st);
	if (fd < 0)
		return fd;
	/* The inode number alone is compared: stacked and subvolume file systems show another
	 * device to stat(2) than to /proc/PID/maps. */
	if (st.st_ino == e->ino)
		return fd;
	close(fd);
	return -ENOENT;
}
