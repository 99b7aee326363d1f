// SPDX-License-Identifier: Apache-2.0
#include "capture/features.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "capture/capabilities.h"
#include "capture/link.h"
#include "capture/mappings.h"

#define BTF_PATH "/sys/kernel/btf/vmlinux"

/* r0 = 0; exit */
static const struct bpf_insn return_zero[] = {
	{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
	{.code = BPF_JMP | BPF_EXIT},
};

static int load_trivial(int attach_type)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = attach_type);

	return bpf_prog_load(BPF_PROG_TYPE_KPROBE, "llmsnoop_try", "GPL", return_zero, 2, &opts);
}

/* A kernel that knows the attach type looks at the path, finds a directory and says -EBADF; one
 * that does not says -EINVAL (the way libbpf tells them apart). */
static bool has_attach_type(int attach_type)
{
	const uint64_t offset = 0;
	int err, prog = load_trivial(attach_type);

	if (prog < 0)
		return false;
	err = link__uprobe_multi(prog, attach_type, "/", &offset, NULL, 1, 0, -1);
	close(prog);
	if (err >= 0)
		close(err);
	return err == -EBADF;
}

#if defined(__x86_64__)
static __attribute__((noinline)) void probed_function(void)
{
	__asm__ volatile("nop");
}

/* Where probed_function lies in the file of this program; 0: unknown. */
static uint64_t probed_offset(void)
{
	uint64_t start, end, offset, addr = (uint64_t)(uintptr_t)probed_function, ret = 0;
	FILE *f = fopen("/proc/self/maps", "re");
	char line[512];

	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx %*s %lx", &start, &end, &offset) == 3 && addr >= start &&
		    addr < end) {
			ret = addr - start + offset;
			break;
		}
	}
	fclose(f);
	return ret;
}

/* The child runs under the strictest filter there is and calls a function with a return probe. */
static void __attribute__((noreturn)) strict_child(int go)
{
	char c;

	if (read(go, &c, 1) != 1 || prctl(PR_SET_SECCOMP, 1 /* SECCOMP_MODE_STRICT */, 0, 0, 0))
		syscall(SYS_exit, 1);
	probed_function();
	syscall(SYS_exit, 0);
	__builtin_unreachable();
}

static bool return_probes_kill(void)
{
	uint64_t offset = probed_offset();
	int go[2], prog, link, status = 0;
	pid_t pid;
	bool kills = false;

	if (!offset || pipe2(go, O_CLOEXEC))
		return false;
	pid = fork();
	if (pid == 0)
		strict_child(go[0]);
	close(go[0]);
	if (pid < 0) {
		close(go[1]);
		return false;
	}
	prog = load_trivial(LINK_UPROBE_MULTI);
	link = prog < 0 ? prog
			: link__uprobe_multi(prog, LINK_UPROBE_MULTI, "/proc/self/exe", &offset,
					     NULL, 1, LINK_RETURN, pid);
	/* If the child dies before it reads, this write must not end us: EPIPE is ignored */
	if (write(go[1], "g", 1) != 1)
		kill(pid, SIGKILL);
	close(go[1]);
	if (waitpid(pid, &status, 0) == pid && link >= 0)
		kills = WIFSIGNALED(status);
	if (link >= 0)
		close(link);
	if (prog >= 0)
		close(prog);
	return kills;
}
#else
/* The uretprobe system call exists on x86-64 only. */
static bool return_probes_kill(void)
{
	return false;
}
#endif

/* LLMSNOOP_WITHOUT=session,multi,… pretends that the kernel lacks these, so that every way of
 * attaching can be tested on one kernel. */
static void leave_out(struct features *f)
{
	const struct {
		const char *name;
		bool *feature;
	} table[] = {
		{"session", &f->uprobe_session},    {"multi", &f->uprobe_multi},
		{"task_storage", &f->task_storage}, {"bpf_loop", &f->bpf_loop},
		{"cgroup_skb", &f->cgroup_skb},	    {"task_regs", &f->task_regs},
		{"sock_length", &f->sock_length},   {"sock_exit", &f->sock_exit},
		{"mmap_events", &f->mmap_events},
	};
	const char *without = getenv("LLMSNOOP_WITHOUT");

	if (!without)
		return;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strstr(without, table[i].name))
			*table[i].feature = false;
	f->uprobe_session = f->uprobe_session && f->uprobe_multi;
	if (strstr(without, "return_probes"))
		f->return_probes_kill = true;
}

/* Kernel types of tracepoints are there exactly where the tracepoint is. */
static bool has_tracepoint(const char *typedef_name)
{
	struct btf *btf = btf__load_vmlinux_btf();
	bool has = btf && btf__find_by_name_kind(btf, typedef_name, BTF_KIND_TYPEDEF) > 0;

	btf__free(btf);
	return has;
}

/* Can a program be put behind the function through which sends of IPv4 go? */
static bool has_fexit(void)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_FEXIT);
	int prog, link = -1;

	opts.attach_btf_id = (uint32_t)libbpf_find_vmlinux_btf_id("inet_sendmsg", BPF_TRACE_FEXIT);
	prog = bpf_prog_load(BPF_PROG_TYPE_TRACING, "llmsnoop_try", "GPL", return_zero, 2, &opts);
	if (prog >= 0)
		link = bpf_raw_tracepoint_open(NULL, prog);
	if (link >= 0)
		close(link);
	if (prog >= 0)
		close(prog);
	return link >= 0;
}

void features__probe(struct features *ret)
{
	libbpf_print_fn_t old = libbpf_set_print(NULL);
	struct mappings *mappings = NULL;

	*ret = (struct features){
		.btf = access(BTF_PATH, R_OK) == 0,
		.ringbuf = libbpf_probe_bpf_map_type(BPF_MAP_TYPE_RINGBUF, NULL) == 1,
		.task_storage = libbpf_probe_bpf_map_type(BPF_MAP_TYPE_TASK_STORAGE, NULL) == 1 &&
				libbpf_probe_bpf_helper(BPF_PROG_TYPE_KPROBE,
							BPF_FUNC_task_storage_get, NULL) == 1,
		.bpf_loop = libbpf_probe_bpf_helper(BPF_PROG_TYPE_KPROBE, BPF_FUNC_loop, NULL) == 1,
		.cgroup_skb = libbpf_probe_bpf_helper(BPF_PROG_TYPE_CGROUP_SKB,
						      BPF_FUNC_skb_load_bytes, NULL) == 1 &&
			      libbpf_probe_bpf_helper(BPF_PROG_TYPE_CGROUP_SKB,
						      BPF_FUNC_ringbuf_reserve, NULL) == 1,
		.task_regs = libbpf_probe_bpf_helper(BPF_PROG_TYPE_KPROBE, BPF_FUNC_task_pt_regs,
						     NULL) == 1,
		.sock_length = has_tracepoint("btf_trace_sock_send_length"),
		.sock_exit = has_fexit(),
		.uprobe_multi = has_attach_type(LINK_UPROBE_MULTI),
		.uprobe_session = has_attach_type(LINK_UPROBE_SESSION),
		.mmap_events = mappings__new(&mappings) == 0,
	};
	mappings__free(mappings);
	if (ret->uprobe_multi)
		ret->return_probes_kill = return_probes_kill();
	leave_out(ret);
	libbpf_set_print(old);
}

bool features__missing(struct features_need *ret)
{
	uint64_t effective = capabilities__effective();

	for (unsigned int i = 0; i < capability_n; i++) {
		const struct capability *c = &capability_table[i];

		if (!c->needed || c->number == CAP_SYS_PTRACE ||
		    capabilities__allow(effective, c->number))
			continue;
		*ret = (struct features_need){c->name, "run as root (sudo llmsnoop …) or grant the "
						       "capability"};
		return true;
	}
	if (!capabilities__allow(effective, CAP_SYS_PTRACE) && geteuid()) {
		*ret = (struct features_need){
			"CAP_SYS_PTRACE", "run as root: other users' processes cannot be looked "
					  "into without it"};
		return true;
	}
	if (access(BTF_PATH, R_OK)) {
		*ret = (struct features_need){"BTF (" BTF_PATH ")",
					      "use a kernel of 5.10 or later built with "
					      "CONFIG_DEBUG_INFO_BTF=y, as distributions' are"};
		return true;
	}
	return false;
}
