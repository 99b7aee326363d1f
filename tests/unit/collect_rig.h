/* SPDX-License-Identifier: Apache-2.0 */
/* collect_rig.h: a report over a file of records, in a folder of the test's own. */
#ifndef LLMSNOOP_COLLECT_RIG_H
#define LLMSNOOP_COLLECT_RIG_H

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "report/sheet.h"
#include "report_rig.h"

static char folder[] = "/tmp/test_report.XXXXXX";

static const char *path_of(const char *name)
{
	static char path[64];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void write_file(const char *name, const void *p, size_t n)
{
	FILE *f = fopen(path_of(name), "w");

	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, n, f), n);
	fclose(f);
}

static struct collect collect;
static struct collect_config cfg;

static int over(const char *text)
{
	write_file("records", text, strlen(text));
	assert_int_equal(collect__open(&collect, &cfg), 0);
	return collect__file(&collect, path_of("records"));
}

static int reset(void **state)
{
	zone("UTC0");
	cfg = (struct collect_config){
		.period = {PERIOD_FIRST, PERIOD_LAST}, .by = {BY_FEATURE}, .n_by = 1, .utc = true};
	return 0;
}

static char *output(int (*make)(struct buf *, const struct report_page *), unsigned int columns)
{
	struct report_page page = {.cfg = &cfg, .compared = true, .utc = true, .columns = columns};
	struct sheet s;
	struct buf out;
	char *text;

	assert_int_equal(sheet__make(&collect, NULL, 0, &s), 0);
	page.sheet = &s;
	buf__init(&out, 1 << 20);
	assert_int_equal(make(&out, &page), 0);
	text = strndup((char *)out.p, out.n);
	buf__free(&out);
	sheet__free(&s);
	return text;
}

static int make_folder(void **state)
{
	return mkdtemp(folder) ? 0 : -1;
}

/* With the files of these names, and the records. */
static int remove_files(const char *const *names, size_t n)
{
	while (n--)
		unlink(path_of(names[n]));
	unlink(path_of("records"));
	return rmdir(folder);
}

#endif
