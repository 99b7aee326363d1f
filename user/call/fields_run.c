// SPDX-License-Identifier: Apache-2.0
#include "call/field_rows.h"

static bool type_of_run(const void *r, size_t at, struct value *ret)
{
	return value__text(ret, "agent.run");
}

static bool name_of_run(const void *r, size_t at, struct value *ret)
{
	return value__name(ret, "invoke_agent", ((const struct agent_run *)r)->agent);
}

static bool operation_of_run(const void *r, size_t at, struct value *ret)
{
	return value__text(ret, "invoke_agent");
}

static bool finish_of_run(const void *r, size_t at, struct value *ret)
{
	const struct agent_run *run = r;

	return value__texts(ret, run->finish_reasons, run->n_finish_reasons);
}

static bool end_of_run(const void *r, size_t at, struct value *ret)
{
	static const char *const texts[] = {
		[RUN_FINISHED] = "finished",	     [RUN_SILENCE] = "silence",
		[RUN_PROCESS_EXIT] = "process_exit", [RUN_CAPTURE_END] = "capture_end",
		[RUN_SUPERSEDED] = "superseded",
	};

	return value__text(ret, texts[((const struct agent_run *)r)->end]);
}

#define STRUCT agent_run

static const struct field run_rows[] = {
	BEGINNING(run),
	SPAN(run),
	TEXT("gen_ai.provider.name", provider),
	TEXT("gen_ai.agent.name", agent),
	TEXT("gen_ai.conversation.id", conversation_id),
	TEXT("gen_ai.request.model", model),
	MADE("gen_ai.response.finish_reasons", TEXTS, finish_of_run),
	TEXT("error.type", error_type),
	COUNT("gen_ai.usage.input_tokens", input_tokens),
	COUNT("gen_ai.usage.output_tokens", output_tokens),
	COUNT("gen_ai.usage.cache_read.input_tokens", cache_read_tokens),
	COUNT("gen_ai.usage.cache_creation.input_tokens", cache_write_tokens),
	COUNT("gen_ai.usage.reasoning.output_tokens", reasoning_tokens),
	NANO("gen_ai.usage.cost", cost_nusd),
	WHO,
	MADE("llmsnoop.run.end", TEXT, end_of_run),
	COUNT("llmsnoop.run.rounds", rounds),
	COUNT("llmsnoop.run.calls", calls),
	COUNT("llmsnoop.run.errors", errors),
	COUNT("llmsnoop.run.retries", retries),
	COUNT("llmsnoop.run.aborts", aborts),
	COUNT("llmsnoop.run.tools", tools),
	COUNT("llmsnoop.run.loops", loops),
	COUNT("llmsnoop.run.unpriced", unpriced),
	NANO("llmsnoop.run.aborted_cost", aborted_nusd),
	NANO("llmsnoop.run.loops_cost", loops_nusd),
	NANO("llmsnoop.run.model_s", model_ns),
	NANO("llmsnoop.run.tool_s", tool_ns),
	NANO("llmsnoop.run.slowest_s", slowest_ns),
	TEXT("llmsnoop.run.slowest", slowest),
	GET("llmsnoop.run.slowest_span_id", ID, get_id8, slowest_id),
	BOOL("llmsnoop.truncated", truncated),
};
TABLE(run_fields, run_rows);
