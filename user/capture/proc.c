// SPDX-License-Identifier: Apache-2.0
#include "capture/proc.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/buf.h"
#include "capture/whereabouts.h"

#define FDS_MAX 1024	   /* looked at for sockets */
#define PIDS_MAX (4 << 20) /* the kernel's PID_MAX_LIMIT */
#define CGROUP_TEXT_MAX (64 << 10)

/* The variables that attribution reads; nothing else of an environment is kept. */
static const struct span env_names[] = {
	SPAN_LIT("OTEL_SERVICE_NAME"),
	SPAN_LIT("OTEL_RESOURCE_ATTRIBUTES"),
	SPAN_LIT("LLMSNOOP_FEATURE"),
};

#define N_ENV (sizeof(env_names) / sizeof(env_names[0]))

/* The process directory stays that of one process: once it is gone, reading below gives -ESRCH,
 * even if its number is in use again. */
static int open_dir(const char *proc, uint32_t pid)
{
	char name[256];
	int fd;

	if ((size_t)snprintf(name, sizeof(name), "%s/%" PRIu32, proc, pid) >= sizeof(name))
		return -ENAMETOOLONG;
	fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	return fd;
}

/* Up to size bytes of a file below dir. Returns how many, negative errno. */
static ssize_t slurp(int dir, const char *name, char *buf, size_t size)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	size_t n = 0;
	ssize_t k = 0;

	if (fd < 0)
		return -errno;
	while (n < size) {
		k = read(fd, buf + n, size - n);
		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			break;
		n += k;
	}
	if (k < 0)
		k = -errno;
	close(fd);
	return k < 0 && !n ? k : (ssize_t)n;
}

static uint64_t tick_ns(void)
{
	long hz = sysconf(_SC_CLK_TCK);

	return 1000000000ULL / (hz > 0 ? hz : 100);
}

/* Field 4 and field 22 of stat (proc(5)). A comm may hold anything, ") " too, so fields are
 * counted from its last parenthesis. */
static bool parse_stat(char *text, uint32_t *ret_ppid, uint64_t *ret_ticks)
{
	char *p = strrchr(text, ')');

	return p && sscanf(p + 1,
			   " %*c %" SCNu32 " %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d "
			   "%*d %*d %*d %*d %" SCNu64,
			   ret_ppid, ret_ticks) == 2;
}

static int read_stat(int dir, uint32_t *ret_ppid, uint64_t *ret_start_ns)
{
	char text[1024];
	uint64_t ticks;
	ssize_t n = slurp(dir, "stat", text, sizeof(text) - 1);

	if (n <= 0)
		return n ? (int)n : -ESRCH;
	text[n] = '\0';
	if (!parse_stat(text, ret_ppid, &ticks))
		return -ESRCH;
	*ret_start_ns = ticks * tick_ns();
	return 0;
}

/* A number behind key ("\nUid:") in status; -1: not there. Newlines in a name are escaped there. */
static int64_t status_field(const char *text, const char *key)
{
	const char *p = strstr(text, key);

	return p ? (int64_t)strtoul(p + strlen(key), NULL, 10) : -1;
}

static int64_t read_status(int dir, const char *name, const char *key)
{
	char text[8192];
	ssize_t n = slurp(dir, name, text, sizeof(text) - 1);

	if (n <= 0)
		return -1;
	text[n] = '\0';
	return status_field(text, key);
}

static char *copy(struct span s)
{
	/* no NUL may be inside: it would cut the string unnoticed */
	return s.n ? strndup((const char *)s.p, s.n) : strdup("");
}

static char *read_comm(int dir, const struct process_known *known)
{
	char text[64];
	ssize_t n = dir < 0 ? -1 : slurp(dir, "comm", text, sizeof(text));

	if (n > 0 && text[n - 1] == '\n')
		n--;
	if (n < 0)
		return strdup(known && known->comm ? known->comm : "");
	return copy(span(text, n));
}

static char *read_exe(int dir)
{
	static const struct span deleted = SPAN_LIT(" (deleted)");
	char text[4096];
	ssize_t n = readlinkat(dir, "exe", text, sizeof(text));
	struct span s = span(text, n > 0 ? n : 0);

	if (span_ends(s, deleted))
		s.n -= deleted.n;
	return copy(s);
}

static char *read_cmdline(int dir)
{
	char text[PROC_CMDLINE_MAX];
	ssize_t n = slurp(dir, "cmdline", text, sizeof(text)), i;

	while (n > 0 && !text[n - 1])
		n--;
	for (i = 0; i < n; i++)
		if (!text[i])
			text[i] = ' ';
	return copy(span(text, n > 0 ? n : 0));
}

/* What files say of the container; else, outside any, whose process it is. The uid of a container's
 * process is a user of the host by accident only. */
static void read_names(struct process *p, const struct cgroup_facts *f, struct whereabouts *where)
{
	static const struct {
		enum container_text from;
		size_t to;
	} texts[] = {
		{CONTAINER_NAME, offsetof(struct process, container_name)},
		{CONTAINER_IMAGE, offsetof(struct process, container_image)},
		{CONTAINER_POD_NAMESPACE, offsetof(struct process, pod_namespace)},
		{CONTAINER_POD_NAME, offsetof(struct process, pod_name)},
		{CONTAINER_POD_CONTAINER, offsetof(struct process, pod_container)},
	};
	const struct container_facts *c;
	size_t i;

	if (*f->container_name)
		p->container_name = copy(span_str(f->container_name));
	if (!where)
		return;
	if (!cgroup__contained(f)) {
		p->user = copy(span_str(whereabouts__user(where, p->uid)));
		return;
	}
	c = whereabouts__container(where, f);
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const char **to = (const char **)(void *)((char *)p + texts[i].to);

		if (!*to)
			*to = copy(span_str(c->text[texts[i].from]));
	}
	p->labels = copy(buf__span(&c->labels));
}

static void read_cgroup(int dir, struct whereabouts *where, struct process *p)
{
	char *text = malloc(CGROUP_TEXT_MAX);
	struct span path = SPAN_NONE;
	struct cgroup_facts f;
	ssize_t n;

	if (!text)
		return;
	n = slurp(dir, "cgroup", text, CGROUP_TEXT_MAX);
	if (n > 0)
		path = span_head(cgroup__path(span(text, n)), PROC_CGROUP_MAX);
	cgroup__facts(path, &f);
	p->cgroup = copy(path);
	p->container_id = copy(f.container_id);
	p->unit = copy(f.unit);
	p->slice = copy(f.slice);
	p->session = copy(f.session);
	p->container_runtime = copy(span_str(f.runtime));
	p->pod_uid = copy(span_str(f.pod_uid));
	read_names(p, &f, where);
	free(text);
}

/* Takes "NAME=value" if it is one of ours and the first of its name (as getenv finds it). */
static void take_env(struct span entry, bool seen[N_ENV], struct buf *out)
{
	size_t i, at;

	for (i = 0; i < N_ENV; i++) {
		const struct span name = env_names[i];

		if (seen[i] || entry.n <= name.n || entry.p[name.n] != '=' ||
		    !span_starts(entry, name))
			continue;
		seen[i] = true;
		if (entry.n - name.n - 1 > PROC_ENV_VALUE_MAX || buf__reserve(out, entry.n + 1))
			return;
		at = out->n;
		buf__add(out, entry);
		for (; at < out->n; at++) /* a line end would begin another variable */
			if (out->p[at] == '\n')
				out->p[at] = ' ';
		buf__add(out, SPAN_LIT("\n"));
		return;
	}
}

static char *read_env(int dir)
{
	const size_t block = 64 << 10;
	size_t keep = 0, total = 0, used;
	bool seen[N_ENV] = {false}, skip = false;
	char *text, *end, *result = NULL;
	struct buf out;
	ssize_t k;
	int fd;

	fd = openat(dir, "environ", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	text = fd < 0 ? NULL : malloc(block);
	if (!text) {
		if (fd >= 0)
			close(fd);
		return strdup("");
	}
	buf__init(&out, N_ENV * (PROC_ENV_VALUE_MAX + 64));
	while (total < PROC_ENVIRON_MAX) {
		k = read(fd, text + keep, block - keep);
		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			break;
		total += k;
		keep += k;
		used = 0;
		while ((end = memchr(text + used, 0, keep - used))) {
			if (!skip)
				take_env(span(text + used, end - text - used), seen, &out);
			skip = false;
			used = end - text + 1;
		}
		if (!used && keep == block) { /* an entry longer than the block is none of ours */
			skip = true;
			used = keep;
		}
		memmove(text, text + used, keep - used);
		keep -= used;
	}
	if (k == 0 && keep && !skip) /* the last one may lack its NUL */
		take_env(span(text, keep), seen, &out);
	close(fd);
	result = copy(buf__span(&out));
	buf__free(&out);
	free(text);
	return result;
}

/* The kernel's exact start time belongs to the process that stat shows in ticks. */
static bool same_start(const struct process_known *known, uint64_t start_ns)
{
	uint64_t tick = tick_ns();

	return known->start_ns >= start_ns ? known->start_ns - start_ns <= tick
					   : start_ns - known->start_ns <= tick;
}

static void read_live(int dir, struct whereabouts *where, struct process *p)
{
	int64_t uid = read_status(dir, "status", "\nUid:");

	if (uid >= 0)
		p->uid = (uint32_t)uid;
	p->exe = read_exe(dir);
	p->cmdline = read_cmdline(dir);
	p->env = read_env(dir);
	read_cgroup(dir, where, p);
}

/* What is not known is "". */
static bool complete(struct process *p)
{
	size_t i;

	for (i = 0; i < N_PROCESS_TEXTS; i++) {
		const char **text = process__text(p, i);

		if (!*text && !(*text = strdup("")))
			return false;
	}
	return true;
}

int process__read(const char *proc, uint32_t pid, const struct process_known *known,
		  struct whereabouts *where, struct process **ret)
{
	int dir = open_dir(proc, pid);
	struct process *p;
	uint64_t start_ns = 0;
	uint32_t ppid = 0;

	if (dir >= 0 && (read_stat(dir, &ppid, &start_ns) ||
			 (known && known->start_ns && !same_start(known, start_ns)))) {
		close(dir);
		dir = -ESRCH;
	}
	if (dir < 0 && !known)
		return dir == -ENOMEM ? dir : -ESRCH;
	p = calloc(1, sizeof(*p));
	if (!p) {
		if (dir >= 0)
			close(dir);
		return -ENOMEM;
	}
	p->pid = pid;
	p->ppid = dir >= 0 ? ppid : known->ppid;
	p->uid = known ? known->uid : UINT32_MAX;
	p->start_ns = known && known->start_ns ? known->start_ns : start_ns;
	p->comm = read_comm(dir, known);
	if (dir >= 0) {
		read_live(dir, where, p);
		close(dir);
	}
	if (!complete(p)) {
		process__free(p);
		return -ENOMEM;
	}
	*ret = p;
	return 0;
}

void process__free(struct process *p)
{
	size_t i;

	if (!p)
		return;
	for (i = 0; i < N_PROCESS_TEXTS; i++)
		free((char *)*process__text(p, i));
	free(p);
}

static bool is_pid(const char *name, uint32_t *ret)
{
	unsigned long v;
	char *end;

	if (!isdigit((unsigned char)*name))
		return false;
	v = strtoul(name, &end, 10);
	if (*end || !v || v > INT32_MAX)
		return false;
	*ret = (uint32_t)v;
	return true;
}

int proc__pids(const char *proc, uint32_t **ret)
{
	uint32_t *pids = NULL, *more, pid;
	size_t n = 0, cap = 0;
	struct dirent *d;
	DIR *dir = opendir(proc);

	if (!dir)
		return -errno;
	while (n < PIDS_MAX && (d = readdir(dir))) {
		if (!is_pid(d->d_name, &pid))
			continue;
		if (n == cap) {
			cap = cap ? cap * 2 : 256;
			more = reallocarray(pids, cap, sizeof(*pids));
			if (!more) {
				free(pids);
				closedir(dir);
				return -ENOMEM;
			}
			pids = more;
		}
		pids[n++] = pid;
	}
	closedir(dir);
	*ret = pids;
	return (int)n;
}

struct child {
	uint32_t pid, ppid;
};

static int by_ppid(const void *a, const void *b)
{
	const struct child *x = a, *y = b;

	return x->ppid < y->ppid ? -1 : x->ppid > y->ppid;
}

/* All processes with their parents, sorted by parent. */
static int read_children(const char *proc, struct child **ret)
{
	uint32_t *pids = NULL;
	uint64_t start_ns;
	struct child *c;
	int n = proc__pids(proc, &pids), i, dir, used = 0;

	if (n <= 0) {
		free(pids);
		return n;
	}
	c = calloc(n, sizeof(*c));
	for (i = 0; c && i < n; i++) {
		dir = open_dir(proc, pids[i]);
		if (dir < 0)
			continue;
		c[used].pid = pids[i];
		if (!read_stat(dir, &c[used].ppid, &start_ns))
			used++;
		close(dir);
	}
	free(pids);
	if (!c)
		return -ENOMEM;
	qsort(c, used, sizeof(*c), by_ppid);
	*ret = c;
	return used;
}

/* The first child of ppid in the sorted list. */
static int first_child(const struct child *c, int n, uint32_t ppid)
{
	int lo = 0, hi = n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (c[mid].ppid < ppid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

int proc__family(const char *proc, uint32_t pid, uint32_t **ret)
{
	struct child *c = NULL;
	uint32_t *family;
	int n = read_children(proc, &c), done, i, used = 0;

	if (n < 0)
		return n;
	for (i = 0; i < n && c[i].pid != pid; i++)
		;
	family = i < n ? calloc(n, sizeof(*family)) : NULL;
	if (!family) {
		free(c);
		return i < n ? -ENOMEM : -ESRCH;
	}
	family[used++] = pid;
	/* A pid was reused while we read, so that parents go round in a circle: used stops at n. */
	for (done = 0; done < used; done++)
		for (i = first_child(c, n, family[done]);
		     i < n && c[i].ppid == family[done] && used < n; i++)
			if (c[i].pid != pid && c[i].pid != family[done])
				family[used++] = c[i].pid;
	free(c);
	*ret = family;
	return used;
}

bool proc__may_have_spoken(const char *proc, uint32_t pid)
{
	char name[320], protocol[16];
	struct dirent *d;
	int looked = 0;
	bool tcp = false,
	     ending = true; /* a process that ends closes its files before it is gone */
	DIR *dir;

	snprintf(name, sizeof(name), "%s/%" PRIu32 "/fd", proc, pid);
	dir = opendir(name);
	if (!dir)
		return true;
	while (!tcp && (d = readdir(dir))) {
		ssize_t n;

		if (d->d_name[0] == '.')
			continue;
		ending = false;
		/* net/socket.c tells it of sockets, whoever holds them: "TCP", "TCPv6" */
		snprintf(name, sizeof(name), "%s/%" PRIu32 "/fd/%s", proc, pid, d->d_name);
		n = getxattr(name, "system.sockprotoname", protocol, sizeof(protocol));
		tcp = (n >= 3 && !strncmp(protocol, "TCP", 3)) || ++looked == FDS_MAX;
	}
	closedir(dir);
	return tcp || ending;
}
