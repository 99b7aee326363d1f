// SPDX-License-Identifier: Apache-2.0
/* Programs whose names were stripped into a separate file: made here by the compiler and binutils
 * of this machine, so that what they write is what is read. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "capture/debug_file.h"
#include "capture/locate.h"

#define ID "0123456789abcdef0123456789abcdef01234567"
#define BUILD_ID_FILE "debug/.build-id/01/23456789abcdef0123456789abcdef01234567.debug"

static const char openssl[] =
	"#define FN static __attribute__((noinline, used))\n"
	"__attribute__((used)) const char version[] = \"OpenSSL 3.0.17 1 Jul 2025\";\n"
	"int counter = 7;\n"
	"FN int SSL_read(void *s, void *b, int n) { counter += n; return counter; }\n"
	"FN int SSL_write(void *s, void *b, int n) { counter -= n; return counter; }\n"
	"FN void SSL_free(void *s) { counter *= 3; }\n"
	"int main(int c, char **v) { SSL_free(v); return SSL_read(v, v, c) + SSL_write(v, v, c); "
	"}\n";

static const char gnutls[] =
	"#define FN static __attribute__((noinline, used))\n"
	"int counter = 7;\n"
	"FN long gnutls_record_recv(void *s, void *b, long n) { counter += n; return counter; }\n"
	"FN long gnutls_record_send2(void *s, void *b, long n) { counter -= n; return counter; }\n"
	"FN const char *gnutls_check_version(const char *v) { return \"3.7.9\"; }\n"
	"int main(int c, char **v) { return gnutls_record_recv(v, v, c) + (long)"
	"gnutls_check_version(*v) + gnutls_record_send2(v, v, c); }\n";

static char dir[] = "/tmp/test_debug_file.XXXXXX";

static const char *in_dir(const char *name)
{
	static char path[4][256];
	static unsigned int next;
	char *p = path[next++ % 4];

	snprintf(p, sizeof(path[0]), "%s/%s", dir, name);
	return p;
}

/* A shell command in the directory of the test. */
static void run(const char *command)
{
	char line[2048];

	snprintf(line, sizeof(line), "cd %s && { %s; } >log 2>&1", dir, command);
	if (system(line))
		fail_msg("%s failed: see %s/log", command, dir);
}

static bool can_run(void)
{
	if (geteuid() != 0) {
		print_message("skipped: root's files are needed, and only root can make some\n");
		return false;
	}
	if (system("gcc --version >/dev/null 2>&1 && objcopy --version >/dev/null 2>&1 && "
		   "strip --version >/dev/null 2>&1")) {
		print_message("skipped: gcc, objcopy or strip is not there\n");
		return false;
	}
	return true;
}

static int setup(void **state)
{
	umask(022);
	strcpy(dir + strlen(dir) - 6, "XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
	char line[128];

	snprintf(line, sizeof(line), "rm -rf %s", dir);
	return system(line);
}

/* prog with its names, prog.debug with nothing but them, and stripped without. */
static void build(const char *source, const char *build_id)
{
	FILE *f = fopen(in_dir("prog.c"), "w");
	char line[256];

	assert_non_null(f);
	assert_true(fputs(source, f) >= 0);
	assert_int_equal(fclose(f), 0);
	snprintf(line, sizeof(line), "gcc -g -O1 -Wl,--build-id=%s -o prog prog.c", build_id);
	run(line);
	run("rm -rf debug .debug && mkdir -p debug/.build-id/01 .debug bin");
	run("objcopy --only-keep-debug prog prog.debug && cp prog bin/stripped && "
	    "strip bin/stripped && "
	    "objcopy --add-gnu-debuglink=prog.debug bin/stripped && mv prog.debug kept");
}

/* What is found in a file, with debug files in DIR/debug. */
static int locate(const char *name, bool with_path, struct located ret[LOCATED_MAX])
{
	char path[256], debug[256];
	struct locate_config config = {.debug_dir = debug, .path = with_path ? path : NULL};
	struct elf_file *f;
	int fd, n;

	snprintf(path, sizeof(path), "%s", in_dir(name));
	snprintf(debug, sizeof(debug), "%s", in_dir("debug"));
	memset(ret, 0, LOCATED_MAX * sizeof(*ret));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(elf_file__open(fd, &f), 0);
	n = locate__file(f, &config, ret);
	elf_file__free(f);
	close(fd);
	return n;
}

/* The same sites as in the program that has its names. */
static void is_found(bool with_path)
{
	struct located want[LOCATED_MAX], got[LOCATED_MAX];

	assert_int_equal(locate("prog", with_path, want), 1);
	assert_string_equal(want->locator, "symbols");
	assert_int_equal(locate("bin/stripped", with_path, got), 1);
	assert_string_equal(got->locator, "debug file");
	assert_int_equal(got->stack, want->stack);
	assert_string_equal(got->version, want->version);
	assert_int_equal(got->n, want->n);
	assert_true(got->n >= 2);
	for (unsigned int i = 0; i < got->n; i++) {
		assert_string_equal(got->site[i].name, want->site[i].name);
		assert_int_equal(got->site[i].fn, want->site[i].fn);
		assert_int_equal(got->site[i].vaddr, want->site[i].vaddr);
		assert_int_equal(got->site[i].file_offset, want->site[i].file_offset);
		assert_int_equal(got->site[i].sym.size, want->site[i].sym.size);
	}
}

static void is_not_found(bool with_path)
{
	struct located got[LOCATED_MAX];

	assert_int_equal(locate("bin/stripped", with_path, got), 0);
}

static void test_build_id(void **state)
{
	if (!can_run())
		skip();
	build(openssl, "0x" ID);
	is_not_found(true);
	run("cp kept " BUILD_ID_FILE);
	is_found(false);
	run("mv " BUILD_ID_FILE " elsewhere && ln -s ../../../elsewhere " BUILD_ID_FILE);
	is_found(false);
	run("rm elsewhere");
	is_not_found(false);
	build(gnutls, "0x" ID);
	is_not_found(true);
	run("cp kept " BUILD_ID_FILE);
	is_found(false);
}

static void test_link(void **state)
{
	static const char *const places[] = {"bin", "bin/.debug", "debug$PWD/bin"};
	char line[128];

	if (!can_run())
		skip();
	build(openssl, "0x" ID);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(line, sizeof(line), "mkdir -p %s && cp kept %s/prog.debug", places[i],
			 places[i]);
		run(line);
		is_found(true);
		is_not_found(false); /* nobody says where to look */
		snprintf(line, sizeof(line), "rm %s/prog.debug", places[i]);
		run(line);
		is_not_found(true);
	}
	/* a file with no id to compare, and one whose id many have */
	build(openssl, "none");
	run("cp kept bin/prog.debug");
	is_not_found(true);
	build(openssl, "0x01");
	run("cp kept bin/prog.debug");
	is_not_found(true);
}

/* Whoever else could have written it is not believed. */
static void test_refused(void **state)
{
	static const struct {
		const char *spoil, *mend;
	} cases[] = {
		{"chmod g+w " BUILD_ID_FILE, "chmod g-w " BUILD_ID_FILE},
		{"chmod o+w " BUILD_ID_FILE, "chmod o-w " BUILD_ID_FILE},
		{"chown 65534 " BUILD_ID_FILE, "chown 0 " BUILD_ID_FILE},
		{"mv " BUILD_ID_FILE " f && mkfifo " BUILD_ID_FILE, "mv f " BUILD_ID_FILE},
		{"mv " BUILD_ID_FILE " f && mkdir " BUILD_ID_FILE,
		 "rmdir " BUILD_ID_FILE " && mv f " BUILD_ID_FILE},
		{"mv " BUILD_ID_FILE " f && ln -s /dev/zero " BUILD_ID_FILE,
		 "rm " BUILD_ID_FILE " && mv f " BUILD_ID_FILE},
		{"mv " BUILD_ID_FILE " f && : >" BUILD_ID_FILE, "mv f " BUILD_ID_FILE},
		{"mv " BUILD_ID_FILE " f && cp bin/stripped " BUILD_ID_FILE, "mv f " BUILD_ID_FILE},
	};

	if (!can_run())
		skip();
	build(openssl, "0x" ID);
	run("cp kept " BUILD_ID_FILE);
	is_found(false);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		run(cases[i].spoil);
		is_not_found(true);
		run(cases[i].mend);
		is_found(false);
	}
	/* of another build */
	run("cp kept bin/prog.debug && gcc -g -O0 -Wl,--build-id=sha1 -o other prog.c && "
	    "objcopy --only-keep-debug other other.debug && cp other.debug " BUILD_ID_FILE
	    " && cp other.debug bin/prog.debug");
	is_not_found(true);
}

/* Calls fn for each function of the debug file's .symtab, which may change it. */
static void each_symbol(void (*fn)(Elf64_Sym *s, uint64_t arg), uint64_t arg)
{
	int fd = open(in_dir(BUILD_ID_FILE), O_RDWR | O_CLOEXEC), n = 0;
	Elf64_Ehdr eh;
	Elf64_Shdr sh;
	Elf64_Sym s;

	assert_int_equal(pread(fd, &eh, sizeof(eh), 0), sizeof(eh));
	for (unsigned int i = 0; i < eh.e_shnum; i++) {
		off_t at = (off_t)(eh.e_shoff + i * sizeof(sh));

		assert_int_equal(pread(fd, &sh, sizeof(sh), at), sizeof(sh));
		if (sh.sh_type != SHT_SYMTAB)
			continue;
		for (at = (off_t)sh.sh_offset; at < (off_t)(sh.sh_offset + sh.sh_size);
		     at += (off_t)sizeof(s)) {
			assert_int_equal(pread(fd, &s, sizeof(s), at), sizeof(s));
			if (ELF64_ST_TYPE(s.st_info) != STT_FUNC || s.st_shndx == SHN_UNDEF)
				continue;
			fn(&s, arg);
			assert_int_equal(pwrite(fd, &s, sizeof(s), at), sizeof(s));
			n++;
		}
	}
	assert_true(n >= 4);
	close(fd);
}

static void set_value(Elf64_Sym *s, uint64_t value)
{
	s->st_value = value;
}

/* An address in a segment of the program that is (not) code. */
static uint64_t address_in(bool code)
{
	int fd = open(in_dir("bin/stripped"), O_RDONLY | O_CLOEXEC);
	struct elf_file *f;
	uint64_t ret = 0;

	assert_int_equal(elf_file__open(fd, &f), 0);
	for (unsigned int i = 0; i < elf_file__segments(f); i++) {
		struct elf_segment s = elf_file__segment(f, i);

		if (s.exec == code && s.size > 16)
			ret = s.vaddr + 16;
	}
	elf_file__free(f);
	close(fd);
	assert_true(ret);
	return ret;
}

/* What a debug file names is still asked of the program: only its code is probed. */
static void test_outside(void **state)
{
	struct located got[LOCATED_MAX];

	if (!can_run())
		skip();
	build(openssl, "0x" ID);
	run("cp kept " BUILD_ID_FILE);
	each_symbol(set_value, address_in(false));
	is_not_found(false);
	each_symbol(set_value, UINT64_MAX - 3);
	is_not_found(false);
	each_symbol(set_value, address_in(true));
	assert_int_equal(locate("bin/stripped", false, got), 1);
	/* its own names come first */
	assert_int_equal(locate("prog", false, got), 1);
	assert_string_equal(got->locator, "symbols");
	assert_int_not_equal(got->site[0].sym.vaddr, address_in(true));
}

/* Cut, and with bytes of its headers changed: nothing worse than not finding. */
static void test_hostile(void **state)
{
	uint8_t bytes[32 << 10];
	struct located got[LOCATED_MAX];
	ssize_t size;
	int fd, in;

	if (!can_run())
		skip();
	build(openssl, "0x" ID);
	run("cp kept " BUILD_ID_FILE);
	in = open(in_dir("kept"), O_RDONLY | O_CLOEXEC);
	size = read(in, bytes, sizeof(bytes));
	close(in);
	assert_true(size > 1024 && size < (ssize_t)sizeof(bytes));
	fd = open(in_dir(BUILD_ID_FILE), O_RDWR | O_CLOEXEC);
	for (ssize_t n = size - 1; n >= 0; n -= 97) {
		assert_int_equal(ftruncate(fd, n), 0);
		locate("bin/stripped", true, got);
	}
	for (ssize_t i = 0; i < size; i += i < 64 || i > size - 64 * 40 ? 1 : 61) {
		uint8_t old = bytes[i];

		bytes[i] = old ^ 0x80;
		assert_int_equal(pwrite(fd, bytes, size, 0), size);
		locate("bin/stripped", true, got);
		bytes[i] = old;
	}
	assert_int_equal(pwrite(fd, bytes, size, 0), size);
	close(fd);
	is_found(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_build_id, setup, teardown),
		cmocka_unit_test_setup_teardown(test_link, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_outside, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hostile, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
