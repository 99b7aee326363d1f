// SPDX-License-Identifier: Apache-2.0
#include "call/authority.h"

static int parse_port(struct span s)
{
	int port = 0;
	size_t i;

	if (s.n > 5)
		return -1;
	for (i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return -1;
		port = port * 10 + (s.p[i] - '0');
	}
	return port >= 1 && port <= 65535 ? port : -1;
}

static size_t past_user(struct span s)
{
	size_t i;

	for (i = s.n; i > 0; i--)
		if (s.p[i - 1] == '@')
			break;
	return i;
}

int authority__split(struct span authority, int default_port, struct span *ret_host)
{
	struct span s = span_trim(authority), rest;
	ptrdiff_t at;

	s = span_skip(s, past_user(s));
	if (s.n && s.p[0] == '[') {
		at = span_find(s, SPAN_LIT("]"));
		if (at < 0) {
			*ret_host = SPAN_NONE;
			return -1;
		}
		*ret_host = span_head(span_skip(s, 1), at - 1);
		rest = span_skip(s, at + 1);
	} else {
		at = span_find(s, SPAN_LIT(":"));
		*ret_host = at < 0 ? s : span_head(s, at);
		rest = at < 0 ? SPAN_NONE : span_skip(s, at);
	}
	if (!ret_host->n)
		return -1;
	if (!rest.n)
		return default_port;
	if (rest.p[0] != ':')
		return -1;
	return rest.n == 1 ? default_port : parse_port(span_skip(rest, 1));
}
