// SPDX-License-Identifier: Apache-2.0
/* HTTP/2 connections of which not all is seen: losses, the middle of one, quiet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>

#include "h2_rig.h"

#define POST(path) ":method: POST\n:scheme: https\n:authority: a\n:path: " path "\n"

/* One request and the head of its answer. */
static void begin(struct h2_rig *r)
{
	rig__init(r);
	rig__greet(r);
	rig__call(r, SIDE_REQUEST);
	rig__headers(r, 1, H2_END_STREAM, POST("/v1/a"));
	rig__call(r, SIDE_RESPONSE);
	rig__headers(r, 1, 0, ":status: 200\nx-a: 1\n");
}

#define BEGUN                                   \
	"request 1 @3-3 POST /v1/a 20 host=a\n" \
	"request_end 1 @3\n"                    \
	"response 1 @4-4 200 20\n"

/* Of known size, and within the content of a frame: only that body misses something. */
static void test_in_data(void **state)
{
	struct h2_rig r;

	begin(&r);
	rig__raw(&r, SPAN_LIT("\0\0\x0a\0\0\0\0\0\1hel"));
	rig__gap(&r, SIDE_RESPONSE, 5);
	rig__call(&r, SIDE_RESPONSE);
	rig__raw(&r, SPAN_LIT("ld"));
	rig__raw(&r, SPAN_LIT("\0\0\x05\0\x01\0\0\0\1"));
	rig__gap(&r, SIDE_RESPONSE, 5);
	rig__call(&r, SIDE_REQUEST);
	rig__headers(&r, 3, H2_END_STREAM, POST("/v1/a"));
	rig__call(&r, SIDE_RESPONSE);
	rig__headers(&r, 3, H2_END_STREAM, ":status: 200\nx-a: 1\n");
	rig__expect(&r, BEGUN "response_body 1 @4-4 hel\n"
			      "gap 1 response 5\n"
			      "response_body 1 @6-6 ld\n"
			      "gap 1 response 5\n"
			      "response_end 1 @7 gap\n"
			      "end 1 @7 ok\n"
			      "request 2 @8-8 POST /v1/a 20 host=a\n"
			      "request_end 2 @8\n"
			      "response 2 @9-9 200 20\n"
			      "response_end 2 @9\n"
			      "end 2 @9 ok\n");
	rig__free(&r);
}

/* Of unknown size, or past a frame's end: the next frame is searched for where calls begin. */
static void test_across_frames(void **state)
{
	for (int known = 0; known < 2; known++) {
		struct h2_rig r;

		begin(&r);
		rig__headers(&r, 99, 0, ":status: 204\nx-gone: 1\n");
		rig__call(&r, SIDE_REQUEST);
		rig__headers(&r, 3, 0, POST("/v1/b"));
		rig__data(&r, 3, 0, "up");
		rig__gap(&r, SIDE_RESPONSE, known ? 70 : 0);
		rig__call(&r, SIDE_RESPONSE);
		rig__raw(&r, SPAN_LIT("the rest of a frame\0\0\x02\0\1\0\0\0\1no"));
		rig__call(&r, SIDE_RESPONSE);
		rig__data(&r, 1, H2_END_STREAM, "yes");
		/* x-gone is not known any more; what is new, is */
		r.t.headers = true;
		rig__headers(&r, 3, 0, ":status: 200\nx-gone: 1\nx-new: 2\n");
		rig__headers(&r, 5, 0, ":status: 200\nx-gone: 1\nx-new: 2\n");
		rig__data(&r, 3, 0, "down");
		rig__gap(&r, SIDE_REQUEST, known ? 70 : 0);
		rig__call(&r, SIDE_RESPONSE);
		rig__data(&r, 3, H2_END_STREAM, "");
		rig__expect(&r, "request 1 @3-3 POST /v1/a 20 host=a\n"
				"request_end 1 @3\n"
				"response 1 @4-4 200 20\n"
				"  x-a: 1\n"
				"request 2 @5-5 POST /v1/b 20 host=a\n"
				"request_body 2 @5-5 up\n"
				"gap 1 response 0\n"
				"gap 2 response 0\n"
				"response_body 1 @8-8 yes\n"
				"response_end 1 @8 gap\n"
				"end 1 @8 ok\n"
				"response 2 @8-8 200 20\n"
				"  x-new: 2\n"
				"response_body 2 @8-8 down\n"
				"gap 2 request 0\n"
				"request_end 2 @10 gap\n"
				"response_end 2 @10\n"
				"end 2 @10 ok\n");
		rig__free(&r);
	}
}

/* Within headers: the place is known, what the table then held is not. */
static void test_in_headers(void **state)
{
	struct h2_rig r;
	struct span block;

	begin(&r);
	rig__call(&r, SIDE_REQUEST);
	block = block__deflate(r.deflater[SIDE_REQUEST], POST("/v1/lost") "x-b: 12345678\n");
	rig__raw(&r, SPAN_LIT("\0\0"));
	rig__raw(&r, span((uint8_t[]){(uint8_t)block.n}, 1));
	rig__raw(&r, SPAN_LIT("\1\5\0\0\0\3"));
	rig__raw(&r, span_head(block, 5));
	rig__gap(&r, SIDE_REQUEST, 4);
	rig__call(&r, SIDE_REQUEST);
	rig__raw(&r, span_skip(block, 9));
	rig__headers(&r, 5, H2_END_STREAM, POST("/v1/c"));
	rig__headers(&r, 7, H2_END_STREAM, POST("/v1/d"));
	rig__call(&r, SIDE_RESPONSE);
	block = block__deflate(r.deflater[SIDE_RESPONSE], ":status: 200\nx-c: 1\n");
	rig__raw(&r, SPAN_LIT("\0\0"));
	rig__raw(&r, span((uint8_t[]){(uint8_t)block.n}, 1));
	rig__raw(&r, SPAN_LIT("\1\4\0\0\0\5"));
	rig__gap(&r, SIDE_RESPONSE, block.n);
	rig__call(&r, SIDE_RESPONSE);
	rig__data(&r, 5, H2_END_STREAM, "whose status is not known");
	rig__headers(&r, 7, H2_END_STREAM, ":status: 429\n");
	rig__headers(&r, 1, H2_END_STREAM, "x-trailer: 1\n");
	rig__expect(&r, BEGUN "request 2 @7-7 POST /v1/c 20 host=?\n"
			      "request_end 2 @7\n"
			      "request 3 @7-7 POST /v1/d 20 host=?\n"
			      "request_end 3 @7\n"
			      "end 2 @10 lost\n"
			      "response 3 @10-10 429 20\n"
			      "response_end 3 @10\n"
			      "end 3 @10 ok\n"
			      "response_end 1 @10\n"
			      "end 1 @10 ok\n");
	rig__free(&r);
}

/* Indices refer to what was said before: not known. To what was said since: known. */
static void test_midstream(void **state)
{
	struct h2_rig r;

	rig__init(&r);
	rig__greet(&r);
	rig__call(&r, SIDE_REQUEST);
	rig__join(&r);
	r.t.headers = true;
	rig__call(&r, SIDE_RESPONSE);
	rig__raw(&r, SPAN_LIT("data: {\"x\":1}\n\n"));
	rig__call(&r, SIDE_REQUEST);
	/* POST, https, an index, an index; x: y, remembered */
	rig__frame(&r, H2_HEADERS, 5, 11, SPAN_LIT("\x83\x87\xbf\xbe\x40\1x\1y"));
	rig__call(&r, SIDE_RESPONSE);
	/* an index, which may be a status; y: z */
	rig__frame(&r, H2_HEADERS, 4, 11, SPAN_LIT("\xc0\x40\1y\1z"));
	rig__frame(&r, H2_DATA, 1, 11, SPAN_LIT("body"));
	rig__call(&r, SIDE_REQUEST);
	/* path /v1/b and authority b, both remembered; GET without them; x again */
	rig__frame(&r, H2_HEADERS, 5, 13, SPAN_LIT("\x82\x87\x44\5/v1/b\x41\1b\xc0"));
	rig__frame(&r, H2_HEADERS, 5, 15, SPAN_LIT("\x82\x87\xbf\xbe\xc0\xc1"));
	/* an unknown name with a known value; an unknown method */
	rig__frame(&r, H2_HEADERS, 5, 17, SPAN_LIT("\xff\2\x87\xbf\x7f\x10\1v"));
	rig__call(&r, SIDE_RESPONSE);
	rig__frame(&r, H2_HEADERS, 5, 13, SPAN_LIT("\x88\xbe"));
	/* trailers of what nobody asked for */
	rig__frame(&r, H2_HEADERS, 5, 9, SPAN_LIT("\xbe"));
	rig__frame(&r, H2_HEADERS, 5, 15, SPAN_LIT("\xc5\xbe"));
	rig__expect(&r, "request 1 @2-2 POST ? 20 host=?\n"
			"  x: y\n"
			"request_end 1 @2\n"
			"response 1 @3-3 -1 20\n"
			"  y: z\n"
			"response_body 1 @3-3 body\n"
			"response_end 1 @3\n"
			"end 1 @3 ok\n"
			"request 2 @4-4 GET /v1/b 20 host=b\n"
			"  x: y\n"
			"request_end 2 @4\n"
			"request 3 @4-4 GET /v1/b 20 host=b\n"
			"  x: y\n"
			"request_end 3 @4\n"
			"request 4 @4-4 ? /v1/b 20 host=?\n"
			"request_end 4 @4\n"
			"response 2 @5-5 200 20\n"
			"  y: z\n"
			"response_end 2 @5\n"
			"end 2 @5 ok\n"
			"end 3 @5 lost\n"
			"end 4 @6 capture\n");
	rig__free(&r);
}

/* A table larger than the usual: one head is lost to find that out. */
static void test_midstream_deep(void **state)
{
	struct h2_rig r;

	rig__init(&r);
	rig__join(&r);
	for (int i = 0; i < 2; i++) {
		rig__call(&r, SIDE_REQUEST);
		rig__frame(&r, H2_HEADERS, 5, (uint32_t)(2 * i + 1),
			   SPAN_LIT("\x83\x87\x04\2/a\xff\xf3\5"));
	}
	rig__expect(&r, "request 1 @2-2 POST /a 20 host=?\n"
			"request_end 1 @2\n"
			"end 1 @3 capture\n");
	rig__free(&r);
}

/* The first wanted request of a connection that was quiet: an answer that never shows was lost. */
static void test_answered_in_quiet(void **state)
{
	struct h2_rig r;

	rig__init(&r);
	r.t.want = "/v1";
	rig__greet(&r);
	rig__call(&r, SIDE_REQUEST);
	rig__headers(&r, 1, H2_END_STREAM, POST("/other"));
	rig__call(&r, SIDE_REQUEST);
	rig__headers(&r, 3, H2_END_STREAM, POST("/v1/b"));
	rig__quiet(&r, SIDE_RESPONSE);
	rig__expect(&r, "request 2 @4-4 POST /v1/b 20 host=a\n"
			"request_end 2 @4\n"
			"end 2 @6 lost\n");
	rig__free(&r);
}

/* A wanted answer is found by its stream's number also where it stands behind the rest of another
 * frame; what merely looks like a frame there is not. */
static void test_awaited(void **state)
{
	struct h2_rig r;

	begin(&r);
	rig__call(&r, SIDE_REQUEST);
	rig__headers(&r, 3, H2_END_STREAM, POST("/v1/b"));
	rig__gap(&r, SIDE_RESPONSE, 0);
	rig__call(&r, SIDE_RESPONSE);
	rig__raw(&r, SPAN_LIT("the rest of a frame\0\0\x01\1\4\0\0\0\x7\x88 and so on"));
	rig__headers(&r, 3, 0, ":status: 200\n");
	rig__data(&r, 3, H2_END_STREAM, "found");
	rig__expect(&r, "request 1 @3-3 POST /v1/a 20 host=a\n"
			"request_end 1 @3\n"
			"response 1 @4-4 200 20\n"
			"request 2 @5-5 POST /v1/b 20 host=a\n"
			"request_end 2 @5\n"
			"gap 1 response 0\n"
			"gap 2 response 0\n"
			"response 2 @7-7 200 20\n"
			"response_body 2 @7-7 found\n"
			"response_end 2 @7\n"
			"end 2 @7 ok\n"
			"end 1 @8 lost\n");
	rig__free(&r);
}

/* What was taken for a frame is none: nothing of that call is believed any more, however it is cut.
 */
static void test_misread_call(void **state)
{
	struct h2_rig r;

	begin(&r);
	rig__call(&r, SIDE_REQUEST);
	rig__headers(&r, 3, H2_END_STREAM, POST("/v1/b"));
	rig__gap(&r, SIDE_RESPONSE, 0);
	rig__call(&r, SIDE_RESPONSE);
	rig__frame(&r, H2_PING, 0, 0, SPAN_LIT("12345678"));
	rig__raw(&r, SPAN_LIT("no frame at all"));
	rig__headers(&r, 3, 0, ":status: 200\n");
	rig__call(&r, SIDE_RESPONSE);
	rig__raw(&r, SPAN_LIT("the rest of a frame"));
	rig__headers(&r, 3, H2_END_STREAM, ":status: 200\nx-a: 1\n");
	rig__expect(&r, BEGUN "request 2 @5-5 POST /v1/b 20 host=a\n"
			      "request_end 2 @5\n"
			      "gap 1 response 0\n"
			      "gap 2 response 0\n"
			      "gap 1 response 0\n"
			      "gap 2 response 0\n"
			      "response 2 @8-8 200 20\n"
			      "response_end 2 @8\n"
			      "end 2 @8 ok\n"
			      "end 1 @9 lost\n");
	rig__free(&r);
}

/* The beginning is met later than the connection's. */
static void test_midstream_preface(void **state)
{
	struct h2_rig r;

	rig__init(&r);
	r.t.midstream = true;
	rig__call(&r, SIDE_REQUEST);
	rig__raw(&r, SPAN_LIT("whatever"));
	rig__greet(&r);
	rig__call(&r, SIDE_REQUEST);
	rig__headers(&r, 1, H2_END_STREAM, POST("/v1/a"));
	rig__call(&r, SIDE_RESPONSE);
	rig__headers(&r, 1, H2_END_STREAM, ":status: 200\n");
	rig__expect(&r, "request 1 @4-4 POST /v1/a 20 host=a\n"
			"request_end 1 @4\n"
			"response 1 @5-5 200 20\n"
			"response_end 1 @5\n"
			"end 1 @5 ok\n");
	rig__free(&r);
}

/* Nothing was wanted: all may be left out but requests' headers, so that their table holds; that of
 * answers does not. */
static void test_quiet(void **state)
{
	struct h2_rig r;

	rig__init(&r);
	r.t.want = "/v1";
	r.t.headers = true;
	r.t.lim.h2_heard = 0;
	rig__greet(&r);
	rig__unwanted(&r, false);
	rig__call(&r, SIDE_REQUEST);
	rig__headers(&r, 1, 0, POST("/other") "x: y\n");
	rig__unwanted(&r, true);
	rig__call(&r, SIDE_REQUEST);
	rig__raw(&r, SPAN_LIT("\0\0\x0a\0\1\0\0\0\1upl"));
	rig__unwanted(&r, true);
	rig__call(&r, SIDE_RESPONSE);
	rig__headers(&r, 1, 0, ":status: 200\nx-a: 1\n");
	rig__unwanted(&r, true);
	rig__quiet(&r, SIDE_REQUEST);
	block__deflate(r.deflater[SIDE_RESPONSE], ":status: 200\nx-gone: 1\n");
	rig__call(&r, SIDE_REQUEST);
	rig__headers(&r, 3, H2_END_STREAM, POST("/v1/b") "x: y\n");
	rig__unwanted(&r, false);
	rig__quiet(&r, SIDE_RESPONSE);
	rig__call(&r, SIDE_RESPONSE);
	rig__headers(&r, 3, 0, ":status: 200\nx-gone: 1\nx-new: 1\n");
	rig__data(&r, 3, H2_END_STREAM, "b");
	/* where one was wanted, the next may be */
	rig__unwanted(&r, false);
	rig__call(&r, SIDE_REQUEST);
	rig__headers(&r, 5, H2_END_STREAM, POST("/other"));
	rig__unwanted(&r, false);
	rig__expect(&r, "request 2 @11-11 POST /v1/b 20 host=a\n"
			"  x: y\n"
			"request_end 2 @11\n"
			"response 2 @14-14 200 20\n"
			"  x-new: 1\n"
			"response_body 2 @14-14 b\n"
			"response_end 2 @14\n"
			"end 2 @14 ok\n");
	rig__free(&r);
}

/* The coding was said before, but shows. */
static void test_midstream_coding(void **state)
{
	struct h2_rig r;

	rig__init(&r);
	rig__join(&r);
	rig__call(&r, SIDE_REQUEST);
	for (uint32_t id = 1; id < 9; id += 2)
		rig__frame(&r, H2_HEADERS, 5, id, SPAN_LIT("\x83\x87\x04\2/a"));
	rig__call(&r, SIDE_RESPONSE);
	for (uint32_t id = 1; id < 9; id += 2)
		rig__frame(&r, H2_HEADERS, 4, id, SPAN_LIT("\x88\xbe"));
	rig__frame(&r, H2_DATA, 1, 1,
		   SPAN_LIT("\x1f\x8b\x08\0\0\0\0\0\0\x03\xcb\x48\xcd\xc9\xc9\x07\0\x86\xa6\x10"
			    "\x36\x05\0\0\0"));
	rig__frame(&r, H2_DATA, 1, 3, SPAN_LIT("{}"));
	rig__frame(&r, H2_DATA, 1, 5, SPAN_LIT("\x1f\x8b"));
	rig__frame(&r, H2_DATA, 0, 7, SPAN_LIT("\x28\xb5"));
	rig__gap(&r, SIDE_RESPONSE, 0);
	rig__expect(&r, "request 1 @1-1 POST /a 20 host=?\n"
			"request_end 1 @1\n"
			"request 2 @1-1 POST /a 20 host=?\n"
			"request_end 2 @1\n"
			"request 3 @1-1 POST /a 20 host=?\n"
			"request_end 3 @1\n"
			"request 4 @1-1 POST /a 20 host=?\n"
			"request_end 4 @1\n"
			"response 1 @2-2 200 20\n"
			"response 2 @2-2 200 20\n"
			"response 3 @2-2 200 20\n"
			"response 4 @2-2 200 20\n"
			"response_body 1 @2-2 hello\n"
			"response_end 1 @2\n"
			"end 1 @2 ok\n"
			"response_body 2 @2-2 {}\n"
			"response_end 2 @2\n"
			"end 2 @2 ok\n"
			"response_body 3 @2-2 \\x1f\\x8b\n"
			"response_end 3 @2\n"
			"end 3 @2 ok\n"
			"response_body 4 @3-3 (\\xb5\n"
			"gap 4 response 0\n"
			"end 4 @4 lost\n");
	rig__free(&r);
}

/* Nobody agreed to leave out a wanted answer. */
static void test_quiet_in_wanted(void **state)
{
	struct h2_rig r;

	begin(&r);
	rig__quiet(&r, SIDE_RESPONSE);
	rig__call(&r, SIDE_RESPONSE);
	rig__data(&r, 1, 0, "x");
	rig__expect(&r, BEGUN "gap 1 response 0\n"
			      "response_body 1 @6-6 x\n"
			      "end 1 @7 lost\n");
	rig__free(&r);
}

/* Settings, resets and farewells that were cut. */
static void test_in_small(void **state)
{
	struct h2_rig r;

	begin(&r);
	rig__raw(&r, SPAN_LIT("\0\0\x08\7\0\0\0\0\0\0\0"));
	rig__gap(&r, SIDE_RESPONSE, 2);
	rig__call(&r, SIDE_RESPONSE);
	rig__raw(&r, SPAN_LIT("\0\0\0\0"));
	rig__raw(&r, SPAN_LIT("\0\0\x0c\4\0\0\0\0\0\0\1"));
	rig__gap(&r, SIDE_RESPONSE, 4);
	rig__call(&r, SIDE_RESPONSE);
	rig__raw(&r, SPAN_LIT("\0\1\0\0\0\0"));
	rig__data(&r, 1, 0, "on");
	rig__raw(&r, SPAN_LIT("\0\0\4\3\0\0\0\0\1"));
	rig__gap(&r, SIDE_RESPONSE, 4);
	rig__expect(&r, BEGUN "response_body 1 @8-8 on\n"
			      "end 1 @9 server\n");
	rig__free(&r);
}

/* Only the answer's end is lost, then the connection: nobody knows how it went. */
static void test_end_lost(void **state)
{
	struct h2_rig r;

	begin(&r);
	rig__data(&r, 1, 0, "x");
	rig__gap(&r, SIDE_RESPONSE, 30);
	rig__close(&r, CONN_END_SERVER);
	rig__expect(&r, BEGUN "response_body 1 @4-4 x\n"
			      "gap 1 response 0\n"
			      "end 1 @6 lost\n");
	rig__free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_data),		  cmocka_unit_test(test_across_frames),
		cmocka_unit_test(test_in_headers),	  cmocka_unit_test(test_midstream),
		cmocka_unit_test(test_answered_in_quiet), cmocka_unit_test(test_awaited),
		cmocka_unit_test(test_midstream_deep),	  cmocka_unit_test(test_midstream_preface),
		cmocka_unit_test(test_midstream_coding),  cmocka_unit_test(test_quiet),
		cmocka_unit_test(test_quiet_in_wanted),	  cmocka_unit_test(test_in_small),
		cmocka_unit_test(test_end_lost),	  cmocka_unit_test(test_misread_call),
	};

	return cmocka_run_group_tests_name("h2 in parts", tests, NULL, NULL);
}
