// SPDX-License-Identifier: Apache-2.0
#include "dialect/shape.h"
#include "dialect/wire.h"

/* The first that matches counts. One a line, so that lines can be added side by side. */
/* clang-format off */
static const struct dialect *const dialects[] = {
	&dialect_openai_chat,
	&dialect_openai_responses,
	&dialect_openai_responses_ws,
	&dialect_openai_realtime,
	&dialect_openai_response_fetch,
	&dialect_openai_chat_fetch,
	&dialect_openai_batch,
	&dialect_openai_run,
	&dialect_openai_run_fetch,
	&dialect_openai_compact,
	&dialect_openai_count_tokens,
	&dialect_mistral_fim,
	&dialect_mistral_agents,
	&dialect_mistral_conversations,
	&dialect_openai_completions,
	&dialect_openai_moderations,
	&dialect_openai_images,
	&dialect_openai_transcriptions,
	&dialect_openai_speech,
	&dialect_anthropic_count_tokens,
	&dialect_anthropic_messages,
	&dialect_anthropic_complete,
	&dialect_anthropic_batch,
	&dialect_bedrock_converse,
	&dialect_gemini_generate,
	&dialect_gemini_embed,
	&dialect_gemini_count,
	&dialect_vertex_embeddings,
	&dialect_vertex_predict,
	&dialect_vertex_chat,
	&dialect_gemini_interactions,
	&dialect_gemini_interaction_fetch,
	&dialect_gemini_live,
	&dialect_ollama_chat,
	&dialect_ollama_generate,
	&dialect_ollama_embed,
	&dialect_cohere_chat_v2,
	&dialect_cohere_chat_v1,
	&dialect_cohere_generate,
	&dialect_cohere_embed,
	&dialect_cohere_rerank,
	&dialect_rerank,
	&dialect_watsonx_generate,
	&dialect_watsonx_chat,
	&dialect_watsonx_embed,
	&dialect_tgi,
	&dialect_replicate,
	&dialect_replicate_fetch,
	&dialect_bedrock_invoke,
	&dialect_bedrock_bidirectional,
	&dialect_bedrock_count_tokens,
	&dialect_openai_embeddings, /* after Ollama's /api/embeddings */
	&dialect_mcp, /* by its headers alone: after all that know their path */
	&dialect_opaque_gemini,
	&dialect_opaque_gemini_embed,
	&dialect_opaque_gemini_predict,
	&dialect_opaque_xai,
	&dialect_opaque_cursor_chat,
	&dialect_opaque_cursor_agent,
	&dialect_opaque_cursor,
};
/* clang-format on */

/* A method that is not known may be any. */
static bool method_is(const struct dialect *d, struct span method)
{
	return !method.n || span_eq(method, span_str(d->method ? d->method : "POST"));
}

const struct dialect *dialect__match(const struct http_head *request)
{
	struct span path = request->path;
	size_t i;

	if (!path.p)
		return shape__may_be(request) ? &dialect_unknown : NULL;
	while (path.n > 1 && path.p[path.n - 1] == '/')
		path.n--;
	for (i = 0; i < sizeof(dialects) / sizeof(dialects[0]); i++)
		if (method_is(dialects[i], request->method) && dialects[i]->match(request, path))
			return dialects[i];
	return NULL;
}

enum dialect_kind dialect__kind(const struct dialect *d)
{
	return d->kind;
}

bool dialect__is_session(const struct dialect *d)
{
	return d->session;
}

const char *dialect__api(const struct dialect *d)
{
	return d->api;
}

const char *dialect__operation(const struct dialect *d)
{
	return d->operation;
}

const char *dialect__provider(const struct dialect *d, struct span host, struct span path)
{
	const char *provider = host__provider(host, path);

	return provider ? provider : d->flavour;
}
