// SPDX-License-Identifier: Apache-2.0
/* capsplit bytes|random:SEED|merge IN.cap OUT.cap: the same capture with its pieces cut at every
 * byte, cut at random, or joined where one follows the other. Times stay those of the bytes (of
 * the last piece, where pieces are joined). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "capture/cap_read.h"
#include "capture/cap_write.h"

#define MERGE_MAX (1 << 20)

struct splitter {
	struct cap_write *out;
	uint64_t seed; /* 0: every byte */
	bool merge;
	struct capture_data held; /* merge: its bytes are in buf */
	bool holding;
	struct buf buf;
};

/* xorshift64 (Marsaglia, 2003) */
static uint64_t next_random(struct splitter *s)
{
	s->seed ^= s->seed << 13;
	s->seed ^= s->seed >> 7;
	s->seed ^= s->seed << 17;
	return s->seed;
}

static void let_go(struct splitter *s)
{
	if (!s->holding)
		return;
	s->held.bytes = buf__span(&s->buf);
	cap_write_ops.data(s->out, &s->held);
	s->holding = false;
	buf__clear(&s->buf);
}

static bool follows(const struct splitter *s, const struct capture_data *d)
{
	return s->holding && !d->gap && d->conn == s->held.conn && d->dir == s->held.dir &&
	       d->offset == s->held.offset + s->buf.n && d->other_offset == s->held.other_offset &&
	       !(d->flags & (EVENT_AFTER_QUIET | EVENT_AFTER_LOSS)) &&
	       s->buf.n + d->bytes.n <= MERGE_MAX;
}

static void merge(struct splitter *s, const struct capture_data *d)
{
	if (follows(s, d)) {
		buf__add(&s->buf, d->bytes);
		s->held.return_ns = d->return_ns;
		return;
	}
	let_go(s);
	if (d->gap) {
		cap_write_ops.data(s->out, d);
		return;
	}
	s->held = *d;
	s->holding = true;
	buf__add(&s->buf, d->bytes);
}

static void on_data(void *ctx, const struct capture_data *d)
{
	struct splitter *s = ctx;
	struct capture_data piece = *d;
	struct span rest = d->bytes;

	if (s->merge) {
		merge(s, d);
		return;
	}
	if (d->gap) {
		cap_write_ops.data(s->out, d);
		return;
	}
	while (rest.n) {
		size_t n = s->seed ? 1 + next_random(s) % (rest.n < 200 ? rest.n : 200) : 1;

		piece.bytes = span_head(rest, n);
		cap_write_ops.data(s->out, &piece);
		piece.offset += piece.bytes.n;
		piece.flags &= EVENT_MIDSTREAM | EVENT_EARLY;
		rest = span_skip(rest, piece.bytes.n);
	}
}

static void on_clock(void *ctx, uint64_t mono_ns, int64_t offset_ns)
{
	let_go(ctx);
	cap_write_ops.clock(((struct splitter *)ctx)->out, mono_ns, offset_ns);
}

static void on_process(void *ctx, const struct process *p)
{
	let_go(ctx);
	cap_write_ops.process(((struct splitter *)ctx)->out, p);
}

static void on_close(void *ctx, const struct capture_close *c)
{
	let_go(ctx);
	cap_write_ops.close(((struct splitter *)ctx)->out, c);
}

static void on_peer(void *ctx, const struct capture_peer *p)
{
	let_go(ctx);
	cap_write_ops.peer(((struct splitter *)ctx)->out, p);
}

static void on_exit_event(void *ctx, const struct capture_exit *e)
{
	let_go(ctx);
	cap_write_ops.exit(((struct splitter *)ctx)->out, e);
}

static void on_counts(void *ctx, const struct capture_counts *c)
{
	let_go(ctx);
	cap_write_ops.counts(((struct splitter *)ctx)->out, c);
}

static void on_tick(void *ctx, uint64_t mono_ns)
{
	let_go(ctx);
	cap_write_ops.tick(((struct splitter *)ctx)->out, mono_ns);
}

static const struct capture_ops ops = {
	.clock = on_clock,
	.process = on_process,
	.data = on_data,
	.close = on_close,
	.peer = on_peer,
	.exit = on_exit_event,
	.counts = on_counts,
	.tick = on_tick,
};

int main(int argc, char **argv)
{
	struct splitter s = {0};
	struct cap_write_config config = {.raw = true};
	struct cap_read *in = NULL;
	struct cap_error error;
	int n;

	if (argc != 4 || (strcmp(argv[1], "bytes") && strcmp(argv[1], "merge") &&
			  strncmp(argv[1], "random:", 7))) {
		fprintf(stderr, "usage: capsplit bytes|random:SEED|merge IN.cap OUT.cap\n");
		return 2;
	}
	s.merge = !strcmp(argv[1], "merge");
	if (argv[1][0] == 'r')
		s.seed = strtoull(argv[1] + 7, NULL, 10) * 2654435761ULL + 1;
	buf__init(&s.buf, MERGE_MAX);
	config.path = argv[3];
	if (cap_write__open(&config, &limits_default, &s.out)) {
		fprintf(stderr, "capsplit: cannot write %s\n", argv[3]);
		return 1;
	}
	n = cap_read__open(argv[2], &in, &error);
	while (n >= 0) {
		n = cap_read__next(in, &ops, &s, &error);
		if (n <= 0)
			break;
	}
	let_go(&s);
	if (error.what)
		fprintf(stderr, "capsplit: %s: %s\n", argv[2], error.what);
	cap_read__free(in);
	buf__free(&s.buf);
	return cap_write__close(s.out) || n < 0;
}
