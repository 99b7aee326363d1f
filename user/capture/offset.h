/* SPDX-License-Identifier: Apache-2.0 */
/* offset.h: functions whose addresses the user tells (--offset), for files in which no locator
 * finds them. Where one matches a file, the locators are not asked. */
#ifndef LLMSNOOP_OFFSET_H
#define LLMSNOOP_OFFSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/locate.h"

#define OFFSET_FNS_MAX 6

struct offset_rule {
	const char *text; /* as given; borrowed */
	size_t n_file; /* bytes of text that name the file: a path, or a glob for its last part */
	uint8_t build_id[ELF_BUILD_ID_MAX]; /* instead of a name, if n_build_id */
	size_t n_build_id;
	enum tls_stack stack; /* what records call it; all take their arguments as OpenSSL's do */
	struct offset_fn {
		enum tls_fn fn;
		const char *name; /* static storage */
		uint64_t vaddr;
	} fns[OFFSET_FNS_MAX];
	unsigned int n_fns;
};

/* FILE:read=0x..,write=0x..[,read_ex=..,write_ex=..,new=..,free=..,stack=NAME]. NULL, or what would
 * be right; then *ret is as it was. */
const char *offset__parse(const char *text, struct offset_rule *ret);

/* Is the rule about the file behind fd, which a process knows as path? */
bool offset__match(const struct offset_rule *r, const char *path, int fd, struct elf_file *f);

/* As a locator: 1, without sites if an address cannot be the beginning of a function. */
int offset__locate(const struct offset_rule *r, struct elf_file *f, struct located *ret);

#endif
