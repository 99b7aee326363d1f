// SPDX-License-Identifier: Apache-2.0
/* WebSocket frames and messages, each session fed whole, byte by byte and at random cuts. */
#include "ws_rig.h"

static void test_messages(void **state)
{
	struct session s;

	session__init(&s, "");
	frame(&s, C, FIN | TEXT, "{\"type\":\"response.create\"}");
	frame(&s, S, FIN | BINARY, "{}");
	frame(&s, S, FIN | TEXT, "");
	frame(&s, S, TEXT, "one ");
	frame(&s, S, CONT, "");
	frame(&s, C, FIN | TEXT, "between");
	frame(&s, S, FIN | CONT, "message");
	s.end = HTTP_END_SERVER;
	tells(&s, "message 1 request @1-1 {\"type\":\"response.create\"}\n"
		  "message 1 response @2-2 {}\n"
		  "message 1 response @3-3 \n"
		  "message 1 response part @4-4 one \n"
		  "message 1 request @6-6 between\n"
		  "message 1 response @7-7 message\n");
}

/* RFC 6455, 5.7 */
static void test_rfc_examples(void **state)
{
	struct session s;

	session__init(&s, "");
	raw(&s, S, SPAN_LIT("\x81\x05Hello"));
	raw(&s, C, SPAN_LIT("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"));
	raw(&s, S, SPAN_LIT("\x01\x03Hel\x80\x02lo"));
	raw(&s, S, SPAN_LIT("\x89\x05Hello"));
	raw(&s, C, SPAN_LIT("\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"));
	tells(&s, "message 1 response @1-1 Hello\n"
		  "message 1 request @2-2 Hello\n"
		  "message 1 response @3-3 Hello\n");
}

static void test_control_frames(void **state)
{
	struct session s;

	session__init(&s, "");
	frame(&s, S, TEXT, "a");
	frame(&s, S, FIN | PING, "are you there?");
	frame(&s, C, FIN | PONG, "are you there?");
	frame(&s, S, FIN | PONG, "");
	frame(&s, S, FIN | CONT, "b");
	frame(&s, S, FIN | CLOSE, "\x03\xe8");
	/* nothing after the goodbye counts, be it frames or not */
	raw(&s, S, SPAN_LIT("\xff\xff\xff"));
	lose(&s, S, 0);
	frame(&s, C, FIN | TEXT, "late");
	s.end = HTTP_END_OK;
	tells(&s, "message 1 response @1-5 ab\n"
		  "message 1 request @9-9 late\n");
}

static void test_lengths(void **state)
{
	static const size_t lengths[] = {125, 126, 65535, 65536, 200000};
	char *text = malloc(200001), expected[2048];
	struct session s;
	size_t n = 0;

	session__init(&s, "");
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		for (size_t k = 0; k < lengths[i]; k++)
			text[k] = (char)('a' + k % 23);
		text[lengths[i]] = 0;
		frame(&s, C, FIN | TEXT, text);
		frame(&s, S, FIN | TEXT, text);
		for (int side = 0; side < 2; side++)
			n += (size_t)snprintf(expected + n, sizeof(expected) - n,
					      "message 1 %s @%zu-%zu %s\n",
					      side ? "response" : "request", 2 * i + side + 1,
					      2 * i + side + 1, log__text(span_str(text)));
	}
	tells(&s, expected);
	free(text);
}

/* Each is what no peer may send. */
static void test_bad_frames(void **state)
{
	static const struct {
		enum side side;
		struct span bytes;
	} bad[] = {
		{S, SPAN_LIT("\x83\x00")},		   /* reserved opcodes */
		{S, SPAN_LIT("\x87\x00")},		   /* … */
		{S, SPAN_LIT("\x8b\x00")},		   /* … */
		{S, SPAN_LIT("\x8f\x00")},		   /* … */
		{S, SPAN_LIT("\xa1\x00")},		   /* RSV2 */
		{S, SPAN_LIT("\x91\x00")},		   /* RSV3 */
		{S, SPAN_LIT("\xc1\x00")},		   /* RSV1, not agreed upon */
		{S, SPAN_LIT("\x81\x80\x00\x00\x00\x00")}, /* a server masks */
		{C, SPAN_LIT("\x81\x00")},		   /* a client does not */
		{S, SPAN_LIT("\x09\x00")},		   /* a ping in fragments */
		{S, SPAN_LIT("\x88\x7e\x00\x7e")},	   /* a long close */
		{S, SPAN_LIT("\x80\x00")},		   /* goes on with nothing */
		{S, SPAN_LIT("\x01\x00\x81\x00")},	   /* two at once */
		{S, SPAN_LIT("\x81\x7f\x80\x00\x00\x00\x00\x00\x00\x00")}, /* 2^63 */
		{S, SPAN_LIT("HTTP/1.1 200 OK\r\n")},
	};
	struct session s;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		session__init(&s, "");
		frame(&s, bad[i].side, FIN | TEXT, "good");
		raw(&s, bad[i].side, bad[i].bytes);
		frame(&s, bad[i].side, FIN | TEXT, "not read");
		s.err = -EBADMSG;
		tells(&s, bad[i].side == C ? "message 1 request @1-1 good\n"
					   : "message 1 response @1-1 good\n");
	}
	/* RFC 7692, 6.1: on the first frame of a message only, and on no control frame */
	for (int i = 0; i < 2; i++) {
		session__init(&s, "permessage-deflate");
		frame(&s, S, TEXT, "a");
		frame(&s, S, FIN | RSV1 | (i ? CONT : PING), "b");
		s.err = -EBADMSG;
		tells(&s, "message 1 response part @1-1 a\n");
	}
}

static void test_gap_in_payload(void **state)
{
	struct session s;

	session__init(&s, "");
	frame_begin(&s, C, TEXT, SPAN_LIT("torn he"), 10);
	lose(&s, C, 3);
	frame(&s, C, FIN | CONT, "its rest");
	frame(&s, C, FIN | TEXT, "whole");
	frame_begin(&s, C, FIN | TEXT, SPAN_LIT("01234"), 10);
	lose(&s, C, 2);
	raw(&s, C, SPAN_LIT("xyz"));
	frame(&s, C, FIN | TEXT, "whole again");
	frame_begin(&s, C, FIN | PING, SPAN_LIT(""), 3);
	lose(&s, C, 3);
	frame(&s, C, FIN | TEXT, "and again");
	/* another side, of which nothing is missing */
	frame(&s, S, FIN | TEXT, "b");
	tells(&s, "message 1 request part @1-1 torn he\n"
		  "gap 1 request 3\n"
		  "message 1 request @4-4 whole\n"
		  "message 1 request part @5-5 01234\n"
		  "gap 1 request 2\n"
		  "message 1 request @8-8 whole again\n"
		  "message 1 request @11-11 and again\n"
		  "message 1 response @12-12 b\n");
}

/* The masking key goes on behind a loss: the message that follows in the same bytes is read. */
static void test_gap_and_place(void **state)
{
	static const struct {
		unsigned int payload, at; /* bytes of the frame, and of it before the loss */
		uint64_t lost;
	} lost[] = {{10, 4, 0}, {10, 4, 7}, {10, 10, 1}, {0, 0, 5}};
	struct session s;

	for (size_t i = 0; i < sizeof(lost) / sizeof(lost[0]); i++) {
		char expected[256];

		session__init(&s, "");
		frame_begin(&s, S, FIN | TEXT, span("0123456789", lost[i].at), lost[i].payload);
		lose(&s, S, lost[i].lost);
		frame(&s, S, FIN | TEXT, "nobody knows that this is a frame");
		lose(&s, S, 1);
		frame(&s, C, FIN | TEXT, "known");
		s.end = HTTP_END_LOST;
		snprintf(expected, sizeof(expected),
			 "message 1 response %s@1-1 %.*s\n"
			 "gap 1 response %d\n"
			 "message 1 request @5-5 known\n",
			 lost[i].at < lost[i].payload ? "part " : "", (int)lost[i].at, "0123456789",
			 (int)lost[i].lost);
		tells(&s, expected);
	}
	/* in a header */
	session__init(&s, "");
	raw(&s, S, SPAN_LIT("\x81"));
	lose(&s, S, 1);
	frame(&s, S, FIN | TEXT, "?");
	s.end = HTTP_END_LOST;
	tells(&s, "gap 1 response 1\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages),       cmocka_unit_test(test_rfc_examples),
		cmocka_unit_test(test_control_frames), cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_bad_frames),     cmocka_unit_test(test_gap_in_payload),
		cmocka_unit_test(test_gap_and_place),
	};

	return cmocka_run_group_tests_name("ws", tests, NULL, NULL);
}
