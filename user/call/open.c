// SPDX-License-Identifier: Apache-2.0
#include "call/open.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "call/ids.h"
#include "call/runs.h"
#include "call/tracking.h"

struct call_open *call_open__new(struct call_tracker *t, uint64_t first_ns)
{
	struct call_open *x = t->n_open < t->cfg.lim->calls ? calloc(1, sizeof(*x)) : NULL;

	if (!x) {
		t->totals.refused++;
		return NULL;
	}
	x->tracker = t;
	x->lim = t->cfg.lim;
	x->c = call_unknown;
	x->first_ns = x->last_ns = first_ns;
	arena__init(&x->arena, t->cfg.lim->call_bytes, &t->budget);
	if (t->cfg.content)
		x->said = content_call__new(t->cfg.content);
	x->next = t->open;
	if (t->open)
		t->open->prev = x;
	t->open = x;
	t->n_open++;
	return x;
}

static void free_one(struct call_open *x)
{
	struct call_tracker *t = x->tracker;

	runs__leave(x, false);
	*(x->prev ? &x->prev->next : &t->open) = x->next;
	if (x->next)
		x->next->prev = x->prev;
	t->n_open--;
	if (!x->session) {
		dialect_reader__free(x->reader);
		processes__put(x->proc);
	}
	content_call__free(x->said);
	timing__free(&x->timing);
	arena__free(&x->arena);
	free(x);
}

void call_open__free(struct call_open *x)
{
	struct call_open **at, *turn;

	while ((turn = x->turns)) {
		x->turns = turn->next_turn;
		free_one(turn);
	}
	if (x->session) {
		for (at = &x->session->turns; *at != x;)
			at = &(*at)->next_turn;
		*at = x->next_turn;
		x->session->n_turns--;
	}
	free_one(x);
}

static unsigned int number_of(struct call_tracker *t, uint64_t conn, uint64_t first_ns)
{
	struct recent *r = &t->recent[conn * 0x9e3779b97f4a7c15ULL >> (64 - RECENT_BITS)];

	if (r->conn == conn && r->first_ns == first_ns)
		return ++r->nth;
	*r = (struct recent){.conn = conn, .first_ns = first_ns};
	return 0;
}

void call_open__derive_ids(struct call_open *x)
{
	ids__derive(&x->c, span_str(x->traceparent), x->conn, x->proc ? x->proc->p.start_ns : 0,
		    x->first_ns, number_of(x->tracker, x->conn, x->first_ns));
}

const char *call_open__text(struct call_open *x, struct span s)
{
	struct span kept = utf8__head(s, x->lim->json_value);
	const char *text = arena__string(&x->arena, kept);

	if (!text || kept.n < s.n)
		x->c.truncated = true;
	return text;
}

void call_open__set_text(struct call_open *x, const char **at, struct span s)
{
	const char *text;
	bool same_size;

	/* Without a NUL, a text of the same length fits where the old one stands. */
	same_size = *at && strlen(*at) == s.n && !(s.n && memchr(s.p, 0, s.n));
	if (same_size) {
		if (memcmp(*at, s.p, s.n))
			memcpy((char *)*at, s.p, s.n);
		return;
	}
	text = call_open__text(x, s);
	if (text)
		*at = text;
}
