// SPDX-License-Identifier: Apache-2.0
#include "dialect_facts.h"

static const struct dialect *match(const char *path, const char *type)
{
	struct http_header header = {SPAN_LIT("Content-Type"), span_str(type)};
	struct http_head h = {
		.method = SPAN_LIT("POST"),
		.path = span_str(path),
		.headers = &header,
		.n_headers = 1,
	};

	return dialect__match(&h);
}

static void test_methods(void **state)
{
	static const struct {
		const char *path, *type, *api, *operation;
	} cases[] = {
		{"/google.cloud.aiplatform.v1.PredictionService/StreamGenerateContent",
		 "application/grpc", "gemini.grpc", "generate_content"},
		{"/google.ai.generativelanguage.v1beta.GenerativeService/GenerateContent",
		 "application/grpc-web+proto", "gemini.grpc", "generate_content"},
		{"/google.ai.generativelanguage.v1beta.GenerativeService/BatchEmbedContents",
		 "application/grpc", "gemini.grpc", "embeddings"},
		{"/google.cloud.aiplatform.v1beta1.PredictionService/Predict", "application/grpc",
		 "gemini.grpc", "predict"},
		{"/xai_api.Chat/GetCompletionChunk", "application/grpc+proto", "xai.grpc", "chat"},
		{"/agent.v1.AgentService/Run", "application/connect+proto", "cursor",
		 "invoke_agent"},
		{"/aiserver.v1.ChatService/StreamUnifiedChatWithTools", "application/connect+proto",
		 "cursor", "chat"},
		{"/proxy/aiserver.v1.AiService/StreamChat", "Application/Connect+Proto", "cursor",
		 "chat"},
		{"/aiserver.v1.CppService/StreamCpp", "application/proto", "cursor",
		 "generate_content"},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct dialect *d = match(cases[i].path, cases[i].type);

		assert_non_null(d);
		assert_int_equal(dialect__kind(d), DIALECT_OPAQUE);
		assert_string_equal(dialect__api(d), cases[i].api);
		assert_string_equal(dialect__operation(d), cases[i].operation);
		/* The body must be what the method's is. */
		assert_null(match(cases[i].path, "application/json"));
	}
}

static void test_others(void **state)
{
	static const char *const paths[] = {
		"/google.ai.generativelanguage.v1beta.ModelService/ListModels",
		"/google.ai.generativelanguage.v1beta.GenerativeService/CountTokens",
		"/google.cloud.aiplatform.v1.PredictionService/Explain",
		"/google.cloud.aiplatform.v1.EndpointService/GetEndpoint",
		"/xai_api.Models/ListLanguageModels",
		"/xai_api.Chat/DeleteStoredCompletion",
		"/aiserver.v1.AnalyticsService/Batch",
		"/aiserver.v1.AiService/AvailableModels",
		"/aiserver.v1.ChatService/WarmStreamUnifiedChatWithTools",
		"/agent.v1.AgentService/GetUsableModels",
		"/agent.v1.AgentService/RunX",
		"/agent.v1.AgentService",
		"/Run",
		"/helloworld.Greeter/SayHello",
		"/opentelemetry.proto.collector.trace.v1.TraceService/Export",
		"",
	};
	size_t i;

	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		assert_null(match(paths[i], "application/grpc"));
}

static char *facts(const char *status)
{
	struct http_header types[] = {
		{SPAN_LIT("content-type"), SPAN_LIT("application/grpc")},
		{SPAN_LIT("grpc-status"), span_str(status)},
	};
	struct http_head q = {
		.method = SPAN_LIT("POST"),
		.path = SPAN_LIT("/xai_api.Chat/GetCompletion"),
		.headers = types,
		.n_headers = 1,
	};
	struct http_head a = {.status = 200, .headers = types, .n_headers = 2};
	struct dialect_reader *r;
	size_t n;
	char *p;
	FILE *f = open_memstream(&p, &n);

	assert_int_equal(
		dialect_reader__new(dialect__match(&q), &q, &facts_ops, f, &limits_default, &r), 0);
	assert_true(dialect_reader__confirmed(r));
	/* Whatever is in it, nothing is told of it. */
	dialect_reader__request(r, SPAN_LIT("\0\0\0\0\x10{\"model\":\"m\"}"), 1);
	dialect_reader__request_end(r, 1);
	dialect_reader__response_head(r, &a, 1);
	dialect_reader__response(r, SPAN_LIT("{\"usage\":{\"prompt_tokens\":1}}"), 1);
	dialect_reader__response_end(r, 1);
	dialect_reader__free(r);
	fclose(f);
	return p;
}

static void test_status(void **state)
{
	static const char *const cases[][2] = {
		{"0", ""},
		{"8", "error=RESOURCE_EXHAUSTED "},
		{"16", "error=UNAUTHENTICATED "},
		{"17", ""},
		{"x", ""},
		{"", ""},
		{"99999999999", ""},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *got = facts(cases[i][0]);

		assert_string_equal(got, cases[i][1]);
		free(got);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_methods),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
