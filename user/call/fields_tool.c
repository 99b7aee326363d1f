// SPDX-License-Identifier: Apache-2.0
#include "call/field_rows.h"

static bool type_of_tool(const void *r, size_t at, struct value *ret)
{
	return value__text(ret, "agent.tool");
}

static bool name_of_tool(const void *r, size_t at, struct value *ret)
{
	return value__name(ret, "execute_tool", ((const struct agent_tool *)r)->name);
}

static bool operation_of_tool(const void *r, size_t at, struct value *ret)
{
	return value__text(ret, "execute_tool");
}

/* Tools that a program runs itself, on an answer's behalf. */
static bool type_of_used(const void *r, size_t at, struct value *ret)
{
	return value__text(ret, "function");
}

#define STRUCT agent_tool

static const struct field tool_rows[] = {
	BEGINNING(tool),
	SPAN(tool),
	TEXT("gen_ai.tool.name", name),
	MADE("gen_ai.tool.type", TEXT, type_of_used),
	TEXT("gen_ai.tool.call.id", id),
	TEXT("gen_ai.agent.name", agent),
	TEXT("gen_ai.conversation.id", conversation_id),
	TEXT("error.type", error_type),
	WHO,
	COUNT("llmsnoop.tool.repeats", repeats),
	BOOL("llmsnoop.inferred", inferred),
	GET("llmsnoop.tool.mcp_span_id", ID, get_id8, mcp_span_id),
};
TABLE(tool_fields, tool_rows);
