// SPDX-License-Identifier: Apache-2.0
#include "sink/jsonl.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "sink/outfile.h"
#include "sink/record_json.h"

/* Longer than any record that the limits of a call allow, escapes included. */
#define LINE_MAX_BYTES (2 << 20)

struct jsonl {
	struct sink sink;
	struct outfile out;
	struct buf line;
};

static int put(struct jsonl *s, int err)
{
	if (!err)
		err = outfile__line(&s->out, buf__span(&s->line));
	/* One huge record must not hold its memory for good. */
	if (s->line.cap > 64 << 10)
		buf__free(&s->line);
	else
		buf__clear(&s->line);
	return err;
}

static int on_call(struct sink *sink, const struct call *c)
{
	struct jsonl *s = (struct jsonl *)sink;

	return put(s, record_json__call(&s->line, c));
}

static int on_run(struct sink *sink, const struct agent_run *r)
{
	struct jsonl *s = (struct jsonl *)sink;

	return put(s, record_json__run(&s->line, r));
}

static int on_tool(struct sink *sink, const struct agent_tool *t)
{
	struct jsonl *s = (struct jsonl *)sink;

	return put(s, record_json__tool(&s->line, t));
}

static int on_stats(struct sink *sink, const struct stats *st)
{
	struct jsonl *s = (struct jsonl *)sink;

	return put(s, record_json__stats(&s->line, st));
}

static int on_reopen(struct sink *sink)
{
	return outfile__reopen(&((struct jsonl *)sink)->out);
}

static int on_close(struct sink *sink)
{
	struct jsonl *s = (struct jsonl *)sink;
	int err = outfile__close(&s->out);

	buf__free(&s->line);
	free(s);
	return err;
}

static const struct sink_ops ops = {
	.name = "jsonl",
	.call = on_call,
	.run = on_run,
	.tool = on_tool,
	.stats = on_stats,
	.reopen = on_reopen,
	.close = on_close,
};

int jsonl__open(const char *path, struct sink **ret)
{
	struct jsonl *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return -ENOMEM;
	s->sink.ops = &ops;
	buf__init(&s->line, LINE_MAX_BYTES);
	err = path ? outfile__open(&s->out, path) : outfile__from_fd(&s->out, STDOUT_FILENO);
	if (err) {
		free(s);
		return err;
	}
	*ret = &s->sink;
	return 0;
}
