/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/* rustls.bpf.h: rustls 0.23, at the two functions through which every record goes, whoever drives
 * the library: MessageEncrypter::encrypt and MessageDecrypter::decrypt of the cipher in use. They
 * are called through vtables, so no compiler inlines them.
 *
 * The structures that make up a connection move in memory while it lives, but encrypter and
 * decrypter are boxed and stay where they are until the keys change: the decrypter's address names
 * the connection. An encrypt call shows the encrypter alone. Its caller has just taken it out of
 * the RecordLayer, where the decrypter is beside it, and will need the same object to queue what
 * was encrypted; so the address of something around that RecordLayer is in a register that is
 * preserved, or on the stack. Where, depends on the build: it is found out at the first call from a
 * place and proven again at each. */
#ifndef LLMSNOOP_RUSTLS_BPF_H
#define LLMSNOOP_RUSTLS_BPF_H

#include "tls.bpf.h"
#include "deliver.bpf.h"
#include "sock.bpf.h"

/* rustls src/enums.rs: ContentType, as the compiler numbers it; behind these come unknown ones. */
enum rust_content {
	RUST_CHANGE_CIPHER_SPEC,
	RUST_ALERT,
	RUST_HANDSHAKE,
	RUST_APPLICATION_DATA,
	RUST_HEARTBEAT,
	RUST_UNKNOWN,
};

/* No record holds more plaintext (RFC 8446, 5.1). */
#define RUST_RECORD_MAX (16 * 1024)
/* What TLS adds to it at most: nonce, tag, inner type and padding (5.2). */
#define RUST_RECORD_EXTRA 256

/* msgs/message/outbound.rs: OutboundPlainMessage, its OutboundChunks first. chunks is 0 where there
 * is a single slice, whose address and length follow. */
struct rust_plain {
	__u64 chunks; /* address of slices */
	__u64 count;
	__u64 start; /* of what this record carries, among the bytes of all slices */
	__u64 end;
	__u8 typ;
	__u8 rest[7];
};

struct rust_slice {
	__u64 ptr;
	__u64 len;
};

/* msgs/message/inbound.rs: Result<InboundPlainMessage, Error> at the return of decrypt. */
struct rust_decrypted {
	__u8 tag; /* which error, or past those that decrypt returns */
	__u8 rest[7];
	__u64 ptr;
	__u64 len;
	__u8 typ;
	__u8 rest2[7];
};

/* Errors are numbered from 0; PeerSentOversizedRecord is the last that decrypt returns. */
#define RUST_ERROR_LAST 0x11

/* record_layer.rs: the part of RecordLayer that matters. */
struct rust_layer {
	__u64 enc, enc_vtable;
	__u64 dec, dec_vtable;
	__u64 write_seq_max;
	__u64 write_seq; /* of the next record: incremented before the call */
	__u64 read_seq;
};

struct rust_vtable {
	__u64 drop;
	__u64 size;
	__u64 align;
	__u64 fn;
};

/* Where the callers at one return address have the address from which a RecordLayer is found. */
struct rust_place {
	__u32 slot;   /* below RUST_REGS: a register; else a word of the stack */
	__u32 offset; /* of the RecordLayer's encrypter from there */
	__u32 failed; /* searches in vain */
	__u32 known;
};

/* What is known of a connection beside its struct conn. */
struct rust_conn {
	__u64 enc;
	__u64 next_read; /* sequence number of the next record; 0: none was read */
	__u8 written;
	__u8 started; /* its first record was seen, and nothing was delivered yet */
	__u8 reserved[6];
};

/* Keys are struct conn_key: return address, function, or decrypter, and the process. */
struct rust_places_map {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct conn_key);
	__type(value, struct rust_place);
};
struct rust_conns_map {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct conn_key);
	__type(value, struct rust_conn);
};
struct rust_misfits_map {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct conn_key);
	__type(value, __u32);
};
extern struct rust_places_map rust_places SEC(".maps");
extern struct rust_conns_map rust_conns SEC(".maps");
extern struct rust_misfits_map rust_misfits SEC(".maps");

#define RUST_MISFITS_MAX 4   /* then the function is none that we know, in that process */
#define RUST_SEARCHES_MAX 16 /* in vain, for one place of one process */
#define RUST_LOOK_BYTES 2048 /* how far behind an address a RecordLayer is looked for */
#define RUST_STACK_WORDS 64
#define RUST_SLICES_MAX 64 /* of one record; the rest is a gap */

/* Arguments of fn(&mut self, message, seq) -> a structure in memory, and the registers that a
 * function preserves. */
#if defined(__TARGET_ARCH_x86)
#define RUST_RESULT(ctx) PT_REGS_PARM1(ctx)
#define RUST_SELF(ctx) PT_REGS_PARM2(ctx)
#define RUST_MSG(ctx) PT_REGS_PARM3(ctx)
#define RUST_SEQ(ctx) PT_REGS_PARM4(ctx)
#define RUST_REGS 6
#define RUST_STACK_SKIP 1 /* the return address */

static __always_inline __u64 rust_reg(struct pt_regs *ctx, __u32 i)
{
	__u64 bx = ctx->bx, bp = ctx->bp, r12 = ctx->r12, r13 = ctx->r13, r14 = ctx->r14,
	      r15 = ctx->r15;

	/* Loaded before the choice, see tls_entry. */
	barrier_var(bx);
	barrier_var(bp);
	barrier_var(r12);
	barrier_var(r13);
	barrier_var(r14);
	barrier_var(r15);
	return i == 0 ? bx : i == 1 ? bp : i == 2 ? r12 : i == 3 ? r13 : i == 4 ? r14 : r15;
}

static __always_inline __u64 rust_return_address(struct pt_regs *ctx)
{
	__u64 ra = 0;

	bpf_probe_read_user(&ra, sizeof(ra), (void *)PT_REGS_SP(ctx));
	return ra;
}
#elif defined(__TARGET_ARCH_arm64)
/* AAPCS64, 6.9: x8 holds the address of the result. */
#define RUST_RESULT(ctx) ((ctx)->user_regs.regs[8])
#define RUST_SELF(ctx) PT_REGS_PARM1(ctx)
#define RUST_MSG(ctx) PT_REGS_PARM2(ctx)
#define RUST_SEQ(ctx) PT_REGS_PARM3(ctx)
#define RUST_REGS 11 /* x19 to x29 */
#define RUST_STACK_SKIP 0

static __always_inline __u64 rust_reg(struct pt_regs *ctx, __u32 i)
{
	__u64 v = 0;

#pragma unroll
	for (__u32 k = 0; k < RUST_REGS; k++) {
		__u64 one = ctx->user_regs.regs[19 + k];

		barrier_var(one);
		if (k == i)
			v = one;
	}
	return v;
}

static __always_inline __u64 rust_return_address(struct pt_regs *ctx)
{
	return ctx->user_regs.regs[30];
}
#endif

/* What a place of the caller's holds. */
static __always_inline __u64 rust_slot(struct pt_regs *ctx, __u32 slot)
{
	__u64 at = PT_REGS_SP(ctx) + 8 * (RUST_STACK_SKIP + (__u64)slot - RUST_REGS), v = 0;

	if (slot < RUST_REGS)
		return rust_reg(ctx, slot);
	bpf_probe_read_user(&v, sizeof(v), (void *)at);
	return v;
}

/* The RecordLayer from which this very call took its encrypter? */
static __always_inline bool rust_layer_read(__u64 at, __u64 enc, __u64 seq, struct rust_layer *ret)
{
	return !bpf_probe_read_user(ret, sizeof(*ret), (void *)at) && ret->enc == enc && ret->dec &&
	       ret->write_seq == seq + 1;
}

/* Not static, so that verifiers look at it once and not at each of its calls. ip: where the encrypt
 * function is. 1: there is a RecordLayer at that address, proven by its vtables. */
__noinline int rust_is_layer(__u64 at, __u64 enc, __u64 seq, __u64 ip)
{
	struct rust_vtable e, d;
	struct rust_layer l;
	__u64 apart;

	if (!rust_layer_read(at, enc, seq, &l) ||
	    bpf_probe_read_user(&e, sizeof(e), (void *)l.enc_vtable) ||
	    bpf_probe_read_user(&d, sizeof(d), (void *)l.dec_vtable))
		return 0;
	/* The probe may sit a little behind the function's first instruction. */
	if (ip - e.fn > 16 || !d.fn || d.align != e.align)
		return 0;
	/* Two halves of one cipher: much alike, and from one place of the program. */
	apart = d.size > e.size ? d.size - e.size : e.size - d.size;
	if (apart > 64)
		return 0;
	apart = l.dec_vtable > l.enc_vtable ? l.dec_vtable - l.enc_vtable
					    : l.enc_vtable - l.dec_vtable;
	return apart < 4096;
}

/* How far behind base the RecordLayer is; -1: not near. */
__noinline int rust_look(__u64 base, __u64 enc, __u64 seq, __u64 ip)
{
	__u64 w[8];

	if (base & 7 || base < 4096)
		return -1;
	for (__u32 at = 0; at < RUST_LOOK_BYTES; at += sizeof(w)) {
		if (bpf_probe_read_user(w, sizeof(w), (void *)(base + at)))
			return -1;
#pragma unroll
		for (int k = 0; k < 8; k++)
			if (w[k] == enc && rust_is_layer(base + at + k * 8, enc, seq, ip))
				return at + k * 8;
	}
	return -1;
}

/* Looks for the RecordLayer of an encrypt call in all that the caller holds. 1: found, and kept. */
static __noinline int rust_search(struct pt_regs *ctx)
{
	struct conn_key key = {.ssl = rust_return_address(ctx)};
	struct rust_place *old, p = {};

	key.tgid = bpf_get_current_pid_tgid() >> 32;
	old = bpf_map_lookup_elem(&rust_places, &key);
	if (old && old->failed >= RUST_SEARCHES_MAX)
		return 0;
	p.failed = old ? old->failed + 1 : 1;
	for (__u32 i = 0; i < RUST_REGS + RUST_STACK_WORDS; i++) {
		int offset = rust_look(rust_slot(ctx, i), RUST_SELF(ctx), RUST_SEQ(ctx),
				       PT_REGS_IP(ctx));

		if (offset >= 0) {
			p = (struct rust_place){.slot = i, .offset = offset, .known = 1};
			break;
		}
	}
	bpf_map_update_elem(&rust_places, &key, &p, BPF_ANY);
	return p.known;
}

/* A function whose arguments are not what they should be is another, or of another version. ip: the
 * low half of where it is. */
static __always_inline int rust_misfit(__u32 tgid, __u32 ip)
{
	struct conn_key key = {.ssl = ip, .tgid = tgid};
	__u32 one = 1, *n = bpf_map_lookup_elem(&rust_misfits, &key);

	if (n)
		__sync_fetch_and_add(n, 1);
	else
		bpf_map_update_elem(&rust_misfits, &key, &one, BPF_ANY);
	count(COUNT_MISFIT, 1);
	return 1;
}

static __always_inline bool rust_is_off(__u32 tgid, __u32 ip)
{
	struct conn_key key = {.ssl = ip, .tgid = tgid};
	__u32 *n = bpf_map_lookup_elem(&rust_misfits, &key);

	return n && *n >= RUST_MISFITS_MAX;
}

static __always_inline struct rust_conn *rust_begin(__u32 tgid, __u64 dec, bool started)
{
	struct conn_key key = {.ssl = dec, .tgid = tgid};
	struct rust_conn fresh = {.started = started};

	conn_end(tgid, dec, 0);
	if (bpf_map_update_elem(&rust_conns, &key, &fresh, BPF_ANY)) {
		count(COUNT_NO_STATE, 1);
		return NULL;
	}
	return bpf_map_lookup_elem(&rust_conns, &key);
}

/* The memory of decrypters is used again, and nobody says when a connection ends; but its records
 * are numbered from 0 in each direction. */
static __always_inline struct rust_conn *rust_wrote(__u32 tgid, const struct rust_layer *l,
						    __u64 seq)
{
	struct conn_key key = {.ssl = l->dec, .tgid = tgid};
	struct rust_conn *r = bpf_map_lookup_elem(&rust_conns, &key);
	bool again = false;

	if (r && r->enc && r->enc != l->enc)
		/* A KeyUpdate of ours changes the encrypter alone (RFC 8446, 4.6.3). */
		again = !r->next_read || l->read_seq != r->next_read;
	else if (r)
		again = seq == 0 && r->written;
	if (!r || again)
		r = rust_begin(tgid, l->dec, seq == 0);
	if (r) {
		r->enc = l->enc;
		r->written = 1;
	}
	return r;
}

static __always_inline struct rust_conn *rust_read(__u32 tgid, __u64 dec, __u64 seq)
{
	struct conn_key key = {.ssl = dec, .tgid = tgid};
	struct rust_conn *r = bpf_map_lookup_elem(&rust_conns, &key);

	if (!r || (seq == 0 && r->next_read))
		r = rust_begin(tgid, dec, seq == 0);
	if (r)
		r->next_read = seq + 1;
	return r;
}

/* Its own function because a whole struct conn lives on its stack. */
static __noinline int rust_conn_begin(__u64 dec, __u8 stack)
{
	struct conn_key key = {.ssl = dec};
	struct rust_conn *r;

	key.tgid = bpf_get_current_pid_tgid() >> 32;
	r = bpf_map_lookup_elem(&rust_conns, &key);
	if (!conn_begin(key.tgid, dec, stack, r && r->started))
		return -1;
	if (r)
		r->started = 0;
	return 0;
}

#define RUST_META(dir, stack, gap) ((__u32)(dir) | (__u32)(stack) << 8 | (__u32)(gap) << 16)

/* Hands over bytes of a connection. A record is no longer than a chunk, so no loop is needed. Not
 * static: see rust_is_layer. */
__noinline int rust_deliver(__u64 dec, __u64 buf, __u64 n, __u64 entry_ns, __u32 meta)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	struct conn *c = conn_find(tgid, dec);
	struct delivery d = {
		.key = dec,
		.buf = buf,
		.n = n,
		.entry_ns = entry_ns,
		.dir = meta & 1,
		.stack = meta >> 8 & 0xff,
		.gap = meta >> 16 & 1,
	};

	if (!n)
		return 0;
	if (!c && !rust_conn_begin(dec, d.stack))
		c = conn_find(tgid, dec);
	if (c)
		deliver(c, tgid, &d, false);
	return 0;
}

/* An alert: either side's last word, but for the two warnings that are none (RFC 8446, 6). */
static __always_inline void rust_alert(__u32 tgid, __u64 dec, __u64 buf, __u64 n, bool peer)
{
	__u8 alert[2]; /* level, description */

	if (n != sizeof(alert) || bpf_probe_read_user(alert, sizeof(alert), (void *)buf))
		return;
	if (alert[1] == 0)
		conn_end(tgid, dec, peer ? CLOSE_EOF : 0);
	else if (alert[0] == 2)
		conn_end(tgid, dec, 0);
}

/* The slices of a record, from start to end among the bytes of all. */
static __always_inline void rust_slices(const struct rust_plain *m, __u64 dec, __u64 now,
					__u8 stack)
{
	__u64 at = 0, done = m->start;

	for (__u32 i = 0; i < RUST_SLICES_MAX; i++) {
		struct rust_slice s;
		__u64 from, to;

		if (i >= m->count || done >= m->end ||
		    bpf_probe_read_user(&s, sizeof(s), (void *)(m->chunks + i * sizeof(s))) ||
		    s.len > 1ULL << 40)
			break;
		from = done > at ? done - at : 0;
		to = m->end - at < s.len ? m->end - at : s.len;
		if (from < to) {
			rust_deliver(dec, s.ptr + from, to - from, now,
				     RUST_META(DIR_WRITE, stack, 0));
			done = at + to;
		}
		at += s.len;
	}
	if (done < m->end)
		rust_deliver(dec, 0, m->end - done, now, RUST_META(DIR_WRITE, stack, 1));
}

/* The connection (its decrypter) of an encrypt call; 0: not known. Functions of their own, so that
 * what they keep on the stack is not there while bytes are handed over. */
static __noinline __u64 rust_writer(struct pt_regs *ctx)
{
	struct conn_key key = {.ssl = rust_return_address(ctx)};
	struct rust_layer layer;
	struct rust_place *p;

	key.tgid = bpf_get_current_pid_tgid() >> 32;
	p = bpf_map_lookup_elem(&rust_places, &key);
	if (!p || !p->known ||
	    !rust_layer_read(rust_slot(ctx, p->slot) + p->offset, RUST_SELF(ctx), RUST_SEQ(ctx),
			     &layer))
		return 0;
	return rust_wrote(key.tgid, &layer, RUST_SEQ(ctx)) ? layer.dec : 0;
}

/* What is encrypted now is sent later. Of several records that wait, the first begins the send. */
static __noinline int rust_expect(__u64 dec, __u64 n)
{
	struct sock_thread *t = cfg_socks ? sock_thread_get(false) : NULL;
	struct conn *c = conn_find(bpf_get_current_pid_tgid() >> 32, dec);

	if (!(c && c->peer) && !(t && t->n && t->key == dec))
		sock_expect(dec, n);
	return 0;
}

/* encrypt(&mut self, OutboundPlainMessage, seq). All is told by the entry. */
static __always_inline int rust_encrypt(struct pt_regs *ctx, __u8 stack)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	__u64 now = bpf_ktime_get_ns(), n, dec;
	__u32 ip = PT_REGS_IP(ctx);
	struct rust_plain m;

	if (!is_target(tgid) || rust_is_off(tgid, ip))
		return 1;
	if (bpf_probe_read_user(&m, sizeof(m), (void *)RUST_MSG(ctx)) || m.typ > RUST_UNKNOWN)
		return rust_misfit(tgid, ip);
	n = m.chunks ? m.end - m.start : m.start;
	if (n > RUST_RECORD_MAX)
		return rust_misfit(tgid, ip);
	dec = rust_writer(ctx);
	if (!dec && rust_search(ctx))
		dec = rust_writer(ctx);
	if (!dec && m.typ == RUST_APPLICATION_DATA)
		count(COUNT_UNPAIRED, 1);
	if (!dec)
		return 1;
	if (m.typ == RUST_ALERT && !m.chunks)
		rust_alert(tgid, dec, m.count, n, false);
	if (m.typ != RUST_APPLICATION_DATA)
		return 1;
	rust_expect(dec, n);
	if (m.chunks)
		rust_slices(&m, dec, now, stack);
	else
		rust_deliver(dec, m.count, n, now, RUST_META(DIR_WRITE, stack, 0));
	sock_confirm(tgid);
	return 1;
}

/* decrypt(&mut self, InboundOpaqueMessage, seq): the message begins with the slice in which it is
 * decrypted. 1: the return is of no interest. */
static __noinline int rust_decrypt_entry(struct pt_regs *ctx, __u8 stack, enum entry_kind kind)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	struct frame f = {
		.sp = PT_REGS_SP(ctx),
		.ssl = RUST_SELF(ctx),
		.done = RUST_RESULT(ctx),
		.fn = FN_RUST_DECRYPT,
		.stack = stack,
		.ip = PT_REGS_IP(ctx),
	};
	struct rust_slice s = {};
	bool skip = true;
	struct conn *c;

	if (is_target(tgid) && !rust_is_off(tgid, f.ip)) {
		if (bpf_probe_read_user(&s, sizeof(s), (void *)RUST_MSG(ctx)) ||
		    s.len > RUST_RECORD_MAX + RUST_RECORD_EXTRA) {
			rust_misfit(tgid, f.ip);
		} else if (rust_read(tgid, f.ssl, RUST_SEQ(ctx))) {
			c = conn_find(tgid, f.ssl);
			skip = c && entry_skips(c, FN_READ, s.ptr, s.len);
		}
	}
	if (skip) {
		if (kind == ENTRY_SESSION)
			return 1;
		f.fn = FN_NONE;
	}
	f.buf = s.ptr;
	f.num = s.len;
	f.entry_ns = bpf_ktime_get_ns();
	return frame_push(&f);
}

/* at_ret: see tls_return. */
static __always_inline int rust_decrypt_return(struct pt_regs *ctx, bool at_ret)
{
#if defined(__TARGET_ARCH_x86)
	__u64 sp = PT_REGS_SP(ctx) - (at_ret ? 0 : 8);
#else
	__u64 sp = PT_REGS_SP(ctx);
#endif
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	struct thread *t = thread_get(false);
	struct rust_decrypted r;
	struct frame f;

	if (!t || !frame_pop(t, sp, &f)) {
		if (is_target(tgid))
			count(COUNT_NO_ENTRY, 1);
		return 0;
	}
	if (f.fn != FN_RUST_DECRYPT)
		return 0;
	if (bpf_probe_read_user(&r, sizeof(r), (void *)f.done)) {
		rust_misfit(tgid, f.ip);
		return 0;
	}
	if (r.tag <= RUST_ERROR_LAST)
		return 0;
	/* Plaintext takes the place of what it was decrypted from. */
	if (r.typ > RUST_UNKNOWN || r.ptr < f.buf || r.len > f.num ||
	    r.ptr - f.buf > f.num - r.len) {
		rust_misfit(tgid, f.ip);
		return 0;
	}
	if (r.typ == RUST_ALERT)
		rust_alert(tgid, f.ssl, r.ptr, r.len, true);
	if (r.typ == RUST_APPLICATION_DATA)
		rust_deliver(f.ssl, r.ptr, r.len, f.entry_ns, RUST_META(DIR_READ, f.stack, 0));
	return 0;
}

#endif
