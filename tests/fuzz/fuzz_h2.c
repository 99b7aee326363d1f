// SPDX-License-Identifier: Apache-2.0
/* One HTTP/2 connection: calls, cut into records, losses and quiet in any order. Whole records and
 * single bytes must tell the same.
 *
 * Input: a byte of options (bit 0: midstream, bit 1: all requests are wanted, bit 2: handed over
 * by HTTP/1, bit 3: the preface was sent; bits 4-6: who ends it), then steps: a byte (bit 0: side;
 * bits 1-2: 1 loss, 2 quiet, 3 a frame's header, else bytes; bit 3: begins a call), a length, and
 * for bytes so many of them. A frame's header is: type, flags, stream, and a length below 256, so
 * that the fuzzer finds frames easily. */
#include "../unit/http_log.h"
#include "base/limits.h"
#include "http/h2.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct limits lim;

static int feed(void *state, enum side side, struct span s, bool bytes, bool first, uint64_t ts_ns)
{
	int err = 0;

	for (; s.n && !err; first = false) {
		struct span piece = bytes ? span_head(s, 1) : s;

		err = http2_protocol.feed(state, side, piece, first, ts_ns);
		s = span_skip(s, piece.n);
	}
	return err;
}

static int step(struct span *in, void *state, bool bytes, uint64_t ts_ns)
{
	uint8_t op = in->p[0], n = in->p[1], header[9] = {};
	enum side side = op & 1;
	struct span s;

	*in = span_skip(*in, 2);
	switch (op >> 1 & 3) {
	case 1:
		return http2_protocol.gap(state, side, n, false, ts_ns);
	case 2:
		return http2_protocol.gap(state, side, 0, true, ts_ns);
	case 3:
		s = span_head(*in, 3);
		*in = span_skip(*in, s.n);
		header[2] = n;
		header[3] = s.n > 0 ? s.p[0] : 0;
		header[4] = s.n > 1 ? s.p[1] : 0;
		header[8] = s.n > 2 ? s.p[2] : 0;
		return feed(state, side, span(header, sizeof(header)), bytes, op & 8, ts_ns);
	default:
		s = span_head(*in, n);
		*in = span_skip(*in, n);
		return feed(state, side, s, bytes, op & 8, ts_ns);
	}
}

static int begin(uint8_t options, const struct http1_ctx *ctx, struct conn *conn,
		 struct http_log *log, void **ret)
{
	struct log_x *x = NULL;
	int err;

	if (!(options & 4))
		return http2_protocol.open((void *)ctx, conn, &lim, ret);
	if (options & 2) {
		x = calloc(1, sizeof(*x));
		x->log = log;
		x->done[SIDE_REQUEST] = true;
		log->open++;
	}
	err = h2__open_upgraded(ctx, conn, &lim, x, ret);
	assert(!err);
	return err;
}

static void run(struct span in, bool bytes, struct http_log *log)
{
	static const struct span preface = SPAN_LIT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
	struct http1_ctx ctx = {.ops = &log_ops, .ctx = log};
	struct conn conn = {.midstream = in.p[0] & 1};
	const struct protocol *p = &http2_protocol;
	enum conn_end end = (in.p[0] >> 4) % 5;
	uint64_t ts_ns = 1;
	void *state;
	int err;

	log__init(log, in.p[0] & 2 ? NULL : "/v1");
	log->headers = true;
	err = begin(in.p[0], &ctx, &conn, log, &state);
	assert(!err);
	if (in.p[0] & 8)
		err = feed(state, SIDE_REQUEST, preface, bytes, true, ts_ns);
	in = span_skip(in, 1);
	while (in.n >= 2 && !err) {
		err = step(&in, state, bytes, ++ts_ns);
		log__line(log, "unwanted %d busy %d start %d left %" PRIu64, p->unwanted(state),
			  p->busy(state), p->at_start(state), p->frame_left(state));
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
	lim.h2_streams = 4;
	lim.h2_table = 8192;
	lim.inflate_total = 1 << 16;
	run(span(data, size), false, &whole);
	run(span(data, size), true, &bytes);
	log__same(&whole, &bytes);
	return 0;
}
