/* SPDX-License-Identifier: Apache-2.0 */
/* groups.h: records grouped by what they have in common, in bounded memory. */
#ifndef LLMSNOOP_REPORT_GROUPS_H
#define LLMSNOOP_REPORT_GROUPS_H

#include "base/arena.h"
#include "base/map.h"
#include "report/period.h"
#include "report/samples.h"
#include "report/tally.h"

/* What records can be grouped by. */
enum dimension {
	BY_DAY,
	BY_WEEK,
	BY_MONTH,
	BY_MODEL,
	BY_FEATURE,
	BY_POD,
	BY_COMM,
	BY_SESSION,
	BY_KEY,
	BY_HOST,
	BY_PROVIDER,
	BY_ERROR,
	N_DIMENSIONS,
};

const char *dimension__name(enum dimension d);

#define GROUP_BY_MAX 4	   /* dimensions at once */
#define GROUP_PARTS_MAX 16 /* models, or features, told apart in one group */
#define GROUP_FAILURES_MAX 16

/* A part of a group's records: those of one model, or of one feature. */
struct part {
	const char *name; /* NULL: all others */
	struct tally now, before;
	struct part *next;
};

struct failure {
	const char *type; /* NULL: all others */
	int64_t status;	  /* -1: unknown */
	uint64_t n;
	struct failure *next;
};

struct group {
	uint64_t key;
	const char *name[GROUP_BY_MAX]; /* NULL: unknown */
	bool other;			/* stands for all that had no room */
	struct tally now, before;
	struct samples ttft, duration;
	struct part *parts; /* in the order in which they came; all others at last */
	struct failure *failures;
	struct map_node node;
	struct group *next;
};

struct groups {
	enum dimension by[GROUP_BY_MAX];
	unsigned int n_by;
	enum dimension part_by; /* what parts are told apart by */
	struct calendar calendar;
	uint8_t hash_key[16];
	struct group *map, *list, *other;
	unsigned int n;
	struct arena arena; /* groups and their names */
	struct arena_budget budget;
	struct samples_budget samples;
	bool full; /* there were more than have room */
};

/* The first dimension is that of n_by = 0: all records are one group. */
void groups__init(struct groups *g, const enum dimension *by, unsigned int n_by, bool utc);
void groups__free(struct groups *g);

/* Adds a record to its group, in the period itself or the one before. -ENOMEM. */
int groups__add(struct groups *g, enum record_is is, const struct entry *e, bool before);

/* Text of the dimension; n is 0: unknown. room: where a text is made up of several. */
struct span dimension__of(struct groups *g, enum dimension d, const struct entry *e,
			  uint8_t room[2 * ENTRY_TEXT_MAX + 1]);

#endif
