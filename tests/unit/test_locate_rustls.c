// SPDX-License-Identifier: Apache-2.0
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "capture/locate.h"

#define BASE 0x10000
#define CONSTANTS 4096
#define CODE 8192
#define WORDS 512
#define RELAS 256
#define AT(member) (BASE + offsetof(struct program, member))

/* A program assembled by hand: constants, code, data with vtables, relocations that fill them. */
struct program {
	Elf64_Ehdr eh;
	Elf64_Phdr ph[4];
	Elf64_Dyn dyn[3];
	Elf64_Rela rela[RELAS];
	char constants[CONSTANTS];
	uint8_t code[CODE];
	uint64_t word[WORDS];
	/* while building; the file has them too, and does not care */
	size_t n_constants, at, n_words, n_relas;
};

/* What a cipher looks like. */
struct cipher {
	uint64_t encrypt, decrypt; /* its functions */
	int overhead;
};

enum looks {
	PLAIN,
	FRAME_POINTER,
	BRANCH_TARGETS, /* endbr64, bti c */
};

static bool is_arm64(const struct program *p)
{
	return p->eh.e_machine == EM_AARCH64;
}

static struct program *program(uint16_t machine, uint16_t type)
{
	struct program *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	p->eh = (Elf64_Ehdr){.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, 1},
			     .e_type = type,
			     .e_machine = machine,
			     .e_phoff = offsetof(struct program, ph),
			     .e_phentsize = sizeof(Elf64_Phdr),
			     .e_phnum = 4};
	static const size_t cut[] = {0, offsetof(struct program, code),
				     offsetof(struct program, word), sizeof(struct program)};
	static const uint32_t flags[] = {PF_R, PF_R | PF_X, PF_R | PF_W};

	for (int i = 0; i < 3; i++)
		p->ph[i] = (Elf64_Phdr){.p_type = PT_LOAD,
					.p_flags = flags[i],
					.p_offset = cut[i],
					.p_vaddr = BASE + cut[i],
					.p_filesz = cut[i + 1] - cut[i]};
	p->ph[3] = (Elf64_Phdr){.p_type = PT_DYNAMIC,
				.p_offset = offsetof(struct program, dyn),
				.p_filesz = sizeof(p->dyn)};
	memset(p->code, machine == EM_X86_64 ? 0xcc : 0, CODE);
	return p;
}

static void constant(struct program *p, const char *s)
{
	assert_true(p->n_constants + strlen(s) < CONSTANTS);
	memcpy(p->constants + p->n_constants, s, strlen(s)); /* Rust's have no end */
	p->n_constants += strlen(s);
}

static uint64_t function(struct program *p)
{
	p->at = (p->at + 15) / 16 * 16;
	return AT(code) + p->at;
}

static void put(struct program *p, const void *bytes, size_t n)
{
	assert_true(p->at + n <= CODE);
	memcpy(p->code + p->at, bytes, n);
	p->at += n;
}

static void put32(struct program *p, uint32_t insn)
{
	put(p, &insn, 4);
}

/* encrypted_payload_len */
static uint64_t adds(struct program *p, int overhead, enum looks looks)
{
	uint64_t start = function(p);
	bool frame = looks == FRAME_POINTER;

	if (is_arm64(p)) {
		if (looks == BRANCH_TARGETS)
			put32(p, 0xd503245f);
		if (frame)
			put(p, "\xfd\x7b\xbf\xa9\xfd\x03\x00\x91", 8);
		put32(p, 0x91000020 | overhead << 10);
		if (frame)
			put32(p, 0xa8c17bfd);
		put32(p, 0xd65f03c0);
		return start;
	}
	if (looks == BRANCH_TARGETS)
		put(p, "\xf3\x0f\x1e\xfa", 4);
	if (frame)
		put(p, "\x55\x48\x89\xe5", 4);
	put(p, (uint8_t[]){0x48, 0x8d, 0x46, overhead}, 4);
	if (frame)
		put(p, "\x5d", 1);
	put(p, "\xc3", 1);
	return start;
}

static uint64_t code(struct program *p)
{
	uint64_t start = function(p);

	if (is_arm64(p))
		put32(p, 0xd65f03c0);
	else
		put(p, "\x55\x53\x5b\x5d\xc3", 5);
	return start;
}

/* Begins by comparing a length with overhead; 0: it does not. */
static uint64_t compares(struct program *p, int overhead)
{
	uint64_t start = function(p);

	if (is_arm64(p)) {
		put32(p, 0xf9400428); /* ldr x8, [x1, 8] */
		if (overhead)
			put32(p, 0xf100011f | overhead << 10);
		put32(p, 0xd65f03c0);
		return start;
	}
	put(p, "\x55\x41\x57\x4c\x8b\x72\x08", 7); /* …; mov 8(%rdx), %r14 */
	if (overhead)
		put(p, (uint8_t[]){0x49, 0x83, 0xfe, overhead}, 4);
	put(p, "\x41\x5f\x5d\xc3", 4);
	return start;
}

static void word(struct program *p, uint64_t value)
{
	assert_true(p->n_words < WORDS);
	p->word[p->n_words++] = value;
}

static void pointer(struct program *p, uint64_t target)
{
	if (p->eh.e_type == ET_DYN && target) {
		assert_true(p->n_relas < RELAS);
		p->rela[p->n_relas++] = (Elf64_Rela){
			AT(word) + p->n_words * 8,
			ELF64_R_INFO(0, is_arm64(p) ? R_AARCH64_RELATIVE : R_X86_64_RELATIVE),
			target};
		target = 0;
	}
	word(p, target);
}

static void vtable(struct program *p, uint64_t drop, uint64_t size, uint64_t align, uint64_t method,
		   uint64_t second)
{
	pointer(p, drop);
	word(p, size);
	word(p, align);
	pointer(p, method);
	if (second)
		pointer(p, second);
}

/* A panic's Location, as it stands between the two vtables. */
static void location(struct program *p)
{
	pointer(p, AT(constants));
	word(p, 40);
	word(p, 100 | 9ULL << 32);
}

static struct cipher cipher(struct program *p, int overhead, bool drops, enum looks looks)
{
	struct cipher c = {code(p), compares(p, overhead == 17 ? 16 : overhead), overhead};
	uint64_t drop = drops ? code(p) : 0;

	vtable(p, drop, 40, 8, c.decrypt, 0);
	location(p);
	/* Equal or not, what drops it need not be one function. */
	vtable(p, drops ? code(p) : 0, 48, 8, c.encrypt, adds(p, overhead, looks));
	for (int i = 1; i <= 3; i++)
		word(p, i);
	return c;
}

static const char path[] = "/registry/src/rustls-0.23.46/src/record_layer.rs";

static void finish(struct program *p)
{
	if (!p->n_relas)
		return;
	p->dyn[0] = (Elf64_Dyn){DT_RELA, {AT(rela)}};
	p->dyn[1] = (Elf64_Dyn){DT_RELASZ, {p->n_relas * sizeof(Elf64_Rela)}};
}

static int locate_with(struct program *p, size_t n, bool want_rets, struct located *ret)
{
	const struct locate_config config = {.want_rets = want_rets};
	int fd = memfd_create("program", MFD_CLOEXEC), is;
	struct elf_file *f;

	finish(p);
	*ret = (struct located){0};
	assert_true(fd >= 0);
	assert_int_equal(write(fd, p, n), n);
	is = elf_file__open(fd, &f);
	if (!is) {
		is = locate_rustls.find(f, &config, ret);
		elf_file__free(f);
	}
	close(fd);
	return is;
}

static int locate(struct program *p, size_t n, struct located *ret)
{
	return locate_with(p, n, false, ret);
}

static void has(const struct located *l, unsigned int i, uint64_t vaddr, enum tls_fn fn)
{
	assert_true(i < l->n);
	assert_int_equal(l->site[i].sym.vaddr, vaddr);
	assert_true(l->site[i].vaddr >= vaddr && l->site[i].vaddr < vaddr + 16);
	assert_int_equal(l->site[i].file_offset, l->site[i].vaddr - BASE);
	assert_int_equal(l->site[i].fn, fn);
	assert_int_equal(l->site[i].way, fn == FN_RUST_ENCRYPT ? SITE_ENTRY : SITE_CALL);
}

static const struct {
	uint16_t machine, type;
} kinds[] = {
	{EM_X86_64, ET_DYN}, {EM_X86_64, ET_EXEC}, {EM_AARCH64, ET_DYN}, {EM_AARCH64, ET_EXEC}};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static void test_ciphers(void **state)
{
	for (size_t k = 0; k < KINDS; k++) {
		struct program *p = program(kinds[k].machine, kinds[k].type);
		struct cipher c[3];
		struct located l;

		constant(p, path);
		/* What is alike in one respect only. */
		vtable(p, 0, 8, 8, code(p), adds(p, 5, PLAIN));
		vtable(p, code(p), 64, 8, compares(p, 16), 0);
		for (int i = 0; i < 80; i++)
			word(p, i);
		c[0] = cipher(p, 24, false, PLAIN);
		c[1] = cipher(p, 16, true, FRAME_POINTER);
		c[2] = cipher(p, 17, true, BRANCH_TARGETS);
		assert_int_equal(locate(p, sizeof(*p), &l), 1);
		assert_int_equal(l.stack, TLS_RUSTLS);
		assert_string_equal(l.version, "0.23.46");
		assert_int_equal(l.n, 6);
		for (int i = 0; i < 3; i++) {
			has(&l, 2 * i, c[i].encrypt, FN_RUST_ENCRYPT);
			has(&l, 2 * i + 1, c[i].decrypt, FN_RUST_DECRYPT);
		}
		free(p);
	}
}

/* Linkers before 2018 put constants beside the code: the path of a Location is then as good a
 * second method as any. */
static void test_constants_beside_code(void **state)
{
	for (size_t k = 0; k < KINDS; k++) {
		struct program *p = program(kinds[k].machine, kinds[k].type);
		struct cipher c;
		struct located l;

		p->ph[0].p_flags |= PF_X;
		constant(p, path);
		c = cipher(p, 17, true, PLAIN);
		assert_int_equal(locate(p, sizeof(*p), &l), 1);
		assert_int_equal(l.n, 2);
		has(&l, 1, c.decrypt, FN_RUST_DECRYPT);
		free(p);
	}
}

static void version(const char *text, int is, const char *want, unsigned int n)
{
	struct program *p = program(EM_X86_64, ET_DYN);
	struct located l;

	constant(p, text);
	constant(p, "src/lib.rs");
	cipher(p, 17, false, PLAIN);
	assert_int_equal(locate(p, sizeof(*p), &l), is);
	assert_string_equal(l.version, want);
	assert_int_equal(l.n, n);
	assert_int_equal(l.n == 0 && is, l.why_not[0] != '\0');
	free(p);
}

static void test_versions(void **state)
{
	version(path, 1, "0.23.46", 2);
	version("/cargo/rustls-0.23.0/src/lib.rs", 1, "0.23.0", 2);
	version("/x/rustls-0.21.7/src/lib.rs/x/rustls-0.23.9/src/a.rs", 1, "0.23.9", 2);
	version("/x/rustls-0.21.7/src/lib.rs", 1, "0.21.7", 0);
	version("/rust/vendor/rustls/src/record_layer.rs", 1, "", 2);
	/* other crates, and what is no version */
	version("/x/tokio-rustls-0.23.1/src/lib.rs", 0, "", 0);
	version("/x/rustls-0.23.x/src/lib.rs", 0, "", 0);
	version("/x/rustls-0.23.1/lib.rs", 0, "", 0);
	version("/x/rustls-0.23.1234567890123456789/src/lib.rs", 0, "", 0);
	version("/x/rustls-0.23", 0, "", 0);
	version("hello", 0, "", 0);
}

/* As good a decrypter on either side: both. None, or one of another make: nothing. */
static void test_doubt(void **state)
{
	enum {
		BOTH_SIDES,
		NONE,
		OTHER_ALIGN,
		OTHER_DROP,
		OTHER_SIZE,
		NO_COMPARISON,
		FAR,
		GOOD,
		CASES
	};

	for (int c = 0; c < CASES; c++) {
		struct program *p = program(EM_X86_64, ET_DYN);
		struct located l;
		uint64_t first;

		constant(p, path);
		first = compares(p, c == NO_COMPARISON ? 0 : 16);
		if (c != NONE)
			vtable(p, c == OTHER_DROP ? code(p) : 0, c == OTHER_SIZE ? 400 : 40,
			       c == OTHER_ALIGN ? 16 : 8, first, 0);
		for (int i = 0; i < (c == FAR ? 80 : 4); i++)
			word(p, 0);
		vtable(p, 0, 40, 8, code(p), adds(p, 17, PLAIN));
		for (int i = 0; i < 3; i++)
			word(p, 0);
		if (c == BOTH_SIDES)
			vtable(p, 0, 40, 8, compares(p, 16), 0);
		assert_int_equal(locate(p, sizeof(*p), &l), 1);
		assert_int_equal(l.n, c == GOOD ? 2 : c == BOTH_SIDES ? 3 : 0);
		assert_int_equal(l.n == 0, l.why_not[0] != '\0');
		free(p);
	}
}

/* Functions that a linker made one are probed once; more than can be probed are left. */
static void test_many(void **state)
{
	struct program *p = program(EM_X86_64, ET_DYN);
	struct cipher c[SITE_MAX];
	struct located l;

	constant(p, path);
	c[0] = cipher(p, 17, false, PLAIN);
	for (int i = 0; i < 40; i++)
		word(p, 0);
	vtable(p, 0, 40, 8, c[0].decrypt, 0);
	location(p);
	vtable(p, 0, 40, 8, c[0].encrypt, adds(p, 17, PLAIN));
	word(p, 0);
	for (int i = 1; i < 14; i++)
		c[i] = cipher(p, 16, i & 1, PLAIN);
	assert_int_equal(locate(p, sizeof(*p), &l), 1);
	assert_int_equal(l.n, SITE_MAX);
	for (int i = 0; i < SITE_MAX / 2; i++)
		has(&l, 2 * i, c[i].encrypt, FN_RUST_ENCRYPT);
	free(p);
}

/* Where return probes could kill: a decrypt that is left in unknown ways gets no probe, nor does
 * its encrypter. */
static void test_returns(void **state)
{
	for (int jumps = 0; jumps < 2; jumps++) {
		struct program *p = program(EM_X86_64, ET_DYN);
		struct located l;
		struct cipher c;

		constant(p, path);
		c = cipher(p, 17, true, PLAIN);
		if (jumps)
			memcpy(p->code + (c.decrypt - AT(code)) + 13, "\xff\xe0",
			       2); /* jmp *%rax */
		assert_int_equal(locate_with(p, sizeof(*p), true, &l), 1);
		assert_int_equal(l.n, 2);
		assert_int_equal(l.site[0].left_out != NULL, jumps);
		assert_int_equal(l.site[1].left_out != NULL, jumps);
		if (!jumps)
			assert_true(l.site[1].sym.size >= 15);
		free(p);
	}
}

/* Cut anywhere, and with any byte wrong: never worse than not finding. */
static void test_hostile(void **state)
{
	struct program *p = program(EM_X86_64, ET_DYN), *bad;
	struct located l;
	int is;

	constant(p, path);
	cipher(p, 17, true, PLAIN);
	bad = calloc(1, sizeof(*bad));
	assert_non_null(bad);
	for (size_t n = 0; n < sizeof(*p); n += 61)
		locate(p, n, &l);
	srandom(1);
	for (int i = 0; i < 2000; i++) {
		*bad = *p;
		for (int k = 0; k < 3; k++)
			((uint8_t *)bad)[random() % (i & 1 ? offsetof(struct program, constants)
							   : sizeof(*p))] = random();
		is = locate(bad, sizeof(*bad), &l);
		assert_true(is <= 1);
		assert_true(l.n <= SITE_MAX);
	}
	free(bad);
	free(p);
}

/* Fetched by tests/e2e/clients. */
static void test_real(void **state)
{
	static const struct {
		const char *path;
		unsigned int n;
	} files[] = {
		{"codex/vendor/x86_64-unknown-linux-musl/bin/codex", 14},
		{"deno/deno", 8},
	};
	const char *directory = getenv("CLIENTS_DIR");
	const struct locate_config config = {0};
	int seen = 0;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct located l = {0};
		struct elf_file *f;
		char name[512];
		int fd;

		snprintf(name, sizeof(name), "%s/%s", directory ? directory : "build/clients",
			 files[i].path);
		fd = open(name, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		seen++;
		assert_int_equal(elf_file__open(fd, &f), 0);
		assert_int_equal(locate_rustls.find(f, &config, &l), 1);
		assert_int_equal(strncmp(l.version, "0.23.", 5), 0);
		assert_true(l.n >= files[i].n);
		elf_file__free(f);
		close(fd);
	}
	if (!seen)
		skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ciphers),	 cmocka_unit_test(test_constants_beside_code),
		cmocka_unit_test(test_versions), cmocka_unit_test(test_doubt),
		cmocka_unit_test(test_many),	 cmocka_unit_test(test_returns),
		cmocka_unit_test(test_hostile),	 cmocka_unit_test(test_real),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
