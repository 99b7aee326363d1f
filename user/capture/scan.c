// SPDX-License-Identifier: Apache-2.0
#include "capture/scan.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

#define WINDOW (256 << 10)
#define RELA_RELATIVE(machine) ((machine) == EM_AARCH64 ? R_AARCH64_RELATIVE : R_X86_64_RELATIVE)
#define FEW 8 /* addresses that code is searched for one by one */
/* How far an add may stand from the adrp whose page it completes. */
#define ADRP_REACH 1024

typedef int (*window_fn)(void *ctx, const uint8_t *p, size_t n, size_t fresh, uint64_t vaddr);

/* What is read of a file, and how. */
struct reader {
	const struct elf_file *f;
	size_t ahead;  /* bytes that must follow what is judged */
	size_t unit;   /* what is judged begins at multiples of it */
	uint64_t left; /* bytes that may still be read */
	window_fn fn;
	void *ctx;
};

static int windows(struct reader *r, const struct elf_segment *s)
{
	size_t keep = 0, n, fresh;
	uint64_t done = 0;
	uint8_t *buf;
	ssize_t k;
	int err = 0;

	if (s->size > r->left)
		return -E2BIG;
	r->left -= s->size;
	buf = malloc(WINDOW + r->ahead + r->unit);
	if (!buf)
		return -ENOMEM;
	while (!err && done < s->size) {
		n = s->size - done < WINDOW ? s->size - done : WINDOW;
		k = elf_file__read(r->f, s->offset + done, buf + keep, n);
		if (k < 0)
			err = (int)k;
		else if (!k) /* shorter than it claims: there is no more to come */
			err = keep ? r->fn(r->ctx, buf, keep, keep, s->vaddr + done - keep) : 0;
		if (k <= 0)
			break;
		n = keep + k;
		fresh = n > r->ahead ? n - r->ahead : 0;
		fresh = done + k == s->size ? n : fresh - fresh % r->unit;
		err = r->fn(r->ctx, buf, n, fresh, s->vaddr + done - keep);
		done += k;
		keep = n - fresh;
		memmove(buf, buf + fresh, keep);
	}
	free(buf);
	return err;
}

int scan__code(const struct elf_file *f, size_t ahead, window_fn fn, void *ctx)
{
	struct reader r = {f, ahead, 4, limits_default.scan_bytes, fn, ctx};
	struct elf_segment s;
	int err;

	for (unsigned int i = 0; i < elf_file__segments(f); i++) {
		s = elf_file__segment(f, i);
		if (!s.exec)
			continue;
		err = windows(&r, &s);
		if (err)
			return err;
	}
	return 0;
}

struct find {
	const struct scan_bytes *needles;
	size_t n;
	int (*fn)(void *ctx, uint64_t vaddr, size_t which);
	void *ctx;
};

static int find_window(void *ctx, const uint8_t *p, size_t n, size_t fresh, uint64_t vaddr)
{
	struct find *fi = ctx;
	const uint8_t *at, *end = p + n;
	int err;

	for (size_t i = 0; i < fi->n; i++) {
		for (at = p; (at = memmem(at, end - at, fi->needles[i].p, fi->needles[i].n));
		     at++) {
			if (at >= p + fresh)
				break;
			err = fi->fn(fi->ctx, vaddr + (at - p), i);
			if (err)
				return err;
		}
	}
	return 0;
}

/* Linkers of today keep constants in a read-only segment; older ones put them beside the code. */
static bool constants_apart(const struct elf_file *f)
{
	uint64_t code = 0, constants = 0;

	for (unsigned int i = 0; i < elf_file__segments(f); i++) {
		struct elf_segment s = elf_file__segment(f, i);

		if (s.exec)
			code += s.size;
		else if (!s.write)
			constants += s.size;
	}
	return constants > code / 16;
}

static int find_in(const struct elf_file *f, bool data, const struct scan_bytes *needles, size_t n,
		   int (*fn)(void *ctx, uint64_t vaddr, size_t which), void *ctx)
{
	struct find fi = {needles, n, fn, ctx};
	struct reader r = {f, 0, 1, limits_default.scan_bytes, find_window, &fi};
	bool apart = constants_apart(f);
	struct elf_segment s;
	size_t longest = 0;
	int err;

	for (size_t i = 0; i < n; i++) {
		if (!needles[i].n || needles[i].n > SCAN_BYTES_MAX)
			return -E2BIG;
		longest = needles[i].n > longest ? needles[i].n : longest;
	}
	r.ahead = longest - 1;
	for (unsigned int i = 0; longest && i < elf_file__segments(f); i++) {
		s = elf_file__segment(f, i);
		if ((s.write && !data) || (s.exec && apart))
			continue;
		err = windows(&r, &s);
		if (err)
			return err;
	}
	return 0;
}

int scan__find(const struct elf_file *f, const struct scan_bytes *needles, size_t n,
	       int (*fn)(void *ctx, uint64_t vaddr, size_t which), void *ctx)
{
	return find_in(f, false, needles, n, fn, ctx);
}

int scan__find_data(const struct elf_file *f, const struct scan_bytes *needles, size_t n,
		    int (*fn)(void *ctx, uint64_t vaddr, size_t which), void *ctx)
{
	return find_in(f, true, needles, n, fn, ctx);
}

int scan__string(const struct elf_file *f, uint64_t vaddr, char ret[SCAN_STRING_MAX],
		 uint64_t *ret_vaddr)
{
	char buf[2 * SCAN_STRING_MAX];
	uint64_t offset, first;
	size_t before;
	char *begin, *end;
	ssize_t n;

	if (elf_file__offset(f, vaddr, &offset))
		return -ENOENT;
	before = offset < SCAN_STRING_MAX ? offset : SCAN_STRING_MAX;
	before = vaddr < before ? vaddr : before;
	/* what stands before it may belong to another segment */
	while (before && (elf_file__offset(f, vaddr - before, &first) || first != offset - before))
		before--;
	n = elf_file__read(f, offset - before, buf, before + SCAN_STRING_MAX);
	if (n <= (ssize_t)before)
		return -ENOENT;
	end = memchr(buf + before, 0, n - before);
	begin = before ? memrchr(buf, 0, before) : NULL;
	if (!end || !begin || end - begin > SCAN_STRING_MAX)
		return -ENOENT;
	begin++;
	memcpy(ret, begin, end + 1 - begin);
	*ret_vaddr = vaddr - before + (begin - buf);
	return (int)(end - begin);
}

struct refs {
	const uint64_t *targets;
	size_t n;
	uint64_t lo, span; /* of targets: first, and last - first */
	bool fixed;	   /* the program's address, so code may hold it */
	struct scan_refs *ret;
	/* arm64: what adrp has put into the registers, and where; at 0: nothing */
	uint64_t page[32], page_at[32];
};

static int ref_add(struct refs *r, uint64_t at, uint64_t target)
{
	struct scan_refs *out = r->ret;
	size_t lo = 0, hi = r->n, max;
	struct scan_ref *ref;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (r->targets[mid] < target)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == r->n || r->targets[lo] != target)
		return 0;
	if (out->n == limits_default.scan_refs)
		return -E2BIG;
	if (out->n == out->max) {
		max = out->max ? 2 * out->max : 64;
		ref = realloc(out->ref, max * sizeof(*ref));
		if (!ref)
			return -ENOMEM;
		out->ref = ref;
		out->max = max;
	}
	out->ref[out->n++] = (struct scan_ref){at, target};
	return 0;
}

/* lea r64,[rip+d32]: REX.W or REX.WR, 8d, mod 0 rm 5. All code passes here, so memchr looks for the
 * opcode, many bytes at a time. */
static int refs_lea(struct refs *r, const uint8_t *p, size_t end, uint64_t vaddr)
{
	const uint8_t *at = p + 1;
	int32_t rel;
	uint64_t to;
	int err = 0;

	for (; !err && (at = memchr(at, 0x8d, p + 1 + end - at)); at++) {
		if ((at[-1] & 0xfb) != 0x48 || (at[1] & 0xc7) != 5)
			continue;
		memcpy(&rel, at + 2, 4);
		to = vaddr + (at - 1 - p) + 7 + (int64_t)rel;
		if (to - r->lo <= r->span)
			err = ref_add(r, vaddr + (at - 1 - p), to);
	}
	return err;
}

/* Which byte of an address code has least of. */
static size_t rare_byte(uint32_t address)
{
	for (size_t i = 0; i < 3; i++) {
		uint8_t byte = address >> 8 * i;

		if (byte > 0x10 && byte != 0x48 && byte != 0x89 && byte != 0x8b && byte != 0xff)
			return i;
	}
	return 1;
}

/* mov r32,imm32 of one address. */
static int refs_mov_one(struct refs *r, uint32_t target, const uint8_t *p, size_t end,
			uint64_t vaddr)
{
	size_t k = rare_byte(target);
	uint8_t byte = target >> 8 * k;
	const uint8_t *at = p + 1 + k;
	int err = 0;

	for (; !err && (at = memchr(at, byte, p + 1 + k + end - at)); at++)
		if (!memcmp(at - k, &target, 4) && (at[-1 - (ptrdiff_t)k] & 0xf8) == 0xb8)
			err = ref_add(r, vaddr + (at - 1 - k - p), target);
	return err;
}

static int refs_mov(struct refs *r, const uint8_t *p, size_t end, uint64_t vaddr)
{
	uint32_t imm;
	int err = 0;

	for (size_t i = 0; r->n <= FEW && i < r->n && !err; i++)
		if (r->targets[i] <= UINT32_MAX)
			err = refs_mov_one(r, r->targets[i], p, end, vaddr);
	for (size_t i = 0; r->n > FEW && i < end && !err; i++) {
		memcpy(&imm, p + i + 1, 4);
		if (imm - r->lo <= r->span && (p[i] & 0xf8) == 0xb8)
			err = ref_add(r, vaddr + i, imm);
	}
	return err;
}

static int refs_x86(void *ctx, const uint8_t *p, size_t n, size_t fresh, uint64_t vaddr)
{
	size_t end = n < 7 ? 0 : n - 6 < fresh ? n - 6 : fresh; /* of what is long enough */
	struct refs *r = ctx;
	int err = refs_lea(r, p, end, vaddr);

	return !err && r->fixed ? refs_mov(r, p, end, vaddr) : err;
}

static int refs_arm64(void *ctx, const uint8_t *p, size_t n, size_t fresh, uint64_t vaddr)
{
	struct refs *r = ctx;
	uint64_t at, to, page;
	uint32_t insn, from;
	int err;

	for (size_t i = 0; i + 4 <= n && i < fresh; i += 4) {
		memcpy(&insn, p + i, 4);
		at = vaddr + i;
		if ((insn & 0x9f000000) == 0x90000000) { /* adrp */
			page = (insn >> 29 & 3) | (insn >> 3 & 0x1ffffc);
			page = (uint64_t)((int64_t)(page << 43) >> 31);
			r->page[insn & 31] = (at & ~0xfffULL) + page;
			r->page_at[insn & 31] = at;
		} else if ((insn & 0xffc00000) == 0x91000000) { /* add xd, xn, #imm */
			from = insn >> 5 & 31;
			to = r->page[from] + (insn >> 10 & 0xfff);
			err = r->page_at[from] && at - r->page_at[from] <= ADRP_REACH &&
					      to - r->lo <= r->span
				      ? ref_add(r, at, to)
				      : 0;
			if (err)
				return err;
			r->page_at[insn & 31] = 0;
		}
	}
	return 0;
}

int scan__refs(const struct elf_file *f, const uint64_t *targets, size_t n, struct scan_refs *ret)
{
	struct refs r = {.targets = targets, .n = n, .ret = ret};

	if (!n)
		return 0;
	r.lo = targets[0];
	r.span = targets[n - 1] - targets[0];
	r.fixed = elf_file__kind(f) == ELF_KIND_EXEC;
	switch (elf_file__machine(f)) {
	case EM_X86_64:
		return scan__code(f, 8, refs_x86, &r);
	case EM_AARCH64:
		return scan__code(f, 4, refs_arm64, &r);
	default:
		return -ENOEXEC;
	}
}

void scan_refs__free(struct scan_refs *r)
{
	free(r->ref);
	*r = (struct scan_refs){0};
}

/* Words at rising addresses, a window at a time. */
struct words {
	const struct elf_file *f;
	uint8_t buf[16 << 10];
	uint64_t vaddr; /* of buf */
	size_t n;
};

static bool word(struct words *w, uint64_t vaddr, uint64_t *ret)
{
	uint64_t offset;
	ssize_t k;

	if (vaddr < w->vaddr || vaddr - w->vaddr > w->n || w->n - (vaddr - w->vaddr) < 8) {
		if (elf_file__offset(w->f, vaddr, &offset))
			return false;
		k = elf_file__read(w->f, offset, w->buf, sizeof(w->buf));
		w->vaddr = vaddr;
		w->n = k > 0 ? k : 0;
		if (w->n < 8)
			return false;
	}
	memcpy(ret, w->buf + (vaddr - w->vaddr), 8);
	return true;
}

struct pointers {
	uint64_t lo, hi;
	uint32_t relative; /* the relocation's type */
	uint64_t base;	   /* RELR: of the next bitmap */
	uint64_t last;	   /* RELR: word that was looked at */
	struct words *words;
	int (*fn)(void *ctx, uint64_t vaddr, uint64_t target);
	void *ctx;
};

static int pointer(const struct pointers *po, uint64_t vaddr, uint64_t target)
{
	return target >= po->lo && target < po->hi ? po->fn(po->ctx, vaddr, target) : 0;
}

static int rela_window(void *ctx, const uint8_t *p, size_t n, size_t fresh, uint64_t vaddr)
{
	struct pointers *po = ctx;
	Elf64_Rela r;
	int err;

	for (size_t i = 0; i + sizeof(r) <= n && i < fresh; i += sizeof(r)) {
		memcpy(&r, p + i, sizeof(r));
		if (r.r_info != po->relative)
			continue;
		err = pointer(po, r.r_offset, r.r_addend);
		if (err)
			return err;
	}
	return 0;
}

/* They ascend: a table that goes back and forth would be read for hours. */
static int relr_word(struct pointers *po, uint64_t vaddr)
{
	uint64_t target;

	if (vaddr <= po->last || !word(po->words, vaddr, &target))
		return -EBADMSG;
	po->last = vaddr;
	return pointer(po, vaddr, target);
}

/* An even entry is an address; an odd one a bitmap of the 63 words behind the last. */
static int relr_window(void *ctx, const uint8_t *p, size_t n, size_t fresh, uint64_t vaddr)
{
	struct pointers *po = ctx;
	uint64_t entry;
	int err = 0;

	for (size_t i = 0; i + 8 <= n && i < fresh && !err; i += 8) {
		memcpy(&entry, p + i, 8);
		if (!(entry & 1)) {
			err = relr_word(po, entry);
			po->base = entry + 8;
			continue;
		}
		for (unsigned int bit = 0; (entry >>= 1) && !err; bit++)
			if (entry & 1)
				err = relr_word(po, po->base + 8ULL * bit);
		po->base += 63 * 8;
	}
	return err;
}

static int fixed_window(void *ctx, const uint8_t *p, size_t n, size_t fresh, uint64_t vaddr)
{
	const struct pointers *po = ctx;
	uint64_t target;
	int err;

	for (size_t i = -vaddr & 7; i + 8 <= n && i < fresh; i += 8) {
		memcpy(&target, p + i, 8);
		err = pointer(po, vaddr + i, target);
		if (err)
			return err;
	}
	return 0;
}

static int pointers_of(const struct elf_file *f, enum elf_table which, size_t entry, uint64_t most,
		       window_fn fn, struct pointers *po)
{
	struct reader r = {f, 0, entry, most, fn, po};
	struct elf_segment s;

	if (elf_file__table(f, which, &s))
		return 0;
	s.size -= s.size % entry;
	return windows(&r, &s);
}

int scan__pointers(const struct elf_file *f, uint64_t lo, uint64_t hi,
		   int (*fn)(void *ctx, uint64_t vaddr, uint64_t target), void *ctx)
{
	struct words *words = calloc(1, sizeof(*words));
	struct pointers po = {.lo = lo, .hi = hi, .words = words, .fn = fn, .ctx = ctx};
	struct reader r = {f, 7, 1, limits_default.scan_bytes, fixed_window, &po};
	struct elf_segment s;
	int err;

	if (!words)
		return -ENOMEM;
	words->f = f;
	po.relative = RELA_RELATIVE(elf_file__machine(f));
	err = pointers_of(f, ELF_TABLE_RELA, sizeof(Elf64_Rela), limits_default.scan_rela,
			  rela_window, &po);
	if (!err)
		err = pointers_of(f, ELF_TABLE_RELR, 8, limits_default.scan_relr, relr_window, &po);
	for (unsigned int i = 0;
	     !err && elf_file__kind(f) == ELF_KIND_EXEC && i < elf_file__segments(f); i++) {
		s = elf_file__segment(f, i);
		if (!s.exec)
			err = windows(&r, &s);
	}
	free(words);
	return err;
}
