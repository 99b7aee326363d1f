// SPDX-License-Identifier: Apache-2.0
#include "sink/totals.h"

#include <inttypes.h>
#include <stdio.h>

#include "sink/human.h"

/* What is worth a word only where there is any. */
static const struct extra {
	const char *one, *many;
	size_t offset;
} extras[] = {
	{"estimated", "estimated", offsetof(struct stats, estimated)},
	{"fetched later", "fetched later", offsetof(struct stats, fetched)},
	{"tool call", "tool calls", offsetof(struct stats, tool_calls)},
	{"tool error", "tool errors", offsetof(struct stats, tool_errors)},
	{"agent run", "agent runs", offsetof(struct stats, runs)},
	{"run pushed out", "runs pushed out", offsetof(struct stats, superseded)},
	{"served", "served", offsetof(struct stats, served)},
	{"not followed", "not followed", offsetof(struct stats, refused)},
	{"SSL call missed", "SSL calls missed", offsetof(struct stats, missed_calls)},
	{"process met late", "processes met late", offsetof(struct stats, late)},
	{"process with TLS that cannot be seen", "processes with TLS that cannot be seen",
	 offsetof(struct stats, unlocated_processes)},
	{"not written", "not written", offsetof(struct stats, unwritten)},
	{"upgraded connection not decoded", "upgraded connections not decoded",
	 offsetof(struct stats, undecoded_upgrades)},
};

int totals__format(struct buf *out, const struct stats *st)
{
	char in[HUMAN_MAX], outs[HUMAN_MAX], usd[HUMAN_MAX], text[512];
	size_t was = out->n, i;
	uint64_t v;
	int err;

	human__count(st->input_tokens, in);
	human__count(st->output_tokens, outs);
	human__usd((double)st->cost_nusd / 1e9, usd);
	snprintf(text, sizeof(text),
		 "%" PRIu64 " call%s, %" PRIu64
		 " error%s%s%s. %s in / %s out. Ring buffer: %" PRIu64 " lost. Truncated: %" PRIu64
		 ".",
		 st->calls, st->calls == 1 ? "" : "s", st->errors, st->errors == 1 ? "" : "s",
		 st->priced ? ", " : "", st->priced ? usd : "", in, outs, st->lost_records,
		 st->truncated);
	err = buf__add(out, span_str(text));
	for (i = 0; i < sizeof(extras) / sizeof(extras[0]) && !err; i++) {
		v = *(const uint64_t *)((const char *)st + extras[i].offset);
		if (!v)
			continue;
		snprintf(text, sizeof(text), " %" PRIu64 " %s.", v,
			 v == 1 ? extras[i].one : extras[i].many);
		err = buf__add(out, span_str(text));
	}
	err = err ? err : buf__add(out, SPAN_LIT("\n"));
	if (err)
		out->n = was;
	return err;
}
