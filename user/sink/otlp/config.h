/* SPDX-License-Identifier: Apache-2.0 */
/* config.h: how and where to export by OTLP. Plain data; env.h makes it. */
#ifndef LLMSNOOP_OTLP_CONFIG_H
#define LLMSNOOP_OTLP_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum otlp_signal {
	OTLP_TRACES,
	OTLP_METRICS,
	OTLP_LOGS,
	N_OTLP_SIGNALS,
};

/* "traces", "metrics", "logs" */
const char *otlp_signal__name(enum otlp_signal signal);

struct otlp_pair {
	char *key, *value;
};

/* Where one signal goes, and how. */
struct otlp_target {
	bool enabled;
	char *url; /* whole: with /v1/traces where that is to be appended */
	struct otlp_pair *headers;
	unsigned int n_headers;
	unsigned int timeout_ms; /* of one attempt; what is tried again waits in the queue */
	bool gzip;
	char *certificate;		       /* PEM file of CAs; NULL: those of the system */
	char *client_key, *client_certificate; /* PEM files; NULL: none */
};

enum otlp_temporality {
	OTLP_CUMULATIVE,
	OTLP_DELTA,
	OTLP_LOWMEMORY, /* delta for counters and histograms; what is observed stays cumulative */
};

/* How items wait to be encoded together: OTEL_BSP_*, OTEL_BLRP_*. */
struct otlp_batching {
	unsigned int delay_ms;	/* an item waits so long at most for others */
	unsigned int max_batch; /* items of one request */
	unsigned int max_queue; /* items that wait to be sent, at most; 0: bytes alone decide */
};

enum otlp_sampler {
	OTLP_ALWAYS_ON,
	OTLP_ALWAYS_OFF,
	OTLP_RATIO,
};

struct otlp_config {
	bool wanted;   /* an endpoint was given, or an exporter "otlp" */
	bool disabled; /* OTEL_SDK_DISABLED: nothing is exported, whatever else is asked for */
	struct otlp_target targets[N_OTLP_SIGNALS];
	/* Resource attributes that the user gives, service.name among them; keys are unique. */
	struct otlp_pair *resource;
	unsigned int n_resource;
	enum otlp_temporality temporality;
	unsigned int metric_interval_ms;
	bool exemplars; /* OTEL_METRICS_EXEMPLAR_FILTER is not always_off */
	struct otlp_batching spans, logs;
	/* Of traces. parent_based: a span with a parent goes as its parent's sampled flag says. */
	enum otlp_sampler sampler;
	bool parent_based;
	double ratio;
	/* At most so many; values are of so many characters, UINT_MAX: of any length. */
	unsigned int span_attributes, span_events, span_links, event_attributes, link_attributes;
	unsigned int span_value_length;
	unsigned int log_attributes, log_value_length;
};

/* Frees what a configuration holds and zeroes it; a zeroed one is fine. */
void otlp_config__free(struct otlp_config *c);

#endif
