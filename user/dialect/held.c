// SPDX-License-Identifier: Apache-2.0
#include "dialect/held.h"

/* As it lies in the buffer; its text and id follow it. */
struct held {
	enum fact fact;
	uint64_t ts_ns;
	struct fact_value v; /* with the sizes of its spans, not their places */
};

int held__add(struct buf *b, enum fact fact, const struct fact_value *v, uint64_t ts_ns)
{
	struct held h = {.fact = fact, .ts_ns = ts_ns, .v = *v};
	int err = buf__reserve(b, sizeof(h) + v->text.n + v->id.n);

	if (err)
		return err;
	buf__add(b, span(&h, sizeof(h)));
	buf__add(b, v->text);
	buf__add(b, v->id);
	return 0;
}

bool held__next(struct span *rest, enum fact *ret_fact, struct fact_value *ret_v,
		uint64_t *ret_ts_ns)
{
	struct held h;

	if (!rest->n)
		return false;
	memcpy(&h, rest->p, sizeof(h));
	*rest = span_skip(*rest, sizeof(h));
	h.v.text = span_head(*rest, h.v.text.n);
	*rest = span_skip(*rest, h.v.text.n);
	if (h.v.id.p)
		h.v.id = span_head(*rest, h.v.id.n);
	*rest = span_skip(*rest, h.v.id.n);
	*ret_fact = h.fact;
	*ret_v = h.v;
	*ret_ts_ns = h.ts_ns;
	return true;
}
