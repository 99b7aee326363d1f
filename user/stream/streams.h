/* SPDX-License-Identifier: Apache-2.0 */
/* streams.h: the connections that are known: found by id, by process, and by how long they have
 * been idle. For table.c, which knows what to do with them. */
#ifndef LLMSNOOP_STREAMS_H
#define LLMSNOOP_STREAMS_H

#include "base/map.h"
#include "stream/early.h"
#include "stream/first.h"
#include "stream/protocol.h"

enum conn_state {
	CONN_SEARCH, /* what it speaks is not known yet */
	CONN_OPEN,
	CONN_IGNORED,
};

struct search {
	struct first first[2]; /* by enum event_dir */
	uint64_t bytes;
};

struct owner;

struct stream {
	struct map_node node;
	struct stream *prev, *next;   /* longest idle first */
	struct stream *pprev, *pnext; /* the same, of its process */
	struct owner *owner;
	struct conn conn;
	uint64_t offset[2]; /* expected next, by enum event_dir */
	uint64_t line;	    /* of the latest request, as the capture has it */
	const struct protocol *protocol;
	void *state;
	struct search *search; /* CONN_SEARCH, once there are bytes */
	struct early *early;   /* what waits for the other direction; NULL: nothing */
	enum conn_state is;
	bool framed; /* the capture is quiet by frames, as far as it was told */
};

/* Zeroed to begin with. */
struct streams {
	struct stream *map;  /* by conn.id */
	struct stream *idle; /* all, longest idle first */
	struct owner *owners;
};

struct stream *streams__find(const struct streams *l, uint64_t conn);
uint64_t streams__count(const struct streams *l);
/* Those of a process, longest idle first, by pnext; NULL: none. */
struct stream *streams__of(const struct streams *l, uint32_t pid);
/* The one that has to go before that process may have another: one that is idle for long and that
 * nobody would miss, if there is such. NULL: there is room. */
struct stream *streams__victim(const struct streams *l, uint32_t pid, const struct limits *lim);
/* A new one, not idle. NULL: no memory. */
struct stream *streams__add(struct streams *l, uint64_t conn, uint32_t pid);
/* It is not idle. */
void streams__touch(struct streams *l, struct stream *s);
/* Frees what knows the connection's bytes; it stays, ignored. */
void stream__ignore(struct stream *s);
/* Frees it and all that it holds. */
void streams__remove(struct streams *l, struct stream *s);

#endif
