/* SPDX-License-Identifier: Apache-2.0 */
/* sink.h: where records go. */
#ifndef LLMSNOOP_SINK_H
#define LLMSNOOP_SINK_H

#include <stdint.h>

#include "call/agent.h"
#include "call/record.h"

struct sink;

struct sink_ops {
	const char *name;
	/* One record. Nothing of c outlives the call. 0 or negative errno: the loss is counted by
	 * the caller, said once, and later records are still offered. -EPIPE: the reader is gone.
	 */
	int (*call)(struct sink *s, const struct call *c);
	/* An agent's run that has ended, and a use of a tool; as call. NULL: not wanted. */
	int (*run)(struct sink *s, const struct agent_run *r);
	int (*tool)(struct sink *s, const struct agent_tool *t);
	/* Running totals (each minute, at once on loss, and at the end). NULL: not wanted. */
	int (*stats)(struct sink *s, const struct stats *st);
	/* Adds to the totals what the sink knows of its own way out. NULL: nothing. */
	void (*fill)(struct sink *s, struct stats *st);
	/* The same about once a second. NULL: not wanted. */
	void (*now)(struct sink *s, const struct stats *st);
	/* Time passes, about once a second: flush what waits. NULL: not wanted. */
	int (*tick)(struct sink *s, uint64_t mono_ns);
	/* SIGUSR1: reopen files. NULL: nothing to reopen. */
	int (*reopen)(struct sink *s);
	/* Flushes and frees. */
	int (*close)(struct sink *s);
};

/* First member of every sink's own struct. */
struct sink {
	const struct sink_ops *ops;
	struct sink *next;
};

#endif
