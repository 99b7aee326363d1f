/* SPDX-License-Identifier: Apache-2.0 */
/* prometheus.h: a sink whose metrics Prometheus scrapes (metrics_http.h). */
#ifndef LLMSNOOP_PROMETHEUS_H
#define LLMSNOOP_PROMETHEUS_H

#include "sink/metrics_http.h"
#include "sink/sink.h"

struct prometheus_config {
	const char *address; /* as metrics_http_config has it */
	uint16_t port;
	enum semconv semconv;
	unsigned int labels; /* enum metrics_option: those that not everybody wants */
	uint64_t start_ns;   /* as metrics_config has it */
};

/* As metrics_http__new. */
int prometheus__open(const struct prometheus_config *config, struct sink **ret);

#endif
