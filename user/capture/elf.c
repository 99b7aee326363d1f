// SPDX-License-Identifier: Apache-2.0
#include "capture/elf.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/elf_inner.h"

#define DYNAMIC_MAX 1024 /* entries looked at */
#define NOTE_BYTES_MAX 4096
#define DT_RELRSZ_TAG 35 /* gABI, later than Debian 11's elf.h */
#define DT_RELR_TAG 36

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

int elf_file__read_exact(const struct elf_file *f, uint64_t offset, void *buf, size_t n)
{
	ssize_t k = elf_file__read(f, offset, buf, n);

	return k < 0 ? (int)k : k == (ssize_t)n ? 0 : -ENOEXEC;
}

const Elf64_Phdr *elf_file__segment_of(const struct elf_file *f, uint64_t vaddr)
{
	unsigned int i;

	for (i = 0; i < f->n_load; i++)
		if (vaddr >= f->load[i].p_vaddr && vaddr - f->load[i].p_vaddr < f->load[i].p_filesz)
			return &f->load[i];
	return NULL;
}

int elf_file__offset(const struct elf_file *f, uint64_t vaddr, uint64_t *ret)
{
	const Elf64_Phdr *ph = elf_file__segment_of(f, vaddr);

	if (!ph)
		return -ENOENT;
	*ret = vaddr - ph->p_vaddr + ph->p_offset;
	return 0;
}

ssize_t elf_file__code(const struct elf_file *f, uint64_t vaddr, void *buf, size_t n)
{
	const Elf64_Phdr *ph = elf_file__segment_of(f, vaddr);
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

bool elf_file__is_readable(const struct elf_file *f)
{
	return !memcmp(f->eh.e_ident, ELFMAG, SELFMAG) && f->eh.e_ident[EI_CLASS] == ELFCLASS64 &&
	       f->eh.e_ident[EI_DATA] == ELFDATA2LSB &&
	       (f->eh.e_type == ET_EXEC || f->eh.e_type == ET_DYN);
}

static int read_headers(struct elf_file *f)
{
	Elf64_Phdr ph[ELF_SEGMENTS_MAX];
	const Elf64_Phdr *dynamic = NULL;
	unsigned int i;
	int err;

	err = elf_file__read_exact(f, 0, &f->eh, sizeof(f->eh));
	if (err)
		return err;
	if (!elf_file__is_readable(f) || f->eh.e_phentsize != sizeof(ph[0]) || f->eh.e_phnum == 0 ||
	    f->eh.e_phnum > ELF_SEGMENTS_MAX)
		return -ENOEXEC;
	err = elf_file__read_exact(f, f->eh.e_phoff, ph, f->eh.e_phnum * sizeof(ph[0]));
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
