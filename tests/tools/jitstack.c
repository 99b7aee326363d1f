// SPDX-License-Identifier: Apache-2.0
/* jitstack: how often each of our loaded programs takes its stack from per-CPU memory (see
 * no_private_stack in bpf/common.bpf.h): must be 0. One line a program: name, count; x86-64. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

/* add %gs:disp32, %r9: how arch/x86/net/bpf_jit_comp.c (emit_priv_frame_ptr) begins */
static const unsigned char load[] = {0x65, 0x4c, 0x03, 0x0c, 0x25};

static int count(int fd, char *ret_name, size_t size)
{
	struct bpf_prog_info info = {0};
	__u32 len = sizeof(info), n;
	unsigned char *code;
	int found = 0;

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -1;
	snprintf(ret_name, size, "%s", info.name);
	n = info.jited_prog_len;
	code = malloc(n + 1);
	if (!code)
		return -1;
	info = (struct bpf_prog_info){.jited_prog_len = n, .jited_prog_insns = (__u64)code};
	len = sizeof(info);
	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		found = -1;
	for (__u32 i = 0; found >= 0 && i + sizeof(load) <= n; i++)
		found += !memcmp(code + i, load, sizeof(load));
	free(code);
	return found;
}

int main(void)
{
	char name[64];
	__u32 id = 0;

	while (!bpf_prog_get_next_id(id, &id)) {
		int fd = bpf_prog_get_fd_by_id(id), n;

		if (fd < 0)
			continue;
		n = count(fd, name, sizeof(name));
		if (n >= 0 && (!strncmp(name, "tls_", 4) || !strncmp(name, "perf_", 5)))
			printf("%s %d\n", name, n);
		close(fd);
	}
	return 0;
}
