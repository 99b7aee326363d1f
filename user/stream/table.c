// SPDX-License-Identifier: Apache-2.0
#include "stream/table.h"

#include <errno.h>
#include <stdlib.h>

#include "base/limits.h"
#include "stream/streams.h"

/* A connection met midstream that shows no beginning within so many bytes is left alone until a
 * call begins like a request. */
#define SEARCH_BYTES (64 * 1024)

/* So long an answer waits for its request, which has left its program's hands already. */
#define EARLY_NS 1000000000ULL

struct stream_table {
	const struct protocol *protocols[STREAM_PROTOCOLS_MAX];
	unsigned int n_protocols;
	void *ctx;
	const struct capture_control *control;
	const struct limits *lim;
	const struct capture_ops *observer;
	void *observer_ctx;
	struct streams streams;
	struct early_all early;
	struct stream_stats stats;
};

int stream_table__new(const struct protocol *const *protocols, unsigned int n, void *ctx,
		      const struct capture_control *control, const struct limits *lim,
		      struct stream_table **ret)
{
	struct stream_table *t;

	if (n > STREAM_PROTOCOLS_MAX)
		return -E2BIG;
	t = calloc(1, sizeof(*t));
	if (!t)
		return -ENOMEM;
	memcpy(t->protocols, protocols, n * sizeof(t->protocols[0]));
	t->n_protocols = n;
	t->ctx = ctx;
	t->control = control;
	t->lim = lim;
	*ret = t;
	return 0;
}

void stream_table__observe(struct stream_table *t, const struct capture_ops *ops, void *ctx)
{
	t->observer = ops;
	t->observer_ctx = ctx;
}

void stream_table__stats(const struct stream_table *t, struct stream_stats *ret)
{
	*ret = t->stats;
	ret->open = streams__count(&t->streams);
}

static enum side side_of(const struct stream *s, enum event_dir dir)
{
	return dir == s->conn.request_dir ? SIDE_REQUEST : SIDE_RESPONSE;
}

static enum event_dir other(enum event_dir dir)
{
	return dir == DIR_READ ? DIR_WRITE : DIR_READ;
}

static void go_on(struct stream_table *t, struct stream *s, bool all);

static void stream__end(struct stream_table *t, struct stream *s, enum conn_end why, uint64_t ts_ns)
{
	go_on(t, s, true);
	if (s->state)
		s->protocol->finish(s->state, why, ts_ns);
	streams__remove(&t->streams, s);
}

/* Nothing of it is wanted any more. */
static void stream__leave(struct stream_table *t, struct stream *s)
{
	stream__ignore(s);
	if (t->control)
		t->control->ignore(t->control->ctx, s->conn.id);
}

/* protocol: its place in the table's list. */
static void stream__count_failed(struct stream_table *t, unsigned int protocol)
{
	t->stats.failed++;
	t->stats.failed_of[protocol]++;
}

static void stream__failed(struct stream_table *t, struct stream *s, int err, uint64_t ts_ns)
{
	unsigned int i;

	s->protocol->finish(s->state, CONN_END_UNSURE, ts_ns);
	for (i = 0; t->protocols[i] != s->protocol;)
		i++;
	if (err == -ESHUTDOWN)
		t->stats.upgraded++;
	else
		stream__count_failed(t, i);
	stream__leave(t, s);
}

static struct stream *stream__new(struct stream_table *t, const struct capture_data *d,
				  uint64_t ts_ns)
{
	struct stream *s = streams__victim(&t->streams, d->pid, t->lim);

	if (s) {
		t->stats.evicted++;
		stream__end(t, s, CONN_END_CAPTURE, ts_ns);
	}
	s = streams__add(&t->streams, d->conn, d->pid);
	if (!s)
		return NULL;
	s->conn.stack = d->stack;
	t->stats.conns++;
	/* Whatever went before is not missed piece by piece. */
	if (d->flags & (EVENT_MIDSTREAM | EVENT_AFTER_QUIET) || d->offset) {
		s->conn.midstream = true;
		s->offset[d->dir] = d->offset;
		s->offset[other(d->dir)] = d->other_offset;
		t->stats.midstream++;
		t->stats.gaps += !(d->flags & (EVENT_MIDSTREAM | EVENT_AFTER_QUIET));
	}
	return s;
}

static void gap(struct stream_table *t, struct stream *s, enum event_dir dir, uint64_t lost,
		bool quiet, uint64_t ts_ns)
{
	int err;

	s->offset[dir] += lost;
	if (!quiet) {
		t->stats.gaps++;
		t->stats.gap_bytes += lost;
	}
	if (s->is == CONN_SEARCH) {
		s->conn.midstream = true;
		if (s->search)
			s->search->first[dir] = (struct first){};
	}
	if (s->is != CONN_OPEN)
		return;
	err = s->protocol->gap(s->state, side_of(s, dir), lost, quiet, ts_ns);
	if (err)
		stream__failed(t, s, err, ts_ns);
}

static void feed(struct stream_table *t, struct stream *s, enum event_dir dir, struct span bytes,
		 bool first_in_call, uint64_t ts_ns)
{
	int err;

	if (s->is != CONN_OPEN || !bytes.n)
		return;
	err = s->protocol->feed(s->state, side_of(s, dir), bytes, first_in_call, ts_ns);
	if (err)
		stream__failed(t, s, err, ts_ns);
}

/* Feeds request bytes and learns the line of the request that they are. Text in a body may look
 * like a line that matters: it counts where a request could begin and did. The first request of a
 * connection is left out, which saves nobody much. */
static void feed_request(struct stream_table *t, struct stream *s, struct span bytes, uint64_t line,
			 bool first_in_call, uint64_t ts_ns)
{
	bool at_start = s->protocol->at_start(s->state);
	uint32_t before = s->protocol->requests(s->state), after;

	feed(t, s, s->conn.request_dir, bytes, first_in_call, ts_ns);
	if (s->is != CONN_OPEN)
		return;
	after = s->protocol->requests(s->state);
	/* Never that of a wanted request: its exchange may end early, as after a loss, and then its
	 * line would keep the kernel from telling of all its like. */
	if (after != before)
		s->line = at_start && after == before + 1 && s->protocol->refused(s->state) ? line
											    : 0;
}

/* What a search is for. */
struct match {
	const struct stream_table *t;
	const struct protocol *protocol;
	enum side side;
};

static enum protocol_match match_any(void *ctx, struct span first)
{
	enum protocol_match best = MATCH_NO;
	struct match *m = ctx;
	unsigned int i;

	for (i = 0; i < m->t->n_protocols; i++) {
		switch (m->t->protocols[i]->match(first, &m->side)) {
		case MATCH_YES:
			m->protocol = m->t->protocols[i];
			return MATCH_YES;
		case MATCH_MORE:
			best = MATCH_MORE;
			break;
		case MATCH_NO:
			break;
		}
	}
	return best;
}

/* Hands over what was gathered while it was not known what it is. */
static void replay(struct stream_table *t, struct stream *s, enum event_dir dir,
		   const struct first *f, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		feed(t, s, dir, span(f->b + i, 1), f->starts >> i & 1, f->ts_ns[i]);
}

static void found(struct stream_table *t, struct stream *s, const struct match *m,
		  enum event_dir dir, struct span bytes, size_t taken, uint64_t ts_ns)
{
	struct search *search = s->search;
	const struct first *f = &search->first[dir];
	size_t own = f->n < taken ? f->n : taken; /* gathered bytes that are in bytes */
	unsigned int i;
	int err;

	for (i = 0; t->protocols[i] != m->protocol;)
		i++;
	t->stats.speak[i]++;
	s->conn.request_dir = m->side == SIDE_REQUEST ? dir : other(dir);
	s->protocol = m->protocol;
	if (!m->protocol->open) {
		stream__leave(t, s);
		return;
	}
	err = m->protocol->open(t->ctx, &s->conn, t->lim, &s->state);
	if (err) {
		stream__count_failed(t, i);
		stream__leave(t, s);
		return;
	}
	s->is = CONN_OPEN;
	s->search = NULL;
	if (m->side == SIDE_RESPONSE)
		replay(t, s, other(dir), &search->first[other(dir)], search->first[other(dir)].n);
	replay(t, s, dir, f, (unsigned int)(f->n - own));
	feed(t, s, dir, span_skip(bytes, taken - own), f->starts >> (f->n - own) & 1, ts_ns);
	if (m->side == SIDE_REQUEST)
		replay(t, s, other(dir), &search->first[other(dir)], search->first[other(dir)].n);
	free(search);
}

/* Tells the capture that nothing asked so far is wanted. */
static void quiet(const struct stream_table *t, struct stream *s)
{
	struct capture_quiet q = {
		.conn = s->conn.id,
		.request_dir = s->conn.request_dir,
		.judged = s->offset[s->conn.request_dir],
		.line = s->line,
		.framed = s->is == CONN_OPEN && s->protocol->frame_left,
	};

	if (q.framed) {
		q.frame_left = s->protocol->frame_left(s->state);
		q.settled = s->protocol->settled && s->protocol->settled(s->state);
	}
	s->framed = q.framed;
	if (t->control)
		t->control->quiet(t->control->ctx, &q);
}

static void search(struct stream_table *t, struct stream *s, enum event_dir dir, struct span bytes,
		   bool first_in_call, uint64_t ts_ns)
{
	struct match m = {.t = t};
	struct first *f;
	bool fresh;
	size_t i;

	if (!s->search) {
		s->search = calloc(1, sizeof(*s->search));
		if (!s->search) {
			t->stats.failed++;
			stream__leave(t, s);
			return;
		}
	}
	f = &s->search->first[dir];
	fresh = !s->conn.midstream;
	/* The bytes at a connection's start begin something, whatever the flags say. */
	first_in_call |= fresh && !f->n;
	for (i = 0; i < bytes.n; i++) {
		enum protocol_match is =
			first__push(f, bytes.p[i], first_in_call && !i, ts_ns, match_any, &m);

		if (is == MATCH_YES) {
			found(t, s, &m, dir, bytes, i + 1, ts_ns);
			return;
		}
		if (is == MATCH_NO && fresh) {
			t->stats.neither++;
			stream__leave(t, s);
			return;
		}
		if (is == MATCH_NO)
			break;
	}
	s->search->bytes += bytes.n;
	if (s->search->bytes < SEARCH_BYTES || f->n || s->search->first[other(dir)].n)
		return;
	/* Who asks is not known; it is the traced process far more often than not, and the verdict
	 * expires. */
	s->search->bytes = 0;
	s->conn.request_dir = DIR_WRITE;
	quiet(t, s);
}

static uint64_t time_of(const struct capture_data *d)
{
	return d->dir == DIR_WRITE ? d->entry_ns : d->return_ns;
}

static void take(struct stream_table *t, struct stream *s, const struct capture_data *d)
{
	bool first_in_call = d->flags & EVENT_CALL_START;
	enum event_dir to = other(d->dir);
	struct span bytes = d->bytes;
	uint64_t ts_ns = time_of(d);
	uint64_t lost = d->gap, seen;

	if (s->is == CONN_IGNORED)
		return;
	s->conn.tid = d->tid;
	/* An OpenSSL object is used by one thread at a time, a Go connection by two, whose bytes
	 * count only once they are told: what the other direction had moved by then was all on its
	 * way before this. */
	if ((d->stack == TLS_OPENSSL || d->stack == TLS_GO) && d->other_offset > s->offset[to])
		gap(t, s, to, d->other_offset - s->offset[to], false, ts_ns);
	if (d->offset > s->offset[d->dir])
		gap(t, s, d->dir, d->offset - s->offset[d->dir], false, ts_ns);
	if (d->flags & EVENT_AFTER_QUIET)
		gap(t, s, d->dir, 0, true, ts_ns);
	seen = s->offset[d->dir] - d->offset;
	if (seen) {
		uint64_t all = lost ? lost : bytes.n;

		t->stats.duplicates += seen < all ? seen : all;
		lost = seen < lost ? lost - seen : 0;
		bytes = seen < bytes.n ? span_skip(bytes, (size_t)seen) : SPAN_NONE;
		first_in_call = false;
	}
	if (lost) {
		gap(t, s, d->dir, lost, false, ts_ns);
	} else if (bytes.n) {
		s->offset[d->dir] += bytes.n;
		if (s->is == CONN_SEARCH)
			search(t, s, d->dir, bytes, first_in_call, ts_ns);
		else if (s->is == CONN_OPEN && d->dir == s->conn.request_dir)
			feed_request(t, s, bytes, first_in_call ? d->line : 0, first_in_call,
				     ts_ns);
		else
			feed(t, s, d->dir, bytes, first_in_call, ts_ns);
	}
	if (s->is == CONN_OPEN && s->protocol->unwanted(s->state)) {
		quiet(t, s);
	} else if (s->framed) {
		/* What is wanted now may have been on its way before the capture was quiet, and
		 * then did not lift that. */
		s->framed = false;
		if (t->control)
			t->control->loud(t->control->ctx, s->conn.id);
	}
}

/* Did the other direction move bytes before these that are not here yet? */
static bool is_early(const struct stream *s, const struct capture_data *d)
{
	return d->stack == TLS_NONE && s->is != CONN_IGNORED &&
	       d->other_offset + d->ahead > s->offset[other(d->dir)];
}

/* Takes in what waited; all: also what still would. */
static void go_on(struct stream_table *t, struct stream *s, bool all)
{
	struct early *e = s->early;
	const struct capture_data *d;

	while (s->early && (d = early__first(e)) && (all || !is_early(s, d))) {
		take(t, s, d);
		/* the connection may be ignored by now, and nothing of it waits any more */
		if (s->early)
			early__drop(e);
	}
	if (s->early && !early__first(e)) {
		early__free(e);
		s->early = NULL;
	}
}

static void stream_table__data(void *ctx, const struct capture_data *d)
{
	const struct capture_data *first;
	struct stream_table *t = ctx;
	struct stream *s;

	s = streams__find(&t->streams, d->conn);
	if (!s)
		s = stream__new(t, d, time_of(d));
	else
		streams__touch(&t->streams, s);
	if (!s) {
		t->stats.refused++;
		return;
	}
	first = early__first(s->early);
	if ((!first || first->dir == d->dir) && is_early(s, d) &&
	    !early__add(&t->early, &s->early, s, d, t->lim))
		return;
	/* What these waited for was not wanted, or is lost. */
	if (first && (first->dir == d->dir || d->flags & EVENT_AFTER_QUIET))
		go_on(t, s, true);
	take(t, s, d);
	go_on(t, s, false);
}

/* Who closed, as far as the reads before the close tell: a peer's end is a failing read to the
 * probes, and so is a non-blocking read that found nothing. */
static enum conn_end closed_by(const struct stream *s, const struct capture_close *c)
{
	bool plain = c->flags & CLOSE_NONBLOCKING && c->read_fails < 2;
	bool local = !(c->flags & CLOSE_EOF) && (!c->read_fails || plain);

	return local == (s->conn.request_dir == DIR_WRITE) ? CONN_END_CLIENT : CONN_END_SERVER;
}

static void stream_table__close(void *ctx, const struct capture_close *c)
{
	struct stream_table *t = ctx;
	struct stream *s = streams__find(&t->streams, c->conn);
	int i;

	if (!s)
		return;
	go_on(t, s, true);
	for (i = 0; i < 2 && s->is == CONN_OPEN; i++) {
		enum event_dir dir = i ? other(s->conn.request_dir) : s->conn.request_dir;

		if (c->offset[dir] > s->offset[dir])
			gap(t, s, dir, c->offset[dir] - s->offset[dir], false, c->ts_ns);
	}
	stream__end(t, s, closed_by(s, c), c->ts_ns);
}

static void stream_table__peer(void *ctx, const struct capture_peer *p)
{
	struct stream_table *t = ctx;
	struct stream *s = streams__find(&t->streams, p->conn);

	if (s)
		s->conn.peer = p->peer;
}

static void end_process(struct stream_table *t, uint32_t pid, uint64_t ts_ns)
{
	struct stream *s, *next;

	for (s = streams__of(&t->streams, pid); s; s = next) {
		next = s->pnext;
		stream__end(t, s, CONN_END_PROCESS, ts_ns);
	}
}

static void stream_table__process(void *ctx, const struct process *p)
{
	struct stream_table *t = ctx;

	/* It has executed another program: what it had open is gone. */
	if (!p->again)
		end_process(t, p->pid, p->seen_ns);
	if (t->observer && t->observer->process)
		t->observer->process(t->observer_ctx, p);
}

static void stream_table__exit(void *ctx, const struct capture_exit *e)
{
	struct stream_table *t = ctx;

	end_process(t, e->pid, e->ts_ns);
	if (t->observer && t->observer->exit)
		t->observer->exit(t->observer_ctx, e);
}

static void stream_table__unseen(void *ctx, const struct capture_unseen *u)
{
	const struct stream_table *t = ctx;

	if (t->observer && t->observer->unseen)
		t->observer->unseen(t->observer_ctx, u);
}

static void stream_table__clock(void *ctx, uint64_t mono_ns, int64_t offset_ns)
{
	const struct stream_table *t = ctx;

	if (t->observer && t->observer->clock)
		t->observer->clock(t->observer_ctx, mono_ns, offset_ns);
}

static void stream_table__counts(void *ctx, const struct capture_counts *c)
{
	const struct stream_table *t = ctx;

	if (t->observer && t->observer->counts)
		t->observer->counts(t->observer_ctx, c);
}

static void stream_table__tick(void *ctx, uint64_t mono_ns)
{
	const struct capture_data *d;
	struct stream_table *t = ctx;

	while (t->early.first && (d = early__first(t->early.first)) &&
	       mono_ns - d->return_ns > EARLY_NS && mono_ns > d->return_ns)
		go_on(t, early__owner(t->early.first), true);
	if (t->observer && t->observer->tick)
		t->observer->tick(t->observer_ctx, mono_ns);
}

const struct capture_ops stream_table_ops = {
	.clock = stream_table__clock,
	.process = stream_table__process,
	.data = stream_table__data,
	.peer = stream_table__peer,
	.close = stream_table__close,
	.exit = stream_table__exit,
	.unseen = stream_table__unseen,
	.counts = stream_table__counts,
	.tick = stream_table__tick,
};

void stream_table__finish(struct stream_table *t, uint64_t mono_ns)
{
	while (t->streams.idle)
		stream__end(t, t->streams.idle, CONN_END_CAPTURE, mono_ns);
}

void stream_table__free(struct stream_table *t)
{
	if (!t)
		return;
	while (t->streams.idle)
		streams__remove(&t->streams, t->streams.idle);
	free(t);
}
