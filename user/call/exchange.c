// SPDX-License-Identifier: Apache-2.0
/* Exchanges as HTTP tells them become calls. */
#include "base/limits.h"
#include "call/authority.h"
#include "call/facts.h"
#include "call/headers.h"
#include "call/outcome.h"
#include "call/report.h"
#include "call/runs.h"
#include "call/tracking.h"
#include "call/turns.h"

/* RFC 9110, 4.2: where the client names none. */
#define HTTP_PORT 80
#define HTTPS_PORT 443

static void on_fact(void *ctx, enum fact fact, const struct fact_value *v, uint64_t ts_ns)
{
	if (v->turn)
		turns__fact(ctx, fact, v, ts_ns);
	else
		facts__set(ctx, fact, v, ts_ns);
}

/* Of a session: until the message is over it is not known which turn it is about. */
static void on_said(void *ctx, enum side side, struct span piece)
{
	struct call_open *x = ctx;

	if (side == SIDE_REQUEST)
		content_call__request(x->said, piece);
	else
		content_call__answer(x->said, piece);
}

static void on_said_end(void *ctx, enum side side, uint32_t turn)
{
	struct call_open *x = ctx;

	if (x->upgraded)
		turns__said(x, side, turn);
	else if (side == SIDE_RESPONSE)
		content_call__answer_end(x->said, dialect__api(dialect_reader__dialect(x->reader)));
}

static const struct dialect_ops reader_ops = {.fact = on_fact};
/* Where content is wanted. */
static const struct dialect_ops reader_said_ops = {
	.fact = on_fact,
	.said = on_said,
	.said_end = on_said_end,
};

static int default_port(const struct conn *conn)
{
	return conn->stack == TLS_NONE ? HTTP_PORT : HTTPS_PORT;
}

static void set_server(struct call_open *x, const struct conn *conn, struct span authority)
{
	struct span host;
	char *p;

	if (!authority.n)
		return;
	x->c.server_port = authority__split(authority, default_port(conn), &host);
	if (!host.n)
		return;
	p = (char *)call_open__text(x, host);
	x->c.server_address = p;
	for (; p && *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p += 'a' - 'A';
}

/* The request may have named its feature itself. */
static void set_process(struct call *c, const struct process_facts *f)
{
	const char *feature = c->who.feature;

	c->who = f->who;
	if (feature)
		c->who.feature = feature;
}

static void fill_request(struct call_open *x, const struct conn *conn, const struct http_head *h)
{
	struct span traceparent = http_head__get(h, "traceparent");
	struct call_tracker *t = x->tracker;
	struct call *c = &x->c;

	c->time_ns = call_tracker__wall_ns(t, x->first_ns);
	c->role = conn->request_dir == DIR_WRITE ? ROLE_CLIENT : ROLE_SERVER;
	/* Of an HTTP/2 connection met in its middle, either may be unknown. */
	if (h->method.n)
		c->method = call_open__text(x, h->method);
	if (h->path.p)
		c->path = call_open__text(x, h->path);
	c->http_version = h->version;
	c->tls = conn->stack == TLS_UNKNOWN ? NULL : tls_stack__name(conn->stack);
	c->key_fp = h->key_fp;
	c->midstream = conn->midstream;
	c->truncated |= h->truncated;
	set_server(x, conn, h->authority);
	headers__request(x, h);
	if (x->proc)
		set_process(c, x->proc);
	c->who.pid = conn->pid;
	if (traceparent.n)
		x->traceparent = call_open__text(x, traceparent);
	call_open__derive_ids(x);
}

static void seen(struct call_open *x, uint64_t ts_ns)
{
	if (ts_ns > x->last_ns)
		x->last_ns = ts_ns;
}

static bool role_wanted(const struct call_tracker *t, const struct conn *conn)
{
	return filter__role(t->cfg.filter,
			    conn->request_dir == DIR_WRITE ? ROLE_CLIENT : ROLE_SERVER);
}

static void *on_request(void *ctx, const struct conn *conn, const struct http_head *h,
			uint64_t first_ns, uint64_t ts_ns)
{
	const struct dialect *d = dialect__match(h);
	struct call_tracker *t = ctx;
	struct call_open *x;

	if (!d || call_tracker__full(t))
		return NULL;
	if (!role_wanted(t, conn))
		return NULL;
	x = call_open__new(t, first_ns);
	if (!x)
		return NULL;
	x->conn = conn->id;
	x->link = conn;
	seen(x, ts_ns);
	x->proc = processes__get(t->processes, conn->pid);
	if (!filter__process(t->cfg.filter, x->proc ? &x->proc->p : NULL))
		goto unwanted;
	runs__begin(x);
	fill_request(x, conn, h);
	if (!filter__host(t->cfg.filter, x->c.server_address))
		goto unwanted;
	if (dialect_reader__new(d, h, t->cfg.content ? &reader_said_ops : &reader_ops, x,
				t->cfg.lim, &x->reader)) {
		t->totals.refused++;
		goto unwanted;
	}
	/* What comes before it is known which wire it is is not kept. */
	if (!h->path.p)
		content_call__lost(x->said);
	return x;

unwanted:
	call_open__free(x);
	return NULL;
}

/* A provider's host, and nobody said that the connection is not wanted. */
static bool on_promising(void *ctx, const struct conn *conn, const struct http_head *h)
{
	struct call_tracker *t = ctx;
	const struct process_facts *proc;
	struct span host;
	bool wanted;

	authority__split(h->authority, default_port(conn), &host);
	if (!dialect__serves(host) || !role_wanted(t, conn))
		return false;
	proc = processes__get(t->processes, conn->pid);
	wanted = filter__process(t->cfg.filter, proc ? &proc->p : NULL);
	processes__put(proc);
	return wanted;
}

static void on_request_body(void *ctx, struct span s, uint64_t wire, uint64_t ts_ns)
{
	struct call_open *x = ctx;

	seen(x, ts_ns);
	x->c.request_bytes += s.n;
	siphash__add(&x->body, s);
	if (x->tracker->cfg.estimate)
		json_strings__feed(&x->request_text, s);
	content_call__request(x->said, s);
	dialect_reader__request(x->reader, s, ts_ns);
}

static void on_request_end(void *ctx, unsigned int body_flags, uint64_t ts_ns)
{
	struct call_open *x = ctx;

	seen(x, ts_ns);
	x->request_flags |= body_flags;
	dialect_reader__request_end(x->reader, ts_ns);
	if (!x->c.response_bytes)
		x->request_damaged = dialect_reader__damaged(x->reader);
	runs__request(x);
}

static void on_response(void *ctx, const struct http_head *h, uint64_t first_ns, uint64_t ts_ns)
{
	struct call_open *x = ctx;

	seen(x, ts_ns);
	x->c.status = h->status;
	x->c.truncated |= h->truncated;
	headers__response(x, h, call_tracker__wall_ns(x->tracker, ts_ns));
	dialect_reader__response_head(x->reader, h, ts_ns);
	if (h->status >= 400)
		runs__refused(x);
}

static void on_response_body(void *ctx, struct span s, uint64_t wire, uint64_t ts_ns)
{
	struct call_open *x = ctx;

	seen(x, ts_ns);
	if (x->c.ttfc_ns < 0 && !x->gap_before_body && (s.n || wire))
		x->c.ttfc_ns = ts_ns > x->first_ns ? (int64_t)(ts_ns - x->first_ns) : 0;
	x->c.response_bytes += s.n;
	if (x->tracker->cfg.estimate)
		json_strings__feed(&x->answer_text, s);
	dialect_reader__response(x->reader, s, ts_ns);
}

static void on_gap(void *ctx, enum side side, uint64_t lost)
{
	struct call_open *x = ctx;

	if (x->upgraded) {
		turns__gap(x, side, lost);
		return;
	}
	x->c.truncated = true;
	x->c.lost_bytes += lost;
	content_call__lost(x->said);
	if (side == SIDE_REQUEST) {
		dialect_reader__request_gap(x->reader, lost);
		return;
	}
	if (!x->c.response_bytes)
		x->gap_before_body = true;
	/* First the reader: what it makes of the torn message must not outlive the judgement. */
	dialect_reader__response_gap(x->reader, lost, x->last_ns);
	outcome__gap(x);
	timing__gap(&x->timing);
}

static void on_response_end(void *ctx, unsigned int body_flags, uint64_t ts_ns)
{
	struct call_open *x = ctx;

	seen(x, ts_ns);
	x->response_ended = true;
	x->response_flags |= body_flags;
	dialect_reader__response_end(x->reader, ts_ns);
}

static void on_upgrade(void *ctx, struct span protocol, uint64_t ts_ns)
{
	struct call_open *x = ctx;

	seen(x, ts_ns);
	if (dialect__is_session(dialect_reader__dialect(x->reader)))
		x->upgraded = true;
	else
		x->c.truncated = true; /* what follows is not decoded */
}

static void on_message(void *ctx, enum side side, struct span piece, bool last, uint64_t ts_ns)
{
	struct call_open *x = ctx;

	seen(x, ts_ns);
	if (x->upgraded)
		turns__message(x, side, piece, last, ts_ns);
}

static bool on_end(void *ctx, enum http_end why, uint64_t ts_ns)
{
	struct call_open *x = ctx;
	bool wanted;

	/* An answer that broke off: what its last event held is told now. */
	if (!x->response_ended && !x->upgraded)
		dialect_reader__response_end(x->reader, ts_ns);
	turns__end(x, why, ts_ns);
	report__call(x, why, ts_ns);
	wanted = dialect_reader__confirmed(x->reader);
	call_open__free(x);
	return wanted;
}

const struct http_msg_ops *call_tracker__http_ops(void)
{
	static const struct http_msg_ops ops = {
		.request = on_request,
		.promising = on_promising,
		.request_body = on_request_body,
		.request_end = on_request_end,
		.response = on_response,
		.response_body = on_response_body,
		.gap = on_gap,
		.response_end = on_response_end,
		.upgrade = on_upgrade,
		.message = on_message,
		.end = on_end,
	};

	return &ops;
}
