// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "capture/gopclntab.h"
#include "capture/locate.h"
#include "capture/site.h"
#include "go_image.h"

enum { READ, WRITE, CLOSE, INLINED, ABSENT, N };

static const char *const wanted[N] = {
	[READ] = "crypto/tls.(*Conn).Read",
	[WRITE] = "crypto/tls.(*Conn).Write",
	[CLOSE] = "crypto/tls.(*Conn).Close",
	[INLINED] = "main.inlined",
	[ABSENT] = "main.absent",
};

/* What is found of the first n bytes of a program; negative: neither opened nor searched. */
static int look(const struct go_image *m, size_t n, struct elf_sym *sym, char *version)
{
	int fd = go_image_fd(m, n), found;
	struct gopclntab *t = NULL;
	struct elf_file *f;

	assert_true(fd >= 0);
	found = elf_file__open(fd, &f);
	if (!found) {
		found = gopclntab__open(f, &t);
		if (!found) {
			found = gopclntab__find(t, wanted, N, sym);
			gopclntab__version(t, version);
		}
		gopclntab__free(t);
		elf_file__free(f);
	}
	close(fd);
	return found;
}

static struct located where(const struct go_image *m)
{
	struct located all[LOCATED_MAX] = {0};
	struct locate_config config = {0};
	int fd = go_image_fd(m, sizeof(*m)), n;
	struct elf_file *f;

	assert_int_equal(elf_file__open(fd, &f), 0);
	n = locate__file(f, &config, all);
	elf_file__free(f);
	close(fd);
	assert_in_range(n, 0, 1);
	return all[0];
}

/* Every format, with and without sections, fixed and moved: the same functions. */
static void test_formats(void **state)
{
	static const uint32_t magics[] = {0xfffffffa, 0xfffffff0, 0xfffffff1};
	static const uint16_t machines[] = {EM_X86_64, EM_AARCH64};

	for (int i = 0; i < 3 * 2 * 16; i++) {
		struct go_shape shape = {
			.magic = magics[i % 3],
			.machine = machines[i / 3 % 2],
			.no_sections = i / 6 & 1,
			.merged = i / 6 & 2,
			.no_text = i / 6 & 4,
			.moved = i / 6 & 8,
		};
		struct go_image m = go_image(&shape);
		struct elf_sym sym[N];
		char version[GO_VERSION_MAX];

		assert_int_equal(look(&m, sizeof(m), sym, version), 3);
		assert_int_equal(sym[WRITE].vaddr, GO_AT(code) + GO_CODE);
		assert_int_equal(sym[READ].vaddr, GO_AT(code) + 4 * GO_CODE);
		assert_int_equal(sym[CLOSE].vaddr, GO_AT(code) + 5 * GO_CODE);
		assert_int_equal(sym[READ].offset, offsetof(struct go_image, code) + 4 * GO_CODE);
		assert_int_equal(sym[READ].size, GO_CODE);
		assert_int_equal(sym[INLINED].offset, 0);
		assert_int_equal(sym[ABSENT].offset, 0);
		assert_string_equal(version, i % 3 ? "go1.26.1" : "go1.17.13");
	}
}

static void test_none(void **state)
{
	struct go_shape shape = {.magic = 0xfffffff1, .machine = EM_X86_64};
	struct go_image m = go_image(&shape);
	char version[GO_VERSION_MAX];
	struct elf_sym sym[N];

	/* no section of Go: not looked any further */
	m.names[1] = m.names[12] = '_';
	assert_int_equal(look(&m, sizeof(m), sym, version), -ENOENT);
	m.names[12] = '.';
	assert_int_equal(look(&m, sizeof(m), sym, version), 3);
	m.table[0] = 0xf3; /* a format to come */
	assert_int_equal(look(&m, sizeof(m), sym, version), -ENOENT);
	m.names[1] = '.';
	assert_int_equal(look(&m, sizeof(m), sym, version), -EBADMSG);
	assert_int_equal(where(&m).stack, TLS_GO);
	assert_int_equal(where(&m).n, 0);
	assert_string_equal(where(&m).why_not, "its table of functions is not understood");
}

/* Two tables, one of which may be a program that this one carries: neither is believed. */
static void test_two_tables(void **state)
{
	struct go_shape shape = {.magic = 0xfffffff1, .machine = EM_X86_64, .merged = true};
	struct go_image m = go_image(&shape);
	char version[GO_VERSION_MAX];
	struct elf_sym sym[N];
	struct {
		struct go_image m;
		uint8_t second[1024];
	} two = {m};
	int fd;
	struct gopclntab *t;
	struct elf_file *f;

	memcpy(two.second, m.table, sizeof(two.second));
	two.m.ph[1].p_filesz += sizeof(two.second);
	fd = memfd_create("two", 0);
	assert_int_equal(write(fd, &two, sizeof(two)), sizeof(two));
	assert_int_equal(elf_file__open(fd, &f), 0);
	assert_int_equal(gopclntab__open(f, &t), -EBADMSG);
	elf_file__free(f);
	close(fd);
	assert_int_equal(look(&m, sizeof(m), sym, version), 3);
}

/* A name that two functions have names neither. */
static void test_twice(void **state)
{
	struct go_shape shape = {.magic = 0xfffffff0, .machine = EM_X86_64};
	struct go_image m = go_image(&shape);
	char version[GO_VERSION_MAX];
	struct elf_sym sym[N];
	uint8_t *funcs = m.table + 512 + (GO_FUNCS + 1) * 8;

	memcpy(funcs + 6 * 16 + 4, funcs + 4 * 16 + 4, 4);
	assert_int_equal(look(&m, sizeof(m), sym, version), 2);
	assert_int_equal(sym[READ].offset, 0);
}

/* Offsets that lead elsewhere, go back, or do not ascend. */
static void test_hostile(void **state)
{
	struct go_shape shape = {.magic = 0xfffffff1, .machine = EM_X86_64};
	const struct go_image good = go_image(&shape);
	struct elf_sym sym[N];
	char version[GO_VERSION_MAX];
	static const struct {
		size_t at, bytes;
		uint64_t value;
		int want;
	} cases[] = {
		{8, 8, 0, -EBADMSG},	      /* no functions */
		{8, 8, 1ULL << 40, -EBADMSG}, /* too many */
		{8, 8, 64, -EBADMSG},	      /* more than there is room for */
		{32, 8, 8, -EBADMSG},	      /* names inside the header */
		{40, 8, 100, -EBADMSG},	      /* names of less than no length */
		{64, 8, 1020, -EBADMSG},      /* functab beyond the end */
		{64, 8, UINT64_MAX, -EBADMSG},
		{516, 4, 4096, -EBADMSG}, /* struct _func beyond the end */
		{524, 4, 0, -EBADMSG},	  /* going back */
		{7, 1, 4, -EBADMSG},	  /* pointers of 32 bits */
		{24, 8, 0x10, 0},	  /* code where none is */
		{552, 4, 0, 2},		  /* Read ends before it begins */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct go_image m = good;

		memcpy(m.table + cases[i].at, &cases[i].value, cases[i].bytes);
		assert_int_equal(look(&m, sizeof(m), sym, version), cases[i].want);
	}
	for (size_t n = 0; n < sizeof(good); n += 7)
		assert_true(look(&good, n, sym, version) <= 3);
}

static void test_sites(void **state)
{
	struct go_shape shape = {.magic = 0xfffffff1, .machine = EM_X86_64};
	struct go_image m = go_image(&shape);
	struct located l = where(&m);

	assert_int_equal(l.stack, TLS_GO);
	assert_string_equal(l.version, "go1.26.1");
	assert_int_equal(l.n, 4);
	assert_int_equal(l.site[0].fn, FN_GO_READ);
	assert_int_equal(l.site[0].way, SITE_RETS);
	assert_int_equal(l.site[0].vaddr, GO_AT(code) + 4 * GO_CODE + 6);
	assert_true(l.site[0].emulated);
	assert_int_equal(l.site[1].fn, FN_GO_WRITE);
	assert_int_equal(l.site[1].way, SITE_ENTRY);
	assert_int_equal(l.site[1].vaddr, GO_AT(code) + GO_CODE + 15);

	shape.machine = EM_AARCH64;
	m = go_image(&shape);
	l = where(&m);
	assert_int_equal(l.n, 4);
	assert_int_equal(l.site[0].vaddr, GO_AT(code) + 4 * GO_CODE + 12);
	/* a branch that goes back is no stack check */
	memcpy(m.code + 4 * GO_CODE + 8, "\xe9\xff\xff\x54", 4);
	assert_int_equal(where(&m).n, 0);
}

static void test_stack_arguments(void **state)
{
	struct go_shape shape = {.magic = 0xfffffffa, .machine = EM_X86_64, .old_abi = true};
	struct go_image m = go_image(&shape);

	assert_int_equal(where(&m).n, 0);
	assert_string_equal(where(&m).why_not, "Go before 1.17 passes arguments on the stack");
	shape.old_abi = false;
	m = go_image(&shape);
	assert_int_equal(where(&m).n, 4);
	shape.machine = EM_AARCH64;
	m = go_image(&shape);
	assert_int_equal(where(&m).n, 0);
}

/* A function that can be left by a jump has returns that no RET shows. */
static void test_jump_out(void **state)
{
	struct go_shape shape = {.magic = 0xfffffff1, .machine = EM_X86_64};
	struct go_image m = go_image(&shape);

	memcpy(m.code + 4 * GO_CODE + 20, "\xe9\x00\x01\x00\x00", 5);
	assert_int_equal(where(&m).n, 0);
	assert_string_equal(where(&m).why_not,
			    "the ends of crypto/tls.(*Conn).Read are not understood");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formats),		cmocka_unit_test(test_none),
		cmocka_unit_test(test_two_tables),	cmocka_unit_test(test_twice),
		cmocka_unit_test(test_hostile),		cmocka_unit_test(test_sites),
		cmocka_unit_test(test_stack_arguments), cmocka_unit_test(test_jump_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
