// SPDX-License-Identifier: Apache-2.0
/* Which provider a host is, by the names of the GenAI conventions where they have one and by its
 * product's name elsewhere. */
#include "dialect/wire.h"

struct host {
	const char *host;     /* one '*' matches any text, also none */
	const char *path;     /* what the path begins with; NULL: any */
	const char *provider; /* gen_ai.provider.name */
};

/* The first line that matches counts. */
static const struct host hosts[] = {
	{"api.openai.com", NULL, "openai"},
	{"*.api.openai.com", NULL, "openai"}, /* regions */
	{"chatgpt.com", NULL, "openai"},
	{"*.openai.azure.com", NULL, "azure.ai.openai"},
	{"*.openai.azure.us", NULL, "azure.ai.openai"}, /* its clouds of states */
	{"*.openai.azure.cn", NULL, "azure.ai.openai"},
	{"*.cognitiveservices.azure.com", NULL, "azure.ai.openai"},
	{"*.services.ai.azure.com", "/openai", "azure.ai.openai"},
	{"*.services.ai.azure.com", "/api/projects/", "azure.ai.openai"}, /* Foundry */
	{"*.services.ai.azure.com", "/anthropic", "anthropic"},
	{"*.services.ai.azure.com", "/models", "azure.ai.inference"},
	{"*.services.ai.azure.com", "/voice-live", "azure.ai.openai"},
	{"*.api.cognitive.microsoft.com", NULL, "azure.ai.openai"},
	{"*.models.ai.azure.com", NULL, "azure.ai.inference"},
	{"models.inference.ai.azure.com", NULL, "azure.ai.inference"},
	{"*.inference.ai.azure.com", NULL, "azure.ai.inference"},
	{"*.inference.ml.azure.com", NULL, "azure.ai.inference"},
	{"models.github.ai", NULL, "azure.ai.inference"},
	{"api.anthropic.com", NULL, "anthropic"},
	{"generativelanguage.googleapis.com", NULL, "gcp.gemini"},
	{"*aiplatform.googleapis.com", NULL, "gcp.vertex_ai"},
	{"*aiplatform.mtls.googleapis.com", NULL, "gcp.vertex_ai"},
	{"aiplatform.*.rep.googleapis.com", NULL, "gcp.vertex_ai"}, /* several regions */
	{"*.cursor.sh", NULL, "cursor"},
	{"cloudcode-pa.googleapis.com", NULL, "gcp.gemini"}, /* Code Assist */
	{"bedrock-runtime.*", NULL, "aws.bedrock"},
	{"bedrock-runtime-fips.*", NULL, "aws.bedrock"},
	{"bedrock-mantle.*", NULL, "aws.bedrock"},
	{"bedrock-agent-runtime.*", "/rerank", "aws.bedrock"},
	{"*.vpce.amazonaws.com", "/model/", "aws.bedrock"}, /* PrivateLink */
	{"api.cohere.com", NULL, "cohere"},
	{"api.cohere.ai", NULL, "cohere"},
	{"api.mistral.ai", NULL, "mistral_ai"},
	{"codestral.mistral.ai", NULL, "mistral_ai"},
	{"api.groq.com", NULL, "groq"},
	{"api.deepseek.com", NULL, "deepseek"},
	{"api.x.ai", NULL, "x_ai"},
	{"*.api.x.ai", NULL, "x_ai"}, /* regions */
	{"api.perplexity.ai", NULL, "perplexity"},
	{"*.ml.cloud.ibm.com", NULL, "ibm.watsonx.ai"},
	{"openrouter.ai", NULL, "openrouter"},
	{"api.together.xyz", NULL, "together_ai"},
	{"api.together.ai", NULL, "together_ai"},
	{"ollama.com", NULL, "ollama"},
	{"router.huggingface.co", NULL, "huggingface"},
	{"api-inference.huggingface.co", NULL, "huggingface"},
	{"*.endpoints.huggingface.cloud", NULL, "huggingface"},
	{"api.writer.com", NULL, "writer"},
	{"api.fireworks.ai", NULL, "fireworks_ai"},
	{"*.direct.fireworks.ai", NULL, "fireworks_ai"}, /* audio */
	{"api.cerebras.ai", NULL, "cerebras"},
	{"api.z.ai", NULL, "z_ai"},
	{"open.bigmodel.cn", NULL, "z_ai"}, /* its name in China */
	{"integrate.api.nvidia.com", NULL, "nvidia"},
	{"ai.api.nvidia.com", NULL, "nvidia"},
	{"api.deepinfra.com", NULL, "deepinfra"},
	{"*.githubcopilot.com", NULL, "github_copilot"},
	{"api.minimax.io", NULL, "minimax"},
	{"api.minimaxi.com", NULL, "minimax"}, /* its names in China */
	{"api.minimax.chat", NULL, "minimax"},
	{"api.novita.ai", NULL, "novita_ai"},
	{"api.moonshot.ai", NULL, "moonshot_ai"},
	{"api.moonshot.cn", NULL, "moonshot_ai"},
	{"api.kimi.com", NULL, "moonshot_ai"},
	{"dashscope*.aliyuncs.com", NULL, "alibaba"},
	{"coding*.dashscope.aliyuncs.com", NULL, "alibaba"},
	{"api.voyageai.com", NULL, "voyage_ai"},
	{"api.replicate.com", NULL, "replicate"},
	{"ai-gateway.vercel.sh", NULL, "vercel_ai_gateway"},
	{"*.snowflakecomputing.com", NULL, "snowflake"},
	{"api.ai21.com", NULL, "ai21"},
	{"api.sambanova.ai", NULL, "sambanova"},
};

static bool host_is(struct span host, const char *pattern)
{
	const char *star = strchr(pattern, '*');
	struct span head = star ? span(pattern, (size_t)(star - pattern)) : span_str(pattern);
	struct span tail = star ? span_str(star + 1) : SPAN_NONE;

	if (!star)
		return span_ieq(host, head);
	return host.n >= head.n + tail.n && span_ieq(span_head(host, head.n), head) &&
	       span_ieq(span_skip(host, host.n - tail.n), tail);
}

const char *host__provider(struct span host, struct span path)
{
	size_t i;

	/* A name may be written with the root's dot. */
	if (host.n && host.p[host.n - 1] == '.')
		host.n--;
	/* Bases that end with a slash are put before paths that begin with one. */
	while (span_starts(path, SPAN_LIT("//")))
		path = span_skip(path, 1);
	for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
		if (host_is(host, hosts[i].host) &&
		    (!hosts[i].path || span_starts(path, span_str(hosts[i].path))))
			return hosts[i].provider;
	return NULL;
}

bool host__may_be(const struct http_head *h, const char *provider)
{
	const char *known = host__provider(host__of(h->authority), h->path);

	return !known || strcmp(known, provider) == 0;
}

bool dialect__serves(struct span host)
{
	size_t i;

	for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
		if (host_is(host, hosts[i].host))
			return true;
	return false;
}

struct span host__of(struct span authority)
{
	const uint8_t *at = authority.n ? memrchr(authority.p, '@', authority.n) : NULL;
	ptrdiff_t end;

	if (at)
		authority = span_skip(authority, (size_t)(at + 1 - authority.p));
	if (span_starts(authority, SPAN_LIT("["))) {
		authority = span_skip(authority, 1);
		end = span_find(authority, SPAN_LIT("]"));
	} else {
		end = span_find(authority, SPAN_LIT(":"));
	}
	return end >= 0 ? span_head(authority, (size_t)end) : authority;
}
