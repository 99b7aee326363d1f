// SPDX-License-Identifier: Apache-2.0
#include "capture/site.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/x86.h"

#define CODE_MAX (64 << 10) /* of one function */
#define CODE_HEAD 512	    /* enough for the way to the first call */

enum group {
	GROUP_NONE, /* its own site or nothing */
	GROUP_READ,
	GROUP_WRITE,
};

static const struct tls_name {
	const char *name;
	enum tls_fn fn;
	enum group group;
	uint8_t done; /* the argument that points at the length; 0: a local of the function */
} names[] = {
	{"SSL_read", FN_READ, GROUP_READ, 0},
	{"SSL_read_ex", FN_READ_EX, GROUP_READ, 3},
	{"SSL_write", FN_WRITE, GROUP_WRITE, 0},
	{"SSL_write_ex", FN_WRITE_EX, GROUP_WRITE, 3},
	{"SSL_write_ex2", FN_WRITE_EX2, GROUP_WRITE, 4},
	{"SSL_sendfile", FN_SENDFILE, GROUP_NONE, 0},
	{"SSL_new", FN_NEW, GROUP_NONE, 0},
	{"SSL_free", FN_FREE, GROUP_NONE, 0},
	{"SSL_clear", FN_CLEAR, GROUP_NONE, 0},
};

#define N_NAMES (sizeof(names) / sizeof(names[0]))

_Static_assert(N_NAMES <= SITE_MAX && N_NAMES <= ELF_FIND_MAX, "names");

/* The static function that a group shares. */
struct shared {
	uint64_t vaddr;
	int done; /* which argument points at the length: 3 or 4 */
};

struct finder {
	struct elf_file *f;
	struct x86 *x86; /* NULL: another machine */
	struct elf_sym sym[N_NAMES];
	const char *why; /* a group's symbols are probed instead of its shared function */
	char why_buf[64];
};

static int name_index(const char *name)
{
	size_t i;

	for (i = 0; i < N_NAMES; i++)
		if (!strcmp(names[i].name, name))
			return (int)i;
	return -1;
}

/* Which of names lies at target, perhaps behind a PLT entry; -1: none. */
static int target_name(struct finder *fi, uint64_t target)
{
	char symbol[ELF_SYMBOL_NAME_MAX];
	uint8_t code[16];
	uint64_t slot;
	ssize_t n;
	size_t i;

	for (i = 0; i < N_NAMES; i++)
		if (fi->sym[i].offset && fi->sym[i].vaddr == target)
			return (int)i;
	n = elf_file__code(fi->f, target, code, sizeof(code));
	if (n <= 0 || x86__plt_slot(code, n, target, &slot) ||
	    elf_file__plt_symbol(fi->f, slot, symbol))
		return -1;
	i = name_index(symbol);
	return i < N_NAMES && fi->sym[i].offset ? (int)i : -1;
}

static int call_of(struct finder *fi, int i, struct x86_call *ret)
{
	uint8_t code[CODE_HEAD];
	size_t want = sizeof(code);
	ssize_t n;

	if (fi->sym[i].size && fi->sym[i].size < want)
		want = fi->sym[i].size;
	n = elf_file__code(fi->f, fi->sym[i].vaddr, code, want);
	fi->why = "its code cannot be read";
	return n <= 0 ? -ENOENT
		      : x86__first_call(fi->x86, code, n, fi->sym[i].vaddr, fi->sym[i].size,
					&fi->why, ret);
}

/* The function that names[i] hands its work to, if ssl, buf and num are then in their registers. */
static int shared_of(struct finder *fi, int i, struct shared *ret)
{
	const struct tls_name *tn = &names[i];
	struct x86_call call;
	int err, next, done;

	err = call_of(fi, i, &call);
	if (err)
		return err;
	fi->why = "arguments moved before the call";
	if (call.arg[0] != X86_ARG0 || call.arg[1] != X86_ARG0 + 1 || call.arg[2] != X86_ARG0 + 2)
		return -ENOENT;
	/* write(ssl, buf, num, done) of 1.1.1 to 3.2; write(ssl, buf, num, flags, done) of 3.3 */
	for (done = 3; done <= 4; done++)
		if (call.arg[done] == (tn->done ? (enum x86_value)tn->done : X86_STACK))
			break;
	if (done > 4)
		return -ENOENT;
	if (done == 4 && call.arg[3] != (tn->done == 4 ? X86_ARG0 + 3 : X86_CONST))
		return -ENOENT;
	next = target_name(fi, call.target);
	if (next < 0) {
		*ret = (struct shared){call.target, done};
		return 0;
	}
	/* SSL_write_ex is SSL_write_ex2 with flags of 0 */
	fi->why = "it calls another exported function";
	if (next == i || names[next].group != tn->group || names[next].done != done ||
	    tn->done == 4)
		return -ENOENT;
	return shared_of(fi, next, ret);
}

/* All functions of a group must reach the same one, and at least the plain and the _ex form, which
 * know different things about their arguments, must be there to agree. */
static int shared_of_group(struct finder *fi, enum group group, struct shared *ret)
{
	struct shared one, all = {0};
	unsigned int n = 0;
	size_t i;
	int err;

	for (i = 0; i < N_NAMES; i++) {
		if (names[i].group != group || !fi->sym[i].offset)
			continue;
		err = shared_of(fi, (int)i, &one);
		if (err)
			return err;
		fi->why = "its forms call different functions";
		if (n++ && (one.vaddr != all.vaddr || one.done != all.done))
			return -ENOENT;
		all = one;
	}
	fi->why = "only one form of it";
	if (n < 2 || (group == GROUP_READ && all.done != 3))
		return -ENOENT;
	*ret = all;
	return 0;
}

static int internal_site(struct finder *fi, enum group group, struct probe_site *ret)
{
	struct probe_site s = {.internal = true, .emulated = true, .sure = group == GROUP_READ};
	struct shared shared;
	uint8_t code[32];
	ssize_t n;
	int err, at;
	size_t i;

	err = shared_of_group(fi, group, &shared);
	if (err)
		return err;
	fi->why = "its static callee begins no cheaper";
	n = elf_file__code(fi->f, shared.vaddr, code, sizeof(code));
	if (n <= 0)
		return -ENOENT;
	at = x86__endbr64(code, n) ? 4 : 0;
	if (!x86__emulated(code + at, n - at))
		return -ENOENT;
	s.vaddr = shared.vaddr + at;
	err = elf_file__offset(fi->f, s.vaddr, &s.file_offset);
	if (err)
		return err;
	for (i = 0; i < N_NAMES && (names[i].group != group || !fi->sym[i].offset); i++)
		;
	if (i == N_NAMES)
		return -ENOENT;
	s.sym = fi->sym[i];
	s.name = names[i].name;
	s.fn = group == GROUP_READ ? FN_READ_EX : shared.done == 4 ? FN_WRITE_EX2 : FN_WRITE_EX;
	snprintf(s.reason, sizeof(s.reason), "static callee of %s and its other forms%s", s.name,
		 at ? ", after endbr64" : "");
	*ret = s;
	return 0;
}

/* arch/arm64/kernel/probes/decode-insn.c: what is simulated instead of stepped. */
static bool arm64_emulated(uint32_t insn)
{
	static const struct {
		uint32_t mask, value;
	} table[] = {
		{0x7c000000, 0x14000000}, /* b, bl */
		{0xff000010, 0x54000000}, /* b.cond */
		{0x7e000000, 0x34000000}, /* cbz, cbnz */
		{0x7e000000, 0x36000000}, /* tbz, tbnz */
		{0x1f000000, 0x10000000}, /* adr, adrp */
		{0xbf000000, 0x18000000}, /* ldr (literal) */
		{0xff000000, 0x98000000}, /* ldrsw (literal) */
		{0xff9ffc1f, 0xd61f0000}, /* br, blr, ret */
	};
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if ((insn & table[i].mask) == table[i].value)
			return true;
	return false;
}

static void describe_first(const uint8_t *code, ssize_t n, char *ret, size_t size)
{
	if (n < 4)
		snprintf(ret, size, "unreadable");
	else if (x86__endbr64(code, n))
		snprintf(ret, size, "endbr64");
	else
		snprintf(ret, size, "%02x %02x %02x %02x", code[0], code[1], code[2], code[3]);
}

/* The symbol itself, or a cheaper place just behind it. why: why not its shared function. */
static void symbol_site(struct finder *fi, const struct elf_sym *sym, enum tls_fn fn,
			const char *name, const char *why, struct probe_site *ret)
{
	struct probe_site s = {.vaddr = sym->vaddr,
			       .file_offset = sym->offset,
			       .fn = fn,
			       .way = fn == FN_FREE || fn == FN_CLEAR ? SITE_ENTRY : SITE_CALL,
			       .sure = fn == FN_READ,
			       .sym = *sym,
			       .name = name};
	uint8_t *code = calloc(1, CODE_MAX);
	char first[16];
	uint32_t insn;
	ssize_t n = 0;
	int at = -ENOENT;

	if (code)
		n = elf_file__code(fi->f, sym->vaddr, code,
				   sym->size && sym->size < CODE_MAX ? sym->size : 4096);
	if (fi->x86 && n > 0)
		at = x86__cheap_entry(fi->x86, code, n, sym->vaddr);
	if (!fi->x86 && n >= 4 && elf_file__machine(fi->f) == EM_AARCH64) {
		memcpy(&insn, code, 4);
		at = arm64_emulated(insn) ? 0 : -ENOENT;
	}
	s.emulated = at >= 0;
	if (at > 0) {
		s.vaddr += at;
		s.file_offset += at;
		snprintf(s.reason, sizeof(s.reason), "symbol+%d, the first cheap instruction", at);
	} else if (at == 0) {
		snprintf(s.reason, sizeof(s.reason), "symbol, begins with a cheap instruction");
	} else {
		describe_first(code, code ? n : 0, first, sizeof(first));
		snprintf(s.reason, sizeof(s.reason), "symbol, single-stepped (%s)%s%s", first,
			 why ? ": " : "", why ? why : "");
	}
	free(code);
	*ret = s;
}

static void name_site(struct finder *fi, size_t i, const char *why, struct probe_site *ret)
{
	symbol_site(fi, &fi->sym[i], names[i].fn, names[i].name, why, ret);
}

int site__at(struct elf_file *f, const struct elf_sym *sym, enum tls_fn fn, const char *name,
	     struct probe_site *ret)
{
	struct finder fi = {.f = f};
	int err = elf_file__machine(f) == EM_X86_64 ? x86__new(&fi.x86) : 0;

	if (err)
		return err;
	symbol_site(&fi, sym, fn, name, NULL, ret);
	x86__free(fi.x86);
	return 0;
}

/* Does names[i] do nothing but call SSL_write_ex2, whose own probe tells all? */
static bool hands_over(struct finder *fi, int i)
{
	struct x86_call call;
	int next;

	if (names[i].fn != FN_WRITE_EX || !fi->x86 || call_of(fi, i, &call))
		return false;
	next = target_name(fi, call.target);
	return next >= 0 && names[next].fn == FN_WRITE_EX2 && call.arg[0] == X86_ARG0 &&
	       call.arg[1] == X86_ARG0 + 1 && call.arg[2] == X86_ARG0 + 2 &&
	       call.arg[3] == X86_CONST && call.arg[4] == X86_ARG0 + 3;
}

/* One group: its shared function if that is cheaper than its symbols, else each symbol. */
static size_t pick_group(struct finder *fi, enum group group, bool symbols_only,
			 struct probe_site *ret)
{
	struct probe_site internal;
	bool dear = false;
	const char *why = NULL;
	size_t i, n = 0;

	for (i = 0; i < N_NAMES; i++) {
		if (names[i].group != group || !fi->sym[i].offset)
			continue;
		name_site(fi, i, NULL, &ret[n]);
		dear |= !ret[n++].emulated;
	}
	if (group == GROUP_NONE || !dear || !fi->x86)
		return n;
	if (symbols_only) {
		why = "only symbols are wanted";
	} else {
		if (!internal_site(fi, group, &internal)) {
			ret[0] = internal;
			return 1;
		}
		why = fi->why;
	}
	for (n = 0, i = 0; i < N_NAMES; i++) {
		if (names[i].group != group || !fi->sym[i].offset)
			continue;
		name_site(fi, i, why, &ret[n]);
		n += ret[n].emulated || !hands_over(fi, (int)i);
	}
	return n;
}

int site__pick(struct elf_file *f, bool symbols_only, struct probe_site ret[SITE_MAX])
{
	const char *wanted[N_NAMES];
	struct finder fi = {.f = f};
	enum group group;
	size_t n = 0, i;
	int err;

	for (i = 0; i < N_NAMES; i++)
		wanted[i] = names[i].name;
	err = elf_file__find(f, wanted, N_NAMES, fi.sym);
	if (err <= 0)
		return err;
	if (elf_file__machine(f) == EM_X86_64) {
		err = x86__new(&fi.x86);
		if (err)
			return err;
	}
	for (group = GROUP_NONE; group <= GROUP_WRITE; group++)
		n += pick_group(&fi, group, symbols_only, ret + n);
	x86__free(fi.x86);
	return (int)n;
}

struct rets {
	uint64_t offset; /* of the function */
	uint64_t *ret;
	size_t n, max;
};

static int ret_found(void *ctx, size_t offset)
{
	struct rets *r = ctx;

	if (r->n == r->max)
		return -E2BIG;
	r->ret[r->n++] = r->offset + offset;
	return 0;
}

static int rets_arm64(const uint8_t *code, size_t n, struct rets *r)
{
	int tail = 0, err;
	uint32_t insn;
	int64_t to;
	size_t at;

	for (at = 0; at + 4 <= n; at += 4) {
		memcpy(&insn, code + at, 4);
		if (insn == 0xd65f03c0 || (insn & 0xfffffbff) == 0xd65f0bff) { /* ret, reta[ab] */
			err = ret_found(r, at);
			if (err)
				return err;
		}
		if ((insn & 0xfc000000) == 0x14000000) { /* b */
			to = (int64_t)at + ((int64_t)((uint64_t)insn << 38) >> 36);
			tail |= to < 0 || to >= (int64_t)n;
		}
		if ((insn & 0xfe9ff000) == 0xd61f0000 && (insn & 0xfffffc1f) != 0xd65f0000 &&
		    (insn & 0x00600000) == 0) /* br, bra* */
			tail = 1;
	}
	return tail;
}

int site__rets(struct elf_file *f, const struct elf_sym *sym, uint64_t *ret, size_t max,
	       bool *ret_tail)
{
	struct rets r = {.offset = sym->offset, .ret = ret, .max = max};
	struct x86 *x86 = NULL;
	uint8_t *code;
	ssize_t n;
	int err;

	if (!sym->size || sym->size > CODE_MAX)
		return -ENOENT;
	code = malloc(sym->size);
	if (!code)
		return -ENOMEM;
	n = elf_file__code(f, sym->vaddr, code, sym->size);
	if (n != (ssize_t)sym->size) {
		err = n < 0 ? (int)n : -ENOEXEC;
	} else if (elf_file__machine(f) == EM_AARCH64) {
		err = rets_arm64(code, n, &r);
	} else if (elf_file__machine(f) == EM_X86_64) {
		err = x86__new(&x86);
		if (!err)
			err = x86__rets(x86, code, n, sym->vaddr, ret_found, &r);
		x86__free(x86);
	} else {
		err = -ENOEXEC;
	}
	free(code);
	if (err < 0)
		return err;
	*ret_tail = err;
	return (int)r.n;
}
