// SPDX-License-Identifier: Apache-2.0
#include "call/record.h"

#include <math.h>

const struct call call_unknown = {
	.ttfc_ns = -1,
	.ttft_ns = -1,
	.ttlt_ns = -1,
	.itl_p50_ns = -1,
	.itl_p99_ns = -1,
	.chunks = -1,
	.stream = -1,
	.max_tokens = -1,
	.top_k = -1,
	.seed = -1,
	.choices = -1,
	.temperature = NAN,
	.top_p = NAN,
	.frequency_penalty = NAN,
	.presence_penalty = NAN,
	.input_tokens = -1,
	.output_tokens = -1,
	.cache_read_tokens = -1,
	.cache_write_tokens = -1,
	.reasoning_tokens = -1,
	.cost_usd = NAN,
	.status = -1,
	.server_port = -1,
	.processing_ms = -1,
	.retry_after_s = NAN,
	.attempt = -1,
	.ratelimit_requests_limit = -1,
	.ratelimit_requests_remaining = -1,
	.ratelimit_tokens_limit = -1,
	.ratelimit_tokens_remaining = -1,
	.uid = UINT32_MAX,
};
