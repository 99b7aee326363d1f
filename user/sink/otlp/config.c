// SPDX-License-Identifier: Apache-2.0
#include "sink/otlp/config.h"

#include <stdlib.h>

const char *otlp_signal__name(enum otlp_signal signal)
{
	static const char *const names[N_OTLP_SIGNALS] = {
		[OTLP_TRACES] = "traces",
		[OTLP_METRICS] = "metrics",
		[OTLP_LOGS] = "logs",
	};

	return names[signal];
}

static void free_pairs(struct otlp_pair *pairs, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		free(pairs[i].key);
		free(pairs[i].value);
	}
	free(pairs);
}

void otlp_config__free(struct otlp_config *c)
{
	struct otlp_target *t;

	for (t = c->targets; t < c->targets + N_OTLP_SIGNALS; t++) {
		free(t->url);
		free_pairs(t->headers, t->n_headers);
		free(t->certificate);
		free(t->client_key);
		free(t->client_certificate);
	}
	free_pairs(c->resource, c->n_resource);
	*c = (struct otlp_config){0};
}
