// SPDX-License-Identifier: Apache-2.0
#include "enrich/prices.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/file.h"
#include "base/map.h"
#include "base/siphash.h"
#include "enrich/prices_table.h"

#define ANSWERS_MAX 4096
#define SECONDS_PER_DAY 86400

/* tools/prices.json, put here by the linker (Makefile). */
extern const char prices_builtin[] __asm__("prices_builtin");
extern const char prices_builtin_end[] __asm__("prices_builtin_end");
__asm__(".section .rodata\n"
	".global prices_builtin, prices_builtin_end\n"
	"prices_builtin: .incbin \"tools/prices.json\"\n"
	"prices_builtin_end: .byte 0\n"
	".previous\n");

struct price_answer {
	uint64_t key;			 /* of provider, upstream and model */
	const struct price_model *model; /* NULL: none */
	struct map_node node;
};

/* Names of the GenAI conventions, and of products, to those of the list. */
static const struct {
	const char *ours, *list;
} provider_names[] = {
	{"aws.bedrock", "aws"},
	{"azure.ai.openai", "azure"},
	{"azure.ai.inference", "azure"},
	{"fireworks_ai", "fireworks"},
	{"gcp.gemini", "google"},
	{"gcp.gen_ai", "google"},
	{"gcp.vertex_ai", "google"},
	{"github_copilot", "github-copilot"},
	{"mistral_ai", "mistral"},
	{"moonshot_ai", "moonshotai"},
	{"novita_ai", "novita"},
	{"together_ai", "together"},
	{"voyage_ai", "voyageai"},
	{"x_ai", "x-ai"},
	{"z_ai", "zai"},
};

static uint8_t hash_key[SIPHASH_KEY_BYTES];

int64_t prices__nano(double dollars, double scale)
{
	double nano = dollars * 1e9 * scale;

	/* Times 1e6 units it still has to fit. */
	return nano >= 0 && nano < 1e15 ? (int64_t)llround(nano) : INT64_MIN;
}

static int read_file(const char *path, char **ret, size_t *ret_n)
{
	size_t size = 0, n = 0;
	int fd = file__open(path, PRICES_FILE_MAX, &size), err = 0;
	char *text = fd < 0 ? NULL : malloc(size + 1);

	if (fd < 0)
		return fd;
	if (!text)
		err = -ENOMEM;
	while (!err && n < size) {
		ssize_t r = read(fd, text + n, size - n);

		if (r < 0 && errno != EINTR)
			err = -errno;
		if (r == 0)
			break;
		n += r > 0 ? (size_t)r : 0;
	}
	close(fd);
	if (err) {
		free(text);
		return err;
	}
	*ret = text;
	*ret_n = n;
	return 0;
}

/* A list of providers, or an object that has one, is genai-prices'; an object of models is
 * LiteLLM's. */
static int read_json(struct prices *p, const char *text, size_t n, char *ret_error, size_t size)
{
	const char *at = NULL;
	cJSON *root = cJSON_ParseWithLengthOpts(text, n, &at, false);
	int err, line = 1;

	if (!root) {
		for (const char *c = text; at && c < at; c++)
			line += *c == '\n';
		snprintf(ret_error, size, "line %d is not JSON", line);
		return -EINVAL;
	}
	if (cJSON_IsArray(root) ||
	    cJSON_IsArray(cJSON_GetObjectItemCaseSensitive(root, "providers")))
		err = prices__read_genai(p, root, ret_error, size);
	else
		err = prices__read_litellm(p, root, ret_error, size);
	cJSON_Delete(root);
	malloc_trim(0);
	return err;
}

int prices__load(const char *path, char *ret_error, size_t size, struct prices **ret)
{
	const char *base = path ? strrchr(path, '/') : NULL;
	struct prices *p = calloc(1, sizeof(*p));
	char *text = NULL, why[160] = "";
	size_t n = 0;
	int err;

	if (!p)
		return -ENOMEM;
	if (getrandom(hash_key, sizeof(hash_key), GRND_NONBLOCK) != sizeof(hash_key))
		memset(hash_key, 0x5a, sizeof(hash_key));
	p->budget.max_bytes = PRICES_ARENA_MAX;
	arena__init(&p->arena, PRICES_ARENA_MAX, &p->budget);
	if (path)
		snprintf(p->source, sizeof(p->source), "list:%.80s", base ? base + 1 : path);
	if (path)
		err = read_file(path, &text, &n);
	else
		err = read_json(p, prices_builtin,
				(size_t)((uintptr_t)prices_builtin_end - (uintptr_t)prices_builtin),
				why, sizeof(why));
	if (path && !err)
		err = read_json(p, text, n, why, sizeof(why));
	free(text);
	if (!err && !p->n_models) {
		snprintf(why, sizeof(why), "no model has a price");
		err = -EINVAL;
	}
	if (err) {
		snprintf(ret_error, size, "%s: %s", path ? path : "the built-in list of prices",
			 *why ? why : file__why(err));
		prices__free(p);
		return err;
	}
	*ret = p;
	return 0;
}

static void forget_answers(struct prices *p)
{
	struct price_answer *a, *next;

	map__for_each(node, p->answers, a, next)
	{
		map__del(node, p->answers, a);
		free(a);
	}
}

void prices__free(struct prices *p)
{
	if (!p)
		return;
	forget_answers(p);
	for (struct price_provider *v = p->providers; v; v = v->next) {
		clause__free(v->model_match);
		for (struct price_model *m = v->models; m; m = m->next)
			clause__free(m->match);
	}
	arena__free(&p->arena);
	free(p);
}

const char *prices__source(const struct prices *p)
{
	return p->source;
}

unsigned int prices__models(const struct prices *p)
{
	return p->n_models;
}

unsigned int prices__skipped(const struct prices *p)
{
	return p->n_skipped;
}

/* --- finding --- */

static const struct price_provider *provider_find(const struct prices *p, const char *id)
{
	for (const struct price_provider *v = p->providers; v; v = v->next)
		if (!strcasecmp(v->id, id))
			return v;
	return NULL;
}

static const struct price_model *model_of(const struct price_provider *v, const char *model)
{
	for (const struct price_model *m = v ? v->models : NULL; m; m = m->next)
		if (m->name ? !strcasecmp(m->name, model) : clause__matches(m->match, model))
			return m;
	return NULL;
}

static const struct price_model *model_of_provider(const struct prices *p, const char *id,
						   const char *model)
{
	const struct price_provider *v = provider_find(p, id);
	const struct price_model *m = model_of(v, model);

	for (unsigned int i = 0; v && !m && i < v->n_fallback; i++)
		m = model_of(provider_find(p, v->fallback[i]), model);
	return m;
}

/* Providers whose models nobody else prices: who passes calls on to them charges what they do, as
 * far as he says. */
static const struct author {
	const char *id;	      /* in the list, and before the slash of a gateway's model name */
	const char *upstream; /* what a gateway calls the author's own service begins with */
} authors[] = {
	{"anthropic", "Anthropic"},
	{"google", "Google"},
	{"openai", "OpenAI"},
	{"x-ai", "xAI"},
};

#define N_AUTHORS (sizeof(authors) / sizeof(authors[0]))

/* Gateways that charge what the provider behind them does ("OpenRouter passes through the pricing
 * of the underlying providers": openrouter.ai/docs/faq; "zero markup": vercel.com/docs/ai-gateway):
 * author/model is priced by the author's own list, which knows when prices changed, or by that of
 * whoever else answered, where he has that model under the same name. */
static const char *const pass_through[] = {"openrouter", "vercel_ai_gateway"};

static const struct price_model *passed_through(const struct prices *p, const struct price_query *q)
{
	const char *slash = strchr(q->model, '/');
	size_t i, n = slash ? (size_t)(slash - q->model) : 0;
	bool gateway = false;

	for (i = 0; i < sizeof(pass_through) / sizeof(pass_through[0]); i++)
		gateway |= !strcmp(q->provider, pass_through[i]);
	/* Behind a colon stands that it is another offer: free, batch. */
	if (!gateway || !n || strchr(slash, ':'))
		return NULL;
	for (i = 0; i < N_AUTHORS; i++)
		if (strlen(authors[i].id) == n && !strncasecmp(authors[i].id, q->model, n))
			break;
	if (i < N_AUTHORS && (!q->upstream || !strncasecmp(q->upstream, authors[i].upstream,
							   strlen(authors[i].upstream))))
		return model_of_provider(p, authors[i].id, slash + 1);
	return q->upstream ? model_of_provider(p, q->upstream, q->model) : NULL;
}

/* Names of providers that are told by the wire alone, where nobody knows the host. */
static const char *const flavours[] = {"anthropic", "gcp.gen_ai", "openai"};

static const struct price_model *by_author(const struct prices *p, const struct price_query *q)
{
	const struct price_provider *v;
	bool flavour = false;
	size_t i;

	for (i = 0; i < sizeof(flavours) / sizeof(flavours[0]); i++)
		flavour |= !strcmp(q->provider, flavours[i]);
	for (i = 0; flavour && i < N_AUTHORS; i++) {
		v = provider_find(p, authors[i].id);
		if (v && v->model_match && clause__matches(v->model_match, q->model))
			return model_of(v, q->model);
	}
	return NULL;
}

static const struct price_model *look_up(const struct prices *p, const struct price_query *q)
{
	const struct price_model *m = NULL;
	char routed[128];
	size_t i;

	if (!q->provider || !q->model)
		return NULL;
	/* A router's price depends on whom it asks. */
	if (q->upstream) {
		snprintf(routed, sizeof(routed), "%s_%s", q->provider, q->upstream);
		m = model_of_provider(p, routed, q->model);
	}
	if (!m)
		m = passed_through(p, q);
	for (i = 0; i < sizeof(provider_names) / sizeof(provider_names[0]) && !m; i++)
		if (!strcmp(q->provider, provider_names[i].ours))
			m = model_of_provider(p, provider_names[i].list, q->model);
	if (!m)
		m = model_of_provider(p, q->provider, q->model);
	return m ? m : by_author(p, q);
}

static const struct price_model *remembered(struct prices *p, const struct price_query *q)
{
	char text[512];
	int n = snprintf(text, sizeof(text), "%s\n%s\n%s", q->provider ? q->provider : "",
			 q->upstream ? q->upstream : "", q->model ? q->model : "");
	struct price_answer *a;
	uint64_t key;
	int err;

	if (n < 0 || (size_t)n >= sizeof(text))
		return look_up(p, q);
	key = siphash(hash_key, span(text, (size_t)n));
	map__find(node, p->answers, key, a);
	if (a)
		return a->model;
	if (map__count(node, p->answers) >= ANSWERS_MAX)
		forget_answers(p);
	a = calloc(1, sizeof(*a));
	if (!a)
		return look_up(p, q);
	a->key = key;
	a->model = look_up(p, q);
	map__add(node, p->answers, key, a, err);
	if (err) {
		const struct price_model *m = a->model;

		free(a);
		return m;
	}
	return a->model;
}

static bool holds_at(const struct price_lines *l, uint64_t time_s)
{
	int of_day = (int)(time_s % SECONDS_PER_DAY);

	if (l->from_s != INT64_MIN && (int64_t)time_s < l->from_s)
		return false;
	if (l->from_of_day < 0)
		return true;
	return l->from_of_day <= l->to_of_day ? of_day >= l->from_of_day && of_day < l->to_of_day
					      : of_day >= l->from_of_day || of_day < l->to_of_day;
}

static bool is_meant(const struct price_lines *l, const struct price_query *q)
{
	for (unsigned int i = 0; i < l->n_when; i++) {
		const char *is = NULL;

		if (!strcmp(l->when[i].key, "service_tier"))
			is = q->service_tier;
		else if (!strcmp(l->when[i].key, "search_context_size"))
			is = q->search_context;
		else if (!strcmp(l->when[i].key, "speed"))
			is = q->speed;
		else if (!strcmp(l->when[i].key, "processing"))
			is = q->batch ? "batch" : NULL;
		if (!is || strcmp(is, l->when[i].value) != 0)
			return false;
	}
	return true;
}

static bool is_of(const struct price_lines *l, const char *key)
{
	for (unsigned int i = 0; i < l->n_when; i++)
		if (!strcmp(l->when[i].key, key))
			return true;
	return false;
}

/* Adds the lines of units that ret does not have yet. */
static void fill_in(const struct price_lines *l, struct price *ret)
{
	bool had[PRICE_MAX];

	for (int u = 0; u < PRICE_MAX; u++)
		had[u] = ret->of[u].known;
	for (unsigned int i = 0; i < l->n; i++) {
		struct price_amount *a = &ret->of[l->line[i].unit];

		if (had[l->line[i].unit])
			continue;
		a->known = true;
		if (l->line[i].start < 0) {
			a->base = l->line[i].price;
		} else if (a->n_tiers < PRICE_TIERS) {
			a->tier[a->n_tiers].start = l->line[i].start;
			a->tier[a->n_tiers++].price = l->line[i].price;
		}
	}
}

/* Does each request cost something that depends on what is not known? */
static bool is_open(const struct price_model *m, const struct price *price)
{
	for (unsigned int i = 0; i < m->n_variants && !price->of[PRICE_REQUEST].known; i++)
		for (unsigned int k = 0; k < m->variants[i].n; k++)
			if (m->variants[i].line[k].unit == PRICE_REQUEST)
				return true;
	return false;
}

bool prices__find(struct prices *p, const struct price_query *q, struct price *ret)
{
	const struct price_model *m = remembered(p, q);
	const struct price_lines *standard;
	bool batch = false, speed = false;

	if (!m || !m->n_prices)
		return false;
	*ret = (struct price){0};
	for (unsigned int i = 0; i < m->n_variants; i++) {
		if (!is_meant(&m->variants[i], q) || !holds_at(&m->variants[i], q->time_s))
			continue;
		fill_in(&m->variants[i], ret);
		batch |= is_of(&m->variants[i], "processing");
		speed |= is_of(&m->variants[i], "speed");
	}
	/* What a batch costs is not what a call costs, nor one that is made faster. */
	if ((q->batch && !batch) || (q->speed && !speed))
		return false;
	standard = &m->prices[0];
	for (unsigned int i = m->n_prices; i-- > 0;)
		if (holds_at(&m->prices[i], q->time_s)) {
			standard = &m->prices[i];
			break;
		}
	if (standard->unknown_unit)
		return false;
	fill_in(standard, ret);
	return !is_open(m, ret);
}
