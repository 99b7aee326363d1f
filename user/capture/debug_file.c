// SPDX-License-Identifier: Apache-2.0
#include "capture/debug_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ID_BYTES_MIN 8 /* the shortest that a linker makes of a file's contents (lld's "fast") */

/* What is looked for. */
struct search {
	const struct elf_file *f;
	uint8_t id[ELF_BUILD_ID_MAX];
	size_t n_id;
};

/* Links are followed: distributions have some. What is at their end is looked at before it is
 * opened for reading, since a device may act on being opened. */
static int open_believed(const char *name)
{
	char again[64];
	struct stat st;
	int fd = open(name, O_PATH | O_CLOEXEC), ret = -ENOENT;

	if (fd < 0)
		return -ENOENT;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_uid == 0 &&
	    !(st.st_mode & (S_IWGRP | S_IWOTH))) {
		snprintf(again, sizeof(again), "/proc/self/fd/%d", fd);
		ret = open(again, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	}
	close(fd);
	return ret < 0 ? -ENOENT : ret;
}

static bool is_of(const struct search *s, struct elf_file *elf)
{
	uint8_t id[ELF_BUILD_ID_MAX];

	return elf_file__machine(elf) == elf_file__machine(s->f) &&
	       elf_file__build_id(elf, id) == s->n_id && !memcmp(id, s->id, s->n_id);
}

/* n: what snprintf said of name, which has PATH_MAX bytes. */
static int try(const struct search *s, const char *name, int n, struct debug_file **ret)
{
	struct debug_file *d;
	int err;

	if (n < 0 || n >= PATH_MAX)
		return -ENOENT;
	d = calloc(1, sizeof(*d));
	if (!d)
		return -ENOMEM;
	d->fd = open_believed(name);
	err = d->fd < 0 ? -ENOENT : elf_file__open_debug(d->fd, &d->elf);
	if (!err && !is_of(s, d->elf))
		err = -ENOENT;
	if (err) {
		debug_file__free(d);
		return err == -ENOMEM ? err : -ENOENT;
	}
	*ret = d;
	return 0;
}

static int try_build_id(const struct search *s, const char *dir, struct debug_file **ret)
{
	char hex[2 * ELF_BUILD_ID_MAX + 1], name[PATH_MAX];
	size_t i;
	int n;

	for (i = 0; i < s->n_id; i++)
		snprintf(hex + 2 * i, 3, "%02x", s->id[i]);
	n = snprintf(name, sizeof(name), "%s/.build-id/%.2s/%s.debug", dir, hex, hex + 2);
	return try(s, name, n, ret);
}

static int try_link(const struct search *s, const char *path, const char *dir,
		    struct debug_file **ret)
{
	char link[ELF_DEBUGLINK_MAX], name[PATH_MAX];
	const char *slash = path ? strrchr(path, '/') : NULL;
	/* before and behind the file's own directory */
	const struct {
		const char *before, *behind;
	} places[] = {{"", ""}, {"", "/.debug"}, {dir, ""}};
	int err = -ENOENT, n;

	/* The path is the process's. Where it leads to something else here, so does the build id.
	 */
	if (!slash || *path != '/' || elf_file__debuglink(s->f, link))
		return -ENOENT;
	for (size_t i = 0; err == -ENOENT && i < sizeof(places) / sizeof(places[0]); i++) {
		n = snprintf(name, sizeof(name), "%s%.*s%s/%s", places[i].before,
			     (int)(slash - path), path, places[i].behind, link);
		err = try(s, name, n, ret);
	}
	return err;
}

int debug_file__open(struct elf_file *f, const char *path, const char *dir, struct debug_file **ret)
{
	struct search s = {.f = f};
	int err;

	s.n_id = elf_file__build_id(f, s.id);
	if (s.n_id < ID_BYTES_MIN)
		return -ENOENT;
	err = try_build_id(&s, dir, ret);
	return err == -ENOENT ? try_link(&s, path, dir, ret) : err;
}

void debug_file__free(struct debug_file *d)
{
	if (!d)
		return;
	elf_file__free(d->elf);
	if (d->fd >= 0)
		close(d->fd);
	free(d);
}
