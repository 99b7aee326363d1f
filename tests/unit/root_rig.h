/* SPDX-License-Identifier: Apache-2.0 */
/* root_rig.h: a directory of a test's own, with whatever tree the test puts into it; gone when the
 * test is. For cmocka_run_group_tests(tests, root__make, root__remove). */
#ifndef LLMSNOOP_ROOT_RIG_H
#define LLMSNOOP_ROOT_RIG_H

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/span.h"

static char root[] = "/tmp/llmsnoop-unit.XXXXXX";

static inline int root__make(void **state)
{
	return mkdtemp(root) ? 0 : -1;
}

static inline int root__drop(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

static inline int root__remove(void **state)
{
	return nftw(root, root__drop, 16, FTW_DEPTH | FTW_PHYS);
}

/* The path of what is called so in it; good until the next call. */
static inline char *in_root(const char *name)
{
	static char path[1024];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	return path;
}

/* The path, after the folders above it were made. */
static inline char *room_in_root(const char *name)
{
	char *path = in_root(name), *slash;

	for (slash = path + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
	return path;
}

static inline void put_bytes(const char *name, struct span text)
{
	int fd = open(room_in_root(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text.p, text.n), text.n);
	close(fd);
}

static inline void put_text(const char *name, const char *text)
{
	put_bytes(name, span_str(text));
}

static inline void put_link(const char *name, const char *to)
{
	char *path = room_in_root(name);

	unlink(path);
	assert_int_equal(symlink(to, path), 0);
}

/* What the file is that is called so; good until the next call. */
static inline char *text_in_root(const char *name)
{
	static char text[1 << 20];
	int fd = open(in_root(name), O_RDONLY);
	ssize_t n;

	assert_true(fd >= 0);
	n = read(fd, text, sizeof(text) - 1);
	assert_true(n >= 0);
	text[n] = 0;
	close(fd);
	return text;
}

#endif
