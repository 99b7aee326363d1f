// SPDX-License-Identifier: Apache-2.0
#include "sink/otlp/names.h"

#include <stdio.h>
#include <string.h>

#include "call/fields.h"

enum span_type span_type__of(const struct call *c)
{
	static const struct {
		const char *operation;
		enum span_type type;
	} types[] = {
		{"chat", SPAN_INFERENCE},
		{"generate_content", SPAN_INFERENCE},
		{"text_completion", SPAN_INFERENCE},
		{"embeddings", SPAN_EMBEDDINGS},
		{"retrieval", SPAN_RETRIEVAL},
		{"fetch_response", SPAN_FETCH},
		{"invoke_agent", SPAN_REMOTE_AGENT},
	};
	const char *operation = call__operation(c);
	size_t i;

	if (c->kind == CALL_TOOL)
		return c->role == ROLE_SERVER ? SPAN_MCP_SERVER : SPAN_MCP_CLIENT;
	if (c->role == ROLE_SERVER)
		return SPAN_HTTP_SERVER;
	for (i = 0; operation && i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(types[i].operation, operation))
			return types[i].type;
	return SPAN_HTTP_CLIENT;
}

int span_type__kind(enum span_type type)
{
	enum { INTERNAL = 1, SERVER = 2, CLIENT = 3 };
	static const uint8_t kinds[N_SPAN_TYPES] = {
		[SPAN_INFERENCE] = CLIENT,    [SPAN_EMBEDDINGS] = CLIENT,
		[SPAN_RETRIEVAL] = CLIENT,    [SPAN_FETCH] = CLIENT,
		[SPAN_REMOTE_AGENT] = CLIENT, [SPAN_AGENT] = INTERNAL,
		[SPAN_TOOL] = INTERNAL,	      [SPAN_MCP_CLIENT] = CLIENT,
		[SPAN_MCP_SERVER] = SERVER,   [SPAN_HTTP_CLIENT] = CLIENT,
		[SPAN_HTTP_SERVER] = SERVER,
	};

	return kinds[type];
}

bool span_type__is_genai(enum span_type type)
{
	return type <= SPAN_REMOTE_AGENT;
}

#define BIT(type) (1u << (type))
#define ANY (BIT(N_SPAN_TYPES) - 1)
#define HTTP (BIT(SPAN_HTTP_CLIENT) | BIT(SPAN_HTTP_SERVER))

/* When a rule holds. */
static bool always(const struct naming *n)
{
	return true;
}

static bool latest(const struct naming *n)
{
	return n->semconv == SEMCONV_LATEST;
}

/* Parts of sums by modality came after 1.41; some add up whatever they find. */
static bool no_parts(const struct naming *n)
{
	return !latest(n) || n->profile->plain_usage;
}

static bool no_sums(const struct naming *n)
{
	return n->profile->plain_usage;
}

static bool fetched(const struct naming *n)
{
	return !n->profile->fetch_usage;
}

static bool beside(const struct naming *n)
{
	return n->beside;
}

/* The first that fits holds. A name that ends in a dot stands for all that begin with it. */
static const struct {
	const char *field;
	unsigned int types;
	bool (*when)(const struct naming *n);
	const char *name; /* NULL: left out */
} rules[] = {
	{"gen_ai.operation.name", HTTP, always, "llmsnoop.operation"},
	/* Of a fetched answer the conventions have no usage: what made it told it, or nobody. */
	{"gen_ai.usage.", BIT(SPAN_FETCH), fetched, "llmsnoop.usage."},
	{"gen_ai.usage.", BIT(SPAN_HTTP_SERVER), beside, "llmsnoop.usage."},
	{"gen_ai.usage.", BIT(SPAN_AGENT), no_sums, "llmsnoop.run.usage."},
	{"gen_ai.usage.text.", ANY, no_parts, "llmsnoop.usage.text."},
	{"gen_ai.usage.image.", ANY, no_parts, "llmsnoop.usage.image."},
	{"gen_ai.usage.audio.", ANY, no_parts, "llmsnoop.usage.audio."},
	{"gen_ai.usage.cache_read.", BIT(SPAN_AGENT), latest, "llmsnoop.run.usage.cache_read."},
	{"gen_ai.usage.cache_creation.", BIT(SPAN_AGENT), latest,
	 "llmsnoop.run.usage.cache_write."},
	{"gen_ai.usage.reasoning.", BIT(SPAN_AGENT), always, "llmsnoop.run.usage.reasoning."},
	{"gen_ai.usage.cache_creation.", ANY, latest, "gen_ai.usage.cache_write."},
	{"gen_ai.provider.name", BIT(SPAN_AGENT), latest, NULL},
	{"server.", BIT(SPAN_MCP_SERVER), always, NULL},
	{"network.peer.", BIT(SPAN_MCP_SERVER), always, "client."},
};

const char *attribute__name(const struct naming *n, const char *field,
			    char room[ATTRIBUTE_NAME_MAX])
{
	size_t i, len;

	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		len = strlen(rules[i].field);
		if (strncmp(field, rules[i].field, len) != 0 ||
		    (rules[i].field[len - 1] != '.' && field[len]) ||
		    !(rules[i].types & BIT(n->type)) || !rules[i].when(n))
			continue;
		if (!rules[i].name)
			return NULL;
		snprintf(room, ATTRIBUTE_NAME_MAX, "%s%s", rules[i].name, field + len);
		return room;
	}
	return field;
}
