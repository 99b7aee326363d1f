// SPDX-License-Identifier: Apache-2.0
#include "doctor/report.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "capture/capabilities.h"

const char *verdict__name(enum verdict_of v)
{
	static const char *const names[VERDICT_N] = {
		[VERDICT_SEEN] = "seen",
		[VERDICT_WHEN_CALLS] = "seen when it calls",
		[VERDICT_PARTLY] = "partly seen",
		[VERDICT_NOT_SEEN] = "not seen",
	};

	return names[v];
}

void report__init(struct report *r)
{
	*r = (struct report){0};
	r->budget.max_bytes = REPORT_BYTES;
	arena__init(&r->arena, REPORT_BYTES, &r->budget);
}

void report__free(struct report *r)
{
	arena__free(&r->arena);
	r->processes = NULL;
}

static const char *keep(struct report *r, const char *text)
{
	const char *s = arena__string(&r->arena, span_str(text));

	r->cut |= !s;
	return s ? s : "";
}

struct report_process *report__begin(struct report *r, const struct process *facts)
{
	struct report_process *p = arena__alloc(&r->arena, sizeof(*p));

	r->n_looked++;
	if (!p) {
		r->cut = true;
		return NULL;
	}
	*p = (struct report_process){
		.pid = facts->pid,
		.uid = facts->uid,
		.comm = keep(r, facts->comm),
		.exe = keep(r, facts->exe),
		.container_id = keep(r, facts->container_id),
		.unit = keep(r, facts->unit),
	};
	return p;
}

static struct report_stack *add_stack(struct report *r, struct report_process *p,
				      const struct target *t)
{
	struct report_stack *s;
	char path[4200];
	struct stat st;

	if (!p->stacks)
		p->stacks = arena__alloc(&r->arena, REPORT_STACKS_MAX * sizeof(*p->stacks));
	if (!p->stacks || p->n_stacks == REPORT_STACKS_MAX) {
		r->cut = true;
		return NULL;
	}
	s = &p->stacks[p->n_stacks++];
	s->path = keep(r, t->path);
	s->in_executable = !strcmp(t->path, p->exe);
	if (t->deleted) {
		snprintf(path, sizeof(path), "/proc/%u/root%s", t->pid, t->path);
		s->state = stat(path, &st) ? "deleted" : "replaced";
	}
	return s;
}

/* Of the functions that have to carry a probe, how many do. */
static enum verdict_of judge_sites(const struct located *l)
{
	unsigned int sites = located__sites(l);

	return !sites ? VERDICT_NOT_SEEN : sites < l->n ? VERDICT_PARTLY : VERDICT_WHEN_CALLS;
}

static const char *left_out(const struct located *l)
{
	for (unsigned int i = 0; i < l->n; i++)
		if (l->site[i].left_out)
			return l->site[i].left_out;
	return NULL;
}

static void judge_stack(struct report *r, struct report_stack *s, const struct target *t,
			const struct located *l)
{
	char text[256];

	s->verdict = judge_sites(l);
	if (!l->n) {
		s->why = keep(r, l->why_not[0] ? l->why_not : "its functions were not found");
		s->remedy = "a build that llmsnoop does not know: a newer llmsnoop may, or use "
			    "another build of the program";
	} else if (s->verdict != VERDICT_WHEN_CALLS) {
		s->why = left_out(l);
		s->remedy = "use a kernel whose return probes are safe (see KERNEL)";
	}
	if (t->err && s->verdict != VERDICT_NOT_SEEN) {
		snprintf(text, sizeof(text), "the kernel refused the probes: %s",
			 strerror(-t->err));
		s->why = keep(r, text);
		s->remedy = "see CAPABILITIES and SURROUNDINGS";
		s->verdict = VERDICT_NOT_SEEN;
	}
	if (!r->host.can_trace && s->verdict != VERDICT_NOT_SEEN) {
		s->why = "nothing can be traced here";
		s->remedy = r->host.remedy;
		s->verdict = VERDICT_NOT_SEEN;
	}
	if (s->calls && s->verdict == VERDICT_WHEN_CALLS)
		s->verdict = VERDICT_SEEN;
}

static void add_sign(struct report *r, struct report_process *p, const struct target *t)
{
	struct report_stack *s;

	/* All files of a 32-bit program say the same. */
	for (unsigned int i = 0; i < p->n_stacks; i++)
		if (!strcmp(p->stacks[i].name, t->sign->name))
			return;
	s = add_stack(r, p, t);
	if (!s)
		return;
	s->name = t->sign->name;
	s->title = t->sign->title;
	s->version = s->locator = "";
	s->promised = t->sign->later;
	s->verdict = s->promised ? VERDICT_WHEN_CALLS : VERDICT_NOT_SEEN;
	s->why = t->sign->why;
	s->remedy = t->sign->remedy;
}

void report__file(struct report *r, struct report_process *p, const struct target *t,
		  const struct hits *hits)
{
	struct report_stack *s;
	struct located *l;
	struct hit hit;

	for (unsigned int i = 0; i < t->n_stacks; i++) {
		s = add_stack(r, p, t);
		l = s ? arena__alloc(&r->arena, sizeof(*l)) : NULL;
		if (!l) {
			p->n_stacks -= s != NULL;
			r->cut = true;
			return;
		}
		*l = t->stacks[i];
		s->located = l;
		s->name = tls_stack__name(l->stack);
		s->title = tls_stack__title(l->stack);
		s->version = l->version;
		s->locator = l->locator ? l->locator : "";
		hit = hits__of(hits, p->pid, l->stack);
		s->counted = hits && t->probed;
		s->calls = hit.calls;
		s->bytes = hit.bytes;
		judge_stack(r, s, t, l);
	}
	if (t->sign)
		add_sign(r, p, t);
	p->llm_calls = hits__of(hits, p->pid, TLS_UNKNOWN).llm_calls;
}

void report__plain(struct report *r, struct report_process *p, const struct hits *hits)
{
	struct hit hit = hits__of(hits, p->pid, TLS_NONE);
	const struct target t = {.pid = p->pid, .path = ""};
	struct report_stack *s;

	s = p->model_connections || hit.calls ? add_stack(r, p, &t) : NULL;
	if (!s)
		return;
	s->name = tls_stack__name(TLS_NONE);
	s->title = tls_stack__title(TLS_NONE);
	s->version = s->locator = "";
	s->counted = hits != NULL;
	s->calls = hit.calls;
	s->bytes = hit.bytes;
	s->verdict = hit.calls ? VERDICT_SEEN : VERDICT_WHEN_CALLS;
	if (!r->host.can_trace) {
		s->verdict = VERDICT_NOT_SEEN;
		s->why = "nothing can be traced here";
		s->remedy = r->host.remedy;
	} else if (!r->host.features.sock_length && !r->host.features.sock_exit) {
		s->verdict = VERDICT_NOT_SEEN;
		s->why = "this kernel does not tell of sends and receives";
		s->remedy = "use Linux 6.3 or later, on x86-64 5.10";
	}
	p->llm_calls = hits__of(hits, p->pid, TLS_UNKNOWN).llm_calls;
}

/* Seen in part where some stacks are and some are not. What only may come, a library that is
 * promised or plain HTTP, counts where there is nothing else. */
static enum verdict_of judge_process(const struct report_process *p)
{
	enum verdict_of best = VERDICT_N, worst = VERDICT_SEEN;

	for (unsigned int i = 0; i < p->n_stacks; i++) {
		const struct report_stack *s = &p->stacks[i];

		if (!s->located && s->verdict == VERDICT_WHEN_CALLS && p->n_stacks > 1)
			continue;
		best = s->verdict < best ? s->verdict : best;
		worst = s->verdict > worst ? s->verdict : worst;
	}
	if (worst <= VERDICT_WHEN_CALLS)
		return best == VERDICT_N ? VERDICT_WHEN_CALLS : best;
	return best < VERDICT_NOT_SEEN ? VERDICT_PARTLY : VERDICT_NOT_SEEN;
}

/* Something other than plain HTTP. */
static bool has_tls(const struct report_process *p)
{
	for (unsigned int i = 0; i < p->n_stacks; i++)
		if (strcmp(p->stacks[i].name, tls_stack__name(TLS_NONE)) != 0)
			return true;
	return false;
}

/* A sign that promises a library is said only where none is there yet. */
static void drop_promises(struct report_process *p)
{
	unsigned int n = 0, located = 0;

	for (unsigned int i = 0; i < p->n_stacks; i++)
		located += p->stacks[i].located != NULL;
	for (unsigned int i = 0; i < p->n_stacks; i++)
		if (!located || !p->stacks[i].promised)
			p->stacks[n++] = p->stacks[i];
	p->n_stacks = n;
}

void report__end(struct report *r, struct report_process *p, bool named, bool denied)
{
	struct report_process **at = &r->processes;

	drop_promises(p);
	if (denied) {
		if (r->n_hidden < REPORT_HIDDEN_MAX)
			r->hidden[r->n_hidden] = p->pid;
		r->n_hidden++;
		if (!named)
			return;
		p->verdict = VERDICT_NOT_SEEN;
		p->why = "it cannot be looked into: permission denied";
		p->remedy = capabilities__allow(r->host.effective, CAP_SYS_PTRACE)
				    ? "none from here: a security module, or a user namespace "
				      "that is not below ours, guards it even from root"
				    : "run as root, or grant CAP_SYS_PTRACE";
	} else if (has_tls(p) || (p->n_stacks && !p->tls_connections)) {
		p->verdict = judge_process(p);
	} else if (p->tls_connections) {
		p->verdict = p->n_stacks && judge_process(p) < VERDICT_NOT_SEEN ? VERDICT_PARTLY
										: VERDICT_NOT_SEEN;
		p->why = "it has connections to port 443, but no TLS library that llmsnoop knows";
		p->remedy = "if it calls models: let it use OpenSSL, or call through a proxy that "
			    "is seen";
	} else if (named) {
		p->verdict = VERDICT_WHEN_CALLS;
		p->why = "it maps no TLS library yet; one that it loads later is found then";
	} else {
		return;
	}
	while (*at && (*at)->pid < p->pid)
		at = &(*at)->next;
	p->next = *at;
	*at = p;
	r->n_processes++;
	r->of[p->verdict]++;
}

int report__status(const struct report *r)
{
	if (!r->host.can_trace)
		return 3;
	return r->of[VERDICT_PARTLY] || r->of[VERDICT_NOT_SEEN] || r->n_hidden ? 1 : 0;
}
