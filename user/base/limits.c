// SPDX-License-Identifier: Apache-2.0
#include "base/limits.h"

const struct limits limits_default = {
	.head_bytes = 256 << 10,
	.headers = 512,
	.header_value = 8 << 10,
	.trailer_bytes = 16 << 10,
	.pipeline = 64,
	.codings = 3,
	.inflate_ratio = 1024,
	.inflate_free = 1 << 20,
	.inflate_total = 4ULL << 30,
	.sse_line = 64 << 10,
	.json_depth = 256,
	.json_key = 128,
	.json_value = 4 << 10,
	.conns = 65536,
	.conns_per_process = 16384,
	.processes = 16384,
	.calls = 65536,
	.turns = 64,
	.tool_calls = 128,
	.finish_reasons = 128,
	.call_bytes = 64 << 10,
	.calls_bytes = 64 << 20,
	.gaps_samples = 1024,
};
