/* SPDX-License-Identifier: Apache-2.0 */
/* flavour.h: OpenSSL, or one of those that took over its names and its sources: a file's constants
 * tell which it was built from, and its version. */
#ifndef LLMSNOOP_FLAVOUR_H
#define LLMSNOOP_FLAVOUR_H

#include <stddef.h>

#include "capture/capture.h"
#include "capture/elf.h"

#define FLAVOUR_VERSION_MAX 48

struct flavour {
	enum tls_stack stack;		   /* TLS_BORINGSSL where it is sure, else TLS_OPENSSL */
	char version[FLAVOUR_VERSION_MAX]; /* "3.0.17", "AWS-LC 1.30.1"; "": not told, or twice */
};

/* 0, -ENOMEM, what pread said. A file that cannot be searched tells nothing. */
int flavour__of(const struct elf_file *f, struct flavour *ret);

#endif
