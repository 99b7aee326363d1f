// SPDX-License-Identifier: Apache-2.0
#include "http/h1_match.h"

#define METHOD_MAX 32 /* registered ones have up to 17 (IANA, HTTP Method Registry) */

static const struct span methods[] = {
	SPAN_LIT("POST "),  SPAN_LIT("GET "),	  SPAN_LIT("PUT "),
	SPAN_LIT("HEAD "),  SPAN_LIT("DELETE "),  SPAN_LIT("OPTIONS "),
	SPAN_LIT("PATCH "), SPAN_LIT("CONNECT "), SPAN_LIT("TRACE "),
};

bool h1__is_token(uint8_t c)
{
	static const char others[] = "!#$%&'*+-.^_`|~";

	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr(others, c));
}

/* origin-form, asterisk-form, or the letter, digit or bracket of a scheme or host */
static bool begins_target(uint8_t c)
{
	return c == '/' || c == '*' || c == '[' || (c >= '0' && c <= '9') ||
	       (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

enum protocol_match h1__match_request(struct span first)
{
	size_t i;

	for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		struct span m = methods[i];

		if (span_starts(first, m)) {
			if (first.n == m.n)
				return MATCH_MORE;
			return begins_target(first.p[m.n]) ? MATCH_YES : MATCH_NO;
		}
		if (span_starts(m, first))
			return MATCH_MORE;
	}
	return MATCH_NO;
}

enum protocol_match h1__match_response(struct span first)
{
	/* 0: a digit, 1: 1 to 9, e: end of the code */
	static const char shape[] = "HTTP/1.0 100e";
	size_t i, n = first.n < sizeof(shape) - 1 ? first.n : sizeof(shape) - 1;

	for (i = 0; i < n; i++) {
		uint8_t c = first.p[i];
		bool ok;

		if (i == 7 || i > 9)
			ok = c >= '0' && c <= '9';
		else if (i == 9)
			ok = c >= '1' && c <= '9';
		else
			ok = c == (uint8_t)shape[i];
		if (shape[i] == 'e')
			ok = c == ' ' || c == '\r' || c == '\n';
		if (!ok)
			return MATCH_NO;
	}
	return n == sizeof(shape) - 1 ? MATCH_YES : MATCH_MORE;
}

enum protocol_match h1__match(struct span first, enum side *ret_side)
{
	enum protocol_match m = h1__match_request(first);

	*ret_side = SIDE_REQUEST;
	if (m == MATCH_NO) {
		m = h1__match_response(first);
		*ret_side = SIDE_RESPONSE;
	}
	return m;
}

bool h1__may_become_start_line(enum side side, struct span line)
{
	static const struct span http = SPAN_LIT("HTTP/1.");
	const uint8_t *space;
	size_t i;

	if (side == SIDE_RESPONSE)
		return span_starts(line, span_head(http, line.n));
	for (i = 0; i < line.n && line.p[i] != ' '; i++)
		if (i == METHOD_MAX || !h1__is_token(line.p[i]))
			return false;
	if (i == line.n || !i)
		return i > 0 || !line.n;
	line = span_skip(line, i + 1);
	space = line.n ? memchr(line.p, ' ', line.n) : NULL;
	if (!space)
		return true;
	i = (size_t)(space - line.p);
	line = span_skip(line, i + 1);
	return i && span_starts(line, span_head(http, line.n));
}
