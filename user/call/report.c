// SPDX-License-Identifier: Apache-2.0
#include "call/report.h"

#include <arpa/inet.h>
#include <math.h>

#include "call/estimate.h"
#include "call/facts.h"
#include "call/fetched.h"
#include "call/outcome.h"
#include "call/pricing.h"
#include "call/runs.h"
#include "call/tracking.h"
#include "enrich/attribution.h"
#include "enrich/feature.h"

static void set_times(struct call_open *x, enum http_end why, uint64_t ts_ns)
{
	struct timing *tm = &x->timing;
	struct call *c = &x->c;
	uint64_t end_ns = why == HTTP_END_OK || ts_ns < x->last_ns ? x->last_ns : ts_ns;

	c->duration_ns = end_ns > x->first_ns ? end_ns - x->first_ns : 0;
	c->streamed = dialect_reader__streamed(x->reader);
	if (!c->streamed)
		return;
	if (tm->seen && !tm->late && tm->first_ns >= x->first_ns)
		c->ttft_ns = (int64_t)(tm->first_ns - x->first_ns);
	if (tm->seen && !tm->last_lost && tm->last_ns >= x->first_ns)
		c->ttlt_ns = (int64_t)(tm->last_ns - x->first_ns);
	if (!tm->torn)
		c->chunks = (int64_t)tm->chunks;
	c->gaps = tm->gaps.n ? &tm->gaps : NULL;
	c->itl_p50_ns = timing__quantile(tm, 0.50);
	c->itl_p99_ns = timing__quantile(tm, 0.99);
}

static void count(struct stats *st, const struct call *c)
{
	if (c->beside) {
		st->served++;
		return;
	}
	if (c->kind == CALL_TOOL) {
		st->tool_calls++;
		st->tool_errors += c->error_type != NULL;
		return;
	}
	/* The call that asked for it was counted when it was made; whether it failed is told now.
	 */
	st->calls += c->kind == CALL_MODEL;
	st->fetched += c->kind == CALL_FETCH;
	st->errors += c->error_type != NULL;
	st->truncated += c->truncated;
	st->estimated += c->input_estimated || c->output_estimated;
	st->input_tokens += c->input_tokens > 0 ? (uint64_t)c->input_tokens : 0;
	st->output_tokens += c->output_tokens > 0 ? (uint64_t)c->output_tokens : 0;
	if (c->cost_nusd >= 0) {
		st->cost_nusd += c->cost_nusd;
		st->priced++;
	} else if (c->input_tokens > 0 || c->output_tokens > 0) {
		st->unpriced++;
	}
}

static const enum call_kind kinds[] = {
	[DIALECT_CALL] = CALL_MODEL,
	[DIALECT_FETCH] = CALL_FETCH,
	[DIALECT_TOOL] = CALL_TOOL,
	[DIALECT_OPAQUE] = CALL_MODEL,
};

/* What the call is, by the dialect that it turned out to be. */
static void name_dialect(struct call_open *x)
{
	const struct dialect *d = dialect_reader__dialect(x->reader);
	struct call *c = &x->c;

	c->kind = kinds[dialect__kind(d)];
	c->opaque = dialect__kind(d) == DIALECT_OPAQUE;
	c->api = dialect__api(d);
	c->operation = dialect__operation(d);
	c->provider = dialect__provider(d, span_str(c->server_address), span_str(c->path));
}

/* Known once the connection's first bytes were told, and then for all its calls. */
static void set_peer(struct call_open *x)
{
	const struct capture_end *peer = &x->link->peer;
	char text[INET6_ADDRSTRLEN];

	if (!peer->family ||
	    !inet_ntop(peer->family == 4 ? AF_INET : AF_INET6, peer->address, text, sizeof(text)))
		return;
	x->c.peer_address = call_open__text(x, span_str(text));
	x->c.peer_port = peer->port;
}

/* The provider's own. */
static bool has_usage(const struct call *c)
{
	return (c->input_tokens >= 0 && !c->input_estimated) ||
	       (c->output_tokens >= 0 && !c->output_estimated);
}

/* An answer that was fetched is told of once it is final and whole, and once. */
static bool is_fetched(const struct call_open *x)
{
	const struct call *c = &x->c;

	return c->status >= 200 && c->status < 400 && !c->pending &&
	       (has_usage(c) || (c->response_id && !c->truncated)) &&
	       !fetched__known(x->tracker->fetched, c);
}

/* A session is told of by its turns, and by itself where it came to none: refused, not answered. */
static bool is_record(const struct call_open *x)
{
	if (!dialect_reader__confirmed(x->reader))
		return false;
	if (!x->session && dialect__is_session(dialect_reader__dialect(x->reader)))
		return !x->upgraded && x->c.error_type;
	if (x->c.kind == CALL_FETCH)
		return is_fetched(x);
	return true;
}

/* A user's own rules outdo what was found out and what the request or the process said. */
static void name_feature(struct call_open *x)
{
	char name[FEATURE_MAX + 1];
	const char *text;

	if (!feature_rules__name(x->tracker->cfg.features, &x->c, name))
		return;
	text = call_open__text(x, span_str(name));
	if (text)
		x->c.who.feature = text;
}

void report__call(struct call_open *x, enum http_end why, uint64_t ts_ns)
{
	struct call_tracker *t = x->tracker;

	/* What broke before a turn, or after it, is not its own. */
	if (!x->session)
		x->damaged = dialect_reader__damaged(x->reader);
	set_times(x, why, ts_ns);
	name_dialect(x);
	x->c.beside = x->c.role == ROLE_SERVER && t->cfg.filter->role == FILTER_BOTH;
	outcome__judge(x, why);
	facts__finish(x);
	set_peer(x);
	if (!is_record(x) || call_tracker__full(t))
		return;
	if (t->cfg.estimate)
		estimate__fill(x);
	if (t->cfg.prices)
		pricing__fill(&x->c, t->cfg.prices);
	name_feature(x);
	runs__record(x);
	if (!filter__call(t->cfg.filter, &x->c))
		return;
	if (x->c.kind == CALL_FETCH || (x->c.response_id && has_usage(&x->c)))
		fetched__add(t->fetched, &x->c);
	/* What could not be decoded, or was lost. */
	if (x->request_flags | x->response_flags)
		content_call__lost(x->said);
	x->c.content = content_call__finish(x->said, &x->c);
	t->n_out++;
	count(&t->totals, &x->c);
	if (t->cfg.call)
		t->cfg.call(t->cfg.ctx, &x->c);
	runs__leave(x, true);
}
