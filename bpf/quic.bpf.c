// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0
/* QUIC keeps its plaintext inside the program, where no probe reaches it. So that a call that goes
 * this way is at least named, the first packet of each connection is handed over: anybody may
 * decrypt it, and it holds the server's name. Nothing else of any packet is looked at. */
#include "common.bpf.h"

#define ETH_P_IP 0x0800
#define ETH_P_IPV6 0x86DD
#define IPPROTO_UDP 17
#define HTTPS_PORT 443
#define IPV6_HEADER 40
#define UDP_HEADER 8

/* include/uapi/linux/udp.h */
struct udp {
	__be16 source, dest, len, check;
};

static __always_inline __u16 swap16(__be16 v)
{
	return (__u16)(v << 8 | v >> 8);
}

/* So many in a second are enough to name whom anybody talks to, and no flood of them can take the
 * ring from the plaintext. Approximate: CPUs do not wait for each other. */
#define TOLD_MAX 256
#define NS_PER_S 1000000000ULL
volatile __u64 quic_second;
volatile __u32 quic_told;

static __always_inline bool too_many(__u64 now_ns)
{
	__u64 second = now_ns / NS_PER_S;

	if (quic_second != second) {
		quic_second = second;
		quic_told = 0;
	}
	return quic_told++ >= TOLD_MAX;
}

/* Where the UDP header begins; 0: there is none, or behind extension headers, which no QUIC client
 * sends. */
static __always_inline __u32 udp_at(struct __sk_buff *skb)
{
	__u8 byte = 0;

	if (skb->protocol == swap16(ETH_P_IP)) {
		if (bpf_skb_load_bytes(skb, 9, &byte, 1) || byte != IPPROTO_UDP ||
		    bpf_skb_load_bytes(skb, 0, &byte, 1))
			return 0;
		return (byte & 0xf) * 4;
	}
	if (skb->protocol == swap16(ETH_P_IPV6)) {
		if (bpf_skb_load_bytes(skb, 6, &byte, 1) || byte != IPPROTO_UDP)
			return 0;
		return IPV6_HEADER;
	}
	return 0;
}

/* Runs for each packet that leaves, so it asks the cheapest question first. 1: let it go. */
SEC("cgroup_skb/egress")
int quic_egress(struct __sk_buff *skb)
{
	__u32 at = udp_at(skb), n;
	struct event_quic *e;
	__u64 now_ns;
	struct udp udp;
	__u8 first[5];

	if (!at || bpf_skb_load_bytes(skb, at, &udp, sizeof(udp)) || udp.dest != swap16(HTTPS_PORT))
		return 1;
	at += UDP_HEADER;
	/* A long header, type Initial: of version 1 (RFC 9000, 17.2.2) or 2 (RFC 9369, 3.2). */
	if (bpf_skb_load_bytes(skb, at, first, sizeof(first)) ||
	    !((first[0] & 0xf0) == 0xc0 || (first[0] & 0xf0) == 0xd0) || skb->len <= at)
		return 1;
	n = skb->len - at;
	if (n < sizeof(first) || n > EVENT_QUIC_MAX)
		return 1;
	now_ns = bpf_ktime_get_ns();
	if (too_many(now_ns))
		return 1;
	e = bpf_ringbuf_reserve(&data_ring, sizeof(*e), 0);
	if (!e) {
		count(COUNT_LOST_RECORDS, 1);
		return 1;
	}
	__builtin_memset(e, 0, __builtin_offsetof(struct event_quic, bytes));
	e->h.kind = EVENT_QUIC;
	e->ts_ns = now_ns;
	e->port = swap16(udp.source);
	/* The verifier must see that it is neither 0 nor too much, so the compiler must not know.
	 */
	n--;
	barrier_var(n);
	n = (n & EVENT_QUIC_MAX_MASK) + 1;
	if (!bpf_skb_load_bytes(skb, at, e->bytes, n))
		e->len = n;
	e->h.size = sizeof(*e) - sizeof(e->h);
	bpf_ringbuf_submit(e, BPF_RB_NO_WAKEUP);
	return 1;
}
