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

#include "capture/elf.h"
#include "tls_fn.h"

#define SITE_MAX 16
#define SITE_REASON_MAX 96

/* A probe goes to file_offset. There the argument registers are as at the function's entry and the
 * stack pointer points at the return address, so a return probe is legal. */
struct probe_site {
	uint64_t file_offset;
	uint64_t vaddr; /* the same place */
	enum tls_fn fn; /* how arguments and result are to be read */
	bool internal;	/* a static function that several exported ones call: fn is like it, but
			 * its result also tells the peer's end (0) from "try again" (-1) */
	bool emulated;	/* the kernel need not single-step */
	struct elf_sym
		sym; /* the exported function; of an internal site the plain one of its group */
	const char *name;	      /* of sym; static storage */
	char reason[SITE_REASON_MAX]; /* why here, for people */
};

/* Finds all TLS functions of f (OpenSSL's exported names) and picks a site for each group of them.
 * symbols_only: no internal sites (their end is not known, so RET instructions cannot be found).
 * Whatever is in doubt gets the symbol itself. Returns how many sites were written to ret, 0: the
 * file has no such functions; -ENOMEM and what elf_file__find returns. */
int site__pick(struct elf_file *f, bool symbols_only, struct probe_site ret[SITE_MAX]);

/* File offsets of all return instructions of a function of known size, for kernels on which return
 * probes are not safe. Returns how many; ret_tail says whether it can also be left by a jump, or
 * may be: then RET probes alone would miss returns. -ENOENT: size unknown or past 64 KiB; -ENOEXEC:
 * code that does not decode; -E2BIG: more than max. */
int site__rets(struct elf_file *f, const struct elf_sym *sym, uint64_t *ret, size_t max,
	       bool *ret_tail);

#endif
