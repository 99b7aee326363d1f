// SPDX-License-Identifier: Apache-2.0
/* OpenSSL 3.0 and later, compiled into a program and without symbols. Each error that it reports
 * names its source file and its function (include/openssl/err.h, ERR_raise): so the code that loads
 * both ".../ssl/ssl_lib.c" and "SSL_read" is SSL_read. The forms with _ex report nothing
 * themselves; ssl_read_internal and ssl_write_internal do, which all forms call, or which is
 * compiled into each. */
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/flavour.h"
#include "capture/functions.h"
#include "capture/scan.h"
#include "capture/site.h"
#include "capture/x86.h"

#define HITS_MAX 64
#define PLACES_MAX 1024 /* errors of ssl_lib.c; it has about 250 */

enum name {
	NAME_SOURCE,
	NAME_READ,
	NAME_READ_INTERNAL,
	NAME_WRITE,
	NAME_WRITE_INTERNAL,
	NAME_SENDFILE,
	NAME_NEW,
	NAME_CLEAR,
	NAMES,
};

#define NEEDLE(s)            \
	{                    \
		s, sizeof(s) \
	} /* with its zero: linkers let a string be the end of another */

static const struct scan_bytes needles[NAMES] = {
	[NAME_SOURCE] = NEEDLE("ssl_lib.c"),
	[NAME_READ] = NEEDLE("SSL_read"),
	[NAME_READ_INTERNAL] = NEEDLE("ssl_read_internal"),
	[NAME_WRITE] = NEEDLE("SSL_write"),
	[NAME_WRITE_INTERNAL] = NEEDLE("ssl_write_internal"),
	[NAME_SENDFILE] = NEEDLE("SSL_sendfile"),
	[NAME_NEW] = NEEDLE("SSL_new"),
	[NAME_CLEAR] = NEEDLE("SSL_clear"),
};

struct hit {
	uint64_t vaddr;
	enum name name;
};

struct search {
	struct elf_file *f;
	struct hit hit[HITS_MAX];
	size_t n_hits;
	struct scan_refs refs;
	struct function fn[PLACES_MAX]; /* around each reference */
	unsigned int seen;		/* bit set of names that the file has */
};

static int string_found(void *ctx, uint64_t vaddr, size_t which)
{
	struct search *s = ctx;
	char text[SCAN_STRING_MAX];

	if (s->n_hits == HITS_MAX)
		return -E2BIG;
	if (which == NAME_SOURCE && scan__string(s->f, vaddr, text, &vaddr) < 0)
		return 0;
	s->hit[s->n_hits++] = (struct hit){vaddr, which};
	s->seen |= 1U << which;
	return 0;
}

static int by_vaddr(const void *a, const void *b)
{
	const struct hit *x = a, *y = b;

	return x->vaddr < y->vaddr ? -1 : x->vaddr > y->vaddr;
}

static int by_at(const void *a, const void *b)
{
	const struct scan_ref *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

/* 1: references are known, 0: there is no such library, negative errno. */
static int gather(struct search *s)
{
	const unsigned int need = 1U << NAME_SOURCE | 1U << NAME_READ | 1U << NAME_WRITE;
	uint64_t targets[HITS_MAX], at[PLACES_MAX];
	int err = scan__find(s->f, needles, NAMES, string_found, s);

	if (err || (s->seen & need) != need)
		return err;
	qsort(s->hit, s->n_hits, sizeof(s->hit[0]), by_vaddr);
	for (size_t i = 0; i < s->n_hits; i++)
		targets[i] = s->hit[i].vaddr;
	err = scan__refs(s->f, targets, s->n_hits, &s->refs);
	if (err || !s->refs.n)
		return err;
	if (s->refs.n > PLACES_MAX)
		return -E2BIG;
	qsort(s->refs.ref, s->refs.n, sizeof(s->refs.ref[0]), by_at);
	for (size_t i = 0; i < s->refs.n; i++)
		at[i] = s->refs.ref[i].at;
	err = functions__find(s->f, at, s->refs.n, s->fn);
	return err ? err : 1;
}

static bool names(const struct search *s, uint64_t target, enum name name)
{
	for (size_t i = 0; i < s->n_hits; i++)
		if (s->hit[i].vaddr == target && s->hit[i].name == name)
			return true;
	return false;
}

static bool fn_has(const struct search *s, uint64_t start, enum name name)
{
	for (size_t i = 0; i < s->refs.n; i++)
		if (s->fn[i].start == start && names(s, s->refs.ref[i].target, name))
			return true;
	return false;
}

/* Up to max functions that report errors of ssl_lib.c in the name of name; how many there are. */
static size_t fns(const struct search *s, enum name name, const struct function **ret, size_t max)
{
	size_t n = 0, k;

	for (size_t i = 0; i < s->refs.n; i++) {
		const struct function *fn = &s->fn[i];

		if (!fn->start || !names(s, s->refs.ref[i].target, name) ||
		    !fn_has(s, fn->start, NAME_SOURCE))
			continue;
		for (k = 0; k < n && k < max && ret[k]->start != fn->start; k++)
			;
		if (k < n)
			continue;
		if (n < max)
			ret[n] = fn;
		n++;
	}
	return n;
}

static int site(struct search *s, const struct function *fn, enum tls_fn what, const char *name,
		struct located *ret)
{
	struct elf_sym sym;
	int err = function__symbol(s->f, fn, &sym);

	if (!err)
		err = site__at(s->f, &sym, what, name, &ret->site[ret->n]);
	ret->n += !err;
	return err;
}

#define FORMS_MAX 4

/* Reading, or writing. */
struct group {
	enum name plain, internal;
	enum tls_fn fn, fn_ex;
	const char *name, *name_ex;
};

/* Does ssl_write_internal take flags, as it has since 3.3? The version tells; else SSL_write, which
 * calls it with ssl, buf and num where they were, behind them 0 for the flags if it has any, and
 * the address of a local. -ENOENT: not sure. */
static int has_flags(struct search *s, const char *version, const struct function *plain,
		     const struct function *internal)
{
	unsigned int major, minor;
	struct x86_call call;
	uint8_t code[512];
	struct x86 *x86;
	const char *why;
	ssize_t n;
	int err;

	if (sscanf(version, "%u.%u", &major, &minor) == 2)
		return major > 3 || (major == 3 && minor >= 3);
	if (internal->start == plain->start || elf_file__machine(s->f) != EM_X86_64)
		return -ENOENT;
	n = elf_file__code(s->f, plain->start, code, sizeof(code));
	if (n <= 0)
		return -ENOENT;
	err = x86__new(&x86);
	if (err)
		return err;
	err = x86__first_call(x86, code, n, plain->start, 0, &why, &call);
	x86__free(x86);
	if (err || call.target != internal->start || call.arg[0] != X86_ARG0 ||
	    call.arg[1] != X86_ARG0 + 1 || call.arg[2] != X86_ARG0 + 2)
		return -ENOENT;
	if (call.arg[3] == X86_STACK)
		return 0;
	return call.arg[3] == X86_CONST && call.arg[4] == X86_STACK ? 1 : -ENOENT;
}

/* The function that all forms call, if it is not compiled into any. */
static int internal_site(struct search *s, const struct group *g, const struct function *fn,
			 bool flags, struct located *ret)
{
	struct probe_site *at = &ret->site[ret->n];
	int err = site(s, fn, flags ? FN_WRITE_EX2 : g->fn_ex, g->name, ret);

	if (!err) {
		at->internal = true;
		at->sure = g->fn_ex == FN_READ_EX;
	}
	return err;
}

/* With flags, what has them looks like what has not. The order in the source tells, as long as the
 * compiler kept it: ssl_write_internal, SSL_sendfile, SSL_write, SSL_write_ex, SSL_write_ex2. */
static bool in_order(struct search *s, const struct function *plain, const struct function **x,
		     size_t n)
{
	const struct function *sendfile;
	size_t before = 0;

	for (size_t i = 0; i < n; i++)
		before += x[i]->start < plain->start;
	if (before > 1 || (n - before != 0 && n - before != 2))
		return false;
	if (fns(s, NAME_SENDFILE, &sendfile, 1) != 1 || sendfile->start > plain->start)
		return false;
	return !before || x[0]->start < sendfile->start;
}

/* All forms of it. -ENOENT: not sure. */
static int group(struct search *s, const struct group *g, struct located *ret)
{
	const struct function *plain, *x[FORMS_MAX];
	size_t n = fns(s, g->internal, x, FORMS_MAX), others = 0;
	int err, flags = 0;

	if (fns(s, g->plain, &plain, 1) != 1 || !n || n > FORMS_MAX)
		return -ENOENT;
	if (g->fn == FN_WRITE)
		flags = has_flags(s, ret->version, plain, x[0]);
	if (flags < 0)
		return flags;
	if (n == 1 && x[0]->start != plain->start)
		return internal_site(s, g, x[0], flags, ret);
	/* they ascend */
	for (size_t i = 0; i < n; i++)
		if (x[i]->start != plain->start)
			x[others++] = x[i];
	/* Compiled into the plain form, into those with _ex, and perhaps there by itself, too. Or
	 * the plain form is never called, and only looks like a part of what stands before it. */
	if (others == n || !plain->sure || (flags ? !in_order(s, plain, x, others) : others > 2))
		return -ENOENT;
	err = site(s, plain, g->fn, g->name, ret);
	for (size_t i = 0; i < others && !err; i++) {
		bool ex2 = flags && (x[i]->start < plain->start || i + 1 == others);

		err = site(s, x[i], ex2 ? FN_WRITE_EX2 : g->fn_ex, g->name_ex, ret);
	}
	return err;
}

/* The name in which a function reports first. Functions that nobody calls look like parts of what
 * stands before them, where there are no unwind entries. */
static enum name first_name(const struct search *s, uint64_t start)
{
	for (size_t i = 0; i < s->refs.n; i++)
		for (enum name k = NAME_SOURCE + 1; k < NAMES && s->fn[i].start == start; k++)
			if (names(s, s->refs.ref[i].target, k))
				return k;
	return NAMES;
}

/* The function that reports in a name of its own. SSL_new is small since 3.2, and compiled into
 * SSL_dup as well, which is not. NULL: not sure. */
static const struct function *by_itself(const struct search *s, enum name name)
{
	const struct function *fn[2];
	uint64_t size[2];
	size_t n = fns(s, name, fn, 2);

	if (n == 1)
		return first_name(s, fn[0]->start) == name ? fn[0] : NULL;
	if (n != 2 || name != NAME_NEW)
		return NULL;
	for (size_t i = 0; i < 2; i++)
		size[i] = fn[i]->end - fn[i]->start;
	return size[0] < size[1] / 2 ? fn[0] : size[1] < size[0] / 2 ? fn[1] : NULL;
}

static int sites(struct search *s, struct located *ret)
{
	static const struct {
		enum name name;
		enum tls_fn fn;
		const char *text;
	} others[] = {
		{NAME_SENDFILE, FN_SENDFILE, "SSL_sendfile"},
		{NAME_NEW, FN_NEW, "SSL_new"},
		{NAME_CLEAR, FN_CLEAR, "SSL_clear"},
	};
	const struct group groups[] = {
		{NAME_READ, NAME_READ_INTERNAL, FN_READ, FN_READ_EX, "SSL_read", "SSL_read_ex"},
		{NAME_WRITE, NAME_WRITE_INTERNAL, FN_WRITE, FN_WRITE_EX, "SSL_write",
		 "SSL_write_ex"},
	};
	const struct function *fn;
	int err = 0;

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]) && !err; i++)
		err = group(s, &groups[i], ret);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]) && !err; i++) {
		fn = by_itself(s, others[i].name);
		if (fn)
			err = site(s, fn, others[i].fn, others[i].text, ret);
	}
	return err;
}

static int find(struct elf_file *f, const struct locate_config *config, struct located *ret)
{
	struct search *s = calloc(1, sizeof(*s));
	struct flavour flavour = {0};
	int err;

	if (!s)
		return -ENOMEM;
	s->f = f;
	err = gather(s);
	if (err > 0) {
		int e = flavour__of(f, &flavour);

		err = e ? e : flavour.stack == TLS_OPENSSL;
	}
	if (err > 0) {
		ret->stack = TLS_OPENSSL;
		memcpy(ret->version, flavour.version, sizeof(ret->version));
		err = sites(s, ret);
		if (err == -ENOENT) {
			ret->n = 0;
			snprintf(ret->why_not, sizeof(ret->why_not),
				 "its functions are not found, or not unique");
		}
		err = err && err != -ENOENT ? err : 1;
	}
	scan_refs__free(&s->refs);
	free(s);
	/* a file past all reason, or of another machine */
	return err == -E2BIG || err == -ENOEXEC ? 0 : err;
}

const struct locator locate_openssl_static = {
	.name = "error reports",
	.find = find,
	.stack = TLS_OPENSSL,
	.telling = "ssl_lib.c",
};
