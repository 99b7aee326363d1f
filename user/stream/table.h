/* SPDX-License-Identifier: Apache-2.0 */
/* table.h: all connections of a capture. Puts their bytes in order, finds what is missing, finds
 * out what they speak and who is the client, and hands them to that protocol. No I/O, clock,
 * globals or logging.
 *
 * Beyond struct limits it holds at most 512 bytes for a connection that is idle and quiet, its
 * protocol's state among them; for one that speaks HTTP/2 also what its header compression has to
 * remember, mostly a few KiB. */
#ifndef LLMSNOOP_STREAM_TABLE_H
#define LLMSNOOP_STREAM_TABLE_H

#include "stream/protocol.h"

#define STREAM_PROTOCOLS_MAX 8

struct stream_stats {
	uint64_t conns;			      /* seen */
	uint64_t open;			      /* now */
	uint64_t midstream;		      /* of conns: their start was not seen */
	uint64_t speak[STREAM_PROTOCOLS_MAX]; /* conns by protocol, in the order of
						 stream_table__new */
	uint64_t neither;		      /* conns that speak none of them */
	uint64_t upgraded;		      /* conns that stopped speaking it (101, CONNECT) */
	uint64_t failed; /* conns that a protocol gave up: a limit or no memory */
	uint64_t failed_of[STREAM_PROTOCOLS_MAX]; /* of them, by protocol as speak */
	uint64_t gaps;				  /* places where bytes are missing */
	uint64_t gap_bytes;			  /* of them, where known */
	uint64_t duplicates;			  /* bytes that came twice and were dropped */
	uint64_t evicted;			  /* conns forgotten for want of room */
	uint64_t refused;			  /* conns not followed for want of memory */
};

struct stream_table;

/* The callbacks of a table: ctx is the struct stream_table. */
extern const struct capture_ops stream_table_ops;

/* A table whose connections speak one of n (≤ STREAM_PROTOCOLS_MAX) protocols, the first that
 * matches. ctx is what their open gets. control may be NULL: nothing flows back. All pointers are
 * borrowed for its life. -E2BIG, -ENOMEM. */
int stream_table__new(const struct protocol *const *protocols, unsigned int n, void *ctx,
		      const struct capture_control *control, const struct limits *lim,
		      struct stream_table **ret);

/* Who also wants to know of processes, exits, the clock, counts and ticks: each is handed on to
 * ops, a process before its connections, an exit after them. data and close are not. */
void stream_table__observe(struct stream_table *t, const struct capture_ops *ops, void *ctx);

/* The capture is over: ends all connections (CONN_END_CAPTURE). The table can be used again. */
void stream_table__finish(struct stream_table *t, uint64_t mono_ns);

void stream_table__stats(const struct stream_table *t, struct stream_stats *ret);

/* Frees all, without a word to the exchanges that are open. NULL is fine. */
void stream_table__free(struct stream_table *t);

#endif
