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
	.dimensions = -1,
	.temperature = NAN,
	.top_p = NAN,
	.frequency_penalty = NAN,
	.presence_penalty = NAN,
	.input_tokens = -1,
	.output_tokens = -1,
	.cache_read_tokens = -1,
	.cache_write_tokens = -1,
	.reasoning_tokens = -1,
	.input_parts = {-1, -1, -1},
	.cache_read_parts = {-1, -1, -1},
	.output_parts = {-1, -1, -1},
	.cache_write_5m_tokens = -1,
	.cache_write_1h_tokens = -1,
	.tool_use_tokens = -1,
	.total_tokens = -1,
	.counted_tokens = -1,
	.web_searches = -1,
	.search_units = -1,
	.batch_requests = -1,
	.audio_seconds = NAN,
	.cost_nusd = -1,
	.status = -1,
	.server_port = -1,
	.peer_port = -1,
	.processing_ms = -1,
	.server_ttft_s = NAN,
	.retry_after_s = NAN,
	.attempt = -1,
	.ratelimits = {[0 ... N_RATELIMITS - 1] = {-1, -1, NAN}},
	.windows = {[0 ... N_WINDOWS - 1] = {NAN, NAN, -1}},
	.who = {.uid = UINT32_MAX},
};

const char *const export_drop_names[N_EXPORT_DROPS] = {
	[EXPORT_DROP_QUEUE_FULL] = "queue_full", [EXPORT_DROP_TOO_LARGE] = "too_large",
	[EXPORT_DROP_REJECTED] = "rejected",	 [EXPORT_DROP_HTTP_3XX] = "http_3xx",
	[EXPORT_DROP_HTTP_4XX] = "http_4xx",	 [EXPORT_DROP_HTTP_5XX] = "http_5xx",
	[EXPORT_DROP_BAD_ANSWER] = "bad_answer", [EXPORT_DROP_AT_EXIT] = "timeout_at_exit",
	[EXPORT_DROP_NO_MEMORY] = "no_memory",
};

const char *const secret_names[N_SECRETS] = {
	[SECRET_EMAIL] = "email",   [SECRET_CARD] = "card", [SECRET_IBAN] = "iban",
	[SECRET_PHONE] = "phone",   [SECRET_KEY] = "key",   [SECRET_JWT] = "jwt",
	[SECRET_PEM] = "pem",	    [SECRET_IP] = "ip",	    [SECRET_SSN] = "ssn",
	[SECRET_CUSTOM] = "custom",
};
