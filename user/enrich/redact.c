// SPDX-License-Identifier: Apache-2.0
#include "enrich/redact.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "enrich/redact_find.h"
#include "enrich/redact_rules.h"

/* What one mask puts in place of a thing may lay bare another: so often it is looked again. */
#define PASSES 4
#define TEXT_BYTES_MAX (64 << 20)
#define RULES_FILE_MAX (1 << 20)

#define STANDARD \
	(~(1u << SECRET_IP | 1u << SECRET_SSN | 1u << SECRET_CUSTOM) & ((1u << N_SECRETS) - 1))

/* In this order: the first that finds something has it. */
static const struct {
	enum secret kind;
	redact_find_fn *find;
	const char *first; /* what it may begin with: a letter, 0 a digit; else as it is */
} finders[] = {
	{SECRET_PEM, redact__pem, "-"},	      {SECRET_JWT, redact__jwt, "e"},
	{SECRET_KEY, redact__key, "a0:"},     {SECRET_EMAIL, redact__email, "a0_.%+-'\x80"},
	{SECRET_IBAN, redact__iban, "a"},     {SECRET_CARD, redact__card, "0"},
	{SECRET_SSN, redact__ssn, "0"},	      {SECRET_IP, redact__ip, "a0:"},
	{SECRET_PHONE, redact__phone, "0+("},
};

#define N_FINDERS (sizeof(finders) / sizeof(finders[0]))

struct redact {
	unsigned int wanted;	    /* 1 << enum secret, or-ed */
	struct redact_rules *rules; /* NULL: none */
	struct buf a, b;	    /* scratch */
	uint16_t by_first[256];	    /* which finders may begin with a byte */
};

/* ---- rules ---- */

static void index_finders(struct redact *r)
{
	size_t i, k;
	int c;

	for (c = 0; c < 256; c++) {
		uint8_t class = c >= 0x80		     ? 0x80
				: redact__digit((uint8_t)c)  ? '0'
				: redact__letter((uint8_t)c) ? 'a'
							     : (uint8_t)c;

		for (i = 0; i < N_FINDERS; i++) {
			const char *first = finders[i].first;

			if (!(r->wanted & 1u << finders[i].kind))
				continue;
			for (k = 0; first[k]; k++)
				if ((uint8_t)first[k] == class || first[k] == c)
					r->by_first[c] |= (uint16_t)(1u << i);
		}
	}
}

/* One name of a list or a file. */
static int add_name(struct redact *r, struct span name, bool *named)
{
	unsigned int i;

	*named = true;
	if (span_eq(name, SPAN_LIT("none")))
		return 0;
	if (span_eq(name, SPAN_LIT("standard"))) {
		r->wanted |= STANDARD;
		return 0;
	}
	for (i = 0; i < SECRET_CUSTOM; i++) {
		if (span_eq(name, span_str(secret_names[i]))) {
			r->wanted |= 1u << i;
			return 0;
		}
	}
	return -EINVAL;
}

static int add_line(struct redact *r, struct span line, bool *named, char *why, size_t n)
{
	ptrdiff_t at = span_find(line, SPAN_LIT("="));
	int err;

	if (!line.n || *line.p == '#')
		return 0;
	if (at < 0) {
		err = add_name(r, line, named);
		if (err)
			snprintf(why, n, "no mask has the name %.*s", (int)line.n, line.p);
		return err;
	}
	if (!r->rules) {
		err = redact_rules__new(&r->rules);
		if (err)
			return err;
	}
	return redact_rules__add(r->rules, span_trim(span_head(line, (size_t)at)),
				 span_trim(span_skip(line, (size_t)at + 1)), why, n);
}

static int add_file(struct redact *r, const char *path, bool *named, char *why, size_t n)
{
	size_t cap = 0, size;
	int fd = file__open(path, RULES_FILE_MAX, &size);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
	char *line = NULL;
	unsigned int at = 0;
	ptrdiff_t got;
	char what[160] = "";
	int err = 0;

	if (!f) {
		err = fd < 0 ? fd : -ENOMEM;
		snprintf(why, n, "%s: %s", path, file__why(err));
		if (fd >= 0)
			close(fd);
		return err;
	}
	while (!err && (got = getline(&line, &cap, f)) >= 0) {
		struct span s = span(line, (size_t)got);

		at++;
		while (s.n && (s.p[s.n - 1] == '\n' || s.p[s.n - 1] == '\r'))
			s.n--;
		err = add_line(r, span_trim(s), named, what, sizeof(what));
	}
	/* Half of the rules are not those that were asked for. */
	if (!err && !feof(f))
		err = -EIO;
	if (err)
		snprintf(why, n, "%s:%u: %s", path, at, what[0] ? what : strerror(-err));
	free(line);
	fclose(f);
	return err;
}

static int add_list(struct redact *r, const char *rules, char *why, size_t n)
{
	bool named = false, name;
	char path[4096];
	struct span rest = span_str(rules), one;
	ptrdiff_t comma;
	int err = 0;

	for (; rest.n && !err; rest = comma < 0 ? SPAN_NONE : span_skip(rest, (size_t)comma + 1)) {
		comma = span_find(rest, SPAN_LIT(","));
		one = span_trim(span_head(rest, comma < 0 ? rest.n : (size_t)comma));
		name = !one.n || *one.p != '@';
		if (name) {
			err = add_name(r, one, &named);
			if (err)
				snprintf(why, n, "no mask has the name %.*s", (int)one.n, one.p);
			continue;
		}
		snprintf(path, sizeof(path), "%.*s", (int)one.n - 1, one.p + 1);
		err = add_file(r, path, &named, why, n);
	}
	if (!named)
		r->wanted |= STANDARD;
	return err;
}

int redact__new(const char *rules, struct redact **ret, char *ret_why, size_t n)
{
	struct redact *r = calloc(1, sizeof(*r));
	int err;

	if (n)
		*ret_why = 0;
	if (!r)
		return -ENOMEM;
	buf__init(&r->a, TEXT_BYTES_MAX);
	buf__init(&r->b, TEXT_BYTES_MAX);
	err = add_list(r, rules && *rules ? rules : "standard", ret_why, n);
	if (err) {
		redact__free(r);
		return err;
	}
	index_finders(r);
	*ret = r;
	return 0;
}

void redact__free(struct redact *r)
{
	if (!r)
		return;
	redact_rules__free(r->rules);
	buf__free(&r->a);
	buf__free(&r->b);
	free(r);
}

bool redact__any(const struct redact *r)
{
	return r->wanted || r->rules;
}

/* ---- text ---- */

/* What is masked at the place at: its bytes, 0: nothing. */
static size_t find(const struct redact *r, struct redact_scan *x, size_t at, enum secret *ret_kind)
{
	unsigned int may = r->by_first[x->s.p[at]];
	size_t i, n;

	for (i = 0; may; i++, may >>= 1) {
		if (!(may & 1))
			continue;
		n = finders[i].find(x, at);
		*ret_kind = finders[i].kind;
		if (n)
			return n;
	}
	return 0;
}

static int put_mask(struct buf *out, enum secret kind)
{
	char mask[16];

	snprintf(mask, sizeof(mask), "[%s]", secret_names[kind]);
	return buf__add(out, span_str(mask));
}

/* 1: something was masked, 0: nothing was, or negative. */
static int pass(const struct redact *r, struct span in, struct buf *out, uint32_t counts[N_SECRETS])
{
	struct redact_scan x = {.s = in};
	size_t at = 0, from = 0, n;
	enum secret kind;
	int err, found = 0;

	while (at < in.n) {
		n = find(r, &x, at, &kind);
		if (!n) {
			at++;
			continue;
		}
		err = buf__add(out, span(in.p + from, at - from));
		if (!err)
			err = put_mask(out, kind);
		if (err)
			return err;
		counts[kind]++;
		found = 1;
		at += n;
		from = at;
	}
	err = buf__add(out, span_skip(in, from));
	return err ? err : found;
}

int redact__text(struct redact *r, struct span text, struct buf *out, uint32_t counts[N_SECRETS])
{
	struct buf *from = &r->a, *to = &r->b, *other;
	int i, got = 1;

	if (!redact__any(r))
		return buf__add(out, text);
	buf__clear(from);
	got = r->rules ? redact_rules__text(r->rules, text, from, &counts[SECRET_CUSTOM])
		       : buf__add(from, text);
	if (got < 0)
		return got;
	for (i = 0, got = 1; got > 0 && i < PASSES; i++) {
		buf__clear(to);
		got = pass(r, buf__span(from), to, counts);
		other = from;
		from = to;
		to = other;
	}
	if (got < 0)
		return got;
	/* Made to be looked at again and again: nothing of it is passed on. */
	return buf__add(out, got ? SPAN_LIT("[masked]") : buf__span(from));
}
