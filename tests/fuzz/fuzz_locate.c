// SPDX-License-Identifier: Apache-2.0
/* Any file, asked for all TLS stacks: what is found lies in the file, and its name has an end. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture/locate.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct located *found = calloc(LOCATED_MAX, sizeof(*found));
	const struct locate_config config = {0};
	int fd = memfd_create("fuzz", 0), k;
	struct elf_file *f;

	if (found && write(fd, p, n) == (ssize_t)n && !elf_file__open(fd, &f)) {
		k = locate__file(f, &config, found);
		if (k > LOCATED_MAX)
			abort();
		for (int i = 0; i < k; i++) {
			if (found[i].n > SITE_MAX ||
			    !memchr(found[i].version, 0, sizeof(found[i].version)))
				abort();
			for (unsigned int s = 0; s < found[i].n; s++)
				if (found[i].site[s].file_offset >= n)
					abort();
		}
		elf_file__free(f);
	}
	free(found);
	close(fd);
	return 0;
}
