// SPDX-License-Identifier: Apache-2.0
/* What section headers tell. Nobody needs them to run a file, so they may be missing or wrong. */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capture/elf.h"
#include "capture/elf_inner.h"

#define SECTIONS_MAX 4096

int elf_file__section(const struct elf_file *f, unsigned int i, Elf64_Shdr *ret)
{
	if (f->eh.e_shentsize != sizeof(*ret) || f->eh.e_shnum > SECTIONS_MAX || !f->eh.e_shoff ||
	    i >= f->eh.e_shnum)
		return -ENOENT;
	return elf_file__read_exact(f, f->eh.e_shoff + i * sizeof(*ret), ret, sizeof(*ret))
		       ? -ENOENT
		       : 0;
}

bool elf_file__string_is(const struct elf_file *f, uint64_t offset, uint64_t end, const char *name)
{
	char buf[ELF_SYMBOL_NAME_MAX];
	size_t n = strlen(name) + 1;

	if (n > sizeof(buf) || offset > end || n > end - offset)
		return false;
	return !elf_file__read_exact(f, offset, buf, n) && !memcmp(buf, name, n);
}

int elf_file__open_debug(int fd, struct elf_file **ret)
{
	struct elf_file *f = calloc(1, sizeof(*f));
	Elf64_Shdr sh;
	int err;

	if (!f)
		return -ENOMEM;
	f->fd = fd;
	err = elf_file__read_exact(f, 0, &f->eh, sizeof(f->eh));
	if (!err && !elf_file__is_readable(f))
		err = -ENOEXEC;
	if (err) {
		free(f);
		return err;
	}
	for (unsigned int i = 0; f->n_note < ELF_SEGMENTS_MAX && !elf_file__section(f, i, &sh); i++)
		if (sh.sh_type == SHT_NOTE)
			f->note[f->n_note++] = (Elf64_Phdr){.p_type = PT_NOTE,
							    .p_offset = sh.sh_offset,
							    .p_filesz = sh.sh_size};
	*ret = f;
	return 0;
}

int elf_file__debuglink(const struct elf_file *f, char ret[ELF_DEBUGLINK_MAX])
{
	char name[ELF_DEBUGLINK_MAX];
	Elf64_Shdr sh, str;
	ssize_t n;

	if (elf_file__section(f, f->eh.e_shstrndx, &str) || str.sh_type != SHT_STRTAB)
		return -ENOENT;
	for (unsigned int i = 0; !elf_file__section(f, i, &sh); i++) {
		if (sh.sh_type != SHT_PROGBITS || sh.sh_flags & SHF_ALLOC ||
		    sh.sh_name >= str.sh_size ||
		    !elf_file__string_is(f, str.sh_offset + sh.sh_name, str.sh_offset + str.sh_size,
					 ".gnu_debuglink"))
			continue;
		n = elf_file__read(f, sh.sh_offset, name,
				   sh.sh_size < sizeof(name) ? sh.sh_size : sizeof(name));
		if (n <= 0 || !memchr(name, '\0', n) || !*name || strchr(name, '/') ||
		    !strcmp(name, ".") || !strcmp(name, ".."))
			return -ENOENT;
		strcpy(ret, name);
		return 0;
	}
	return -ENOENT;
}

void elf_file__use_debug(struct elf_file *f, const struct elf_file *debug)
{
	f->debug = debug;
}
