// SPDX-License-Identifier: Apache-2.0
#include "sink/metrics.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/map.h"
#include "base/utf8.h"
#include "sink/metrics_inner.h"

/* Nanoseconds of many calls at once are more than 63 bits within days. */
typedef __int128 wide;

struct series {
	struct map_node node;
	wide sum; /* of a counter or a gauge: its value */
	uint64_t count;
	int64_t min, max;
	struct metric_exemplar *exemplars;
	uint64_t buckets[METRIC_BOUNDS_MAX + 1];
	uint32_t key[]; /* numbers of the labels' texts */
};

static void define(struct metrics *m, enum metric id)
{
	static const struct {
		uint32_t labels;
		enum metrics_option option;
	} optional[] = {
		{1U << LABEL_RESPONSE_MODEL, METRICS_RESPONSE_MODEL},
		{1U << LABEL_SERVER_ADDRESS | 1U << LABEL_SERVER_PORT, METRICS_SERVER},
		{1U << LABEL_POD, METRICS_POD},
	};
	const struct metric_row *row = &metric_rows[id];
	struct family *f = &m->families[id];
	uint32_t labels = row->labels;
	unsigned int i;

	for (i = 0; i < sizeof(optional) / sizeof(optional[0]); i++)
		if (!(m->cfg.options & optional[i].option))
			labels &= ~optional[i].labels;
	f->def = row->def;
	f->def.labels = f->label_names;
	f->per_unit = row->per_unit;
	f->wanted = row->semconvs & 1U << m->cfg.semconv;
	for (i = 0; i < N_METRIC_LABELS; i++) {
		if (!(labels & 1U << i))
			continue;
		f->labels[f->def.n_labels] = (enum metric_label)i;
		f->label_names[f->def.n_labels++] = metric_label_names[i];
		f->def.n_owner_labels += i < N_OWNER_LABELS;
	}
	for (i = 0; i < f->def.n_bounds; i++)
		f->bounds[i] = llround(f->def.bounds[i] * (double)f->per_unit);
}

int metrics__new(const struct metrics_config *config, struct metrics **ret)
{
	struct metrics *m = calloc(1, sizeof(*m));
	unsigned int i;

	if (!m)
		return -ENOMEM;
	m->cfg = *config;
	if (!m->cfg.max_series)
		m->cfg.max_series = limits_default.metric_series;
	m->start_ns = config->start_ns;
	pthread_mutex_init(&m->lock, NULL);
	intern__init(&m->texts, limits_default.metric_texts);
	for (i = 0; i < N_METRICS; i++)
		define(m, (enum metric)i);
	*ret = m;
	return 0;
}

static void free_series(struct series *s)
{
	if (s)
		free(s->exemplars);
	free(s);
}

static void forget(struct family *f)
{
	HASH_CLEAR(node, f->head);
	while (f->n)
		free_series(f->v[--f->n]);
	free(f->v);
	free_series(f->overflow);
	f->v = NULL;
	f->overflow = NULL;
	f->cap = 0;
}

void metrics__free(struct metrics *m)
{
	unsigned int i;

	if (!m)
		return;
	for (i = 0; i < N_METRICS; i++)
		forget(&m->families[i]);
	intern__clear(&m->texts);
	pthread_mutex_destroy(&m->lock);
	free(m);
}

/* ---- series ---- */

static bool is_plain(const char *text, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (text[i] < ' ' || text[i] > '~')
			return false;
	return true;
}

/* As it is kept: the longest beginning that has room, without what no terminal should see. Texts
 * that look the same to their readers must be the same to us, else a series would be there twice.
 * room: METRIC_LABEL_BYTES. */
static struct span label_text(const char *text, uint8_t *room)
{
	size_t len = strnlen(text, METRIC_LABEL_BYTES + 1), n = 0, used;
	struct span in = span(text, len);
	uint8_t c[4];
	uint32_t cp;

	if (len <= METRIC_LABEL_BYTES && is_plain(text, len))
		return in;
	while ((used = utf8__next(in, &cp))) {
		in = span_skip(in, used);
		used = utf8__encode(utf8__unsafe(cp) ? UTF8_REPLACEMENT : cp, c);
		if (n + used > METRIC_LABEL_BYTES)
			break;
		memcpy(room + n, c, used);
		n += used;
	}
	return span(room, n);
}

/* False: there is a text, and no room for it. */
static bool label_number(struct metrics *m, struct label_set *l, enum metric_label label,
			 uint32_t *ret)
{
	uint8_t room[METRIC_LABEL_BYTES];

	if (l->text[label] && !*l->text[label])
		l->text[label] = NULL; /* to Prometheus that is the same */
	if (!(l->looked_up & 1U << label)) {
		l->number[label] = INTERN_NONE;
		if (l->text[label])
			l->number[label] = intern__add(&m->texts, label_text(l->text[label], room));
		l->looked_up |= 1U << label;
	}
	*ret = l->number[label];
	return *ret != INTERN_NONE || !l->text[label];
}

static struct series *new_series(const struct family *f, const uint32_t *key)
{
	size_t bytes = f->def.n_labels * sizeof(*key);
	struct series *s = calloc(1, sizeof(*s) + bytes);

	if (s && key)
		memcpy(s->key, key, bytes);
	return s;
}

static bool make_room(struct family *f)
{
	unsigned int cap = f->cap ? f->cap * 2 : 8;
	struct series **v;

	if (f->n < f->cap)
		return true;
	v = realloc(f->v, cap * sizeof(struct series *));
	if (!v)
		return false;
	f->v = v;
	f->cap = cap;
	return true;
}

static struct series *add_series(struct family *f, const uint32_t *key)
{
	bool map_oom__ = false;
	struct series *s;

	if (!make_room(f))
		return NULL;
	s = new_series(f, key);
	if (!s)
		return NULL;
	HASH_ADD_KEYPTR(node, f->head, s->key, f->def.n_labels * sizeof(*key), s);
	if (map_oom__) {
		free_series(s);
		return NULL;
	}
	return f->v[f->n++] = s;
}

static struct series *overflow(struct family *f)
{
	if (!f->overflow)
		f->overflow = new_series(f, NULL);
	return f->overflow;
}

/* NULL: no memory, which is counted. */
static struct series *find_series(struct metrics *m, struct family *f, struct label_set *l)
{
	uint32_t key[N_METRIC_LABELS];
	struct series *s = NULL;
	bool known = true;
	unsigned int i;

	for (i = 0; i < f->def.n_labels; i++)
		known &= label_number(m, l, f->labels[i], &key[i]);
	if (known)
		HASH_FIND(node, f->head, key, f->def.n_labels * sizeof(key[0]), s);
	if (!s)
		s = known && f->n < m->cfg.max_series ? add_series(f, key) : overflow(f);
	m->refused += !s;
	return s;
}

/* ---- values ---- */

static unsigned int bucket_of(const struct family *f, int64_t v)
{
	unsigned int i = 0;

	while (i < f->def.n_bounds && v > f->bounds[i])
		i++;
	return i;
}

static void keep_exemplar(const struct metrics *m, const struct family *f, struct series *s,
			  unsigned int at, int64_t v, const struct metric_exemplar *x)
{
	unsigned int n = f->def.kind == METRIC_HISTOGRAM ? f->def.n_bounds + 1 : 1;

	if (!x || !(m->cfg.options & METRICS_EXEMPLARS))
		return;
	if (!s->exemplars)
		s->exemplars = calloc(n, sizeof(*s->exemplars));
	if (!s->exemplars)
		return;
	s->exemplars[at] = *x;
	s->exemplars[at].value = v;
	s->exemplars[at].real = (double)v / (double)f->per_unit;
}

/* n values more, of which these are the smallest and the largest. */
static void widen(struct series *s, uint64_t n, int64_t min, int64_t max)
{
	if (!s->count || min < s->min)
		s->min = min;
	if (!s->count || max > s->max)
		s->max = max;
	s->count += n;
}

void metrics__observe(struct metrics *m, enum metric metric, struct label_set *l, int64_t v,
		      const struct metric_exemplar *x)
{
	struct family *f = &m->families[metric];
	struct series *s = f->wanted ? find_series(m, f, l) : NULL;
	unsigned int at = 0;

	if (!s)
		return;
	s->sum = f->def.kind == METRIC_GAUGE ? v : s->sum + v;
	if (f->def.kind == METRIC_HISTOGRAM) {
		at = bucket_of(f, v);
		s->buckets[at]++;
		widen(s, 1, v, v);
	}
	if (f->def.kind != METRIC_GAUGE && v > 0)
		keep_exemplar(m, f, s, at, v, x);
}

void metrics__observe_many(struct metrics *m, enum metric metric, struct label_set *l,
			   const struct call_gaps *g)
{
	struct family *f = &m->families[metric];
	struct series *s = f->wanted ? find_series(m, f, l) : NULL;
	unsigned int i;

	if (!s)
		return;
	for (i = 0; i < CALL_GAP_BUCKETS; i++)
		s->buckets[i] += g->buckets[i];
	s->sum += g->sum_ns;
	widen(s, g->n, (int64_t)g->min_ns, (int64_t)g->max_ns);
}

/* ---- reading ---- */

static int64_t narrow(wide v)
{
	return v > INT64_MAX ? INT64_MAX : v < INT64_MIN ? INT64_MIN : (int64_t)v;
}

static void tell(struct metrics *m, const struct family *f, const struct series *s, metrics_cb cb,
		 void *ctx)
{
	const char *labels[N_METRIC_LABELS] = {NULL};
	bool hist = f->def.kind == METRIC_HISTOGRAM;
	double per_unit = (double)f->per_unit;
	struct metric_point p = {
		.label_values = labels,
		.overflow = s == f->overflow,
		.start_ns = m->start_ns,
		.value = narrow(s->sum),
		.real = (double)s->sum / per_unit,
		.count = s->count,
		.sum_value = narrow(s->sum),
		.sum = (double)s->sum / per_unit,
		.min = (double)s->min / per_unit,
		.max = (double)s->max / per_unit,
		.buckets = hist ? s->buckets : NULL,
		.exemplars = s->exemplars,
	};
	unsigned int i;

	for (i = 0; i < f->def.n_labels && !p.overflow; i++)
		if (s->key[i] != INTERN_NONE)
			labels[i] = intern__text(&m->texts, s->key[i]);
	cb(ctx, &f->def, &p);
}

/* The overflow's place is behind the last that there may be, so that none before it moves. */
static const struct series *series_at(const struct metrics *m, const struct family *f,
				      unsigned int *i)
{
	if (*i < f->n)
		return f->v[*i];
	if (*i <= m->cfg.max_series && f->overflow) {
		*i = m->cfg.max_series;
		return f->overflow;
	}
	return NULL;
}

bool metrics__some(struct metrics *m, struct metrics_cursor *at, unsigned int max, metrics_cb cb,
		   void *ctx)
{
	const struct series *s;

	pthread_mutex_lock(&m->lock);
	while (at->def < N_METRICS && max) {
		s = series_at(m, &m->families[at->def], &at->point);
		if (!s) {
			at->def++;
			at->point = 0;
			continue;
		}
		at->point++;
		max--;
		tell(m, &m->families[at->def], s, cb, ctx);
	}
	pthread_mutex_unlock(&m->lock);
	return at->def < N_METRICS;
}

void metrics__each(struct metrics *m, metrics_cb cb, void *ctx)
{
	struct metrics_cursor at = {0};

	metrics__some(m, &at, UINT32_MAX, cb, ctx);
}

void metrics__reset(struct metrics *m, uint64_t time_ns)
{
	bool crowded;
	unsigned int i;

	pthread_mutex_lock(&m->lock);
	/* Texts of old are let go now and then, and with them the gauges that have such. */
	crowded = m->texts.bytes > m->texts.max_bytes / 2;
	for (i = 0; i < N_METRICS; i++)
		if (crowded || m->families[i].def.kind != METRIC_GAUGE)
			forget(&m->families[i]);
	if (crowded)
		intern__clear(&m->texts);
	m->start_ns = time_ns;
	pthread_mutex_unlock(&m->lock);
}
