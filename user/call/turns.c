// SPDX-License-Identifier: Apache-2.0
#include "call/turns.h"

#include "base/limits.h"
#include "call/facts.h"
#include "call/outcome.h"
#include "call/report.h"
#include "call/runs.h"
#include "call/tracking.h"

static struct call_open *find(struct call_open *session, uint32_t turn)
{
	struct call_open *x;

	for (x = session->turns; x && x->turn != turn; x = x->next_turn)
		;
	return x;
}

static uint64_t *bytes_of(struct call_open *x, enum side side)
{
	return side == SIDE_REQUEST ? &x->c.request_bytes : &x->c.response_bytes;
}

static void begin(struct call_open *s, const struct fact_value *v)
{
	struct call_tracker *t = s->tracker;
	struct call_open *x;

	if (s->n_turns >= s->lim->turns) {
		t->totals.refused++;
		return;
	}
	x = call_open__new(t, (uint64_t)v->number);
	if (!x)
		return;
	x->session = s;
	x->turn = v->turn;
	x->next_turn = s->turns;
	s->turns = x;
	s->n_turns++;
	x->conn = s->conn;
	x->link = s->link;
	x->reader = s->reader;
	x->proc = s->proc;
	x->traceparent = s->traceparent;
	facts__inherit(x, s);
	x->c.time_ns = call_tracker__wall_ns(t, x->first_ns);
	call_open__derive_ids(x);
	*bytes_of(x, s->side) = s->message_bytes[s->side];
	if (s->side == SIDE_REQUEST)
		x->body = s->body;
	s->body_over = true;
	/* What was said before the server began to answer by itself. */
	if (s->side == SIDE_RESPONSE)
		content_call__take_request(x->said, s->said);
}

void turns__fact(struct call_open *s, enum fact fact, const struct fact_value *v, uint64_t ts_ns)
{
	struct call_open *x;

	if (fact == FACT_TURN_BEGIN && !find(s, v->turn))
		begin(s, v);
	x = find(s, v->turn);
	if (!x)
		return;
	if (ts_ns > x->last_ns)
		x->last_ns = ts_ns;
	if (s->side == SIDE_RESPONSE && x->c.ttfc_ns < 0 && !x->gap_before_body)
		x->c.ttfc_ns = ts_ns > x->first_ns ? (int64_t)(ts_ns - x->first_ns) : 0;
	if (fact != FACT_TURN_END) {
		facts__set(x, fact, v, ts_ns);
		return;
	}
	x->damaged |= dialect_reader__damaged(s->reader);
	x->c.done = true;
	report__call(x, HTTP_END_OK, ts_ns);
	call_open__free(x);
}

/* A message is all that a request says: which runs its turns are of, the oldest first. */
static void decide(struct call_open *s)
{
	struct call_open *x, *oldest;

	do {
		oldest = NULL;
		for (x = s->turns; x; x = x->next_turn)
			if (!x->decided)
				oldest = x;
		if (oldest)
			runs__request(oldest);
	} while (oldest && oldest->decided);
}

void turns__said(struct call_open *s, enum side side, uint32_t turn)
{
	struct call_open *x = turn ? find(s, turn) : NULL;

	if (side == SIDE_REQUEST) {
		content_call__request_end(s->said);
		if (x)
			content_call__take_request(x->said, s->said);
	} else {
		content_call__take_answer(x ? x->said : NULL, s->said);
		if (x)
			content_call__answer_end(x->said,
						 dialect__api(dialect_reader__dialect(s->reader)));
	}
}

void turns__message(struct call_open *s, enum side side, struct span piece, bool last,
		    uint64_t ts_ns)
{
	struct call_open *x;

	s->side = side;
	/* A client that says its stop sequences again says all of them. */
	if (side == SIDE_REQUEST && !s->in_message)
		s->stop.old = s->formats.old = true;
	if (side == SIDE_REQUEST && s->body_over)
		runs__begin(s);
	if (side == SIDE_REQUEST) {
		s->in_message = !last;
		siphash__add(&s->body, piece);
	}
	s->message_bytes[side] += piece.n;
	for (x = s->turns; x; x = x->next_turn)
		*bytes_of(x, side) += piece.n;
	dialect_reader__message(s->reader, side, piece, last, ts_ns);
	if (last) {
		s->message_bytes[side] = 0;
		decide(s);
	}
	if (dialect_reader__damaged(s->reader))
		for (x = s->turns; x; x = x->next_turn)
			x->damaged = true;
}

void turns__gap(struct call_open *s, enum side side, uint64_t lost)
{
	struct call_open *x;

	s->side = side;
	for (x = s->turns; x; x = x->next_turn) {
		x->c.truncated = true;
		x->c.lost_bytes += lost;
		content_call__lost(x->said);
		if (side == SIDE_RESPONSE && x->c.ttfc_ns < 0)
			x->gap_before_body = true;
	}
	/* What later turns were to take over may have been lost. */
	s->c.truncated |= side == SIDE_REQUEST;
	if (side == SIDE_REQUEST)
		content_call__lost(s->said);
	/* First the reader: what it makes of the torn message must not outlive the judgement. */
	dialect_reader__message_gap(s->reader, side, lost, s->last_ns);
	s->message_bytes[side] = 0;
	if (side == SIDE_REQUEST) {
		s->in_message = false;
		return;
	}
	for (x = s->turns; x; x = x->next_turn) {
		outcome__gap(x);
		timing__gap(&x->timing);
	}
}

void turns__end(struct call_open *s, enum http_end why, uint64_t ts_ns)
{
	struct call_open *x, *next;

	/* In the order in which they began. */
	while (s->turns) {
		for (x = s->turns; (next = x->next_turn); x = next)
			;
		report__call(x, why, ts_ns);
		call_open__free(x);
	}
}
