/* SPDX-License-Identifier: Apache-2.0 */
/* elf_inner.h: what the parts of elf.h share. */
#ifndef LLMSNOOP_ELF_INNER_H
#define LLMSNOOP_ELF_INNER_H

#include <elf.h>

#include "capture/elf.h"

#define ELF_SEGMENTS_MAX 64

struct elf_file {
	int fd;
	Elf64_Ehdr eh;
	Elf64_Phdr load[ELF_SEGMENTS_MAX];
	unsigned int n_load;
	Elf64_Phdr note[ELF_SEGMENTS_MAX];
	unsigned int n_note;
	/* file offsets of the tables of PT_DYNAMIC; 0: absent */
	uint64_t symtab, strtab, gnu_hash, hash, jmprel;
	uint64_t strtab_bytes, jmprel_bytes;
	Elf64_Phdr eh_frame_hdr;
	uint64_t rela, rela_bytes, relr, relr_bytes; /* rela, relr: addresses */
	bool pie_flag;
	const struct elf_file *debug; /* borrowed; NULL: none */
};

/* All n bytes or nothing: 0, -ENOEXEC, what pread said. */
int elf_file__read_exact(const struct elf_file *f, uint64_t offset, void *buf, size_t n);
/* Does the header say 64-bit, little-endian, linked? */
bool elf_file__is_readable(const struct elf_file *f);
/* The segment in whose part of the file vaddr lies; NULL: none. */
const Elf64_Phdr *elf_file__segment_of(const struct elf_file *f, uint64_t vaddr);
/* The header of a section; -ENOENT: there are no more. */
int elf_file__section(const struct elf_file *f, unsigned int i, Elf64_Shdr *ret);
/* Is the string at offset (of a table that ends at end) equal to name? */
bool elf_file__string_is(const struct elf_file *f, uint64_t offset, uint64_t end, const char *name);

#endif
