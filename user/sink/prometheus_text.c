// SPDX-License-Identifier: Apache-2.0
/* Formats: https://prometheus.io/docs/instrumenting/exposition_formats/ (0.0.4) and OpenMetrics 1.0
 * (draft-richih-opsawg-openmetrics). */
#include "sink/prometheus_text.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define NAME_BYTES 128
#define NUMBER_BYTES 40

/* A text under way; the first failure stays. */
struct writer {
	struct buf *out;
	int err;
};

static void put(struct writer *w, struct span s)
{
	if (!w->err)
		w->err = buf__add(w->out, s);
}

static void put_text(struct writer *w, const char *s)
{
	put(w, span_str(s));
}

/* ---- names ---- */

static void add_suffix(char *name, const char *suffix)
{
	size_t n = strlen(name);

	snprintf(name + n, NAME_BYTES - n, "_%s", suffix);
}

/* "": a unit that is a word for what is counted, and in the name already. */
static const char *unit_suffix(const char *unit)
{
	static const struct {
		const char *unit, *suffix;
	} units[] = {{"s", "seconds"}, {"By", "bytes"}, {"USD", "usd"}};
	size_t i;

	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (!strcmp(units[i].unit, unit))
			return units[i].suffix;
	return "";
}

static void translate(const char *otel, char *ret)
{
	size_t i;

	for (i = 0; i < NAME_BYTES - 1 && otel[i]; i++)
		ret[i] = otel[i] == '.' ? '_' : otel[i];
	ret[i] = 0;
}

/* Of the family: without _total. */
static void family_name(const struct metric_def *def, char *ret)
{
	translate(def->name, ret);
	if (*unit_suffix(def->unit))
		add_suffix(ret, unit_suffix(def->unit));
}

static void label_name(const char *otel, char *ret)
{
	static const char own[] = "llmsnoop.";

	translate(strncmp(otel, own, sizeof(own) - 1) ? otel : otel + sizeof(own) - 1, ret);
}

/* ---- numbers ---- */

/* The shortest text that reads back as v. */
static void format_real(double v, char *ret)
{
	int digits;

	if (!isfinite(v)) {
		snprintf(ret, NUMBER_BYTES, "%s", isnan(v) ? "NaN" : v > 0 ? "+Inf" : "-Inf");
		return;
	}
	for (digits = 15; digits <= 17; digits++) {
		snprintf(ret, NUMBER_BYTES, "%.*g", digits, v);
		if (strtod(ret, NULL) == v)
			break;
	}
}

/* As OpenMetrics wants bounds, so that a series has the same name in both formats: 1.0, not 1, and
 * from a million on with an exponent. */
static void format_bound(double v, char *ret)
{
	int digits;

	if (v < 1e6 || isinf(v)) {
		format_real(v, ret);
		if (!strpbrk(ret, ".I"))
			strcat(ret, ".0");
		return;
	}
	for (digits = 0; digits <= 17; digits++) {
		snprintf(ret, NUMBER_BYTES, "%.*e", digits, v);
		if (strtod(ret, NULL) == v)
			break;
	}
}

static void put_real(struct writer *w, double v)
{
	char text[NUMBER_BYTES];

	format_real(v, text);
	put_text(w, text);
}

static void put_uint(struct writer *w, uint64_t v)
{
	char text[NUMBER_BYTES];

	snprintf(text, sizeof(text), "%" PRIu64, v);
	put_text(w, text);
}

static void put_int(struct writer *w, int64_t v)
{
	char text[NUMBER_BYTES];

	snprintf(text, sizeof(text), "%" PRId64, v);
	put_text(w, text);
}

/* ---- labels ---- */

static void put_escaped(struct writer *w, const char *s)
{
	static const char *const escape[256] = {['\\'] = "\\\\", ['"'] = "\\\"", ['\n'] = "\\n"};
	size_t n;

	for (; *s; s += n) {
		n = strcspn(s, "\\\"\n");
		put(w, span(s, n));
		if (!s[n])
			break;
		put_text(w, escape[(uint8_t)s[n]]);
		n++;
	}
}

static void put_label(struct writer *w, const char *name, const char *value, bool first)
{
	put_text(w, first ? "{" : ",");
	put_text(w, name);
	put_text(w, "=\"");
	put_escaped(w, value);
	put_text(w, "\"");
}

/* All but le; the brace stays open. False: there was none. */
static bool put_labels(struct writer *w, const struct metric_def *def, const struct metric_point *p)
{
	char name[NAME_BYTES];
	bool any = false;
	unsigned int i;

	if (p->overflow) {
		put_label(w, "otel_metric_overflow", "true", true);
		return true;
	}
	for (i = 0; i < def->n_labels; i++) {
		if (!p->label_values[i])
			continue;
		label_name(def->labels[i], name);
		put_label(w, name, p->label_values[i], !any);
		any = true;
	}
	return any;
}

/* ---- points ---- */

static void put_hex(struct writer *w, const uint8_t *p, size_t n)
{
	char text[3];
	size_t i;

	for (i = 0; i < n; i++) {
		snprintf(text, sizeof(text), "%02x", p[i]);
		put_text(w, text);
	}
}

static void put_exemplar(struct writer *w, const struct metric_exemplar *x)
{
	char time[NUMBER_BYTES];

	if (!x || !x->time_ns)
		return;
	put_text(w, " # {trace_id=\"");
	put_hex(w, x->trace_id, sizeof(x->trace_id));
	put_text(w, "\",span_id=\"");
	put_hex(w, x->span_id, sizeof(x->span_id));
	put_text(w, "\"} ");
	put_real(w, x->real);
	snprintf(time, sizeof(time), " %" PRIu64 ".%03" PRIu64, x->time_ns / 1000000000,
		 x->time_ns / 1000000 % 1000);
	put_text(w, time);
}

static void put_sample(struct writer *w, const char *name, const char *suffix, struct span labels)
{
	put_text(w, name);
	put_text(w, suffix);
	put(w, labels);
	put_text(w, labels.n ? "} " : " ");
}

static void put_histogram(struct writer *w, const char *name, const struct metric_def *def,
			  const struct metric_point *p, struct span labels, bool exemplars)
{
	char le[NUMBER_BYTES];
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i <= def->n_bounds; i++) {
		format_bound(i < def->n_bounds ? def->bounds[i] : INFINITY, le);
		sum += p->buckets[i];
		put_text(w, name);
		put_text(w, "_bucket");
		put(w, labels);
		put_label(w, "le", le, !labels.n);
		put_text(w, "} ");
		put_uint(w, sum);
		if (exemplars && p->exemplars)
			put_exemplar(w, &p->exemplars[i]);
		put_text(w, "\n");
	}
	put_sample(w, name, "_count", labels);
	put_uint(w, p->count);
	put_text(w, "\n");
	put_sample(w, name, "_sum", labels);
	if (def->integer)
		put_int(w, p->sum_value);
	else
		put_real(w, p->sum);
	put_text(w, "\n");
}

static void put_number(struct writer *w, const char *name, const struct metric_def *def,
		       const struct metric_point *p, struct span labels, bool exemplars)
{
	put_sample(w, name, def->kind == METRIC_COUNTER ? "_total" : "", labels);
	if (def->integer)
		put_int(w, p->value);
	else
		put_real(w, p->real);
	if (exemplars && def->kind == METRIC_COUNTER)
		put_exemplar(w, p->exemplars);
	put_text(w, "\n");
}

/* ---- heads ---- */

int prometheus_text__head(struct buf *out, enum prometheus_format format, const char *name,
			  const char *unit, enum metric_kind kind, const char *help)
{
	static const char *const kinds[] = {
		[METRIC_COUNTER] = "counter",
		[METRIC_GAUGE] = "gauge",
		[METRIC_HISTOGRAM] = "histogram",
	};
	/* Only OpenMetrics tells a family's name from its sample's. */
	const char *total = format == PROMETHEUS_TEXT && kind == METRIC_COUNTER ? "_total" : "";
	const char *texts[][4] = {
		{"# HELP ", total, help, "\n"},
		{"# TYPE ", total, kinds[kind], "\n"},
		{"# UNIT ", "", unit_suffix(unit), "\n"},
	};
	size_t i, n = format == PROMETHEUS_OPENMETRICS && *unit_suffix(unit) ? 3 : 2;
	struct writer w = {.out = out};

	for (i = 0; i < n; i++) {
		put_text(&w, texts[i][0]);
		put_text(&w, name);
		put_text(&w, texts[i][1]);
		put_text(&w, " ");
		put_text(&w, texts[i][2]);
		put_text(&w, texts[i][3]);
	}
	return w.err;
}

int prometheus_text__value(struct buf *out, const char *name, enum metric_kind kind, double v)
{
	struct writer w = {.out = out};

	put_sample(&w, name, kind == METRIC_COUNTER ? "_total" : "", SPAN_NONE);
	put_real(&w, v);
	put_text(&w, "\n");
	return w.err;
}

/* ---- all ---- */

struct piece {
	struct prometheus_text *t;
	struct buf *out;
};

static void on_point(void *ctx, const struct metric_def *def, const struct metric_point *p)
{
	struct piece *piece = ctx;
	struct prometheus_text *t = piece->t;
	bool exemplars = t->format == PROMETHEUS_OPENMETRICS;
	struct buf labels;
	struct writer w = {.out = piece->out}, lw = {.out = &labels};
	char name[NAME_BYTES];

	buf__init(&labels, piece->out->max);
	family_name(def, name);
	if (t->last != def)
		w.err = prometheus_text__head(piece->out, t->format, name, def->unit, def->kind,
					      def->help);
	t->last = def;
	put_labels(&lw, def, p);
	if (!w.err)
		w.err = lw.err;
	if (def->kind == METRIC_HISTOGRAM)
		put_histogram(&w, name, def, p, buf__span(&labels), exemplars);
	else
		put_number(&w, name, def, p, buf__span(&labels), exemplars);
	buf__free(&labels);
	t->err = w.err;
}

/* What comes after the registry. */
static int end(struct prometheus_text *t, struct buf *out)
{
	int err = prometheus_text__process(out, t->format);

	t->ended = true;
	if (!err && t->format == PROMETHEUS_OPENMETRICS)
		err = buf__add(out, SPAN_LIT("# EOF\n"));
	return err;
}

int prometheus_text__some(struct prometheus_text *t, struct buf *out, size_t min)
{
	struct piece piece = {t, out};
	size_t until = out->n + min;

	while (!t->err && !t->ended && out->n < until)
		if (!metrics__some(t->metrics, &t->at, 1, on_point, &piece))
			t->err = t->err ? t->err : end(t, out);
	return t->err ? t->err : !t->ended;
}
