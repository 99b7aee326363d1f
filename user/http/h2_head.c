// SPDX-License-Identifier: Apache-2.0
#include "http/h2_head.h"

#include <errno.h>
#include <stdlib.h>

#include "base/limits.h"
#include "http/headers.h"

#define NAME_MAX_BYTES 1024
#define VERSION 20

int h2_head__new(enum side side, const struct limits *lim, const uint8_t *key, struct h2_head **ret)
{
	struct h2_head *h = calloc(1, sizeof(*h));

	if (!h)
		return -ENOMEM;
	h->side = side;
	if (head_build__init(&h->b, lim, key)) {
		free(h);
		return -ENOMEM;
	}
	h->b.head.version = VERSION;
	h->b.head.status = -1;
	*ret = h;
	return 0;
}

void h2_head__free(struct h2_head *h)
{
	if (!h)
		return;
	head_build__free(&h->b);
	free(h);
}

static int read_method(struct h2_head *h, struct span value)
{
	return head_build__keep(&h->b, value, &h->b.method);
}

static int read_path(struct h2_head *h, struct span value)
{
	return value.n ? head_build__path(&h->b, value) : 0;
}

static int read_authority(struct h2_head *h, struct span value)
{
	return head_build__authority(&h->b, value);
}

static int read_protocol(struct h2_head *h, struct span value)
{
	return head_build__keep(&h->b, value, &h->protocol);
}

static int read_scheme(struct h2_head *h, struct span value)
{
	return 0;
}

static int read_status(struct h2_head *h, struct span value)
{
	int i, status = 0;

	if (value.n != 3)
		return 0;
	for (i = 0; i < 3; i++) {
		if (value.p[i] < '0' || value.p[i] > '9')
			return 0;
		status = status * 10 + value.p[i] - '0';
	}
	if (status >= 100)
		h->b.head.status = status;
	return 0;
}

static const struct {
	struct span name;
	enum side side;
	int (*read)(struct h2_head *h, struct span value);
} pseudos[] = {
	{SPAN_LIT(":method"), SIDE_REQUEST, read_method},
	{SPAN_LIT(":scheme"), SIDE_REQUEST, read_scheme},
	{SPAN_LIT(":authority"), SIDE_REQUEST, read_authority},
	{SPAN_LIT(":path"), SIDE_REQUEST, read_path},
	{SPAN_LIT(":protocol"), SIDE_REQUEST, read_protocol},
	{SPAN_LIT(":status"), SIDE_RESPONSE, read_status},
};

/* RFC 9113, 8.2.1: none of these may be in a value; somebody else may end a line there. */
static bool has_control(struct span s)
{
	return memchr(s.p, 0, s.n) || memchr(s.p, '\r', s.n) || memchr(s.p, '\n', s.n);
}

static int pseudo(struct h2_head *h, struct span name, struct span value)
{
	size_t i;

	for (i = 0; i < sizeof(pseudos) / sizeof(pseudos[0]); i++) {
		if (pseudos[i].side == h->side && span_eq(name, pseudos[i].name)) {
			int err = pseudos[i].read(h, value);

			h->pseudo = true;
			if (err != -E2BIG)
				return err;
			h->b.head.truncated = true;
			return 0;
		}
	}
	return 0;
}

static void read_codings(struct h2_head *h, struct span value)
{
	struct span item;

	while (h->n_codings <= H2_CODINGS_MAX && list__next(&value, &item)) {
		enum coding c = coding__named(item);

		if (c == CODING_IDENTITY)
			continue;
		if (h->n_codings < H2_CODINGS_MAX)
			h->codings[h->n_codings] = c;
		h->n_codings++;
	}
}

int h2_head__add(void *ctx, struct span name, struct span value)
{
	struct h2_head *h = ctx;
	int res;

	if (!name.n) {
		h->unknown |= !name.p;
		return 0;
	}
	/* A byte of a block can refer to as much as the table holds. */
	h->n += name.n + value.n;
	if (h->n > h->b.lim->head_bytes) {
		h->b.head.truncated = true;
		return 0;
	}
	if (value.n && has_control(value))
		return 0;
	if (*name.p == ':')
		return pseudo(h, name, value);
	value = span_trim(value);
	if (span_eq(name, SPAN_LIT("content-encoding")))
		read_codings(h, value);
	if (name.n > NAME_MAX_BYTES) {
		h->b.head.truncated = true;
		return 0;
	}
	res = head_build__add(&h->b, h->side, name, value, false);
	return res < 0 ? res : 0;
}

int h2_head__finish(struct h2_head *h)
{
	struct span method = head_build__at(&h->b, h->b.method);
	struct span protocol = head_build__at(&h->b, h->protocol);
	int err = 0;

	if (span_eq(method, SPAN_LIT("CONNECT")) && span_ieq(protocol, SPAN_LIT("websocket"))) {
		h->websocket = true;
		err = head_build__keep(&h->b, SPAN_LIT("GET"), &h->b.method);
		if (err != -ENOMEM)
			err = head_build__add(&h->b, h->side, SPAN_LIT("upgrade"),
					      SPAN_LIT("websocket"), false);
	}
	return err < 0 ? err : head_build__finish(&h->b);
}
