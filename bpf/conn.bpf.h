/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/* conn.bpf.h: connections, their generations, what their first bytes speak, and verdicts. */
#ifndef LLMSNOOP_CONN_BPF_H
#define LLMSNOOP_CONN_BPF_H

#include "common.bpf.h"

struct conns_map {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, struct conn_key);
	__type(value, struct conn);
};
/* Written by user space through its mapping, without a system call. */
struct verdicts_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, VERDICT_SLOTS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct verdict);
};
/* Whose connection a kernel's socket carries, by the address of its struct sock. */
struct sock_owner {
	struct conn_key key; /* ssl == 0: nobody's yet */
	/* where it is plain: its bytes are the connection's */
	__u64 last_ns; /* of the latest send or receive, or of the connection's beginning */
	__u64 seen_ns; /* when a send was seen to be under way; 0: none is */
	__u64 sent;    /* after the latest send: its offset (above) and the socket's write_seq */
	__u8 plain;
	__u8 fresh; /* its first byte is still to come */
	__u8 known; /* sent is */
	__u8 reserved[5];
};
struct socks_map {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, __u64);
	__type(value, struct sock_owner);
};
extern struct conns_map conns SEC(".maps");
extern struct verdicts_map verdicts SEC(".maps");
extern struct socks_map socks SEC(".maps");

/* First words, as loaded little-endian. Both supported architectures are. */
#define WORD(a, b, c, d, e, f, g, h)                                                             \
	((__u64)(a) | (__u64)(b) << 8 | (__u64)(c) << 16 | (__u64)(d) << 24 | (__u64)(e) << 32 | \
	 (__u64)(f) << 40 | (__u64)(g) << 48 | (__u64)(h) << 56)

struct opening {
	__u64 word;
	__u8 len;
};

/* RFC 9110 section 9.3 and RFC 5789: how an HTTP/1 request begins. */
static const struct opening openings_request[] = {
	{WORD('P', 'O', 'S', 'T', ' ', 0, 0, 0), 5},
	{WORD('G', 'E', 'T', ' ', 0, 0, 0, 0), 4},
	{WORD('P', 'U', 'T', ' ', 0, 0, 0, 0), 4},
	{WORD('H', 'E', 'A', 'D', ' ', 0, 0, 0), 5},
	{WORD('P', 'A', 'T', 'C', 'H', ' ', 0, 0), 6},
	{WORD('D', 'E', 'L', 'E', 'T', 'E', ' ', 0), 7},
	{WORD('O', 'P', 'T', 'I', 'O', 'N', 'S', ' '), 8},
	{WORD('C', 'O', 'N', 'N', 'E', 'C', 'T', ' '), 8},
};

enum likeness {
	LIKE_NOTHING,
	LIKE_HTTP1, /* or the beginning of its beginning */
	LIKE_HTTP2,
};

static __always_inline bool like(__u64 word, __u32 n, __u64 opening, __u32 len)
{
	__u32 bytes = n < len ? n : len;
	__u64 mask = bytes >= 8 ? ~0ULL : (1ULL << (bytes * 8)) - 1;

	return ((word ^ opening) & mask) == 0;
}

/* Could these first n bytes (1..8, in word) begin an HTTP/1 request? Bytes that are a prefix of a
 * method count: a client may write one byte at a time. */
static __always_inline bool like_request(__u64 word, __u32 n)
{
#pragma unroll
	for (int i = 0; i < 8; i++)
		if (like(word, n, openings_request[i].word, openings_request[i].len))
			return true;
	return false;
}

#define FRAME_HEADERS 1 /* RFC 9113, 6.2 */

/* Could these first 8 bytes begin an HTTP/2 HEADERS frame that a client sends? Length (3), type,
 * flags, and of the stream's number the first 3 bytes, the first of them 0. */
static __always_inline bool like_headers(__u64 word)
{
	return (word & ~WORD(0, 0x3f, 0xff, 0, 0x2d, 0, 0xff, 0xff)) ==
	       WORD(0, 0, 0, FRAME_HEADERS, 0, 0, 0, 0);
}

/* What the first n bytes of one direction of a connection speak. */
static __always_inline enum likeness like_what(__u64 word, __u32 n)
{
	if (like_request(word, n) || like(word, n, WORD('H', 'T', 'T', 'P', '/', '1', '.', 0), 7))
		return LIKE_HTTP1;
	if (like(word, n, WORD('P', 'R', 'I', ' ', '*', ' ', 'H', 'T'), 8)) /* RFC 9113 3.4 */
		return LIKE_HTTP2;
	/* A server's SETTINGS may come before the client's preface is read. The third byte is the
	 * low one of the length. */
	if (like(word & ~0xff0000ULL, n, WORD(0, 0, 0, 4, 0, 0, 0, 0), 8))
		return LIKE_HTTP2;
	return LIKE_NOTHING;
}

/* May a call with these first n bytes begin a request, as far as it is known what the connection
 * speaks? */
static __always_inline bool like_head(const struct conn *c, __u64 word, __u32 n)
{
	return like_request(word, n) ||
	       (c->proto == PROTO_UNDECIDED && n == 8 && like_headers(word));
}

static __always_inline struct conn *conn_find(__u32 tgid, __u64 ssl)
{
	struct conn_key key = {.ssl = ssl, .tgid = tgid};

	return bpf_map_lookup_elem(&conns, &key);
}

/* A new generation for (tgid, ssl). started: its first byte is still to come. */
static __always_inline struct conn *conn_begin(__u32 tgid, __u64 ssl, __u8 stack, bool started)
{
	struct conn_key key = {.ssl = ssl, .tgid = tgid};
	struct conn fresh = {.started = started, .stack = stack};
	__u8 one = 1;

	/* No CPU begins two in one nanosecond. */
	fresh.id = bpf_ktime_get_ns() << 8 | (bpf_get_smp_processor_id() & 0xff);
	if (bpf_map_update_elem(&conns, &key, &fresh, BPF_ANY)) {
		count(COUNT_NO_STATE, 1);
		return NULL;
	}
	count(COUNT_CONNS, 1);
	if (!started)
		count(COUNT_MIDSTREAM, 1);
	if (!bpf_map_lookup_elem(&announced, &tgid)) {
		bpf_map_update_elem(&announced, &tgid, &one, BPF_ANY);
		/* User space reads its facts now, long before a short-lived process is gone. */
		tell_process(EVENT_TLS, (struct task_struct *)bpf_get_current_task(), tgid, 0);
	}
	return bpf_map_lookup_elem(&conns, &key);
}

/* Takes in the first bytes of a call in one direction (word holds min(n, 8) of them). */
static __always_inline void conn_classify(struct conn *c, int dir, __u64 word, __u64 n)
{
	__u32 have = c->n_first[side(dir)], take = n < 8 ? n : 8;
	enum likeness l;

	if (c->proto != PROTO_UNDECIDED || have >= 8)
		return;
	c->first[side(dir)] |= word << ((have * 8) & 63);
	have += take;
	c->n_first[side(dir)] = have < 8 ? have : 8;
	l = like_what(c->first[side(dir)], have < 8 ? have : 8);
	if (l == LIKE_NOTHING) {
		/* Only where the start was seen: a later join may be in the midst of a body. */
		if (c->started) {
			c->proto = PROTO_NEITHER;
			count(COUNT_NEITHER, 1);
		}
	} else if (have >= 8) {
		c->proto = l == LIKE_HTTP2 ? PROTO_HTTP2 : PROTO_HTTP1;
		/* Only where the start was seen: text in a body may look like anything. */
		if (c->started && l == LIKE_HTTP1)
			c->answer_dir = 1 + (like_request(c->first[side(dir)], 8) ? !dir : dir);
	}
}

/* Does user space want nothing of this connection's bytes in that direction now? */
static __always_inline bool conn_quiet(struct conn *c, int dir)
{
	__u32 slot = VERDICT_SLOT(c->id);
	struct verdict *v;

	if (c->proto == PROTO_NEITHER)
		return true;
	v = bpf_map_lookup_elem(&verdicts, &slot);
	if (!v || v->conn != c->id)
		return false;
	if (v->lift == LIFT_NEVER)
		return true;
	/* Where the next frame begins is known at judged only; and what came since may be a request
	 * that was told before the verdict came. */
	if ((v->lift == LIFT_FRAME ||
	     (v->lift == LIFT_USER && (v->request_dir & 1) == (__u32)dir)) &&
	    c->offset[side(v->request_dir)] != v->judged)
		return false;
	return c->head[side(v->request_dir)] <= v->judged && bpf_ktime_get_ns() < v->expires_ns;
}

/* Was a request with this line already judged on this connection, and is that still good? */
static __always_inline bool conn_judged_line(struct conn *c, int dir, __u64 line)
{
	__u32 slot = VERDICT_SLOT(c->id);
	struct verdict *v = line ? bpf_map_lookup_elem(&verdicts, &slot) : NULL;

	if (!v || v->conn != c->id || v->lift != LIFT_LINE || (v->request_dir & 1) != (__u32)dir)
		return false;
	/* Only on top of quiet: while something wanted is under way, all is told. */
	if (c->head[side(dir)] > v->judged || bpf_ktime_get_ns() >= v->expires_ns)
		return false;
	return line == v->lines[0] || line == v->lines[1] || line == v->lines[2] ||
	       line == v->lines[3];
}

/* Hash of "METHOD target " at buf (FNV-1a with a secret start); 0: none within LINE_MAX_BYTES. Not
 * static, so that verifiers look at it once and not at each of its calls. */
__weak __noinline __u64 line_hash(__u64 buf, __u64 n)
{
	__u8 line[LINE_MAX_BYTES] = {}; /* for kernels before 6.3 (6715df8d5d24) */
	__u64 h = 0xcbf29ce484222325ULL ^ cfg_line_seed;
	__u32 k = n < LINE_MAX_BYTES ? n : LINE_MAX_BYTES, spaces = 0;

	if (k == 0 || bpf_probe_read_user(line, k, (void *)buf))
		return 0;
	for (__u32 i = 0; i < LINE_MAX_BYTES; i++) {
		if (i >= k || line[i] < ' ')
			return 0;
		h = (h ^ line[i]) * 0x100000001b3ULL;
		if (line[i] == ' ' && ++spaces == 2)
			return h ? h : 1;
	}
	return 0;
}

/* What in that direction lifts the quiet of a quiet connection. */
static __always_inline enum verdict_lift conn_lift(struct conn *c, int dir)
{
	__u32 slot = VERDICT_SLOT(c->id);
	struct verdict *v = bpf_map_lookup_elem(&verdicts, &slot);

	if (c->proto == PROTO_NEITHER || !v || (v->request_dir & 1) != (__u32)dir)
		return LIFT_NEVER;
	return v->lift;
}

#define FRAME_HEADER 9 /* RFC 9113, 4.1: length (3), type, flags, stream (4) */
#define FRAMES_WALKED 16

/* Goes along HTTP/2 frames, the first of them at bytes from buf. The place of the first that is a
 * HEADERS, or that cannot be judged; if there is none within n bytes: -1 and less, by as many bytes
 * as the last goes on behind them. Not static, see line_hash. */
__weak __noinline long frames_pass(__u64 buf, __u64 n, __u64 at)
{
	for (__u32 i = 0; i < FRAMES_WALKED; i++) {
		__u8 h[16] = {};

		if (at >= n)
			return -1 - (long)(at - n);
		if (n - at < FRAME_HEADER ||
		    bpf_probe_read_user(h, FRAME_HEADER, (void *)(buf + at)))
			break;
		if (h[3] == FRAME_HEADERS || (h[5] & 0x80))
			break;
		at += FRAME_HEADER + ((__u32)h[0] << 16 | (__u32)h[1] << 8 | h[2]);
	}
	return at;
}

/* Goes along the frames of a call that brings n bytes of quiet requests. -1: nothing but what may
 * stay quiet, as the payload of uploads and window updates. Else as many bytes may be left out: the
 * frame behind them has to be looked at. */
static __always_inline long frames_walk(struct conn *c, int dir, __u64 buf, __u64 n)
{
	__u32 slot = VERDICT_SLOT(c->id);
	struct verdict *v;
	long to;

	if (!(c->pending[side(dir)] & EVENT_AFTER_QUIET)) {
		v = bpf_map_lookup_elem(&verdicts, &slot);
		c->left[side(dir)] = v ? v->frame_left : 0;
	}
	to = frames_pass(buf, n, c->left[side(dir)]);
	c->left[side(dir)] = to < 0 ? -1 - to : 0;
	return to < 0 ? -1 : to;
}

static __always_inline void conn_end(__u32 tgid, __u64 ssl, __u16 flags)
{
	struct conn_key key = {.ssl = ssl, .tgid = tgid};
	struct conn *c = bpf_map_lookup_elem(&conns, &key);
	struct event_close *e;

	if (!c)
		return;
	/* A connection of which nothing was ever told needs no farewell. */
	if (c->offset[0] || c->offset[1]) {
		e = bpf_ringbuf_reserve(&data_ring, sizeof(*e), 0);
		if (e) {
			e->h.kind = EVENT_CLOSE;
			e->h.flags = flags | c->closing;
			e->h.tgid = tgid;
			e->h.tid = (__u32)bpf_get_current_pid_tgid();
			e->h.size = sizeof(*e) - sizeof(e->h);
			e->conn = c->id;
			e->ssl = ssl;
			e->ts_ns = bpf_ktime_get_ns();
			e->offset[0] = c->offset[0];
			e->offset[1] = c->offset[1];
			e->read_fails = c->read_fails;
			e->reserved = 0;
			bpf_ringbuf_submit(e, BPF_RB_NO_WAKEUP);
		} else {
			count(COUNT_LOST_RECORDS, 1);
		}
	}
	if (c->sk) {
		__u64 sk = c->sk;

		bpf_map_delete_elem(&socks, &sk);
	}
	bpf_map_delete_elem(&conns, &key);
}

#endif
