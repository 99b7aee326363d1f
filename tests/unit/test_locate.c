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

#include "capture/flavour.h"
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

static void load_text(struct program *p, uint64_t text)
{
	uint64_t pages = ((text & ~0xfffULL) - (here(p) & ~0xfffULL)) >> 12;

	if (is_arm64(p)) {
		put32(p, 0x90000003 | (pages & 3) << 29 | (pages >> 2 & 0x7ffff) << 5);
		put32(p, 0x91000063 | (text & 0xfff) << 10);
	} else if (p->eh.e_type == ET_EXEC) {
		put(p, "\xb9", 1);
		put32(p, text);
	} else {
		put(p, "\x48\x8d\x0d", 3);
		put32(p, text - (here(p) + 4));
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
	load_text(p, p->source);
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

enum { PUT_ERROR, NEW, IMPL, READ, PEEK, WRITE, HANDSHAKE, BORINGS };

static struct program boring(uint16_t machine, uint16_t type, struct boring how,
			     uint64_t at[BORINGS])
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
	at[HANDSHAKE] = begin(&p);
	report(&p, 134, 724);
	end(&p);
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
	uint64_t at[BORINGS];

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
	uint64_t at[BORINGS];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		p = boring(EM_X86_64, ET_DYN, cases[i].how, at);
		assert_int_equal(locate(&p, l), 1);
		assert_int_equal(l[0].stack, TLS_BORINGSSL);
		assert_int_equal(l[0].n, 0);
		assert_non_null(strstr(l[0].why_not, cases[i].why));
	}
	/* without SSL_new a handshake that goes on tells that a connection begins */
	p = boring(EM_X86_64, ET_DYN, (struct boring){.no_new = true}, at);
	assert_int_equal(locate(&p, l), 1);
	assert_int_equal(l[0].n, 3);
	assert_site(&l[0].site[2], FN_HANDSHAKE, at[HANDSHAKE]);
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

/* ERR_set_debug(source, line, function) */
static void report_name(struct program *p, uint64_t name)
{
	load_text(p, p->source);
	load_number(p, "\xbe", 1, 1234);
	load_text(p, name);
	call(p, p->fn[0]);
}

struct openssl {
	const char *version;
	bool flags;	/* as of 3.3 */
	bool no_source; /* the names alone */
	bool twice;	/* another function reports as SSL_write */
};

enum { O_READ_INTERNAL = 1, O_READ, O_WRITE_INTERNAL, O_WRITE, O_NEW, O_CLEAR };

static struct program openssl(uint16_t machine, struct openssl how, uint64_t at[7])
{
	static const char *const names[] = {
		NULL,	     "ssl_read_internal", "SSL_read", "ssl_write_internal",
		"SSL_write", "SSL_new",		  "SSL_clear"};
	struct program p = program(machine, ET_DYN);
	uint64_t text[7];

	if (how.version)
		constant(&p, how.version);
	p.source = constant(&p, how.no_source ? "ssl/other.c" : "../ssl/ssl_lib.c");
	constant(&p, "SSL_readable"); /* not its name */
	for (int i = 1; i < 7; i++)
		text[i] = constant(&p, names[i]);
	at[0] = begin(&p);
	end(&p);
	for (int i = 1; i < 7; i++) {
		at[i] = begin(&p);
		if (i == O_WRITE && machine == EM_X86_64) {
			/* sub; test; js; arguments; call; add; ret */
			put(&p, "\x48\x83\xec\x18\x85\xd2", 6);
			put(&p, how.flags ? "\x78\x12\x49\x89\xe0\x31\xc9" : "\x78\x10\x48\x89\xe1",
			    how.flags ? 7 : 5);
			put(&p, "\x48\x63\xd2", 3);
			call(&p, at[O_WRITE_INTERNAL]);
			put(&p, "\x48\x83\xc4\x18\xc3", 5);
		}
		report_name(&p, text[i]);
		end(&p);
	}
	begin(&p);
	if (how.twice)
		report_name(&p, text[O_WRITE]);
	end(&p);
	begin(&p);
	for (size_t i = 0; i < p.n_fn; i++)
		call(&p, p.fn[i]);
	end(&p);
	return p;
}

static void test_openssl(void **state)
{
	static const struct {
		uint16_t machine;
		struct openssl how;
		enum tls_fn write;
		const char *version;
	} cases[] = {
		{EM_X86_64, {"OpenSSL 3.0.17 1 Jul 2025"}, FN_WRITE_EX, "3.0.17"},
		{EM_X86_64, {"OpenSSL 3.5.1+quic 11 Jul 2025"}, FN_WRITE_EX2, "3.5.1+quic"},
		{EM_X86_64, {NULL}, FN_WRITE_EX, ""},
		{EM_X86_64, {NULL, .flags = true}, FN_WRITE_EX2, ""},
		{EM_AARCH64, {"OpenSSL 3.2.0 23 Nov 2023"}, FN_WRITE_EX, "3.2.0"},
	};
	struct located l[LOCATED_MAX];
	uint64_t at[7];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct program p = openssl(cases[i].machine, cases[i].how, at);

		assert_int_equal(locate(&p, l), 1);
		assert_int_equal(l[0].stack, TLS_OPENSSL);
		assert_string_equal(l[0].version, cases[i].version);
		assert_int_equal(l[0].n, 4);
		assert_int_equal(l[0].site[0].vaddr, at[O_READ_INTERNAL]);
		assert_int_equal(l[0].site[0].fn, FN_READ_EX);
		assert_true(l[0].site[0].internal);
		assert_true(l[0].site[0].sure);
		assert_int_equal(l[0].site[1].vaddr, at[O_WRITE_INTERNAL]);
		assert_int_equal(l[0].site[1].fn, cases[i].write);
		assert_int_equal(l[0].site[2].vaddr, at[O_NEW]);
		assert_int_equal(l[0].site[2].fn, FN_NEW);
		assert_int_equal(l[0].site[3].vaddr, at[O_CLEAR]);
	}
}

static void test_openssl_unsure(void **state)
{
	struct located l[LOCATED_MAX];
	struct program p;
	uint64_t at[7];

	p = openssl(EM_X86_64, (struct openssl){"OpenSSL 3.0.17 1 Jul 2025", .twice = true}, at);
	assert_int_equal(locate(&p, l), 1);
	assert_int_equal(l[0].n, 0);
	assert_non_null(strstr(l[0].why_not, "not unique"));
	/* nothing says whether there are flags */
	p = openssl(EM_AARCH64, (struct openssl){NULL}, at);
	assert_int_equal(locate(&p, l), 1);
	assert_int_equal(l[0].n, 0);
	/* programs that mention the names, BoringSSL's among them */
	p = openssl(EM_X86_64, (struct openssl){"OpenSSL 3.0.17 1 Jul 2025", .no_source = true},
		    at);
	assert_int_equal(locate(&p, l), 0);
	p = openssl(EM_X86_64, (struct openssl){"OpenSSL 1.1.1 (compatible; BoringSSL)"}, at);
	assert_int_equal(locate(&p, l), 0);
}

static void test_flavour(void **state)
{
	static const struct {
		const char *text[3];
		enum tls_stack stack;
		const char *version;
	} cases[] = {
		{{"OpenSSL 3.0.17 1 Jul 2025"}, TLS_OPENSSL, "3.0.17"},
		{{"OpenSSL 1.1.1w  11 Sep 2023"}, TLS_OPENSSL, "1.1.1w"},
		{{"OpenSSL 1.1.1w  11 Sep 2023", "OpenSSL 3.0.17 1 Jul 2025"}, TLS_OPENSSL, ""},
		{{"OpenSSL 3.0.17 1 Jul 2025", "x/ssl_lib.cc"}, TLS_OPENSSL, "3.0.17"},
		{{"use OpenSSL 3.0.17 and later", "OpenSSL 3", "OpenSSL "}, TLS_OPENSSL, ""},
		{{"OpenSSL 1.1.1 (compatible; BoringSSL)"}, TLS_BORINGSSL, ""},
		{{"OpenSSL 1.1.1 (compatible; AWS-LC 1.30.1)"}, TLS_BORINGSSL, "AWS-LC 1.30.1"},
		{{"OpenSSL 1.1.1 (compatible; "}, TLS_OPENSSL, ""},
		{{"third_party/boringssl/ssl/ssl_lib.cc"}, TLS_BORINGSSL, ""},
		{{"x/ssl_lib.c"}, TLS_OPENSSL, ""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct program p = program(EM_X86_64, ET_DYN);
		int fd = memfd_create("program", MFD_CLOEXEC);
		struct flavour flavour;
		struct elf_file *f;

		for (int k = 0; k < 3 && cases[i].text[k]; k++)
			constant(&p, cases[i].text[k]);
		assert_int_equal(write(fd, &p, sizeof(p)), sizeof(p));
		assert_int_equal(elf_file__open(fd, &f), 0);
		assert_int_equal(flavour__of(f, &flavour), 0);
		assert_int_equal(flavour.stack, cases[i].stack);
		assert_string_equal(flavour.version, cases[i].version);
		elf_file__free(f);
		close(fd);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_boringssl), cmocka_unit_test(test_boringssl_unsure),
		cmocka_unit_test(test_openssl),	  cmocka_unit_test(test_openssl_unsure),
		cmocka_unit_test(test_flavour),
	};

	return cmocka_run_group_tests_name("locate", tests, NULL, NULL);
}
