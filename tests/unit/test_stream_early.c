// SPDX-License-Identifier: Apache-2.0
/* Answers that are told before their requests, as plain HTTP may have them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "stream_rig.h"

#define REQUEST "POST /v1/a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"
#define ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
#define CALL                                          \
	"request 1 @1001-1001 POST /v1/a 11 host=a\n" \
	"request_body 1 @1001-1001 hi\n"              \
	"request_end 1 @1001\n"                       \
	"response 1 @1012-1012 200 11\n"              \
	"response_body 1 @1012-1012 ok\n"             \
	"response_end 1 @1012\n"                      \
	"end 1 @1012 ok\n"
#define CONN 11

/* Offsets by enum event_dir of the one connection. */
struct plain {
	struct rig *r;
	uint64_t offset[2];
};

static struct plain begin(const struct limits *lim)
{
	return (struct plain){.r = rig__new(lim)};
}

static void say(struct plain *p, enum event_dir dir, struct span bytes, uint32_t ahead,
		unsigned int flags, uint64_t at_ns)
{
	struct capture_data d = {
		.conn = CONN,
		.pid = 1,
		.tid = 1,
		.entry_ns = at_ns,
		.return_ns = at_ns + 1,
		.offset = p->offset[dir],
		.other_offset = p->offset[!dir],
		.ahead = ahead,
		.bytes = at_page_end(bytes),
		.dir = dir,
		.flags = (uint16_t)(EVENT_CALL_START | flags),
		.stack = TLS_NONE,
	};

	stream_table_ops.data(p->r->t, &d);
	p->offset[dir] += bytes.n;
}

static void close_it(struct plain *p)
{
	struct capture_close c = {
		.conn = CONN, .pid = 1, .ts_ns = 1100, .offset = {p->offset[0], p->offset[1]}};

	stream_table_ops.close(p->r->t, &c);
}

static void an_answer_waits_for_its_request(void **state)
{
	const struct span request = SPAN_LIT(REQUEST), answer = SPAN_LIT(ANSWER);

	/* whatever pieces the two come in */
	for (size_t piece = 1; piece <= request.n; piece++) {
		struct plain p = begin(NULL);
		struct span rest = answer;

		for (; rest.n; rest = span_skip(rest, piece))
			say(&p, DIR_READ, span_head(rest, piece), request.n, 0, 1011);
		assert_string_equal(log__string(&p.r->log), "");
		for (rest = request; rest.n; rest = span_skip(rest, piece)) {
			assert_null(memmem(p.r->log.text.p, p.r->log.text.n, "response", 8));
			say(&p, DIR_WRITE, span_head(rest, piece), 0, 0, 1001);
		}
		assert_string_equal(log__string(&p.r->log), CALL);
		assert_int_equal(rig__stats(p.r).gaps, 0);
		rig__free(p.r);
	}
}

/* What it waited for does not come: it goes on when that is clear, at the latest after a second. */
static void it_does_not_wait_in_vain(void **state)
{
	enum { QUIET, READ_ON, TICK, CLOSE, EXIT, NOTHING, ENDS };
	const struct capture_exit e = {.pid = 1, .ts_ns = 1100};
	const struct span answer = SPAN_LIT(ANSWER);

	for (int how = 0; how < ENDS; how++) {
		struct plain p = begin(NULL);

		say(&p, DIR_WRITE, SPAN_LIT(REQUEST), 0, 0, 1001);
		say(&p, DIR_READ, span_head(answer, 20), 50, 0, 1011);
		assert_null(strstr(log__string(&p.r->log), "response"));
		stream_table_ops.tick(p.r->t, 1012 + 999999999);
		assert_null(strstr(log__string(&p.r->log), "response"));
		if (how == QUIET)
			say(&p, DIR_WRITE, SPAN_LIT("x"), 0, EVENT_AFTER_QUIET, 1020);
		if (how == TICK)
			stream_table_ops.tick(p.r->t, 1013 + 1000000000);
		if (how == READ_ON || how == QUIET || how == TICK)
			say(&p, DIR_READ, span_skip(answer, 20), 0, 0, 1011);
		if (how == CLOSE)
			close_it(&p);
		if (how == EXIT)
			stream_table_ops.exit(p.r->t, &e);
		if (how <= TICK)
			assert_non_null(strstr(log__string(&p.r->log), "end 1 @1012 ok\n"));
		else if (how != NOTHING)
			assert_non_null(strstr(log__string(&p.r->log), "end 1 @1100"));
		rig__free(p.r); /* whatever waits still is freed */
	}
}

/* No more waits than there is room for. */
static void there_is_a_bound(void **state)
{
	struct limits lim = limits_default;
	struct plain p;

	lim.early_bytes = 100;
	p = begin(&lim);
	say(&p, DIR_WRITE, SPAN_LIT(REQUEST), 0, 0, 1001);
	say(&p, DIR_READ, SPAN_LIT(ANSWER), 50, 0, 1011);
	assert_string_equal(log__string(&p.r->log), CALL);
	rig__free(p.r);
}

/* Nothing waits where a TLS library keeps the order. */
static void others_do_not_wait(void **state)
{
	struct rig *r = rig__new(NULL);
	struct capture_data d = {.conn = CONN,
				 .pid = 1,
				 .entry_ns = 1011,
				 .return_ns = 1012,
				 .ahead = 50,
				 .bytes = SPAN_LIT(ANSWER),
				 .dir = DIR_READ,
				 .flags = EVENT_CALL_START,
				 .stack = TLS_GO};

	text(r, CONN, DIR_WRITE, REQUEST);
	d.other_offset = sizeof(REQUEST) - 1;
	stream_table_ops.data(r->t, &d);
	assert_non_null(strstr(log__string(&r->log), "end 1 @1012 ok\n"));
	rig__free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_waits_for_its_request),
		cmocka_unit_test(it_does_not_wait_in_vain),
		cmocka_unit_test(there_is_a_bound),
		cmocka_unit_test(others_do_not_wait),
	};

	return cmocka_run_group_tests_name("stream early", tests, NULL, NULL);
}
