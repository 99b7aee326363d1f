// SPDX-License-Identifier: Apache-2.0
#include "capture/offset.h"

#include <elf.h>
#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "capture/functions.h"
#include "capture/site.h"
#include "capture/x86.h"

#define BUILD_ID_DIGITS_MIN 16
#define CODE_BEFORE 64 /* bytes from which the way to an address is decoded */
#define CODE_BEHIND 16 /* no instruction is longer */

static const char right[] =
	"FILE:read=0x1234,write=0x5678, with more of read_ex=, write_ex=, new=, "
	"free=, stack=NAME if known";

static const struct {
	const char *name;
	enum tls_fn fn;
} functions[OFFSET_FNS_MAX] = {
	{"read", FN_READ},	   {"write", FN_WRITE}, {"read_ex", FN_READ_EX},
	{"write_ex", FN_WRITE_EX}, {"new", FN_NEW},	{"free", FN_FREE},
};

static bool has(const struct offset_rule *r, enum tls_fn fn)
{
	for (unsigned int i = 0; i < r->n_fns; i++)
		if (r->fns[i].fn == fn)
			return true;
	return false;
}

/* Stacks whose functions take their arguments otherwise are no good names. */
static const char *parse_stack(const char *name, size_t n, struct offset_rule *r)
{
	static const enum tls_stack stacks[] = {TLS_UNKNOWN, TLS_OPENSSL, TLS_BORINGSSL, TLS_GNUTLS,
						TLS_NSS};

	for (size_t i = 0; i < sizeof(stacks) / sizeof(stacks[0]); i++) {
		const char *s = tls_stack__name(stacks[i]);

		if (strlen(s) == n && !strncmp(s, name, n)) {
			r->stack = stacks[i];
			return NULL;
		}
	}
	return "stack=openssl, boringssl, gnutls, nss or unknown";
}

static const char *parse_address(const char *text, size_t n, uint64_t *ret)
{
	static const char wanted[] = "an address in hexadecimal, as objdump -d and nm show it";
	uint64_t v = 0;

	if (n < 3 || n > 18 || text[0] != '0' || (text[1] | 32) != 'x')
		return wanted;
	for (size_t i = 2; i < n; i++) {
		const char *digits = "0123456789abcdef", *d;

		d = memchr(digits, text[i] | 32, 16);
		if (!d || (text[i] < 'A' && (text[i] < '0' || text[i] > '9')))
			return wanted;
		v = v << 4 | (uint64_t)(d - digits);
	}
	if (!v)
		return "an address other than 0";
	*ret = v;
	return NULL;
}

/* NAME=VALUE */
static const char *parse_pair(const char *text, size_t n, struct offset_rule *r)
{
	const char *eq = memchr(text, '=', n), *value;
	size_t n_name = eq ? (size_t)(eq - text) : 0, n_value;
	struct offset_fn *f = &r->fns[r->n_fns];
	const char *wrong;

	if (!n_name)
		return right;
	value = eq + 1;
	n_value = n - n_name - 1;
	if (n_name == 5 && !memcmp(text, "stack", 5))
		return parse_stack(value, n_value, r);
	for (size_t i = 0; i < OFFSET_FNS_MAX; i++) {
		if (strlen(functions[i].name) != n_name || memcmp(functions[i].name, text, n_name))
			continue;
		if (has(r, functions[i].fn))
			return "each function once";
		f->fn = functions[i].fn;
		f->name = functions[i].name;
		wrong = parse_address(value, n_value, &f->vaddr);
		r->n_fns += !wrong;
		return wrong;
	}
	return right;
}

/* A name of nothing but many hexadecimal digits is a build id. */
static void parse_build_id(struct offset_rule *r)
{
	unsigned int b;

	if (r->n_file < BUILD_ID_DIGITS_MIN || r->n_file % 2 || r->n_file / 2 > ELF_BUILD_ID_MAX ||
	    strspn(r->text, "0123456789abcdefABCDEF") != r->n_file)
		return;
	for (size_t i = 0; i < r->n_file / 2; i++) {
		if (sscanf(r->text + 2 * i, "%2x", &b) != 1)
			return;
		r->build_id[i] = (uint8_t)b;
	}
	r->n_build_id = r->n_file / 2;
}

const char *offset__parse(const char *text, struct offset_rule *ret)
{
	struct offset_rule r = {.text = text};
	const char *colon = strrchr(text, ':'), *at, *wrong;
	size_t n;

	if (!colon || colon == text || colon - text >= PATH_MAX)
		return right;
	r.n_file = (size_t)(colon - text);
	for (at = colon + 1;; at += n + 1) {
		n = strcspn(at, ",");
		wrong = parse_pair(at, n, &r);
		if (wrong)
			return wrong;
		if (!at[n])
			break;
	}
	if (!has(&r, FN_READ) && !has(&r, FN_READ_EX))
		return "read= or read_ex= too";
	if (!has(&r, FN_WRITE) && !has(&r, FN_WRITE_EX))
		return "write= or write_ex= too";
	parse_build_id(&r);
	*ret = r;
	return NULL;
}

bool offset__match(const struct offset_rule *r, const char *path, int fd, struct elf_file *f)
{
	const char *last = strrchr(path, '/');
	uint8_t id[ELF_BUILD_ID_MAX];
	struct stat wanted, st;
	char name[PATH_MAX];

	if (r->n_build_id)
		return elf_file__build_id(f, id) == r->n_build_id &&
		       !memcmp(id, r->build_id, r->n_build_id);
	snprintf(name, sizeof(name), "%.*s", (int)r->n_file, r->text);
	if (!strchr(name, '/'))
		return !fnmatch(name, last ? last + 1 : path, 0);
	/* Processes know it by the name that links lead to, or in another mount namespace. */
	return !strcmp(name, path) || (!stat(name, &wanted) && !fstat(fd, &st) &&
				       wanted.st_dev == st.st_dev && wanted.st_ino == st.st_ino);
}

/* Could a function begin there? A return probe elsewhere would overwrite what is no return
 * address. */
static int check_entry(struct elf_file *f, struct elf_sym *sym, char *ret_why, size_t size)
{
	uint8_t code[CODE_BEFORE + CODE_BEHIND];
	unsigned long long at = sym->vaddr;
	struct function around = {0};
	struct x86 *x86 = NULL;
	size_t before;
	ssize_t n;
	int err;

	if (elf_file__code(f, at, code, 1) != 1 || elf_file__offset(f, at, &sym->offset)) {
		snprintf(ret_why, size, "--offset: 0x%llx is not code of this file", at);
		return -EINVAL;
	}
	err = functions__find(f, &sym->vaddr, 1, &around);
	if (err == -ENOMEM)
		return err;
	if (!err && around.sure) {
		sym->size = around.end - around.start;
		snprintf(ret_why, size,
			 "--offset: 0x%llx is inside the function that begins at 0x%llx", at,
			 (unsigned long long)around.start);
		return around.start == at ? 0 : -EINVAL;
	}
	snprintf(ret_why, size, "--offset: 0x%llx is not where an instruction begins", at);
	if (elf_file__machine(f) == EM_AARCH64)
		return at % 4 ? -EINVAL : 0;
	if (elf_file__machine(f) != EM_X86_64)
		return 0;
	/* As much as there is of the way to it. */
	for (before = CODE_BEFORE; before; before--)
		if (elf_file__code(f, at - before, code, 1) == 1)
			break;
	n = elf_file__code(f, at - before, code, before + CODE_BEHIND);
	err = x86__new(&x86);
	if (err)
		return err;
	err = n > (ssize_t)before && x86__boundary(x86, code, n, before) ? 0 : -EINVAL;
	x86__free(x86);
	return err;
}

int offset__locate(const struct offset_rule *r, struct elf_file *f, struct located *ret)
{
	ret->stack = r->stack;
	ret->locator = "--offset";
	for (unsigned int i = 0; i < r->n_fns; i++) {
		struct elf_sym sym = {.vaddr = r->fns[i].vaddr};
		int err = check_entry(f, &sym, ret->why_not, sizeof(ret->why_not));

		if (!err)
			err = site__at(f, &sym, r->fns[i].fn, r->fns[i].name, &ret->site[i]);
		if (err) {
			ret->n = 0;
			return err == -EINVAL ? 1 : err;
		}
		ret->n = i + 1;
	}
	ret->why_not[0] = '\0';
	return 1;
}
