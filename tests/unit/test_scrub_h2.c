// SPDX-License-Identifier: Apache-2.0
/* What the scrubber leaves of HTTP/2: blocks that decode to the same fields, but for the secrets.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <nghttp2/nghttp2.h>

#include "base/buf.h"
#include "base/secret.h"
#include "capture/scrub.h"
#include "http/h2.h"
#include "http_log.h"
#include "base/limits.h"

#define PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define STREAM_MAX (1 << 16)

enum {
	DATA = 0,
	HEADERS = 1,
	SETTINGS = 4,
	PUSH_PROMISE = 5,
	CONTINUATION = 9,
	END_HEADERS = 4,
	PADDED = 8,
	PRIORITY = 0x20,
};

struct field {
	const char *name, *value;
	const char *want; /* once scrubbed; NULL: the same */
};

static void frame(struct buf *b, uint8_t type, uint8_t flags, uint32_t stream, struct span payload)
{
	uint8_t head[9] = {(uint8_t)(payload.n >> 16),
			   (uint8_t)(payload.n >> 8),
			   (uint8_t)payload.n,
			   type,
			   flags,
			   (uint8_t)(stream >> 24),
			   (uint8_t)(stream >> 16),
			   (uint8_t)(stream >> 8),
			   (uint8_t)stream};

	assert_int_equal(buf__add(b, span(head, 9)), 0);
	assert_int_equal(buf__add(b, payload), 0);
}

/* A block in frames of at most max octets of it; extra: padded, and with a priority. */
static void block(struct buf *b, struct span s, size_t max, bool extra)
{
	uint8_t flags = extra ? PADDED | PRIORITY : 0, pad[3] = "p";
	struct span part = span_head(s, max);
	struct buf payload;

	buf__init(&payload, STREAM_MAX);
	if (extra)
		buf__add(&payload, SPAN_LIT("\3\0\0\0\0\x10"));
	buf__add(&payload, part);
	if (extra)
		buf__add(&payload, span(pad, 3));
	s = span_skip(s, part.n);
	frame(b, HEADERS, flags | (s.n ? 0 : END_HEADERS), 1, buf__span(&payload));
	while (s.n) {
		part = span_head(s, max);
		s = span_skip(s, part.n);
		frame(b, CONTINUATION, s.n ? 0 : END_HEADERS, 1, part);
	}
	buf__free(&payload);
}

static void deflate_fields(nghttp2_hd_deflater *d, struct buf *out, const struct field *f, size_t n,
			   uint8_t flags)
{
	nghttp2_nv nv[16];
	uint8_t coded[4096];
	ssize_t len;

	for (size_t i = 0; i < n; i++)
		nv[i] = (nghttp2_nv){(uint8_t *)f[i].name, (uint8_t *)f[i].value, strlen(f[i].name),
				     strlen(f[i].value), flags};
	len = nghttp2_hd_deflate_hd(d, coded, sizeof(coded), nv, n);
	assert_true(len >= 0);
	buf__add(out, span(coded, (size_t)len));
}

/* The fields of all blocks in frames, a line each; "error" where a block is none. */
static char *decode(struct span in)
{
	nghttp2_hd_inflater *inf;
	struct buf text, block_bytes;
	bool failed = false;

	buf__init(&text, 1 << 20);
	buf__init(&block_bytes, STREAM_MAX);
	assert_int_equal(nghttp2_hd_inflate_new(&inf), 0);
	if (span_starts(in, SPAN_LIT(PREFACE)))
		in = span_skip(in, sizeof(PREFACE) - 1);
	while (in.n >= 9 && !failed) {
		size_t n = (size_t)in.p[0] << 16 | in.p[1] << 8 | in.p[2];
		uint8_t type = in.p[3], flags = in.p[4];
		struct span s = span_head(span_skip(in, 9), n), rest;

		in = span_skip(in, 9 + n);
		if (type != HEADERS && type != PUSH_PROMISE && type != CONTINUATION)
			continue;
		if (type != CONTINUATION && flags & PADDED)
			s = span(s.p + 1, s.n - 1 - s.p[0]);
		if (type == HEADERS && flags & PRIORITY)
			s = span_skip(s, 5);
		if (type == PUSH_PROMISE)
			s = span_skip(s, 4);
		buf__add(&block_bytes, s);
		if (!(flags & END_HEADERS))
			continue;
		rest = buf__span(&block_bytes);
		for (;;) {
			nghttp2_nv nv;
			int got = 0;
			ssize_t used = nghttp2_hd_inflate_hd2(inf, &nv, &got, rest.p, rest.n, 1);

			failed |= used < 0;
			if (used < 0)
				break;
			rest = span_skip(rest, (size_t)used);
			if (got & NGHTTP2_HD_INFLATE_EMIT) {
				buf__add(&text, span(nv.name, nv.namelen));
				buf__add(&text, SPAN_LIT("="));
				buf__add(&text, span(nv.value, nv.valuelen));
				buf__add(&text, SPAN_LIT("\n"));
			}
			if (got & NGHTTP2_HD_INFLATE_FINAL)
				break;
		}
		nghttp2_hd_inflate_end_headers(inf);
		buf__clear(&block_bytes);
	}
	if (failed)
		buf__add(&text, SPAN_LIT("error\n"));
	buf__add(&text, SPAN_LIT("\0"));
	nghttp2_hd_inflate_del(inf);
	buf__free(&block_bytes);
	return (char *)text.p;
}

static size_t cut(uint64_t *seed, size_t left)
{
	size_t n;

	if (*seed < 2)
		return *seed ? 1 : left;
	*seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
	n = 1 + (*seed >> 33) % 40;
	return n < left ? n : left;
}

/* Scrubs in, which begins at offset, as one call. */
static void scrub_call(struct scrub *s, enum event_dir dir, uint64_t offset, unsigned int flags,
		       struct span in, uint64_t seed, uint8_t *out)
{
	for (size_t at = 0, n; at < in.n; at += n) {
		struct capture_data d = {.conn = 1,
					 .dir = dir,
					 .offset = offset + at,
					 .flags = at ? 0 : flags | EVENT_CALL_START};

		n = cut(&seed, in.n - at);
		d.bytes = span(in.p + at, n);
		assert_int_equal(scrub__data(s, &d, out + at), 0);
	}
}

/* Scrubs a whole direction at any split; the caller frees what it came to. */
static uint8_t *scrubbed(struct span in, enum event_dir dir)
{
	uint8_t *first = malloc(in.n + 1), *again = malloc(in.n + 1);
	struct scrub *s;

	for (uint64_t seed = 0; seed < 40; seed++) {
		assert_int_equal(scrub__new(4, &s), 0);
		scrub_call(s, dir, 0, 0, in, seed, seed ? again : first);
		if (seed)
			assert_memory_equal(again, first, in.n);
		scrub__free(s);
	}
	free(again);
	return first;
}

static const struct field requests[][8] = {
	{
		{":method", "POST", NULL},
		{":path", "/v1/messages?beta=true", NULL},
		{":authority", "api.anthropic.com", NULL},
		{"authorization", "Bearer sk-ant-0123456789abcdef", ""},
		{"x-api-key", "sk-ant-api03-AbCdEfGhIjK", ""},
		{"anthropic-version", "2023-06-01", NULL},
		{"cookie", "session=verysecret; a=b", ""},
		{"user-agent", "claude-cli/2.0 (external, cli)", NULL},
	},
	{
		{":method", "POST", NULL},
		{":path", "/v1beta/models/gemini:generateContent?key=AIzaSyD-0123456789&alt=sse",
		 "/v1beta/models/gemini:generateContent?key="},
		{":authority", "generativelanguage.googleapis.com", NULL},
		{"authorization", "Bearer sk-ant-0123456789abcdef", ""},
		{"x-api-key", "sk-another-key-altogether", ""},
		{"x-goog-api-key", "AIzaSyD-9876543210", ""},
		{"referer", "https://h/p?a=b&api_key=verysecret", "https://h/p?a=b&api_key="},
		{"sec-websocket-protocol", "realtime, openai-insecure-api-key.sk-1", ""},
	},
	{
		{":method", "GET", NULL},
		{":path", "/?k=1&%6Bey=Z&token=", "/?k=1&%6Bey="},
		{":authority", "api.anthropic.com", NULL},
		{"x-goog-api-key", "AIzaSyD-9876543210", ""},
		{"x-my-session-token", "t", ""},
		{"x-request-id", "harmless-0123456789", NULL},
		{"location", "/a?b=c", NULL},
		{"x-long-authorization-header-name-of-more-than-usual-length", "s", ""},
	},
};

#define N_REQUESTS (sizeof(requests) / sizeof(requests[0]))

static bool is_mask(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != 'x' && s.p[i] != 'X')
			return false;
	return s.n > 0;
}

/* Does got, lines as decode has them, hold what is wanted of request r? Moves behind them. */
static void check_request(const char **got, const struct field *f)
{
	for (size_t i = 0; i < 8; i++) {
		const char *end = strchr(*got, '\n');
		struct span line = span(*got, end ? (size_t)(end - *got) : 0), value;
		size_t name = strlen(f[i].name);

		assert_non_null(end);
		assert_true(span_starts(line, span_str(f[i].name)) && line.p[name] == '=');
		value = span_skip(line, name + 1);
		if (!f[i].want && !span_eq(value, span_str(f[i].value)))
			fail_msg("%s: %.*s", f[i].name, (int)value.n, value.p);
		if (f[i].want && (!span_starts(value, span_str(f[i].want)) ||
				  !is_mask(span_skip(value, strlen(f[i].want)))))
			fail_msg("%s: %.*s", f[i].name, (int)value.n, value.p);
		*got = end + 1;
	}
}

/* flags: how each field is to be encoded; bits: a table of that size. */
static void check_connection(uint8_t flags, size_t table, size_t max, bool extra)
{
	nghttp2_hd_deflater *d;
	struct buf in, coded;
	const char *got;
	uint8_t *out;
	char *text;

	assert_int_equal(nghttp2_hd_deflate_new(&d, table), 0);
	buf__init(&in, STREAM_MAX);
	buf__init(&coded, STREAM_MAX);
	buf__add(&in, SPAN_LIT(PREFACE));
	frame(&in, SETTINGS, 0, 0, SPAN_LIT("\0\4\0\1\0\0"));
	for (size_t i = 0; i < 4 * N_REQUESTS; i++) {
		buf__clear(&coded);
		deflate_fields(d, &coded, requests[i % N_REQUESTS], 8, flags);
		block(&in, buf__span(&coded), max, extra);
		frame(&in, DATA, 1, 1, SPAN_LIT("{\"model\":\"m\",\"key\":\"not touched\"}"));
	}
	out = scrubbed(buf__span(&in), DIR_WRITE);
	text = decode(span(out, in.n));
	assert_null(strstr(text, "error"));
	got = text;
	for (size_t i = 0; i < 4 * N_REQUESTS; i++)
		check_request(&got, requests[i % N_REQUESTS]);
	assert_string_equal(got, "");
	assert_non_null(memmem(out, in.n, "not touched", 11));
	free(text);
	free(out);
	buf__free(&in);
	buf__free(&coded);
	nghttp2_hd_deflate_del(d);
}

static void test_connections(void **state)
{
	static const size_t tables[] = {4096, 0, 200, 65536}, sizes[] = {16384, 1, 7, 50};

	for (size_t i = 0; i < 4; i++)
		for (size_t k = 0; k < 4; k++) {
			check_connection(0, tables[i] > 4096 ? 4096 : tables[i], sizes[k], false);
			check_connection(0, tables[i] > 4096 ? 4096 : tables[i], sizes[k], true);
			check_connection(NGHTTP2_NV_FLAG_NO_INDEX, 4096, sizes[k], k & 1);
		}
}

/* Representations spelled out, each octet as it is to be. */
static void test_octets(void **state)
{
	static const struct {
		struct span in, want;
	} cases[] = {
		/* RFC 7541, C.2.3: a password that is never indexed, with a new name; then a
		 * secret one */
		{SPAN_LIT("\x10\x08password\x06secret"), SPAN_LIT("\x10\x08password\x06secret")},
		{SPAN_LIT("\x10\x07"
			  "api-key\x06secret"),
		 SPAN_LIT("\x10\x07"
			  "api-key\x06xxxxxx")},
		/* authorization of the static table; then that of the dynamic one's name */
		{SPAN_LIT("\x57\x03"
			  "abc\x7e\x03"
			  "def\xbe"),
		 SPAN_LIT("\x57\x03xxx\x7e\x03xxx\xbe")},
		/* an index in several octets, which nobody has told */
		{SPAN_LIT("\x0f\x80\x01\x03"
			  "abc"),
		 SPAN_LIT("\x0f\x80\x01\x03xxx")},
		/* a path in octets keeps what follows the secret */
		{SPAN_LIT("\x04\x10/a?key=b&alt=sse"), SPAN_LIT("\x04\x10/a?key=x&alt=sse")},
		/* Huffman: "no-cache" of C.4.2 as cookie */
		{SPAN_LIT("\x60\x86\xa8\xeb\x10\x64\x9c\xbf"), SPAN_LIT("\x60\x06xxxxxx")},
		/* a size update, an indexed field */
		{SPAN_LIT("\x3f\xe1\x1f\x82"), SPAN_LIT("\x3f\xe1\x1f\x82")},
		/* a length that is none: what follows is hidden */
		{SPAN_LIT("\x04\x7f\xff\xff\xff\xff\xff\x0fsecret"),
		 SPAN_LIT("\x04\x7f\xff\xff\xff\xff\xff\0\0\0\0\0\0\0")},
		/* a name that cannot be */
		{SPAN_LIT("\x00\x83\xff\xff\xff\x06secret"),
		 SPAN_LIT("\x00\x83\xff\xff\xff\x06xxxxxx")},
		{SPAN_LIT("\x00\x00\x06secret"), SPAN_LIT("\x00\x00\0\0\0\0\0\0\0")},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf in;
		uint8_t *out;

		buf__init(&in, STREAM_MAX);
		frame(&in, SETTINGS, 0, 0, SPAN_NONE);
		frame(&in, HEADERS, END_HEADERS, 1, cases[i].in);
		out = scrubbed(buf__span(&in), DIR_READ);
		if (memcmp(out + 18, cases[i].want.p, cases[i].want.n))
			fail_msg("case %zu", i);
		free(out);
		buf__free(&in);
	}
}

/* Each printable character where a secret is: the coder and the table here agree. */
static void test_characters(void **state)
{
	for (int c = 0x20; c < 0x7f; c++) {
		for (int where = 0; where < 2; where++) {
			char path[64], want[64];
			nghttp2_hd_deflater *d;
			struct field f = {":path", path, NULL};
			struct buf in, coded;
			struct span got;
			uint8_t *out;
			char *text;

			/* behind the secret, where all is hidden, or in the path before it */
			snprintf(path, sizeof(path),
				 where ? "/aaaa%caaaa?key=0123" : "/?key=aaa%c1234", c);
			snprintf(want, sizeof(want),
				 where ? ":path=/aaaa%caaaa?key=" : ":path=/?key=", c);
			assert_int_equal(nghttp2_hd_deflate_new(&d, 4096), 0);
			buf__init(&in, STREAM_MAX);
			buf__init(&coded, STREAM_MAX);
			deflate_fields(d, &coded, &f, 1, 0);
			frame(&in, SETTINGS, 0, 0, SPAN_NONE);
			block(&in, buf__span(&coded), 100, false);
			out = scrubbed(buf__span(&in), DIR_READ);
			text = decode(span(out, in.n));
			got = span_head(span_str(text), strlen(text) - 1);
			assert_null(strstr(text, "1234"));
			if (!where || c != '?') /* there the parameter is another: "aaaa?key" */
				assert_null(strstr(text, "0123"));
			/* its code is longer than any that URLs have: all from there on is hidden
			 */
			if (where && c == '\\')
				assert_true(span_starts(got, SPAN_LIT(":path=/aaaa")));
			else if (!span_starts(got, span_str(want)) ||
				 (c != '&' && c != ';' && c != '?' &&
				  !is_mask(span_skip(got, strlen(want)))))
				fail_msg("%s gives %s", path, text);
			free(text);
			free(out);
			buf__free(&in);
			buf__free(&coded);
			nghttp2_hd_deflate_del(d);
		}
	}
}

/* A block that refers to nothing, and one that makes an entry. */
#define OPEN "\x82\x04\x04/a/b\x0f\x08\x02sk"
#define HIDDEN "\x82\x04\x04/a/b\x0f\x08\x02xx"

static void test_gaps(void **state)
{
	struct capture_data gap = {.conn = 1, .dir = DIR_WRITE};
	uint8_t out[256];
	struct scrub *s;
	struct buf in;

	for (uint64_t seed = 0; seed < 40; seed++) {
		uint64_t at;

		assert_int_equal(scrub__new(4, &s), 0);
		buf__init(&in, STREAM_MAX);
		buf__add(&in, SPAN_LIT(PREFACE));
		/* x-a: 1 enters the table */
		frame(&in, HEADERS, END_HEADERS, 1,
		      SPAN_LIT("\x40\x03x-a\x01"
			       "1"));
		/* 10 of 14 bytes of DATA are lost */
		frame(&in, DATA, 0, 1, SPAN_LIT("0123456789abcd"));
		in.n -= 12;
		scrub_call(s, DIR_WRITE, 0, 0, buf__span(&in), seed, out);
		assert_memory_equal(out, in.p, in.n);
		gap.offset = in.n;
		gap.gap = 10;
		assert_int_equal(scrub__data(s, &gap, NULL), 0);
		at = in.n + 10;
		buf__clear(&in);
		buf__add(&in, SPAN_LIT("cd"));
		frame(&in, HEADERS, END_HEADERS, 1, SPAN_LIT("\x7e\x02ok" OPEN));
		scrub_call(s, DIR_WRITE, at, 0, buf__span(&in), seed, out);
		assert_memory_equal(out, "cd\0\0\x10\1\4\0\0\0\1\x7e\x02ok" HIDDEN, in.n);
		at += in.n;

		/* Part of a block is lost: its rest is hidden, and what it told is not known. */
		buf__clear(&in);
		frame(&in, HEADERS, 0, 3, SPAN_LIT("\x82\x40"));
		in.p[2] = 20;
		scrub_call(s, DIR_WRITE, at, 0, buf__span(&in), seed, out);
		assert_memory_equal(out, in.p, in.n);
		at += in.n + 10; /* though no record says so */
		buf__clear(&in);
		buf__add(&in, SPAN_LIT("secret\x02s"));
		frame(&in, CONTINUATION, END_HEADERS, 3, SPAN_LIT("k"));
		frame(&in, DATA, 1, 3, SPAN_LIT("data"));
		frame(&in, HEADERS, END_HEADERS, 5, SPAN_LIT("\x7e\x02??\x40\x01z\x01y\x7e\x02ok"));
		scrub_call(s, DIR_WRITE, at, EVENT_AFTER_LOSS, buf__span(&in), seed, out);
		assert_memory_equal(out,
				    "\0\0\0\0\0\0\0\0\0\0\1\x9\4\0\0\0\3\0\0\0\4\0\1\0\0\0\3data"
				    "\0\0\x0d\1\4\0\0\0\5\x7e\x02xx\x40\x01z\x01y\x7e\x02ok",
				    in.n);
		at += in.n;

		/* The place is lost: nothing is told before a call begins with a frame. */
		buf__clear(&in);
		buf__add(&in, SPAN_LIT("some data"));
		frame(&in, HEADERS, END_HEADERS, 5, SPAN_LIT(OPEN));
		at += 1000;
		scrub_call(s, DIR_WRITE, at, EVENT_AFTER_LOSS, buf__span(&in), seed, out);
		for (size_t i = 0; i < in.n; i++)
			assert_int_equal(out[i], 0);
		at += in.n;
		buf__clear(&in);
		frame(&in, HEADERS, END_HEADERS, 7, SPAN_LIT(OPEN "\x7e\x02??"));
		frame(&in, DATA, 1, 7, SPAN_LIT("data"));
		scrub_call(s, DIR_WRITE, at, 0, buf__span(&in), seed, out);
		assert_memory_equal(out,
				    "\0\0\x10\1\4\0\0\0\7" HIDDEN "\x7e\x02xx"
				    "\0\0\4\0\1\0\0\0\7"
				    "data",
				    in.n);
		buf__free(&in);
		scrub__free(s);
	}
}

/* Met in its middle: hidden until a call begins with a frame, whatever it looks like before. */
static void test_midstream(void **state)
{
	static const struct span before = SPAN_LIT("text\n\0\0\4\1\4\0\0\0\1\x0f\x08\1s");
	uint8_t out[256];
	struct scrub *s;
	struct buf in;

	for (uint64_t seed = 0; seed < 40; seed++) {
		assert_int_equal(scrub__new(4, &s), 0);
		buf__init(&in, STREAM_MAX);
		scrub_call(s, DIR_WRITE, 500, EVENT_MIDSTREAM, before, seed, out);
		for (size_t i = 0; i < before.n; i++)
			assert_true(out[i] == (before.p[i] == '\n' ? '\n' : 'x'));
		frame(&in, HEADERS, END_HEADERS, 7, SPAN_LIT(OPEN));
		frame(&in, DATA, 1, 7, SPAN_LIT("data"));
		scrub_call(s, DIR_WRITE, 500 + before.n, 0, buf__span(&in), seed, out);
		assert_memory_equal(out,
				    "\0\0\x0c\1\4\0\0\0\7" HIDDEN "\0\0\4\0\1\0\0\0\7"
				    "data",
				    in.n);
		/* the other side begins with what no frame does */
		scrub_call(s, DIR_READ, 0, EVENT_MIDSTREAM, SPAN_LIT("\0\0\4\x20secret"), seed,
			   out);
		assert_memory_equal(out + 3, "\0\0\0\0\0\0\0", 7);
		buf__free(&in);
		scrub__free(s);
	}
}

/* What HTTP/2 makes of both sides, but for whether a credential was there. */
static char *told(struct span request, struct span response)
{
	struct conn conn = {.id = 1, .request_dir = DIR_WRITE};
	struct http_log log;
	struct http1_ctx ctx = {.ops = &log_ops, .ctx = &log};
	char *text, *key;
	void *state;

	log__init(&log, NULL);
	assert_int_equal(http2_protocol.open(&ctx, &conn, &limits_default, &state), 0);
	assert_int_equal(http2_protocol.feed(state, SIDE_REQUEST, request, true, 1), 0);
	assert_int_equal(http2_protocol.feed(state, SIDE_RESPONSE, response, true, 2), 0);
	http2_protocol.finish(state, CONN_END_CLIENT, 3);
	http2_protocol.free(state);
	text = strdup(log__string(&log));
	while ((key = strstr(text, "  key\n")))
		memmove(key, key + 6, strlen(key + 6) + 1);
	log__free(&log);
	return text;
}

/* A capture file with masked credentials replays as the connection itself. */
static void test_replay(void **state)
{
	static const struct field asked[] = {
		{":method", "POST", NULL},
		{":scheme", "https", NULL},
		{":path", "/v1/models/m:generateContent?alt=sse&key=AIzaSyD-0123456789", NULL},
		{":authority", "a", NULL},
		{"authorization", "Bearer sk-0123456789", NULL},
	};
	static const struct field answered[] = {
		{":status", "200", NULL},
		{"content-type", "text/event-stream", NULL},
		{"set-cookie", "session=0123456789", NULL},
	};
	uint8_t *clean[2];
	struct buf in[2], coded;
	char *want, *got;

	buf__init(&coded, STREAM_MAX);
	for (int side = 0; side < 2; side++) {
		nghttp2_hd_deflater *d;

		assert_int_equal(nghttp2_hd_deflate_new(&d, 4096), 0);
		buf__init(&in[side], STREAM_MAX);
		if (!side)
			buf__add(&in[side], SPAN_LIT(PREFACE));
		frame(&in[side], SETTINGS, 0, 0, SPAN_NONE);
		for (uint32_t stream = 1; stream < 20; stream += 2) {
			buf__clear(&coded);
			deflate_fields(d, &coded, side ? answered : asked, side ? 3 : 5, 0);
			frame(&in[side], HEADERS, END_HEADERS, stream, buf__span(&coded));
			frame(&in[side], DATA, 1, stream, SPAN_LIT("data: {}\n\n"));
		}
		nghttp2_hd_deflate_del(d);
		clean[side] = scrubbed(buf__span(&in[side]), side ? DIR_READ : DIR_WRITE);
	}
	want = told(buf__span(&in[0]), buf__span(&in[1]));
	got = told(span(clean[0], in[0].n), span(clean[1], in[1].n));
	assert_string_equal(got, want);
	assert_non_null(strstr(want, "end 10 @2 ok"));
	free(want);
	free(got);
	for (int side = 0; side < 2; side++) {
		free(clean[side]);
		buf__free(&in[side]);
	}
	buf__free(&coded);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_connections), cmocka_unit_test(test_octets),
		cmocka_unit_test(test_characters),  cmocka_unit_test(test_gaps),
		cmocka_unit_test(test_midstream),   cmocka_unit_test(test_replay),
	};

	return cmocka_run_group_tests_name("scrub_h2", tests, NULL, NULL);
}
