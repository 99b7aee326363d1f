// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0
/* Programs on the functions of rustls, see rustls.bpf.h. */
#include "rustls.bpf.h"

struct rust_places_map rust_places SEC(".maps");
struct rust_conns_map rust_conns SEC(".maps");
struct rust_misfits_map rust_misfits SEC(".maps");

/* enum tls_stack of user space */
#define RUSTLS 3

static __always_inline int rust_entry(struct pt_regs *ctx, __u64 cookie, enum entry_kind kind)
{
	if ((cookie & 0xff) == FN_RUST_ENCRYPT)
		return rust_encrypt(ctx, RUSTLS);
	return rust_decrypt_entry(ctx, RUSTLS, kind);
}

SEC("uprobe")
int rustls_session(struct pt_regs *ctx)
{
	no_private_stack(ctx);
	/* See is_return() of tls.bpf.c. */
	if (PT_REGS_IP(ctx) != bpf_get_func_ip(ctx))
		return rust_decrypt_return(ctx, false);
	return rust_entry(ctx, bpf_get_attach_cookie(ctx), ENTRY_SESSION);
}

SEC("uprobe")
int rustls_multi_entry(struct pt_regs *ctx)
{
	no_private_stack(ctx);
	rust_entry(ctx, bpf_get_attach_cookie(ctx), ENTRY_PAIR);
	return 0;
}

SEC("uprobe")
int rustls_multi_return(struct pt_regs *ctx)
{
	no_private_stack(ctx);
	return rust_decrypt_return(ctx, false);
}

/* On RET instructions, where the kernel's return probes could kill the process. */
SEC("uprobe")
int rustls_multi_ret(struct pt_regs *ctx)
{
	no_private_stack(ctx);
	return rust_decrypt_return(ctx, true);
}

SEC("uprobe")
int rustls_perf_entry_encrypt(struct pt_regs *ctx)
{
	no_private_stack(ctx);
	rust_encrypt(ctx, RUSTLS);
	return 0;
}

SEC("uprobe")
int rustls_perf_entry_decrypt(struct pt_regs *ctx)
{
	no_private_stack(ctx);
	rust_decrypt_entry(ctx, RUSTLS, ENTRY_PAIR);
	return 0;
}

SEC("uretprobe")
int rustls_perf_return(struct pt_regs *ctx)
{
	no_private_stack(ctx);
	return rust_decrypt_return(ctx, false);
}
