/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/* sock.bpf.h: which kernel socket carries a connection.
 *
 * A thread that passes plaintext to its TLS library hands the records to a socket within that very
 * call, or, where the library writes to memory (node, asyncio), by its next send. So a writer says
 * what it expects (sock_expect), and the send that fits names the socket. Sure or absent: it fits
 * if it holds a record of application data that is exactly as long as encryption makes that
 * plaintext, at its beginning or as the last of whole records. */
#ifndef LLMSNOOP_SOCK_BPF_H
#define LLMSNOOP_SOCK_BPF_H

#include "common.bpf.h"
#include "conn.bpf.h"

/* What one thread is about to send. */
struct sock_thread {
	__u64 key;     /* of the connection, as in struct conn_key */
	__u64 sk;      /* the socket that took it; 0: none yet */
	__u32 n;       /* bytes of plaintext; 0: nothing is expected */
	__u8 returned; /* the call that passed the plaintext is over */
	__u8 reserved[3];
};

struct sock_threads_map {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct sock_thread);
};
struct sock_threads_lru_map {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, struct sock_thread);
};
extern struct sock_threads_map sock_threads SEC(".maps");
extern struct sock_threads_lru_map sock_threads_lru SEC(".maps");

#define AF_INET 2
#define AF_INET6 10
#define IPPROTO_TCP 6

static __always_inline struct sock_thread *sock_thread_get(bool create)
{
	struct sock_thread fresh = {}, *t;
	__u64 id;

	if (cfg_task_storage)
		return bpf_task_storage_get(&sock_threads, bpf_get_current_task_btf(), 0,
					    create ? BPF_LOCAL_STORAGE_GET_F_CREATE : 0);
	id = bpf_get_current_pid_tgid();
	t = bpf_map_lookup_elem(&sock_threads_lru, &id);
	if (!t && create && !bpf_map_update_elem(&sock_threads_lru, &id, &fresh, BPF_NOEXIST))
		t = bpf_map_lookup_elem(&sock_threads_lru, &id);
	return t;
}

/* ---- what a socket says of itself */

static __always_inline bool sock_is_tcp(struct sock *sk)
{
	__u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);

	return (family == AF_INET || family == AF_INET6) &&
	       BPF_CORE_READ(sk, sk_protocol) == IPPROTO_TCP;
}

/* One address: of IPv6, unless that is an IPv4 one in disguise (RFC 4291, 2.5.5.2; sockets that
 * take both have it in both forms). True: IPv6. */
static __always_inline bool sock_address(__u8 *ret, const struct in6_addr *v6, __be32 v4,
					 bool is_v6)
{
	__u32 w[4] = {};

	if (is_v6) {
		__builtin_memcpy(w, v6, sizeof(w));
		is_v6 = w[0] || w[1] || (w[2] != 0xffff0000 && (w[2] || w[3]));
	}
	if (!is_v6) {
		w[0] = v4;
		w[1] = w[2] = w[3] = 0;
	}
	__builtin_memcpy(ret, w, sizeof(w));
	return is_v6;
}

/* Tells user space which socket carries c; bytes of c have been told. */
static __always_inline void sock_tell(struct conn *c, __u32 tgid, struct sock *sk)
{
	struct event_peer *e = bpf_ringbuf_reserve(&data_ring, sizeof(*e), 0);
	struct in6_addr v6 = {};
	bool is_v6;

	if (!e) {
		count(COUNT_LOST_RECORDS, 1);
		return;
	}
	__builtin_memset(e, 0, sizeof(*e));
	e->h.kind = EVENT_PEER;
	e->h.tgid = tgid;
	e->h.tid = (__u32)bpf_get_current_pid_tgid();
	e->h.size = sizeof(*e) - sizeof(e->h);
	e->conn = c->id;
	e->ts_ns = bpf_ktime_get_ns();
	e->port[0] = BPF_CORE_READ(sk, __sk_common.skc_num);
	e->port[1] = __builtin_bswap16(BPF_CORE_READ(sk, __sk_common.skc_dport));
	is_v6 = BPF_CORE_READ(sk, __sk_common.skc_family) == AF_INET6;
	BPF_CORE_READ_INTO(&v6, sk, __sk_common.skc_v6_daddr);
	is_v6 = sock_address(e->address[1], &v6, BPF_CORE_READ(sk, __sk_common.skc_daddr), is_v6);
	BPF_CORE_READ_INTO(&v6, sk, __sk_common.skc_v6_rcv_saddr);
	sock_address(e->address[0], &v6, BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr), is_v6);
	e->family = is_v6 ? 6 : 4;
	bpf_ringbuf_submit(e, BPF_RB_NO_WAKEUP);
	c->peer = 1;
}

/* ---- whose socket it is */

/* At the entry of a call that passes n bytes of plaintext of a connection whose socket is not
 * known (c->peer is not set, or there is no c yet). */
static __always_inline void sock_expect(__u64 key, __u64 n)
{
	struct sock_thread *t;

	if (!cfg_socks)
		return;
	t = sock_thread_get(true);
	if (!t)
		return;
	t->key = key;
	t->sk = 0;
	t->n = n < (1U << 31) ? n : 1U << 31;
	t->returned = 0;
}

/* The socket of what this thread expected is known, and so is the connection, maybe. */
static __always_inline void sock_settle(struct sock_thread *t, __u32 tgid)
{
	struct conn *c = conn_find(tgid, t->key);
	__u64 sk = t->sk;
	bool sure;

	/* The peer comes after the first data: told before, it would be nobody's. */
	if (!c || c->peer || !(c->offset[0] || c->offset[1]))
		return;
	/* Where nobody saw the connection's beginning, and the send came after the call: what is
	 * sent may have waited in memory for long, behind something else of the same length. Twice
	 * the same is sure. */
	sure = c->started || !t->returned || c->sk == sk;
	c->sk = sk;
	t->sk = 0;
	/* Closed meanwhile, its memory may be another socket already. */
	if (sure && bpf_map_lookup_elem(&socks, &sk))
		sock_tell(c, tgid, (struct sock *)sk);
}

/* At the return of such a call, once its bytes are delivered. */
static __always_inline void sock_confirm(__u32 tgid)
{
	struct sock_thread *t = cfg_socks ? sock_thread_get(false) : NULL;

	if (!t)
		return;
	if (t->sk)
		sock_settle(t, tgid);
	t->returned = 1;
}

#endif
