// SPDX-License-Identifier: Apache-2.0
/* rustls 0.23, without symbols. Every record goes through MessageEncrypter::encrypt or
 * MessageDecrypter::decrypt of the cipher in use, which are called through vtables. A vtable is
 * {drop, size, align, methods...}, all pointers known from relocations. Of an encrypter's methods
 * the second is encrypted_payload_len(&self, n), which adds what the cipher adds: 17 (TLS 1.3), 24
 * or 16 (TLS 1.2), and nothing else. The decrypter of the same cipher has one method, a structure
 * like its own, stands beside it, and begins by comparing a length with what the cipher adds. Paths
 * of source files, which panics name, tell that it is rustls and of which version. */
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "capture/functions.h"
#include "capture/scan.h"
#include "capture/site.h"

#define PATH_MAX_BYTES 48
#define STRUCT_MAX 4096	 /* bytes of an encrypter: keys, with a table for GCM at most */
#define STRUCTS_APART 64 /* by which encrypter and decrypter may differ */
#define TABLES_APART 512 /* bytes between the vtables of one cipher */
#define HEAD_MAX 96	 /* how far into decrypt the length is compared */
#define RETS_MAX 64	 /* of one function */

struct pointer {
	uint64_t at, target;
};

struct finder {
	struct elf_file *f;
	char version[16]; /* "": not told */
	char other[16];	  /* a version that is not 0.23 */
	bool is_rustls;
	struct pointer *pointer; /* into code, ascending by at */
	size_t n, room;
};

/* "/rustls-0.23.46/src/", or "/rustls/src/" where a build does not keep versions in its paths. */
static const struct scan_bytes paths[] = {{"/rustls-0.", 10}, {"/rustls/src/record_layer.rs", 27}};

static int on_path(void *ctx, uint64_t vaddr, size_t which)
{
	char path[PATH_MAX_BYTES + 1] = "", version[16], *end;
	struct finder *fi = ctx;
	uint64_t offset;
	size_t n;

	if (elf_file__offset(fi->f, vaddr, &offset))
		return 0;
	if (which == 1) {
		/* Not where it is what a program looks for, as this one does. */
		if (elf_file__read(fi->f, offset - 1, path, 1) == 1 && path[0])
			fi->is_rustls = true;
		return 0;
	}
	if (elf_file__read(fi->f, offset, path, PATH_MAX_BYTES) < (ssize_t)paths[0].n)
		return 0;
	end = strstr(path, "/src/");
	n = end ? (size_t)(end - path) - strlen("/rustls-") : 0;
	if (!n || n >= sizeof(version) || strspn(path + strlen("/rustls-"), "0123456789.") < n)
		return 0;
	snprintf(version, sizeof(version), "%.*s", (int)n, path + strlen("/rustls-"));
	if (strncmp(version, "0.23.", 5)) {
		memcpy(fi->other, version, sizeof(version));
		return 0;
	}
	memcpy(fi->version, version, sizeof(version));
	fi->is_rustls = true;
	return 1;
}

static int on_pointer(void *ctx, uint64_t at, uint64_t target)
{
	struct finder *fi = ctx;
	struct pointer *grown;

	if (fi->n == limits_default.scan_pointers)
		return -E2BIG;
	if (fi->n == fi->room) {
		fi->room = fi->room ? fi->room * 2 : 4096;
		grown = reallocarray(fi->pointer, fi->room, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		fi->pointer = grown;
	}
	fi->pointer[fi->n++] = (struct pointer){at, target};
	return 0;
}

static int by_place(const void *a, const void *b)
{
	const struct pointer *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

static int find_pointers(struct finder *fi)
{
	uint64_t lo = UINT64_MAX, hi = 0;
	int err;

	for (unsigned int i = 0; i < elf_file__segments(fi->f); i++) {
		struct elf_segment s = elf_file__segment(fi->f, i);

		if (!s.exec)
			continue;
		lo = s.vaddr < lo ? s.vaddr : lo;
		hi = s.vaddr + s.size > hi ? s.vaddr + s.size : hi;
	}
	err = hi > lo ? scan__pointers(fi->f, lo, hi, on_pointer, fi) : 0;
	if (!err && fi->n)
		qsort(fi->pointer, fi->n, sizeof(*fi->pointer), by_place);
	return err;
}

/* A vtable whose first method is pointer i. */
struct vtable {
	uint64_t at;
	bool drops;
	uint64_t size, align;
	uint64_t method[2]; /* [1] 0: there is none */
};

/* Old linkers keep constants beside the code: what follows a vtable may point at the path of a
 * source file. No code is 16 printable bytes. */
static bool is_text(const struct finder *fi, uint64_t vaddr)
{
	uint8_t b[16];

	if (elf_file__code(fi->f, vaddr, b, sizeof(b)) != sizeof(b))
		return false;
	for (size_t i = 0; i < sizeof(b); i++)
		if (b[i] < ' ' || b[i] > '~')
			return false;
	return true;
}

static bool vtable_at(const struct finder *fi, size_t i, struct vtable *ret)
{
	const struct pointer *p = fi->pointer;
	uint64_t word[3], offset;

	*ret = (struct vtable){.at = p[i].at - 24, .method = {p[i].target}};
	if (i && p[i - 1].at > ret->at)
		return false;
	if (i + 1 < fi->n && p[i + 1].at == p[i].at + 8 && !is_text(fi, p[i + 1].target))
		ret->method[1] = p[i + 1].target;
	ret->drops = i && p[i - 1].at == ret->at;
	if (elf_file__offset(fi->f, ret->at, &offset) ||
	    elf_file__read(fi->f, offset, word, sizeof(word)) != sizeof(word) ||
	    (!ret->drops && word[0]))
		return false;
	ret->size = word[1];
	ret->align = word[2];
	return ret->size && ret->size <= STRUCT_MAX && ret->align >= 8 && ret->align <= 64 &&
	       !(ret->align & (ret->align - 1));
}

/* What ciphers add to a record: RFC 8446, 5.2 (type and tag); RFC 5288 and RFC 7905 for TLS 1.2
 * (explicit nonce and tag; tag). */
static bool is_overhead(uint64_t n)
{
	return n == 16 || n == 17 || n == 24;
}

/* Skips the prefix of n bytes at *p where it is there. */
static void skip(const uint8_t **p, const void *prefix, size_t n)
{
	if (!memcmp(*p, prefix, n))
		*p += n;
}

static bool adds_overhead_x86(const uint8_t *p)
{
	uint8_t n;

	skip(&p, "\xf3\x0f\x1e\xfa", 4);  /* endbr64 */
	skip(&p, "\x55\x48\x89\xe5", 4);  /* push %rbp; mov %rsp, %rbp */
	if (memcmp(p, "\x48\x8d\x46", 3)) /* lea n(%rsi), %rax */
		return false;
	n = p[3];
	p += 4;
	skip(&p, "\x5d", 1); /* pop %rbp */
	return *p == 0xc3 && is_overhead(n);
}

static uint32_t insn(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static bool adds_overhead_arm64(const uint8_t *p)
{
	uint32_t add;

	skip(&p, "\x5f\x24\x03\xd5", 4);		 /* bti c */
	skip(&p, "\xfd\x7b\xbf\xa9\xfd\x03\x00\x91", 8); /* stp x29, x30, [sp, -16]!; mov x29, sp */
	add = insn(p);
	p += 4;
	skip(&p, "\xfd\x7b\xc1\xa8", 4); /* ldp x29, x30, [sp], 16 */
	return (add & 0xffc003ff) == 0x91000020 /* add x0, x1, n */ &&
	       is_overhead(add >> 10 & 0xfff) && insn(p) == 0xd65f03c0 /* ret */;
}

static bool adds_overhead(const struct finder *fi, uint64_t fn)
{
	uint8_t code[32] = {0};

	if (elf_file__code(fi->f, fn, code, sizeof(code)) < 5)
		return false;
	return elf_file__machine(fi->f) == EM_AARCH64 ? adds_overhead_arm64(code)
						      : adds_overhead_x86(code);
}

/* Is this instruction a comparison of a length with what a cipher adds to it, or with one less?
 * TLS 1.3's decrypt leaves the type to what comes later. */
static bool compares_x86(const uint8_t *p)
{
	uint8_t n;

	if ((p[0] == 0x48 || p[0] == 0x49) && p[1] == 0x83 && (p[2] & 0xe8) == 0xe8)
		n = p[3]; /* cmp $n, %r64; or sub */
	else if (!memcmp(p, "\x48\x83\x7a", 3))
		n = p[4]; /* cmpq $n, d(%rdx) */
	else
		return false;
	return is_overhead(n) || is_overhead(n + 1);
}

static bool compares_arm64(const uint8_t *p)
{
	uint32_t subs = insn(p), n = subs >> 10 & 0xfff; /* cmp is one, too */

	return (subs & 0xffc00000) == 0xf1000000 && (is_overhead(n) || is_overhead(n + 1));
}

static bool compares_overhead(const struct finder *fi, uint64_t fn)
{
	bool arm = elf_file__machine(fi->f) == EM_AARCH64;
	uint8_t code[HEAD_MAX + 8] = {0};

	if (elf_file__code(fi->f, fn, code, HEAD_MAX) <= 0)
		return false;
	for (size_t i = 0; i < HEAD_MAX; i += arm ? 4 : 1)
		if (arm ? compares_arm64(code + i) : compares_x86(code + i))
			return true;
	return false;
}

static bool is_decrypter(const struct finder *fi, size_t i, const struct vtable *enc)
{
	struct vtable dec;
	uint64_t apart;

	if (!vtable_at(fi, i, &dec) || dec.method[1])
		return false;
	apart = dec.size > enc->size ? dec.size - enc->size : enc->size - dec.size;
	return dec.drops == enc->drops && dec.align == enc->align && apart <= STRUCTS_APART &&
	       compares_overhead(fi, dec.method[0]);
}

static int add(struct finder *fi, uint64_t fn, bool encrypt, struct located *ret)
{
	struct elf_sym sym = {.vaddr = fn};
	struct probe_site *site = &ret->site[ret->n];
	int err;

	/* Equal functions may have been made one. */
	for (unsigned int i = 0; i < ret->n; i++)
		if (ret->site[i].sym.vaddr == fn)
			return 0;
	if (ret->n == SITE_MAX || elf_file__offset(fi->f, fn, &sym.offset))
		return 0;
	err = site__at(fi->f, &sym, encrypt ? FN_RUST_ENCRYPT : FN_RUST_DECRYPT,
		       encrypt ? "MessageEncrypter::encrypt" : "MessageDecrypter::decrypt", site);
	if (err)
		return err;
	site->way = encrypt ? SITE_ENTRY : SITE_CALL;
	ret->n++;
	return 0;
}

/* An encrypter, and the decrypter whose vtable is nearest, or two as near on either side: that a
 * call is one of decrypt is proven by its arguments and its result. */
static int add_cipher(struct finder *fi, size_t i, const struct vtable *enc, struct located *ret)
{
	uint64_t best = TABLES_APART + 1, apart, near[2];
	const struct pointer *p = fi->pointer;
	size_t k = i, n = 0;
	int err = 0;

	while (k && p[i].at - p[k - 1].at <= TABLES_APART)
		k--;
	for (; k < fi->n && p[k].at <= p[i].at + TABLES_APART; k++) {
		apart = k < i ? p[i].at - p[k].at : p[k].at - p[i].at;
		if (k == i || apart > best || !is_decrypter(fi, k, enc))
			continue;
		n = apart < best ? 0 : n;
		near[n++ & 1] = p[k].target;
		best = apart;
	}
	if (n)
		err = add(fi, enc->method[0], true, ret);
	for (k = 0; !err && k < n && k < 2; k++)
		err = add(fi, near[k], false, ret);
	return err;
}

static int find_ciphers(struct finder *fi, struct located *ret)
{
	struct vtable enc;
	int err = 0;

	for (size_t i = 0; !err && i < fi->n; i++)
		if (vtable_at(fi, i, &enc) && enc.method[1] && adds_overhead(fi, enc.method[1]))
			err = add_cipher(fi, i, &enc, ret);
	return err;
}

/* Where return probes could kill, decrypt is left by known RET instructions or gets no probe, and
 * then neither does its encrypter: requests without answers tell nothing. */
static int find_ends(struct finder *fi, struct located *ret)
{
	static const char why[] =
		"return probes could kill, and its RET instructions are not known";
	struct function fn[SITE_MAX];
	uint64_t at[SITE_MAX], rets[RETS_MAX];
	unsigned int n = 0, k;
	bool tail;
	int err;

	for (unsigned int i = 0; i < ret->n; i++) {
		for (k = n++; k && at[k - 1] > ret->site[i].sym.vaddr; k--)
			at[k] = at[k - 1];
		at[k] = ret->site[i].sym.vaddr;
	}
	err = n ? functions__find(fi->f, at, n, fn) : 0;
	if (err == -ENOMEM)
		return err;
	for (unsigned int i = 0; i < ret->n; i++) {
		struct probe_site *site = &ret->site[i];

		for (k = 0; !err && k < n; k++)
			if (at[k] == site->sym.vaddr && fn[k].start == at[k])
				site->sym.size = fn[k].end - fn[k].start;
		if (site->fn == FN_RUST_ENCRYPT ||
		    (site__rets(fi->f, &site->sym, rets, RETS_MAX, &tail) > 0 && !tail))
			continue;
		site->left_out = why;
		if (site[-1].fn == FN_RUST_ENCRYPT)
			site[-1].left_out = why;
	}
	return 0;
}

static int find(struct elf_file *f, const struct locate_config *config, struct located *ret)
{
	uint16_t machine = elf_file__machine(f);
	struct finder fi = {.f = f};
	int err;

	if (machine != EM_X86_64 && machine != EM_AARCH64)
		return 0;
	err = scan__find(f, paths, sizeof(paths) / sizeof(paths[0]), on_path, &fi);
	if (err < 0)
		return err;
	if (!fi.is_rustls && !fi.other[0])
		return 0;
	ret->stack = TLS_RUSTLS;
	memcpy(ret->version, fi.is_rustls ? fi.version : fi.other, sizeof(fi.version));
	if (!fi.is_rustls) {
		snprintf(ret->why_not, sizeof(ret->why_not), "only rustls 0.23 is known");
		return 1;
	}
	err = find_pointers(&fi);
	if (!err)
		err = find_ciphers(&fi, ret);
	if (!err && config->want_rets)
		err = find_ends(&fi, ret);
	free(fi.pointer);
	if (err == -E2BIG) {
		ret->n = 0;
		snprintf(ret->why_not, sizeof(ret->why_not), "too many pointers to look through");
		return 1;
	}
	if (!err && !ret->n)
		snprintf(ret->why_not, sizeof(ret->why_not),
			 "no ciphers like those of ring and aws-lc-rs");
	return err ? err : 1;
}

const struct locator locate_rustls = {.name = "vtables", .find = find, .telling = "/rustls"};
