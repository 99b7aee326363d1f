// SPDX-License-Identifier: Apache-2.0
#include "report/sheet.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define NUSD_PER_USD 1000000000

/* --- measures --- */

#define COUNT_OF(member)                                                                    \
	static bool get_##member(const struct sheet *s, const struct row *r, __int128 *ret, \
				 double *ret_ratio)                                         \
	{                                                                                   \
		*ret = r->now.member;                                                       \
		return true;                                                                \
	}
COUNT_OF(calls)
COUNT_OF(errors)
COUNT_OF(fetched)
COUNT_OF(input)
COUNT_OF(output)
COUNT_OF(reasoning)
COUNT_OF(priced)
COUNT_OF(unpriced)
COUNT_OF(cost_estimated)
COUNT_OF(estimated)
COUNT_OF(retries)
COUNT_OF(recovered)
COUNT_OF(truncated)
COUNT_OF(mcp_calls)
COUNT_OF(mcp_errors)
COUNT_OF(runs)
COUNT_OF(loops)
COUNT_OF(aborts)
COUNT_OF(repeats)

#define QUANTILE_OF(samples, q)                                                                    \
	static bool get_##samples##_##q(const struct sheet *s, const struct row *r, __int128 *ret, \
					double *ret_ratio)                                         \
	{                                                                                          \
		*ret = r->samples.q;                                                               \
		return r->samples.n;                                                               \
	}
QUANTILE_OF(ttft, p50)
QUANTILE_OF(ttft, p95)
QUANTILE_OF(ttft, p99)
QUANTILE_OF(duration, p50)
QUANTILE_OF(duration, p95)
QUANTILE_OF(duration, p99)

static bool get_cache_read(const struct sheet *s, const struct row *r, __int128 *ret,
			   double *ret_ratio)
{
	*ret = r->now.cache_read;
	return r->now.cache_input;
}

static bool get_cache_ratio(const struct sheet *s, const struct row *r, __int128 *ret,
			    double *ret_ratio)
{
	*ret_ratio = (double)r->now.cache_read / (double)r->now.cache_input;
	return r->now.cache_input;
}

static bool get_error_ratio(const struct sheet *s, const struct row *r, __int128 *ret,
			    double *ret_ratio)
{
	*ret_ratio = (double)r->now.errors / (double)(r->now.calls + r->now.fetched);
	return r->now.calls + r->now.fetched;
}

static bool get_cost(const struct sheet *s, const struct row *r, __int128 *ret, double *ret_ratio)
{
	*ret = r->now.cost_nusd;
	return r->now.priced;
}

static double size_of(const struct sheet *s, const struct tally *t)
{
	return s->by_cost ? (double)t->cost_nusd : (double)t->input + (double)t->output;
}

static bool get_share(const struct sheet *s, const struct row *r, __int128 *ret, double *ret_ratio)
{
	double all = size_of(s, &s->total.now);

	*ret_ratio = size_of(s, &r->now) / all;
	return all > 0 && (!s->by_cost || r->now.priced || !r->now.unpriced);
}

const struct measure measures[] = {
	{"calls", MEASURE_COUNT, get_calls},
	{"errors", MEASURE_COUNT, get_errors},
	{"error_ratio", MEASURE_RATIO, get_error_ratio},
	{"fetched", MEASURE_COUNT, get_fetched},
	{"retries", MEASURE_COUNT, get_retries},
	{"recovered", MEASURE_COUNT, get_recovered},
	{"input_tokens", MEASURE_COUNT, get_input},
	{"output_tokens", MEASURE_COUNT, get_output},
	{"cache_read_tokens", MEASURE_COUNT, get_cache_read},
	{"cache_ratio", MEASURE_RATIO, get_cache_ratio},
	{"reasoning_tokens", MEASURE_COUNT, get_reasoning},
	{"estimated", MEASURE_COUNT, get_estimated},
	{"cost_usd", MEASURE_USD, get_cost},
	{"priced", MEASURE_COUNT, get_priced},
	{"unpriced", MEASURE_COUNT, get_unpriced},
	{"cost_estimated", MEASURE_COUNT, get_cost_estimated},
	{"share", MEASURE_RATIO, get_share},
	{"ttft_p50_s", MEASURE_SECONDS, get_ttft_p50},
	{"ttft_p95_s", MEASURE_SECONDS, get_ttft_p95},
	{"ttft_p99_s", MEASURE_SECONDS, get_ttft_p99},
	{"duration_p50_s", MEASURE_SECONDS, get_duration_p50},
	{"duration_p95_s", MEASURE_SECONDS, get_duration_p95},
	{"duration_p99_s", MEASURE_SECONDS, get_duration_p99},
	{"truncated", MEASURE_COUNT, get_truncated},
	{"mcp_calls", MEASURE_COUNT, get_mcp_calls},
	{"mcp_errors", MEASURE_COUNT, get_mcp_errors},
	{"runs", MEASURE_COUNT, get_runs},
	{"loops", MEASURE_COUNT, get_loops},
	{"aborts", MEASURE_COUNT, get_aborts},
	{"tool_repeats", MEASURE_COUNT, get_repeats},
};

const unsigned int n_measures = sizeof(measures) / sizeof(measures[0]);

void sheet__usd(nusd_sum nusd, char ret[64])
{
	int n = snprintf(ret, 64, "%lld.%09lld", (long long)(nusd / NUSD_PER_USD),
			 (long long)(nusd % NUSD_PER_USD));

	while (ret[n - 1] == '0')
		ret[--n] = 0;
	if (ret[n - 1] == '.')
		ret[--n] = 0;
}

/* --- order --- */

static int by_names(const struct row *a, const struct row *b)
{
	for (unsigned int i = 0; i < GROUP_BY_MAX; i++) {
		const char *x = a->group->name[i], *y = b->group->name[i];
		int order = x && y ? strcmp(x, y) : (x != NULL) - (y != NULL);

		if (order)
			return order;
	}
	return 0;
}

#define LARGEST_FIRST(name, of)                                 \
	static int by_##name(const void *va, const void *vb)    \
	{                                                       \
		const struct row *a = va, *b = vb;              \
		__int128 x, y;                                  \
                                                                \
		x = a->of;                                      \
		y = b->of;                                      \
		return x > y ? -1 : x < y ? 1 : by_names(a, b); \
	}
LARGEST_FIRST(cost, now.cost_nusd)
LARGEST_FIRST(calls, now.calls)
LARGEST_FIRST(errors, now.errors)
LARGEST_FIRST(retries, now.retries)
LARGEST_FIRST(input, now.input)
LARGEST_FIRST(output, now.output)
LARGEST_FIRST(ttft, ttft.p95)
LARGEST_FIRST(duration, duration.p95)

static int by_tokens(const void *va, const void *vb)
{
	const struct row *a = va, *b = vb;
	__int128 x = (__int128)a->now.input + a->now.output;
	__int128 y = (__int128)b->now.input + b->now.output;

	return x > y ? -1 : x < y ? 1 : by_names(a, b);
}

static int by_name(const void *va, const void *vb)
{
	return by_names(va, vb);
}

static const struct {
	const char *name;
	int (*compare)(const void *a, const void *b);
} sorts[] = {
	{"cost", by_cost},	 {"tokens", by_tokens}, {"calls", by_calls},
	{"errors", by_errors},	 {"input", by_input},	{"output", by_output},
	{"retries", by_retries}, {"ttft", by_ttft},	{"duration", by_duration},
	{"name", by_name},
};

const char *sheet__sorts(const char *name)
{
	for (size_t i = 0; i < sizeof(sorts) / sizeof(sorts[0]); i++)
		if (!strcmp(sorts[i].name, name))
			return NULL;
	return "cost, tokens, calls, errors, input, output, retries, ttft, duration or name";
}

static int (*order_of(const struct sheet *s, const char *sort))(const void *, const void *)
{
	const struct groups *g = &s->c->groups;

	for (size_t i = 0; sort && i < sizeof(sorts) / sizeof(sorts[0]); i++)
		if (!strcmp(sorts[i].name, sort))
			return sorts[i].compare;
	if (g->n_by && g->by[0] <= BY_MONTH)
		return by_name;
	return s->by_cost ? by_cost : by_tokens;
}

/* --- rows --- */

static bool is_empty(const struct tally *t)
{
	return !t->calls && !t->fetched && !t->mcp_calls && !t->runs && !t->repeats;
}

static int quantiles_of(const struct row *rows, unsigned int n, struct row *ret)
{
	struct samples **list = calloc(n + 1, sizeof(*list));
	unsigned int i;
	int err;

	if (!list)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		list[i] = (struct samples *)&rows[i].group->ttft;
	err = samples__quantiles(list, n, &ret->ttft);
	for (i = 0; i < n; i++)
		list[i] = (struct samples *)&rows[i].group->duration;
	if (!err)
		err = samples__quantiles(list, n, &ret->duration);
	free(list);
	return err;
}

static int add_rows(struct sheet *s)
{
	const struct group *g;
	int err = 0;

	s->rows = calloc(s->c->groups.n + 1, sizeof(*s->rows));
	if (!s->rows)
		return -ENOMEM;
	for (g = s->c->groups.list; g && !err; g = g->next) {
		struct row *r = &s->rows[s->n_rows];

		if (is_empty(&g->now))
			continue;
		*r = (struct row){.group = g, .now = g->now, .before = g->before};
		err = quantiles_of(r, 1, r);
		s->n_rows++;
	}
	return err;
}

int sheet__make(const struct collect *c, const char *sort, uint64_t top, struct sheet *ret)
{
	struct sheet s = {.c = c, .by_cost = c->now.priced};
	int err = add_rows(&s);

	s.total.now = c->now;
	s.total.before = c->before;
	if (!err)
		err = quantiles_of(s.rows, s.n_rows, &s.total);
	if (err) {
		sheet__free(&s);
		return err;
	}
	qsort(s.rows, s.n_rows, sizeof(*s.rows), order_of(&s, sort));
	if (top && s.n_rows > top) {
		s.n_left_out = s.n_rows - (unsigned int)top;
		s.n_rows = (unsigned int)top;
		err = quantiles_of(s.rows + top, s.n_left_out, &s.left_out);
		for (unsigned int i = 0; i < s.n_left_out; i++) {
			tally__sum(&s.left_out.now, &s.rows[top + i].now);
			tally__sum(&s.left_out.before, &s.rows[top + i].before);
		}
	}
	if (err)
		sheet__free(&s);
	else
		*ret = s;
	return err;
}

void sheet__free(struct sheet *s)
{
	free(s->rows);
	s->rows = NULL;
}
