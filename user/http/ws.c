// SPDX-License-Identifier: Apache-2.0
#include "http/ws.h"

#include <errno.h>
#include <stdlib.h>

#include "http/ws_deflate.h"
#include "http/ws_frame.h"

#define CHUNK (16 * 1024) /* of payload at once */

struct ws_side {
	struct ws_frame frame;
	struct ws_inflate inflate;
	bool in_message; /* a message has begun and its last frame has not ended */
	bool compressed; /* it is */
	bool torn;	 /* its rest is not told */
	bool closed;
	bool lost; /* nobody knows where a frame begins */
};

struct ws {
	const struct http_msg_ops *ops;
	void *x;
	bool deflate;	 /* agreed upon */
	bool unreadable; /* so is something that is not understood */
	struct ws_side side[2];
};

/* Where inflated bytes go. */
struct out {
	struct ws *w;
	enum side side;
	uint64_t ts_ns;
};

struct span ws__extensions(const struct http_head *answer)
{
	static const struct span name = SPAN_LIT("sec-websocket-extensions");
	struct span found = SPAN_NONE;
	unsigned int i;

	for (i = 0; i < answer->n_headers; i++) {
		const struct http_header *h = &answer->headers[i];

		if (!h->value.n || !span_ieq(h->name, name))
			continue;
		/* One extension is understood, so two headers of them are not. */
		if (found.n)
			return name;
		found = h->value;
	}
	return found;
}

int ws__new(struct span extensions, const struct http_msg_ops *ops, void *x,
	    const struct limits *lim, struct ws **ret)
{
	struct ws *w = calloc(1, sizeof(*w));
	struct ws_agreed agreed;
	int i;

	if (!w)
		return -ENOMEM;
	w->ops = ops;
	w->x = x;
	w->unreadable = !ws_agreed__read(extensions, &agreed);
	w->deflate = agreed.deflate;
	for (i = 0; i < 2; i++) {
		w->side[i].inflate.lim = lim;
		w->side[i].inflate.no_takeover = agreed.no_takeover[i];
	}
	*ret = w;
	return 0;
}

static void piece(void *ctx, struct span s)
{
	const struct out *o = ctx;

	o->w->ops->message(o->w->x, o->side, s, false, o->ts_ns);
}

/* The rest of the message will not be told. */
static void tear(struct ws *w, enum side side, uint64_t lost)
{
	struct ws_side *s = &w->side[side];

	w->ops->gap(w->x, side, lost);
	s->torn = true;
	if (s->compressed && !s->inflate.lost)
		ws_inflate__give_up(&s->inflate);
}

/* What inflating a piece came to. Only want of memory is an error of the session. */
static int inflated(struct ws *w, enum side side, int err)
{
	if (err == -EBADMSG || err == -E2BIG) {
		tear(w, side, 0);
		return 0;
	}
	return err;
}

static int message_begin(struct ws *w, enum side side)
{
	struct ws_side *s = &w->side[side];

	if (s->frame.rsv1 && !w->deflate)
		return -EBADMSG;
	s->in_message = true;
	s->compressed = s->frame.rsv1;
	s->torn = false;
	if (s->compressed && s->inflate.lost)
		tear(w, side, 0);
	return 0;
}

static int message_end(struct ws *w, enum side side, uint64_t ts_ns)
{
	struct ws_side *s = &w->side[side];
	struct out o = {w, side, ts_ns};
	int err = 0;

	if (!s->torn && s->compressed)
		err = inflated(w, side, ws_inflate__end(&s->inflate, piece, &o));
	if (!err && !s->torn)
		w->ops->message(w->x, side, SPAN_NONE, true, ts_ns);
	s->in_message = false;
	return err;
}

static int frame_begin(struct ws *w, enum side side)
{
	struct ws_side *s = &w->side[side];

	if (ws_frame__is_control(&s->frame)) {
		s->closed |= s->frame.opcode == WS_CLOSE;
		return 0;
	}
	/* RFC 6455, 5.4: messages do not interleave, and no other goes on than the one begun. */
	if (s->in_message != (s->frame.opcode == WS_CONTINUATION))
		return -EBADMSG;
	return s->in_message ? 0 : message_begin(w, side);
}

static int frame_end(struct ws *w, enum side side, uint64_t ts_ns)
{
	struct ws_side *s = &w->side[side];
	bool last = s->frame.fin && !ws_frame__is_control(&s->frame);

	ws_frame__next(&s->frame);
	return last ? message_end(w, side, ts_ns) : 0;
}

/* Takes some of in, which is not empty, and returns how much. */
static ptrdiff_t payload(struct ws *w, enum side side, struct span in, uint64_t ts_ns)
{
	struct ws_side *s = &w->side[side];
	struct out o = {w, side, ts_ns};
	uint8_t plain[CHUNK];
	int err = 0;

	in = span_head(in, sizeof(plain));
	if (in.n > s->frame.left)
		in.n = s->frame.left;
	if (ws_frame__is_control(&s->frame) || s->torn) {
		ws_frame__skip(&s->frame, in.n);
		return (ptrdiff_t)in.n;
	}
	if (s->frame.masked) {
		ws_frame__unmask(&s->frame, in, plain);
		in.p = plain;
	} else {
		ws_frame__skip(&s->frame, in.n);
	}
	if (s->compressed)
		err = inflated(w, side, ws_inflate__feed(&s->inflate, in, piece, &o));
	else
		piece(&o, in);
	return err ? err : (ptrdiff_t)in.n;
}

static void lose(struct ws *w, enum side side, uint64_t lost)
{
	struct ws_side *s = &w->side[side];

	w->ops->gap(w->x, side, lost);
	s->lost = true;
	ws_inflate__free(&s->inflate);
}

int ws__feed(struct ws *w, enum side side, struct span in, uint64_t ts_ns)
{
	struct ws_side *s = &w->side[side];
	ptrdiff_t n;
	int err = 0;

	if (in.n && w->unreadable && !s->lost)
		lose(w, side, 0);
	while (in.n && !s->lost && !err) {
		if (!s->frame.complete) {
			if (s->closed && !s->frame.n)
				return 0;
			err = ws_frame__head(&s->frame, side == SIDE_REQUEST, &in);
			if (!err && s->frame.complete)
				err = frame_begin(w, side);
		} else {
			n = payload(w, side, in, ts_ns);
			err = n < 0 ? (int)n : 0;
			in = span_skip(in, n < 0 ? 0 : (size_t)n);
		}
		if (!err && s->frame.complete && !s->frame.left)
			err = frame_end(w, side, ts_ns);
	}
	return err;
}

void ws__gap(struct ws *w, enum side side, uint64_t lost, uint64_t ts_ns)
{
	struct ws_side *s = &w->side[side];

	if (s->lost || (s->closed && !s->frame.n))
		return;
	if (!s->frame.complete || !lost || lost > s->frame.left) {
		lose(w, side, lost);
		return;
	}
	ws_frame__skip(&s->frame, lost);
	/* What a ping held is no loss. */
	if (!ws_frame__is_control(&s->frame))
		tear(w, side, lost);
	if (!s->frame.left)
		frame_end(w, side, ts_ns); /* torn, so nothing can fail */
}

bool ws__closed(const struct ws *w, enum side side)
{
	return w->side[side].closed;
}

enum http_end ws__end(const struct ws *w, enum http_end why)
{
	if (ws__closed(w, SIDE_REQUEST) || ws__closed(w, SIDE_RESPONSE))
		return HTTP_END_OK;
	return w->side[SIDE_REQUEST].lost || w->side[SIDE_RESPONSE].lost ? HTTP_END_LOST : why;
}

void ws__free(struct ws *w)
{
	if (!w)
		return;
	ws_inflate__free(&w->side[SIDE_REQUEST].inflate);
	ws_inflate__free(&w->side[SIDE_RESPONSE].inflate);
	free(w);
}
