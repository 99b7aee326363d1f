/* SPDX-License-Identifier: Apache-2.0 */
/* functions.h: where the functions of a file without symbols begin and end. Their unwind entries
 * tell it exactly (.eh_frame, through the sorted table of .eh_frame_hdr), but many programs are
 * built without them, or with some. For the others: a function begins where code calls it, and
 * where a pointer or a lea points, if the place is aligned or follows padding. */
#ifndef LLMSNOOP_FUNCTIONS_H
#define LLMSNOOP_FUNCTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/elf.h"

struct function {
	uint64_t start; /* 0: not known */
	uint64_t end;	/* what lies at it is not of the function, unless nobody ever calls it */
	bool sure;	/* an unwind entry says both */
};

/* Fills in ret for each of the n addresses, which ascend: the function around it, of at most
 * limits.scan_function bytes. Reads all code once unless unwind entries tell all. 0, -E2BIG,
 * -ENOMEM, what pread said. */
int functions__find(const struct elf_file *f, const uint64_t *addresses, size_t n,
		    struct function *ret);

/* The symbol that it would have: its size is 0, unknown, unless an unwind entry says it. -ENOENT.
 */
int function__symbol(const struct elf_file *f, const struct function *fn, struct elf_sym *ret);

#endif
