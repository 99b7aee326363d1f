// SPDX-License-Identifier: Apache-2.0
/* permessage-deflate (RFC 7692), each session fed whole, byte by byte and at random cuts. */
#include "ws_rig.h"

/* RFC 7692, 7.2.3 */
static void test_deflate_rfc_examples(void **state)
{
	struct session s;

	session__init(&s, "permessage-deflate");
	raw(&s, S, SPAN_LIT("\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00"));
	raw(&s, S, SPAN_LIT("\xc1\x05\xf2\x00\x11\x00\x00")); /* refers to the first */
	raw(&s, S, SPAN_LIT("\x41\x03\xf2\x48\xcd\x80\x04\xc9\xc9\x07\x00"));
	raw(&s, S, SPAN_LIT("\xc1\x0b\x00\x05\x00\xfa\xffHello\x00"));
	/* a block with BFINAL; then one that refers beyond it */
	raw(&s, S, SPAN_LIT("\xc1\x08\xf3\x48\xcd\xc9\xc9\x07\x00\x00"));
	raw(&s, S, SPAN_LIT("\xc1\x05\xf2\x00\x11\x00\x00"));
	/* two blocks */
	raw(&s, S, SPAN_LIT("\xc1\x0d\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"));
	raw(&s, S, SPAN_LIT("\xc1\x01\x00")); /* empty */
	raw(&s, S, SPAN_LIT("\xc1\x00"));     /* as some send it */
	raw(&s, S, SPAN_LIT("\xc1\x05\xf2\x00\x11\x00\x00"));
	tells(&s, "message 1 response @1-1 Hello\n"
		  "message 1 response @2-2 Hello\n"
		  "message 1 response @3-3 Hello\n"
		  "message 1 response @4-4 Hello\n"
		  "message 1 response @5-5 Hello\n"
		  "message 1 response @6-6 Hello\n"
		  "message 1 response @7-7 Hello\n"
		  "message 1 response @8-8 \n"
		  "message 1 response @9-9 \n"
		  "message 1 response @10-10 Hello\n");
}

static void test_takeover(void **state)
{
	static const struct {
		const char *extensions;
		bool none[2]; /* no takeover */
	} cases[] = {
		{"permessage-deflate", {false, false}},
		{"permessage-deflate; client_no_context_takeover", {true, false}},
		{"Permessage-Deflate;Server_No_Context_Takeover; client_max_window_bits=15",
		 {false, true}},
		{" permessage-deflate ; server_no_context_takeover ; client_no_context_takeover"
		 ";server_max_window_bits=\"10\"; client_max_window_bits = 8",
		 {true, true}},
	};
	static const char *const texts[] = {"say the same thing twice", "say the same thing twice",
					    "and the same thing again: say it twice"};
	struct session s;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		session__init(&s, cases[i].extensions);
		for (int k = 0; k < 3; k++) {
			squeezed(&s, C, texts[k], cases[i].none[C]);
			squeezed(&s, S, texts[k], cases[i].none[S]);
			frame(&s, S, FIN | TEXT, "plain");
		}
		tells(&s, "message 1 request @1-1 say the same thing twice\n"
			  "message 1 response @2-2 say the same thing twice\n"
			  "message 1 response @3-3 plain\n"
			  "message 1 request @4-4 say the same thing twice\n"
			  "message 1 response @5-5 say the same thing twice\n"
			  "message 1 response @6-6 plain\n"
			  "message 1 request @7-7 and the same thing again: say it twice\n"
			  "message 1 response @8-8 and the same thing again: say it twice\n"
			  "message 1 response @9-9 plain\n");
	}
}

static void test_unknown_extensions(void **state)
{
	static const char *const bad[] = {
		"x-webkit-deflate-frame",
		"permessage-deflate, bbf-usp-protocol",
		"permessage-deflate, permessage-deflate",
		"permessage-deflate; x=1",
		"permessage-deflate; client_max_window_bits",
		"permessage-deflate; client_max_window_bits=7",
		"permessage-deflate; client_max_window_bits=16",
		"permessage-deflate; server_max_window_bits=08",
		"permessage-deflate; server_no_context_takeover=1",
		"permessage-deflate; server_no_context_takeover; server_no_context_takeover",
	};
	struct session s;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		session__init(&s, bad[i]);
		frame(&s, C, FIN | TEXT, "a");
		frame(&s, S, 0x70 | FIN | TEXT, "b");
		frame(&s, C, FIN | CLOSE, "");
		s.end = HTTP_END_LOST;
		tells(&s, "gap 1 request 0\n"
			  "gap 1 response 0\n");
	}
}

static void deflate_torn(struct session *s, enum side side, bool reset)
{
	uint8_t out[256];
	size_t n;

	n = squeeze(s, side, SPAN_LIT("a message of some length that is torn"), reset, out, 256);
	frame_begin(s, side, FIN | RSV1 | TEXT, span(out, 0), n);
	lose(s, side, n);
}

static void test_gap_in_deflated(void **state)
{
	struct session s;

	session__init(&s, "permessage-deflate; server_no_context_takeover");
	deflate_torn(&s, S, true);
	squeezed(&s, S, "this does not refer to it", true);
	deflate_torn(&s, C, false);
	squeezed(&s, C, "but a message after the torn one may", false);
	frame(&s, C, FIN | TEXT, "as sent");
	squeezed(&s, C, "each message after the torn one may", false);
	frame(&s, C, FIN | CLOSE, "");
	s.end = HTTP_END_OK;
	tells(&s, "gap 1 response 39\n"
		  "message 1 response @3-3 this does not refer to it\n"
		  "gap 1 request 39\n"
		  "gap 1 request 0\n"
		  "message 1 request @7-7 as sent\n"
		  "gap 1 request 0\n");
	/* what is lost of an uncompressed message leaves the window alone */
	session__init(&s, "permessage-deflate");
	squeezed(&s, S, "said once", false);
	frame_begin(&s, S, FIN | TEXT, SPAN_LIT(""), 5);
	lose(&s, S, 5);
	squeezed(&s, S, "said once", false);
	tells(&s, "message 1 response @1-1 said once\n"
		  "gap 1 response 5\n"
		  "message 1 response @4-4 said once\n");
}

static void test_bad_deflate(void **state)
{
	struct session s;

	/* reserved block type; a distance beyond the window; a stored block that is cut short */
	session__init(&s, "permessage-deflate; server_no_context_takeover");
	raw(&s, S, SPAN_LIT("\xc1\x02\x07\x00"));
	raw(&s, S, SPAN_LIT("\xc1\x05\xf2\x00\x11\x00\x00"));
	raw(&s, S, SPAN_LIT("\xc1\x0a\x00\x09\x00\xf6\xffHello"));
	raw(&s, S, SPAN_LIT("\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00"));
	tells(&s, "gap 1 response 0\n"
		  "message 1 response part @2-2 H\n"
		  "gap 1 response 0\n"
		  "message 1 response part @3-3 Hello\\x00\\x00\\xff\\xff\n"
		  "gap 1 response 0\n"
		  "message 1 response @4-4 Hello\n");
	/* with takeover nothing after it can be inflated, but the frames go on */
	session__init(&s, "permessage-deflate");
	raw(&s, S, SPAN_LIT("\xc1\x02\x07\x00"));
	raw(&s, S, SPAN_LIT("\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00"));
	frame(&s, S, FIN | TEXT, "plain");
	tells(&s, "gap 1 response 0\n"
		  "gap 1 response 0\n"
		  "message 1 response @3-3 plain\n");
}

static void test_inflate_limits(void **state)
{
	static uint8_t zeros[1 << 20], out[1 << 16];
	struct session s;
	struct http_log log;
	struct log_x x = {.log = &log, .id = 1, .upgraded = true};
	struct ws *w;
	size_t n, told;

	/* the total, for each message anew */
	session__init(&s, "permessage-deflate; server_no_context_takeover");
	s.lim.inflate_total = 8;
	squeezed(&s, S, "01234567", true);
	squeezed(&s, S, "012345678", true);
	squeezed(&s, S, "01234567", true);
	tells(&s, "message 1 response @1-1 01234567\n"
		  "message 1 response part @2-2 01234567\n"
		  "gap 1 response 0\n"
		  "message 1 response @3-3 01234567\n");

	/* the ratio */
	session__init(&s, "permessage-deflate");
	s.lim.inflate_free = 1000;
	s.lim.inflate_ratio = 10;
	n = squeeze(&s, S, span(zeros, sizeof(zeros)), false, out, sizeof(out));
	frame_begin(&s, S, FIN | RSV1 | BINARY, span(out, n), n);
	frame(&s, S, FIN | TEXT, "after");
	log__init(&log, NULL);
	assert_int_equal(ws__new(span_str(s.extensions), &log_ops, &x, &s.lim, &w), 0);
	for (unsigned int i = 0; i < s.n; i++)
		assert_int_equal(ws__feed(w, S, buf__span(&s.steps[i].bytes), i), 0);
	assert_int_equal(sscanf(log__string(&log), "message 1 response part @0-0 %zu bytes", &told),
			 1);
	assert_true(told <= s.lim.inflate_free + s.lim.inflate_ratio * n + (64 << 10));
	assert_non_null(strstr(log__string(&log), "gap 1 response 0\nmessage 1 response @1-1 "
						  "after\n"));
	ws__free(w);
	log__free(&log);
	session__free(&s);
}

/* Ends of deflate streams, one after the other: each costs a copy of the window. */
static void test_many_finals(void **state)
{
	struct session s;
	char payload[2 * 100 + 1];

	session__init(&s, "permessage-deflate; server_no_context_takeover");
	for (size_t i = 0; i < 100; i++)
		memcpy(payload + 2 * i, "\x03\x00", 2);
	frame_begin(&s, S, FIN | RSV1 | TEXT, span(payload, 200), 200);
	frame(&s, S, FIN | TEXT, "after");
	tells(&s, "gap 1 response 0\n"
		  "message 1 response @2-2 after\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_deflate_rfc_examples), cmocka_unit_test(test_takeover),
		cmocka_unit_test(test_unknown_extensions),   cmocka_unit_test(test_gap_in_deflated),
		cmocka_unit_test(test_bad_deflate),	     cmocka_unit_test(test_inflate_limits),
		cmocka_unit_test(test_many_finals),
	};

	return cmocka_run_group_tests_name("ws_deflate", tests, NULL, NULL);
}
