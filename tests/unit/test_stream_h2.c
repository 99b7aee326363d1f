// SPDX-License-Identifier: Apache-2.0
/* HTTP/2 under the stream table: found by few bytes, quiet by frames. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>

#include "stream_rig.h"

#define PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define SETTINGS "\0\0\0\4\0\0\0\0\0"
#define GOES_ON "\0\0\4\x8\0\0\0\0\0\0\0\1\0" /* WINDOW_UPDATE */
/* POST https /v1/a, the authority being a, all literals; as the table has it since; another path */
#define POST "\0\0\x0c\1\5\0\0\0\1\x83\x87\4\5/v1/a\x41\1a"
#define AGAIN "\0\0\x0a\1\5\0\0\0\3\x83\x87\4\5/v1/b\xbe"
#define OTHER "\0\0\x0d\1\4\0\0\0\1\x83\x87\4\6/other\x41\1a"
#define OK "\0\0\1\1\4\0\0\0\1\x88"
#define OK_3 "\0\0\1\1\5\0\0\0\3\x88"
#define BODY "\0\0\2\0\1\0\0\0\1ok"

#define S(s) SPAN_LIT(s)

/* From the start, whoever is heard first, and in calls of any size. */
static void test_start(void **state)
{
	for (unsigned int size = 1; size < 64; size++) {
		for (int server_first = 0; server_first < 2; server_first++) {
			struct rig *r = rig__new(NULL);
			struct span says = S(PREFACE SETTINGS), answers = S(SETTINGS);

			if (server_first)
				call(r, 11, DIR_READ, answers);
			for (; says.n; says = span_skip(says, size))
				call(r, 11, DIR_WRITE, span_head(says, size));
			if (!server_first)
				call(r, 11, DIR_READ, answers);
			r->now_ns = 2000;
			call(r, 11, DIR_WRITE, S(POST));
			call(r, 11, DIR_READ, S(OK BODY));
			assert_string_equal(log__string(&r->log),
					    "request 1 @2001-2001 POST /v1/a 20 host=a\n"
					    "request_end 1 @2001\n"
					    "response 1 @2012-2012 200 20\n"
					    "response_body 1 @2012-2012 ok\n"
					    "response_end 1 @2012\n"
					    "end 1 @2012 ok\n");
			assert_int_equal(rig__stats(r).speak[0], 1);
			assert_int_equal(r->quiets, 0);
			rig__free(r);
		}
	}
}

/* Whoever writes the preface is the client. */
static void test_server(void **state)
{
	struct rig *r = rig__new(NULL);

	call(r, 11, DIR_READ, S(PREFACE SETTINGS POST));
	call(r, 11, DIR_WRITE, S(SETTINGS OK BODY));
	assert_non_null(strstr(log__string(&r->log), "response_body 1 @1011-1011 ok\n"));
	assert_non_null(strstr(log__string(&r->log), "request 1 @1002-1002 POST"));
	rig__free(r);
}

/* In the middle: by the first call that begins with headers, or with small frames before them; the
 * data that goes on meanwhile is nobody's. */
static void test_midstream(void **state)
{
	static const struct {
		struct span bytes;
		enum event_dir dir;
	} firsts[] = {
		{S(POST), DIR_WRITE},
		{S(GOES_ON POST), DIR_WRITE},
		{S("\0\0\1\1\4\0\0\0\x7\x88"), DIR_READ},
	};

	for (size_t i = 0; i < sizeof(firsts) / sizeof(firsts[0]); i++) {
		for (size_t size = 1; size < 30; size++) {
			struct rig *r = rig__new(NULL);
			struct span rest = firsts[i].bytes;

			r->offset[1][DIR_WRITE] = r->offset[1][DIR_READ] = 5000;
			record(r, 11, DIR_READ, S("\0\0\4\0\0\0\0\0\x9mesh"),
			       EVENT_CALL_START | EVENT_MIDSTREAM);
			call(r, 11, DIR_READ, S("\0\0\2\0\1\0\0\0\x9on"));
			for (; rest.n; rest = span_skip(rest, size))
				call(r, 11, firsts[i].dir, span_head(rest, size));
			if (firsts[i].dir == DIR_READ)
				call(r, 11, DIR_WRITE, S(POST));
			call(r, 11, DIR_READ, S(OK BODY));
			if (!strstr(log__string(&r->log), "response_body 1 ") ||
			    !strstr(log__string(&r->log), " POST /v1/a 20 host=a\n"))
				fail_msg("first %zu by %zu: %s", i, size, log__string(&r->log));
			assert_int_equal(rig__stats(r).speak[0], 1);
			rig__free(r);
		}
	}
}

/* One that goes quiet as soon as it may. */
static struct rig *hasty(void)
{
	struct limits lim = limits_default;

	lim.h2_heard = 0;
	return rig__new(&lim);
}

/* The verdict says where the next frame is; after the quiet, that is where bytes go on. */
static void test_quiet(void **state)
{
	struct rig *r = hasty();

	call(r, 11, DIR_WRITE, S(PREFACE SETTINGS));
	call(r, 11, DIR_READ, S(SETTINGS));
	assert_int_equal(r->quiets, 0);
	call(r, 11, DIR_WRITE, S(OTHER));
	assert_int_equal(r->quiets, 1);
	assert_true(r->framed);
	assert_int_equal(r->frame_left, 0);
	call(r, 11, DIR_WRITE, S("\0\0\x10\0\1\0\0\0\1uplo"));
	assert_int_equal(r->quiets, 2);
	assert_int_equal(r->frame_left, 12);
	assert_int_equal(r->judged, r->offset[1][DIR_WRITE]);
	/* within a frame's header nobody knows */
	call(r, 11, DIR_WRITE, S("ad, 12 bytes\0\0\4"));
	assert_int_equal(r->quiets, 2);
	call(r, 11, DIR_WRITE, S("\x8\0\0\0\0\0"));
	assert_int_equal(r->quiets, 3);
	assert_int_equal(r->frame_left, 4);
	/* the rest was left out, and so was the answer */
	record(r, 11, DIR_WRITE, S(AGAIN), EVENT_CALL_START | EVENT_AFTER_QUIET);
	r->now_ns = 2000;
	record(r, 11, DIR_READ, S(OK_3), EVENT_CALL_START | EVENT_AFTER_QUIET);
	assert_int_equal(r->quiets, 3);
	assert_string_equal(log__string(&r->log), "request 2 @1061-1061 POST /v1/b 20 host=a\n"
						  "request_end 2 @1061\n"
						  "response 2 @2002-2002 200 20\n"
						  "response_end 2 @2002\n"
						  "end 2 @2002 ok\n");
	rig__free(r);
}

/* A wanted request that was told before the verdict came did not lift the quiet: user space does.
 */
static void test_overtaken(void **state)
{
	struct rig *r = hasty();

	call(r, 11, DIR_WRITE, S(PREFACE SETTINGS OTHER));
	assert_int_equal(r->quiets, 1);
	assert_int_equal(r->louds, 0);
	call(r, 11, DIR_WRITE, S(AGAIN));
	assert_int_equal(r->quiets, 1);
	assert_int_equal(r->louds, 1);
	rig__free(r);
}

/* After many requests that nobody wants the answers stay quiet until one is wanted. */
static void test_settled(void **state)
{
	struct rig *r = hasty();
	int i;

	call(r, 11, DIR_WRITE, S(PREFACE SETTINGS OTHER));
	assert_false(r->settled);
	for (i = 1; i < 16; i++) {
		uint8_t again[] = "\0\0\x09\1\5\0\0\0\0\x83\x87\4\4/not\xbe";

		again[8] = (uint8_t)(2 * i + 1);
		assert_false(r->settled);
		call(r, 11, DIR_WRITE, span(again, sizeof(again) - 1));
	}
	assert_true(r->settled);
	assert_int_equal(r->louds, 0);
	call(r, 11, DIR_WRITE, S("\0\0\x0a\1\5\0\0\0\x41\x83\x87\4\5/v1/b\xbe"));
	assert_int_equal(r->louds, 1);
	/* once is enough */
	call(r, 11, DIR_READ, S("\0\0\1\1\5\0\0\0\x41\x88"));
	assert_int_equal(r->louds, 1);
	assert_non_null(strstr(log__string(&r->log), "POST /v1/b"));
	rig__free(r);
}

/* A provider's connection is never quiet: its answers' headers would be lost. */
static void test_promising(void **state)
{
	struct rig *r = hasty();

	r->log.promise = "a";
	call(r, 11, DIR_WRITE, S(PREFACE SETTINGS));
	call(r, 11, DIR_WRITE, S(OTHER));
	assert_int_equal(r->quiets, 0);
	r->log.promise = NULL;
	call(r, 12, DIR_WRITE, S(PREFACE SETTINGS));
	call(r, 12, DIR_WRITE, S(OTHER));
	assert_int_equal(r->quiets, 1);
	rig__free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_start),	  cmocka_unit_test(test_server),
		cmocka_unit_test(test_midstream), cmocka_unit_test(test_quiet),
		cmocka_unit_test(test_settled),	  cmocka_unit_test(test_promising),
		cmocka_unit_test(test_overtaken),
	};

	return cmocka_run_group_tests_name("h2 under the table", tests, NULL, NULL);
}
