/* SPDX-License-Identifier: Apache-2.0 */
/* gopclntab.h: functions of a Go program by name. The runtime needs its table of functions
 * (.gopclntab) to walk stacks, so stripping leaves it where it is. Formats: runtime/symtab.go
 * (pcHeader, functab, _func, moduledata) of Go 1.16 and later. The table is hostile input: read in
 * windows, every offset checked, and only ever forwards. */
#ifndef LLMSNOOP_GOPCLNTAB_H
#define LLMSNOOP_GOPCLNTAB_H

#include "capture/elf.h"

#define GO_VERSION_MAX 32

struct gopclntab;

/* Finds the table of f, which is borrowed until gopclntab__free. -ENOENT: not a Go program;
 * -EBADMSG: a Go program whose table is not understood, or one of several; -ENOMEM; what pread
 * said. */
int gopclntab__open(struct elf_file *f, struct gopclntab **ret);
void gopclntab__free(struct gopclntab *t); /* NULL is fine */

/* Looks for n (at most ELF_FIND_MAX) functions by their full names, as
 * "crypto/tls.(*Conn).Read"; ret has n places. A size goes up to the next function, padding
 * included; a name that stands twice is not found. Returns how many were found; -E2BIG, -EBADMSG,
 * -ENOMEM, what pread said. */
int gopclntab__find(struct gopclntab *t, const char *const *names, size_t n, struct elf_sym *ret);

/* "go1.26.1", as the build says it of itself (debug/buildinfo); "": it does not. */
void gopclntab__version(struct gopclntab *t, char ret[GO_VERSION_MAX]);

/* Is the format that of Go 1.16 and 1.17? */
bool gopclntab__before_118(const struct gopclntab *t);

#endif
