/* SPDX-License-Identifier: Apache-2.0 */
/* sheet.h: what was collected as rows of measures, sorted, for whoever writes them. */
#ifndef LLMSNOOP_REPORT_SHEET_H
#define LLMSNOOP_REPORT_SHEET_H

#include "base/buf.h"
#include "report/collect.h"

struct row {
	const struct group *group; /* NULL: of all, or of the rows that are left out */
	struct tally now, before;
	struct quantiles ttft, duration;
};

enum measure_kind {
	MEASURE_COUNT,
	MEASURE_USD,	 /* nano-dollars */
	MEASURE_SECONDS, /* nanoseconds */
	MEASURE_RATIO,	 /* 0 to 1 */
};

struct sheet;

/* One thing that is measured, by the name that it has in every output. */
struct measure {
	const char *name;
	enum measure_kind kind;
	/* False: unknown. */
	bool (*get)(const struct sheet *s, const struct row *r, __int128 *ret, double *ret_ratio);
};

extern const struct measure measures[];
extern const unsigned int n_measures;

struct sheet {
	const struct collect *c;
	struct row *rows;
	unsigned int n_rows; /* that are shown */
	unsigned int n_left_out;
	struct row left_out, total;
	bool by_cost; /* shares are of the cost, else of tokens: nothing has a price */
};

/* sort: a name of sort_names, NULL: by time where groups are days, else by cost (or tokens). top:
 * 0: all rows. c is borrowed. -ENOMEM. */
int sheet__make(const struct collect *c, const char *sort, uint64_t top, struct sheet *ret);
void sheet__free(struct sheet *s);

/* "cost, tokens, …"; NULL: name is one of them. */
const char *sheet__sorts(const char *name);

/* Exact dollars: 0.028 */
void sheet__usd(nusd_sum nusd, char ret[64]);

/* What is wanted of a sheet beside its rows. */
struct report_page {
	const struct sheet *sheet;
	const struct collect_config *cfg;
	bool compared; /* with the period before */
	bool utc, colour;
	unsigned int columns; /* 0: any */
};

/* Appended to out: -E2BIG, -ENOMEM. For people; one JSON document (docs/report.schema.json); comma
 * separated values (RFC 4180). */
int report_text(struct buf *out, const struct report_page *p);
int report_json(struct buf *out, const struct report_page *p);
int report_csv(struct buf *out, const struct report_page *p);

#endif
