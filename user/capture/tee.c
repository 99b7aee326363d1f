// SPDX-License-Identifier: Apache-2.0
#include "capture/tee.h"

#define TELL(op, ...)                                                  \
	do {                                                           \
		const struct capture_tee *t = ctx;                     \
                                                                       \
		for (int i = 0; i < 2; i++)                            \
			if (t->ops[i]->op)                             \
				t->ops[i]->op(t->ctx[i], __VA_ARGS__); \
	} while (0)

static void tell_clock(void *ctx, uint64_t mono_ns, int64_t offset_ns)
{
	TELL(clock, mono_ns, offset_ns);
}

static void tell_process(void *ctx, const struct process *p)
{
	TELL(process, p);
}

static void tell_data(void *ctx, const struct capture_data *d)
{
	TELL(data, d);
}

static void tell_peer(void *ctx, const struct capture_peer *p)
{
	TELL(peer, p);
}

static void tell_close(void *ctx, const struct capture_close *c)
{
	TELL(close, c);
}

static void tell_exit(void *ctx, const struct capture_exit *e)
{
	TELL(exit, e);
}

static void tell_unseen(void *ctx, const struct capture_unseen *u)
{
	TELL(unseen, u);
}

static void tell_counts(void *ctx, const struct capture_counts *c)
{
	TELL(counts, c);
}

static void tell_tick(void *ctx, uint64_t mono_ns)
{
	TELL(tick, mono_ns);
}

const struct capture_ops capture_tee_ops = {
	.clock = tell_clock,
	.process = tell_process,
	.data = tell_data,
	.peer = tell_peer,
	.close = tell_close,
	.exit = tell_exit,
	.unseen = tell_unseen,
	.counts = tell_counts,
	.tick = tell_tick,
};
