// SPDX-License-Identifier: Apache-2.0
/* The form of LiteLLM's model_prices_and_context_window.json: one object a model, whose keys name
 * what is priced, above how many tokens, and for which kind of processing, as in
 * input_cost_per_token_above_200k_tokens_batches; dollars per single unit. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/span.h"
#include "enrich/prices_table.h"

#define LINES_MAX (PRICE_MAX * (1 + PRICE_TIERS))
#define MILLION 1e6
#define MILLION_MS_IN_S 1e3

static const struct {
	const char *key;
	enum price_unit unit;
	double scale; /* from one of the list's units to a million of ours */
} units[] = {
	/* longer names first: the first that the key begins with counts */
	{"cache_creation_input_token_cost_above_1hr", PRICE_CACHE_WRITE_1H, MILLION},
	{"cache_creation_input_token_cost", PRICE_CACHE_WRITE, MILLION},
	{"cache_read_input_token_cost", PRICE_CACHE_READ, MILLION},
	{"cache_read_input_audio_token_cost", PRICE_CACHE_READ_AUDIO, MILLION},
	{"cache_read_input_image_token_cost", PRICE_CACHE_READ_IMAGE, MILLION},
	{"input_cost_per_token_cache_hit", PRICE_CACHE_READ, MILLION},
	{"input_cost_per_token", PRICE_INPUT, MILLION},
	{"input_cost_per_audio_token", PRICE_INPUT_AUDIO, MILLION},
	{"input_cost_per_image_token", PRICE_INPUT_IMAGE, MILLION},
	{"input_cost_per_video_token", PRICE_INPUT_VIDEO, MILLION},
	{"input_cost_per_second", PRICE_AUDIO_MS, MILLION_MS_IN_S},
	{"output_cost_per_token", PRICE_OUTPUT, MILLION},
	{"output_cost_per_audio_token", PRICE_OUTPUT_AUDIO, MILLION},
	{"output_cost_per_image_token", PRICE_OUTPUT_IMAGE, MILLION},
	{"output_cost_per_video_token", PRICE_OUTPUT_VIDEO, MILLION},
	{"output_cost_per_reasoning_token", PRICE_OUTPUT_REASONING, MILLION},
};

/* What the end of a key asks of the call. The first is the standard price. */
static const struct {
	const char *suffix, *key, *value;
} kinds[] = {
	{"", NULL, NULL},
	{"_batches", "processing", "batch"},
	{"_flex", "service_tier", "flex"},
	{"_priority", "service_tier", "priority"},
};

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* Its providers, by the names of prices.c's list; those not here are called the same. */
static const struct {
	const char *theirs, *list;
	bool prefix; /* others begin like it */
} providers[] = {
	{"azure_ai", "azure", true},	    {"bedrock", "aws", true},
	{"codestral", "mistral", false},    {"fireworks_ai", "fireworks", true},
	{"gemini", "google", false},	    {"github_copilot", "github-copilot", false},
	{"moonshot", "moonshotai", false},  {"text-completion-openai", "openai", false},
	{"together_ai", "together", false}, {"vertex_ai", "google", true},
	{"voyage", "voyageai", false},	    {"xai", "x-ai", false},
};

/* Of a search of the web, or of a request that makes one, by how much is read of what is found. */
static const struct {
	const char *key, *value;
} sizes[] = {
	{"search_context_size_low", "low"},
	{"search_context_size_medium", "medium"},
	{"search_context_size_high", "high"},
};

#define N_SIZES (sizeof(sizes) / sizeof(sizes[0]))

struct lines {
	struct price_line line[LINES_MAX];
	unsigned int n;
};

static int by_unit_and_start(const void *a, const void *b)
{
	const struct price_line *x = a, *y = b;

	if (x->unit != y->unit)
		return x->unit < y->unit ? -1 : 1;
	return x->start < y->start ? -1 : x->start > y->start;
}

/* One price of a model; keys that name none are passed over. */
static void read_price(const cJSON *item, struct lines by_kind[N_KINDS])
{
	const char *rest;
	long long start = -1;
	char unit[8] = "";
	int used = 0;
	size_t i, k;

	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (span_starts(span_str(item->string), span_str(units[i].key)))
			break;
	if (i == sizeof(units) / sizeof(units[0]) || !cJSON_IsNumber(item))
		return;
	rest = item->string + strlen(units[i].key);
	if (sscanf(rest, "_above_%6lld%1[km]_tokens%n", &start, unit, &used) == 2 && used) {
		start *= unit[0] == 'k' ? 1000 : 1000000;
		rest += used;
	} else {
		start = -1;
	}
	for (k = 0; k < N_KINDS && strcmp(rest, kinds[k].suffix) != 0; k++)
		;
	if (k < N_KINDS && by_kind[k].n < LINES_MAX) {
		int64_t nano = prices__nano(item->valuedouble, units[i].scale);

		if (nano != INT64_MIN)
			by_kind[k].line[by_kind[k].n++] =
				(struct price_line){units[i].unit, start, nano};
	}
}

static int keep(struct prices *p, struct lines *l, const char *key, const char *value,
		struct price_lines *ret)
{
	struct price_line *copy = arena__alloc(&p->arena, (l->n + 1) * sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	qsort(l->line, l->n, sizeof(l->line[0]), by_unit_and_start);
	memcpy(copy, l->line, l->n * sizeof(*copy));
	*ret = (struct price_lines){
		.line = copy,
		.n = l->n,
		.from_s = INT64_MIN,
		.from_of_day = -1,
		.to_of_day = -1,
	};
	if (key) {
		ret->when[0].key = key;
		ret->when[0].value = value;
		ret->n_when = 1;
	}
	return 0;
}

static const char *list_name(const char *theirs)
{
	for (size_t i = 0; i < sizeof(providers) / sizeof(providers[0]); i++)
		if (providers[i].prefix
			    ? span_starts(span_str(theirs), span_str(providers[i].theirs))
			    : !strcmp(theirs, providers[i].theirs))
			return providers[i].list;
	return theirs;
}

static struct price_provider *provider_of(struct prices *p, const char *id)
{
	struct price_provider **at = &p->providers;

	while (*at && strcmp((*at)->id, id) != 0)
		at = &(*at)->next;
	if (*at)
		return *at;
	*at = arena__alloc(&p->arena, sizeof(**at));
	if (*at)
		(*at)->id = arena__string(&p->arena, span_str(id));
	return *at && (*at)->id ? *at : NULL;
}

/* What a search costs whatever its size is the price of a search. Where it depends on that, it is a
 * variant: of a request where the provider searches for each and counts none (Perplexity). */
static int read_searches(struct prices *p, const cJSON *json, bool each_request,
			 struct lines *standard, struct price_model *m,
			 struct price_lines *variants)
{
	const cJSON *of = cJSON_GetObjectItemCaseSensitive(json, "search_context_cost_per_query");
	enum price_unit unit = each_request ? PRICE_REQUEST : PRICE_WEB_SEARCH;
	int64_t nano[N_SIZES];
	bool same = true;
	int err = 0;
	size_t i;

	for (i = 0; i < N_SIZES; i++) {
		const cJSON *item = cJSON_GetObjectItemCaseSensitive(of, sizes[i].key);

		nano[i] =
			cJSON_IsNumber(item) ? prices__nano(item->valuedouble, MILLION) : INT64_MIN;
		same &= nano[i] == nano[0];
	}
	if (same && nano[0] != INT64_MIN && standard->n < LINES_MAX)
		standard->line[standard->n++] = (struct price_line){PRICE_WEB_SEARCH, -1, nano[0]};
	for (i = 0; i < N_SIZES && !same && !err; i++) {
		struct lines one = {.line = {{unit, -1, nano[i]}}, .n = 1};

		if (nano[i] != INT64_MIN)
			err = keep(p, &one, "search_context_size", sizes[i].value,
				   &variants[m->n_variants++]);
	}
	return err;
}

/* 1: the entry has no price of a kind that is known. */
static int read_model(struct prices *p, const cJSON *json)
{
	const cJSON *theirs = cJSON_GetObjectItemCaseSensitive(json, "litellm_provider"), *item;
	struct lines by_kind[N_KINDS] = {0};
	struct price_lines *variants, *standard;
	struct price_provider *v;
	struct price_model *m;
	const char *name = json->string;
	size_t prefix;
	int err = 0;

	if (!cJSON_IsString(theirs))
		return 1;
	cJSON_ArrayForEach(item, json) read_price(item, by_kind);
	if (!by_kind[0].n)
		return 1;
	/* "groq/llama-…" of groq is asked for as "llama-…". */
	prefix = strcspn(name, "/");
	if (name[prefix] && !strncmp(name, theirs->valuestring, prefix))
		name += prefix + 1;
	v = provider_of(p, list_name(theirs->valuestring));
	m = arena__alloc(&p->arena, sizeof(*m));
	standard = arena__alloc(&p->arena, sizeof(*standard));
	variants = arena__alloc(&p->arena, (N_KINDS + N_SIZES) * sizeof(*variants));
	if (!v || !m || !standard || !variants)
		return -ENOMEM;
	err = read_searches(p, json, !strcmp(theirs->valuestring, "perplexity"), &by_kind[0], m,
			    variants);
	if (!err)
		err = keep(p, &by_kind[0], NULL, NULL, standard);
	for (size_t k = 1; !err && k < N_KINDS; k++)
		if (by_kind[k].n)
			err = keep(p, &by_kind[k], kinds[k].key, kinds[k].value,
				   &variants[m->n_variants++]);
	m->name = arena__string(&p->arena, span_str(name));
	if (err || !m->name)
		return -ENOMEM;
	m->prices = standard;
	m->n_prices = 1;
	m->variants = variants;
	m->next = v->models;
	v->models = m;
	p->n_models++;
	return 0;
}

int prices__read_litellm(struct prices *p, const cJSON *root, char *ret_error, size_t size)
{
	const cJSON *item;

	if (!cJSON_IsObject(root)) {
		snprintf(ret_error, size, "neither a list of providers nor an object of models");
		return -EINVAL;
	}
	cJSON_ArrayForEach(item, root)
	{
		int err = cJSON_IsObject(item) ? read_model(p, item) : 1;

		if (err < 0)
			return err;
		p->n_skipped += err != 0;
	}
	return 0;
}
