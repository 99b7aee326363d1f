// SPDX-License-Identifier: Apache-2.0
#include "sink/totals.h"

#include <inttypes.h>
#include <stdio.h>

#include "sink/human.h"

/* What is worth a word only where there is any. */
static const struct extra {
	const char *text;
	size_t offset;
} extras[] = {
	{"estimated", offsetof(struct stats, estimated)},
	{"fetched later", offsetof(struct stats, fetched)},
	{"tool calls", offsetof(struct stats, tool_calls)},
	{"tool errors", offsetof(struct stats, tool_errors)},
	{"agent runs", offsetof(struct stats, runs)},
	{"served", offsetof(struct stats, served)},
	{"not followed", offsetof(struct stats, refused)},
	{"SSL calls missed", offsetof(struct stats, missed_calls)},
	{"processes met late", offsetof(struct stats, late)},
	{"processes with TLS that cannot be seen", offsetof(struct stats, unlocated_processes)},
	{"not written", offsetof(struct stats, unwritten)},
	{"upgraded connections not decoded", offsetof(struct stats, undecoded_upgrades)},
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
		snprintf(text, sizeof(text), " %" PRIu64 " %s.", v, extras[i].text);
		err = buf__add(out, span_str(text));
	}
	err = err ? err : buf__add(out, SPAN_LIT("\n"));
	if (err)
		out->n = was;
	return err;
}
