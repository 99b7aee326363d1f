/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/* go.bpf.h: what happens in the methods of Go's crypto/tls.Conn. A connection is used by one
 * goroutine that reads and another that writes, at the same time and on any thread, so what lies
 * between entry and return is kept by goroutine. */
#ifndef LLMSNOOP_GO_BPF_H
#define LLMSNOOP_GO_BPF_H

#include "deliver.bpf.h"
#include "tls_fn.h"

/* TLS_GO of user space */
#define GO_STACK 4

/* Go's own calling convention (go.dev/s/regabi): receiver and slice, results n and err, and the
 * current goroutine. */
#if defined(__TARGET_ARCH_x86)
#define GO_REG0(ctx) ((ctx)->ax)
#define GO_REG1(ctx) ((ctx)->bx)
#define GO_REG2(ctx) ((ctx)->cx)
#define GO_G(ctx) ((ctx)->r14)
#define GO_SP(ctx) ((ctx)->sp)
#elif defined(__TARGET_ARCH_arm64)
#define GO_REG0(ctx) ((ctx)->user_regs.regs[0])
#define GO_REG1(ctx) ((ctx)->user_regs.regs[1])
#define GO_REG2(ctx) ((ctx)->user_regs.regs[2])
#define GO_G(ctx) ((ctx)->user_regs.regs[28])
#define GO_SP(ctx) ((ctx)->user_regs.sp)
#endif

/* A call by its goroutine and by how deep on its stack it is: unlike the stack pointer that stays
 * when the stack is copied to a larger one. TLS in TLS: one Read is in another, deeper. */
struct go_key {
	__u64 g;
	__u32 tgid;
	__u32 depth; /* bytes from the stack's upper end; 0: the Write that is to shake hands */
};

struct go_call {
	__u64 conn;
	__u64 buf; /* on_stack: bytes below the stack's upper end */
	__u64 n;
	__u64 entry_ns;
	__u64 on_stack; /* the buffer moves with the stack */
};

/* As many as connections: each that is idle has a Read that waits. LRU: calls that a panic ended
 * have no return. */
struct go_calls_map {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, struct go_key);
	__type(value, struct go_call);
};
extern struct go_calls_map go_calls SEC(".maps");

/* struct g begins with its stack's bounds (runtime/runtime2.go). */
struct go_bounds {
	__u64 lo, hi;
};

static __always_inline bool go_key(struct pt_regs *ctx, __u32 tgid, struct go_bounds *ret_stack,
				   struct go_key *ret)
{
	__u64 g = GO_G(ctx), sp = GO_SP(ctx);

	if (bpf_probe_read_user(ret_stack, sizeof(*ret_stack), (void *)g))
		return false;
	if (sp < ret_stack->lo || sp >= ret_stack->hi)
		return false;
	ret->g = g;
	ret->tgid = tgid;
	ret->depth = ret_stack->hi - sp;
	return true;
}

/* After Close nothing is told until another connection begins at that address: what is still
 * written fails, and is not met "midstream". */
static __noinline int go_closed(__u32 tgid, __u64 conn)
{
	struct conn_key key = {.ssl = conn, .tgid = tgid};
	struct conn closed = {.proto = PROTO_CLOSED, .stack = GO_STACK};

	conn_end(tgid, conn, 0);
	bpf_map_update_elem(&conns, &key, &closed, BPF_ANY);
	return 0;
}

/* Is the handshake of a connection that is not known still to come? Then it comes within this very
 * Write. crypto/tls.Conn up to Go 1.20: its state is the uint32 at 32; since 1.21 a pointer that is
 * nil is there, and the state is at 40. */
static __always_inline bool go_unshaken(__u64 conn)
{
	__u64 w[2];

	if (bpf_probe_read_user(w, sizeof(w), (void *)(conn + 32)))
		return false;
	return w[0] == 0 && (__u32)w[1] != 1;
}

/* A Write is told when it begins: it is made of these bytes whether or not the network takes them
 * all at once, and its answer cannot be read before, by whichever goroutine. */
static __always_inline int go_write(struct pt_regs *ctx, __u32 tgid, bool has_loop)
{
	struct delivery d = {
		.key = GO_REG0(ctx),
		.buf = GO_REG1(ctx),
		.n = GO_REG2(ctx),
		.dir = DIR_WRITE,
		.stack = GO_STACK,
	};
	struct conn *c = conn_find(tgid, d.key);

	if ((!c && !is_target(tgid)) || (__s64)d.n <= 0)
		return 0;
	d.entry_ns = bpf_ktime_get_ns();
	if (!c || c->proto == PROTO_CLOSED) {
		if (go_unshaken(d.key)) {
			struct go_key key = {.g = GO_G(ctx), .tgid = tgid};
			struct go_call call = {
				.conn = d.key, .buf = d.buf, .n = d.n, .entry_ns = d.entry_ns};

			bpf_map_update_elem(&go_calls, &key, &call, BPF_ANY);
			return 0;
		}
		if (c)
			return 0;
	}
	deliver(c, tgid, &d, has_loop);
	return 0;
}

static __always_inline int go_handshake(struct pt_regs *ctx, __u32 tgid, bool has_loop)
{
	struct go_key key = {.g = GO_G(ctx), .tgid = tgid};
	struct delivery d = {.key = GO_REG0(ctx), .dir = DIR_WRITE, .stack = GO_STACK};
	struct go_call *call;
	struct conn *c;

	if (!conn_find(tgid, d.key) && !is_target(tgid))
		return 0;
	conn_end(tgid, d.key, 0);
	c = conn_begin(tgid, d.key, GO_STACK, true);
	call = bpf_map_lookup_elem(&go_calls, &key);
	if (!call)
		return 0;
	/* The Write that waits for this. Its buffer may have moved with the stack since. */
	d.buf = call->buf;
	d.n = call->n;
	d.entry_ns = call->entry_ns;
	if (call->conn == d.key && c)
		deliver(c, tgid, &d, has_loop);
	bpf_map_delete_elem(&go_calls, &key);
	return 0;
}

static __always_inline int go_read(struct pt_regs *ctx, __u32 tgid)
{
	struct go_bounds stack;
	struct go_key key;
	struct go_call call = {.conn = GO_REG0(ctx), .buf = GO_REG1(ctx), .n = GO_REG2(ctx)};

	if (!conn_find(tgid, call.conn) && !is_target(tgid))
		return 0;
	if (!go_key(ctx, tgid, &stack, &key))
		return 0;
	/* Buffers may be on the stack where the compiler sees that Read keeps none. */
	if (call.buf >= stack.lo && call.buf < stack.hi) {
		call.on_stack = 1;
		call.buf = stack.hi - call.buf;
	}
	call.entry_ns = bpf_ktime_get_ns();
	if (bpf_map_update_elem(&go_calls, &key, &call, BPF_ANY))
		count(COUNT_NO_STATE, 1);
	return 0;
}

/* A Read that was waiting when the probes came: the compiler keeps a method's arguments in the
 * caller's frame, above the return address. They are believed only if they name a connection that
 * is known. */
static __always_inline bool go_read_late(__u32 tgid, __u64 sp, const struct go_bounds *stack,
					 __u64 n, struct go_call *ret)
{
	__u64 arg[3];
	struct conn *c;

	if (bpf_probe_read_user(arg, sizeof(arg), (void *)(sp + 8)))
		return false;
	c = conn_find(tgid, arg[0]);
	if (!c || c->stack != GO_STACK || n > arg[2] || (arg[1] >= stack->lo && arg[1] < stack->hi))
		return false;
	ret->conn = arg[0];
	ret->buf = arg[1];
	ret->entry_ns = bpf_ktime_get_ns();
	ret->on_stack = 0;
	return true;
}

static __always_inline int go_read_done(struct pt_regs *ctx, bool has_loop)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	__u64 n = GO_REG0(ctx), failed = GO_REG1(ctx);
	struct delivery d = {.dir = DIR_READ, .stack = GO_STACK};
	struct go_call *found, call = {};
	struct go_bounds stack;
	struct go_key key;
	struct conn *c;

	if (!go_key(ctx, tgid, &stack, &key))
		return 0;
	found = bpf_map_lookup_elem(&go_calls, &key);
	if (found) {
		call = *found;
		bpf_map_delete_elem(&go_calls, &key);
	} else if (!is_target(tgid)) {
		return 0;
	} else if (!go_read_late(tgid, GO_SP(ctx), &stack, n, &call)) {
		count(COUNT_NO_ENTRY, 1);
		return 0;
	}
	c = conn_find(tgid, call.conn);
	if (c && c->proto == PROTO_CLOSED)
		return 0;
	if ((__s64)n <= 0) {
		/* The peer's end, a deadline, a reset: Go does not say which in a register. */
		if (c && failed)
			c->read_fails++;
		return 0;
	}
	d.key = call.conn;
	d.buf = call.on_stack ? stack.hi - call.buf : call.buf;
	d.n = n;
	d.entry_ns = call.entry_ns;
	deliver(c, tgid, &d, has_loop);
	return 0;
}

static __always_inline int go_close(struct pt_regs *ctx, __u32 tgid)
{
	struct conn *c = conn_find(tgid, GO_REG0(ctx));

	if (c && c->proto != PROTO_CLOSED)
		go_closed(tgid, GO_REG0(ctx));
	return 0;
}

/* Behind the look at the stack's room, which may have begun the function anew: once for each call.
 */
static __always_inline int go_entry(struct pt_regs *ctx, __u8 fn, bool has_loop)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;

	switch (fn) {
	case FN_GO_READ:
		return go_read(ctx, tgid);
	case FN_GO_WRITE:
		return go_write(ctx, tgid, has_loop);
	case FN_GO_HANDSHAKE:
		return go_handshake(ctx, tgid, has_loop);
	case FN_GO_CLOSE:
		return go_close(ctx, tgid);
	}
	return 0;
}

#endif
