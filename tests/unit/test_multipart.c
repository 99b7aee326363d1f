// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "framing/multipart.h"

#define TYPE "multipart/form-data; boundary=b0"
#define PART(name) "--b0\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n"

static void on_begin(void *ctx, struct span name, bool file)
{
	fprintf(ctx, "%.*s%s{", (int)name.n, (const char *)name.p, file ? "*" : "");
}

static void on_piece(void *ctx, struct span data)
{
	fwrite(data.p, 1, data.n, ctx);
}

static void on_end(void *ctx, bool complete)
{
	fputs(complete ? "} " : "}! ", ctx);
}

static const struct multipart_ops ops = {on_begin, on_piece, on_end};

/* step 0: cut at at. */
static char *parse(const char *type, const char *text, size_t n, size_t step, size_t at)
{
	struct multipart *m;
	size_t i, k, got;
	char *p, *copy;
	FILE *f = open_memstream(&p, &got);
	int err = 0;

	assert_int_equal(multipart__new(span_str(type), &ops, f, &limits_default, &m), 0);
	for (i = 0; i < n; i += k) {
		k = step ? step : i < at ? at : n - at;
		k = k < n - i ? k : n - i;
		copy = malloc(k);
		memcpy(copy, text + i, k);
		err = multipart__feed(m, span(copy, k));
		free(copy);
	}
	if (err)
		fputs("BROKEN ", f);
	multipart__finish(m);
	multipart__free(m);
	fclose(f);
	return p;
}

static void form_n(const char *type, const char *text, size_t n, const char *want)
{
	char *whole = parse(type, text, n, SIZE_MAX / 2, 0), *got;
	size_t step, at;

	if (want)
		assert_string_equal(whole, want);
	for (step = 1; step < 4; step++) {
		got = parse(type, text, n, step, 0);
		assert_string_equal(got, whole);
		free(got);
	}
	for (at = 1; at < n; at++) {
		got = parse(type, text, n, 0, at);
		assert_string_equal(got, whole);
		free(got);
	}
	free(whole);
}

static void form(const char *text, const char *want)
{
	form_n(TYPE, text, strlen(text), want);
}

static void test_fields(void **state)
{
	form(PART("model") "whisper-1\r\n" PART("n") "2\r\n--b0--\r\n", "model{whisper-1} n{2} ");
	form("preamble\r\n" PART("a") "x\r\n--b0--\r\nepilogue\r\n" PART("b") "y\r\n--b0--",
	     "a{x} ");
	form(PART("a") "\r\n" PART("b") "\r\n--b0--", "a{} b{} ");
	/* The delimiter right behind the head. */
	form(PART("a") "--b0--", "a{} ");
	form("--b0--", "");
	form("", "");
	form("--b0\r\n\r\nx\r\n--b0--", "{x} ");
	form("--b0\r\ncontent-type: text/plain\r\nCONTENT-DISPOSITION : form-data ;name = "
	     "a\r\n\r\nx\r\n"
	     "--b0 \t\r\nContent-Disposition: form-data;\r\n name=b\r\n\r\ny\r\n--b0--",
	     "a{x} b{y} ");
}

static void test_files(void **state)
{
	form("--b0\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a;name=b.wav\"\r\n"
	     "Content-Type: audio/wav\r\n\r\nRIFF\r\n--b0--",
	     "file*{RIFF} ");
	form("--b0\r\nContent-Disposition: form-data; filename*=UTF-8''x; name=f\r\n\r\n\r\n--b0--",
	     "f*{} ");
	form("--b0\r\nContent-Disposition: form-data; name=\"f\"; filename=\"\"\r\n\r\n\r\n--b0--",
	     "f*{} ");
}

static void test_names(void **state)
{
	form("--b0\r\nContent-Disposition: form-data; name=\"a\\\"b\\\\c%22%0d%0A%41\"\r\n\r\nx"
	     "\r\n--b0--",
	     "a\"b\\c\"\r\n%41{x} ");
	form("--b0\r\nContent-Disposition: form-data; name=\"cut\\\r\n\r\nx\r\n--b0--",
	     "cut\\{x} ");
	form("--b0\r\nX-Content-Disposition: form-data; name=no\r\nContent-Disposition2: ; name=no"
	     "\r\n\r\nx\r\n--b0--",
	     "{x} ");
}

/* Data that look like a delimiter as far as they go. */
static void test_lookalikes(void **state)
{
	form(PART("a") "\r\n--b\r\n-\r\r\n--b0x\r\n--b0-\r\n--b0-x--b0\n--b0--\r\n--b0--",
	     "a{\r\n--b\r\n-\r\r\n--b0x\r\n--b0-\r\n--b0-x--b0\n--b0--} ");
	form("--b0x\r\n--b0\r\n\r\n1\r\n--b0--", "{1} ");
	form(PART("a") "\r\r\n--b0--", "a{\r} ");
	form(PART("a") "--b0x\r\n--b0--", "a{--b0x} ");
}

static void test_cut(void **state)
{
	form(PART("a") "x", "a{x}! ");
	form(PART("a") "x\r\n--b0", "a{x}! ");
	form(PART("a") "x\r\n--b0\r\nContent-Disp", "a{x} ");
	form("--b0\r\nContent-Disposition: form-data; name=a\r\n", "");
}

static void test_broken(void **state)
{
	char *text = malloc(20000), *got;
	size_t n, step;

	form(PART("a") "x\r\n--b0 y\r\n" PART("b") "y\r\n--b0--", "a{x} BROKEN ");
	n = (size_t)sprintf(text, "%sx\r\n--b0\r\nX: ", PART("a"));
	memset(text + n, 'x', 20000 - n);
	memcpy(text + 19000, "\r\n\r\n1\r\n--b0--", 14);
	n = 19014;
	for (step = 1; step < 40000; step += 20000) {
		got = parse(TYPE, text, n, step, 0);
		assert_string_equal(got, "a{x} BROKEN ");
		free(got);
	}
	free(text);
}

static void test_boundary(void **state)
{
	static const struct {
		const char *type;
		int want;
	} cases[] = {
		{"multipart/form-data; boundary=x", 0},
		{"Multipart/Form-Data;charset=utf-8;Boundary=\"a b:c\"", 0},
		{"multipart/form-data; boundary=0123456789012345678901234567890123456789012345678"
		 "901234567890123456789",
		 0},
		{"multipart/form-data; boundary=0123456789012345678901234567890123456789012345678"
		 "9012345678901234567890",
		 -EINVAL},
		{"multipart/form-data", -EINVAL},
		{"multipart/form-data; boundary=", -EINVAL},
		{"multipart/form-data; boundary=\"\"", -EINVAL},
		{"multipart/form-data; boundary=\"a\\\"b\"", -EINVAL},
		{"multipart/form-data; boundary=\"a\rb\"", -EINVAL},
		{"multipart/mixed; boundary=x", -EINVAL},
		{"application/json", -EINVAL},
		{"", -EINVAL},
	};
	static const char spaced[] = "--a b\r\n\r\nx\r\n--a b--";
	struct multipart *m = NULL;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(
			multipart__new(span_str(cases[i].type), &ops, NULL, &limits_default, &m),
			cases[i].want);
		if (!cases[i].want)
			multipart__free(m);
	}
	multipart__free(NULL);
	form_n("multipart/form-data;boundary=\"a b\"", spaced, strlen(spaced), "{x} ");
}

/* 60 MB of bytes that begin delimiters and never end one. */
static void test_big(void **state)
{
	static const struct multipart_ops none = {.begin = on_begin, .piece = on_piece, on_end};
	size_t i, piece = 60000, n;
	char *x = malloc(piece), *p;
	FILE *f = open_memstream(&p, &n);
	struct multipart *m;

	for (i = 0; i < piece; i++)
		x[i] = "\r\n--b1"[i % 6];
	assert_int_equal(multipart__new(SPAN_LIT(TYPE), &none, f, &limits_default, &m), 0);
	multipart__feed(m, SPAN_LIT(PART("a")));
	for (i = 0; i < 1024; i++)
		assert_int_equal(multipart__feed(m, span(x, piece)), 0);
	multipart__finish(m);
	multipart__free(m);
	fclose(f);
	assert_int_equal(n, 2 + 1024 * piece + 3);
	free(p);
	free(x);
}

static void test_random(void **state)
{
	static const char *const words[] = {"\r\n",	"--",	    "b0",	"\r",
					    "\n",	"-",	    "--b0\r\n", "x",
					    "\r\n\r\n", "\r\n--b0", " ",	PART("a")};
	char text[2000];
	int round, i, n;

	srand(7);
	for (round = 0; round < 2000; round++) {
		text[0] = 0;
		n = rand() % 16;
		for (i = 0; i < n; i++)
			strcat(text, words[(size_t)rand() % (sizeof(words) / sizeof(words[0]))]);
		form(text, NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),	 cmocka_unit_test(test_files),
		cmocka_unit_test(test_names),	 cmocka_unit_test(test_lookalikes),
		cmocka_unit_test(test_cut),	 cmocka_unit_test(test_broken),
		cmocka_unit_test(test_boundary), cmocka_unit_test(test_big),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
