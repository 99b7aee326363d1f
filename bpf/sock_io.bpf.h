/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/* sock_io.bpf.h: the memory that a system call on a socket reads or fills, from the registers with
 * which the program entered the kernel. */
#ifndef LLMSNOOP_SOCK_IO_BPF_H
#define LLMSNOOP_SOCK_IO_BPF_H

#include "common.bpf.h"

#define THREAD_SIZE (16 * 1024) /* x86-64; arm64 with pages of 4 KiB */
#define TS_COMPAT 0x2		/* arch/x86/include/asm/thread_info.h: a 32-bit system call */
#define TIF_32BIT 22		/* arch/arm64/include/asm/thread_info.h */

/* n == 0: the call's memory is not known (io_uring, splice, sendfile, 32-bit programs). */
struct sock_io {
	__u64 at; /* the bytes, or where vector says so, an array of struct iovec */
	__u64 n;  /* bytes, or elements */
	bool vector;
};

enum io_shape {
	IO_UNKNOWN,
	IO_FLAT,   /* fd, buf, n */
	IO_VECTOR, /* fd, iov, n */
	IO_MSG,	   /* fd, msg */
};

#if defined(__TARGET_ARCH_x86)
static __always_inline enum io_shape io_shape(__u64 nr)
{
	/* arch/x86/entry/syscalls/syscall_64.tbl */
	if (nr == 0 || nr == 1 || nr == 44 || nr == 45) /* read write sendto recvfrom */
		return IO_FLAT;
	if (nr == 19 || nr == 20) /* readv writev */
		return IO_VECTOR;
	return nr == 46 || nr == 47 ? IO_MSG : IO_UNKNOWN; /* sendmsg recvmsg */
}
#define REGS_NR(r) (&(r)->orig_ax)
#define REGS_2ND(r) (&(r)->si)
#define REGS_3RD(r) (&(r)->dx)
#else
static __always_inline enum io_shape io_shape(__u64 nr)
{
	/* include/uapi/asm-generic/unistd.h */
	if (nr == 63 || nr == 64 || nr == 206 || nr == 207)
		return IO_FLAT;
	if (nr == 65 || nr == 66)
		return IO_VECTOR;
	return nr == 211 || nr == 212 ? IO_MSG : IO_UNKNOWN;
}
#define REGS_NR(r) (&(r)->user_regs.regs[8])
#define REGS_2ND(r) (&(r)->user_regs.regs[1])
#define REGS_3RD(r) (&(r)->user_regs.regs[2])
#endif

static __always_inline bool io_compat(struct task_struct *task)
{
#if defined(__TARGET_ARCH_x86)
	return bpf_core_field_exists(task->thread_info.status) &&
	       (BPF_CORE_READ(task, thread_info.status) & TS_COMPAT);
#else
	return BPF_CORE_READ(task, thread_info.flags) >> TIF_32BIT & 1;
#endif
}

static __always_inline __u64 io_word(const void *kernel)
{
	__u64 v = 0;

	bpf_probe_read_kernel(&v, sizeof(v), kernel);
	return v;
}

static __always_inline void sock_io(struct sock_io *ret)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct user_msghdr msg = {};
	struct pt_regs *regs;
	enum io_shape shape;

	*ret = (struct sock_io){};
	if (cfg_task_regs)
		regs = (struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf());
	else
		regs = (struct pt_regs *)(BPF_CORE_READ(task, stack) + THREAD_SIZE) - 1;
	shape = io_shape(io_word(REGS_NR(regs)));
	if (shape == IO_UNKNOWN || io_compat(task))
		return;
	ret->at = io_word(REGS_2ND(regs));
	ret->n = io_word(REGS_3RD(regs));
	ret->vector = shape != IO_FLAT;
	if (shape == IO_MSG) {
		bpf_probe_read_user(&msg, sizeof(msg), (void *)ret->at);
		ret->at = (__u64)msg.msg_iov;
		ret->n = msg.msg_iovlen;
	}
}

/* The next piece of it; false: there is none, or it cannot be read. */
static __always_inline bool sock_io_next(struct sock_io *io, __u64 *ret_at, __u64 *ret_n)
{
	struct iovec v = {};

	if (!io->n)
		return false;
	if (!io->vector) {
		*ret_at = io->at;
		*ret_n = io->n;
		io->n = 0;
		return true;
	}
	if (bpf_probe_read_user(&v, sizeof(v), (void *)io->at))
		return false;
	io->at += sizeof(v);
	io->n--;
	*ret_at = (__u64)v.iov_base;
	*ret_n = v.iov_len;
	return true;
}

#endif
