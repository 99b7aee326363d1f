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

#include "llmsnoop.skel.h"

#define TARGET_TRACE 1 /* enum target of bpf/common.bpf.h */
#define TARGET_NEVER 2

/* Records handed over in one go before the caller may look at something else. */
#define CONSUME_BATCH 65536

/* Stacks that show no end of a connection of their own. */
#define SOCKET_ENDS                                                                  \
	(1U << TLS_UNKNOWN | 1U << TLS_BORINGSSL | 1U << TLS_RUSTLS | 1U << TLS_GO | \
	 1U << TLS_NSS | 1U << TLS_NONE)

struct ring {
	struct ring_buffer *rb;
	probes_event_fn fn;
	void *ctx;
	int n;
};

struct probes {
	struct llmsnoop_bpf *skel;
	struct attacher attacher;
	struct ring data, control;
	struct verdict *verdicts;
	/* Of the data ring, as libbpf maps them too: the consumer's and the producer's position. */
	const unsigned long *positions[2];
	int n_cpus;
	uint64_t *per_cpu; /* scratch for all counters */
};

const char *probes__method(const struct probes *p)
{
	return attach__method_name(p->attacher.method);
}

void probes__programs(const struct probes *p, void (*fn)(void *ctx, const char *name, bool loaded),
		      void *ctx)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, p->skel->obj)
		fn(ctx, bpf_program__name(prog), bpf_program__autoload(prog));
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
	bool old = !f->sock_length && f->sock_exit;
	const struct {
		struct bpf_program *prog;
		bool old;
	} sock[] = {
		{s->progs.on_sock_send, false}, {s->progs.on_sock_recv, false},
		{s->progs.on_inet_send, true},	{s->progs.on_inet6_send, true},
		{s->progs.on_inet_recv, true},	{s->progs.on_inet6_recv, true},
	};

	attach__choose(&p->attacher);
	/* Kernels before 6.1 (34dd3bad1a6f) print a warning with a trace, or panic where they are
	 * told to, when a tracing program has a hash map that allocates as it goes. */
	if (p->attacher.method == METHOD_PERF)
		bpf_map__set_map_flags(s->maps.targets, 0);
	bpf_program__set_autoload(s->progs.hello_egress, f->cgroup_skb);
	for (size_t i = 0; i < sizeof(sock) / sizeof(sock[0]); i++)
		bpf_program__set_autoload(sock[i].prog, sock[i].old ? old : f->sock_length);
	bpf_map__set_autocreate(s->maps.threads, f->task_storage);
	bpf_map__set_autocreate(s->maps.threads_lru, !f->task_storage);
	bpf_map__set_autocreate(s->maps.sock_threads, f->task_storage);
	bpf_map__set_autocreate(s->maps.sock_threads_lru, !f->task_storage);
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
		{s->progs.on_sock_send, &s->links.on_sock_send},
		{s->progs.on_sock_recv, &s->links.on_sock_recv},
		{s->progs.on_inet_send, &s->links.on_inet_send},
		{s->progs.on_inet6_send, &s->links.on_inet6_send},
		{s->progs.on_inet_recv, &s->links.on_inet_recv},
		{s->progs.on_inet6_recv, &s->links.on_inet6_recv},
		{s->progs.on_sock_state, &s->links.on_sock_state},
		{s->progs.on_sock_destroy, &s->links.on_sock_destroy},
	};

	for (size_t i = 0; i < sizeof(watches) / sizeof(watches[0]); i++) {
		if (!bpf_program__autoload(watches[i].prog))
			continue;
		*watches[i].link = bpf_program__attach(watches[i].prog);
		if (!*watches[i].link)
			return -errno;
	}
	return 0;
}

/* QUIC is looked for where it costs one program: at the root of the cgroups. Without it nothing is
 * lost but the warning. */
static void watch_hellos(struct probes *p)
{
	static const char *const roots[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
	struct statfs fs;
	int fd;

	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
		fd = open(roots[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd >= 0 && !fstatfs(fd, &fs) && fs.f_type == CGROUP2_SUPER_MAGIC)
			p->skel->links.hello_egress =
				bpf_program__attach_cgroup(p->skel->progs.hello_egress, fd);
		if (fd >= 0)
			close(fd);
		if (p->skel->links.hello_egress)
			return;
	}
}

bool probes__watch_hellos(const struct probes *p)
{
	return p->skel->links.hello_egress != NULL;
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
	p->attacher = (struct attacher){p->skel, attach__method(features), features->bpf_loop};
	p->skel->rodata->cfg_task_storage = features->task_storage;
	p->skel->rodata->cfg_task_regs = features->task_regs;
	p->skel->rodata->cfg_socks = features->sock_length || features->sock_exit;
	p->skel->rodata->cfg_socket_ends = SOCKET_ENDS;
	p->skel->rodata->cfg_plain = config->n_plain > 0;
	p->skel->rodata->cfg_plain_stack = TLS_NONE;
	for (size_t i = 0; i < config->n_plain; i++)
		p->skel->rodata->cfg_plain_ports[config->plain[i] / 8] |= 1U
									  << config->plain[i] % 8;
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
		watch_hellos(p);
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

int probes__attach(struct probes *p, int fd, const struct probe_point *points, size_t n, pid_t pid,
		   unsigned int *ret_refused, struct attachment **ret)
{
	return attach__points(&p->attacher, fd, points, n, pid, ret_refused, ret);
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
