// SPDX-License-Identifier: Apache-2.0
#include "sink/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/caller.h"

#define REST_MAX (4 << 20)
/* How long a reader who set its pipe to O_NONBLOCK may hold up the capture. */
#define PATIENCE_MS 1000

/* The descriptor that path names, or -1: a file of its own. */
static int named_fd(const char *path)
{
	static const struct {
		const char *path;
		int fd;
	} names[] = {
		{"-", STDOUT_FILENO},
		{"/dev/stdout", STDOUT_FILENO},
		{"/dev/stderr", STDERR_FILENO},
	};
	static const char *const folders[] = {"/dev/fd/", "/proc/self/fd/"};
	char *end;
	size_t i;
	long fd;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(path, names[i].path))
			return names[i].fd;
	for (i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		if (strncmp(path, folders[i], strlen(folders[i])))
			continue;
		path += strlen(folders[i]);
		fd = strtol(path, &end, 10);
		if (*path >= '0' && *path <= '9' && !*end && fd < 1 << 20)
			return (int)fd;
	}
	return -1;
}

static int look_at(struct outfile *f)
{
	struct stat st;

	if (fstat(f->fd, &st))
		return -errno;
	f->regular = S_ISREG(st.st_mode);
	return S_ISDIR(st.st_mode) ? -EISDIR : 0;
}

/* Who wrote the file before us may have ended in the middle of a line, or its machine did: what is
 * written now begins one of its own. */
static void end_torn_line(struct outfile *f)
{
	struct stat st;
	char path[40], last = '\n';
	int fd;

	if (!f->regular || fstat(f->fd, &st) || !st.st_size)
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", f->fd);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (pread(fd, &last, 1, st.st_size - 1) == 1 && last != '\n')
		buf__add(&f->rest, SPAN_LIT("\n"));
	close(fd);
}

static int open_path(const char *path, int more)
{
	const int flags = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC | more;
	int fd = open(path, flags | O_EXCL, 0600);

	if (fd >= 0)
		caller__give(fd);
	else if (errno == EEXIST)
		fd = open(path, flags, 0600);
	return fd < 0 ? -errno : fd;
}

int outfile__from_fd(struct outfile *f, int fd)
{
	int err;

	*f = (struct outfile){.fd = fcntl(fd, F_DUPFD_CLOEXEC, 3)};
	buf__init(&f->rest, REST_MAX);
	if (f->fd < 0)
		return -errno;
	err = look_at(f);
	if (err) {
		close(f->fd);
		f->fd = -1;
	}
	return err;
}

int outfile__open(struct outfile *f, const char *path)
{
	int fd = named_fd(path), err;

	if (fd >= 0)
		return outfile__from_fd(f, fd);
	*f = (struct outfile){.fd = -1};
	buf__init(&f->rest, REST_MAX);
	fd = open_path(path, 0);
	if (fd < 0)
		return fd;
	f->fd = fd;
	f->path = strdup(path);
	err = f->path ? look_at(f) : -ENOMEM;
	if (err) {
		free(f->path);
		close(fd);
		*f = (struct outfile){.fd = -1};
		return err;
	}
	end_torn_line(f);
	return 0;
}

int outfile__reopen(struct outfile *f)
{
	int fd, old = f->fd, err;

	if (!f->path)
		return 0;
	/* A pipe that nobody reads any more would have the capture wait. */
	fd = open_path(f->path, O_NONBLOCK);
	if (fd < 0)
		return fd;
	fcntl(fd, F_SETFL, O_APPEND);
	f->fd = fd;
	err = look_at(f);
	if (err) {
		f->fd = old;
		close(fd);
		return err;
	}
	close(old);
	buf__clear(&f->rest); /* its beginning is in the old file */
	end_torn_line(f);
	return 0;
}

/* Writes as much as goes. Returns the bytes written; ret_err says why it was not all. */
static size_t write_some(int fd, struct span s, int *ret_err)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	size_t done = 0;
	ssize_t n;

	*ret_err = 0;
	while (done < s.n) {
		n = write(fd, s.p + done, s.n - done);
		if (n > 0) {
			done += (size_t)n;
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN && poll(&p, 1, PATIENCE_MS) > 0)
			continue;
		*ret_err = n < 0 ? -errno : -EIO;
		break;
	}
	return done;
}

/* Takes back the n bytes that were written last. False: they have to stay. */
static bool take_back(struct outfile *f, size_t n)
{
	struct stat st;
	off_t at;

	if (!f->regular)
		return false;
	/* With O_APPEND the position is where our write ended; somebody else's may follow. */
	at = lseek(f->fd, 0, SEEK_CUR);
	if (at < (off_t)n || fstat(f->fd, &st) || st.st_size != at)
		return false;
	if (ftruncate(f->fd, at - (off_t)n))
		return false;
	/* An inherited file may be open without O_APPEND: leave no hole. */
	return lseek(f->fd, at - (off_t)n, SEEK_SET) >= 0;
}

int outfile__line(struct outfile *f, struct span line)
{
	size_t done;
	int err;

	if (f->rest.n) {
		done = write_some(f->fd, buf__span(&f->rest), &err);
		buf__drop(&f->rest, done);
		if (err)
			return err;
	}
	done = write_some(f->fd, line, &err);
	if (!err || !done || take_back(f, done))
		return err;
	/* A part of it is out: the rest goes before the next line. */
	if (buf__add(&f->rest, span_skip(line, done)))
		return err;
	return err == -EPIPE ? err : 0;
}

int outfile__close(struct outfile *f)
{
	int err = 0;

	if (f->fd < 0)
		return 0;
	if (f->rest.n)
		write_some(f->fd, buf__span(&f->rest), &err);
	if (close(f->fd) && !err)
		err = -errno;
	buf__free(&f->rest);
	free(f->path);
	*f = (struct outfile){.fd = -1};
	return err;
}
