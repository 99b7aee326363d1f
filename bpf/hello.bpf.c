// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0
/* What cannot be seen into is at least named: QUIC keeps its plaintext inside the program, where no
 * probe reaches it, and so do TLS libraries that no probe is known for. The first packet of each
 * connection is handed over. Anybody may read it (QUIC's is encrypted with keys that anybody can
 * derive), and it holds the server's name. Nothing else of any packet is looked at. */
#include "common.bpf.h"

#define ETH_P_IP 0x0800
#define ETH_P_IPV6 0x86DD
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define HTTPS_PORT 443
#define IPV6_HEADER 40
#define UDP_HEADER 8

/* Of both the UDP and the TCP header (include/uapi/linux/udp.h, tcp.h). */
struct ports {
	__be16 source, dest;
};

static __always_inline __u16 swap16(__be16 v)
{
	return (__u16)(v << 8 | v >> 8);
}

/* So many in a second are enough to name whom anybody talks to, and no flood of them can take the
 * ring from the plaintext. Approximate: CPUs do not wait for each other. */
#define TOLD_MAX 256
#define NS_PER_S 1000000000ULL
volatile __u64 hello_second;
volatile __u32 hello_told;

static __always_inline bool too_many(__u64 now_ns)
{
	__u64 second = now_ns / NS_PER_S;

	if (hello_second != second) {
		hello_second = second;
		hello_told = 0;
	}
	return hello_told++ >= TOLD_MAX;
}

/* Where the UDP or TCP header begins, and which it is; 0: there is none, or behind extension
 * headers, which no client sends. */
static __always_inline __u32 transport_at(struct __sk_buff *skb, __u8 *ret_protocol)
{
	bool v4 = skb->protocol == swap16(ETH_P_IP);
	__u8 byte = 0;

	if (!v4 && skb->protocol != swap16(ETH_P_IPV6))
		return 0;
	if (bpf_skb_load_bytes(skb, v4 ? 9 : 6, ret_protocol, 1) ||
	    (*ret_protocol != IPPROTO_UDP && *ret_protocol != IPPROTO_TCP))
		return 0;
	if (!v4)
		return IPV6_HEADER;
	if (bpf_skb_load_bytes(skb, 0, &byte, 1))
		return 0;
	return (byte & 0xf) * 4;
}

/* Bytes of a TCP header, from its data offset (RFC 9293, 3.1); 0: it is not there. */
static __always_inline __u32 tcp_header(struct __sk_buff *skb, __u32 at)
{
	__u8 byte = 0;

	return bpf_skb_load_bytes(skb, at + 12, &byte, 1) ? 0 : (byte >> 4) * 4;
}

/* Runs for each packet that leaves, so it asks the cheapest question first. 1: let it go. */
SEC("cgroup_skb/egress")
int hello_egress(struct __sk_buff *skb)
{
	__u8 protocol = 0, first[6];
	__u32 at = transport_at(skb, &protocol), n;
	struct event_hello *e;
	struct ports ports;
	__u64 now_ns;
	bool udp;

	if (!at || bpf_skb_load_bytes(skb, at, &ports, sizeof(ports)) ||
	    ports.dest != swap16(HTTPS_PORT))
		return 1;
	udp = protocol == IPPROTO_UDP;
	at += udp ? UDP_HEADER : tcp_header(skb, at);
	if (skb->len < at + sizeof(first) || bpf_skb_load_bytes(skb, at, first, sizeof(first)))
		return 1;
	/* A long header, type Initial: of version 1 (RFC 9000, 17.2.2) or 2 (RFC 9369, 3.2). A
	 * TLS record of a handshake that begins with a ClientHello (RFC 8446, 4 and 5.1). */
	if (udp ? (first[0] & 0xf0) != 0xc0 && (first[0] & 0xf0) != 0xd0
		: first[0] != 22 || first[1] != 3 || first[5] != 1)
		return 1;
	n = skb->len - at;
	if (udp && n > EVENT_QUIC_MAX)
		return 1;
	if (n > EVENT_HELLO_MASK + 1)
		n = EVENT_HELLO_MASK + 1;
	now_ns = bpf_ktime_get_ns();
	if (too_many(now_ns))
		return 1;
	e = bpf_ringbuf_reserve(&data_ring, sizeof(*e), 0);
	if (!e) {
		count(COUNT_LOST_RECORDS, 1);
		return 1;
	}
	__builtin_memset(e, 0, __builtin_offsetof(struct event_hello, bytes));
	e->h.kind = udp ? EVENT_QUIC : EVENT_HELLO;
	e->ts_ns = now_ns;
	e->port = swap16(ports.source);
	/* The verifier must see that it is neither 0 nor too much, so the compiler must not know.
	 */
	n--;
	barrier_var(n);
	n = (n & EVENT_HELLO_MASK) + 1;
	if (!bpf_skb_load_bytes(skb, at, e->bytes, n))
		e->len = n;
	e->h.size = sizeof(*e) - sizeof(e->h);
	bpf_ringbuf_submit(e, BPF_RB_NO_WAKEUP);
	return 1;
}
