// SPDX-License-Identifier: Apache-2.0
#include "call/fields.h"

#include <stdio.h>
#include <string.h>

#include "call/field_rows.h"

static bool type_of_call(const void *r, size_t at, struct value *ret)
{
	const struct call *c = r;

	return value__text(ret, c->kind == CALL_TOOL ? "mcp.call" : "llm.call");
}

/* The span's name: the operation and the model that was asked for, the method and the tool, as far
 * as they are known; a fetched answer's is the operation alone. */
static bool name_of_call(const void *r, size_t at, struct value *ret)
{
	const struct call *c = r;

	if (c->kind == CALL_TOOL)
		return value__name(ret, c->mcp_method, c->mcp_tool);
	return value__name(ret, c->operation, c->kind == CALL_MODEL ? c->request_model : NULL);
}

/* Of MCP's methods just one is an operation of the conventions. */
static bool operation_of_call(const void *r, size_t at, struct value *ret)
{
	const struct call *c = r;

	if (c->kind != CALL_TOOL)
		return value__text(ret, c->operation);
	if (!c->mcp_method || strcmp(c->mcp_method, "tools/call") != 0)
		return false;
	return value__text(ret, "execute_tool");
}

/* Whose wire it is; a tool's server is nobody that the conventions know. */
static bool provider(const void *r, size_t at, struct value *ret)
{
	const struct call *c = r;

	return c->kind != CALL_TOOL && value__text(ret, c->provider);
}

/* The conventions have it only for streams. */
static bool stream(const void *r, size_t at, struct value *ret)
{
	ret->yes = true;
	return ((const struct call *)r)->stream == 1;
}

/* Any integer is a seed; -1 is one that cannot be told from none. */
static bool seed(const void *r, size_t at, struct value *ret)
{
	ret->i = ((const struct call *)r)->seed;
	return ret->i != -1;
}

/* The conventions have it only where it is not 1. */
static bool choices(const void *r, size_t at, struct value *ret)
{
	ret->i = ((const struct call *)r)->choices;
	return ret->i >= 0 && ret->i != 1;
}

static bool stop_sequences(const void *r, size_t at, struct value *ret)
{
	const struct call *c = r;

	return value__texts(ret, c->stop_sequences, c->n_stop_sequences);
}

static bool encoding_formats(const void *r, size_t at, struct value *ret)
{
	const struct call *c = r;

	return value__texts(ret, c->encoding_formats, c->n_encoding_formats);
}

static bool finish_of_call(const void *r, size_t at, struct value *ret)
{
	const struct call *c = r;

	return value__texts(ret, c->finish_reasons, c->n_finish_reasons);
}

static bool tool_calls(const void *r, size_t at, struct value *ret)
{
	const struct call *c = r;

	ret->tools = c->tool_calls;
	ret->n = c->n_tool_calls;
	return ret->n > 0;
}

static bool http_version(const void *r, size_t at, struct value *ret)
{
	static const struct {
		int version;
		const char *text;
	} texts[] = {{10, "1.0"}, {11, "1.1"}, {20, "2"}};
	const struct call *c = r;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].version == c->http_version)
			return value__text(ret, texts[i].text);
	return false;
}

static bool role(const void *r, size_t at, struct value *ret)
{
	const struct call *c = r;

	return value__text(ret, c->role == ROLE_SERVER ? "server" : "client");
}

static bool usage_source(const void *r, size_t at, struct value *ret)
{
	const struct call *c = r;

	if (c->input_tokens < 0 && c->output_tokens < 0)
		return false;
	return value__text(ret,
			   c->input_estimated || c->output_estimated ? "estimate" : "provider");
}

static bool is_openai(const struct call *c)
{
	return c->api && !strncmp(c->api, "openai.", 7);
}

/* openai.* names belong to OpenAI's wire; the same fact of others goes by llmsnoop.*. */
static bool if_openai(const void *r, size_t at, struct value *ret)
{
	return is_openai(r) && get_text(r, at, ret);
}

static bool if_other(const void *r, size_t at, struct value *ret)
{
	return !is_openai(r) && get_text(r, at, ret);
}

static bool content(const void *r, size_t at, struct value *ret)
{
	const struct call *c = r;

	return c->content && get_text(c->content, at, ret);
}

static bool content_cut(const void *r, size_t at, struct value *ret)
{
	const struct call *c = r;

	return c->content && get_if_true(c->content, at, ret);
}

/* {"email": 2}: what masks found. */
static bool secrets(const void *r, size_t at, struct value *ret)
{
	const struct call *c = r;
	size_t n = 0;
	int i;

	for (i = 0; c->content && i < N_SECRETS; i++)
		if (c->content->secrets[i])
			n += (size_t)snprintf(ret->room + n, sizeof(ret->room) - n, "%c\"%s\":%u",
					      n ? ',' : '{', secret_names[i],
					      c->content->secrets[i]);
	if (!n)
		return false;
	snprintf(ret->room + n, sizeof(ret->room) - n, "}");
	ret->text = ret->room;
	return true;
}

#define STRUCT call

#define SAID(name, member) ROW(name, CONTENT, JSON, content, offsetof(struct content, member))

/* Parts of a sum of tokens. */
#define PARTS(of, member)                                      \
	COUNT("gen_ai.usage.text." of, member.text),           \
		COUNT("gen_ai.usage.image." of, member.image), \
		COUNT("gen_ai.usage.audio." of, member.audio)

#define RATELIMIT(name, of)                                                               \
	COUNT("llmsnoop.ratelimit." name ".limit", ratelimits[of].limit),                 \
		COUNT("llmsnoop.ratelimit." name ".remaining", ratelimits[of].remaining), \
		REAL("llmsnoop.ratelimit." name ".reset_s", ratelimits[of].reset_s)

#define WINDOW(name, of)                                                          \
	REAL("llmsnoop.ratelimit." name ".used", windows[of].used),               \
		REAL("llmsnoop.ratelimit." name ".reset_s", windows[of].reset_s), \
		COUNT("llmsnoop.ratelimit." name ".window_minutes", windows[of].minutes)

static const struct field call_rows[] = {
	BEGINNING(call),
	SPAN(call),
	MADE("gen_ai.provider.name", TEXT, provider),
	TEXT("gen_ai.request.model", request_model),
	TEXT("gen_ai.response.model", response_model),
	TEXT("gen_ai.response.id", response_id),
	TEXT("gen_ai.conversation.id", conversation_id),
	TEXT("gen_ai.request.previous_response.id", previous_response_id),
	IF_TRUE("gen_ai.conversation.compacted", compacted),
	TEXT("gen_ai.tool.name", mcp_tool),
	TEXT("mcp.method.name", mcp_method),
	TEXT("mcp.resource.uri", mcp_resource),
	TEXT("mcp.session.id", mcp_session_id),
	TEXT("mcp.protocol.version", mcp_protocol),
	TEXT("jsonrpc.request.id", mcp_request_id),
	MADE("gen_ai.request.stream", BOOL, stream),
	COUNT("gen_ai.request.max_tokens", max_tokens),
	REAL("gen_ai.request.temperature", temperature),
	REAL("gen_ai.request.top_p", top_p),
	COUNT("gen_ai.request.top_k", top_k),
	MADE("gen_ai.request.seed", INT, seed),
	MADE("gen_ai.request.choice.count", INT, choices),
	REAL("gen_ai.request.frequency_penalty", frequency_penalty),
	REAL("gen_ai.request.presence_penalty", presence_penalty),
	MADE("gen_ai.request.stop_sequences", TEXTS, stop_sequences),
	TEXT("gen_ai.request.reasoning.level", reasoning_level),
	MADE("gen_ai.request.encoding_formats", TEXTS, encoding_formats),
	COUNT("gen_ai.embeddings.dimension.count", dimensions),
	TEXT("gen_ai.output.type", output_type),
	GET("openai.request.service_tier", TEXT, if_openai, request_service_tier),
	GET("openai.response.service_tier", TEXT, if_openai, service_tier),
	GET("openai.response.system_fingerprint", TEXT, if_openai, system_fingerprint),
	COUNT("gen_ai.usage.input_tokens", input_tokens),
	COUNT("gen_ai.usage.output_tokens", output_tokens),
	COUNT("gen_ai.usage.cache_read.input_tokens", cache_read_tokens),
	COUNT("gen_ai.usage.cache_creation.input_tokens", cache_write_tokens),
	COUNT("gen_ai.usage.reasoning.output_tokens", reasoning_tokens),
	PARTS("input_tokens", input_parts),
	PARTS("cache_read.input_tokens", cache_read_parts),
	PARTS("output_tokens", output_parts),
	NANO("gen_ai.usage.cost", cost_nusd),
	NANO("gen_ai.response.time_to_first_chunk", ttfc_ns),
	MADE("gen_ai.response.finish_reasons", TEXTS, finish_of_call),
	TEXT("llmsnoop.block_reason", block_reason),
	TEXT("error.type", error_type),
	SMALL("http.response.status_code", status),
	TEXT("http.request.method", method),
	TEXT("url.path", path),
	TEXT("server.address", server_address),
	SMALL("server.port", server_port),
	TEXT("network.peer.address", peer_address),
	SMALL("network.peer.port", peer_port),
	MADE("network.protocol.version", TEXT, http_version),
	TEXT("user_agent.original", user_agent),
	WHO,
	MADE("llmsnoop.role", TEXT, role),
	TEXT("llmsnoop.api", api),
	MADE("llmsnoop.tool_calls", TOOLS, tool_calls),
	IF_TRUE("llmsnoop.opaque", opaque),
	IF_TRUE("llmsnoop.pending", pending),
	BOOL("llmsnoop.streamed", streamed),
	NANO("llmsnoop.ttft_s", ttft_ns),
	NANO("llmsnoop.ttlt_s", ttlt_ns),
	NANO("llmsnoop.itl_p50_s", itl_p50_ns),
	NANO("llmsnoop.itl_p99_s", itl_p99_ns),
	COUNT("llmsnoop.chunks", chunks),
	UINT("llmsnoop.request_bytes", request_bytes),
	UINT("llmsnoop.response_bytes", response_bytes),
	TEXT("llmsnoop.tls", tls),
	GET("llmsnoop.key_fp", TEXT, get_key_fp, key_fp),
	TEXT("llmsnoop.cost.source", cost_source),
	IF_TRUE("llmsnoop.cost.estimated", cost_estimated),
	MADE("llmsnoop.usage.source", TEXT, usage_source),
	COUNT("llmsnoop.usage.cache_write_5m.input_tokens", cache_write_5m_tokens),
	COUNT("llmsnoop.usage.cache_write_1h.input_tokens", cache_write_1h_tokens),
	COUNT("llmsnoop.usage.total_tokens", total_tokens),
	COUNT("llmsnoop.usage.tool_use_input_tokens", tool_use_tokens),
	COUNT("llmsnoop.usage.web_searches", web_searches),
	TEXT("llmsnoop.search_context", search_context),
	TEXT("llmsnoop.speed", speed),
	COUNT("llmsnoop.usage.search_units", search_units),
	COUNT("llmsnoop.usage.batch_requests", batch_requests),
	REAL("llmsnoop.usage.audio_seconds", audio_seconds),
	COUNT("llmsnoop.counted_tokens", counted_tokens),
	GET("llmsnoop.service_tier", TEXT, if_other, service_tier),
	GET("llmsnoop.request.service_tier", TEXT, if_other, request_service_tier),
	COUNT("llmsnoop.attempt", attempt),
	GET("llmsnoop.retry_of", ID, get_id8, retry_of),
	TEXT("llmsnoop.request_id", request_id),
	TEXT("llmsnoop.organization", organization),
	TEXT("llmsnoop.project", project),
	TEXT("llmsnoop.deployment", deployment),
	TEXT("llmsnoop.region", region),
	TEXT("llmsnoop.served_model", served_model),
	TEXT("llmsnoop.upstream", upstream),
	COUNT("llmsnoop.processing_ms", processing_ms),
	REAL("llmsnoop.server.ttft_s", server_ttft_s),
	REAL("llmsnoop.retry_after_s", retry_after_s),
	RATELIMIT("requests", RATELIMIT_REQUESTS),
	RATELIMIT("tokens", RATELIMIT_TOKENS),
	RATELIMIT("input_tokens", RATELIMIT_INPUT_TOKENS),
	RATELIMIT("output_tokens", RATELIMIT_OUTPUT_TOKENS),
	RATELIMIT("requests_hour", RATELIMIT_REQUESTS_HOUR),
	RATELIMIT("tokens_hour", RATELIMIT_TOKENS_HOUR),
	RATELIMIT("requests_day", RATELIMIT_REQUESTS_DAY),
	RATELIMIT("tokens_day", RATELIMIT_TOKENS_DAY),
	RATELIMIT("requests_month", RATELIMIT_REQUESTS_MONTH),
	RATELIMIT("tokens_month", RATELIMIT_TOKENS_MONTH),
	WINDOW("5h", WINDOW_5H),
	WINDOW("7d", WINDOW_7D),
	WINDOW("primary", WINDOW_PRIMARY),
	WINDOW("secondary", WINDOW_SECONDARY),
	TEXT("llmsnoop.ratelimit.status", ratelimit_status),
	IF_TRUE("llmsnoop.midstream", midstream),
	BOOL("llmsnoop.truncated", truncated),
	UINT("llmsnoop.lost_bytes", lost_bytes),
	SAID("gen_ai.system_instructions", system_instructions),
	SAID("gen_ai.input.messages", input_messages),
	SAID("gen_ai.output.messages", output_messages),
	SAID("gen_ai.tool.definitions", tool_definitions),
	SAID("gen_ai.tool.call.arguments", tool_arguments),
	SAID("gen_ai.tool.call.result", tool_result),
	ROW("llmsnoop.content.truncated", CONTENT, BOOL, content_cut,
	    offsetof(struct content, cut)),
	ROW("llmsnoop.content.sampled", FACT, TEXT, content, offsetof(struct content, sampled)),
	MADE("llmsnoop.secrets", JSON, secrets),
};
TABLE(call_fields, call_rows);

bool field__get(const struct field *f, const void *record, struct value *ret)
{
	ret->kind = f->kind;
	ret->n = 0;
	return f->get(record, f->at, ret);
}

const char *call__operation(const struct call *c)
{
	static const struct {
		const char *ours, *theirs;
	} names[] = {
		{"chat", "chat"},
		{"generate_content", "generate_content"},
		{"text_completion", "text_completion"},
		{"embeddings", "embeddings"},
		{"fetch_response", "fetch_response"},
		{"rerank", "retrieval"},
		{"image", "generate_content"},
		{"audio", "generate_content"},
		{"invoke_agent", "invoke_agent"},
	};
	const char *ours = c->operation;
	size_t i;

	if (c->kind == CALL_TOOL)
		ours = NULL;
	if (c->kind == CALL_FETCH)
		ours = "fetch_response";
	for (i = 0; ours && i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(names[i].ours, ours))
			return names[i].theirs;
	return NULL;
}

const struct field *fields__find(const struct fields *t, const char *name)
{
	unsigned int i;

	for (i = 0; i < t->n; i++)
		if (!strcmp(t->v[i].name, name))
			return &t->v[i];
	return NULL;
}
