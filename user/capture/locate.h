/* SPDX-License-Identifier: Apache-2.0 */
/* locate.h: which TLS stacks a file carries, and where their functions are to be probed. One
 * locator for each stack and way of finding it; a match is unique or it is none. Files are chosen
 * by whoever runs them: a wrong answer may cost that one program its trace, never more, so nothing
 * found in one file is believed of another. */
#ifndef LLMSNOOP_LOCATE_H
#define LLMSNOOP_LOCATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/capture.h"
#include "capture/elf.h"
#include "tls_fn.h"

#define SITE_MAX 16
#define SITE_REASON_MAX 96

/* How a function is probed. */
enum site_way {
	SITE_CALL,  /* entry and return probe */
	SITE_ENTRY, /* the entry alone tells all */
	SITE_RETS,  /* entry and its RET instructions: a return probe would harm (Go) */
};

/* A probe goes to file_offset. There the argument registers are as at the function's entry and the
 * stack pointer points at the return address, so a return probe is legal. */
struct probe_site {
	uint64_t file_offset;
	uint64_t vaddr; /* the same place */
	enum tls_fn fn; /* how arguments and result are to be read */
	enum site_way way;
	bool sure;     /* a result of 0 means the peer's end (TLS_COOKIE_SURE) */
	bool emulated; /* the kernel need not single-step */
	struct elf_sym
		sym;   /* the function; of a site shared by several the plain one of its group */
	bool seldom;   /* used beside the plain functions: without those it tells nothing */
	bool internal; /* a static function that several exported ones call: sym's end is not its */
	const char *name;	      /* of the function; static storage */
	const char *left_out;	      /* why it gets no probe; static storage. NULL: it gets one */
	char reason[SITE_REASON_MAX]; /* why here, for people */
};

#define LOCATED_MAX 4 /* stacks of one file */

/* One TLS stack of a file. */
struct located {
	enum tls_stack stack;
	const char *locator; /* how it was found, for people; static storage */
	char version[48];    /* of the stack, as the file tells it; "": it does not */
	unsigned int n;	     /* sites; 0: the stack is there, but where is not known */
	struct probe_site site[SITE_MAX];
	char why_not[128]; /* n == 0: what was missing or ambiguous */
};

struct offset_rule;

struct locate_config {
	/* What the user says of this file; then nothing else is asked. */
	const struct offset_rule *offsets[LOCATED_MAX];
	unsigned int n_offsets;
	/* Where separate debug files are; NULL: none are asked. */
	const char *debug_dir;
	const char
		*path;	/* one of the file's names, beside which they may be, too; NULL: unknown */
	bool want_rets; /* RET instructions are needed everywhere: only sites whose function is
			 * wholly known */
};

/* What found functions by their names: "symbols", or "debug file". */
const char *located__by_name(const struct located *l);
/* How many of its sites get a probe. */
unsigned int located__sites(const struct located *l);
/* One line for people: the stack, its sites and why they were chosen, or why there are none. Cut to
 * fit. */
void located__text(const struct located *l, char *ret, size_t size);

/* Fills in ret, whose sites are zeroed. 1: the stack is there (with or without sites), 0: it is
 * not, negative errno: it could not be looked for (-ENOMEM, what pread said). */
struct locator {
	const char *name;
	int (*find)(struct elf_file *f, const struct locate_config *config, struct located *ret);
	/* What may be left out: the only stack that it finds, of which nothing more is wanted once
	 * there are sites; and a constant of the file without which there is nothing to find. */
	enum tls_stack stack;
	const char *telling;
};

/* Asks all locators, of names in a debug file as well. Returns how many stacks were written to ret;
 * negative errno if none was found and one could not be asked. */
int locate__file(struct elf_file *f, const struct locate_config *config,
		 struct located ret[LOCATED_MAX]);

/* The locators, in the order in which they are asked; a stack that was found with sites is not
 * looked for again. */
extern const struct locator locate_openssl_symbols;
extern const struct locator locate_nss;
extern const struct locator locate_gnutls;
extern const struct locator locate_mono;
extern const struct locator locate_boringssl;
extern const struct locator locate_rustls;
extern const struct locator locate_go;
extern const struct locator locate_openssl_static;

#endif
