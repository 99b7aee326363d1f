// SPDX-License-Identifier: Apache-2.0
/* Addresses: of mail (RFC 5321 and 6531, as they are written in texts) and of hosts. */
#include <arpa/inet.h>

#include "enrich/redact_find.h"

#define LOCAL_MAX 64
#define DOMAIN_MAX 253
#define TLD_MAX 24

/* Top-level domains of more than six letters that people have addresses in. What else is as long
 * is more likely a method. */
static const char *const long_tlds[] = {
	"academy",     "agency",      "associates",  "berlin",	    "business",	    "capital",
	"careers",     "community",   "company",     "computer",    "construction", "consulting",
	"contractors", "cooking",     "digital",     "directory",   "education",    "email",
	"engineer",    "engineering", "enterprises", "equipment",   "example",	    "exchange",
	"express",     "finance",     "financial",   "foundation",  "graphics",	    "hamburg",
	"healthcare",  "holdings",    "hosting",     "institute",   "insure",	    "international",
	"invalid",     "kitchen",     "marketing",   "museum",	    "network",	    "partners",
	"photography", "photos",      "pictures",    "productions", "properties",   "recipes",
	"restaurant",  "schmidt",     "science",     "security",    "services",	    "shopping",
	"singles",     "software",    "solutions",   "studios",	    "support",	    "systems",
	"technology",  "theater",     "training",    "university",  "ventures",	    "website",
	"whoswho",     "zuerich",
};

/* Letters of two bytes: Latin with marks, Greek, Cyrillic. Three bytes are scripts that do not
 * separate words. */
static bool is_letter2(struct span s, size_t i)
{
	uint8_t c = redact__at(s, i), b = i ? s.p[i - 1] : 0;

	if (c >= 0xC3 && c <= 0xD4)
		return (redact__at(s, i + 1) & 0xC0) == 0x80;
	return (c & 0xC0) == 0x80 && b >= 0xC3 && b <= 0xD4;
}

static bool is_local(struct span s, size_t i)
{
	uint8_t c = redact__at(s, i);

	return redact__word(c) || (c && strchr(".%+-'", c)) || is_letter2(s, i);
}

static bool is_label(struct span s, size_t i)
{
	uint8_t c = redact__at(s, i);

	return redact__digit(c) || redact__letter(c) || c == '-' || is_letter2(s, i);
}

static bool is_tld(struct span tld)
{
	size_t i;

	if (span_starts(tld, SPAN_LIT("xn--")))
		return true;
	for (i = 0; i < tld.n; i++)
		if (redact__digit(tld.p[i]) || tld.p[i] == '-')
			return false;
	if (tld.n < 2 || tld.n > TLD_MAX)
		return false;
	if (tld.n <= 6 || tld.p[0] >= 0x80)
		return true;
	for (i = 0; i < sizeof(long_tlds) / sizeof(long_tlds[0]); i++)
		if (span_ieq(tld, span_str(long_tlds[i])))
			return true;
	return false;
}

/* Versions (pkg@1.2.3-rc.one) and pictures (icon@2x.png) look like addresses. */
static bool is_version(struct span domain)
{
	size_t i = domain.n && (*domain.p | 0x20) == 'v', digits = 0;

	for (; i < domain.n && redact__digit(domain.p[i]); i++)
		digits++;
	if (!digits || i >= domain.n)
		return false;
	if (domain.p[i] == 'x' && redact__at(domain, i + 1) == '.')
		return true;
	return domain.p[i] == '.' && redact__digit(redact__at(domain, i + 1));
}

size_t redact__email(struct redact_scan *x, size_t at)
{
	struct span s = x->s, domain;
	size_t i = at, local, label, last = 0, end = 0;

	/* At the beginning of what may be a local part, and there alone. */
	if (at && is_local(s, at - 1) && redact__before(s, at) != ' ')
		return 0;
	while (is_local(s, i))
		i++;
	local = i;
	if (redact__at(s, i) != '@')
		return 0;
	while (at < local && strchr(".'-", s.p[at]))
		at++;
	if (local == at || s.p[local - 1] == '.' || local - at > LOCAL_MAX)
		return 0;
	for (i = label = local + 1;; i++) {
		if (is_label(s, i))
			continue;
		/* A label ends here. */
		if (i == label || s.p[label] == '-' || s.p[i - 1] == '-')
			break;
		if (label > local + 1 && is_tld(span(s.p + label, i - label))) {
			end = i;
			last = label;
		}
		if (redact__at(s, i) != '.')
			break;
		label = i + 1;
	}
	domain = span(s.p + local + 1, end > local ? end - local - 1 : 0);
	if (!end || !last || domain.n > DOMAIN_MAX || is_version(domain))
		return 0;
	/* git@host:path is a place. */
	if (redact__at(s, end) == ':' && span_eq(span(s.p + at, local - at), SPAN_LIT("git")))
		return 0;
	return end - at;
}

/* ---- addresses of hosts ---- */

static bool is_ip_byte(uint8_t c)
{
	return redact__digit(c) || (c | 0x20) == 'a' || ((c | 0x20) > 'a' && (c | 0x20) <= 'f') ||
	       c == ':' || c == '.';
}

size_t redact__ip(struct redact_scan *x, size_t at)
{
	char text[INET6_ADDRSTRLEN + 1];
	struct in6_addr to;
	struct span s = x->s;
	uint8_t before = redact__before(s, at);
	size_t n = 0, colons = 0, digits = 0;

	if (redact__word(before) || before == ':' || before == '.' || before == '-')
		return 0;
	while (n < sizeof(text) - 1 && is_ip_byte(redact__at(s, at + n))) {
		text[n] = (char)s.p[at + n];
		digits += redact__digit(s.p[at + n]);
		colons += text[n++] == ':';
	}
	/* A dot or colon at the end is the sentence's, or a port follows. */
	while (n && (text[n - 1] == '.' || (text[n - 1] == ':' && n > 2 && text[n - 2] != ':'))) {
		colons -= text[n - 1] == ':';
		n--;
	}
	if (redact__word(redact__at(s, at + n)) || n < 3)
		return 0;
	text[n] = 0;
	if (colons == 1)
		text[n = strcspn(text, ":")] = 0;
	if (inet_pton(AF_INET, text, &to) == 1)
		return n;
	return colons >= 2 && digits && strspn(text, ":") != n &&
			       inet_pton(AF_INET6, text, &to) == 1
		       ? n
		       : 0;
}
