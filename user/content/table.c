// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "content/family.h"

/* clang-format off */
static const struct {
	const char *api;
	const struct content_family *family;
} families[] = {
	{"openai.chat", &content_chat},
	{"mistral.agents", &content_chat},
	{"mistral.fim", &content_completions},
	{"mistral.conversations", &content_responses},
	{"watsonx.chat", &content_chat},
	{"openai.completions", &content_completions},
	{"openai.responses", &content_responses},
	{"openai.responses.compact", &content_responses},
	{"openai.count_tokens", &content_responses},
	{"openai.realtime", &content_realtime},
	{"anthropic.messages", &content_messages},
	{"anthropic.count_tokens", &content_messages},
	{"anthropic.complete", &content_completions},
	{"gemini.generate", &content_gemini},
	{"gemini.count_tokens", &content_gemini},
	{"gemini.embed", &content_texts},
	{"gemini.interactions", &content_interactions},
	{"gemini.live", &content_live},
	{"bedrock.converse", &content_converse},
	{"bedrock.invoke", &content_invoke},
	{"bedrock.count_tokens", &content_invoke},
	{"cohere.chat.v1", &content_cohere_v1},
	{"cohere.chat.v2", &content_cohere_v2},
	{"ollama.chat", &content_ollama},
	{"ollama.generate", &content_ollama},
	{"mcp", &content_mcp},
};
/* clang-format on */

const struct content_family *content_family__of(const char *api)
{
	size_t i;

	if (!api)
		return NULL;
	for (i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		if (!strcmp(families[i].api, api))
			return families[i].family;
	/* Embeddings, reranking, moderation, images, predictions: they are asked in plain texts. */
	return &content_texts;
}
