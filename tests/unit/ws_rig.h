/* SPDX-License-Identifier: Apache-2.0 */
/* ws_rig.h: WebSocket sessions for tests: what both sides send, and that the same is told however
 * it is cut up. */
#ifndef LLMSNOOP_WS_RIG_H
#define LLMSNOOP_WS_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <zlib.h>

#include "base/limits.h"
#include "http/ws.h"
#include "http_log.h"

enum {
	FIN = 0x80,
	RSV1 = 0x40,
	CONT = 0,
	TEXT = 1,
	BINARY = 2,
	CLOSE = 8,
	PING = 9,
	PONG = 10,
};

#define C SIDE_REQUEST
#define S SIDE_RESPONSE
#define STEPS_MAX 64

struct step {
	enum side side;
	bool gap;
	uint64_t lost;
	struct buf bytes;
};

/* What both sides do. */
struct session {
	const char *extensions;
	struct limits lim;
	struct step steps[STEPS_MAX];
	unsigned int n;
	z_stream deflate[2]; /* of each side */
	bool deflating[2];
	int err; /* expected */
	enum http_end end;
};

static inline void session__init(struct session *s, const char *extensions)
{
	*s = (struct session){
		.extensions = extensions,
		.lim = limits_default,
		.end = HTTP_END_SERVER,
	};
}

static inline void session__free(struct session *s)
{
	for (unsigned int i = 0; i < s->n; i++)
		buf__free(&s->steps[i].bytes);
	for (int i = 0; i < 2; i++)
		if (s->deflating[i])
			deflateEnd(&s->deflate[i]);
}

static inline struct buf *step(struct session *s, enum side side)
{
	struct step *st;

	assert_true(s->n < STEPS_MAX);
	st = &s->steps[s->n++];
	*st = (struct step){.side = side};
	buf__init(&st->bytes, 64 << 20);
	return &st->bytes;
}

static inline void lose(struct session *s, enum side side, uint64_t lost)
{
	step(s, side);
	s->steps[s->n - 1].gap = true;
	s->steps[s->n - 1].lost = lost;
}

static inline void raw(struct session *s, enum side side, struct span bytes)
{
	assert_int_equal(buf__add(step(s, side), bytes), 0);
}

/* A frame with a header of its own length; whole: how long it says to be. */
static inline void frame_begin(struct session *s, enum side side, int bits, struct span payload,
			       uint64_t whole)
{
	static const uint8_t key[4] = {0x37, 0xfa, 0x21, 0x3d};
	uint8_t head[14] = {(uint8_t)bits}, byte;
	struct buf *b = step(s, side);
	size_t n = 2, more = whole < 126 ? 0 : whole <= 0xffff ? 2 : 8;

	head[1] = (uint8_t)((side == C ? 0x80 : 0) | (!more ? whole : more == 2 ? 126 : 127));
	for (size_t i = more; i--;)
		head[n++] = (uint8_t)(whole >> 8 * i);
	if (side == C) {
		memcpy(head + n, key, 4);
		n += 4;
	}
	buf__add(b, span(head, n));
	for (size_t i = 0; i < payload.n; i++) {
		byte = payload.p[i] ^ (side == C ? key[i & 3] : 0);
		buf__add(b, span(&byte, 1));
	}
}

static inline void frame(struct session *s, enum side side, int bits, const char *payload)
{
	frame_begin(s, side, bits, span_str(payload), strlen(payload));
}

/* Deflates text as RFC 7692, 7.2.1 has it; reset: without context takeover. */
static inline size_t squeeze(struct session *s, enum side side, struct span text, bool reset,
			     uint8_t *out, size_t room)
{
	z_stream *z = &s->deflate[side];
	size_t n;

	if (!s->deflating[side])
		assert_int_equal(deflateInit2(z, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY), Z_OK);
	else if (reset)
		deflateReset(z);
	s->deflating[side] = true;
	z->next_in = (uint8_t *)text.p;
	z->avail_in = (uInt)text.n;
	z->next_out = out;
	z->avail_out = (uInt)room;
	assert_int_equal(deflate(z, Z_SYNC_FLUSH), Z_OK);
	n = room - z->avail_out;
	assert_true(n >= 4 && !memcmp(out + n - 4, "\x00\x00\xff\xff", 4));
	return n - 4;
}

static inline void squeezed(struct session *s, enum side side, const char *text, bool reset)
{
	uint8_t out[4096];
	size_t n = squeeze(s, side, span_str(text), reset, out, sizeof(out));

	frame_begin(s, side, FIN | RSV1 | TEXT, span(out, n), n);
}

typedef size_t (*cutter)(uint64_t *seed, size_t left);

static inline size_t cut__none(uint64_t *seed, size_t left)
{
	return left;
}

static inline size_t cut__bytes(uint64_t *seed, size_t left)
{
	return 1;
}

static inline size_t cut__random(uint64_t *seed, size_t left)
{
	size_t n;

	*seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
	n = 1 + (*seed >> 33) % (*seed >> 61 ? 12 : 3000);
	return n < left ? n : left;
}

static inline void run(const struct session *s, const char *expected, cutter cut, uint64_t seed)
{
	struct http_log log;
	struct log_x x = {.log = &log, .id = 1, .upgraded = true};
	uint64_t from = seed;
	struct ws *w;
	int err = 0;

	log__init(&log, NULL);
	assert_int_equal(ws__new(span_str(s->extensions), &log_ops, &x, &s->lim, &w), 0);
	for (unsigned int i = 0; i < s->n && !err; i++) {
		const struct step *st = &s->steps[i];
		struct span rest = buf__span(&st->bytes);

		if (st->gap)
			ws__gap(w, st->side, st->lost, i + 1);
		while (rest.n && !err) {
			size_t n = cut(&seed, rest.n);

			err = ws__feed(w, st->side, at_page_end(span_head(rest, n)), i + 1);
			rest = span_skip(rest, n);
		}
	}
	if (strcmp(log__string(&log), expected))
		fail_msg("seed %lu:\n--- expected\n%s--- got\n%s", (unsigned long)from, expected,
			 log__string(&log));
	assert_int_equal(err, s->err);
	assert_int_equal(ws__end(w, HTTP_END_SERVER), s->end);
	ws__free(w);
	log__free(&log);
}

/* Runs it in all ways, and frees it. */
static inline void tells(struct session *s, const char *expected)
{
	run(s, expected, cut__none, 0);
	run(s, expected, cut__bytes, 0);
	for (uint64_t seed = 1; seed <= 40; seed++)
		run(s, expected, cut__random, seed);
	session__free(s);
}

#endif
