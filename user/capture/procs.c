// SPDX-License-Identifier: Apache-2.0
#include "capture/procs.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

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
