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

/* One word; secret says that the word before it announced a secret. Returns whether this one
 * announces another. */
static bool scrub_word(char *p, size_t n, bool secret)
{
	size_t at, len, from = 0;

	if (secret && is_scheme(span(p, n)))
		return true;
	if (secret && *p != '-') {
		mask(p, n);
		return false;
	}
	for (at = 0; at < n; at++) {
		if ((p[at] == '=' || p[at] == ':') && name_is_secret(span(p + from, at - from))) {
			for (len = 0; at + 1 + len < n && p[at + 1 + len] != '&'; len++)
				;
			if (!len || is_scheme(span(p + at + 1, len)))
				return true; /* "authorization:", and its value follows */
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
		return false;
	}
	return *p == '-' && name_is_secret(span(p, n)); /* --api-key VALUE */
}

void scrub__cmdline(char *cmdline)
{
	bool secret = false;
	char *p = cmdline, *end;

	while (*p) {
		end = p + strcspn(p, " ");
		if (end > p)
			secret = scrub_word(p, end - p, secret);
		p = *end ? end + 1 : end;
	}
}
