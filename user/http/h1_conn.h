/* SPDX-License-Identifier: Apache-2.0 */
/* h1_conn.h: the state of one HTTP/1 connection, between h1.c (bytes), h1_pair.c (which answer
 * belongs to which request) and h1_switch.c (what follows HTTP/1). For them alone. */
#ifndef LLMSNOOP_H1_CONN_H
#define LLMSNOOP_H1_CONN_H

#include "http/h1.h"
#include "http/h1_body.h"
#include "http/h1_head.h"
#include "stream/first.h"

enum method {
	METHOD_OTHER,
	METHOD_HEAD,
	METHOD_CONNECT,
};

struct exchange {
	struct exchange *next;
	void *x;	     /* NULL: not wanted */
	uint8_t method;	     /* enum method */
	bool request_done;   /* or as much of it as will ever be seen */
	bool request_gap;    /* its rest was lost */
	bool response_begun; /* its final head was seen */
	bool response_done;
	bool response_gap; /* its answer, or the rest of that, may be in a loss */
	bool unsure;	   /* a lost request may come before it: the next answer may not be its */
};

enum h1_state {
	H1_HEAD,   /* a message begins here, or its head goes on */
	H1_BODY,   /* of the message of e */
	H1_RESYNC, /* the place is lost: a message may begin where a call does */
};

struct h1_side {
	uint8_t state;	      /* enum h1_state */
	bool begins_call;     /* the message begins a call */
	bool resynced;	      /* the head was found by looking for one */
	struct h1_head *head; /* NULL between messages */
	struct first *first;  /* H1_RESYNC: what may become a head, else NULL */
	uint64_t first_ns;    /* of the head's first byte */
	struct h1_body body;
	struct exchange *e; /* whose body it is; NULL: nobody's */
};

/* There are as many as idle connections: every byte counts (stream/table.h). */
struct h1 {
	const struct http1_ctx *ctx;
	const struct conn *conn;
	const struct limits *lim;
	struct exchange *first, **tail; /* in the order of requests */
	uint32_t requests;
	uint16_t n_open;
	bool pipelined : 1;	/* a request came before an earlier one was answered */
	bool request_lost : 1;	/* since the last request head, requests may have been lost */
	bool response_lost : 1; /* since the last response head, answers may have been lost */
	bool trimmed : 1;	/* unwanted requests were forgotten: their answers are not copied */
	bool unpairable : 1;	/* nobody can tell any more whose an answer is */
	bool last_unwanted : 1; /* the latest request is not wanted */
	bool upgraded : 1;	/* to what is not read */
	bool is_h2 : 1;		/* after is the state of http2_protocol, else a struct ws */
	void *after;		/* what goes on where HTTP/1 ended; NULL: it has not */
	struct h1_side side[2];
};

/* The session of first, the only exchange; NULL: it is no WebSocket. */
static inline struct ws *h1__ws(const struct h1 *h)
{
	return h->is_h2 ? NULL : h->after;
}

/* The state of http2_protocol; NULL: it is not HTTP/2. */
static inline void *h1__h2(const struct h1 *h)
{
	return h->is_h2 ? h->after : NULL;
}

/* Ends an exchange: tells, unlinks, frees. A body of it that goes on is nobody's. */
void exchange__end(struct h1 *h, struct exchange *e, enum http_end why, uint64_t ts_ns);
void exchange__end_all(struct h1 *h, enum http_end why, uint64_t ts_ns);

/* A request head came: what does that say of the exchanges before? Then adds one for it, not yet
 * told. -E2BIG, -ENOMEM. */
int pair__request(struct h1 *h, uint64_t ts_ns, struct exchange **ret);

/* A final response head came: the exchange that it answers, or NULL. */
struct exchange *pair__response(struct h1 *h, uint64_t ts_ns);

/* Bytes of that side are lost, and nobody knows which messages were in them. */
void pair__lost(struct h1 *h, enum side side);

/* Answers were left out by agreement: they were those of unwanted requests. */
void pair__quiet(struct h1 *h, uint64_t ts_ns);

/* The answer head, a 101 to e, was seen: what follows on both sides is what it says (RFC
 * 9110, 7.8). 0: h->ws or h->h2 goes on; -ESHUTDOWN: to nothing that is read, or that is wanted;
 * -ENOMEM. */
int h1_switch__101(struct h1 *h, struct exchange *e, const struct http_head *head, uint64_t ts_ns);

/* The connection is something else from now on, which is not read. Ends all. */
void h1_switch__leave(struct h1 *h, struct exchange *e, struct span protocol, uint64_t ts_ns);

/* Forgets where that side is; a message is searched for at the beginnings of calls. */
void h1_side__resync(struct h1_side *s);

#endif
