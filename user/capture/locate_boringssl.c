// SPDX-License-Identifier: Apache-2.0
/* BoringSSL without symbols (Bun and what is built with it, Chromium). Each error that it reports
 * names its source file and line: so the code that loads the address of ".../ssl/ssl_lib.cc" is
 * that of ssl_lib.cc, and the error's reason and line, loaded beside it, tell which function of
 * that file it is. Reasons are part of BoringSSL's interface (include/openssl/ssl.h, err.h) and
 * never change; lines do, but not their order. */
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/functions.h"
#include "capture/scan.h"
#include "capture/site.h"

#define SOURCE "ssl_lib.cc"
#define STRINGS_MAX 4
#define HITS_MAX 64    /* of those, and of what only looks like them */
#define PLACES_MAX 256 /* errors of ssl_lib.cc; it has about 30 */
#define NUMBERS_MAX 24
#define AROUND 26 /* bytes before and behind a reference that belong to its error */
#define AROUND_ARM64 48
#define LINE_MAX 0x4000
/* SSL_read has these calls and two more: what SSL_peek does is compiled into it. */
#define PEEK_CALLS 3

enum reason {
	SHOULD_NOT_HAVE_BEEN_CALLED = 66, /* of QUIC connections */
	BAD_LENGTH = 111,
	CONNECTION_TYPE_NOT_SET = 134,
	NULL_SSL_CTX = 185,
	HANDSHAKE_FAILURE = 215,
	UNINITIALIZED = 226,
	REASON_MAX = 255, /* what is larger is a line, or a reason that is of no interest here */
};

/* One place that reports an error. */
struct place {
	uint64_t at;
	uint32_t
		number[NUMBERS_MAX]; /* that are loaded beside it: reason, line, and chance finds */
	size_t n;
};

struct boring {
	struct elf_file *f;
	uint64_t string[STRINGS_MAX];
	size_t n_strings, hits;
	struct place place[PLACES_MAX];
	struct function fn[PLACES_MAX]; /* of each place */
	size_t n;
};

static int string_found(void *ctx, uint64_t vaddr, size_t which)
{
	struct boring *b = ctx;
	char s[SCAN_STRING_MAX];

	/* linkers merge equal strings; more than a few copies are no program's doing */
	if (b->n_strings == STRINGS_MAX)
		return -E2BIG;
	/* A path: the bare name is that of a program that looks for it, as this one does. */
	b->n_strings +=
		scan__string(b->f, vaddr, s, &b->string[b->n_strings]) > (int)strlen(SOURCE);
	return b->hits++ == HITS_MAX ? -E2BIG : 0;
}

static void number_add(struct place *p, uint32_t number)
{
	if (number < LINE_MAX && p->n < NUMBERS_MAX)
		p->number[p->n++] = number;
}

/* mov r32,imm32 at any byte, or mov wd,#imm, of the same function. */
static void numbers(const struct elf_file *f, const struct function *fn, struct place *p)
{
	bool arm64 = elf_file__machine(f) == EM_AARCH64;
	uint64_t around = arm64 ? AROUND_ARM64 : AROUND, from, to;
	uint8_t code[2 * AROUND_ARM64];
	uint32_t insn;
	ssize_t n;

	from = p->at - fn->start < around ? fn->start : p->at - around;
	to = fn->end - p->at < around ? fn->end : p->at + around;
	n = elf_file__code(f, from, code, to - from);
	for (ssize_t i = 0; arm64 && i + 4 <= n; i += 4) {
		memcpy(&insn, code + i, 4);
		if ((insn & 0xffe00000) == 0x52800000)
			number_add(p, insn >> 5 & 0xffff);
	}
	for (ssize_t i = 0; !arm64 && i + 5 <= n; i++) {
		memcpy(&insn, code + i + 1, 4);
		if ((code[i] & 0xf8) == 0xb8)
			number_add(p, insn);
	}
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* 1: the places are known, 0: there are none, negative errno. */
static int places(struct boring *b)
{
	const struct scan_bytes needle = {SOURCE, sizeof(SOURCE)};
	uint64_t at[PLACES_MAX];
	struct scan_refs refs = {0};
	int err;

	err = scan__find(b->f, &needle, 1, string_found, b);
	if (err || !b->n_strings)
		return err;
	qsort(b->string, b->n_strings, sizeof(b->string[0]), by_value);
	err = scan__refs(b->f, b->string, b->n_strings, &refs);
	if (!err && refs.n > PLACES_MAX)
		err = -E2BIG;
	for (; !err && b->n < refs.n; b->n++)
		at[b->n] = refs.ref[b->n].at;
	scan_refs__free(&refs);
	if (err || !b->n)
		return err;
	qsort(at, b->n, sizeof(at[0]), by_value);
	err = functions__find(b->f, at, b->n, b->fn);
	for (size_t i = 0; i < b->n && !err; i++) {
		b->place[i].at = at[i];
		if (b->fn[i].start)
			numbers(b->f, &b->fn[i], &b->place[i]);
	}
	return err ? err : 1;
}

static bool place_has(const struct place *p, uint32_t number)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->number[i] == number)
			return true;
	return false;
}

static bool fn_has(const struct boring *b, uint64_t start, uint32_t number)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->fn[i].start == start && place_has(&b->place[i], number))
			return true;
	return false;
}

/* The lines between lo and hi at which a function reports a reason: the first, or the last. 0:
 * there is none. */
static uint32_t line_of(const struct boring *b, uint64_t start, uint32_t reason, uint32_t lo,
			uint32_t hi, bool last)
{
	uint32_t line = 0, number;

	for (size_t i = 0; i < b->n; i++) {
		if (b->fn[i].start != start || !place_has(&b->place[i], reason))
			continue;
		for (size_t k = 0; k < b->place[i].n; k++) {
			number = b->place[i].number[k];
			if (number <= REASON_MAX || number <= lo || number >= hi)
				continue;
			if (!line || (last ? number > line : number < line))
				line = number;
		}
	}
	return line;
}

/* The functions that b's places lie in, one after the other: the first place of each. */
static bool first_of(const struct boring *b, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (b->fn[k].start == b->fn[i].start)
			return false;
	return b->fn[i].start != 0;
}

/* The only function that reports all n reasons. NULL: none, or several. */
static const struct function *only(const struct boring *b, const uint32_t *reasons, size_t n)
{
	const struct function *one = NULL;
	size_t k;

	for (size_t i = 0; i < b->n; i++) {
		if (!first_of(b, i))
			continue;
		for (k = 0; k < n && fn_has(b, b->fn[i].start, reasons[k]); k++)
			;
		if (k < n)
			continue;
		if (one)
			return NULL;
		one = &b->fn[i];
	}
	return one;
}

/* The line of ssl_read_impl, which stands before SSL_read, SSL_peek and SSL_write and is the last
 * one there to do a handshake. 0: not found. */
static uint32_t impl_line(const struct boring *b, uint64_t write, uint32_t write_line)
{
	uint32_t line, best = 0;

	for (size_t i = 0; i < b->n; i++) {
		uint64_t start = b->fn[i].start;

		if (!first_of(b, i) || start == write || !fn_has(b, start, HANDSHAKE_FAILURE) ||
		    fn_has(b, start, BAD_LENGTH))
			continue;
		line = line_of(b, start, UNINITIALIZED, 0, write_line, true);
		best = line > best ? line : best;
	}
	return best;
}

static unsigned int calls(const struct elf_file *f, const struct function *fn)
{
	bool arm64 = elf_file__machine(f) == EM_AARCH64;
	size_t size = fn->end - fn->start;
	unsigned int found = 0;
	uint8_t code[1024];
	uint32_t insn;
	int32_t rel;
	uint8_t byte;
	ssize_t n;

	n = elf_file__code(f, fn->start, code, size < sizeof(code) ? size : sizeof(code));
	for (ssize_t i = 0; arm64 && i + 4 <= n; i += 4) {
		memcpy(&insn, code + i, 4);
		found += (insn & 0xfc000000) == 0x94000000 || (insn & 0xfffffc1f) == 0xd63f0000;
	}
	for (ssize_t i = 0; !arm64 && i + 6 <= n; i++) {
		memcpy(&rel, code + i + 1, 4);
		if (code[i] == 0xe8)
			found += elf_file__code(f, fn->start + i + 5 + (int64_t)rel, &byte, 1) == 1;
		else
			found += code[i] == 0xff && code[i + 1] == 0x15; /* call *d32(%rip) */
	}
	return found;
}

/* SSL_read is SSL_peek, compiled into it, and more: what it read is then dropped. Both report that
 * they are not for QUIC, in the lines between ssl_read_impl and SSL_write. */
static const struct function *find_read(const struct boring *b, const struct function *write,
					const char **ret_why)
{
	const struct function *found[2];
	uint32_t write_line, line;
	unsigned int n = 0, more[2];

	write_line = line_of(b, write->start, UNINITIALIZED, 0, LINE_MAX, false);
	line = line_of(b, write->start, SHOULD_NOT_HAVE_BEEN_CALLED, 0, LINE_MAX, false);
	write_line = line && line < write_line ? line : write_line;
	line = impl_line(b, write->start, write_line);
	*ret_why = "what stands before SSL_write in the source is not found";
	if (!line)
		return NULL;
	*ret_why = "SSL_read is not unique";
	for (size_t i = 0; i < b->n; i++) {
		if (!first_of(b, i) || b->fn[i].start == write->start ||
		    !line_of(b, b->fn[i].start, SHOULD_NOT_HAVE_BEEN_CALLED, line, write_line,
			     false))
			continue;
		if (n == 2)
			return NULL;
		more[n] = calls(b->f, &b->fn[i]);
		found[n++] = &b->fn[i];
	}
	if (n == 2 && more[0] != more[1])
		return found[more[1] > more[0]];
	if (n == 1 && more[0] > PEEK_CALLS)
		return found[0];
	if (n < 2)
		*ret_why = "SSL_read is not found";
	return NULL;
}

static int site(struct located *ret, struct elf_file *f, const struct function *fn,
		enum tls_fn what, const char *name)
{
	struct elf_sym sym;
	int err = function__symbol(f, fn, &sym);

	if (!err)
		err = site__at(f, &sym, what, name, &ret->site[ret->n]);
	ret->n += !err;
	return err;
}

static int sites(const struct boring *b, struct located *ret)
{
	static const uint32_t writes[] = {UNINITIALIZED, HANDSHAKE_FAILURE, BAD_LENGTH};
	static const uint32_t news[] = {NULL_SSL_CTX}, handshakes[] = {CONNECTION_TYPE_NOT_SET};
	const struct function *read, *write = only(b, writes, 3), *new = only(b, news, 1);
	const struct function *handshake = only(b, handshakes, 1);
	const char *why = "SSL_write is not found, or not unique";
	int err;

	read = write ? find_read(b, write, &why) : NULL;
	if (!read) {
		snprintf(ret->why_not, sizeof(ret->why_not), "%s", why);
		return 0;
	}
	err = site(ret, b->f, read, FN_READ, "SSL_read");
	if (!err)
		err = site(ret, b->f, write, FN_WRITE, "SSL_write");
	if (!err && new)
		err = site(ret, b->f, new, FN_NEW, "SSL_new");
	/* compilers that see all callers leave out what none of them does wrong */
	if (!err && !new &&handshake)
		err = site(ret, b->f, handshake, FN_HANDSHAKE, "SSL_do_handshake");
	return err;
}

static int find(struct elf_file *f, const struct locate_config *config, struct located *ret)
{
	struct boring *b = calloc(1, sizeof(*b));
	int err;

	if (!b)
		return -ENOMEM;
	b->f = f;
	ret->stack = TLS_BORINGSSL;
	err = places(b);
	if (err == -E2BIG || err == -ENOEXEC) {
		/* its string is there, but the rest is past all reason, or of another machine */
		err = b->n_strings > 0;
		snprintf(ret->why_not, sizeof(ret->why_not), "its code cannot be searched");
	} else if (err > 0) {
		err = sites(b, ret);
		err = err ? err : 1;
	}
	free(b);
	return err;
}

const struct locator locate_boringssl = {
	.name = "error reports",
	.find = find,
	.stack = TLS_BORINGSSL,
	.telling = "ssl_lib.c",
};
