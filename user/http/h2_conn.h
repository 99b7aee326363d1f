/* SPDX-License-Identifier: Apache-2.0 */
/* h2_conn.h: the state of one HTTP/2 connection, between h2.c (bytes and frames), h2_block.c
 * (headers) and h2_stream.c (exchanges). For them alone. */
#ifndef LLMSNOOP_H2_CONN_H
#define LLMSNOOP_H2_CONN_H

#include "base/map.h"
#include "http/h1_body.h"
#include "http/h2.h"
#include "http/h2_frame.h"
#include "http/h2_head.h"
#include "http/h2_hpack.h"
#include "http/ws.h"
#include "stream/first.h"

#define H2_SNIFF 4 /* bytes that tell a coding */

/* A wanted exchange; others have no state. */
struct h2_stream {
	struct map_node node;
	uint64_t id;
	void *x;
	bool request_done;   /* told */
	bool request_gap;    /* its end may be in a loss */
	bool response_begun; /* its final head was told */
	bool response_done;
	bool response_gap; /* its answer, or the rest of that, may be in a loss */
	uint64_t left;	   /* of its body, by its content-length; UINT64_MAX: that is not said */
	bool connect;	   /* a tunnel was asked for */
	bool websocket;	   /* was asked for */
	struct ws *ws;	   /* it was agreed upon */
	struct h1_body body[2];
	bool sniffing; /* how the answer is coded may be among the headers that are not known */
	uint8_t n_sniffed, sniffed[H2_SNIFF];
};

enum h2_state {
	H2_PREFACE, /* the client's, to come */
	H2_FRAMES,
	H2_RESYNC, /* the place is lost: a frame may begin where a call does */
};

/* The headers that are coming in: HEADERS or PUSH_PROMISE, and CONTINUATION. */
struct h2_block {
	uint32_t stream;      /* 0: none */
	bool end_stream;      /* the message ends with it */
	uint64_t first_ns;    /* of the first frame's first byte */
	struct h2_head *head; /* NULL: only the table matters */
};

struct h2_side {
	uint8_t state;	   /* enum h2_state */
	uint8_t n_preface; /* bytes of it seen */
	uint8_t unsure;	   /* frames to come before the place that was found is believed in */
	bool small_lost;   /* of the current frame */
	uint8_t n_small;
	uint8_t small[8];	       /* a setting, or what matters of another frame */
	struct first *first;	       /* H2_RESYNC: what may become a frame, else NULL */
	uint8_t tail[H2_FRAME_HEADER]; /* H2_RESYNC: the latest bytes */
	uint8_t n_tail;
	bool call_over; /* H2_RESYNC: nothing is looked for in the rest of the call */
	struct h2_reader reader;
	uint64_t frame_ns; /* of the frame's first byte */
	struct h2_hpack hpack;
	struct h2_block block;
};

struct h2 {
	const struct http1_ctx *ctx;
	const struct conn *conn;
	const struct limits *lim;
	struct h2_stream *streams; /* by id, in the order of requests */
	uint32_t requests;
	uint64_t heard;	    /* bytes of both sides so far */
	bool last_unwanted; /* the latest request is not wanted */
	bool promising;	    /* one was, or later ones may be */
	struct h2_side side[2];
};

/* NULL: it is not wanted, or over. */
struct h2_stream *h2_stream__find(const struct h2 *h, uint32_t id);

/* A request whose head is whole: asks whether it is wanted and if so opens a stream. -ENOMEM. */
int h2_stream__open(struct h2 *h, uint32_t id, const struct h2_head *head, bool ended,
		    uint64_t first_ns, uint64_t ts_ns);
/* One more stream, for an exchange that was told already. -ENOMEM. */
int h2_stream__adopt(struct h2 *h, uint32_t id, void *x);
/* A head of its answer: interim, final, or what is left of trailers. ended: nothing follows. The
 * stream may be gone afterwards. -ENOMEM. */
int h2_stream__answer(struct h2 *h, struct h2_stream *s, const struct h2_head *head, bool ended,
		      uint64_t first_ns, uint64_t ts_ns);
/* Content of DATA. The stream may be gone afterwards. */
int h2_stream__data(struct h2 *h, struct h2_stream *s, enum side side, struct span in,
		    uint64_t ts_ns);
/* END_STREAM. The stream may be gone afterwards. */
void h2_stream__half_end(struct h2 *h, struct h2_stream *s, enum side side, uint64_t ts_ns);
/* Bytes of its content are missing; 0: nobody knows how many, or where they were. */
void h2_stream__gap(struct h2 *h, struct h2_stream *s, enum side side, uint64_t lost,
		    uint64_t ts_ns);
/* Ends the exchange: tells, unlinks, frees. Where the answer is complete, why does not matter. */
void h2_stream__end(struct h2 *h, struct h2_stream *s, enum http_end why, uint64_t ts_ns);
void h2_stream__end_all(struct h2 *h, enum http_end why, uint64_t ts_ns);
/* The connection is over. */
void h2_stream__finish_all(struct h2 *h, enum conn_end why, uint64_t ts_ns);
/* Frees it without a word. */
void h2_stream__drop(struct h2 *h, struct h2_stream *s);

/* HEADERS or PUSH_PROMISE begin. -ENOMEM. */
int h2_block__begin(struct h2 *h, enum side side, uint64_t first_ns);
/* Content of theirs or of CONTINUATION. -ENOMEM. */
int h2_block__content(struct h2 *h, enum side side, struct span in);
/* END_HEADERS: tells the head. -ENOMEM. */
int h2_block__end(struct h2 *h, enum side side, uint64_t ts_ns);
/* Headers were lost: the current block, if any, is forgotten, and the next ones are read primed. */
void h2_block__lost(struct h2_side *s);

#endif
