// SPDX-License-Identifier: Apache-2.0
#include "http/coding.h"

#include <errno.h>
#include <stdlib.h>

#include "http/decoders.h"
#include "base/limits.h"

#define SNIFF_MAX 4
#define OUT_BYTES (16 * 1024)

enum layer_state {
	LAYER_SNIFF,
	LAYER_OPEN,
	LAYER_PLAIN,
};

struct layer {
	const struct decoder_ops *ops;
	void *state;
	enum layer_state is;
	bool complete; /* the coded data could end here */
	uint8_t first[SNIFF_MAX];
	uint8_t first_n;
	uint64_t out_bytes;
};

struct decoder {
	const struct limits *lim;
	uint64_t in_bytes;   /* of the body */
	uint64_t told_bytes; /* of them, told with output */
	int err;
	unsigned int n;
	struct layer layer[]; /* in the order of undoing */
};

/* Where a layer's output goes. */
struct run {
	struct decoder *d;
	uint64_t ts_ns;
	decoder_out out;
	void *ctx;
};

enum coding coding__named(struct span name)
{
	static const struct {
		struct span name;
		enum coding coding;
	} table[] = {
		{SPAN_LIT("identity"), CODING_IDENTITY},
		{SPAN_LIT("gzip"), CODING_GZIP},
		{SPAN_LIT("x-gzip"), CODING_GZIP},
		{SPAN_LIT("deflate"), CODING_DEFLATE},
		{SPAN_LIT("br"), CODING_BR},
		{SPAN_LIT("zstd"), CODING_ZSTD},
	};
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (span_ieq(name, table[i].name))
			return table[i].coding;
	return CODING_UNKNOWN;
}

int decoder__new(const enum coding *codings, unsigned int n, const struct limits *lim,
		 struct decoder **ret)
{
	static const struct decoder_ops *const ops[] = {
		[CODING_GZIP] = &gzip_decoder,
		[CODING_DEFLATE] = &deflate_decoder,
		[CODING_BR] = &brotli_decoder,
		[CODING_ZSTD] = &zstd_decoder,
	};
	struct decoder *d;
	unsigned int i;

	if (n > lim->codings)
		return -E2BIG;
	for (i = 0; i < n; i++)
		if (codings[i] >= CODING_UNKNOWN)
			return -ENOTSUP;
	d = calloc(1, sizeof(*d) + n * sizeof(d->layer[0]));
	if (!d)
		return -ENOMEM;
	d->lim = lim;
	for (i = n; i--;)
		if (codings[i] != CODING_IDENTITY)
			d->layer[d->n++].ops = ops[codings[i]];
	*ret = d;
	return 0;
}

static bool looks_plain(uint8_t c)
{
	return c == '{' || c == '[' || c == 'd' || c == 'e'; /* JSON; data:, event: */
}

static int layer__open(struct layer *l)
{
	int err = l->ops->open(span(l->first, l->first_n), &l->state);

	if (err == -EBADMSG && l->ops->plain_passes && l->first_n && looks_plain(l->first[0])) {
		l->is = LAYER_PLAIN;
		l->complete = true;
		return 0;
	}
	if (!err)
		l->is = LAYER_OPEN;
	return err;
}

static int run__feed(struct run *r, unsigned int at, struct span in);

static int run__pass(struct run *r, unsigned int at, struct span out)
{
	struct decoder *d = r->d;
	struct layer *l = &d->layer[at];
	uint64_t room;
	int err;

	if (!out.n)
		return 0;
	room = d->lim->inflate_total - l->out_bytes;
	l->out_bytes += out.n;
	/* Each layer is held to the ratio: a bomb may be wrapped in another. */
	if (l->out_bytes > d->lim->inflate_free &&
	    l->out_bytes / d->lim->inflate_ratio > d->in_bytes)
		return -E2BIG;
	if (out.n <= room)
		return run__feed(r, at + 1, out);
	err = room ? run__feed(r, at + 1, span_head(out, room)) : 0;
	return err ? err : -E2BIG;
}

static int run__decode(struct run *r, unsigned int at, struct span in)
{
	struct layer *l = &r->d->layer[at];
	uint8_t out[OUT_BYTES];
	struct piece p = {.in = in.p, .in_n = in.n};
	int res, err;

	if (l->is == LAYER_PLAIN)
		return run__pass(r, at, in);
	do {
		size_t before = p.in_n;

		p.out = out;
		p.out_n = sizeof(out);
		res = l->ops->step(l->state, &p);
		/* What came out before a fault is good. */
		err = run__pass(r, at, span(out, sizeof(out) - p.out_n));
		if (err || res < 0)
			return err ? err : res;
		l->complete = res;
		if (p.in_n == before && p.out_n == sizeof(out) && before)
			return -EBADMSG; /* it stands still */
	} while (p.in_n || (!p.out_n && !l->complete));
	return 0;
}

/* Gives in to layer at, or to the reader behind the last. */
static int run__feed(struct run *r, unsigned int at, struct span in)
{
	struct decoder *d = r->d;
	struct layer *l;
	size_t n;
	int err;

	if (at == d->n) {
		r->out(r->ctx, in, d->in_bytes - d->told_bytes, r->ts_ns);
		d->told_bytes = d->in_bytes;
		return 0;
	}
	l = &d->layer[at];
	if (l->is == LAYER_SNIFF) {
		n = span_head(in, l->ops->sniff - l->first_n).n;
		if (n)
			memcpy(l->first + l->first_n, in.p, n);
		l->first_n += n;
		if (l->first_n < l->ops->sniff)
			return 0;
		err = layer__open(l);
		if (!err && l->first_n)
			err = run__decode(r, at, span(l->first, l->first_n));
		in = span_skip(in, n);
		if (err || !in.n)
			return err;
	}
	return run__decode(r, at, in);
}

int decoder__feed(struct decoder *d, struct span in, uint64_t ts_ns, decoder_out out, void *ctx)
{
	struct run r = {d, ts_ns, out, ctx};

	if (d->err || !in.n)
		return d->err;
	d->in_bytes += in.n;
	d->err = run__feed(&r, 0, in);
	return d->err;
}

int decoder__finish(struct decoder *d, uint64_t ts_ns, decoder_out out, void *ctx)
{
	struct run r = {d, ts_ns, out, ctx};
	unsigned int i;

	for (i = 0; i < d->n && !d->err; i++) {
		struct layer *l = &d->layer[i];

		if (l->is == LAYER_SNIFF && l->first_n) {
			d->err = layer__open(l);
			if (!d->err)
				d->err = run__decode(&r, i, span(l->first, l->first_n));
		}
		/* No coded byte at all is an empty body. */
		if (!d->err && l->is != LAYER_SNIFF && !l->complete)
			d->err = -EBADMSG;
	}
	return d->err;
}

bool decoder__is_coded(const struct decoder *d)
{
	unsigned int i;

	for (i = 0; i < d->n; i++)
		if (d->layer[i].is != LAYER_PLAIN)
			return true;
	return false;
}

void decoder__free(struct decoder *d)
{
	unsigned int i;

	if (!d)
		return;
	for (i = 0; i < d->n; i++)
		if (d->layer[i].is == LAYER_OPEN)
			d->layer[i].ops->close(d->layer[i].state);
	free(d);
}
