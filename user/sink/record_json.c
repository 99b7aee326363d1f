// SPDX-License-Identifier: Apache-2.0
#include "sink/record_json.h"

#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>

#include "base/json_write.h"

/* One key of the record: put writes it where the fact is known. */
struct key {
	const char *name;
	void (*put)(struct json_write *w, const char *key, const void *record, size_t offset);
	size_t offset;
};

#define FIELD(type, record, offset) \
	(*(type const *)(const void *)((const char *)(record) + (offset)))

static void put_text(struct json_write *w, const char *key, const void *r, size_t at)
{
	const char *s = FIELD(const char *, r, at);

	if (!s || !*s)
		return;
	json_write__key(w, key);
	json_write__string(w, s);
}

static void put_count(struct json_write *w, const char *key, const void *r, size_t at)
{
	int64_t v = FIELD(int64_t, r, at);

	if (v < 0)
		return;
	json_write__key(w, key);
	json_write__int(w, v);
}

static void put_small(struct json_write *w, const char *key, const void *r, size_t at)
{
	int v = FIELD(int, r, at);

	if (v < 0)
		return;
	json_write__key(w, key);
	json_write__int(w, v);
}

static void put_uint(struct json_write *w, const char *key, const void *r, size_t at)
{
	json_write__key(w, key);
	json_write__uint(w, FIELD(uint64_t, r, at));
}

static void put_uint32(struct json_write *w, const char *key, const void *r, size_t at)
{
	json_write__key(w, key);
	json_write__uint(w, FIELD(uint32_t, r, at));
}

static void put_real(struct json_write *w, const char *key, const void *r, size_t at)
{
	double v = FIELD(double, r, at);

	if (!isfinite(v))
		return;
	json_write__key(w, key);
	json_write__real(w, v);
}

/* int64_t nanoseconds, -1: unknown. uint64_t ones read the same. */
static void put_seconds(struct json_write *w, const char *key, const void *r, size_t at)
{
	int64_t v = FIELD(int64_t, r, at);

	if (v < 0)
		return;
	json_write__key(w, key);
	json_write__seconds(w, v);
}

static void put_time(struct json_write *w, const char *key, const void *r, size_t at)
{
	json_write__key(w, key);
	json_write__time(w, FIELD(uint64_t, r, at));
}

static void put_bool(struct json_write *w, const char *key, const void *r, size_t at)
{
	json_write__key(w, key);
	json_write__bool(w, FIELD(bool, r, at));
}

static void put_if_true(struct json_write *w, const char *key, const void *r, size_t at)
{
	if (FIELD(bool, r, at))
		put_bool(w, key, r, at);
}

static void put_id(struct json_write *w, const char *key, const uint8_t *id, size_t n)
{
	static const uint8_t none[16];

	if (!memcmp(id, none, n))
		return;
	json_write__key(w, key);
	json_write__hex(w, id, n);
}

static void put_id16(struct json_write *w, const char *key, const void *r, size_t at)
{
	put_id(w, key, (const uint8_t *)r + at, 16);
}

static void put_id8(struct json_write *w, const char *key, const void *r, size_t at)
{
	put_id(w, key, (const uint8_t *)r + at, 8);
}

/* ---- what no field says as it is ---- */

static void put_version(struct json_write *w, const char *key, const void *r, size_t at)
{
	json_write__key(w, key);
	json_write__int(w, 1);
}

static void put_type_call(struct json_write *w, const char *key, const void *r, size_t at)
{
	json_write__key(w, key);
	json_write__string(w, "llm.call");
}

static void put_type_stats(struct json_write *w, const char *key, const void *r, size_t at)
{
	json_write__key(w, key);
	json_write__string(w, "stats");
}

/* The span's name: the operation, and the model that was asked for where it is known. */
static void put_name(struct json_write *w, const char *key, const void *r, size_t at)
{
	const struct call *c = r;
	char name[8192];

	if (!c->operation)
		return;
	snprintf(name, sizeof(name), "%s%s%s", c->operation, c->request_model ? " " : "",
		 c->request_model ? c->request_model : "");
	json_write__key(w, key);
	json_write__string(w, name);
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

/* The conventions have it only where it is not 1. */
static void put_choices(struct json_write *w, const char *key, const void *r, size_t at)
{
	if (FIELD(int64_t, r, at) != 1)
		put_count(w, key, r, at);
}

/* Any integer is a seed; -1 is one that cannot be told from none. */
static void put_seed(struct json_write *w, const char *key, const void *r, size_t at)
{
	int64_t v = FIELD(int64_t, r, at);

	if (v == -1)
		return;
	json_write__key(w, key);
	json_write__int(w, v);
}

static void put_texts(struct json_write *w, const char *key, const char *const *v, unsigned int n)
{
	unsigned int i;

	if (!n)
		return;
	json_write__key(w, key);
	json_write__open(w, '[');
	for (i = 0; i < n; i++)
		json_write__string(w, v[i]);
	json_write__close(w, ']');
}

static void put_stop(struct json_write *w, const char *key, const void *r, size_t at)
{
	const struct call *c = r;

	put_texts(w, key, c->stop_sequences, c->n_stop_sequences);
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

static void put_basename(struct json_write *w, const char *key, const void *r, size_t at)
{
	const char *path = FIELD(const char *, r, at);
	const char *slash = path ? strrchr(path, '/') : NULL;

	if (slash && slash[1])
		path = slash + 1;
	if (!path || !*path)
		return;
	json_write__key(w, key);
	json_write__string(w, path);
}

static void put_uid(struct json_write *w, const char *key, const void *r, size_t at)
{
	uint32_t uid = FIELD(uint32_t, r, at);
	char text[12];

	if (uid == UINT32_MAX)
		return;
	snprintf(text, sizeof(text), "%" PRIu32, uid);
	json_write__key(w, key);
	json_write__string(w, text);
}

/* 48 bits: enough to tell a fleet's keys apart, too few to help anybody find one. */
static void put_key_fp(struct json_write *w, const char *key, const void *r, size_t at)
{
	uint64_t fp = FIELD(uint64_t, r, at);
	char text[16];

	if (!fp)
		return;
	snprintf(text, sizeof(text), "k_%012" PRIx64, fp >> 16);
	json_write__key(w, key);
	json_write__string(w, text);
}

static void put_usage_source(struct json_write *w, const char *key, const void *r, size_t at)
{
	const struct call *c = r;

	if (c->input_tokens < 0 && c->output_tokens < 0)
		return;
	json_write__key(w, key);
	json_write__string(w, "provider");
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

static const struct key call_keys[] = {
	{"v", put_version, 0},
	{"type", put_type_call, 0},
	{"time", put_time, AT(time_ns)},
	{"trace_id", put_id16, AT(trace_id)},
	{"span_id", put_id8, AT(span_id)},
	{"parent_span_id", put_id8, AT(parent_span_id)},
	{"name", put_name, 0},
	{"duration_s", put_seconds, AT(duration_ns)},
	{"gen_ai.operation.name", put_text, AT(operation)},
	{"gen_ai.provider.name", put_text, AT(provider)},
	{"gen_ai.request.model", put_text, AT(request_model)},
	{"gen_ai.response.model", put_text, AT(response_model)},
	{"gen_ai.response.id", put_text, AT(response_id)},
	{"gen_ai.conversation.id", put_text, AT(conversation_id)},
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
	{"gen_ai.output.type", put_text, AT(output_type)},
	{"openai.request.service_tier", put_if_openai, AT(request_service_tier)},
	{"openai.response.service_tier", put_if_openai, AT(service_tier)},
	{"openai.response.system_fingerprint", put_if_openai, AT(system_fingerprint)},
	{"gen_ai.usage.input_tokens", put_count, AT(input_tokens)},
	{"gen_ai.usage.output_tokens", put_count, AT(output_tokens)},
	{"gen_ai.usage.cache_read.input_tokens", put_count, AT(cache_read_tokens)},
	{"gen_ai.usage.cache_creation.input_tokens", put_count, AT(cache_write_tokens)},
	{"gen_ai.usage.reasoning.output_tokens", put_count, AT(reasoning_tokens)},
	{"gen_ai.usage.cost", put_real, AT(cost_usd)},
	{"gen_ai.response.time_to_first_chunk", put_seconds, AT(ttfc_ns)},
	{"gen_ai.response.finish_reasons", put_finish, 0},
	{"error.type", put_text, AT(error_type)},
	{"http.response.status_code", put_small, AT(status)},
	{"http.request.method", put_text, AT(method)},
	{"url.path", put_text, AT(path)},
	{"server.address", put_text, AT(server_address)},
	{"server.port", put_small, AT(server_port)},
	{"network.protocol.version", put_http_version, 0},
	{"user_agent.original", put_text, AT(user_agent)},
	{"process.pid", put_uint32, AT(pid)},
	{"process.executable.name", put_basename, AT(exe)},
	{"process.linux.cgroup", put_text, AT(cgroup)},
	{"user.id", put_uid, AT(uid)},
	{"container.id", put_text, AT(container_id)},
	{"service.name", put_text, AT(service)},
	{"llmsnoop.comm", put_text, AT(comm)},
	{"llmsnoop.unit", put_text, AT(unit)},
	{"llmsnoop.feature", put_text, AT(feature)},
	{"llmsnoop.role", put_role, AT(role)},
	{"llmsnoop.api", put_text, AT(api)},
	{"llmsnoop.tool_calls", put_tools, 0},
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
	{"llmsnoop.usage.source", put_usage_source, 0},
	{"llmsnoop.service_tier", put_if_other, AT(service_tier)},
	{"llmsnoop.request.service_tier", put_if_other, AT(request_service_tier)},
	{"llmsnoop.attempt", put_count, AT(attempt)},
	{"llmsnoop.request_id", put_text, AT(request_id)},
	{"llmsnoop.organization", put_text, AT(organization)},
	{"llmsnoop.processing_ms", put_count, AT(processing_ms)},
	{"llmsnoop.retry_after_s", put_real, AT(retry_after_s)},
	{"llmsnoop.ratelimit.requests.limit", put_count, AT(ratelimit_requests_limit)},
	{"llmsnoop.ratelimit.requests.remaining", put_count, AT(ratelimit_requests_remaining)},
	{"llmsnoop.ratelimit.tokens.limit", put_count, AT(ratelimit_tokens_limit)},
	{"llmsnoop.ratelimit.tokens.remaining", put_count, AT(ratelimit_tokens_remaining)},
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
		put_real(w, key, r, at);
}

static const struct key stats_keys[] = {
	{"v", put_version, 0},
	{"type", put_type_stats, 0},
	{"time", put_time, AT(time_ns)},
	{"calls", put_uint, AT(calls)},
	{"errors", put_uint, AT(errors)},
	{"truncated", put_uint, AT(truncated)},
	{"served", put_uint, AT(served)},
	{"refused", put_uint, AT(refused)},
	{"unwritten", put_uint, AT(unwritten)},
	{"input_tokens", put_uint, AT(input_tokens)},
	{"output_tokens", put_uint, AT(output_tokens)},
	{"cost_usd", put_cost, AT(cost_usd)},
	{"unpriced", put_uint, AT(unpriced)},
	{"lost_records", put_uint, AT(lost_records)},
	{"lost_bytes", put_uint, AT(lost_bytes)},
	{"gaps", put_uint, AT(gaps)},
	{"missed_calls", put_uint, AT(missed_calls)},
	{"no_entry", put_uint, AT(no_entry)},
	{"midstream", put_uint, AT(midstream)},
	{"quiet_calls", put_uint, AT(quiet_calls)},
	{"copied_bytes", put_uint, AT(copied_bytes)},
	{"bytes", put_uint, AT(bytes)},
	{"connections", put_uint, AT(connections)},
	{"open_connections", put_uint, AT(open_connections)},
	{"open_calls", put_uint, AT(open_calls)},
	{"processes", put_uint, AT(processes)},
	{"targets", put_uint, AT(targets)},
	{"undecoded.h2", put_uint, AT(undecoded_h2)},
	{"undecoded.upgrades", put_uint, AT(undecoded_upgrades)},
	{"undecoded.neither", put_uint, AT(neither)},
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
