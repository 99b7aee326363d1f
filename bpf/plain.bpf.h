/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/* plain.bpf.h: HTTP without TLS, to and from the ports of local model servers. What a system call
 * on such a socket moved goes the way of all plaintext; the socket is the connection. */
#ifndef LLMSNOOP_PLAIN_BPF_H
#define LLMSNOOP_PLAIN_BPF_H

#include "deliver.bpf.h"
#include "sock.bpf.h"
#include "sock_io.bpf.h"

#define MSG_PEEK 0x2 /* include/linux/socket.h */
#define MSG_TRUNC 0x20
#define MSG_ERRQUEUE 0x2000
#define SEND_SHUTDOWN 2 /* include/net/sock.h */

static __always_inline bool port_listed(__u16 port)
{
	__u32 at = port >> 3;

	barrier_var(at);
	return cfg_plain_ports[at & (sizeof(cfg_plain_ports) - 1)] >> (port & 7) & 1;
}

/* The first question about any socket: one read and two look-ups in constant memory. */
static __always_inline bool plain_port(struct sock *sk)
{
	struct {
		__be16 dport;
		__u16 num;
	} ports = {};

	/* they lie side by side: include/net/sock.h, skc_portpair */
	bpf_probe_read_kernel(&ports, sizeof(ports), &sk->__sk_common.skc_dport);
	return port_listed(ports.num) || port_listed(__builtin_bswap16(ports.dport));
}

/* How many bytes programs have written so far, modulo 2^32. */
static __always_inline __u32 plain_written(struct sock *sk)
{
	__u32 seq = BPF_CORE_READ((struct tcp_sock *)sk, write_seq);

	/* the end takes a number, too */
	return BPF_CORE_READ(sk, sk_shutdown) & SEND_SHUTDOWN ? seq - 1 : seq;
}

/* A connection that begins: of it nothing is missed. */
static __always_inline void plain_established(struct sock *sk)
{
	struct sock_owner owner = {
		.plain = 1, .fresh = 1, .known = 1, .last_ns = bpf_ktime_get_ns()};
	__u64 addr = (__u64)sk;

	owner.sent = plain_written(sk);
	bpf_map_update_elem(&socks, &addr, &owner, BPF_ANY);
}

static __always_inline struct sock_owner *plain_owner(__u64 addr)
{
	struct sock_owner owner = {.plain = 1}, *o = bpf_map_lookup_elem(&socks, &addr);

	if (o || bpf_map_update_elem(&socks, &addr, &owner, BPF_NOEXIST))
		return o;
	return bpf_map_lookup_elem(&socks, &addr);
}

/* Makes sure that a socket is known, and its connection in this process. A function of its own:
 * what it keeps on the stack must not be there while bytes are delivered (512 bytes for all). */
static __noinline int plain_open(__u64 addr)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	struct sock_owner *o = plain_owner(addr);
	struct conn *c;
	bool fresh;

	if (!o || !o->plain)
		return 0;
	c = conn_find(tgid, addr);
	fresh = o->fresh;
	if (c && fresh) {
		/* an earlier socket's at the same address, whose end was missed */
		c->sk = 0;
		conn_end(tgid, addr, 0);
		c = NULL;
	}
	if (!c)
		c = conn_begin(tgid, addr, cfg_plain_stack, fresh);
	o->fresh = 0;
	o->key.ssl = addr;
	o->key.tgid = tgid;
	if (c)
		c->sk = addr;
	return 0;
}

/* A function of its own for the same reason. */
static __noinline int plain_io(struct sock_io *ret)
{
	if (ret)
		sock_io(ret);
	return 0;
}

/* A call under way. */
struct plain_call {
	struct sock_io io;
	__u64 sk;
	__u64 left;
	__u64 entry_ns;
	__u32 how;
};

/* how */
#define PLAIN_DIR 1 /* enum event_dir */
#define PLAIN_GAP 2

/* How far the program's own bytes are, if some of them are under way at this moment; 0: none are.
 * One thread may read the answer before the other's send has come back: its bytes are in the socket
 * already, but are told only then. The answer waits for them. */
static __always_inline __u32 plain_need(struct sock_owner *o, struct sock *sk, __u64 now_ns)
{
	__u32 written = plain_written(sk);
	__u64 sent = o->sent;

	if (!o->known || (__u32)sent == written)
		return 0;
	if (!o->seen_ns)
		o->seen_ns = now_ns;
	return (__u32)(sent >> 32) + (written - (__u32)sent);
}

/* When a send began that ended at end_ns. Who is woken by its bytes may run first, so the end can
 * be late. Its first packet tells, where it found nothing under way (net/ipv4/tcp_rate.c), and so
 * does whoever saw its bytes. */
static __always_inline __u64 plain_began(struct sock_owner *o, struct sock *sk, __u64 end_ns)
{
	__u64 sent_ns = BPF_CORE_READ((struct tcp_sock *)sk, first_tx_mstamp) * 1000;

	if (o->seen_ns && o->seen_ns < end_ns)
		end_ns = o->seen_ns;
	return sent_ns > o->last_ns && sent_ns < end_ns ? sent_ns : end_ns;
}

static __always_inline int plain_deliver(__u64 sk, __u64 at, __u64 n, __u64 entry_ns, __u64 how,
					 bool has_loop)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	struct sock_owner *o = bpf_map_lookup_elem(&socks, &sk);
	struct conn *c = conn_find(tgid, sk);
	struct delivery d = {
		.key = sk,
		.buf = at,
		.n = n,
		.entry_ns = entry_ns,
		.dir = how & PLAIN_DIR,
		.gap = how & PLAIN_GAP ? 1 : 0,
		.stack = cfg_plain_stack,
	};

	if (!n || !c)
		return 0;
	if (o && d.dir == DIR_READ)
		d.need = plain_need(o, (struct sock *)sk, entry_ns);
	deliver(c, tgid, &d, has_loop);
	return 0;
}

/* Not static: the verifier looks at each by itself, and once. */
__noinline int plain_deliver_loop(__u64 sk, __u64 at, __u64 n, __u64 entry_ns, __u64 how)
{
	return plain_deliver(sk, at, n, entry_ns, how, true);
}

__noinline int plain_deliver_turns(__u64 sk, __u64 at, __u64 n, __u64 entry_ns, __u64 how)
{
	return plain_deliver(sk, at, n, entry_ns, how, false);
}

static __always_inline long plain_piece(struct plain_call *p, bool has_loop)
{
	__u64 at = 0, n = 0;

	if (!p->left || !sock_io_next(&p->io, &at, &n))
		return 1;
	if (n > p->left)
		n = p->left;
	p->left -= n;
	if (has_loop)
		plain_deliver_loop(p->sk, at, n, p->entry_ns, p->how);
	else
		plain_deliver_turns(p->sk, at, n, p->entry_ns, p->how);
	return 0;
}

static long plain_step(__u32 i, struct plain_call *p)
{
	return plain_piece(p, true);
}

#define PIECES_MAX 1024 /* UIO_MAXIOV */
#define PIECES_OLD 4	/* without bpf_loop the verifier walks each; the rest is a gap */

/* ret bytes were moved. */
static __always_inline int plain_moved(__u64 addr, int ret, int flags, int dir, bool has_loop)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32, written;
	struct sock *sk = (struct sock *)addr;
	struct plain_call p = {};
	struct sock_owner *o;
	struct conn *c;

	if (flags & (MSG_PEEK | MSG_ERRQUEUE) || !is_target(tgid) || !sock_is_tcp(sk))
		return 0;
	if (ret <= 0) {
		c = ret == 0 && dir == DIR_READ ? conn_find(tgid, addr) : NULL;
		if (c)
			c->closing |= CLOSE_EOF;
		return 0;
	}
	plain_open(addr);
	o = bpf_map_lookup_elem(&socks, &addr);
	c = o && o->plain ? conn_find(tgid, addr) : NULL;
	if (!c)
		return 0;
	p.sk = addr;
	p.left = ret;
	p.entry_ns = bpf_ktime_get_ns();
	p.how = dir;
	written = plain_written(sk);
	if (dir == DIR_WRITE)
		p.entry_ns = plain_began(o, sk, p.entry_ns);
	if (!(flags & MSG_TRUNC))
		plain_io(&p.io);
	if (has_loop) {
		bpf_loop(PIECES_MAX, plain_step, &p, 0);
	} else {
		for (int i = 0; i < PIECES_OLD; i++)
			if (plain_piece(&p, false))
				break;
	}
	if (p.left && has_loop)
		plain_deliver_loop(addr, 0, p.left, p.entry_ns, p.how | PLAIN_GAP);
	else if (p.left)
		plain_deliver_turns(addr, 0, p.left, p.entry_ns, p.how | PLAIN_GAP);
	if (dir == DIR_WRITE) {
		/* In one store, and after the bytes were told. */
		o->sent = c->offset[DIR_WRITE] << 32 | written;
		o->last_ns = bpf_ktime_get_ns();
		o->seen_ns = 0;
		o->known = 1;
	} else if (!o->seen_ns) {
		o->last_ns = p.entry_ns;
	}
	if (!c->peer && (c->offset[0] || c->offset[1]))
		sock_tell(c, tgid, sk);
	return 0;
}

#endif
