// SPDX-License-Identifier: Apache-2.0
/* Numbers that stand for people or their money: cards (ISO/IEC 7812-1: Luhn's digit, lengths by
 * issuer), IBANs (ISO 13616: mod 97, lengths by country, SWIFT's registry of 2026), US SSNs. */
#include "enrich/redact_find.h"

#define CARD_MAX 19

/* By the first digits, of which there are six. */
static const struct {
	uint32_t from, to; /* of the first n digits */
	uint8_t n;
	uint32_t lengths; /* 1 << length */
} issuers[] = {
	{4, 4, 1, 1 << 13 | 1 << 16 | 1 << 19}, /* Visa */
	{51, 55, 2, 1 << 16},			/* Mastercard */
	{2221, 2720, 4, 1 << 16},
	{34, 34, 2, 1 << 15}, /* American Express */
	{37, 37, 2, 1 << 15},
	{6011, 6011, 4, 1 << 16 | 1 << 19}, /* Discover */
	{644, 659, 3, 1 << 16 | 1 << 19},
	{300, 305, 3, 1 << 14}, /* Diners Club */
	{36, 36, 2, 1 << 14},
	{38, 39, 2, 1 << 14},
	{3528, 3589, 4, 1 << 16 | 1 << 17 | 1 << 18 | 1 << 19}, /* JCB */
	{62, 62, 2, 1 << 16 | 1 << 17 | 1 << 18 | 1 << 19},	/* UnionPay */
	{50, 50, 2, 1 << 16},					/* Maestro */
	{56, 58, 2, 1 << 16},
	{63, 63, 2, 1 << 16},
	{67, 67, 2, 1 << 16 | 1 << 18 | 1 << 19},
	{2200, 2204, 4, 1 << 16}, /* Mir */
	{60, 60, 2, 1 << 16},	  /* RuPay */
	{81, 82, 2, 1 << 16},
};

static bool issued(const uint8_t *digits, unsigned int n)
{
	uint32_t head, i, k;

	for (i = 0; i < sizeof(issuers) / sizeof(issuers[0]); i++) {
		for (k = head = 0; k < issuers[i].n; k++)
			head = 10 * head + digits[k];
		if (head >= issuers[i].from && head <= issuers[i].to &&
		    issuers[i].lengths & 1u << n)
			return true;
	}
	return false;
}

static bool luhn(const uint8_t *digits, unsigned int n)
{
	unsigned int sum = 0, i, d;

	for (i = 0; i < n; i++) {
		d = digits[n - 1 - i];
		if (i % 2)
			d = 2 * d > 9 ? 2 * d - 9 : 2 * d;
		sum += d;
	}
	return sum % 10 == 0;
}

/* How cards are printed: groups of digits; 0 ends. */
static const uint8_t groupings[][6] = {
	{4, 4, 4, 4}, {4, 4, 4, 4, 3}, {4, 4, 4, 4, 2}, {4, 6, 5},
	{4, 6, 4},    {4, 4, 4, 1},    {4, 4, 4, 5},
};

static bool grouped(const uint8_t *groups, unsigned int n)
{
	size_t i;

	if (n == 1)
		return true;
	for (i = 0; i < sizeof(groupings) / sizeof(groupings[0]); i++)
		if (memcmp(groupings[i], groups, 6) == 0)
			return true;
	return false;
}

/* Neither within a word, nor the rest of a number: 1.5, 3-4, 0x…. */
static bool number_begins(struct span s, size_t at)
{
	uint8_t c = redact__before(s, at);

	return !redact__word(c) &&
	       !((c == '.' || c == '-' || c == '+') && at > 1 && redact__word(s.p[at - 2]));
}

static bool number_ends(struct span s, size_t end)
{
	uint8_t c = redact__at(s, end), d = redact__at(s, end + 1);

	return !redact__word(c) && !((c == '.' || c == '-' || c == ',') && redact__digit(d));
}

size_t redact__card(struct redact_scan *x, size_t at)
{
	uint8_t digits[CARD_MAX], groups[6] = {0}, sep = 0, c;
	unsigned int n = 0, group = 0;
	struct span s = x->s;
	size_t i;

	if (!number_begins(s, at))
		return 0;
	for (i = at; n < CARD_MAX; i++) {
		c = redact__at(s, i);
		if (redact__digit(c)) {
			digits[n++] = (uint8_t)(c - '0');
			groups[group]++;
			continue;
		}
		if ((c != ' ' && c != '-') || (sep && c != sep) || group == 4 ||
		    !redact__digit(redact__at(s, i + 1)))
			break;
		sep = c;
		group++;
	}
	/* A number may follow behind a blank: then the last group is not the card's. */
	for (;; i -= groups[group] + 1u, n -= groups[group], groups[group--] = 0) {
		if (n >= 13 && grouped(groups, group + 1) && number_ends(s, i) &&
		    issued(digits, n) && luhn(digits, n))
			return i - at;
		if (!group || sep != ' ')
			return 0;
	}
}

/* ---- IBAN ---- */

/* "DE" and its length. */
static const char countries[] =
	"AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29"
	"ES24FI18FK18FO18FR27GB22GE22GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20"
	"LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29"
	"PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26UA29VA22VG24XK20"
	"YE30";

static uint8_t upper(uint8_t c)
{
	return c >= 'a' && c <= 'z' ? (uint8_t)(c - 'a' + 'A') : c;
}

static unsigned int iban_length(uint8_t a, uint8_t b)
{
	const char *p;

	for (p = countries; *p; p += 4)
		if (p[0] == upper(a) && p[1] == upper(b))
			return (unsigned int)(p[2] - '0') * 10 + (unsigned int)(p[3] - '0');
	return 0;
}

static unsigned int mod97(unsigned int rest, uint8_t c)
{
	return redact__digit(c) ? (rest * 10 + c - '0') % 97
				: (rest * 100 + upper(c) - 'A' + 10) % 97;
}

size_t redact__iban(struct redact_scan *x, size_t at)
{
	unsigned int want, n = 0, rest = 0, i;
	struct span s = x->s;
	uint8_t text[34], c;
	size_t end;

	if (redact__word(redact__before(s, at)) || !redact__digit(redact__at(s, at + 2)) ||
	    !redact__digit(redact__at(s, at + 3)))
		return 0;
	want = iban_length(s.p[at], s.p[at + 1]);
	if (!want)
		return 0;
	for (end = at; n < want; end++) {
		c = redact__at(s, end);
		if (redact__digit(c) || redact__letter(c))
			text[n++] = c;
		else if ((c != ' ' && c != '-') || n % 4)
			return 0;
	}
	if (redact__word(redact__at(s, end)))
		return 0;
	for (i = 0; i < n; i++)
		rest = mod97(rest, text[(i + 4) % n]);
	return rest == 1 ? end - at : 0;
}

/* ---- SSN ---- */

size_t redact__ssn(struct redact_scan *x, size_t at)
{
	static const uint8_t groups[] = {3, 2, 4};
	unsigned int value[3] = {0}, g, i;
	struct span s = x->s;
	size_t p = at;
	uint8_t sep = redact__at(s, at + 3);

	if (!number_begins(s, at) || (sep != '-' && sep != ' '))
		return 0;
	for (g = 0; g < 3; g++) {
		if (g && redact__at(s, p++) != sep)
			return 0;
		for (i = 0; i < groups[g]; i++, p++) {
			if (!redact__digit(redact__at(s, p)))
				return 0;
			value[g] = 10 * value[g] + s.p[p] - '0';
		}
	}
	/* Never given out: 000, 666 and from 900 on (SSA, "randomization"). */
	if (!value[0] || value[0] == 666 || value[0] >= 900 || !value[1] || !value[2])
		return 0;
	return number_ends(s, p) ? p - at : 0;
}
