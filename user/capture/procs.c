// SPDX-License-Identifier: Apache-2.0
#include "capture/procs.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "capture/proc.h"

#define NS_PER_S 1000000000ULL

struct proc_state *procs__find(const struct procs *t, uint32_t pid)
{
	struct proc_state *p;

	map__find(node, t->all, pid, p);
	return p;
}

struct proc_state *procs__get(struct procs *t, uint32_t pid)
{
	struct proc_state *p = procs__find(t, pid);
	int err;

	if (p || map__count(node, t->all) >= PROCS_MAX)
		return p;
	p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->pid = pid;
	map__add(node, t->all, pid, p, err);
	if (err) {
		free(p);
		return NULL;
	}
	return p;
}

bool procs__traced(const struct procs *t, bool all, uint32_t pid)
{
	const struct proc_state *p = pid ? procs__find(t, pid) : NULL;

	return p ? !p->unwanted : all && pid != (uint32_t)getpid();
}

void procs__note(struct procs *t, uint32_t pid, int has)
{
	struct proc_state *p = has > 0 ? procs__get(t, pid) : NULL;

	if (!p)
		return;
	if (has & TARGET_PROBED && !p->tls) {
		p->tls = true;
		t->n_tls++;
	}
	if (has & TARGET_UNLOCATED && !p->unlocated) {
		p->unlocated = true;
		t->n_unlocated++;
	}
	if (has & TARGET_SIGNED)
		p->is_signed = true;
}

/* The kubelet names a container's log when it has started it. The first bytes of a process are
 * worth another look, then ever less is. */
static void note_names(struct proc_state *p, const struct process *facts, uint64_t now_ns)
{
	p->unnamed = *facts->pod_uid && !*facts->pod_container && ++p->asked < PROCS_ASK_MAX;
	p->ask_ns = p->asked > 1 ? now_ns + (NS_PER_S << (p->asked - 2)) : 0;
}

int proc_state__read(struct proc_state *p, const struct event_process *e, struct whereabouts *where,
		     uint64_t now_ns, struct process **ret)
{
	struct process_known known = {.uid = UINT32_MAX};
	struct process *facts;
	bool again = p->told;
	int err;

	if (again && (!p->unnamed || now_ns < p->ask_ns))
		return -EALREADY;
	if (e) {
		known.comm = e->comm;
		known.ppid = e->ppid;
		known.uid = e->uid;
		known.start_ns = e->start_ns;
	}
	if (!again)
		p->asked = 0;
	err = process__read("/proc", (uint32_t)p->pid, e ? &known : NULL, where, &facts);
	if (err)
		return err;
	facts->seen_ns = e ? e->ts_ns : now_ns;
	facts->again = again;
	note_names(p, facts, now_ns);
	if (again && !*facts->pod_name) {
		process__free(facts);
		return -EALREADY;
	}
	*ret = facts;
	return 0;
}

void procs__forget(struct procs *t, uint32_t pid)
{
	struct proc_state *p = procs__find(t, pid);

	if (!p)
		return;
	t->n_tls -= p->tls;
	t->n_unlocated -= p->unlocated;
	map__del(node, t->all, p);
	free(p);
}

void procs__free(struct procs *t)
{
	struct proc_state *p, *next;

	map__for_each(node, t->all, p, next)
	{
		map__del(node, t->all, p);
		free(p);
	}
	t->n_tls = t->n_unlocated = 0;
}
