// SPDX-License-Identifier: Apache-2.0
#include "outputs.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "sink/jsonl.h"
#include "sink/table.h"

static int add(struct sinks *sinks, int err, struct sink *s, const char *name)
{
	if (err) {
		log__error("%s: %s", name, strerror(-err));
		return EXIT_FAILURE;
	}
	sinks__add(sinks, s);
	return 0;
}

static int open_file(const struct options *o, struct sinks *sinks)
{
	struct sink *s = NULL;
	int err;

	if (!o->out)
		return 0;
	err = jsonl__open(o->out, &s);
	return add(sinks, err, s, o->out);
}

/* Standard output is a table for people and JSON lines for programs. */
static int open_standard_output(const struct options *o, struct sinks *sinks)
{
	const struct table_config table = {.fd = STDOUT_FILENO, .utc = o->utc};
	bool json =
		o->format == FORMAT_JSONL || (o->format == FORMAT_AUTO && !isatty(STDOUT_FILENO));
	struct sink *s = NULL;
	int err;

	if (o->quiet || o->list)
		return 0;
	err = json ? jsonl__open(NULL, &s) : table__open(&table, &s);
	return add(sinks, err, s, "standard output");
}

int outputs__open(const struct options *o, struct sinks *sinks)
{
	static int (*const all[])(const struct options *o, struct sinks *sinks) = {
		open_file,
		open_standard_output,
	};
	size_t i;
	int err;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		err = all[i](o, sinks);
		if (err)
			return err;
	}
	return 0;
}
