/* SPDX-License-Identifier: Apache-2.0 */
/* runs_rig.h: what agents say on the wire goes in, runs and uses of tools come out. */
#ifndef RUNS_RIG_H
#define RUNS_RIG_H

#include "call_rig.h"

#define MAX_RECORDS 64

static struct {
	struct call calls[MAX_RECORDS]; /* plain fields only */
	struct agent_run runs[MAX_RECORDS];
	struct agent_tool tools[MAX_RECORDS];
	unsigned int n_calls, n_runs, n_tools;
	char texts[MAX_RECORDS * 64][64]; /* of runs and tools */
	unsigned int n_texts;
} told;

static const char *keep(const char *text)
{
	char *to = told.texts[told.n_texts++ % (MAX_RECORDS * 64)];

	if (!text)
		return NULL;
	snprintf(to, sizeof(told.texts[0]), "%s", text);
	return to;
}

static void on_told_call(const struct call *c)
{
	assert_true(told.n_calls < MAX_RECORDS);
	told.calls[told.n_calls++] = *c;
}

static void on_told_run(void *ctx, const struct agent_run *r)
{
	struct agent_run *to = &told.runs[told.n_runs++];

	assert_true(told.n_runs < MAX_RECORDS);
	*to = *r;
	to->agent = keep(r->agent);
	to->conversation_id = keep(r->conversation_id);
	to->model = keep(r->model);
	to->error_type = keep(r->error_type);
	to->slowest = keep(r->slowest);
	to->who.comm = keep(r->who.comm);
	to->who.feature = keep(r->who.feature);
	to->finish_reasons = NULL;
}

static void on_told_tool(void *ctx, const struct agent_tool *t)
{
	struct agent_tool *to = &told.tools[told.n_tools++];

	assert_true(told.n_tools < MAX_RECORDS);
	*to = *t;
	to->name = keep(t->name);
	to->id = keep(t->id);
	to->error_type = keep(t->error_type);
}

static int reset_runs(void **state)
{
	memset(&told, 0, sizeof(told));
	reset(state);
	run.on_call = on_told_call;
	run.on_run = on_told_run;
	run.on_tool = on_told_tool;
	return 0;
}

#define RUN_TEST(f) cmocka_unit_test_setup_teardown(f, reset_runs, stop)

static void finish(void)
{
	call_tracker__finish(run.tracker, 0);
}

/* ---- one exchange at a time ---- */

static uint64_t next_conn = 100;

/* An answer that begins 100 ms after its request and is whole at once; the exchange ends 5 ms
 * later. */
static void say(unsigned int at_ms, const char *path, const char *headers, const char *request,
		int status, const char *answer)
{
	struct exchange e = {.path = path,
			     .headers = headers,
			     .request = request,
			     .status = status,
			     .response_headers = JSON,
			     .parts = {answer},
			     .dir = DIR_WRITE,
			     .conn = next_conn++,
			     .first_ns = at_ms * MS};

	play(&e, 0);
}

/* ---- OpenAI's chat ---- */

#define CHAT "/v1/chat/completions"
#define CHAT_TOOLS "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]"
#define CHAT_ASK(text)                                                               \
	"{\"model\":\"gpt-4o\",\"messages\":[{\"role\":\"user\",\"content\":\"" text \
	"\"}]," CHAT_TOOLS "}"
#define CHAT_RESULT(id) "{\"role\":\"tool\",\"tool_call_id\":\"" id "\",\"content\":\"ok\"}"
#define CHAT_BRING(results)                                                           \
	"{\"model\":\"gpt-4o\",\"messages\":[{\"role\":\"user\",\"content\":\"go\"}," \
	"{\"role\":\"assistant\",\"content\":null}," results "]," CHAT_TOOLS "}"
#define CHAT_CALL(id, name, args)                                                       \
	"{\"id\":\"" id "\",\"type\":\"function\",\"function\":{\"name\":\"" name "\"," \
	"\"arguments\":\"" args "\"}}"
#define CHAT_USAGE ",\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":3}}"
#define CHAT_CALLS(calls)                                                            \
	"{\"id\":\"c\",\"model\":\"gpt-4o\",\"choices\":[{\"index\":0,\"message\":{" \
	"\"tool_calls\":[" calls "]},\"finish_reason\":\"tool_calls\"}]" CHAT_USAGE
#define CHAT_DONE                                                                    \
	"{\"id\":\"c\",\"model\":\"gpt-4o\",\"choices\":[{\"index\":0,\"message\":{" \
	"\"content\":\"done\"},\"finish_reason\":\"stop\"}]" CHAT_USAGE
#define REFUSED "{\"error\":{\"type\":\"rate_limit_exceeded\"}}"

/* ---- Anthropic's, as Claude Code says it ---- */

#define MESSAGES "/v1/messages"
#define CLAUDE                                           \
	"user-agent: claude-cli/2.1.3 (external, cli)\n" \
	"x-claude-code-session-id: s1\nanthropic-version: 1\n"
#define CLAUDE_ASK(messages)                                                              \
	"{\"model\":\"claude\",\"max_tokens\":9,\"messages\":[" messages "],\"tools\":[{" \
	"\"name\":\"Bash\",\"input_schema\":{\"type\":\"object\"}}]}"
#define CLAUDE_USER "{\"role\":\"user\",\"content\":\"go\"}"
#define CLAUDE_TURN ",{\"role\":\"assistant\",\"content\":[]},{\"role\":\"user\",\"content\":["
#define CLAUDE_RESULT(id, more) "{\"type\":\"tool_result\",\"tool_use_id\":\"" id "\"" more "}"
#define CLAUDE_SAYS(content, stop)                                                           \
	"{\"id\":\"m\",\"type\":\"message\",\"model\":\"claude\",\"content\":[" content "]," \
	"\"stop_reason\":\"" stop "\",\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}"
#define CLAUDE_USE(id, name, input) \
	"{\"type\":\"tool_use\",\"id\":\"" id "\",\"name\":\"" name "\",\"input\":" input "}"
#define CLAUDE_TEXT "{\"type\":\"text\",\"text\":\"x\"}"

/* ---- what holds for all ---- */

static bool same_id(const uint8_t *a, const uint8_t *b)
{
	return memcmp(a, b, 8) == 0;
}

/* Each parent that is named exists; each call of a run has its trace. Not where the application
 * has a trace of its own. */
static void check_tree(void)
{
	static const uint8_t none[16];
	unsigned int i, k;

	for (i = 0; i < told.n_runs; i++) {
		assert_memory_not_equal(told.runs[i].span_id, none, 8);
		assert_memory_not_equal(told.runs[i].trace_id, none, 16);
		for (k = 0; k < i; k++)
			assert_false(same_id(told.runs[i].span_id, told.runs[k].span_id));
	}
	for (i = 0; i < told.n_calls; i++) {
		const struct call *c = &told.calls[i];

		if (same_id(c->parent_span_id, none))
			continue;
		for (k = 0; k < told.n_runs; k++)
			if (same_id(told.runs[k].span_id, c->parent_span_id))
				break;
		assert_true(k < told.n_runs);
		assert_memory_equal(told.runs[k].trace_id, c->trace_id, 16);
	}
	for (i = 0; i < told.n_tools; i++) {
		for (k = 0; k < told.n_runs; k++)
			if (same_id(told.runs[k].span_id, told.tools[i].parent_span_id))
				break;
		assert_true(k < told.n_runs);
		assert_memory_equal(told.runs[k].trace_id, told.tools[i].trace_id, 16);
		for (k = 0; k < i; k++)
			assert_false(same_id(told.tools[i].span_id, told.tools[k].span_id));
	}
}

static void is_of(unsigned int call, unsigned int r)
{
	assert_memory_equal(told.calls[call].parent_span_id, told.runs[r].span_id, 8);
}

#endif
