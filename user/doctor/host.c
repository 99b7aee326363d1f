// SPDX-License-Identifier: Apache-2.0
#include "doctor/host.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/capabilities.h"

/* Numbers of the namespaces that the kernel begins with: include/linux/proc_ns.h. */
#define FIRST_USER_NS "user:[4026531837]"
#define FIRST_PID_NS "pid:[4026531836]"

#define TEXT_MAX (64 << 10)

struct look {
	const char *proc, *sys;
	struct host *host;
};

/* A whole small file as a string; the caller frees it. NULL: it cannot be read. */
static char *slurp(const char *root, const char *name)
{
	char path[512], *text;
	ssize_t n = 0, k = 0;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	text = fd < 0 ? NULL : malloc(TEXT_MAX);
	while (text && n < TEXT_MAX - 1 && (k = read(fd, text + n, TEXT_MAX - 1 - n)) > 0)
		n += k;
	if (fd >= 0)
		close(fd);
	if (!text || (k < 0 && !n)) {
		free(text);
		return NULL;
	}
	text[n] = '\0';
	return text;
}

/* The first line of a file, cut to fit; "" where there is none. */
static void first_line(const char *root, const char *name, char *ret, size_t size)
{
	char *text = slurp(root, name);

	snprintf(ret, size, "%.*s", text ? (int)strcspn(text, "\n") : 0, text ? text : "");
	free(text);
}

/* What stands behind key at the beginning of a line, up to its end. */
static void field(const char *root, const char *name, const char *key, char *ret, size_t size)
{
	char *text = slurp(root, name), *p = text;

	*ret = '\0';
	while (p && strncmp(p, key, strlen(key))) {
		p = strchr(p, '\n');
		p = p ? p + 1 : NULL;
	}
	if (p) {
		p += strlen(key);
		p += strspn(p, " \t");
		snprintf(ret, size, "%.*s", (int)strcspn(p, "\n"), p);
	}
	free(text);
}

static bool allows(const struct look *l, unsigned int capability)
{
	return capabilities__allow(l->host->effective, capability);
}

static void namespace_of(const struct look *l, const char *name, char *ret, size_t size)
{
	char path[512];
	ssize_t n;

	snprintf(path, sizeof(path), "%s/self/ns/%s", l->proc, name);
	n = readlink(path, ret, size - 1);
	ret[n > 0 ? n : 0] = '\0';
}

/* --- each check fills in value, fine, meaning and remedy --- */

static void check_pid_namespace(const struct look *l, struct host_check *c)
{
	namespace_of(l, "pid", c->value, sizeof(c->value));
	c->fine = !strcmp(c->value, FIRST_PID_NS);
	c->meaning = c->fine ? "the host's: all processes are in sight"
			     : "a container's: processes outside of it are not in sight";
	if (!c->fine)
		c->remedy = "run with the host's pid namespace (hostPID: true, --pid=host)";
}

static void check_user_namespace(const struct look *l, struct host_check *c)
{
	namespace_of(l, "user", c->value, sizeof(c->value));
	c->fine = !strcmp(c->value, FIRST_USER_NS);
	c->meaning = c->fine ? "the host's: capabilities count"
			     : "not the host's: capabilities in it do not count for tracing";
	if (!c->fine)
		c->remedy = "run outside of user namespaces (not rootless)";
}

static void check_lockdown(const struct look *l, struct host_check *c)
{
	first_line(l->sys, "kernel/security/lockdown", c->value, sizeof(c->value));
	c->fine = !strstr(c->value, "[confidentiality]");
	c->meaning = c->fine ? "BPF programs may read memory"
			     : "BPF programs may not read memory: nothing can be traced";
	if (!c->fine)
		c->remedy = "boot with lockdown=integrity or none";
}

static void check_seccomp(const struct look *l, struct host_check *c)
{
	field(l->proc, "self/status", "Seccomp:", c->value, sizeof(c->value));
	c->fine = strcmp(c->value, "2") != 0;
	c->meaning = c->fine ? "no system call is filtered"
			     : "a filter is on this process: it may refuse bpf(2) and "
			       "perf_event_open(2)";
	if (!c->fine)
		c->remedy = "where loading fails: allow both calls in the container's profile";
}

static void check_hidepid(const struct look *l, struct host_check *c)
{
	char *text = slurp(l->proc, "self/mountinfo"), *line, *save = NULL, *hide;

	/* "36 35 0:5 / /proc rw … - proc proc rw,hidepid=2" (proc(5)) */
	for (line = text ? strtok_r(text, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save)) {
		hide = strstr(line, " /proc ") ? strstr(line, " - proc ") : NULL;
		hide = hide ? strstr(hide, "hidepid=") : NULL;
		if (hide)
			snprintf(c->value, sizeof(c->value), "%.*s", (int)strcspn(hide, ", "),
				 hide);
	}
	free(text);
	c->fine = !*c->value || !strcmp(c->value, "hidepid=0") ||
		  !strcmp(c->value, "hidepid=off") || allows(l, CAP_SYS_PTRACE);
	c->meaning = c->fine ? "no process is hidden from us" : "others' processes are hidden";
	if (!c->fine)
		c->remedy = "grant CAP_SYS_PTRACE, or the gid= of the mount of /proc";
}

static void check_yama(const struct look *l, struct host_check *c)
{
	first_line(l->proc, "sys/kernel/yama/ptrace_scope", c->value, sizeof(c->value));
	c->fine = true;
	c->meaning = "restricts attaching with ptrace only, which is not done here";
}

static void check_paranoid(const struct look *l, struct host_check *c)
{
	first_line(l->proc, "sys/kernel/perf_event_paranoid", c->value, sizeof(c->value));
	c->fine = allows(l, CAPABILITY_PERFMON) || (*c->value && atoi(c->value) < 0);
	c->meaning = c->fine ? "no matter: CAP_PERFMON is there" : "perf events are refused";
	if (!c->fine)
		c->remedy = "run as root or grant CAP_PERFMON";
}

static void check_unprivileged_bpf(const struct look *l, struct host_check *c)
{
	first_line(l->proc, "sys/kernel/unprivileged_bpf_disabled", c->value, sizeof(c->value));
	c->fine = allows(l, CAPABILITY_BPF);
	c->meaning = c->fine ? "no matter: CAP_BPF is there" : "bpf(2) is refused";
	if (!c->fine)
		c->remedy = "run as root or grant CAP_BPF";
}

static void check_memlock(const struct look *l, struct host_check *c)
{
	field(l->proc, "self/limits", "Max locked memory", c->value, sizeof(c->value));
	c->value[strcspn(c->value, " ")] = '\0';
	c->fine = l->host->features.task_storage || allows(l, CAP_SYS_RESOURCE) ||
		  !strcmp(c->value, "unlimited");
	c->meaning = c->fine ? "BPF maps are not held to it"
			     : "before Linux 5.11 BPF maps count as locked memory";
	if (!c->fine)
		c->remedy = "where loading fails: ulimit -l unlimited";
}

static void check_cgroup(const struct look *l, struct host_check *c)
{
	char *text = slurp(l->proc, "self/mountinfo");

	c->fine = text && strstr(text, " - cgroup2 ");
	snprintf(c->value, sizeof(c->value), "%s", c->fine ? "cgroup2" : "");
	c->meaning = c->fine ? "connections that cannot be seen into can be named"
			     : "no warning of calls by QUIC or by TLS that is not seen";
	if (!c->fine)
		c->remedy = "mount cgroup v2 at /sys/fs/cgroup";
	free(text);
}

void host__read(const char *proc, const char *sys, struct host *ret)
{
	static const struct {
		const char *name;
		void (*look)(const struct look *l, struct host_check *c);
	} checks[] = {
		{"pid namespace", check_pid_namespace},
		{"user namespace", check_user_namespace},
		{"lockdown", check_lockdown},
		{"seccomp", check_seccomp},
		{"hidepid", check_hidepid},
		{"yama.ptrace_scope", check_yama},
		{"perf_event_paranoid", check_paranoid},
		{"unprivileged_bpf_disabled", check_unprivileged_bpf},
		{"memlock", check_memlock},
		{"cgroup v2", check_cgroup},
	};
	struct look l = {proc, sys, ret};
	char text[32];

	_Static_assert(sizeof(checks) / sizeof(checks[0]) <= HOST_CHECKS_MAX, "checks");
	field(proc, "self/status", "CapEff:", text, sizeof(text));
	ret->effective = strtoull(text, NULL, 16);
	ret->n_checks = sizeof(checks) / sizeof(checks[0]);
	for (unsigned int i = 0; i < ret->n_checks; i++) {
		ret->checks[i] = (struct host_check){.name = checks[i].name};
		checks[i].look(&l, &ret->checks[i]);
	}
}
