/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/* common.bpf.h: maps, configuration and counters that all programs share. */
#ifndef LLMSNOOP_COMMON_BPF_H
#define LLMSNOOP_COMMON_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "event.h"

/* Set before load. Branches on these vanish at load time, and with them what old kernels lack. */
extern const volatile bool cfg_task_storage; /* BPF_MAP_TYPE_TASK_STORAGE for tracing: 5.11 */
extern const volatile bool cfg_all;	     /* every process but those marked TARGET_NEVER */
extern const volatile bool cfg_follow;	     /* children of targets are targets */
extern const volatile bool cfg_tail_call;    /* never: see no_private_stack */
extern const volatile bool cfg_socks;	     /* sends and receives of sockets are heard of */
extern const volatile bool cfg_task_regs;    /* the helper task_pt_regs: 5.15 */
extern const volatile bool cfg_plain;	     /* some ports are listed */
extern const volatile __u8 cfg_plain_stack;  /* enum tls_stack of user space: none */
extern const volatile __u8 cfg_plain_ports[65536 / 8]; /* bit set */
extern const volatile __u32 cfg_socket_ends; /* bit set of stacks whose end is their socket's */
extern const volatile __u64 cfg_line_seed;   /* so that nobody can choose colliding lines */
extern const volatile __u64 cfg_wake_bytes;  /* pending data at which the consumer is woken */

/* How a process stands to the trace. */
enum target {
	TARGET_TRACE = 1,
	TARGET_NEVER = 2,
};

struct conn_key {
	__u64 ssl;
	__u32 tgid;
	__u32 reserved;
};

enum conn_proto {
	PROTO_UNDECIDED,
	PROTO_HTTP1,
	PROTO_HTTP2,
	PROTO_NEITHER,
	PROTO_CLOSED, /* it is over, and its address not used again yet */
};

/* One connection: one use of one SSL object by one process. Indices are enum event_dir. */
struct conn {
	__u64 id;
	__u64 offset[2];
	__u64 head[2];	  /* 1 + offset of the latest call that could begin a request */
	__u64 first[2];	  /* the first 8 bytes, in memory order */
	__u64 left[2];	  /* quiet bytes to come before the next HTTP/2 frame */
	__u64 sk;	  /* the struct sock that carries it; 0: not known */
	__u32 read_fails; /* since the last good read */
	__u8 n_first[2];
	__u8 pending[2]; /* EVENT_AFTER_*: to be told with the next record */
	__u8 proto;	 /* enum conn_proto */
	__u8 started;	 /* SSL_new or SSL_clear was seen */
	__u8 closing;	 /* enum event_close_flag */
	__u8 stack;
	__u8 answer_dir; /* 1 + the direction in which no request can begin; 0: not known */
	__u8 peer;	 /* sk is sure, and user space was told */
};

/* A direction as an index. The compiler knows that it is in range and would leave the mask out;
 * verifiers of 5.10 and 6.1 forget it when the direction goes through the stack. */
static __always_inline __u32 side(__u32 dir)
{
	barrier_var(dir);
	return dir & 1;
}

struct data_ring {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16 << 20);
};
struct control_ring {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 << 10);
};
struct targets_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, __u8);
};
struct announced_map {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, __u8);
};
/* All in one entry: a call that is captured counts three things with one look-up. */
struct counted {
	__u64 v[COUNT_MAX];
};
struct counters_map {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct counted);
};

struct no_programs_map {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
};

extern struct no_programs_map no_programs SEC(".maps");
extern struct no_programs_map no_multi_programs SEC(".maps");
extern struct data_ring data_ring SEC(".maps");
extern struct control_ring control_ring SEC(".maps");
extern struct targets_map targets SEC(".maps");
extern struct announced_map announced SEC(".maps");
extern struct counters_map counters SEC(".maps");

static __always_inline void count(enum counter which, __u64 n)
{
	__u32 key = 0;
	struct counted *c = bpf_map_lookup_elem(&counters, &key);

	/* uprobe programs can be preempted by each other on one CPU, hence atomic */
	if (c)
		__sync_fetch_and_add(&c->v[which], n);
}

static __always_inline void count_call(__u64 bytes, __u64 copied)
{
	__u32 key = 0;
	struct counted *c = bpf_map_lookup_elem(&counters, &key);

	if (!c)
		return;
	__sync_fetch_and_add(&c->v[COUNT_CALLS], 1);
	__sync_fetch_and_add(&c->v[COUNT_BYTES], bytes);
	__sync_fetch_and_add(&c->v[COUNT_COPIED], copied);
}

/* Since 6.13 (a76ab5731e32) programs of the kprobe kind have their stack in per-CPU memory.
 * Programs on uprobes may be preempted by each other on one CPU, and then share it: the kernel dies
 * of pointers that another thread has overwritten (seen on 7.2, preempt=lazy). A program with a
 * tail call keeps the ordinary stack, even if the call is never made and its branch never loaded.
 */
static __always_inline void no_private_stack(void *ctx)
{
	if (cfg_tail_call)
		bpf_tail_call(ctx, &no_programs, 0);
}

/* The same for programs of a family that has no session: one array takes programs of one attach
 * type only. */
static __always_inline void no_private_stack_multi(void *ctx)
{
	if (cfg_tail_call)
		bpf_tail_call(ctx, &no_multi_programs, 0);
}

static __always_inline bool is_target(__u32 tgid)
{
	__u8 *t = bpf_map_lookup_elem(&targets, &tgid);

	return t ? *t == TARGET_TRACE : cfg_all;
}

/* A rare event about a process; wakes the consumer. */
static __always_inline void tell_process(__u16 kind, struct task_struct *task, __u32 tgid,
					 __u32 child)
{
	struct event_process *e = bpf_ringbuf_reserve(&control_ring, sizeof(*e), 0);

	if (!e) {
		count(COUNT_CONTROL_LOST, 1);
		return;
	}
	e->h.kind = kind;
	e->h.flags = 0;
	e->h.tgid = tgid;
	e->h.tid = BPF_CORE_READ(task, pid);
	e->h.size = sizeof(*e) - sizeof(e->h);
	e->ts_ns = bpf_ktime_get_ns();
	e->start_ns = BPF_CORE_READ(task, group_leader, start_boottime);
	e->cgroup = 0;
	e->child = child;
	e->ppid = BPF_CORE_READ(task, real_parent, tgid);
	e->uid = BPF_CORE_READ(task, cred, uid.val);
	e->exit_code = BPF_CORE_READ(task, exit_code);
	BPF_CORE_READ_STR_INTO(&e->comm, task, group_leader, comm);
	bpf_ringbuf_submit(e, BPF_RB_FORCE_WAKEUP);
}

#endif
