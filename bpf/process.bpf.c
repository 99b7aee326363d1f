// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0
/* The life of processes: who is followed, who replaced its program, who is gone. */
#include "common.bpf.h"

static __always_inline bool is_known(__u32 tgid)
{
	__u8 *t = bpf_map_lookup_elem(&targets, &tgid);

	return (t && *t == TARGET_TRACE) || bpf_map_lookup_elem(&announced, &tgid);
}

/* sched_process_fork(struct task_struct *parent, struct task_struct *child) */
SEC("raw_tp/sched_process_fork")
int on_fork(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *parent = (void *)ctx->args[0], *child = (void *)ctx->args[1];
	__u32 ptgid = BPF_CORE_READ(parent, tgid), tgid = BPF_CORE_READ(child, tgid);
	__u8 *t, trace = TARGET_TRACE;

	if ((__u32)BPF_CORE_READ(child, pid) != tgid) /* a thread */
		return 0;
	t = bpf_map_lookup_elem(&targets, &ptgid);
	if (!cfg_follow || !t || *t != TARGET_TRACE)
		return 0;
	/* Before the child runs, hence none is missed. */
	if (bpf_map_update_elem(&targets, &tgid, &trace, BPF_ANY))
		count(COUNT_NO_STATE, 1);
	tell_process(EVENT_FORK, parent, ptgid, tgid);
	return 0;
}

/* sched_process_exec(struct task_struct *p, pid_t old_pid, struct linux_binprm *bprm) */
SEC("raw_tp/sched_process_exec")
int on_exec(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (void *)ctx->args[0];
	__u32 tgid = BPF_CORE_READ(task, tgid);

	if (is_known(tgid)) {
		bpf_map_delete_elem(&announced, &tgid);
		tell_process(EVENT_EXEC, task, tgid, 0);
	}
	return 0;
}

/* sched_process_exit(struct task_struct *p): once for each thread; the last one counts */
SEC("raw_tp/sched_process_exit")
int on_exit(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (void *)ctx->args[0];
	__u32 tgid = BPF_CORE_READ(task, tgid);
	__u8 *t;

	if (BPF_CORE_READ(task, signal, live.counter) > 0 || !is_known(tgid))
		return 0;
	tell_process(EVENT_EXIT, task, tgid, 0);
	bpf_map_delete_elem(&announced, &tgid);
	t = bpf_map_lookup_elem(&targets, &tgid);
	if (t && *t == TARGET_TRACE)
		bpf_map_delete_elem(&targets, &tgid);
	return 0;
}
