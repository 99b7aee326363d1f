// SPDX-License-Identifier: Apache-2.0
/* Any bytes as the two bodies of a call: no crash, and the same facts however they are cut. The
 * first byte chooses the status, the gaps and the content type, the second seeds the cuts, the
 * third chooses the dialect; a NUL ends the request. Of an AWS event stream the input has the
 * events, a line each, the name before a space: checksums are out of a fuzzer's reach, and so is
 * base64, into which the payload of a "chunk" is wrapped. */
#include <stdlib.h>

#include "base/limits.h"
#include "dialect/dialect.h"
#include "../unit/aws_frames.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void mix(uint64_t *hash, const void *p, size_t n)
{
	const uint8_t *b = p;

	while (n--)
		*hash = (*hash ^ *b++) * 0x100000001B3ULL;
}

static void on_fact(void *ctx, enum fact fact, const struct fact_value *v, uint64_t ts_ns)
{
	uint64_t facts[] = {fact, (uint64_t)v->number, v->index, v->truncated, v->text.n, v->id.n};

	mix(ctx, facts, sizeof(facts));
	mix(ctx, &v->real, sizeof(v->real));
	mix(ctx, v->text.p, v->text.n);
	mix(ctx, v->id.p, v->id.n);
}

static void feed(struct dialect_reader *r, struct span body, uint32_t *seed,
		 void (*one)(struct dialect_reader *, struct span, uint64_t))
{
	size_t piece;
	uint8_t *copy;

	for (; body.n; body = span_skip(body, piece)) {
		piece = body.n;
		if (*seed) {
			*seed = *seed * 1103515245 + 12345;
			piece = 1 + (*seed >> 16) % 60;
			piece = piece < body.n ? piece : body.n;
		}
		copy = malloc(piece);
		memcpy(copy, body.p, piece);
		one(r, span(copy, piece), 1);
		free(copy);
	}
}

static const char *const paths[] = {
	"/v1/chat/completions",
	"/v1/messages",
	"/model/m/converse-stream",
	"/v1beta/models/m:streamGenerateContent",
	"/model/m/invoke-with-response-stream",
	"/v1/complete",
	"/api/chat",
	"/v2/chat",
	"/v1/chat",
	"/v1/generate",
	"/v1/rerank",
	"/ml/v1/text/generation_stream",
	"/mcp",
	"", /* not known */
	"/v1beta/interactions",
	"/v1/models/m:batchEmbedContents",
	"/v1/publishers/google/models/embedding:predict",
	"/v1/responses",
	"/v1/responses/input_tokens",
	"/v1/completions",
	"/v1/embeddings",
	"/v1/images/generations",
	"/v1/audio/transcriptions",
	"/v1/conversations",
	"/v1/threads/runs",
};

static const char *const types[] = {
	"text/event-stream",
	"application/vnd.amazon.eventstream",
	"application/x-ndjson",
	"application/json",
};

static uint64_t read_call(uint8_t kind, const char *path, struct span request, struct span response,
			  uint32_t seed)
{
	static const struct dialect_ops ops = {.fact = on_fact};
	struct http_header type = {SPAN_LIT("content-type"), span_str(types[kind >> 5 & 3])};
	struct http_header accept = {SPAN_LIT("accept"),
				     SPAN_LIT("application/json, text/event-stream")};
	struct http_head q = {
		.method = SPAN_LIT("POST"),
		.path = *path ? span_str(path) : SPAN_NONE,
		.headers = &accept,
		.n_headers = 1,
	};
	struct http_head a = {.headers = &type};
	uint64_t hash = 14695981039346656037ULL, tail[2];
	struct limits lim = limits_default;
	struct dialect_reader *r;

	a.status = kind & 2 ? 429 : 200;
	a.n_headers = kind & 4 ? 1 : 0;
	lim.json_value = 64;
	lim.tool_calls = 4;
	/* Where facts do not fit depends on the cuts. */
	lim.shape_bytes = 4 << 20;
	if (dialect_reader__new(dialect__match(&q), &q, &ops, &hash, &lim, &r))
		abort();
	feed(r, request, &seed, dialect_reader__request);
	if (kind & 8)
		dialect_reader__request_gap(r, 1);
	dialect_reader__request_end(r, 1);
	dialect_reader__response_head(r, &a, 1);
	feed(r, response, &seed, dialect_reader__response);
	if (kind & 16) {
		dialect_reader__response_gap(r, 0, 1);
		feed(r, response, &seed, dialect_reader__response);
	}
	dialect_reader__response_end(r, 1);
	tail[0] = dialect_reader__streamed(r);
	tail[1] = dialect_reader__damaged(r);
	mix(&hash, tail, sizeof(tail));
	dialect_reader__free(r);
	return hash;
}

/* Frames of the lines of in. The caller frees them. */
static struct span frames(struct span in)
{
	size_t n;
	char *p;
	FILE *f = open_memstream(&p, &n);

	while (in.n) {
		const uint8_t *end = memchr(in.p, '\n', in.n);
		size_t line_n = end ? (size_t)(end - in.p) : in.n;
		char *line = strndup((const char *)in.p, line_n), *space = strchr(line, ' ');
		bool exception = *line == '!';
		char *payload = NULL;

		if (space)
			*space = 0;
		if (space && strcmp(line, "chunk") == 0)
			payload = aws_wrap(space + 1);
		aws_frame(f, exception ? "exception" : "event", line + exception,
			  payload ? payload
			  : space ? space + 1
				  : "");
		free(payload);
		free(line);
		in = span_skip(in, line_n + 1);
	}
	fclose(f);
	return span(p, n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct span request, response, stream = SPAN_NONE;
	const uint8_t *nul;
	const char *path;

	if (n < 3)
		return 0;
	path = paths[data[2] % (sizeof(paths) / sizeof(paths[0]))];
	nul = memchr(data + 3, 0, n - 3);
	request = span(data + 3, nul ? (size_t)(nul - data - 3) : n - 3);
	response = span_skip(span(data + 3, n - 3), request.n + 1);
	if ((data[0] >> 5 & 3) == 1)
		response = stream = frames(response);
	if (read_call(data[0], path, request, response, 0) !=
	    read_call(data[0], path, request, response, 1 + data[1]))
		abort();
	free((void *)stream.p);
	return 0;
}
