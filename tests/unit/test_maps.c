// SPDX-License-Identifier: Apache-2.0
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cmocka.h>

#include "capture/maps.h"

static char root[] = "/tmp/test_maps.XXXXXX";

static const char text[] =
	"00400000-00452000 r-xp 00000000 08:02 173521      /usr/bin/dbus-daemon\n"
	"00651000-00652000 r--p 00051000 08:02 173521      /usr/bin/dbus-daemon\n"
	"00e03000-00e24000 rw-p 00000000 00:00 0           [heap]\n"
	"35b1a00000-35b1a01000 r-xp 00000000 00:00 0 \n"
	"7f0000000000-7f0000001000 r-xp 00001000 fe:1f 7    /tmp/a b\\012c (deleted)\n"
	"7f0000002000-7f0000003000 r-xs 00000000 00:05 9    anon_inode:[perf_event]\n"
	"7f0000004000-7f0000005000 --xp 00000000 103:00005 18446744073709551615 /x (deleted) y\n"
	"7fffb2c0d000-7fffb2c2e000 rw-p 00000000 00:00 0   [stack]\n"
	"7fffb2d48000-7fffb2d49000 r-xp 00000000 00:00 0   [vdso]\n"
	"garbage\n"
	"\n"
	"7fffb3000000-7fffb3001000 r-xp 00000000 08:02 5   /last";

static int log_entry(void *ctx, const struct map_entry *e)
{
	char *log = ctx;

	sprintf(log + strlen(log), "%lx-%lx %u:%u %lu [%s]%s\n", e->start, e->end, major(e->dev),
		minor(e->dev), e->ino, e->path, e->deleted ? " gone" : "");
	return 0;
}

static int stop(void *ctx, const struct map_entry *e)
{
	(*(int *)ctx)++;
	return 42;
}

static void put(const char *name, const char *s)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/5", root);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/5/%s", root, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_int_equal(write(fd, s, strlen(s)), strlen(s));
	close(fd);
}

static void test_parse(void **state)
{
	char log[4096] = "";
	int calls = 0;

	put("maps", text);
	assert_int_equal(maps__read(root, 5, log_entry, log), 0);
	assert_string_equal(log, "400000-452000 8:2 173521 [/usr/bin/dbus-daemon]\n"
				 "7f0000000000-7f0000001000 254:31 7 [/tmp/a b\nc] gone\n"
				 "7f0000004000-7f0000005000 259:5 18446744073709551615 "
				 "[/x (deleted) y]\n"
				 "7fffb3000000-7fffb3001000 8:2 5 [/last]\n");
	assert_int_equal(maps__read(root, 5, stop, &calls), 42);
	assert_int_equal(calls, 1);
	assert_int_equal(maps__read(root, 6, stop, &calls), -ESRCH);
}

struct want {
	const char *name;
	uint64_t ino;
	struct map_entry entry;
	char path[4096];
	bool found;
};

static int find(void *ctx, const struct map_entry *e)
{
	struct want *w = ctx;

	if (w->ino ? e->ino != w->ino : !strstr(e->path, w->name))
		return 0;
	w->entry = *e;
	snprintf(w->path, sizeof(w->path), "%s", e->path);
	w->entry.path = w->path;
	w->found = true;
	return 1;
}

/* Our own mappings, a deleted file among them. */
static void test_real(void **state)
{
	struct want libc = {.name = "libc.so"}, gone = {0};
	char name[] = "/tmp/test_maps_file.XXXXXX";
	struct stat st, opened;
	void *map;
	int fd;

	assert_int_equal(maps__read("/proc", getpid(), find, &libc), 1);
	fd = maps__open_file("/proc", getpid(), &libc.entry);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_ino, libc.entry.ino);
	close(fd);
	/* by path, where map_files does not know the range */
	libc.entry.start++;
	fd = maps__open_file("/proc", getpid(), &libc.entry);
	assert_true(fd >= 0);
	close(fd);
	/* the path leads to another file by now */
	libc.entry.ino++;
	assert_int_equal(maps__open_file("/proc", getpid(), &libc.entry), -ENOENT);

	fd = mkstemp(name);
	assert_int_equal(ftruncate(fd, 4096), 0);
	map = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	assert_int_equal(fstat(fd, &st), 0);
	close(fd);
	unlink(name);
	if (map == MAP_FAILED)
		skip(); /* noexec */
	gone.ino = st.st_ino;
	assert_int_equal(maps__read("/proc", getpid(), find, &gone), 1);
	assert_string_equal(gone.path, name);
	fd = maps__open_file("/proc", getpid(), &gone.entry);
	if (geteuid() == 0 && fd >= 0) {
		assert_int_equal(fstat(fd, &opened), 0);
		assert_int_equal(opened.st_ino, st.st_ino);
	}
	if (fd >= 0)
		close(fd);
	munmap(map, 4096);
}

/* What the path leads to is chosen by others: no device or pipe is opened, no link leaves the
 * process's root. */
static void test_hostile(void **state)
{
	char path[256], other[256];
	struct map_entry e = {.start = 1, .end = 2, .path = "/lib/evil"};
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "%s/5/root", root);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/5/root/lib", root);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/5/root/lib/evil", root);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(stat(path, &st), 0);
	e.ino = st.st_ino;
	assert_int_equal(maps__open_file(root, 5, &e), -ENOENT);
	unlink(path);
	assert_int_equal(stat("/etc/passwd", &st), 0);
	e.ino = st.st_ino;
	assert_int_equal(symlink("/etc/passwd", path), 0);
	assert_int_equal(maps__open_file(root, 5, &e), -ENOENT);
	/* the same link, to something inside */
	snprintf(other, sizeof(other), "%s/5/root/etc", root);
	mkdir(other, 0700);
	snprintf(other, sizeof(other), "%s/5/root/etc/passwd", root);
	fd = open(other, O_WRONLY | O_CREAT, 0600);
	assert_int_equal(fstat(fd, &st), 0);
	close(fd);
	e.ino = st.st_ino;
	fd = maps__open_file(root, 5, &e);
	assert_true(fd >= 0);
	close(fd);
}

static int setup(void **state)
{
	return mkdtemp(root) ? 0 : -1;
}

static int teardown(void **state)
{
	static const char *const names[] = {"5/root/etc/passwd",
					    "5/root/etc",
					    "5/root/lib/evil",
					    "5/root/lib",
					    "5/root",
					    "5/maps",
					    "5",
					    ""};
	char path[256];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", root, names[i]);
		remove(path);
	}
	return access(root, F_OK) ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_real),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
