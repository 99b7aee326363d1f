// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0
/* What the kernel's sockets tell: which of them carries a connection, when that is closed, and what
 * is said in plain HTTP. The programs run at the end of each send and receive of the whole host, so
 * they ask the cheapest question first. */
#include "plain.bpf.h"

/* ---- records of TLS (RFC 8446, 5.1) */

#define RECORD_HEADER 5
#define RECORD_PLAIN_MAX 16384
#define RECORD_CCS 0x14
#define RECORD_DATA 0x17

/* What authenticated encryption adds: 16 with ChaCha20 in TLS 1.2 (RFC 7905), 17 in TLS 1.3
 * (RFC 8446, 5.2; nobody pads), 24 with AES-GCM in TLS 1.2 (RFC 5288, 3). */
static __always_inline bool record_fits(const __u8 *h, __u32 n)
{
	__u32 plain = n < RECORD_PLAIN_MAX ? n : RECORD_PLAIN_MAX, len = h[3] << 8 | h[4];

	return h[0] == RECORD_DATA && h[1] == 3 && h[2] == 3 &&
	       (len == plain + 16 || len == plain + 17 || len == plain + 24);
}

enum records {
	RECORDS_NONE,  /* not what was expected */
	RECORDS_OTHER, /* what the library says for itself: it may come before the plaintext */
	RECORDS_FIT,
};

#define RECORDS_WALKED 8

/* Are the len bytes at buf what n bytes of plaintext became? They begin with their record; or they
 * are whole records, of which theirs is the last: the end of a handshake often goes with them. */
static __always_inline enum records records_are(__u64 buf, __u64 len, __u32 n)
{
	enum records first = RECORDS_NONE;
	__u64 at = 0;

	for (int i = 0; i < RECORDS_WALKED; i++) {
		__u8 h[8] = {};

		if (at + RECORD_HEADER > len ||
		    bpf_probe_read_user(h, RECORD_HEADER, (void *)(buf + at)) ||
		    h[0] < RECORD_CCS || h[0] > RECORD_DATA || h[1] != 3)
			return RECORDS_NONE;
		at += RECORD_HEADER + ((__u32)h[3] << 8 | h[4]);
		if (record_fits(h, n) && (!i || at == len))
			return RECORDS_FIT;
		if (!i && h[0] != RECORD_DATA)
			first = RECORDS_OTHER;
		if (at == len)
			break;
	}
	return first;
}

/* A send that moved ret bytes, in a thread that expects one. */
static __noinline int sock_match(struct sock_thread *t, __u64 addr, int ret)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32, n;
	struct sock_owner owner = {}, *o;
	enum records r;
	struct sock_io io;
	__u64 at, len;

	if (!t || !sock_is_tcp((struct sock *)addr))
		return 0;
	n = t->n;
	t->n = 0;
	if (ret < RECORD_HEADER)
		return 0;
	sock_io(&io);
	if (!sock_io_next(&io, &at, &len))
		return 0;
	r = records_are(at, len, n);
	if (r == RECORDS_OTHER)
		t->n = n;
	if (r != RECORDS_FIT)
		return 0;
	o = bpf_map_lookup_elem(&socks, &addr);
	if (o && (o->plain || (o->key.ssl && (o->key.ssl != t->key || o->key.tgid != tgid))))
		return 0;
	owner.key.ssl = t->key;
	owner.key.tgid = tgid;
	if (bpf_map_update_elem(&socks, &addr, &owner, BPF_ANY))
		return 0;
	t->sk = addr;
	/* At once, if it can be: an answer may be told, and the call with it, before this returns.
	 */
	sock_settle(t, tgid);
	return 0;
}

/* ---- the programs */

static __always_inline int sock_sent(__u64 sk, int ret, int flags, bool has_loop)
{
	struct sock_thread *t;

	if (cfg_plain && plain_port((struct sock *)sk))
		return plain_moved(sk, ret, flags, DIR_WRITE, has_loop);
	t = sock_thread_get(false);
	if (t && t->n)
		sock_match(t, sk, ret);
	return 0;
}

static __always_inline int sock_received(__u64 sk, int ret, int flags, bool has_loop)
{
	if (cfg_plain && plain_port((struct sock *)sk))
		plain_moved(sk, ret, flags, DIR_READ, has_loop);
	return 0;
}

/* sock_send_length(struct sock *sk, int ret, int flags) and its like, 6.3 (6e6eda44b939); in the
 * process that sends, at the end of the system call */
SEC("raw_tp/sock_send_length")
int on_sock_send(struct bpf_raw_tracepoint_args *ctx)
{
	return sock_sent(ctx->args[0], (int)ctx->args[1], 0, true);
}

SEC("raw_tp/sock_recv_length")
int on_sock_recv(struct bpf_raw_tracepoint_args *ctx)
{
	return sock_received(ctx->args[0], (int)ctx->args[1], (int)ctx->args[2], true);
}

/* Before 6.3 these functions are what all sends and receives go through:
 *	int inet_sendmsg(struct socket *sock, struct msghdr *msg, size_t size)
 *	int inet_recvmsg(struct socket *sock, struct msghdr *msg, size_t size, int flags)
 * behind the arguments stands the result. */
static __always_inline __u64 sock_of(__u64 socket)
{
	return (__u64)BPF_CORE_READ((struct socket *)socket, sk);
}

SEC("fexit/inet_sendmsg")
int on_inet_send(__u64 *ctx)
{
	return sock_sent(sock_of(ctx[0]), (int)ctx[3], 0, false);
}

SEC("fexit/inet6_sendmsg")
int on_inet6_send(__u64 *ctx)
{
	return sock_sent(sock_of(ctx[0]), (int)ctx[3], 0, false);
}

SEC("fexit/inet_recvmsg")
int on_inet_recv(__u64 *ctx)
{
	return sock_received(sock_of(ctx[0]), (int)ctx[4], (int)ctx[3], false);
}

SEC("fexit/inet6_recvmsg")
int on_inet6_recv(__u64 *ctx)
{
	return sock_received(sock_of(ctx[0]), (int)ctx[4], (int)ctx[3], false);
}

#define TCP_ESTABLISHED 1
#define TCP_FIN_WAIT1 4 /* include/net/tcp_states.h */
#define TCP_CLOSE 7
#define TCP_CLOSE_WAIT 8
#define TCP_LAST_ACK 9
#define SHUTDOWN_MASK 3

/* A connection whose socket is gone is over, for those of whom there is no other sign. */
static __always_inline void sock_ended(__u64 sk, bool by_peer)
{
	struct sock_owner *o = bpf_map_lookup_elem(&socks, &sk);
	struct conn_key key;
	struct conn *c;

	if (!o)
		return;
	key = o->key;
	c = key.ssl ? conn_find(key.tgid, key.ssl) : NULL;
	if (c && c->sk == sk && (cfg_socket_ends >> (c->stack & 31) & 1))
		conn_end(key.tgid, key.ssl, by_peer ? CLOSE_EOF : 0);
	bpf_map_delete_elem(&socks, &sk);
}

/* inet_sock_set_state(const struct sock *sk, int oldstate, int newstate); in whatever process the
 * interrupt came. While the program holds the socket there may be bytes to be read, whatever its
 * state: it is over only when that is both sides shut. */
SEC("raw_tp/inet_sock_set_state")
int on_sock_state(struct bpf_raw_tracepoint_args *ctx)
{
	struct sock *sk = (void *)ctx->args[0];
	int before = ctx->args[1], state = ctx->args[2];

	if (state == TCP_ESTABLISHED) {
		if (cfg_plain && plain_port(sk))
			plain_established(sk);
	} else if ((state == TCP_FIN_WAIT1 || state == TCP_LAST_ACK || state == TCP_CLOSE) &&
		   (BPF_CORE_READ(sk, sk_shutdown) & SHUTDOWN_MASK) == SHUTDOWN_MASK) {
		sock_ended((__u64)sk, before == TCP_CLOSE_WAIT);
	}
	return 0;
}

/* tcp_destroy_sock(struct sock *sk): its address may be another one's from now on. */
SEC("raw_tp/tcp_destroy_sock")
int on_sock_destroy(struct bpf_raw_tracepoint_args *ctx)
{
	sock_ended(ctx->args[0], false);
	return 0;
}
