// SPDX-License-Identifier: Apache-2.0
#include <zlib.h>

#include "framing_trace.h"

static void put32(uint8_t *p, uint32_t n)
{
	p[0] = (uint8_t)(n >> 24);
	p[1] = (uint8_t)(n >> 16);
	p[2] = (uint8_t)(n >> 8);
	p[3] = (uint8_t)n;
}

/* Appends a string header to the n bytes at p; returns how many there are then. */
static size_t aws_header(uint8_t *p, size_t n, const char *name, const char *value)
{
	p[n++] = (uint8_t)strlen(name);
	memcpy(p + n, name, strlen(name));
	n += strlen(name);
	p[n++] = 7;
	p[n++] = (uint8_t)(strlen(value) >> 8);
	p[n++] = (uint8_t)strlen(value);
	memcpy(p + n, value, strlen(value));
	return n + strlen(value);
}

/* Appends a frame to the n bytes at p; returns how many there are then. */
static size_t aws_frame(uint8_t *p, size_t n, const void *headers, size_t headers_n,
			const void *payload, size_t payload_n)
{
	size_t total = 16 + headers_n + payload_n;

	p += n;
	put32(p, (uint32_t)total);
	put32(p + 4, (uint32_t)headers_n);
	put32(p + 8, (uint32_t)crc32(0, p, 8));
	if (headers_n)
		memcpy(p + 12, headers, headers_n);
	if (payload_n)
		memcpy(p + 12 + headers_n, payload, payload_n);
	put32(p + total - 4, (uint32_t)crc32(0, p, (unsigned int)total - 4));
	return n + total;
}

/* An event as Bedrock sends it. */
static size_t aws_event(uint8_t *p, size_t n, const char *type, const char *json)
{
	uint8_t headers[512];
	size_t h = aws_header(headers, 0, ":event-type", type);

	h = aws_header(headers, h, ":content-type", "application/json");
	h = aws_header(headers, h, ":message-type", "event");
	return aws_frame(p, n, headers, h, json, strlen(json));
}

static uint8_t bytes[1 << 18];

static void aws(size_t n, const char *want)
{
	splits_are(FRAMING_AWS, (char *)bytes, n, want);
}

static void test_events(void **state)
{
	size_t n = aws_event(bytes, 0, "messageStart", "{\"role\":\"assistant\"}");

	n = aws_event(bytes, n, "contentBlockDelta", "{\"delta\":{}}");
	n = aws_event(bytes, n, "empty", "");
	aws(n, "messageStart{{\"role\":\"assistant\"}}messageStart "
	       "contentBlockDelta{{\"delta\":{}}}contentBlockDelta empty{}empty ");
	aws(0, "");
	n = aws_frame(bytes, 0, NULL, 0, "x", 1);
	n = aws_frame(bytes, n, NULL, 0, NULL, 0);
	aws(n, "{x} {} ");
}

static void test_failures(void **state)
{
	uint8_t headers[256];
	size_t h, n;

	h = aws_header(headers, 0, ":exception-type", "throttlingException");
	h = aws_header(headers, h, ":message-type", "exception");
	n = aws_frame(bytes, 0, headers, h, "{}", 2);
	h = aws_header(headers, 0, ":message-type", "error");
	h = aws_header(headers, h, ":error-code", "Internal");
	h = aws_header(headers, h, ":error-message", "no");
	n = aws_frame(bytes, n, headers, h, NULL, 0);
	h = aws_header(headers, 0, ":message-type", "error");
	n = aws_frame(bytes, n, headers, h, NULL, 0);
	aws(n, "!throttlingException{{}}!throttlingException !Internal{}!Internal !error{}!error ");
}

/* Of all types of values only strings say something. */
static void test_types(void **state)
{
	static const uint8_t lengths[] = {0, 0, 1, 2, 4, 8, 2 + 3, 2 + 3, 8, 16};
	uint8_t headers[256] = {0};
	size_t i, h = 0, n;

	for (i = 0; i < sizeof(lengths); i++) {
		headers[h++] = 1;
		headers[h++] = 'a';
		headers[h++] = (uint8_t)i;
		if (i == 6 || i == 7)
			headers[h + 1] = 3;
		h += lengths[i];
	}
	headers[h++] = 11;
	memcpy(headers + h, ":event-type\4\0\0\0\1", 16);
	h = aws_header(headers, h + 16, ":event-type", "e");
	n = aws_frame(bytes, 0, headers, h, NULL, 0);
	aws(n, "e{}e ");
	/* A header that its block cuts off, and a type that does not exist. */
	n = aws_frame(bytes, 0, headers, h - 1, NULL, 0);
	aws(n, "BROKEN ");
	n = aws_frame(bytes, 0, "\1a\12", 3, NULL, 0);
	aws(n, "BROKEN ");
}

static void test_long_name(void **state)
{
	char name[200], want[400];

	memset(name, 'n', 199);
	name[199] = 0;
	snprintf(want, sizeof(want), "%.128s{}%.128s ", name, name);
	aws(aws_event(bytes, 0, name, ""), want);
}

static void test_checksums(void **state)
{
	size_t n = aws_event(bytes, 0, "a", "{}");
	size_t both = aws_event(bytes, n, "b", "{}");

	/* What came of the frame is told; what follows is not. */
	bytes[n - 1] ^= 1;
	aws(both, "a{{}}a! BROKEN ");
	aws_event(bytes, 0, "a", "{}");
	bytes[n - 5] = ' ';
	aws(both, "a{{ }a! BROKEN ");
	aws_event(bytes, 0, "a", "{}");
	bytes[8] ^= 1;
	aws(both, "BROKEN ");
}

static void test_lengths(void **state)
{
	struct {
		uint32_t total, headers;
	} cases[] = {{15, 0},
		     {0, 0},
		     {20, 5},
		     {16, 1},
		     {UINT32_MAX, (128 << 10) + 1},
		     {UINT32_MAX, UINT32_MAX}};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(bytes, 0, 64);
		put32(bytes, cases[i].total);
		put32(bytes + 4, cases[i].headers);
		put32(bytes + 8, (uint32_t)crc32(0, bytes, 8));
		aws(64, "BROKEN ");
	}
}

static void test_cut(void **state)
{
	size_t n = aws_event(bytes, 0, "a", "{}");

	aws(n - 1, "a{{}}a! ");
	aws(n - 5, "a{{}a! ");
	aws(20, "");
	aws(3, "");
}

static void test_gap(void **state)
{
	size_t n = aws_event(bytes, 0, "a", "{\"x\":1}"), head = n - 11;
	size_t both = aws_event(bytes, n, "b", "{}"), lost, at;
	const char *want;

	for (at = head + 1; at < n; at++)
		for (lost = 1; lost <= n - at; lost++) {
			char whole[64];

			snprintf(whole, sizeof(whole), "a{%.*s}a! b{{}}b ",
				 (int)(at - head < 7 ? at - head : 7), "{\"x\":1}");
			gap_is(FRAMING_AWS, span(bytes, at), lost,
			       span(bytes + at + lost, both - at - lost), whole);
		}
	/* In the headers: the message was not yet told. */
	gap_is(FRAMING_AWS, span(bytes, 20), 5, span(bytes + 25, both - 25), "b{{}}b ");
	/* Over the frame's end, of unknown size, in a prelude: where frames begin is unknown. */
	want = "a{{\"x}a! ";
	gap_is(FRAMING_AWS, span(bytes, head + 3), 9, span(bytes + head + 12, both - head - 12),
	       want);
	gap_is(FRAMING_AWS, span(bytes, head + 3), 0, span(bytes + n, both - n), want);
	gap_is(FRAMING_AWS, span(bytes, 4), 2, span(bytes + 6, both - 6), "");
	gap_is(FRAMING_AWS, span(bytes, n), 2, span(bytes + n, both - n), "a{{\"x\":1}}a ");
}

static void test_big(void **state)
{
	size_t payload = 200 << 10, n, i;
	char *x = malloc(payload);
	struct framing *f;
	struct trace t;

	memset(x, 'x', payload);
	n = aws_frame(bytes, 0, NULL, 0, x, payload);
	start(&t, FRAMING_AWS, &f);
	t.quiet = true;
	for (i = 0; i < 100; i++)
		assert_int_equal(framing__feed(f, span(bytes, n), i), 0);
	assert_int_equal(t.bytes, 100 * payload);
	assert_int_equal(t.end_ns, 99);
	free(finish(&t, f));
	free(x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_events),	  cmocka_unit_test(test_failures),
		cmocka_unit_test(test_types),	  cmocka_unit_test(test_long_name),
		cmocka_unit_test(test_checksums), cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_cut),	  cmocka_unit_test(test_gap),
		cmocka_unit_test(test_big),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
