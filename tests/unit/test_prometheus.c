// SPDX-License-Identifier: Apache-2.0
/* Metrics as text: both formats, byte by byte; which one a scraper wants; hostile labels. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sink/metrics_http.h"
#include "sink/prometheus_text.h"

static struct metrics *make(void)
{
	struct metrics_config cfg = {.options = METRICS_EXEMPLARS, .start_ns = 1};
	struct metrics *m;

	assert_int_equal(metrics__new(&cfg, &m), 0);
	return m;
}

static struct call a_call(void)
{
	struct call c = call_unknown;

	c.time_ns = 1700000000000000000;
	c.duration_ns = 40000000;
	c.operation = "chat";
	c.provider = "openai";
	c.request_model = "gpt-4o";
	c.who.feature = "me/rag";
	c.input_tokens = 1048577;
	c.cost_nusd = 2500001;
	memset(c.trace_id, 0xab, sizeof(c.trace_id));
	memset(c.span_id, 0x01, sizeof(c.span_id));
	return c;
}

/* The page; the caller frees it. min: bytes of a piece. */
static char *page(struct metrics *m, enum prometheus_format format, size_t min)
{
	struct prometheus_text t = {.metrics = m, .format = format};
	struct buf all, piece;
	int more;

	buf__init(&all, 1 << 24);
	buf__init(&piece, 1 << 20);
	do {
		buf__clear(&piece);
		more = prometheus_text__some(&t, &piece, min);
		assert_true(more >= 0);
		assert_int_equal(buf__add(&all, buf__span(&piece)), 0);
	} while (more);
	assert_int_equal(buf__add(&all, span("", 1)), 0);
	buf__free(&piece);
	return (char *)all.p;
}

static void expect(const char *text, const char *want)
{
	if (!strstr(text, want))
		fail_msg("no\n%s\nin\n%s", want, text);
}

#define L                                                                                     \
	"{feature=\"me/rag\",gen_ai_operation_name=\"chat\",gen_ai_provider_name=\"openai\"," \
	"gen_ai_request_model=\"gpt-4o\""
#define D "gen_ai_client_operation_duration_seconds"
#define T "gen_ai_client_token_usage"
#define TRACE "# {trace_id=\"abababababababababababababababab\",span_id=\"0101010101010101\"} "

static void plain(void **state)
{
	struct metrics *m = make();
	struct call c = a_call();
	char *text;

	metrics__call(m, &c);
	text = page(m, PROMETHEUS_TEXT, 1);
	expect(text, "# HELP " D " Duration of a call\n# TYPE " D " histogram\n" D "_bucket" L
		     ",le=\"0.01\"} 0\n" D "_bucket" L ",le=\"0.02\"} 0\n" D "_bucket" L
		     ",le=\"0.04\"} 1\n" D "_bucket" L ",le=\"0.08\"} 1\n");
	expect(text, D "_bucket" L ",le=\"+Inf\"} 1\n" D "_count" L "} 1\n" D "_sum" L "} 0.04\n");
	expect(text, T "_bucket" L ",gen_ai_token_type=\"input\",le=\"1.0\"} 0\n");
	expect(text, T "_bucket" L ",gen_ai_token_type=\"input\",le=\"262144.0\"} 0\n" T "_bucket" L
		       ",gen_ai_token_type=\"input\",le=\"1.048576e+06\"} 0\n" T "_bucket" L
		       ",gen_ai_token_type=\"input\",le=\"4.194304e+06\"} 1\n" T "_bucket" L
		       ",gen_ai_token_type=\"input\",le=\"1.6777216e+07\"} 1\n" T "_bucket" L
		       ",gen_ai_token_type=\"input\",le=\"6.7108864e+07\"} 1\n");
	expect(text, T "_sum" L ",gen_ai_token_type=\"input\"} 1048577\n");
	expect(text, "# TYPE llmsnoop_cost_usd_total counter\nllmsnoop_cost_usd_total" L
		     "} 0.002500001\n");
	expect(text, "llmsnoop_tokens_total" L ",kind=\"input\"} 1048577\n");
	assert_null(strstr(text, "trace_id"));
	assert_null(strstr(text, "# UNIT"));
	assert_null(strstr(text, "# EOF"));
	free(text);
	metrics__free(m);
}

static void openmetrics(void **state)
{
	struct metrics *m = make();
	struct call c = a_call();
	char *text;

	metrics__call(m, &c);
	text = page(m, PROMETHEUS_OPENMETRICS, 1);
	expect(text, "# TYPE " D " histogram\n# UNIT " D " seconds\n");
	expect(text, ",le=\"0.04\"} 1 " TRACE "0.04 1700000000.040\n");
	expect(text, ",le=\"0.08\"} 1\n");
	expect(text,
	       "# TYPE llmsnoop_cost_usd counter\n# UNIT llmsnoop_cost_usd usd\n"
	       "llmsnoop_cost_usd_total" L "} 0.002500001 " TRACE "0.002500001 1700000000.040\n");
	assert_null(strstr(text, "# UNIT " T));
	assert_string_equal(text + strlen(text) - 7, "\n# EOF\n");
	free(text);
	metrics__free(m);
}

/* However it is read, it is the same. */
static void pieces(void **state)
{
	struct metrics *m = make();
	struct call c = a_call();
	char *whole, *text, *end;
	char model[16];
	unsigned int i;
	size_t min;

	c.request_model = model;
	for (i = 0; i < 30; i++) {
		snprintf(model, sizeof(model), "m%u", i);
		metrics__call(m, &c);
	}
	whole = page(m, PROMETHEUS_OPENMETRICS, 1 << 19);
	end = strstr(whole, "# HELP process_cpu"); /* what comes then changes */
	for (min = 1; min < 100000; min = min * 3 + 1) {
		text = page(m, PROMETHEUS_OPENMETRICS, min);
		assert_memory_equal(text, whole, (size_t)(end - whole));
		free(text);
	}
	free(whole);
	metrics__free(m);
}

/* Names that would end a label, a line or the page, and two that look the same. */
static void hostile(void **state)
{
	static const struct {
		const char *model, *want;
	} all[] = {
		{"a\"b", "gen_ai_request_model=\"a\\\"b\"}"},
		{"a\\", "gen_ai_request_model=\"a\\\\\"}"},
		{"a\n# EOF\n", "gen_ai_request_model=\"a\xef\xbf\xbd# EOF\xef\xbf\xbd\"}"},
		{"a\xff\xfe\x80z",
		 "gen_ai_request_model=\"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\"}"},
		{"\xe2\x80\xae"
		 "b",
		 "gen_ai_request_model=\"\xef\xbf\xbd"
		 "b\"}"},
		{"\xc3\xa9", "gen_ai_request_model=\"\xc3\xa9\"}"},
	};
	struct metrics *m = make();
	struct call c = a_call();
	char *text;
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		c.request_model = all[i].model;
		metrics__call(m, &c);
	}
	c.request_model = "x\x01";
	metrics__call(m, &c);
	c.request_model = "x\x02";
	metrics__call(m, &c);
	c.request_model = "";
	metrics__call(m, &c);
	c.request_model = NULL;
	metrics__call(m, &c);
	text = page(m, PROMETHEUS_TEXT, 1);
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		expect(text, all[i].want);
	expect(text,
	       D "_count{feature=\"me/rag\",gen_ai_operation_name=\"chat\","
		 "gen_ai_provider_name=\"openai\",gen_ai_request_model=\"x\xef\xbf\xbd\"} 2\n");
	expect(text, D "_count{feature=\"me/rag\",gen_ai_operation_name=\"chat\","
		       "gen_ai_provider_name=\"openai\"} 2\n");
	free(text);
	metrics__free(m);
}

static void overflow(void **state)
{
	struct metrics_config cfg = {.max_series = 1, .start_ns = 1};
	struct call c = a_call();
	struct metrics *m;
	char *text;

	assert_int_equal(metrics__new(&cfg, &m), 0);
	metrics__call(m, &c);
	c.request_model = "b";
	metrics__call(m, &c);
	c.request_model = "c";
	metrics__call(m, &c);
	text = page(m, PROMETHEUS_TEXT, 1);
	expect(text, "\n" D "_count{otel_metric_overflow=\"true\"} 2\n");
	expect(text, "\n" D "_bucket{otel_metric_overflow=\"true\",le=\"+Inf\"} 2\n");
	free(text);
	metrics__free(m);
}

static void too_small(void **state)
{
	struct metrics *m = make();
	struct call c = a_call();
	struct prometheus_text t = {.metrics = m};
	struct buf out;

	metrics__call(m, &c);
	buf__init(&out, 700);
	assert_int_equal(prometheus_text__some(&t, &out, 600), -E2BIG);
	assert_int_equal(prometheus_text__some(&t, &out, 1), -E2BIG);
	buf__free(&out);
	metrics__free(m);
}

static void accept(void **state)
{
	static const struct {
		const char *accept;
		enum prometheus_format want;
	} all[] = {
		{NULL, PROMETHEUS_TEXT},
		{"", PROMETHEUS_TEXT},
		{"*/*", PROMETHEUS_TEXT},
		{"text/html,*/*;q=0.8", PROMETHEUS_TEXT},
		{"application/openmetrics-text", PROMETHEUS_OPENMETRICS},
		{"Application/OpenMetrics-Text; version=1.0.0", PROMETHEUS_OPENMETRICS},
		{"application/openmetrics-text;version=1.0.0,application/openmetrics-text;"
		 "version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
		 PROMETHEUS_OPENMETRICS},
		{"application/openmetrics-text;version=0.0.1", PROMETHEUS_TEXT},
		{"application/openmetrics-text;version=2.0.0", PROMETHEUS_TEXT},
		{"application/openmetrics-text;q=0", PROMETHEUS_TEXT},
		{"application/openmetrics-text;q=0.3,text/plain;q=0.4", PROMETHEUS_TEXT},
		{"text/plain;version=0.0.4;q=0.4 , application/openmetrics-text ; q=0.5",
		 PROMETHEUS_OPENMETRICS},
		{"application/openmetrics-text;q=", PROMETHEUS_TEXT},
		{"application/openmetrics-text;q=nan", PROMETHEUS_TEXT},
		{"application/openmetrics-textual", PROMETHEUS_TEXT},
		{",;,;=,,", PROMETHEUS_TEXT},
	};
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (prometheus_format__accepted(all[i].accept) != all[i].want)
			fail_msg("%s", all[i].accept);
}

static void openness(void **state)
{
	assert_false(metrics_http__is_open("127.0.0.1"));
	assert_false(metrics_http__is_open("127.8.8.8"));
	assert_false(metrics_http__is_open("::1"));
	assert_true(metrics_http__is_open("0.0.0.0"));
	assert_true(metrics_http__is_open("::"));
	assert_true(metrics_http__is_open("10.0.0.1"));
}

static void cannot_listen(void **state)
{
	struct metrics *m = make();
	struct metrics_http_config cfg = {.address = "nowhere", .port = 1, .metrics = m};
	struct metrics_http *h;

	assert_int_equal(metrics_http__new(&cfg, &h), -EINVAL);
	cfg.address = "192.0.2.1"; /* of no host (RFC 5737) */
	assert_int_equal(metrics_http__new(&cfg, &h), -EADDRNOTAVAIL);
	metrics__free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain),	 cmocka_unit_test(openmetrics),
		cmocka_unit_test(pieces),	 cmocka_unit_test(hostile),
		cmocka_unit_test(overflow),	 cmocka_unit_test(too_small),
		cmocka_unit_test(accept),	 cmocka_unit_test(openness),
		cmocka_unit_test(cannot_listen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
