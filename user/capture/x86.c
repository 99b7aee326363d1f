// SPDX-License-Identifier: Apache-2.0
#include "capture/x86.h"

#include <capstone/capstone.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_MAX 48

struct x86 {
	csh cs;
	cs_insn *insn;
};

/* The sixteen general registers under the one name that values are kept by. */
static const struct {
	uint8_t name[4]; /* 64, 32, 16, 8 bits; X86_REG_* fits */
	uint8_t high;	 /* ah and so on */
} regs[] = {
	{{X86_REG_RDI, X86_REG_EDI, X86_REG_DI, X86_REG_DIL}, 0},
	{{X86_REG_RSI, X86_REG_ESI, X86_REG_SI, X86_REG_SIL}, 0},
	{{X86_REG_RDX, X86_REG_EDX, X86_REG_DX, X86_REG_DL}, X86_REG_DH},
	{{X86_REG_RCX, X86_REG_ECX, X86_REG_CX, X86_REG_CL}, X86_REG_CH},
	{{X86_REG_R8, X86_REG_R8D, X86_REG_R8W, X86_REG_R8B}, 0},
	{{X86_REG_R9, X86_REG_R9D, X86_REG_R9W, X86_REG_R9B}, 0},
	{{X86_REG_RAX, X86_REG_EAX, X86_REG_AX, X86_REG_AL}, X86_REG_AH},
	{{X86_REG_RBX, X86_REG_EBX, X86_REG_BX, X86_REG_BL}, X86_REG_BH},
	{{X86_REG_RBP, X86_REG_EBP, X86_REG_BP, X86_REG_BPL}, 0},
	{{X86_REG_RSP, X86_REG_ESP, X86_REG_SP, X86_REG_SPL}, 0},
	{{X86_REG_R10, X86_REG_R10D, X86_REG_R10W, X86_REG_R10B}, 0},
	{{X86_REG_R11, X86_REG_R11D, X86_REG_R11W, X86_REG_R11B}, 0},
	{{X86_REG_R12, X86_REG_R12D, X86_REG_R12W, X86_REG_R12B}, 0},
	{{X86_REG_R13, X86_REG_R13D, X86_REG_R13W, X86_REG_R13B}, 0},
	{{X86_REG_R14, X86_REG_R14D, X86_REG_R14W, X86_REG_R14B}, 0},
	{{X86_REG_R15, X86_REG_R15D, X86_REG_R15W, X86_REG_R15B}, 0},
};

#define N_REGS ((int)(sizeof(regs) / sizeof(regs[0])))
#define RSP 9
#define NUM 2 /* the argument that is an int in one function and a size_t in the next */

struct frame {
	enum x86_value v[N_REGS];
	bool sp_moved;
};

int x86__new(struct x86 **ret)
{
	struct x86 *x = calloc(1, sizeof(*x));

	if (!x)
		return -ENOMEM;
	if (cs_open(CS_ARCH_X86, CS_MODE_64, &x->cs) != CS_ERR_OK) {
		free(x);
		return -ENOMEM;
	}
	cs_option(x->cs, CS_OPT_DETAIL, CS_OPT_ON);
	x->insn = cs_malloc(x->cs);
	if (!x->insn) {
		x86__free(x);
		return -ENOMEM;
	}
	*ret = x;
	return 0;
}

void x86__free(struct x86 *x)
{
	if (!x)
		return;
	if (x->insn)
		cs_free(x->insn, 1);
	cs_close(&x->cs);
	free(x);
}

bool x86__endbr64(const uint8_t *code, size_t n)
{
	return n >= 4 && !memcmp(code, "\xf3\x0f\x1e\xfa", 4);
}

/* Nops of several bytes are emulated from Linux 6.18 on only (and refused with a segment prefix),
 * so they count as dear. */
bool x86__emulated(const uint8_t *code, size_t n)
{
	if (n >= 1 && (code[0] == 0x90 || (code[0] & 0xf8) == 0x50))
		return true; /* nop, push */
	if (n >= 2 && code[0] == 0x41 && (code[1] & 0xf8) == 0x50)
		return true; /* push r8-r15 */
	if (n >= 2 && code[0] == 0x66 && code[1] == 0x90)
		return true; /* xchg %ax,%ax */
	if (n >= 2 && (code[0] == 0xeb || (code[0] & 0xf0) == 0x70))
		return true; /* jmp, jcc of one byte */
	if (n >= 5 && (code[0] == 0xe8 || code[0] == 0xe9))
		return true;					      /* call, jmp */
	return n >= 6 && code[0] == 0x0f && (code[1] & 0xf0) == 0x80; /* jcc */
}

static int reg_index(x86_reg reg)
{
	int i, j;

	if (reg == X86_REG_INVALID)
		return -1;
	for (i = 0; i < N_REGS; i++) {
		if (regs[i].high == reg)
			return i;
		for (j = 0; j < 4; j++)
			if (regs[i].name[j] == reg)
				return i;
	}
	return -1;
}

static void frame_init(struct frame *f)
{
	int i;

	for (i = 0; i < N_REGS; i++)
		f->v[i] = i < X86_ARGS ? (enum x86_value)i : X86_UNKNOWN;
	f->v[RSP] = X86_STACK;
	f->sp_moved = false;
}

/* What copying a register of that size carries over. */
static enum x86_value copied(const struct frame *f, const cs_x86_op *src)
{
	int i = reg_index(src->reg);

	if (i < 0)
		return X86_UNKNOWN;
	if (src->size == 8 || (src->size == 4 && (f->v[i] == NUM || f->v[i] == X86_CONST)))
		return f->v[i];
	return X86_UNKNOWN;
}

static bool set(struct frame *f, const cs_x86_op *dst, enum x86_value v)
{
	int i = dst->type == X86_OP_REG ? reg_index(dst->reg) : -1;

	if (i < 0 || i == RSP || dst->size < 4)
		return false;
	f->v[i] = v;
	return true;
}

/* Instructions whose effect on values is known. False: it is not one of them. */
static bool step_known(struct frame *f, const cs_insn *in)
{
	const cs_x86 *x = &in->detail->x86;
	const cs_x86_op *dst = &x->operands[0], *src = &x->operands[1];
	int base;

	if (in->id == X86_INS_PUSH) {
		f->sp_moved = true;
		return true;
	}
	if (x->op_count != 2)
		return false;
	if (in->id == X86_INS_SUB && dst->type == X86_OP_REG && dst->reg == X86_REG_RSP &&
	    src->type == X86_OP_IMM) {
		f->sp_moved = true;
		return true;
	}
	if ((in->id == X86_INS_MOV || in->id == X86_INS_MOVSXD) && src->type == X86_OP_REG)
		return set(f, dst, copied(f, src));
	if ((in->id == X86_INS_MOV || in->id == X86_INS_MOVABS) && src->type == X86_OP_IMM)
		return set(f, dst, X86_CONST);
	if (in->id == X86_INS_XOR && src->type == X86_OP_REG && dst->type == X86_OP_REG &&
	    src->reg == dst->reg)
		return set(f, dst, X86_CONST);
	if (in->id == X86_INS_LEA && src->type == X86_OP_MEM) {
		base = reg_index(src->mem.base);
		return set(f, dst,
			   base >= 0 && f->v[base] == X86_STACK && src->mem.index == X86_REG_INVALID
				   ? X86_STACK
				   : X86_UNKNOWN);
	}
	return false;
}

/* Any other instruction: what it writes is unknown afterwards. False: it touches the stack pointer
 * or nobody knows what it writes. */
static bool step_other(const struct x86 *x, struct frame *f, const cs_insn *in)
{
	cs_regs read, wrote;
	uint8_t n_read, n_wrote, i;
	int r;

	if (cs_regs_access(x->cs, in, read, &n_read, wrote, &n_wrote) != CS_ERR_OK)
		return false;
	for (i = 0; i < n_wrote; i++) {
		r = reg_index(wrote[i]);
		if (r == RSP)
			return false;
		if (r >= 0)
			f->v[r] = X86_UNKNOWN;
	}
	return true;
}

static bool leaves(const struct x86 *x, const cs_insn *in)
{
	return cs_insn_group(x->cs, in, X86_GRP_RET) || cs_insn_group(x->cs, in, X86_GRP_INT) ||
	       cs_insn_group(x->cs, in, X86_GRP_IRET) || in->id == X86_INS_SYSCALL ||
	       in->id == X86_INS_HLT || in->id == X86_INS_UD2;
}

static bool is_jump(const struct x86 *x, const cs_insn *in)
{
	return cs_insn_group(x->cs, in, X86_GRP_JUMP);
}

static bool is_jmp(const cs_insn *in)
{
	return in->id == X86_INS_JMP || in->id == X86_INS_LJMP;
}

static bool args_kept(const struct frame *f)
{
	int i;

	for (i = 0; i < X86_ARGS; i++)
		if (f->v[i] != (enum x86_value)i)
			return false;
	return !f->sp_moved;
}

/* Does a jump inside the function come back to its first until bytes? Then a probe there would see
 * more than entries. The bytes may end in the middle of the function: what is seen is looked at. */
static bool jumped_to(struct x86 *x, const uint8_t *code, size_t n, uint64_t vaddr, size_t until)
{
	uint64_t at = vaddr, target;
	const cs_x86 *d;

	while (cs_disasm_iter(x->cs, &code, &n, &at, x->insn)) {
		d = &x->insn->detail->x86;
		if (!is_jump(x, x->insn) || d->op_count != 1 || d->operands[0].type != X86_OP_IMM)
			continue;
		target = (uint64_t)d->operands[0].imm;
		if (target >= vaddr && target - vaddr <= until)
			return true;
	}
	return false;
}

int x86__cheap_entry(struct x86 *x, const uint8_t *code, size_t n, uint64_t vaddr)
{
	const uint8_t *p = code;
	uint64_t at = vaddr;
	size_t left = n, off;
	struct frame f;
	int i;

	frame_init(&f);
	for (i = 0; i < STEPS_MAX; i++) {
		off = p - code;
		if (x86__emulated(p, left))
			return off && jumped_to(x, code, n, vaddr, off) ? -ENOENT : (int)off;
		if (x86__endbr64(p, left)) {
			p += 4, left -= 4, at += 4;
			continue;
		}
		if (!cs_disasm_iter(x->cs, &p, &left, &at, x->insn))
			return -ENOENT;
		if (leaves(x, x->insn) || is_jump(x, x->insn) ||
		    cs_insn_group(x->cs, x->insn, X86_GRP_CALL))
			return -ENOENT;
		if (!step_known(&f, x->insn) && !step_other(x, &f, x->insn))
			return -ENOENT;
		if (!args_kept(&f))
			return -ENOENT;
	}
	return -ENOENT;
}

int x86__first_call(struct x86 *x, const uint8_t *code, size_t n, uint64_t vaddr, uint64_t size,
		    const char **ret_why, struct x86_call *ret)
{
	const cs_insn *in = x->insn;
	const cs_x86 *d;
	struct frame f;
	uint64_t at = vaddr, target;
	bool jmp;
	int i;

	frame_init(&f);
	for (i = 0; i < STEPS_MAX; i++) {
		if (x86__endbr64(code, n)) {
			code += 4, n -= 4, at += 4;
			continue;
		}
		*ret_why = "no call found";
		if (!cs_disasm_iter(x->cs, &code, &n, &at, x->insn) || leaves(x, in))
			return -ENOENT;
		d = &in->detail->x86;
		jmp = is_jmp(in);
		if (jmp || cs_insn_group(x->cs, in, X86_GRP_CALL)) {
			*ret_why = "the first call is indirect";
			if (d->op_count != 1 || d->operands[0].type != X86_OP_IMM)
				return -ENOENT;
			target = (uint64_t)d->operands[0].imm;
			*ret_why = "it jumps before it calls";
			if (jmp && (f.sp_moved || (target >= vaddr && target - vaddr < size)))
				return -ENOENT;
			memcpy(ret->arg, f.v, sizeof(ret->arg));
			ret->target = target;
			ret->tail = jmp;
			return 0;
		}
		if (is_jump(x, in))
			continue; /* error paths branch off */
		*ret_why = "an instruction before the call is not understood";
		if (!step_known(&f, in) && !step_other(x, &f, in))
			return -ENOENT;
	}
	*ret_why = "no call near its entry";
	return -ENOENT;
}

int x86__plt_slot(const uint8_t *code, size_t n, uint64_t vaddr, uint64_t *ret)
{
	const uint8_t *p = code;
	int32_t rel;

	if (x86__endbr64(p, n))
		p += 4;
	if (n - (p - code) >= 1 && *p == 0xf2)
		p++; /* bnd */
	if (n - (p - code) < 6 || p[0] != 0xff || p[1] != 0x25)
		return -ENOENT;
	memcpy(&rel, p + 2, sizeof(rel));
	*ret = vaddr + (p - code) + 6 + (int64_t)rel;
	return 0;
}

/* The length of the instruction that code begins with; 0: none. */
static size_t length_of(struct x86 *x, const uint8_t *code, size_t n)
{
	const uint8_t *p = code;
	uint64_t at = 0;

	if (x86__endbr64(code, n))
		return 4;
	return cs_disasm_iter(x->cs, &p, &n, &at, x->insn) ? (size_t)(p - code) : 0;
}

bool x86__boundary(struct x86 *x, const uint8_t *code, size_t n, size_t at)
{
	unsigned int there = 0, past = 0;
	size_t k, length;

	if (at >= n || !length_of(x, code + at, n - at))
		return false;
	for (size_t start = 0; start < at; start++) {
		for (k = start; k < at; k += length) {
			length = length_of(x, code + k, n - k);
			if (!length)
				break;
		}
		there += k == at;
		past += k > at;
	}
	return there >= past;
}

int x86__rets(struct x86 *x, const uint8_t *code, size_t n, uint64_t vaddr,
	      int (*ret_fn)(void *ctx, size_t offset), void *ctx)
{
	const uint8_t *p = code;
	const cs_insn *in = x->insn;
	uint64_t at = vaddr, target;
	size_t left = n, off;
	const cs_x86 *d;
	int tail = 0, err;

	while (left) {
		off = p - code;
		if (x86__endbr64(p, left)) {
			p += 4, left -= 4, at += 4;
			continue;
		}
		if (!cs_disasm_iter(x->cs, &p, &left, &at, x->insn))
			return -ENOEXEC;
		if (cs_insn_group(x->cs, in, X86_GRP_RET)) {
			err = ret_fn(ctx, off);
			if (err)
				return err;
		}
		if (!is_jump(x, in))
			continue;
		d = &in->detail->x86;
		target = d->op_count == 1 && d->operands[0].type == X86_OP_IMM
				 ? (uint64_t)d->operands[0].imm
				 : 0;
		if (target < vaddr || target - vaddr >= n)
			tail = 1;
	}
	return tail;
}
