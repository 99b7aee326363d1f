// SPDX-License-Identifier: Apache-2.0
/* Headers, tables and code of any file: nothing worse than not finding. */
#include <elf.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture/elf.h"
#include "capture/locate.h"
#include "capture/offset.h"
#include "capture/site.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct offset_rule rule = {
		.n_fns = 2,
		.fns = {{FN_READ, "read", 0}, {FN_WRITE, "write", 0}},
	};
	const struct locate_config config = {0};
	struct located found[LOCATED_MAX] = {0};
	struct probe_site sites[SITE_MAX] = {0};
	uint8_t id[ELF_BUILD_ID_MAX];
	struct elf_file *f, *debug;
	char link[ELF_DEBUGLINK_MAX];
	uint64_t rets[16];
	bool tail;
	int fd = memfd_create("fuzz", 0), stripped, k, i;
	const uint64_t none = 0;

	if (write(fd, p, n) == (ssize_t)n && !elf_file__open(fd, &f)) {
		elf_file__build_id(f, id);
		elf_file__debuglink(f, link);
		k = site__pick(f, false, sites);
		for (i = 0; i < k; i++)
			site__rets(f, &sites[i].sym, rets, 16, &tail);
		locate__file(f, &config, found);
		/* The file chooses the addresses, too: at its end, where seeds have nothing. */
		for (i = 0; i < 2 && n >= 16; i++)
			memcpy(&rule.fns[i].vaddr, p + n - 16 + 8 * (size_t)i, 8);
		found[0].n = 0;
		offset__locate(&rule, f, &found[0]);
		elf_file__free(f);
	}
	/* The same as the debug file of one that has no sections any more. */
	if (!elf_file__open_debug(fd, &debug)) {
		elf_file__build_id(debug, id);
		stripped = memfd_create("stripped", 0);
		if (write(stripped, p, n) == (ssize_t)n &&
		    pwrite(stripped, &none, sizeof(none), offsetof(Elf64_Ehdr, e_shoff)) > 0 &&
		    !elf_file__open(stripped, &f)) {
			elf_file__use_debug(f, debug);
			site__pick(f, false, sites);
			elf_file__free(f);
		}
		close(stripped);
		elf_file__free(debug);
	}
	close(fd);
	return 0;
}
