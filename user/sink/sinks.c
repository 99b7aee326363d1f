// SPDX-License-Identifier: Apache-2.0
#include "sink/sinks.h"

#include <errno.h>
#include <string.h>

#include "log.h"

void sinks__add(struct sinks *l, struct sink *s)
{
	struct sink **at = &l->first;

	while (*at)
		at = &(*at)->next;
	s->next = NULL;
	*at = s;
}

static void judge(struct sinks *l, const struct sink_ops *ops, int err)
{
	if (err >= 0)
		return;
	l->unwritten++;
	if (err == -EPIPE)
		l->reader_gone = true;
	else
		log__warn(
			"%s: cannot write a record: %s; tracing goes on, such records are counted",
			ops->name, strerror(-err));
}

void sinks__call(struct sinks *l, const struct call *c)
{
	struct sink *s;

	for (s = l->first; s; s = s->next)
		judge(l, s->ops, s->ops->call(s, c));
}

void sinks__run(struct sinks *l, const struct agent_run *r)
{
	struct sink *s;

	for (s = l->first; s; s = s->next)
		if (s->ops->run)
			judge(l, s->ops, s->ops->run(s, r));
}

void sinks__tool(struct sinks *l, const struct agent_tool *t)
{
	struct sink *s;

	for (s = l->first; s; s = s->next)
		if (s->ops->tool)
			judge(l, s->ops, s->ops->tool(s, t));
}

void sinks__stats(struct sinks *l, const struct stats *st)
{
	struct sink *s;

	for (s = l->first; s; s = s->next)
		if (s->ops->stats)
			judge(l, s->ops, s->ops->stats(s, st));
}

void sinks__fill(struct sinks *l, struct stats *st)
{
	struct sink *s;

	for (s = l->first; s; s = s->next)
		if (s->ops->fill)
			s->ops->fill(s, st);
}

void sinks__now(struct sinks *l, const struct stats *st)
{
	struct sink *s;

	for (s = l->first; s; s = s->next)
		if (s->ops->now)
			s->ops->now(s, st);
}

void sinks__tick(struct sinks *l, uint64_t mono_ns)
{
	struct sink *s;

	for (s = l->first; s; s = s->next)
		if (s->ops->tick)
			judge(l, s->ops, s->ops->tick(s, mono_ns));
}

void sinks__reopen(struct sinks *l)
{
	struct sink *s;
	int err;

	for (s = l->first; s; s = s->next) {
		err = s->ops->reopen ? s->ops->reopen(s) : 0;
		if (err < 0)
			log__warn("%s: cannot reopen the file: %s; the old one stays in use",
				  s->ops->name, strerror(-err));
	}
}

int sinks__close(struct sinks *l)
{
	struct sink *s = l->first, *next;
	const struct sink_ops *ops;
	int err, first = 0;

	for (; s; s = next) {
		next = s->next;
		ops = s->ops;
		err = ops->close(s);
		judge(l, ops, err);
		if (err < 0 && !first)
			first = err;
	}
	l->first = NULL;
	return first;
}
