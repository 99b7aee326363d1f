// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0
/* Programs for perf-event attachment: a pair for each function, since kernels before 5.15
 * (82e6b1eee6a8) have no cookies. Returns come with bpf_loop (5.17, e6f2dd0f8067) and, as turns,
 * without. */
#include "tls.bpf.h"

/* TLS_OPENSSL of user space: the only stack that is attached this way */
#define STACK 1

#define PAIR(name, fn, sure)                                \
	SEC("uprobe")                                       \
	int perf_entry_##name(struct pt_regs *ctx)          \
	{                                                   \
		no_private_stack(ctx);                      \
		tls_entry(ctx, fn, STACK, ENTRY_PAIR);      \
		return 0;                                   \
	}                                                   \
	SEC("uretprobe")                                    \
	int perf_return_##name(struct pt_regs *ctx)         \
	{                                                   \
		no_private_stack(ctx);                      \
		return tls_return(ctx, sure, false, true);  \
	}                                                   \
	SEC("uretprobe")                                    \
	int perf_turns_##name(struct pt_regs *ctx)          \
	{                                                   \
		no_private_stack(ctx);                      \
		return tls_return(ctx, sure, false, false); \
	}

#define ENTRY(name, fn)                                \
	SEC("uprobe")                                  \
	int perf_entry_##name(struct pt_regs *ctx)     \
	{                                              \
		no_private_stack(ctx);                 \
		tls_entry(ctx, fn, STACK, ENTRY_PAIR); \
		return 0;                              \
	}

PAIR(read, FN_READ, true)
PAIR(read_ex, FN_READ_EX, false)
PAIR(write, FN_WRITE, false)
PAIR(write_ex, FN_WRITE_EX, false)
PAIR(write_ex2, FN_WRITE_EX2, false)
PAIR(sendfile, FN_SENDFILE, false)
PAIR(new, FN_NEW, false)
ENTRY(free, FN_FREE)
ENTRY(clear, FN_CLEAR)
