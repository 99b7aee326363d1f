// SPDX-License-Identifier: Apache-2.0
#include "capture/link.h"

#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The link_create part of union bpf_attr (include/uapi/linux/bpf.h, Linux 6.6). */
struct uprobe_multi_attr {
	uint32_t prog_fd;
	uint32_t target_fd;
	uint32_t attach_type;
	uint32_t flags;
	uint64_t path;
	uint64_t offsets;
	uint64_t ref_ctr_offsets;
	uint64_t cookies;
	uint32_t cnt;
	uint32_t multi_flags;
	uint32_t pid;
	uint32_t reserved;
};

int link__uprobe_multi(int prog, int attach_type, const char *path, const uint64_t *offsets,
		       const uint64_t *cookies, unsigned int n, unsigned int flags, pid_t pid)
{
	struct uprobe_multi_attr attr = {
		.prog_fd = prog,
		.attach_type = attach_type,
		.path = (uintptr_t)path,
		.offsets = (uintptr_t)offsets,
		.cookies = (uintptr_t)cookies,
		.cnt = n,
		.multi_flags = flags,
		.pid = pid > 0 ? pid : 0,
	};
	int fd = syscall(SYS_bpf, BPF_LINK_CREATE, &attr, sizeof(attr));

	return fd < 0 ? -errno : fd;
}
