// SPDX-License-Identifier: Apache-2.0
#include "sink/record_json.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>

#include "sink/json_put.h"

/* ---- what no field says as it is ---- */

static void put_version(struct json_write *w, const char *key, const void *r, size_t at)
{
	json_write__key(w, key);
	json_write__int(w, 1);
}

static void put_type_call(struct json_write *w, const char *key, const void *r, size_t at)
{
	json_write__key(w, key);
	json_write__string(w, FIELD(enum call_kind, r, at) == CALL_TOOL ? "mcp.call" : "llm.call");
}

static void put_type_stats(struct json_write *w, const char *key, const void *r, size_t at)
{
	json_write__key(w, key);
	json_write__string(w, "stats");
}

/* The span's name: the operation and the model that was asked for, the method and the tool, as far
 * as they are known; a fetched answer's is the operation alone. */
static void put_name(struct json_write *w, const char *key, const void *r, size_t at)
{
	const struct call *c = r;
	const char *what = c->kind == CALL_TOOL ? c->mcp_method : c->operation;
	const char *whose = c->kind == CALL_TOOL    ? c->mcp_tool
			    : c->kind == CALL_MODEL ? c->request_model
						    : NULL;
	char name[8192];

	if (!what)
		return;
	snprintf(name, sizeof(name), "%s%s%s", what, whose ? " " : "", whose ? whose : "");
	json_write__key(w, key);
	json_write__string(w, name);
}

/* Of MCP's methods just one is an operation of the conventions. */
static void put_operation(struct json_write *w, const char *key, const void *r, size_t at)
{
	const struct call *c = r;
	static const char *const tool = "execute_tool";

	if (c->kind != CALL_TOOL)
		put_text(w, key, r, at);
	else if (c->mcp_method && !strcmp(c->mcp_method, "tools/call"))
		put_text(w, key, &tool, 0);
}

/* Whose wire it is; a tool's server is nobody that the conventions know. */
static void put_provider(struct json_write *w, const char *key, const void *r, size_t at)
{
	if (((const struct call *)r)->kind != CALL_TOOL)
		put_text(w, key, r, at);
}

/* The conventions have it only for streams. */
static void put_stream(struct json_write *w, const char *key, const void *r, size_t at)
{
	const struct call *c = r;

	if (c->stream != 1)
		return;
	json_write__key(w, key);
	json_write__bool(w, true);
}

static void put_stop(struct json_write *w, const char *key, const void *r, size_t at)
{
	const struct call *c = r;

	put_texts(w, key, c->stop_sequences, c->n_stop_sequences);
}

static void put_formats(struct json_write *w, const char *key, const void *r, size_t at)
{
	const struct call *c = r;

	put_texts(w, key, c->encoding_formats, c->n_encoding_formats);
}

static void put_finish(struct json_write *w, const char *key, const void *r, size_t at)
{
	const struct call *c = r;

	put_texts(w, key, c->finish_reasons, c->n_finish_reasons);
}

static void put_tools(struct json_write *w, const char *key, const void *r, size_t at)
{
	const struct call *c = r;
	unsigned int i;

	if (!c->n_tool_calls)
		return;
	json_write__key(w, key);
	json_write__open(w, '[');
	for (i = 0; i < c->n_tool_calls; i++) {
		json_write__open(w, '{');
		put_text(w, "id", &c->tool_calls[i], offsetof(struct call_tool, id));
		put_text(w, "name", &c->tool_calls[i], offsetof(struct call_tool, name));
		json_write__close(w, '}');
	}
	json_write__close(w, ']');
}

static void put_http_version(struct json_write *w, const char *key, const void *r, size_t at)
{
	static const struct {
		int version;
		const char *text;
	} texts[] = {{10, "1.0"}, {11, "1.1"}, {20, "2"}};
	const struct call *c = r;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (texts[i].version == c->http_version) {
			json_write__key(w, key);
			json_write__string(w, texts[i].text);
		}
	}
}

static void put_role(struct json_write *w, const char *key, const void *r, size_t at)
{
	json_write__key(w, key);
	json_write__string(w, FIELD(enum call_role, r, at) == ROLE_SERVER ? "server" : "client");
}

static void put_usage_source(struct json_write *w, const char *key, const void *r, size_t at)
{
	const struct call *c = r;

	if (c->input_tokens < 0 && c->output_tokens < 0)
		return;
	json_write__key(w, key);
	json_write__string(w, c->input_estimated || c->output_estimated ? "estimate" : "provider");
}

static bool is_openai(const struct call *c)
{
	return c->api && !strncmp(c->api, "openai.", 7);
}

/* openai.* names belong to OpenAI's wire; the same fact of others goes by llmsnoop.*. */
static void put_if_openai(struct json_write *w, const char *key, const void *r, size_t at)
{
	if (is_openai(r))
		put_text(w, key, r, at);
}

static void put_if_other(struct json_write *w, const char *key, const void *r, size_t at)
{
	if (!is_openai(r))
		put_text(w, key, r, at);
}

#define AT(member) offsetof(struct call, member)

/* Parts of a sum of tokens. */
#define PARTS(of, member)                                                \
	{"gen_ai.usage.text." of, put_count, AT(member.text)},           \
		{"gen_ai.usage.image." of, put_count, AT(member.image)}, \
	{                                                                \
		"gen_ai.usage.audio." of, put_count, AT(member.audio)    \
	}

#define RATELIMIT(name, of)                                                                 \
	{"llmsnoop.ratelimit." name ".limit", put_count, AT(ratelimits[of].limit)},         \
		{"llmsnoop.ratelimit." name ".remaining", put_count,                        \
		 AT(ratelimits[of].remaining)},                                             \
	{                                                                                   \
		"llmsnoop.ratelimit." name ".reset_s", put_real, AT(ratelimits[of].reset_s) \
	}

#define WINDOW(name, of)                                                                         \
	{"llmsnoop.ratelimit." name ".used", put_real, AT(windows[of].used)},                    \
		{"llmsnoop.ratelimit." name ".reset_s", put_real, AT(windows[of].reset_s)},      \
	{                                                                                        \
		"llmsnoop.ratelimit." name ".window_minutes", put_count, AT(windows[of].minutes) \
	}

static const struct key call_keys[] = {
	{"v", put_version, 0},
	{"type", put_type_call, AT(kind)},
	{"time", put_time, AT(time_ns)},
	{"trace_id", put_id16, AT(trace_id)},
	{"span_id", put_id8, AT(span_id)},
	{"parent_span_id", put_id8, AT(parent_span_id)},
	{"name", put_name, 0},
	{"duration_s", put_seconds, AT(duration_ns)},
	{"gen_ai.operation.name", put_operation, AT(operation)},
	{"gen_ai.provider.name", put_provider, AT(provider)},
	{"gen_ai.request.model", put_text, AT(request_model)},
	{"gen_ai.response.model", put_text, AT(response_model)},
	{"gen_ai.response.id", put_text, AT(response_id)},
	{"gen_ai.conversation.id", put_text, AT(conversation_id)},
	{"gen_ai.request.previous_response.id", put_text, AT(previous_response_id)},
	{"gen_ai.conversation.compacted", put_if_true, AT(compacted)},
	{"gen_ai.tool.name", put_text, AT(mcp_tool)},
	{"mcp.method.name", put_text, AT(mcp_method)},
	{"mcp.resource.uri", put_text, AT(mcp_resource)},
	{"mcp.session.id", put_text, AT(mcp_session_id)},
	{"mcp.protocol.version", put_text, AT(mcp_protocol)},
	{"jsonrpc.request.id", put_text, AT(mcp_request_id)},
	{"gen_ai.request.stream", put_stream, 0},
	{"gen_ai.request.max_tokens", put_count, AT(max_tokens)},
	{"gen_ai.request.temperature", put_real, AT(temperature)},
	{"gen_ai.request.top_p", put_real, AT(top_p)},
	{"gen_ai.request.top_k", put_count, AT(top_k)},
	{"gen_ai.request.seed", put_seed, AT(seed)},
	{"gen_ai.request.choice.count", put_choices, AT(choices)},
	{"gen_ai.request.frequency_penalty", put_real, AT(frequency_penalty)},
	{"gen_ai.request.presence_penalty", put_real, AT(presence_penalty)},
	{"gen_ai.request.stop_sequences", put_stop, 0},
	{"gen_ai.request.reasoning.level", put_text, AT(reasoning_level)},
	{"gen_ai.request.encoding_formats", put_formats, 0},
	{"gen_ai.embeddings.dimension.count", put_count, AT(dimensions)},
	{"gen_ai.output.type", put_text, AT(output_type)},
	{"openai.request.service_tier", put_if_openai, AT(request_service_tier)},
	{"openai.response.service_tier", put_if_openai, AT(service_tier)},
	{"openai.response.system_fingerprint", put_if_openai, AT(system_fingerprint)},
	{"gen_ai.usage.input_tokens", put_count, AT(input_tokens)},
	{"gen_ai.usage.output_tokens", put_count, AT(output_tokens)},
	{"gen_ai.usage.cache_read.input_tokens", put_count, AT(cache_read_tokens)},
	{"gen_ai.usage.cache_creation.input_tokens", put_count, AT(cache_write_tokens)},
	{"gen_ai.usage.reasoning.output_tokens", put_count, AT(reasoning_tokens)},
	PARTS("input_tokens", input_parts),
	PARTS("cache_read.input_tokens", cache_read_parts),
	PARTS("output_tokens", output_parts),
	{"gen_ai.usage.cost", put_usd, AT(cost_nusd)},
	{"gen_ai.response.time_to_first_chunk", put_seconds, AT(ttfc_ns)},
	{"gen_ai.response.finish_reasons", put_finish, 0},
	{"llmsnoop.block_reason", put_text, AT(block_reason)},
	{"error.type", put_text, AT(error_type)},
	{"http.response.status_code", put_small, AT(status)},
	{"http.request.method", put_text, AT(method)},
	{"url.path", put_text, AT(path)},
	{"server.address", put_text, AT(server_address)},
	{"server.port", put_small, AT(server_port)},
	{"network.peer.address", put_text, AT(peer_address)},
	{"network.peer.port", put_small, AT(peer_port)},
	{"network.protocol.version", put_http_version, 0},
	{"user_agent.original", put_text, AT(user_agent)},
	{"process.pid", put_uint32, AT(who.pid)},
	{"process.executable.name", put_basename, AT(who.exe)},
	{"process.linux.cgroup", put_text, AT(who.cgroup)},
	{"user.id", put_uid, AT(who.uid)},
	{"container.id", put_text, AT(who.container_id)},
	{"service.name", put_text, AT(who.service)},
	{"llmsnoop.comm", put_text, AT(who.comm)},
	{"llmsnoop.unit", put_text, AT(who.unit)},
	{"llmsnoop.feature", put_text, AT(who.feature)},
	{"llmsnoop.role", put_role, AT(role)},
	{"llmsnoop.api", put_text, AT(api)},
	{"llmsnoop.tool_calls", put_tools, 0},
	{"llmsnoop.opaque", put_if_true, AT(opaque)},
	{"llmsnoop.pending", put_if_true, AT(pending)},
	{"llmsnoop.streamed", put_bool, AT(streamed)},
	{"llmsnoop.ttft_s", put_seconds, AT(ttft_ns)},
	{"llmsnoop.ttlt_s", put_seconds, AT(ttlt_ns)},
	{"llmsnoop.itl_p50_s", put_seconds, AT(itl_p50_ns)},
	{"llmsnoop.itl_p99_s", put_seconds, AT(itl_p99_ns)},
	{"llmsnoop.chunks", put_count, AT(chunks)},
	{"llmsnoop.request_bytes", put_uint, AT(request_bytes)},
	{"llmsnoop.response_bytes", put_uint, AT(response_bytes)},
	{"llmsnoop.tls", put_text, AT(tls)},
	{"llmsnoop.key_fp", put_key_fp, AT(key_fp)},
	{"llmsnoop.cost.source", put_text, AT(cost_source)},
	{"llmsnoop.cost.estimated", put_if_true, AT(cost_estimated)},
	{"llmsnoop.usage.source", put_usage_source, 0},
	{"llmsnoop.usage.cache_write_5m.input_tokens", put_count, AT(cache_write_5m_tokens)},
	{"llmsnoop.usage.cache_write_1h.input_tokens", put_count, AT(cache_write_1h_tokens)},
	{"llmsnoop.usage.total_tokens", put_count, AT(total_tokens)},
	{"llmsnoop.usage.tool_use_input_tokens", put_count, AT(tool_use_tokens)},
	{"llmsnoop.usage.web_searches", put_count, AT(web_searches)},
	{"llmsnoop.usage.search_units", put_count, AT(search_units)},
	{"llmsnoop.usage.batch_requests", put_count, AT(batch_requests)},
	{"llmsnoop.usage.audio_seconds", put_real, AT(audio_seconds)},
	{"llmsnoop.counted_tokens", put_count, AT(counted_tokens)},
	{"llmsnoop.service_tier", put_if_other, AT(service_tier)},
	{"llmsnoop.request.service_tier", put_if_other, AT(request_service_tier)},
	{"llmsnoop.attempt", put_count, AT(attempt)},
	{"llmsnoop.request_id", put_text, AT(request_id)},
	{"llmsnoop.organization", put_text, AT(organization)},
	{"llmsnoop.project", put_text, AT(project)},
	{"llmsnoop.deployment", put_text, AT(deployment)},
	{"llmsnoop.region", put_text, AT(region)},
	{"llmsnoop.served_model", put_text, AT(served_model)},
	{"llmsnoop.upstream", put_text, AT(upstream)},
	{"llmsnoop.processing_ms", put_count, AT(processing_ms)},
	{"llmsnoop.server.ttft_s", put_real, AT(server_ttft_s)},
	{"llmsnoop.retry_after_s", put_real, AT(retry_after_s)},
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
	{"llmsnoop.ratelimit.status", put_text, AT(ratelimit_status)},
	{"llmsnoop.midstream", put_if_true, AT(midstream)},
	{"llmsnoop.truncated", put_bool, AT(truncated)},
	{"llmsnoop.lost_bytes", put_uint, AT(lost_bytes)},
};

#undef AT
#define AT(member) offsetof(struct stats, member)

static void put_cost(struct json_write *w, const char *key, const void *r, size_t at)
{
	const struct stats *st = r;

	if (st->priced)
		put_usd(w, key, r, at);
}

static void put_unseen(struct json_write *w, const char *key, const void *r, size_t at)
{
	const struct stats *st = r;
	unsigned int i;

	if (!st->n_unseen)
		return;
	json_write__key(w, key);
	json_write__open(w, '[');
	for (i = 0; i < st->n_unseen; i++) {
		json_write__open(w, '{');
		json_write__key(w, "protocol");
		json_write__string(w, st->unseen[i].protocol);
		json_write__key(w, "host");
		json_write__string(w, st->unseen[i].host);
		if (st->unseen[i].library) {
			json_write__key(w, "library");
			json_write__string(w, st->unseen[i].library);
		}
		json_write__key(w, "connections");
		json_write__uint(w, st->unseen[i].connections);
		json_write__close(w, '}');
	}
	json_write__close(w, ']');
}

static const struct key stats_keys[] = {
	{"v", put_version, 0},
	{"type", put_type_stats, 0},
	{"time", put_time, AT(time_ns)},
	{"calls", put_uint, AT(calls)},
	{"errors", put_uint, AT(errors)},
	{"truncated", put_uint, AT(truncated)},
	{"served", put_uint, AT(served)},
	{"fetched", put_uint, AT(fetched)},
	{"tool_calls", put_uint, AT(tool_calls)},
	{"tool_errors", put_uint, AT(tool_errors)},
	{"refused", put_uint, AT(refused)},
	{"unwritten", put_uint, AT(unwritten)},
	{"input_tokens", put_uint, AT(input_tokens)},
	{"output_tokens", put_uint, AT(output_tokens)},
	{"estimated", put_uint, AT(estimated)},
	{"cost_usd", put_cost, AT(cost_nusd)},
	{"unpriced", put_uint, AT(unpriced)},
	{"lost_records", put_uint, AT(lost_records)},
	{"lost_bytes", put_uint, AT(lost_bytes)},
	{"gaps", put_uint, AT(gaps)},
	{"missed_calls", put_uint, AT(missed_calls)},
	{"no_entry", put_uint, AT(no_entry)},
	{"late", put_uint, AT(late)},
	{"midstream", put_uint, AT(midstream)},
	{"quiet_calls", put_uint, AT(quiet_calls)},
	{"copied_bytes", put_uint, AT(copied_bytes)},
	{"bytes", put_uint, AT(bytes)},
	{"connections", put_uint, AT(connections)},
	{"open_connections", put_uint, AT(open_connections)},
	{"open_calls", put_uint, AT(open_calls)},
	{"processes", put_uint, AT(processes)},
	{"targets", put_uint, AT(targets)},
	{"unlocated.files", put_uint, AT(unlocated_files)},
	{"unlocated.processes", put_uint, AT(unlocated_processes)},
	{"undecoded.upgrades", put_uint, AT(undecoded_upgrades)},
	{"undecoded.neither", put_uint, AT(neither)},
	{"unseen", put_unseen, 0},
	{"parse_errors", put_uint, AT(parse_errors)},
};

static int write_line(struct buf *out, const struct key *keys, size_t n, const void *record)
{
	size_t was = out->n, i;
	struct json_write w;
	int err;

	json_write__init(&w, out);
	json_write__open(&w, '{');
	for (i = 0; i < n; i++)
		keys[i].put(&w, keys[i].name, record, keys[i].offset);
	json_write__close(&w, '}');
	err = w.err ? w.err : buf__add(out, SPAN_LIT("\n"));
	if (err)
		out->n = was;
	return err;
}

int record_json__call(struct buf *out, const struct call *c)
{
	return write_line(out, call_keys, sizeof(call_keys) / sizeof(call_keys[0]), c);
}

int record_json__stats(struct buf *out, const struct stats *st)
{
	return write_line(out, stats_keys, sizeof(stats_keys) / sizeof(stats_keys[0]), st);
}
