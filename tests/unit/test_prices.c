// SPDX-License-Identifier: Apache-2.0
/* Lists of prices: both forms, what matches, what held when, and what is wrong with a bad one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <errno.h>

#include "enrich/prices.h"

#define DAY(days) ((uint64_t)(days)*86400)

static char path[] = "/tmp/test_prices_XXXXXX";

static void write_list(const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
	assert_int_equal(fclose(f), 0);
}

static struct prices *load(const char *text)
{
	char error[256] = "";
	struct prices *p = NULL;

	write_list(text);
	if (prices__load(path, error, sizeof(error), &p))
		fail_msg("%s", error);
	return p;
}

/* Dollars per million; -1: none. */
static double asked(struct prices *p, const struct price_query *q, enum price_unit unit)
{
	struct price price;

	if (!prices__find(p, q, &price) || !price.of[unit].known)
		return -1;
	return (double)price.of[unit].base / 1e9;
}

static double ask(struct prices *p, const char *provider, const char *model)
{
	const struct price_query q = {.provider = provider, .model = model, .time_s = DAY(20000)};

	return asked(p, &q, PRICE_INPUT);
}

/* Both sides are rounded in the same way. */
#define assert_price(got, want) assert_true((got) == (want))

static void test_clauses(void **state)
{
	struct prices *p = load(
		"[{\"id\":\"openai\",\"models\":["
		"{\"id\":\"x\",\"match\":{\"equals\":\"gpt-a\"},\"prices\":{\"input_mtok\":1}},"
		"{\"id\":\"x\",\"match\":{\"starts_with\":\"gpt-b\"},\"prices\":{\"input_mtok\":2}}"
		","
		"{\"id\":\"x\",\"match\":{\"ends_with\":\"-tail\"},\"prices\":{\"input_mtok\":3}},"
		"{\"id\":\"x\",\"match\":{\"and\":[{\"contains\":\"mid\"},{\"regex\":\"^(?!.*-tts)"
		"\"}]},"
		"\"prices\":{\"input_mtok\":4}},"
		"{\"id\":\"x\",\"match\":{\"or\":[{\"equals\":\"one\"},{\"equals\":\"two\"}]},"
		"\"prices\":{\"input_mtok\":5}},"
		"{\"id\":\"x\",\"match\":{\"regex\":\"^gpt-5(?:\\\\.1)?-\\\\d{4}$\"},"
		"\"prices\":{\"input_mtok\":6}},"
		"{\"id\":\"x\",\"match\":{\"regex\":\"^(?!vendor/)(labs-)?z\"},"
		"\"prices\":{\"input_mtok\":7}}]}]");

	assert_int_equal(prices__models(p), 7);
	assert_int_equal(prices__skipped(p), 0);
	assert_price(ask(p, "openai", "GPT-A"), 1);
	assert_price(ask(p, "openai", "gpt-ab"), -1);
	assert_price(ask(p, "openai", "gpt-bcd"), 2);
	assert_price(ask(p, "openai", "the-tail"), 3);
	assert_price(ask(p, "openai", "a-mid-b"), 4);
	assert_price(ask(p, "openai", "a-mid-b-tts"), -1);
	assert_price(ask(p, "openai", "two"), 5);
	assert_price(ask(p, "openai", "gpt-5-2026"), 6);
	assert_price(ask(p, "openai", "gpt-5.1-2026"), 6);
	assert_price(ask(p, "openai", "gpt-5x1-2026"), -1);
	assert_price(ask(p, "openai", "labs-z9"), 7);
	assert_price(ask(p, "openai", "vendor/z9"), -1);
	/* the second time it is remembered */
	assert_price(ask(p, "openai", "labs-z9"), 7);
	assert_price(ask(p, "anthropic", "gpt-a"), -1);
	assert_price(ask(p, NULL, "gpt-a"), -1);
	prices__free(p);
}

static void test_providers(void **state)
{
	struct prices *p = load(
		"{\"name\":\"mine\",\"version\":\"7\",\"providers\":["
		"{\"id\":\"openai\",\"models\":["
		"{\"id\":\"x\",\"match\":{\"equals\":\"m\"},\"prices\":{\"input_mtok\":1}}]},"
		"{\"id\":\"x-ai\",\"models\":["
		"{\"id\":\"x\",\"match\":{\"equals\":\"m\"},\"prices\":{\"input_mtok\":2}}]},"
		"{\"id\":\"azure\",\"fallback_model_providers\":[\"nobody\",\"openai\"],"
		"\"models\":[{\"id\":\"x\",\"match\":{\"equals\":\"n\"},\"prices\":{\"input_mtok\":"
		"3}}]},"
		"{\"id\":\"huggingface_groq\",\"models\":["
		"{\"id\":\"x\",\"match\":{\"equals\":\"m\"},\"prices\":{\"input_mtok\":4}}]}]}");
	struct price_query routed = {.provider = "huggingface", .upstream = "groq", .model = "m"};

	assert_string_equal(prices__source(p), "list:mine 7");
	assert_price(ask(p, "x_ai", "m"), 2);
	assert_price(ask(p, "azure.ai.openai", "n"), 3);
	assert_price(ask(p, "azure.ai.openai", "m"), 1);
	assert_price(asked(p, &routed, PRICE_INPUT), 4);
	routed.upstream = "other";
	assert_price(asked(p, &routed, PRICE_INPUT), -1);
	prices__free(p);
}

static void test_when(void **state)
{
	struct prices *p = load(
		"[{\"id\":\"openai\",\"models\":["
		"{\"id\":\"x\",\"match\":{\"equals\":\"dated\"},\"prices\":[{\"prices\":{\"input_"
		"mtok\":1}},"
		"{\"constraint\":{\"start_date\":\"2026-01-10\"},\"prices\":{\"input_mtok\":2}}]},"
		"{\"id\":\"x\",\"match\":{\"equals\":\"night\"},\"prices\":[{\"prices\":{\"input_"
		"mtok\":1}},"
		"{\"constraint\":{\"start_time\":\"16:30:00Z\",\"end_time\":\"00:30:00Z\"},"
		"\"prices\":{\"input_mtok\":3}}]},"
		"{\"id\":\"v\",\"match\":{\"equals\":\"tiered\"},\"prices\":{\"input_mtok\":"
		"{\"base\":4,\"tiers\":[{\"start\":1000,\"price\":8}]},\"output_mtok\":5},"
		"\"price_variants\":[{\"when\":{\"service_tier\":\"flex\"},"
		"\"prices\":{\"input_mtok\":2}},{\"when\":{\"processing\":\"batch\"},"
		"\"prices\":{\"input_mtok\":1}}]}]}]");
	struct price_query q = {.provider = "openai", .model = "dated"};
	struct price price;

	q.time_s = 1768003199; /* 2026-01-09 23:59:59 */
	assert_price(asked(p, &q, PRICE_INPUT), 1);
	q.time_s++;
	assert_price(asked(p, &q, PRICE_INPUT), 2);
	q.model = "night";
	q.time_s = DAY(20000) + 16 * 3600 + 1799;
	assert_price(asked(p, &q, PRICE_INPUT), 1);
	q.time_s++;
	assert_price(asked(p, &q, PRICE_INPUT), 3);
	q.time_s = DAY(20000) + 1799;
	assert_price(asked(p, &q, PRICE_INPUT), 3);
	q.time_s++;
	assert_price(asked(p, &q, PRICE_INPUT), 1);
	q.model = "tiered";
	assert_true(prices__find(p, &q, &price));
	assert_int_equal(price.of[PRICE_INPUT].n_tiers, 1);
	assert_int_equal(price.of[PRICE_INPUT].tier[0].start, 1000);
	q.service_tier = "flex";
	assert_price(asked(p, &q, PRICE_INPUT), 2);
	assert_price(asked(p, &q, PRICE_OUTPUT), 5);
	q.service_tier = NULL;
	q.batch = true;
	assert_price(asked(p, &q, PRICE_INPUT), 1);
	/* The list has no price of batches for it. */
	q.model = "dated";
	assert_price(asked(p, &q, PRICE_INPUT), -1);
	prices__free(p);
}

/* What passes on what others ask is priced by their lists. */
static void test_gateways(void **state)
{
	struct prices *p = load(
		"[{\"id\":\"openai\",\"model_match\":{\"starts_with\":\"gpt-\"},\"models\":[{"
		"\"id\":\"x\","
		"\"match\":{\"equals\":\"gpt-a\"},\"prices\":[{\"prices\":{\"input_mtok\":5}},"
		"{\"constraint\":{\"start_date\":\"2026-01-10\"},\"prices\":{\"input_mtok\":4}}]}]}"
		","
		"{\"id\":\"x-ai\",\"model_match\":{\"contains\":\"grok\"},\"models\":[{\"id\":"
		"\"x\","
		"\"match\":{\"equals\":\"grok-a\"},\"prices\":{\"input_mtok\":3}}]},"
		"{\"id\":\"wandb\",\"models\":[{\"id\":\"x\",\"match\":{\"equals\":\"openai/"
		"gpt-a\"},\"prices\":{\"input_mtok\":8}}]},"
		"{\"id\":\"deepseek\",\"model_match\":{\"contains\":\"deepseek\"},\"models\":[{"
		"\"id\":\"x\","
		"\"match\":{\"equals\":\"deepseek-a\"},\"prices\":{\"input_mtok\":9}}]},"
		"{\"id\":\"openrouter\",\"models\":["
		"{\"id\":\"f\",\"match\":{\"ends_with\":\":free\"},\"prices\":{\"input_mtok\":0}},"
		"{\"id\":\"x\",\"match\":{\"equals\":\"openai/"
		"gpt-a\"},\"prices\":{\"input_mtok\":1}},"
		"{\"id\":\"x\",\"match\":{\"equals\":\"openai/"
		"gpt-a:batch\"},\"prices\":{\"input_mtok\":2}},"
		"{\"id\":\"x\",\"match\":{\"equals\":\"deepseek/"
		"deepseek-a\"},\"prices\":{\"input_mtok\":7}}]}]");
	struct price_query q = {
		.provider = "openrouter", .model = "openai/gpt-a", .time_s = 1768003199};

	assert_price(asked(p, &q, PRICE_INPUT), 5);
	q.upstream = "OpenAI";
	q.time_s++;
	assert_price(asked(p, &q, PRICE_INPUT), 4);
	/* Others may ask something else for it. */
	q.upstream = "Nebius";
	assert_price(asked(p, &q, PRICE_INPUT), 1);
	q.upstream = "WandB";
	assert_price(asked(p, &q, PRICE_INPUT), 8);
	assert_price(ask(p, "openrouter", "openai/gpt-a:batch"), 2);
	assert_price(ask(p, "openrouter", "openai/gpt-a:free"), 0);
	assert_price(ask(p, "openrouter", "deepseek/deepseek-a"), 7);
	assert_price(ask(p, "openrouter", "openai/gpt-b"), -1);
	assert_price(ask(p, "vercel_ai_gateway", "openai/gpt-a"), 5);
	/* A host that nobody knows: the wire is OpenAI's, the model is xAI's. */
	assert_price(ask(p, "openai", "grok-a"), 3);
	assert_price(ask(p, "openai", "grok-b"), -1);
	/* Open weights may run anywhere, for nothing. */
	assert_price(ask(p, "openai", "deepseek-a"), -1);
	assert_price(ask(p, "ollama", "grok-a"), -1);
	prices__free(p);
}

static void test_litellm(void **state)
{
	struct prices *p = load(
		"{\"sample_spec\":{\"mode\":\"chat\"},"
		"\"gpt-x\":{\"litellm_provider\":\"openai\",\"input_cost_per_token\":2.5e-06,"
		"\"output_cost_per_token\":1e-05,\"cache_read_input_token_cost\":1.25e-06,"
		"\"input_cost_per_token_above_200k_tokens\":5e-06,"
		"\"input_cost_per_token_batches\":1.25e-06,\"max_tokens\":5,"
		"\"cache_creation_input_token_cost\":3e-06,"
		"\"cache_creation_input_token_cost_above_1hr\":6e-06},"
		"\"groq/llama-x\":{\"litellm_provider\":\"groq\",\"input_cost_per_token\":1e-07},"
		"\"anthropic.claude-x\":{\"litellm_provider\":\"bedrock_converse\","
		"\"input_cost_per_token\":3e-06},"
		"\"whisper-x\":{\"litellm_provider\":\"openai\",\"input_cost_per_second\":0.0001}"
		"}");
	struct price_query q = {.provider = "openai", .model = "gpt-x"};
	struct price price;

	assert_int_equal(prices__models(p), 4);
	assert_int_equal(prices__skipped(p), 1);
	assert_true(prices__find(p, &q, &price));
	assert_int_equal(price.of[PRICE_INPUT].base, 2500000000);
	assert_int_equal(price.of[PRICE_INPUT].n_tiers, 1);
	assert_int_equal(price.of[PRICE_INPUT].tier[0].start, 200000);
	assert_int_equal(price.of[PRICE_INPUT].tier[0].price, 5000000000);
	assert_int_equal(price.of[PRICE_CACHE_READ].base, 1250000000);
	assert_int_equal(price.of[PRICE_CACHE_WRITE].base, 3000000000);
	assert_int_equal(price.of[PRICE_CACHE_WRITE_1H].base, 6000000000);
	q.batch = true;
	assert_price(asked(p, &q, PRICE_INPUT), 1.25);
	assert_price(ask(p, "groq", "llama-x"), 0.1);
	assert_price(ask(p, "aws.bedrock", "anthropic.claude-x"), 3);
	q = (struct price_query){.provider = "openai", .model = "whisper-x"};
	assert_price(asked(p, &q, PRICE_AUDIO_MS), 0.1);
	prices__free(p);
}

/* What is paid for the web that is read, by how much of it that is; not said is not known. */
static void test_search_context(void **state)
{
	struct prices *p = load(
		"{\"perplexity/sonar\":{\"litellm_provider\":\"perplexity\","
		"\"input_cost_per_token\":1e-06,\"search_context_cost_per_query\":{"
		"\"search_context_size_high\":0.012,\"search_context_size_low\":0.005,"
		"\"search_context_size_medium\":0.008}},"
		"\"gpt-x-search\":{\"litellm_provider\":\"openai\",\"input_cost_per_token\":2e-06,"
		"\"search_context_cost_per_query\":{\"search_context_size_low\":0.03,"
		"\"search_context_size_high\":0.05}},"
		"\"gpt-x\":{\"litellm_provider\":\"openai\",\"input_cost_per_token\":2e-06,"
		"\"search_context_cost_per_query\":{\"search_context_size_low\":0.01,"
		"\"search_context_size_medium\":0.01,\"search_context_size_high\":0.01}}}");
	struct price_query q = {.provider = "perplexity", .model = "sonar"};

	assert_int_equal(prices__models(p), 3);
	assert_price(asked(p, &q, PRICE_INPUT), -1);
	q.search_context = "huge";
	assert_price(asked(p, &q, PRICE_INPUT), -1);
	q.search_context = "low";
	assert_price(asked(p, &q, PRICE_REQUEST), 5000);
	assert_price(asked(p, &q, PRICE_INPUT), 1);
	q.search_context = "high";
	assert_price(asked(p, &q, PRICE_REQUEST), 12000);
	q = (struct price_query){.provider = "openai", .model = "gpt-x-search"};
	assert_price(asked(p, &q, PRICE_INPUT), 2);
	assert_price(asked(p, &q, PRICE_WEB_SEARCH), -1);
	q.search_context = "high";
	assert_price(asked(p, &q, PRICE_WEB_SEARCH), 50000);
	q.search_context = "medium";
	assert_price(asked(p, &q, PRICE_WEB_SEARCH), -1);
	q = (struct price_query){.provider = "openai", .model = "gpt-x"};
	assert_price(asked(p, &q, PRICE_WEB_SEARCH), 10000);
	assert_price(asked(p, &q, PRICE_REQUEST), -1);
	prices__free(p);
}

/* Entries that cannot be used are counted, the rest counts. */
static void test_skipped(void **state)
{
	struct prices *p = load(
		"[{\"id\":\"openai\",\"models\":["
		"{\"id\":\"x\",\"match\":{\"nearly\":\"a\"},\"prices\":{\"input_mtok\":1}},"
		"{\"id\":\"x\",\"match\":{\"regex\":\"x***\"},\"prices\":{\"input_mtok\":1}},"
		"{\"id\":\"x\",\"match\":{\"equals\":\"a\"},\"prices\":{\"input_mtok\":-1}},"
		"{\"id\":\"x\",\"match\":{\"equals\":\"b\"},\"prices\":{\"input_mtok\":\"1\"}},"
		"{\"id\":\"x\",\"match\":{\"equals\":\"c\"},"
		"\"prices\":{\"input_mtok\":1,\"output_kpages\":1}},"
		"{\"id\":\"x\",\"match\":{\"equals\":\"d\"},\"prices\":{\"input_mtok\":9}}]}]");

	assert_int_equal(prices__models(p), 2);
	assert_int_equal(prices__skipped(p), 4);
	/* it asks for something that nobody counts */
	assert_price(ask(p, "openai", "c"), -1);
	assert_price(ask(p, "openai", "d"), 9);
	prices__free(p);
}

static void test_bad(void **state)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
		{"[{\"id\":\"openai\",\n\"models\":[}", "line 2 is not JSON"},
		{"", "is not JSON"},
		{"[]", "no model has a price"},
		{"{}", "no model has a price"},
		{"7", "neither a list of providers nor an object of models"},
		{"[{\"models\":[]}]", "a provider has no \"id\""},
	};
	char error[256];
	struct prices *p;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		write_list(bad[i].text);
		assert_int_equal(prices__load(path, error, sizeof(error), &p), -22);
		assert_non_null(strstr(error, bad[i].says));
		assert_non_null(strstr(error, path));
	}
	assert_int_equal(prices__load("/nonexistent/list", error, sizeof(error), &p), -2);
	assert_non_null(strstr(error, "/nonexistent/list: No such file"));
	assert_int_equal(prices__load("/tmp", error, sizeof(error), &p), -EISDIR);
}

/* The list that the program carries knows what everybody uses. */
static void test_builtin(void **state)
{
	static const char *const known[][2] = {
		{"openai", "gpt-4o-mini"},
		{"openai", "text-embedding-3-small"},
		{"anthropic", "claude-sonnet-4-5-20250929"},
		{"gcp.gemini", "gemini-2.5-pro"},
		{"aws.bedrock", "us.anthropic.claude-3-5-sonnet-20240620-v1:0"},
		{"groq", "llama-3.3-70b-versatile"},
		{"mistral_ai", "mistral-large-latest"},
		{"deepseek", "deepseek-chat"},
		{"azure.ai.openai", "gpt-4o-2024-08-06"},
	};
	char error[256];
	struct price_query q = {.provider = "perplexity", .model = "sonar-pro"};
	struct prices *p;
	size_t i;

	assert_int_equal(prices__load(NULL, error, sizeof(error), &p), 0);
	assert_int_equal(prices__skipped(p), 0);
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (ask(p, known[i][0], known[i][1]) <= 0)
			fail_msg("%s %s has no price", known[i][0], known[i][1]);
	assert_price(ask(p, "openai", "no-such-model"), -1);
	assert_price(asked(p, &q, PRICE_INPUT), -1);
	q.search_context = "medium";
	assert_price(asked(p, &q, PRICE_REQUEST), 10000);
	assert_price(asked(p, &q, PRICE_INPUT), 3);
	/* Twice as much for speed; of a model without such a price it is not known. */
	q = (struct price_query){.provider = "anthropic", .model = "claude-opus-5-5"};
	assert_price(asked(p, &q, PRICE_OUTPUT), 20);
	q.speed = "fast";
	assert_price(asked(p, &q, PRICE_OUTPUT), 40);
	q.model = "claude-sonnet-5-5";
	assert_price(asked(p, &q, PRICE_OUTPUT), -1);
	prices__free(p);
}

static int make_path(void **state)
{
	int fd = mkstemp(path);

	return fd < 0 ? -1 : close(fd);
}

static int remove_path(void **state)
{
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clauses),
		cmocka_unit_test(test_providers),
		cmocka_unit_test(test_when),
		cmocka_unit_test(test_litellm),
		cmocka_unit_test(test_search_context),
		cmocka_unit_test(test_skipped),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_builtin),
		cmocka_unit_test(test_gateways),
	};

	return cmocka_run_group_tests(tests, make_path, remove_path);
}
