/* SPDX-License-Identifier: Apache-2.0 */
/* metrics_table.h: which metrics there are, and what labels they may have. Shared by the parts of
 * the registry. */
#ifndef LLMSNOOP_METRICS_TABLE_H
#define LLMSNOOP_METRICS_TABLE_H

#include "sink/metrics.h"

/* In the order in which they are told; whose it is comes first. */
enum metric_label {
	LABEL_SERVICE,
	LABEL_FEATURE,
	LABEL_NAMESPACE,
	LABEL_POD,
	N_OWNER_LABELS,
	LABEL_OPERATION = N_OWNER_LABELS,
	LABEL_PROVIDER,
	LABEL_REQUEST_MODEL,
	LABEL_RESPONSE_MODEL,
	LABEL_SERVER_ADDRESS,
	LABEL_SERVER_PORT,
	LABEL_TOKEN_TYPE,
	LABEL_MODALITY,
	LABEL_AGENT,
	LABEL_TOOL,
	LABEL_MCP_METHOD,
	LABEL_MCP_PROTOCOL,
	LABEL_ERROR,
	LABEL_KIND,
	LABEL_KEY,
	LABEL_REASON,
	N_METRIC_LABELS,
};

extern const char *const metric_label_names[N_METRIC_LABELS];

enum metric {
	/* numbered release */
	METRIC_TOKEN_USAGE,
	METRIC_OPERATION_DURATION,
	METRIC_OPERATION_TTFC,
	METRIC_OPERATION_PER_CHUNK,
	/* newest text */
	METRIC_INFERENCE_DURATION,
	METRIC_INFERENCE_TTFC,
	METRIC_INFERENCE_PER_CHUNK,
	METRIC_USAGE_INPUT,
	METRIC_USAGE_OUTPUT,
	METRIC_USAGE_CACHE_READ,
	METRIC_USAGE_CACHE_WRITE,
	METRIC_USAGE_REASONING,
	METRIC_INFERENCE_INPUT,
	METRIC_INFERENCE_OUTPUT,
	/* both */
	METRIC_SERVER_DURATION,
	METRIC_SERVER_PER_TOKEN,
	METRIC_SERVER_TTFT,
	METRIC_AGENT_DURATION,
	METRIC_AGENT_CALLS,
	METRIC_AGENT_TOOLS,
	METRIC_TOOL_DURATION,
	METRIC_MCP_CLIENT_DURATION,
	METRIC_MCP_SERVER_DURATION,
	/* our own */
	METRIC_TTFT,
	METRIC_TOKENS,
	METRIC_COST,
	METRIC_UNPRICED,
	METRIC_RETRIES,
	METRIC_ABORTS,
	METRIC_LOOPS,
	METRIC_LIMIT_REMAINING,
	METRIC_LIMIT,
	METRIC_EVENTS_LOST,
	METRIC_LOST_BYTES,
	METRIC_GAPS,
	METRIC_PARSE_ERRORS,
	METRIC_TARGETS,
	METRIC_STREAMS,
	N_METRICS,
};

#define METRIC_BOUNDS_MAX 16

struct metric_row {
	struct metric_def def; /* without labels: those depend on the options */
	uint32_t labels;       /* bits: 1 << enum metric_label */
	int64_t per_unit;      /* whole values inside for one outside: 1, or 1e9 for nano-… */
	unsigned int semconvs; /* bits: 1 << enum semconv */
};

extern const struct metric_row metric_rows[N_METRICS];

#endif
