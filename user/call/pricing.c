// SPDX-License-Identifier: Apache-2.0
#include "call/pricing.h"

#include <math.h>
#include <string.h>

#include "dialect/dialect.h"

#define NS_PER_S 1000000000ULL
#define PROVIDER_MAX 32 /* of a path that may name one */

static int64_t sum(int64_t a, int64_t b)
{
	return a < 0 ? b : b < 0 ? a : a + b;
}

static void set_usage(const struct call *c, struct usage *u)
{
	*u = usage_unknown;
	u->input = c->input_tokens;
	/* Vectors are no tokens: all that an embedding counts is its input. */
	if (u->input < 0 && c->operation && !strcmp(c->operation, "embeddings"))
		u->input = c->total_tokens;
	/* Results of the provider's own tools are read by the model as well. */
	if (c->tool_use_tokens > 0)
		u->input = sum(u->input, c->tool_use_tokens);
	u->output = c->output_tokens;
	u->cache_read = c->cache_read_tokens;
	u->cache_write = sum(c->cache_write_tokens, -1);
	if (u->cache_write < 0)
		u->cache_write = sum(c->cache_write_5m_tokens, c->cache_write_1h_tokens);
	u->cache_write_1h = c->cache_write_1h_tokens;
	u->input_audio = c->input_parts.audio;
	u->input_image = c->input_parts.image;
	u->cache_read_audio = c->cache_read_parts.audio;
	u->cache_read_image = c->cache_read_parts.image;
	u->output_audio = c->output_parts.audio;
	u->output_image = c->output_parts.image;
	u->output_reasoning = c->reasoning_tokens;
	u->web_searches = c->web_searches;
	if (isfinite(c->audio_seconds) && c->audio_seconds >= 0 && c->audio_seconds < 1e9)
		u->audio_ms = llround(c->audio_seconds * 1e3);
}

static bool ask(const struct call *c, struct prices *prices, const char *provider,
		const char *model, struct price *ret)
{
	const struct price_query q = {
		.provider = provider,
		.upstream = c->upstream,
		.model = model,
		.service_tier = c->service_tier ? c->service_tier : c->request_service_tier,
		.speed = c->speed && strcmp(c->speed, "standard") ? c->speed : NULL,
		.search_context = c->search_context,
		.batch = c->batch_requests > 0 ||
			 (c->service_tier && !strcmp(c->service_tier, "batch")),
		.time_s = c->time_ns / NS_PER_S,
	};

	return model && prices__find(prices, &q, ret);
}

/* Gateways name the provider behind them as the first part of the path: /groq/openai/v1/... Empty:
 * it is no gateway, as far as its host tells. */
static void gateway_of(const struct call *c, char ret[PROVIDER_MAX])
{
	size_t n = c->path && *c->path == '/' ? strcspn(c->path + 1, "/") : 0;

	*ret = 0;
	if (!n || n >= PROVIDER_MAX || dialect__serves(span_str(c->server_address)))
		return;
	memcpy(ret, c->path + 1, n);
	ret[n] = 0;
}

/* What answered is what is paid for; its dated name may be younger than the list. */
static bool find(const struct call *c, struct prices *prices, const char *provider,
		 struct price *ret)
{
	return ask(c, prices, provider, c->response_model, ret) ||
	       ask(c, prices, provider, c->request_model, ret);
}

/* An answer that the client did not wait for: what was asked is paid for at least. */
static bool is_least(const struct call *c)
{
	return c->error_type && !strcmp(c->error_type, "cancelled") && c->input_tokens >= 0 &&
	       c->output_tokens < 0;
}

void pricing__fill(struct call *c, struct prices *prices)
{
	char gateway[PROVIDER_MAX];
	struct price price;
	struct usage usage;
	int64_t nusd;

	if (c->cost_nusd >= 0 || c->kind == CALL_TOOL || c->counted_tokens >= 0)
		return;
	gateway_of(c, gateway);
	if ((!*gateway || !find(c, prices, gateway, &price)) &&
	    !find(c, prices, c->provider, &price))
		return;
	set_usage(c, &usage);
	/* A batch tells the sum of its calls, not how large each was. */
	if (c->batch_requests > 1 && cost__depends(&price, usage.input))
		return;
	if (is_least(c))
		usage.output = 0;
	nusd = cost__of(&price, &usage);
	if (nusd < 0)
		return;
	c->cost_nusd = nusd;
	c->cost_source = prices__source(prices);
	c->cost_estimated = c->input_estimated || c->output_estimated || is_least(c);
}
