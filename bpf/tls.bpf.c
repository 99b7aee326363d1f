// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0
/* Programs for uprobe_multi links (6.6, 89ae89f53d20), whose cookies tell the functions apart.
 * The attach types are set by user space, since older libbpf does not know them by name. */
#include "tls.bpf.h"

/* At the entry the process is where the probe is; at the return it is at the caller, and the helper
 * still names the probe. bpf_session_is_return() would tell, too, but its prototype differs between
 * 6.18 and 7.2, and libbpf before 1.3 cannot choose between two. */
static __always_inline bool is_return(struct pt_regs *ctx)
{
	return PT_REGS_IP(ctx) != bpf_get_func_ip(ctx);
}

/* Both halves in one program (6.13, 99b403d2060f): the entry may say that the return is of no
 * interest, which halves the cost of what is ignored. */
SEC("uprobe")
int tls_session(struct pt_regs *ctx)
{
	__u64 cookie = bpf_get_attach_cookie(ctx);

	no_private_stack(ctx);
	if (is_return(ctx))
		return tls_return(ctx, false, true);
	return tls_entry(ctx, cookie & 0xff, cookie >> 8 & 0xff, cookie & TLS_COOKIE_SURE,
			 ENTRY_SESSION);
}

SEC("uprobe")
int tls_multi_entry(struct pt_regs *ctx)
{
	__u64 cookie = bpf_get_attach_cookie(ctx);

	no_private_stack(ctx);
	tls_entry(ctx, cookie & 0xff, cookie >> 8 & 0xff, cookie & TLS_COOKIE_SURE, ENTRY_PAIR);
	return 0;
}

SEC("uprobe")
int tls_multi_return(struct pt_regs *ctx)
{
	no_private_stack(ctx);
	return tls_return(ctx, false, true);
}

/* On RET instructions, where the kernel's return probes could kill the process. */
SEC("uprobe")
int tls_multi_ret(struct pt_regs *ctx)
{
	no_private_stack(ctx);
	return tls_return(ctx, true, true);
}
