// SPDX-License-Identifier: Apache-2.0
#include "http/h1.h"

#include <errno.h>
#include <stdlib.h>

#include "http/h1_conn.h"
#include "http/h1_match.h"
#include "http/h2.h"
#include "http/msg_out.h"
#include "http/ws.h"

/* The message on that side is over: its framing says so, or nothing more of it will be seen. */
static void message_end(struct h1 *h, enum side side, unsigned int more_flags, uint64_t ts_ns)
{
	const struct http_msg_ops *ops = h->ctx->ops;
	struct h1_side *s = &h->side[side];
	struct exchange *e = s->e;
	struct msg_out o = {ops, e ? e->x : NULL};
	unsigned int flags = h1_body__end(&s->body, ts_ns, msg_outs[side], &o) | more_flags;

	s->e = NULL;
	s->state = H1_HEAD;
	s->begins_call = s->resynced = false;
	if (!e)
		return;
	if (side == SIDE_REQUEST) {
		e->request_done = true;
		if (e->x)
			ops->request_end(e->x, flags, ts_ns);
	} else {
		e->response_done = true;
		if (e->x)
			ops->response_end(e->x, flags, ts_ns);
	}
	if (e->request_done && e->response_done)
		exchange__end(h, e, HTTP_END_OK, ts_ns);
}

/* What comes on that side is no HTTP, or not where it should be. */
static void desync(struct h1 *h, enum side side, uint64_t ts_ns)
{
	exchange__end_all(h, HTTP_END_PROTOCOL, ts_ns);
	pair__lost(h, side);
	h1_side__resync(&h->side[side]);
}

static int begin_body(struct h1 *h, enum side side, struct exchange *e,
		      const struct h1_frame *frame, uint64_t ts_ns)
{
	struct h1_side *s = &h->side[side];
	int err;

	h1_head__free(s->head);
	s->head = NULL;
	err = h1_body__begin(&s->body, frame, e && e->x, h->lim);
	if (err)
		return err;
	s->e = e;
	s->state = H1_BODY;
	if (h1_body__complete(&s->body))
		message_end(h, side, 0, ts_ns);
	return 0;
}

static int request_head(struct h1 *h, uint64_t ts_ns)
{
	struct h1_side *s = &h->side[SIDE_REQUEST];
	const struct http_head *head = h1_head__get(s->head);
	struct h1_frame frame;
	struct exchange *e;
	int err;

	/* RFC 9112, 3.2: HTTP/1.1 requests have a Host. One found in the middle of who knows what
	 * must look right. */
	if (s->resynced && head->version > 10 && !head->authority.n) {
		h1_side__resync(s);
		return 0;
	}
	err = pair__request(h, ts_ns, &e);
	if (err)
		return err;
	if (span_eq(head->method, SPAN_LIT("HEAD")))
		e->method = METHOD_HEAD;
	else if (span_eq(head->method, SPAN_LIT("CONNECT")))
		e->method = METHOD_CONNECT;
	e->x = h->ctx->ops->request(h->ctx->ctx, h->conn, head, s->first_ns, ts_ns);
	h->last_unwanted = !e->x;
	h->requests++;
	if (h1_head__frame(s->head, head->method, &frame)) {
		desync(h, SIDE_REQUEST, ts_ns);
		return 0;
	}
	return begin_body(h, SIDE_REQUEST, e, &frame, ts_ns);
}

static int response_head(struct h1 *h, uint64_t ts_ns)
{
	static const struct span methods[] = {
		[METHOD_OTHER] = SPAN_LIT("-"),
		[METHOD_HEAD] = SPAN_LIT("HEAD"),
		[METHOD_CONNECT] = SPAN_LIT("CONNECT"),
	};
	struct h1_side *s = &h->side[SIDE_RESPONSE];
	const struct http_head *head = h1_head__get(s->head);
	struct h1_frame frame = {.framing = H1_NONE};
	struct exchange *e;
	bool bad;

	/* Interim answers say nothing of the exchange; 101 must have been asked for. */
	if (head->status < 200 && (head->status != 101 || !h->first))
		return begin_body(h, SIDE_RESPONSE, NULL, &frame, ts_ns);
	e = pair__response(h, ts_ns);
	if (e && head->status == 101)
		return h1_switch__101(h, e, head, ts_ns);
	bad = h1_head__frame(s->head, e ? methods[e->method] : SPAN_NONE, &frame);
	if (e) {
		e->response_begun = true;
		if (e->x)
			h->ctx->ops->response(e->x, head, s->first_ns, ts_ns);
		if (e->method == METHOD_CONNECT && head->status < 300) {
			h1_switch__leave(h, e, methods[e->method], ts_ns);
			return -ESHUTDOWN;
		}
	}
	if (bad) {
		desync(h, SIDE_RESPONSE, ts_ns);
		return 0;
	}
	return begin_body(h, SIDE_RESPONSE, e, &frame, ts_ns);
}

static int new_head(struct h1 *h, enum side side, uint64_t first_ns)
{
	struct h1_side *s = &h->side[side];

	s->first_ns = first_ns;
	return h1_head__new(side, h->lim, h->ctx->key, &s->head);
}

static ptrdiff_t feed_head(struct h1 *h, enum side side, struct span in, bool first_in_call,
			   uint64_t ts_ns)
{
	struct h1_side *s = &h->side[side];
	size_t skip = 0;
	ptrdiff_t n;
	bool done;
	int err;

	if (!s->head) {
		s->begins_call |= first_in_call;
		/* RFC 9112, 2.2: empty lines before a start line are ignored. */
		while (skip < in.n && (in.p[skip] == '\r' || in.p[skip] == '\n'))
			skip++;
		if (skip == in.n)
			return (ptrdiff_t)skip;
		err = new_head(h, side, ts_ns);
		if (err)
			return err;
	}
	n = h1_head__feed(s->head, span_skip(in, skip), &done);
	if (n == -ENOMEM)
		return n;
	if (n < 0) {
		if (s->resynced)
			h1_side__resync(s);
		else
			desync(h, side, ts_ns);
		return (ptrdiff_t)in.n; /* a message can begin with the next call */
	}
	if (done) {
		err = side == SIDE_REQUEST ? request_head(h, ts_ns) : response_head(h, ts_ns);
		if (err)
			return err;
	}
	return (ptrdiff_t)skip + n;
}

static ptrdiff_t feed_body(struct h1 *h, enum side side, struct span in, bool first_in_call,
			   uint64_t ts_ns)
{
	struct h1_side *s = &h->side[side];
	struct msg_out o = {h->ctx->ops, s->e ? s->e->x : NULL};
	ptrdiff_t n = h1_body__feed(&s->body, in, ts_ns, msg_outs[side], &o);

	if (n < 0) {
		desync(h, side, ts_ns);
		return (ptrdiff_t)in.n;
	}
	if (h1_body__complete(&s->body))
		message_end(h, side, 0, ts_ns);
	return n;
}

static enum protocol_match match_side(void *ctx, struct span first)
{
	return *(const enum side *)ctx == SIDE_REQUEST ? h1__match_request(first)
						       : h1__match_response(first);
}

static ptrdiff_t feed_resync(struct h1 *h, enum side side, struct span in, bool first_in_call,
			     uint64_t ts_ns)
{
	struct h1_side *s = &h->side[side];
	struct first *f = s->first;
	size_t i;
	bool done;
	int err;

	if (!f) {
		if (!first_in_call || match_side(&side, span_head(in, 1)) == MATCH_NO)
			return (ptrdiff_t)in.n;
		f = s->first = calloc(1, sizeof(*f));
		if (!f)
			return -ENOMEM;
	}
	for (i = 0; i < in.n; i++) {
		enum protocol_match m =
			first__push(f, in.p[i], first_in_call && i == 0, ts_ns, match_side, &side);

		if (m == MATCH_NO)
			break;
		if (m == MATCH_MORE)
			continue;
		err = new_head(h, side, f->ts_ns[0]);
		if (!err && h1_head__feed(s->head, span(f->b, f->n), &done) < 0)
			err = -ENOMEM;
		s->first = NULL;
		free(f);
		s->state = H1_HEAD;
		s->begins_call = s->resynced = true;
		return err ? err : (ptrdiff_t)(i + 1);
	}
	if (!f->n) {
		s->first = NULL;
		free(f);
	}
	return (ptrdiff_t)in.n;
}

static int h1__feed(void *state, enum side side, struct span in, bool first_in_call, uint64_t ts_ns)
{
	static ptrdiff_t (*const feeds[])(struct h1 * h, enum side side, struct span in,
					  bool first_in_call, uint64_t ts_ns) = {
		[H1_HEAD] = feed_head,
		[H1_BODY] = feed_body,
		[H1_RESYNC] = feed_resync,
	};
	struct h1 *h = state;
	int err = 0;

	while (in.n && !h->upgraded && !h1__ws(h) && !h1__h2(h)) {
		ptrdiff_t n = feeds[h->side[side].state](h, side, in, first_in_call, ts_ns);

		if (n < 0) {
			exchange__end_all(h, HTTP_END_PROTOCOL, ts_ns);
			return (int)n;
		}
		in = span_skip(in, (size_t)n);
		first_in_call = false;
	}
	if (h->upgraded)
		return -ESHUTDOWN;
	if (h1__h2(h) && in.n)
		return http2_protocol.feed(h1__h2(h), side, in, first_in_call, ts_ns);
	if (h1__ws(h))
		err = ws__feed(h1__ws(h), side, in, ts_ns);
	if (err)
		exchange__end_all(h, HTTP_END_PROTOCOL, ts_ns);
	return err;
}

static int gap(struct h1 *h, enum side side, uint64_t lost, uint64_t ts_ns)
{
	struct h1_side *s = &h->side[side];
	struct exchange *e = s->e;

	if (s->state == H1_BODY) {
		bool known = h1_body__skip(&s->body, lost);

		if (e && e->x)
			h->ctx->ops->gap(e->x, side, lost);
		if (known) {
			if (h1_body__complete(&s->body))
				message_end(h, side, 0, ts_ns);
			return 0;
		}
	}
	/* Its answer can still come, and is then its answer for sure. */
	if (side == SIDE_REQUEST && e) {
		e->request_gap = true;
		message_end(h, side, HTTP_BODY_GAP, ts_ns);
	}
	pair__lost(h, side);
	h1_side__resync(s);
	return 0;
}

static int h1__gap(void *state, enum side side, uint64_t lost, bool quiet, uint64_t ts_ns)
{
	struct h1 *h = state;
	struct h1_side *s = &h->side[side];

	if (h->upgraded)
		return -ESHUTDOWN;
	if (h1__h2(h))
		return http2_protocol.gap(h1__h2(h), side, lost, quiet, ts_ns);
	if (h1__ws(h)) {
		ws__gap(h1__ws(h), side, lost, ts_ns);
		return 0;
	}
	/* Nobody agreed to leave out a wanted message. */
	if (!quiet || (s->e && s->e->x))
		return gap(h, side, lost, ts_ns);
	if (side == SIDE_RESPONSE)
		pair__quiet(h, ts_ns);
	else if (s->e)
		message_end(h, side, 0, ts_ns);
	h1_side__resync(s);
	return 0;
}

static bool h1__busy(const void *state)
{
	const struct h1 *h = state;
	const struct exchange *e;

	if (h1__h2(h))
		return http2_protocol.busy(h1__h2(h));
	for (e = h->first; e; e = e->next)
		if (e->x)
			return true;
	return false;
}

static bool h1__unwanted(const void *state)
{
	const struct h1 *h = state;
	const struct h1_side *s = &h->side[SIDE_REQUEST];

	if (h->upgraded)
		return true;
	/* HTTP/2 lifts its quiet in another way, which the capture is asked for by protocol. */
	if (h1__h2(h))
		return false;
	/* A request that was sent early would not begin a call, nor lift the quiet. */
	if (h->pipelined || h1__busy(h))
		return false;
	if (s->state == H1_RESYNC)
		return !s->first;
	return s->state == H1_BODY || (!s->head && h->last_unwanted);
}

static bool h1__at_start(const void *state)
{
	const struct h1 *h = state;
	const struct h1_side *s = &h->side[SIDE_REQUEST];

	if (h1__ws(h) || h1__h2(h))
		return false; /* no line begins one */
	return s->state == H1_HEAD ? !s->head : s->state == H1_RESYNC && !s->first;
}

static uint32_t h1__requests(const void *state)
{
	const struct h1 *h = state;

	return h->requests + (h1__h2(h) ? http2_protocol.requests(h1__h2(h)) : 0);
}

static bool h1__refused(const void *state)
{
	const struct h1 *h = state;

	return h1__h2(h) ? http2_protocol.refused(h1__h2(h)) : h->last_unwanted;
}

static void h1__finish(void *state, enum conn_end why, uint64_t ts_ns)
{
	static const enum http_end ends[] = {
		[CONN_END_CLIENT] = HTTP_END_CLIENT,	 [CONN_END_SERVER] = HTTP_END_SERVER,
		[CONN_END_UNSURE] = HTTP_END_UNANSWERED, [CONN_END_PROCESS] = HTTP_END_PROCESS,
		[CONN_END_CAPTURE] = HTTP_END_CAPTURE,
	};
	struct h1 *h = state;
	struct h1_side *s = &h->side[SIDE_RESPONSE];

	if (h1__h2(h))
		http2_protocol.finish(h1__h2(h), why, ts_ns);
	if (h1__ws(h) && h->first)
		exchange__end(h, h->first, ws__end(h1__ws(h), ends[why]), ts_ns);
	/* This is how such a body ends. */
	if (s->state == H1_BODY && s->body.framing == H1_CLOSE &&
	    (why == CONN_END_SERVER || why == CONN_END_UNSURE))
		message_end(h, SIDE_RESPONSE, 0, ts_ns);
	while (h->first) {
		const struct exchange *e = h->first;
		bool lost = e->response_gap || e->unsure || h->unpairable ||
			    (e->request_gap && !e->response_begun);

		exchange__end(h, h->first, lost ? HTTP_END_LOST : ends[why], ts_ns);
	}
}

static void h1__free(void *state)
{
	struct h1 *h = state;
	struct exchange *e;

	if (!h)
		return;
	while ((e = h->first)) {
		h->first = e->next;
		free(e);
	}
	h1_side__resync(&h->side[SIDE_REQUEST]);
	h1_side__resync(&h->side[SIDE_RESPONSE]);
	ws__free(h1__ws(h));
	if (h1__h2(h))
		http2_protocol.free(h1__h2(h));
	free(h);
}

static int h1__open(void *ctx, const struct conn *conn, const struct limits *lim, void **ret)
{
	struct h1 *h = calloc(1, sizeof(*h));

	if (!h)
		return -ENOMEM;
	h->ctx = ctx;
	h->conn = conn;
	h->lim = lim;
	h->tail = &h->first;
	/* Met in its middle, it may be in the middle of messages. */
	if (conn->midstream) {
		h->side[SIDE_REQUEST].state = H1_RESYNC;
		h->side[SIDE_RESPONSE].state = H1_RESYNC;
	}
	*ret = h;
	return 0;
}

const struct protocol http1_protocol = {
	.name = "http/1",
	.match = h1__match,
	.open = h1__open,
	.feed = h1__feed,
	.gap = h1__gap,
	.unwanted = h1__unwanted,
	.at_start = h1__at_start,
	.requests = h1__requests,
	.refused = h1__refused,
	.busy = h1__busy,
	.finish = h1__finish,
	.free = h1__free,
};
