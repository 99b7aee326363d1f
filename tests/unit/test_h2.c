// SPDX-License-Identifier: Apache-2.0
/* HTTP/2 connections seen from their beginning, without losses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>

#include "h2_rig.h"

#define POST(path) ":method: POST\n:scheme: https\n:authority: api.example.com\n:path: " path "\n"
#define OK_JSON ":status: 200\ncontent-type: application/json\n"

static void test_basic(void **state)
{
	struct h2_rig r;

	rig__init(&r);
	rig__greet(&r);
	rig__call(&r, SIDE_REQUEST);
	rig__headers(&r, 1, 0, POST("/v1/a?x=1&key=sk-1") "content-type: application/json\n");
	rig__data(&r, 1, 0, "hel");
	rig__call(&r, SIDE_REQUEST);
	rig__data(&r, 1, H2_END_STREAM, "lo");
	rig__call(&r, SIDE_RESPONSE);
	rig__headers(&r, 1, 0, OK_JSON);
	rig__call(&r, SIDE_RESPONSE);
	rig__data(&r, 1, 0, "wor");
	rig__call(&r, SIDE_RESPONSE);
	rig__data(&r, 1, 0, "ld");
	rig__data(&r, 1, H2_END_STREAM, "");
	rig__call(&r, SIDE_REQUEST);
	rig__headers(&r, 3, H2_END_STREAM, ":method: GET\n:scheme: https\n:path: /v1/b\nhost: b\n");
	rig__call(&r, SIDE_RESPONSE);
	rig__headers(&r, 3, H2_END_STREAM, ":status: 404\n");
	rig__expect(&r, "request 1 @3-3 POST /v1/a?x=1&key= 20 host=api.example.com\n"
			"  key\n"
			"request_body 1 @3-4 hello\n"
			"request_end 1 @4\n"
			"response 1 @5-5 200 20\n"
			"response_body 1 @6-7 world\n"
			"response_end 1 @7\n"
			"end 1 @7 ok\n"
			"request 2 @8-8 GET /v1/b 20 host=b\n"
			"request_end 2 @8\n"
			"response 2 @9-9 404 20\n"
			"response_end 2 @9\n"
			"end 2 @9 ok\n");
	rig__free(&r);
}

/* What is kept of headers, and what is not. */
static void test_headers(void **state)
{
	struct h2_rig r;

	rig__init(&r);
	r.t.headers = true;
	r.t.lim.header_value = 20;
	rig__greet(&r);
	rig__call(&r, SIDE_REQUEST);
	rig__headers(&r, 1, H2_END_STREAM,
		     ":method: POST\n:scheme: https\n:authority: user:sk-1@api.example.com\n"
		     ":path: /v1/a#f\nauthorization: Bearer sk-1\ncookie: a=b\n"
		     "referer: https://a/?key=sk-2\nx-long: 123456789012345678901234567890\n"
		     "host: other\ntraceparent: 00-1-2-01\nte: trailers\n");
	rig__call(&r, SIDE_RESPONSE);
	rig__headers(&r, 1, H2_END_STREAM, ":status: 200\nset-cookie: a=b\nx-id: 7\n");
	rig__expect(&r, "request 1 @3-3 POST /v1/a 20 host=api.example.com\n"
			"  truncated\n"
			"  key\n"
			"  authorization: \n"
			"  cookie: \n"
			"  referer: https://a/?key=\n"
			"  x-long: 12345678901234567890\n"
			"  host: other\n"
			"  traceparent: 00-1-2-01\n"
			"  te: trailers\n"
			"request_end 1 @3\n"
			"response 1 @4-4 200 20\n"
			"  set-cookie: \n"
			"  x-id: 7\n"
			"response_end 1 @4\n"
			"end 1 @4 ok\n");
	rig__free(&r);
}

/* Padding, priorities, continuations, trailers, interim answers, unknown frames. */
static void test_frames(void **state)
{
	struct h2_rig r;
	struct span block;

	rig__init(&r);
	rig__greet(&r);
	rig__call(&r, SIDE_REQUEST);
	block = block__deflate(r.deflater[SIDE_REQUEST], POST("/v1/a"));
	rig__raw(&r, SPAN_LIT("\0\0\x0c\x01\x28\0\0\0\1"));
	rig__raw(&r, SPAN_LIT("\3\0\0\0\0\x10")); /* padding of 3, priority */
	rig__raw(&r, span_head(block, 3));
	rig__raw(&r, SPAN_LIT("\0\0\0"));
	rig__frame(&r, H2_CONTINUATION, 0, 1, SPAN_NONE);
	rig__frame(&r, H2_CONTINUATION, 0, 1, span_head(span_skip(block, 3), 1));
	rig__call(&r, SIDE_REQUEST);
	rig__frame(&r, H2_CONTINUATION, H2_END_HEADERS, 1, span_skip(block, 4));
	rig__frame(&r, 0xa, 0xff, 0, SPAN_LIT("whatever"));
	rig__frame(&r, H2_PRIORITY, 0, 1, SPAN_LIT("\0\0\0\0\1"));
	rig__frame(&r, H2_DATA, H2_PADDED, 1, SPAN_LIT("\4he\0\0\0\0"));
	rig__frame(&r, H2_DATA, H2_PADDED, 1, SPAN_LIT("\2\0\0"));
	rig__frame(&r, H2_DATA, H2_PADDED, 1, SPAN_LIT("\0llo"));
	rig__headers(&r, 1, H2_END_STREAM, "x-checksum: 1\n");
	rig__call(&r, SIDE_RESPONSE);
	rig__headers(&r, 1, 0, ":status: 100\n");
	rig__headers(&r, 1, 0, ":status: 103\nlink: x\n");
	rig__headers(&r, 1, 0, ":status: 200\n");
	rig__frame(&r, H2_PING, 0, 0, SPAN_LIT("12345678"));
	rig__data(&r, 1, 0, "ok");
	rig__headers(&r, 1, H2_END_STREAM, "grpc-status: 0\n");
	rig__expect(&r, "request 1 @3-4 POST /v1/a 20 host=api.example.com\n"
			"request_body 1 @4-4 hello\n"
			"request_end 1 @4\n"
			"response 1 @5-5 200 20\n"
			"response_body 1 @5-5 ok\n"
			"response_end 1 @5\n"
			"end 1 @5 ok\n");
	rig__free(&r);
}

static void test_interleaved(void **state)
{
	struct h2_rig r;

	rig__init(&r);
	r.t.want = "/v1";
	rig__greet(&r);
	rig__call(&r, SIDE_REQUEST);
	rig__headers(&r, 1, 0, POST("/v1/a"));
	rig__headers(&r, 3, 0, POST("/other"));
	rig__headers(&r, 5, 0, POST("/v1/c"));
	rig__data(&r, 5, H2_END_STREAM, "five");
	rig__data(&r, 3, H2_END_STREAM, "three");
	/* answered before its request has ended */
	rig__call(&r, SIDE_RESPONSE);
	rig__headers(&r, 1, 0, OK_JSON);
	rig__headers(&r, 3, 0, OK_JSON);
	rig__data(&r, 1, 0, "1");
	rig__headers(&r, 5, 0, OK_JSON);
	rig__data(&r, 3, H2_END_STREAM, "3");
	rig__data(&r, 5, H2_END_STREAM, "5");
	rig__data(&r, 1, H2_END_STREAM, "1");
	rig__call(&r, SIDE_REQUEST);
	rig__data(&r, 1, H2_END_STREAM, "one");
	rig__expect(&r, "request 1 @3-3 POST /v1/a 20 host=api.example.com\n"
			"request 3 @3-3 POST /v1/c 20 host=api.example.com\n"
			"request_body 3 @3-3 five\n"
			"request_end 3 @3\n"
			"response 1 @4-4 200 20\n"
			"response_body 1 @4-4 1\n"
			"response 3 @4-4 200 20\n"
			"response_body 3 @4-4 5\n"
			"response_end 3 @4\n"
			"end 3 @4 ok\n"
			"response_body 1 @4-4 1\n"
			"response_end 1 @4\n"
			"request_body 1 @5-5 one\n"
			"request_end 1 @5\n"
			"end 1 @5 ok\n");
	rig__free(&r);
}

/* curl does not wait for the frame that ends the stream. */
static void test_reset_behind_content_length(void **state)
{
	struct h2_rig r;

	rig__init(&r);
	rig__greet(&r);
	rig__call(&r, SIDE_REQUEST);
	rig__headers(&r, 1, H2_END_STREAM, POST("/v1/whole"));
	rig__headers(&r, 3, H2_END_STREAM, POST("/v1/cut"));
	rig__call(&r, SIDE_RESPONSE);
	rig__headers(&r, 1, 0, ":status: 200\ncontent-length: 3\n");
	rig__headers(&r, 3, 0, ":status: 200\ncontent-length: 4\n");
	rig__data(&r, 1, 0, "one");
	rig__data(&r, 3, 0, "one");
	rig__call(&r, SIDE_REQUEST);
	rig__frame(&r, H2_RST_STREAM, 0, 1, SPAN_LIT("\0\0\0\x8"));
	rig__frame(&r, H2_RST_STREAM, 0, 3, SPAN_LIT("\0\0\0\x8"));
	rig__expect(&r, "request 1 @3-3 POST /v1/whole 20 host=api.example.com\n"
			"request_end 1 @3\n"
			"request 2 @3-3 POST /v1/cut 20 host=api.example.com\n"
			"request_end 2 @3\n"
			"response 1 @4-4 200 20\n"
			"response 2 @4-4 200 20\n"
			"response_body 1 @4-4 one\n"
			"response_body 2 @4-4 one\n"
			"response_end 1 @5\n"
			"end 1 @5 ok\n"
			"end 2 @5 client\n");
	rig__free(&r);
}

static void test_resets(void **state)
{
	struct h2_rig r;

	rig__init(&r);
	rig__greet(&r);
	rig__call(&r, SIDE_REQUEST);
	rig__headers(&r, 1, H2_END_STREAM, POST("/v1/client"));
	rig__headers(&r, 3, H2_END_STREAM, POST("/v1/server"));
	rig__headers(&r, 5, 0, POST("/v1/early"));
	rig__headers(&r, 7, H2_END_STREAM, POST("/v1/goaway"));
	rig__headers(&r, 9, H2_END_STREAM, POST("/v1/goaway"));
	rig__headers(&r, 11, H2_END_STREAM, POST("/v1/close"));
	rig__frame(&r, H2_RST_STREAM, 0, 1, SPAN_LIT("\0\0\0\x8"));
	rig__call(&r, SIDE_RESPONSE);
	rig__headers(&r, 3, 0, OK_JSON);
	rig__frame(&r, H2_RST_STREAM, 0, 3, SPAN_LIT("\0\0\0\2"));
	rig__headers(&r, 5, H2_END_STREAM, ":status: 413\n");
	rig__frame(&r, H2_RST_STREAM, 0, 5, SPAN_LIT("\0\0\0\0"));
	rig__frame(&r, H2_GOAWAY, 0, 0, SPAN_LIT("\x7f\xff\xff\xff\0\0\0\0bye"));
	rig__headers(&r, 7, 0, OK_JSON);
	rig__frame(&r, H2_GOAWAY, 0, 0, SPAN_LIT("\0\0\0\7\0\0\0\0"));
	rig__close(&r, CONN_END_SERVER);
	rig__expect(&r, "request 1 @3-3 POST /v1/client 20 host=api.example.com\n"
			"request_end 1 @3\n"
			"request 2 @3-3 POST /v1/server 20 host=api.example.com\n"
			"request_end 2 @3\n"
			"request 3 @3-3 POST /v1/early 20 host=api.example.com\n"
			"request 4 @3-3 POST /v1/goaway 20 host=api.example.com\n"
			"request_end 4 @3\n"
			"request 5 @3-3 POST /v1/goaway 20 host=api.example.com\n"
			"request_end 5 @3\n"
			"request 6 @3-3 POST /v1/close 20 host=api.example.com\n"
			"request_end 6 @3\n"
			"end 1 @3 client\n"
			"response 2 @4-4 200 20\n"
			"end 2 @4 server\n"
			"response 3 @4-4 413 20\n"
			"response_end 3 @4\n"
			"end 3 @4 ok\n"
			"response 4 @4-4 200 20\n"
			"end 5 @4 unanswered\n"
			"end 6 @4 unanswered\n"
			"end 4 @5 server\n");
	rig__free(&r);
}

/* What a server pushes is nobody's call, but its headers fill the table. */
static void test_push(void **state)
{
	struct h2_rig r;
	struct span block;
	uint8_t payload[512] = {0, 0, 0, 2};

	rig__init(&r);
	r.t.headers = true;
	rig__greet(&r);
	rig__call(&r, SIDE_REQUEST);
	rig__headers(&r, 1, H2_END_STREAM, POST("/v1/a"));
	rig__call(&r, SIDE_RESPONSE);
	block = block__deflate(r.deflater[SIDE_RESPONSE], POST("/pushed") "x-new: 1\n");
	memcpy(payload + 4, block.p, block.n);
	rig__frame(&r, H2_PUSH_PROMISE, H2_END_HEADERS, 1, span(payload, block.n + 4));
	rig__headers(&r, 2, 0, ":status: 200\nx-other: 2\n");
	rig__data(&r, 2, H2_END_STREAM, "pushed");
	rig__headers(&r, 1, H2_END_STREAM, ":status: 200\nx-new: 1\nx-other: 2\n");
	rig__expect(&r, "request 1 @3-3 POST /v1/a 20 host=api.example.com\n"
			"request_end 1 @3\n"
			"response 1 @4-4 200 20\n"
			"  x-new: 1\n"
			"  x-other: 2\n"
			"response_end 1 @4\n"
			"end 1 @4 ok\n");
	rig__free(&r);
}

/* gzip of "hello" */
#define GZIP "\x1f\x8b\x08\0\0\0\0\0\0\x03\xcb\x48\xcd\xc9\xc9\x07\0\x86\xa6\x10\x36\x05\0\0\0"

static void test_coding(void **state)
{
	struct h2_rig r;

	rig__init(&r);
	rig__greet(&r);
	rig__call(&r, SIDE_REQUEST);
	rig__headers(&r, 1, H2_END_STREAM, POST("/v1/a"));
	rig__headers(&r, 3, H2_END_STREAM, POST("/v1/b"));
	rig__headers(&r, 5, H2_END_STREAM, ":method: HEAD\n:scheme: https\n:path: /v1/c\n");
	rig__call(&r, SIDE_RESPONSE);
	rig__headers(&r, 1, 0, ":status: 200\ncontent-encoding: gzip\n");
	rig__headers(&r, 3, 0, ":status: 200\ncontent-encoding: rot13\n");
	rig__headers(&r, 5, H2_END_STREAM, ":status: 200\ncontent-encoding: gzip\n");
	rig__frame(&r, H2_DATA, 0, 1, span_head(SPAN_LIT(GZIP), 14));
	rig__data(&r, 3, H2_END_STREAM, "xxx");
	rig__frame(&r, H2_DATA, H2_END_STREAM, 1, span_skip(SPAN_LIT(GZIP), 14));
	rig__expect(&r, "request 1 @3-3 POST /v1/a 20 host=api.example.com\n"
			"request_end 1 @3\n"
			"request 2 @3-3 POST /v1/b 20 host=api.example.com\n"
			"request_end 2 @3\n"
			"request 3 @3-3 HEAD /v1/c 20 host=?\n"
			"request_end 3 @3\n"
			"response 1 @4-4 200 20\n"
			"response 2 @4-4 200 20\n"
			"response 3 @4-4 200 20\n"
			"response_end 3 @4\n"
			"end 3 @4 ok\n"
			"response_body 1 @4-4 hel\n"
			"response_end 2 @4 coding\n"
			"end 2 @4 ok\n"
			"response_body 1 @4-4 lo\n"
			"response_end 1 @4\n"
			"end 1 @4 ok\n");
	rig__free(&r);
}

/* Tables larger than the default, and the way back. */
static void test_table_size(void **state)
{
	struct h2_rig r;
	char path[256];

	rig__init(&r);
	rig__greet(&r);
	rig__call(&r, SIDE_RESPONSE);
	rig__frame(&r, H2_SETTINGS, 0, 0, SPAN_LIT("\0\4\0\1\0\0\0\1\0\2\0\0"));
	nghttp2_hd_deflate_del(r.deflater[SIDE_REQUEST]);
	assert_int_equal(nghttp2_hd_deflate_new(&r.deflater[SIDE_REQUEST], 128 << 10), 0);
	nghttp2_hd_deflate_change_table_size(r.deflater[SIDE_REQUEST], 128 << 10);
	rig__call(&r, SIDE_REQUEST);
	for (uint32_t i = 0; i < 600; i++) {
		snprintf(path, sizeof(path), "x-%u: %0200u\n", i, i);
		rig__headers(&r, 1, 0, path);
	}
	rig__headers(&r, 3, H2_END_STREAM, POST("/v1/a") "x-100: y\n");
	nghttp2_hd_deflate_change_table_size(r.deflater[SIDE_REQUEST], 0);
	rig__headers(&r, 5, H2_END_STREAM, POST("/v1/b"));
	nghttp2_hd_deflate_change_table_size(r.deflater[SIDE_REQUEST], 4096);
	rig__headers(&r, 7, H2_END_STREAM, POST("/v1/b"));
	rig__headers(&r, 9, H2_END_STREAM, POST("/v1/b"));
	rig__expect(&r, "request 1 @4-4 POST /v1/a 20 host=api.example.com\n"
			"request_end 1 @4\n"
			"request 2 @4-4 POST /v1/b 20 host=api.example.com\n"
			"request_end 2 @4\n"
			"request 3 @4-4 POST /v1/b 20 host=api.example.com\n"
			"request_end 3 @4\n"
			"request 4 @4-4 POST /v1/b 20 host=api.example.com\n"
			"request_end 4 @4\n"
			"end 1 @5 capture\n"
			"end 2 @5 capture\n"
			"end 3 @5 capture\n"
			"end 4 @5 capture\n");
	rig__free(&r);
}

static void test_connect(void **state)
{
	struct h2_rig r;

	rig__init(&r);
	rig__greet(&r);
	rig__call(&r, SIDE_REQUEST);
	rig__headers(&r, 1, 0, ":method: CONNECT\n:authority: a:443\n");
	rig__call(&r, SIDE_RESPONSE);
	rig__headers(&r, 1, 0, ":status: 200\n");
	rig__call(&r, SIDE_REQUEST);
	rig__data(&r, 1, 0, "tunnel");
	rig__expect(&r, "request 1 @3-3 CONNECT ? 20 host=a:443\n"
			"response 1 @4-4 200 20\n"
			"upgrade 1 @4 CONNECT\n"
			"end 1 @4 ok\n");
	rig__free(&r);
}

#define EXTENDED                                                                            \
	":method: CONNECT\n:protocol: websocket\n:scheme: https\n:path: /v1/realtime?m=1\n" \
	":authority: a\nsec-websocket-version: 13\n"

static void test_websocket(void **state)
{
	struct h2_rig r;

	rig__init(&r);
	r.t.headers = true;
	rig__greet(&r);
	rig__call(&r, SIDE_REQUEST);
	rig__headers(&r, 1, 0, EXTENDED);
	rig__headers(&r, 3, 0, EXTENDED);
	rig__call(&r, SIDE_RESPONSE);
	rig__headers(&r, 1, 0, ":status: 200\n");
	rig__headers(&r, 3, 0, ":status: 403\n");
	rig__data(&r, 3, H2_END_STREAM, "no");
	rig__call(&r, SIDE_REQUEST);
	rig__frame(&r, H2_DATA, 0, 1, SPAN_LIT("\x81\x82\0\0\0\0hi"));
	rig__call(&r, SIDE_RESPONSE);
	rig__frame(&r, H2_DATA, 0, 1, SPAN_LIT("\x81\x05hel"));
	rig__frame(&r, H2_DATA, H2_END_STREAM, 1, SPAN_LIT("lo"));
	rig__expect(&r, "request 1 @3-3 GET /v1/realtime?m=1 20 host=a\n"
			"  sec-websocket-version: 13\n"
			"  upgrade: websocket\n"
			"request_end 1 @3\n"
			"request 2 @3-3 GET /v1/realtime?m=1 20 host=a\n"
			"  sec-websocket-version: 13\n"
			"  upgrade: websocket\n"
			"request_end 2 @3\n"
			"response 1 @4-4 200 20\n"
			"upgrade 1 @4 websocket\n"
			"response 2 @4-4 403 20\n"
			"response_body 2 @4-4 no\n"
			"response_end 2 @4\n"
			"end 2 @4 ok\n"
			"message 1 request @5-5 hi\n"
			"message 1 response @6-6 hello\n"
			"end 1 @6 server\n");
	rig__free(&r);
}

/* Not HTTP/2 after all. */
static void test_malformed(void **state)
{
	struct h2_rig r;

	rig__init(&r);
	rig__call(&r, SIDE_REQUEST);
	rig__raw(&r, SPAN_LIT("PRI * HTTP/2.0\r\n\r\nxx"));
	rig__expect(&r, "closed: Bad message\n");
	rig__free(&r);

	/* padding longer than the frame; then a frame where a call begins */
	rig__init(&r);
	rig__greet(&r);
	rig__call(&r, SIDE_REQUEST);
	rig__headers(&r, 1, 0, POST("/v1/a"));
	rig__frame(&r, H2_DATA, H2_PADDED, 1, SPAN_LIT("\5hi\0\0"));
	rig__call(&r, SIDE_REQUEST);
	rig__headers(&r, 3, H2_END_STREAM, POST("/v1/b"));
	rig__close(&r, CONN_END_UNSURE);
	rig__expect(&r, "request 1 @3-3 POST /v1/a 20 host=api.example.com\n"
			"end 1 @3 protocol\n"
			"request 2 @4-4 POST /v1/b 20 host=?\n"
			"request_end 2 @4\n"
			"end 2 @5 unanswered\n");
	rig__free(&r);

	/* an answer without a status; something between the frames of a block */
	rig__init(&r);
	rig__greet(&r);
	rig__call(&r, SIDE_REQUEST);
	rig__headers(&r, 1, H2_END_STREAM, POST("/v1/a"));
	rig__headers(&r, 3, H2_END_STREAM, POST("/v1/b"));
	rig__call(&r, SIDE_RESPONSE);
	rig__headers(&r, 1, 0, "x: y\n");
	rig__frame(&r, H2_HEADERS, 0, 3, SPAN_LIT("\x88"));
	rig__frame(&r, H2_PING, 0, 0, SPAN_LIT("12345678"));
	rig__expect(&r, "request 1 @3-3 POST /v1/a 20 host=api.example.com\n"
			"request_end 1 @3\n"
			"request 2 @3-3 POST /v1/b 20 host=api.example.com\n"
			"request_end 2 @3\n"
			"end 1 @4 protocol\n"
			"end 2 @4 protocol\n");
	rig__free(&r);
}

/* RFC 7540, 3.2: the exchange of the HTTP/1 upgrade is stream 1. */
static void test_upgraded(void **state)
{
	struct conn conn = {.request_dir = DIR_WRITE};
	struct http1_ctx ctx = {.ops = &log_ops};
	struct http_log log;
	struct h2_rig r;
	struct log_x *x;
	void *s;

	rig__init(&r);
	rig__greet(&r);
	rig__call(&r, SIDE_RESPONSE);
	rig__headers(&r, 1, 0, OK_JSON);
	rig__data(&r, 1, H2_END_STREAM, "ok");
	log__init(&log, NULL);
	ctx.ctx = &log;
	x = calloc(1, sizeof(*x));
	x->log = &log;
	x->id = 1;
	x->done[SIDE_REQUEST] = true;
	log.open++;
	assert_int_equal(h2__open_upgraded(&ctx, &conn, &limits_default, x, &s), 0);
	assert_true(http2_protocol.busy(s));
	for (unsigned int i = 0; i < r.t.n_steps; i++)
		assert_int_equal(http2_protocol.feed(s, r.t.steps[i].side,
						     buf__span(&r.t.steps[i].bytes), true, i + 1),
				 0);
	http2_protocol.finish(s, CONN_END_CLIENT, 9);
	http2_protocol.free(s);
	assert_string_equal(log__string(&log), "response 1 @3-3 200 20\n"
					       "response_body 1 @3-3 ok\n"
					       "response_end 1 @3\n"
					       "end 1 @3 ok\n");
	log__free(&log);
	assert_int_equal(h2__open_upgraded(&ctx, &conn, &limits_default, NULL, &s), 0);
	assert_false(http2_protocol.busy(s));
	http2_protocol.finish(s, CONN_END_CLIENT, 9);
	http2_protocol.free(s);
	rig__free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_basic),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_interleaved),
		cmocka_unit_test(test_resets),
		cmocka_unit_test(test_reset_behind_content_length),
		cmocka_unit_test(test_push),
		cmocka_unit_test(test_coding),
		cmocka_unit_test(test_table_size),
		cmocka_unit_test(test_connect),
		cmocka_unit_test(test_websocket),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_upgraded),
	};

	return cmocka_run_group_tests_name("h2", tests, NULL, NULL);
}
