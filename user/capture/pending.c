// SPDX-License-Identifier: Apache-2.0
#include "capture/pending.h"

#include <errno.h>
#include <stdlib.h>

struct pending {
	struct event_process e;
	uint64_t position; /* in the data ring */
	struct pending *next;
};

int pending__add(struct pending_list *l, const struct event_process *e, uint64_t position)
{
	struct pending *w = calloc(1, sizeof(*w));

	if (!w)
		return -ENOMEM;
	w->e = *e;
	w->position = position;
	if (l->last)
		l->last->next = w;
	else
		l->first = w;
	l->last = w;
	return 0;
}

static void take(struct pending_list *l, struct pending *before, struct pending *w,
		 struct event_process *ret)
{
	*ret = w->e;
	if (before)
		before->next = w->next;
	else
		l->first = w->next;
	if (l->last == w)
		l->last = before;
	free(w);
}

bool pending__take(struct pending_list *l, uint64_t consumed, struct event_process *ret)
{
	if (!l->first || l->first->position > consumed)
		return false;
	take(l, NULL, l->first, ret);
	return true;
}

bool pending__take_before(struct pending_list *l, uint32_t pid, uint64_t ts_ns,
			  struct event_process *ret)
{
	struct pending *before = NULL, *w;

	for (w = l->first; w; before = w, w = w->next) {
		if (w->e.h.tgid != pid || w->e.ts_ns > ts_ns)
			continue;
		take(l, before, w, ret);
		return true;
	}
	return false;
}

void pending__free(struct pending_list *l)
{
	struct event_process e;

	while (pending__take(l, UINT64_MAX, &e))
		;
}
