/* SPDX-License-Identifier: Apache-2.0 */
/* link.h: uprobe_multi links by the raw system call, since libbpf knows them from 1.3 only and
 * Debian 12 has 1.1. */
#ifndef LLMSNOOP_LINK_H
#define LLMSNOOP_LINK_H

#include <stdint.h>
#include <sys/types.h>

/* enum bpf_attach_type of include/uapi/linux/bpf.h, which older headers lack */
#define LINK_UPROBE_MULTI 48   /* BPF_TRACE_UPROBE_MULTI, Linux 6.6 */
#define LINK_UPROBE_SESSION 57 /* BPF_TRACE_UPROBE_SESSION, Linux 6.13 */

#define LINK_RETURN 1 /* BPF_F_UPROBE_MULTI_RETURN: probe the returns */

/* Attaches prog at n file offsets of path. cookies may be NULL. pid: only that process, -1: all.
 * Returns the link's descriptor (closing it detaches) or negative errno. */
int link__uprobe_multi(int prog, int attach_type, const char *path, const uint64_t *offsets,
		       const uint64_t *cookies, unsigned int n, unsigned int flags, pid_t pid);

#endif
