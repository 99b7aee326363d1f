// SPDX-License-Identifier: Apache-2.0
#include "capture/probes.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "capture/link.h"
#include "llmsnoop.skel.h"

#define TARGET_TRACE 1 /* enum target of bpf/common.bpf.h */
#define TARGET_NEVER 2

/* Records handed over in one go before the caller may look at something else. */
#define CONSUME_BATCH 65536

#define POINTS_MAX (LOCATED_MAX * SITE_MAX)

enum method {
	METHOD_PERF,
	METHOD_MULTI,
	METHOD_MULTI_RETS, /* return probes could kill: RET instructions instead */
	METHOD_SESSION,
	METHOD_MAX,
};

struct ring {
	struct ring_buffer *rb;
	probes_event_fn fn;
	void *ctx;
	int n;
};

struct probes {
	struct llmsnoop_bpf *skel;
	enum method method;
	bool bpf_loop;
	struct ring data, control;
	struct verdict *verdicts;
	/* Of the data ring, as libbpf maps them too: the consumer's and the producer's position. */
	const unsigned long *positions[2];
	int n_cpus;
	uint64_t *per_cpu; /* scratch for all counters */
};

struct attachment {
	int fds[2]; /* links of uprobe_multi; -1: none */
	struct bpf_link *links[2 * POINTS_MAX];
	unsigned int n_links;
};

const char *probes__method(const struct probes *p)
{
	static const char *const names[METHOD_MAX] = {
		[METHOD_PERF] = "perf event",
		[METHOD_MULTI] = "uprobe multi",
		[METHOD_MULTI_RETS] = "uprobe multi on RET instructions",
		[METHOD_SESSION] = "uprobe session",
	};

	return names[p->method];
}

static int on_record(void *ctx, void *record, size_t size)
{
	struct ring *r = ctx;
	int err;

	if (size < sizeof(struct event_header))
		return 0;
	err = r->fn(r->ctx, record, size);
	if (err < 0)
		return err;
	return ++r->n < CONSUME_BATCH ? 0 : -EAGAIN;
}

static int consume(struct ring *r, probes_event_fn fn, void *ctx)
{
	int err;

	r->fn = fn;
	r->ctx = ctx;
	r->n = 0;
	err = ring_buffer__consume(r->rb);
	return err < 0 && err != -EAGAIN ? err : r->n;
}

int probes__consume_data(struct probes *p, probes_event_fn fn, void *ctx)
{
	int n = consume(&p->data, fn, ctx);

	p->skel->bss->wake_sent = 0;
	return n;
}

int probes__consume_control(struct probes *p, probes_event_fn fn, void *ctx)
{
	return consume(&p->control, fn, ctx);
}

int probes__control_fd(const struct probes *p)
{
	return bpf_map__fd(p->skel->maps.control_ring);
}

int probes__data_fd(const struct probes *p)
{
	return bpf_map__fd(p->skel->maps.data_ring);
}

uint64_t probes__data_consumed(const struct probes *p)
{
	return __atomic_load_n(p->positions[0], __ATOMIC_ACQUIRE);
}

uint64_t probes__data_produced(const struct probes *p)
{
	return __atomic_load_n(p->positions[1], __ATOMIC_ACQUIRE);
}

struct verdict *probes__verdicts(struct probes *p)
{
	return p->verdicts;
}

static void choose_programs(struct probes *p, const struct features *f)
{
	struct llmsnoop_bpf *s = p->skel;
	const char *unfit = f->bpf_loop ? "perf_turns_" : "perf_return_";
	struct bpf_program *prog;
	const char *name;

	p->bpf_loop = f->bpf_loop;
	bpf_object__for_each_program(prog, s->obj)
	{
		name = bpf_program__name(prog);
		if (!strncmp(name, "perf_", 5))
			bpf_program__set_autoload(prog,
						  p->method == METHOD_PERF &&
							  strncmp(name, unfit, strlen(unfit)));
	}
	bpf_program__set_autoload(s->progs.tls_session, p->method == METHOD_SESSION);
	bpf_program__set_autoload(s->progs.tls_multi_entry,
				  p->method == METHOD_MULTI || p->method == METHOD_MULTI_RETS);
	bpf_program__set_autoload(s->progs.tls_multi_return, p->method == METHOD_MULTI);
	bpf_program__set_autoload(s->progs.tls_multi_ret, p->method == METHOD_MULTI_RETS);
	bpf_program__set_expected_attach_type(s->progs.tls_session, LINK_UPROBE_SESSION);
	bpf_program__set_expected_attach_type(s->progs.tls_multi_entry, LINK_UPROBE_MULTI);
	bpf_program__set_expected_attach_type(s->progs.tls_multi_return, LINK_UPROBE_MULTI);
	bpf_program__set_expected_attach_type(s->progs.tls_multi_ret, LINK_UPROBE_MULTI);
	/* Kernels before 6.1 (34dd3bad1a6f) print a warning with a trace, or panic where they are
	 * told to, when a tracing program has a hash map that allocates as it goes. */
	if (p->method == METHOD_PERF)
		bpf_map__set_map_flags(s->maps.targets, 0);
	bpf_program__set_autoload(s->progs.quic_egress, f->cgroup_skb);
	bpf_map__set_autocreate(s->maps.threads, f->task_storage);
	bpf_map__set_autocreate(s->maps.threads_lru, !f->task_storage);
}

static int open_rings(struct probes *p)
{
	p->data.rb = ring_buffer__new(probes__data_fd(p), on_record, &p->data, NULL);
	if (!p->data.rb)
		return -errno;
	p->control.rb = ring_buffer__new(probes__control_fd(p), on_record, &p->control, NULL);
	if (!p->control.rb)
		return -errno;
	/* kernel/bpf/ringbuf.c: a page for the consumer, a page for the producer, then the data */
	for (int i = 0; i < 2; i++) {
		void *page = mmap(NULL, sysconf(_SC_PAGESIZE), PROT_READ, MAP_SHARED,
				  probes__data_fd(p), i * sysconf(_SC_PAGESIZE));

		if (page == MAP_FAILED)
			return -errno;
		p->positions[i] = page;
	}
	p->verdicts = mmap(NULL, VERDICT_SLOTS * sizeof(*p->verdicts), PROT_READ | PROT_WRITE,
			   MAP_SHARED, bpf_map__fd(p->skel->maps.verdicts), 0);
	if (p->verdicts == MAP_FAILED) {
		p->verdicts = NULL;
		return -errno;
	}
	return 0;
}

static int watch_processes(struct probes *p)
{
	struct llmsnoop_bpf *s = p->skel;
	struct {
		struct bpf_program *prog;
		struct bpf_link **link;
	} watches[] = {
		{s->progs.on_fork, &s->links.on_fork},
		{s->progs.on_exec, &s->links.on_exec},
		{s->progs.on_exit, &s->links.on_exit},
	};

	for (size_t i = 0; i < sizeof(watches) / sizeof(watches[0]); i++) {
		*watches[i].link = bpf_program__attach(watches[i].prog);
		if (!*watches[i].link)
			return -errno;
	}
	return 0;
}

/* QUIC is looked for where it costs one program: at the root of the cgroups. Without it nothing is
 * lost but the warning. */
static void watch_quic(struct probes *p)
{
	static const char *const roots[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
	struct statfs fs;
	int fd;

	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
		fd = open(roots[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd >= 0 && !fstatfs(fd, &fs) && fs.f_type == CGROUP2_SUPER_MAGIC)
			p->skel->links.quic_egress =
				bpf_program__attach_cgroup(p->skel->progs.quic_egress, fd);
		if (fd >= 0)
			close(fd);
		if (p->skel->links.quic_egress)
			return;
	}
}

bool probes__watch_quic(const struct probes *p)
{
	return p->skel->links.quic_egress != NULL;
}

int probes__new(const struct probes_config *config, const struct features *features,
		const char **ret_what, struct probes **ret)
{
	struct probes *p = calloc(1, sizeof(*p));
	uint64_t seed;
	int err;

	*ret_what = "allocating memory";
	if (!p)
		return -ENOMEM;
	p->method = !features->uprobe_multi	   ? METHOD_PERF
		    : features->return_probes_kill ? METHOD_MULTI_RETS
		    : features->uprobe_session	   ? METHOD_SESSION
						   : METHOD_MULTI;
	p->n_cpus = libbpf_num_possible_cpus();
	p->per_cpu = calloc(p->n_cpus > 0 ? p->n_cpus : 1, COUNT_MAX * sizeof(*p->per_cpu));
	err = p->per_cpu && p->n_cpus > 0 ? 0 : -ENOMEM;
	if (err)
		goto fail;
	*ret_what = "opening the BPF object";
	p->skel = llmsnoop_bpf__open();
	if (!p->skel) {
		err = -errno;
		goto fail;
	}
	p->skel->rodata->cfg_task_storage = features->task_storage;
	p->skel->rodata->cfg_all = config->all;
	p->skel->rodata->cfg_follow = config->follow;
	p->skel->rodata->cfg_wake_bytes = config->ring_bytes / 4;
	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) == sizeof(seed))
		p->skel->rodata->cfg_line_seed = seed;
	bpf_map__set_max_entries(p->skel->maps.data_ring, config->ring_bytes);
	choose_programs(p, features);
	*ret_what = "loading the BPF programs";
	err = llmsnoop_bpf__load(p->skel);
	if (err)
		goto fail;
	*ret_what = "mapping the ring buffers";
	err = open_rings(p);
	if (err)
		goto fail;
	/* Never our own traffic. */
	probes__target(p, getpid(), false);
	*ret_what = "attaching to the process tracepoints";
	err = watch_processes(p);
	if (err)
		goto fail;
	if (features->cgroup_skb)
		watch_quic(p);
	*ret = p;
	return 0;
fail:
	probes__free(p);
	return err;
}

void probes__free(struct probes *p)
{
	if (!p)
		return;
	if (p->verdicts)
		munmap(p->verdicts, VERDICT_SLOTS * sizeof(*p->verdicts));
	for (int i = 0; i < 2; i++)
		if (p->positions[i])
			munmap((void *)p->positions[i], sysconf(_SC_PAGESIZE));
	ring_buffer__free(p->data.rb);
	ring_buffer__free(p->control.rb);
	llmsnoop_bpf__destroy(p->skel);
	free(p->per_cpu);
	free(p);
}

/* The pair of programs of each function for perf-event attachment. */
static void perf_programs(struct probes *p, enum tls_fn fn, struct bpf_program **ret_entry,
			  struct bpf_program **ret_return)
{
#define PROGS p->skel->progs
#define PAIR(name)                                                                       \
	{                                                                                \
		PROGS.perf_entry_##name,                                                 \
			p->bpf_loop ? PROGS.perf_return_##name : PROGS.perf_turns_##name \
	}
	struct {
		struct bpf_program *entry, *ret;
	} table[FN_MAX] = {
		[FN_READ] = PAIR(read),
		[FN_READ_EX] = PAIR(read_ex),
		[FN_WRITE] = PAIR(write),
		[FN_WRITE_EX] = PAIR(write_ex),
		[FN_WRITE_EX2] = PAIR(write_ex2),
		[FN_SENDFILE] = PAIR(sendfile),
		[FN_NEW] = PAIR(new),
		[FN_FREE] = {PROGS.perf_entry_free, NULL},
		[FN_CLEAR] = {PROGS.perf_entry_clear, NULL},
	};
#undef PAIR
#undef PROGS
	*ret_entry = table[fn].entry;
	*ret_return = table[fn].ret;
}

static bool has_return(enum tls_fn fn)
{
	return fn != FN_FREE && fn != FN_CLEAR;
}

static int attach_perf(struct probes *p, const char *path, const struct probe_point *points,
		       size_t n, pid_t pid, struct attachment *a)
{
	struct bpf_program *prog[2];

	for (size_t i = 0; i < n; i++) {
		perf_programs(p, points[i].fn, &prog[0], &prog[1]);
		for (int ret = 0; ret < 2; ret++) {
			LIBBPF_OPTS(bpf_uprobe_opts, opts, .retprobe = ret);
			struct bpf_link *l;

			if (!prog[ret])
				continue;
			l = bpf_program__attach_uprobe_opts(prog[ret], pid > 0 ? pid : -1, path,
							    points[i].entry, &opts);
			if (!l)
				return -errno;
			a->links[a->n_links++] = l;
		}
	}
	return 0;
}

static uint64_t cookie(const struct probe_point *pt)
{
	return TLS_COOKIE(pt->fn, pt->stack) | (pt->sure ? TLS_COOKIE_SURE : 0);
}

static int attach_session(struct probes *p, const char *path, const struct probe_point *points,
			  size_t n, pid_t pid, struct attachment *a)
{
	uint64_t offsets[POINTS_MAX], cookies[POINTS_MAX];

	for (size_t i = 0; i < n; i++) {
		offsets[i] = points[i].entry;
		cookies[i] = cookie(&points[i]);
	}
	a->fds[0] = link__uprobe_multi(bpf_program__fd(p->skel->progs.tls_session),
				       LINK_UPROBE_SESSION, path, offsets, cookies, n, 0, pid);
	return a->fds[0] < 0 ? a->fds[0] : 0;
}

static int attach_multi(struct probes *p, const char *path, const struct probe_point *points,
			size_t n, pid_t pid, struct attachment *a)
{
	uint64_t offsets[POINTS_MAX], cookies[POINTS_MAX];
	unsigned int m = 0;

	/* Returns first: a call whose entry is seen but not its return would leave a frame. */
	for (size_t i = 0; i < n; i++) {
		if (!has_return(points[i].fn))
			continue;
		offsets[m] = points[i].entry;
		cookies[m++] = cookie(&points[i]);
	}
	if (m)
		a->fds[1] = link__uprobe_multi(bpf_program__fd(p->skel->progs.tls_multi_return),
					       LINK_UPROBE_MULTI, path, offsets, cookies, m,
					       LINK_RETURN, pid);
	if (m && a->fds[1] < 0)
		return a->fds[1];
	for (size_t i = 0; i < n; i++) {
		offsets[i] = points[i].entry;
		cookies[i] = cookie(&points[i]);
	}
	a->fds[0] = link__uprobe_multi(bpf_program__fd(p->skel->progs.tls_multi_entry),
				       LINK_UPROBE_MULTI, path, offsets, cookies, n, 0, pid);
	return a->fds[0] < 0 ? a->fds[0] : 0;
}

/* A function whose RET instructions are unknown gets no probe at all here: an entry without its
 * return tells nothing. */
static int attach_rets(struct probes *p, const char *path, const struct probe_point *points,
		       size_t n, pid_t pid, struct attachment *a)
{
	uint64_t offsets[POINTS_MAX], cookies[POINTS_MAX];
	uint64_t *rets = NULL, *ret_cookies = NULL;
	unsigned int m = 0, k = 0, total = 0;
	int err = -ENOENT;

	for (size_t i = 0; i < n; i++)
		total += points[i].n_rets;
	rets = calloc(total + 1, sizeof(*rets));
	ret_cookies = calloc(total + 1, sizeof(*ret_cookies));
	if (!rets || !ret_cookies) {
		err = -ENOMEM;
		goto out;
	}
	for (size_t i = 0; i < n; i++) {
		if (has_return(points[i].fn) && !points[i].n_rets)
			continue;
		offsets[m] = points[i].entry;
		cookies[m++] = cookie(&points[i]);
		for (unsigned int r = 0; has_return(points[i].fn) && r < points[i].n_rets; r++) {
			rets[k] = points[i].rets[r];
			ret_cookies[k++] = cookie(&points[i]);
		}
	}
	if (!k)
		goto out;
	a->fds[1] = link__uprobe_multi(bpf_program__fd(p->skel->progs.tls_multi_ret),
				       LINK_UPROBE_MULTI, path, rets, ret_cookies, k, 0, pid);
	err = a->fds[1];
	if (err < 0)
		goto out;
	a->fds[0] = link__uprobe_multi(bpf_program__fd(p->skel->progs.tls_multi_entry),
				       LINK_UPROBE_MULTI, path, offsets, cookies, m, 0, pid);
	err = a->fds[0] < 0 ? a->fds[0] : 0;
out:
	free(rets);
	free(ret_cookies);
	return err;
}

int probes__attach(struct probes *p, int fd, const struct probe_point *points, size_t n, pid_t pid,
		   struct attachment **ret)
{
	static int (*const attach[METHOD_MAX])(struct probes *, const char *,
					       const struct probe_point *, size_t, pid_t,
					       struct attachment *) = {
		[METHOD_PERF] = attach_perf,
		[METHOD_MULTI] = attach_multi,
		[METHOD_MULTI_RETS] = attach_rets,
		[METHOD_SESSION] = attach_session,
	};
	struct attachment *a;
	char path[64];
	int err;

	if (!n || n > POINTS_MAX)
		return -EINVAL;
	a = calloc(1, sizeof(*a));
	if (!a)
		return -ENOMEM;
	a->fds[0] = a->fds[1] = -1;
	/* Names the file whatever mount namespace it is in, also when it is deleted. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	err = attach[p->method](p, path, points, n, pid, a);
	if (err) {
		probes__detach(a);
		return err;
	}
	*ret = a;
	return 0;
}

void probes__detach(struct attachment *a)
{
	if (!a)
		return;
	for (int i = 0; i < 2; i++)
		if (a->fds[i] >= 0)
			close(a->fds[i]);
	for (unsigned int i = 0; i < a->n_links; i++)
		bpf_link__destroy(a->links[i]);
	free(a);
}

int probes__target(struct probes *p, uint32_t tgid, bool trace)
{
	uint8_t v = trace ? TARGET_TRACE : TARGET_NEVER;
	int err = bpf_map_update_elem(bpf_map__fd(p->skel->maps.targets), &tgid, &v, BPF_ANY);

	return err ? -errno : 0;
}

int probes__untarget(struct probes *p, uint32_t tgid)
{
	int err = bpf_map_delete_elem(bpf_map__fd(p->skel->maps.targets), &tgid);

	return err ? -errno : 0;
}

int probes__counters(struct probes *p, uint64_t ret[COUNT_MAX])
{
	int fd = bpf_map__fd(p->skel->maps.counters);
	uint32_t key = 0;

	if (bpf_map_lookup_elem(fd, &key, p->per_cpu))
		return -errno;
	memset(ret, 0, COUNT_MAX * sizeof(*ret));
	for (int cpu = 0; cpu < p->n_cpus; cpu++)
		for (int i = 0; i < COUNT_MAX; i++)
			ret[i] += p->per_cpu[cpu * COUNT_MAX + i];
	return 0;
}
