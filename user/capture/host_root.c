// SPDX-License-Identifier: Apache-2.0
#include "capture/host_root.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int open_dir(const char *dir)
{
	int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static bool same(int a, int b)
{
	struct stat x, y;

	return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

int host_root__open(const char *dir, struct host_root *ret)
{
	int fd;

	*ret = (struct host_root){{-1, -1}};
	if (dir) {
		fd = open_dir(dir);
		if (fd < 0)
			return fd;
		ret->fd[0] = fd;
		return 0;
	}
	fd = open_dir("/proc/1/root");
	ret->fd[0] = fd < 0 ? -1 : fd;
	fd = open_dir("/");
	ret->fd[1] = fd < 0 ? -1 : fd;
	if (ret->fd[0] >= 0 && ret->fd[1] >= 0 && same(ret->fd[0], ret->fd[1])) {
		close(ret->fd[1]);
		ret->fd[1] = -1;
	}
	return 0;
}

void host_root__close(struct host_root *r)
{
	for (int i = 0; i < 2; i++)
		if (r->fd[i] >= 0)
			close(r->fd[i]);
	*r = (struct host_root){{-1, -1}};
}

/* glibc has no openat2. O_NONBLOCK: a pipe must not make us wait. */
static int open_at(int dir, const char *path, int flags, uint64_t resolve)
{
	struct open_how how = {
		.flags = (uint64_t)(flags | O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY),
		.resolve = resolve | RESOLVE_NO_MAGICLINKS,
	};
	struct stat st;
	int fd = (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) || (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))) {
		close(fd);
		return -EINVAL;
	}
	return fd;
}

int host_root__file(const struct host_root *r, const char *path, int flags)
{
	int fd = -ENOENT;

	for (int i = 0; i < 2 && fd < 0; i++)
		if (r->fd[i] >= 0)
			fd = open_at(r->fd[i], path, flags, RESOLVE_IN_ROOT);
	return fd;
}

/* Takes fd. */
static char *text_of(int fd, size_t max, size_t *ret_n)
{
	struct stat st;
	size_t n = 0, size;
	char *text = NULL;
	ssize_t k = 1;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size <= max) {
		size = (size_t)st.st_size + 1; /* one more: it may be growing */
		text = malloc(size + 1);
		while (text && n < size && k > 0) {
			k = read(fd, text + n, size - n);
			if (k < 0 && errno == EINTR)
				k = 1;
			else if (k > 0)
				n += (size_t)k;
		}
	}
	close(fd);
	if (!text || k < 0 || n > max) {
		free(text);
		return NULL;
	}
	text[n] = 0;
	*ret_n = n;
	return text;
}

char *host_root__text(const struct host_root *r, const char *path, size_t max, size_t *ret_n)
{
	return text_of(host_root__file(r, path, 0), max, ret_n);
}

char *host_root__text_below(int dir, const char *name, size_t max, size_t *ret_n)
{
	return text_of(open_at(dir, name, 0, RESOLVE_BENEATH), max, ret_n);
}
