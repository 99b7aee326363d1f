/* SPDX-License-Identifier: Apache-2.0 */
/* sections.h: section headers, where a file has kept them: they only speed up what would also be
 * found in the segments, or name what has no other name. */
#ifndef LLMSNOOP_SECTIONS_H
#define LLMSNOOP_SECTIONS_H

#include "capture/elf.h"

/* The first loaded section of that name with contents in the file. -ENOENT: there is none;
 * -ENODATA: the file has no usable section headers. */
int sections__find(const struct elf_file *f, const char *name, struct elf_segment *ret);

#endif
