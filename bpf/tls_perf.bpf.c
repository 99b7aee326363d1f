// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0
/* Programs for perf-event attachment: an entry for each function and stack, since kernels before
 * 5.15 (82e6b1eee6a8) have no cookies. What the entry knew the return finds in its frame, so one
 * does for all; it comes with bpf_loop (5.17, e6f2dd0f8067) and, as turns, without. */
#include "tls.bpf.h"

/* enum tls_stack of user space */
#define UNKNOWN 0
#define OPENSSL 1
#define BORINGSSL 2
#define GNUTLS 5
#define NSS 6

#define ENTRY(name, fn, stack, sure)                         \
	SEC("uprobe")                                        \
	int tls_perf_entry_##name(struct pt_regs *ctx)       \
	{                                                    \
		no_private_stack(ctx);                       \
		tls_entry(ctx, fn, stack, sure, ENTRY_PAIR); \
		return 0;                                    \
	}

ENTRY(read, FN_READ, OPENSSL, true)
ENTRY(read_ex, FN_READ_EX, OPENSSL, false)
ENTRY(read_internal, FN_READ_EX, OPENSSL, true)
ENTRY(write, FN_WRITE, OPENSSL, false)
ENTRY(write_ex, FN_WRITE_EX, OPENSSL, false)
ENTRY(write_ex2, FN_WRITE_EX2, OPENSSL, false)
ENTRY(sendfile, FN_SENDFILE, OPENSSL, false)
ENTRY(new, FN_NEW, OPENSSL, false)
ENTRY(free, FN_FREE, OPENSSL, false)
ENTRY(clear, FN_CLEAR, OPENSSL, false)
ENTRY(boring_read, FN_READ, BORINGSSL, true)
ENTRY(boring_write, FN_WRITE, BORINGSSL, false)
ENTRY(boring_new, FN_NEW, BORINGSSL, false)
ENTRY(boring_free, FN_FREE, BORINGSSL, false)
ENTRY(boring_clear, FN_CLEAR, BORINGSSL, false)
ENTRY(boring_handshake, FN_HANDSHAKE, BORINGSSL, false)
ENTRY(gnutls_read, FN_READ_SIZE, GNUTLS, true)
ENTRY(gnutls_packet, FN_READ_PACKET, GNUTLS, true)
ENTRY(gnutls_write, FN_WRITE_SIZE, GNUTLS, false)
ENTRY(gnutls_early, FN_WRITE_EARLY, GNUTLS, false)
ENTRY(gnutls_again, FN_WRITE_AGAIN, GNUTLS, false)
ENTRY(gnutls_sendfile, FN_SENDFILE, GNUTLS, false)
ENTRY(gnutls_new, FN_NEW_OUT, GNUTLS, false)
ENTRY(gnutls_free, FN_FREE, GNUTLS, false)
ENTRY(nss_read, FN_PR_READ, NSS, true)
ENTRY(nss_recv, FN_PR_RECV, NSS, true)
ENTRY(nss_write, FN_PR_WRITE, NSS, false)
ENTRY(nss_new, FN_NEW, NSS, false)
ENTRY(nss_free, FN_FREE, NSS, false)
ENTRY(read_any, FN_READ, UNKNOWN, true)
ENTRY(read_ex_any, FN_READ_EX, UNKNOWN, false)
ENTRY(write_any, FN_WRITE, UNKNOWN, false)
ENTRY(write_ex_any, FN_WRITE_EX, UNKNOWN, false)
ENTRY(new_any, FN_NEW, UNKNOWN, false)
ENTRY(free_any, FN_FREE, UNKNOWN, false)

SEC("uretprobe")
int tls_perf_return(struct pt_regs *ctx)
{
	no_private_stack(ctx);
	return tls_return(ctx, false, true);
}

SEC("uretprobe")
int tls_perf_return_turns(struct pt_regs *ctx)
{
	no_private_stack(ctx);
	return tls_return(ctx, false, false);
}
