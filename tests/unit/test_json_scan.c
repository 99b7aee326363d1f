// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/json_number.h"
#include "base/json_scan.h"
#include "base/limits.h"

enum {
	ID_MODEL = 1,
	ID_TOKENS,
	ID_CHOICES,
	ID_CHOICE,
	ID_INDEX,
	ID_CONTENT,
	ID_PART,
	ID_FINISH,
	ID_CALL,
	ID_NAME,
	ID_STOP,
	ID_IMAGES,
	ID_ANY,
	ID_EMPTY,
};

static const struct json_path parts[] = {JSON_PATH("text", ID_PART, JSON_SCALAR)};
static const struct json_path content[] = {JSON_EACH_KIDS(0, 0, parts)};
static const struct json_path function[] = {JSON_PATH("name", ID_NAME, JSON_SCALAR)};
static const struct json_path call[] = {JSON_KIDS("function", 0, 0, function)};
static const struct json_path calls[] = {JSON_EACH_KIDS(ID_CALL, JSON_LEAVE, call)};
static const struct json_path delta[] = {
	JSON_KIDS("content", ID_CONTENT, JSON_SEEN, content),
	JSON_KIDS("tool_calls", 0, 0, calls),
	JSON_PATH("images", ID_IMAGES, JSON_SEEN),
};
static const struct json_path choice[] = {
	JSON_PATH("index", ID_INDEX, JSON_SCALAR),
	JSON_KIDS("delta", 0, 0, delta),
	JSON_PATH("finish_reason", ID_FINISH, JSON_SCALAR),
};
static const struct json_path choices[] = {
	JSON_EACH_KIDS(ID_CHOICE, JSON_ENTER | JSON_LEAVE, choice)};
static const struct json_path usage[] = {JSON_PATH("prompt_tokens", ID_TOKENS, JSON_SCALAR)};
static const struct json_path stop[] = {JSON_EACH(ID_STOP, JSON_SCALAR)};
static const struct json_path top[] = {
	JSON_PATH("model", ID_MODEL, JSON_SCALAR),
	JSON_KIDS("usage", 0, 0, usage),
	JSON_KIDS("choices", ID_CHOICES, JSON_ENTER | JSON_LEAVE, choices),
	JSON_KIDS("stop", ID_STOP, JSON_SCALAR, stop),
	JSON_PATH("any", ID_ANY, JSON_SCALAR | JSON_ENTER | JSON_LEAVE),
	JSON_PATH("", ID_EMPTY, JSON_SCALAR),
};
static const struct json_path root = JSON_ROOT(top);

/* What the scanner told, as text. */
struct trace {
	char *p;
	size_t n;
	FILE *f;
};

static void trace_text(FILE *f, struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] < 0x20 || s.p[i] == '\\')
			fprintf(f, "\\x%02x", s.p[i]);
		else
			fputc(s.p[i], f);
}

static int on_value(void *ctx, const struct json_value *v)
{
	static const char *const events[] = {"=", "?", "<", ">"};
	struct trace *t = ctx;
	unsigned int i;

	fprintf(t->f, "%u", v->id);
	for (i = 0; i < v->n_index; i++)
		fprintf(t->f, "[%u]", v->index[i]);
	fprintf(t->f, "%s", events[v->event]);
	if (v->event == JSON_IS) {
		fprintf(t->f, "%d:", (int)v->type);
		trace_text(t->f, v->text);
		if (v->type == JSON_NUMBER && v->integral)
			fprintf(t->f, "(%lld)", (long long)v->number);
		if (v->truncated)
			fprintf(t->f, "...");
	}
	fputc(' ', t->f);
	return 0;
}

static int on_begin(void *ctx)
{
	struct trace *t = ctx;

	fputs("doc ", t->f);
	return 0;
}

static const struct json_ops ops = {.value = on_value, .begin = on_begin};

/* Each piece is copied to its own allocation, so that the sanitizer sees a read past its end. */
static void feed(struct json_scan *s, const char *p, size_t n)
{
	char *copy = malloc(n ? n : 1);

	memcpy(copy, p, n);
	json_scan__feed(s, span(copy, n));
	free(copy);
}

static void finish(struct json_scan *s, struct trace *t)
{
	json_scan__finish(s);
	fprintf(t->f, "| flags %u docs %llu", json_scan__flags(s),
		(unsigned long long)json_scan__documents(s));
	fclose(t->f);
}

enum split {
	WHOLE,
	BYTES,
	CUT,
	RANDOM,
};

/* The trace of text, cut as asked. Caller frees. */
static char *scan(struct json_scan *s, struct trace *t, const char *text, size_t n,
		  enum split split, size_t at)
{
	size_t i, k;

	json_scan__reset(s);
	t->f = open_memstream(&t->p, &t->n);
	switch (split) {
	case WHOLE:
		feed(s, text, n);
		break;
	case BYTES:
		for (i = 0; i < n; i++)
			feed(s, text + i, 1);
		break;
	case CUT:
		feed(s, text, at);
		feed(s, text + at, n - at);
		break;
	case RANDOM:
		for (i = 0; i < n; i += k) {
			k = 1 + (size_t)rand() % 7;
			k = k > n - i ? n - i : k;
			feed(s, text + i, k);
		}
		break;
	}
	finish(s, t);
	return t->p;
}

static struct json_scan *scanner(struct trace *t, const struct limits *lim)
{
	struct json_scan *s;

	assert_int_equal(json_scan__new(&root, &ops, t, lim, &s), 0);
	return s;
}

/* text scanned in every way gives want (NULL: only the same in every way). */
static void same(const struct limits *lim, const char *text, size_t n, const char *want)
{
	struct trace t;
	struct json_scan *s = scanner(&t, lim);
	char *whole = scan(s, &t, text, n, WHOLE, 0), *got;
	size_t at;

	if (want)
		assert_string_equal(whole, want);
	got = scan(s, &t, text, n, BYTES, 0);
	assert_string_equal(got, whole);
	free(got);
	for (at = 0; at <= n && n < 2000; at++) {
		got = scan(s, &t, text, n, CUT, at);
		if (strcmp(got, whole))
			print_error("cut at %zu of %s\n", at, text);
		assert_string_equal(got, whole);
		free(got);
	}
	got = scan(s, &t, text, n, RANDOM, 0);
	assert_string_equal(got, whole);
	free(got);
	free(whole);
	json_scan__free(s);
}

static void is(const char *text, const char *want)
{
	same(&limits_default, text, strlen(text), want);
}

static void test_values(void **state)
{
	is("{\"model\":\"gpt\",\"x\":1,\"usage\":{\"prompt_tokens\":12}}",
	   "doc 1=0:gpt 2=1:12(12) | flags 0 docs 1");
	is(" {\n\t\"x\" : [ 1, {\"model\":2} , \"]\\\"}\" ] , \"model\" : null }\r\n",
	   "doc 1=4: | flags 0 docs 1");
	is("{\"model\":true,\"any\":false,\"\":\"e\"}", "doc 1=2: 13=3: 14=0:e | flags 0 docs 1");
	is("{}", "doc | flags 0 docs 1");
	is("", "| flags 0 docs 0");
	is("  \n", "| flags 0 docs 0");
	is("{\"stop\":\"a\"}", "doc 11=0:a | flags 0 docs 1");
	is("{\"stop\":[\"a\",\"b\",1]}", "doc 11[0]=0:a 11[1]=0:b 11[2]=1:1(1) | flags 0 docs 1");
	is("{\"stop\":[]}", "doc | flags 0 docs 1");
	is("{\"any\":{\"model\":1},\"model\":2}", "doc 13< 13> 1=1:2(2) | flags 0 docs 1");
	is("{\"any\":[[],{}]}", "doc 13< 13> | flags 0 docs 1");
	is("{\"usage\":[{\"prompt_tokens\":1}],\"usage\":3}", "doc | flags 0 docs 1");
}

static void test_choices(void **state)
{
	is("{\"choices\":[{\"index\":1,\"delta\":{\"content\":\"x\"},\"finish_reason\":null},"
	   "{\"delta\":{\"content\":\"\",\"tool_calls\":[{\"function\":{\"name\":\"f\"}},{}]},"
	   "\"finish_reason\":\"stop\"}]}",
	   "doc 3< 4[0]< 5[0]=1:1(1) 6[0]? 8[0]=4: 4[0]> 4[1]< 10[1][0]=0:f 9[1][0]> 9[1][1]> "
	   "8[1]=0:stop 4[1]> 3> | flags 0 docs 1");
	is("{\"choices\":[{\"delta\":{\"content\":[{\"text\":\"a\"},{\"text\":\"\"}]}}]}",
	   "doc 3< 4[0]< 7[0][0]=0:a 7[0][1]=0: 4[0]> 3> | flags 0 docs 1");
	is("{\"choices\":[{\"delta\":{\"images\":[ ],\"images\":{},\"images\":[ 1]}}]}",
	   "doc 3< 4[0]< 12[0]? 4[0]> 3> | flags 0 docs 1");
	is("{\"choices\":[]}", "doc 3< 3> | flags 0 docs 1");
	is("{\"choices\":{\"index\":1}}", "doc 3< 3> | flags 0 docs 1");
	is("{\"choices\":[1,\"x\",[{\"index\":1}],null]}",
	   "doc 3< 4[2]< 4[2]> 3> | flags 0 docs 1");
}

static void test_strings(void **state)
{
	is("{\"model\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}",
	   "doc 1=0:\"\\x5c/\\x08\\x0c\\x0a\\x0d\\x09 | flags 0 docs 1");
	is("{\"model\":\"\\u0041\\u00e9\\u20ac\\ud83d\\ude00\"}",
	   "doc 1=0:A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80 | flags 0 docs 1");
	is("{\"model\":\"a\\u0000b\"}", "doc 1=0:a\\x00b | flags 0 docs 1");
	/* lone surrogates */
	is("{\"model\":\"\\ud83d\"}", "doc 1=0:\xef\xbf\xbd | flags 0 docs 1");
	is("{\"model\":\"\\ude00x\"}", "doc 1=0:\xef\xbf\xbdx | flags 0 docs 1");
	is("{\"model\":\"\\ud83dx\\ud83d\\n\\ud83d\\ud83d\\ude00\"}",
	   "doc 1=0:\xef\xbf\xbdx\xef\xbf\xbd\\x0a\xef\xbf\xbd\xf0\x9f\x98\x80 | flags 0 docs 1");
	is("{\"model\":\"\\ud83d\xc3\xa9\"}", "doc 1=0:\xef\xbf\xbd\xc3\xa9 | flags 0 docs 1");
	/* raw UTF-8, good and bad: one U+FFFD for each maximal ill-formed part */
	is("{\"model\":\"\xe4\xbd\xa0\xf0\x9f\x98\x80\"}",
	   "doc 1=0:\xe4\xbd\xa0\xf0\x9f\x98\x80 | flags 0 docs 1");
	is("{\"model\":\"\x80\xc0\xaf\xf0\x9f\x98x\xed\xa0\x80\xf5\"}",
	   "doc 1=0:\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdx\xef\xbf\xbd\xef\xbf\xbd"
	   "\xef\xbf\xbd\xef\xbf\xbd | flags 0 docs 1");
	is("{\"model\":\"\xe4\xbd\"}", "doc 1=0:\xef\xbf\xbd | flags 0 docs 1");
	is("{\"model\":\"\xe4\\n\"}", "doc 1=0:\xef\xbf\xbd\\x0a | flags 0 docs 1");
	/* escapes that JSON does not know: said, and no worse */
	is("{\"model\":\"\\x\\u12\",\"any\":1}",
	   "doc 1=0:\xef\xbf\xbd\xef\xbf\xbd 13=1:1(1) | flags 8 docs 1");
	/* quotes and backslashes where nothing is kept */
	is("{\"x\":\"\\\\\",\"y\\\"\":\"\\\\\\\"\",\"z\":[\"\\\\\\\\\",\"\\\"]\"],\"model\":1}",
	   "doc 1=1:1(1) | flags 0 docs 1");
	/* a key may be spelled with escapes */
	is("{\"m\\u006fdel\":1,\"mod\\u00e9l\":2}", "doc 1=1:1(1) | flags 0 docs 1");
}

static void test_nul_bytes(void **state)
{
	static const char text[] = "{\"model\":\"a\0b\",\"any\":1}";
	static const char out[] = "{\"any\":1\0}";

	same(&limits_default, text, sizeof(text) - 1, "doc 1=0:a\\x00b 13=1:1(1) | flags 0 docs 1");
	same(&limits_default, out, sizeof(out) - 1, "doc 13=1:1(1) | flags 1 docs 0");
}

static void test_numbers(void **state)
{
	is("{\"any\":0}", "doc 13=1:0(0) | flags 0 docs 1");
	is("{\"any\":-7,\"any\":9223372036854775807}",
	   "doc 13=1:-7(-7) 13=1:9223372036854775807(9223372036854775807) | flags 0 docs 1");
	is("{\"any\":-9223372036854775808}",
	   "doc 13=1:-9223372036854775808(-9223372036854775808) | flags 0 docs 1");
	is("{\"any\":9223372036854775808}", "doc 13=1:9223372036854775808 | flags 0 docs 1");
	is("{\"any\":123456789012345678901234567890}",
	   "doc 13=1:123456789012345678901234567890 | flags 0 docs 1");
	is("{\"any\":1e308,\"any\":1e309,\"any\":1.5}",
	   "doc 13=1:1e308 13=1:1e309 13=1:1.5 | flags 0 docs 1");
	is("{\"any\":5.0,\"any\":1e3,\"any\":-0}",
	   "doc 13=1:5.0(5) 13=1:1e3(1000) 13=1:-0(0) | flags 0 docs 1");
	is("{\"any\":NaN,\"any\":01,\"any\":1.,\"any\":+1,\"any\":1}",
	   "doc 13=1:1(1) | flags 8 docs 1");
	is("{\"x\":NaN,\"y\":-Infinity,\"any\":1}", "doc 13=1:1(1) | flags 0 docs 1");
	is("12", "doc | flags 0 docs 1");
}

static void test_real(void **state)
{
	double v;

	assert_int_equal(json_number__real(SPAN_LIT("0.25"), &v), 0);
	assert_true(v == 0.25);
	assert_int_equal(json_number__real(SPAN_LIT("-1e-3"), &v), 0);
	assert_true(v == -1e-3);
	assert_int_equal(json_number__real(SPAN_LIT("1e999"), &v), -EINVAL);
	assert_int_equal(json_number__real(SPAN_LIT("0x10"), &v), -EINVAL);
	assert_int_equal(json_number__real(SPAN_LIT(""), &v), -EINVAL);
	assert_int_equal(json_number__real(SPAN_LIT("inf"), &v), -EINVAL);
}

static void test_broken(void **state)
{
	is("hello", "doc | flags 0 docs 1"); /* a token nobody asks for */
	is("<html>", "doc | flags 1 docs 0");
	is("}{\"model\":1}", "doc | flags 1 docs 0");
	is("{\"model\":1,}", "doc 1=1:1(1) | flags 1 docs 0");
	is("{\"model\":1]", "doc 1=1:1(1) | flags 1 docs 0");
	is("{\"model\" 1}", "doc | flags 1 docs 0");
	is("{model:1}", "doc | flags 1 docs 0");
	is("{\"model\":1}x", "doc 1=1:1(1) | flags 1 docs 1");
	is("{\"model\":\"gp", "doc | flags 4 docs 0");
	is("{\"usage\":{\"prompt_tokens\":12", "doc | flags 4 docs 0");
	is("{\"choices\":[{\"index\":1,\"x\":[{",
	   "doc 3< 4[0]< 5[0]=1:1(1) 4[0]> 3> | flags 4 docs 0");
	is("{\"choices\":[{\"index\":1,?", "doc 3< 4[0]< 5[0]=1:1(1) 4[0]> 3> | flags 1 docs 0");
	is("{\"model\":1,\"model\":2,\"model\":\"three\"}",
	   "doc 1=1:1(1) 1=1:2(2) 1=0:three | flags 0 docs 1");
}

static void test_documents(void **state)
{
	is("{\"model\":1}{\"model\":2}\n{\"model\":3}",
	   "doc 1=1:1(1) doc 1=1:2(2) doc 1=1:3(3) | flags 0 docs 3");
	is("[{\"model\":1},{\"model\":2,\"stop\":[1,2]}]",
	   "doc 1=1:1(1) doc 1=1:2(2) 11[0]=1:1(1) 11[1]=1:2(2) | flags 0 docs 2");
	is("[]", "| flags 0 docs 0");
	is("[[{\"model\":1}]]", "doc | flags 0 docs 1");
}

static void test_limits(void **state)
{
	struct limits lim = limits_default;

	lim.json_value = 4;
	lim.json_key = 6;
	lim.json_depth = 3;
#define CUTS(text, want) same(&lim, text, sizeof(text) - 1, want)
	CUTS("{\"model\":\"abcd\"}", "doc 1=0:abcd | flags 0 docs 1");
	CUTS("{\"model\":\"abcde\",\"any\":1}", "doc 1=0:abcd... 13=1:1(1) | flags 0 docs 1");
	CUTS("{\"model\":\"abc\xc3\xa9z\"}", "doc 1=0:abc... | flags 0 docs 1");
	CUTS("{\"any\":12345,\"any\":1234}", "doc 13=1:1234... 13=1:1234(1234) | flags 0 docs 1");
	CUTS("{\"choices\":[],\"any\":1}", "doc 13=1:1(1) | flags 0 docs 1");
	CUTS("{\"x\":[[1]],\"any\":1}", "doc 13=1:1(1) | flags 0 docs 1");
	CUTS("{\"x\":[[[1]]],\"any\":1}", "doc 13=1:1(1) | flags 2 docs 1");
	CUTS("[[[[1]]]]", "doc | flags 2 docs 1");
#undef CUTS
}

static void test_deep(void **state)
{
	size_t n = 100000, i;
	char *text = malloc(6 * n + 64), *p = text;
	struct trace t;
	struct json_scan *s = scanner(&t, &limits_default);
	char *got;

	p += sprintf(p, "{\"x\":");
	for (i = 0; i < n; i++)
		p = stpcpy(p, i % 2 ? "[" : "{\"a\":");
	got = scan(s, &t, text, (size_t)(p - text), WHOLE, 0);
	assert_string_equal(got, "doc | flags 6 docs 0");
	free(got);
	free(text);
	text = malloc(2 * n + 64);
	p = text + sprintf(text, "{\"x\":");
	memset(p, '[', n);
	memset(p + n, ']', n);
	sprintf(p + 2 * n, ",\"model\":1}");
	got = scan(s, &t, text, strlen(text), WHOLE, 0);
	assert_string_equal(got, "doc 1=1:1(1) | flags 2 docs 1");
	free(got);
	/* along the paths as well */
	memcpy(text, "{\"stop\":", 8);
	memset(text + 8, '[', n);
	got = scan(s, &t, text, 8 + n, WHOLE, 0);
	assert_string_equal(got, "doc | flags 6 docs 0");
	free(got);
	free(text);
	json_scan__free(s);
}

static void test_paths_too_deep(void **state)
{
	struct json_path chain[JSON_NEST_MAX + 2];
	struct json_scan *s;
	size_t i;

	for (i = 0; i < JSON_NEST_MAX + 2; i++)
		chain[i] = (struct json_path){
			.key = "k", .len = 1, .n_kids = i <= JSON_NEST_MAX, .kids = &chain[i + 1]};
	assert_int_equal(json_scan__new(&chain[0], &ops, NULL, &limits_default, &s), -EINVAL);
	assert_int_equal(json_scan__new(&chain[1], &ops, NULL, &limits_default, &s), 0);
	json_scan__free(s);
	json_scan__free(NULL);
}

static int refuse(void *ctx, const struct json_value *v)
{
	return -EPIPE;
}

static void test_callback_error(void **state)
{
	static const struct json_ops refusing = {.value = refuse};
	struct json_scan *s;

	assert_int_equal(json_scan__new(&root, &refusing, NULL, &limits_default, &s), 0);
	assert_int_equal(json_scan__feed(s, SPAN_LIT("{\"x\":1,\"model\":")), 0);
	assert_int_equal(json_scan__feed(s, SPAN_LIT("2,")), -EPIPE);
	assert_int_equal(json_scan__feed(s, SPAN_LIT("\"model\":3}")), -EPIPE);
	assert_int_equal(json_scan__finish(s), -EPIPE);
	json_scan__reset(s);
	assert_int_equal(json_scan__feed(s, SPAN_LIT("{}")), 0);
	json_scan__free(s);
}

/* Input that ends at an unreadable page. */
static void test_over_read(void **state)
{
	static const char text[] = "{\"choices\":[{\"delta\":{\"content\":\"some words here\"}}],"
				   "\"skipped\":[\"a long enough string \\\\ to skip\",{}],"
				   "\"model\":\"gpt-4o-mini-2024-07-18\"}";
	size_t page = (size_t)sysconf(_SC_PAGESIZE), n;
	char *map =
		mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct trace t;
	struct json_scan *s = scanner(&t, &limits_default);

	assert_ptr_not_equal(map, MAP_FAILED);
	assert_int_equal(mprotect(map + page, page, PROT_NONE), 0);
	for (n = 0; n < sizeof(text); n++) {
		memcpy(map + page - n, text, n);
		json_scan__reset(s);
		t.f = open_memstream(&t.p, &t.n);
		json_scan__feed(s, span(map + page - n, n));
		finish(s, &t);
		free(t.p);
	}
	json_scan__free(s);
	munmap(map, 2 * page);
}

/* Any bytes, made of what matters to the scanner: never a crash, always the same. */
static void random_text(char *text, const char *begin, int n)
{
	static const char *const words[] = {
		"{",
		"}",
		"[",
		"]",
		",",
		"\"",
		"\\",
		"\"model\":",
		"\\u",
		"d83d",
		"\xe2\x82",
		"\"choices\":[",
		"{\"delta\":{",
		"\"content\":\"",
		" ",
		"1",
		"-",
		"true",
		"null",
		"x",
		"\"any\":",
		"\"stop\":",
		"\"a\"",
		"\"\"",
		",\"",
		"\\\"",
		":",
		"\\\\",
		"some words of text",
	};
	int i;

	strcpy(text, begin);
	for (i = 0; i < n; i++)
		strcat(text, words[(size_t)rand() % (sizeof(words) / sizeof(words[0]))]);
}

static void test_random(void **state)
{
	char text[2048];
	int round;

	srand(7);
	for (round = 0; round < 2000; round++) {
		random_text(text, "", rand() % 20);
		is(text, NULL);
		random_text(text, "{\"choices\":[{\"delta\":{\"content\":", rand() % 20);
		is(text, NULL);
	}
	/* long enough for whole blocks to be skipped at once */
	for (round = 0; round < 400; round++) {
		random_text(text, "{\"x\":[[[[{", rand() % 80);
		strcat(text, "\"}]]]],\"any\":1}");
		is(text, NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),	       cmocka_unit_test(test_choices),
		cmocka_unit_test(test_strings),	       cmocka_unit_test(test_nul_bytes),
		cmocka_unit_test(test_numbers),	       cmocka_unit_test(test_real),
		cmocka_unit_test(test_broken),	       cmocka_unit_test(test_documents),
		cmocka_unit_test(test_limits),	       cmocka_unit_test(test_deep),
		cmocka_unit_test(test_paths_too_deep), cmocka_unit_test(test_callback_error),
		cmocka_unit_test(test_over_read),      cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
