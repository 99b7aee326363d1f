// SPDX-License-Identifier: Apache-2.0
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "capture/elf.h"

/* A shared object in one segment, written by hand: two functions, one of them with a version's
 * worth of company in its hash bucket, and a PLT slot. */
struct image {
	Elf64_Ehdr eh;
	Elf64_Phdr ph[3];
	Elf64_Dyn dyn[10];
	struct {
		uint32_t n_buckets, first, n_bloom, shift;
		uint64_t bloom;
		uint32_t bucket, chain[3];
	} gnu;
	uint32_t hash[2 + 1 + 5];
	Elf64_Sym sym[5];
	char str[64];
	Elf64_Rela rela[2];
	struct {
		Elf64_Nhdr nh;
		char name[4];
		uint8_t id[8];
	} note;
	uint8_t code[64];
	Elf64_Sym symtab[3];
	char strtab[48];
	Elf64_Shdr sh[3];
};

#define BASE 0x10000
#define AT(member) (BASE + offsetof(struct image, member))

static uint32_t hash_of(const char *s)
{
	uint32_t h = 5381;

	for (; *s; s++)
		h = h * 33 + (uint8_t)*s;
	return h;
}

static struct image image(void)
{
	const Elf64_Sym fn = {.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC), .st_shndx = 1};
	struct image m = {
		.eh = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, 1},
		       .e_type = ET_DYN,
		       .e_machine = EM_X86_64,
		       .e_phoff = offsetof(struct image, ph),
		       .e_phentsize = sizeof(Elf64_Phdr),
		       .e_phnum = 3,
		       .e_shoff = offsetof(struct image, sh),
		       .e_shentsize = sizeof(Elf64_Shdr),
		       .e_shnum = 3},
		.ph = {{.p_type = PT_LOAD,
			.p_flags = PF_R | PF_X,
			.p_vaddr = BASE,
			.p_filesz = sizeof(struct image)},
		       {.p_type = PT_DYNAMIC,
			.p_offset = offsetof(struct image, dyn),
			.p_filesz = sizeof(m.dyn)},
		       {.p_type = PT_NOTE,
			.p_offset = offsetof(struct image, note),
			.p_filesz = sizeof(m.note)}},
		.dyn = {{DT_SYMTAB, {AT(sym)}},
			{DT_STRTAB, {AT(str)}},
			{DT_STRSZ, {sizeof(m.str)}},
			{DT_GNU_HASH, {AT(gnu)}},
			{DT_JMPREL, {AT(rela)}},
			{DT_PLTRELSZ, {sizeof(m.rela)}},
			{DT_NULL, {0}}},
		.gnu = {.n_buckets = 1, .first = 2, .n_bloom = 1, .bloom = ~0ULL, .bucket = 2},
		.str = "\0ERR_new\0SSL_read\0SSL_write\0",
		.rela = {{0x5000, ELF64_R_INFO(1, R_X86_64_JUMP_SLOT), 0},
			 {0x5008, ELF64_R_INFO(3, R_X86_64_JUMP_SLOT), 0}},
		.note = {{4, 8, NT_GNU_BUILD_ID}, "GNU", {1, 2, 3, 4, 5, 6, 7, 8}},
		.strtab = "\0main\0inner_SSL_peek\0",
		.sh = {{0},
		       {.sh_type = SHT_SYMTAB,
			.sh_link = 2,
			.sh_offset = offsetof(struct image, symtab),
			.sh_size = sizeof(m.symtab),
			.sh_entsize = sizeof(Elf64_Sym)},
		       {.sh_type = SHT_STRTAB,
			.sh_offset = offsetof(struct image, strtab),
			.sh_size = sizeof(m.strtab)}},
	};

	m.sym[1] = (Elf64_Sym){.st_name = 1, .st_info = fn.st_info}; /* undefined */
	m.sym[2] = m.sym[3] = m.sym[4] = fn;
	m.sym[2].st_name = 9;
	m.sym[2].st_value = AT(code);
	m.sym[2].st_size = 16;
	m.sym[3].st_name = 9; /* the same name again, as versions give it */
	m.sym[3].st_value = AT(code) + 16;
	m.sym[4].st_name = 18;
	m.sym[4].st_value = AT(code) + 32;
	m.gnu.chain[0] = hash_of("SSL_read") & ~1U;
	m.gnu.chain[1] = hash_of("SSL_read") & ~1U;
	m.gnu.chain[2] = hash_of("SSL_write") | 1;
	m.hash[0] = 1, m.hash[1] = 5, m.hash[2] = 4;
	m.hash[3 + 4] = 2, m.hash[3 + 2] = 0;
	m.symtab[1] = m.symtab[2] = fn;
	m.symtab[1].st_name = 12; /* the tail "SSL_peek" of a longer name */
	m.symtab[1].st_value = AT(code) + 48;
	m.symtab[2].st_name = 1;
	m.symtab[2].st_value = AT(code) + 50;
	return m;
}

static int file_of(const void *p, size_t n)
{
	int fd = memfd_create("elf", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, p, n), n);
	return fd;
}

static int find(const struct image *m, const char *const *names, size_t n, struct elf_sym *ret)
{
	int fd = file_of(m, sizeof(*m)), found;
	struct elf_file *f;

	assert_int_equal(elf_file__open(fd, &f), 0);
	found = elf_file__find(f, names, n, ret);
	elf_file__free(f);
	close(fd);
	return found;
}

static void test_dynamic(void **state)
{
	const char *names[] = {"SSL_read", "SSL_write", "SSL_none", "ERR_new"};
	struct image m = image();
	struct elf_sym s[4];
	int round;

	for (round = 0; round < 2; round++) {
		assert_int_equal(find(&m, names, 4, s), 2);
		assert_int_equal(s[0].vaddr, AT(code));
		assert_int_equal(s[0].offset, offsetof(struct image, code));
		assert_int_equal(s[0].size, 16);
		assert_int_equal(s[0].names, ELF_NAMES_DYNSYM);
		assert_int_equal(s[1].offset, offsetof(struct image, code) + 32);
		assert_int_equal(s[2].offset, 0);
		assert_int_equal(s[3].offset, 0);
		m.dyn[3] = (Elf64_Dyn){DT_HASH, {AT(hash)}}; /* and again the old way */
	}
}

static void test_static(void **state)
{
	const char *names[] = {"SSL_peek", "SSL_pe"};
	struct image m = image();
	struct elf_sym s[2];

	assert_int_equal(find(&m, names, 2, s), 1);
	assert_int_equal(s[0].vaddr, AT(code) + 48);
	assert_int_equal(s[0].names, ELF_NAMES_SYMTAB);
	assert_int_equal(s[1].offset, 0);
	/* a table that claims to be endless, or lies outside the file */
	m.sh[2].sh_size = 1ULL << 60;
	assert_int_equal(find(&m, names, 2, s), -E2BIG);
	m = image();
	m.sh[2].sh_offset = UINT64_MAX - 8;
	assert_int_equal(find(&m, names, 2, s), 0);
}

static void test_facts(void **state)
{
	struct image m = image();
	int fd = file_of(&m, sizeof(m));
	char name[ELF_SYMBOL_NAME_MAX];
	uint8_t id[ELF_BUILD_ID_MAX], code[128];
	struct elf_file *f;
	uint64_t off;

	assert_int_equal(elf_file__open(fd, &f), 0);
	assert_int_equal(elf_file__machine(f), EM_X86_64);
	assert_int_equal(elf_file__kind(f), ELF_KIND_SHARED);
	assert_int_equal(elf_file__build_id(f, id), 8);
	assert_memory_equal(id, m.note.id, 8);
	assert_int_equal(elf_file__plt_symbol(f, 0x5000, name), 0);
	assert_string_equal(name, "ERR_new");
	assert_int_equal(elf_file__plt_symbol(f, 0x5008, name), 0);
	assert_string_equal(name, "SSL_read");
	assert_int_equal(elf_file__plt_symbol(f, 0x5010, name), -ENOENT);
	assert_int_equal(elf_file__offset(f, BASE - 1, &off), -ENOENT);
	assert_int_equal(elf_file__offset(f, BASE + sizeof(m), &off), -ENOENT);
	assert_int_equal(elf_file__code(f, BASE + sizeof(m) - 3, code, sizeof(code)), 3);
	elf_file__free(f);
	close(fd);
	m.dyn[6] = (Elf64_Dyn){DT_FLAGS_1, {DF_1_PIE}};
	fd = file_of(&m, sizeof(m));
	assert_int_equal(elf_file__open(fd, &f), 0);
	assert_int_equal(elf_file__kind(f), ELF_KIND_PIE);
	elf_file__free(f);
	close(fd);
}

static void look(const void *p, size_t n)
{
	const char *names[] = {"SSL_read", "SSL_peek", "SSL_write_ex"};
	char name[ELF_SYMBOL_NAME_MAX];
	uint8_t id[ELF_BUILD_ID_MAX];
	struct elf_sym s[3];
	struct elf_file *f;
	int fd = file_of(p, n);

	if (!elf_file__open(fd, &f)) {
		elf_file__find(f, names, 3, s);
		elf_file__build_id(f, id);
		elf_file__plt_symbol(f, 0x5008, name);
		elf_file__free(f);
	}
	close(fd);
}

/* Cut at every byte, and with every byte changed: nothing worse than not finding. */
static void test_hostile(void **state)
{
	static const uint8_t values[] = {0x00, 0x7f, 0x80, 0xff};
	struct image m = image();
	uint8_t *p = (uint8_t *)&m, old;
	size_t i, j;

	for (i = 0; i < sizeof(m); i++)
		look(p, i);
	for (i = 0; i < sizeof(m); i++) {
		for (j = 0; j < sizeof(values); j++) {
			old = p[i];
			p[i] = values[j];
			look(p, sizeof(m));
			p[i] = old;
		}
	}
}

static void test_foreign(void **state)
{
	struct elf_file *f;
	int fd = file_of("#!/bin/sh\n", 10);

	assert_int_equal(elf_file__open(fd, &f), -ENOEXEC);
	close(fd);
	assert_int_equal(elf_file__open(-1, &f), -EBADF);
	elf_file__free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dynamic), cmocka_unit_test(test_static),
		cmocka_unit_test(test_facts),	cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_foreign),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
