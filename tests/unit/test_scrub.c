// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/secret.h"
#include "base/siphash.h"
#include "capture/scrub.h"

static struct scrub *fresh(void)
{
	struct scrub *s;

	assert_int_equal(scrub__new(16, &s), 0);
	return s;
}

/* Feeds in as one SSL call, in pieces of step bytes. */
static void feed(struct scrub *s, uint64_t conn, enum event_dir dir, uint64_t offset,
		 unsigned int flags, struct span in, size_t step, char *out)
{
	size_t at, n;

	for (at = 0; at < in.n; at += n) {
		struct capture_data d = {.conn = conn,
					 .pid = 7,
					 .dir = dir,
					 .offset = offset + at,
					 .flags = flags | (at ? 0 : EVENT_CALL_START)};
		uint8_t *copy;

		n = in.n - at < step ? in.n - at : step;
		copy = malloc(n); /* so that reading past it is seen */
		memcpy(copy, in.p + at, n);
		d.bytes = span(copy, n);
		assert_int_equal(scrub__data(s, &d, (uint8_t *)out + at), 0);
		free(copy);
		flags &= ~(EVENT_AFTER_LOSS | EVENT_AFTER_QUIET);
	}
	out[in.n] = 0;
}

/* One text, scrubbed at every split in two and byte by byte. */
static void check(const char *in, const char *want)
{
	struct span text = span_str(in);
	char *out = malloc(text.n + 1);
	struct scrub *s;
	size_t cut;

	for (cut = 0; cut <= text.n; cut++) {
		s = fresh();
		feed(s, 1, DIR_WRITE, 0, 0, span_head(text, cut), SIZE_MAX, out);
		/* the rest belongs to the same call */
		struct capture_data d = {.conn = 1, .offset = cut, .dir = DIR_WRITE};

		d.bytes = span(text.p + cut, text.n - cut);
		assert_int_equal(scrub__data(s, &d, (uint8_t *)out + cut), 0);
		out[text.n] = 0;
		if (strcmp(out, want))
			fail_msg("cut at %zu:\n%s\nnot\n%s", cut, out, want);
		scrub__free(s);
	}
	s = fresh();
	feed(s, 1, DIR_WRITE, 0, 0, text, 1, out);
	assert_string_equal(out, want);
	scrub__free(s);
	free(out);
}

static const struct {
	const char *in, *want;
} cases[] = {
	{"POST /v1/chat HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer sk-abc\r\nX-A: b\r\n\r\n{}",
	 "POST /v1/chat HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer xxxxxx\r\nX-A: b\r\n\r\n{}"},
	{"GET / HTTP/1.1\nauthorization:BASIC dTpw\nx-api-key:\tk1\n\nbody\n",
	 "GET / HTTP/1.1\nauthorization:BASIC xxxx\nx-api-key:\txx\n\nbody\n"},
	{"GET / HTTP/1.1\r\nProxy-Authorization: Digest abc\r\nCookie: a=b; c=d\r\n\r\n",
	 "GET / HTTP/1.1\r\nProxy-Authorization: xxxxxxxxxx\r\nCookie: xxxxxxxx\r\n\r\n"},
	{"GET / HTTP/1.1\r\nAuthorization: bearish\r\napi-key : bearer q\r\n\r\n",
	 "GET / HTTP/1.1\r\nAuthorization: bearxxx\r\napi-key : xxxxxxxx\r\n\r\n"},
	{"HTTP/1.1 200 OK\r\nSet-Cookie: s=1; Path=/\r\n  folded\r\nServer: x\r\n\r\n",
	 "HTTP/1.1 200 OK\r\nSet-Cookie: xxxxxxxxxxx\r\n xxxxxxx\r\nServer: x\r\n\r\n"},
	{"GET /v1/m?key=AIzaX&alt=sse&access_token=t HTTP/1.1\r\n\r\n",
	 "GET /v1/m?key=xxxxx&alt=sse&access_token=x HTTP/1.1\r\n\r\n"},
	{"GET http://h:80/p?a=b&api-key=z;sig=/?==&q HTTP/1.1\r\n\r\n",
	 "GET http://h:80/p?a=b&api-key=x;sig=xxxx&q HTTP/1.1\r\n\r\n"},
	{"GET / HTTP/1.1\r\nX-Goog-Api-Key: g\r\nX-Amz-Security-Token: a\r\n"
	 "Ocp-Apim-Subscription-Key: o\r\nX-My-Very-Long-Header-Name-That-Ends-In-Secret: s\r\n"
	 "X-Authorization-And-Then-A-Long-Tail-Behind-It: s\r\nX-Request-Id: keep\r\n\r\n",
	 "GET / HTTP/1.1\r\nX-Goog-Api-Key: x\r\nX-Amz-Security-Token: x\r\n"
	 "Ocp-Apim-Subscription-Key: x\r\nX-My-Very-Long-Header-Name-That-Ends-In-Secret: x\r\n"
	 "X-Authorization-And-Then-A-Long-Tail-Behind-It: x\r\nX-Request-Id: keep\r\n\r\n"},
	/* a body without a line end, and the next request right behind it */
	{"POST /a HTTP/1.1\r\nContent-Length: 9\r\n\r\n{\"a\":\"B\"}POST /b?key=k HTTP/1.1\r\n"
	 "Cookie: c\r\n\r\n",
	 "POST /a HTTP/1.1\r\nContent-Length: 9\r\n\r\n{\"a\":\"B\"}POST /b?key=x HTTP/1.1\r\n"
	 "Cookie: x\r\n\r\n"},
	/* JSON that talks about requests stays JSON */
	{"{\"m\":\"try GET /x?key=abc\",\"authorization\":\"no header\",\"n\":1}",
	 "{\"m\":\"try GET /x?key=xxx\",\"authorization\":\"no header\",\"n\":1}"},
	/* URLs in headers, encoded names, keys as subprotocols */
	{"HTTP/1.1 302 F\r\nLocation: https://h/p?api_key=k1&b=c\r\nX-Location: /?key=k\r\n\r\n",
	 "HTTP/1.1 302 F\r\nLocation: https://h/p?api_key=xx&b=c\r\nX-Location: /?key=k\r\n\r\n"},
	{"GET /?ke%79=k&%6beys=a&%74oken=t HTTP/1.1\r\nReferer:/?sig=s\r\n\r\n",
	 "GET /?ke%79=x&%6beys=a&%74oken=x HTTP/1.1\r\nReferer:/?sig=x\r\n\r\n"},
	{"GET / HTTP/1.1\r\nSec-WebSocket-Protocol: realtime, openai-insecure-api-key.k\r\n\r\n",
	 "GET / HTTP/1.1\r\nSec-WebSocket-Protocol: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n\r\n"},
	/* a lone CR: neither ends a secret nor hides a header */
	{"GET / HTTP/1.1\rCookie: a\rb\r\nAccept: c\r\n\r\n",
	 "GET / HTTP/1.1\rCookie: x\rx\r\nAccept: c\r\n\r\n"},
	/* almost the preface of HTTP/2 */
	{"PRI * HTTP/2.0\r\n\r\nSM\r\nCookie: a\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\nCookie: x\r\n"},
	{"PROPFIND / HTTP/1.1\r\nCookie: a\r\n\r\n", "PROPFIND / HTTP/1.1\r\nCookie: x\r\n\r\n"},
	{"data: {\"x\":1}\n\ndata: [DONE]\n\n", "data: {\"x\":1}\n\ndata: [DONE]\n\n"},
};

static void test_lines(void **state)
{
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check(cases[i].in, cases[i].want);
}

static void test_names(void **state)
{
	static const char *const secret[] = {"Authorization",
					     "proxy-authorization",
					     "X-API-Key",
					     "api-key",
					     "x-goog-api-key",
					     "Cookie",
					     "set-cookie",
					     "ocp-apim-subscription-key",
					     "x-amz-security-token",
					     "my-secret"};
	static const char *const open[] = {
		"",	   "host",	   "x-ratelimit-remaining-tokens",
		"cookies", "x-request-id", "anthropic-version",
		"key"};
	size_t i;

	for (i = 0; i < sizeof(secret) / sizeof(secret[0]); i++)
		assert_true(secret__header(span_str(secret[i])));
	for (i = 0; i < sizeof(open) / sizeof(open[0]); i++)
		assert_false(secret__header(span_str(open[i])));
	assert_true(secret__query(SPAN_LIT("key")));
	assert_true(secret__query(SPAN_LIT("X-Amz-Signature")));
	assert_false(secret__query(SPAN_LIT("monkey")));
	assert_false(secret__query(SPAN_LIT("api-version")));
	assert_true(secret__masked(SPAN_LIT("Bearer xxxx")));
	assert_true(secret__masked(SPAN_LIT("xxxx")));
	assert_false(secret__masked(SPAN_LIT("Bearer xxxy")));
	assert_false(secret__masked(SPAN_LIT("")));
}

static void test_gap(void **state)
{
	static const struct span head = SPAN_LIT("POST / HTTP/1.1\r\nAuthorization: Bear");
	static const struct span answer = SPAN_LIT("HTTP/1.1 200 OK\r\nServer: s\r\n\r\ndata: 1");
	struct capture_data gap = {.conn = 1, .dir = DIR_WRITE, .gap = 10};
	char out[256];
	size_t step;

	for (step = 1; step < 40; step++) {
		struct scrub *s = fresh();

		/* in a head: masked to the line's end */
		feed(s, 1, DIR_WRITE, 0, 0, head, step, out);
		gap.offset = head.n;
		scrub__data(s, &gap, NULL);
		feed(s, 1, DIR_WRITE, head.n + 10, 0, SPAN_LIT("KEY\r\nX-A: b\r\nCookie: c\r\n"),
		     step, out);
		assert_string_equal(out, "xxx\r\nX-A: b\r\nCookie: x\r\n");
		/* a call that begins as a message does */
		feed(s, 1, DIR_WRITE, 1000, EVENT_AFTER_LOSS,
		     SPAN_LIT("POST /?key=k HTTP/1.1\r\nA: b\r\n"), step, out);
		assert_string_equal(out, "POST /?key=x HTTP/1.1\r\nA: b\r\n");
		feed(s, 1, DIR_WRITE, 2000, EVENT_AFTER_QUIET, SPAN_LIT("POSTAL key\r\nA: b\r\n"),
		     step, out);
		assert_string_equal(out, "POSTxxxxxx\r\nA: b\r\n");
		/* in an answer's body: nothing is masked */
		feed(s, 1, DIR_READ, 0, 0, answer, step, out);
		feed(s, 1, DIR_READ, answer.n + 5, EVENT_AFTER_LOSS,
		     SPAN_LIT("lta\":1}\n\ndata: 2"), step, out);
		assert_string_equal(out, "lta\":1}\n\ndata: 2");
		scrub__free(s);

		/* met after its start */
		s = fresh();
		feed(s, 1, DIR_WRITE, 0, EVENT_MIDSTREAM, SPAN_LIT("-abc\r\nA: b\r\n"), step, out);
		assert_string_equal(out, "xxxx\r\nxxxx\r\n");
		/* bytes missing though nobody said so */
		feed(s, 1, DIR_WRITE, 500, 0, SPAN_LIT("secret\r\n"), step, out);
		assert_string_equal(out, "xxxxxx\r\n");
		scrub__free(s);
	}
}

/* HTTP/1 that becomes HTTP/2: its headers hold secrets, too. */
static void test_upgrade(void **state)
{
	static const struct span get = SPAN_LIT("GET / HTTP/1.1\r\nUpgrade: h2c\r\n\r\n");
	static const struct span answer = SPAN_LIT("HTTP/1.1 101 x\r\nUpgrade: h2c\r\n\r\n");
	static const struct span asks =
		SPAN_LIT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"
			 "\0\0\x1a\1\5\0\0\0\3\0\x0d"
			 "authorization\x0a"
			 "Bearer sk1");
	static const struct span tells = SPAN_LIT("\0\0\x14\1\5\0\0\0\3\0\x0a"
						  "set-cookie\7"
						  "a=sk234");
	char out[256];

	for (size_t step = 1; step < 80; step++) {
		struct scrub *s = fresh();

		feed(s, 1, DIR_WRITE, 0, 0, get, step, out);
		assert_memory_equal(out, get.p, get.n);
		feed(s, 1, DIR_READ, 0, 0, answer, step, out);
		assert_memory_equal(out, answer.p, answer.n);
		feed(s, 1, DIR_WRITE, get.n, 0, asks, step, out);
		assert_memory_equal(out, asks.p, asks.n - 10);
		assert_null(memmem(out, asks.n, "sk1", 3));
		feed(s, 1, DIR_READ, answer.n, 0, tells, step, out);
		assert_memory_equal(out, tells.p, tells.n - 7);
		assert_null(memmem(out, tells.n, "sk2", 3));
		scrub__free(s);
	}
}

static void test_unsure_is_bounded(void **state)
{
	const size_t n = SCRUB_UNSURE_MAX + 100;
	char *in = malloc(n), *out = malloc(n + 1);
	struct scrub *s = fresh();

	memset(in, '{', n);
	feed(s, 1, DIR_WRITE, 0, 0, SPAN_LIT("GET / HTTP/1.1\r\n"), 1000, out);
	feed(s, 1, DIR_WRITE, 77, 0, span(in, n), 1000, out);
	assert_int_equal(out[0], 'x');
	assert_int_equal(out[SCRUB_UNSURE_MAX - 1], 'x');
	assert_int_equal(out[SCRUB_UNSURE_MAX + 1], '{');
	scrub__free(s);
	free(in);
	free(out);
}

static void test_bounds(void **state)
{
	struct scrub *s = fresh();
	char out[64];
	uint64_t conn;

	/* 16 connections are remembered; the 17th pushes the first out, which is then unknown */
	for (conn = 1; conn <= 17; conn++)
		feed(s, conn, DIR_WRITE, 0, 0, SPAN_LIT("GET / HTTP/1.1\r\n"), 64, out);
	feed(s, 17, DIR_WRITE, 16, 0, SPAN_LIT("A: b\r\n"), 64, out);
	assert_string_equal(out, "A: b\r\n");
	feed(s, 1, DIR_WRITE, 16, 0, SPAN_LIT("A: b\r\n"), 64, out);
	assert_string_equal(out, "xxxx\r\n");
	scrub__close(s, 17);
	scrub__close(s, 12345);
	feed(s, 17, DIR_WRITE, 22, 0, SPAN_LIT("A: b\r\n"), 64, out);
	assert_string_equal(out, "xxxx\r\n");
	scrub__exit(s, 7);
	feed(s, 5, DIR_WRITE, 16, 0, SPAN_LIT("A: b\r\n"), 64, out);
	assert_string_equal(out, "xxxx\r\n");
	scrub__free(s);
	scrub__free(NULL);
}

static void test_cmdline(void **state)
{
	static const char *const lines[][2] = {
		{"curl -H Authorization: Bearer sk-abc https://h/",
		 "curl -H Authorization: Bearer xxxxxx https://h/"},
		{"curl -H authorization:bearer abc -d x", "curl -H authorization:bearer xxx -d x"},
		{"sh -c 'curl -H \"x-api-key: abc\" u'", "sh -c 'curl -H \"x-api-key: xxx\" u'"},
		{"a --api-key=abc --model=m", "a --api-key=xxx --model=m"},
		{"a --api-key abc -v", "a --api-key xxx -v"},
		{"a --api-key -v x", "a --api-key -v x"},
		{"curl https://h/v1?key=abc&alt=sse x", "curl https://h/v1?key=xxx&alt=sse x"},
		{"env OPENAI_API_KEY=abc python m.py", "env OPENAI_API_KEY=xxx python m.py"},
		{"a sk-proj-0123456789abcdef end", "a xxxxxxxxxxxxxxxxxxxxxxxx end"},
		{"a risk-0123456789abcdef desk-lamp", "a risk-0123456789abcdef desk-lamp"},
		{"python -m app --port 80 key", "python -m app --port 80 key"},
		{"curl -u me:abc -b id=abc; t=abc; u=a https://h/",
		 "curl -u me:xxx -b id=xxxx xxxxxx xxx https://h/"},
		{"curl -H cookie: a=abc; b=abc -d x", "curl -H cookie: xxxxxx xxxxx -d x"},
		{"python -u rag.py -b 9", "python -u rag.py -b 9"},
		{"curl --oauth2-bearer abc --proxy-user a:b",
		 "curl --oauth2-bearer xxx --proxy-user a:x"},
		{"git clone https://me:abc@h:8/x http://h:80/@ ://",
		 "git clone https://me:xxx@h:8/x http://h:80/@ ://"},
		{"", ""},
		{" ", " "},
		{"--token", "--token"},
	};
	char buf[256];
	size_t i;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		strcpy(buf, lines[i][0]);
		scrub__cmdline(buf);
		assert_string_equal(buf, lines[i][1]);
	}
}

/* The vectors of the SipHash paper's reference code: key 00..0f, input 00, 01, … */
static void test_siphash(void **state)
{
	uint8_t key[SIPHASH_KEY_BYTES], in[64];
	size_t i;

	for (i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)i;
	memcpy(key, in, sizeof(key));
	assert_true(siphash(key, span(in, 0)) == 0x726fdb47dd0e0e31ULL);
	assert_true(siphash(key, span(in, 1)) == 0x74f839c593dc67fdULL);
	assert_true(siphash(key, span(in, 8)) == 0x93f5f5799a932462ULL);
	assert_true(siphash(key, span(in, 15)) == 0xa129ca6149be45e5ULL);
	assert_true(siphash(key, span(in, 63)) == 0x958a324ceb064572ULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_upgrade),
		cmocka_unit_test(test_gap),
		cmocka_unit_test(test_unsure_is_bounded),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_cmdline),
		cmocka_unit_test(test_siphash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
