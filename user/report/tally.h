/* SPDX-License-Identifier: Apache-2.0 */
/* tally.h: sums over records. */
#ifndef LLMSNOOP_REPORT_TALLY_H
#define LLMSNOOP_REPORT_TALLY_H

#include "report/entry.h"

/* What a record is to a report. */
enum record_is {
	RECORD_CALL,
	RECORD_FETCH, /* an earlier call's answer: its tokens and cost count, it is no call */
	RECORD_MCP,
	RECORD_RUN,
	RECORD_TOOL,
	RECORD_STATS,
	RECORD_OTHER,	/* alerts, and what later versions write */
	RECORD_FOREIGN, /* no record of ours */
};

enum record_is record__is(const struct entry *e);

/* Money of any number of records: a sum of int64_t could overflow. */
typedef __int128 nusd_sum;

struct tally {
	uint64_t calls, errors, fetched;
	uint64_t retries, recovered; /* attempts after the first; those that succeeded */
	uint64_t truncated;
	uint64_t input, output, cache_read, reasoning;
	uint64_t cache_input; /* input of records that tell what of it was cached */
	uint64_t estimated;   /* records whose tokens are estimates */
	uint64_t priced, unpriced, cost_estimated;
	nusd_sum cost_nusd; /* of the priced */
	uint64_t mcp_calls, mcp_errors;
	uint64_t runs, loops, aborts;
	uint64_t repeats; /* uses of a tool with arguments it had before in the same run */
};

void tally__add(struct tally *t, enum record_is is, const struct entry *e);
void tally__sum(struct tally *t, const struct tally *more);

#endif
