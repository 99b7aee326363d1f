// SPDX-License-Identifier: Apache-2.0
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <cjson/cJSON.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sink/jsonl.h"
#include "sink/record_json.h"
#include "sink/sinks.h"
#include "root_rig.h"

/* A call of which just what must be known is known. */
static struct call bare(void)
{
	struct call c = call_unknown;

	c.time_ns = 1763647333512345678;
	c.duration_ns = 9710000000;
	c.trace_id[0] = 1;
	c.span_id[0] = 2;
	c.api = "openai.chat";
	c.operation = "chat";
	c.provider = "openai";
	c.method = "POST";
	c.path = "/v1/chat/completions";
	c.http_version = 11;
	c.who.pid = 42;
	return c;
}

static struct call full(void)
{
	static const char *const reasons[] = {"tool_use", "stop"}, *const stops[] = {"\n", ""};
	static const struct call_tool tools[] = {{"toolu_1", "Bash"}, {NULL, "Read"}};
	static const char *const formats[] = {"float"};
	struct call c = bare();
	unsigned int i;

	c.parent_span_id[7] = 9;
	c.ttfc_ns = 1100000000;
	c.ttft_ns = 1100000001;
	c.ttlt_ns = 9700000000;
	c.itl_p50_ns = 12000000;
	c.itl_p99_ns = 90000000;
	c.chunks = 611;
	c.api = "anthropic.messages";
	c.provider = "anthropic";
	c.request_model = "claude-sonnet-4-5";
	c.response_model = "claude-sonnet-4-5-20250929";
	c.response_id = "msg_1";
	c.conversation_id = "conv";
	c.stream = 1;
	c.streamed = true;
	c.max_tokens = 8192;
	c.top_k = 5;
	c.seed = -7;
	c.choices = 2;
	c.temperature = 0.7;
	c.top_p = 1;
	c.frequency_penalty = -0.5;
	c.presence_penalty = 0.1;
	c.stop_sequences = stops;
	c.n_stop_sequences = 2;
	c.reasoning_level = "high";
	c.output_type = "json";
	c.service_tier = "standard";
	c.request_service_tier = "auto";
	c.search_context = "low";
	c.speed = "fast";
	c.system_fingerprint = "fp";
	c.input_tokens = 48100;
	c.output_tokens = 640;
	c.cache_read_tokens = 46700;
	c.cache_write_tokens = 300;
	c.reasoning_tokens = 0;
	c.input_estimated = true;
	c.cost_nusd = 28000000;
	c.cost_source = "provider";
	c.finish_reasons = reasons;
	c.n_finish_reasons = 2;
	c.tool_calls = tools;
	c.n_tool_calls = 2;
	c.status = 200;
	c.error_type = "overloaded_error";
	c.server_address = "api.anthropic.com";
	c.server_port = 443;
	c.peer_address = "2001:db8::7";
	c.peer_port = 8443;
	c.tls = "openssl";
	c.request_id = "req_1";
	c.organization = "org";
	c.processing_ms = 12;
	c.retry_after_s = 1.5;
	c.attempt = 2;
	for (i = 0; i < N_RATELIMITS; i++)
		c.ratelimits[i] = (struct ratelimit){100 + i, i, 0.5 + i};
	for (i = 0; i < N_WINDOWS; i++)
		c.windows[i] = (struct ratelimit_window){0.25, 60 + i, 300 + i};
	c.ratelimit_status = "allowed";
	c.previous_response_id = "resp_0";
	c.dimensions = 256;
	c.encoding_formats = formats;
	c.n_encoding_formats = 1;
	c.compacted = c.opaque = c.pending = true;
	c.input_parts = (struct call_parts){1, 2, 3};
	c.cache_read_parts = (struct call_parts){4, 5, 6};
	c.output_parts = (struct call_parts){7, 8, 9};
	c.cache_write_5m_tokens = 10;
	c.cache_write_1h_tokens = 11;
	c.tool_use_tokens = 12;
	c.counted_tokens = 13;
	c.web_searches = 14;
	c.search_units = 15;
	c.batch_requests = 16;
	c.audio_seconds = 1.75;
	c.project = "proj";
	c.deployment = "dep";
	c.region = "East US 2";
	c.served_model = "m";
	c.upstream = "hyperbolic";
	c.server_ttft_s = 0.3;
	c.key_fp = 0x3fa91c0123456789;
	c.user_agent = "Anthropic/Python 1";
	c.who.uid = 1000;
	c.who.comm = "claude";
	c.who.exe = "/usr/bin/claude";
	c.who.cgroup = "/user.slice";
	c.who.container_id = "abc";
	c.who.unit = "x.service";
	c.who.service = "claude";
	c.who.feature = "me/claude";
	c.midstream = true;
	c.truncated = true;
	c.lost_bytes = 5;
	return c;
}

static struct call tool(void)
{
	struct call c = bare();

	c.kind = CALL_TOOL;
	c.api = "mcp";
	c.operation = "execute_tool";
	c.mcp_method = "tools/call";
	c.mcp_tool = "search";
	c.mcp_resource = "file:///x";
	c.mcp_request_id = "7";
	c.mcp_session_id = "s";
	c.mcp_protocol = "2025-06-18";
	return c;
}

static cJSON *parsed(const struct call *c)
{
	cJSON *json;
	struct buf b;

	buf__init(&b, 1 << 20);
	assert_int_equal(record_json__call(&b, c), 0);
	assert_int_equal(b.p[b.n - 1], '\n');
	assert_null(memchr(b.p, '\n', b.n - 1));
	json = cJSON_ParseWithLengthOpts((char *)b.p, b.n - 1, NULL, 0);
	assert_non_null(json);
	buf__free(&b);
	return json;
}

static void unknown_is_absent(void **state)
{
	static const char want[] =
		"{\"v\":1,\"type\":\"llm.call\",\"time\":\"2025-11-20T14:02:13.512345678Z\","
		"\"trace_id\":\"01000000000000000000000000000000\",\"span_id\":"
		"\"0200000000000000\","
		"\"name\":\"chat\",\"duration_s\":9.71,\"gen_ai.operation.name\":\"chat\","
		"\"gen_ai.provider.name\":\"openai\",\"http.request.method\":\"POST\","
		"\"url.path\":\"/v1/chat/completions\",\"network.protocol.version\":\"1.1\","
		"\"process.pid\":42,\"llmsnoop.role\":\"client\",\"llmsnoop.api\":\"openai.chat\","
		"\"llmsnoop.streamed\":false,\"llmsnoop.request_bytes\":0,"
		"\"llmsnoop.response_bytes\":0,\"llmsnoop.truncated\":false,"
		"\"llmsnoop.lost_bytes\":0}\n";
	struct call c = bare();
	struct buf b;

	buf__init(&b, 4096);
	assert_int_equal(record_json__call(&b, &c), 0);
	buf__add(&b, span("", 1));
	assert_string_equal((char *)b.p, want);
	buf__free(&b);
}

static void each_fact_has_its_key(void **state)
{
	static const struct {
		const char *key, *json;
	} want[] = {
		{"name", "\"chat claude-sonnet-4-5\""},
		{"parent_span_id", "\"0000000000000009\""},
		{"gen_ai.request.stream", "true"},
		{"gen_ai.request.seed", "-7"},
		{"gen_ai.request.choice.count", "2"},
		{"gen_ai.request.temperature", "0.7"},
		{"gen_ai.request.stop_sequences", "[\"\\n\",\"\"]"},
		{"gen_ai.usage.input_tokens", "48100"},
		{"gen_ai.usage.reasoning.output_tokens", "0"},
		{"llmsnoop.usage.source", "\"estimate\""},
		{"gen_ai.usage.cost", "0.028"},
		{"gen_ai.response.time_to_first_chunk", "1.1"},
		{"llmsnoop.ttft_s", "1.100000001"},
		{"llmsnoop.itl_p50_s", "0.012"},
		{"gen_ai.response.finish_reasons", "[\"tool_use\",\"stop\"]"},
		{"llmsnoop.tool_calls",
		 "[{\"id\":\"toolu_1\",\"name\":\"Bash\"},{\"name\":\"Read\"}]"},
		{"error.type", "\"overloaded_error\""},
		{"llmsnoop.service_tier", "\"standard\""},
		{"llmsnoop.key_fp", "\"k_3fa91c012345\""},
		{"user.id", "\"1000\""},
		{"process.executable.name", "\"claude\""},
		{"llmsnoop.ratelimit.requests.remaining", "0"},
		{"llmsnoop.midstream", "true"},
		{"gen_ai.request.previous_response.id", "\"resp_0\""},
		{"gen_ai.embeddings.dimension.count", "256"},
		{"gen_ai.request.encoding_formats", "[\"float\"]"},
		{"gen_ai.conversation.compacted", "true"},
		{"llmsnoop.opaque", "true"},
		{"llmsnoop.pending", "true"},
		{"gen_ai.usage.text.input_tokens", "1"},
		{"gen_ai.usage.image.cache_read.input_tokens", "5"},
		{"gen_ai.usage.audio.output_tokens", "9"},
		{"llmsnoop.usage.cache_write_5m.input_tokens", "10"},
		{"llmsnoop.usage.cache_write_1h.input_tokens", "11"},
		{"llmsnoop.usage.tool_use_input_tokens", "12"},
		{"llmsnoop.counted_tokens", "13"},
		{"llmsnoop.usage.web_searches", "14"},
		{"llmsnoop.usage.search_units", "15"},
		{"llmsnoop.usage.batch_requests", "16"},
		{"llmsnoop.usage.audio_seconds", "1.75"},
		{"llmsnoop.ratelimit.requests.limit", "100"},
		{"llmsnoop.ratelimit.tokens.reset_s", "1.5"},
		{"llmsnoop.ratelimit.tokens_month.remaining", "9"},
		{"llmsnoop.ratelimit.7d.used", "0.25"},
		{"llmsnoop.ratelimit.primary.reset_s", "62"},
		{"llmsnoop.ratelimit.secondary.window_minutes", "303"},
		{"llmsnoop.ratelimit.status", "\"allowed\""},
		{"llmsnoop.server.ttft_s", "0.3"},
		{"llmsnoop.upstream", "\"hyperbolic\""},
	};
	struct call c = full();
	cJSON *json = parsed(&c), *item;
	char *text;
	size_t i;

	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		item = cJSON_GetObjectItemCaseSensitive(json, want[i].key);
		if (!item)
			fail_msg("no %s", want[i].key);
		text = cJSON_PrintUnformatted(item);
		assert_string_equal(text, want[i].json);
		free(text);
	}
	assert_null(cJSON_GetObjectItemCaseSensitive(json, "openai.response.service_tier"));
	cJSON_Delete(json);
}

static void tools_have_names_of_their_own(void **state)
{
	static const char want[] =
		"{\"v\":1,\"type\":\"mcp.call\",\"time\":\"2025-11-20T14:02:13.512345678Z\","
		"\"trace_id\":\"01000000000000000000000000000000\",\"span_id\":"
		"\"0200000000000000\",\"name\":\"tools/call search\",\"duration_s\":9.71,"
		"\"gen_ai.operation.name\":\"execute_tool\",\"gen_ai.tool.name\":\"search\","
		"\"mcp.method.name\":\"tools/call\",\"mcp.resource.uri\":\"file:///x\","
		"\"mcp.session.id\":\"s\",\"mcp.protocol.version\":\"2025-06-18\","
		"\"jsonrpc.request.id\":\"7\",\"http.request.method\":\"POST\",";
	struct call c = tool();
	struct buf b;

	buf__init(&b, 4096);
	assert_int_equal(record_json__call(&b, &c), 0);
	buf__add(&b, span("", 1));
	assert_memory_equal(b.p, want, sizeof(want) - 1);
	buf__clear(&b);
	c.mcp_method = "tools/list";
	c.mcp_tool = NULL;
	assert_int_equal(record_json__call(&b, &c), 0);
	buf__add(&b, span("", 1));
	assert_non_null(strstr((char *)b.p, "\"name\":\"tools/list\""));
	assert_null(strstr((char *)b.p, "gen_ai"));
	buf__free(&b);
}

/* Names that whoever is traced may choose. */
static const char *const hostile[] = {
	"x\",\"pid\":1,\"a\":\"",
	"\033]0;owned\007\033[2J",
	"\xC0\x80\xFF\xFE",
	"\xC2\x9B"
	"31m",
	"a\nb\r\tc\x7F",
	"\xE2\x80\xAE"
	"evil",
	"\\u0000\\",
	"",
};

static void hostile_names_stay_strings(void **state)
{
	char big[8192 + 1];
	struct call c = full();
	size_t i;

	memset(big, '\x01', 8192);
	big[8192] = 0;
	for (i = 0; i <= sizeof(hostile) / sizeof(hostile[0]); i++) {
		const char *s = i < sizeof(hostile) / sizeof(hostile[0]) ? hostile[i] : big;
		const struct call_tool tool = {s, s};
		const char *const one[] = {s};
		cJSON *json;

		c.who.comm = c.who.exe = c.path = c.method = c.request_model = c.response_id = s;
		c.user_agent = c.request_id = c.error_type = c.who.service = c.who.cgroup = s;
		c.finish_reasons = c.stop_sequences = one;
		c.n_finish_reasons = c.n_stop_sequences = c.n_tool_calls = 1;
		c.tool_calls = &tool;
		json = parsed(&c);
		assert_int_equal(cJSON_GetObjectItem(json, "process.pid")->valueint, 42);
		assert_null(cJSON_GetObjectItem(json, "pid"));
		cJSON_Delete(json);
	}
}

static void real_output_fits_the_schema(void **state)
{
	const struct stats none = {0}, some = {.calls = 3,
					       .priced = 1,
					       .cost_nusd = 500000000,
					       .lost_bytes = UINT64_MAX};
	struct call c = bare();
	char command[1100];
	struct sink *s;
	size_t i;
	int end;

	assert_int_equal(jsonl__open(in_root("schema"), &s), 0);
	assert_int_equal(s->ops->call(s, &c), 0);
	c = full();
	assert_int_equal(s->ops->call(s, &c), 0);
	c.api = "openai.chat";
	c.role = ROLE_SERVER;
	assert_int_equal(s->ops->call(s, &c), 0);
	for (i = 0; i < sizeof(hostile) / sizeof(hostile[0]) - 1; i++) {
		c.who.comm = c.who.exe = c.path = c.request_model = c.error_type = c.method =
			hostile[i];
		assert_int_equal(s->ops->call(s, &c), 0);
	}
	c = tool();
	assert_int_equal(s->ops->call(s, &c), 0);
	c = full();
	c.kind = CALL_FETCH;
	assert_int_equal(s->ops->call(s, &c), 0);
	c.method = c.path = NULL; /* of a connection met in its middle */
	assert_int_equal(s->ops->call(s, &c), 0);
	assert_int_equal(s->ops->stats(s, &none), 0);
	assert_int_equal(s->ops->stats(s, &some), 0);
	assert_int_equal(s->ops->close(s), 0);
	snprintf(command, sizeof(command), "python3 tests/e2e/schema.py %s", in_root("schema"));
	if (access("tests/e2e/schema.py", R_OK)) {
		print_message("not in the source folder: schema not checked\n");
		skip();
	}
	end = system(command);
	if (WEXITSTATUS(end) == 77 || WEXITSTATUS(end) == 127) {
		print_message("schema not checked: no python3-jsonschema\n");
		skip();
	}
	assert_int_equal(end, 0);
}

static void a_closed_pipe_is_told(void **state)
{
	struct sinks l = {0};
	struct call c = bare();
	int fds[2], was;
	struct sink *s;

	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(fds), 0);
	fflush(stdout);
	was = dup(1);
	dup2(fds[1], 1);
	assert_int_equal(jsonl__open(NULL, &s), 0);
	dup2(was, 1);
	close(was);
	close(fds[0]);
	close(fds[1]);
	sinks__add(&l, s);
	assert_int_equal(jsonl__open(in_root("beside"), &s), 0);
	sinks__add(&l, s);
	sinks__call(&l, &c);
	assert_true(l.reader_gone);
	assert_int_equal(l.unwritten, 1);
	sinks__tick(&l, 1);
	sinks__reopen(&l);
	assert_int_equal(sinks__close(&l), 0);
	assert_non_null(strstr(text_in_root("beside"), "llm.call"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unknown_is_absent),
		cmocka_unit_test(each_fact_has_its_key),
		cmocka_unit_test(tools_have_names_of_their_own),
		cmocka_unit_test(hostile_names_stay_strings),
		cmocka_unit_test(real_output_fits_the_schema),
		cmocka_unit_test(a_closed_pipe_is_told),
	};

	return cmocka_run_group_tests(tests, root__make, root__remove);
}
