// SPDX-License-Identifier: Apache-2.0
/* The stream table under records in any order. Input: records of eight bytes (kind, connection,
 * direction and flags, offset, other offset, length, two spare ones), each data record followed by
 * so many bytes. */
#include "../unit/http_log.h"
#include "base/limits.h"
#include "http/h1.h"
#include "http/h2.h"
#include "stream/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void quiet(void *ctx, const struct capture_quiet *q)
{
	if (!q->conn)
		__builtin_trap();
}

static void loud(void *ctx, uint64_t conn)
{
	if (!conn)
		__builtin_trap();
}

static void ignore(void *ctx, uint64_t conn)
{
	if (!conn)
		__builtin_trap();
}

/* A byte below 0xc0 goes on where the direction stands; above, it jumps. */
static uint64_t jump(uint64_t at, uint8_t b)
{
	if (b < 0xc0)
		return at;
	return b & 0x20 ? at - (b & 0x1f) : at + (b & 0x1f);
}

static void step(struct stream_table *t, const uint8_t *op, struct span bytes, uint64_t ts_ns,
		 uint64_t offset[8][2])
{
	uint8_t c = op[1] & 7;
	enum event_dir dir = op[2] & 1;
	struct process p = {.pid = 1U + (c & 1), .seen_ns = ts_ns};
	struct capture_exit e = {.pid = 1U + (c & 1), .ts_ns = ts_ns};
	struct capture_close close = {
		.conn = 1U + c,
		.ts_ns = ts_ns,
		.offset = {jump(offset[c][0], op[3]), jump(offset[c][1], op[4])},
		.read_fails = op[6],
		.flags = op[7] & 7,
	};
	struct capture_data d = {
		.conn = 1U + c,
		.pid = 1U + (c & 1),
		.entry_ns = ts_ns,
		.return_ns = ts_ns,
		.offset = jump(offset[c][dir], op[3]),
		.other_offset = jump(offset[c][!dir], op[4]),
		.bytes = bytes,
		.line = op[6],
		.dir = dir,
		.flags = op[2] >> 1 & 0x1f,
		.stack = op[2] & 0x40	? TLS_UNKNOWN
			 : op[2] & 0x80 ? TLS_NONE
					: TLS_OPENSSL,
		.ahead = op[2] & 0x80 ? op[7] : 0,
	};

	switch (op[0] % 16) {
	case 0:
		stream_table_ops.close(t, &close);
		offset[c][0] = offset[c][1] = 0;
		break;
	case 1:
		stream_table_ops.exit(t, &e);
		break;
	case 2:
		stream_table_ops.process(t, &p);
		break;
	case 3:
		d.gap = op[5];
		d.bytes = SPAN_NONE;
		/* fallthrough */
	default:
		stream_table_ops.data(t, &d);
		offset[c][dir] = d.offset + d.gap + d.bytes.n;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct protocol *const protocols[] = {&http2_protocol, &http1_protocol};
	struct capture_control control = {quiet, loud, ignore, NULL};
	struct span in = span(data, size);
	uint64_t offset[8][2] = {}, ts_ns = 0;
	struct limits lim = limits_default;
	struct stream_table *t;
	struct stream_stats stats;
	struct http_log log;
	struct http1_ctx http1 = {.ops = &log_ops, .ctx = &log};

	log__init(&log, "/v1");
	lim.conns = 6;
	lim.conns_per_process = 3;
	lim.head_bytes = 512;
	lim.pipeline = 4;
	lim.inflate_total = 1 << 16;
	if (stream_table__new(protocols, 2, &http1, &control, &lim, &t))
		__builtin_trap();
	while (in.n >= 8) {
		const uint8_t *op = in.p;
		struct span bytes = SPAN_NONE;

		in = span_skip(in, 8);
		if (op[0] % 16 > 3) {
			bytes = span_head(in, op[5]);
			in = span_skip(in, bytes.n);
		}
		step(t, op, bytes, ++ts_ns, offset);
		stream_table__stats(t, &stats);
		if (stats.open > lim.conns)
			__builtin_trap();
	}
	stream_table__finish(t, ts_ns);
	stream_table__free(t);
	if (log.open)
		__builtin_trap();
	log__free(&log);
	return 0;
}
