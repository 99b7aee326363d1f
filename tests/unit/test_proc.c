// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
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

#include "capture/cgroup.h"
#include "capture/proc.h"

static char root[] = "/tmp/test_proc.XXXXXX";

/* Writes a file of the tree, and the directories above it. */
static void put(const char *name, struct span text)
{
	char path[512], *slash;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	for (slash = path + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text.p, text.n), text.n);
	close(fd);
}

static void put_stat(uint32_t pid, const char *comm, uint32_t ppid, uint64_t ticks)
{
	char name[64], text[512];

	snprintf(name, sizeof(name), "%u/stat", pid);
	snprintf(text, sizeof(text),
		 "%u (%s) S %u 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 %lu 100 200\n", pid, comm,
		 ppid, ticks);
	put(name, span_str(text));
}

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ID2 "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"

static const struct {
	const char *text, *path, *container, *unit;
} cgroups[] = {
	/* plain systemd, cgroup v2 */
	{"0::/system.slice/nginx.service\n", "/system.slice/nginx.service", "", "nginx.service"},
	{"0::/init.scope\n", "/init.scope", "", "init.scope"},
	{"0::/user.slice/user-1000.slice/session-3.scope\n",
	 "/user.slice/user-1000.slice/session-3.scope", "", "session-3.scope"},
	{"0::/user.slice/user-1000.slice/user@1000.service/app.slice/foo.service\n",
	 "/user.slice/user-1000.slice/user@1000.service/app.slice/foo.service", "", "foo.service"},
	{"0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-gnome-x\\x2dy-12.scope\n",
	 "/user.slice/user-1000.slice/user@1000.service/app.slice/app-gnome-x\\x2dy-12.scope", "",
	 "app-gnome-x\\x2dy-12.scope"},
	{"0::/system.slice/system-getty.slice/getty@tty1.service\n",
	 "/system.slice/system-getty.slice/getty@tty1.service", "", "getty@tty1.service"},
	{"0::/\n", "/", "", ""},
	{"", "", "", ""},
	/* docker */
	{"0::/system.slice/docker-" ID ".scope\n", "/system.slice/docker-" ID ".scope", ID, ""},
	{"0::/docker/" ID "\n", "/docker/" ID, ID, ""},
	{"0::/system.slice/docker-" ID ".scope/init.scope\n",
	 "/system.slice/docker-" ID ".scope/init.scope", ID, "init.scope"},
	{"0::/docker/" ID "/docker/" ID2 "\n", "/docker/" ID "/docker/" ID2, ID2, ""},
	{"0::/user.slice/user-1000.slice/user@1000.service/app.slice/docker.service/" ID "\n",
	 "/user.slice/user-1000.slice/user@1000.service/app.slice/docker.service/" ID, ID, ""},
	{"13:name=systemd:/docker/" ID "\n12:pids:/docker/" ID "\n1:cpu,cpuacct:/docker/" ID "\n",
	 "/docker/" ID, ID, ""},
	/* the kubelet, with the systemd driver and with cgroupfs */
	{"0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podaaaa_bb.slice/"
	 "cri-containerd-" ID ".scope\n",
	 "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podaaaa_bb.slice/"
	 "cri-containerd-" ID ".scope",
	 ID, ""},
	{"0::/kubepods/besteffort/pod1234-56/" ID "\n", "/kubepods/besteffort/pod1234-56/" ID, ID,
	 ""},
	{"0::/kubepods.slice/kubepods-pod1.slice/crio-" ID ".scope\n",
	 "/kubepods.slice/kubepods-pod1.slice/crio-" ID ".scope", ID, ""},
	{"0::/kubepods.slice/kubepods-pod1.slice/crio-" ID ".scope/container\n",
	 "/kubepods.slice/kubepods-pod1.slice/crio-" ID ".scope/container", ID, ""},
	{"0::/kubepods.slice/kubepods-pod1.slice/crio-conmon-" ID ".scope\n",
	 "/kubepods.slice/kubepods-pod1.slice/crio-conmon-" ID ".scope", "",
	 "crio-conmon-" ID ".scope"},
	{"0::/system.slice/containerd.service/kubepods-besteffort-pod1.slice:cri-containerd:" ID
	 "\n",
	 "/system.slice/containerd.service/kubepods-besteffort-pod1.slice:cri-containerd:" ID, ID,
	 ""},
	{"0::/system.slice/k3s.service/kubepods/pod1/" ID "\n",
	 "/system.slice/k3s.service/kubepods/pod1/" ID, ID, ""},
	/* a v2 line that says less than v1's */
	{"11:memory:/kubepods/burstable/pod1/" ID "\n1:name=systemd:/kubepods/burstable/pod1/" ID
	 "\n0::/system.slice/containerd.service\n",
	 "/kubepods/burstable/pod1/" ID, ID, ""},
	/* podman */
	{"0::/machine.slice/libpod-" ID ".scope/container\n",
	 "/machine.slice/libpod-" ID ".scope/container", ID, ""},
	{"0::/machine.slice/libpod-conmon-" ID ".scope\n",
	 "/machine.slice/libpod-conmon-" ID ".scope", "", "libpod-conmon-" ID ".scope"},
	{"0::/system.slice/web.service/libpod-payload-" ID "\n",
	 "/system.slice/web.service/libpod-payload-" ID, ID, "web.service"},
	{"0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" ID ".scope\n",
	 "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" ID ".scope", ID,
	 "user@1000.service"},
	/* others */
	{"0::/ecs/aaaabbbbccccddddaaaabbbbccccdddd/" ID "\n",
	 "/ecs/aaaabbbbccccddddaaaabbbbccccdddd/" ID, ID, ""},
	{"0::/actions_job/" ID "\n", "/actions_job/" ID, ID, ""},
	{"0::/lxc.payload.web/system.slice/ssh.service\n",
	 "/lxc.payload.web/system.slice/ssh.service", "", "ssh.service"},
	{"0::/lxc/web\n", "/lxc/web", "", ""},
	{"0::/machine.slice/machine-box.scope\n", "/machine.slice/machine-box.scope", "",
	 "machine-box.scope"},
	{"0::/buildkit/abcdefghijklmnopqrstuvwxy\n", "/buildkit/abcdefghijklmnopqrstuvwxy", "", ""},
	{"0::/../../system.slice/a.service\n", "/../../system.slice/a.service", "", "a.service"},
	/* hybrid */
	{"12:pids:/user.slice\n1:name=systemd:/system.slice/a.service\n0::/\n",
	 "/system.slice/a.service", "", "a.service"},
	{"2:cpu,cpuacct:/batch\n3:freezer:/\n", "/batch", "", ""},
	{"4:memory:/m\n1:name=systemd:/\n", "/m", "", ""},
	/* not ids, not units, not lines */
	{"0::/docker/" ID "a\n", "/docker/" ID "a", "", ""},
	{"0::/docker/0123456789ABCDEF" ID "\n", "/docker/0123456789ABCDEF" ID, "", ""},
	{"0::/.service/.scope\n", "/.service/.scope", "", ""},
	{"garbage\n0::\n:\n5:x:relative\n0::/ok", "/ok", "", ""},
	{"0::/a:b/c.service\n", "/a:b/c.service", "", "c.service"},
};

static void check(struct span got, const char *want, const char *text)
{
	if (!span_eq(got, span_str(want)))
		fail_msg("%s: [%.*s], not [%s]", text, (int)got.n, got.p, want);
}

static void test_cgroups(void **state)
{
	struct span path;
	size_t i;

	for (i = 0; i < sizeof(cgroups) / sizeof(cgroups[0]); i++) {
		path = cgroup__path(span_str(cgroups[i].text));
		check(path, cgroups[i].path, cgroups[i].text);
		check(cgroup__container(path), cgroups[i].container, cgroups[i].text);
		check(cgroup__unit(path), cgroups[i].unit, cgroups[i].text);
	}
}

static void test_facts(void **state)
{
	const uint64_t tick = 1000000000 / sysconf(_SC_CLK_TCK);
	char link[256], big[3000];
	struct process *p;

	put_stat(10, "a) S 99 (b", 3, 1234);
	put("10/comm", SPAN_LIT("a) S 99 (b\n"));
	put("10/status", SPAN_LIT("Name:\ta\nUmask:\t0022\nUid:\t1000\t0\t0\t0\nSeccomp:\t0\n"));
	put("10/cmdline", SPAN_LIT("prog\0-x\0two words\0\0"));
	put("10/cgroup", SPAN_LIT("0::/system.slice/docker-" ID ".scope\n"));
	put("10/environ", SPAN_LIT("PATH=/bin\0OTEL_SERVICE_NAME=rag\nX=1\0SECRET=no\0"
				   "LLMSNOOP_FEATURE=\0OTEL_SERVICE_NAME=second\0"
				   "XLLMSNOOP_FEATURE=3\0OTEL_RESOURCE_ATTRIBUTES=a=b,c=d"));
	snprintf(link, sizeof(link), "%s/10/exe", root);
	assert_int_equal(symlink("/usr/bin/prog (deleted)", link), 0);
	assert_int_equal(process__read(root, 10, NULL, &p), 0);
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

	assert_int_equal(process__read(root, 10, &known, &p), 0);
	assert_int_equal(p->start_ns, 1234 * tick + tick / 2);
	assert_string_equal(p->comm, "a) S 99 (b");
	assert_int_equal(p->uid, 1000);
	process__free(p);
	/* another one under the same number: only what the kernel said holds */
	known.start_ns = 999 * tick;
	assert_int_equal(process__read(root, 10, &known, &p), 0);
	assert_string_equal(p->comm, "kern");
	assert_int_equal(p->ppid, 8);
	assert_int_equal(p->uid, 77);
	assert_int_equal(p->start_ns, 999 * tick);
	assert_string_equal(p->exe, "");
	assert_string_equal(p->cmdline, "");
	assert_string_equal(p->env, "");
	process__free(p);
	/* gone */
	assert_int_equal(process__read(root, 11, NULL, &p), -ESRCH);
	assert_int_equal(process__read(root, 11, &known, &p), 0);
	assert_string_equal(p->comm, "kern");
	process__free(p);
	process__free(NULL);
	/* only stat is left, or is broken */
	put_stat(12, "half", 1, 5);
	assert_int_equal(process__read(root, 12, NULL, &p), 0);
	assert_int_equal(p->uid, UINT32_MAX);
	assert_string_equal(p->comm, "");
	assert_string_equal(p->cgroup, "");
	process__free(p);
	put("13/stat", SPAN_LIT("13 (x S 1"));
	assert_int_equal(process__read(root, 13, NULL, &p), -ESRCH);
	/* a value that is too long is left out, not cut */
	memset(big, 'v', sizeof(big));
	memcpy(big, "LLMSNOOP_FEATURE=", 17);
	put_stat(14, "big", 1, 5);
	put("14/environ", span(big, sizeof(big)));
	assert_int_equal(process__read(root, 14, NULL, &p), 0);
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
		put("20/environ", span(env, n));
		assert_int_equal(process__read(root, 20, NULL, &p), 0);
		assert_string_equal(p->env, "LLMSNOOP_FEATURE=f\nOTEL_SERVICE_NAME=s\n");
		process__free(p);
	}
	/* inside of an endless entry nothing is a variable */
	memset(env, 'x', n);
	memcpy(env + 65536, "LLMSNOOP_FEATURE=f", 19);
	put("20/environ", span(env, n));
	assert_int_equal(process__read(root, 20, NULL, &p), 0);
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

static void test_seccomp(void **state)
{
	put("30/status", SPAN_LIT("Name:\tSeccomp:\t2\nSeccomp:\t0\nSeccomp_filters:\t0\n"));
	assert_int_equal(proc__seccomp(root, 30), 0);
	put("30/task/30/status", SPAN_LIT("Name:\ta\nSeccomp:\t0\n"));
	put("30/task/31/status", SPAN_LIT("Name:\ta\nSeccomp:\t2\n"));
	assert_int_equal(proc__seccomp(root, 30), 2);
	assert_int_equal(proc__seccomp(root, 31), -ESRCH);
}

/* The real one: ourselves, and a child that ends. */
static void test_real(void **state)
{
	struct process_known known = {.comm = "c", .uid = UINT32_MAX};
	struct process *p;
	uint32_t *pids;
	int n, i, found = 0;
	pid_t pid;

	assert_int_equal(process__read("/proc", getpid(), NULL, &p), 0);
	assert_int_equal(p->ppid, getppid());
	assert_int_equal(p->uid, getuid());
	assert_non_null(strstr(p->exe, "test_proc"));
	assert_non_null(strstr(p->cmdline, "test_proc"));
	assert_true(p->start_ns > 0);
	process__free(p);
	assert_in_range(proc__seccomp("/proc", getpid()), 0, 2);
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
	assert_int_equal(process__read("/proc", pid, &known, &p), 0);
	assert_string_equal(p->cmdline, "");
	process__free(p);
	waitpid(pid, NULL, 0);
	assert_int_equal(process__read("/proc", pid, NULL, &p), -ESRCH);
}

static int setup(void **state)
{
	return mkdtemp(root) ? 0 : -1;
}

static int drop(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

static int teardown(void **state)
{
	return nftw(root, drop, 16, FTW_DEPTH | FTW_PHYS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cgroups),	     cmocka_unit_test(test_facts),
		cmocka_unit_test(test_long_environ), cmocka_unit_test(test_family),
		cmocka_unit_test(test_seccomp),	     cmocka_unit_test(test_real),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
