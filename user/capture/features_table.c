// SPDX-License-Identifier: Apache-2.0
#include <stddef.h>

#include "capture/features.h"

#define AT(member) offsetof(struct features, member)

const struct feature feature_table[] = {
	{"btf", "5.10", "fits the programs to this kernel's structures",
	 "nothing can be loaded: use a kernel with CONFIG_DEBUG_INFO_BTF=y", AT(btf), true, false},
	{"ringbuf", "5.8", "hands captured bytes over", "nothing can be loaded", AT(ringbuf), true,
	 false},
	{"task_storage", "5.11", "remembers a thread's open TLS calls",
	 "a bounded map takes its place: calls are missed where thousands are open at once",
	 AT(task_storage), false, false},
	{"bpf_loop", "5.17", "copies TLS writes of any size",
	 "of one call only the first MiB is seen, the rest is a counted gap", AT(bpf_loop), false,
	 false},
	{"uprobe_multi", "6.6", "attaches all probes of a file at once",
	 "perf events take its place: slower to attach, and CAP_SYS_ADMIN is needed",
	 AT(uprobe_multi), false, false},
	{"uprobe_session", "6.13", "leaves out returns that nobody asked for",
	 "each call costs a little more", AT(uprobe_session), false, false},
	{"cgroup_skb", "4.10", "names hosts of connections that cannot be seen into",
	 "no warning of calls by QUIC or by TLS that is not seen", AT(cgroup_skb), false, false},
	{"task_regs", "5.15", "reads the arguments of a system call that is under way",
	 "the other end of a TLS connection is not told", AT(task_regs), false, false},
	{"sock_length", "6.3",
	 "hears of sends and receives on sockets: plain HTTP, the other end of a connection",
	 "sock_exit takes its place", AT(sock_length), false, false},
	{"sock_exit", "5.5", "hears of sends and receives on kernels before 6.3",
	 "no matter where there is sock_length; else plain HTTP and peers are not seen",
	 AT(sock_exit), false, false},
	{"mmap_events", "3.16", "hears of new programs and libraries at once",
	 "programs that start later are seen up to 10 s late", AT(mmap_events), false, false},
	{"return_probes_kill", "6.11", "return probes are safe here",
	 "return probes would end processes under a seccomp filter: RET instructions are probed "
	 "instead, and functions whose RETs are not known not at all",
	 AT(return_probes_kill), false, true},
};

const unsigned int feature_n = sizeof(feature_table) / sizeof(feature_table[0]);

bool feature__has(const struct features *f, const struct feature *of)
{
	return *(const bool *)((const char *)f + of->at);
}
