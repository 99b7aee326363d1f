// SPDX-License-Identifier: Apache-2.0
#include "capture/functions.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "capture/scan.h"

#define EH_TABLE 0x3b /* DW_EH_PE_datarel | DW_EH_PE_sdata4 */
#define EH_COUNT 0x03 /* DW_EH_PE_udata4 */

/* The binary search table: pairs of (function, unwind entry), relative to the header. */
struct unwind {
	const struct elf_file *f;
	uint64_t vaddr, offset; /* of the header */
	uint32_t n;
};

static bool read_all(const struct elf_file *f, uint64_t offset, void *buf, size_t n)
{
	return elf_file__read(f, offset, buf, n) == (ssize_t)n;
}

static void unwind_init(struct unwind *u, const struct elf_file *f)
{
	struct elf_segment s;
	uint8_t head[12]; /* version, three encodings, eh_frame, count */

	*u = (struct unwind){.f = f};
	if (elf_file__table(f, ELF_TABLE_EH_FRAME_HDR, &s) || s.size < sizeof(head) ||
	    !read_all(f, s.offset, head, sizeof(head)) || head[0] != 1 || head[2] != EH_COUNT ||
	    head[3] != EH_TABLE)
		return;
	u->vaddr = s.vaddr;
	u->offset = s.offset;
	memcpy(&u->n, head + 8, 4);
	if (u->n > (s.size - sizeof(head)) / 8)
		u->n = (s.size - sizeof(head)) / 8;
}

static bool unwind_row(const struct unwind *u, uint32_t i, int32_t row[2])
{
	return read_all(u->f, u->offset + 12 + 8ULL * i, row, 8);
}

/* How long the function at start is, by its unwind entry: length, CIE, beginning, range, the last
 * two as nearly all compilers encode them (DW_EH_PE_pcrel | DW_EH_PE_sdata4); 0: not known. */
static uint32_t unwind_range(const struct unwind *u, uint64_t start, uint64_t entry)
{
	struct {
		uint32_t length, cie;
		int32_t begin;
		uint32_t range;
	} fde;
	uint64_t offset;

	if (elf_file__offset(u->f, entry, &offset) || !read_all(u->f, offset, &fde, sizeof(fde)))
		return 0;
	if (fde.length < 12 || fde.length >= 0xfffffff0 || !fde.cie ||
	    entry + 8 + (int64_t)fde.begin != start)
		return 0;
	return fde.range;
}

/* What the table says of an address. */
struct unwound {
	struct function fn; /* that covers it, surely; else what the entries around it leave open */
	uint64_t floor;	    /* an entry before it ends here */
};

static struct unwound unwind_find(const struct unwind *u, uint64_t address)
{
	struct unwound ret = {0};
	uint32_t lo = 0, hi = u->n, mid, range;
	int32_t row[2];

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (!unwind_row(u, mid, row))
			return ret;
		if (u->vaddr + (int64_t)row[0] <= address)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo < u->n && unwind_row(u, lo, row))
		ret.fn.end = u->vaddr + (int64_t)row[0];
	if (!lo || !unwind_row(u, lo - 1, row))
		return ret;
	ret.fn.start = u->vaddr + (int64_t)row[0];
	range = unwind_range(u, ret.fn.start, u->vaddr + (int64_t)row[1]);
	if (range && address - ret.fn.start < range) {
		ret.fn.end = ret.fn.start + range;
		ret.fn.sure = true;
	} else if (range) {
		ret.floor = ret.fn.start + range;
		ret.fn.start = 0;
	}
	return ret;
}

#define PAGE_BITS 16
#define PAGES 8192 /* of the set below; others share their bits, which costs time only */

_Static_assert(PAGES % 64 == 0, "pages");

/* Places near the addresses of interest at which functions seem to begin. */
struct starts {
	const struct elf_file *f;
	const uint64_t *addresses;
	size_t n_addresses;
	uint64_t lo, hi;	    /* nothing outside is of interest */
	uint64_t pages[PAGES / 64]; /* set of pages that are */
	uint64_t *at;
	size_t n, max;
};

static void page_add(struct starts *s, uint64_t vaddr)
{
	uint64_t page = vaddr >> PAGE_BITS;

	s->pages[page % PAGES / 64] |= 1ULL << page % 64;
}

static bool page_has(const struct starts *s, uint64_t vaddr)
{
	uint64_t page = vaddr >> PAGE_BITS;

	return s->pages[page % PAGES / 64] >> page % 64 & 1;
}

static int start_add(struct starts *s, uint64_t to)
{
	uint64_t *at;
	size_t max;

	if (to < s->lo || to >= s->hi || !page_has(s, to))
		return 0;
	if (s->n == limits_default.scan_starts)
		return -E2BIG;
	if (s->n == s->max) {
		max = s->max ? 2 * s->max : 1024;
		at = realloc(s->at, max * sizeof(*at));
		if (!at)
			return -ENOMEM;
		s->at = at;
		s->max = max;
	}
	s->at[s->n++] = to;
	return 0;
}

/* rel32 of an instruction ends at at. */
static int start_rel(struct starts *s, const uint8_t *at, uint64_t vaddr)
{
	int32_t rel;
	uint64_t to;

	memcpy(&rel, at - 4, 4);
	to = vaddr + (int64_t)rel;
	return to - s->lo < s->hi - s->lo ? start_add(s, to) : 0;
}

/* call rel32, and lea r64,[rip+d32] of something near. */
static int starts_x86(void *ctx, const uint8_t *p, size_t n, size_t fresh, uint64_t vaddr)
{
	size_t end = n < 7 ? 0 : n - 6 < fresh ? n - 6 : fresh;
	struct starts *s = ctx;
	const uint8_t *at;
	int err = 0;

	for (at = p; !err && (at = memchr(at, 0xe8, p + end - at)); at++)
		err = start_rel(s, at + 5, vaddr + (at + 5 - p));
	for (at = p + 1; !err && (at = memchr(at, 0x8d, p + 1 + end - at)); at++)
		if ((at[-1] & 0xfb) == 0x48 && (at[1] & 0xc7) == 5)
			err = start_rel(s, at + 6, vaddr + (at + 6 - p));
	return err;
}

static int starts_arm64(void *ctx, const uint8_t *p, size_t n, size_t fresh, uint64_t vaddr)
{
	struct starts *s = ctx;
	uint32_t insn;
	uint64_t to;
	int err;

	for (size_t i = 0; i + 4 <= n && i < fresh; i += 4) {
		memcpy(&insn, p + i, 4);
		if ((insn & 0xfc000000) != 0x94000000) /* bl */
			continue;
		to = vaddr + i + (uint64_t)((int64_t)((uint64_t)insn << 38) >> 36);
		err = start_add(s, to);
		if (err)
			return err;
	}
	return 0;
}

static int starts_pointer(void *ctx, uint64_t vaddr, uint64_t target)
{
	return start_add(ctx, target);
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Bytes that look like a call are no call, mostly. Compilers align functions, or leave a ret, a
 * trap or padding before them. */
static bool may_begin(const struct elf_file *f, uint64_t vaddr)
{
	static const uint8_t before[][2] = {{0xff, 0xcc}, {0xff, 0xc3}, {0xff, 0x90}, {0x0f, 0x0b}};
	uint8_t byte[2];

	if (elf_file__machine(f) == EM_AARCH64)
		return vaddr % 4 == 0;
	if (vaddr % 16 == 0)
		return true;
	if (elf_file__code(f, vaddr - 2, byte, 2) != 2)
		return false;
	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++)
		if (byte[1] == before[i][1] && (before[i][0] == 0xff || byte[0] == before[i][0]))
			return true;
	return false;
}

static void tidy(struct starts *s)
{
	size_t n = 0;

	if (!s->n)
		return;
	qsort(s->at, s->n, sizeof(*s->at), by_value);
	for (size_t i = 0; i < s->n; i++)
		if ((!n || s->at[i] != s->at[n - 1]) && may_begin(s->f, s->at[i]))
			s->at[n++] = s->at[i];
	s->n = n;
}

static int gather(struct starts *s)
{
	uint64_t reach = 1 << PAGE_BITS;
	bool arm64 = elf_file__machine(s->f) == EM_AARCH64;
	uint64_t first = s->addresses[0], last = s->addresses[s->n_addresses - 1];
	int err;

	s->lo = first > reach ? first - reach : 1;
	s->hi = last < UINT64_MAX - reach ? last + reach : UINT64_MAX;
	/* a function around an address begins and ends in its own page or in one beside it */
	for (size_t i = 0; i < s->n_addresses; i++) {
		page_add(s, s->addresses[i] - reach);
		page_add(s, s->addresses[i]);
		page_add(s, s->addresses[i] + reach);
	}
	err = scan__code(s->f, 8, arm64 ? starts_arm64 : starts_x86, s);
	/* in a program of fixed address any number may be taken for a pointer */
	if (!err && elf_file__kind(s->f) != ELF_KIND_EXEC)
		err = scan__pointers(s->f, s->lo, s->hi, starts_pointer, s);
	/* pointers only add to what calls say */
	return err == -EBADMSG ? 0 : err;
}

static uint64_t segment_end(const struct elf_file *f, uint64_t vaddr)
{
	struct elf_segment s;

	for (unsigned int i = 0; i < elf_file__segments(f); i++) {
		s = elf_file__segment(f, i);
		if (vaddr - s.vaddr < s.size)
			return s.vaddr + s.size;
	}
	return 0;
}

/* The union of both sources, around one address. */
static struct function join(const struct starts *s, uint64_t address, const struct unwound *unwound)
{
	struct function fn = unwound->fn;
	size_t lo = 0, hi = s->n;
	uint64_t end;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->at[mid] <= address)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo && s->at[lo - 1] > fn.start && s->at[lo - 1] >= unwound->floor)
		fn.start = s->at[lo - 1];
	end = segment_end(s->f, address);
	if (!fn.end || end < fn.end)
		fn.end = end;
	if (lo < s->n && s->at[lo] < fn.end)
		fn.end = s->at[lo];
	if (!fn.start || fn.end <= address || fn.end - fn.start > limits_default.scan_function)
		return (struct function){0};
	return fn;
}

int functions__find(const struct elf_file *f, const uint64_t *addresses, size_t n,
		    struct function *ret)
{
	struct starts s = {.f = f, .addresses = addresses, .n_addresses = n};
	struct unwound unwound;
	struct unwind u;
	size_t sure = 0;
	int err = 0;

	unwind_init(&u, f);
	for (size_t i = 0; i < n; i++) {
		ret[i] = unwind_find(&u, addresses[i]).fn;
		sure += ret[i].sure;
	}
	if (sure < n)
		err = gather(&s);
	if (!err && sure < n) {
		tidy(&s);
		for (size_t i = 0; i < n; i++) {
			unwound = unwind_find(&u, addresses[i]);
			if (!ret[i].sure)
				ret[i] = join(&s, addresses[i], &unwound);
		}
	}
	free(s.at);
	return err;
}

int function__symbol(const struct elf_file *f, const struct function *fn, struct elf_sym *ret)
{
	*ret = (struct elf_sym){.vaddr = fn->start, .size = fn->sure ? fn->end - fn->start : 0};
	return elf_file__offset(f, fn->start, &ret->offset);
}
