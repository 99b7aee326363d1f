// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>

#include "heap.h"
#include "stream_rig.h"

#define REQUEST "POST /v1/a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"
#define ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

/* The client writes, so its time is the write's entry, and reads: the read's return. */
static void test_client(void **state)
{
	struct rig *r = rig__new(NULL);

	text(r, 11, DIR_WRITE, REQUEST);
	text(r, 11, DIR_READ, ANSWER);
	hang_up(r, 11, 0, 0);
	assert_string_equal(log__string(&r->log), "request 1 @1001-1001 POST /v1/a 11 host=a\n"
						  "request_body 1 @1001-1001 hi\n"
						  "request_end 1 @1001\n"
						  "response 1 @1012-1012 200 11\n"
						  "response_body 1 @1012-1012 ok\n"
						  "response_end 1 @1012\n"
						  "end 1 @1012 ok\n");
	rig__free(r);
}

static void test_server(void **state)
{
	struct rig *r = rig__new(NULL);

	text(r, 11, DIR_READ, REQUEST);
	text(r, 11, DIR_WRITE, ANSWER);
	assert_string_equal(log__string(&r->log), "request 1 @1002-1002 POST /v1/a 11 host=a\n"
						  "request_body 1 @1002-1002 hi\n"
						  "request_end 1 @1002\n"
						  "response 1 @1011-1011 200 11\n"
						  "response_body 1 @1011-1011 ok\n"
						  "response_end 1 @1011\n"
						  "end 1 @1011 ok\n");
	rig__free(r);
}

/* Calls of every size, records of every size: but for times, the same. */
static void test_cuts(void **state)
{
	static const struct span in[] = {SPAN_LIT(REQUEST), SPAN_LIT(ANSWER)};
	char *want = NULL;

	for (int calls = 0; calls < 2; calls++) {
		for (size_t piece = in[0].n; piece; piece--) {
			struct rig *r = rig__new(NULL);

			r->now_ns = 0;
			for (int i = 0; i < 4; i++) {
				struct span rest = in[i & 1];
				unsigned int flags = EVENT_CALL_START;

				for (; rest.n; rest = span_skip(rest, piece)) {
					record(r, 11, i & 1 ? DIR_READ : DIR_WRITE,
					       span_head(rest, piece), flags);
					flags = calls ? EVENT_CALL_START : 0;
				}
			}
			if (!want)
				want = strdup(log__string(&r->log));
			assert_string_equal(log__string(&r->log), want);
			rig__free(r);
		}
	}
	free(want);
}

/* The head's time is that of its first byte, also where that alone did not tell what it was. */
static void test_first_byte(void **state)
{
	struct rig *r = rig__new(NULL);

	text(r, 11, DIR_WRITE, "PO");
	text(r, 11, DIR_WRITE, "ST /v1/a HTTP/1.0\r\n");
	text(r, 11, DIR_WRITE, "\r\n");
	text(r, 11, DIR_READ, "HTTP");
	text(r, 11, DIR_READ, "/1.0 200 OK\r\n\r\n");
	assert_string_equal(log__string(&r->log), "request 1 @1001-1021 POST /v1/a 10 host=\n"
						  "request_end 1 @1021\n"
						  "response 1 @1032-1042 200 10\n");
	rig__free(r);
}

static void test_others(void **state)
{
	struct rig *r = rig__new(NULL);
	struct stream_stats s;

	text(r, 11, DIR_WRITE, "PRI * HTTP/2.0\r\n\r\nSM");
	assert_int_equal(r->ignores, 0);
	text(r, 11, DIR_WRITE, "\r\n\r\nxxx");
	text(r, 11, DIR_READ, "whatever");
	call(r, 12, DIR_READ, SPAN_LIT("\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x80"));
	text(r, 12, DIR_WRITE, "PRI * HTTP/1.0\r\n\r\n");
	assert_int_equal(r->ignored, 12);
	text(r, 13, DIR_READ, "220 mail.example.com ESMTP\r\n");
	assert_int_equal(r->ignored, 13);
	text(r, 13, DIR_WRITE, REQUEST);
	text(r, 14, DIR_WRITE, "POSTAL");
	assert_int_equal(r->ignored, 14);
	assert_int_equal(r->ignores, 3);
	s = rig__stats(r);
	assert_int_equal(s.speak[0], 2);
	assert_int_equal(s.speak[1], 0);
	assert_int_equal(s.neither, 2);
	assert_int_equal(s.conns, 4);
	assert_int_equal(s.open, 4);
	hang_up(r, 11, 0, 0);
	assert_int_equal(rig__stats(r).open, 3);
	assert_string_equal(log__string(&r->log), "");
	rig__free(r);
}

static void test_upgrade(void **state)
{
	struct rig *r = rig__new(NULL);

	text(r, 11, DIR_WRITE, "GET /v1/r HTTP/1.1\r\nHost: a\r\nUpgrade: other\r\n\r\n");
	text(r, 11, DIR_READ, "HTTP/1.1 101 x\r\nUpgrade: other\r\n\r\n\x81");
	assert_int_equal(r->ignored, 11);
	assert_int_equal(rig__stats(r).upgraded, 1);
	assert_int_equal(rig__stats(r).failed, 0);
	text(r, 11, DIR_READ, "more");
	hang_up(r, 11, 0, 0);
	rig__free(r);
}

/* Losses show in offsets, in records of their own, in the other direction and at the close. */
static void test_gaps(void **state)
{
	struct rig *r = rig__new(NULL);
	struct capture_data lost = {.conn = 11, .pid = 1, .gap = 3, .dir = DIR_READ};

	text(r, 11, DIR_WRITE, "POST /v1/a HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
	r->offset[1][DIR_WRITE] += 4;
	text(r, 11, DIR_WRITE, "xyz");
	text(r, 11, DIR_READ, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
	lost.offset = r->offset[1][DIR_READ];
	lost.return_ns = r->now_ns;
	stream_table_ops.data(r->t, &lost);
	r->offset[1][DIR_READ] += 3;
	text(r, 11, DIR_READ, "uvwx");
	/* both the next request and the beginning of its answer */
	r->offset[1][DIR_WRITE] += 100;
	r->offset[1][DIR_READ] += 30;
	text(r, 11, DIR_READ, ANSWER);
	text(r, 11, DIR_WRITE, REQUEST);
	r->offset[1][DIR_READ] += 30;
	hang_up(r, 11, 0, 0);
	assert_string_equal(log__string(&r->log), "request 1 @1001-1001 POST /v1/a 11 host=a\n"
						  "request_body 1 @1001-1001 abc\n"
						  "gap 1 request 4\n"
						  "request_body 1 @1011-1011 xyz\n"
						  "request_end 1 @1011 gap\n"
						  "response 1 @1022-1022 200 11\n"
						  "response_body 1 @1022-1022 abc\n"
						  "gap 1 response 3\n"
						  "response_body 1 @1032-1032 uvwx\n"
						  "response_end 1 @1032 gap\n"
						  "end 1 @1032 ok\n"
						  "request 2 @1051-1051 POST /v1/a 11 host=a\n"
						  "request_body 2 @1051-1051 hi\n"
						  "request_end 2 @1051\n"
						  "end 2 @1060 lost\n");
	assert_int_equal(rig__stats(r).gaps, 5);
	assert_int_equal(rig__stats(r).gap_bytes, 4 + 3 + 100 + 30 + 30);
	rig__free(r);
}

/* A request is lost; its answer comes. Without other_offset it would be paired with the request
 * before. */
static void test_lost_request(void **state)
{
	static const enum tls_stack stacks[] = {TLS_OPENSSL, TLS_GO};

	for (int i = 0; i < 2; i++) {
		struct rig *r = rig__new(NULL);

		r->stack = stacks[i];
		text(r, 11, DIR_WRITE, REQUEST);
		r->offset[1][DIR_READ] += 500;
		r->offset[1][DIR_WRITE] += 200;
		text(r, 11, DIR_READ, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno");
		assert_null(strstr(log__string(&r->log), "response"));
		assert_non_null(strstr(log__string(&r->log), "end 1 @1012 lost"));
		rig__free(r);
	}
}

static void test_duplicates(void **state)
{
	struct rig *r = rig__new(NULL);

	text(r, 11, DIR_WRITE, REQUEST);
	r->offset[1][DIR_WRITE] = 0;
	text(r, 11, DIR_WRITE, REQUEST);
	text(r, 11, DIR_READ, "HTTP/1.1 200 OK\r\nContent-Len");
	r->offset[1][DIR_READ] -= 3;
	text(r, 11, DIR_READ, "Length: 0\r\n\r\n");
	assert_int_equal(r->log.n, 1);
	assert_non_null(strstr(log__string(&r->log), "end 1 @1032 ok\n"));
	assert_int_equal(rig__stats(r).duplicates, sizeof(REQUEST) - 1 + 3);
	assert_int_equal(rig__stats(r).gaps, 0);
	rig__free(r);
}

/* Unwanted requests make the connection quiet up to where they were judged. */
static void test_quiet(void **state)
{
	static const char other[] = "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhi";
	struct rig *r = rig__new(NULL);

	text(r, 11, DIR_WRITE, REQUEST);
	text(r, 11, DIR_READ, ANSWER);
	assert_int_equal(r->quiets, 0);
	text(r, 11, DIR_WRITE, other);
	assert_int_equal(r->quiets, 1);
	assert_int_equal(r->quiet_conn, 11);
	assert_int_equal(r->quiet_dir, DIR_WRITE);
	assert_int_equal(r->judged, r->offset[1][DIR_WRITE]);
	record(r, 11, DIR_WRITE, SPAN_LIT(REQUEST), EVENT_CALL_START | EVENT_AFTER_QUIET);
	assert_int_equal(r->quiets, 1);
	record(r, 11, DIR_READ, SPAN_LIT(ANSWER), EVENT_CALL_START | EVENT_AFTER_QUIET);
	assert_non_null(strstr(log__string(&r->log), "end 3 @1032 ok\n"));
	assert_null(strstr(log__string(&r->log), "gap"));
	assert_int_equal(rig__stats(r).gaps, 0);
	/* the server's side */
	text(r, 22, DIR_READ, other);
	assert_int_equal(r->quiet_conn, 22);
	assert_int_equal(r->quiet_dir, DIR_READ);
	assert_int_equal(r->judged, sizeof(other) - 1);
	rig__free(r);
}

/* A wanted request whose answer is lost leaves the connection with nothing open: its line must not
 * come back as judged, or its like would not be told of any more. */
static void test_line_of_lost(void **state)
{
	struct rig *r = rig__new(NULL);

	text(r, 11, DIR_WRITE, REQUEST);
	text(r, 11, DIR_READ, ANSWER);
	r->next_line = 7;
	text(r, 11, DIR_WRITE, REQUEST);
	r->offset[1][DIR_WRITE] += 1000;
	text(r, 11, DIR_WRITE, "tail of who knows what");
	text(r, 11, DIR_READ, ANSWER);
	text(r, 11, DIR_WRITE, "more of it");
	assert_true(r->quiets > 0);
	assert_int_not_equal(r->line, 7);
	rig__free(r);
}

/* Only the line of a request that was seen and is not wanted comes back as judged. */
static void test_lines(void **state)
{
	struct rig *r = rig__new(NULL);

	text(r, 11, DIR_WRITE, REQUEST);
	text(r, 11, DIR_READ, ANSWER);
	r->next_line = 5;
	text(r, 11, DIR_WRITE, "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\n");
	assert_int_equal(r->line, 5);
	/* its body quotes a request: at its place, and where the place is lost */
	r->next_line = 6;
	text(r, 11, DIR_WRITE, "POST /v1/a HTTP/1.1\r\n\r\n");
	assert_int_equal(r->line, 5);
	r->next_line = 6;
	record(r, 11, DIR_WRITE, SPAN_LIT("POST /v1/a HTTP/1.1\r\n\r\n"),
	       EVENT_CALL_START | EVENT_AFTER_QUIET);
	assert_int_equal(r->line, 5);
	/* a head in two calls, whose second begins like a line */
	text(r, 11, DIR_WRITE, "GET /y HTTP/1.1\r\nHost: a\r\nX: ");
	r->next_line = 6;
	text(r, 11, DIR_WRITE, "POST /v1/a HTTP/1.1\r\n\r\n");
	assert_int_equal(r->line, 0);
	/* a wanted one, then one more that is not */
	r->next_line = 6;
	text(r, 11, DIR_WRITE, REQUEST);
	assert_int_equal(r->line, 0);
	record(r, 11, DIR_READ, SPAN_LIT(ANSWER), EVENT_CALL_START | EVENT_AFTER_QUIET);
	r->next_line = 7;
	text(r, 11, DIR_WRITE, "GET /z HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_int_equal(r->line, 7);
	rig__free(r);
}

static void test_midstream(void **state)
{
	static uint8_t fill[16 << 10];
	struct rig *r = rig__new(NULL);

	memset(fill, 'x', sizeof(fill));
	record(r, 11, DIR_READ, span(fill, 100), EVENT_MIDSTREAM | EVENT_CALL_START);
	for (int i = 0; i < 3; i++)
		call(r, 11, DIR_READ, span(fill, sizeof(fill)));
	assert_int_equal(r->quiets, 0);
	call(r, 11, DIR_READ, span(fill, sizeof(fill)));
	assert_int_equal(r->quiets, 1);
	assert_int_equal(r->quiet_dir, DIR_WRITE);
	/* its next request is seen, and what is left of the old answer is not its answer */
	text(r, 11, DIR_WRITE, "PO");
	text(r, 11, DIR_WRITE, "ST /v1/a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
	text(r, 11, DIR_READ, "HTTP/1.1 200 x\r\nContent-Length: 2\r\n\r\nok");
	hang_up(r, 11, 0, 0);
	assert_non_null(strstr(log__string(&r->log), "response_body 1 @1062-1062 ok\n"));
	assert_int_equal(r->ignores, 0);
	assert_int_equal(rig__stats(r).midstream, 1);
	/* its first record was lost */
	r->offset[2][DIR_WRITE] = 50;
	text(r, 12, DIR_WRITE, "rest of a body");
	text(r, 12, DIR_READ, "HTTP/1.1 200 x\r\nContent-Length: 2\r\n\r\nno");
	text(r, 12, DIR_WRITE, REQUEST);
	text(r, 12, DIR_READ, ANSWER);
	assert_non_null(strstr(log__string(&r->log), "response_body 2 @1102-1102 ok\n"));
	assert_int_equal(rig__stats(r).midstream, 2);
	rig__free(r);
}

static void test_closers(void **state)
{
	static const struct {
		unsigned int flags;
		uint32_t read_fails;
		const char *client, *server; /* how a cut answer ends, by the traced side */
	} table[] = {
		{0, 0, "client", "server"},
		{0, 1, "server", "client"},
		{0, 5, "server", "client"},
		{CLOSE_NONBLOCKING, 0, "client", "server"},
		{CLOSE_NONBLOCKING, 1, "client", "server"},
		{CLOSE_NONBLOCKING, 2, "server", "client"},
		{CLOSE_EOF, 0, "server", "client"},
		{CLOSE_EOF | CLOSE_NONBLOCKING, 1, "server", "client"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct rig *r = rig__new(NULL);
		char want[64];

		text(r, 11, DIR_WRITE, REQUEST);
		text(r, 12, DIR_READ, REQUEST);
		hang_up(r, 11, table[i].flags, table[i].read_fails);
		hang_up(r, 12, table[i].flags, table[i].read_fails);
		snprintf(want, sizeof(want), "end 1 @1020 %s\nend 2 @1020 %s\n", table[i].client,
			 table[i].server);
		assert_non_null(strstr(log__string(&r->log), want));
		rig__free(r);
	}
}

/* What was told to the observer, beside the log. */
static void seen_process(void *ctx, const struct process *p)
{
	log__line(ctx, "process %u", p->pid);
}

static void seen_exit(void *ctx, const struct capture_exit *e)
{
	log__line(ctx, "exit %u", e->pid);
}

static void seen_clock(void *ctx, uint64_t mono_ns, int64_t offset_ns)
{
	log__line(ctx, "clock %" PRIu64, mono_ns);
}

static void seen_tick(void *ctx, uint64_t mono_ns)
{
	log__line(ctx, "tick %" PRIu64, mono_ns);
}

static void test_processes(void **state)
{
	static const struct capture_ops observer = {
		.process = seen_process,
		.exit = seen_exit,
		.clock = seen_clock,
		.tick = seen_tick,
	};
	struct rig *r = rig__new(NULL);
	struct process p = {.pid = 1, .seen_ns = 1100};
	struct capture_exit e = {.pid = 2, .ts_ns = 1200};
	struct capture_counts counts = {};

	stream_table__observe(r->t, &observer, &r->log);
	stream_table_ops.clock(r->t, 1, 2);
	stream_table_ops.counts(r->t, &counts);
	stream_table_ops.process(r->t, &p);
	text(r, 11, DIR_WRITE, "GET /v1/a HTTP/1.0\r\n\r\n");
	text(r, 22, DIR_WRITE, "GET /v1/b HTTP/1.0\r\n\r\n");
	text(r, 23, DIR_WRITE, "GET /v1/c HTTP/1.0\r\n\r\n");
	stream_table_ops.process(r->t, &p); /* it has executed another program */
	stream_table_ops.exit(r->t, &e);
	stream_table_ops.exit(r->t, &e);
	stream_table_ops.tick(r->t, 9);
	assert_string_equal(log__string(&r->log), "clock 1\n"
						  "process 1\n"
						  "request 1 @1001-1001 GET /v1/a 10 host=\n"
						  "request_end 1 @1001\n"
						  "request 2 @1011-1011 GET /v1/b 10 host=\n"
						  "request_end 2 @1011\n"
						  "request 3 @1021-1021 GET /v1/c 10 host=\n"
						  "request_end 3 @1021\n"
						  "end 1 @1100 process\n"
						  "process 1\n"
						  "end 2 @1200 process\n"
						  "end 3 @1200 process\n"
						  "exit 2\n"
						  "exit 2\n"
						  "tick 9\n");
	rig__free(r);
}

/* Past a limit the longest idle go, those with an open call last. */
static void test_limits(void **state)
{
	struct limits lim = limits_default;
	struct rig *r;

	lim.conns = 4;
	lim.conns_per_process = 2;
	r = rig__new(&lim);
	text(r, 11, DIR_WRITE, REQUEST);
	text(r, 12, DIR_WRITE, "GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
	text(r, 13, DIR_WRITE, REQUEST);
	assert_int_equal(rig__stats(r).evicted, 1);
	text(r, 11, DIR_READ, ANSWER);
	assert_non_null(strstr(log__string(&r->log), "end 1 @1032 ok\n"));
	text(r, 24, DIR_WRITE, REQUEST);
	text(r, 35, DIR_WRITE, REQUEST);
	text(r, 46, DIR_WRITE, REQUEST); /* 13 is longest idle, but 11 has nothing open */
	assert_int_equal(rig__stats(r).evicted, 2);
	assert_int_equal(rig__stats(r).open, 4);
	text(r, 13, DIR_READ, ANSWER);
	assert_non_null(strstr(log__string(&r->log), "end 3 @1072 ok\n"));
	text(r, 57, DIR_WRITE, REQUEST); /* all are busy */
	assert_int_equal(rig__stats(r).evicted, 3);
	rig__free(r);
}

static void test_idle_memory(void **state)
{
	enum { N = 10000 };
	struct rig *r = rig__new(NULL);
	size_t before = heap__used(), each;

	for (uint64_t i = 0; i < N; i++) {
		memset(r->offset, 0, sizeof(r->offset));
		for (int n = 0; n < 5; n++)
			record(r, 100000 + i, DIR_WRITE,
			       SPAN_LIT("GET /x HTTP/1.1\r\nHost: a\r\n\r\n"), EVENT_CALL_START);
	}
	assert_int_equal(r->quiets, N * 5);
	each = (heap__used() - before) / N;
	if (each > 512)
		fail_msg("an idle quiet connection takes %zu bytes", each);
	print_message("an idle quiet connection takes %zu bytes\n", each);
	rig__free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_client),	     cmocka_unit_test(test_server),
		cmocka_unit_test(test_cuts),	     cmocka_unit_test(test_first_byte),
		cmocka_unit_test(test_others),	     cmocka_unit_test(test_upgrade),
		cmocka_unit_test(test_gaps),	     cmocka_unit_test(test_lost_request),
		cmocka_unit_test(test_duplicates),   cmocka_unit_test(test_quiet),
		cmocka_unit_test(test_midstream),    cmocka_unit_test(test_closers),
		cmocka_unit_test(test_processes),    cmocka_unit_test(test_limits),
		cmocka_unit_test(test_idle_memory),  cmocka_unit_test(test_lines),
		cmocka_unit_test(test_line_of_lost),
	};

	return cmocka_run_group_tests_name("stream", tests, NULL, NULL);
}
