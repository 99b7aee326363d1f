// SPDX-License-Identifier: Apache-2.0
/* The form of genai-prices' data.json: providers, their models, clauses on names, prices in dollars
 * per million tokens (mtok), thousand pieces (kcount) or hour. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "enrich/prices_table.h"

#define LINES_MAX (PRICE_MAX * (1 + PRICE_TIERS))
#define PER_THOUSAND 1000.0
#define HOURS_PER_MILLION_MS (1e6 / 3.6e6)

/* scale: from the list's unit to a million of ours */
static const struct {
	const char *key;
	enum price_unit unit;
	double scale;
} units[] = {
	{"input_mtok", PRICE_INPUT, 1},
	{"output_mtok", PRICE_OUTPUT, 1},
	{"cache_read_mtok", PRICE_CACHE_READ, 1},
	{"cache_write_mtok", PRICE_CACHE_WRITE, 1},
	{"cache_write_1h_mtok", PRICE_CACHE_WRITE_1H, 1},
	{"input_audio_mtok", PRICE_INPUT_AUDIO, 1},
	{"input_image_mtok", PRICE_INPUT_IMAGE, 1},
	{"input_video_mtok", PRICE_INPUT_VIDEO, 1},
	{"cache_audio_read_mtok", PRICE_CACHE_READ_AUDIO, 1},
	{"cache_image_read_mtok", PRICE_CACHE_READ_IMAGE, 1},
	{"output_audio_mtok", PRICE_OUTPUT_AUDIO, 1},
	{"output_image_mtok", PRICE_OUTPUT_IMAGE, 1},
	{"output_video_mtok", PRICE_OUTPUT_VIDEO, 1},
	{"output_reasoning_mtok", PRICE_OUTPUT_REASONING, 1},
	{"web_searches_kcount", PRICE_WEB_SEARCH, PER_THOUSAND},
	{"requests_kcount", PRICE_REQUEST, PER_THOUSAND},
	{"audio_hours", PRICE_AUDIO_MS, HOURS_PER_MILLION_MS},
};

/* Asked for what a call may do besides, or said again: a call is priced without. */
static const char *const besides[] = {"storage_searches_kcount", "input_audio_hours"};

static bool is_besides(const char *key)
{
	for (size_t i = 0; i < sizeof(besides) / sizeof(besides[0]); i++)
		if (!strcmp(key, besides[i]))
			return true;
	return false;
}

struct lines {
	struct price_line line[LINES_MAX];
	unsigned int n;
	bool unknown_unit;
};

static int add(struct lines *l, enum price_unit unit, double start, const cJSON *price,
	       double scale)
{
	int64_t nano = cJSON_IsNumber(price) ? prices__nano(price->valuedouble, scale) : INT64_MIN;

	if (nano == INT64_MIN || l->n == LINES_MAX || !(start >= -1 && start < 1e12))
		return -EINVAL;
	l->line[l->n++] = (struct price_line){unit, (int64_t)start, nano};
	return 0;
}

static int read_amount(struct lines *l, const cJSON *item, enum price_unit unit, double scale)
{
	const cJSON *tiers = cJSON_GetObjectItemCaseSensitive(item, "tiers"), *t;
	int err;

	if (cJSON_IsNumber(item))
		return add(l, unit, -1, item, scale);
	err = add(l, unit, -1, cJSON_GetObjectItemCaseSensitive(item, "base"), scale);
	if (!cJSON_IsArray(tiers) || cJSON_GetArraySize(tiers) > PRICE_TIERS)
		return -EINVAL;
	cJSON_ArrayForEach(t, tiers)
	{
		const cJSON *start = cJSON_GetObjectItemCaseSensitive(t, "start");

		if (!err)
			err = cJSON_IsNumber(start) && start->valuedouble >= 0
				      ? add(l, unit, start->valuedouble,
					    cJSON_GetObjectItemCaseSensitive(t, "price"), scale)
				      : -EINVAL;
	}
	return err;
}

static int read_lines(struct prices *p, const cJSON *prices, struct price_lines *ret)
{
	struct lines l = {.n = 0};
	struct price_line *copy;
	const cJSON *item;
	int err = cJSON_IsObject(prices) ? 0 : -EINVAL;
	size_t i;

	cJSON_ArrayForEach(item, prices)
	{
		if (err || cJSON_IsNull(item) || is_besides(item->string))
			continue;
		for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
			if (!strcmp(item->string, units[i].key))
				break;
		if (i == sizeof(units) / sizeof(units[0]))
			l.unknown_unit = true;
		else
			err = read_amount(&l, item, units[i].unit, units[i].scale);
	}
	if (err)
		return err;
	copy = arena__alloc(&p->arena, (l.n + 1) * sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	memcpy(copy, l.line, l.n * sizeof(*copy));
	ret->line = copy;
	ret->n = l.n;
	ret->unknown_unit = l.unknown_unit;
	return 0;
}

static int second_of_day(const cJSON *item)
{
	int h, m, s;

	if (!cJSON_IsString(item) || sscanf(item->valuestring, "%2d:%2d:%2d", &h, &m, &s) != 3 ||
	    h < 0 || h > 23 || m < 0 || m > 59 || s < 0 || s > 59)
		return -1;
	return h * 3600 + m * 60 + s;
}

/* {"start_date":"2026-03-13"} or {"start_time":"00:30:00Z","end_time":"16:30:00Z"} */
static int read_constraint(const cJSON *c, struct price_lines *ret)
{
	const cJSON *date = cJSON_GetObjectItemCaseSensitive(c, "start_date");
	struct tm tm = {0};

	ret->from_s = INT64_MIN;
	ret->from_of_day = ret->to_of_day = -1;
	if (!c || cJSON_IsNull(c))
		return 0;
	if (cJSON_IsString(date)) {
		if (!strptime(date->valuestring, "%Y-%m-%d", &tm))
			return -EINVAL;
		ret->from_s = timegm(&tm);
		return 0;
	}
	ret->from_of_day = second_of_day(cJSON_GetObjectItemCaseSensitive(c, "start_time"));
	ret->to_of_day = second_of_day(cJSON_GetObjectItemCaseSensitive(c, "end_time"));
	return ret->from_of_day < 0 || ret->to_of_day < 0 ? -EINVAL : 0;
}

static int read_when(struct prices *p, const cJSON *when, struct price_lines *ret)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, when)
	{
		char *key, *value;

		if (!cJSON_IsString(item) || ret->n_when == CONDITIONS_MAX)
			return -EINVAL;
		key = arena__string(&p->arena, span_str(item->string));
		value = arena__string(&p->arena, span_str(item->valuestring));
		if (!key || !value)
			return -ENOMEM;
		ret->when[ret->n_when].key = key;
		ret->when[ret->n_when++].value = value;
	}
	return ret->n_when ? 0 : -EINVAL;
}

/* A list of {"constraint":…,"prices":…}, of variants with "when", too; or prices alone. */
static int read_list(struct prices *p, const cJSON *list, bool variants,
		     const struct price_lines **ret, unsigned int *ret_n)
{
	int n = cJSON_IsArray(list) ? cJSON_GetArraySize(list) : 1, i = 0, err = 0;
	struct price_lines *all = arena__alloc(&p->arena, (size_t)(n + 1) * sizeof(*all));
	const cJSON *item;

	if (!all)
		return -ENOMEM;
	*ret = all;
	*ret_n = (unsigned int)n;
	if (!cJSON_IsArray(list)) {
		read_constraint(NULL, all);
		return read_lines(p, list, all);
	}
	cJSON_ArrayForEach(item, list)
	{
		if (!err)
			err = read_constraint(cJSON_GetObjectItemCaseSensitive(item, "constraint"),
					      &all[i]);
		if (!err && variants)
			err = read_when(p, cJSON_GetObjectItemCaseSensitive(item, "when"), &all[i]);
		if (!err)
			err = read_lines(p, cJSON_GetObjectItemCaseSensitive(item, "prices"),
					 &all[i++]);
	}
	return err;
}

static int read_model(struct prices *p, const cJSON *json, struct price_model ***tail)
{
	const cJSON *variants = cJSON_GetObjectItemCaseSensitive(json, "price_variants");
	struct price_model *m = arena__alloc(&p->arena, sizeof(*m));
	char why[160];
	int err;

	if (!m)
		return -ENOMEM;
	err = read_list(p, cJSON_GetObjectItemCaseSensitive(json, "prices"), false, &m->prices,
			&m->n_prices);
	if (!err && cJSON_IsArray(variants))
		err = read_list(p, variants, true, &m->variants, &m->n_variants);
	if (err)
		return err;
	m->match = clause__read(cJSON_GetObjectItemCaseSensitive(json, "match"), why, sizeof(why));
	if (!m->match)
		return -EINVAL;
	**tail = m;
	*tail = &m->next;
	p->n_models++;
	return 0;
}

static int read_provider(struct prices *p, const cJSON *json, struct price_provider *v)
{
	const cJSON *fallback = cJSON_GetObjectItemCaseSensitive(json, "fallback_model_providers");
	const cJSON *item;
	const cJSON *match = cJSON_GetObjectItemCaseSensitive(json, "model_match");
	struct price_model **tail = &v->models;
	char why[160];

	v->model_match = match ? clause__read(match, why, sizeof(why)) : NULL;
	cJSON_ArrayForEach(item, fallback)
	{
		if (!cJSON_IsString(item) || v->n_fallback == FALLBACKS_MAX)
			continue;
		v->fallback[v->n_fallback] = arena__string(&p->arena, span_str(item->valuestring));
		if (!v->fallback[v->n_fallback++])
			return -ENOMEM;
	}
	cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(json, "models"))
	{
		int err = read_model(p, item, &tail);

		if (err == -ENOMEM)
			return err;
		p->n_skipped += err != 0;
	}
	return 0;
}

int prices__read_genai(struct prices *p, const cJSON *root, char *ret_error, size_t size)
{
	const cJSON *version = cJSON_GetObjectItemCaseSensitive(root, "version");
	const cJSON *name = cJSON_GetObjectItemCaseSensitive(root, "name");
	const cJSON *list =
		cJSON_IsArray(root) ? root : cJSON_GetObjectItemCaseSensitive(root, "providers");
	struct price_provider **tail = &p->providers;
	const cJSON *item;

	if (cJSON_IsString(name) && cJSON_IsString(version))
		snprintf(p->source, sizeof(p->source), "list:%.40s %.40s", name->valuestring,
			 version->valuestring);
	cJSON_ArrayForEach(item, list)
	{
		const cJSON *id = cJSON_GetObjectItemCaseSensitive(item, "id");
		struct price_provider *v;
		int err;

		if (!cJSON_IsString(id)) {
			snprintf(ret_error, size, "a provider has no \"id\"");
			return -EINVAL;
		}
		v = arena__alloc(&p->arena, sizeof(*v));
		if (!v)
			return -ENOMEM;
		v->id = arena__string(&p->arena, span_str(id->valuestring));
		if (!v->id)
			return -ENOMEM;
		*tail = v;
		tail = &v->next;
		err = read_provider(p, item, v);
		if (err)
			return err;
	}
	return 0;
}
