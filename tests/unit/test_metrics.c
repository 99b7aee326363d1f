// SPDX-License-Identifier: Apache-2.0
/* The registry of metrics: what of which record goes where, and bounds. */
#include "metrics_rig.h"

#include <math.h>

#include "base/limits.h"
#include "call/timing.h"

static void call_of_1_41(void **state)
{
	struct metrics *m = make(SEMCONV_1_41, 0, 0);
	struct call c = a_call();
	struct found f;

	c.cost_nusd = 1234567;
	metrics__call(m, &c);
	f = find(m, "gen_ai.client.operation.duration", NULL);
	assert_int_equal(f.points, 1);
	assert_int_equal(f.count, 1);
	assert_true(f.sum == 0.04);
	/* a bound belongs to its bucket */
	assert_int_equal(f.buckets[2], 1);
	assert_string_equal(f.labels, "service.name=rag.py,llmsnoop.feature=me/rag,"
				      "gen_ai.operation.name=chat,gen_ai.provider.name=openai,"
				      "gen_ai.request.model=gpt-4o-mini,");
	f = find(m, "gen_ai.client.token.usage", "gen_ai.token.type=input");
	assert_int_equal(f.count, 1);
	assert_true(f.sum == 1000);
	assert_int_equal(f.buckets[5], 1);
	f = find(m, "gen_ai.client.token.usage", "gen_ai.token.type=output");
	assert_int_equal(f.buckets[2], 1);
	assert_true(f.sum == 16);
	assert_int_equal(find(m, "llmsnoop.tokens", "kind=cache_read").value, 900);
	assert_int_equal(find(m, "llmsnoop.tokens", "kind=cache_write").points, 0);
	f = find(m, "llmsnoop.cost", NULL);
	assert_int_equal(f.value, 1234567);
	assert_true(f.sum == 0.001234567);
	assert_int_equal(find(m, "llmsnoop.unpriced_calls", NULL).points, 0);
	assert_int_equal(find(m, "gen_ai.client.operation.time_to_first_chunk", NULL).points, 0);
	assert_int_equal(find(m, "gen_ai.client.inference.duration", NULL).points, 0);
	metrics__free(m);
}

static void call_of_latest(void **state)
{
	struct metrics *m = make(SEMCONV_LATEST, METRICS_SERVER | METRICS_RESPONSE_MODEL, 0);
	struct call c = a_call();

	c.input_parts = (struct call_parts){.text = 700, .image = 200, .audio = -1};
	metrics__call(m, &c);
	c.operation = "embeddings";
	metrics__call(m, &c);
	c = a_call();
	c.input_tokens = c.output_tokens = c.cache_read_tokens = -1;
	c.error_type = "429";
	c.request_model = "failed";
	metrics__call(m, &c);
	assert_int_equal(find(m, "gen_ai.client.token.usage", NULL).points, 0);
	assert_int_equal(find(m, "gen_ai.client.inference.duration", "error.type=429").count, 1);
	assert_int_equal(find(m, "gen_ai.client.operation.duration", "embeddings").count, 1);
	assert_int_equal(find(m, "gen_ai.client.operation.duration", "chat").count, 0);
#define INPUT "gen_ai.client.inference.usage.input_tokens"
	assert_int_equal(find(m, INPUT, "modality=text").value, 700);
	assert_int_equal(find(m, INPUT, "modality=image").value, 200);
	assert_int_equal(find(m, INPUT, "model=gpt-4o-mini,").value, 1000);
	assert_int_equal(find(m, INPUT, "modality=unknown").value, 100);
	/* a failed one is there, and 0 */
	assert_int_equal(find(m, INPUT, "failed").points, 1);
	assert_int_equal(find(m, INPUT, "failed").value, 0);
	assert_non_null(strstr(find(m, INPUT, "failed").labels, "server.port=443"));
	assert_int_equal(find(m, "gen_ai.client.inference.operation.input_tokens", NULL).count, 1);
	metrics__free(m);
}

/* Parts that are more than the whole say nothing. */
static void parts_beyond_total(void **state)
{
	struct metrics *m = make(SEMCONV_LATEST, 0, 0);
	struct call c = a_call();

	c.input_parts = (struct call_parts){.text = 900, .image = 200, .audio = 10};
	metrics__call(m, &c);
	assert_int_equal(find(m, INPUT, NULL).points, 1);
	assert_int_equal(find(m, INPUT, "modality=unknown").value, 1000);
	metrics__free(m);
}

static void roles(void **state)
{
	struct metrics *m = make(SEMCONV_1_41, 0, 0);
	struct call c = a_call();

	c.role = ROLE_SERVER;
	c.beside = true;
	c.ttft_ns = 10000000;
	metrics__call(m, &c);
	assert_int_equal(find(m, "llmsnoop.tokens", NULL).points, 0);
	assert_int_equal(find(m, "gen_ai.client.operation.duration", NULL).points, 0);
	assert_int_equal(find(m, "gen_ai.server.request.duration", NULL).count, 1);
	assert_true(find(m, "gen_ai.server.time_to_first_token", NULL).sum == 0.01);
	assert_true(find(m, "gen_ai.server.time_per_output_token", NULL).sum == 0.002);
	c.beside = false;
	c.error_type = "500";
	metrics__call(m, &c);
	assert_int_equal(find(m, "llmsnoop.tokens", "kind=input").value, 1000);
	assert_int_equal(find(m, "gen_ai.client.token.usage", NULL).points, 0);
	assert_int_equal(find(m, "gen_ai.server.request.duration", NULL).count, 2);
	assert_int_equal(find(m, "gen_ai.server.time_to_first_token", NULL).count, 1);
	metrics__free(m);
}

/* A fetched answer brings the tokens of the call that asked for it. */
static void fetched(void **state)
{
	struct metrics *m = make(SEMCONV_1_41, 0, 0);
	struct call c = a_call();

	c.kind = CALL_FETCH;
	c.operation = "fetch_response";
	metrics__call(m, &c);
	assert_int_equal(find(m, "gen_ai.client.token.usage", NULL).points, 0);
	assert_int_equal(find(m, "llmsnoop.tokens", "kind=input").value, 1000);
	assert_int_equal(find(m, "llmsnoop.unpriced_calls", NULL).value, 1);
	c = a_call();
	c.operation = "count_tokens";
	c.input_tokens = c.output_tokens = c.cache_read_tokens = -1;
	c.counted_tokens = 77;
	metrics__call(m, &c);
	assert_int_equal(find(m, "gen_ai.client.token.usage", NULL).points, 0);
	assert_int_equal(find(m, "llmsnoop.tokens", "kind=input").value, 1000);
	metrics__free(m);
}

static void chunks(void **state)
{
	static const uint64_t at_ms[] = {100, 110, 131, 131, 10000, 200000};
	struct metrics *m = make(SEMCONV_1_41, 0, 0);
	struct timing t = {0};
	struct call c = a_call();
	struct found f;
	size_t i;

	for (i = 0; i < sizeof(at_ms) / sizeof(at_ms[0]); i++)
		timing__output(&t, &limits_default, at_ms[i] * 1000000);
	c.streamed = true;
	c.ttfc_ns = 20000001;
	c.ttft_ns = 100000000;
	c.gaps = &t.gaps;
	metrics__call(m, &c);
	metrics__call(m, &c);
	f = find(m, "gen_ai.client.operation.time_per_output_chunk", NULL);
	assert_int_equal(f.count, 10);
	assert_true(f.sum == 399.8);
	assert_true(f.min == 0 && f.max == 190);
	assert_int_equal(f.buckets[0], 4);
	assert_int_equal(f.buckets[2], 2);
	assert_int_equal(f.buckets[10], 2);
	assert_int_equal(f.buckets[14], 2);
	assert_int_equal(find(m, "gen_ai.client.operation.time_to_first_chunk", NULL).buckets[2],
			 2);
	assert_int_equal(find(m, "llmsnoop.time_to_first_token", NULL).buckets[4], 2);
	timing__free(&t);
	metrics__free(m);
}

static void runs_and_tools(void **state)
{
	struct metrics *m = make(SEMCONV_1_41, 0, 0);
	struct agent_run r = {.time_ns = 5,
			      .duration_ns = 6400000000,
			      .calls = 7,
			      .tools = 6,
			      .loops = 2,
			      .agent = "claude",
			      .who.service = "claude"};
	struct agent_tool t = {.duration_ns = 2560000000,
			       .name = "Bash",
			       .error_type = "tool_error",
			       .agent = "claude",
			       .who.service = "claude"};

	metrics__run(m, &r);
	metrics__tool(m, &t);
	assert_int_equal(find(m, "gen_ai.invoke_agent.duration", "agent.name=claude").buckets[6],
			 1);
	assert_int_equal(find(m, "gen_ai.invoke_agent.inference_calls", NULL).buckets[3], 1);
	assert_true(find(m, "gen_ai.invoke_agent.tool_calls", NULL).sum == 6);
	assert_int_equal(find(m, "llmsnoop.agent_loops", NULL).value, 2);
	assert_int_equal(find(m, "gen_ai.execute_tool.duration",
			      "gen_ai.agent.name=claude,gen_ai.tool.name=Bash,"
			      "error.type=tool_error,")
				 .buckets[8],
			 1);
	metrics__free(m);
}

static void secrets(void **state)
{
	struct metrics *m = make(SEMCONV_1_41, 0, 0);
	struct content said = {0};
	struct call c = a_call();

	c.content = &said;
	metrics__call(m, &c);
	assert_int_equal(find(m, "llmsnoop.secrets_found", NULL).points, 0);
	said.secrets[SECRET_EMAIL] = 2;
	said.secrets[SECRET_KEY] = 1;
	metrics__call(m, &c);
	c.beside = true;
	metrics__call(m, &c);
	assert_int_equal(find(m, "llmsnoop.secrets_found", "kind=email").value, 2);
	assert_int_equal(find(m, "llmsnoop.secrets_found", NULL).value, 3);
	metrics__free(m);
}

static void mcp(void **state)
{
	struct metrics *m = make(SEMCONV_1_41, METRICS_SERVER, 0);
	struct call c = a_call();

	c.kind = CALL_TOOL;
	c.mcp_method = "tools/call";
	c.mcp_tool = "search";
	metrics__call(m, &c);
	assert_int_equal(find(m, "gen_ai.client.operation.duration", NULL).points, 0);
	assert_string_equal(find(m, "mcp.client.operation.duration", NULL).labels,
			    "service.name=rag.py,llmsnoop.feature=me/rag,"
			    "gen_ai.operation.name=execute_tool,server.address=api.openai.com,"
			    "server.port=443,gen_ai.tool.name=search,mcp.method.name=tools/call,");
	metrics__free(m);
}

static void totals(void **state)
{
	struct metrics *m = make(SEMCONV_1_41, 0, 0);
	struct counted tls[] = {{"openssl", 3}, {"go", 0}}, errors[] = {{"http1", 0}, {"http2", 4}};
	struct stats st = {
		.time_ns = 9,
		.open_connections = 5,
		.targets_of = tls,
		.n_targets_of = 2,
		.parse_errors_of = errors,
		.n_parse_errors_of = 2,
	};

	metrics__stats(m, &st);
	/* there from the start, so that the first loss is a rise */
	assert_int_equal(find(m, "llmsnoop.events_lost", NULL).points, 6);
	assert_int_equal(find(m, "llmsnoop.gaps", NULL).points, 1);
	/* of what is not done nothing is told */
	assert_int_equal(find(m, "llmsnoop.export.failures", NULL).points, 0);
	st.exporting = true;
	st.export_failures = 4;
	st.export_dropped[EXPORT_DROP_HTTP_4XX] = 6;
	metrics__stats(m, &st);
	assert_int_equal(find(m, "llmsnoop.export.dropped", NULL).points, N_EXPORT_DROPS);
	st.export_dropped[EXPORT_DROP_HTTP_4XX] = 7;
	st.lost_records = 10;
	st.gaps = 2;
	metrics__stats(m, &st);
	st.lost_records = 11;
	st.open_connections = 1;
	metrics__stats(m, &st);
	assert_int_equal(find(m, "llmsnoop.events_lost", "reason=ring_full").value, 11);
	assert_int_equal(find(m, "llmsnoop.gaps", NULL).value, 2);
	assert_int_equal(find(m, "llmsnoop.export.failures", "exporter=otlp").value, 4);
	assert_int_equal(find(m, "llmsnoop.export.dropped", "reason=http_4xx").value, 7);
	assert_int_equal(find(m, "llmsnoop.open_streams", NULL).value, 1);
	assert_int_equal(find(m, "llmsnoop.attached_targets", "tls=openssl").value, 3);
	assert_int_equal(find(m, "llmsnoop.attached_targets", "tls=go").points, 1);
	errors[1].n = 7;
	tls[0].n = 2;
	metrics__stats(m, &st);
	assert_int_equal(find(m, "llmsnoop.attached_targets", NULL).value, 2);
	assert_int_equal(find(m, "llmsnoop.parse_errors", "protocol=http1").value, 0);
	assert_int_equal(find(m, "llmsnoop.parse_errors", "protocol=http2").value, 7);
	metrics__free(m);
}

static void limits(void **state)
{
	struct metrics *m = make(SEMCONV_1_41, 0, 0);
	struct call c = a_call();

	c.key_fp = 0x3fa91c0000010000;
	c.ratelimits[RATELIMIT_TOKENS] = (struct ratelimit){.limit = 100, .remaining = 60};
	metrics__call(m, &c);
	c.ratelimits[RATELIMIT_TOKENS].remaining = 0;
	metrics__call(m, &c);
	assert_int_equal(find(m, "llmsnoop.ratelimit.remaining", "kind=tokens").points, 1);
	assert_int_equal(find(m, "llmsnoop.ratelimit.remaining", "key_fp=k_3fa91c000001").value, 0);
	assert_int_equal(find(m, "llmsnoop.ratelimit.limit", "kind=tokens").value, 100);
	assert_int_equal(find(m, "llmsnoop.ratelimit.limit", "kind=requests").points, 0);
	metrics__free(m);
}

/* Bounds of the conventions, by the rule that they follow where they follow one. */
static void bounds(void **state)
{
	static const struct {
		enum metric metric;
		unsigned int n;
		double first, factor;
	} rules[] = {
		{METRIC_OPERATION_DURATION, 14, 0.01, 2},
		{METRIC_OPERATION_TTFC, 14, 0.01, 2},
		{METRIC_OPERATION_PER_CHUNK, 14, 0.01, 2},
		{METRIC_INFERENCE_DURATION, 14, 0.01, 2},
		{METRIC_SERVER_DURATION, 14, 0.01, 2},
		{METRIC_TOOL_DURATION, 14, 0.01, 2},
		{METRIC_TOKEN_USAGE, 14, 1, 4},
		{METRIC_INFERENCE_INPUT, 14, 1, 4},
		{METRIC_AGENT_DURATION, 13, 0.1, 2},
		{METRIC_AGENT_CALLS, 8, 1, 2},
		{METRIC_AGENT_TOOLS, 8, 1, 2},
	};
	const struct metric_def *d;
	unsigned int i, j;
	double want;

	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		d = &metric_rows[rules[i].metric].def;
		assert_int_equal(d->n_bounds, rules[i].n);
		for (j = 0, want = rules[i].first; j < d->n_bounds; j++, want *= rules[i].factor)
			assert_true(fabs(d->bounds[j] - want) < 1e-9 * want);
	}
	for (i = 0; i < N_METRICS; i++) {
		d = &metric_rows[i].def;
		assert_non_null(d->name);
		assert_true(d->help && *d->help);
		assert_int_equal(d->kind == METRIC_HISTOGRAM, d->n_bounds > 0);
		for (j = 1; j < d->n_bounds; j++)
			assert_true(d->bounds[j - 1] < d->bounds[j]);
		for (j = 0; j < i; j++)
			assert_string_not_equal(d->name, metric_rows[j].def.name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(call_of_1_41),
		cmocka_unit_test(call_of_latest),
		cmocka_unit_test(parts_beyond_total),
		cmocka_unit_test(roles),
		cmocka_unit_test(fetched),
		cmocka_unit_test(chunks),
		cmocka_unit_test(runs_and_tools),
		cmocka_unit_test(secrets),
		cmocka_unit_test(mcp),
		cmocka_unit_test(totals),
		cmocka_unit_test(bounds),
		cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
