// SPDX-License-Identifier: Apache-2.0
#include "capture/elf.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SEGMENTS_MAX 64
#define SECTIONS_MAX 4096
#define DYNAMIC_MAX 1024	    /* entries looked at */
#define CHAIN_MAX 4096		    /* symbols of one hash bucket */
#define TABLE_BYTES_MAX (256 << 20) /* of .symtab or .strtab */
#define NOTE_BYTES_MAX 4096
#define BLOCK (256 << 10) /* read at once while scanning */
#define DT_RELRSZ_TAG 35  /* gABI, later than Debian 11's elf.h */
#define DT_RELR_TAG 36
#define HITS_MAX 32 /* places in .strtab that end like a wanted name */

struct elf_file {
	int fd;
	Elf64_Ehdr eh;
	Elf64_Phdr load[SEGMENTS_MAX];
	unsigned int n_load;
	Elf64_Phdr note[SEGMENTS_MAX];
	unsigned int n_note;
	/* file offsets of the tables of PT_DYNAMIC; 0: absent */
	uint64_t symtab, strtab, gnu_hash, hash, jmprel;
	uint64_t strtab_bytes, jmprel_bytes;
	Elf64_Phdr eh_frame_hdr;
	uint64_t rela, rela_bytes, relr, relr_bytes; /* rela, relr: addresses */
	bool pie_flag;
};

ssize_t elf_file__read(const struct elf_file *f, uint64_t offset, void *buf, size_t n)
{
	size_t done = 0;
	ssize_t k;

	if (offset > INT64_MAX - n)
		return 0;
	while (done < n) {
		k = pread(f->fd, (char *)buf + done, n - done, (off_t)(offset + done));
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return -errno;
		if (k == 0)
			break;
		done += k;
	}
	return done;
}

/* All n bytes or nothing. */
static int read_exact(const struct elf_file *f, uint64_t offset, void *buf, size_t n)
{
	ssize_t k = elf_file__read(f, offset, buf, n);

	return k < 0 ? (int)k : k == (ssize_t)n ? 0 : -ENOEXEC;
}

static const Elf64_Phdr *segment_of(const struct elf_file *f, uint64_t vaddr)
{
	unsigned int i;

	for (i = 0; i < f->n_load; i++)
		if (vaddr >= f->load[i].p_vaddr && vaddr - f->load[i].p_vaddr < f->load[i].p_filesz)
			return &f->load[i];
	return NULL;
}

int elf_file__offset(const struct elf_file *f, uint64_t vaddr, uint64_t *ret)
{
	const Elf64_Phdr *ph = segment_of(f, vaddr);

	if (!ph)
		return -ENOENT;
	*ret = vaddr - ph->p_vaddr + ph->p_offset;
	return 0;
}

ssize_t elf_file__code(const struct elf_file *f, uint64_t vaddr, void *buf, size_t n)
{
	const Elf64_Phdr *ph = segment_of(f, vaddr);
	uint64_t left;

	if (!ph || !(ph->p_flags & PF_X))
		return -ENOENT;
	left = ph->p_filesz - (vaddr - ph->p_vaddr);
	return elf_file__read(f, vaddr - ph->p_vaddr + ph->p_offset, buf, n < left ? n : left);
}

static void dynamic_entry(struct elf_file *f, const Elf64_Dyn *d)
{
	const struct {
		int64_t tag;
		uint64_t *table;
	} tables[] = {
		{DT_SYMTAB, &f->symtab}, {DT_STRTAB, &f->strtab}, {DT_GNU_HASH, &f->gnu_hash},
		{DT_HASH, &f->hash},	 {DT_JMPREL, &f->jmprel},
	};
	const struct {
		int64_t tag;
		uint64_t *value;
	} values[] = {
		{DT_STRSZ, &f->strtab_bytes}, {DT_PLTRELSZ, &f->jmprel_bytes},
		{DT_RELA, &f->rela},	      {DT_RELASZ, &f->rela_bytes},
		{DT_RELR_TAG, &f->relr},      {DT_RELRSZ_TAG, &f->relr_bytes},
	};
	size_t i;

	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		if (d->d_tag == tables[i].tag &&
		    elf_file__offset(f, d->d_un.d_ptr, tables[i].table))
			*tables[i].table = 0;
	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		if (d->d_tag == values[i].tag)
			*values[i].value = d->d_un.d_val;
	if (d->d_tag == DT_FLAGS_1)
		f->pie_flag = d->d_un.d_val & DF_1_PIE;
}

static int read_dynamic(struct elf_file *f, const Elf64_Phdr *ph)
{
	Elf64_Dyn dyn[64];
	uint64_t n = ph->p_filesz / sizeof(dyn[0]), i, at = ph->p_offset;
	ssize_t k;

	if (n > DYNAMIC_MAX)
		n = DYNAMIC_MAX;
	while (n) {
		k = elf_file__read(f, at, dyn, (n < 64 ? n : 64) * sizeof(dyn[0]));
		if (k < (ssize_t)sizeof(dyn[0]))
			return k < 0 ? (int)k : 0;
		for (i = 0; i < k / sizeof(dyn[0]); i++) {
			if (dyn[i].d_tag == DT_NULL)
				return 0;
			dynamic_entry(f, &dyn[i]);
		}
		n -= i;
		at += i * sizeof(dyn[0]);
	}
	return 0;
}

static int read_headers(struct elf_file *f)
{
	Elf64_Phdr ph[SEGMENTS_MAX];
	const Elf64_Phdr *dynamic = NULL;
	unsigned int i;
	int err;

	err = read_exact(f, 0, &f->eh, sizeof(f->eh));
	if (err)
		return err;
	if (memcmp(f->eh.e_ident, ELFMAG, SELFMAG) || f->eh.e_ident[EI_CLASS] != ELFCLASS64 ||
	    f->eh.e_ident[EI_DATA] != ELFDATA2LSB ||
	    (f->eh.e_type != ET_EXEC && f->eh.e_type != ET_DYN) ||
	    f->eh.e_phentsize != sizeof(ph[0]) || f->eh.e_phnum == 0 ||
	    f->eh.e_phnum > SEGMENTS_MAX)
		return -ENOEXEC;
	err = read_exact(f, f->eh.e_phoff, ph, f->eh.e_phnum * sizeof(ph[0]));
	if (err)
		return err;
	for (i = 0; i < f->eh.e_phnum; i++) {
		if (ph[i].p_type == PT_LOAD && ph[i].p_offset <= INT64_MAX / 2 &&
		    ph[i].p_filesz <= INT64_MAX / 2 && ph[i].p_vaddr <= UINT64_MAX - ph[i].p_filesz)
			f->load[f->n_load++] = ph[i];
		else if (ph[i].p_type == PT_NOTE)
			f->note[f->n_note++] = ph[i];
		else if (ph[i].p_type == PT_DYNAMIC)
			dynamic = &ph[i];
		else if (ph[i].p_type == PT_GNU_EH_FRAME)
			f->eh_frame_hdr = ph[i];
	}
	return dynamic ? read_dynamic(f, dynamic) : 0;
}

int elf_file__open(int fd, struct elf_file **ret)
{
	struct elf_file *f = calloc(1, sizeof(*f));
	int err;

	if (!f)
		return -ENOMEM;
	f->fd = fd;
	err = read_headers(f);
	if (err) {
		free(f);
		return err;
	}
	*ret = f;
	return 0;
}

void elf_file__free(struct elf_file *f)
{
	free(f);
}

uint16_t elf_file__machine(const struct elf_file *f)
{
	return f->eh.e_machine;
}

enum elf_kind elf_file__kind(const struct elf_file *f)
{
	if (f->eh.e_type == ET_EXEC)
		return ELF_KIND_EXEC;
	/* libc.so.6 has an interpreter as well, but no DF_1_PIE; old linkers set neither for PIE */
	return f->pie_flag ? ELF_KIND_PIE : ELF_KIND_SHARED;
}

static size_t note_build_id(const uint8_t *p, size_t n, uint8_t *ret)
{
	Elf64_Nhdr nh;
	size_t name, desc;

	while (n >= sizeof(nh)) {
		memcpy(&nh, p, sizeof(nh));
		p += sizeof(nh);
		n -= sizeof(nh);
		if (nh.n_namesz > n || nh.n_descsz > n)
			return 0;
		name = (nh.n_namesz + 3UL) & ~3UL;
		desc = (nh.n_descsz + 3UL) & ~3UL;
		if (name > n || nh.n_descsz > n - name)
			return 0;
		if (nh.n_type == NT_GNU_BUILD_ID && nh.n_namesz == 4 && !memcmp(p, "GNU", 4)) {
			desc = nh.n_descsz < ELF_BUILD_ID_MAX ? nh.n_descsz : ELF_BUILD_ID_MAX;
			memcpy(ret, p + name, desc);
			return desc;
		}
		if (desc > n - name)
			return 0;
		p += name + desc;
		n -= name + desc;
	}
	return 0;
}

unsigned int elf_file__segments(const struct elf_file *f)
{
	return f->n_load;
}

struct elf_segment elf_file__segment(const struct elf_file *f, unsigned int i)
{
	const Elf64_Phdr *ph = &f->load[i];

	return (struct elf_segment){
		.vaddr = ph->p_vaddr,
		.offset = ph->p_offset,
		.size = ph->p_filesz,
		.exec = ph->p_flags & PF_X,
		.write = ph->p_flags & PF_W,
	};
}

int elf_file__table(const struct elf_file *f, enum elf_table which, struct elf_segment *ret)
{
	const struct {
		uint64_t vaddr, bytes;
	} tables[] = {
		[ELF_TABLE_EH_FRAME_HDR] = {f->eh_frame_hdr.p_vaddr, f->eh_frame_hdr.p_filesz},
		[ELF_TABLE_RELA] = {f->rela, f->rela_bytes},
		[ELF_TABLE_RELR] = {f->relr, f->relr_bytes},
	};
	struct elf_segment s = {.vaddr = tables[which].vaddr, .size = tables[which].bytes};

	if (!s.size || elf_file__offset(f, s.vaddr, &s.offset))
		return -ENOENT;
	*ret = s;
	return 0;
}

size_t elf_file__build_id(struct elf_file *f, uint8_t ret[ELF_BUILD_ID_MAX])
{
	uint8_t buf[NOTE_BYTES_MAX];
	unsigned int i;
	uint64_t want;
	ssize_t k;
	size_t n;

	for (i = 0; i < f->n_note; i++) {
		want = f->note[i].p_filesz < sizeof(buf) ? f->note[i].p_filesz : sizeof(buf);
		k = elf_file__read(f, f->note[i].p_offset, buf, want);
		n = k > 0 ? note_build_id(buf, k, ret) : 0;
		if (n)
			return n;
	}
	return 0;
}

/* Is the string at offset (of a table that ends at end) equal to name? */
static bool string_is(const struct elf_file *f, uint64_t offset, uint64_t end, const char *name)
{
	char buf[ELF_SYMBOL_NAME_MAX];
	size_t n = strlen(name) + 1;

	if (n > sizeof(buf) || offset > end || n > end - offset)
		return false;
	return !read_exact(f, offset, buf, n) && !memcmp(buf, name, n);
}

static bool is_function(const Elf64_Sym *s)
{
	return ELF64_ST_TYPE(s->st_info) == STT_FUNC && s->st_shndx != SHN_UNDEF && s->st_value;
}

static bool take(const struct elf_file *f, const Elf64_Sym *s, bool dynamic, struct elf_sym *ret)
{
	struct elf_sym out = {.vaddr = s->st_value, .size = s->st_size, .dynamic = dynamic};
	const Elf64_Phdr *ph = segment_of(f, s->st_value);

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

	if (index > UINT32_MAX || read_exact(f, f->symtab + index * sizeof(s), &s, sizeof(s)) ||
	    s.st_name >= f->strtab_bytes)
		return false;
	return string_is(f, f->strtab + s.st_name, f->strtab + f->strtab_bytes, name) &&
	       take(f, &s, true, ret);
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

	if (read_exact(f, f->gnu_hash, &head, sizeof(head)) || !head.n_buckets || !head.n_bloom)
		return false;
	if (read_exact(f, f->gnu_hash + sizeof(head) + 8ULL * (h / 64 % head.n_bloom), &bloom, 8))
		return false;
	if (!(bloom >> h % 64 & bloom >> (h >> (head.shift & 31)) % 64 & 1))
		return false;
	buckets = f->gnu_hash + sizeof(head) + 8ULL * head.n_bloom;
	chains = buckets + 4ULL * head.n_buckets;
	if (read_exact(f, buckets + 4ULL * (h % head.n_buckets), &index, 4) || index < head.first)
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

	if (read_exact(f, f->hash, head, sizeof(head)) || !head[0])
		return false;
	if (read_exact(f, f->hash + 8 + 4ULL * (sysv_hash(name) % head[0]), &index, 4))
		return false;
	for (seen = 0; index && index < head[1] && seen < CHAIN_MAX; seen++) {
		if (dynsym_is(f, index, name, ret))
			return true;
		if (read_exact(f, f->hash + 8 + 4ULL * head[0] + 4ULL * index, &index, 4))
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
	const struct elf_file *f;
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
		k = elf_file__read(s->f, offset + done, s->block + keep, len);
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
	uint64_t done = 0;
	int found = 0;
	unsigned int j;
	size_t i, want;
	ssize_t k;

	while (done < bytes) {
		want = BLOCK / sizeof(*sym) * sizeof(*sym);
		want = bytes - done < want ? bytes - done : want;
		k = elf_file__read(s->f, offset + done, s->block, want);
		if (k < (ssize_t)sizeof(*sym))
			return k < 0 ? (int)k : found;
		for (i = 0; i < k / sizeof(*sym); i++)
			for (j = 0; j < s->n_hits; j++)
				if (sym[i].st_name == s->hits[j].st_name &&
				    !ret[s->hits[j].name].offset)
					found += take(s->f, &sym[i], false, &ret[s->hits[j].name]);
		done += i * sizeof(*sym);
	}
	return found;
}

static int find_static(const struct elf_file *f, const char *const *names, size_t n,
		       struct elf_sym *ret)
{
	struct scan s = {.f = f, .names = names, .n = n};
	Elf64_Shdr sh, str;
	unsigned int i;
	int err;

	if (!common_prefix(names, n))
		return -EINVAL;
	if (f->eh.e_shentsize != sizeof(sh) || f->eh.e_shnum > SECTIONS_MAX || !f->eh.e_shoff)
		return 0;
	for (i = 0; i < f->eh.e_shnum; i++) {
		if (read_exact(f, f->eh.e_shoff + i * sizeof(sh), &sh, sizeof(sh)))
			return 0;
		if (sh.sh_type == SHT_SYMTAB)
			break;
	}
	if (i == f->eh.e_shnum || sh.sh_link >= f->eh.e_shnum || sh.sh_entsize != sizeof(Elf64_Sym))
		return 0;
	if (read_exact(f, f->eh.e_shoff + sh.sh_link * sizeof(sh), &str, sizeof(str)) ||
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
	return found ? found : find_static(f, names, n, ret);
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
	if (read_exact(f, offset, &sym, sizeof(sym)) || sym.st_name >= f->strtab_bytes)
		return -ENOENT;
	k = elf_file__read(f, f->strtab + sym.st_name, name, sizeof(name));
	if (k <= 0 || !memchr(name, 0, k) || !*name)
		return -ENOENT;
	memcpy(ret, name, sizeof(name));
	return 0;
}
