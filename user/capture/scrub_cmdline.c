// SPDX-License-Identifier: Apache-2.0
#include "capture/scrub.h"

#include "base/secret.h"

/* How keys of well-known services begin. */
static const struct span key_starts[] = {
	SPAN_LIT("sk-"),	SPAN_LIT("sk_"),    SPAN_LIT("AIza"),  SPAN_LIT("gsk_"),
	SPAN_LIT("xai-"),	SPAN_LIT("hf_"),    SPAN_LIT("ghp_"),  SPAN_LIT("gho_"),
	SPAN_LIT("github_pat"), SPAN_LIT("r8_"),    SPAN_LIT("pplx-"), SPAN_LIT("AKIA"),
	SPAN_LIT("eyJ"),	SPAN_LIT("nvapi-"),
};

/* Options of curl and the like whose value has a secret behind a ':' or '=': without that it is
 * none
 * (`python -u script`). */
static const struct {
	struct span name;
	char before;
} options[] = {
	{SPAN_LIT("-u"), ':'},		 {SPAN_LIT("--user"), ':'}, {SPAN_LIT("-U"), ':'},
	{SPAN_LIT("--proxy-user"), ':'}, {SPAN_LIT("-b"), '='},	    {SPAN_LIT("--cookie"), '='},
};

/* Whatever follows. */
#define ANY '*'

#define N_KEY_STARTS (sizeof(key_starts) / sizeof(key_starts[0]))

static bool is_scheme(struct span w)
{
	return span_ieq(w, SPAN_LIT("bearer")) || span_ieq(w, SPAN_LIT("basic"));
}

static bool is_quote(char c)
{
	return c == '"' || c == '\'';
}

static bool in_word(char c)
{
	return c == '-' || c == '_' || (c >= '0' && c <= '9') ||
	       ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static bool name_is_secret(struct span name)
{
	while (name.n && (*name.p == '-' || is_quote((char)*name.p)))
		name = span(name.p + 1, name.n - 1); /* --api-key, 'x-api-key */
	return secret__header(name) || secret__query(name);
}

static bool key_like(const char *p, size_t n)
{
	size_t i;

	for (i = 0; n >= 16 && i < N_KEY_STARTS; i++)
		if (span_starts(span(p, n), key_starts[i]))
			return true;
	return false;
}

static void mask(char *p, size_t n)
{
	for (; n; n--, p++)
		if (!is_quote(*p))
			*p = SECRET_MASK;
}

/* What an option announces: ANY, what stands before the secret, or 0: none. */
static char announced_by(struct span word)
{
	size_t i;

	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (span_eq(word, options[i].name))
			return options[i].before;
	if (span_eq(word, SPAN_LIT("--oauth2-bearer")))
		return ANY;
	return *word.p == '-' && name_is_secret(word) ? ANY : 0; /* --api-key VALUE */
}

/* scheme://user:password@host */
static void scrub_userinfo(char *p, size_t n)
{
	char *end = p + n, *at, *q;

	for (q = p; q + 3 <= end && memcmp(q, "://", 3); q++)
		;
	if (q + 3 > end)
		return;
	for (p = q += 3; p < end && !strchr("/?#", *p); p++)
		;
	at = memchr(q, '@', p - q);
	q = at ? memchr(q, ':', at - q) : NULL;
	if (q)
		mask(q + 1, at - q - 1);
}

/* One word; secret is what the word before it announced. Returns what this one announces. */
static char scrub_word(char *p, size_t n, char secret)
{
	size_t at, len, from = 0;
	bool more;
	char *q;

	if (secret == ANY && is_scheme(span(p, n)))
		return ANY;
	more = p[n - 1] == ';'; /* one of several cookies */
	if (secret == ANY && *p != '-') {
		mask(p, n);
		return more ? ANY : 0;
	}
	q = secret ? memchr(p, secret, n) : NULL;
	if (q) {
		mask(q + 1, p + n - q - 1);
		return more ? ANY : 0;
	}
	scrub_userinfo(p, n);
	for (at = 0; at < n; at++) {
		if ((p[at] == '=' || p[at] == ':') && name_is_secret(span(p + from, at - from))) {
			for (len = 0; at + 1 + len < n && p[at + 1 + len] != '&'; len++)
				;
			if (!len || is_scheme(span(p + at + 1, len)))
				return ANY; /* "authorization:", and its value follows */
			mask(p + at + 1, len);
			at += len;
		} else if (strchr("=:?&/@,;{", p[at])) {
			from = at + 1;
		}
	}
	for (at = 0; at < n; at++) {
		if ((at && in_word(p[at - 1])) || !key_like(p + at, n - at))
			continue;
		mask(p + at, n - at);
		return 0;
	}
	return announced_by(span(p, n));
}

void scrub__cmdline(char *cmdline)
{
	char secret = 0;
	char *p = cmdline, *end;

	while (*p) {
		end = p + strcspn(p, " ");
		if (end > p)
			secret = scrub_word(p, end - p, secret);
		p = *end ? end + 1 : end;
	}
}
