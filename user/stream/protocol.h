/* SPDX-License-Identifier: Apache-2.0 */
/* protocol.h: what a connection may speak. The stream table knows protocols only through this;
 * a protocol is one table line in main. */
#ifndef LLMSNOOP_PROTOCOL_H
#define LLMSNOOP_PROTOCOL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "capture/capture.h"

struct limits;

/* Whoever sends the request is the client, whichever side opened the connection. */
enum side {
	SIDE_REQUEST = 0,
	SIDE_RESPONSE = 1,
};

/* What all exchanges of a connection have in common; lives as long as the connection. */
struct conn {
	uint64_t id; /* as in struct capture_data */
	uint32_t pid;
	uint32_t tid;		    /* of the latest data */
	enum event_dir request_dir; /* DIR_WRITE: the traced process is the client */
	enum tls_stack stack;
	bool midstream; /* its start was not seen */
	struct capture_end peer;
};

enum protocol_match {
	MATCH_NO,
	MATCH_MORE, /* a prefix of what could be it */
	MATCH_YES,
};

/* Why a connection ended, as far as the capture can tell. */
enum conn_end {
	CONN_END_CLIENT, /* the client closed, the server had not */
	CONN_END_SERVER, /* the server closed first */
	CONN_END_UNSURE,
	CONN_END_PROCESS, /* the traced process ended */
	CONN_END_CAPTURE, /* the capture ended first */
};

struct protocol {
	const char *name; /* "http/1", "h2": as stats have it */
	/* Do these first bytes of one direction begin it? ret_side: whose they then are. */
	enum protocol_match (*match)(struct span first, enum side *ret_side);
	/* State for one connection. NULL: seen and counted, not decoded. */
	int (*open)(void *ctx, const struct conn *conn, const struct limits *lim, void **ret);
	/* Bytes of one side, in order. ts_ns: when they crossed the TLS boundary. first_in_call:
	 * they begin an SSL call, so that a message may begin here. 0; or negative: the state is
	 * done for, the rest of the connection is ignored. */
	int (*feed)(void *state, enum side side, struct span in, bool first_in_call,
		    uint64_t ts_ns);
	/* Bytes of that side are missing: lost (of known number), or unwanted by agreement
	 * (lost is 0 and quiet is true: nothing of worth is missing, but the place is unknown). */
	int (*gap)(void *state, enum side side, uint64_t lost, bool quiet, uint64_t ts_ns);
	/* Request bytes from here on begin a new request, or belong to none that is wanted, and
	 * no wanted exchange is open: the capture may be quiet until another request begins. */
	bool (*unwanted)(const void *state);
	/* While unwanted: bytes of the request side to come before the next frame. NULL: requests
	 * begin with a line, not with a frame. */
	uint64_t (*frame_left)(const void *state);
	/* While unwanted: so many requests were not wanted that the next one hardly will be. NULL:
	 * never. */
	bool (*settled)(const void *state);
	/* The next request byte may be the first of a request. */
	bool (*at_start)(const void *state);
	/* Request heads seen so far, wanted or not; may wrap around. */
	uint32_t (*requests)(const void *state);
	/* The latest request was judged and is not wanted. */
	bool (*refused)(const void *state);
	/* A wanted exchange is open: where room is short, others have to go first. */
	bool (*busy)(const void *state);
	/* The connection is over. Exactly once, before free. */
	void (*finish)(void *state, enum conn_end why, uint64_t ts_ns);
	void (*free)(void *state); /* NULL is fine */
};

#endif
