// SPDX-License-Identifier: Apache-2.0
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "capture/offset.h"
#include "capture/x86.h"

static void good_rules(void **state)
{
	struct offset_rule r;

	assert_null(offset__parse("libx.so*:read=0x12ab,write=0xCD", &r));
	assert_int_equal(r.n_file, strlen("libx.so*"));
	assert_int_equal(r.n_build_id, 0);
	assert_int_equal(r.stack, TLS_UNKNOWN);
	assert_int_equal(r.n_fns, 2);
	assert_int_equal(r.fns[0].fn, FN_READ);
	assert_int_equal(r.fns[0].vaddr, 0x12ab);
	assert_int_equal(r.fns[1].fn, FN_WRITE);
	assert_int_equal(r.fns[1].vaddr, 0xcd);
	assert_null(offset__parse("/opt/a:b=c/agent:stack=boringssl,write_ex=0XffffffffFFFFFFFF,"
				  "read_ex=0x1,new=0x2,free=0x3,read=0x4,write=0x5",
				  &r));
	assert_int_equal(r.n_file, strlen("/opt/a:b=c/agent"));
	assert_int_equal(r.stack, TLS_BORINGSSL);
	assert_int_equal(r.n_fns, 6);
	assert_true(r.fns[0].vaddr == UINT64_MAX);
	assert_null(offset__parse("00112233445566778899AABBccddeeff:read=0x1,write=0x1", &r));
	assert_int_equal(r.n_build_id, 16);
	assert_int_equal(r.build_id[1], 0x11);
	assert_int_equal(r.build_id[15], 0xff);
	/* too short, of odd length, too long, with another letter: names */
	assert_null(offset__parse("00112233445566:read=0x1,write=0x1", &r));
	assert_int_equal(r.n_build_id, 0);
	assert_null(offset__parse("00112233445566778:read=0x1,write=0x1", &r));
	assert_int_equal(r.n_build_id, 0);
	assert_null(offset__parse("0011223344556677.so:read=0x1,write=0x1", &r));
	assert_int_equal(r.n_build_id, 0);
	assert_null(offset__parse("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
				  "00:read=0x1,write=0x1",
				  &r));
	assert_int_equal(r.n_build_id, 0);
}

static void bad_rules(void **state)
{
	static const char *const bad[] = {
		"",
		":",
		"x",
		"x:",
		":read=0x1,write=0x2",
		"read=0x1,write=0x2",
		"x:read=0x1",
		"x:write=0x1",
		"x:new=0x1,free=0x2",
		"x:read=0x1,write=",
		"x:read=0x1,write=0x",
		"x:read=0x1,write=12",
		"x:read=0x1,write=0x1 ",
		"x:read=0x1,write=-0x1",
		"x:read=0x1,write=0x1g",
		"x:read=0x1,write=0x\n",
		"x:read=0x1,write=0x@",
		"x:read=0x1,write=0x`",
		"x:read=0x1,write=0x10000000000000000",
		"x:read=0x0,write=0x1",
		"x:read=0x1,write=0x2,",
		"x:,read=0x1,write=0x2",
		"x:read=0x1,,write=0x2",
		"x:read=0x1,write=0x2,read=0x3",
		"x:read=0x1,write=0x2,sendfile=0x3",
		"x:read=0x1,write=0x2,reads=0x3",
		"x:read=0x1,write=0x2,stack=",
		"x:read=0x1,write=0x2,stack=go",
		"x:read=0x1,write=0x2,stack=OpenSSL",
		"x:read=0x1,write=0x2,stack",
		"x:=0x1",
	};
	struct offset_rule r = {.n_fns = 77};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (!offset__parse(bad[i], &r))
			fail_msg("taken: %s", bad[i]);
		assert_int_equal(r.n_fns, 77);
	}
}

/* This program itself: its functions are where its symbols say. */
static struct elf_file *self(int *ret_fd)
{
	struct elf_file *f;

	*ret_fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	assert_int_equal(elf_file__open(*ret_fd, &f), 0);
	return f;
}

static uint64_t bias(void)
{
	extern const ElfW(Ehdr) __ehdr_start;

	return __ehdr_start.e_type == ET_DYN ? (uintptr_t)&__ehdr_start : 0;
}

static void matches(void **state)
{
	uint8_t id[ELF_BUILD_ID_MAX];
	char path[4096] = {0}, rule[5000], *at = rule;
	struct offset_rule r;
	struct elf_file *f;
	size_t n;
	int fd;

	f = self(&fd);
	assert_true(readlink("/proc/self/exe", path, sizeof(path) - 1) > 0);
	snprintf(rule, sizeof(rule), "%s:read=0x1,write=0x1", path);
	assert_null(offset__parse(rule, &r));
	assert_true(offset__match(&r, path, fd, f));
	assert_true(offset__match(&r, "/another/name/of/it", fd, f));
	assert_null(offset__parse("/proc/self/exe:read=0x1,write=0x1", &r));
	assert_true(offset__match(&r, path, fd, f));
	assert_null(offset__parse("/dev/null:read=0x1,write=0x1", &r));
	assert_false(offset__match(&r, path, fd, f));
	assert_true(offset__match(&r, "/dev/null", fd, f));
	assert_null(offset__parse("libx.so*:read=0x1,write=0x1", &r));
	assert_true(offset__match(&r, "/usr/lib/libx.so.3", fd, f));
	assert_true(offset__match(&r, "libx.so", fd, f));
	assert_false(offset__match(&r, "/usr/libx.so/y", fd, f));
	assert_null(offset__parse("?:read=0x1,write=0x1", &r));
	assert_true(offset__match(&r, "/a/b", fd, f));
	assert_false(offset__match(&r, "/a/bc", fd, f));
	n = elf_file__build_id(f, id);
	if (n >= 8) {
		for (size_t i = 0; i < n; i++)
			at += sprintf(at, "%02x", id[i]);
		strcpy(at, ":read=0x1,write=0x1");
		assert_null(offset__parse(rule, &r));
		assert_int_equal(r.n_build_id, n);
		assert_true(offset__match(&r, "/any", fd, f));
		rule[0] = rule[0] == '0' ? '1' : '0';
		assert_null(offset__parse(rule, &r));
		assert_false(offset__match(&r, "/any", fd, f));
	}
	elf_file__free(f);
	close(fd);
}

static void places(void **state)
{
	struct located l = {0};
	struct offset_rule r;
	struct elf_file *f;
	char rule[256];
	uint64_t a, b;
	int fd;

	f = self(&fd);
	a = (uintptr_t)good_rules - bias();
	b = (uintptr_t)places - bias();
	snprintf(rule, sizeof(rule), "x:write=0x%lx,read=0x%lx,stack=gnutls", a, b);
	assert_null(offset__parse(rule, &r));
	assert_int_equal(offset__locate(&r, f, &l), 1);
	assert_int_equal(l.stack, TLS_GNUTLS);
	assert_string_equal(l.why_not, "");
	assert_int_equal(l.n, 2);
	assert_int_equal(l.site[0].fn, FN_WRITE);
	assert_int_equal(l.site[0].sym.vaddr, a);
	assert_true(l.site[0].sym.size > 0);
	assert_string_equal(l.site[1].name, "read");
	assert_int_equal(l.site[1].sym.vaddr, b);
	/* inside a function; data; nowhere */
	for (int i = 0; i < 3; i++) {
		static const int data = 7;
		uint64_t wrong[] = {a + 1, (uintptr_t)&data - bias(), UINT64_MAX - 3};

		memset(&l, 0, sizeof(l));
		snprintf(rule, sizeof(rule), "x:read=0x%lx,write=0x%lx", b, wrong[i]);
		assert_null(offset__parse(rule, &r));
		assert_int_equal(offset__locate(&r, f, &l), 1);
		assert_int_equal(l.n, 0);
		assert_non_null(strstr(l.why_not,
				       i ? "is not code of this file" : "is inside the function"));
	}
	elf_file__free(f);
	close(fd);
}

static void boundaries(void **state)
{
	/* push %rbp; mov %rsp,%rbp; sub $0x10,%rsp; mov $0x11223344,%eax; movabs; ret; nops; then
	 * endbr64; push %rbx; call; pop %rbx; ret */
	static const uint8_t code[] = {
		0x55, 0x48, 0x89, 0xe5, 0x48, 0x83, 0xec, 0x10, 0xb8, 0x44, 0x33, 0x22, 0x11,
		0x48, 0xb8, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0xc3, 0x66, 0x66,
		0x2e, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00, 0xf3, 0x0f, 0x1e, 0xfa,
		0x53, 0xe8, 0x00, 0x01, 0x00, 0x00, 0x5b, 0xc3, 0x90, 0x90, 0x90, 0x90, 0x90,
		0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90};
	static const uint8_t begins[] = {35, 39, 40, 45, 46, 47}, inside[] = {36, 38, 41, 44};
	struct x86 *x;

	assert_int_equal(x86__new(&x), 0);
	for (size_t i = 0; i < sizeof(begins); i++)
		assert_true(x86__boundary(x, code, sizeof(code), begins[i]));
	for (size_t i = 0; i < sizeof(inside); i++)
		assert_false(x86__boundary(x, code, sizeof(code), inside[i]));
	/* nothing before it speaks against the first; nothing is behind the last */
	assert_true(x86__boundary(x, code, sizeof(code), 0));
	assert_false(x86__boundary(x, code, sizeof(code), sizeof(code)));
	x86__free(x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_rules), cmocka_unit_test(bad_rules),
		cmocka_unit_test(matches),    cmocka_unit_test(places),
		cmocka_unit_test(boundaries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
