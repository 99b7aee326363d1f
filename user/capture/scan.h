/* SPDX-License-Identifier: Apache-2.0 */
/* scan.h: searching a whole file that has no symbols: where bytes stand, which code refers to an
 * address, which words point into a range. Files are read in windows, so a large one costs time
 * but no memory; every bound is in limits.h, and a file past one is -E2BIG. Addresses are those of
 * the file (before the dynamic linker moves it). x86-64 and arm64 code. */
#ifndef LLMSNOOP_SCAN_H
#define LLMSNOOP_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/elf.h"

/* Bytes to look for. */
struct scan_bytes {
	const void *p;
	size_t n; /* 1 to SCAN_BYTES_MAX */
};

#define SCAN_BYTES_MAX 64
#define SCAN_STRING_MAX 256 /* longest string that scan__string returns */

/* Calls fn for each place of each of the n needles in the loaded constants, in the order of the
 * file's windows; which: the needle's index. Nothing is looked for in writable segments, and in
 * code only where the linker kept the constants beside it. What fn returns but 0 ends the search
 * and is returned: most files hold nothing of what is looked for, and one pass of memmem tells. 0,
 * -E2BIG, -ENOMEM, what pread said. */
int scan__find(const struct elf_file *f, const struct scan_bytes *needles, size_t n,
	       int (*fn)(void *ctx, uint64_t vaddr, size_t which), void *ctx);

/* The same, also in the segments that the program may write: what the dynamic linker mends before
 * the program runs lies there. */
int scan__find_data(const struct elf_file *f, const struct scan_bytes *needles, size_t n,
		    int (*fn)(void *ctx, uint64_t vaddr, size_t which), void *ctx);

/* The zero-terminated string of which vaddr is a part, without what lies beyond SCAN_STRING_MAX.
 * Returns its length and where it begins; -ENOENT: no end, or no beginning, near enough. */
int scan__string(const struct elf_file *f, uint64_t vaddr, char ret[SCAN_STRING_MAX],
		 uint64_t *ret_vaddr);

/* An instruction that loads the address target: lea r64,[rip+d] or, in a program of fixed address,
 * mov r32,imm32; arm64: the add of adrp+add. */
struct scan_ref {
	uint64_t at;
	uint64_t target;
};

struct scan_refs {
	struct scan_ref *ref; /* in no order */
	size_t n, max;	      /* max: how many there is room for */
};

/* Finds what code refers to any of the n targets, which ascend. ret is zeroed or from an earlier
 * call, whose references it keeps; free it with scan_refs__free, also after an error: -E2BIG (more
 * than limits.scan_refs, or too much code), -ENOMEM, -ENOEXEC (another machine). */
int scan__refs(const struct elf_file *f, const uint64_t *targets, size_t n, struct scan_refs *ret);
void scan_refs__free(struct scan_refs *r);

/* Calls fn for each word of the file that points into [lo, hi) once the program is loaded: its
 * address and what it points at. Relocations that name no symbol (RELA, RELR) tell; in a program
 * of fixed address, which has none, each aligned word of the constants and data. What fn returns
 * but 0 ends it and is returned. */
int scan__pointers(const struct elf_file *f, uint64_t lo, uint64_t hi,
		   int (*fn)(void *ctx, uint64_t vaddr, uint64_t target), void *ctx);

/* The code of all executable segments, window by window: fn is to judge what begins at the first
 * fresh bytes of the n at vaddr; at least ahead bytes follow each of them, but for the last of a
 * segment. Windows of arm64 code begin at whole instructions. */
int scan__code(const struct elf_file *f, size_t ahead,
	       int (*fn)(void *ctx, const uint8_t *p, size_t n, size_t fresh, uint64_t vaddr),
	       void *ctx);

#endif
