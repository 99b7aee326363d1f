// SPDX-License-Identifier: Apache-2.0
#include "capture/gopclntab.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capture/scan.h"
#include "capture/sections.h"

#define FUNCS_MAX (8 << 20)
#define NAMES_BYTES_MAX (256 << 20)
#define CANDIDATES_MAX 4096 /* places that begin like a table */
#define WINDOW (64 << 10)
#define BLOCK (256 << 10) /* of names, read at once */

/* moduledata, the runtime's own description, begins with pointers to the table and to the names
 * that follow its header; text is its 23rd word. So it is in Go 1.16 to 1.27. */
#define MODULE_NAMES 8
#define MODULE_TEXT 176

/* What tells one generation of the format from the other. */
struct format {
	uint32_t magic;
	unsigned int header; /* bytes */
	bool text;	     /* addresses count from the beginning of the code */
	unsigned int entry;  /* of functab: an address and an offset */
	unsigned int name;   /* of nameoff in struct _func */
};

static const struct format formats[] = {
	{0xfffffffa, 64, false, 16, 8}, /* 1.16, 1.17 */
	{0xfffffff0, 72, true, 8, 4},	/* 1.18, 1.19 */
	{0xfffffff1, 72, true, 8, 4},	/* 1.20 and later */
};

#define N_FORMATS (sizeof(formats) / sizeof(formats[0]))

/* A part of the file that is gone through from its beginning to its end. */
struct window {
	uint64_t at; /* file offset of buf */
	size_t n;
	uint8_t buf[WINDOW];
};

struct gopclntab {
	struct elf_file *f;
	const struct format *format;
	uint64_t vaddr, offset, size; /* of the whole table; size: up to the end of its section */
	uint64_t n_funcs;
	uint64_t text;			      /* address; 0: not known yet */
	uint64_t names, names_bytes, functab; /* offsets in the table */
	struct window entries, funcs;
};

/* n (≤ 16) bytes at an offset of the table; NULL: not there. */
static const uint8_t *look(struct gopclntab *t, struct window *w, uint64_t offset, size_t n)
{
	uint64_t at = t->offset + offset;
	size_t want;
	ssize_t k;

	if (offset > t->size || n > t->size - offset)
		return NULL;
	if (at < w->at || at - w->at > w->n || w->n - (at - w->at) < n) {
		want = t->size - offset < sizeof(w->buf) ? t->size - offset : sizeof(w->buf);
		k = elf_file__read(t->f, at, w->buf, want);
		w->at = at;
		w->n = k > 0 ? k : 0;
		if (w->n < n)
			return NULL;
	}
	return w->buf + (at - w->at);
}

static uint64_t get(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	memcpy(&v, p, n);
	return v;
}

/* Reads and checks the header of a table that lies at the beginning of at, and is no larger. */
static bool header(struct elf_file *f, const struct elf_segment *at, struct gopclntab *t)
{
	const struct format *fmt = NULL;
	uint64_t cu, last;
	uint8_t h[72];
	size_t i;

	if (at->size < sizeof(h) || at->size > INT64_MAX / 2 ||
	    elf_file__read(f, at->offset, h, sizeof(h)) != sizeof(h))
		return false;
	for (i = 0; i < N_FORMATS; i++)
		if (get(h, 4) == formats[i].magic)
			fmt = &formats[i];
	/* two zeros, the least size of an instruction, the size of a pointer */
	if (!fmt || h[4] || h[5] || (h[6] != 1 && h[6] != 2 && h[6] != 4) || h[7] != 8)
		return false;
	t->f = f;
	t->format = fmt;
	t->vaddr = at->vaddr;
	t->offset = at->offset;
	t->size = at->size;
	t->n_funcs = get(h + 8, 8);
	t->text = fmt->text ? get(h + 24, 8) : 0;
	i = fmt->header - 40;
	t->names = get(h + i, 8);
	cu = get(h + i + 8, 8);
	t->functab = get(h + i + 32, 8);
	if (!t->n_funcs || t->n_funcs > FUNCS_MAX || t->names < fmt->header || cu < t->names)
		return false;
	for (last = cu, i += 16; i < fmt->header; last = get(h + i, 8), i += 8)
		if (get(h + i, 8) < last)
			return false;
	t->names_bytes = cu - t->names;
	return t->names_bytes <= NAMES_BYTES_MAX && t->functab <= t->size &&
	       (t->n_funcs + 1) * fmt->entry <= t->size - t->functab;
}

struct candidates {
	struct elf_file *f;
	struct gopclntab *t;
	unsigned int seen;
	struct elf_segment good; /* size 0: none yet */
};

static int candidate(void *ctx, uint64_t vaddr, size_t which)
{
	struct candidates *c = ctx;
	struct elf_segment s;

	(void)which;
	if (vaddr % 8)
		return 0;
	if (c->seen++ == CANDIDATES_MAX)
		return -EBADMSG;
	for (unsigned int i = 0; i < elf_file__segments(c->f); i++) {
		s = elf_file__segment(c->f, i);
		if (vaddr < s.vaddr || vaddr - s.vaddr >= s.size)
			continue;
		s.offset += vaddr - s.vaddr;
		s.size -= vaddr - s.vaddr;
		s.vaddr = vaddr;
		if (!header(c->f, &s, c->t))
			return 0;
		if (c->good.size)
			return -EBADMSG; /* which of the two? */
		c->good = s;
		return 0;
	}
	return 0;
}

/* By its magic, where the linker has put the table into a section of another name. */
static int search(struct elf_file *f, struct gopclntab *t)
{
	static const struct scan_bytes magics[N_FORMATS] = {
		{"\xfa\xff\xff\xff\0\0", 6},
		{"\xf0\xff\xff\xff\0\0", 6},
		{"\xf1\xff\xff\xff\0\0", 6},
	};
	struct candidates c = {.f = f, .t = t};
	int err = scan__find_data(f, magics, N_FORMATS, candidate, &c);

	if (err)
		return err;
	return c.good.size && header(f, &c.good, t) ? 0 : -ENOENT;
}

static int locate(struct elf_file *f, struct gopclntab *t)
{
	/* The second is that of position-independent programs before Go 1.26. */
	static const char *const tables[] = {".gopclntab", ".data.rel.ro.gopclntab"};
	static const char *const marks[] = {".go.buildinfo", ".note.go.buildid"};
	struct elf_segment s;
	int err = -ENOENT;
	size_t i;

	for (i = 0; i < 2; i++) {
		err = sections__find(f, tables[i], &s);
		if (!err)
			return header(f, &s, t) ? 0 : -EBADMSG;
	}
	if (err == -ENODATA)
		return search(f, t);
	for (i = 0; i < 2; i++)
		if (!sections__find(f, marks[i], &s))
			return search(f, t);
	return -ENOENT; /* it has sections, and none of Go */
}

/* What a word of the loaded program holds. Where the file is moved, the dynamic linker may put it
 * there, and the file have nothing. */
struct word {
	uint64_t vaddr, value;
};

static int word_told(void *ctx, uint64_t vaddr, uint64_t target)
{
	struct word *w = ctx;

	if (vaddr != w->vaddr)
		return 0;
	w->value = target;
	return 1;
}

static uint64_t word_at(struct elf_file *f, uint64_t vaddr)
{
	struct word w = {.vaddr = vaddr};
	uint64_t offset, v;

	if (elf_file__offset(f, vaddr, &offset) || elf_file__read(f, offset, &v, 8) != 8)
		return 0;
	if (!v && elf_file__kind(f) != ELF_KIND_EXEC)
		scan__pointers(f, 1, UINT64_MAX, word_told, &w);
	return v ? v : w.value;
}

struct module {
	struct gopclntab *t;
	uint64_t text;
};

static int points_here(void *ctx, uint64_t vaddr, uint64_t target)
{
	struct module *m = ctx;
	uint64_t text;

	(void)target;
	if (vaddr % 8 || word_at(m->t->f, vaddr + MODULE_NAMES) != m->t->vaddr + m->t->names)
		return 0;
	text = word_at(m->t->f, vaddr + MODULE_TEXT);
	if (m->text && text != m->text)
		return -EBADMSG;
	m->text = text;
	return 0;
}

/* Where the code begins that addresses count from. Since Go 1.26 the table does not say. */
static int find_text(struct gopclntab *t)
{
	struct module m = {.t = t};
	int err;

	if (!t->format->text || t->text)
		return 0;
	err = scan__pointers(t->f, t->vaddr, t->vaddr + 1, points_here, &m);
	if (err)
		return err;
	t->text = m.text;
	return t->text ? 0 : -EBADMSG;
}

int gopclntab__open(struct elf_file *f, struct gopclntab **ret)
{
	struct gopclntab *t = calloc(1, sizeof(*t));
	int err;

	if (!t)
		return -ENOMEM;
	err = locate(f, t);
	if (err) {
		free(t);
		return err;
	}
	*ret = t;
	return 0;
}

void gopclntab__free(struct gopclntab *t)
{
	free(t);
}

bool gopclntab__before_118(const struct gopclntab *t)
{
	return !t->format->text;
}

#define NO_NAME UINT32_MAX
#define TWO_NAMES (UINT32_MAX - 1)

/* Where in the table of names each of those wanted stands. Names of functions that are nowhere but
 * inlined stand there too. */
static int find_names(struct gopclntab *t, const char *const *names, size_t n, uint32_t *ret)
{
	uint64_t done = 0, at = t->offset + t->names;
	size_t keep = 0, len, i;
	uint8_t *buf = malloc(BLOCK + ELF_SYMBOL_NAME_MAX), *p, *end;
	int found = 0;
	ssize_t k;

	if (!buf)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		ret[i] = NO_NAME;
	while (done < t->names_bytes) {
		len = t->names_bytes - done < BLOCK ? t->names_bytes - done : BLOCK;
		k = elf_file__read(t->f, at + done, buf + keep, len);
		if (k <= 0)
			break;
		end = buf + keep + k;
		for (i = 0; i < n; i++) {
			len = strlen(names[i]) + 1;
			for (p = buf; (p = memmem(p, end - p, names[i], len)); p++) {
				uint32_t here = done - keep + (p - buf);

				if (here && (p == buf || p[-1]))
					continue; /* the end of a longer one */
				found += ret[i] == NO_NAME;
				ret[i] = ret[i] == NO_NAME || ret[i] == here ? here : TWO_NAMES;
			}
		}
		/* A name may lie across two blocks; the byte before it is looked at, too. */
		done += k;
		keep = end - buf < ELF_SYMBOL_NAME_MAX ? end - buf : ELF_SYMBOL_NAME_MAX;
		memmove(buf, end - keep, keep);
	}
	free(buf);
	return found;
}

/* Address and offset of struct _func, as functab has them. */
static bool entry_at(struct gopclntab *t, uint64_t i, uint64_t *ret_pc, uint64_t *ret_func)
{
	size_t half = t->format->entry / 2;
	/* The last entry is an address alone. */
	const uint8_t *p =
		look(t, &t->entries, t->functab + i * 2 * half, i < t->n_funcs ? 2 * half : half);

	if (!p)
		return false;
	*ret_pc = get(p, half);
	*ret_func = i < t->n_funcs ? get(p + half, half) : 0;
	return true;
}

static bool take(struct gopclntab *t, uint64_t i, struct elf_sym *ret)
{
	uint64_t at = t->vaddr + t->functab + i * t->format->entry, pc, next, func;
	struct elf_sym s = {0};
	uint8_t code;

	if (!entry_at(t, i, &pc, &func) || !entry_at(t, i + 1, &next, &func))
		return false;
	if (!t->format->text && !pc) {
		pc = word_at(t->f, at);
		next = word_at(t->f, at + t->format->entry);
	}
	if (next <= pc || pc > UINT64_MAX - t->text)
		return false;
	s.vaddr = t->text + pc;
	s.size = next - pc;
	if (elf_file__code(t->f, s.vaddr, &code, 1) != 1 ||
	    elf_file__offset(t->f, s.vaddr, &s.offset) || !s.offset)
		return false;
	*ret = s;
	return true;
}

int gopclntab__find(struct gopclntab *t, const char *const *names, size_t n, struct elf_sym *ret)
{
	uint64_t i, pc, func, last = 0;
	unsigned int hits[ELF_FIND_MAX] = {0};
	uint32_t at[ELF_FIND_MAX], name;
	const uint8_t *p;
	int found = 0, err;
	size_t k;

	if (!n || n > ELF_FIND_MAX)
		return -E2BIG;
	for (k = 0; k < n; k++)
		if (!*names[k] || strlen(names[k]) >= ELF_SYMBOL_NAME_MAX - 1)
			return -E2BIG;
	memset(ret, 0, n * sizeof(*ret));
	err = find_names(t, names, n, at);
	if (err <= 0)
		return err;
	err = find_text(t);
	if (err)
		return err;
	for (i = 0; i < t->n_funcs; i++) {
		if (!entry_at(t, i, &pc, &func) || func < last)
			return -EBADMSG;
		last = func;
		p = look(t, &t->funcs, t->functab + func + t->format->name, 4);
		if (!p)
			return -EBADMSG;
		name = get(p, 4);
		for (k = 0; k < n; k++)
			if (at[k] == name && at[k] < TWO_NAMES && !hits[k]++ && take(t, i, &ret[k]))
				found++;
	}
	for (k = 0; k < n; k++) {
		if (hits[k] > 1 && ret[k].offset) {
			ret[k] = (struct elf_sym){0};
			found--;
		}
	}
	return found;
}

/* cmd/link/internal/ld/data.go, buildinfo: 14 bytes of magic, the size of a pointer, flags. Since
 * Go 1.18 (flag 2) the strings follow at 32, each behind its length as a varint; before, there is
 * the address of a string's address and length. */
#define BUILD_MAGIC "\xff Go buildinf:"
#define BUILD_FLAGS 15
#define BUILD_INLINE 2

static int build_found(void *ctx, uint64_t vaddr, size_t which)
{
	(void)which;
	if (vaddr % 16)
		return 0;
	*(uint64_t *)ctx = vaddr;
	return 1;
}

static size_t version_bytes(struct elf_file *f, uint64_t vaddr, char *ret, size_t max)
{
	uint64_t string, from, n;
	uint8_t b[33];

	if (elf_file__offset(f, vaddr, &from) || elf_file__read(f, from, b, sizeof(b)) < 33)
		return 0;
	if (b[BUILD_FLAGS] & BUILD_INLINE) {
		n = b[32];
		from += 33;
	} else {
		string = word_at(f, vaddr + 16);
		n = word_at(f, string + 8);
		if (elf_file__offset(f, word_at(f, string), &from))
			return 0;
	}
	return n && n < max && elf_file__read(f, from, ret, n) == (ssize_t)n ? n : 0;
}

void gopclntab__version(struct gopclntab *t, char ret[GO_VERSION_MAX])
{
	static const struct scan_bytes magic = {BUILD_MAGIC, sizeof(BUILD_MAGIC) - 1};
	struct elf_segment s = {0};
	size_t n, i;

	if (sections__find(t->f, ".go.buildinfo", &s))
		scan__find_data(t->f, &magic, 1, build_found, &s.vaddr);
	n = s.vaddr ? version_bytes(t->f, s.vaddr, ret, GO_VERSION_MAX) : 0;
	/* Experiments and the like follow a space. */
	for (i = 0; i < n && ret[i] > ' ' && ret[i] < 0x7f; i++)
		;
	ret[i] = '\0';
}
