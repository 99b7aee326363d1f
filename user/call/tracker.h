/* SPDX-License-Identifier: Apache-2.0 */
/* tracker.h: turns exchanges into call records. It is told of exchanges (http_msg_ops) and of
 * processes and time (capture_ops); it hands out records and totals. */
#ifndef LLMSNOOP_TRACKER_H
#define LLMSNOOP_TRACKER_H

#include "call/agent.h"
#include "call/filter.h"
#include "call/record.h"
#include "capture/capture.h"
#include "http/msg.h"

struct content_config;
struct limits;
struct feature_rules;
struct prices;
struct call_tracker;

/* What a tracker is made with. All is borrowed for its life. Callbacks may be NULL; none may
 * free the tracker. */
struct call_tracker_config {
	const struct filter *filter;
	const struct limits *lim;
	uint64_t max_calls;    /* records handed out at most; 0: any number */
	bool estimate;	       /* tokens that no provider told */
	struct prices *prices; /* for what no provider prices itself; NULL: unknown then */
	const struct feature_rules *features; /* a user's own; NULL: none */
	const struct content_config *content; /* what is kept of what is said; NULL: nothing */
	/* A finished call that is wanted. c is borrowed until the callback returns. */
	void (*call)(void *ctx, const struct call *c);
	/* A run that has ended, and a use of a tool that is over, after the calls that make them
	 * up. Borrowed until the callback returns. */
	void (*run)(void *ctx, const struct agent_run *r);
	void (*tool)(void *ctx, const struct agent_tool *t);
	/* Totals: each minute, within a second of a new loss, and from call_tracker__finish. */
	void (*stats)(void *ctx, const struct stats *st);
	/* The same about each second, for those who show them as they are now. */
	void (*now)(void *ctx, const struct stats *st);
	/* Fills those totals that only others know, before each stats and now. */
	void (*fill)(void *ctx, struct stats *st);
	void *ctx;
};

/* -ENOMEM. */
int call_tracker__new(const struct call_tracker_config *config, struct call_tracker **ret);

/* No exchange may be open. NULL is fine. */
void call_tracker__free(struct call_tracker *t);

/* Both are called with the tracker as ctx. Of capture_ops, data and close are NULL. */
const struct http_msg_ops *call_tracker__http_ops(void);
const struct capture_ops *call_tracker__capture_ops(void);

/* From now on calls that end are named by these rules (NULL: none), which are borrowed as those of
 * the configuration were. */
void call_tracker__use_features(struct call_tracker *t, const struct feature_rules *features);

/* Likewise the list that prices them. */
void call_tracker__use_prices(struct call_tracker *t, struct prices *prices);

/* max_calls records were handed out: nothing more will come. */
bool call_tracker__full(const struct call_tracker *t);

/* The totals up to now, as the last stats callback would have them; time_ns is that of now_ns. */
void call_tracker__stats(struct call_tracker *t, uint64_t now_ns, struct stats *ret);

/* The run is over, all exchanges are ended: tells the totals once more. */
void call_tracker__finish(struct call_tracker *t, uint64_t now_ns);

/* A process's facts, for those who judge before a call begins (filter__process); NULL: unknown.
 * Borrowed until the next event of the capture. */
const struct process *call_tracker__process(struct call_tracker *t, uint32_t pid);

#endif
