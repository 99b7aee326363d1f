// SPDX-License-Identifier: Apache-2.0
/* Functions by their names, and the other way round: .dynsym, .symtab, and that of a debug file. */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capture/elf.h"
#include "capture/elf_inner.h"

#define CHAIN_MAX 4096		    /* symbols of one hash bucket */
#define TABLE_BYTES_MAX (256 << 20) /* of .symtab or .strtab */
#define BLOCK (256 << 10)	    /* read at once while scanning */
#define HITS_MAX 32		    /* places in .strtab that end like a wanted name */

static bool is_function(const Elf64_Sym *s)
{
	return ELF64_ST_TYPE(s->st_info) == STT_FUNC && s->st_shndx != SHN_UNDEF && s->st_value;
}

static bool take(const struct elf_file *f, const Elf64_Sym *s, enum elf_names names,
		 struct elf_sym *ret)
{
	struct elf_sym out = {.vaddr = s->st_value, .size = s->st_size, .names = names};
	const Elf64_Phdr *ph = elf_file__segment_of(f, s->st_value);

	if (!is_function(s) || !ph || !(ph->p_flags & PF_X) ||
	    elf_file__offset(f, s->st_value, &out.offset) || !out.offset)
		return false;
	*ret = out;
	return true;
}

static bool dynsym_is(const struct elf_file *f, uint64_t index, const char *name,
		      struct elf_sym *ret)
{
	Elf64_Sym s;

	if (index > UINT32_MAX ||
	    elf_file__read_exact(f, f->symtab + index * sizeof(s), &s, sizeof(s)) ||
	    s.st_name >= f->strtab_bytes)
		return false;
	return elf_file__string_is(f, f->strtab + s.st_name, f->strtab + f->strtab_bytes, name) &&
	       take(f, &s, ELF_NAMES_DYNSYM, ret);
}

static uint32_t gnu_hash(const char *s)
{
	uint32_t h = 5381;

	for (; *s; s++)
		h = h * 33 + (uint8_t)*s;
	return h;
}

static uint32_t sysv_hash(const char *s)
{
	uint32_t h = 0, g;

	for (; *s; s++) {
		h = (h << 4) + (uint8_t)*s;
		g = h & 0xf0000000;
		h = (h ^ g >> 24) & ~g;
	}
	return h;
}

static bool find_gnu(const struct elf_file *f, const char *name, struct elf_sym *ret)
{
	struct {
		uint32_t n_buckets, first, n_bloom, shift;
	} head;
	uint64_t bloom, buckets, chains;
	uint32_t h = gnu_hash(name), index, link[32];
	unsigned int i, seen = 0;
	ssize_t k;

	if (elf_file__read_exact(f, f->gnu_hash, &head, sizeof(head)) || !head.n_buckets ||
	    !head.n_bloom)
		return false;
	if (elf_file__read_exact(f, f->gnu_hash + sizeof(head) + 8ULL * (h / 64 % head.n_bloom),
				 &bloom, 8))
		return false;
	if (!(bloom >> h % 64 & bloom >> (h >> (head.shift & 31)) % 64 & 1))
		return false;
	buckets = f->gnu_hash + sizeof(head) + 8ULL * head.n_bloom;
	chains = buckets + 4ULL * head.n_buckets;
	if (elf_file__read_exact(f, buckets + 4ULL * (h % head.n_buckets), &index, 4) ||
	    index < head.first)
		return false;
	while (seen < CHAIN_MAX) {
		k = elf_file__read(f, chains + 4ULL * (index - head.first), link, sizeof(link));
		if (k < 4)
			return false;
		for (i = 0; i < k / 4; i++, index++, seen++) {
			if ((link[i] | 1) == (h | 1) && dynsym_is(f, index, name, ret))
				return true;
			if (link[i] & 1)
				return false;
		}
	}
	return false;
}

static bool find_sysv(const struct elf_file *f, const char *name, struct elf_sym *ret)
{
	uint32_t head[2], index, seen;

	if (elf_file__read_exact(f, f->hash, head, sizeof(head)) || !head[0])
		return false;
	if (elf_file__read_exact(f, f->hash + 8 + 4ULL * (sysv_hash(name) % head[0]), &index, 4))
		return false;
	for (seen = 0; index && index < head[1] && seen < CHAIN_MAX; seen++) {
		if (dynsym_is(f, index, name, ret))
			return true;
		if (elf_file__read_exact(f, f->hash + 8 + 4ULL * head[0] + 4ULL * index, &index, 4))
			return false;
	}
	return false;
}

static int find_dynamic(const struct elf_file *f, const char *const *names, size_t n,
			struct elf_sym *ret)
{
	int found = 0;
	size_t i;

	if (!f->symtab || !f->strtab)
		return 0;
	for (i = 0; i < n; i++)
		if (f->gnu_hash ? find_gnu(f, names[i], &ret[i])
				: f->hash && find_sysv(f, names[i], &ret[i]))
			found++;
	return found;
}

/* A place in .strtab at which a wanted name stands (also as the tail of a longer one, which
 * linkers merge). */
struct hit {
	uint32_t st_name;
	uint32_t name;
};

struct scan {
	const struct elf_file *f;  /* has the segments */
	const struct elf_file *in; /* has the symbols: f, or its debug file */
	const char *const *names;
	size_t n;
	struct hit hits[HITS_MAX];
	unsigned int n_hits;
	uint8_t *block;
};

/* How many bytes all names begin with. */
static size_t common_prefix(const char *const *names, size_t n)
{
	size_t len = strlen(names[0]), i, j;

	for (i = 1; i < n; i++) {
		for (j = 0; j < len && names[i][j] == names[0][j]; j++)
			;
		len = j;
	}
	return len;
}

/* Looks for all names in .strtab before any symbol is looked at: most files have none of them,
 * and then the symbols, many times as dear to read, need no look. */
static int scan_strings(struct scan *s, uint64_t offset, uint64_t bytes)
{
	size_t prefix = common_prefix(s->names, s->n), keep = 0, len, i;
	uint64_t done = 0;
	uint8_t *p, *end;
	ssize_t k;

	while (done < bytes) {
		len = bytes - done < BLOCK ? bytes - done : BLOCK;
		k = elf_file__read(s->in, offset + done, s->block + keep, len);
		if (k <= 0)
			return (int)k;
		end = s->block + keep + k;
		for (p = s->block; (p = memmem(p, end - p, s->names[0], prefix)); p++) {
			for (i = 0; i < s->n; i++) {
				len = strlen(s->names[i]) + 1;
				if ((size_t)(end - p) < len || memcmp(p, s->names[i], len))
					continue;
				if (s->n_hits == HITS_MAX)
					return -E2BIG;
				s->hits[s->n_hits++] = (struct hit){
					.st_name = done - keep + (p - s->block), .name = i};
			}
		}
		/* a name may lie across two blocks */
		done += k;
		keep = end - s->block < ELF_SYMBOL_NAME_MAX ? end - s->block : ELF_SYMBOL_NAME_MAX;
		memmove(s->block, end - keep, keep);
	}
	return 0;
}

static int scan_symbols(struct scan *s, uint64_t offset, uint64_t bytes, struct elf_sym *ret)
{
	const Elf64_Sym *sym = (const Elf64_Sym *)s->block;
	enum elf_names names = s->in == s->f ? ELF_NAMES_SYMTAB : ELF_NAMES_DEBUG;
	uint64_t done = 0;
	int found = 0;
	unsigned int j;
	size_t i, want;
	ssize_t k;

	while (done < bytes) {
		want = BLOCK / sizeof(*sym) * sizeof(*sym);
		want = bytes - done < want ? bytes - done : want;
		k = elf_file__read(s->in, offset + done, s->block, want);
		if (k < (ssize_t)sizeof(*sym))
			return k < 0 ? (int)k : found;
		for (i = 0; i < k / sizeof(*sym); i++)
			for (j = 0; j < s->n_hits; j++)
				if (sym[i].st_name == s->hits[j].st_name &&
				    !ret[s->hits[j].name].offset)
					found += take(s->f, &sym[i], names, &ret[s->hits[j].name]);
		done += i * sizeof(*sym);
	}
	return found;
}

static int find_static(const struct elf_file *f, const struct elf_file *in,
		       const char *const *names, size_t n, struct elf_sym *ret)
{
	struct scan s = {.f = f, .in = in, .names = names, .n = n};
	Elf64_Shdr sh, str;
	unsigned int i;
	int err;

	if (!common_prefix(names, n))
		return -EINVAL;
	for (i = 0; !(err = elf_file__section(in, i, &sh)); i++)
		if (sh.sh_type == SHT_SYMTAB)
			break;
	if (err || sh.sh_entsize != sizeof(Elf64_Sym) || elf_file__section(in, sh.sh_link, &str) ||
	    str.sh_type != SHT_STRTAB)
		return 0;
	if (sh.sh_size > TABLE_BYTES_MAX || str.sh_size > TABLE_BYTES_MAX)
		return -E2BIG;
	s.block = malloc(BLOCK + ELF_SYMBOL_NAME_MAX);
	if (!s.block)
		return -ENOMEM;
	err = scan_strings(&s, str.sh_offset, str.sh_size);
	if (!err && s.n_hits)
		err = scan_symbols(&s, sh.sh_offset, sh.sh_size, ret);
	free(s.block);
	return err;
}

int elf_file__find(struct elf_file *f, const char *const *names, size_t n, struct elf_sym *ret)
{
	int found;
	size_t i;

	if (!n || n > ELF_FIND_MAX)
		return -E2BIG;
	for (i = 0; i < n; i++)
		if (!*names[i] || strlen(names[i]) >= ELF_SYMBOL_NAME_MAX)
			return -E2BIG;
	memset(ret, 0, n * sizeof(*ret));
	found = find_dynamic(f, names, n, ret);
	if (!found)
		found = find_static(f, f, names, n, ret);
	if (!found && f->debug)
		found = find_static(f, f->debug, names, n, ret);
	return found;
}

int elf_file__plt_symbol(const struct elf_file *f, uint64_t got_vaddr,
			 char ret[ELF_SYMBOL_NAME_MAX])
{
	uint64_t at = f->jmprel, left = f->jmprel_bytes;
	char name[ELF_SYMBOL_NAME_MAX] = "";
	Elf64_Rela rela[128];
	Elf64_Sym sym;
	uint64_t offset;
	ssize_t k;
	size_t i;

	if (!f->jmprel || !f->symtab || !f->strtab || left > TABLE_BYTES_MAX)
		return -ENOENT;
	while (left >= sizeof(rela[0])) {
		k = elf_file__read(f, at, rela, left < sizeof(rela) ? left : sizeof(rela));
		if (k < (ssize_t)sizeof(rela[0]))
			return -ENOENT;
		for (i = 0; i < k / sizeof(rela[0]); i++)
			if (rela[i].r_offset == got_vaddr)
				goto found;
		left -= i * sizeof(rela[0]);
		at += i * sizeof(rela[0]);
	}
	return -ENOENT;
found:
	offset = f->symtab + ELF64_R_SYM(rela[i].r_info) * sizeof(sym);
	if (elf_file__read_exact(f, offset, &sym, sizeof(sym)) || sym.st_name >= f->strtab_bytes)
		return -ENOENT;
	k = elf_file__read(f, f->strtab + sym.st_name, name, sizeof(name));
	if (k <= 0 || !memchr(name, 0, k) || !*name)
		return -ENOENT;
	memcpy(ret, name, sizeof(name));
	return 0;
}
