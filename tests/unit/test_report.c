// SPDX-License-Identifier: Apache-2.0
/* Reports over files of records: lines, groups, quantiles, outputs. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "base/limits.h"
#include "report/lines.h"
#include "report/why.h"
#include "collect_rig.h"

/* ---- files ---- */

/* gzip as logrotate makes it; n of it. */
static size_t gzipped(const char *text, uint8_t *out, size_t size)
{
	z_stream z = {0};

	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, MAX_WBITS + 16, 8, 0), Z_OK);
	z.next_in = (uint8_t *)text;
	z.avail_in = (uInt)strlen(text);
	z.next_out = out;
	z.avail_out = (uInt)size;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return size - z.avail_out;
}

struct told {
	char text[4096];
	size_t n;
	unsigned int lines, cut;
};

static int on_piece(void *ctx, struct span s)
{
	struct told *t = ctx;

	assert_true(t->n + s.n < sizeof(t->text));
	memcpy(t->text + t->n, s.p, s.n);
	t->n += s.n;
	return 0;
}

static int on_end(void *ctx, bool last)
{
	struct told *t = ctx;

	t->text[t->n++] = '|';
	t->lines++;
	t->cut += last;
	return 0;
}

static int lines_of(const char *name, struct told *t)
{
	static const struct lines_ops ops = {.piece = on_piece, .end = on_end};

	memset(t, 0, sizeof(*t));
	return lines__read(path_of(name), &ops, t);
}

static void test_files(void **state)
{
	static uint8_t packed[4096];
	struct told t;
	size_t n;

	write_file("plain", "a\n\nbc\nd", 7);
	assert_int_equal(lines_of("plain", &t), 0);
	assert_string_equal(t.text, "a||bc|d|");
	assert_int_equal(t.cut, 1);
	write_file("empty", "", 0);
	assert_int_equal(lines_of("empty", &t), 0);
	assert_int_equal(t.lines, 0);
	/* two members, one after the other */
	n = gzipped("a\nb", packed, sizeof(packed));
	n += gzipped("c\n", packed + n, sizeof(packed) - n);
	write_file("gz", packed, n);
	assert_int_equal(lines_of("gz", &t), 0);
	assert_string_equal(t.text, "a|bc|");
	write_file("cut.gz", packed, n - 9);
	assert_int_equal(lines_of("cut.gz", &t), -EBADMSG);
	assert_int_equal(t.lines, 2);
	n = ZSTD_compress(packed, sizeof(packed), "x\ny\n", 4, 3);
	n += ZSTD_compress(packed + n, sizeof(packed) - n, "z\n", 2, 3);
	write_file("zst", packed, n);
	assert_int_equal(lines_of("zst", &t), 0);
	assert_string_equal(t.text, "x|y|z|");
	write_file("cut.zst", packed, n - 3);
	assert_int_equal(lines_of("cut.zst", &t), -EBADMSG);
	assert_int_equal(lines_of("none", &t), -ENOENT);
	assert_int_equal(lines_of("", &t), -EISDIR);
}

/* ---- sums ---- */

#define CALL(span, more) \
	"{" TIME ",\"type\":\"llm.call\",\"trace_id\":\"t\",\"span_id\":\"" span "\"" more "}\n"

static void test_counts_once(void **state)
{
	assert_int_equal(
		over(CALL("1", ",\"gen_ai.usage.input_tokens\":10,\"gen_ai.usage.cost\":0.1") CALL(
			"1", ",\"gen_ai.usage.input_tokens\":10,\"gen_ai.usage.cost\":0.1")
			     CALL("2",
				  ",\"llmsnoop.role\":\"server\",\"gen_ai.usage.input_"
				  "tokens\":10") CALL("3",
						      ",\"gen_ai.operation.name\":\"fetch_"
						      "response\","
						      "\"gen_ai.usage.input_tokens\":5,\"gen_ai."
						      "usage.cost\":0."
						      "02") CALL("4",
								 ",\"llmsnoop.counted_tokens\":999")
				     CALL("5", ",\"gen_ai.usage.output_tokens\":1") CALL(
					     "6", ",\"error.type\":\"429\",\"llmsnoop.attempt\":2")
					     CALL("7",
						  ",\"llmsnoop.attempt\":3") "{\"type\":\"other\"}"
									     "\n{\"a\":\nnot "
									     "json\n{\"type\":"
									     "\"stats\"," TIME
									     ",\"lost_records\":7}"
									     "\n{\"type\":"
									     "\"alert\"," TIME
									     "}\n{\"type\":\"llm"),
		0);
	assert_int_equal(collect.now.calls, 5);
	assert_int_equal(collect.now.fetched, 1);
	assert_int_equal(collect.now.errors, 1);
	assert_int_equal(collect.now.retries, 2);
	assert_int_equal(collect.now.recovered, 1);
	assert_int_equal(collect.now.input, 15);
	assert_int_equal(collect.now.output, 1);
	assert_true(collect.now.cost_nusd == 120000000);
	assert_int_equal(collect.now.unpriced, 1);
	assert_int_equal(collect.doubles, 1);
	assert_int_equal(collect.others_role, 1);
	assert_int_equal(loss_runs__sum(&collect.losses).v[LOSS_RECORDS], 7);
	assert_int_equal(collect.foreign.n, 1);
	assert_int_equal(collect.foreign.line, 9);
	assert_int_equal(collect.broken.n, 2);
	assert_int_equal(collect.broken.line, 10);
	assert_int_equal(collect.cut.n, 1);
	assert_int_equal(collect.cut.line, 14);
	collect__close(&collect);
}

/* Odd amounts, a million times: binary fractions of dollars would show. */
static void test_sums_are_exact(void **state)
{
	char *text = malloc(160 * 1000000), *p = text;
	__int128 want = 0;

	assert_non_null(text);
	for (uint64_t i = 0; i < 1000000; i++) {
		uint64_t nusd = 1 + i * 2654435761u % 7000000019ULL;

		want += nusd;
		p += sprintf(p,
			     "{" TIME ",\"type\":\"llm.call\",\"span_id\":\"%llu\","
			     "\"gen_ai.usage.cost\":%llu.%09llu}\n",
			     (unsigned long long)i, (unsigned long long)(nusd / 1000000000),
			     (unsigned long long)(nusd % 1000000000));
	}
	assert_int_equal(over(text), 0);
	assert_int_equal(collect.now.priced, 1000000);
	assert_true(collect.now.cost_nusd == want);
	free(text);
	collect__close(&collect);
}

static void test_groups(void **state)
{
	static const enum dimension by[] = {BY_FEATURE, BY_MODEL};
	struct sheet s;

	cfg.n_by = 2;
	memcpy(cfg.by, by, sizeof(by));
	assert_int_equal(
		over(CALL("1", ",\"llmsnoop.feature\":\"a\",\"gen_ai.request.model\":\"m\","
			       "\"gen_ai.response.model\":\"m-2\",\"gen_ai.usage.cost\":1")
			     CALL("2",
				  ",\"llmsnoop.feature\":\"a\",\"gen_ai.response.model\":\"m\","
				  "\"gen_ai.usage.cost\":2")
				     CALL("3", ",\"service.name\":\"a\",\"gen_ai.usage.cost\":3")
					     CALL("4", ",\"gen_ai.request.model\":\"m\",\"gen_ai."
						       "usage.cost\":4")),
		0);
	assert_int_equal(sheet__make(&collect, NULL, 2, &s), 0);
	assert_int_equal(s.n_rows, 2);
	assert_int_equal(s.n_left_out, 1);
	assert_null(s.rows[0].group->name[0]);
	assert_string_equal(s.rows[0].group->name[1], "m");
	assert_string_equal(s.rows[1].group->name[0], "a");
	assert_int_equal(s.rows[1].now.calls + s.left_out.now.calls, 3);
	assert_int_equal(s.total.now.calls, 4);
	sheet__free(&s);
	assert_int_equal(sheet__make(&collect, "name", 0, &s), 0);
	assert_int_equal(s.n_rows, 3);
	assert_string_equal(s.rows[0].group->name[1], "m");
	sheet__free(&s);
	collect__close(&collect);
	/* Whatever bytes names have, two pairs of them are two groups. */
	assert_int_equal(
		over(CALL("1", ",\"llmsnoop.feature\":\"a\\u001fb\",\"gen_ai.request.model\":\"c\"")
			     CALL("2", ",\"llmsnoop.feature\":\"a\",\"gen_ai.request.model\":"
				       "\"b\\u001fc\"")),
		0);
	assert_int_equal(sheet__make(&collect, "name", 0, &s), 0);
	assert_int_equal(s.n_rows, 2);
	sheet__free(&s);
	collect__close(&collect);
}

static void test_filters(void **state)
{
	cfg.models[cfg.n_models++] = "gpt-*";
	cfg.features[cfg.n_features++] = "a";
	assert_int_equal(
		over(CALL("1", ",\"llmsnoop.feature\":\"a\",\"gen_ai.request.model\":\"gpt-4\"")
			     CALL("2",
				  ",\"llmsnoop.feature\":\"b\",\"gen_ai.request.model\":\"gpt-4\"")
				     CALL("3", ",\"llmsnoop.feature\":\"a\",\"gen_ai.request."
					       "model\":\"o3\"")),
		0);
	assert_int_equal(collect.now.calls, 1);
	assert_int_equal(collect.filtered, 2);
	collect__close(&collect);
}

/* ---- quantiles ---- */

static int ascending(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

#define N_SAMPLES 20000

static void test_quantiles(void **state)
{
	static uint64_t v[N_SAMPLES];
	struct samples_budget b = {.max_bytes = 1 << 20};
	struct samples one = {0}, two = {0}, *both[] = {&one, &two};
	struct quantiles q;
	uint64_t x = 88172645463325252ULL;
	size_t i;

	assert_int_equal(samples__quantiles(both, 2, &q), 0);
	assert_int_equal(q.n, 0);
	for (i = 0; i < N_SAMPLES; i++) {
		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		v[i] = x % 40000000000ULL;
		samples__add(i % 3 ? &one : &two, &b, v[i]);
	}
	qsort(v, N_SAMPLES, sizeof(v[0]), ascending);
	assert_int_equal(samples__quantiles(both, 2, &q), 0);
	assert_true(q.exact);
	assert_int_equal(q.n, N_SAMPLES);
	assert_int_equal(q.p50, v[N_SAMPLES / 2 - 1]);
	assert_int_equal(q.p95, v[N_SAMPLES * 95 / 100 - 1]);
	assert_int_equal(q.p99, v[N_SAMPLES * 99 / 100 - 1]);
	samples__free(&one, &b);
	samples__free(&two, &b);
	assert_int_equal(b.used_bytes, 0);
}

/* Past the bound the largest become histograms, and the bound holds. */
static void test_bounded_quantiles(void **state)
{
	struct samples_budget b = {.max_bytes = 64 << 10};
	struct samples many[4] = {0}, *all[] = {&many[0], &many[1], &many[2], &many[3]};
	struct quantiles q;
	size_t i;

	for (i = 0; i < 4 * N_SAMPLES; i++) {
		samples__add(&many[i % 4], &b, 1000 + i);
		assert_true(b.used_bytes <= b.max_bytes);
	}
	assert_int_equal(samples__quantiles(all, 4, &q), 0);
	assert_int_equal(q.n, 4 * N_SAMPLES);
	assert_false(q.exact);
	assert_in_range(q.p50, (1000 + 2 * N_SAMPLES) * 63 / 64, (1000 + 2 * N_SAMPLES) * 65 / 64);
	for (i = 0; i < 4; i++)
		samples__free(&many[i], &b);
	assert_int_equal(b.used_bytes, 0);
	/* Where there is not even room for that, nothing is said. */
	b.max_bytes = 64;
	samples__add(&many[0], &b, 1);
	assert_true(many[0].lost);
	assert_int_equal(samples__quantiles(all, 1, &q), 0);
	assert_int_equal(q.n, 0);
}

static void test_known(void **state)
{
	struct known k;
	char id[24];
	int i;

	known__init(&k, 50000);
	for (i = 0; i < 50000; i++) {
		snprintf(id, sizeof(id), "%d", i);
		assert_false(known__add(&k, SPAN_LIT("t"), span_str(id)));
	}
	for (i = 0; i < 50000; i++) {
		snprintf(id, sizeof(id), "%d", i);
		assert_true(known__add(&k, SPAN_LIT("t"), span_str(id)));
	}
	assert_false(k.full);
	assert_false(known__add(&k, SPAN_LIT("t1"), SPAN_LIT("0")));
	assert_true(k.full);
	known__free(&k);
}

/* ---- why, and the outputs ---- */

static const char two_days[] =
	"{\"time\":\"2026-11-19T10:00:00Z\",\"type\":\"llm.call\",\"span_id\":\"1\","
	"\"gen_ai.request.model\":\"small\",\"gen_ai.usage.input_tokens\":1000,"
	"\"gen_ai.usage.cache_read.input_tokens\":900,\"gen_ai.usage.cost\":1}\n"
	"{\"time\":\"2026-11-20T10:00:00Z\",\"type\":\"llm.call\",\"span_id\":\"2\","
	"\"gen_ai.request.model\":\"small\",\"gen_ai.usage.input_tokens\":1000,"
	"\"gen_ai.usage.cache_read.input_tokens\":100,\"gen_ai.usage.cost\":2,"
	"\"llmsnoop.ttft_s\":0.5,\"duration_s\":2.25,\"llmsnoop.feature\":\"a,"
	"\\\"b\\\"\\n\\u0007\"}\n"
	"{\"time\":\"2026-11-20T11:00:00Z\",\"type\":\"llm.call\",\"span_id\":\"3\","
	"\"gen_ai.request.model\":\"large\",\"gen_ai.usage.input_tokens\":3000,"
	"\"gen_ai.usage.cost\":6.000000001,\"error.type\":\"x\"}\n";

static void compare_days(void)
{
	cfg.period = (struct period){at("2026-11-20T00:00:00Z"), at("2026-11-21T00:00:00Z")};
	assert_true(period__before(&cfg.period, true, &cfg.before));
	assert_int_equal(over(two_days), 0);
}

static void test_why(void **state)
{
	struct sheet s;
	struct why w;

	cfg.n_by = 0;
	compare_days();
	assert_int_equal(collect.now.calls, 2);
	assert_int_equal(collect.before.calls, 1);
	assert_int_equal(sheet__make(&collect, NULL, 0, &s), 0);
	why__explain(&s, &s.rows[0], &w);
	assert_true(w.compared);
	/* The parts add up to the whole: 1 to 8 dollars, by 2x the calls, 2x the tokens, 2x the
	 * price, a third each. */
	for (int e = 0; e < N_EFFECTS; e++)
		assert_true(w.effect[e] > 7.0 / 3 - 1e-6 && w.effect[e] < 7.0 / 3 + 1e-6);
	assert_int_equal(w.n_parts, 2);
	assert_string_equal(w.part[0].name, "large");
	assert_true(w.part[0].now > 0.7499 && w.part[0].now < 0.7501);
	assert_true(w.part[0].before == 0);
	assert_true(w.cache_ratio[0] > 0.899 && w.cache_ratio[1] < 0.101);
	sheet__free(&s);
	collect__close(&collect);
}

static void test_csv(void **state)
{
	char *text;

	compare_days();
	text = output(report_csv, 0);
	assert_ptr_equal(strstr(text, "feature,calls,errors,"), text);
	/* RFC 4180: quoted, quotes doubled, CR LF */
	assert_non_null(
		strstr(text, "\r\n\"a,\"\"b\"\"\n\xEF\xBF\xBD\",1,0,0,0,0,0,1000,0,100,0.1,"));
	assert_non_null(strstr(text, "\r\n,1,1,1,"));
	assert_non_null(strstr(text, ",6.000000001,"));
	assert_string_equal(text + strlen(text) - 2, "\r\n");
	free(text);
	collect__close(&collect);
}

static void test_text(void **state)
{
	char *text, *line;

	compare_days();
	for (unsigned int columns = 60; columns <= 130; columns += 10) {
		text = output(report_text, columns);
		assert_non_null(strstr(text, "$8.00"));
		assert_non_null(strstr(text, "WHY\n"));
		assert_non_null(strstr(text, "ERRORS\n"));
		assert_null(strchr(text, '\a'));
		assert_null(strchr(text, '\033'));
		/* All keeps to the width. */
		assert_non_null(strstr(text, "FEATURE"));
		for (line = text; *line; line += strcspn(line, "\n") + 1)
			if (columns >= 80)
				assert_true(strcspn(line, "\n") <= columns);
		free(text);
	}
	collect__close(&collect);
}

static void test_text_of_an_empty_period(void **state)
{
	char *text;

	cfg.period = (struct period){at("2026-11-25T00:00:00Z"), PERIOD_LAST};
	assert_int_equal(over(CALL("1", "")), 0);
	text = output(report_text, 0);
	assert_string_equal(text, "since 2026-11-25 00:00 UTC: 0 records in 1 file\n");
	free(text);
	collect__close(&collect);
}

/* Neither rows without a call, nor words about costs that nobody knows. */
static void test_text_says_nothing_of_nothing(void **state)
{
	char *text, *why;

	cfg.by[0] = BY_KEY;
	assert_int_equal(
		over(CALL("1", ",\"llmsnoop.key_fp\":\"k_1\",\"gen_ai.usage.input_tokens\":9,"
			       "\"gen_ai.usage.cost\":2")
			     CALL("2",
				  ",\"llmsnoop.key_fp\":\"k_2\",\"error.type\":\"x\","
				  "\"gen_ai.usage.input_tokens\":9") "{\"type\":\"agent.run\"," TIME
								     ",\"span_id\":\"3\"}\n"),
		0);
	assert_int_equal(collect.now.runs, 1);
	text = output(report_text, 0);
	assert_non_null(strstr(text, "\nk_1 "));
	assert_non_null(strstr(text, "\nk_2 "));
	assert_null(strstr(text, "\n- "));
	why = strstr(text, "WHY\n");
	assert_non_null(why);
	assert_non_null(strstr(why, "\nk_1  $2.00, 100% of all"));
	assert_null(strstr(why, "k_2"));
	assert_non_null(strstr(why, "1 record with tokens but no known cost"));
	free(text);
	collect__close(&collect);
}

static void test_json(void **state)
{
	char *text;

	compare_days();
	text = output(report_json, 0);
	assert_non_null(strstr(text, "\"total\":{\"calls\":2,\"errors\":1,"));
	assert_non_null(strstr(text, "\"cost_usd\":8.000000001"));
	assert_non_null(strstr(text, "\"before\":{\"calls\":1,"));
	assert_non_null(strstr(text, "\"ttft_p50_s\":0.5"));
	assert_non_null(strstr(text, "\"feature\":\"a,\\\"b\\\"\\n\\u0007\""));
	free(text);
	collect__close(&collect);
}

static int remove_folder(void **state)
{
	static const char *const names[] = {"plain", "empty", "gz", "cut.gz", "zst", "cut.zst"};

	return remove_files(names, sizeof(names) / sizeof(names[0]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_files, reset),
		cmocka_unit_test_setup(test_counts_once, reset),
		cmocka_unit_test_setup(test_sums_are_exact, reset),
		cmocka_unit_test_setup(test_groups, reset),
		cmocka_unit_test_setup(test_filters, reset),
		cmocka_unit_test_setup(test_quantiles, reset),
		cmocka_unit_test_setup(test_bounded_quantiles, reset),
		cmocka_unit_test_setup(test_known, reset),
		cmocka_unit_test_setup(test_why, reset),
		cmocka_unit_test_setup(test_csv, reset),
		cmocka_unit_test_setup(test_text, reset),
		cmocka_unit_test_setup(test_text_says_nothing_of_nothing, reset),
		cmocka_unit_test_setup(test_text_of_an_empty_period, reset),
		cmocka_unit_test_setup(test_json, reset),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
