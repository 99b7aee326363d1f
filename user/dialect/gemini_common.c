// SPDX-License-Identifier: Apache-2.0
#include "dialect/gemini.h"

/* --- request --- */

static const struct json_path stops[] = {JSON_EACH(FACT_REQUEST_STOP, JSON_SCALAR)};
static const struct json_path modalities[] = {JSON_EACH(GEMINI_RESPONSE_MODALITY, JSON_SCALAR)};
static const struct json_path thinking[] = {
	GEMINI_PATH("thinkingLevel", "thinking_level", FACT_REQUEST_REASONING, JSON_SCALAR),
};
const struct json_path gemini_config[22] = {
	JSON_PATH("temperature", FACT_REQUEST_TEMPERATURE, JSON_SCALAR),
	GEMINI_PATH("topP", "top_p", FACT_REQUEST_TOP_P, JSON_SCALAR),
	GEMINI_PATH("topK", "top_k", FACT_REQUEST_TOP_K, JSON_SCALAR),
	GEMINI_PATH("candidateCount", "candidate_count", FACT_REQUEST_CHOICES, JSON_SCALAR),
	GEMINI_PATH("maxOutputTokens", "max_output_tokens", FACT_REQUEST_MAX_TOKENS, JSON_SCALAR),
	JSON_PATH("seed", FACT_REQUEST_SEED, JSON_SCALAR),
	GEMINI_PATH("frequencyPenalty", "frequency_penalty", FACT_REQUEST_FREQUENCY_PENALTY,
		    JSON_SCALAR),
	GEMINI_PATH("presencePenalty", "presence_penalty", FACT_REQUEST_PRESENCE_PENALTY,
		    JSON_SCALAR),
	GEMINI_KIDS("stopSequences", "stop_sequences", 0, 0, stops),
	GEMINI_PATH("responseMimeType", "response_mime_type", GEMINI_MIME_TYPE, JSON_SCALAR),
	GEMINI_KIDS("responseModalities", "response_modalities", 0, 0, modalities),
	GEMINI_KIDS("thinkingConfig", "thinking_config", 0, 0, thinking),
};

void gemini__output_type(struct dialect_reader *r, const struct json_value *v)
{
	static const struct {
		uint16_t id;
		const char *text, *type;
	} types[] = {
		{GEMINI_MIME_TYPE, "application/json", "json"},
		{GEMINI_MIME_TYPE, "text/plain", "text"},
		{GEMINI_RESPONSE_MODALITY, "IMAGE", "image"},
		{GEMINI_RESPONSE_MODALITY, "AUDIO", "speech"},
		{GEMINI_RESPONSE_MODALITY, "2", "image"},
		{GEMINI_RESPONSE_MODALITY, "3", "speech"},
	};
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (v->id == types[i].id && span_ieq(v->text, span_str(types[i].text)))
			wire__text(r, FACT_REQUEST_OUTPUT_TYPE, span_str(types[i].type), false, 0);
}

/* --- usage --- */

static const struct json_path detail[] = {
	JSON_PATH("modality", GEMINI_MODALITY, JSON_SCALAR),
	GEMINI_PATH("tokenCount", "token_count", GEMINI_TOKENS, JSON_SCALAR),
};

#define DETAILS(name, id) \
	static const struct json_path name[] = {JSON_EACH_KIDS(id, JSON_ENTER | JSON_LEAVE, detail)}

DETAILS(input_details, GEMINI_INPUT);
DETAILS(output_details, GEMINI_OUTPUT);
DETAILS(cache_details, GEMINI_CACHE);

static const struct json_path gateway[] = {
	JSON_PATH("cost_estimate", FACT_COST_USD, JSON_SCALAR),
};

const struct json_path gemini_usage[25] = {
	GEMINI_PATH("promptTokenCount", "prompt_token_count", WIRE_INPUT, JSON_SCALAR),
	GEMINI_PATH("candidatesTokenCount", "candidates_token_count", WIRE_OUTPUT, JSON_SCALAR),
	GEMINI_PATH("responseTokenCount", "response_token_count", WIRE_OUTPUT,
		    JSON_SCALAR), /* Live */
	GEMINI_PATH("thoughtsTokenCount", "thoughts_token_count", WIRE_REASONING, JSON_SCALAR),
	GEMINI_PATH("cachedContentTokenCount", "cached_content_token_count", WIRE_CACHE_READ,
		    JSON_SCALAR),
	GEMINI_PATH("toolUsePromptTokenCount", "tool_use_prompt_token_count", FACT_TOOL_USE_TOKENS,
		    JSON_SCALAR),
	GEMINI_KIDS("promptTokensDetails", "prompt_tokens_details", 0, 0, input_details),
	GEMINI_KIDS("promptTokenDetails", "prompt_token_details", 0, 0,
		    input_details), /* embeddings */
	GEMINI_KIDS("candidatesTokensDetails", "candidates_tokens_details", 0, 0, output_details),
	GEMINI_KIDS("responseTokensDetails", "response_tokens_details", 0, 0, output_details),
	GEMINI_KIDS("cacheTokensDetails", "cache_tokens_details", 0, 0, cache_details),
	GEMINI_PATH("serviceTier", "service_tier", FACT_SERVICE_TIER, JSON_SCALAR),
	JSON_KIDS("pydantic_ai_gateway", 0, 0, gateway),
};

/* As a name, or as its number where the client asks for enum-encoding=int. */
static int modality_of(struct span text)
{
	static const struct {
		const char *name, *number;
		int modality;
	} names[] = {{"TEXT", "1", 0}, {"IMAGE", "2", 1}, {"AUDIO", "4", 2}};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (span_ieq(text, span_str(names[i].name)) ||
		    span_eq(text, span_str(names[i].number)))
			return names[i].modality;
	return -1;
}

void gemini__detail(struct dialect_reader *r, struct gemini_detail *d, const struct json_value *v)
{
	static const enum fact first[] = {
		[GEMINI_INPUT - GEMINI_INPUT] = FACT_INPUT_TEXT_TOKENS,
		[GEMINI_OUTPUT - GEMINI_INPUT] = FACT_OUTPUT_TEXT_TOKENS,
		[GEMINI_CACHE - GEMINI_INPUT] = FACT_CACHE_READ_TEXT_TOKENS,
	};

	switch (v->id) {
	case GEMINI_MODALITY:
		d->modality = modality_of(v->text);
		break;
	case GEMINI_TOKENS:
		if (v->type == JSON_NUMBER && v->integral)
			d->tokens = v->number;
		break;
	default:
		if (v->event == JSON_ENDS && d->modality >= 0 && d->tokens >= 0)
			wire__number(r, first[v->id - GEMINI_INPUT] + (enum fact)d->modality,
				     d->tokens);
		*d = (struct gemini_detail){.modality = -1, .tokens = -1};
		break;
	}
}

void gemini__count(const struct dialect_reader *r, int64_t tokens[WIRE_N_USAGE])
{
	int64_t *output = &tokens[WIRE_OUTPUT - WIRE_INPUT];
	int64_t thoughts = USAGE(r, WIRE_REASONING);

	if (thoughts <= 0)
		return;
	if (*output < 0)
		*output = thoughts; /* nothing but thoughts: zeros are left out */
	else if (__builtin_add_overflow(*output, thoughts, output))
		*output = -1;
}

/* --- paths --- */

static struct span trim(struct span path)
{
	return span_ends(path, SPAN_LIT("/")) ? span_head(path, path.n - 1) : path;
}

/* Where the colon before the method begins and, in *ret_n, how long it is: it may be escaped. */
static ptrdiff_t find_colon(struct span path, size_t *ret_n)
{
	size_t i;

	for (i = path.n; i-- > 0 && path.p[i] != '/';) {
		*ret_n = path.p[i] == ':' ? 1 : 3;
		if (path.p[i] == ':' || span_ieq(span_head(span_skip(path, i), 3), SPAN_LIT("%3A")))
			return (ptrdiff_t)i;
	}
	return -1;
}

bool gemini__method_is(struct span path, const char *method)
{
	size_t n;
	ptrdiff_t at;

	path = trim(path);
	at = find_colon(path, &n);
	return at >= 0 && span_eq(span_skip(path, (size_t)at + n), span_str(method));
}

struct span gemini__model(struct span name)
{
	static const char models[] = "models/";
	ptrdiff_t at;

	while ((at = span_find(name, SPAN_LIT(models))) >= 0)
		name = span_skip(name, (size_t)at + sizeof(models) - 1);
	return name;
}

struct span gemini__path_model(struct span path)
{
	static const char *const before[] = {"/models/", "/tunedModels/", "/endpoints/"};
	ptrdiff_t at, colon;
	size_t i, n;

	colon = find_colon(trim(path), &n);
	if (colon < 0)
		return SPAN_NONE;
	path = span_head(path, (size_t)colon);
	for (i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
		struct span name = span_str(before[i]), rest = path;
		bool found = false;

		for (; (at = span_find(rest, name)) >= 0; found = true)
			rest = span_skip(rest, (size_t)at + name.n);
		if (found)
			return rest;
	}
	return SPAN_NONE;
}
