// SPDX-License-Identifier: Apache-2.0
/* Headers, tables and code of any file: nothing worse than not finding. */
#include <sys/mman.h>
#include <unistd.h>

#include "capture/elf.h"
#include "capture/site.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct probe_site sites[SITE_MAX];
	uint8_t id[ELF_BUILD_ID_MAX];
	struct elf_file *f;
	uint64_t rets[16];
	bool tail;
	int fd = memfd_create("fuzz", 0), k, i;

	if (write(fd, p, n) == (ssize_t)n && !elf_file__open(fd, &f)) {
		elf_file__build_id(f, id);
		k = site__pick(f, false, sites);
		for (i = 0; i < k; i++)
			site__rets(f, &sites[i].sym, rets, 16, &tail);
		elf_file__free(f);
	}
	close(fd);
	return 0;
}
