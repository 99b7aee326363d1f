/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/* tls.bpf.h: what happens at the entry and at the return of an SSL call. The programs around it
 * differ only in how the kernel calls them and how they know which function they are in. */
#ifndef LLMSNOOP_TLS_BPF_H
#define LLMSNOOP_TLS_BPF_H

#include "deliver.bpf.h"
#include "sock.bpf.h"
#include "tls_fn.h"

/* What is remembered between entry and return, one for each nested call of a thread. */
struct frame {
	__u64 sp; /* at entry: tells frames apart, also those that a longjmp left behind */
	__u64 ssl;
	__u64 buf;
	__u64 num;
	__u64 done; /* address of the size_t that receives the length, 0: the return value has it */
	__u64 entry_ns;
	__u8 fn; /* enum tls_fn; FN_NONE: not of interest, only the return is expected */
	__u8 stack;
	__u8 told; /* a call inside this one has handed over the same bytes */
	__u8 sure; /* a result of 0 means the peer's end */
	__u32 ip;  /* low half of where the probe is, for those who want it at the return */
};

#define FRAMES 4 /* write_ex -> write_ex2 is 2; TLS inside TLS doubles that */

struct thread {
	struct frame frame[FRAMES];
	__u32 depth;
};

struct thread_storage {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct thread);
};
/* For kernels without task storage. LRU: threads that are stuck in a call cannot fill it up. */
struct thread_lru {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, struct thread);
};
extern struct thread_storage threads SEC(".maps");
extern struct thread_lru threads_lru SEC(".maps");

/* Its own function because a whole struct thread lives on its stack. */
static __noinline int thread_lru_create(__u64 id)
{
	struct thread fresh = {};

	return bpf_map_update_elem(&threads_lru, &id, &fresh, BPF_NOEXIST);
}

static __always_inline struct thread *thread_get(bool create)
{
	struct thread *t;
	__u64 id;

	if (cfg_task_storage)
		return bpf_task_storage_get(&threads, bpf_get_current_task_btf(), 0,
					    create ? BPF_LOCAL_STORAGE_GET_F_CREATE : 0);
	id = bpf_get_current_pid_tgid();
	t = bpf_map_lookup_elem(&threads_lru, &id);
	if (!t && create && !thread_lru_create(id))
		t = bpf_map_lookup_elem(&threads_lru, &id);
	return t;
}

/* The compiler knows that i is in range and would leave the mask out; verifiers of 5.10 and 6.1
 * forget it when i goes through the stack. */
static __always_inline struct frame *frame_at(struct thread *t, __u32 i)
{
	barrier_var(i);
	return &t->frame[i & (FRAMES - 1)];
}

/* Frames at or below sp have returned, or were left by longjmp: the stack grows down, so a call
 * made now cannot be nested in them. A tail jump (write_ex to write_ex2) keeps sp but changes fn.
 */
static __always_inline void frames_drop_stale(struct thread *t, __u64 sp, __u8 fn)
{
#pragma unroll
	for (int i = 0; i < FRAMES; i++) {
		struct frame *f;
		__u32 d = t->depth;

		if (d == 0 || d > FRAMES)
			break;
		f = frame_at(t, d - 1);
		if (f->sp > sp || (f->sp == sp && f->fn != fn))
			break;
		t->depth = d - 1;
	}
}

/* Takes the frame whose call returns at sp, and all above it, off the stack. */
static __always_inline bool frame_pop(struct thread *t, __u64 sp, struct frame *ret)
{
#pragma unroll
	for (int i = 0; i < FRAMES; i++) {
		struct frame *f;
		__u32 d = t->depth;

		if (d == 0 || d > FRAMES)
			return false;
		f = frame_at(t, d - 1);
		if (f->sp > sp)
			return false;
		t->depth = d - 1;
		if (f->sp == sp) {
			*ret = *f;
			return true;
		}
	}
	return false;
}

static __always_inline int fn_dir(__u8 fn)
{
	return FN_IN(fn, FNS_READ) ? DIR_READ : DIR_WRITE;
}

/* The calls around this one are done with: they would hand over the same bytes again. True: this
 * one hands over again what was told before. */
static __always_inline bool frames_tell(struct thread *t, const struct frame *inner)
{
	bool again = false;

#pragma unroll
	for (int i = 0; i < FRAMES; i++) {
		struct frame *f = &t->frame[i];

		if ((__u32)i < t->depth && f->ssl == inner->ssl &&
		    fn_dir(f->fn) == fn_dir(inner->fn)) {
			f->told = 1;
			again |= f->fn == FN_WRITE_AGAIN;
		}
	}
	return again;
}

static __always_inline int frame_push(const struct frame *f)
{
	struct thread *t = thread_get(true);

	if (!t) {
		count(COUNT_NO_STATE, 1);
		return 1;
	}
	frames_drop_stale(t, f->sp, f->fn);
	if (t->depth >= FRAMES) {
		count(COUNT_NESTED_FULL, 1);
		return 1;
	}
	*frame_at(t, t->depth) = *f;
	t->depth++;
	return 0;
}

/* Is this call of no interest before it even ran? Then its return need not be looked at. */
static __always_inline bool entry_skips(struct conn *c, __u8 fn, __u64 buf, __u64 num)
{
	int dir = fn_dir(fn);
	__u64 word = 0;

	enum verdict_lift lift;

	if (!conn_quiet(c, dir))
		return false;
	lift = conn_lift(c, dir);
	/* How many bytes a call moves is known at its return. */
	if (lift == LIFT_FRAME || lift == LIFT_USER)
		return false;
	if (lift == LIFT_LINE) {
		/* Requests that are read show themselves at the return only. */
		if (dir == DIR_READ)
			return false;
		/* What cannot be read now (a page that is not there yet) can be at the return. */
		if (num && bpf_probe_read_user(&word, num < 8 ? num : 8, (void *)buf))
			return false;
		if (num && like_head(c, word, num < 8 ? num : 8) &&
		    !conn_judged_line(c, dir, line_hash(buf, num)))
			return false;
	}
	count(COUNT_QUIET_CALLS, 1);
	c->pending[side(dir)] |= EVENT_AFTER_QUIET;
	return true;
}

/* What a program does that the kernel also calls at the return of skipped calls: the frame of a
 * skipped call is pushed all the same, so that its return is not taken for one without entry. */
enum entry_kind {
	ENTRY_SESSION, /* returning 1 skips the return */
	ENTRY_PAIR,
};

#define PR_DESC_LAYERED 4
#define PR_MSG_PEEK 2

/* Is this a descriptor of NSPR with layers (struct PRFileDesc and PRIOMethods of prio.h), as TLS is
 * one, and its top? Files and plain sockets have none. */
static __always_inline bool pr_layered(__u64 fd)
{
	__u64 d[4] = {}; /* methods, secret, lower, higher */
	__u32 type = 0;

	if (bpf_probe_read_user(d, sizeof(d), (void *)fd) ||
	    bpf_probe_read_user(&type, sizeof(type), (void *)d[0]))
		return false;
	return type == PR_DESC_LAYERED && d[2] && !d[3];
}

/* 1: the return is of no interest (the meaning that sessions give it). */
static __always_inline int tls_entry(struct pt_regs *ctx, __u8 fn, __u8 stack, bool sure,
				     enum entry_kind kind)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	struct frame f = {
		.sp = PT_REGS_SP(ctx),
		.ssl = PT_REGS_PARM1(ctx),
		.fn = fn,
		.stack = stack,
		.sure = sure,
	};
	struct conn *c = NULL;
	bool skip = false;

	if (!FN_IN(fn, FNS_NEW))
		c = conn_find(tgid, f.ssl);
	if (!c && !is_target(tgid)) {
		skip = true;
	} else if (fn == FN_FREE) {
		if (c)
			conn_end(tgid, f.ssl, 0);
		return 1;
	} else if (fn == FN_CLEAR) {
		if (c) {
			conn_end(tgid, f.ssl, CLOSE_CLEAR);
			conn_begin(tgid, f.ssl, stack, true);
		}
		return 1;
	} else if (fn == FN_HANDSHAKE) {
		skip = c != NULL;
	} else if (fn == FN_NEW_OUT) {
		f.done = f.ssl;
	} else if (fn != FN_NEW) {
		/* Both are loaded before the choice: the compiler must not choose the address,
		 * which the verifier would refuse. */
		__u64 arg4 = PT_REGS_PARM4(ctx), arg5 = PT_REGS_PARM5(ctx);

		barrier_var(arg4);
		barrier_var(arg5);
		f.buf = PT_REGS_PARM2(ctx);
		f.num = PT_REGS_PARM3(ctx);
		if (FN_IN(fn, FNS_INT))
			f.num = (__s32)f.num < 0 ? 0 : (__u32)f.num;
		if (fn == FN_READ_EX || fn == FN_WRITE_EX)
			f.done = arg4;
		else if (fn == FN_WRITE_EX2)
			f.done = arg5;
		if (fn == FN_PR_RECV && (arg4 & PR_MSG_PEEK))
			skip = true;
		else if (!c)
			skip = FN_IN(fn, FNS_PR) && !pr_layered(f.ssl);
		else if (fn != FN_WRITE_AGAIN && !FN_IN(fn, FNS_GAP))
			skip = entry_skips(c, fn, f.buf, f.num);
	}
	if (skip) {
		if (kind == ENTRY_SESSION || fn == FN_FREE || fn == FN_CLEAR)
			return 1;
		f.fn = FN_NONE;
	}
	if (FN_IN(f.fn, FNS_SEND) && !(c && c->peer))
		sock_expect(f.ssl, f.num);
	f.entry_ns = bpf_ktime_get_ns();
	return frame_push(&f);
}

static __always_inline void read_failed(struct conn *c, const struct frame *f, int rc)
{
	if (!c)
		return;
	c->read_fails++;
	if (rc == 0 && f->sure && f->num)
		c->closing |= CLOSE_EOF;
}

/* How many bytes a call moved. */
static __always_inline __u64 moved(const struct frame *f, __u64 result)
{
	__u64 n = 0;

	if (FN_IN(f->fn, FNS_SIZE) || f->fn == FN_WRITE_EARLY) {
		if (!result && f->fn == FN_WRITE_EARLY)
			return f->num;
		return (__s64)result > 0 ? result : 0;
	}
	if ((int)result <= 0)
		return 0;
	if (!f->done)
		return (__u32)result;
	bpf_probe_read_user(&n, sizeof(n), (void *)f->done);
	return n;
}

/* at_ret: the probe sits on the RET instruction, so the return address is still on the stack.
 * has_loop: see chunk_all. */
static __always_inline int tls_return(struct pt_regs *ctx, bool at_ret, bool has_loop)
{
#if defined(__TARGET_ARCH_x86)
	__u64 sp = PT_REGS_SP(ctx) - (at_ret ? 0 : 8);
#else
	__u64 sp = PT_REGS_SP(ctx);
#endif
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	struct thread *t = thread_get(false);
	__u64 result = PT_REGS_RC(ctx), n;
	struct delivery d;
	struct frame f;
	struct conn *c;

	/* Loaded once, for the same reason as the arguments at the entry. */
	barrier_var(result);
	if (!t || !frame_pop(t, sp, &f)) {
		if (is_target(tgid))
			count(COUNT_NO_ENTRY, 1);
		return 0;
	}
	if (f.fn == FN_NONE)
		return 0;
	if (f.fn == FN_NEW_OUT &&
	    ((int)result || bpf_probe_read_user(&result, sizeof(result), (void *)f.done)))
		return 0;
	/* Not done yet: so the first byte of an unknown connection is still to come. */
	if (f.fn == FN_HANDSHAKE)
		result = (int)result <= 0 && !conn_find(tgid, f.ssl) ? f.ssl : 0;
	if (FN_IN(f.fn, FNS_NEW) || f.fn == FN_HANDSHAKE) {
		if (result) {
			/* Not every stack shows its SSL_free. */
			conn_end(tgid, result, 0);
			conn_begin(tgid, result, f.stack, true);
		}
		return 0;
	}
	if (f.told || f.fn == FN_WRITE_AGAIN || frames_tell(t, &f))
		return 0;
	c = conn_find(tgid, f.ssl);
	n = moved(&f, result);
	if (!n) {
		if (fn_dir(f.fn) == DIR_READ)
			read_failed(c, &f, (int)result);
		return 0;
	}
	d = (struct delivery){
		.key = f.ssl,
		.buf = f.buf,
		.n = n,
		.entry_ns = f.entry_ns,
		.dir = fn_dir(f.fn),
		.stack = f.stack,
		.gap = FN_IN(f.fn, FNS_GAP),
		.early = f.fn == FN_WRITE_EARLY,
	};
	deliver(c, tgid, &d, has_loop);
	if (FN_IN(f.fn, FNS_SEND) && !(c && c->peer))
		sock_confirm(tgid);
	return 0;
}

#endif
