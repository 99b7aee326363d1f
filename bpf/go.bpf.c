// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0
/* Programs for Go: entries behind the stack check, and RET instructions; never a return probe. */
#include "go.bpf.h"

struct go_calls_map go_calls SEC(".maps");

SEC("uprobe")
int go_multi_entry(struct pt_regs *ctx)
{
	no_private_stack_multi(ctx);
	return go_entry(ctx, bpf_get_attach_cookie(ctx) & 0xff, true);
}

SEC("uprobe")
int go_multi_ret(struct pt_regs *ctx)
{
	no_private_stack_multi(ctx);
	return go_read_done(ctx, true);
}

/* For perf events, which have no cookies before 5.15 (82e6b1eee6a8). Those that hand over bytes
 * come with bpf_loop (5.17, e6f2dd0f8067) and, as turns, without. */
#define PERF(name, call)                        \
	SEC("uprobe")                           \
	int go_perf_##name(struct pt_regs *ctx) \
	{                                       \
		no_private_stack_multi(ctx);    \
		return call;                    \
	}

PERF(read, go_entry(ctx, FN_GO_READ, false))
PERF(close, go_entry(ctx, FN_GO_CLOSE, false))
PERF(write, go_entry(ctx, FN_GO_WRITE, true))
PERF(write_turns, go_entry(ctx, FN_GO_WRITE, false))
PERF(handshake, go_entry(ctx, FN_GO_HANDSHAKE, true))
PERF(handshake_turns, go_entry(ctx, FN_GO_HANDSHAKE, false))
PERF(ret, go_read_done(ctx, true))
PERF(ret_turns, go_read_done(ctx, false))
