// SPDX-License-Identifier: Apache-2.0
/* The parts of the exporter that need no network: its queue, when it tries again, what answers
 * mean. tests/e2e/test_export.py has the whole. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>
#include <zlib.h>

#include "sink/otlp/answer.h"
#include "sink/otlp/export.h"
#include "sink/otlp/gzip.h"
#include "sink/otlp/outcome.h"
#include "sink/otlp/queue.h"
#include "sink/otlp/retry.h"

/* ---- the queue ---- */

static int put(struct otlp_queue *q, size_t n, unsigned int items)
{
	uint8_t bytes[256] = {0};
	struct otlp_batch *b;
	int err;

	assert_true(n <= sizeof(bytes));
	bytes[0] = (uint8_t)items;
	b = otlp_batch__new(span(bytes, n), items);
	err = otlp_queue__put(q, b);
	if (err)
		free(b);
	return err;
}

static void bounded_in_bytes(void **state)
{
	const size_t one = sizeof(struct otlp_batch) + 100;
	struct otlp_queue q;
	struct otlp_batch *b;

	otlp_queue__init(&q, 3 * one, 0);
	assert_int_equal(put(&q, 100, 1), 0);
	assert_int_equal(put(&q, 100, 2), 0);
	assert_int_equal(put(&q, 101, 9), -ENOBUFS);
	assert_int_equal(put(&q, 100, 3), 0);
	assert_int_equal(q.bytes, 3 * one);
	assert_int_equal(put(&q, 0, 9), -ENOBUFS);
	assert_int_equal(q.items, 6);
	otlp_queue__free(&q);
	otlp_queue__init(&q, one, 0);
	assert_int_equal(put(&q, 101, 9), -E2BIG);
	assert_int_equal(put(&q, 100, 1), 0);
	b = otlp_queue__take(&q);
	assert_int_equal(b->n_items, 1);
	free(b);
	assert_null(otlp_queue__take(&q));
	assert_int_equal(q.bytes, 0);
	assert_int_equal(put(&q, 100, 1), 0);
	otlp_queue__free(&q);
}

static void bounded_in_items(void **state)
{
	struct otlp_queue q;

	otlp_queue__init(&q, 1 << 20, 10);
	assert_int_equal(put(&q, 1, 11), -E2BIG);
	assert_int_equal(put(&q, 1, 7), 0);
	assert_int_equal(put(&q, 1, 4), -ENOBUFS);
	assert_int_equal(put(&q, 1, 3), 0);
	otlp_queue__free(&q);
	assert_int_equal(q.items, 0);
}

/* Against a simple model: order and sums hold whatever is done. */
static void as_a_model(void **state)
{
	unsigned int model[64], first = 0, n = 0, i, x = 1, next = 1;
	struct otlp_batch *b, *packed;
	struct otlp_queue q;
	size_t bytes = 0;

	otlp_queue__init(&q, 64 * (sizeof(*b) + 200), 0);
	for (i = 0; i < 20000; i++) {
		x = x * 1103515245u + 12345u;
		if (x >> 16 & 1 && n < 64) {
			next = next % 250 + 1;
			assert_int_equal(put(&q, 100, next), 0);
			model[(first + n++) % 64] = next;
			bytes += sizeof(*b) + 100;
		} else if (n && x >> 17 & 1) {
			packed = otlp_batch__new(span(q.first->body, 7), q.first->n_items);
			bytes -= q.first->n_bytes - 7;
			otlp_queue__replace_first(&q, packed);
		} else if (n) {
			b = otlp_queue__take(&q);
			assert_int_equal(b->n_items, model[first++ % 64]);
			assert_int_equal(b->body[0], b->n_items);
			bytes -= sizeof(*b) + b->n_bytes;
			n--;
			free(b);
		}
		assert_int_equal(q.bytes, bytes);
	}
	otlp_queue__free(&q);
}

static void compressed(void **state)
{
	uint8_t plain[5000], back[6000];
	z_stream z = {.next_out = back, .avail_out = sizeof(back)};
	struct otlp_batch *b, *packed;
	size_t i;

	for (i = 0; i < sizeof(plain); i++)
		plain[i] = (uint8_t)(i % 50);
	b = otlp_batch__new(span(plain, sizeof(plain)), 3);
	packed = otlp_gzip__batch(b);
	assert_non_null(packed);
	assert_true(packed->gzip && packed->n_items == 3 && packed->n_bytes < 500);
	z.next_in = packed->body;
	z.avail_in = (uInt)packed->n_bytes;
	assert_int_equal(inflateInit2(&z, 31), Z_OK);
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	assert_int_equal(z.total_out, sizeof(plain));
	assert_memory_equal(back, plain, sizeof(plain));
	inflateEnd(&z);
	free(packed);
	free(b);
	b = otlp_batch__new(SPAN_LIT("abc"), 1);
	assert_null(otlp_gzip__batch(b)); /* would grow */
	free(b);
	b = otlp_batch__new(SPAN_NONE, 1);
	assert_null(otlp_gzip__batch(b));
	free(b);
}

/* ---- when to try again ---- */

static void backoff(void **state)
{
	static const unsigned int most[] = {1000, 2000, 4000, 8000, 16000, 30000, 30000};
	unsigned int i;

	for (i = 0; i < sizeof(most) / sizeof(most[0]); i++) {
		assert_int_equal(retry__backoff_ms(i + 1, 0), most[i] / 2);
		assert_in_range(retry__backoff_ms(i + 1, UINT32_MAX), most[i] - 1, most[i]);
		assert_int_equal(retry__backoff_ms(i + 1, 1u << 31), most[i] / 2 + most[i] / 4);
	}
	assert_int_equal(retry__backoff_ms(UINT32_MAX, 0), 15000);
}

#define NOW 784111777u /* Sun, 06 Nov 1994 08:49:37 GMT */

static void retry_after(void **state)
{
	static const struct {
		const char *value;
		int ms;
	} cases[] = {
		{"2", 2000},
		{" 120 ", 120000},
		{"0", 100},
		{"00007", 7000},
		{"300", 300000},
		{"301", 300000},
		{"99999999999999999999999999", 300000},
		{"Sun, 06 Nov 1994 08:49:47 GMT", 10000},  /* IMF-fixdate */
		{"Sunday, 06-Nov-94 08:50:37 GMT", 60000}, /* RFC 850 */
		{"Sun Nov  6 08:49:40 1994", 3000},	   /* asctime */
		{"Sun, 06 Nov 1994 08:49:37 GMT", 100},
		{"Sun, 06 Nov 1994 08:00:00 GMT", 100}, /* is over */
		{"Fri, 31 Dec 2021 23:59:59 GMT", 300000},
		{"", -EBADMSG},
		{"-1", -EBADMSG},
		{"1.5", -EBADMSG},
		{"2 s", -EBADMSG},
		{"soon", -EBADMSG},
		{"2,3", -EBADMSG},
		{"Sun, 06 Nov 1994 08:49:47 GMT and a long tail", -EBADMSG},
	};
	unsigned int ms;
	size_t i;
	int err;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ms = 0;
		err = retry__after_ms(span_str(cases[i].value), NOW, &ms);
		if (cases[i].ms < 0 ? err != cases[i].ms : err || ms != (unsigned int)cases[i].ms)
			fail_msg("%s: %d, %u ms", cases[i].value, err, ms);
	}
	assert_int_equal(retry__after_ms(span("Sun\0, 06 Nov", 12), NOW, &ms), -EBADMSG);
}

static void fates(void **state)
{
	static const struct {
		long status;
		CURLcode code;
		bool too_large;
		enum otlp_fate fate;
		enum export_drop reason;
	} cases[] = {
		{200, CURLE_OK, false, OTLP_TAKEN},
		{202, CURLE_OK, false, OTLP_TAKEN},
		{200, CURLE_PARTIAL_FILE, false, OTLP_TAKEN},
		{429, CURLE_OK, false, OTLP_AGAIN},
		{502, CURLE_OK, false, OTLP_AGAIN},
		{503, CURLE_RECV_ERROR, false, OTLP_AGAIN},
		{504, CURLE_OK, false, OTLP_AGAIN},
		{0, CURLE_COULDNT_CONNECT, false, OTLP_AGAIN},
		{0, CURLE_OPERATION_TIMEDOUT, false, OTLP_AGAIN},
		{0, CURLE_PEER_FAILED_VERIFICATION, false, OTLP_AGAIN},
		{0, CURLE_GOT_NOTHING, false, OTLP_AGAIN},
		{301, CURLE_OK, false, OTLP_LOST, EXPORT_DROP_HTTP_3XX},
		{400, CURLE_OK, false, OTLP_LOST, EXPORT_DROP_HTTP_4XX},
		{408, CURLE_OK, false, OTLP_LOST, EXPORT_DROP_HTTP_4XX},
		{499, CURLE_OK, false, OTLP_LOST, EXPORT_DROP_HTTP_4XX},
		{500, CURLE_OK, false, OTLP_LOST, EXPORT_DROP_HTTP_5XX},
		{501, CURLE_OK, false, OTLP_LOST, EXPORT_DROP_HTTP_5XX},
		{505, CURLE_OK, false, OTLP_LOST, EXPORT_DROP_HTTP_5XX},
		{599, CURLE_OK, false, OTLP_LOST, EXPORT_DROP_HTTP_5XX},
		{200, CURLE_WRITE_ERROR, true, OTLP_LOST, EXPORT_DROP_BAD_ANSWER},
	};
	enum export_drop reason;
	char text[768];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct otlp_attempt a = {cases[i].code, cases[i].status, cases[i].too_large, "",
					 "http://c/"};

		reason = EXPORT_DROP_QUEUE_FULL;
		assert_int_equal(otlp_outcome__fate(&a, &reason), cases[i].fate);
		if (cases[i].fate == OTLP_LOST)
			assert_int_equal(reason, cases[i].reason);
		otlp_outcome__text(&a, text, sizeof(text));
		assert_non_null(strstr(text, "OTLP to http://c/: "));
	}
}

/* ---- answers ---- */

#define BYTES(s) span(s, sizeof(s) - 1)

static void answers(void **state)
{
	static const struct {
		struct span body;
		int err;
		uint64_t rejected;
		const char *text;
	} cases[] = {
		{{NULL, 0}, 0, 0, ""},
		{{(const uint8_t *)"\x0a\x00", 2}, 0, 0, ""},
		{{(const uint8_t *)"\x0a\x02\x08\x05", 4}, 0, 5, ""},
		{{(const uint8_t *)"\x0a\x06\x08\x05\x12\x02no", 8}, 0, 5, "no"},
		{{(const uint8_t *)"\x0a\x04\x12\x02no", 6}, 0, 0, "no"},
		/* int64 below zero is no number of items */
		{{(const uint8_t *)"\x0a\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 13},
		 0,
		 0,
		 ""},
		/* an unknown field is none of ours */
		{{(const uint8_t *)"\x18\x01\x0a\x02\x08\x05", 6}, 0, 5, ""},
		{{(const uint8_t *)"\x0a\x06\x08\x05", 4}, -EBADMSG, 0, ""},
		{{(const uint8_t *)"<html>", 6}, -EBADMSG, 0, ""},
	};
	struct otlp_answer a;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(otlp_answer__success(cases[i].body, &a), cases[i].err);
		assert_int_equal(a.rejected, cases[i].rejected);
		assert_string_equal(a.text, cases[i].text);
	}
}

/* Two bytes of an unknown field are an allocation of fifty: what decodes to too much is refused. */
static void answers_are_bounded(void **state)
{
	size_t n = 4 << 20, i;
	uint8_t *body = malloc(n);
	struct otlp_answer a;

	assert_non_null(body);
	for (i = 0; i < n; i += 2) {
		body[i] = 0x18;
		body[i + 1] = 1;
	}
	assert_int_equal(otlp_answer__success(span(body, n), &a), -EBADMSG);
	memset(body, 'x', n);
	otlp_answer__failure(span(body, n), false, &a);
	assert_int_equal(strlen(a.text), OTLP_ANSWER_TEXT - 1);
	free(body);
}

static void failures(void **state)
{
	struct otlp_answer a;

	otlp_answer__failure(BYTES("\x08\x03\x12\x03"
				   "bad"),
			     true, &a);
	assert_string_equal(a.text, "bad");
	otlp_answer__failure(BYTES("\x08\x03\x12\x7f"
				   "bad"),
			     true, &a);
	assert_string_equal(a.text, "");
	otlp_answer__failure(BYTES("plain words"), false, &a);
	assert_string_equal(a.text, "plain words");
	otlp_answer__failure(BYTES("\x00\x01"), false, &a);
	assert_string_equal(a.text, "");
	otlp_answer__failure(SPAN_NONE, false, &a);
	assert_string_equal(a.text, "");
	otlp_answer__failure(SPAN_NONE, true, &a);
	assert_string_equal(a.text, "");
}

/* ---- the whole, as far as nobody listens ---- */

static void nobody_listens(void **state)
{
	uint8_t bytes[2100] = {0};
	char url[] = "http://127.0.0.1:1/v1/traces";
	struct otlp_config c = {
		.targets[OTLP_TRACES] = {.enabled = true, .url = url, .timeout_ms = 100}};
	struct otlp_export *x = NULL;
	struct limits lim = limits_default;
	struct otlp_stats st = {0};
	struct timespec t = {.tv_nsec = 20000000};
	unsigned int i;

	lim.otlp_traces_bytes = 1000;
	lim.otlp_request_bytes = 2000;
	assert_int_equal(otlp_export__new(&c, &lim, &x), 0);
	assert_int_equal(otlp_export__put(x, OTLP_LOGS, SPAN_LIT("a"), 1), -ENOENT);
	assert_int_equal(otlp_export__put(x, OTLP_TRACES, SPAN_NONE, 1), 0);
	assert_int_equal(otlp_export__put(x, OTLP_TRACES, span(bytes, 1100), 2), -E2BIG);
	assert_int_equal(otlp_export__put(x, OTLP_TRACES, span(bytes, 2100), 2), -E2BIG);
	otlp_export__lost(x, OTLP_TRACES, 3);
	assert_int_equal(otlp_export__put(x, OTLP_TRACES, span(bytes, 900), 4), 0);
	assert_int_equal(otlp_export__put(x, OTLP_TRACES, span(bytes, 100), 8), -ENOBUFS);
	for (i = 0; i < 200 && !st.signals[OTLP_TRACES].failures; i++) {
		nanosleep(&t, NULL);
		otlp_export__stats(x, &st);
	}
	assert_true(st.signals[OTLP_TRACES].failing);
	assert_int_equal(st.signals[OTLP_TRACES].waiting_items, 5);
	otlp_export__flush_free(x, 0, &st);
	assert_int_equal(st.signals[OTLP_TRACES].sent, 0);
	assert_int_equal(st.signals[OTLP_TRACES].dropped[EXPORT_DROP_AT_EXIT], 5);
	assert_int_equal(st.signals[OTLP_TRACES].dropped[EXPORT_DROP_TOO_LARGE], 4);
	assert_int_equal(st.signals[OTLP_TRACES].dropped[EXPORT_DROP_NO_MEMORY], 3);
	assert_int_equal(st.signals[OTLP_TRACES].dropped[EXPORT_DROP_QUEUE_FULL], 8);
	/* never started */
	assert_int_equal(otlp_export__new(&c, &lim, &x), 0);
	otlp_export__flush_free(x, 1000000000, NULL);
	otlp_export__flush_free(NULL, 0, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bounded_in_bytes),
		cmocka_unit_test(bounded_in_items),
		cmocka_unit_test(as_a_model),
		cmocka_unit_test(compressed),
		cmocka_unit_test(backoff),
		cmocka_unit_test(retry_after),
		cmocka_unit_test(fates),
		cmocka_unit_test(answers),
		cmocka_unit_test(failures),
		cmocka_unit_test(answers_are_bounded),
		cmocka_unit_test(nobody_listens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
