// SPDX-License-Identifier: Apache-2.0
/* How HTTP/2 is told from other things, by few bytes; and what hostile input may take. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>

#include "h2_rig.h"
#include "heap.h"
#include "http/h2_head.h"
#include "http/h2_hpack.h"
#include "http/h2_match.h"
#include "stream/first.h"

#define POST_V1 ":method: POST\n:scheme: https\n:authority: a\n:path: /v1/a\n"
#define POST_OTHER ":method: POST\n:scheme: https\n:authority: a\n:path: /other\n"

struct sample {
	struct span bytes;
	enum protocol_match is;
	enum side side;
};

#define S(s) SPAN_LIT(s)

static void test_connection(void **state)
{
	static const struct sample samples[] = {
		{S(PREFACE), MATCH_YES, SIDE_REQUEST},
		{S("PRI * HTTP/1"), MATCH_NO, 0},
		{S("\0\0\x12\4\0\0\0\0\0"), MATCH_YES, SIDE_RESPONSE},
		{S("\0\0\x11\4\0\0\0\0\0"), MATCH_NO, 0},
		/* requests: POST first; after an authority from the table, as Go has it; literal */
		{S("\0\0\x20\1\4\0\0\0\5\x83\x87"), MATCH_YES, SIDE_REQUEST},
		{S("\0\0\x20\1\5\0\0\0\5\xc4\x82"), MATCH_YES, SIDE_REQUEST},
		{S("\0\0\x20\1\4\0\0\0\5\x41\x8c"), MATCH_YES, SIDE_REQUEST},
		{S("\0\0\x20\1\x24\0\0\0\5\0\0\0\0\x10\x83"), MATCH_YES, SIDE_REQUEST},
		{S("\0\0\x20\1\x2c\0\0\0\5\2\0\0\0\0\x10\x83"), MATCH_YES, SIDE_REQUEST},
		{S("\0\0\x20\1\4\0\0\0\5\x3f\xe1\xff\3\x83"), MATCH_YES, SIDE_REQUEST},
		/* after small frames */
		{S("\0\0\4\x8\0\0\0\0\0\0\1\0\0\0\0\x20\1\4\0\0\0\5\x83"), MATCH_YES, SIDE_REQUEST},
		{S("\0\0\0\4\1\0\0\0\0\0\0\x20\1\4\0\0\0\5\x83"), MATCH_YES, SIDE_REQUEST},
		{S("\0\0\x8\6\1\0\0\0\0"
		   "12345678"
		   "\0\0\x20\1\4\0\0\0\5\x88"),
		 MATCH_YES, SIDE_RESPONSE},
		/* answers */
		{S("\0\0\x20\1\4\0\0\0\5\x88"), MATCH_YES, SIDE_RESPONSE},
		{S("\0\0\x20\1\4\0\0\0\5\x48\x82"), MATCH_YES, SIDE_RESPONSE},
		{S("\0\0\x20\1\4\0\0\0\5\x08\3"), MATCH_YES, SIDE_RESPONSE},
		{S("\0\0\x20\1\4\0\0\0\5\x20\x88"), MATCH_YES, SIDE_RESPONSE},
		/* nobody knows whose, or what */
		{S("\0\0\x20\1\4\0\0\0\5\xc4\xc5\xc6\xc7"), MATCH_NO, 0},
		{S("\0\0\x20\1\4\0\0\0\5\xc4\x88"), MATCH_NO, 0},
		{S("\0\0\x20\1\4\0\0\0\5\x48\x90"), MATCH_NO, 0},
		{S("\0\0\x20\1\4\0\0\0\4\x83"), MATCH_NO, 0},
		{S("\0\0\x20\1\x44\0\0\0\5\x83"), MATCH_NO, 0},
		{S("\0\0\x20\1\4\x80\0\0\5\x83"), MATCH_NO, 0},
		{S("\0\0\0\1\4\0\0\0\5\x83"), MATCH_NO, 0},
		{S("\0\0\x20\0\0\0\0\0\5{\"a\""), MATCH_NO, 0},
		/* others: MySQL, Kafka, PostgreSQL, gRPC's own framing, text */
		{S("\x4a\0\0\0\x0a"
		   "5.7.5-m15\0"),
		 MATCH_NO, 0},
		{S("\0\0\1\5\0\3\0\x0c\0\0\0\1\0\7client1"), MATCH_NO, 0},
		{S("\0\0\0\x08\4\xd2\x16\x2f"), MATCH_NO, 0},
		{S("\0\0\0\0\x12\n\5hello"), MATCH_NO, 0},
		{S("data: {}\n\n"), MATCH_NO, 0},
		{S("\n\t\t\t\t\t\t\t\t\t\t"), MATCH_NO, 0},
	};

	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		const struct sample *s = &samples[i];
		enum protocol_match m = MATCH_MORE;
		enum side side = SIDE_REQUEST;

		/* It is told by no fewer bytes than these, and never told otherwise before. */
		for (size_t n = 1; n <= s->bytes.n && m == MATCH_MORE; n++)
			m = h2_match__connection(at_page_end(span_head(s->bytes, n)), &side);
		if (m != s->is || (m == MATCH_YES && side != s->side))
			fail_msg("sample %zu: %d of side %d", i, m, side);
	}
}

/* Whatever begins it, is decided within the room that there is. */
static void test_bounded(void **state)
{
	uint64_t seed = 1;
	uint8_t b[FIRST_MAX];
	unsigned int yes = 0;

	for (int i = 0; i < 300000; i++) {
		enum side side;

		for (size_t n = 0; n < sizeof(b); n++) {
			seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
			/* small bytes, as frames have them */
			b[n] = seed >> 62 ? (uint8_t)(seed >> 58 & 7) : (uint8_t)(seed >> 40);
		}
		b[0] = 0;
		assert_int_not_equal(h2_match__connection(span(b, sizeof(b)), &side), MATCH_MORE);
		assert_int_not_equal(h2_match__frame(SIDE_REQUEST, span(b, sizeof(b))), MATCH_MORE);
		yes += h2_match__connection(span(b, sizeof(b)), &side) == MATCH_YES;
	}
	assert_true(yes < 3000);
	/* of plain bytes: next to none */
	yes = 0;
	for (int i = 0; i < 300000; i++) {
		enum side side;

		for (size_t n = 0; n < sizeof(b); n++) {
			seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
			b[n] = (uint8_t)(seed >> 40);
		}
		yes += h2_match__connection(span(b, sizeof(b)), &side) == MATCH_YES;
	}
	assert_int_equal(yes, 0);
}

/* One connection, told to a log. */
struct peer {
	struct conn conn;
	struct http1_ctx ctx;
	struct limits lim;
	struct http_log log;
	struct h2_rig rig; /* writes frames */
	void *state;
	size_t before;
};

static void peer__say(struct peer *p, enum side side, struct span s)
{
	assert_int_equal(http2_protocol.feed(p->state, side, s, true, 1), 0);
}

static void peer__open(struct peer *p, const char *want)
{
	*p = (struct peer){.lim = limits_default, .conn.request_dir = DIR_WRITE};
	log__init(&p->log, want);
	rig__init(&p->rig);
	rig__call(&p->rig, SIDE_REQUEST);
	p->ctx = (struct http1_ctx){.ops = &log_ops, .ctx = &p->log};
	assert_int_equal(http2_protocol.open(&p->ctx, &p->conn, &p->lim, &p->state), 0);
	peer__say(p, SIDE_REQUEST, SPAN_LIT(PREFACE));
}

/* What the rig wrote. */
static void peer__send(struct peer *p)
{
	struct buf *b = rig__bytes(&p->rig);

	peer__say(p, p->rig.side, buf__span(b));
	buf__clear(b);
}

static void peer__close(struct peer *p)
{
	http2_protocol.finish(p->state, CONN_END_SERVER, 2);
	http2_protocol.free(p->state);
	assert_int_equal(p->log.open, 0);
	log__free(&p->log);
	rig__free(&p->rig);
}

/* Unwanted ones take nothing, wanted ones no more than the limit. */
static void test_many_streams(void **state)
{
	struct peer p;
	size_t before;

	peer__open(&p, "/v1");
	rig__headers(&p.rig, 1, 0, POST_OTHER);
	peer__send(&p);
	before = heap__used();
	for (uint32_t i = 1; i < 10000; i++) {
		rig__headers(&p.rig, 2 * i + 1, 0, POST_OTHER);
		peer__send(&p);
	}
	assert_true(!heap__exact() || heap__used() < before + 4096);
	assert_true(http2_protocol.unwanted(p.state));
	assert_int_equal(http2_protocol.requests(p.state), 10000);
	for (uint32_t i = 10000; i < 20000; i++) {
		rig__headers(&p.rig, 2 * i + 1, 0, POST_V1);
		peer__send(&p);
	}
	assert_int_equal(p.log.open, p.lim.h2_streams);
	assert_non_null(strstr(log__string(&p.log), "end 10001 @1 protocol\n"));
	peer__close(&p);
}

/* Those whose ends were lost are no failures when they have to go. */
static void test_many_lost(void **state)
{
	struct peer p;

	peer__open(&p, "/v1");
	for (uint32_t i = 0; i <= p.lim.h2_streams; i++) {
		if (i == p.lim.h2_streams)
			http2_protocol.gap(p.state, SIDE_RESPONSE, 99, false, 2);
		rig__headers(&p.rig, 2 * i + 1, H2_END_STREAM, POST_V1);
		peer__send(&p);
	}
	assert_non_null(strstr(log__string(&p.log), "end 1 @1 lost\n"));
	peer__close(&p);
}

/* Blocks that cannot be read make a filled inflater each, for a few bytes: not for ever. */
static void test_bad_blocks(void **state)
{
	static const struct span bad = SPAN_LIT("\x80"), good = SPAN_LIT("\x82");
	struct limits lim = limits_default;
	struct h2_hpack h;

	h2_hpack__init(&h, true, &lim);
	for (int i = 0; i < 1000; i++) {
		h2_hpack__feed(&h, bad, NULL, NULL);
		assert_int_equal(h2_hpack__end(&h), -EBADMSG);
	}
	assert_int_equal(h2_hpack__feed(&h, good, NULL, NULL), -EBADMSG);
	h2_hpack__end(&h);
	/* Nobody errs without end. */
	for (int i = 0; i < 100; i++) {
		h2_hpack__feed(&h, good, NULL, NULL);
		h2_hpack__end(&h);
	}
	assert_int_equal(h2_hpack__feed(&h, good, NULL, NULL), 0);
	assert_int_equal(h2_hpack__end(&h), 0);
	h2_hpack__free(&h);
}

/* A byte of a block can stand for as much as the table holds: only so much of it is looked at. */
static void test_many_references(void **state)
{
	static uint8_t value[60000];
	struct limits lim = limits_default;
	static const uint8_t key[16];
	struct h2_head *head;

	memset(value, 'a', sizeof(value));
	assert_int_equal(h2_head__new(SIDE_REQUEST, &lim, key, &head), 0);
	for (int i = 0; i < 100; i++)
		assert_int_equal(h2_head__add(head, S("x"), span(value, sizeof(value))), 0);
	assert_int_equal(h2_head__finish(head), 0);
	assert_int_equal(head->b.head.n_headers, lim.head_bytes / sizeof(value));
	assert_true(head->b.head.truncated);
	h2_head__free(head);
}

/* Frames of 16 MiB, of which nothing is gathered. */
static void test_large_frames(void **state)
{
	static uint8_t fill[1 << 20];
	struct peer p;
	size_t before;

	peer__open(&p, NULL);
	rig__headers(&p.rig, 1, 0, POST_V1);
	peer__send(&p);
	p.log.body.max = 0; /* the log itself keeps nothing */
	before = heap__used();
	for (uint8_t type = 0; type < 12; type++) {
		uint8_t head[] = {0xff, 0xff, 0xff, type, 0, 0, 0, 0, 1};

		if (type == H2_HEADERS || type == H2_PUSH_PROMISE || type == H2_CONTINUATION ||
		    type == H2_RST_STREAM || type == H2_GOAWAY)
			continue;
		peer__say(&p, SIDE_REQUEST, span(head, sizeof(head)));
		for (int i = 0; i < 15; i++)
			peer__say(&p, SIDE_REQUEST, span(fill, sizeof(fill)));
		peer__say(&p, SIDE_REQUEST, span(fill, sizeof(fill) - 1));
		assert_true(!heap__exact() || heap__used() < before + 4096);
	}
	rig__headers(&p.rig, 3, 0, POST_V1);
	peer__send(&p);
	assert_non_null(strstr(log__string(&p.log), "request 2 "));
	peer__close(&p);
}

/* Headers without end, by CONTINUATION (CVE-2024-27316), and by references to one large one. */
static void test_header_floods(void **state)
{
	static uint8_t refs[1 << 20];
	static char line[4000];
	struct peer p;
	size_t before;

	memset(refs, 0xbe, sizeof(refs));
	peer__open(&p, NULL);
	rig__frame(&p.rig, H2_HEADERS, 0, 1, SPAN_LIT("\x83\x87\x84"));
	peer__send(&p);
	before = heap__used();
	for (int i = 0; i < 100000; i++) {
		rig__frame(&p.rig, H2_CONTINUATION, 0, 1, SPAN_LIT("\x40\4name\5value"));
		peer__send(&p);
	}
	assert_true(!heap__exact() || heap__used() < before + 512 * 1024);
	rig__frame(&p.rig, H2_CONTINUATION, H2_END_HEADERS, 1, SPAN_NONE);
	peer__send(&p);
	assert_non_null(strstr(log__string(&p.log), "POST / 20 host=?\n  truncated\n"));

	memset(line, 'x', sizeof(line) - 2);
	memcpy(line, "big: ", 5);
	line[sizeof(line) - 2] = '\n';
	rig__headers(&p.rig, 3, 0, line);
	peer__send(&p);
	before = heap__used();
	for (int i = 0; i < 4; i++) {
		rig__frame(&p.rig, i ? H2_CONTINUATION : H2_HEADERS, i == 3 ? H2_END_HEADERS : 0, 5,
			   span(refs, sizeof(refs)));
		peer__send(&p);
	}
	assert_true(!heap__exact() || heap__used() < before + 4096 * 1024);
	rig__headers(&p.rig, 7, 0, POST_V1);
	peer__send(&p);
	assert_non_null(strstr(log__string(&p.log), "request 2 @1-1 POST /v1/a 20"));
	peer__close(&p);
}

/* A table may be made as large as the limit, no larger, however large the offer. */
static void test_table_limit(void **state)
{
	struct peer p;
	size_t before = heap__used();
	char line[128];

	peer__open(&p, NULL);
	peer__say(&p, SIDE_RESPONSE, SPAN_LIT("\0\0\6\4\0\0\0\0\0\0\1\xff\xff\xff\xff"));
	nghttp2_hd_deflate_del(p.rig.deflater[SIDE_REQUEST]);
	assert_int_equal(nghttp2_hd_deflate_new(&p.rig.deflater[SIDE_REQUEST], p.lim.h2_table), 0);
	nghttp2_hd_deflate_change_table_size(p.rig.deflater[SIDE_REQUEST], p.lim.h2_table);
	for (uint32_t i = 0; i < 40000; i++) {
		snprintf(line, sizeof(line), "x-%u: %u\n", i, i);
		rig__headers(&p.rig, 2 * i + 1, 0, line);
		peer__send(&p);
	}
	rig__headers(&p.rig, 99999, 0, POST_V1);
	peer__send(&p);
	assert_non_null(strstr(log__string(&p.log), "request 1 @1-1 POST /v1/a 20"));
	assert_true(!heap__exact() || heap__used() < before + 16 * 1024 * 1024);
	/* an update to 2 MiB: refused, and read on from there as after a loss */
	rig__frame(&p.rig, H2_HEADERS, 5, 100001, SPAN_LIT("\x3f\xe1\xff\x7f\x83\x84"));
	rig__frame(&p.rig, H2_HEADERS, 5, 100003, SPAN_LIT("\x83\x84"));
	peer__send(&p);
	assert_non_null(strstr(log__string(&p.log), "request 2 @1-1 POST / 20"));
	assert_null(strstr(log__string(&p.log), "request 3 "));
	assert_true(!heap__exact() || heap__used() < before + 8 * 1024 * 1024);
	peer__close(&p);
}

/* What an idle connection of which nothing is wanted takes, beside its requests' table. */
static void test_idle(void **state)
{
	size_t before = heap__used();
	struct peer p;
	size_t with;

	peer__open(&p, "/v1");
	rig__headers(&p.rig, 1, H2_END_STREAM, POST_OTHER);
	peer__send(&p);
	rig__call(&p.rig, SIDE_RESPONSE);
	rig__headers(&p.rig, 1, H2_END_STREAM, ":status: 200\n");
	peer__send(&p);
	with = heap__used();
	assert_int_equal(http2_protocol.gap(p.state, SIDE_RESPONSE, 0, true, 1), 0);
	/* the answers' table is gone */
	assert_true(!heap__exact() || heap__used() + 1000 < with);
	assert_true(with < before + 64 * 1024);
	peer__close(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_connection),   cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_many_streams), cmocka_unit_test(test_many_lost),
		cmocka_unit_test(test_bad_blocks),   cmocka_unit_test(test_many_references),
		cmocka_unit_test(test_large_frames), cmocka_unit_test(test_header_floods),
		cmocka_unit_test(test_table_limit),  cmocka_unit_test(test_idle),
	};

	return cmocka_run_group_tests_name("h2 match", tests, NULL, NULL);
}
