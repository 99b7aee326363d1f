// SPDX-License-Identifier: Apache-2.0
#include "framing/whole.h"

enum whole_state {
	WHOLE_IDLE, /* no byte yet */
	WHOLE_OPEN,
	WHOLE_OVER, /* a gap ended it */
};

struct whole {
	struct framing f;
	enum whole_state state;
};

static int feed(struct framing *f, struct span in, uint64_t ts_ns)
{
	struct whole *w = (struct whole *)f;
	int err = 0;

	if (w->state == WHOLE_OVER || !in.n)
		return 0;
	if (w->state == WHOLE_IDLE) {
		w->state = WHOLE_OPEN;
		err = f->ops->begin(f->ctx, SPAN_LIT(""), ts_ns);
	}
	return err ? err : f->ops->piece(f->ctx, in, ts_ns);
}

static int end(struct whole *w, bool complete, uint64_t ts_ns)
{
	bool open = w->state == WHOLE_OPEN;

	w->state = WHOLE_OVER;
	return open ? w->f.ops->end(w->f.ctx, SPAN_LIT(""), complete, ts_ns) : 0;
}

static int gap(struct framing *f, uint64_t lost, uint64_t ts_ns)
{
	return end((struct whole *)f, false, ts_ns);
}

static int finish(struct framing *f, uint64_t ts_ns)
{
	return end((struct whole *)f, true, ts_ns);
}

const struct framing_type framing_whole = {
	.size = sizeof(struct whole),
	.feed = feed,
	.gap = gap,
	.finish = finish,
};
