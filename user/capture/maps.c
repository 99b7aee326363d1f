// SPDX-License-Identifier: Apache-2.0
#include "capture/maps.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
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
	if (*path != '/')
		return false; /* [vdso], anon_inode:… */
	n = strcspn(path, "\n");
	path[n] = '\0';
	ret->deleted = n > strlen(DELETED) && !strcmp(path + n - strlen(DELETED), DELETED);
	if (ret->deleted)
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

/* openat2 is 5.6's: a path inside the process's root, whose symbolic links stay inside as well. */
static int open_in_root(int root, const char *path)
{
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};

	return (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
}

/* Turns an O_PATH descriptor, which it closes, into one for reading, if it is a regular file (a
 * device may act on being opened) and has that inode number (0: any). */
static int reopen(int fd, uint64_t ino)
{
	char name[64];
	struct stat st;
	int ret = -ENOENT;

	if (fd < 0)
		return -errno;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && (!ino || st.st_ino == ino)) {
		snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
		ret = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
		if (ret < 0)
			ret = -errno;
	}
	close(fd);
	return ret;
}

/* The process is gone; the file may still be where it was, if that is a place of ours. */
static int open_here(const struct map_entry *e)
{
	int fd = open(e->path, O_PATH | O_CLOEXEC);
	struct stat st;

	if (fd >= 0 && (fstat(fd, &st) || st.st_dev != e->dev)) {
		close(fd);
		return -ESRCH;
	}
	fd = reopen(fd, e->ino);
	return fd < 0 ? -ESRCH : fd;
}

int maps__stat_file(const char *proc, uint32_t pid, const struct map_entry *e, struct stat *ret)
{
	char name[512];

	snprintf(name, sizeof(name), "%s/%" PRIu32 "/map_files/%" PRIx64 "-%" PRIx64, proc, pid,
		 e->start, e->end);
	return stat(name, ret) ? -errno : 0;
}

int maps__open_file(const char *proc, uint32_t pid, const struct map_entry *e)
{
	char name[512];
	int fd, root;

	snprintf(name, sizeof(name), "%s/%" PRIu32 "/map_files/%" PRIx64 "-%" PRIx64, proc, pid,
		 e->start, e->end);
	fd = reopen(open(name, O_PATH | O_CLOEXEC), 0);
	if (fd >= 0)
		return fd;
	/* From here on the inode number alone is compared: stacked and subvolume file systems show
	 * another device to stat(2) than to /proc/PID/maps. A wrong file would do no harm, since
	 * it is looked into and probed itself. */
	snprintf(name, sizeof(name), "%s/%" PRIu32 "/root", proc, pid);
	root = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return errno == ENOENT || errno == ESRCH ? open_here(e) : -errno;
	fd = reopen(open_in_root(root, e->path), e->ino);
	close(root);
	if (fd >= 0)
		return fd;
	/* A deleted program is still behind exe. */
	snprintf(name, sizeof(name), "%s/%" PRIu32 "/exe", proc, pid);
	root = reopen(open(name, O_PATH | O_CLOEXEC), e->ino);
	return root >= 0 ? root : fd;
}
