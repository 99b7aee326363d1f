// SPDX-License-Identifier: Apache-2.0
/* Masks against tests/redact/cases.txt: precision and recall of each kind are printed, and held. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "enrich/redact.h"

#define CASES "tests/redact/cases.txt"
#define LEAST_CASES 500
#define LEAST_PRECISION 0.98
#define LEAST_RECALL 0.97

static struct redact *masks(const char *rules)
{
	struct redact *r = NULL;
	char why[256];

	if (redact__new(rules, &r, why, sizeof(why)))
		fail_msg("%s: %s", rules ? rules : "NULL", why);
	return r;
}

/* Masked text as a C string; to be freed. */
static char *masked(struct redact *r, const char *text, uint32_t counts[N_SECRETS])
{
	uint32_t none[N_SECRETS] = {0};
	struct buf out;

	buf__init(&out, 64 << 20);
	assert_int_equal(redact__text(r, span_str(text), &out, counts ? counts : none), 0);
	assert_int_equal(buf__add(&out, SPAN_LIT("\0")), 0);
	return (char *)out.p;
}

static void expect(struct redact *r, const char *text, const char *want)
{
	char *got = masked(r, text, NULL);

	if (strcmp(got, want) != 0)
		fail_msg("%s\n  is   %s\n  want %s", text, got, want);
	free(got);
}

/* ---- the cases ---- */

#define MARKS_MAX 8

struct mark {
	int kind;
	char text[2048];
};

struct one {
	char text[4096], want[4096];
	struct mark marks[MARKS_MAX];
	unsigned int n;
};

static int kind_of(const char *name, size_t n)
{
	int i;

	for (i = 0; i < N_SECRETS; i++)
		if (span_eq(span(name, n), span_str(secret_names[i])))
			return i;
	fail_msg("no kind %.*s", (int)n, name);
	return -1;
}

static void add(char *to, const char *from, size_t n)
{
	size_t at = strlen(to), i;

	for (i = 0; i < n; i++)
		if (from[i] != '^')
			to[at++] = from[i];
	to[at] = 0;
}

static void parse(const char *line, struct one *c)
{
	const char *open, *colon, *end;
	char name[32];

	memset(c, 0, sizeof(*c));
	while ((open = strstr(line, "<<")) != NULL) {
		/* "<<<email:": the mark is the last of them. */
		while (open[2] == '<')
			open++;
		colon = strchr(open, ':');
		end = strstr(open, ">>");
		assert_non_null(colon);
		assert_non_null(end);
		assert_true(c->n < MARKS_MAX);
		c->marks[c->n].kind = kind_of(open + 2, (size_t)(colon - open - 2));
		add(c->marks[c->n].text, colon + 1, (size_t)(end - colon - 1));
		add(c->text, line, (size_t)(open - line));
		add(c->text, colon + 1, (size_t)(end - colon - 1));
		add(c->want, line, (size_t)(open - line));
		snprintf(name, sizeof(name), "[%s]", secret_names[c->marks[c->n++].kind]);
		add(c->want, name, strlen(name));
		line = end + 2;
	}
	add(c->text, line, strlen(line));
	add(c->want, line, strlen(line));
}

struct score {
	unsigned int right, missed, invented;
};

static void judge(struct redact *r, const struct one *c, struct score score[N_SECRETS])
{
	uint32_t counts[N_SECRETS] = {0}, right[N_SECRETS] = {0};
	char *got = masked(r, c->text, counts);
	unsigned int i;

	for (i = 0; i < c->n; i++) {
		if (strstr(got, c->marks[i].text)) {
			score[c->marks[i].kind].missed++;
			print_message("missed:   %s\n", c->text);
		} else if (right[c->marks[i].kind] < counts[c->marks[i].kind]) {
			right[c->marks[i].kind]++;
		} else {
			/* Hidden, but as something else. */
			score[c->marks[i].kind].missed++;
			print_message("misnamed: %s: %s\n", c->text, got);
		}
	}
	for (i = 0; i < N_SECRETS; i++) {
		score[i].right += right[i];
		score[i].invented += counts[i] - right[i];
		if (counts[i] > right[i])
			print_message("invented: %s: %s\n", c->text, got);
	}
	if (strcmp(got, c->want) != 0 && !c->n)
		assert_true(strstr(got, "[") != NULL);
	free(got);
}

static double part(unsigned int n, unsigned int other)
{
	return n + other ? (double)n / (n + other) : 1;
}

static void test_cases(void **state)
{
	struct redact *all = masks(NULL), *ip = masks("standard,ip"), *ssn = masks("standard,ssn");
	struct score score[N_SECRETS] = {0}, sum = {0};
	unsigned int n = 0, exact = 0, clean = 0, i;
	FILE *f = fopen(CASES, "r");
	struct one *c = malloc(sizeof(*c));
	char line[8192];

	assert_non_null(f);
	assert_non_null(c);
	while (fgets(line, sizeof(line), f)) {
		struct redact *r = all;
		char *text = line, *got;

		line[strcspn(line, "\n")] = 0;
		if (*line == '#' || !*line)
			continue;
		if (!strncmp(line, "ip\t", 3))
			r = ip, text += 3;
		else if (!strncmp(line, "ssn\t", 4))
			r = ssn, text += 4;
		parse(text, c);
		judge(r, c, score);
		got = masked(r, c->text, NULL);
		exact += !strcmp(got, c->want);
		clean += !c->n;
		free(got);
		n++;
	}
	fclose(f);
	free(c);
	print_message("kind     right missed invented precision recall\n");
	for (i = 0; i < N_SECRETS; i++) {
		sum.right += score[i].right;
		sum.missed += score[i].missed;
		sum.invented += score[i].invented;
		if (i != SECRET_CUSTOM)
			print_message("%-8s %5u %6u %8u %9.3f %6.3f\n", secret_names[i],
				      score[i].right, score[i].missed, score[i].invented,
				      part(score[i].right, score[i].invented),
				      part(score[i].right, score[i].missed));
	}
	print_message(
		"all      %5u %6u %8u %9.3f %6.3f; %u cases, %u of them with nothing to hide, "
		"%u to the byte\n",
		sum.right, sum.missed, sum.invented, part(sum.right, sum.invented),
		part(sum.right, sum.missed), n, clean, exact);
	assert_true(n >= LEAST_CASES);
	assert_true(part(sum.right, sum.invented) >= LEAST_PRECISION);
	assert_true(part(sum.right, sum.missed) >= LEAST_RECALL);
	for (i = 0; i < SECRET_CUSTOM; i++) {
		assert_true(part(score[i].right, score[i].invented) >= 0.95);
		assert_true(part(score[i].right, score[i].missed) >= 0.95);
	}
	redact__free(all);
	redact__free(ip);
	redact__free(ssn);
}

/* ---- rules ---- */

static void test_names(void **state)
{
	struct redact *r = masks("email , card");
	char why[256];

	expect(r, "a@b.org 4111111111111111 +1 415 555 2671", "[email] [card] +1 415 555 2671");
	redact__free(r);
	r = masks("none");
	assert_false(redact__any(r));
	expect(r, "a@b.org", "a@b.org");
	redact__free(r);
	assert_int_equal(redact__new("email,nmae", &r, why, sizeof(why)), -EINVAL);
	assert_non_null(strstr(why, "nmae"));
	assert_int_equal(redact__new("@/nowhere/rules", &r, why, sizeof(why)), -ENOENT);
	assert_non_null(strstr(why, "/nowhere/rules"));
	/* What cannot be read is no empty list of rules. */
	assert_int_equal(redact__new("@/tmp", &r, why, sizeof(why)), -EISDIR);
	assert_int_equal(redact__new("@/dev/zero", &r, why, sizeof(why)), -EINVAL);
}

static char *write_rules(const char *text)
{
	static char path[64];
	FILE *f;
	int fd;

	strcpy(path, "/tmp/test_redact.XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	f = fdopen(fd, "w");
	fputs(text, f);
	fclose(f);
	return path;
}

static void test_own(void **state)
{
	char rules[96], why[256];
	uint32_t counts[N_SECRETS] = {0};
	struct redact *r;
	char *got;

	snprintf(rules, sizeof(rules), "@%s",
		 write_rules("# ours\nemployee = \\bE-\\d{6}\\b\nproject=(?i)operation \\w+\n"));
	r = masks(rules);
	unlink(rules + 1);
	/* Files that name no mask add to the standard ones. */
	got = masked(r, "E-123456 of Operation Sunrise, a@b.org", counts);
	assert_string_equal(got, "[employee] of [project], [email]");
	assert_int_equal(counts[SECRET_CUSTOM], 2);
	assert_int_equal(counts[SECRET_EMAIL], 1);
	free(got);
	redact__free(r);

	snprintf(rules, sizeof(rules), "@%s", write_rules("ip\nx = a*\n"));
	r = masks(rules);
	unlink(rules + 1);
	expect(r, "a@b.org 10.0.0.1 aaa", "[x]@b.org [ip] [x]");
	redact__free(r);

	snprintf(rules, sizeof(rules), "@%s", write_rules("email\n\nx = (\n"));
	assert_int_equal(redact__new(rules, &r, why, sizeof(why)), -EINVAL);
	unlink(rules + 1);
	assert_non_null(strstr(why, ":3: "));
}

/* ---- hostile texts ---- */

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A rule that backtracks without end, and texts made to be slow, take their time and no more. */
static void test_bounded(void **state)
{
	static const char *const units[] = {
		"a",	   "@",	       "a@",	      "a@b.",
		"1 ",	   "1-",       "4111 ",	      "+1 ",
		"eyJ",	   "eyJa.",    "-----BEGIN ", "-----BEGIN PRIVATE KEY-----",
		"sk-",	   "://a:",    "DE12 ",	      "phone",
		"\\n",	   "\xC3\xBC", "00 ",	      "(1) ",
		"Bearer ", "a.b@c.d",  "api_key=",    "::",
		"1.2.3.",  "[email]",  "0 0-0",
	};
	struct redact *r = masks("standard,ip,ssn");
	size_t n = 1 << 20, i, k;
	char *text = malloc(n + 1), *got;
	char rules[96];
	double began;

	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		for (k = 0; k < n; k++)
			text[k] = units[i][k % strlen(units[i])];
		text[n] = 0;
		began = seconds();
		got = masked(r, text, NULL);
		if (seconds() - began > 5)
			fail_msg("%s takes %.1f s", units[i], seconds() - began);
		free(got);
	}
	redact__free(r);
	snprintf(rules, sizeof(rules), "@%s", write_rules("none\nslow = (a+)+$\n"));
	r = masks(rules);
	unlink(rules + 1);
	memset(text, 'a', 4096);
	strcpy(text + 4096, "!");
	began = seconds();
	expect(r, text, "[slow]");
	assert_true(seconds() - began < 5);
	redact__free(r);
	free(text);
}

static void test_again(void **state)
{
	struct redact *r = masks(NULL);
	char *once = masked(r, "a@b.org4111111111111111 x@y.io+14155552671 DE89370400440532013000",
			    NULL);
	char *twice = masked(r, once, NULL);

	assert_string_equal(once, twice);
	free(once);
	free(twice);
	redact__free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),	cmocka_unit_test(test_names),
		cmocka_unit_test(test_own),	cmocka_unit_test(test_again),
		cmocka_unit_test(test_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
