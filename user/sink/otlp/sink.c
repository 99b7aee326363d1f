// SPDX-License-Identifier: Apache-2.0
#include "sink/otlp/sink.h"

#include <errno.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>

#include "base/limits.h"
#include "log.h"
#include "sink/metrics.h"
#include "sink/otlp/encode.h"
#include "sink/otlp/encode_metrics.h"
#include "sink/otlp/export.h"
#include "sink/otlp/names.h"
#include "sink/otlp/request.h"
#include "sink/otlp/resource.h"

#define MS 1000000ULL
#define REPLAY_NS (30000 * MS) /* a capture file can wait until there is room */
#define EXIT_NS (5000 * MS)    /* for what waits when the program ends */
#define REPLAY_PAUSE_NS (5 * MS)
#define REPLAY_PAUSES 2000

/* Spans or log records that wait to be one request. */
struct batch {
	enum otlp_signal signal;
	const struct otlp_batching *batching;
	struct request request;
	uint64_t due_ns; /* of the clock of ticks; 0: nothing waits */
};

struct otlp_sink {
	struct sink sink;
	struct otlp_config config;
	struct otlp_encode encode;
	struct otlp_host host;
	struct otlp_export *export;
	struct metrics *metrics; /* NULL: not wanted */
	struct batch spans, logs;
	struct buf resource, item, body, scope;
	const char *schema_url;
	bool replay;
	uint64_t latest_ns;	 /* CLOCK_REALTIME of the latest that a record told */
	uint64_t tick_ns;	 /* of the last tick */
	uint64_t metrics_due_ns; /* 0: the first tick sets it */
};

unsigned int otlp_content__parse(const char *text)
{
	static const struct {
		const char *text;
		unsigned int where;
	} words[] = {
		{"span_only", OTLP_CONTENT_SPAN},
		{"event_only", OTLP_CONTENT_EVENT},
		{"span_and_event", OTLP_CONTENT_SPAN | OTLP_CONTENT_EVENT},
		{"true", OTLP_CONTENT_SPAN | OTLP_CONTENT_EVENT},
		{"no_content", OTLP_CONTENT_NOWHERE},
		{"false", OTLP_CONTENT_NOWHERE},
	};
	size_t i;

	for (i = 0; text && i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcasecmp(words[i].text, text))
			return words[i].where;
	return OTLP_CONTENT_SPAN;
}

/* ---- requests ---- */

/* Nothing is lost by waiting when it was captured earlier: a replay is as fast as the collector
 * is, where there is one that takes anything. */
static void wait_for_room(struct otlp_sink *s, enum otlp_signal signal, unsigned int n_items)
{
	const size_t room[N_OTLP_SIGNALS] = {
		[OTLP_TRACES] = limits_default.otlp_traces_bytes,
		[OTLP_METRICS] = limits_default.otlp_metrics_bytes,
		[OTLP_LOGS] = limits_default.otlp_logs_bytes,
	};
	const unsigned int max_items[N_OTLP_SIGNALS] = {
		[OTLP_TRACES] = s->config.spans.max_queue,
		[OTLP_LOGS] = s->config.logs.max_queue,
	};
	const struct timespec pause = {0, REPLAY_PAUSE_NS};
	const struct otlp_signal_stats *st;
	struct otlp_stats all;
	int i;

	for (i = 0; s->replay && i < REPLAY_PAUSES; i++) {
		otlp_export__stats(s->export, &all);
		st = &all.signals[signal];
		if (st->failing ||
		    (st->waiting_bytes + s->body.n <= room[signal] / 2 &&
		     (!max_items[signal] || st->waiting_items + n_items <= max_items[signal])))
			break;
		nanosleep(&pause, NULL);
	}
}

/* Without memory for a request its items are lost. */
static void lose(struct otlp_sink *s, enum otlp_signal signal, unsigned int n, int err)
{
	if (!n)
		return;
	otlp_export__lost(s->export, signal, n);
	log__warn("otlp: %s lost: %s; they are counted", otlp_signal__name(signal), strerror(-err));
}

/* What is refused here is counted there. */
static void send_request(struct otlp_sink *s, enum otlp_signal signal, const struct request *r)
{
	int err = request__encode(r, buf__span(&s->scope), s->schema_url, &s->body);

	if (!err)
		wait_for_room(s, signal, r->n_items);
	if (!err && s->replay)
		otlp_export__wait(s->export, signal, s->body.n, REPLAY_NS);
	if (!err)
		otlp_export__put(s->export, signal, buf__span(&s->body), r->n_items);
	else
		lose(s, signal, r->n_items, err);
	/* One large request must not hold its memory for good. */
	buf__free(&s->body);
}

static void flush(struct otlp_sink *s, struct batch *b)
{
	if (b->request.n_items)
		send_request(s, b->signal, &b->request);
	request__clear(&b->request);
	b->due_ns = 0;
}

static int add(struct otlp_sink *s, struct batch *b)
{
	struct span resource = buf__span(&s->resource), item = buf__span(&s->item);
	int err = request__add(&b->request, resource, item, 1);

	if (err == -ENOBUFS) {
		flush(s, b);
		err = request__add(&b->request, resource, item, 1);
	}
	if (err)
		return err;
	if (!b->due_ns)
		b->due_ns = s->tick_ns + b->batching->delay_ms * MS;
	if (b->request.n_items >= b->batching->max_batch)
		flush(s, b);
	return 0;
}

static void on_metrics(void *ctx, const struct request *r)
{
	send_request(ctx, OTLP_METRICS, r);
}

static uint64_t now_ns(const struct otlp_sink *s)
{
	struct timespec ts;

	if (s->replay)
		return s->latest_ns;
	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000 * MS + (uint64_t)ts.tv_nsec;
}

static void export_metrics(struct otlp_sink *s)
{
	uint64_t now = now_ns(s);
	unsigned int lost;

	if (!s->metrics || !now)
		return;
	lost = otlp_metrics__encode(&s->encode, &s->host, s->metrics, now, on_metrics, s);
	lose(s, OTLP_METRICS, lost, -ENOMEM);
	if (s->config.temporality != OTLP_CUMULATIVE)
		metrics__reset(s->metrics, now);
}

/* ---- records ---- */

static void saw(struct otlp_sink *s, uint64_t time_ns)
{
	if (time_ns > s->latest_ns)
		s->latest_ns = time_ns;
}

static bool is_some(const uint8_t id[8])
{
	static const uint8_t none[8];

	return memcmp(id, none, 8) != 0;
}

static int set_resource(struct otlp_sink *s, const struct fields *t, const void *record)
{
	buf__clear(&s->resource);
	buf__clear(&s->item);
	return otlp_resource__record(&s->encode, &s->host, t, record, &s->resource);
}

/* A log record of the call whose resource is set. */
static int put_log(struct otlp_sink *s, const struct call *c,
		   int (*encode)(struct otlp_encode *e, const struct call *c, struct buf *out))
{
	int err;

	buf__clear(&s->item);
	err = encode(&s->encode, c, &s->item);
	return err ? err : add(s, &s->logs);
}

static bool has_content(const struct call *c)
{
	const struct content *k = c->content;

	return k && (k->system_instructions || k->input_messages || k->output_messages ||
		     k->tool_definitions);
}

static int put_logs(struct otlp_sink *s, const struct call *c)
{
	enum span_type type = span_type__of(c);
	int err = 0;

	if (type == SPAN_INFERENCE && s->encode.content_in_events && has_content(c))
		err = put_log(s, c, otlp_encode__details);
	if (!err && c->error_type && span_type__is_genai(type))
		err = put_log(s, c, otlp_encode__exception);
	return err;
}

static int on_call(struct sink *sink, const struct call *c)
{
	struct otlp_sink *s = (struct otlp_sink *)sink;
	int err;

	saw(s, c->time_ns + c->duration_ns);
	if (s->metrics)
		metrics__call(s->metrics, c);
	if (!otlp_encode__is_sampled(&s->config, c->trace_id, c->sampled))
		return 0;
	err = set_resource(s, &call_fields, c);
	if (!err && s->config.targets[OTLP_TRACES].enabled) {
		err = otlp_encode__call(&s->encode, c, &s->item);
		if (!err)
			err = add(s, &s->spans);
	}
	if (!err && s->config.targets[OTLP_LOGS].enabled)
		err = put_logs(s, c);
	return err;
}

static int on_run(struct sink *sink, const struct agent_run *r)
{
	struct otlp_sink *s = (struct otlp_sink *)sink;
	int err;

	saw(s, r->time_ns + r->duration_ns);
	if (s->metrics)
		metrics__run(s->metrics, r);
	if (!s->config.targets[OTLP_TRACES].enabled ||
	    !otlp_encode__is_sampled(&s->config, r->trace_id, r->sampled))
		return 0;
	err = set_resource(s, &run_fields, r);
	if (!err)
		err = otlp_encode__run(&s->encode, r, &s->item);
	return err ? err : add(s, &s->spans);
}

static int on_tool(struct sink *sink, const struct agent_tool *t)
{
	struct otlp_sink *s = (struct otlp_sink *)sink;
	int err;

	saw(s, t->time_ns + t->duration_ns);
	if (s->metrics)
		metrics__tool(s->metrics, t);
	/* Its own call is a span already: the conventions want one for each use. */
	if (is_some(t->mcp_span_id))
		return 0;
	if (!s->config.targets[OTLP_TRACES].enabled ||
	    !otlp_encode__is_sampled(&s->config, t->trace_id, t->sampled))
		return 0;
	err = set_resource(s, &tool_fields, t);
	if (!err)
		err = otlp_encode__tool(&s->encode, t, &s->item);
	return err ? err : add(s, &s->spans);
}

static int on_stats(struct sink *sink, const struct stats *st)
{
	struct otlp_sink *s = (struct otlp_sink *)sink;

	saw(s, st->time_ns);
	if (s->metrics)
		metrics__stats(s->metrics, st);
	return 0;
}

static void on_fill(struct sink *sink, struct stats *st)
{
	struct otlp_sink *s = (struct otlp_sink *)sink;
	const struct otlp_signal_stats *of;
	struct otlp_stats all;
	int i;

	otlp_export__stats(s->export, &all);
	st->exporting = true;
	for (of = all.signals; of < all.signals + N_OTLP_SIGNALS; of++) {
		st->export_sent += of->sent;
		st->export_waiting += of->waiting_items;
		st->export_failures += of->failures;
		for (i = 0; i < N_EXPORT_DROPS; i++)
			st->export_dropped[i] += of->dropped[i];
	}
}

static void flush_if_due(struct otlp_sink *s, struct batch *b)
{
	if (b->due_ns && s->tick_ns >= b->due_ns)
		flush(s, b);
}

static int on_tick(struct sink *sink, uint64_t mono_ns)
{
	struct otlp_sink *s = (struct otlp_sink *)sink;
	uint64_t interval = s->config.metric_interval_ms * MS;

	s->tick_ns = mono_ns;
	flush_if_due(s, &s->spans);
	flush_if_due(s, &s->logs);
	if (!s->metrics_due_ns)
		s->metrics_due_ns = mono_ns + interval;
	if (mono_ns >= s->metrics_due_ns) {
		s->metrics_due_ns = mono_ns + interval;
		export_metrics(s);
	}
	otlp_export__say(s->export);
	return 0;
}

static void free_sink(struct otlp_sink *s)
{
	request__clear(&s->spans.request);
	request__clear(&s->logs.request);
	metrics__free(s->metrics);
	buf__free(&s->resource);
	buf__free(&s->item);
	buf__free(&s->body);
	buf__free(&s->scope);
	otlp_config__free(&s->config);
	free(s);
}

static int on_close(struct sink *sink)
{
	struct otlp_sink *s = (struct otlp_sink *)sink;

	flush(s, &s->spans);
	flush(s, &s->logs);
	export_metrics(s);
	otlp_export__flush_free(s->export, EXIT_NS, NULL);
	free_sink(s);
	return 0;
}

static const struct sink_ops ops = {
	.name = "otlp",
	.call = on_call,
	.run = on_run,
	.tool = on_tool,
	.stats = on_stats,
	.fill = on_fill,
	.tick = on_tick,
	.close = on_close,
};

static void init_batch(struct batch *b, enum otlp_signal signal,
		       const struct otlp_batching *batching)
{
	b->signal = signal;
	b->batching = batching;
	request__init(&b->request, limits_default.otlp_batch);
}

static int open_metrics(struct otlp_sink *s, enum semconv semconv)
{
	const struct metrics_config config = {
		.semconv = semconv,
		.options = METRICS_RESPONSE_MODEL | METRICS_SERVER | METRICS_POD |
			   (s->config.exemplars ? METRICS_EXEMPLARS : 0),
		.start_ns = now_ns(s),
	};

	return s->config.targets[OTLP_METRICS].enabled ? metrics__new(&config, &s->metrics) : 0;
}

int otlp_sink__open(struct otlp_sink_config *config, struct sink **ret)
{
	struct otlp_sink *s = calloc(1, sizeof(*s));
	size_t message = limits_default.otlp_message;
	int err;

	if (!s) {
		otlp_config__free(&config->config);
		return -ENOMEM;
	}
	s->sink.ops = &ops;
	s->config = config->config;
	config->config = (struct otlp_config){0};
	s->replay = config->replay;
	s->schema_url = otlp_scope__schema_url(config->semconv);
	otlp_encode__init(&s->encode, &s->config, config->profile, config->semconv);
	s->encode.content_on_spans = config->content & OTLP_CONTENT_SPAN;
	s->encode.content_in_events = config->content & OTLP_CONTENT_EVENT;
	otlp_host__read(&s->host);
	buf__init(&s->resource, message);
	buf__init(&s->item, message);
	buf__init(&s->scope, message);
	/* Envelopes double a batch of small items at most. */
	buf__init(&s->body, 2 * limits_default.otlp_batch);
	init_batch(&s->spans, OTLP_TRACES, &s->config.spans);
	init_batch(&s->logs, OTLP_LOGS, &s->config.logs);
	err = otlp_scope__encode(&s->encode, &s->scope);
	if (!err)
		err = open_metrics(s, config->semconv);
	if (!err)
		err = otlp_export__new(&s->config, &limits_default, &s->export);
	if (err) {
		free_sink(s);
		return err;
	}
	*ret = &s->sink;
	return 0;
}
