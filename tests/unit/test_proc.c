// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "capture/proc.h"
#include "root_rig.h"

static void put_stat(uint32_t pid, const char *comm, uint32_t ppid, uint64_t ticks)
{
	char name[64], text[512];

	snprintf(name, sizeof(name), "%u/stat", pid);
	snprintf(text, sizeof(text),
		 "%u (%s) S %u 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 %lu 100 200\n", pid, comm,
		 ppid, ticks);
	put_bytes(name, span_str(text));
}

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void test_facts(void **state)
{
	const uint64_t tick = 1000000000 / sysconf(_SC_CLK_TCK);
	char link[256], big[3000];
	struct process *p;

	put_stat(10, "a) S 99 (b", 3, 1234);
	put_bytes("10/comm", SPAN_LIT("a) S 99 (b\n"));
	put_bytes("10/status",
		  SPAN_LIT("Name:\ta\nUmask:\t0022\nUid:\t1000\t0\t0\t0\nSeccomp:\t0\n"));
	put_bytes("10/cmdline", SPAN_LIT("prog\0-x\0two words\0\0"));
	put_bytes("10/cgroup", SPAN_LIT("0::/system.slice/docker-" ID ".scope\n"));
	put_bytes("10/environ", SPAN_LIT("PATH=/bin\0OTEL_SERVICE_NAME=rag\nX=1\0SECRET=no\0"
					 "LLMSNOOP_FEATURE=\0OTEL_SERVICE_NAME=second\0"
					 "XLLMSNOOP_FEATURE=3\0OTEL_RESOURCE_ATTRIBUTES=a=b,c=d"));
	snprintf(link, sizeof(link), "%s/10/exe", root);
	assert_int_equal(symlink("/usr/bin/prog (deleted)", link), 0);
	assert_int_equal(process__read(root, 10, NULL, NULL, &p), 0);
	assert_int_equal(p->pid, 10);
	assert_int_equal(p->ppid, 3);
	assert_int_equal(p->uid, 1000);
	assert_int_equal(p->start_ns, 1234 * tick);
	assert_string_equal(p->comm, "a) S 99 (b");
	assert_string_equal(p->exe, "/usr/bin/prog");
	assert_string_equal(p->cmdline, "prog -x two words");
	assert_string_equal(p->cgroup, "/system.slice/docker-" ID ".scope");
	assert_string_equal(p->container_id, ID);
	assert_string_equal(p->unit, "");
	assert_string_equal(p->env, "OTEL_SERVICE_NAME=rag X=1\nLLMSNOOP_FEATURE=\n"
				    "OTEL_RESOURCE_ATTRIBUTES=a=b,c=d\n");
	process__free(p);

	/* the exact start time is kept if it is that process's */
	struct process_known known = {
		.comm = "kern", .ppid = 8, .uid = 77, .start_ns = 1234 * tick + tick / 2};

	assert_int_equal(process__read(root, 10, &known, NULL, &p), 0);
	assert_int_equal(p->start_ns, 1234 * tick + tick / 2);
	assert_string_equal(p->comm, "a) S 99 (b");
	assert_int_equal(p->uid, 1000);
	process__free(p);
	/* another one under the same number: only what the kernel said holds */
	known.start_ns = 999 * tick;
	assert_int_equal(process__read(root, 10, &known, NULL, &p), 0);
	assert_string_equal(p->comm, "kern");
	assert_int_equal(p->ppid, 8);
	assert_int_equal(p->uid, 77);
	assert_int_equal(p->start_ns, 999 * tick);
	assert_string_equal(p->exe, "");
	assert_string_equal(p->cmdline, "");
	assert_string_equal(p->env, "");
	process__free(p);
	/* gone */
	assert_int_equal(process__read(root, 11, NULL, NULL, &p), -ESRCH);
	assert_int_equal(process__read(root, 11, &known, NULL, &p), 0);
	assert_string_equal(p->comm, "kern");
	process__free(p);
	process__free(NULL);
	/* only stat is left, or is broken */
	put_stat(12, "half", 1, 5);
	assert_int_equal(process__read(root, 12, NULL, NULL, &p), 0);
	assert_int_equal(p->uid, UINT32_MAX);
	assert_string_equal(p->comm, "");
	assert_string_equal(p->cgroup, "");
	process__free(p);
	put_bytes("13/stat", SPAN_LIT("13 (x S 1"));
	assert_int_equal(process__read(root, 13, NULL, NULL, &p), -ESRCH);
	/* a value that is too long is left out, not cut */
	memset(big, 'v', sizeof(big));
	memcpy(big, "LLMSNOOP_FEATURE=", 17);
	put_stat(14, "big", 1, 5);
	put_bytes("14/environ", span(big, sizeof(big)));
	assert_int_equal(process__read(root, 14, NULL, NULL, &p), 0);
	assert_string_equal(p->env, "");
	process__free(p);
}

/* Entries before, across and behind the ends of the blocks that are read. */
static void test_long_environ(void **state)
{
	const size_t n = 400 << 10;
	char *env = malloc(n);
	struct process *p;
	size_t at;

	put_stat(20, "env", 1, 5);
	for (at = 65400; at < 65700; at += 7) {
		memset(env, 'x', n);
		env[at - 1] = '\0';
		memcpy(env + at, "LLMSNOOP_FEATURE=f", 19);
		memcpy(env + 300000, "\0OTEL_SERVICE_NAME=s", 21);
		put_bytes("20/environ", span(env, n));
		assert_int_equal(process__read(root, 20, NULL, NULL, &p), 0);
		assert_string_equal(p->env, "LLMSNOOP_FEATURE=f\nOTEL_SERVICE_NAME=s\n");
		process__free(p);
	}
	/* inside of an endless entry nothing is a variable */
	memset(env, 'x', n);
	memcpy(env + 65536, "LLMSNOOP_FEATURE=f", 19);
	put_bytes("20/environ", span(env, n));
	assert_int_equal(process__read(root, 20, NULL, NULL, &p), 0);
	assert_string_equal(p->env, "");
	process__free(p);
	free(env);
}

static void test_family(void **state)
{
	static const uint32_t tree[][2] = {{100, 1},   {101, 100}, {102, 100}, {103, 101},
					   {104, 103}, {105, 1},   {106, 105}, {107, 107}};
	uint32_t *pids, seen = 0;
	size_t i;
	int n, k;

	for (i = 0; i < sizeof(tree) / sizeof(tree[0]); i++)
		put_stat(tree[i][0], "t", tree[i][1], 1);
	n = proc__family(root, 100, &pids);
	assert_int_equal(n, 5);
	assert_int_equal(pids[0], 100);
	for (k = 0; k < n; k++)
		seen |= 1U << (pids[k] - 100);
	assert_int_equal(seen, 0x1f);
	free(pids);
	n = proc__family(root, 107, &pids);
	assert_int_equal(n, 1);
	free(pids);
	assert_int_equal(proc__family(root, 99, &pids), -ESRCH);
	/* a circle */
	put_stat(100, "t", 104, 1);
	n = proc__family(root, 100, &pids);
	assert_int_equal(n, 5);
	free(pids);
	assert_int_equal(proc__pids("/nowhere", &pids), -ENOENT);
}

/* The real one: ourselves, and a child that ends. */
static void test_real(void **state)
{
	struct process_known known = {.comm = "c", .uid = UINT32_MAX};
	struct process *p;
	uint32_t *pids;
	int n, i, found = 0;
	pid_t pid;

	assert_int_equal(process__read("/proc", getpid(), NULL, NULL, &p), 0);
	assert_int_equal(p->ppid, getppid());
	assert_int_equal(p->uid, getuid());
	assert_non_null(strstr(p->exe, "test_proc"));
	assert_non_null(strstr(p->cmdline, "test_proc"));
	assert_true(p->start_ns > 0);
	process__free(p);
	pid = fork();
	if (!pid) {
		pause();
		_exit(0);
	}
	n = proc__family("/proc", getpid(), &pids);
	for (i = 0; i < n; i++)
		found += pids[i] == (uint32_t)pid;
	assert_int_equal(found, 1);
	free(pids);
	kill(pid, SIGKILL);
	/* a zombie still has a comm and a cgroup, but neither arguments nor an environment */
	siginfo_t info;

	assert_int_equal(waitid(P_PID, pid, &info, WEXITED | WNOWAIT), 0);
	assert_int_equal(process__read("/proc", pid, &known, NULL, &p), 0);
	assert_string_equal(p->cmdline, "");
	process__free(p);
	waitpid(pid, NULL, 0);
	assert_int_equal(process__read("/proc", pid, NULL, NULL, &p), -ESRCH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_facts),
		cmocka_unit_test(test_long_environ),
		cmocka_unit_test(test_family),
		cmocka_unit_test(test_real),
	};

	return cmocka_run_group_tests(tests, root__make, root__remove);
}
