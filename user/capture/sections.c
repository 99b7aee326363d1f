// SPDX-License-Identifier: Apache-2.0
#include "capture/sections.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

#define SECTIONS_MAX 4096
#define NAME_MAX_BYTES 64
#define BATCH 32 /* headers read at once */

/* Is the name at offset of the table names? */
static bool named(const struct elf_file *f, const Elf64_Shdr *names, uint32_t offset,
		  const char *name)
{
	char buf[NAME_MAX_BYTES];
	size_t n = strlen(name) + 1;

	return n <= sizeof(buf) && offset < names->sh_size && n <= names->sh_size - offset &&
	       names->sh_offset <= INT64_MAX - names->sh_size &&
	       elf_file__read(f, names->sh_offset + offset, buf, n) == (ssize_t)n &&
	       !memcmp(buf, name, n);
}

int sections__find(const struct elf_file *f, const char *name, struct elf_segment *ret)
{
	Elf64_Shdr names, sh[BATCH];
	unsigned int i, k;
	Elf64_Ehdr eh;

	if (elf_file__read(f, 0, &eh, sizeof(eh)) != sizeof(eh))
		return -ENODATA;
	if (!eh.e_shoff || eh.e_shoff > INT64_MAX / 2 || eh.e_shentsize != sizeof(sh[0]) ||
	    !eh.e_shnum || eh.e_shnum > SECTIONS_MAX || eh.e_shstrndx >= eh.e_shnum)
		return -ENODATA;
	if (elf_file__read(f, eh.e_shoff + eh.e_shstrndx * sizeof(names), &names, sizeof(names)) !=
	    sizeof(names))
		return -ENODATA;
	for (i = 0; i < eh.e_shnum; i += BATCH) {
		size_t n = eh.e_shnum - i < BATCH ? eh.e_shnum - i : BATCH;

		if (elf_file__read(f, eh.e_shoff + i * sizeof(sh[0]), sh, n * sizeof(sh[0])) !=
		    (ssize_t)(n * sizeof(sh[0])))
			return -ENODATA;
		for (k = 0; k < n; k++) {
			if (sh[k].sh_type == SHT_NOBITS || !(sh[k].sh_flags & SHF_ALLOC) ||
			    sh[k].sh_offset > INT64_MAX / 2 || sh[k].sh_size > INT64_MAX / 2 ||
			    !named(f, &names, sh[k].sh_name, name))
				continue;
			*ret = (struct elf_segment){
				.vaddr = sh[k].sh_addr,
				.offset = sh[k].sh_offset,
				.size = sh[k].sh_size,
				.exec = sh[k].sh_flags & SHF_EXECINSTR,
				.write = sh[k].sh_flags & SHF_WRITE,
			};
			return 0;
		}
	}
	return -ENOENT;
}
