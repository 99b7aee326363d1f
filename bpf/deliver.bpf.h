/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/* deliver.bpf.h: bytes that crossed the TLS border, whichever way that was seen: which connection
 * they belong to, whether anybody wants them, and their way to user space. */
#ifndef LLMSNOOP_DELIVER_BPF_H
#define LLMSNOOP_DELIVER_BPF_H

#include "common.bpf.h"
#include "conn.bpf.h"
#include "chunk.bpf.h"

/* Bytes that one call moved. */
struct delivery {
	__u64 key; /* names the connection within its process: as the address of an SSL object */
	__u64 buf;
	__u64 n;
	__u64 entry_ns;
	__u8 dir;   /* enum event_dir */
	__u8 stack; /* enum tls_stack of user space */
	__u8 gap;   /* they are never in the process's memory (SSL_sendfile): only n is known */
	__u8 early; /* sent before the handshake was through */
	/* The other direction's offset, modulo 2^32, behind what it moves at this moment; 0: it
	 * moves nothing. */
	__u32 need;
};

/* How many bytes of the other direction are under way, untold. */
static __always_inline __u32 under_way(const struct conn *c, const struct delivery *d)
{
	__u32 n = d->need - (__u32)c->offset[d->dir == DIR_READ];

	return d->need && (__s32)n > 0 ? n : 0;
}

/* A gap of known length in place of bytes. */
static __always_inline void chunk_gap(struct chunk_ctx *c)
{
	struct event_data *e = bpf_ringbuf_reserve(&data_ring, sizeof(*e), 0);

	if (!e) {
		count(COUNT_LOST_RECORDS, 1);
		c->lost = true;
		return;
	}
	*e = c->head;
	e->h.kind = EVENT_GAP;
	e->h.size = sizeof(*e) - sizeof(e->h);
	e->len = c->left;
	bpf_ringbuf_submit(e, wake_flag());
}

static __always_inline void emit(struct conn *c, const struct delivery *d, __u64 line,
				 bool has_loop)
{
	struct chunk_ctx chunk = {.buf = d->buf, .left = d->n};
	struct event_data *e = &chunk.head;
	__u64 id = bpf_get_current_pid_tgid();
	int dir = d->dir;

	e->h.kind = EVENT_DATA;
	e->h.flags = EVENT_CALL_START | c->pending[side(dir)] | (c->started ? 0 : EVENT_MIDSTREAM) |
		     (d->early ? EVENT_EARLY : 0);
	e->h.tgid = id >> 32;
	e->h.tid = id;
	e->conn = c->id;
	e->ssl = d->key;
	e->entry_ns = d->entry_ns;
	e->return_ns = bpf_ktime_get_ns();
	/* One thread at a time moves bytes in one direction, so no atomics (with result: 5.12). */
	e->offset = c->offset[side(dir)];
	e->other_offset = c->offset[dir == DIR_READ];
	e->ahead = under_way(c, d);
	e->line = line;
	e->dir = dir;
	e->stack = c->stack;
	c->pending[side(dir)] = 0;
	if (d->gap)
		chunk_gap(&chunk);
	else
		chunk_all(&chunk, has_loop);
	/* Only now: a thread that moves bytes the other way (Go) must not say that these went
	 * before its own as long as they may come behind them in the ring. */
	c->offset[side(dir)] += d->n;
	count_call(d->n, d->n - chunk.left);
	if (chunk.lost)
		c->pending[side(dir)] |= EVENT_AFTER_LOSS;
}

/* Functions of their own, so that what they keep on the stack is not there all the time. */
static __noinline int emit_loop(struct conn *c, const struct delivery *d, __u64 line)
{
	if (c && d)
		emit(c, d, line, true);
	return 0;
}

static __noinline int emit_turns(struct conn *c, const struct delivery *d, __u64 line)
{
	if (c && d)
		emit(c, d, line, false);
	return 0;
}

/* Of the n bytes of a call, how many at its beginning nobody wants: n or more for all. */
static __always_inline __u64 quiet_bytes(struct conn *c, int dir, __u64 buf, __u64 n)
{
	__u64 left = c->left[side(dir)];
	enum verdict_lift lift;
	long wanted;

	if (conn_quiet(c, dir)) {
		lift = conn_lift(c, dir);
		if (lift != LIFT_FRAME && lift != LIFT_USER)
			return n;
		wanted = frames_walk(c, dir, buf, n);
		if (wanted < 0)
			return n;
		c->pending[side(dir)] |= EVENT_AFTER_QUIET;
		if (lift == LIFT_FRAME)
			c->head[side(dir)] = c->offset[side(dir)] + 1;
		return wanted;
	}
	/* The quiet ended inside a frame. */
	if (left) {
		c->left[side(dir)] = left > n ? left - n : 0;
		return left;
	}
	return 0;
}

/* Hands over what d says (n > 0) for the current process, unless it is not wanted. c: the
 * connection as conn_find gave it; NULL: it is met here for the first time. has_loop: see
 * chunk_all. */
static __always_inline void deliver(struct conn *c, __u32 tgid, struct delivery *d, bool has_loop)
{
	__u64 word = 0, line = 0, left_out;
	int dir = d->dir;

	if (!c)
		c = conn_begin(tgid, d->key, d->stack, false);
	if (!c)
		return;
	if (dir == DIR_READ && c->read_fails) {
		c->closing |= CLOSE_NONBLOCKING;
		c->read_fails = 0;
	}
	if (!d->gap) {
		__u32 k = d->n < 8 ? d->n : 8;

		/* Most calls of a stream bring a piece of the answer, which need not be looked at.
		 */
		if (c->answer_dir != 1 + dir && c->proto != PROTO_HTTP2) {
			bpf_probe_read_user(&word, k, (void *)d->buf);
			conn_classify(c, dir, word, k);
			if (like_head(c, word, k)) {
				line = line_hash(d->buf, d->n);
				if (!conn_judged_line(c, dir, line))
					c->head[side(dir)] = c->offset[side(dir)] + 1;
			}
		}
		/* Who knows what is being asked. */
		left_out = under_way(c, d) ? 0 : quiet_bytes(c, dir, d->buf, d->n);
		if (left_out >= d->n) {
			count(COUNT_QUIET_CALLS, 1);
			c->pending[side(dir)] |= EVENT_AFTER_QUIET;
			return;
		}
		d->buf += left_out;
		d->n -= left_out;
	} else {
		/* Not looked at, but counted where a frame goes on. */
		c->left[side(dir)] = c->left[side(dir)] > d->n ? c->left[side(dir)] - d->n : 0;
	}
	if (has_loop)
		emit_loop(c, d, line);
	else
		emit_turns(c, d, line);
}

#endif
