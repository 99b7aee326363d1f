// SPDX-License-Identifier: Apache-2.0
#include "pipeline.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/limits.h"
#include "base/machine_id.h"
#include "http/h2.h"
#include "log.h"

static const struct protocol *const protocols[] = {
	&http1_protocol,
	&http2_protocol,
};

#define N_PROTOCOLS (sizeof(protocols) / sizeof(protocols[0]))

static void on_call(void *ctx, const struct call *c)
{
	struct pipeline *p = ctx;

	sinks__call(&p->sinks, c);
}

static void on_run(void *ctx, const struct agent_run *r)
{
	struct pipeline *p = ctx;

	sinks__run(&p->sinks, r);
}

static void on_tool(void *ctx, const struct agent_tool *t)
{
	struct pipeline *p = ctx;

	sinks__tool(&p->sinks, t);
}

static void on_stats(void *ctx, const struct stats *st)
{
	struct pipeline *p = ctx;

	sinks__stats(&p->sinks, st);
}

static void on_now(void *ctx, const struct stats *st)
{
	struct pipeline *p = ctx;

	sinks__now(&p->sinks, st);
}

/* What only the stream table and the capture know. */
static void on_fill(void *ctx, struct stats *st)
{
	struct pipeline *p = ctx;
	struct stream_stats s;
	size_t i;

	stream_table__stats(p->table, &s);
	st->connections = s.conns;
	st->open_connections = s.open;
	st->gaps = s.gaps;
	st->midstream = s.midstream;
	st->undecoded_upgrades = s.upgraded;
	st->parse_errors = s.failed;
	for (i = 0; i < N_PROTOCOLS; i++)
		p->parse_errors_of[i] = (struct counted){protocols[i]->name, s.failed_of[i]};
	st->parse_errors_of = p->parse_errors_of;
	st->n_parse_errors_of = N_PROTOCOLS;
	st->targets = p->targets;
	st->targets_of = p->targets_of;
	st->n_targets_of = TLS_STACK_MAX;
	st->unlocated_files = p->unlocated_files;
	st->unlocated_processes = p->unlocated_processes;
	st->unseen = p->unseen.v;
	st->n_unseen = p->unseen.n;
	st->unwritten = p->sinks.unwritten;
	sinks__fill(&p->sinks, st);
}

static void on_tick(void *ctx, uint64_t mono_ns)
{
	struct pipeline *p = ctx;

	p->now_ns = mono_ns;
	call_tracker__capture_ops()->tick(p->tracker, mono_ns);
	sinks__tick(&p->sinks, mono_ns);
}

#define FORWARD(op)                          \
	if (call_tracker__capture_ops()->op) \
	call_tracker__capture_ops()->op

static void on_clock(void *ctx, uint64_t mono_ns, int64_t offset_ns)
{
	struct pipeline *p = ctx;

	p->now_ns = mono_ns;
	FORWARD(clock)(p->tracker, mono_ns, offset_ns);
}

static void on_process(void *ctx, const struct process *process)
{
	struct pipeline *p = ctx;

	FORWARD(process)(p->tracker, process);
}

static void on_exit_event(void *ctx, const struct capture_exit *e)
{
	struct pipeline *p = ctx;

	p->now_ns = e->ts_ns;
	FORWARD(exit)(p->tracker, e);
}

static void on_unseen(void *ctx, const struct capture_unseen *u)
{
	struct pipeline *p = ctx;
	const struct process *who;

	if (!unseen__note(&p->unseen, u))
		return;
	who = call_tracker__process(p->tracker, u->pid);
	if (!strcmp(u->protocol, "quic"))
		log__warn("calls to %s by QUIC (process %u %s) cannot be seen; with HTTP/3 turned "
			  "off in the client they are",
			  u->host, u->pid, who ? who->comm : "");
	else
		log__warn("%s (process %u) talks to %s over TLS that cannot be seen (%s); llmsnoop "
			  "doctor -p %u says more",
			  who ? who->comm : "a program", u->pid, u->host,
			  *u->library ? u->library : "no TLS library that is known", u->pid);
}

static void on_counts(void *ctx, const struct capture_counts *c)
{
	struct pipeline *p = ctx;

	FORWARD(counts)(p->tracker, c);
}

/* Between the stream table and the tracker, to hear of time. */
static const struct capture_ops observer = {
	.clock = on_clock,
	.process = on_process,
	.exit = on_exit_event,
	.unseen = on_unseen,
	.counts = on_counts,
	.tick = on_tick,
};

/* The same credential has the same fingerprint on one host for good, and another one elsewhere. */
static void fingerprint_key(uint8_t ret[SIPHASH_KEY_BYTES])
{
	static const uint8_t name[SIPHASH_KEY_BYTES] = "llmsnoop-key-fp";
	char id[MACHINE_ID_DIGITS + 1];
	uint64_t half[2];

	if (!machine_id__read(id)) {
		if (getrandom(ret, SIPHASH_KEY_BYTES, 0) != SIPHASH_KEY_BYTES)
			memcpy(ret, name, SIPHASH_KEY_BYTES);
		return;
	}
	half[0] = siphash(name, span(id, MACHINE_ID_DIGITS));
	half[1] = siphash(name, span(half, sizeof(half[0])));
	memcpy(ret, half, SIPHASH_KEY_BYTES);
}

const struct capture_ops *pipeline__ops(void)
{
	return &stream_table_ops;
}

int pipeline__open(struct pipeline *p, const struct filter *filter, uint64_t max_calls,
		   bool estimate, struct prices *prices, const struct content_config *content,
		   const struct capture_control *control)
{
	struct call_tracker_config config = {
		.filter = filter,
		.lim = &limits_default,
		.max_calls = max_calls,
		.estimate = estimate,
		.prices = prices,
		.content = content,
		.call = on_call,
		.run = on_run,
		.tool = on_tool,
		.stats = on_stats,
		.now = on_now,
		.fill = on_fill,
		.ctx = p,
	};
	size_t i;
	int err;

	*p = (struct pipeline){0};
	for (i = 0; i < TLS_STACK_MAX; i++)
		p->targets_of[i].name = tls_stack__name((enum tls_stack)i);
	err = call_tracker__new(&config, &p->tracker);
	if (err)
		return err;
	p->http1.ops = call_tracker__http_ops();
	p->http1.ctx = p->tracker;
	fingerprint_key(p->http1.key);
	err = stream_table__new(protocols, N_PROTOCOLS, &p->http1, control, &limits_default,
				&p->table);
	if (err) {
		call_tracker__free(p->tracker);
		p->tracker = NULL;
		return err;
	}
	stream_table__observe(p->table, &observer, p);
	return 0;
}

bool pipeline__done(const struct pipeline *p)
{
	return p->sinks.reader_gone || call_tracker__full(p->tracker);
}

void pipeline__close(struct pipeline *p, struct stats *ret_stats)
{
	*ret_stats = (struct stats){0};
	/* Without a clock nothing was ever captured: there is nothing to tell. */
	if (p->now_ns) {
		stream_table__finish(p->table, p->now_ns);
		call_tracker__finish(p->tracker, p->now_ns);
		call_tracker__stats(p->tracker, p->now_ns, ret_stats);
	}
	sinks__close(&p->sinks);
	stream_table__free(p->table);
	call_tracker__free(p->tracker);
}
