// SPDX-License-Identifier: Apache-2.0
/* Any messages of a WebSocket that a dialect reads: no crash, the same facts however they are cut,
 * no fact of a turn that is not open. The first byte chooses the dialect, the second seeds the
 * cuts; then a message a line, the client's behind '>', the server's behind '<'; an empty one is a
 * gap. */
#include <stdlib.h>

#include "base/limits.h"
#include "dialect/dialect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define TURNS 4096

struct fuzz {
	uint64_t hash;
	uint32_t begun;
	bool over[TURNS];
};

static void mix(uint64_t *hash, const void *p, size_t n)
{
	const uint8_t *b = p;

	while (n--)
		*hash = (*hash ^ *b++) * 0x100000001B3ULL;
}

static void on_fact(void *ctx, enum fact fact, const struct fact_value *v, uint64_t ts_ns)
{
	uint64_t facts[] = {fact,     v->turn,	    (uint64_t)v->number,
			    v->index, v->truncated, v->text.n,
			    v->id.n,  ts_ns};
	struct fuzz *f = ctx;

	if (fact == FACT_TURN_BEGIN && v->turn != ++f->begun)
		abort();
	if (v->turn > f->begun || (v->turn && v->turn < TURNS && f->over[v->turn]))
		abort();
	if (fact == FACT_TURN_END && v->turn < TURNS)
		f->over[v->turn] = true;
	mix(&f->hash, facts, sizeof(facts));
	mix(&f->hash, &v->real, sizeof(v->real));
	mix(&f->hash, v->text.p, v->text.n);
	mix(&f->hash, v->id.p, v->id.n);
}

static void message(struct dialect_reader *r, enum side side, struct span m, uint32_t *seed,
		    uint64_t ns)
{
	size_t piece;
	uint8_t *copy;

	if (!m.n) {
		dialect_reader__message_gap(r, side, 0, ns);
		return;
	}
	for (; m.n; m = span_skip(m, piece)) {
		piece = m.n;
		if (*seed) {
			*seed = *seed * 1103515245 + 12345;
			piece = 1 + (*seed >> 16) % 60;
			piece = piece < m.n ? piece : m.n;
		}
		copy = malloc(piece);
		memcpy(copy, m.p, piece);
		dialect_reader__message(r, side, span(copy, piece), piece == m.n, ns);
		free(copy);
	}
}

static uint64_t read_session(const char *path, struct span in, uint32_t seed)
{
	static const struct dialect_ops ops = {.fact = on_fact};
	const struct http_header upgrade = {SPAN_LIT("upgrade"), SPAN_LIT("websocket")};
	const struct http_head q = {
		.method = SPAN_LIT("GET"),
		.path = span_str(path),
		.query = SPAN_LIT("model=m"),
		.headers = &upgrade,
		.n_headers = 1,
	};
	struct fuzz f = {.hash = 14695981039346656037ULL};
	struct limits lim = limits_default;
	struct dialect_reader *r;
	uint64_t ns = 0;

	lim.json_value = 64;
	lim.tool_calls = 4;
	if (dialect_reader__new(dialect__match(&q), &q, &ops, &f, &lim, &r))
		abort();
	while (in.n) {
		ptrdiff_t end = span_find(in, SPAN_LIT("\n"));
		struct span line = end < 0 ? in : span_head(in, (size_t)end);

		in = span_skip(in, line.n + 1);
		if (line.n)
			message(r, *line.p == '>' ? SIDE_REQUEST : SIDE_RESPONSE,
				span_skip(line, 1), &seed, ++ns);
	}
	dialect_reader__free(r);
	return f.hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char *const paths[] = {
		"/v1/realtime",
		"/v1/responses",
		"/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent",
	};
	const char *path;

	if (n < 2)
		return 0;
	path = paths[data[0] % (sizeof(paths) / sizeof(paths[0]))];
	if (read_session(path, span(data + 2, n - 2), 0) !=
	    read_session(path, span(data + 2, n - 2), 1 + data[1]))
		abort();
	return 0;
}
