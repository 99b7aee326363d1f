// SPDX-License-Identifier: Apache-2.0
/* GnuTLS, NSS and Mono's BoringSSL, in the libraries of this machine where there are some: what is
 * found agrees with what the dynamic linker and the library itself say. */
#include <dlfcn.h>
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

#include "capture/functions.h"
#include "capture/locate.h"
#include "capture/names.h"
#include "capture/plan.h"
#include "capture/version.h"

/* A library and the file it came from. */
struct lib {
	void *handle;
	struct link_map *map;
	struct elf_file *f;
	int fd;
};

static bool open_lib(const char *name, struct lib *ret)
{
	ret->handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
	if (!ret->handle || dlinfo(ret->handle, RTLD_DI_LINKMAP, &ret->map))
		return false;
	ret->fd = open(ret->map->l_name, O_RDONLY | O_CLOEXEC);
	assert_true(ret->fd >= 0);
	assert_int_equal(elf_file__open(ret->fd, &ret->f), 0);
	return true;
}

static void close_lib(struct lib *l)
{
	elf_file__free(l->f);
	close(l->fd);
	dlclose(l->handle);
}

/* Every site lies at its function, or a few bytes behind, where nothing has changed yet. */
static void check_sites(const struct lib *l, const struct located *loc)
{
	for (unsigned int i = 0; i < loc->n; i++) {
		const struct probe_site *s = &loc->site[i];
		struct function fn;
		uint64_t at;

		at = (uintptr_t)dlsym(l->handle, s->name) - l->map->l_addr;
		assert_true(s->vaddr >= at && s->vaddr < at + 32);
		assert_int_equal(s->sym.vaddr, at);
		assert_true(s->file_offset > 0);
		assert_int_equal(functions__find(l->f, &at, 1, &fn), 0);
		assert_int_equal(fn.start, at);
		if (fn.sure)
			assert_int_equal(fn.end - fn.start, s->sym.size);
	}
}

static enum tls_fn fn_of(const struct located *loc, const char *name)
{
	for (unsigned int i = 0; i < loc->n; i++)
		if (!strcmp(loc->site[i].name, name))
			return loc->site[i].fn;
	return FN_NONE;
}

/* Where return probes would harm, either all of a stack can be probed, or nothing is and that is
 * known. Returns whether it can. */
static bool check_plan(const struct lib *l, unsigned int sites)
{
	struct plan_config config = {.want_rets = false};
	struct plan *plan = calloc(1, sizeof(*plan));
	bool all;

	assert_non_null(plan);
	assert_int_equal(plan__file(l->fd, l->map->l_name, &config, plan), 1);
	assert_int_equal(plan->n, sites);
	assert_int_equal(located__sites(&plan->found[0]), sites);
	assert_false(plan->unlocated);
	config.want_rets = true;
	memset(plan, 0, sizeof(*plan));
	all = plan__file(l->fd, l->map->l_name, &config, plan) == 1;
	assert_int_equal(plan->n_found, 1);
	assert_int_equal(plan->n > 0, all);
	assert_int_equal(plan->stacks != 0, all);
	assert_int_equal(located__sites(&plan->found[0]) > 0, all);
	assert_int_equal(plan->unlocated, !all);
	free(plan);
	return all;
}

static void test_gnutls(void **state)
{
	const struct locate_config config = {0};
	struct located found[LOCATED_MAX] = {0};
	const char *(*version)(const char *);
	struct lib l = {0};

	if (!open_lib("libgnutls.so.30", &l))
		skip();
	assert_int_equal(locate__file(l.f, &config, found), 1);
	assert_int_equal(found->stack, TLS_GNUTLS);
	check_sites(&l, found);
	assert_int_equal(fn_of(found, "gnutls_record_recv"), FN_READ_SIZE);
	assert_int_equal(fn_of(found, "gnutls_record_send2"), FN_WRITE_SIZE);
	assert_int_equal(fn_of(found, "gnutls_init"), FN_NEW_OUT);
	assert_int_equal(fn_of(found, "gnutls_deinit"), FN_FREE);
	/* it jumps to send2 */
	assert_int_equal(fn_of(found, "gnutls_record_send"), FN_NONE);
	version = (const char *(*)(const char *))dlsym(l.handle, "gnutls_check_version");
	assert_string_equal(found->version, version(NULL));
	check_plan(&l, found->n);
	close_lib(&l);
}

static void test_nss(void **state)
{
	const struct locate_config config = {0};
	struct located found[LOCATED_MAX] = {0};
	const char *(*version)(void);
	struct lib l = {0};

	if (!open_lib("libnspr4.so", &l))
		skip();
	assert_int_equal(locate__file(l.f, &config, found), 1);
	assert_int_equal(found->stack, TLS_NSS);
	check_sites(&l, found);
	assert_int_equal(fn_of(found, "PR_Read"), FN_PR_READ);
	assert_int_equal(fn_of(found, "PR_Recv"), FN_PR_RECV);
	assert_int_equal(fn_of(found, "PR_Write"), FN_PR_WRITE);
	assert_int_equal(fn_of(found, "PR_Send"), FN_PR_WRITE);
	assert_int_equal(fn_of(found, "PR_Close"), FN_FREE);
	version = (const char *(*)(void))dlsym(l.handle, "PR_GetVersion");
	assert_string_equal(found->version, version());
	close_lib(&l);
	if (!open_lib("libssl3.so", &l))
		return;
	memset(found, 0, sizeof(found));
	assert_int_equal(locate__file(l.f, &config, found), 1);
	assert_int_equal(fn_of(found, "SSL_ImportFD"), FN_NEW);
	assert_int_equal(found->n, 1);
	close_lib(&l);
}

/* Its own functions have no names: the wrappers around them stand for them. */
static void test_mono(void **state)
{
	const struct locate_config config = {0};
	struct located found[LOCATED_MAX] = {0};
	struct lib l = {0};

	if (!open_lib("libmono-btls-shared.so", &l))
		skip();
	assert_int_equal(locate__file(l.f, &config, found), 1);
	assert_int_equal(found->stack, TLS_BORINGSSL);
	assert_int_equal(found->n, 4);
	check_sites(&l, found);
	assert_int_equal(fn_of(found, "mono_btls_ssl_read"), FN_READ);
	assert_int_equal(fn_of(found, "mono_btls_ssl_write"), FN_WRITE);
	assert_int_equal(fn_of(found, "mono_btls_ssl_new"), FN_NEW);
	assert_int_equal(fn_of(found, "mono_btls_ssl_destroy"), FN_FREE);
	/* they are left by jumps */
	assert_false(check_plan(&l, found->n));
	close_lib(&l);
}

/* A C library has none of them, and no table here finds more than there is. */
static void test_none(void **state)
{
	static const struct fn_name twice[] = {{"strtok", FN_READ, .instead = "strtok_q"},
					       {"strtok_r", FN_WRITE}};
	const struct locate_config config = {0};
	struct located found[LOCATED_MAX] = {0};
	struct lib l = {0};

	if (!open_lib("libc.so.6", &l))
		skip();
	assert_int_equal(locate__file(l.f, &config, found), 0);
	assert_int_equal(names__sites(l.f, twice, 2, found), 2);
	found->n = SITE_MAX;
	assert_int_equal(names__sites(l.f, twice, 2, found), -E2BIG);
	close_lib(&l);
}

/* One segment of code at BASE: symbols of one function, then the function, then text. */
#define BASE 0x10000

struct image {
	Elf64_Ehdr eh;
	Elf64_Phdr ph[2];
	Elf64_Dyn dyn[6];
	uint32_t hash[2 + 1 + 2];
	Elf64_Sym sym[2];
	char str[32];
	uint8_t code[64];
	char text[2][64];
};

#define AT(member) (BASE + offsetof(struct image, member))

static void version_is(uint16_t machine, const void *code, size_t n, const char *text,
		       const char *want)
{
	struct image m = {
		.eh = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, 1},
		       .e_type = ET_DYN,
		       .e_machine = machine,
		       .e_phoff = offsetof(struct image, ph),
		       .e_phentsize = sizeof(Elf64_Phdr),
		       .e_phnum = 2},
		.ph = {{.p_type = PT_LOAD,
			.p_flags = PF_R | PF_X,
			.p_vaddr = BASE,
			.p_filesz = sizeof(m)},
		       {.p_type = PT_DYNAMIC,
			.p_vaddr = AT(dyn),
			.p_offset = offsetof(struct image, dyn),
			.p_filesz = sizeof(m.dyn)}},
		.dyn = {{DT_SYMTAB, {AT(sym)}},
			{DT_STRTAB, {AT(str)}},
			{DT_STRSZ, {sizeof(m.str)}},
			{DT_HASH, {AT(hash)}}},
		.hash = {1, 2, 1, 0, 0},
		.sym = {{0},
			{.st_name = 1,
			 .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
			 .st_shndx = 1,
			 .st_value = AT(code),
			 .st_size = n}},
		.str = "\0x_version",
	};
	int fd = memfd_create("lib", MFD_CLOEXEC);
	struct elf_file *f;
	char got[16];

	memcpy(m.code, code, n);
	strncpy(m.text[0], "no version", sizeof(m.text[0]));
	memset(m.text[1], '7', sizeof(m.text[1]));
	memcpy(m.text[1], text, strlen(text) + (strlen(text) < 60));
	assert_int_equal(write(fd, &m, sizeof(m)), sizeof(m));
	assert_int_equal(elf_file__open(fd, &f), 0);
	assert_int_equal(version__returned(f, "x_version", got, sizeof(got)), want ? 0 : -ENOENT);
	assert_string_equal(got, want ? want : "");
	assert_int_equal(version__returned(f, "y_version", got, sizeof(got)), -ENOENT);
	elf_file__free(f);
	close(fd);
}

static void test_version(void **state)
{
	/* lea 64(%rip),%rsi; lea 128(%rip),%r11, counted from behind each */
	uint8_t x86[] = {0x90, 0x48, 0x8d, 0x35, 0, 0, 0, 0, 0x4c, 0x8d, 0x1d, 0, 0, 0, 0, 0xc3};
	/* adrp x3, the page of text; add x3, x3, #low */
	uint32_t arm64[] = {0xd503201f, 0x90000003, 0x91000063, 0xd65f03c0};
	uint32_t to[2] = {offsetof(struct image, text[0]) - offsetof(struct image, code),
			  offsetof(struct image, text[1]) - offsetof(struct image, code)};

	to[0] -= 8, to[1] -= 15;
	memcpy(x86 + 4, &to[0], 4);
	memcpy(x86 + 11, &to[1], 4);
	arm64[2] |= (AT(text[1]) & 0xfff) << 10;
	version_is(EM_X86_64, x86, sizeof(x86), "3.7.9", "3.7.9");
	version_is(EM_X86_64, x86, sizeof(x86), "4.36 Beta", "4.36");
	version_is(EM_X86_64, x86, sizeof(x86), "3.8.10-rc1", "3.8.10-rc1");
	version_is(EM_X86_64, x86, sizeof(x86), "3", NULL);
	version_is(EM_X86_64, x86, sizeof(x86), "3.", NULL);
	version_is(EM_X86_64, x86, sizeof(x86), ".3", NULL);
	version_is(EM_X86_64, x86, sizeof(x86), "", NULL);
	version_is(EM_X86_64, x86, sizeof(x86), "3.7\x1b[31m", NULL);
	version_is(EM_X86_64, x86, sizeof(x86), "3.7.9.10.11.12.13", NULL); /* no room */
	version_is(EM_X86_64, x86, sizeof(x86),
		   "3.777777777777777777777777777777777777777777777777777777777777", NULL);
	version_is(EM_X86_64, x86, 8, "3.7.9", NULL);
	version_is(EM_AARCH64, arm64, sizeof(arm64), "3.7.9", "3.7.9");
	version_is(EM_AARCH64, arm64, 8, "3.7.9", NULL);
	version_is(EM_RISCV, arm64, sizeof(arm64), "3.7.9", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gnutls),	cmocka_unit_test(test_nss),
		cmocka_unit_test(test_mono),	cmocka_unit_test(test_none),
		cmocka_unit_test(test_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
