// SPDX-License-Identifier: Apache-2.0
/* One WebSocket session. Whole steps and single bytes must tell the same.
 *
 * Input: a byte that chooses the extensions, then steps: a byte (bit 0: side; bit 1: a loss), a
 * length, and but for losses so many bytes. */
#include "../unit/http_log.h"
#include "base/limits.h"
#include "http/ws.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct limits lim;

static const char *const extensions[] = {
	"",
	"permessage-deflate",
	"permessage-deflate; client_no_context_takeover",
	"permessage-deflate; server_no_context_takeover; client_max_window_bits=9",
	"x-other",
};

static void run(struct span in, bool bytes, struct http_log *log)
{
	struct log_x x = {.log = log, .id = 1, .upgraded = true};
	uint8_t choice = in.p[0] % (sizeof(extensions) / sizeof(extensions[0]));
	uint64_t ts_ns = 0;
	struct ws *w;
	int err;

	log__init(log, NULL);
	err = ws__new(span_str(extensions[choice]), &log_ops, &x, &lim, &w);
	assert(!err);
	in = span_skip(in, 1);
	while (in.n >= 2 && !err) {
		enum side side = in.p[0] & 1 ? SIDE_RESPONSE : SIDE_REQUEST;
		bool loss = in.p[0] & 2;
		struct span s = span_head(span_skip(in, 2), loss ? 0 : in.p[1]);

		ts_ns++;
		if (loss)
			ws__gap(w, side, in.p[1], ts_ns);
		in = span_skip(in, 2 + s.n);
		while (s.n && !err) {
			struct span piece = bytes ? span_head(s, 1) : s;

			err = ws__feed(w, side, piece, ts_ns);
			s = span_skip(s, piece.n);
		}
	}
	log__line(log, "%d, ends %d", err, ws__end(w, HTTP_END_SERVER));
	ws__free(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_log whole, bytes;

	if (!size)
		return 0;
	lim = limits_default;
	lim.inflate_free = 1 << 17;
	lim.inflate_ratio = UINT64_MAX; /* where a ratio is exceeded depends on the split */
	lim.inflate_total = 1 << 18;
	run(span(data, size), false, &whole);
	run(span(data, size), true, &bytes);
	if (strcmp(log__string(&whole), log__string(&bytes))) {
		fprintf(stderr, "--- whole\n%s--- bytes\n%s", log__string(&whole),
			log__string(&bytes));
		__builtin_trap();
	}
	log__free(&whole);
	log__free(&bytes);
	return 0;
}
