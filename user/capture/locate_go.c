// SPDX-License-Identifier: Apache-2.0
/* Go's crypto/tls, in any Go program, stripped or not: the runtime's own table has the names.
 *
 * A function looks first whether its goroutine's stack has room; where it has not, the stack is
 * copied to a larger one and the function begins anew. So a probe on the first instruction may see
 * one call twice: the site is the instruction behind that look, where arguments, stack pointer and
 * return address still are as at the entry, and which most often is a push, the cheapest there is.
 * Return probes are out of the question: they put an address on the stack that the copying does not
 * know, and the program dies of it. */
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "capture/gopclntab.h"
#include "capture/locate.h"
#include "capture/site.h"
#include "capture/x86.h"

#define HEAD_BYTES 64
#define RETS_MAX 64

enum { READ, WRITE };

static const struct {
	const char *name;
	enum tls_fn fn;
	enum site_way way;
} methods[] = {
	[READ] = {"crypto/tls.(*Conn).Read", FN_GO_READ, SITE_RETS},
	[WRITE] = {"crypto/tls.(*Conn).Write", FN_GO_WRITE, SITE_ENTRY},
	{"crypto/tls.(*Conn).clientHandshake", FN_GO_HANDSHAKE, SITE_ENTRY},
	{"crypto/tls.(*Conn).serverHandshake", FN_GO_HANDSHAKE, SITE_ENTRY},
	{"crypto/tls.(*Conn).Close", FN_GO_CLOSE, SITE_ENTRY},
};

#define N_METHODS (sizeof(methods) / sizeof(methods[0]))

_Static_assert(N_METHODS <= SITE_MAX && N_METHODS <= ELF_FIND_MAX, "methods");

/* cmd/internal/obj/x86/obj6.go, stacksplit: [lea -frame(%rsp),%r12]; cmp 16(%r14),%rsp or %r12;
 * jbe. That the goroutine is in r14 says that arguments are in registers, too. */
static int behind_check_x86(const uint8_t *p, size_t n)
{
	size_t at = 0;
	uint8_t cmp = 0x49;

	if (n < 24)
		return -ENOENT;
	if (p[0] == 0x4c && p[1] == 0x8d && (p[2] == 0x64 || p[2] == 0xa4) && p[3] == 0x24) {
		at = p[2] == 0x64 ? 5 : 8;
		cmp = 0x4d;
	}
	if (p[at] != cmp || p[at + 1] != 0x3b || p[at + 2] != 0x66 || p[at + 3] != 0x10)
		return -ENOENT;
	at += 4;
	if (p[at] == 0x76 && p[at + 1] < 0x80)
		return (int)at + 2;
	if (p[at] == 0x0f && p[at + 1] == 0x86 && p[at + 5] < 0x80)
		return (int)at + 6;
	return -ENOENT;
}

/* cmd/internal/obj/arm64/obj7.go, stacksplit: ldr x16, [x28, #16]; [x17 = sp or sp - frame]; cmp
 * sp or x17, x16; b.ls. */
static int behind_check_arm64(const uint8_t *p, size_t n)
{
	uint32_t insn;
	size_t at;

	for (at = 0; at + 4 <= n && at < 24; at += 4) {
		memcpy(&insn, p + at, 4);
		if (!at && insn != 0xf9400b90)
			return -ENOENT;
		if ((insn & 0xff80001f) == 0x54000009) /* forwards */
			return (int)at + 4;
		if (at && insn != 0x910003f1 && (insn & 0xff8003ff) != 0xd10003f1 &&
		    insn != 0xeb3063ff && insn != 0xeb3163ff && insn != 0xeb10023f)
			return -ENOENT;
	}
	return -ENOENT;
}

static int behind_check(struct elf_file *f, const struct elf_sym *sym, bool *ret_emulated)
{
	uint8_t code[HEAD_BYTES];
	size_t want = sym->size < sizeof(code) ? sym->size : sizeof(code);
	ssize_t n = elf_file__code(f, sym->vaddr, code, want);
	int at = -ENOENT;

	*ret_emulated = false;
	if (n <= 0)
		return -ENOENT;
	if (elf_file__machine(f) == EM_X86_64) {
		at = behind_check_x86(code, n);
		*ret_emulated = at >= 0 && x86__emulated(code + at, n - at);
	} else if (elf_file__machine(f) == EM_AARCH64) {
		at = behind_check_arm64(code, n);
	}
	return at;
}

static int site(struct elf_file *f, size_t i, const struct elf_sym *sym, struct probe_site *ret)
{
	bool emulated;
	int at = behind_check(f, sym, &emulated);

	if (at < 0)
		return at;
	*ret = (struct probe_site){
		.file_offset = sym->offset + at,
		.vaddr = sym->vaddr + at,
		.fn = methods[i].fn,
		.way = methods[i].way,
		.emulated = emulated,
		.sym = *sym,
		.name = methods[i].name,
	};
	snprintf(ret->reason, sizeof(ret->reason), "function table; behind its stack check%s",
		 emulated ? ", a cheap instruction" : ", single-stepped");
	return 0;
}

/* Sites for all methods that are there. NULL, or why there are none. */
static const char *sites(struct elf_file *f, struct gopclntab *t, const struct elf_sym *sym,
			 struct located *ret)
{
	uint64_t rets[RETS_MAX];
	bool tail = false;
	size_t i;

	if (!sym[READ].offset || !sym[WRITE].offset)
		return "it has only one of crypto/tls.(*Conn).Read and Write";
	if (elf_file__machine(f) == EM_AARCH64 && gopclntab__before_118(t))
		return "Go before 1.18 passes arguments on the stack on arm64";
	for (i = 0; i < N_METHODS; i++) {
		if (!sym[i].offset || site(f, i, &sym[i], &ret->site[ret->n])) {
			if (i <= WRITE)
				return gopclntab__before_118(t)
					       ? "Go before 1.17 passes arguments on the stack"
					       : "the beginning of its functions is not understood";
			continue;
		}
		ret->n++;
	}
	if (site__rets(f, &sym[READ], rets, RETS_MAX, &tail) <= 0 || tail)
		return "the ends of crypto/tls.(*Conn).Read are not understood";
	return NULL;
}

static int find(struct elf_file *f, const struct locate_config *config, struct located *ret)
{
	const char *names[N_METHODS], *why;
	struct elf_sym sym[N_METHODS];
	struct gopclntab *t;
	int n, err;
	size_t i;

	(void)config;
	err = gopclntab__open(f, &t);
	if (err == -ENOENT)
		return 0;
	if (err && err != -EBADMSG)
		return err;
	ret->stack = TLS_GO;
	if (err) {
		snprintf(ret->why_not, sizeof(ret->why_not), "its table of functions is not %s",
			 "understood");
		return 1;
	}
	for (i = 0; i < N_METHODS; i++)
		names[i] = methods[i].name;
	n = gopclntab__find(t, names, N_METHODS, sym);
	if (n > 0) {
		gopclntab__version(t, ret->version);
		why = sites(f, t, sym, ret);
		if (why) {
			ret->n = 0;
			snprintf(ret->why_not, sizeof(ret->why_not), "%s", why);
		}
	} else if (n == -EBADMSG) {
		snprintf(ret->why_not, sizeof(ret->why_not),
			 "its table of functions is not understood");
	}
	gopclntab__free(t);
	return n == -EBADMSG || n > 0 ? 1 : n;
}

const struct locator locate_go = {"Go function table", find};
