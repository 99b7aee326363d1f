// SPDX-License-Identifier: Apache-2.0
/* probecost: what a probe costs on this machine before any program does any work.
 *
 *   probecost                        ns of cpuid, of a system call, and of empty probes
 *   probecost sites LIBSSL           where llmsnoop would probe that library
 *   probecost attach symbols|sites pair|session LIBSSL
 *                                    puts empty programs there, says `ready`, stays until SIGINT
 *
 * The kernel emulates push, nop, call, jmp and jcc; every other instruction is single-stepped out
 * of line, which takes two traps more, and on a virtual machine several exits (cpuid is one). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "capture/link.h"
#include "capture/site.h"

#define ROUNDS 9
#define SYSCALLS 20000
#define CPUIDS 2000
#define CALLS 3000
#define WARM 100

/* One function for each kind of first instruction. */
#if defined(__x86_64__)
#define BODY_PUSH "push %rbp\n pop %rbp\n ret\n"
#define BODY_STEP "sub $8, %rsp\n add $8, %rsp\n ret\n"
#elif defined(__aarch64__)
#define BODY_PUSH "nop\n ret\n" /* emulated (arch/arm64/kernel/probes/decode-insn.c) */
#define BODY_STEP "sub sp, sp, #16\n add sp, sp, #16\n ret\n"
#endif

#define FUNCTION(name, body)                                                                 \
	__asm__(".text\n .p2align 6\n .globl " #name "\n .type " #name ", @function\n" #name \
		":\n" body ".size " #name ", . - " #name "\n");                              \
	void name(void);

FUNCTION(probed_push, BODY_PUSH)
FUNCTION(probed_step, BODY_STEP)

typedef void (*probed_fn)(void);

/* Of this thread's own processor time: on a busy machine the clock on the wall counts others'. */
static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* Other work on the machine only ever adds: the median of rounds, each an average. */
static double median(double *v)
{
	qsort(v, ROUNDS, sizeof(*v), compare);
	return v[ROUNDS / 2];
}

static double time_syscall(void)
{
	double v[ROUNDS], t;

	for (int r = 0; r < ROUNDS; r++) {
		t = now_ns();
		for (int i = 0; i < SYSCALLS; i++)
			syscall(SYS_getppid);
		v[r] = (now_ns() - t) / SYSCALLS;
	}
	return median(v);
}

#if defined(__x86_64__)
static double time_cpuid(void)
{
	double v[ROUNDS], t;

	for (int r = 0; r < ROUNDS; r++) {
		t = now_ns();
		for (int i = 0; i < CPUIDS; i++) {
			unsigned int a = 0, b, c = 0, d;

			__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
		}
		v[r] = (now_ns() - t) / CPUIDS;
	}
	return median(v);
}
#endif

static double time_fn(probed_fn fn)
{
	double v[ROUNDS], t;

	for (int i = 0; i < WARM; i++)
		fn();
	for (int r = 0; r < ROUNDS; r++) {
		t = now_ns();
		for (int i = 0; i < CALLS; i++)
			fn();
		v[r] = (now_ns() - t) / CALLS;
	}
	return median(v);
}

/* Where in its file a function of ours is. */
static uint64_t file_offset(probed_fn fn)
{
	uint64_t low, high, page_offset, at = (uintptr_t)fn;
	FILE *f = fopen("/proc/self/maps", "r");
	char line[512];

	if (!f)
		err(1, "/proc/self/maps");
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*s %" SCNx64, &low, &high,
			   &page_offset) == 3 &&
		    at >= low && at < high) {
			fclose(f);
			return at - low + page_offset;
		}
	}
	errx(1, "no mapping holds our own code");
}

enum how {
	HOW_ENTRY,
	HOW_PAIR,
	HOW_SESSION,
};

struct empty {
	int progs[2]; /* of LINK_UPROBE_MULTI and of LINK_UPROBE_SESSION; -1: not on this kernel */
};

static int load(int attach_type)
{
	/* return 0 */
	static const struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = attach_type);

	return bpf_prog_load(BPF_PROG_TYPE_KPROBE, "empty", "GPL", insns,
			     sizeof(insns) / sizeof(insns[0]), &opts);
}

static struct empty empty__load(void)
{
	return (struct empty){{load(LINK_UPROBE_MULTI), load(LINK_UPROBE_SESSION)}};
}

/* Puts empty programs at n places. Returns how many links were made (ret), negative errno. */
static int empty__attach(const struct empty *e, enum how how, const char *path,
			 const uint64_t *offsets, unsigned int n, int ret[2])
{
	int prog = e->progs[how == HOW_SESSION];
	int type = how == HOW_SESSION ? LINK_UPROBE_SESSION : LINK_UPROBE_MULTI;

	if (prog < 0)
		return -EOPNOTSUPP;
	ret[0] = link__uprobe_multi(prog, type, path, offsets, NULL, n, 0, -1);
	if (ret[0] < 0)
		return ret[0];
	if (how != HOW_PAIR)
		return 1;
	ret[1] = link__uprobe_multi(prog, type, path, offsets, NULL, n, LINK_RETURN, -1);
	if (ret[1] >= 0)
		return 2;
	close(ret[0]);
	return ret[1];
}

static int costs(void)
{
	static const struct {
		const char *name;
		probed_fn fn;
		enum how how;
	} rows[] = {
		{"empty_push", probed_push, HOW_ENTRY},
		{"empty_pair_push", probed_push, HOW_PAIR},
		{"empty_session_push", probed_push, HOW_SESSION},
		{"empty_step", probed_step, HOW_ENTRY},
		{"empty_pair_step", probed_step, HOW_PAIR},
		{"empty_session_step", probed_step, HOW_SESSION},
	};
	struct empty e = empty__load();

#if defined(__x86_64__)
	printf("cpuid %.0f\n", time_cpuid());
#endif
	printf("syscall %.0f\n", time_syscall());
	printf("function %.1f\n", time_fn(probed_push));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t offset = file_offset(rows[i].fn);
		int links[2];
		int n = empty__attach(&e, rows[i].how, "/proc/self/exe", &offset, 1, links);

		if (n < 0) {
			printf("%s - %s\n", rows[i].name, strerror(-n));
			continue;
		}
		printf("%s %.0f\n", rows[i].name, time_fn(rows[i].fn));
		while (n)
			close(links[--n]);
	}
	return 0;
}

static int pick(const char *path, bool symbols, struct probe_site sites[SITE_MAX],
		uint64_t offsets[SITE_MAX])
{
	static const char *const names[] = {"SSL_read", "SSL_read_ex", "SSL_write", "SSL_write_ex"};
	struct elf_sym found[sizeof(names) / sizeof(names[0])];
	int fd = open(path, O_RDONLY | O_CLOEXEC), n, m = 0;
	struct elf_file *f;

	if (fd < 0)
		err(1, "%s", path);
	n = elf_file__open(fd, &f);
	if (n)
		errx(1, "%s: %s", path, strerror(-n));
	if (!symbols) {
		n = site__pick(f, false, sites);
		for (m = 0; m < n; m++)
			offsets[m] = sites[m].file_offset;
	} else {
		n = elf_file__find(f, names, sizeof(names) / sizeof(names[0]), found);
		for (size_t i = 0; n > 0 && i < sizeof(names) / sizeof(names[0]); i++)
			if (found[i].offset)
				offsets[m++] = found[i].offset;
	}
	if (n <= 0 || !m)
		errx(1, "%s: no TLS functions", path);
	elf_file__free(f);
	close(fd);
	return m;
}

static int print_sites(const char *path)
{
	struct probe_site s[SITE_MAX];
	uint64_t offsets[SITE_MAX];
	int n = pick(path, false, s, offsets);

	for (int i = 0; i < n; i++)
		if (s[i].fn == FN_READ || s[i].fn == FN_READ_EX || s[i].fn == FN_WRITE ||
		    s[i].fn == FN_WRITE_EX || s[i].fn == FN_WRITE_EX2)
			printf("%s at file offset 0x%" PRIx64 ": %s, %s\n", s[i].name,
			       s[i].file_offset, s[i].reason,
			       s[i].emulated ? "emulated" : "single-stepped");
	return 0;
}

static int attach(bool symbols, enum how how, const char *path)
{
	struct probe_site sites[SITE_MAX];
	uint64_t offsets[SITE_MAX];
	struct empty e = empty__load();
	int links[2], n = pick(path, symbols, sites, offsets), sig;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	n = empty__attach(&e, how, path, offsets, n, links);
	if (n < 0)
		errx(1, "attaching: %s", strerror(-n));
	puts("ready");
	fflush(stdout);
	sigwait(&set, &sig);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 1)
		return costs();
	if (argc == 3 && !strcmp(argv[1], "sites"))
		return print_sites(argv[2]);
	if (argc == 5 && !strcmp(argv[1], "attach"))
		return attach(!strcmp(argv[2], "symbols"),
			      !strcmp(argv[3], "session") ? HOW_SESSION : HOW_PAIR, argv[4]);
	errx(2, "probecost [sites LIB | attach symbols|sites pair|session LIB]");
}
