// SPDX-License-Identifier: Apache-2.0
#include "report/tally.h"

enum record_is record__is(const struct entry *e)
{
	static const struct {
		const char *type;
		enum record_is is;
	} types[] = {{"llm.call", RECORD_CALL}, {"mcp.call", RECORD_MCP},
		     {"agent.run", RECORD_RUN}, {"agent.tool", RECORD_TOOL},
		     {"stats", RECORD_STATS},	{"alert", RECORD_OTHER}};
	struct span type = e->text[ENTRY_TYPE];

	if (!e->has_time || !type.n)
		return RECORD_FOREIGN;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (span_eq(type, span_str(types[i].type)))
			return types[i].is == RECORD_CALL && span_eq(e->text[ENTRY_OPERATION],
								     SPAN_LIT("fetch_response"))
				       ? RECORD_FETCH
				       : types[i].is;
	return RECORD_OTHER;
}

static void add(uint64_t *sum, int64_t v)
{
	if (v > 0 && __builtin_add_overflow(*sum, (uint64_t)v, sum))
		*sum = UINT64_MAX;
}

static void add_call(struct tally *t, bool fetched, const struct entry *e)
{
	int64_t input = e->count[ENTRY_INPUT], output = e->count[ENTRY_OUTPUT];
	bool failed = e->text[ENTRY_ERROR].n;

	t->calls += !fetched;
	t->fetched += fetched;
	t->errors += failed;
	if (e->count[ENTRY_ATTEMPT] > 1) {
		t->retries++;
		t->recovered += !failed;
	}
	t->truncated += e->flag[ENTRY_TRUNCATED];
	add(&t->input, input);
	add(&t->output, output);
	add(&t->reasoning, e->count[ENTRY_REASONING]);
	if (e->count[ENTRY_CACHE_READ] >= 0) {
		add(&t->cache_read, e->count[ENTRY_CACHE_READ]);
		add(&t->cache_input, input);
	}
	t->estimated += span_eq(e->text[ENTRY_USAGE_SOURCE], SPAN_LIT("estimate"));
	if (e->nano[ENTRY_COST] >= 0) {
		t->cost_nusd += e->nano[ENTRY_COST];
		t->priced++;
		t->cost_estimated += e->flag[ENTRY_COST_ESTIMATED];
	} else if (input > 0 || output > 0) {
		t->unpriced++;
	}
}

void tally__add(struct tally *t, enum record_is is, const struct entry *e)
{
	switch (is) {
	case RECORD_CALL:
	case RECORD_FETCH:
		add_call(t, is == RECORD_FETCH, e);
		break;
	case RECORD_MCP:
		t->mcp_calls++;
		t->mcp_errors += e->text[ENTRY_ERROR].n > 0;
		break;
	case RECORD_RUN:
		t->runs++;
		add(&t->loops, e->count[ENTRY_RUN_LOOPS]);
		add(&t->aborts, e->count[ENTRY_RUN_ABORTS]);
		break;
	case RECORD_TOOL:
		t->repeats += e->count[ENTRY_REPEATS] > 0;
		break;
	default:
		break;
	}
}

void tally__sum(struct tally *t, const struct tally *more)
{
	t->calls += more->calls;
	t->errors += more->errors;
	t->fetched += more->fetched;
	t->retries += more->retries;
	t->recovered += more->recovered;
	t->truncated += more->truncated;
	t->input += more->input;
	t->output += more->output;
	t->cache_read += more->cache_read;
	t->reasoning += more->reasoning;
	t->cache_input += more->cache_input;
	t->estimated += more->estimated;
	t->priced += more->priced;
	t->unpriced += more->unpriced;
	t->cost_estimated += more->cost_estimated;
	t->cost_nusd += more->cost_nusd;
	t->mcp_calls += more->mcp_calls;
	t->mcp_errors += more->mcp_errors;
	t->runs += more->runs;
	t->loops += more->loops;
	t->aborts += more->aborts;
	t->repeats += more->repeats;
}
