// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <time.h>
#include <zlib.h>
#include <zstd.h>

#include "base/limits.h"
#include "heap.h"
#include "http/coding.h"
#include "http_log.h"

static const char plain[] = "data: {\"choices\":[{\"delta\":{\"content\":\"Hello\"}}]}\n\n"
			    "data: {\"choices\":[{\"delta\":{\"content\":\" world\"}}]}\n\n";

struct sink {
	struct buf out;
	uint64_t wire;
};

static void collect(void *ctx, struct span s, uint64_t wire, uint64_t ts_ns)
{
	struct sink *k = ctx;

	assert_true(s.n > 0);
	assert_int_equal(ts_ns, 7);
	buf__add_some(&k->out, s);
	k->wire += wire;
}

/* Decodes in in pieces; returns the error of feed, else of finish. */
static int decode_with(const struct limits *lim, const enum coding *codings, unsigned int n,
		       struct span in, size_t piece, struct buf *out)
{
	struct sink k = {};
	struct decoder *d;
	int err;

	buf__init(&k.out, 64 << 20);
	assert_int_equal(decoder__new(codings, n, lim, &d), 0);
	for (err = 0; in.n && !err; in = span_skip(in, piece))
		err = decoder__feed(d, at_page_end(span_head(in, piece)), 7, collect, &k);
	if (!err)
		err = decoder__finish(d, 7, collect, &k);
	decoder__free(d);
	*out = k.out;
	return err;
}

static int decode(enum coding c, struct span in, size_t piece, struct buf *out)
{
	return decode_with(&limits_default, &c, 1, in, piece, out);
}

/* zlib.h, deflateInit2: window bits + 16 for gzip, negative for a bare stream */
static struct span deflated(struct span in, int window, int flush)
{
	static uint8_t out[1 << 16];
	z_stream z = {};

	deflateInit2(&z, 9, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY);
	z.next_in = (uint8_t *)in.p;
	z.avail_in = (uInt)in.n;
	z.next_out = out;
	z.avail_out = sizeof(out);
	deflate(&z, flush);
	deflateEnd(&z);
	return span(out, sizeof(out) - z.avail_out);
}

static struct span zstd(struct span in)
{
	static uint8_t out[1 << 16];

	return span(out, ZSTD_compress(out, sizeof(out), in.p, in.n, 3));
}

/* plain by brotli -q 11 */
static const uint8_t br[] = {0x1f, 0x66, 0x00, 0xc0, 0x1c, 0x07, 0xce, 0xf9, 0x2c, 0xc0, 0x6e,
			     0xdc, 0x82, 0xc0, 0xeb, 0xfa, 0x13, 0x6a, 0x91, 0xbd, 0x2d, 0x9d,
			     0x05, 0x42, 0xd6, 0x0a, 0x3a, 0x5d, 0x7d, 0xc0, 0x21, 0x07, 0xec,
			     0x6d, 0x51, 0x80, 0xf1, 0x29, 0x00, 0xcf, 0x03, 0xae, 0xc4, 0x2a,
			     0x14, 0x47, 0xc4, 0x64, 0x73, 0xe3, 0x53, 0x69, 0x18, 0x41, 0xe9,
			     0xf4, 0x76, 0xe0, 0x1b, 0x1a, 0x22, 0xdc, 0x00};

static void whole(enum coding c, struct span in, struct span want)
{
	for (size_t piece = 1; piece <= in.n; piece++) {
		struct buf out;

		assert_int_equal(decode(c, in, piece, &out), 0);
		assert_int_equal(out.n, want.n);
		assert_memory_equal(out.p, want.p, want.n);
		buf__free(&out);
		/* cut off anywhere: what was there comes out, and it is known to be cut */
		if (piece < in.n) {
			assert_int_equal(decode(c, span_head(in, piece), 3, &out), -EBADMSG);
			assert_true(out.n <= want.n && (!out.n || !memcmp(out.p, want.p, out.n)));
			buf__free(&out);
		}
	}
}

static void test_whole(void **state)
{
	struct span p = SPAN_LIT(plain);

	whole(CODING_GZIP, deflated(p, 31, Z_FINISH), p);
	whole(CODING_DEFLATE, deflated(p, 15, Z_FINISH), p);
	whole(CODING_DEFLATE, deflated(p, -15, Z_FINISH), p);
	whole(CODING_ZSTD, zstd(p), p);
	whole(CODING_BR, span(br, sizeof(br)), p);
}

/* What a server flushed can be read at once. */
static void test_flush(void **state)
{
	struct span coded = deflated(SPAN_LIT(plain), 31, Z_SYNC_FLUSH);
	const enum coding c = CODING_GZIP;
	struct sink k = {};
	struct decoder *d;

	buf__init(&k.out, 1 << 20);
	assert_int_equal(decoder__new(&c, 1, &limits_default, &d), 0);
	assert_int_equal(decoder__feed(d, coded, 7, collect, &k), 0);
	assert_int_equal(k.out.n, sizeof(plain) - 1);
	assert_int_equal(k.wire, coded.n);
	assert_int_equal(decoder__finish(d, 7, collect, &k), -EBADMSG);
	decoder__free(d);
	buf__free(&k.out);
}

/* Members and frames one after the other; bytes behind gzip that are none. */
static void test_several(void **state)
{
	uint8_t in[4096];
	struct span one = deflated(SPAN_LIT(plain), 31, Z_FINISH);
	size_t n = sizeof(plain) - 1;
	struct buf out;

	memcpy(in, one.p, one.n);
	memcpy(in + one.n, one.p, one.n);
	memset(in + one.n * 2, 0, 8);
	for (size_t piece = 1; piece < one.n * 2; piece += 7) {
		assert_int_equal(decode(CODING_GZIP, span(in, one.n * 2 + 8), piece, &out), 0);
		assert_int_equal(out.n, n * 2);
		assert_memory_equal(out.p + n, plain, n);
		buf__free(&out);
	}
	one = zstd(SPAN_LIT(plain));
	memcpy(in, one.p, one.n);
	memcpy(in + one.n, one.p, one.n);
	for (size_t piece = 1; piece < one.n * 2; piece += 7) {
		assert_int_equal(decode(CODING_ZSTD, span(in, one.n * 2), piece, &out), 0);
		assert_int_equal(out.n, n * 2);
		buf__free(&out);
	}
}

static void test_stacked(void **state)
{
	const enum coding codings[] = {CODING_DEFLATE, CODING_IDENTITY, CODING_GZIP};
	uint8_t inner[4096];
	struct span s = deflated(SPAN_LIT(plain), 15, Z_FINISH);
	struct decoder *d;
	struct buf out;

	memcpy(inner, s.p, s.n);
	s = deflated(span(inner, s.n), 31, Z_FINISH);
	for (size_t piece = 1; piece <= s.n; piece++) {
		assert_int_equal(decode_with(&limits_default, codings, 3, s, piece, &out), 0);
		assert_int_equal(out.n, sizeof(plain) - 1);
		buf__free(&out);
	}
	assert_int_equal(decoder__new((enum coding[]){1, 1, 1, 1}, 4, &limits_default, &d), -E2BIG);
	assert_int_equal(decoder__new((enum coding[]){CODING_UNKNOWN}, 1, &limits_default, &d),
			 -ENOTSUP);
}

/* Plain bodies under a Content-Encoding; and others, which are faults. */
static void test_plain(void **state)
{
	static const struct {
		const char *in;
		int err;
	} table[] = {
		{"{\"a\":1}", 0}, {"[1]", 0}, {"data: x\n\n", 0},   {"event: x\n\n", 0}, {"{", 0},
		{"", 0},	  {"[]", 0},  {"<html>", -EBADMSG}, {"x", -EBADMSG},
	};
	static const enum coding codings[] = {CODING_GZIP, CODING_ZSTD};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		for (size_t c = 0; c < 2; c++) {
			struct span in = span_str(table[i].in);

			for (size_t piece = 1; piece <= in.n; piece++) {
				struct buf out;

				assert_int_equal(decode(codings[c], in, piece, &out), table[i].err);
				assert_int_equal(out.n, table[i].err ? 0 : in.n);
				buf__free(&out);
			}
		}
	}
}

/* 64 MiB of zeros: stopped early, in little time and memory. */
static void test_bomb(void **state)
{
	static uint8_t zeros[1 << 20], coded[1 << 17];
	const enum coding c = CODING_GZIP;
	z_stream z = {.next_out = coded, .avail_out = sizeof(coded)};
	struct timespec t0, t1;
	struct limits lim = limits_default;
	struct sink k = {};
	struct decoder *d;
	size_t before;

	deflateInit2(&z, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY);
	for (int i = 0; i < 64; i++) {
		z.next_in = zeros;
		z.avail_in = sizeof(zeros);
		deflate(&z, i == 63 ? Z_FINISH : Z_NO_FLUSH);
	}
	deflateEnd(&z);

	buf__init(&k.out, 1);
	lim.inflate_ratio = 100;
	clock_gettime(CLOCK_MONOTONIC, &t0);
	before = heap__used();
	assert_int_equal(decoder__new(&c, 1, &lim, &d), 0);
	assert_int_equal(decoder__feed(d, span(coded, sizeof(coded) - z.avail_out), 7, collect, &k),
			 -E2BIG);
	assert_true(heap__used() < before + 128 * 1024);
	assert_int_equal(decoder__feed(d, SPAN_LIT("x"), 7, collect, &k), -E2BIG);
	decoder__free(d);
	clock_gettime(CLOCK_MONOTONIC, &t1);
	assert_true(t1.tv_sec - t0.tv_sec < 3);

	lim = limits_default;
	lim.inflate_total = 100;
	assert_int_equal(decoder__new(&c, 1, &lim, &d), 0);
	assert_int_equal(decoder__feed(d, span(coded, 1000), 7, collect, &k), -E2BIG);
	decoder__free(d);
	buf__free(&k.out);
}

/* A window larger than HTTP allows is refused before memory is taken. */
static void test_zstd_window(void **state)
{
	/* RFC 8878, 3.1.1.1: no single segment, window exponent 20 (1 GiB), a raw block follows */
	static const uint8_t frame[] = {0x28, 0xb5, 0x2f, 0xfd, 0x00, 20 << 3, 9, 0, 0, 'x'};
	size_t before = heap__used();
	struct buf out;

	assert_int_equal(decode(CODING_ZSTD, span(frame, sizeof(frame)), 64, &out), -EBADMSG);
	buf__free(&out);
	assert_true(heap__used() <= before + 4096);
}

static void test_names(void **state)
{
	assert_int_equal(coding__named(SPAN_LIT("GZip")), CODING_GZIP);
	assert_int_equal(coding__named(SPAN_LIT("x-gzip")), CODING_GZIP);
	assert_int_equal(coding__named(SPAN_LIT("compress")), CODING_UNKNOWN);
	assert_int_equal(coding__named(SPAN_NONE), CODING_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),	    cmocka_unit_test(test_flush),
		cmocka_unit_test(test_several),	    cmocka_unit_test(test_stacked),
		cmocka_unit_test(test_plain),	    cmocka_unit_test(test_bomb),
		cmocka_unit_test(test_zstd_window), cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests_name("coding", tests, NULL, NULL);
}
