// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdlib.h>

#include "base/limits.h"
#include "http/h2_conn.h"
#include "http/msg_out.h"

struct h2_stream *h2_stream__find(const struct h2 *h, uint32_t id)
{
	struct h2_stream *s;

	map__find(node, h->streams, id, s);
	return s;
}

void h2_stream__drop(struct h2 *h, struct h2_stream *s)
{
	map__del(node, h->streams, s);
	h1_body__drop(&s->body[SIDE_REQUEST]);
	h1_body__drop(&s->body[SIDE_RESPONSE]);
	ws__free(s->ws);
	free(s);
}

static void response_end(struct h2 *h, struct h2_stream *s, uint64_t ts_ns);

void h2_stream__end(struct h2 *h, struct h2_stream *s, enum http_end why, uint64_t ts_ns)
{
	/* Some clients (curl) reset a stream as soon as the content-length has come, when the
	 * frame that ends it is still on its way. */
	if (s->response_begun && !s->response_done && !s->response_gap && !s->left)
		response_end(h, s, ts_ns);
	h->promising |= h->ctx->ops->end(s->x, s->response_done ? HTTP_END_OK : why, ts_ns);
	h2_stream__drop(h, s);
}

void h2_stream__end_all(struct h2 *h, enum http_end why, uint64_t ts_ns)
{
	while (h->streams)
		h2_stream__end(h, h->streams, why, ts_ns);
}

static bool is_lost(const struct h2_stream *s)
{
	return s->response_gap || (s->request_gap && !s->response_begun);
}

void h2_stream__finish_all(struct h2 *h, enum conn_end why, uint64_t ts_ns)
{
	static const enum http_end ends[] = {
		[CONN_END_CLIENT] = HTTP_END_CLIENT,	 [CONN_END_SERVER] = HTTP_END_SERVER,
		[CONN_END_UNSURE] = HTTP_END_UNANSWERED, [CONN_END_PROCESS] = HTTP_END_PROCESS,
		[CONN_END_CAPTURE] = HTTP_END_CAPTURE,
	};

	while (h->streams) {
		struct h2_stream *s = h->streams;
		enum http_end end = is_lost(s) ? HTTP_END_LOST : ends[why];

		if (s->ws)
			end = ws__end(s->ws, end);
		h2_stream__end(h, s, end, ts_ns);
	}
}

/* RFC 9110, 8.6; UINT64_MAX: none that can be read. */
static uint64_t content_length(const struct http_head *h)
{
	struct span value = http_head__get(h, "content-length");
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < value.n && i < 18; i++) {
		if (value.p[i] < '0' || value.p[i] > '9')
			return UINT64_MAX;
		n = n * 10 + value.p[i] - '0';
	}
	return i && i == value.n ? n : UINT64_MAX;
}

/* Room first: what was told must be known. */
static struct h2_stream *stream__new(struct h2 *h, uint32_t id)
{
	struct h2_stream *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return NULL;
	s->id = id;
	s->left = UINT64_MAX;
	map__add(node, h->streams, id, s, err);
	if (err) {
		free(s);
		return NULL;
	}
	return s;
}

/* A body goes on until the stream ends; without one there is nothing to decode. */
static int begin_body(const struct h2 *h, struct h2_stream *s, enum side side,
		      const struct h2_head *head, bool ended)
{
	struct h1_frame frame = {.framing = ended ? H1_NONE : H1_CLOSE};

	_Static_assert(H2_CODINGS_MAX <= H1_CODINGS_MAX, "they are copied");
	frame.too_many = head->n_codings > H2_CODINGS_MAX;
	if (!frame.too_many) {
		frame.n_codings = head->n_codings;
		memcpy(frame.codings, head->codings, sizeof(head->codings));
	}
	return h1_body__begin(&s->body[side], &frame, true, h->lim);
}

/* The coding that a body shows by its first bytes; CODING_UNKNOWN: more of them are needed. JSON
 * and event streams begin otherwise. br does not show. */
static enum coding sniff(struct span first)
{
	static const struct {
		struct span magic; /* RFC 1952, 2.3.1; RFC 8878, 3.1.1 */
		enum coding coding;
	} table[] = {
		{SPAN_LIT("\x1f\x8b\x08"), CODING_GZIP},
		{SPAN_LIT("\x28\xb5\x2f\xfd"), CODING_ZSTD},
	};
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (span_starts(first, table[i].magic))
			return table[i].coding;
		if (span_starts(table[i].magic, first))
			return CODING_UNKNOWN;
	}
	return CODING_IDENTITY;
}

/* Begins the answer's body, now that its coding shows, and hands over what was held back. */
static int sniffed(struct h2 *h, struct h2_stream *s, enum coding c, uint64_t ts_ns)
{
	struct h1_frame frame = {.framing = H1_CLOSE, .codings = {c}};
	struct msg_out o = {h->ctx->ops, s->x};
	int err;

	frame.n_codings = c != CODING_IDENTITY;
	err = h1_body__begin(&s->body[SIDE_RESPONSE], &frame, true, h->lim);
	s->sniffing = false;
	if (!err && s->n_sniffed)
		h1_body__feed(&s->body[SIDE_RESPONSE], span(s->sniffed, s->n_sniffed), ts_ns,
			      msg_outs[SIDE_RESPONSE], &o);
	return err;
}

/* Takes bytes until the coding shows; returns how many, or -ENOMEM. */
static ptrdiff_t feed_sniff(struct h2 *h, struct h2_stream *s, struct span in, uint64_t ts_ns)
{
	size_t n = 0;

	while (n < in.n && s->sniffing) {
		enum coding c;
		int err = 0;

		s->sniffed[s->n_sniffed++] = in.p[n++];
		c = sniff(span(s->sniffed, s->n_sniffed));
		if (c != CODING_UNKNOWN)
			err = sniffed(h, s, c, ts_ns);
		if (err)
			return err;
	}
	return (ptrdiff_t)n;
}

static void request_end(struct h2 *h, struct h2_stream *s, unsigned int more_flags, uint64_t ts_ns)
{
	struct msg_out o = {h->ctx->ops, s->x};
	unsigned int flags =
		h1_body__end(&s->body[SIDE_REQUEST], ts_ns, msg_outs[SIDE_REQUEST], &o) |
		more_flags;

	s->request_done = true;
	h->ctx->ops->request_end(s->x, flags, ts_ns);
}

static void response_end(struct h2 *h, struct h2_stream *s, uint64_t ts_ns)
{
	struct msg_out o = {h->ctx->ops, s->x};
	unsigned int flags = 0;

	if (s->sniffing && sniffed(h, s, CODING_IDENTITY, ts_ns))
		flags = HTTP_BODY_CODING;
	flags |= h1_body__end(&s->body[SIDE_RESPONSE], ts_ns, msg_outs[SIDE_RESPONSE], &o);

	/* Its end was in the loss, or does not matter any more. */
	if (!s->request_done && s->request_gap)
		request_end(h, s, HTTP_BODY_GAP, ts_ns);
	s->response_done = true;
	h->ctx->ops->response_end(s->x, flags, ts_ns);
}

int h2_stream__open(struct h2 *h, uint32_t id, const struct h2_head *head, bool ended,
		    uint64_t first_ns, uint64_t ts_ns)
{
	struct h2_stream *s;
	int err;

	if (map__count(node, h->streams) >= h->lim->h2_streams)
		h2_stream__end(h, h->streams,
			       is_lost(h->streams) ? HTTP_END_LOST : HTTP_END_PROTOCOL, ts_ns);
	s = stream__new(h, id);
	if (!s)
		return -ENOMEM;
	s->x = h->ctx->ops->request(h->ctx->ctx, h->conn, &head->b.head, first_ns, ts_ns);
	h->requests++;
	h->last_unwanted = !s->x;
	h->promising |= h->ctx->ops->promising &&
			h->ctx->ops->promising(h->ctx->ctx, h->conn, &head->b.head);
	if (!s->x) {
		h2_stream__drop(h, s);
		return 0;
	}
	s->websocket = head->websocket;
	s->connect = !s->websocket && span_eq(head->b.head.method, SPAN_LIT("CONNECT"));
	err = begin_body(h, s, SIDE_REQUEST, head, ended || s->websocket);
	if (err)
		return err;
	if (ended || s->websocket)
		request_end(h, s, 0, ts_ns);
	return 0;
}

int h2_stream__adopt(struct h2 *h, uint32_t id, void *x)
{
	struct h2_stream *s = stream__new(h, id);

	if (!s)
		return -ENOMEM;
	s->x = x;
	s->request_done = true;
	return 0;
}

static int upgrade(struct h2 *h, struct h2_stream *s, const struct http_head *head, uint64_t ts_ns)
{
	if (s->connect) {
		h->ctx->ops->upgrade(s->x, SPAN_LIT("CONNECT"), ts_ns);
		h2_stream__end(h, s, HTTP_END_OK, ts_ns);
		return 0;
	}
	h->ctx->ops->upgrade(s->x, SPAN_LIT("websocket"), ts_ns);
	return ws__new(ws__extensions(head), h->ctx->ops, s->x, h->lim, &s->ws);
}

int h2_stream__answer(struct h2 *h, struct h2_stream *s, const struct h2_head *head, bool ended,
		      uint64_t first_ns, uint64_t ts_ns)
{
	const struct http_head *b = &head->b.head;
	int err;

	/* Interim answers say nothing of the exchange. */
	if (b->status >= 100 && b->status < 200 && !ended)
		return 0;
	if (!head->pseudo && !h->side[SIDE_RESPONSE].hpack.primed) {
		h2_stream__end(h, s, HTTP_END_PROTOCOL, ts_ns); /* RFC 9113, 8.3.2 */
		return 0;
	}
	/* Trailers, perhaps, whose head was lost. */
	if (!head->pseudo && ended) {
		s->response_gap = true;
		h2_stream__half_end(h, s, SIDE_RESPONSE, ts_ns);
		return 0;
	}
	s->response_begun = true;
	s->response_gap = false;
	h->ctx->ops->response(s->x, b, first_ns, ts_ns);
	if ((s->connect || s->websocket) && b->status >= 200 && b->status < 300 && !ended)
		return upgrade(h, s, b, ts_ns);
	s->connect = s->websocket = false;
	s->left = content_length(b);
	s->sniffing = head->unknown && !head->n_codings && !ended;
	err = s->sniffing ? 0 : begin_body(h, s, SIDE_RESPONSE, head, ended);
	if (!err && ended)
		h2_stream__half_end(h, s, SIDE_RESPONSE, ts_ns);
	return err;
}

int h2_stream__data(struct h2 *h, struct h2_stream *s, enum side side, struct span in,
		    uint64_t ts_ns)
{
	struct msg_out o = {h->ctx->ops, s->x};

	if (s->ws) {
		int err = ws__feed(s->ws, side, in, ts_ns);

		if (err == -EBADMSG)
			h2_stream__end(h, s, HTTP_END_PROTOCOL, ts_ns);
		return err == -EBADMSG ? 0 : err;
	}
	if (side == SIDE_REQUEST ? s->request_done : s->response_done || !s->response_begun) {
		/* An answer without a head that could be read. */
		s->response_gap |= side == SIDE_RESPONSE && !s->response_done;
		return 0;
	}
	if (side == SIDE_RESPONSE && s->left != UINT64_MAX)
		s->left = s->left > in.n ? s->left - in.n : 0;
	if (side == SIDE_RESPONSE && s->sniffing) {
		ptrdiff_t n = feed_sniff(h, s, in, ts_ns);

		if (n < 0)
			return (int)n;
		in = span_skip(in, (size_t)n);
	}
	h1_body__feed(&s->body[side], in, ts_ns, msg_outs[side], &o);
	return 0;
}

void h2_stream__half_end(struct h2 *h, struct h2_stream *s, enum side side, uint64_t ts_ns)
{
	if (s->ws) {
		enum http_end why = side == SIDE_REQUEST ? HTTP_END_CLIENT : HTTP_END_SERVER;

		h2_stream__end(h, s, ws__end(s->ws, why), ts_ns);
		return;
	}
	if (side == SIDE_REQUEST && !s->request_done)
		request_end(h, s, 0, ts_ns);
	if (side == SIDE_RESPONSE && !s->response_begun) {
		h2_stream__end(h, s, s->response_gap ? HTTP_END_LOST : HTTP_END_PROTOCOL, ts_ns);
		return;
	}
	if (side == SIDE_RESPONSE && !s->response_done)
		response_end(h, s, ts_ns);
	if (s->request_done && s->response_done)
		h2_stream__end(h, s, HTTP_END_OK, ts_ns);
}

void h2_stream__gap(struct h2 *h, struct h2_stream *s, enum side side, uint64_t lost,
		    uint64_t ts_ns)
{
	if (s->ws) {
		ws__gap(s->ws, side, lost, ts_ns);
		return;
	}
	if (side == SIDE_REQUEST ? s->request_done : s->response_done)
		return;
	if (!lost && side == SIDE_REQUEST)
		s->request_gap = true;
	if ((!lost && side == SIDE_RESPONSE) || !s->response_begun)
		s->response_gap |= side == SIDE_RESPONSE;
	if (side == SIDE_RESPONSE && s->left != UINT64_MAX)
		s->left = lost && s->left > lost ? s->left - lost : UINT64_MAX;
	if (side == SIDE_RESPONSE && s->sniffing && sniffed(h, s, CODING_IDENTITY, ts_ns))
		s->body[side].flags |= HTTP_BODY_CODING;
	h->ctx->ops->gap(s->x, side, lost);
	h1_body__skip(&s->body[side], lost);
}
