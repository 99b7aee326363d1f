// SPDX-License-Identifier: Apache-2.0
/* Any file is searched in bounded time; what is found lies in it, and functions hold what they were
 * found by. */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture/functions.h"
#include "capture/locate.h"
#include "capture/scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

#define TARGETS 64

struct found {
	const struct elf_file *f;
	uint64_t at[TARGETS];
	size_t n;
};

static int found(void *ctx, uint64_t vaddr, size_t which)
{
	struct found *fo = ctx;
	char string[SCAN_STRING_MAX];
	uint64_t offset;

	if (elf_file__offset(fo->f, vaddr, &offset))
		abort();
	if (fo->n < TARGETS && scan__string(fo->f, vaddr, string, &fo->at[fo->n]) >= 0)
		fo->n++;
	return 0;
}

static int pointer(void *ctx, uint64_t vaddr, uint64_t target)
{
	return target == 0x1234;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void functions(const struct elf_file *f, const struct scan_refs *refs)
{
	struct function fn[256];
	uint64_t at[256];
	size_t n;

	for (n = 0; n < refs->n && n < 256; n++)
		at[n] = refs->ref[n].at;
	if (!n)
		return;
	qsort(at, n, sizeof(at[0]), by_value);
	if (functions__find(f, at, n, fn))
		return;
	for (size_t i = 0; i < n; i++)
		if (fn[i].start && (at[i] < fn[i].start || at[i] >= fn[i].end))
			abort();
}

/* Whatever is found can be said, and lies in the file. */
static void locate(struct elf_file *f)
{
	const struct locate_config config = {0};
	struct located all[LOCATED_MAX] = {0};
	char text[1024];
	uint64_t offset;
	int n = locate__file(f, &config, all);

	for (int i = 0; i < n; i++) {
		located__text(&all[i], text, sizeof(text));
		for (unsigned int k = 0; k < all[i].n; k++)
			if (elf_file__offset(f, all[i].site[k].vaddr, &offset) ||
			    offset != all[i].site[k].file_offset)
				abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const struct scan_bytes needles[] = {{"ssl_lib.c", 9}, {"S", 1}};
	struct found fo = {0};
	struct scan_refs refs = {0};
	struct elf_file *f;
	int fd = memfd_create("fuzz", 0);

	if (write(fd, p, n) == (ssize_t)n && !elf_file__open(fd, &f)) {
		fo.f = f;
		scan__find(f, needles, 2, found, &fo);
		if (fo.n)
			qsort(fo.at, fo.n, sizeof(fo.at[0]), by_value);
		if (!scan__refs(f, fo.at, fo.n, &refs))
			functions(f, &refs);
		scan_refs__free(&refs);
		scan__pointers(f, 0x1000, UINT64_MAX, pointer, NULL);
		locate(f);
		elf_file__free(f);
	}
	close(fd);
	return 0;
}
