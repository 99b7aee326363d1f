// SPDX-License-Identifier: Apache-2.0
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "capture/site.h"
#include "capture/x86.h"

#define SYMS 12

/* A library assembled by hand: file offsets are addresses. */
struct lib {
	Elf64_Ehdr eh;
	Elf64_Phdr ph[2];
	Elf64_Dyn dyn[8];
	uint32_t hash[2 + 1 + SYMS];
	Elf64_Sym sym[SYMS];
	char str[256];
	Elf64_Rela rela[1];
	uint8_t code[2048];
	size_t at, n_str, n_sym; /* while building; the file has them too, and does not care */
};

static uint64_t here(const struct lib *l)
{
	return offsetof(struct lib, code) + l->at;
}

static void lib_init(struct lib *l, uint16_t machine)
{
	*l = (struct lib){
		.eh = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, 1},
		       .e_type = ET_DYN,
		       .e_machine = machine,
		       .e_phoff = offsetof(struct lib, ph),
		       .e_phentsize = sizeof(Elf64_Phdr),
		       .e_phnum = 2},
		.ph = {{.p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_filesz = sizeof(struct lib)},
		       {.p_type = PT_DYNAMIC,
			.p_offset = offsetof(struct lib, dyn),
			.p_filesz = sizeof(l->dyn)}},
		.dyn = {{DT_SYMTAB, {offsetof(struct lib, sym)}},
			{DT_STRTAB, {offsetof(struct lib, str)}},
			{DT_STRSZ, {sizeof(l->str)}},
			{DT_HASH, {offsetof(struct lib, hash)}},
			{DT_JMPREL, {offsetof(struct lib, rela)}},
			{DT_PLTRELSZ, {sizeof(l->rela)}}},
		.n_str = 1,
		.n_sym = 1,
	};
	l->hash[0] = 1;
	l->hash[1] = SYMS;
}

static void bytes(struct lib *l, const char *hex)
{
	unsigned int b;
	int n;

	for (; sscanf(hex, " %2x%n", &b, &n) == 1; hex += n)
		l->code[l->at++] = b;
}

/* A function begins here, and is size bytes long once that is known. */
static size_t begin(struct lib *l, const char *name)
{
	size_t i = l->n_sym++;

	while (l->at % 16)
		l->code[l->at++] = 0x90;
	l->sym[i] = (Elf64_Sym){.st_name = l->n_str,
				.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
				.st_shndx = 1,
				.st_value = here(l)};
	strcpy(l->str + l->n_str, name);
	l->n_str += strlen(name) + 1;
	l->hash[3 + i] = l->hash[2]; /* one bucket: a list */
	l->hash[2] = i;
	return i;
}

static void end(struct lib *l, size_t i)
{
	l->sym[i].st_size = here(l) - l->sym[i].st_value;
}

static void rel32(struct lib *l, const char *opcode, uint64_t target)
{
	int32_t rel;

	bytes(l, opcode);
	rel = (int32_t)(target - (here(l) + 4));
	memcpy(l->code + l->at, &rel, 4);
	l->at += 4;
}

static int pick(struct lib *l, bool symbols_only, struct probe_site *ret, uint64_t *rets,
		int *n_rets, bool *tail)
{
	int fd = memfd_create("lib", MFD_CLOEXEC), n, i;
	struct elf_file *f;

	assert_int_equal(write(fd, l, sizeof(*l)), sizeof(*l));
	assert_int_equal(elf_file__open(fd, &f), 0);
	n = site__pick(f, symbols_only, ret);
	for (i = 0; i < n && rets; i++)
		n_rets[i] = site__rets(f, &ret[i].sym, rets + 8L * i, 8, &tail[i]);
	elf_file__free(f);
	close(fd);
	return n;
}

/* As Debian 12's OpenSSL 3.0: sub, stack protector, js, mov %rsp,%rcx, movslq, call. */
static void plain_30(struct lib *l, const char *name, uint64_t callee)
{
	size_t f = begin(l, name);

	bytes(l, "48 83 ec 18 64 48 8b 04 25 28 00 00 00 48 89 44 24 08 31 c0 85 d2 78 2f 48 89 e1 "
		 "48 63 d2");
	rel32(l, "e8", callee);
	bytes(l, "85 c0 7e 03 8b 04 24 48 83 c4 18 c3");
	end(l, f);
}

static void ex_30(struct lib *l, const char *name, uint64_t callee)
{
	size_t f = begin(l, name);

	bytes(l, "48 83 ec 08");
	rel32(l, "e8", callee);
	bytes(l, "31 d2 85 c0 0f 48 c2 48 83 c4 08 c3");
	end(l, f);
}

static uint64_t callee(struct lib *l, const char *head)
{
	uint64_t at;

	while (l->at % 16)
		l->code[l->at++] = 0x90;
	at = here(l);
	bytes(l, head);
	bytes(l, "48 83 ec 38 c3");
	return at;
}

static void lib_30(struct lib *l, uint64_t *ret_read, uint64_t *ret_write)
{
	lib_init(l, EM_X86_64);
	*ret_read = callee(l, "41 55 41 54");
	*ret_write = callee(l, "41 56 41 55");
	plain_30(l, "SSL_read", *ret_read);
	ex_30(l, "SSL_read_ex", *ret_read);
	plain_30(l, "SSL_write", *ret_write);
	ex_30(l, "SSL_write_ex", *ret_write);
}

static void test_openssl_30(void **state)
{
	struct probe_site s[SITE_MAX];
	uint64_t rd, wr, rets[SITE_MAX * 8];
	int n_rets[SITE_MAX];
	bool tail[SITE_MAX];
	struct lib l;

	lib_30(&l, &rd, &wr);
	assert_int_equal(pick(&l, false, s, NULL, NULL, NULL), 2);
	assert_int_equal(s[0].file_offset, rd);
	assert_int_equal(s[0].fn, FN_READ_EX);
	assert_true(s[0].internal && s[0].emulated);
	assert_int_equal(s[1].file_offset, wr);
	assert_int_equal(s[1].fn, FN_WRITE_EX);

	assert_int_equal(pick(&l, true, s, rets, n_rets, tail), 4);
	assert_string_equal(s[0].name, "SSL_read");
	assert_int_equal(s[0].fn, FN_READ);
	assert_int_equal(s[0].file_offset, s[0].sym.offset);
	assert_false(s[0].internal || s[0].emulated);
	assert_int_equal(n_rets[0], 1);
	assert_int_equal(rets[0], s[0].sym.offset + s[0].sym.size - 1);
	assert_true(tail[0]); /* js leaves the function (its error path was left out) */
	assert_int_equal(n_rets[1], 1);
	assert_false(tail[1]);
}

/* As Debian 13's OpenSSL 3.5: endbr64, and SSL_write_ex jumps to SSL_write_ex2 through the PLT. */
static void lib_35(struct lib *l, const char *callee_head, uint64_t *ret_read, uint64_t *ret_write)
{
	uint64_t plt;
	int32_t rel = 0;
	size_t f;

	lib_init(l, EM_X86_64);
	*ret_read = callee(l, callee_head);
	*ret_write = callee(l, callee_head);
	while (l->at % 16)
		l->code[l->at++] = 0x90;
	plt = here(l);
	bytes(l, "f3 0f 1e fa f2 ff 25");
	l->rela[0].r_offset = here(l) + 4 + rel;
	memcpy(l->code + l->at, &rel, 4);
	l->at += 12;
	f = begin(l, "SSL_read");
	bytes(l, "f3 0f 1e fa 48 83 ec 18 31 c0 85 d2 78 2f 48 89 e1 48 63 d2");
	rel32(l, "e8", *ret_read);
	bytes(l, "c3");
	end(l, f);
	f = begin(l, "SSL_read_ex");
	bytes(l, "f3 0f 1e fa 48 83 ec 08");
	rel32(l, "e8", *ret_read);
	bytes(l, "c3");
	end(l, f);
	f = begin(l, "SSL_write");
	bytes(l, "f3 0f 1e fa 48 83 ec 18 85 d2 78 2f 48 63 d2 31 c9 4c 8d 44 24 08");
	rel32(l, "e8", *ret_write);
	bytes(l, "c3");
	end(l, f);
	f = begin(l, "SSL_write_ex");
	bytes(l, "f3 0f 1e fa 49 89 c8 31 c9");
	rel32(l, "e9", plt);
	end(l, f);
	f = begin(l, "SSL_write_ex2");
	l->rela[0].r_info = ELF64_R_INFO(f, R_X86_64_JUMP_SLOT);
	bytes(l, "f3 0f 1e fa 48 83 ec 08");
	rel32(l, "e8", *ret_write);
	bytes(l, "c3");
	end(l, f);
}

static void test_openssl_35(void **state)
{
	struct probe_site s[SITE_MAX];
	uint64_t rd, wr;
	struct lib l;

	lib_35(&l, "f3 0f 1e fa 41 56", &rd, &wr);
	assert_int_equal(pick(&l, false, s, NULL, NULL, NULL), 2);
	assert_int_equal(s[0].file_offset, rd + 4);
	assert_int_equal(s[0].fn, FN_READ_EX);
	assert_int_equal(s[1].file_offset, wr + 4);
	assert_int_equal(s[1].fn, FN_WRITE_EX2);

	/* the callee begins as dearly: symbols, and SSL_write_ex only hands over */
	lib_35(&l, "f3 0f 1e fa", &rd, &wr);
	assert_int_equal(pick(&l, false, s, NULL, NULL, NULL), 4);
	assert_int_equal(s[2].fn, FN_WRITE);
	assert_int_equal(s[3].fn, FN_WRITE_EX2);
	assert_int_equal(s[3].file_offset, s[3].sym.offset);
	assert_false(s[3].emulated);
	/* without the PLT's relocation nobody knows where SSL_write_ex goes */
	lib_35(&l, "f3 0f 1e fa 41 56", &rd, &wr);
	l.rela[0].r_offset = 0;
	assert_int_equal(pick(&l, false, s, NULL, NULL, NULL), 4);
	assert_true(s[0].internal);
	assert_int_equal(s[1].fn, FN_WRITE);
	assert_false(s[1].internal);
}

/* One doubt each: the symbols must be taken. */
static void test_doubts(void **state)
{
	static const char *const heads[] = {
		"48 83 ec 18 48 89 e1 48 63 d2 48 89 f7",    /* buf moved into rdi */
		"48 83 ec 18 48 89 e1 48 63 d6",	     /* another number */
		"48 83 ec 18 48 63 d2",			     /* no place for the length */
		"48 83 ec 18 48 89 e1 8b 17",		     /* num from memory */
		"48 83 ec 18 48 89 e1 48 83 c4 08",	     /* the stack pointer goes up */
		"48 83 ec 18 48 89 e1 0f 05",		     /* syscall */
		"48 83 ec 18 48 89 e1 ff d0",		     /* another call first */
		"48 83 ec 18 48 8d 4c 04 08 48 63 d2",	     /* somewhere in the stack, perhaps */
		"48 83 ec 18 48 89 e1 48 0f c7 0f 48 87 fe", /* xchg */
	};
	struct probe_site s[SITE_MAX];
	struct lib l;
	uint64_t rd;
	size_t i, f;

	for (i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		lib_init(&l, EM_X86_64);
		rd = callee(&l, "55");
		f = begin(&l, "SSL_read");
		bytes(&l, heads[i]);
		rel32(&l, "e8", rd);
		bytes(&l, "c3");
		end(&l, f);
		ex_30(&l, "SSL_read_ex", rd);
		assert_int_equal(pick(&l, false, s, NULL, NULL, NULL), 2);
		assert_false(s[0].internal || s[0].emulated);
		assert_non_null(strstr(s[0].reason, "single-stepped"));
	}
	/* its forms disagree */
	lib_init(&l, EM_X86_64);
	plain_30(&l, "SSL_read", callee(&l, "55"));
	ex_30(&l, "SSL_read_ex", callee(&l, "55"));
	assert_int_equal(pick(&l, false, s, NULL, NULL, NULL), 2);
	assert_false(s[0].internal);
	/* only one form */
	lib_init(&l, EM_X86_64);
	plain_30(&l, "SSL_read", callee(&l, "55"));
	assert_int_equal(pick(&l, false, s, NULL, NULL, NULL), 1);
	assert_false(s[0].internal);
	/* the callee is no code */
	lib_30(&l, &rd, &rd);
	l.ph[0].p_filesz = 0x60;
	assert_int_equal(pick(&l, false, s, NULL, NULL, NULL), 0);
}

static void test_cheap_entry(void **state)
{
	static const struct {
		const char *hex;
		int at; /* -1: none */
	} cases[] = {
		{"55 48 89 e5 c3", 0},
		{"41 57 c3", 0},
		{"f3 0f 1e fa 55 c3", 4},
		{"48 85 ff 0f 84 00 01 00 00 c3", 3}, /* SSL_free: test, je */
		{"90 c3", 0},
		{"48 83 ec 08 55 c3", -1},	    /* the stack pointer has moved */
		{"48 89 f7 55 c3", -1},		    /* an argument has moved */
		{"31 c0 eb 00 c3", 2},		    /* only rax */
		{"48 85 ff 75 fb c3", -1},	    /* the jump comes back */
		{"48 85 ff 90 48 85 f6 75 fa", -1}, /* a later one does */
		{"0f 1f 40 00 55 c3", 4}, /* a long nop is stepped over, what follows is cheap */
		{"66 e8 00 00 c3", -1},	  /* a 16-bit call is refused by the kernel */
		{"64 48 8b 04 25 28 00 00 00 55 c3", 9},
		{"c3", -1},
		{"06", -1}, /* no instruction in 64-bit mode */
		{"", -1},
	};
	struct x86 *x;
	struct lib l;
	size_t i;
	int at;

	assert_int_equal(x86__new(&x), 0);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		lib_init(&l, EM_X86_64);
		bytes(&l, cases[i].hex);
		at = x86__cheap_entry(x, l.code, l.at, 0x1000);
		if ((at < 0 ? -1 : at) != cases[i].at)
			fail_msg("%s: %d, not %d", cases[i].hex, at, cases[i].at);
	}
	x86__free(x);
}

static void test_arm64(void **state)
{
	struct probe_site s[SITE_MAX];
	uint64_t rets[SITE_MAX * 8];
	int n_rets[SITE_MAX];
	bool tail[SITE_MAX];
	struct lib l;
	size_t f;

	lib_init(&l, EM_AARCH64);
	f = begin(&l, "SSL_read");
	bytes(&l, "fd 7b be a9 fd 03 00 91 c0 03 5f d6 01 00 00 14 c0 03 5f d6"); /* stp … b +4 */
	end(&l, f);
	f = begin(&l, "SSL_write");
	bytes(&l, "40 00 00 b4 00 00 00 14 ff 0f 5f d6 00 02 1f d6"); /* cbz, b ., retab, br x16 */
	end(&l, f);
	assert_int_equal(pick(&l, false, s, rets, n_rets, tail), 2);
	assert_int_equal(s[0].file_offset, s[0].sym.offset);
	assert_false(s[0].emulated);
	assert_int_equal(n_rets[0], 2);
	assert_int_equal(rets[0], s[0].sym.offset + 8);
	assert_false(tail[0]);
	assert_true(s[1].emulated);
	assert_int_equal(n_rets[1], 1);
	assert_true(tail[1]);
}

/* Whatever libssl this machine has: each site is a function's and the cheap ones are cheap. */
static void test_real(void **state)
{
	static const char *const paths[] = {
		"/usr/lib/x86_64-linux-gnu/libssl.so.3",
		"/usr/lib/x86_64-linux-gnu/libssl.so.1.1",
		"/usr/lib/aarch64-linux-gnu/libssl.so.3",
		"/usr/lib64/libssl.so.3",
		"/usr/bin/node",
	};
	struct probe_site s[SITE_MAX];
	struct elf_file *f;
	uint8_t code[16];
	unsigned int seen = 0;
	int fd, n, i;
	size_t p;

	for (p = 0; p < sizeof(paths) / sizeof(paths[0]); p++) {
		fd = open(paths[p], O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		assert_int_equal(elf_file__open(fd, &f), 0);
		n = site__pick(f, false, s);
		if (!strstr(paths[p], "node"))
			assert_in_range(n, 2, SITE_MAX);
		for (i = 0; i < n; i++) {
			assert_int_equal(elf_file__read(f, s[i].file_offset, code, 16), 16);
			if (s[i].emulated && elf_file__machine(f) == EM_X86_64)
				assert_true(x86__emulated(code, 16));
			seen++;
		}
		elf_file__free(f);
		close(fd);
	}
	if (!seen)
		skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_openssl_30), cmocka_unit_test(test_openssl_35),
		cmocka_unit_test(test_doubts),	   cmocka_unit_test(test_cheap_entry),
		cmocka_unit_test(test_arm64),	   cmocka_unit_test(test_real),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
