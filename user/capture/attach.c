// SPDX-License-Identifier: Apache-2.0
#include "capture/attach.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "capture/link.h"
#include "llmsnoop.skel.h"

/* Programs that read registers and results in the same way. */
enum family {
	FAMILY_TLS,    /* the C calling convention */
	FAMILY_RUSTLS, /* structures as arguments and results */
	FAMILY_GO,     /* Go's; without return probes */
	FAMILY_MAX,
};

/* What a program is for. */
enum role {
	ROLE_SESSION, /* entry and return in one */
	ROLE_ENTRY,
	ROLE_RETURN, /* on return probes */
	ROLE_RET,    /* on RET instructions */
	ROLE_MAX,
};

/* For uprobe_multi, whose cookies tell the functions apart. A program that a family lacks is not
 * needed there: its functions are attached another way. */
static void multi_programs(struct llmsnoop_bpf *s, enum family family,
			   struct bpf_program *ret[ROLE_MAX])
{
	struct bpf_program *const table[FAMILY_MAX][ROLE_MAX] = {
		[FAMILY_TLS] = {s->progs.tls_session, s->progs.tls_multi_entry,
				s->progs.tls_multi_return, s->progs.tls_multi_ret},
		[FAMILY_RUSTLS] = {s->progs.rustls_session, s->progs.rustls_multi_entry,
				   s->progs.rustls_multi_return, s->progs.rustls_multi_ret},
		[FAMILY_GO] = {NULL, s->progs.go_multi_entry, NULL, s->progs.go_multi_ret},
	};

	memcpy(ret, table[family], sizeof(table[family]));
}

static enum family family_of(enum tls_fn fn)
{
	return fn == FN_RUST_ENCRYPT || fn == FN_RUST_DECRYPT ? FAMILY_RUSTLS
	       : fn >= FN_GO_READ && fn <= FN_GO_CLOSE	      ? FAMILY_GO
							      : FAMILY_TLS;
}

/* For perf events: an entry program of its own for each function and stack. */
struct perf_row {
	enum tls_fn fn;
	uint8_t stack; /* enum tls_stack */
	bool sure;
	struct bpf_program *entry;
	struct bpf_program *turns; /* its twin without bpf_loop; NULL: it needs none */
};

static struct bpf_program *perf_entry(const struct attacher *a, const struct probe_point *pt)
{
	struct llmsnoop_bpf *s = a->skel;
	const struct perf_row table[] = {
		{FN_READ, TLS_OPENSSL, true, s->progs.tls_perf_entry_read},
		{FN_READ_EX, TLS_OPENSSL, false, s->progs.tls_perf_entry_read_ex},
		{FN_READ_EX, TLS_OPENSSL, true, s->progs.tls_perf_entry_read_internal},
		{FN_WRITE, TLS_OPENSSL, false, s->progs.tls_perf_entry_write},
		{FN_WRITE_EX, TLS_OPENSSL, false, s->progs.tls_perf_entry_write_ex},
		{FN_WRITE_EX2, TLS_OPENSSL, false, s->progs.tls_perf_entry_write_ex2},
		{FN_SENDFILE, TLS_OPENSSL, false, s->progs.tls_perf_entry_sendfile},
		{FN_NEW, TLS_OPENSSL, false, s->progs.tls_perf_entry_new},
		{FN_FREE, TLS_OPENSSL, false, s->progs.tls_perf_entry_free},
		{FN_CLEAR, TLS_OPENSSL, false, s->progs.tls_perf_entry_clear},
		{FN_READ, TLS_BORINGSSL, true, s->progs.tls_perf_entry_boring_read},
		{FN_WRITE, TLS_BORINGSSL, false, s->progs.tls_perf_entry_boring_write},
		{FN_NEW, TLS_BORINGSSL, false, s->progs.tls_perf_entry_boring_new},
		{FN_FREE, TLS_BORINGSSL, false, s->progs.tls_perf_entry_boring_free},
		{FN_CLEAR, TLS_BORINGSSL, false, s->progs.tls_perf_entry_boring_clear},
		{FN_HANDSHAKE, TLS_BORINGSSL, false, s->progs.tls_perf_entry_boring_handshake},
		{FN_RUST_ENCRYPT, TLS_RUSTLS, false, s->progs.rustls_perf_entry_encrypt},
		{FN_RUST_DECRYPT, TLS_RUSTLS, false, s->progs.rustls_perf_entry_decrypt},
		{FN_READ_SIZE, TLS_GNUTLS, true, s->progs.tls_perf_entry_gnutls_read},
		{FN_READ_PACKET, TLS_GNUTLS, true, s->progs.tls_perf_entry_gnutls_packet},
		{FN_WRITE_SIZE, TLS_GNUTLS, false, s->progs.tls_perf_entry_gnutls_write},
		{FN_WRITE_EARLY, TLS_GNUTLS, false, s->progs.tls_perf_entry_gnutls_early},
		{FN_WRITE_AGAIN, TLS_GNUTLS, false, s->progs.tls_perf_entry_gnutls_again},
		{FN_SENDFILE, TLS_GNUTLS, false, s->progs.tls_perf_entry_gnutls_sendfile},
		{FN_NEW_OUT, TLS_GNUTLS, false, s->progs.tls_perf_entry_gnutls_new},
		{FN_FREE, TLS_GNUTLS, false, s->progs.tls_perf_entry_gnutls_free},
		{FN_PR_READ, TLS_NSS, true, s->progs.tls_perf_entry_nss_read},
		{FN_PR_RECV, TLS_NSS, true, s->progs.tls_perf_entry_nss_recv},
		{FN_PR_WRITE, TLS_NSS, false, s->progs.tls_perf_entry_nss_write},
		{FN_NEW, TLS_NSS, false, s->progs.tls_perf_entry_nss_new},
		{FN_FREE, TLS_NSS, false, s->progs.tls_perf_entry_nss_free},
		{FN_READ, TLS_UNKNOWN, true, s->progs.tls_perf_entry_read_any},
		{FN_READ_EX, TLS_UNKNOWN, false, s->progs.tls_perf_entry_read_ex_any},
		{FN_WRITE, TLS_UNKNOWN, false, s->progs.tls_perf_entry_write_any},
		{FN_WRITE_EX, TLS_UNKNOWN, false, s->progs.tls_perf_entry_write_ex_any},
		{FN_NEW, TLS_UNKNOWN, false, s->progs.tls_perf_entry_new_any},
		{FN_FREE, TLS_UNKNOWN, false, s->progs.tls_perf_entry_free_any},
		{FN_GO_READ, TLS_GO, false, s->progs.go_perf_read},
		{FN_GO_WRITE, TLS_GO, false, s->progs.go_perf_write, s->progs.go_perf_write_turns},
		{FN_GO_HANDSHAKE, TLS_GO, false, s->progs.go_perf_handshake,
		 s->progs.go_perf_handshake_turns},
		{FN_GO_CLOSE, TLS_GO, false, s->progs.go_perf_close},
	};
	struct bpf_program *any = NULL;

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (table[i].fn != pt->fn)
			continue;
		if (table[i].stack == pt->stack &&
		    (table[i].sure == pt->sure || pt->stack != TLS_OPENSSL))
			return table[i].turns && !a->bpf_loop ? table[i].turns : table[i].entry;
		if (table[i].stack == TLS_UNKNOWN)
			any = table[i].entry;
	}
	/* Functions of a stack that have their names from the user (--offset). */
	return any;
}

/* On return probes, and on RET instructions. */
static struct bpf_program *perf_return(const struct attacher *a, enum family family)
{
	struct bpf_program *const table[FAMILY_MAX][2] = {
		[FAMILY_TLS] = {a->skel->progs.tls_perf_return_turns,
				a->skel->progs.tls_perf_return},
		[FAMILY_RUSTLS] = {a->skel->progs.rustls_perf_return,
				   a->skel->progs.rustls_perf_return},
		[FAMILY_GO] = {a->skel->progs.go_perf_ret_turns, a->skel->progs.go_perf_ret},
	};

	return table[family][a->bpf_loop];
}

enum attach_method attach__method(const struct features *f)
{
	return !f->uprobe_multi	       ? METHOD_PERF
	       : f->return_probes_kill ? METHOD_MULTI_RETS
	       : f->uprobe_session     ? METHOD_SESSION
				       : METHOD_MULTI;
}

const char *attach__method_name(enum attach_method method)
{
	static const char *const names[METHOD_MAX] = {
		[METHOD_PERF] = "perf event",
		[METHOD_MULTI] = "uprobe multi",
		[METHOD_MULTI_RETS] = "uprobe multi on RET instructions",
		[METHOD_SESSION] = "uprobe session",
	};

	return names[method];
}

static void load(struct bpf_program *prog, bool wanted, int attach_type)
{
	if (!prog)
		return;
	bpf_program__set_autoload(prog, wanted);
	bpf_program__set_expected_attach_type(prog, attach_type);
}

/* Programs for perf events are known by their names: *_perf_*, and those that do without bpf_loop
 * end in _turns beside one that has it. */
static void choose_perf(const struct attacher *a, struct bpf_program *prog, const char *name)
{
	size_t n = strlen(name);
	bool turns = n > 6 && !strcmp(name + n - 6, "_turns");
	char twin[64];

	snprintf(twin, sizeof(twin), "%s_turns", name);
	if (!turns && !bpf_object__find_program_by_name(a->skel->obj, twin))
		turns = !a->bpf_loop; /* it has no twin: it fits both */
	bpf_program__set_autoload(prog, a->method == METHOD_PERF && turns == !a->bpf_loop);
}

void attach__choose(const struct attacher *a)
{
	bool multi = a->method != METHOD_PERF;
	struct bpf_program *prog, *p[ROLE_MAX];
	const char *name;

	bpf_object__for_each_program(prog, a->skel->obj)
	{
		name = bpf_program__name(prog);
		if (strstr(name, "_perf_"))
			choose_perf(a, prog, name);
	}
	for (enum family f = FAMILY_TLS; f < FAMILY_MAX; f++) {
		bool session;

		multi_programs(a->skel, f, p);
		session = p[ROLE_SESSION] && a->method == METHOD_SESSION;
		load(p[ROLE_SESSION], session, LINK_UPROBE_SESSION);
		load(p[ROLE_ENTRY], multi && !session, LINK_UPROBE_MULTI);
		load(p[ROLE_RETURN], multi && !session && a->method != METHOD_MULTI_RETS,
		     LINK_UPROBE_MULTI);
		/* A family without a return program has only RET instructions. */
		load(p[ROLE_RET], multi && (a->method == METHOD_MULTI_RETS || !p[ROLE_RETURN]),
		     LINK_UPROBE_MULTI);
	}
}

struct attachment {
	int fds[LOCATED_MAX * FAMILY_MAX * ROLE_MAX]; /* links of uprobe_multi */
	unsigned int n_fds;
	unsigned int n_links;
	struct bpf_link *links[]; /* perf events */
};

static uint64_t cookie(const struct probe_point *pt)
{
	return TLS_COOKIE(pt->fn, pt->stack) | (pt->sure ? TLS_COOKIE_SURE : 0);
}

/* How a point is attached by this method. */
static enum site_way way_of(const struct attacher *a, const struct probe_point *pt)
{
	return pt->way == SITE_CALL && a->method == METHOD_MULTI_RETS ? SITE_RETS : pt->way;
}

/* A function whose returns are wanted on RET instructions which are not known gets no probe at
 * all: an entry without its return tells nothing. */
static bool left_out(const struct attacher *a, const struct probe_point *pt)
{
	return way_of(a, pt) == SITE_RETS && !pt->n_rets;
}

/* Places of one program. */
struct places {
	uint64_t *offsets, *cookies;
	unsigned int n;
};

static void place(struct places *p, uint64_t offset, uint64_t c)
{
	p->offsets[p->n] = offset;
	p->cookies[p->n++] = c;
}

static bool at_role(const struct attacher *a, const struct probe_point *pt, enum role role,
		    bool session)
{
	switch (role) {
	case ROLE_SESSION:
		return session;
	case ROLE_ENTRY:
		return !session;
	case ROLE_RETURN:
		return !session && way_of(a, pt) == SITE_CALL;
	default:
		return way_of(a, pt) == SITE_RETS;
	}
}

/* One stack of a file. */
struct group {
	const struct attacher *a;
	const char *path;
	const struct probe_point *points; /* all of the file's */
	size_t n;
	pid_t pid;
	uint8_t stack; /* these of them */
};

static void collect(const struct group *g, enum family family, enum role role, bool session,
		    struct places *ret)
{
	ret->n = 0;
	for (size_t i = 0; i < g->n; i++) {
		const struct probe_point *pt = &g->points[i];

		if (pt->stack != g->stack || family_of(pt->fn) != family || left_out(g->a, pt) ||
		    !at_role(g->a, pt, role, session))
			continue;
		if (role != ROLE_RET)
			place(ret, pt->entry, cookie(pt));
		for (unsigned int r = 0; role == ROLE_RET && r < pt->n_rets; r++)
			place(ret, pt->rets[r], cookie(pt));
	}
}

static int attach_family(const struct group *g, enum family family, struct places *scratch,
			 struct attachment *at)
{
	/* Returns first: a call whose entry is seen but not its return would leave a frame. */
	static const enum role order[] = {ROLE_RETURN, ROLE_RET, ROLE_ENTRY, ROLE_SESSION};
	struct bpf_program *prog[ROLE_MAX];
	bool session;

	multi_programs(g->a->skel, family, prog);
	session = prog[ROLE_SESSION] && g->a->method == METHOD_SESSION;
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		enum role role = order[i];
		int fd;

		collect(g, family, role, session, scratch);
		if (!scratch->n)
			continue;
		if (!prog[role])
			return -ENOTSUP;
		fd = link__uprobe_multi(bpf_program__fd(prog[role]),
					role == ROLE_SESSION ? LINK_UPROBE_SESSION
							     : LINK_UPROBE_MULTI,
					g->path, scratch->offsets, scratch->cookies, scratch->n,
					role == ROLE_RETURN ? LINK_RETURN : 0, g->pid);
		if (fd < 0)
			return fd;
		at->fds[at->n_fds++] = fd;
	}
	return 0;
}

static int attach_multi(const struct group *g, size_t places, struct attachment *at)
{
	struct places scratch = {
		.offsets = calloc(places, sizeof(uint64_t)),
		.cookies = calloc(places, sizeof(uint64_t)),
	};
	int err = scratch.offsets && scratch.cookies ? 0 : -ENOMEM;

	for (enum family f = FAMILY_TLS; !err && f < FAMILY_MAX; f++)
		err = attach_family(g, f, &scratch, at);
	free(scratch.offsets);
	free(scratch.cookies);
	return err;
}

static int attach_event(const struct group *g, struct bpf_program *prog, bool ret, uint64_t offset,
			struct attachment *at)
{
	LIBBPF_OPTS(bpf_uprobe_opts, opts, .retprobe = ret);
	struct bpf_link *l;

	if (!prog)
		return -ENOTSUP;
	l = bpf_program__attach_uprobe_opts(prog, g->pid > 0 ? g->pid : -1, g->path, offset, &opts);
	if (!l)
		return -errno;
	at->links[at->n_links++] = l;
	return 0;
}

static int attach_perf(const struct group *g, struct attachment *at)
{
	int err = 0;

	for (size_t i = 0; !err && i < g->n; i++) {
		const struct probe_point *pt = &g->points[i];
		struct bpf_program *ret = perf_return(g->a, family_of(pt->fn));

		if (pt->stack != g->stack || left_out(g->a, pt))
			continue;
		for (unsigned int r = 0; !err && pt->way == SITE_RETS && r < pt->n_rets; r++)
			err = attach_event(g, ret, false, pt->rets[r], at);
		if (!err && pt->way == SITE_CALL)
			err = attach_event(g, ret, true, pt->entry, at);
		if (!err)
			err = attach_event(g, perf_entry(g->a, pt), false, pt->entry, at);
	}
	return err;
}

/* All of a stack or nothing: half of it would look like a program that never asks, or never hears.
 */
static int attach_group(const struct group *g, size_t places, struct attachment *at)
{
	unsigned int n_fds = at->n_fds, n_links = at->n_links;
	int err = g->a->method == METHOD_PERF ? attach_perf(g, at) : attach_multi(g, places, at);

	while (err && at->n_fds > n_fds)
		close(at->fds[--at->n_fds]);
	while (err && at->n_links > n_links)
		bpf_link__destroy(at->links[--at->n_links]);
	return err;
}

void attach__allow_files(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r))
		return;
	r.rlim_cur = r.rlim_max;
	setrlimit(RLIMIT_NOFILE, &r);
}

int attach__points(const struct attacher *a, int fd, const struct probe_point *points, size_t n,
		   pid_t pid, unsigned int *ret_refused, struct attachment **ret)
{
	struct attachment *at;
	unsigned int done = 0;
	size_t places = 0;
	char path[64];
	int err = 0;

	if (!n || n > POINTS_MAX)
		return -EINVAL;
	for (size_t i = 0; i < n; i++)
		places += 2 + points[i].n_rets;
	at = calloc(1, sizeof(*at) + places * sizeof(at->links[0]));
	if (!at)
		return -ENOMEM;
	/* Names the file whatever mount namespace it is in, also when it is deleted. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	*ret_refused = 0;
	for (size_t i = 0; i < n; i++) {
		struct group g = {a, path, points, n, pid, points[i].stack};
		int one;

		if (done & 1U << g.stack)
			continue;
		done |= 1U << g.stack;
		one = attach_group(&g, places, at);
		if (one) {
			*ret_refused |= 1U << g.stack;
			err = one;
		}
	}
	if (at->n_fds || at->n_links)
		err = 0;
	else if (!err)
		err = -ENOENT;
	if (err) {
		attach__free(at);
		return err;
	}
	*ret = at;
	return 0;
}

void attach__free(struct attachment *at)
{
	if (!at)
		return;
	for (unsigned int i = 0; i < at->n_fds; i++)
		close(at->fds[i]);
	for (unsigned int i = 0; i < at->n_links; i++)
		bpf_link__destroy(at->links[i]);
	free(at);
}
