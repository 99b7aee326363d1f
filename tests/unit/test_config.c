// SPDX-License-Identifier: Apache-2.0
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"
#include "log.h"
#include "options.h"

static char path[] = "/tmp/llmsnoop-config-XXXXXX";

static const char *file_with(const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	return path;
}

static int parse(const char *config, char *const *more, struct options *o)
{
	char *argv[16] = {(char *)"llmsnoop", (char *)"--config", (char *)file_with(config)};
	int argc = 3;

	while (more && *more)
		argv[argc++] = *more++;
	return options__parse(argc, argv, o);
}

static void entries(void **state)
{
	const struct config_entry *e = NULL;
	struct config *c;
	char error[256];

	file_with("# first\nmodel = a\n  b\n\n[feature]\nx = 1 2 = 3\nempty =\n");
	assert_int_equal(config__load(path, error, sizeof(error), &c), 0);
	e = config__next(c, "", NULL);
	assert_string_equal(e->key, "model");
	assert_string_equal(e->value, "a");
	assert_int_equal(e->line, 2);
	e = config__next(c, "", e);
	assert_string_equal(e->key, "model");
	assert_string_equal(e->value, "b");
	assert_int_equal(e->line, 3);
	assert_null(config__next(c, "", e));
	e = config__next(c, "feature", NULL);
	assert_string_equal(e->value, "1 2 = 3");
	e = config__next(c, "feature", e);
	assert_string_equal(e->value, "");
	assert_null(config__next(c, "feature", e));
	assert_null(config__next(NULL, "", NULL));
	assert_string_equal(config__path(c), path);
	config__free(c);
	config__free(NULL);
}

static void bad_files(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{"model = x\n[feat]\na = b\n", ":3: there is no section [feat]"},
		{"model = x\njust words\n", ":2: wanted is"},
		{"[feature\n", ":1: wanted is"},
	};
	char error[256], *huge = malloc(CONFIG_FILE_MAX + 2), line[300];
	char pipe_path[sizeof(path) + 8];
	struct config *c = NULL;
	size_t i;

	snprintf(pipe_path, sizeof(pipe_path), "%s.pipe", path);

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		file_with(cases[i].text);
		assert_int_equal(config__load(path, error, sizeof(error), &c), -EINVAL);
		assert_non_null(strstr(error, cases[i].says));
		assert_non_null(strstr(error, path));
	}
	memset(line, 'a', sizeof(line));
	memcpy(line, "a = ", 4);
	line[sizeof(line) - 1] = 0;
	file_with(line);
	assert_int_equal(config__load(path, error, sizeof(error), &c), -EINVAL);
	assert_non_null(strstr(error, ":1: this line is too long"));
	memset(huge, '#', CONFIG_FILE_MAX + 1);
	huge[CONFIG_FILE_MAX + 1] = 0;
	file_with(huge);
	assert_int_equal(config__load(path, error, sizeof(error), &c), -E2BIG);
	assert_int_equal(config__load("/nowhere", error, sizeof(error), &c), -ENOENT);
	assert_int_equal(config__load("/dev/null", error, sizeof(error), &c), -EINVAL);
	assert_int_equal(config__load("/tmp", error, sizeof(error), &c), -EISDIR);
	/* A pipe that nobody writes: a reload must not wait for one. */
	assert_int_equal(mkfifo(pipe_path, 0600), 0);
	assert_int_equal(config__load(pipe_path, error, sizeof(error), &c), -EINVAL);
	unlink(pipe_path);
	assert_null(c);
	free(huge);
}

static void options_of_a_file(void **state)
{
	char *more[] = {(char *)"-m", (char *)"o*", (char *)"--format=table", NULL};
	struct options o;

	assert_int_equal(parse("model = a\n  b\nslow = 10s\nestimate = yes\nutc = no\n"
			       "json = on\n[feature]\nx = y\n",
			       NULL, &o),
			 -1);
	assert_int_equal(o.filter.n_models, 2);
	assert_string_equal(o.filter.models[1], "b");
	assert_true(o.filter.slow_ns == 10000000000ULL);
	assert_true(o.estimate);
	assert_false(o.utc);
	assert_int_equal(o.format, FORMAT_JSONL);
	assert_non_null(config__next(o.config, "feature", NULL));
	config__free(o.config);
	/* The command line's outdoes the file's, by either name of it. */
	assert_int_equal(parse("model = a\njson = yes\n", more, &o), -1);
	assert_int_equal(o.filter.n_models, 1);
	assert_string_equal(o.filter.models[0], "o*");
	assert_int_equal(o.format, FORMAT_TABLE);
	config__free(o.config);
}

/* Of two lines the later holds, and "no" is as if nothing had been said. */
static void options_said_twice(void **state)
{
	struct options o;

	assert_int_equal(parse("quiet = yes\nquiet = no\nverbose = yes\nverbose = off\nutc = no\n"
			       "utc = yes\njson = yes\njson = no\nslow = 1s\nslow = 2s\n",
			       NULL, &o),
			 -1);
	assert_false(o.quiet);
	assert_true(o.utc);
	assert_int_equal(o.verbose, 0);
	assert_int_equal(o.format, FORMAT_AUTO);
	assert_true(o.filter.slow_ns == 2000000000ULL);
	config__free(o.config);
	/* What is not wanted needs nothing. */
	assert_int_equal(parse("raw = no\n", NULL, &o), -1);
	assert_false(o.raw);
	config__free(o.config);
}

static void options_that_are_wrong(void **state)
{
	static const char *const cases[] = {
		"modle = x\n",	      "mod = x\n",    "slow = soon\n",
		"estimate = maybe\n", "list = yes\n", "help = yes\n",
		"config = x\n",	      "raw = yes\n",  "plain = 70000\n",
	};
	struct options o;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(parse(cases[i], NULL, &o), EXIT_USAGE);
		config__free(o.config);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries),
		cmocka_unit_test(bad_files),
		cmocka_unit_test(options_of_a_file),
		cmocka_unit_test(options_said_twice),
		cmocka_unit_test(options_that_are_wrong),
	};
	int fd = mkstemp(path), failed;

	assert_true(fd >= 0);
	close(fd);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return failed;
}
