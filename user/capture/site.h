/* SPDX-License-Identifier: Apache-2.0 */
/* site.h: where a TLS function is probed at the least cost. The kernel emulates push, nop, call,
 * jmp and jcc, everything else it single-steps, which costs 2 to 35 times as much (arch/x86/
 * kernel/uprobes.c: branch_setup_xol_ops, push_setup_xol_ops). SSL_read of most builds begins with
 * a dear instruction, but the static function that it and SSL_read_ex share begins with push. */
#ifndef LLMSNOOP_SITE_H
#define LLMSNOOP_SITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/locate.h"

/* Finds all TLS functions of f (OpenSSL's exported names) and picks a site for each group of them.
 * symbols_only: no internal sites (their end is not known, so RET instructions cannot be found).
 * Whatever is in doubt gets the symbol itself. Returns how many sites were written to ret, 0: the
 * file has no such functions; -ENOMEM and what elf_file__find returns. */
int site__pick(struct elf_file *f, bool symbols_only, struct probe_site ret[SITE_MAX]);

/* The cheapest site at the entry of one function that was found by other means than its name: its
 * beginning, or an emulated instruction behind it before which nothing changed. sym: offset, vaddr
 * and size (0: unknown); name: static storage. */
int site__at(struct elf_file *f, const struct elf_sym *sym, enum tls_fn fn, const char *name,
	     struct probe_site *ret);

/* File offsets of all return instructions of a function of known size, for kernels on which return
 * probes are not safe. Returns how many; ret_tail says whether it can also be left by a jump, or
 * may be: then RET probes alone would miss returns. -ENOENT: size unknown or past 64 KiB; -ENOEXEC:
 * code that does not decode; -E2BIG: more than max. */
int site__rets(struct elf_file *f, const struct elf_sym *sym, uint64_t *ret, size_t max,
	       bool *ret_tail);

#endif
