// SPDX-License-Identifier: Apache-2.0
#include "capture/names.h"

#include <errno.h>
#include <string.h>

#include "capture/site.h"

/* No jump to another function is that long; longer ones have that function inlined. */
#define JUMP_BYTES_MAX 64

static bool exists(const struct fn_name *names, const struct elf_sym *sym, size_t n,
		   const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(names[i].name, name))
			return sym[i].offset != 0;
	return false;
}

int names__sites(struct elf_file *f, const struct fn_name *names, size_t n, struct located *ret)
{
	const char *wanted[ELF_FIND_MAX] = {0};
	struct elf_sym sym[ELF_FIND_MAX];
	int err;

	if (n > ELF_FIND_MAX || n > SITE_MAX - ret->n)
		return -E2BIG;
	for (size_t i = 0; i < n; i++)
		wanted[i] = names[i].name;
	err = elf_file__find(f, wanted, n, sym);
	if (err < 0)
		return err;
	for (size_t i = 0; i < n; i++) {
		if (!sym[i].offset)
			continue;
		if (names[i].instead && sym[i].size <= JUMP_BYTES_MAX &&
		    exists(names, sym, n, names[i].instead))
			continue;
		err = site__at(f, &sym[i], names[i].fn, names[i].name, &ret->site[ret->n]);
		if (err)
			return err;
		ret->site[ret->n].seldom = names[i].seldom;
		ret->site[ret->n++].sure = names[i].sure;
	}
	return (int)ret->n;
}
