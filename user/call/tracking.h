/* SPDX-License-Identifier: Apache-2.0 */
/* tracking.h: the tracker's state, shared by tracker.c, exchange.c, turns.c and report.c. */
#ifndef LLMSNOOP_CALL_TRACKING_H
#define LLMSNOOP_CALL_TRACKING_H

#include "base/arena.h"
#include "call/open.h"
#include "call/tracker.h"

struct fetched;
struct runs;

/* The clock's offset as it was told: now, and before the latest step. */
struct clock {
	uint64_t since_ns;
	int64_t offset_ns, before_ns;
	uint64_t started_ns; /* CLOCK_REALTIME when it was first told: a replay begins then, too */
	bool known;
};

/* Calls that began at one moment on one connection (pipelined in one write) are told apart by
 * their number. */
struct recent {
	uint64_t conn, first_ns;
	unsigned int nth;
};

#define RECENT_BITS 6

struct call_tracker {
	struct call_tracker_config cfg;
	struct processes *processes;
	struct fetched *fetched;
	struct runs *runs;
	struct arena_budget budget;
	struct call_open *open;
	uint64_t n_open, n_out;
	struct clock clock;
	struct recent recent[1 << RECENT_BITS];
	struct stats totals;
	struct capture_counts counts;
	uint64_t told_ns, told_losses; /* of the latest stats */
};

/* CLOCK_REALTIME of a moment of CLOCK_MONOTONIC. */
uint64_t call_tracker__wall_ns(const struct call_tracker *t, uint64_t mono_ns);

/* An empty call, linked into the tracker's, or NULL: there are too many, or no memory; counted as
 * refused. */
struct call_open *call_open__new(struct call_tracker *t, uint64_t first_ns);
/* Its turns, too. */
void call_open__free(struct call_open *x);

/* Fills the ids of x->c. */
void call_open__derive_ids(struct call_open *x);

#endif
