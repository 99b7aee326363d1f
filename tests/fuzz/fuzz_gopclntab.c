// SPDX-License-Identifier: Apache-2.0
/* The table of functions of any file: nothing worse than not finding. */
#include <sys/mman.h>
#include <unistd.h>

#include "capture/gopclntab.h"
#include "capture/locate.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const char *const names[] = {"crypto/tls.(*Conn).Read", "crypto/tls.(*Conn).Write",
					    "main.main"};
	const struct locate_config config = {0};
	struct located located = {0};
	char version[GO_VERSION_MAX];
	struct gopclntab *t;
	struct elf_sym sym[3];
	struct elf_file *f;
	int fd = memfd_create("fuzz", 0);

	if (write(fd, p, n) == (ssize_t)n && !elf_file__open(fd, &f)) {
		if (!gopclntab__open(f, &t)) {
			gopclntab__find(t, names, 3, sym);
			gopclntab__version(t, version);
			gopclntab__free(t);
		}
		locate_go.find(f, &config, &located);
		elf_file__free(f);
	}
	close(fd);
	return 0;
}
