// SPDX-License-Identifier: Apache-2.0
/* Any bytes as what is said in a call, by any API: valid JSON in the shapes of the conventions, and
 * the same however it is cut. The first byte chooses the mode, the second the API, the third seeds
 * the cuts; a NUL ends the request, and line feeds the documents of the answer. */
#include <cjson/cJSON.h>
#include <stdlib.h>

#include "base/limits.h"
#include "content/content.h"
#include "enrich/redact.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const char *const apis[] = {
	"openai.chat",	      "openai.responses",
	"anthropic.messages", "gemini.generate",
	"bedrock.converse",   "bedrock.invoke",
	"ollama.chat",	      "ollama.generate",
	"cohere.chat.v1",     "cohere.chat.v2",
	"openai.completions", "openai.realtime",
	"gemini.live",	      "mcp",
	"openai.embeddings",  "gemini.interactions",
	"anthropic.complete", "openai.images",
	"gemini.embed",	      "watsonx.generate",
	"openai.audio",	      "mistral.conversations",
};

static const struct {
	const char *type, *key; /* that such a part must have */
} parts[] = {
	{"text", "content"},
	{"reasoning", "content"},
	{"tool_call", "name"},
	{"tool_call_response", "response"},
	{"blob", "content"},
	{"blob", "modality"},
	{"file", "modality"},
	{"uri", "uri"},
	{"uri", "modality"},
	{"server_tool_call", "name"},
	{"server_tool_call", "server_tool_call"},
	{"server_tool_call_response", "server_tool_call_response"},
};

static void check_parts(const cJSON *list)
{
	const cJSON *part, *type;
	size_t i;

	if (!cJSON_IsArray(list))
		abort();
	cJSON_ArrayForEach(part, list)
	{
		type = cJSON_GetObjectItemCaseSensitive(part, "type");
		if (!cJSON_IsString(type))
			abort();
		for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
			if (!strcmp(type->valuestring, parts[i].type) &&
			    !cJSON_GetObjectItemCaseSensitive(part, parts[i].key))
				abort();
	}
}

static cJSON *parse(const char *text)
{
	const char *end;
	/* Deeper than cJSON goes is as valid. */
	cJSON *j = cJSON_ParseWithOpts(text, &end, 1);

	if (!j)
		abort();
	return j;
}

static void check_messages(const char *text, bool output)
{
	const cJSON *m;
	cJSON *j;

	if (!text)
		return;
	j = parse(text);
	if (!cJSON_IsArray(j))
		abort();
	cJSON_ArrayForEach(m, j)
	{
		if (!cJSON_IsString(cJSON_GetObjectItemCaseSensitive(m, "role")))
			abort();
		if (output && !cJSON_IsString(cJSON_GetObjectItemCaseSensitive(m, "finish_reason")))
			abort();
		check_parts(cJSON_GetObjectItemCaseSensitive(m, "parts"));
	}
	cJSON_Delete(j);
}

static void check_tools(const char *text)
{
	const cJSON *t;
	cJSON *j;

	if (!text)
		return;
	j = parse(text);
	cJSON_ArrayForEach(t, j)
	{
		if (!cJSON_IsString(cJSON_GetObjectItemCaseSensitive(t, "type")) ||
		    !cJSON_IsString(cJSON_GetObjectItemCaseSensitive(t, "name")))
			abort();
	}
	cJSON_Delete(j);
}

static void check(const struct content *c)
{
	cJSON *j;

	check_messages(c->input_messages, false);
	check_messages(c->output_messages, true);
	check_tools(c->tool_definitions);
	if (c->system_instructions) {
		j = parse(c->system_instructions);
		check_parts(j);
		cJSON_Delete(j);
	}
	if (c->tool_arguments)
		cJSON_Delete(parse(c->tool_arguments));
	if (c->tool_result)
		cJSON_Delete(parse(c->tool_result));
}

static void feed(struct content_call *x, struct span s, uint32_t *seed,
		 void (*one)(struct content_call *, struct span))
{
	size_t n;

	for (; s.n; s = span_skip(s, n)) {
		n = s.n;
		if (*seed) {
			*seed = *seed * 1103515245 + 12345;
			n = 1 + (*seed >> 16) % 60;
			n = n < s.n ? n : s.n;
		}
		one(x, span_head(s, n));
	}
}

static uint64_t mix(uint64_t hash, const char *s)
{
	for (; s && *s; s++)
		hash = (hash ^ (uint8_t)*s) * 0x100000001B3ULL;
	return hash * 31 + (s != NULL);
}

static uint64_t read_call(const struct content_config *cfg, const char *api, struct span request,
			  struct span answer, uint32_t seed)
{
	struct content_call *x = content_call__new(cfg);
	struct call call = call_unknown;
	const struct content *c;
	uint64_t hash = 14695981039346656037ULL;
	ptrdiff_t end;

	feed(x, request, &seed, content_call__request);
	while (answer.n) {
		end = span_find(answer, SPAN_LIT("\n"));
		feed(x, span_head(answer, end < 0 ? answer.n : (size_t)end), &seed,
		     content_call__answer);
		content_call__answer_end(x, api);
		answer = end < 0 ? SPAN_NONE : span_skip(answer, (size_t)end + 1);
	}
	call.api = api;
	c = content_call__finish(x, &call);
	if (!c)
		abort();
	check(c);
	hash = mix(hash, c->input_messages);
	hash = mix(hash, c->output_messages);
	hash = mix(hash, c->system_instructions);
	hash = mix(hash, c->tool_definitions);
	hash = mix(hash, c->tool_arguments);
	hash = mix(hash, c->tool_result) + c->cut;
	content_call__free(x);
	return hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct redact *redact;
	struct limits lim = limits_default;
	struct arena_budget budget = {.max_bytes = 1 << 20};
	struct content_config cfg = {.sample_percent = -1, .lim = &lim, .budget = &budget};
	struct span rest, request;
	const char *api;
	ptrdiff_t end;
	char why[100];

	if (!redact && redact__new(NULL, &redact, why, sizeof(why)))
		abort();
	if (n < 3)
		return 0;
	cfg.redact = redact;
	cfg.mode = (enum content_mode)(1 + data[0] % 3);
	lim.json_depth = 100; /* cJSON goes to 1000 */
	if (data[0] & 4) {
		lim.content_parts = 8;
		lim.content_nodes = 40;
		lim.content_preview = 5;
		lim.content_blob = 10;
	}
	api = apis[data[1] % (sizeof(apis) / sizeof(apis[0]))];
	rest = span(data + 3, n - 3);
	end = span_find(rest, SPAN_LIT("\0"));
	request = span_head(rest, end < 0 ? rest.n : (size_t)end);
	rest = end < 0 ? SPAN_NONE : span_skip(rest, (size_t)end + 1);
	if (read_call(&cfg, api, request, rest, 0) !=
	    read_call(&cfg, api, request, rest, 1 + data[2]))
		abort();
	if (budget.used_bytes)
		abort();
	return 0;
}
