/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/* chunk.bpf.h: hands the bytes of one SSL call to user space, whole, as records of at most 16 KiB.
 * Records come in size classes, because kernels before 5.19 (97e03f521050) reserve constant sizes
 * only; within a record event_data.len says what counts. */
#ifndef LLMSNOOP_CHUNK_BPF_H
#define LLMSNOOP_CHUNK_BPF_H

#include "common.bpf.h"

/* Cleared by user space when it drains the ring: one forced wake-up is enough. */
extern volatile __u32 wake_sent;

struct chunk_ctx {
	struct event_data head;
	__u64 buf;
	__u64 left;
	bool lost;
};

/* Waking costs an inter-processor interrupt, dearer than the whole copy (facts: 9-17 us on a
 * virtual machine), so the consumer polls on a timer and is woken only when the ring fills up. */
static __always_inline __u64 wake_flag(void)
{
	if (bpf_ringbuf_query(&data_ring, BPF_RB_AVAIL_DATA) < cfg_wake_bytes)
		return BPF_RB_NO_WAKEUP;
	if (wake_sent)
		return BPF_RB_NO_WAKEUP;
	wake_sent = 1;
	return BPF_RB_FORCE_WAKEUP;
}

/* One record of a class: CLASS is constant, n <= CLASS. */
#define CHUNK_SEND(CLASS)                                                                        \
	do {                                                                                     \
		struct event_data *e =                                                           \
			bpf_ringbuf_reserve(&data_ring, sizeof(struct event_data) + (CLASS), 0); \
		if (!e)                                                                          \
			return false;                                                            \
		*e = c->head;                                                                    \
		e->len = n;                                                                      \
		e->h.size = sizeof(*e) - sizeof(e->h) + n;                                       \
		if (bpf_probe_read_user(e + 1, n > (CLASS) ? (CLASS) : n, (void *)c->buf)) {     \
			e->h.kind = EVENT_GAP;                                                   \
			e->h.size = sizeof(*e) - sizeof(e->h);                                   \
			count(COUNT_FAULT_BYTES, n);                                             \
			/* emit() counts all that was sent. A sum kept in c would be a different \
			 * state in each turn: more than 5.10's verifier walks through. */       \
			count(COUNT_COPIED, -(__u64)n);                                          \
		}                                                                                \
		bpf_ringbuf_submit(e, wake_flag());                                              \
		return true;                                                                     \
	} while (0)

static __noinline bool chunk_send(struct chunk_ctx *c, __u32 n)
{
	if (!c)
		return false;
	if (n <= 128)
		CHUNK_SEND(128);
	if (n <= 256)
		CHUNK_SEND(256);
	if (n <= 512)
		CHUNK_SEND(512);
	if (n <= 1024)
		CHUNK_SEND(1024);
	if (n <= 2048)
		CHUNK_SEND(2048);
	if (n <= 4096)
		CHUNK_SEND(4096);
	if (n <= 8192)
		CHUNK_SEND(8192);
	CHUNK_SEND(EVENT_CHUNK_MAX);
}

static __always_inline void chunk_advance(struct chunk_ctx *c, __u32 n)
{
	c->head.h.flags &= EVENT_MIDSTREAM;
	c->head.offset += n;
	c->buf += n;
	c->left -= n;
}

static __noinline bool chunk_send_full(struct chunk_ctx *c)
{
	const __u32 n = EVENT_CHUNK_MAX;

	if (!c)
		return false;
	CHUNK_SEND(EVENT_CHUNK_MAX);
}

/* A record of full size, while there is more than one; 1 ends the loop (bpf_loop's convention).
 * When the ring is full, what is left of this call becomes a gap of known length, which the next
 * record's offset shows: trying on would only tear more holes. */
static long chunk_step(__u32 i, struct chunk_ctx *c)
{
	if (c->left <= EVENT_CHUNK_MAX)
		return 1;
	if (!chunk_send_full(c)) {
		c->lost = true;
		return 1;
	}
	chunk_advance(c, EVENT_CHUNK_MAX);
	return 0;
}

/* Without bpf_loop the verifier walks every turn: 1 MiB a call, the rest is a counted gap. */
#define CHUNK_TURNS_OLD 64
#define CHUNK_TURNS_MAX (1 << 17) /* 2 GiB, more than any SSL call can move */

/* has_loop must be constant: kernels before 5.13 (69c087ba6225) refuse a program that so much as
 * names a callback, even where it is never reached. */
static __always_inline void chunk_all(struct chunk_ctx *c, bool has_loop)
{
	if (c->left > EVENT_CHUNK_MAX) {
		if (has_loop) {
			bpf_loop(CHUNK_TURNS_MAX, chunk_step, c, 0);
		} else {
			for (__u32 i = 0; i < CHUNK_TURNS_OLD; i++)
				if (chunk_step(i, c))
					break;
		}
	}
	if (c->left <= EVENT_CHUNK_MAX && !c->lost) {
		if (chunk_send(c, c->left))
			c->left = 0;
	}
	if (c->left) {
		count(COUNT_LOST_RECORDS, 1);
		count(COUNT_LOST_BYTES, c->left);
		c->lost = true;
	}
}

#endif
