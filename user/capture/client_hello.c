// SPDX-License-Identifier: Apache-2.0
#include "capture/client_hello.h"

#include "capture/take.h"

static bool skip_list(struct span *in, size_t length_n)
{
	struct span s;
	uint64_t n;

	return take_number(in, length_n, &n) && n <= in->n && take(in, n, &s);
}

static enum hello_is server_name(struct span ext, struct span *ret)
{
	uint64_t n, type;

	while (ext.n) {
		struct span body;

		if (!take_number(&ext, 2, &type) || !take_number(&ext, 2, &n) ||
		    !take(&ext, n, &body))
			return HELLO_MORE;
		if (type != 0)
			continue;
		/* list length, type host_name, length */
		if (!take_number(&body, 2, &n) || !take_number(&body, 1, &type) || type != 0 ||
		    !take_number(&body, 2, &n) || !take(&body, n, ret) || !ret->n)
			return HELLO_NAMELESS;
		return HELLO_NAME;
	}
	return HELLO_NAMELESS;
}

enum hello_is client_hello__name(struct span in, struct span *ret)
{
	enum { CLIENT_HELLO = 1, VERSION_AND_RANDOM = 2 + 32 };
	uint64_t type, n;
	struct span s;
	bool whole;

	if (!take_number(&in, 1, &type) || !take_number(&in, 3, &n))
		return HELLO_MORE;
	if (type != CLIENT_HELLO)
		return HELLO_NO;
	if (n > CLIENT_HELLO_MAX)
		return HELLO_NO;
	whole = in.n >= n;
	in = span_head(in, n);
	if (!take(&in, VERSION_AND_RANDOM, &s) || !skip_list(&in, 1) || !skip_list(&in, 2) ||
	    !skip_list(&in, 1) || !take_number(&in, 2, &n))
		return whole ? HELLO_NO : HELLO_MORE;
	switch (server_name(span_head(in, n), ret)) {
	case HELLO_NAME:
		return HELLO_NAME;
	case HELLO_NAMELESS:
		return in.n >= n ? HELLO_NAMELESS : HELLO_MORE;
	default:
		return whole ? HELLO_NO : HELLO_MORE;
	}
}

enum hello_is client_hello__of_record(struct span in, struct span *ret)
{
	enum { HANDSHAKE = 22, MAJOR = 3 };
	uint64_t type, version, n;

	if (!take_number(&in, 1, &type) || !take_number(&in, 2, &version) ||
	    !take_number(&in, 2, &n))
		return HELLO_MORE;
	if (type != HANDSHAKE || version >> 8 != MAJOR)
		return HELLO_NO;
	return client_hello__name(span_head(in, n), ret);
}
