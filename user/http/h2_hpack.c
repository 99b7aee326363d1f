// SPDX-License-Identifier: Apache-2.0
#include "http/h2_hpack.h"

#include <errno.h>

#include "base/limits.h"

/* What browsers offer to servers; most others leave it at the default (RFC 9113, 6.5.2). */
#define TABLE_USUAL (64U << 10)
#define TABLE_LEAST 4096U
/* RFC 7541, 4.1: an entry counts its bytes and 32. */
#define ENTRY_MIN 33
#define PLACEHOLDERS (TABLE_LEAST / ENTRY_MIN)
#define PLACEHOLDERS_DEEP (TABLE_USUAL / ENTRY_MIN)
/* Filling an inflater takes longer than any block that could ask for it: so many placeholders at
 * once, and so many more with each block. */
#define FILL_MAX (1U << 17)
#define FILL_PER_BLOCK 32
#define PLACEHOLDER '?' /* no header's name: RFC 9110, 5.1 */

void h2_hpack__table_size(struct h2_hpack *h, uint32_t bytes, const struct limits *lim)
{
	if (bytes > lim->h2_table)
		bytes = lim->h2_table;
	if (bytes <= h->table_max)
		return;
	h->table_max = bytes;
}

void h2_hpack__init(struct h2_hpack *h, bool midstream, const struct limits *lim)
{
	*h = (struct h2_hpack){.table_max = TABLE_LEAST, .primed = midstream, .fill = FILL_MAX};
	h2_hpack__table_size(h, TABLE_USUAL, lim);
}

void h2_hpack__free(struct h2_hpack *h)
{
	if (h->inflater)
		nghttp2_hd_inflate_del(h->inflater);
	h->inflater = NULL;
}

void h2_hpack__lost(struct h2_hpack *h)
{
	h2_hpack__free(h);
	h->primed = true;
	h->failed = true;
}

static int inflate(struct h2_hpack *h, struct span in, bool last, h2_header fn, void *ctx)
{
	static const uint8_t nothing;
	const uint8_t *p = in.n ? in.p : &nothing;

	for (;;) {
		int flags = 0, err;
		nghttp2_nv nv;
		ssize_t n =
			nghttp2_hd_inflate_hd2(h->inflater, &nv, &flags, p, in.n, last && !in.n);

		if (n < 0)
			return n == NGHTTP2_ERR_NOMEM ? -ENOMEM : -EBADMSG;
		p += n;
		in.n -= (size_t)n;
		if (!(flags & NGHTTP2_HD_INFLATE_EMIT)) {
			if (in.n && n)
				continue;
			return in.n ? -EBADMSG : 0;
		}
		if (!fn)
			continue;
		if (nv.namelen == 1 && nv.name[0] == PLACEHOLDER)
			err = fn(ctx, SPAN_NONE, span(nv.value, nv.valuelen));
		else
			err = fn(ctx, span(nv.name, nv.namelen), span(nv.value, nv.valuelen));
		if (err)
			return err;
	}
}

static unsigned int placeholders(const struct h2_hpack *h)
{
	return h->deep ? PLACEHOLDERS_DEEP : PLACEHOLDERS;
}

/* A block of literals that go into the table (RFC 7541, 6.2.1), after an update of its size (6.3)
 * to the most that it can be: with a table larger than the encoder's, entries only live longer
 * than they are referred to. */
static int prime(struct h2_hpack *h)
{
	static const uint8_t literal[] = {0x40, 1, PLACEHOLDER, 0};
	unsigned int i, n = placeholders(h);
	uint32_t rest = h->table_max - 31;
	uint8_t size[6] = {0x3f};
	size_t at = 1;
	int err;

	for (; rest >= 128; rest >>= 7)
		size[at++] = (uint8_t)(rest | 128);
	size[at++] = (uint8_t)rest;
	h->fill -= n;
	err = inflate(h, span(size, at), false, NULL, NULL);
	for (i = 0; i < n && !err; i++)
		err = inflate(h, span(literal, sizeof(literal)), false, NULL, NULL);
	if (!err)
		nghttp2_hd_inflate_end_headers(h->inflater);
	return err;
}

static int begin(struct h2_hpack *h)
{
	bool fresh = !h->inflater;

	if (fresh && h->primed && h->fill < placeholders(h))
		return -EBADMSG;
	if (fresh && nghttp2_hd_inflate_new(&h->inflater)) {
		h->inflater = NULL;
		return -ENOMEM;
	}
	if (nghttp2_hd_inflate_change_table_size(h->inflater, h->table_max))
		return -ENOMEM;
	h->within = true;
	return fresh && h->primed ? prime(h) : 0;
}

/* What was told of the table since is gone. */
static int failed(struct h2_hpack *h, int err)
{
	h->deep |= h->primed && err == -EBADMSG;
	h2_hpack__lost(h);
	return err;
}

int h2_hpack__feed(struct h2_hpack *h, struct span in, h2_header fn, void *ctx)
{
	int err = 0;

	if (h->failed)
		return -EBADMSG;
	if (!h->within)
		err = begin(h);
	if (!err)
		err = inflate(h, in, false, fn, ctx);
	return err ? failed(h, err) : 0;
}

int h2_hpack__end(struct h2_hpack *h)
{
	bool bad = h->failed;

	if (h->fill < FILL_MAX)
		h->fill += FILL_PER_BLOCK;
	if (!bad && h->inflater) {
		bad = inflate(h, SPAN_NONE, true, NULL, NULL) != 0;
		if (bad)
			failed(h, -EBADMSG);
		else
			nghttp2_hd_inflate_end_headers(h->inflater);
	}
	h->failed = h->within = false;
	return bad ? -EBADMSG : 0;
}
