// SPDX-License-Identifier: Apache-2.0
#include "capture/cgroup.h"

#define ID_DIGITS 64
#define TASK_DIGITS 32 /* ids of ECS */

/* The next piece of s up to sep, which is taken off s. False: nothing is left. */
static bool next(struct span *s, uint8_t sep, struct span *ret)
{
	const uint8_t *end;

	if (!s->n)
		return false;
	end = memchr(s->p, sep, s->n);
	*ret = end ? span(s->p, end - s->p) : *s;
	*s = end ? span(end + 1, s->p + s->n - end - 1) : SPAN_NONE;
	return true;
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex(uint8_t c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f');
}

static bool is_alnum(uint8_t c)
{
	return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static bool all(struct span s, bool (*is)(uint8_t c))
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!is(s.p[i]))
			return false;
	return s.n > 0;
}

static bool cut_head(struct span *s, struct span head)
{
	if (!span_starts(*s, head))
		return false;
	*s = span_skip(*s, head.n);
	return true;
}

static bool cut_tail(struct span *s, struct span tail)
{
	if (!span_ends(*s, tail))
		return false;
	s->n -= tail.n;
	return true;
}

static bool is(struct span s, const char *text)
{
	return span_eq(s, span_str(text));
}

struct named {
	struct span word;
	const char *runtime;
};

static const char *find(const struct named *table, size_t n, struct span word)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (span_eq(table[i].word, word))
			return table[i].runtime;
	return NULL;
}

#define FIND(table, word) find(table, sizeof(table) / sizeof((table)[0]), word)

/* A path is read component by component. */
struct walk {
	struct cgroup_facts *f;
	struct span c, parent, above; /* the component and the two before it */
	bool named_next;	      /* "lxc" or "lxc.payload" was the last: this is the name */
	struct span machine;	      /* the last was a machine's unit: this says what is in it */
	bool pod_open;		      /* the pod's own container was not met yet */
};

/* ---- pods ---- */

/* A uid as the API makes it (RFC 4122; "_" where it stands in the name of a slice), or of a static
 * pod: 32 digits, the hash of its file. */
static bool pod_uid(struct span s, char ret[CGROUP_POD_UID_MAX + 1])
{
	static const uint8_t groups[] = {8, 13, 18, 23};
	size_t i, g = 0;

	if (s.n != CGROUP_POD_UID_MAX && s.n != TASK_DIGITS)
		return false;
	for (i = 0; i < s.n; i++) {
		bool dash = s.n == CGROUP_POD_UID_MAX && g < sizeof(groups) && i == groups[g];

		g += dash;
		if (dash ? s.p[i] != '-' && s.p[i] != '_' : !is_hex(s.p[i]))
			return false;
	}
	for (i = 0; i < s.n; i++)
		ret[i] = s.p[i] == '_' ? '-' : (char)s.p[i];
	ret[s.n] = 0;
	return true;
}

/* "pod<uid>", "kubepods-burstable-pod<uid>.slice", and the latter before ":cri-containerd:<id>",
 * which is what a runtime with the cgroupfs driver makes of a kubelet that has the systemd one. */
static bool take_pod(struct walk *w)
{
	static const struct span pod = SPAN_LIT("pod");
	struct span s = w->c, uid;
	char text[CGROUP_POD_UID_MAX + 1];
	const uint8_t *colon = memchr(s.p, ':', s.n);
	ptrdiff_t at;

	if (colon)
		s.n = colon - s.p;
	cut_tail(&s, SPAN_LIT(".slice"));
	while ((at = span_find(s, pod)) >= 0) {
		uid = span_skip(s, at + pod.n);
		if ((!at || s.p[at - 1] == '-') && pod_uid(uid, text)) {
			strcpy(w->f->pod_uid, text);
			w->f->pod_container_id = SPAN_NONE;
			w->pod_open = true;
			return !colon;
		}
		s = uid;
	}
	return false;
}

/* ---- containers ---- */

/* Services that run containers: what is below them is not theirs. */
static bool is_runtime(struct span unit)
{
	static const struct span runtimes[] = {
		SPAN_LIT("docker.service"),
		SPAN_LIT("containerd.service"),
		SPAN_LIT("crio.service"),
		SPAN_LIT("cri-o.service"),
		SPAN_LIT("k3s.service"),
		SPAN_LIT("k3s-agent.service"),
		SPAN_LIT("kubelet.service"),
		SPAN_LIT("rke2-server.service"),
		SPAN_LIT("rke2-agent.service"),
		SPAN_LIT("podman.service"),
		SPAN_LIT("lxc.service"),
		SPAN_LIT("incus.service"),
		SPAN_LIT("nomad.service"),
		SPAN_LIT("snap.docker.dockerd.service"),
		SPAN_LIT("snap.lxd.daemon.service"),
	};
	size_t i;

	for (i = 0; i < sizeof(runtimes) / sizeof(runtimes[0]); i++)
		if (span_eq(unit, runtimes[i]))
			return true;
	return false;
}

/* A container begins: what was known of one around it is not of this one. */
static void enter(struct walk *w, struct span id, const char *runtime, struct span name)
{
	struct cgroup_facts *f = w->f;

	f->container_id = id;
	f->runtime = runtime;
	name = span_head(name, CGROUP_NAME_MAX);
	memcpy(f->container_name, name.n ? name.p : (const uint8_t *)"", name.n);
	f->container_name[name.n] = 0;
	f->session = SPAN_NONE;
	if (is_runtime(f->unit))
		f->unit = SPAN_NONE;
	if (w->pod_open)
		f->pod_container_id = id;
	w->pod_open = false;
}

/* What stands between the last separator and an id's. */
static const struct named prefixes[] = {
	{SPAN_LIT("docker"), "docker"},
	{SPAN_LIT("cri-containerd"), "containerd"},
	{SPAN_LIT("containerd"), "containerd"},
	{SPAN_LIT("nerdctl"), "containerd"},
	{SPAN_LIT("crio"), "cri-o"},
	{SPAN_LIT("libpod"), "podman"},
	{SPAN_LIT("libpod-payload"), "podman"},
	{SPAN_LIT("podman"), "podman"},
	{SPAN_LIT("balena"), "balena-engine"},
	{SPAN_LIT("runc"), "runc"},
	{SPAN_LIT("crun"), "crun"},
};

/* Who puts bare ids below such a directory. */
static const struct named parents[] = {
	{SPAN_LIT("docker"), "docker"},	       {SPAN_LIT("docker.service"), "docker"},
	{SPAN_LIT("actions_job"), "docker"},   {SPAN_LIT("default"), "containerd"},
	{SPAN_LIT("k8s.io"), "containerd"},    {SPAN_LIT("lxc"), "lxc"},
	{SPAN_LIT("libpod_parent"), "podman"},
};

/* 64 hex digits: alone, or behind a runtime's name and one of '-', ':', and before nothing or
 * ".scope". The monitor that podman and CRI-O have beside a container is not in it. */
static bool take_id(struct walk *w)
{
	struct span head = w->c, id, word;
	size_t i;

	cut_tail(&head, SPAN_LIT(".scope"));
	if (head.n < ID_DIGITS)
		return false;
	head.n -= ID_DIGITS;
	id = span(head.p + head.n, ID_DIGITS);
	if (!all(id, is_hex) || (head.n && is_alnum(head.p[head.n - 1])))
		return false; /* more than 64 digits */
	if (span_find(head, SPAN_LIT("conmon")) >= 0)
		return false;
	if (!head.n) {
		bool ecs = is(w->parent, "ecs") || is(w->above, "ecs");

		enter(w, id, ecs ? "docker" : FIND(parents, w->parent), SPAN_NONE);
		return true;
	}
	head.n--;
	for (i = head.n; i > 0 && head.p[i - 1] != ':'; i--)
		;
	word = span_skip(head, i);
	enter(w, id, FIND(prefixes, word), SPAN_NONE);
	return true;
}

/* runc and crun, used alone, let people name containers: "runc-web.scope". */
static bool take_named_scope(struct walk *w)
{
	struct span s = w->c, head;

	if (!cut_tail(&s, SPAN_LIT(".scope")))
		return false;
	head = span_head(s, 4);
	if ((!is(head, "runc") && !is(head, "crun")) || s.n < 6 || s.p[4] != '-')
		return false;
	s = span_skip(s, 5);
	enter(w, s, FIND(prefixes, head), s);
	return true;
}

/* "lxc.payload.web", "lxc.payload/web", "lxc/web": LXC, LXD and Incus. "lxc.monitor" is beside. */
static bool take_lxc(struct walk *w, bool is_name)
{
	struct span name = w->c;

	if (cut_head(&name, SPAN_LIT("lxc.payload.")) && name.n) {
		enter(w, SPAN_NONE, "lxc", name);
		return true;
	}
	if (is_name && !is(w->c, "..")) {
		enter(w, SPAN_NONE, "lxc", w->c);
		return true;
	}
	w->named_next = is(w->c, "lxc.payload") || is(w->c, "lxc");
	return w->named_next;
}

static int hex_value(uint8_t c)
{
	return is_digit(c) ? c - '0' : is_hex(c) ? c - 'a' + 10 : -1;
}

/* Undoes systemd's "\x2d" (systemd.unit(5), string escaping for inclusion in unit names). */
static struct span unescape(struct span s, char room[CGROUP_NAME_MAX + 1])
{
	size_t n = 0, i;

	for (i = 0; i < s.n && n < CGROUP_NAME_MAX; i++, n++) {
		if (s.n - i >= 4 && s.p[i] == '\\' && s.p[i + 1] == 'x' &&
		    hex_value(s.p[i + 2]) >= 0 && hex_value(s.p[i + 3]) >= 0 &&
		    (hex_value(s.p[i + 2]) | hex_value(s.p[i + 3]))) {
			room[n] = (char)(hex_value(s.p[i + 2]) << 4 | hex_value(s.p[i + 3]));
			i += 3;
		} else {
			room[n] = (char)s.p[i];
		}
	}
	return span(room, n);
}

/* The machine whose unit was the last component is a container, unless what follows is its
 * supervisor or nothing is known to follow. runtime NULL: some that systemd-machined knows of. */
static void enter_machine(struct walk *w, const char *runtime)
{
	static const struct span lxc = SPAN_LIT("lxc-");
	char room[CGROUP_NAME_MAX + 1];
	struct span name = unescape(w->machine, room);
	size_t i;

	w->machine = SPAN_NONE;
	if (cut_head(&name, lxc)) { /* libvirt's: lxc-<pid>-<name> */
		for (i = 0; i < name.n && is_digit(name.p[i]); i++)
			;
		if (i && i < name.n && name.p[i] == '-')
			name = span_skip(name, i + 1);
		runtime = "libvirt-lxc";
	}
	enter(w, SPAN_NONE, runtime, name);
}

/* "machine-web.scope" and "systemd-nspawn@web.service", with "payload" or "supervisor" below. */
static void note_machine(struct walk *w)
{
	struct span s = w->c;
	bool scope;

	w->machine = SPAN_NONE;
	scope = cut_tail(&s, SPAN_LIT(".scope")) && cut_head(&s, SPAN_LIT("machine-"));
	if (!scope) {
		s = w->c;
		if (!cut_tail(&s, SPAN_LIT(".service")) ||
		    !cut_head(&s, SPAN_LIT("systemd-nspawn@")))
			return;
	}
	/* a virtual machine: its processes are not seen, what is seen runs it */
	if (s.n && !span_starts(s, SPAN_LIT("qemu\\x2d")) && !span_starts(s, SPAN_LIT("qemu-")))
		w->machine = s;
}

static void take_machine(struct walk *w)
{
	if (!w->machine.n)
		return;
	if (is(w->c, "payload"))
		enter_machine(w, "systemd-nspawn");
	else if (!is(w->c, "supervisor"))
		enter_machine(w, NULL);
	w->machine = SPAN_NONE;
}

/* "nomad/<allocation>.<task>", "nomad.slice/share.slice/<allocation>.<task>.scope". */
static bool take_nomad(struct walk *w)
{
	struct span s = w->c;
	char uid[CGROUP_POD_UID_MAX + 1];

	if (!is(w->parent, "nomad") && !is(w->parent, "nomad.slice") &&
	    !is(w->above, "nomad.slice"))
		return false;
	cut_tail(&s, SPAN_LIT(".scope"));
	if (s.n < CGROUP_POD_UID_MAX + 2 || s.p[CGROUP_POD_UID_MAX] != '.' ||
	    !pod_uid(span_head(s, CGROUP_POD_UID_MAX), uid))
		return false;
	enter(w, SPAN_NONE, NULL, span_skip(s, CGROUP_POD_UID_MAX + 1));
	return true;
}

/* Fargate: "ecs/<task>/<task>-<number>". */
static bool take_fargate(struct walk *w)
{
	struct span task = w->parent, rest = w->c;

	if (!is(w->above, "ecs") || task.n != TASK_DIGITS || !all(task, is_hex) ||
	    !cut_head(&rest, task) || !cut_head(&rest, SPAN_LIT("-")) || !all(rest, is_digit))
		return false;
	enter(w, w->c, NULL, SPAN_NONE);
	return true;
}

/* ---- systemd ---- */

static void take_unit(struct walk *w)
{
	struct span s = w->c;

	if (span_ends(s, SPAN_LIT(".slice")) && s.n > 6) {
		if (span_find(s, SPAN_LIT("kubepods")) < 0)
			w->f->slice = s;
		return;
	}
	if (!(span_ends(s, SPAN_LIT(".service")) && s.n > 8) &&
	    !(span_ends(s, SPAN_LIT(".scope")) && s.n > 6))
		return;
	w->f->unit = s;
	if (cut_tail(&s, SPAN_LIT(".scope")) && cut_head(&s, SPAN_LIT("session-")))
		w->f->session = s;
	note_machine(w);
}

void cgroup__facts(struct span path, struct cgroup_facts *ret)
{
	struct walk w = {.f = ret};
	struct span c;
	bool is_name;

	*ret = (struct cgroup_facts){0};
	while (next(&path, '/', &c)) {
		if (!c.n)
			continue;
		w.above = w.parent;
		w.parent = w.c;
		w.c = c;
		is_name = w.named_next;
		w.named_next = false;
		take_machine(&w);
		if (!take_pod(&w) && !take_id(&w) && !take_named_scope(&w) &&
		    !take_lxc(&w, is_name) && !take_nomad(&w) && !take_fargate(&w))
			take_unit(&w);
	}
	/* The unit of a machine may hold what runs it as well; a scope was made for what is in it.
	 */
	if (w.machine.n && span_ends(w.c, SPAN_LIT(".scope")))
		enter_machine(&w, NULL);
}

bool cgroup__contained(const struct cgroup_facts *f)
{
	return f->container_id.n || *f->container_name || *f->pod_uid;
}

/* How much a line's controllers promise, if its path is not "/". */
static int rank(struct span controllers)
{
	static const struct {
		struct span name;
		int rank;
	} known[] = {
		{SPAN_LIT("name=systemd"), 4}, {SPAN_LIT("cpu"), 3},
		{SPAN_LIT("cpu,cpuacct"), 3},  {SPAN_LIT("cpuacct,cpu"), 3},
		{SPAN_LIT("memory"), 3},       {SPAN_LIT("pids"), 2},
		{SPAN_LIT("devices"), 2},
	};
	size_t i;

	if (!controllers.n)
		return 5; /* "0::", cgroup v2 */
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (span_eq(controllers, known[i].name))
			return known[i].rank;
	return 1;
}

struct span cgroup__path(struct span text)
{
	struct span line, number, controllers, best = SPAN_NONE;
	struct cgroup_facts f;
	int best_rank = -1, r;

	while (next(&text, '\n', &line)) {
		if (!next(&line, ':', &number) || !next(&line, ':', &controllers) ||
		    !span_starts(line, SPAN_LIT("/")))
			continue;
		r = line.n == 1 ? 0 : rank(controllers);
		cgroup__facts(line, &f);
		if (cgroup__contained(&f))
			r += 10;
		if (r > best_rank) {
			best_rank = r;
			best = line;
		}
	}
	return best;
}
