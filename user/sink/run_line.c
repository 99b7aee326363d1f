// SPDX-License-Identifier: Apache-2.0
#include "sink/run_line.h"

#include <inttypes.h>
#include <stdio.h>

#include "sink/human.h"

bool run_line__wanted(const struct agent_run *r)
{
	return r->calls > 1 || r->tools > 0;
}

static void add(struct buf *out, const char *text)
{
	buf__add(out, span_str(text));
}

static void add_count(struct buf *out, int64_t n, const char *one, const char *many)
{
	char text[64];

	snprintf(text, sizeof(text), ", %" PRId64 " %s", n, n == 1 ? one : many);
	add(out, text);
}

static void add_some(struct buf *out, int64_t n, const char *one, const char *many)
{
	if (n > 0)
		add_count(out, n, one, many);
}

static void add_tokens(struct buf *out, const struct agent_run *r)
{
	char text[HUMAN_MAX];

	if (r->input_tokens < 0 && r->output_tokens < 0)
		return;
	human__count(r->input_tokens < 0 ? 0 : (uint64_t)r->input_tokens, text);
	add(out, ", ");
	add(out, r->input_tokens < 0 ? "-" : text);
	add(out, " in / ");
	human__count(r->output_tokens < 0 ? 0 : (uint64_t)r->output_tokens, text);
	add(out, r->output_tokens < 0 ? "-" : text);
	add(out, " out");
}

static void add_cost(struct buf *out, int64_t nusd, const char *before)
{
	char text[HUMAN_MAX];

	if (nusd < 0)
		return;
	human__usd((double)nusd / 1e9, text);
	add(out, before);
	add(out, text);
}

static void add_seconds(struct buf *out, uint64_t ns)
{
	char text[HUMAN_MAX];

	human__seconds(ns, 1, text);
	add(out, text);
}

void run_line__format(struct buf *out, const struct agent_run *r)
{
	static const char *const ends[] = {
		[RUN_SILENCE] = ", no answer",
		[RUN_PROCESS_EXIT] = ", process ended",
		[RUN_CAPTURE_END] = ", goes on",
		[RUN_SUPERSEDED] = ", not followed any more",
	};
	const char *whose = r->agent ? r->agent : r->who.feature ? r->who.feature : r->who.comm;
	char text[64];

	add(out, "run ");
	add(out, whose ? whose : "");
	snprintf(text, sizeof(text), "%s%" PRId64 " round%s", whose && *whose ? ": " : "",
		 r->rounds, r->rounds == 1 ? "" : "s");
	add(out, text);
	add_count(out, r->tools, "tool", "tools");
	add_tokens(out, r);
	add_cost(out, r->cost_nusd, ", ");
	add(out, ", ");
	add_seconds(out, r->duration_ns);
	if (r->error_type) {
		add(out, ", failed: ");
		add(out, r->error_type);
	} else if (ends[r->end]) {
		add(out, ends[r->end]);
	}
	add_some(out, r->errors, "error", "errors");
	add_some(out, r->retries, "retry", "retries");
	add_some(out, r->aborts, "answer cut off", "answers cut off");
	add_some(out, r->loops, "tool in circles", "tools in circles");
	if (r->loops > 0)
		add_cost(out, r->loops_nusd, " for ");
	if (r->slowest && r->slowest_ns) {
		add(out, ", slowest ");
		add(out, r->slowest);
		add(out, " ");
		add_seconds(out, r->slowest_ns);
	}
}
