/* SPDX-License-Identifier: Apache-2.0 */
/* h2_rig.h: HTTP/2 conversations, written frame by frame with nghttp2's deflater for the headers,
 * and run as transcripts are: whole, byte by byte, at every cut and at random cuts. */
#ifndef LLMSNOOP_H2_RIG_H
#define LLMSNOOP_H2_RIG_H

#include <nghttp2/nghttp2.h>

#include "http/h2.h"
#include "http/h2_frame.h"
#include "transcript.h"

#define EVERY_CUT_MAX 3000 /* longer ones are cut at random only */
#define PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

struct h2_rig {
	struct transcript t;
	nghttp2_hd_deflater *deflater[2]; /* by enum side */
	enum side side;			  /* of the current call */
};

static inline void rig__init(struct h2_rig *r)
{
	*r = (struct h2_rig){.t = {.lim = limits_default, .protocol = &http2_protocol}};
	for (int side = 0; side < 2; side++)
		assert(!nghttp2_hd_deflate_new(&r->deflater[side], 4096));
}

static inline void rig__free(struct h2_rig *r)
{
	for (int side = 0; side < 2; side++)
		nghttp2_hd_deflate_del(r->deflater[side]);
	transcript__free(&r->t);
}

/* An SSL call of that side begins: frames that follow are in it. */
static inline void rig__call(struct h2_rig *r, enum side side)
{
	r->side = side;
	transcript__step(&r->t, STEP_BYTES)->side = side;
}

static inline void rig__gap(struct h2_rig *r, enum side side, uint64_t n)
{
	struct step *s = transcript__step(&r->t, STEP_GAP);

	s->side = side;
	s->n = n;
}

static inline void rig__quiet(struct h2_rig *r, enum side side)
{
	transcript__step(&r->t, STEP_QUIET)->side = side;
}

static inline void rig__unwanted(struct h2_rig *r, bool is)
{
	transcript__step(&r->t, STEP_UNWANTED)->n = is;
}

static inline void rig__close(struct h2_rig *r, enum conn_end why)
{
	transcript__step(&r->t, STEP_CLOSE)->n = why;
}

static inline struct buf *rig__bytes(struct h2_rig *r)
{
	return &r->t.steps[r->t.n_steps - 1].bytes;
}

static inline void rig__raw(struct h2_rig *r, struct span s)
{
	buf__add(rig__bytes(r), s);
}

static inline void frame__add(struct buf *b, uint8_t type, uint8_t flags, uint32_t stream,
			      struct span payload)
{
	uint8_t head[H2_FRAME_HEADER] = {
		(uint8_t)(payload.n >> 16),
		(uint8_t)(payload.n >> 8),
		(uint8_t)payload.n,
		type,
		flags,
		(uint8_t)(stream >> 24),
		(uint8_t)(stream >> 16),
		(uint8_t)(stream >> 8),
		(uint8_t)stream,
	};

	buf__add(b, span(head, sizeof(head)));
	buf__add(b, payload);
}

static inline void rig__frame(struct h2_rig *r, uint8_t type, uint8_t flags, uint32_t stream,
			      struct span payload)
{
	frame__add(rig__bytes(r), type, flags, stream, payload);
}

/* The block of "name: value\n"... by that deflater, in static storage. */
static inline struct span block__deflate(nghttp2_hd_deflater *d, const char *lines)
{
	static uint8_t out[1 << 18];
	nghttp2_nv nv[64] = {};
	size_t n = 0;
	ssize_t len;

	while (*lines) {
		const char *end = strchr(lines, '\n'), *colon = strstr(lines, ": ");

		assert(end && colon && colon < end && n < 64);
		nv[n].name = (uint8_t *)lines;
		nv[n].namelen = (size_t)(colon - lines);
		nv[n].value = (uint8_t *)colon + 2;
		nv[n].valuelen = (size_t)(end - colon - 2);
		n++;
		lines = end + 1;
	}
	len = nghttp2_hd_deflate_hd(d, out, sizeof(out), nv, n);
	assert(len > 0);
	return span(out, (size_t)len);
}

/* flags besides H2_END_HEADERS */
static inline void rig__headers(struct h2_rig *r, uint32_t stream, uint8_t flags, const char *lines)
{
	struct span block = block__deflate(r->deflater[r->side], lines);

	rig__frame(r, H2_HEADERS, flags | H2_END_HEADERS, stream, block);
}

static inline void rig__data(struct h2_rig *r, uint32_t stream, uint8_t flags, const char *text)
{
	rig__frame(r, H2_DATA, flags, stream, span_str(text));
}

/* What went before is not seen. */
static inline void rig__join(struct h2_rig *r)
{
	for (unsigned int i = 0; i < r->t.n_steps; i++)
		buf__free(&r->t.steps[i].bytes);
	r->t.n_steps = 0;
	r->t.midstream = true;
}

/* Both sides' greetings. */
static inline void rig__greet(struct h2_rig *r)
{
	rig__call(r, SIDE_REQUEST);
	rig__raw(r, SPAN_LIT(PREFACE));
	rig__frame(r, H2_SETTINGS, 0, 0, SPAN_LIT("\0\2\0\0\0\0\0\4\0\1\0\0"));
	rig__frame(r, H2_WINDOW_UPDATE, 0, 0, SPAN_LIT("\0\1\0\0"));
	rig__call(r, SIDE_RESPONSE);
	rig__frame(r, H2_SETTINGS, 0, 0, SPAN_LIT("\0\3\0\0\0\x64"));
	rig__frame(r, H2_SETTINGS, H2_ACK, 0, SPAN_NONE);
}

static inline void rig__same(const char *what, size_t where, const char *expected, char *got)
{
	if (strcmp(expected, got))
		fail_msg("%s, cut %zu:\n--- expected\n%s--- got\n%s", what, where, expected, got);
	free(got);
}

/* Tells it at all splits and compares with expected. */
static inline void rig__expect(struct h2_rig *r, const char *expected)
{
	struct transcript *t = &r->t;
	size_t total = 0, at;

	if (!t->n_steps || t->steps[t->n_steps - 1].kind != STEP_CLOSE)
		rig__close(r, CONN_END_CAPTURE);
	rig__same("whole", 0, expected, transcript__run(t, cut__none, NULL));
	rig__same("bytes", 1, expected, transcript__run(t, cut__bytes, NULL));
	for (unsigned int i = 0; i < t->n_steps; i++)
		total += t->steps[i].bytes.n;
	for (at = 1; total < EVERY_CUT_MAX && at < total; at++)
		rig__same("one", at, expected, transcript__run(t, cut__at, &at));
	for (uint64_t seed = 0; seed < 50; seed++) {
		uint64_t s = seed;

		rig__same("random", seed, expected, transcript__run(t, cut__random, &s));
	}
}

#endif
