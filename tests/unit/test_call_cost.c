// SPDX-License-Identifier: Apache-2.0
/* What calls cost, from the wire to the sums: the provider's figure, ours, nothing twice. */
#include "call_rig.h"
#include "call/pricing.h"
#include "enrich/prices.h"

static struct prices *prices;

static void start_with(struct prices *list)
{
	run.prices = list;
	start();
}

static void totals(void)
{
	call_tracker__stats(run.tracker, 1, &run.stats);
}

#define ROUTER .dir = DIR_WRITE, .host = "openrouter.ai", .path = "/api/v1/chat/completions"
#define ANSWER(usage)                                                                              \
	"{\"id\":\"a\",\"model\":\"openai/gpt-4o-mini\",\"provider\":\"OpenAI\",\"usage\":{" usage \
	"}}"
#define TOKENS "\"prompt_tokens\":1000,\"completion_tokens\":100"

static void the_providers_figure_wins(void **state)
{
	struct exchange e = {ROUTER, .request = ASK, .status = 200, .response_headers = JSON,
			     .parts = {ANSWER(TOKENS ",\"cost\":0.5")}};

	start_with(prices);
	play(&e, 0);
	expect("\"gen_ai.usage.cost\":0.5,");
	expect("\"llmsnoop.cost.source\":\"provider\"");
	expect("\"llmsnoop.upstream\":\"OpenAI\"");
	/* Free of charge is a figure, too. */
	e.parts[0] = ANSWER(TOKENS ",\"cost\":0,\"is_byok\":false,\"cost_details\":"
				   "{\"upstream_inference_cost\":null}");
	play(&e, 0);
	expect("\"gen_ai.usage.cost\":0,");
	/* With a key of one's own it is the gateway's fee alone. */
	e.parts[0] = ANSWER(TOKENS ",\"cost\":0.001,\"is_byok\":true,\"cost_details\":"
				   "{\"upstream_inference_cost\":0.0003253}");
	play(&e, 1);
	expect("\"gen_ai.usage.cost\":0.0013253,");
	e.parts[0] = ANSWER("\"cost_details\":{\"upstream_inference_cost\":0.0003253},"
			    "\"is_byok\":false,\"cost\":0.001," TOKENS);
	play(&e, 0);
	expect("\"gen_ai.usage.cost\":0.001,");
	e.path = "/api/v1/messages";
	e.parts[0] = "{\"id\":\"m\",\"type\":\"message\",\"model\":\"anthropic/claude\",\"usage\":{"
		     "\"input_tokens\":1,\"output_tokens\":1,\"cost\":0.002,\"is_byok\":true,"
		     "\"cost_details\":{\"upstream_inference_cost\":0.04}}}";
	play(&e, 0);
	expect("\"gen_ai.usage.cost\":0.042,");
	e.path = "/api/v1/chat/completions";
	e.parts[0] = ANSWER(TOKENS);
	play(&e, 0);
	expect("\"gen_ai.usage.cost\":0.00021,");
	expect("\"llmsnoop.cost.source\":\"list:");
}

/* What the answer says of its search counts more than what was asked for; nothing is not "high". */
static void searches_cost_by_what_is_read(void **state)
{
	static const struct {
		const char *asked, *said, *cost; /* cost NULL: not known */
	} cases[] = {
		{"", ",\"search_context_size\":\"low\"", "\"gen_ai.usage.cost\":0.00505,"},
		{",\"web_search_options\":{\"search_context_size\":\"high\"}", "",
		 "\"gen_ai.usage.cost\":0.01205,"},
		{",\"web_search_options\":{\"search_context_size\":\"high\"}",
		 ",\"search_context_size\":\"medium\"", "\"gen_ai.usage.cost\":0.00805,"},
		{"", "", NULL},
	};
	char request[256], answer[256];
	struct exchange e = {.dir = DIR_WRITE,
			     .host = "api.perplexity.ai",
			     .path = "/chat/completions",
			     .request = request,
			     .status = 200,
			     .response_headers = JSON,
			     .parts = {answer}};
	size_t i;

	start_with(prices);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(request, sizeof(request), "{\"model\":\"sonar\"%s}", cases[i].asked);
		snprintf(answer, sizeof(answer),
			 "{\"id\":\"a\",\"model\":\"sonar\",\"usage\":{\"prompt_tokens\":42,"
			 "\"completion_tokens\":8%s}}",
			 cases[i].said);
		play(&e, 0);
		if (cases[i].cost)
			expect(cases[i].cost);
		else
			expect_not("gen_ai.usage.cost");
	}
}

/* Twice as much for speed, where the answer does not say that there was none. */
static void speed_costs(void **state)
{
	static const char *const cases[][2] = {
		{"", "\"gen_ai.usage.cost\":0.0008,"},
		{",\"speed\":\"fast\"", "\"gen_ai.usage.cost\":0.0008,"},
		{",\"speed\":\"standard\"", "\"gen_ai.usage.cost\":0.0004,"},
	};
	char answer[256];
	struct exchange e = {.dir = DIR_WRITE,
			     .host = "api.anthropic.com",
			     .path = "/v1/messages",
			     .request = "{\"model\":\"claude-opus-5-5\",\"speed\":\"fast\"}",
			     .status = 200,
			     .response_headers = JSON,
			     .parts = {answer}};
	size_t i;

	start_with(prices);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(answer, sizeof(answer),
			 "{\"id\":\"m\",\"type\":\"message\",\"model\":\"claude-opus-5-5\","
			 "\"usage\":{\"input_tokens\":50,\"output_tokens\":10%s}}",
			 cases[i][0]);
		play(&e, 0);
		expect(cases[i][1]);
	}
}

static void gateways_name_the_provider_in_the_path(void **state)
{
	struct exchange e = {
		.dir = DIR_WRITE,
		.host = "gateway.example",
		.path = "/groq/openai/v1/chat/completions",
		.request = "{\"model\":\"llama-3.3-70b-versatile\"}",
		.status = 200,
		.response_headers = JSON,
		.parts = {"{\"id\":\"a\",\"model\":\"llama-3.3-70b-versatile\",\"usage\":{"
			  "\"prompt_tokens\":42,\"completion_tokens\":8}}"}};

	start_with(prices);
	play(&e, 0);
	expect("\"gen_ai.usage.cost\":0.0000311,");
	/* A provider's own host is no gateway. */
	e.host = "api.deepseek.com";
	play(&e, 0);
	expect_not("gen_ai.usage.cost");
	/* What nobody knows has no price, and that is counted. */
	e.host = "gateway.example";
	e.path = "/v1/chat/completions";
	play(&e, 0);
	expect_not("gen_ai.usage.cost");
	totals();
	assert_int_equal(run.stats.unpriced, 2);
	assert_int_equal(run.stats.priced, 1);
	assert_int_equal(run.stats.cost_nusd, 31100);
}

/* A batch costs what the list has for batches; a sum of calls does not tell how large each was. */
static void batches_have_prices_of_their_own(void **state)
{
	struct call c = call_unknown;

	c.kind = CALL_FETCH;
	c.provider = "anthropic";
	c.response_model = "claude-haiku-4-5";
	c.input_tokens = 2000;
	c.output_tokens = 200;
	c.batch_requests = 2;
	/* In 2025 the list does not know what they cost. */
	c.time_ns = WALL;
	pricing__fill(&c, prices);
	assert_int_equal(c.cost_nusd, -1);
	/* On 2026-11-20: $0.50 and $2.50 a million, half of what calls cost. */
	c.time_ns = 1795183333000000000ULL;
	pricing__fill(&c, prices);
	assert_int_equal(c.cost_nusd, 1500000);
	c.cost_nusd = -1;
	c.response_model = "claude-sonnet-4-5";
	pricing__fill(&c, prices);
	assert_int_equal(c.cost_nusd, 4500000);
	/* Above 200,000 a call costs more; these may be two that do not. */
	c.cost_nusd = -1;
	c.input_tokens = 300000;
	pricing__fill(&c, prices);
	assert_int_equal(c.cost_nusd, -1);
	c.batch_requests = 1;
	pricing__fill(&c, prices);
	assert_true(c.cost_nusd > 0);
}

static void nothing_counts_twice(void **state)
{
	static struct exchange call = {
		.host = "api.openai.com",
		.path = "/v1/responses",
		.request = "{\"model\":\"gpt-4o-mini\",\"input\":\"x\"}",
		.status = 200,
		.response_headers = JSON,
		.parts = {"{\"id\":\"resp_1\",\"object\":\"response\",\"status\":"
			  "\"completed\",\"model\":\"gpt-4o-mini\",\"usage\":{"
			  "\"input_tokens\":1000,\"output_tokens\":100}}"}};
	struct exchange served = call;
	struct exchange counted = {ANTHROPIC, .request = "{\"model\":\"claude-haiku-4-5\"}",
				   .status = 200, .response_headers = JSON,
				   .parts = {"{\"input_tokens\":5000}"}};

	run.filter.role = FILTER_BOTH;
	start_with(prices);
	call.dir = DIR_WRITE;
	play(&call, 0);
	expect("\"gen_ai.usage.cost\":0.00021,");
	/* the same call, as a server that passes it on sees it */
	served.dir = DIR_READ;
	play(&served, 0);
	counted.path = "/v1/messages/count_tokens";
	counted.dir = DIR_WRITE;
	play(&counted, 0);
	expect("\"llmsnoop.counted_tokens\":5000");
	expect_not("gen_ai.usage.cost");
	totals();
	assert_int_equal(run.stats.cost_nusd, 210000);
	assert_int_equal(run.stats.priced, 1);
	assert_int_equal(run.stats.unpriced, 0);
	assert_int_equal(run.stats.input_tokens, 1000);
}

/* Odd amounts, many times: binary fractions of dollars would show. */
static void sums_are_exact(void **state)
{
	struct exchange e = {ROUTER, .request = ASK, .status = 200, .response_headers = JSON};
	char answer[160];
	int64_t want = 0;

	start_with(NULL);
	e.parts[0] = answer;
	for (uint64_t i = 0; i < 20000; i++) {
		uint64_t nusd = 1 + i * 2654435761u % 1000000007ULL;

		snprintf(answer, sizeof(answer),
			 "{\"id\":\"%llu\",\"usage\":{" TOKENS ",\"cost\":0.%09llu}}",
			 (unsigned long long)i, (unsigned long long)(nusd % 1000000000));
		want += (int64_t)(nusd % 1000000000);
		play(&e, 0);
	}
	totals();
	assert_int_equal(run.stats.priced, 20000);
	assert_int_equal(run.stats.cost_nusd, want);
}

static int load(void **state)
{
	char error[256];

	return prices__load(NULL, error, sizeof(error), &prices);
}

static int unload(void **state)
{
	prices__free(prices);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_providers_figure_wins),
		TEST(searches_cost_by_what_is_read),
		TEST(speed_costs),
		TEST(gateways_name_the_provider_in_the_path),
		TEST(batches_have_prices_of_their_own),
		TEST(nothing_counts_twice),
		TEST(sums_are_exact),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
