/* SPDX-License-Identifier: Apache-2.0 */
/* slow.h: the slowest steps of each kind: calls, tools, runs. */
#ifndef LLMSNOOP_REPORT_SLOW_H
#define LLMSNOOP_REPORT_SLOW_H

#include "report/tally.h"

#define SLOW_MAX 5 /* kept of each kind */

enum slow_kind {
	SLOW_CALL,
	SLOW_TOOL, /* used by an agent, and MCP's own calls */
	SLOW_RUN,
	N_SLOW,
};

struct slow_step {
	int64_t duration_ns, time_ns;
	char name[ENTRY_TEXT_MAX + 1], feature[ENTRY_TEXT_MAX + 1], trace[33];
};

struct slow {
	struct slow_step step[N_SLOW][SLOW_MAX]; /* the slowest first */
	unsigned int n[N_SLOW];
};

const char *slow__name(enum slow_kind kind); /* "call", "tool", "run" */

void slow__add(struct slow *s, enum record_is is, const struct entry *e);

#endif
