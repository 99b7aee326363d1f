/* SPDX-License-Identifier: Apache-2.0 */
/* exchange.h: recorded exchanges as the tools of tests/corpus read them from stdin.
 *
 * An exchange is nine fields: method, path, authority, status, request headers, response headers
 * ("name: value\n" each), request body, response body, and a number (a seed of random cuts, or a
 * time); each a length (uint32_t, host order) and so many bytes. Of a WebSocket, the request body
 * is its messages instead: side (one byte, enum side), length (uint32_t) and so many bytes, each. A
 * query may follow the path. */
#ifndef LLMSNOOP_EXCHANGE_H
#define LLMSNOOP_EXCHANGE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/msg.h"

#define EXCHANGE_HEADERS 256

struct exchange {
	struct http_head request, response;
	struct span request_body, response_body;
	long long number;
	/* what they point to */
	struct http_header request_headers[EXCHANGE_HEADERS], response_headers[EXCHANGE_HEADERS];
	char *owned[9];
};

static inline unsigned int exchange__headers(struct span s, struct http_header *h)
{
	unsigned int n = 0;
	ptrdiff_t end, colon;

	for (; s.n && n < EXCHANGE_HEADERS; s = span_skip(s, (size_t)end + 1)) {
		struct span line;

		end = span_find(s, SPAN_LIT("\n"));
		if (end < 0)
			break;
		line = span_head(s, (size_t)end);
		colon = span_find(line, SPAN_LIT(": "));
		if (colon <= 0)
			continue;
		h[n].name = span_head(line, (size_t)colon);
		h[n++].value = span_trim(span_skip(line, (size_t)colon + 2));
	}
	return n;
}

/* The next one, whose x->owned are to be freed by exchange__free. False: there is no more. What is
 * cut off ends the program with 2. */
static inline bool exchange__read(struct exchange *x)
{
	struct span f[9];
	ptrdiff_t query;
	uint32_t n;
	int i;

	for (i = 0; i < 9; i++) {
		if (fread(&n, sizeof(n), 1, stdin) != 1) {
			if (i)
				exit(2);
			return false;
		}
		x->owned[i] = malloc((size_t)n + 1);
		if (!x->owned[i] || fread(x->owned[i], 1, n, stdin) != n)
			exit(2);
		x->owned[i][n] = 0;
		f[i] = span(x->owned[i], n);
	}
	x->request = (struct http_head){.method = f[0],
					.path = f[1],
					.authority = f[2],
					.version = 11,
					.headers = x->request_headers,
					.n_headers = exchange__headers(f[4], x->request_headers)};
	x->response = (struct http_head){.status = atoi(x->owned[3]),
					 .version = 11,
					 .headers = x->response_headers,
					 .n_headers = exchange__headers(f[5], x->response_headers)};
	query = span_find(f[1], SPAN_LIT("?"));
	if (query >= 0) {
		x->request.query = span_skip(f[1], (size_t)query + 1);
		x->request.path = span_head(f[1], (size_t)query);
	}
	x->request_body = f[6];
	x->response_body = f[7];
	x->number = atoll(x->owned[8]);
	return true;
}

static inline void exchange__free(struct exchange *x)
{
	int i;

	for (i = 0; i < 9; i++)
		free(x->owned[i]);
}

/* How bodies are cut: whole, by bytes, or at random places, for which srand() is called before. */
enum cut {
	CUT_NOWHERE,
	CUT_BYTES,
	CUT_RANDOM,
};

/* The length of the next piece of s, at least 1 where there is any. */
static inline size_t exchange__piece(struct span s, enum cut how)
{
	size_t n = s.n;

	if (how == CUT_BYTES)
		n = 1;
	if (how == CUT_RANDOM)
		n = 1 + (size_t)rand() % (rand() % 8 ? 40 : 3000);
	return n < s.n ? n : s.n;
}

/* Takes the first message off those of a WebSocket. False: there is none. */
static inline bool exchange__message(struct span *in, enum side *ret_side, struct span *ret)
{
	uint32_t n;

	if (in->n <= sizeof(n))
		return false;
	*ret_side = *in->p ? SIDE_RESPONSE : SIDE_REQUEST;
	memcpy(&n, in->p + 1, sizeof(n));
	*in = span_skip(*in, 1 + sizeof(n));
	*ret = span_head(*in, n);
	*in = span_skip(*in, n);
	return true;
}

#endif
