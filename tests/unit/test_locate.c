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

#include "capture/locate.h"

#define CODE 4096
#define BASE 0x400000
#define FILLER 1024 /* so that code does not outweigh the constants */

/* A program assembled by hand, without symbols and unwind entries. */
struct program {
	Elf64_Ehdr eh;
	Elf64_Phdr ph[2];
	char constants[FILLER];
	uint8_t code[CODE];
	size_t n_constants, at; /* while building; the file has them too, and does not care */
	uint64_t source;	/* the string that errors name */
	uint64_t fn[16];	/* functions, called at the end */
	size_t n_fn;
};

static uint64_t here(const struct program *p)
{
	return BASE + offsetof(struct program, code) + p->at;
}

static bool is_arm64(const struct program *p)
{
	return p->eh.e_machine == EM_AARCH64;
}

static uint64_t constant(struct program *p, const char *s)
{
	uint64_t vaddr = BASE + offsetof(struct program, constants) + p->n_constants;

	strcpy(p->constants + p->n_constants, s);
	p->n_constants += strlen(s) + 1;
	return vaddr;
}

static struct program program(uint16_t machine, uint16_t type)
{
	struct program p = {
		.eh = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, 1},
		       .e_type = type,
		       .e_machine = machine,
		       .e_phoff = offsetof(struct program, ph),
		       .e_phentsize = sizeof(Elf64_Phdr),
		       .e_phnum = 2},
		.ph = {{.p_type = PT_LOAD,
			.p_flags = PF_R,
			.p_vaddr = BASE,
			.p_filesz = offsetof(struct program, code)},
		       {.p_type = PT_LOAD,
			.p_flags = PF_R | PF_X,
			.p_offset = offsetof(struct program, code),
			.p_vaddr = BASE + offsetof(struct program, code),
			.p_filesz = CODE}},
		.n_constants = 1,
	};

	memset(p.code, machine == EM_AARCH64 ? 0 : 0xcc, CODE);
	return p;
}

static void put(struct program *p, const void *bytes, size_t n)
{
	assert_true(p->at + n <= CODE);
	memcpy(p->code + p->at, bytes, n);
	p->at += n;
}

static void put32(struct program *p, uint32_t value)
{
	put(p, &value, 4);
}

static void call(struct program *p, uint64_t target)
{
	if (is_arm64(p)) {
		put32(p, 0x94000000 | ((target - here(p)) / 4 & 0x3ffffff));
	} else {
		put(p, "\xe8", 1);
		put32(p, target - (here(p) + 4));
	}
}

static void load_number(struct program *p, const char *opcode, int reg, uint32_t number)
{
	if (is_arm64(p)) {
		put32(p, 0x52800000 | number << 5 | reg);
	} else {
		put(p, opcode, strlen(opcode));
		put32(p, number);
	}
}

static void load_source(struct program *p)
{
	uint64_t pages = ((p->source & ~0xfffULL) - (here(p) & ~0xfffULL)) >> 12;

	if (is_arm64(p)) {
		put32(p, 0x90000003 | (pages & 3) << 29 | (pages >> 2 & 0x7ffff) << 5);
		put32(p, 0x91000063 | (p->source & 0xfff) << 10);
	} else if (p->eh.e_type == ET_EXEC) {
		put(p, "\xb9", 1);
		put32(p, p->source);
	} else {
		put(p, "\x48\x8d\x0d", 3);
		put32(p, p->source - (here(p) + 4));
	}
}

static uint64_t begin(struct program *p)
{
	p->at = (p->at + 15) / 16 * 16;
	assert_true(p->n_fn < 16);
	p->fn[p->n_fn] = here(p);
	put(p, is_arm64(p) ? "\xfd\x7b\xbf\xa9" : "\x55\x48\x89\xe5", 4);
	return p->fn[p->n_fn++];
}

static void end(struct program *p)
{
	put(p, is_arm64(p) ? "\xc0\x03\x5f\xd6" : "\xc3", is_arm64(p) ? 4 : 1);
}

/* ERR_put_error(16, 0, reason, source, line), which is the first function. */
static void report(struct program *p, uint32_t reason, uint32_t line)
{
	load_number(p, "\xbf", 0, 16);
	load_number(p, "\xba", 2, reason);
	load_source(p);
	load_number(p, "\x41\xb8", 4, line);
	call(p, p->fn[0]);
}

static void nothing(struct program *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		put(p, is_arm64(p) ? "\x1f\x20\x03\xd5" : "\x90\x90\x90\x90", 4);
}

struct boring {
	bool peek;  /* SSL_peek is there as well */
	bool twins; /* and does as much as SSL_read */
	bool two_writes;
	bool outlined; /* SSL_read calls SSL_peek */
	bool no_new;
	const char *source;
};

enum { PUT_ERROR, NEW, IMPL, READ, PEEK, WRITE };

static struct program boring(uint16_t machine, uint16_t type, struct boring how, uint64_t at[6])
{
	struct program p = program(machine, type);

	constant(&p, "OpenSSL 1.1.1 (compatible; BoringSSL)");
	p.source = constant(&p, how.source ? how.source : "../vendor/boringssl/ssl/ssl_lib.cc");
	at[PUT_ERROR] = begin(&p);
	end(&p);
	at[NEW] = begin(&p);
	report(&p, how.no_new ? 186 : 185, 488);
	end(&p);
	at[IMPL] = begin(&p);
	report(&p, 226, 839);
	nothing(&p, 16);
	report(&p, 215, 872);
	end(&p);
	for (int read = 1; read >= 0; read--) {
		if (!read && !how.peek)
			break;
		at[read ? READ : PEEK] = begin(&p);
		report(&p, 66, 933);
		call(&p, at[IMPL]);
		call(&p, at[PUT_ERROR]);
		if ((read && !how.outlined) || how.twins) {
			call(&p, at[PUT_ERROR]);
			call(&p, at[PUT_ERROR]);
		}
		end(&p);
	}
	for (int i = 0; i <= how.two_writes; i++) {
		at[WRITE] = begin(&p);
		report(&p, 66, 955);
		nothing(&p, 16);
		report(&p, 226, 960);
		nothing(&p, 16);
		report(&p, 215, 975);
		nothing(&p, 16);
		report(&p, 111, 981);
		end(&p);
	}
	/* SSL_shutdown, whose reasons are some of the same */
	begin(&p);
	report(&p, 226, 1023);
	nothing(&p, 16);
	report(&p, 291, 1071);
	end(&p);
	begin(&p);
	for (size_t i = 0; i < p.n_fn; i++)
		call(&p, p.fn[i]);
	end(&p);
	return p;
}

static int locate(const struct program *p, struct located ret[LOCATED_MAX])
{
	const struct locate_config config = {0};
	int fd = memfd_create("program", MFD_CLOEXEC), n;
	struct elf_file *f;

	memset(ret, 0, LOCATED_MAX * sizeof(ret[0]));
	assert_int_equal(write(fd, p, sizeof(*p)), sizeof(*p));
	assert_int_equal(elf_file__open(fd, &f), 0);
	n = locate__file(f, &config, ret);
	elf_file__free(f);
	close(fd);
	return n;
}

static void assert_site(const struct probe_site *s, enum tls_fn fn, uint64_t vaddr)
{
	assert_int_equal(s->fn, fn);
	assert_int_equal(s->vaddr, vaddr);
	assert_int_equal(s->file_offset, vaddr - BASE);
	assert_int_equal(s->way, SITE_CALL);
	assert_int_equal(s->sure, fn == FN_READ);
}

static void test_boringssl(void **state)
{
	static const struct {
		uint16_t machine, type;
	} kinds[] = {{EM_X86_64, ET_DYN}, {EM_X86_64, ET_EXEC}, {EM_AARCH64, ET_DYN}};
	struct located l[LOCATED_MAX];
	uint64_t at[6];

	for (size_t i = 0; i < 6; i++) {
		struct boring how = {.peek = i % 2};
		struct program p = boring(kinds[i / 2].machine, kinds[i / 2].type, how, at);

		assert_int_equal(locate(&p, l), 1);
		assert_int_equal(l[0].stack, TLS_BORINGSSL);
		assert_int_equal(l[0].n, 3);
		assert_site(&l[0].site[0], FN_READ, at[READ]);
		assert_site(&l[0].site[1], FN_WRITE, at[WRITE]);
		assert_site(&l[0].site[2], FN_NEW, at[NEW]);
		assert_string_equal(l[0].version, "");
	}
}

/* What is not sure is not probed, and says why. */
static void test_boringssl_unsure(void **state)
{
	static const struct {
		struct boring how;
		const char *why;
	} cases[] = {
		{{.two_writes = true}, "SSL_write"},
		{{.peek = true, .twins = true}, "SSL_read is not unique"},
		{{.outlined = true}, "SSL_read is not found"},
	};
	struct located l[LOCATED_MAX];
	struct program p;
	uint64_t at[6];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		p = boring(EM_X86_64, ET_DYN, cases[i].how, at);
		assert_int_equal(locate(&p, l), 1);
		assert_int_equal(l[0].stack, TLS_BORINGSSL);
		assert_int_equal(l[0].n, 0);
		assert_non_null(strstr(l[0].why_not, cases[i].why));
	}
	p = boring(EM_X86_64, ET_DYN, (struct boring){.no_new = true}, at);
	assert_int_equal(locate(&p, l), 1);
	assert_int_equal(l[0].n, 2);
	/* another machine; another source; no reference to it */
	p = boring(EM_X86_64, ET_DYN, (struct boring){0}, at);
	p.eh.e_machine = EM_RISCV;
	assert_int_equal(locate(&p, l), 1);
	assert_int_equal(l[0].n, 0);
	p = boring(EM_X86_64, ET_DYN, (struct boring){.source = "x/my_ssl_lib.ccc"}, at);
	assert_int_equal(locate(&p, l), 0);
	p = boring(EM_X86_64, ET_DYN, (struct boring){0}, at);
	p.ph[1].p_vaddr += 0x1000;
	assert_int_equal(locate(&p, l), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_boringssl),
		cmocka_unit_test(test_boringssl_unsure),
	};

	return cmocka_run_group_tests_name("locate", tests, NULL, NULL);
}
