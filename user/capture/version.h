/* SPDX-License-Identifier: Apache-2.0 */
/* version.h: the version that a library tells of itself. */
#ifndef LLMSNOOP_VERSION_H
#define LLMSNOOP_VERSION_H

#include <stddef.h>

#include "capture/elf.h"

/* The text that looks like a version ("3.7.9") and that the named function, which returns its
 * library's version, refers to. 0, else *ret is "": -ENOENT: no such function or text; -ENOMEM. */
int version__returned(struct elf_file *f, const char *function, char *ret, size_t size);

#endif
