/* SPDX-License-Identifier: Apache-2.0 */
/* x86.h: follows the first instructions of an x86-64 function, as far as it takes to know where
 * its arguments are. Code is hostile input: bounded steps, and doubt is an answer. */
#ifndef LLMSNOOP_X86_H
#define LLMSNOOP_X86_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define X86_ARGS 6 /* rdi, rsi, rdx, rcx, r8, r9 */

/* What a register holds, told from the function's entry. */
enum x86_value {
	X86_ARG0, /* … X86_ARG0 + 5: that argument (or the integer in its low half) */
	X86_UNKNOWN = X86_ARGS,
	X86_STACK, /* an address in this function's stack frame */
	X86_CONST,
};

/* The first direct call or tail jump on the path that takes no branch. */
struct x86_call {
	uint64_t target;
	enum x86_value arg[X86_ARGS];
	bool tail;
};

struct x86;

int x86__new(struct x86 **ret); /* -ENOMEM */
void x86__free(struct x86 *x);	/* NULL is fine */

/* Does the kernel emulate the instruction that code begins with? */
bool x86__emulated(const uint8_t *code, size_t n);
bool x86__endbr64(const uint8_t *code, size_t n);

/* How far into the function the first emulated instruction is before which no branch, argument or
 * stack pointer changed; -ENOENT: there is none. */
int x86__cheap_entry(struct x86 *x, const uint8_t *code, size_t n, uint64_t vaddr);

/* Follows the function at vaddr (of size bytes, 0: unknown) to its first call. -ENOENT: something
 * on the way left the arguments in doubt; ret_why says what (static storage). */
int x86__first_call(struct x86 *x, const uint8_t *code, size_t n, uint64_t vaddr, uint64_t size,
		    const char **ret_why, struct x86_call *ret);

/* If code is a PLT entry ([endbr64] [bnd] jmp *slot(%rip)): the slot's address. -ENOENT. */
int x86__plt_slot(const uint8_t *code, size_t n, uint64_t vaddr, uint64_t *ret);

/* May an instruction begin at code + at, judged by where decoding from each of the bytes before it
 * leads? Streams of x86 instructions fall into step within a few, so most ways lead there or past
 * it. */
bool x86__boundary(struct x86 *x, const uint8_t *code, size_t n, size_t at);

/* Calls ret_fn for each return instruction (its offset) of the n bytes of a whole function. Returns
 * 1 when a jump leaves or may leave it, 0 when none does, -ENOEXEC. */
int x86__rets(struct x86 *x, const uint8_t *code, size_t n, uint64_t vaddr,
	      int (*ret_fn)(void *ctx, size_t offset), void *ctx);

#endif
