// SPDX-License-Identifier: Apache-2.0
#include "http/h1_body.h"

#include <errno.h>

#include "base/limits.h"

int h1_body__begin(struct h1_body *b, const struct h1_frame *frame, bool decode,
		   const struct limits *lim)
{
	int err;

	*b = (struct h1_body){
		.framing = (uint8_t)frame->framing,
		.decode = decode,
	};
	if (frame->framing == H1_CHUNKED)
		chunked__init(&b->chunked, lim->trailer_bytes);
	else
		b->left = frame->length;
	if (!decode || frame->framing == H1_NONE)
		return 0;
	err = frame->too_many ? -E2BIG
			      : decoder__new(frame->codings, frame->n_codings, lim, &b->decoder);
	if (err == -ENOTSUP || err == -E2BIG) {
		b->flags |= HTTP_BODY_CODING;
		b->decode = false;
		return 0;
	}
	return err;
}

static void take(struct h1_body *b, struct span data, uint64_t ts_ns, decoder_out out, void *ctx)
{
	if (!b->decode || !data.n)
		return;
	if (decoder__feed(b->decoder, data, ts_ns, out, ctx)) {
		b->flags |= HTTP_BODY_CODING;
		h1_body__drop(b);
	}
}

ptrdiff_t h1_body__feed(struct h1_body *b, struct span in, uint64_t ts_ns, decoder_out out,
			void *ctx)
{
	struct span data = in, rest = in;

	switch ((enum h1_framing)b->framing) {
	case H1_NONE:
		return 0;
	case H1_LENGTH:
		if (data.n > b->left)
			data.n = b->left;
		b->left -= data.n;
		take(b, data, ts_ns, out, ctx);
		return (ptrdiff_t)data.n;
	case H1_CLOSE:
		take(b, data, ts_ns, out, ctx);
		return (ptrdiff_t)data.n;
	case H1_CHUNKED:
		break;
	}
	while (rest.n && !chunked__done(&b->chunked)) {
		ptrdiff_t n = chunked__next(&b->chunked, rest, &data);

		if (n < 0)
			return n;
		take(b, data, ts_ns, out, ctx);
		rest = span_skip(rest, (size_t)n);
	}
	return (ptrdiff_t)(in.n - rest.n);
}

bool h1_body__skip(struct h1_body *b, uint64_t lost)
{
	bool known = false;

	if (b->framing == H1_CLOSE)
		known = true;
	else if (b->framing == H1_CHUNKED)
		known = chunked__skip(&b->chunked, lost);
	else if (b->framing == H1_LENGTH && lost && lost <= b->left)
		b->left -= lost, known = true;
	if (!known)
		return false;
	b->flags |= HTTP_BODY_GAP;
	if (b->decoder && decoder__is_coded(b->decoder))
		h1_body__drop(b);
	return true;
}

bool h1_body__complete(const struct h1_body *b)
{
	switch ((enum h1_framing)b->framing) {
	case H1_NONE:
		return true;
	case H1_LENGTH:
		return !b->left;
	case H1_CHUNKED:
		return chunked__done(&b->chunked);
	case H1_CLOSE:
		break;
	}
	return false;
}

unsigned int h1_body__end(struct h1_body *b, uint64_t ts_ns, decoder_out out, void *ctx)
{
	unsigned int flags = b->flags;

	if (b->decoder && decoder__finish(b->decoder, ts_ns, out, ctx))
		flags |= HTTP_BODY_CODING;
	h1_body__drop(b);
	b->framing = H1_NONE;
	return flags;
}

void h1_body__drop(struct h1_body *b)
{
	decoder__free(b->decoder);
	b->decoder = NULL;
	b->decode = false;
}
