/* SPDX-License-Identifier: Apache-2.0 */
/* features.h: what this kernel can do, found by trying, not by its version. */
#ifndef LLMSNOOP_FEATURES_H
#define LLMSNOOP_FEATURES_H

#include <stdbool.h>
#include <stddef.h>

struct features {
	bool btf;		 /* /sys/kernel/btf/vmlinux: without it nothing can be loaded */
	bool ringbuf;		 /* BPF_MAP_TYPE_RINGBUF: 5.8 */
	bool task_storage;	 /* for tracing programs: 5.11 */
	bool bpf_loop;		 /* 5.17 */
	bool cgroup_skb;	 /* programs on packets: only QUIC's name needs them */
	bool task_regs;		 /* the registers of the system call under way: 5.15 */
	bool sock_length;	 /* raw tracepoints on sends and receives: 6.3 */
	bool sock_exit;		 /* programs behind kernel functions: 5.5, arm64 6.0 */
	bool uprobe_multi;	 /* 6.6 */
	bool uprobe_session;	 /* 6.13 */
	bool mmap_events;	 /* perf tells of executable mappings as they are made */
	bool return_probes_kill; /* x86-64 6.11 to about 6.13: the uretprobe system call under a
				    seccomp filter ends the process */
};

/* Tries everything; needs the capabilities of tracing. What cannot be tried counts as absent. */
void features__probe(struct features *ret);

/* One of them, for people. */
struct feature {
	const char *name;
	const char *since;    /* the first kernel that has it */
	const char *used_for; /* what it is good for */
	const char *without;  /* what its absence means (its presence, where it is a fault) */
	size_t at;	      /* of the bool in struct features */
	bool needed;	      /* nothing can be traced without */
	bool fault;	      /* not wanted: it is well where it is absent */
};

extern const struct feature feature_table[];
extern const unsigned int feature_n;

bool feature__has(const struct features *f, const struct feature *of);

struct features_need {
	const char *what; /* "CAP_BPF", "BTF", … */
	const char *hint; /* what to do about it */
};

/* The first thing that tracing cannot do without and that is missing here; false: none. */
bool features__missing(struct features_need *ret);

#endif
