// SPDX-License-Identifier: Apache-2.0
#include "sink/prometheus.h"

#include <errno.h>
#include <stdlib.h>

struct prometheus {
	struct sink sink;
	struct metrics *metrics;
	struct metrics_http *http;
};

static struct prometheus *self(struct sink *s)
{
	return (struct prometheus *)s;
}

static int on_call(struct sink *s, const struct call *c)
{
	metrics__call(self(s)->metrics, c);
	return 0;
}

static int on_run(struct sink *s, const struct agent_run *r)
{
	metrics__run(self(s)->metrics, r);
	return 0;
}

static int on_tool(struct sink *s, const struct agent_tool *t)
{
	metrics__tool(self(s)->metrics, t);
	return 0;
}

static int on_stats(struct sink *s, const struct stats *st)
{
	metrics__stats(self(s)->metrics, st);
	return 0;
}

static void on_now(struct sink *s, const struct stats *st)
{
	metrics__stats(self(s)->metrics, st);
}

static int on_tick(struct sink *s, uint64_t mono_ns)
{
	metrics_http__alive(self(s)->http);
	return 0;
}

static int on_close(struct sink *s)
{
	struct prometheus *p = self(s);

	metrics_http__free(p->http);
	metrics__free(p->metrics);
	free(p);
	return 0;
}

static const struct sink_ops ops = {
	.name = "prometheus",
	.call = on_call,
	.run = on_run,
	.tool = on_tool,
	.stats = on_stats,
	.now = on_now,
	.tick = on_tick,
	.close = on_close,
};

int prometheus__open(const struct prometheus_config *config, struct sink **ret)
{
	struct metrics_config mc = {
		.semconv = config->semconv,
		.options = config->labels | METRICS_EXEMPLARS,
		.start_ns = config->start_ns,
	};
	struct metrics_http_config hc = {.address = config->address, .port = config->port};
	struct prometheus *p = calloc(1, sizeof(*p));
	static const struct stats none;
	int err;

	if (!p)
		return -ENOMEM;
	p->sink.ops = &ops;
	err = metrics__new(&mc, &p->metrics);
	hc.metrics = p->metrics;
	if (!err)
		err = metrics_http__new(&hc, &p->http);
	if (err) {
		on_close(&p->sink);
		return err;
	}
	/* Counters of losses are there from the start, so that the first loss is a rise. */
	metrics__stats(p->metrics, &none);
	*ret = &p->sink;
	return 0;
}
