// SPDX-License-Identifier: Apache-2.0
#include "http/h2.h"

#include <errno.h>
#include <stdlib.h>

#include "base/limits.h"
#include "http/h2_conn.h"
#include "http/h2_match.h"

/* Frames that must look right before a place that was found is believed in. */
#define UNSURE_FRAMES 8
#define SETTING_BYTES 6
/* Until then the capture passes the answers to each request until that was judged. */
#define SETTLED_REQUESTS 16
#define SETTING_HEADER_TABLE_SIZE 1 /* RFC 9113, 6.5.2 */

static uint32_t word(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Forgets where that side is; a frame is searched for at the beginnings of calls. */
static void resync(struct h2_side *s)
{
	free(s->first);
	s->first = NULL;
	s->reader = (struct h2_reader){};
	s->n_tail = 0;
	s->call_over = false;
	s->state = H2_RESYNC;
}

/* Bytes are lost, and nobody knows of what. */
static void lost(struct h2 *h, enum side side, uint64_t ts_ns)
{
	struct h2_stream *s, *next;

	h2_block__lost(&h->side[side]);
	resync(&h->side[side]);
	map__for_each(node, h->streams, s, next) h2_stream__gap(h, s, side, 0, ts_ns);
}

/* What comes on that side is no HTTP/2, or was misread. */
static void desync(struct h2 *h, enum side side, uint64_t ts_ns)
{
	if (!h->side[side].unsure)
		h2_stream__end_all(h, HTTP_END_PROTOCOL, ts_ns);
	lost(h, side, ts_ns);
	h->side[side].call_over = true;
}

static bool is_block(const struct h2_frame *f)
{
	return f->type == H2_HEADERS || f->type == H2_PUSH_PROMISE || f->type == H2_CONTINUATION;
}

static int frame_begin(struct h2 *h, enum side side)
{
	struct h2_side *s = &h->side[side];
	const struct h2_frame *f = &s->reader.frame;

	s->n_small = 0;
	s->small_lost = false;
	if (s->unsure) {
		if (!h2_frame__plausible(s->reader.head))
			return -EBADMSG;
		s->unsure--;
	}
	/* RFC 9113, 6.10: nothing comes between the frames of a block. */
	if (s->block.stream)
		return f->type == H2_CONTINUATION && f->stream == s->block.stream ? 0 : -EBADMSG;
	if (f->type == H2_CONTINUATION)
		return s->unsure ? 0 : -EBADMSG; /* the rest of one whose beginning was lost */
	if (!is_block(f))
		return 0;
	return f->stream ? h2_block__begin(h, side, s->frame_ns) : -EBADMSG;
}

static int data_content(struct h2 *h, enum side side, struct span in, uint64_t ts_ns)
{
	struct h2_stream *stream = h2_stream__find(h, h->side[side].reader.frame.stream);

	return stream ? h2_stream__data(h, stream, side, in, ts_ns) : 0;
}

static int block_content(struct h2 *h, enum side side, struct span in, uint64_t ts_ns)
{
	return h->side[side].block.stream ? h2_block__content(h, side, in) : 0;
}

/* Settings one by one; they are the other side's encoder's to heed. */
static int settings_content(struct h2 *h, enum side side, struct span in, uint64_t ts_ns)
{
	struct h2_side *s = &h->side[side];
	size_t i;

	for (i = 0; i < in.n && !s->small_lost; i++) {
		s->small[s->n_small++] = in.p[i];
		if (s->n_small < SETTING_BYTES)
			continue;
		s->n_small = 0;
		if ((s->small[0] << 8 | s->small[1]) == SETTING_HEADER_TABLE_SIZE)
			h2_hpack__table_size(&h->side[!side].hpack, word(s->small + 2), h->lim);
	}
	return 0;
}

static int small_content(struct h2 *h, enum side side, struct span in, uint64_t ts_ns)
{
	struct h2_side *s = &h->side[side];

	in = span_head(in, sizeof(s->small) - s->n_small);
	memcpy(s->small + s->n_small, in.p, in.n);
	s->n_small += (uint8_t)in.n;
	return 0;
}

static int data_end(struct h2 *h, enum side side, uint64_t ts_ns)
{
	const struct h2_frame *f = &h->side[side].reader.frame;
	struct h2_stream *stream = h2_stream__find(h, f->stream);

	if (stream && f->flags & H2_END_STREAM)
		h2_stream__half_end(h, stream, side, ts_ns);
	return 0;
}

static int block_end(struct h2 *h, enum side side, uint64_t ts_ns)
{
	struct h2_side *s = &h->side[side];

	if (!s->block.stream || !(s->reader.frame.flags & H2_END_HEADERS))
		return 0;
	return h2_block__end(h, side, ts_ns);
}

/* RFC 9113, 5.4.2 and 8.1: a server may also say so after a complete answer, to be spared the rest
 * of the request. */
static int rst_stream_end(struct h2 *h, enum side side, uint64_t ts_ns)
{
	struct h2_stream *stream = h2_stream__find(h, h->side[side].reader.frame.stream);
	enum http_end why = side == SIDE_REQUEST ? HTTP_END_CLIENT : HTTP_END_SERVER;

	if (stream)
		h2_stream__end(h, stream, stream->ws ? ws__end(stream->ws, why) : why, ts_ns);
	return 0;
}

/* RFC 9113, 6.8: the server has not looked at requests past the one that it names. */
static int goaway_end(struct h2 *h, enum side side, uint64_t ts_ns)
{
	struct h2_side *s = &h->side[side];
	struct h2_stream *stream, *next;
	uint32_t last;

	if (side == SIDE_REQUEST || s->small_lost || s->n_small < sizeof(s->small))
		return 0;
	last = word(s->small) & INT32_MAX;
	map__for_each(node, h->streams, stream, next) if (stream->id > last)
		h2_stream__end(h, stream, HTTP_END_UNANSWERED, ts_ns);
	return 0;
}

/* Frames of other types are passed over. */
static const struct {
	int (*content)(struct h2 *h, enum side side, struct span in, uint64_t ts_ns);
	int (*end)(struct h2 *h, enum side side, uint64_t ts_ns);
} types[] = {
	[H2_DATA] = {data_content, data_end},		[H2_HEADERS] = {block_content, block_end},
	[H2_RST_STREAM] = {NULL, rst_stream_end},	[H2_SETTINGS] = {settings_content, NULL},
	[H2_PUSH_PROMISE] = {block_content, block_end}, [H2_GOAWAY] = {small_content, goaway_end},
	[H2_CONTINUATION] = {block_content, block_end},
};

#define N_TYPES (sizeof(types) / sizeof(types[0]))

static int frame_end(struct h2 *h, enum side side, uint64_t ts_ns)
{
	uint8_t type = h->side[side].reader.frame.type;

	return type < N_TYPES && types[type].end ? types[type].end(h, side, ts_ns) : 0;
}

static ptrdiff_t feed_frames(struct h2 *h, enum side side, struct span in, bool first_in_call,
			     uint64_t ts_ns)
{
	struct h2_side *s = &h->side[side];
	struct h2_step step;
	ptrdiff_t n;
	int err = 0;

	if (h2_reader__at_start(&s->reader))
		s->frame_ns = ts_ns;
	n = h2_reader__next(&s->reader, in, &step);
	if (n > 0 && step.begun)
		err = frame_begin(h, side);
	if (n < 0 || err == -EBADMSG) {
		desync(h, side, ts_ns);
		return (ptrdiff_t)in.n; /* a frame can begin with the next call */
	}
	if (!err && step.content.n && s->reader.frame.type < N_TYPES &&
	    types[s->reader.frame.type].content)
		err = types[s->reader.frame.type].content(h, side, step.content, ts_ns);
	if (!err && step.ended)
		err = frame_end(h, side, ts_ns);
	return err ? err : n;
}

static ptrdiff_t feed_preface(struct h2 *h, enum side side, struct span in, bool first_in_call,
			      uint64_t ts_ns)
{
	struct h2_side *s = &h->side[side];
	struct span rest = span_skip(h2_preface, s->n_preface);

	in = span_head(in, rest.n);
	if (!span_starts(rest, in))
		return -EBADMSG;
	s->n_preface += (uint8_t)in.n;
	if (s->n_preface == h2_preface.n)
		s->state = H2_FRAMES;
	return (ptrdiff_t)in.n;
}

/* A connection whose place was lost begins anew: nothing is unknown. */
static void found_preface(struct h2 *h)
{
	struct h2_side *s = &h->side[SIDE_REQUEST];

	h2_hpack__free(&s->hpack);
	h2_hpack__init(&s->hpack, false, h->lim);
	s->unsure = 0;
}

static enum protocol_match match_side(void *ctx, struct span first)
{
	return h2_match__frame(*(const enum side *)ctx, first);
}

static ptrdiff_t found(struct h2 *h, enum side side)
{
	struct h2_side *s = &h->side[side];
	struct first *f = s->first;
	ptrdiff_t n = 0;
	size_t i = 0;

	s->first = NULL;
	s->state = H2_FRAMES;
	s->unsure = UNSURE_FRAMES;
	if (f->b[0] == h2_preface.p[0]) {
		found_preface(h);
		i = h2_preface.n;
	}
	for (; i < f->n && n >= 0 && s->state == H2_FRAMES; i++)
		n = feed_frames(h, side, span(f->b + i, 1), false, f->ts_ns[i]);
	free(f);
	return n < 0 ? n : 0;
}

/* The header of the frame in which a wanted request's answer begins: its stream's number makes it
 * unlike anything else, wherever it stands. */
static bool is_awaited(const struct h2 *h, const uint8_t *p)
{
	struct h2_frame f = h2_frame__read(p);
	const struct h2_stream *stream;

	if (f.type != H2_HEADERS || !h2_frame__plausible(p))
		return false;
	stream = h2_stream__find(h, f.stream);
	return stream && !stream->response_begun;
}

/* Takes one byte of answers. True: it ends the header of an awaited one, which s->tail then is. */
static bool seek(const struct h2 *h, struct h2_side *s, uint8_t byte)
{
	if (s->n_tail == sizeof(s->tail))
		memmove(s->tail, s->tail + 1, --s->n_tail);
	s->tail[s->n_tail++] = byte;
	return s->n_tail == sizeof(s->tail) && is_awaited(h, s->tail);
}

static ptrdiff_t found_awaited(struct h2 *h, uint64_t ts_ns)
{
	struct h2_side *s = &h->side[SIDE_RESPONSE];
	uint8_t head[H2_FRAME_HEADER];

	memcpy(head, s->tail, sizeof(head));
	free(s->first);
	s->first = NULL;
	s->state = H2_FRAMES;
	s->unsure = UNSURE_FRAMES;
	return feed_frames(h, SIDE_RESPONSE, span(head, sizeof(head)), false, ts_ns);
}

static ptrdiff_t feed_resync(struct h2 *h, enum side side, struct span in, bool first_in_call,
			     uint64_t ts_ns)
{
	struct h2_side *s = &h->side[side];
	enum protocol_match m;
	ptrdiff_t err;
	bool awaits;
	size_t i;

	s->call_over &= !first_in_call;
	awaits = side == SIDE_RESPONSE && h->streams && !s->call_over;
	if (!s->first && first_in_call && match_side(&side, span_head(in, 1)) != MATCH_NO) {
		s->first = calloc(1, sizeof(*s->first));
		if (!s->first)
			return -ENOMEM;
	}
	for (i = 0; i < in.n && (s->first || awaits); i++) {
		m = MATCH_NO;
		if (s->first)
			m = first__push(s->first, in.p[i], first_in_call && !i, ts_ns, match_side,
					&side);
		if (m == MATCH_YES) {
			err = found(h, side);
			return err < 0 ? err : (ptrdiff_t)i + 1;
		}
		if (m == MATCH_NO) {
			free(s->first);
			s->first = NULL;
		}
		if (awaits && seek(h, s, in.p[i])) {
			err = found_awaited(h, ts_ns);
			return err < 0 ? err : (ptrdiff_t)i + 1;
		}
	}
	return (ptrdiff_t)in.n;
}

static int h2__feed(void *state, enum side side, struct span in, bool first_in_call, uint64_t ts_ns)
{
	static ptrdiff_t (*const feeds[])(struct h2 * h, enum side side, struct span in,
					  bool first_in_call, uint64_t ts_ns) = {
		[H2_PREFACE] = feed_preface,
		[H2_FRAMES] = feed_frames,
		[H2_RESYNC] = feed_resync,
	};
	struct h2 *h = state;

	h->heard += in.n;
	while (in.n) {
		ptrdiff_t n = feeds[h->side[side].state](h, side, in, first_in_call, ts_ns);

		if (n < 0) {
			h2_stream__end_all(h, HTTP_END_PROTOCOL, ts_ns);
			return (int)n;
		}
		in = span_skip(in, (size_t)n);
		first_in_call = false;
	}
	return 0;
}

/* Of the current frame's payload, whatever it is. */
static void skipped(struct h2 *h, enum side side, uint64_t n, uint64_t ts_ns)
{
	struct h2_side *s = &h->side[side];
	const struct h2_frame *f = &s->reader.frame;
	struct h2_stream *stream = h2_stream__find(h, f->stream);

	s->small_lost = true;
	if (is_block(f))
		h2_hpack__lost(&s->hpack);
	if (f->type == H2_DATA && stream)
		h2_stream__gap(h, stream, side, n, ts_ns);
}

/* Does the next byte begin a frame, or is it within one of which nobody wants anything? */
static bool place_known(const struct h2_side *s)
{
	return s->state == H2_FRAMES && !s->block.stream &&
	       (h2_reader__at_start(&s->reader) || s->reader.n_head == H2_FRAME_HEADER);
}

/* Left out by agreement, from a connection of which nothing was wanted then: answers, and of
 * requests whole frames without headers. */
static void quiet_gap(struct h2 *h, enum side side)
{
	struct h2_side *s = &h->side[side];
	struct h2_stream *stream, *next;

	/* What was asked for just now may have been answered in the quiet. */
	map__for_each(node, h->streams, stream, next) stream->response_gap |=
		side == SIDE_RESPONSE && !stream->response_begun;
	if (side == SIDE_REQUEST && place_known(s)) {
		s->reader = (struct h2_reader){};
		s->unsure = UNSURE_FRAMES;
		return;
	}
	h2_block__lost(s);
	resync(s);
}

/* Nobody agreed to leave out a wanted message. */
static bool within_wanted(const struct h2 *h, enum side side)
{
	const struct h2_stream *s, *next;

	map__for_each(node, h->streams, s, next) if (side == SIDE_REQUEST
							     ? !s->request_done
							     : s->response_begun) return true;
	return false;
}

static int h2__gap(void *state, enum side side, uint64_t n, bool quiet, uint64_t ts_ns)
{
	struct h2 *h = state;
	struct h2_side *s = &h->side[side];
	bool ended = false;

	if (quiet && !within_wanted(h, side)) {
		quiet_gap(h, side);
		return 0;
	}
	if (s->state != H2_FRAMES || !h2_reader__skip(&s->reader, n, &ended)) {
		lost(h, side, ts_ns);
		return 0;
	}
	skipped(h, side, n, ts_ns);
	return ended ? frame_end(h, side, ts_ns) : 0;
}

static bool h2__at_start(const void *state)
{
	const struct h2_side *s = &((const struct h2 *)state)->side[SIDE_REQUEST];

	if (s->state == H2_RESYNC)
		return !s->first;
	return s->state == H2_FRAMES && !s->block.stream && h2_reader__at_start(&s->reader);
}

static bool h2__busy(const void *state)
{
	return ((const struct h2 *)state)->streams != NULL;
}

/* Not where something was, or may be: its like mostly comes on the same connection. */
static bool h2__unwanted(const void *state)
{
	const struct h2 *h = state;

	return h->requests && h->heard >= h->lim->h2_heard && !h->promising && !h->streams &&
	       place_known(&h->side[SIDE_REQUEST]);
}

static bool h2__settled(const void *state)
{
	return ((const struct h2 *)state)->requests >= SETTLED_REQUESTS;
}

static uint64_t h2__frame_left(const void *state)
{
	return ((const struct h2 *)state)->side[SIDE_REQUEST].reader.left;
}

static uint32_t h2__requests(const void *state)
{
	return ((const struct h2 *)state)->requests;
}

static bool h2__refused(const void *state)
{
	return ((const struct h2 *)state)->last_unwanted;
}

static void h2__finish(void *state, enum conn_end why, uint64_t ts_ns)
{
	h2_stream__finish_all(state, why, ts_ns);
}

static void h2__free(void *state)
{
	struct h2 *h = state;
	int side;

	if (!h)
		return;
	while (h->streams)
		h2_stream__drop(h, h->streams);
	for (side = SIDE_REQUEST; side <= SIDE_RESPONSE; side++) {
		h2_head__free(h->side[side].block.head);
		h2_hpack__free(&h->side[side].hpack);
		free(h->side[side].first);
	}
	free(h);
}

static struct h2 *h2__new(const struct http1_ctx *ctx, const struct conn *conn,
			  const struct limits *lim, bool midstream)
{
	struct h2 *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->ctx = ctx;
	h->conn = conn;
	h->lim = lim;
	h2_hpack__init(&h->side[SIDE_REQUEST].hpack, midstream, lim);
	h2_hpack__init(&h->side[SIDE_RESPONSE].hpack, midstream, lim);
	h->side[SIDE_REQUEST].state = midstream ? H2_RESYNC : H2_PREFACE;
	h->side[SIDE_RESPONSE].state = midstream ? H2_RESYNC : H2_FRAMES;
	return h;
}

static int h2__open(void *ctx, const struct conn *conn, const struct limits *lim, void **ret)
{
	struct h2 *h = h2__new(ctx, conn, lim, conn->midstream);

	if (!h)
		return -ENOMEM;
	*ret = h;
	return 0;
}

int h2__open_upgraded(const struct http1_ctx *ctx, const struct conn *conn,
		      const struct limits *lim, void *x, void **ret)
{
	struct h2 *h = h2__new(ctx, conn, lim, false);

	if (!h)
		return -ENOMEM;
	h->requests = 1;
	h->last_unwanted = !x;
	if (x && h2_stream__adopt(h, 1, x)) {
		h2__free(h);
		return -ENOMEM;
	}
	*ret = h;
	return 0;
}

const struct protocol http2_protocol = {
	.name = "h2",
	.match = h2_match__connection,
	.open = h2__open,
	.feed = h2__feed,
	.gap = h2__gap,
	.unwanted = h2__unwanted,
	.frame_left = h2__frame_left,
	.settled = h2__settled,
	.at_start = h2__at_start,
	.requests = h2__requests,
	.refused = h2__refused,
	.busy = h2__busy,
	.finish = h2__finish,
	.free = h2__free,
};
