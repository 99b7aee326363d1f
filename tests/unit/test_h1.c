// SPDX-License-Identifier: Apache-2.0
/* Runs tests/transcripts/h1-*.t whole, byte by byte, at every cut and at random cuts; then input
 * that means harm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <glob.h>

#include "http/h1_head.h"
#include "heap.h"
#include "transcript.h"

#define EVERY_CUT_MAX 6000 /* longer ones are cut at random only */

static void same(const char *what, size_t where, const char *expected, char *got)
{
	if (strcmp(expected, got))
		fail_msg("%s, cut %zu:\n--- expected\n%s--- got\n%s", what, where, expected, got);
	free(got);
}

static void test_transcript(void **state)
{
	const char *path = *state;
	struct transcript t;
	size_t total = 0, at;

	transcript__read(&t, path);
	same(path, 0, t.expected, transcript__run(&t, cut__none, NULL));
	same(path, 1, t.expected, transcript__run(&t, cut__bytes, NULL));
	for (unsigned int i = 0; i < t.n_steps; i++)
		total += t.steps[i].bytes.n;
	for (at = 1; total < EVERY_CUT_MAX && at < total; at++)
		same(path, at, t.expected, transcript__run(&t, cut__at, &at));
	for (uint64_t seed = 0; seed < 50; seed++) {
		uint64_t s = seed;

		same(path, seed, t.expected, transcript__run(&t, cut__random, &s));
	}
	transcript__free(&t);
}

/* One connection, told to a log. */
struct peer {
	struct conn conn;
	struct http1_ctx h1;
	struct limits lim;
	struct http_log log;
	void *state;
};

static void peer__open(struct peer *p, const char *want)
{
	*p = (struct peer){.lim = limits_default, .conn.request_dir = DIR_WRITE};
	log__init(&p->log, want);
	p->h1 = (struct http1_ctx){.ops = &log_ops, .ctx = &p->log};
	assert_int_equal(http1_protocol.open(&p->h1, &p->conn, &p->lim, &p->state), 0);
}

static int peer__say(struct peer *p, enum side side, struct span s)
{
	return http1_protocol.feed(p->state, side, s, true, 1);
}

static int peer__text(struct peer *p, enum side side, const char *s)
{
	return peer__say(p, side, span_str(s));
}

static void peer__close(struct peer *p)
{
	http1_protocol.finish(p->state, CONN_END_SERVER, 2);
	http1_protocol.free(p->state);
	assert_int_equal(p->log.open, 0);
	log__free(&p->log);
}

/* A header line of 1 MB, then the headers that matter. */
static void test_long_line(void **state)
{
	static uint8_t fill[1 << 20];
	struct peer p;
	size_t before, most;

	memset(fill, 'x', sizeof(fill));
	peer__open(&p, NULL);
	before = heap__used();
	peer__text(&p, SIDE_REQUEST, "POST /v1/x HTTP/1.1\r\nHost: a\r\nX-Long: ");
	peer__say(&p, SIDE_REQUEST, span(fill, sizeof(fill)));
	most = heap__used();
	peer__text(&p, SIDE_REQUEST, "\r\nContent-Length: 2\r\n\r\nhi");
	peer__text(&p, SIDE_RESPONSE, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	assert_string_equal(log__string(&p.log), "request 1 @1-1 POST /v1/x 11 host=a\n"
						 "  truncated\n"
						 "request_body 1 @1-1 hi\n"
						 "request_end 1 @1\n"
						 "response 1 @1-1 200 11\n"
						 "response_end 1 @1\n"
						 "end 1 @1 ok\n");
	assert_true(most < before + 64 * 1024);
	peer__close(&p);
}

static void test_many_headers(void **state)
{
	struct peer p;
	size_t before, most;
	char line[64];

	peer__open(&p, NULL);
	before = heap__used();
	peer__text(&p, SIDE_REQUEST, "POST /v1/x HTTP/1.1\r\nHost: a\r\n");
	for (int i = 0; i < 100000; i++) {
		snprintf(line, sizeof(line), "X-Header-%d: %d\r\n", i, i);
		peer__text(&p, SIDE_REQUEST, line);
	}
	most = heap__used();
	peer__text(&p, SIDE_REQUEST, "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n");
	peer__text(&p, SIDE_RESPONSE, "HTTP/1.1 204 No Content\r\n\r\n");
	assert_string_equal(log__string(&p.log), "request 1 @1-1 POST /v1/x 11 host=a\n"
						 "  truncated\n"
						 "request_body 1 @1-1 hi\n"
						 "request_end 1 @1\n"
						 "response 1 @1-1 204 11\n"
						 "response_end 1 @1\n"
						 "end 1 @1 ok\n");
	assert_true(most < before + 128 * 1024);
	peer__close(&p);
}

static void test_pipeline_limit(void **state)
{
	struct peer p;
	int err = 0;

	peer__open(&p, NULL);
	p.lim.pipeline = 4;
	for (int i = 0; i < 4 && !err; i++)
		err = peer__text(&p, SIDE_REQUEST, "GET /v1/x HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_int_equal(err, 0);
	assert_int_equal(p.log.open, 4);
	err = peer__text(&p, SIDE_REQUEST, "GET /v1/x HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_int_equal(err, -E2BIG);
	assert_int_equal(p.log.open, 0);
	peer__close(&p);
}

/* Unwanted requests whose answers are never seen cost nothing, however many. */
static void test_quiet_stays_small(void **state)
{
	struct peer p;
	size_t before;

	peer__open(&p, "/v1");
	peer__text(&p, SIDE_REQUEST, "GET /other HTTP/1.1\r\nHost: a\r\n\r\n");
	before = heap__used();
	for (int i = 0; i < 1000; i++) {
		assert_int_equal(peer__text(&p, SIDE_REQUEST, "GET /x HTTP/1.1\r\nHost: a\r\n\r\n"),
				 0);
		assert_true(http1_protocol.unwanted(p.state));
	}
	assert_true(heap__used() <= before + 64);
	assert_int_equal(http1_protocol.gap(p.state, SIDE_RESPONSE, 0, true, 1), 0);
	peer__text(&p, SIDE_REQUEST, "GET /v1/x HTTP/1.1\r\nHost: a\r\n\r\n");
	peer__text(&p, SIDE_RESPONSE, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
	assert_non_null(strstr(log__string(&p.log), "response_body 1002 @1-1 hi\n"));
	peer__close(&p);
}

static bool holds_key(struct span s)
{
	return s.n && span_find(s, SPAN_LIT("sk-")) >= 0;
}

/* Secrets leave no trace in what is told, and the same key has the same fingerprint. */
static uint64_t fingerprint(const char *head)
{
	static const uint8_t key[SIPHASH_KEY_BYTES] = {7};
	struct h1_head *h;
	const struct http_head *got;
	uint64_t fp;
	bool done;

	assert_int_equal(h1_head__new(SIDE_REQUEST, &limits_default, key, &h), 0);
	assert_int_equal(h1_head__feed(h, span_str(head), &done), (int)strlen(head));
	assert_true(done);
	got = h1_head__get(h);
	for (unsigned int i = 0; i < got->n_headers; i++)
		assert_false(holds_key(got->headers[i].value));
	assert_false(holds_key(got->query));
	assert_false(holds_key(got->authority));
	fp = got->key_fp;
	h1_head__free(h);
	return fp;
}

static void test_secrets(void **state)
{
	uint64_t fp = fingerprint("GET / HTTP/1.1\r\nAuthorization: Bearer sk-1\r\n\r\n");

	assert_true(fp != 0);
	assert_true(fingerprint("GET / HTTP/1.1\r\nX-API-Key: sk-1\r\n\r\n") == fp);
	assert_true(fingerprint("GET / HTTP/1.1\r\napi-key:  sk-1 \r\n\r\n") == fp);
	assert_true(fingerprint("GET /?a=b&key=sk-1&c HTTP/1.1\r\n\r\n") == fp);
	assert_true(fingerprint("GET /?%6Bey=sk-1 HTTP/1.1\r\n\r\n") == fp);
	assert_true(fingerprint("GET / HTTP/1.1\r\nAuthorization: Bearer sk-2\r\n\r\n") != fp);
	/* the specific one, in either order */
	assert_true(fingerprint("GET / HTTP/1.1\r\nx-api-key: sk-1\r\n"
				"Authorization: Bearer sk-2\r\n\r\n") == fp);
	assert_true(fingerprint("GET / HTTP/1.1\r\nAuthorization: Bearer sk-2\r\n"
				"x-api-key: sk-1\r\n\r\n") == fp);
	/* no credentials of a model API */
	assert_true(fingerprint("GET / HTTP/1.1\r\nCookie: sk-1\r\nX-My-Token: sk-3\r\n"
				"Referer: http://a/?api_key=sk-4\r\n"
				"Sec-WebSocket-Protocol: realtime, openai-insecure-api-key.sk-5\r\n"
				"\r\n") == 0);
	/* masked in the capture already */
	assert_true(fingerprint("GET / HTTP/1.1\r\nAuthorization: Bearer xxxx\r\n\r\n") == 0);
	assert_true(fingerprint("GET http://u:sk-1@h/p HTTP/1.1\r\n\r\n") == 0);
	/* of a signature only the key's id */
	assert_true(fingerprint("GET / HTTP/1.1\r\nAuthorization: AWS4-HMAC-SHA256 "
				"Credential=AK/1/s3, Signature=sk-1\r\n\r\n") ==
		    fingerprint("GET / HTTP/1.1\r\nAuthorization: AWS4-HMAC-SHA256 "
				"Credential=AK/2/s3, Signature=sk-2\r\n\r\n"));
}

int main(void)
{
	struct CMUnitTest tests[128] = {
		cmocka_unit_test(test_long_line),      cmocka_unit_test(test_many_headers),
		cmocka_unit_test(test_pipeline_limit), cmocka_unit_test(test_quiet_stays_small),
		cmocka_unit_test(test_secrets),
	};
	size_t n = 5;
	glob_t found;
	int res;

	if (glob("tests/transcripts/h1-*.t", 0, NULL, &found))
		return 1;
	for (size_t i = 0; i < found.gl_pathc && n < 128; i++)
		tests[n++] = (struct CMUnitTest){.name = found.gl_pathv[i],
						 .test_func = test_transcript,
						 .initial_state = found.gl_pathv[i]};
	res = _cmocka_run_group_tests("h1", tests, n, NULL, NULL);
	globfree(&found);
	return res;
}
