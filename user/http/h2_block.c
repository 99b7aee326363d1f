// SPDX-License-Identifier: Apache-2.0
#include <errno.h>

#include "http/h2_conn.h"

/* Does somebody want to read it? Of a request all heads are judged; the trailers of a known one
 * say nothing, and neither do an answer's. */
static bool worth_reading(const struct h2 *h, enum side side, uint32_t id)
{
	const struct h2_stream *s = h2_stream__find(h, id);

	return side == SIDE_REQUEST ? !s : s && !s->response_begun;
}

int h2_block__begin(struct h2 *h, enum side side, uint64_t first_ns)
{
	struct h2_side *s = &h->side[side];
	const struct h2_frame *f = &s->reader.frame;
	bool promise = f->type == H2_PUSH_PROMISE;

	s->block = (struct h2_block){
		.stream = f->stream,
		.end_stream = !promise && f->flags & H2_END_STREAM,
		.first_ns = first_ns,
	};
	if (promise || !worth_reading(h, side, f->stream))
		return 0;
	return h2_head__new(side, h->lim, h->ctx->key, &s->block.head);
}

int h2_block__content(struct h2 *h, enum side side, struct span in)
{
	struct h2_side *s = &h->side[side];
	int err = h2_hpack__feed(&s->hpack, in, s->block.head ? h2_head__add : NULL, s->block.head);

	return err == -ENOMEM ? err : 0; /* the rest is told at the end */
}

static int tell(struct h2 *h, enum side side, const struct h2_block *b, bool whole, uint64_t ts_ns)
{
	struct h2_stream *s = h2_stream__find(h, b->stream);

	if (b->head && whole) {
		int err = h2_head__finish(b->head);

		if (err)
			return err;
		if (side == SIDE_RESPONSE)
			return s ? h2_stream__answer(h, s, b->head, b->end_stream, b->first_ns,
						     ts_ns)
				 : 0;
		/* Else trailers, of a request that is not wanted or was not seen. */
		if (b->head->pseudo)
			return h2_stream__open(h, b->stream, b->head, b->end_stream, b->first_ns,
					       ts_ns);
		return 0;
	}
	if (!s)
		return 0;
	if (side == SIDE_RESPONSE && !s->response_begun)
		s->response_gap = true; /* what could not be read may be its head */
	if (b->end_stream)
		h2_stream__half_end(h, s, side, ts_ns);
	return 0;
}

int h2_block__end(struct h2 *h, enum side side, uint64_t ts_ns)
{
	struct h2_side *s = &h->side[side];
	struct h2_block b = s->block;
	bool whole = !h2_hpack__end(&s->hpack);
	int err;

	s->block = (struct h2_block){};
	err = tell(h, side, &b, whole, ts_ns);
	h2_head__free(b.head);
	return err;
}

void h2_block__lost(struct h2_side *s)
{
	h2_head__free(s->block.head);
	s->block = (struct h2_block){};
	h2_hpack__lost(&s->hpack);
	h2_hpack__end(&s->hpack);
}
