// SPDX-License-Identifier: Apache-2.0
/* located FILE...: what llmsnoop's locators say of each file, one JSON line for each TLS stack in
 * it: {"file", "stack", "locator", "version", "sites", "why_not"}. A file without any has a line
 * with "sites" 0 and without a stack. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "capture/debug_file.h"
#include "capture/locate.h"

static struct located found[LOCATED_MAX];

static void print(const char *file, const struct located *l)
{
	printf("{\"file\": \"%s\", \"stack\": \"%s\", \"locator\": \"%s\", \"version\": \"%s\", "
	       "\"sites\": %u, \"why_not\": \"%s\"}\n",
	       file, tls_stack__name(l->stack), l->locator, l->version, l->n,
	       l->n ? "" : l->why_not);
}

int main(int argc, char **argv)
{
	struct locate_config config = {.debug_dir = DEBUG_DIR};
	int status = 0;

	for (int i = 1; i < argc; i++) {
		int fd = open(argv[i], O_RDONLY | O_CLOEXEC);
		struct elf_file *f = NULL;
		int n = -1;

		memset(found, 0, sizeof(found));
		config.path = argv[i];
		if (fd >= 0 && !elf_file__open(fd, &f))
			n = locate__file(f, &config, found);
		if (n < 0)
			status = 1;
		if (n <= 0)
			printf("{\"file\": \"%s\", \"sites\": 0, \"error\": %d}\n", argv[i], n);
		for (int k = 0; k < n; k++)
			print(argv[i], &found[k]);
		elf_file__free(f);
		if (fd >= 0)
			close(fd);
	}
	return status;
}
