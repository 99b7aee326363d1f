// SPDX-License-Identifier: Apache-2.0
#include "sink/otlp/encode.h"

#include <errno.h>
#include <string.h>

#include "base/limits.h"
#include "sink/otlp/encode_inner.h"

void otlp_encode__init(struct otlp_encode *e, const struct otlp_config *config,
		       const struct otlp_profile *profile, enum semconv semconv)
{
	size_t max = limits_default.otlp_message;

	*e = (struct otlp_encode){
		.config = config,
		.profile = profile,
		.semconv = semconv,
		.budget.max_bytes = max,
	};
	arena__init(&e->arena, max, &e->budget);
}

int otlp_encode__pack(struct otlp_encode *e, const ProtobufCMessage *message, struct buf *out)
{
	size_t n = protobuf_c_message_get_packed_size(message);
	int err = buf__reserve(out, n);

	if (!err)
		out->n += protobuf_c_message_pack(message, out->p + out->n);
	arena__free(&e->arena);
	return err;
}

void encode_facts(struct otlp_encode *e, const struct naming *n, const struct fields *t,
		  const void *record, struct attributes *a)
{
	char room[ATTRIBUTE_NAME_MAX];
	struct value value;
	const char *name;
	unsigned int i;

	for (i = 0; i < t->n; i++) {
		if (t->v[i].part != PART_FACT || !field__get(&t->v[i], record, &value))
			continue;
		name = attribute__name(n, t->v[i].name, room);
		if (name == room)
			name = arena__string(&e->arena, span_str(room));
		if (name)
			attributes__value(a, name, &value);
	}
}

/* A JSON-RPC error's code, which is what error.type is then. */
static bool rpc_code(const struct call *c, const char **ret)
{
	const char *s = c->error_type;

	if (!s || *s != '-' || !s[1] || s[1 + strspn(s + 1, "0123456789")])
		return false;
	*ret = s;
	return true;
}

/* OpenAI's two APIs of the same thing, as the conventions name them. */
static const char *openai_api(const struct call *c)
{
	if (!c->api || !c->provider || strcmp(c->provider, "openai") != 0)
		return NULL;
	if (!strcmp(c->api, "openai.chat"))
		return "chat_completions";
	return strncmp(c->api, "openai.responses", 16) ? NULL : "responses";
}

/* The newest text wants a reason for each choice, also for one that did not come to its end. */
static void add_missing_reason(const struct naming *n, const struct call *c, struct attributes *a)
{
	static const char *const reasons[] = {"error"};
	struct value v = {.kind = VALUE_TEXTS, .n = 1, .texts = reasons};

	if (n->semconv == SEMCONV_LATEST && n->type == SPAN_INFERENCE && c->error_type &&
	    c->status >= 200 && c->status < 300)
		attributes__value(a, "gen_ai.response.finish_reasons", &v);
}

void encode_extras(struct otlp_encode *e, const struct naming *n, const struct call *c,
		   struct attributes *a)
{
	const char *code;

	if (n->type == SPAN_MCP_CLIENT || n->type == SPAN_MCP_SERVER) {
		attributes__text(a, "network.transport", "tcp");
		attributes__text(a, "network.protocol.name", "http");
		if (rpc_code(c, &code))
			attributes__text(a, "rpc.response.status_code", code);
	} else {
		attributes__text(a, "openai.api.type", openai_api(c));
		if (c->provider && !strncmp(c->provider, "azure.ai.", 9))
			attributes__text(a, "azure.resource_provider.namespace",
					 "Microsoft.CognitiveServices");
		add_missing_reason(n, c, a);
	}
	if (e->profile->add)
		e->profile->add(a, c);
}

/* As SDKs do it: the last eight bytes, of which 63 bits count, below the ratio's share. */
static bool in_ratio(const uint8_t trace_id[16], double ratio)
{
	uint64_t x = 0;
	int i;

	for (i = 8; i < 16; i++)
		x = x << 8 | trace_id[i];
	return ratio >= 1 || (double)(x >> 1) < ratio * 9223372036854775808.0;
}

bool otlp_encode__is_sampled(const struct otlp_config *config, const uint8_t trace_id[16],
			     enum sampled sampled)
{
	if (config->parent_based && sampled != SAMPLED_UNSAID)
		return sampled == SAMPLED_YES;
	if (config->sampler == OTLP_RATIO)
		return in_ratio(trace_id, config->ratio);
	return config->sampler == OTLP_ALWAYS_ON;
}
