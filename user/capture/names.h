/* SPDX-License-Identifier: Apache-2.0 */
/* names.h: stacks whose functions are found by their names and probed each by itself. */
#ifndef LLMSNOOP_NAMES_H
#define LLMSNOOP_NAMES_H

#include "capture/locate.h"

struct fn_name {
	const char *name;
	enum tls_fn fn;
	bool sure;	     /* a result of 0 means the peer's end */
	bool seldom;	     /* as in struct probe_site */
	const char *instead; /* where that one exists, this one does nothing but jump to it */
};

/* Appends a site for each of n names (see elf_file__find) that f defines. Returns how many sites
 * ret has; -E2BIG: more than there is room for; -ENOMEM and what elf_file__find returns. */
int names__sites(struct elf_file *f, const struct fn_name *names, size_t n, struct located *ret);

#endif
