/* SPDX-License-Identifier: Apache-2.0 */
/* metrics_http.h: a small HTTP server in a thread of its own: /metrics, /healthz, /readyz. No
 * scraper, however slow or hostile, holds up who feeds the metrics or takes more than a fixed
 * amount of memory: pages are made piece by piece as they are read, connections are few, and none
 * lives longer than some seconds. No authentication, no TLS. */
#ifndef LLMSNOOP_METRICS_HTTP_H
#define LLMSNOOP_METRICS_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "sink/metrics.h"

struct metrics_http_config {
	const char *address; /* IPv4 or IPv6, numeric */
	uint16_t port;
	struct metrics *metrics; /* borrowed */
};

struct metrics_http;

/* Listens from now on. 0; -EINVAL: no such address; other negative errno of the socket (-EADDRINUSE
 * …), -ENOMEM. */
int metrics_http__new(const struct metrics_http_config *config, struct metrics_http **ret);
/* Who feeds it is at work: ready from the first time on, healthy as long as it is said again
 * within 30 seconds (/healthz is well disposed until the first time). */
void metrics_http__alive(struct metrics_http *h);
/* Ends all connections. NULL is fine. */
void metrics_http__free(struct metrics_http *h);

/* Can others than this host reach it? */
bool metrics_http__is_open(const char *address);

#endif
