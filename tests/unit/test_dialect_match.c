// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dialect/dialect.h"

static const struct dialect *match(const char *method, const char *host, const char *path)
{
	struct http_head h = {
		.method = span_str(method),
		.path = span_str(path),
		.authority = span_str(host),
	};

	return dialect__match(&h);
}

static void test_paths(void **state)
{
	static const struct {
		const char *path, *api; /* NULL: no model call */
		const char *operation;	/* NULL: chat */
	} cases[] = {
		{"/v1/chat/completions", "openai.chat"},
		{"/chat/completions", "openai.chat"},
		{"/v1/chat/completions/", "openai.chat"},
		{"//v1/chat/completions", "openai.chat"},
		{"/v1//chat/completions//", "openai.chat"},
		{"/api/v1/presets/p/chat/completions", "openai.chat"},
		{"/openai/deployments/d/extensions/chat/completions", "openai.chat"},
		{"/v1/acct/gateway/openai/chat/completions", "openai.chat"},
		{"/v1/chat/deferred-completion/id", NULL},
		{"/v1/realtime/client_secrets", NULL},
		{"/v1/realtime/calls", NULL},
		{"/v1/evals/eval_1/runs", NULL},
		{"/v1/chat/moderations", "openai.moderations", "moderation"},
		{"/openai/deployments/d/chat/completions", "openai.chat"},
		{"/openai/v1/chat/completions", "openai.chat"},
		{"/models/chat/completions", "openai.chat"},
		{"/api/v1/chat/completions", "openai.chat"},
		{"/v1beta/openai/chat/completions", "openai.chat"},
		{"/api/coding/paas/v4/chat/completions", "openai.chat"},
		{"/compatible-mode/v1/chat/completions", "openai.chat"},
		{"/v1/responses", "openai.responses"},
		{"/responses", "openai.responses"},
		{"/openai/v1/responses", "openai.responses"},
		{"/backend-api/codex/responses", "openai.responses"},
		{"/v1/responses/compact", "openai.responses.compact"},
		{"/v1/responses/input_tokens", "openai.count_tokens", "count_tokens"},
		{"/v1/responses/resp_1", NULL},
		{"/v1/responses/resp_1/cancel", NULL},
		{"/v1/messages", "anthropic.messages"},
		{"/anthropic/v1/messages", "anthropic.messages"},
		{"/v1/projects/p/locations/l/publishers/anthropic/models/m:rawPredict",
		 "anthropic.messages"},
		{"/v1/projects/p/locations/l/publishers/anthropic/models/m:streamRawPredict",
		 "anthropic.messages"},
		{"/v1/projects/p/locations/l/publishers/mistralai/models/m:rawPredict",
		 "vertex.predict"},
		{"/v1/projects/p/locations/l/publishers/anthropic/models/m:countTokens", NULL},
		{"/v1/projects/p/locations/l/publishers/anthropic/models/m%3ArawPredict",
		 "anthropic.messages"},
		{"/v1/messages/count_tokens", "anthropic.count_tokens", "count_tokens"},
		{"/v1/messages/batches", NULL},
		{"/v1/threads/t/messages", NULL},
		{"/v1/chat/completions/chatcmpl-1", NULL},
		{"/v1/chat/completions/chatcmpl-1/messages", NULL},
		{"/async/chat/completions", NULL},
		{"/v1/chat/completionsx", NULL},
		{"/v1/chat", "cohere.chat.v1"},
		{"/v2/chat", "cohere.chat.v2"},
		{"/v1/generate", "cohere.generate", "text_completion"},
		{"/v2/embed", "cohere.embed", "embeddings"},
		{"/v2/rerank", "cohere.rerank", "rerank"},
		{"/v1/rerank", "rerank", "rerank"},
		{"/api/chat", "ollama.chat"},
		{"/ollama/api/generate", "ollama.generate", "text_completion"},
		{"/api/embed", "ollama.embed", "embeddings"},
		{"/api/embeddings", "ollama.embed", "embeddings"},
		{"/ml/v1/text/generation", "watsonx.generate", "text_completion"},
		{"/api/chats", NULL},
		{"/v1/chat/x", NULL},
		{"/xchat/completionsy", NULL},
		{"/v1/completions", "openai.completions", "text_completion"},
		{"/openai/deployments/d/completions", "openai.completions", "text_completion"},
		{"/v1/fim/completions", "mistral.fim", "text_completion"},
		{"/v1/agents/completions", "mistral.agents"},
		{"/v1/conversations", "mistral.conversations"},
		{"/v1/conversations/conv_1", "mistral.conversations"},
		{"/v1/conversations/conv_1/restart", "mistral.conversations"},
		{"/v1/conversations/conv_1/items", NULL},
		{"/v1/embeddings", "openai.embeddings", "embeddings"},
		{"/v1/moderations", "openai.moderations", "moderation"},
		{"/v1/images/generations", "openai.images", "image"},
		{"/v1/images/edits", "openai.images", "image"},
		{"/v1/audio/transcriptions", "openai.audio", "audio"},
		{"/v1/audio/speech", "openai.audio", "audio"},
		{"/messages", NULL},
		{"/", NULL},
		{"", NULL},
		{"*", NULL},
	};
	const struct dialect *d;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		d = match("POST", "host.example", cases[i].path);
		if (!cases[i].api) {
			assert_null(d);
			continue;
		}
		assert_non_null(d);
		assert_string_equal(dialect__api(d), cases[i].api);
		assert_string_equal(dialect__operation(d),
				    cases[i].operation ? cases[i].operation : "chat");
	}
	assert_null(match("GET", "h", "/v1/chat/completions"));
	assert_null(match("HEAD", "h", "/v1/messages"));
	assert_null(match("OPTIONS", "h", "/v1/messages"));
	/* Writer has the wire of OpenAI where Cohere has its own. */
	assert_string_equal(dialect__api(match("POST", "api.writer.com", "/v1/chat")),
			    "openai.chat");
	assert_string_equal(dialect__api(match("POST", "api.writer.com:443", "/v1/chat")),
			    "openai.chat");
	assert_string_equal(dialect__api(match("POST", "api.cohere.com", "/v1/chat")),
			    "cohere.chat.v1");
	assert_string_equal(dialect__api(match("POST", NULL, "/v1/chat")), "cohere.chat.v1");
	assert_null(match("POST", "api.openai.com", "/v1/chat"));
	/* OpenAI's conversations are made without a model. */
	assert_null(match("POST", "api.openai.com", "/v1/conversations"));
}

static void provider(const char *host, const char *path, const char *want)
{
	const struct dialect *d = match("POST", host, path);

	assert_non_null(d);
	assert_string_equal(dialect__provider(d, span_str(host), span_str(path)), want);
}

static void test_providers(void **state)
{
	static const char chat[] = "/v1/chat/completions", messages[] = "/v1/messages";

	provider("r.services.ai.azure.com", "/voice-live/chat/completions", "azure.ai.openai");
	provider("open.bigmodel.cn", "/api/paas/v4/chat/completions", "z_ai");
	provider("api.openai.com", chat, "openai");
	provider("API.OpenAI.com", chat, "openai");
	provider("api.openai.com.", chat, "openai");
	provider("eu.api.openai.com", chat, "openai");
	provider("api.openai.com.evil.example", chat, "openai"); /* by flavour */
	provider("localhost", chat, "openai");
	provider("localhost", messages, "anthropic");
	provider("", messages, "anthropic");
	provider("x.openai.azure.com", chat, "azure.ai.openai");
	provider("x.services.ai.azure.com", "/openai/v1/chat/completions", "azure.ai.openai");
	provider("x.services.ai.azure.com", "/models/chat/completions", "azure.ai.inference");
	provider("x.services.ai.azure.com", "/anthropic/v1/messages", "anthropic");
	provider("x.services.ai.azure.com", "/api/projects/p/openai/v1/responses",
		 "azure.ai.openai");
	provider("x.services.ai.azure.com", "//openai/deployments/d/chat/completions",
		 "azure.ai.openai");
	provider("x.openai.azure.us", "/openai/deployments/d/chat/completions", "azure.ai.openai");
	provider("m.swedencentral.inference.ai.azure.com", chat, "azure.ai.inference");
	provider("coding-intl.dashscope.aliyuncs.com", chat, "alibaba");
	provider("api.kimi.com", "/coding/v1/chat/completions", "moonshot_ai");
	provider("models.github.ai", "/inference/chat/completions", "azure.ai.inference");
	provider("bedrock-mantle.us-east-1.api.aws", chat, "aws.bedrock");
	provider("bedrock-agent-runtime.us-east-1.amazonaws.com", "/rerank", "aws.bedrock");
	provider("us-east5-aiplatform.googleapis.com",
		 "/v1/p/publishers/anthropic/models/m:rawPredict", "gcp.vertex_ai");
	provider("aiplatform.googleapis.com", chat, "gcp.vertex_ai");
	provider("m.eastus.inference.ml.azure.com", chat, "azure.ai.inference");
	provider("us-central1-aiplatform.mtls.googleapis.com", chat, "gcp.vertex_ai");
	provider("aiplatform.eu.rep.googleapis.com", chat, "gcp.vertex_ai");
	provider("dashscope-intl.aliyuncs.com", chat, "alibaba");
	provider("dashscope.aliyuncs.com", chat, "alibaba");
	provider("us-east-1.api.x.ai", chat, "x_ai");
	provider("api.x.ai", chat, "x_ai");
	provider("openrouter.ai", messages, "openrouter");
	provider("me-org.snowflakecomputing.com", chat, "snowflake");
	provider("router.huggingface.co", "/together/v1/chat/completions", "huggingface");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_providers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
