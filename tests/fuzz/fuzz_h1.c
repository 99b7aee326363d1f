// SPDX-License-Identifier: Apache-2.0
/* One HTTP/1 connection: calls, cut into records, losses and quiet in any order. Whole records and
 * single bytes must tell the same.
 *
 * Input: a byte of options (1: midstream, 2: all requests are wanted, 4-6: who ends it), then
 * steps: a byte (bit 0: side, bits 1-2: 1 loss, 2 quiet, else bytes; bit 3: begins a call), a
 * length, and for bytes so many of them. */
#include "../unit/http_log.h"
#include "base/limits.h"
#include "http/h1.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct limits lim;

static void run(struct span in, bool bytes, struct http_log *log)
{
	struct http1_ctx ctx = {.ops = &log_ops, .ctx = log};
	struct conn conn = {.midstream = in.p[0] & 1};
	const struct protocol *p = &http1_protocol;
	enum conn_end end = (in.p[0] >> 4) % 5;
	uint64_t ts_ns = 0;
	void *state;
	int err;

	log__init(log, in.p[0] & 2 ? NULL : "/v1");
	log->headers = true;
	err = p->open(&ctx, &conn, &lim, &state);
	assert(!err);
	in = span_skip(in, 1);
	while (in.n >= 2 && !err) {
		uint8_t op = in.p[0], n = in.p[1];
		enum side side = op & 1;
		struct span s;

		in = span_skip(in, 2);
		ts_ns++;
		if ((op >> 1 & 3) == 1 || (op >> 1 & 3) == 2) {
			bool quiet = (op >> 1 & 3) == 2;

			err = p->gap(state, side, quiet ? 0 : n, quiet, ts_ns);
			continue;
		}
		s = span_head(in, n);
		in = span_skip(in, n);
		for (size_t i = 0; s.n && !err; i++) {
			struct span piece = bytes ? span_head(s, 1) : s;

			err = p->feed(state, side, piece, op & 8 && !i, ts_ns);
			s = span_skip(s, piece.n);
		}
		log__line(log, "unwanted %d busy %d", p->unwanted(state), p->busy(state));
	}
	p->finish(state, end, ts_ns);
	p->free(state);
	assert(!log->open);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_log whole, bytes;

	if (!size)
		return 0;
	lim = limits_default;
	lim.head_bytes = 512;
	lim.headers = 8;
	lim.header_value = 64;
	lim.trailer_bytes = 64;
	lim.pipeline = 4;
	lim.inflate_total = 1 << 16;
	run(span(data, size), false, &whole);
	run(span(data, size), true, &bytes);
	log__same(&whole, &bytes);
	return 0;
}
