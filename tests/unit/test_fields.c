// SPDX-License-Identifier: Apache-2.0
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "call/fields.h"
#include "sink/record_json.h"

static const struct {
	const char *type;
	const struct fields *fields;
} tables[] = {
	{"llm.call", &call_fields},
	{"agent.run", &run_fields},
	{"agent.tool", &tool_fields},
	{"stats", &stats_fields},
};

#define N_TABLES (sizeof(tables) / sizeof(tables[0]))

/* What docs/record.schema.json lets a record of a type hold. NULL: not in the source folder. */
static cJSON *schema(void)
{
	static char text[1 << 18];
	FILE *f = fopen("docs/record.schema.json", "r");
	size_t n;

	if (!f)
		return NULL;
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = 0;
	return cJSON_Parse(text);
}

static void names_are_unique(void **state)
{
	size_t t, i;

	for (t = 0; t < N_TABLES; t++)
		for (i = 0; i < tables[t].fields->n; i++)
			assert_ptr_equal(
				fields__find(tables[t].fields, tables[t].fields->v[i].name),
				&tables[t].fields->v[i]);
	assert_null(fields__find(&call_fields, "gen_ai"));
}

/* The schema is written by hand: each field has its property there, and nothing else has. mcp.call
 * and llm.call share one table. */
static void schema_and_tables_agree(void **state)
{
	cJSON *whole = schema(), *defs, *properties, *p;
	size_t t, i;

	if (!whole)
		skip();
	defs = cJSON_GetObjectItemCaseSensitive(whole, "$defs");
	for (t = 0; t < N_TABLES; t++) {
		const struct fields *f = tables[t].fields;

		properties = cJSON_GetObjectItemCaseSensitive(
			cJSON_GetObjectItemCaseSensitive(defs, tables[t].type), "properties");
		assert_non_null(properties);
		cJSON_ArrayForEach(p, properties) if (!fields__find(f, p->string))
			fail_msg("%s has no field %s", tables[t].type, p->string);
		if (f == &call_fields)
			properties = cJSON_GetObjectItemCaseSensitive(
				cJSON_GetObjectItemCaseSensitive(defs, "mcp.call"), "properties");
		for (i = 0; i < f->n; i++) {
			const char *name = f->v[i].name;
			bool known = cJSON_GetObjectItemCaseSensitive(properties, name);

			if (!known && f == &call_fields)
				known = cJSON_GetObjectItemCaseSensitive(
					cJSON_GetObjectItemCaseSensitive(
						cJSON_GetObjectItemCaseSensitive(defs, "llm.call"),
						"properties"),
					name);
			if (!known)
				fail_msg("the schema of %s has no %s", tables[t].type, name);
		}
	}
	cJSON_Delete(whole);
}

static void unknown_is_absent(void **state)
{
	static const char *const facts[] = {"gen_ai.usage.input_tokens",  "gen_ai.request.model",
					    "gen_ai.request.temperature", "gen_ai.usage.cost",
					    "gen_ai.request.seed",	  "trace_id",
					    "gen_ai.input.messages",	  "container.id"};
	struct call c = call_unknown;
	struct value v;
	size_t i;

	for (i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
		assert_false(field__get(fields__find(&call_fields, facts[i]), &c, &v));
}

static void values_have_the_type_of_their_field(void **state)
{
	const struct content said = {.input_messages = "[{\"role\":\"user\",\"parts\":[]}]"};
	struct call c = call_unknown;
	struct value v;

	c.input_tokens = 0;
	c.cost_nusd = 28000000;
	c.temperature = 0.5;
	c.operation = "chat";
	c.request_model = "m";
	c.content = &said;
	c.who.exe = "/usr/bin/python3";
	c.span_id[7] = 1;
	assert_true(field__get(fields__find(&call_fields, "gen_ai.usage.input_tokens"), &c, &v));
	assert_int_equal(v.kind, VALUE_INT);
	assert_int_equal(v.i, 0);
	assert_true(field__get(fields__find(&call_fields, "gen_ai.usage.cost"), &c, &v));
	assert_int_equal(v.kind, VALUE_NANO);
	assert_int_equal(v.i, 28000000);
	assert_true(field__get(fields__find(&call_fields, "gen_ai.request.temperature"), &c, &v));
	assert_true(v.real == 0.5);
	assert_true(field__get(fields__find(&call_fields, "name"), &c, &v));
	assert_string_equal(v.text, "chat m");
	assert_true(field__get(fields__find(&call_fields, "process.executable.name"), &c, &v));
	assert_string_equal(v.text, "python3");
	assert_true(field__get(fields__find(&call_fields, "span_id"), &c, &v));
	assert_int_equal(v.n, 8);
	assert_true(field__get(fields__find(&call_fields, "gen_ai.input.messages"), &c, &v));
	assert_int_equal(v.kind, VALUE_JSON);
	assert_string_equal(v.text, said.input_messages);
}

/* A record of each agent type, as one line. */
static void agents_have_lines(void **state)
{
	static const char *const reasons[] = {"stop"};
	static const char run[] =
		"{\"v\":1,\"type\":\"agent.run\",\"time\":\"2025-11-20T14:02:13.512345678Z\","
		"\"trace_id\":\"01000000000000000000000000000000\",\"span_id\":"
		"\"0200000000000000\",\"name\":\"invoke_agent coder\",\"duration_s\":2,"
		"\"gen_ai.operation.name\":\"invoke_agent\",\"gen_ai.agent.name\":\"coder\","
		"\"gen_ai.response.finish_reasons\":[\"stop\"],\"gen_ai.usage.cost\":0.5,"
		"\"process.pid\":7,\"user.id\":\"0\",\"llmsnoop.run.end\":\"finished\","
		"\"llmsnoop.run.rounds\":3,\"llmsnoop.run.model_s\":1.5,"
		"\"llmsnoop.run.tool_s\":0.5,\"llmsnoop.run.slowest_s\":1,"
		"\"llmsnoop.truncated\":false}\n";
	static const char tool[] =
		"{\"v\":1,\"type\":\"agent.tool\",\"time\":\"2025-11-20T14:02:13.512345678Z\","
		"\"trace_id\":\"01000000000000000000000000000000\",\"span_id\":"
		"\"0300000000000000\",\"parent_span_id\":\"0200000000000000\","
		"\"name\":\"execute_tool Bash\",\"duration_s\":0.5,"
		"\"gen_ai.operation.name\":\"execute_tool\",\"gen_ai.tool.name\":\"Bash\","
		"\"gen_ai.tool.type\":\"function\",\"gen_ai.tool.call.id\":\"toolu_1\","
		"\"process.pid\":7,\"user.id\":\"0\",\"llmsnoop.tool.repeats\":1,"
		"\"llmsnoop.inferred\":true}\n";
	struct agent_run r = {
		.time_ns = 1763647333512345678,
		.duration_ns = 2000000000,
		.trace_id = {1},
		.span_id = {2},
		.agent = "coder",
		.finish_reasons = reasons,
		.n_finish_reasons = 1,
		.rounds = 3,
		.calls = -1,
		.errors = -1,
		.retries = -1,
		.aborts = -1,
		.tools = -1,
		.loops = -1,
		.input_tokens = -1,
		.output_tokens = -1,
		.cache_read_tokens = -1,
		.cache_write_tokens = -1,
		.reasoning_tokens = -1,
		.cost_nusd = 500000000,
		.unpriced = -1,
		.aborted_nusd = -1,
		.loops_nusd = -1,
		.model_ns = 1500000000,
		.tool_ns = 500000000,
		.slowest_ns = 1000000000,
		.who = {.pid = 7},
	};
	struct agent_tool t = {
		.time_ns = 1763647333512345678,
		.duration_ns = 500000000,
		.trace_id = {1},
		.span_id = {3},
		.parent_span_id = {2},
		.name = "Bash",
		.id = "toolu_1",
		.repeats = 1,
		.inferred = true,
		.who = {.pid = 7},
	};
	struct buf b;

	buf__init(&b, 4096);
	assert_int_equal(record_json__run(&b, &r), 0);
	buf__add(&b, span("", 1));
	assert_string_equal((char *)b.p, run);
	buf__clear(&b);
	assert_int_equal(record_json__tool(&b, &t), 0);
	buf__add(&b, span("", 1));
	assert_string_equal((char *)b.p, tool);
	buf__free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_unique),
		cmocka_unit_test(schema_and_tables_agree),
		cmocka_unit_test(unknown_is_absent),
		cmocka_unit_test(values_have_the_type_of_their_field),
		cmocka_unit_test(agents_have_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
