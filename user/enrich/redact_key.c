// SPDX-License-Identifier: Apache-2.0
/* Keys that open something: those of vendors by the prefix that they give them for this purpose,
 * tokens that a word beside them names, JSON Web Tokens (RFC 7519), private keys in PEM (RFC 7468).
 */
#include "enrich/redact_find.h"

enum charset {
	ALNUM, /* letters and digits */
	TOKEN, /* and '-', '_' */
	UPPER, /* capitals and digits */
	HEX,
	BASE64, /* alnum and '+', '/', '=' */
	DOTTED, /* token and '.' */
};

struct key_form {
	const char *prefix;
	uint8_t set;	      /* enum charset */
	uint16_t least, most; /* characters after the prefix; most 0: any number */
	bool mixed;	      /* a prefix that words have, too: 16 letters and digits in a row */
};

static const struct key_form forms[] = {
	{"AKIA", UPPER, 16, 16, false}, /* AWS */
	{"ASIA", UPPER, 16, 16, false},
	{"ABSK", BASE64, 60, 0, false},	 /* Bedrock */
	{"AIza", TOKEN, 35, 35, false},	 /* Google */
	{"ATATT3", TOKEN, 60, 0, false}, /* Atlassian */
	{"EAAC", ALNUM, 60, 0, false},	 /* Meta */
	{"GOCSPX-", TOKEN, 24, 0, false},
	{"SG.", DOTTED, 60, 0, false}, /* SendGrid */
	{"SK", HEX, 32, 32, false},    /* Twilio */
	{"co_", ALNUM, 36, 0, true},
	{"csk-", ALNUM, 32, 0, false}, /* Cerebras */
	{"dapi", HEX, 32, 0, false},   /* Databricks */
	{"dckr_pat_", TOKEN, 20, 0, false},
	{"dop_v1_", HEX, 64, 64, false},
	{"fw_", ALNUM, 20, 0, true},   /* Fireworks */
	{"gho_", ALNUM, 36, 0, false}, /* GitHub */
	{"ghp_", ALNUM, 36, 0, false},
	{"ghr_", ALNUM, 36, 0, false},
	{"ghs_", ALNUM, 36, 0, false},
	{"ghu_", ALNUM, 36, 0, false},
	{"github_pat_", TOKEN, 40, 0, false},
	{"gldt-", TOKEN, 20, 0, false}, /* GitLab */
	{"glpat-", TOKEN, 20, 0, false},
	{"glptt-", TOKEN, 20, 0, false},
	{"glrt-", TOKEN, 20, 0, false},
	{"gsk_", ALNUM, 40, 0, false}, /* Groq */
	{"hf_", ALNUM, 30, 0, false},  /* Hugging Face */
	{"hvs.", TOKEN, 24, 0, false}, /* Vault */
	{"key-", HEX, 32, 32, false},  /* Mailgun */
	{"lin_api_", ALNUM, 32, 0, false},
	{"npm_", ALNUM, 36, 36, false},
	{"nvapi-", TOKEN, 40, 0, false}, /* NVIDIA */
	{"pplx-", ALNUM, 32, 0, false},	 /* Perplexity */
	{"pypi-", TOKEN, 60, 0, false},
	{"r8_", ALNUM, 30, 0, false},	   /* Replicate */
	{"rk_live_", ALNUM, 16, 0, false}, /* Stripe */
	{"rk_test_", ALNUM, 16, 0, false},
	{"shpat_", HEX, 32, 32, false}, /* Shopify */
	{"shpss_", HEX, 32, 32, false},
	{"sk-", TOKEN, 20, 0, true}, /* OpenAI, Anthropic, OpenRouter, DeepSeek … */
	{"sk_live_", ALNUM, 16, 0, false},
	{"sk_test_", ALNUM, 16, 0, false},
	{"tgp_v1_", TOKEN, 32, 0, false}, /* Together */
	{"tskey-", TOKEN, 20, 0, false},
	{"tvly-", TOKEN, 24, 0, false},
	{"whsec_", BASE64, 24, 0, false},
	{"xai-", ALNUM, 40, 0, false},
	{"xapp-", TOKEN, 30, 0, false}, /* Slack */
	{"xoxa-", TOKEN, 20, 0, false},
	{"xoxb-", TOKEN, 20, 0, false},
	{"xoxe-", TOKEN, 20, 0, false},
	{"xoxp-", TOKEN, 20, 0, false},
	{"xoxr-", TOKEN, 20, 0, false},
	{"xoxs-", TOKEN, 20, 0, false},
	{"ya29.", TOKEN, 20, 0, false}, /* Google's access tokens */
};

static bool is_of(enum charset set, uint8_t c)
{
	bool alnum = redact__digit(c) || redact__letter(c);

	switch (set) {
	case UPPER:
		return redact__digit(c) || (c >= 'A' && c <= 'Z');
	case HEX:
		return redact__digit(c) || (alnum && (c | 0x20) <= 'f');
	case TOKEN:
		return alnum || c == '-' || c == '_';
	case DOTTED:
		return alnum || c == '-' || c == '_' || c == '.';
	case BASE64:
		return alnum || c == '+' || c == '/' || c == '=';
	default:
		return alnum;
	}
}

static size_t run(struct span s, size_t at, enum charset set)
{
	size_t n = 0;

	while (at + n < s.n && is_of(set, s.p[at + n]))
		n++;
	return n;
}

/* 16 letters and digits in a row, of both. */
static bool is_mixed(struct span s)
{
	size_t i, n = 0, digits = 0;

	for (i = 0; i < s.n; i++) {
		if (!is_of(ALNUM, s.p[i])) {
			n = digits = 0;
			continue;
		}
		n++;
		digits += redact__digit(s.p[i]);
		if (n >= 16 && digits && digits < n)
			return true;
	}
	return false;
}

static size_t has_prefix(struct span s, size_t at)
{
	size_t i, n, k;

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		n = strlen(forms[i].prefix);
		if (!span_starts(span_skip(s, at), span(forms[i].prefix, n)))
			continue;
		k = run(s, at + n, forms[i].set);
		if (k < forms[i].least || (forms[i].most && k > forms[i].most))
			continue;
		if (forms[i].mixed && !is_mixed(span(s.p + at + n, k)))
			continue;
		/* The sentence's dot. */
		while (s.p[at + n + k - 1] == '.')
			k--;
		return n + k;
	}
	return 0;
}

/* What stands before a secret that has no mark of its own. */
static const struct {
	const char *word; /* in lower case */
	uint8_t set;
	uint16_t least;
} named[] = {
	{"bearer ", DOTTED, 20},	 {"aws_secret_access_key", BASE64, 40},
	{"secretaccesskey", BASE64, 40}, {"accountkey", BASE64, 60},
	{"api_key", TOKEN, 24},		 {"api-key", TOKEN, 24},
	{"apikey", TOKEN, 24},		 {"client_secret", TOKEN, 24},
	{"access_token", DOTTED, 24},
};

/* Does the word end right before at? Quotes, blanks and one '=' or ':' may stand between. */
static bool follows(struct span s, size_t at, const char *word)
{
	size_t n = strlen(word), end = at, marks = 0;

	if (word[n - 1] == ' ')
		return at >= n && !strncasecmp((const char *)s.p + at - n, word, n);
	while (end && at - end < 8 && strchr(" \"'\\=:", s.p[end - 1])) {
		end--;
		marks += s.p[end] == '=' || s.p[end] == ':';
	}
	return marks && end >= n && !strncasecmp((const char *)s.p + end - n, word, n);
}

static size_t has_name(struct span s, size_t at)
{
	uint8_t before = at ? s.p[at - 1] : 0;
	size_t i, n;

	if (!before || !strchr(" \"'=:", before))
		return 0;
	for (i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
		if (!follows(s, at, named[i].word))
			continue;
		n = run(s, at, named[i].set);
		if (n >= named[i].least && is_mixed(span(s.p + at, n)))
			return n;
	}
	return 0;
}

/* ://user:password@host: what stands before the '@'. */
static size_t in_url(struct span s, size_t at)
{
	bool colon = false;
	size_t i;

	if (at < 3 || memcmp(s.p + at - 3, "://", 3))
		return 0;
	for (i = at; i < s.n && s.p[i] > ' ' && !strchr("/?#@[]\"'<>", s.p[i]); i++)
		colon |= s.p[i] == ':' && i > at && i + 1 < s.n && s.p[i + 1] != '@';
	return colon && redact__at(s, i) == '@' ? i - at : 0;
}

size_t redact__key(struct redact_scan *x, size_t at)
{
	struct span s = x->s;
	uint8_t before = redact__before(s, at);
	size_t n;

	if (!redact__letter(s.p[at]) && !redact__digit(s.p[at]))
		return 0;
	if (redact__word(before) || before == '-')
		return 0;
	n = has_prefix(s, at);
	if (!n)
		n = has_name(s, at);
	return n ? n : in_url(s, at);
}

/* ---- JWT ---- */

#define JWT_PART_MIN 10

size_t redact__jwt(struct redact_scan *x, size_t at)
{
	struct span s = x->s;
	size_t i = at, n, parts;

	if (redact__word(redact__before(s, at)) || !span_starts(span_skip(s, at), SPAN_LIT("eyJ")))
		return 0;
	for (parts = 0; parts < 5; parts++) {
		n = run(s, i, TOKEN);
		if (parts < 2 && n < JWT_PART_MIN)
			return 0;
		i += n;
		if (redact__at(s, i) != '.')
			break;
		/* The sentence's dot, where a part is there already. */
		if (parts >= 1 && !is_of(TOKEN, redact__at(s, i + 1)))
			break;
		i++;
	}
	return parts >= 1 ? i - at : 0;
}

/* ---- PEM ---- */

static bool is_pem_byte(uint8_t c)
{
	return is_of(BASE64, c) || c == '\n' || c == '\r' || c == ' ' || c == '\\' || c == '-' ||
	       c == ':' || c == ',';
}

size_t redact__pem(struct redact_scan *x, size_t at)
{
	static const char begin[] = "-----BEGIN ", end[] = "-----END ";
	struct span s = x->s, rest = span_skip(s, at), label;
	ptrdiff_t n, found;
	size_t i;

	if (!span_starts(rest, SPAN_LIT(begin)))
		return 0;
	label = span_head(span_skip(rest, sizeof(begin) - 1), 64);
	n = span_find(label, SPAN_LIT("PRIVATE KEY"));
	if (n < 0 || (n > 0 && memchr(label.p, '-', (size_t)n)))
		return 0;
	i = at + sizeof(begin) - 1;
	if (!x->pem_known || x->pem_end < i) {
		found = span_find(span_skip(s, i), SPAN_LIT(end));
		x->pem_end = found < 0 ? s.n : i + (size_t)found;
		x->pem_known = true;
	}
	if (x->pem_end < s.n) {
		label = span_head(span_skip(s, x->pem_end + sizeof(end) - 1), 64);
		found = span_find(label, SPAN_LIT("-----"));
		return x->pem_end + sizeof(end) - 1 + (found < 0 ? 0 : (size_t)found + 5) - at;
	}
	/* Cut off: as long as it looks like one. */
	while (i < s.n && is_pem_byte(s.p[i]))
		i++;
	return i - at;
}
