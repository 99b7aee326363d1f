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

#include "capture/functions.h"
#include "capture/scan.h"

#define CODE (1 << 20) /* several windows */
#define CONSTANTS (600 << 10)
#define BASE 0x400000
#define CODE_AT (BASE + offsetof(struct program, code))
#define DATA_AT (BASE + offsetof(struct program, constants))
#define WINDOW (256 << 10)

/* A program in four segments: tables, constants, code, data. */
struct program {
	Elf64_Ehdr eh;
	Elf64_Phdr ph[6];
	Elf64_Dyn dyn[5];
	struct {
		uint8_t head[4];
		int32_t eh_frame;
		uint32_t n;
		int32_t row[2][2];
	} hdr;
	struct {
		uint32_t length, cie;
		int32_t begin;
		uint32_t range;
	} fde[2];
	uint8_t constants[CONSTANTS];
	uint8_t code[CODE];
	uint64_t words[256];
	Elf64_Rela rela[2];
	uint64_t relr[3];
};

static struct program *program(uint16_t machine, uint16_t type)
{
	struct program *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	*p = (struct program){
		.eh = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, 1},
		       .e_type = type,
		       .e_machine = machine,
		       .e_phoff = offsetof(struct program, ph),
		       .e_phentsize = sizeof(Elf64_Phdr),
		       .e_phnum = 6},
		.ph = {{.p_type = PT_LOAD, .p_flags = PF_R},
		       {.p_type = PT_LOAD, .p_flags = PF_R},
		       {.p_type = PT_LOAD, .p_flags = PF_R | PF_X},
		       {.p_type = PT_LOAD, .p_flags = PF_R | PF_W},
		       {.p_type = PT_DYNAMIC,
			.p_offset = offsetof(struct program, dyn),
			.p_filesz = sizeof(p->dyn)},
		       {.p_type = PT_GNU_EH_FRAME,
			.p_vaddr = BASE + offsetof(struct program, hdr),
			.p_filesz = sizeof(p->hdr)}},
	};
	static const size_t cut[] = {0, offsetof(struct program, constants),
				     offsetof(struct program, code),
				     offsetof(struct program, words), sizeof(struct program)};
	for (int i = 0; i < 4; i++) {
		p->ph[i].p_offset = cut[i];
		p->ph[i].p_vaddr = BASE + cut[i];
		p->ph[i].p_filesz = cut[i + 1] - cut[i];
	}
	return p;
}

static struct elf_file *open_program(const struct program *p, size_t n)
{
	int fd = memfd_create("program", MFD_CLOEXEC);
	struct elf_file *f;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, p, n), n);
	assert_int_equal(elf_file__open(fd, &f), 0);
	return f; /* the descriptor goes with the test */
}

struct seen {
	uint64_t at[64], what[64];
	size_t n;
};

static int see_bytes(void *ctx, uint64_t vaddr, size_t which)
{
	struct seen *s = ctx;

	assert_true(s->n < 64);
	s->at[s->n] = vaddr;
	s->what[s->n++] = which;
	return 0;
}

static int stop(void *ctx, uint64_t vaddr, size_t which)
{
	*(uint64_t *)ctx = vaddr;
	return 7;
}

/* At each place around the border of two windows, and at both ends. */
static void test_find(void **state)
{
	const struct scan_bytes needles[] = {{"ssl_lib.c", 9}, {"SSL_", 4}};
	struct program *p = program(EM_X86_64, ET_DYN);
	static const size_t at[] = {0, WINDOW, 2 * WINDOW, CONSTANTS - 9};
	uint64_t first;

	for (int shift = -12; shift <= 12; shift++) {
		struct seen seen = {0};
		struct elf_file *f;
		size_t want = 0;

		memset(p->constants, 'x', CONSTANTS);
		for (size_t i = 0; i < 4; i++) {
			size_t to = at[i] + shift;

			if ((i == 0 && shift < 0) || (i == 3 && shift > 0))
				continue;
			memcpy(p->constants + to, "ssl_lib.c", 9);
			want++;
		}
		memcpy(p->constants + 300, "SSL_", 4);
		memcpy(p->code, "SSL_", 4); /* not a constant */
		f = open_program(p, sizeof(*p));
		assert_int_equal(scan__find(f, needles, 2, see_bytes, &seen), 0);
		assert_int_equal(seen.n, want + 1);
		for (size_t i = 0, k = shift < 0; i < seen.n; i++) {
			if (seen.what[i] == 1)
				assert_int_equal(seen.at[i], DATA_AT + 300);
			else
				assert_int_equal(seen.at[i], DATA_AT + at[k++] + shift);
		}
		assert_int_equal(scan__find(f, needles, 1, stop, &first), 7);
		assert_int_equal(first, DATA_AT + at[shift < 0] + shift);
		elf_file__free(f);
	}
	/* an old linker's program: constants beside the code */
	memset(p->constants, 0, CONSTANTS);
	p->ph[1].p_flags = PF_R | PF_X;
	memcpy(p->code + 5, "SSL_", 4);
	{
		struct elf_file *f = open_program(p, sizeof(*p));
		struct seen seen = {0};

		assert_int_equal(scan__find(f, needles, 2, see_bytes, &seen), 0);
		assert_int_equal(seen.n, 2);
		assert_int_equal(seen.at[1], CODE_AT + 5);
		elf_file__free(f);
	}
	free(p);
}

static void test_string(void **state)
{
	struct program *p = program(EM_X86_64, ET_DYN);
	struct elf_file *f;
	char s[SCAN_STRING_MAX];
	uint64_t at;

	strcpy((char *)p->constants + 1, "../ssl/ssl_lib.cc");
	memset(p->constants + 100, 'y', 1000);
	memset(p->constants + CONSTANTS - 20, 'z', 20);
	f = open_program(p, offsetof(struct program, code));
	assert_int_equal(scan__string(f, DATA_AT + 8, s, &at), 17);
	assert_string_equal(s, "../ssl/ssl_lib.cc");
	assert_int_equal(at, DATA_AT + 1);
	assert_int_equal(scan__string(f, DATA_AT + 600, s, &at), -ENOENT);
	assert_int_equal(scan__string(f, DATA_AT + CONSTANTS - 3, s, &at), -ENOENT);
	assert_int_equal(scan__string(f, BASE - 1, s, &at), -ENOENT);
	elf_file__free(f);
	/* it must begin in its own segment */
	p->ph[1].p_vaddr += 0x1000000;
	f = open_program(p, sizeof(*p));
	assert_int_equal(scan__string(f, DATA_AT + 0x1000000, s, &at), -ENOENT);
	elf_file__free(f);
	free(p);
}

static void put_rel32(struct program *p, size_t at, const char *opcode, size_t n, uint64_t target)
{
	int32_t rel = (int32_t)(target - (CODE_AT + at + n + 4));

	memcpy(p->code + at, opcode, n);
	memcpy(p->code + at + n, &rel, 4);
}

static void put_insn(struct program *p, size_t at, uint32_t insn)
{
	memcpy(p->code + at, &insn, 4);
}

static int by_at(const void *a, const void *b)
{
	const struct scan_ref *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

static void test_refs_x86(void **state)
{
	const uint64_t targets[] = {DATA_AT + 0x10, DATA_AT + 0x20};
	struct program *p = program(EM_X86_64, ET_DYN);
	struct scan_refs refs = {0};
	uint32_t imm = (uint32_t)targets[1];

	for (int shift = -9; shift <= 9; shift++) {
		size_t at[] = {shift < 0 ? 0 : shift, WINDOW + shift, 3 * WINDOW + shift,
			       CODE - 7 - (shift < 0 ? -shift : shift)};
		struct elf_file *f;

		memset(p->code, 0x90, CODE);
		for (size_t i = 0; i < 4; i++)
			put_rel32(p, at[i], i & 1 ? "\x4c\x8d\x3d" : "\x48\x8d\x05", 3,
				  targets[i & 1]);
		put_rel32(p, 1000, "\x48\x8d\x05", 3, targets[0] + 1); /* between them */
		put_rel32(p, 1100, "\x48\x8d\x45", 3, targets[0]);     /* not rip */
		p->code[2000] = 0xbe; /* an address, in a program of fixed address only */
		memcpy(p->code + 2001, &imm, 4);
		for (int fixed = 0; fixed < 2; fixed++) {
			p->eh.e_type = fixed ? ET_EXEC : ET_DYN;
			f = open_program(p, sizeof(*p));
			refs.n = 0;
			assert_int_equal(scan__refs(f, targets, 2, &refs), 0);
			assert_int_equal(refs.n, 4 + fixed);
			qsort(refs.ref, refs.n, sizeof(refs.ref[0]), by_at);
			for (size_t i = 0, k = 0; i < refs.n; i++) {
				if (refs.ref[i].at == CODE_AT + 2000) {
					assert_int_equal(refs.ref[i].target, targets[1]);
					continue;
				}
				assert_int_equal(refs.ref[i].at, CODE_AT + at[k]);
				assert_int_equal(refs.ref[i].target, targets[k & 1]);
				k++;
			}
			elf_file__free(f);
		}
	}
	scan_refs__free(&refs);
	free(p);
}

static uint32_t adrp(uint64_t at, uint64_t target, int rd)
{
	uint64_t pages = ((target & ~0xfffULL) - (at & ~0xfffULL)) >> 12;

	return 0x90000000 | (pages & 3) << 29 | (pages >> 2 & 0x7ffff) << 5 | rd;
}

static uint32_t add(uint64_t target, int rd, int rn)
{
	return 0x91000000 | (target & 0xfff) << 10 | rn << 5 | rd;
}

static void test_refs_arm64(void **state)
{
	const uint64_t target = DATA_AT + 0x1234;
	struct program *p = program(EM_AARCH64, ET_DYN);
	struct scan_refs refs = {0};
	struct elf_file *f;

	_Static_assert(CODE_AT % 4 == 0, "instructions are aligned");
	for (int shift = -16; shift <= 16; shift += 4) {
		size_t at = WINDOW + shift;

		memset(p->code, 0, CODE);
		put_insn(p, at, adrp(CODE_AT + at, target, 3));
		put_insn(p, at + 8, add(target, 4, 3)); /* x3 keeps the page */
		put_insn(p, at + 12, add(target, 3, 3));
		put_insn(p, at + 16, add(target, 3, 3)); /* gone */
		put_insn(p, 8, adrp(CODE_AT + 8, target, 9));
		put_insn(p, 12, add(target, 9, 10));  /* another register */
		put_insn(p, 2000, add(target, 9, 9)); /* too far */
		f = open_program(p, sizeof(*p));
		refs.n = 0;
		assert_int_equal(scan__refs(f, &target, 1, &refs), 0);
		assert_int_equal(refs.n, 2);
		assert_int_equal(refs.ref[0].at, CODE_AT + at + 8);
		assert_int_equal(refs.ref[1].at, CODE_AT + at + 12);
		elf_file__free(f);
	}
	scan_refs__free(&refs);
	p->eh.e_machine = EM_RISCV;
	f = open_program(p, sizeof(*p));
	assert_int_equal(scan__refs(f, &target, 1, &refs), -ENOEXEC);
	elf_file__free(f);
	free(p);
}

static int see_pointer(void *ctx, uint64_t vaddr, uint64_t target)
{
	return see_bytes(ctx, vaddr, target);
}

static size_t pointers(const struct program *p, uint64_t lo, uint64_t hi, struct seen *seen,
		       int want)
{
	struct elf_file *f = open_program(p, sizeof(*p));

	seen->n = 0;
	assert_int_equal(scan__pointers(f, lo, hi, see_pointer, seen), want);
	elf_file__free(f);
	return seen->n;
}

static void test_pointers(void **state)
{
	const uint64_t words_at = BASE + offsetof(struct program, words);
	struct program *p = program(EM_X86_64, ET_DYN);
	struct seen seen;

	p->dyn[0] = (Elf64_Dyn){DT_RELA, {BASE + offsetof(struct program, rela)}};
	p->dyn[1] = (Elf64_Dyn){DT_RELASZ, {sizeof(p->rela)}};
	p->dyn[2] = (Elf64_Dyn){36, {BASE + offsetof(struct program, relr)}};
	p->dyn[3] = (Elf64_Dyn){35, {sizeof(p->relr)}};
	p->rela[0] = (Elf64_Rela){words_at, ELF64_R_INFO(0, R_X86_64_RELATIVE), CODE_AT};
	p->rela[1] = (Elf64_Rela){words_at + 8, ELF64_R_INFO(1, R_X86_64_64), CODE_AT};
	p->relr[0] = words_at + 8 * 10;
	p->relr[1] = 1 | 1ULL << 1 | 1ULL << 63; /* the next word, and the 63rd after the first */
	p->relr[2] = 1 | 1ULL << 2;
	p->words[10] = CODE_AT + 10;
	p->words[11] = CODE_AT + 11;
	p->words[12] = CODE_AT + 12; /* no bit */
	p->words[73] = CODE_AT + 73;
	p->words[75] = CODE_AT + 75;
	assert_int_equal(pointers(p, CODE_AT, CODE_AT + CODE, &seen, 0), 5);
	assert_int_equal(seen.at[0], words_at);
	for (size_t i = 1; i < 5; i++)
		assert_int_equal(seen.at[i], words_at + 8 * (seen.what[i] - CODE_AT));
	assert_int_equal(seen.what[1], CODE_AT + 10);
	assert_int_equal(seen.what[4], CODE_AT + 75);
	assert_int_equal(pointers(p, CODE_AT + 11, CODE_AT + 12, &seen, 0), 1);
	/* a table that turns back, or leaves the file */
	p->relr[2] = p->relr[0];
	assert_int_equal(pointers(p, CODE_AT, CODE_AT + CODE, &seen, -EBADMSG), 4);
	p->relr[2] = 0x10;
	assert_int_equal(pointers(p, CODE_AT, CODE_AT + CODE, &seen, -EBADMSG), 4);
	p->dyn[3].d_un.d_val = 1ULL << 40;
	assert_int_equal(pointers(p, CODE_AT, CODE_AT + CODE, &seen, -E2BIG), 1);
	/* a fixed address needs no relocations */
	memset(p->dyn, 0, sizeof(p->dyn));
	p->eh.e_type = ET_EXEC;
	assert_int_equal(pointers(p, CODE_AT + 10, CODE_AT + 76, &seen, 0), 5);
	assert_int_equal(seen.at[2], words_at + 8 * 12);
	free(p);
}

static struct function function_at(const struct program *p, uint64_t address)
{
	struct elf_file *f = open_program(p, sizeof(*p));
	struct function fn;

	assert_int_equal(functions__find(f, &address, 1, &fn), 0);
	elf_file__free(f);
	return fn;
}

#define assert_function(fn, from, to, known)                   \
	do {                                                   \
		struct function fn_ = (fn);                    \
                                                               \
		assert_int_equal(fn_.start, CODE_AT + (from)); \
		assert_int_equal(fn_.end, CODE_AT + (to));     \
		assert_int_equal(fn_.sure, known);             \
	} while (0)

static void test_functions_x86(void **state)
{
	struct program *p = program(EM_X86_64, ET_DYN);
	const uint64_t hdr = BASE + offsetof(struct program, hdr);
	const uint64_t fde = BASE + offsetof(struct program, fde);
	size_t even = 4096 - CODE_AT % 16; /* a place that is aligned */
	struct function fn;

	memset(p->code, 0x55, CODE);
	p->code[even + 0x204] = 0xc3;
	put_rel32(p, CODE - 100, "\xe8", 1, CODE_AT + even);
	put_rel32(p, CODE - 80, "\xe8", 1, CODE_AT + even + 0x205); /* behind a ret */
	put_rel32(p, CODE - 60, "\xe8", 1, CODE_AT + even + 0x107); /* by chance */
	put_rel32(p, 10, "\x48\x8d\x3d", 3, CODE_AT + even + 0x300);
	put_rel32(p, WINDOW - 2, "\xe8", 1, CODE_AT + even + 0x400);
	assert_function(function_at(p, CODE_AT + even + 0x150), even, even + 0x205, false);
	assert_function(function_at(p, CODE_AT + even + 0x205), even + 0x205, even + 0x300, false);
	assert_function(function_at(p, CODE_AT + even + 0x3ff), even + 0x300, even + 0x400, false);
	/* nothing begins before it; none is so large */
	assert_int_equal(function_at(p, CODE_AT + even - 1).start, 0);
	assert_int_equal(function_at(p, CODE_AT + even + 0x20000).start, 0);

	/* unwind entries know better, and where they say nothing they still bound */
	p->hdr.head[0] = 1;
	p->hdr.head[1] = 0x1b;
	p->hdr.head[2] = 0x03;
	p->hdr.head[3] = 0x3b;
	p->hdr.n = 2;
	for (int i = 0; i < 2; i++) {
		uint64_t start = CODE_AT + even + (i ? 0x380 : 0x90);

		p->hdr.row[i][0] = (int32_t)(start - hdr);
		p->hdr.row[i][1] = (int32_t)(fde + i * sizeof(p->fde[0]) - hdr);
		p->fde[i].length = 20;
		p->fde[i].cie = 1;
		p->fde[i].begin = (int32_t)(start - (fde + i * sizeof(p->fde[0]) + 8));
		p->fde[i].range = 0x100;
	}
	assert_function(function_at(p, CODE_AT + even + 0x150), even + 0x90, even + 0x190, true);
	assert_function(function_at(p, CODE_AT + even + 0x310), even + 0x300, even + 0x380, false);
	assert_int_equal(function_at(p, CODE_AT + even + 0x1a0).start, 0);
	/* an entry that contradicts itself, a table of another kind */
	p->fde[0].begin++;
	fn = function_at(p, CODE_AT + even + 0x150);
	assert_int_equal(fn.start, CODE_AT + even + 0x90);
	assert_false(fn.sure);
	p->hdr.head[3] = 0x1b;
	assert_function(function_at(p, CODE_AT + even + 0x150), even, even + 0x205, false);
	free(p);
}

static void test_functions_arm64(void **state)
{
	struct program *p = program(EM_AARCH64, ET_DYN);

	for (size_t at = 0; at < 2; at++) {
		int64_t back = (4000 + 64 * (int64_t)at) - (CODE - 8 - 4 * (int64_t)at);

		put_insn(p, CODE - 8 - 4 * at, 0x94000000 | ((back / 4) & 0x3ffffff));
	}
	assert_function(function_at(p, CODE_AT + 4000 + 20), 4000, 4064, false);
	free(p);
}

/* Segments that claim more than there is, or more than all reason. */
static void test_hostile(void **state)
{
	const struct scan_bytes needle = {"SSL_", 4}, none = {"", 0};
	const uint64_t target = DATA_AT + 16;
	struct program *p = program(EM_X86_64, ET_DYN);
	struct scan_refs refs = {0};
	struct seen seen = {0};
	struct elf_file *f;

	memset(p->code, 0x90, CODE);
	memcpy(p->constants + 500, "SSL_", 4);
	put_rel32(p, 100, "\x48\x8d\x05", 3, target);
	p->ph[2].p_filesz = 64 << 20;
	f = open_program(p, offsetof(struct program, code) + 107);
	assert_int_equal(scan__find(f, &needle, 1, see_bytes, &seen), 0);
	assert_int_equal(scan__find(f, &none, 1, see_bytes, &seen), -E2BIG);
	assert_int_equal(scan__refs(f, &target, 1, &refs), 0);
	assert_int_equal(refs.n, 1);
	elf_file__free(f);
	p->ph[2].p_filesz = 2ULL << 30;
	f = open_program(p, sizeof(*p));
	assert_int_equal(scan__refs(f, &target, 1, &refs), -E2BIG);
	elf_file__free(f);
	scan_refs__free(&refs);
	free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_string),
		cmocka_unit_test(test_refs_x86),
		cmocka_unit_test(test_refs_arm64),
		cmocka_unit_test(test_pointers),
		cmocka_unit_test(test_functions_x86),
		cmocka_unit_test(test_functions_arm64),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests_name("scan", tests, NULL, NULL);
}
