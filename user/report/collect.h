/* SPDX-License-Identifier: Apache-2.0 */
/* collect.h: files of records come in, sums for a report come out. */
#ifndef LLMSNOOP_REPORT_COLLECT_H
#define LLMSNOOP_REPORT_COLLECT_H

#include "report/groups.h"
#include "report/known.h"
#include "report/losses.h"
#include "report/slow.h"

#define COLLECT_GLOBS_MAX 16

/* Which records count. Globs are "any of"; none: all. */
struct collect_config {
	struct period period, before; /* before.from_ns == before.to_ns: not wanted */
	enum dimension by[GROUP_BY_MAX];
	unsigned int n_by;
	bool utc;
	bool servers; /* records of servers in place of those of clients */
	const char *models[COLLECT_GLOBS_MAX], *hosts[COLLECT_GLOBS_MAX],
		*features[COLLECT_GLOBS_MAX];
	unsigned int n_models, n_hosts, n_features;
};

/* The first of something, and how often it was. */
struct mishap {
	uint64_t n;
	char file[256];
	uint64_t line;
};

struct collect {
	const struct collect_config *cfg;
	struct period periods[2];
	struct groups groups;
	struct tally now, before;
	struct slow slow;
	struct known known;
	struct entry_reader *reader;
	const char *file;
	uint64_t line;
	unsigned int files;
	uint64_t records; /* that count */
	uint64_t doubles, others_role, filtered;
	struct mishap broken, cut, foreign; /* lines that are no JSON; last lines; other JSON */
	struct loss_runs losses;
	bool has_time;
	int64_t first_ns, last_ns; /* of the records that count */
};

/* cfg is borrowed. -ENOMEM. */
int collect__open(struct collect *c, const struct collect_config *cfg);
void collect__close(struct collect *c);

/* Reads a file; path "-": standard input. As lines__read. */
int collect__file(struct collect *c, const char *path);

#endif
