// SPDX-License-Identifier: Apache-2.0
/* Telephone numbers: international ones (E.164) by country code and length; national ones in forms
 * that nothing else has, or behind a word that says so. */
#include "enrich/redact_find.h"

#define DIGITS_MAX 15
#define CONTEXT_BYTES 40

/* Country codes, and how many digits follow. Those that are not here take what E.164 allows. */
static const struct {
	const char *code;
	uint8_t least, most;
} zones[] = {
	{"1", 10, 10},	{"7", 10, 10},	{"20", 8, 10},	{"27", 9, 9},	{"30", 10, 10},
	{"31", 9, 9},	{"32", 8, 9},	{"33", 9, 9},	{"34", 9, 9},	{"351", 9, 9},
	{"352", 6, 9},	{"353", 7, 10}, {"358", 6, 11}, {"36", 8, 9},	{"39", 6, 11},
	{"40", 9, 9},	{"41", 9, 9},	{"420", 9, 9},	{"421", 9, 9},	{"43", 7, 13},
	{"44", 9, 10},	{"45", 8, 8},	{"46", 7, 10},	{"47", 8, 8},	{"48", 9, 9},
	{"49", 7, 12},	{"52", 10, 11}, {"54", 10, 11}, {"55", 10, 11}, {"60", 8, 10},
	{"61", 9, 9},	{"62", 8, 12},	{"63", 8, 10},	{"64", 8, 10},	{"65", 8, 8},
	{"66", 8, 9},	{"81", 9, 10},	{"82", 8, 10},	{"84", 9, 10},	{"86", 10, 12},
	{"90", 10, 10}, {"91", 10, 10}, {"92", 9, 10},	{"966", 8, 9},	{"971", 8, 9},
	{"972", 8, 9},	{"380", 9, 9},	{"234", 8, 10}, {"254", 9, 9},
};

/* First digits of country codes that are not in use (ITU-T E.164, annex D of 2025). */
static const char *const spare[] = {"210", "214", "215", "217", "219", "259", "28",  "693",
				    "694", "695", "696", "697", "698", "699", "80",  "83",
				    "851", "854", "857", "858", "859", "871", "872", "873",
				    "874", "884", "885", "887", "889", "89",  "978", "99"};

static const char *const words[] = {
	"phone",
	"tel",
	"mobile",
	"mobil",
	"cell",
	"fax",
	"call",
	"whatsapp",
	"handy",
	"ruf",
	"anruf",
	"dial",
	"hotline",
	"sms",
	"portable",
	"movil",
	"m\xc3\xb3vil",
	"ring",
	"numero",
	"num\xc3\xa9ro",
	"\xe9\x9b\xbb\xe8\xa9\xb1",
	"\xe7\x94\xb5\xe8\xaf\x9d",
	"signal",
	"pager",
};

struct number {
	char digits[DIGITS_MAX + 2];
	uint8_t groups[8]; /* digits of each */
	char seps[8];	   /* what stands before each, 0: nothing */
	unsigned int n, n_groups;
	size_t end;
	bool too_long, plus, parens;
};

static bool is_separator(uint8_t c)
{
	return c == ' ' || c == '-' || c == '.' || c == '/';
}

/* Reads digits and what may stand between them, from at on. */
static void read_number(struct span s, size_t at, struct number *n)
{
	size_t i = at;
	char sep = 0;
	uint8_t c;

	*n = (struct number){0};
	if (redact__at(s, i) == '+') {
		n->plus = true;
		i++;
	}
	for (;; i++) {
		c = redact__at(s, i);
		if (redact__digit(c)) {
			if (n->n == DIGITS_MAX || (sep && n->n_groups == 8) ||
			    (!n->n_groups && sep)) {
				n->too_long = true;
				return;
			}
			if (!n->n || sep) {
				if (n->n_groups == 8) {
					n->too_long = true;
					return;
				}
				n->seps[n->n_groups++] = sep;
			}
			n->digits[n->n++] = (char)c;
			n->groups[n->n_groups - 1]++;
			n->end = i + 1;
			sep = 0;
			continue;
		}
		if (c == '(' && !n->parens && (!n->n || !sep || sep == ' ') &&
		    redact__digit(redact__at(s, i + 1))) {
			n->parens = true;
			sep = n->n ? '(' : 0;
			continue;
		}
		if (c == ')' && n->parens && n->n) {
			sep = ')';
			continue;
		}
		if (is_separator(c) && n->n && (!sep || (sep == ')' && c != '.')) &&
		    (redact__digit(redact__at(s, i + 1)) ||
		     (c == ' ' && redact__at(s, i + 1) == '(' && !n->parens))) {
			sep = (char)c;
			continue;
		}
		return;
	}
}

static bool starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

/* Digits with the country code in front. */
static bool is_international(const char *digits, unsigned int n)
{
	size_t i;

	if (digits[0] == '0' || n < 8 || n > DIGITS_MAX)
		return false;
	for (i = 0; i < sizeof(spare) / sizeof(spare[0]); i++)
		if (starts(digits, spare[i]))
			return false;
	for (i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
		unsigned int code = (unsigned int)strlen(zones[i].code);

		if (!starts(digits, zones[i].code))
			continue;
		/* The trunk's 0 is written in brackets, +49 (0) 30 …, and belongs to no number. */
		if (n > code && digits[code] == '0' && digits[0] != '3')
			n--;
		return n >= code + zones[i].least && n <= code + zones[i].most;
	}
	return n >= 9;
}

/* North America: area and exchange begin with 2 to 9 and are no N11. */
static bool is_nanp(const char *d)
{
	return d[0] >= '2' && d[3] >= '2' && !(d[1] == '1' && d[2] == '1') &&
	       !(d[4] == '1' && d[5] == '1');
}

/* A form that says by itself what it is. */
static bool has_form(const struct number *n)
{
	const char *d = n->digits;
	const uint8_t *g = n->groups;
	unsigned int one = n->n == 11 && d[0] == '1' && g[0] == 1;
	unsigned int at = one; /* the trunk prefix */
	bool blanks = true;
	unsigned int i;

	if (n->n == 10 + one && n->n_groups == 3 + one && g[at] == 3 && g[at + 1] == 3 &&
	    g[at + 2] == 4 && is_nanp(d + one))
		return n->parens || (n->seps[at + 1] == n->seps[at + 2] && n->seps[at + 2] != ' ');
	if (n->parens && n->n == 10 && n->n_groups == 2 && g[0] == 3 && is_nanp(d))
		return true;
	/* France: 01 23 45 67 89 */
	for (i = 0; i < n->n_groups; i++)
		blanks &= g[i] == 2 && (!i || n->seps[i] == n->seps[1]);
	if (n->n == 10 && n->n_groups == 5 && blanks && d[0] == '0' && d[1] != '0')
		return true;
	/* Japan: 03-1234-5678 */
	return (n->n == 10 || n->n == 11) && n->n_groups == 3 && d[0] == '0' && d[1] != '0' &&
	       g[2] == 4 && g[1] >= 3 && n->seps[1] == '-' && n->seps[2] == '-';
}

/* Is it called a telephone number, a few words before? Another number between them ends that. */
static bool has_context(struct span s, size_t at)
{
	size_t from = at > CONTEXT_BYTES ? at - CONTEXT_BYTES : 0, i, k, n;

	for (i = at; i > from; i--)
		if (redact__digit(s.p[i - 1]) || s.p[i - 1] == '\n' || s.p[i - 1] == ']')
			break;
	for (; i < at; i++) {
		if (i && redact__letter(s.p[i - 1]))
			continue;
		for (k = 0; k < sizeof(words) / sizeof(words[0]); k++) {
			n = strlen(words[k]);
			if (at - i >= n && !strncasecmp((const char *)s.p + i, words[k], n))
				return true;
		}
	}
	return false;
}

size_t redact__phone(struct redact_scan *x, size_t at)
{
	struct span s = x->s;
	uint8_t before = redact__before(s, at);
	struct number n;
	bool is;

	if (redact__word(before) || before == '+' ||
	    ((before == '.' || before == '-' || before == '/' || before == ',' || before == ':') &&
	     at > 1 && redact__word(s.p[at - 2]) && redact__digit(s.p[at - 2])))
		return 0;
	if (before == '.' || before == '-' || before == '$' || before == '#')
		return 0;
	/* f(1234567), and what goes on behind a blank: 3704 0044 0532. */
	if (at > 1 && ((before == '(' && redact__word(s.p[at - 2])) ||
		       (before == ' ' && redact__digit(s.p[at - 2]) && s.p[at] != '+')))
		return 0;
	read_number(s, at, &n);
	if (n.too_long || n.n < 7 || redact__word(redact__at(s, n.end)))
		return 0;
	/* The beginning of something longer: 1.2.3-rc, 10:30. */
	if ((redact__at(s, n.end) == '-' || redact__at(s, n.end) == ':' ||
	     redact__at(s, n.end) == '/' || redact__at(s, n.end) == '.') &&
	    redact__word(redact__at(s, n.end + 1)))
		return 0;
	if (n.plus)
		is = is_international(n.digits, n.n);
	else if (starts(n.digits, "00"))
		is = n.n >= 11 && is_international(n.digits + 2, n.n - 2) &&
		     (n.n_groups > 1 || has_context(s, at));
	else
		is = has_form(&n) || (n.n <= 13 && has_context(s, at));
	return is ? n.end - at : 0;
}
