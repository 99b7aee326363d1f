// SPDX-License-Identifier: Apache-2.0
#include "enrich/feature.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/glob.h"
#include "base/utf8.h"
#include "call/fields.h"
#include "enrich/attribution.h"
#include "enrich/labels.h"

/* What a rule can speak of: a field of the record, a text of struct who that no record has, or a
 * line of one by its name. */
struct subject {
	const struct field *field;
	size_t at;	    /* field NULL: of a text in struct who */
	const char *prefix; /* NULL: the text itself; else what its lines begin with */
	char *name;	    /* and go on with */
};

struct condition {
	struct subject of;
	bool negated;
	char *glob;
};

/* A name is made of pieces: text, or the value of a subject. */
struct piece {
	char *text; /* NULL: of says it */
	struct subject of;
};

#define PIECES_MAX 16

struct rule {
	struct condition conditions[FEATURE_CONDITIONS_MAX];
	unsigned int n_conditions;
	struct piece pieces[PIECES_MAX];
	unsigned int n_pieces;
};

struct feature_rules {
	struct rule *v;
	size_t n, cap;
};

struct saying {
	char *error;
	size_t size;
	int err;
};

#define FAIL(s, code, ...)                                    \
	do {                                                  \
		(s)->err = (code);                            \
		snprintf((s)->error, (s)->size, __VA_ARGS__); \
	} while (0)

#define AT(member) offsetof(struct who, member)

static const struct own {
	const char *name;
	size_t at;
	const char *prefix; /* as above; then name is what the field's begins with */
} own[] = {
	{"process.command_line", AT(cmdline), NULL},
	{"process.executable.path", AT(exe), NULL},
	{"process.environment_variable.", AT(env), ""},
	{"container.label.", AT(labels), "container.label."},
	{"k8s.pod.label.", AT(labels), "k8s.pod.label."},
	{"k8s.pod.annotation.", AT(labels), "k8s.pod.annotation."},
};

/* ---- fields by their names ---- */

/* How many bytes must be added, dropped or changed to make b of a (Wagner and Fischer, 1974). */
static unsigned int distance(const char *a, const char *b)
{
	unsigned int row[65], diagonal, above;
	size_t n = strnlen(b, 64), i, j;

	for (j = 0; j <= n; j++)
		row[j] = (unsigned int)j;
	for (i = 0; i < 64 && a[i]; i++) {
		diagonal = row[0];
		row[0] = (unsigned int)i + 1;
		for (j = 1; j <= n; j++) {
			above = row[j];
			row[j] = diagonal + (a[i] != b[j - 1]);
			if (above + 1 < row[j])
				row[j] = above + 1;
			if (row[j - 1] + 1 < row[j])
				row[j] = row[j - 1] + 1;
			diagonal = above;
		}
	}
	return row[n];
}

/* A name that holds what was written is meant sooner than one that is spelled alike. */
static unsigned int unlike(const char *text, const char *name)
{
	return *text && strstr(name, text) ? (strlen(name) - strlen(text) > 12 ? 2 : 1)
					   : 2 + distance(text, name);
}

/* The field that is likely to be meant; NULL: none is. */
static const char *nearest(const char *text)
{
	unsigned int least = 3 + (unsigned int)strlen(text) / 3, d;
	const char *best = NULL;
	size_t i;

	for (i = 0; i < call_fields.n + sizeof(own) / sizeof(own[0]); i++) {
		const char *name =
			i < call_fields.n ? call_fields.v[i].name : own[i - call_fields.n].name;

		d = unlike(text, name);
		if (d < least) {
			least = d;
			best = name;
		}
	}
	return best;
}

static bool can_match(enum value_kind kind)
{
	return kind == VALUE_TEXT || kind == VALUE_INT || kind == VALUE_UINT ||
	       kind == VALUE_BOOL || kind == VALUE_TEXTS;
}

static bool find_own(struct span name, struct subject *ret)
{
	size_t i;

	for (i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		struct span known = span_str(own[i].name);

		if (own[i].prefix ? !span_starts(name, known) || name.n == known.n
				  : !span_eq(name, known))
			continue;
		ret->at = own[i].at;
		ret->prefix = own[i].prefix;
		return true;
	}
	return false;
}

static bool find_subject(struct span name, struct saying *s, struct subject *ret)
{
	char text[128];

	*ret = (struct subject){0};
	snprintf(text, sizeof(text), "%.*s", (int)span_head(name, 127).n, (const char *)name.p);
	ret->field = fields__find(&call_fields, text);
	if (ret->field && !can_match(ret->field->kind)) {
		FAIL(s, -EINVAL, "%s is no text that rules could speak of", text);
		return false;
	}
	if (ret->field)
		return true;
	if (!find_own(name, ret)) {
		const char *near = nearest(text);

		if (near)
			FAIL(s, -EINVAL, "there is no field \"%s\"; did you mean %s?", text, near);
		else
			FAIL(s, -EINVAL,
			     "there is no field \"%s\"; rules speak of those of a record", text);
		return false;
	}
	if (!ret->prefix)
		return true;
	name = span_skip(name, ret->at == AT(env) ? strlen("process.environment_variable.")
						  : strlen(ret->prefix));
	ret->name = strndup((const char *)name.p, name.n);
	if (!ret->name)
		FAIL(s, -ENOMEM, "%s", strerror(ENOMEM));
	return ret->name;
}

/* ---- reading rules ---- */

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t';
}

/* The next word: up to a space that is not in quotes. The quotes and backslashes that mean
 * something are dropped. False: the end, or s says what is wrong. */
static bool next_word(const char **p, struct saying *s, char *ret, size_t size)
{
	bool quoted = false;
	const char *at = *p;
	size_t n = 0;

	while (is_space((uint8_t)*at))
		at++;
	if (!*at)
		return false;
	for (; *at && (quoted || !is_space((uint8_t)*at)); at++) {
		if (*at == '"') {
			quoted = !quoted;
			continue;
		}
		if (quoted && *at == '\\' && (at[1] == '"' || at[1] == '\\'))
			at++;
		if (n == size - 1) {
			FAIL(s, -EINVAL, "a condition has at most %zu bytes", size - 1);
			return false;
		}
		ret[n++] = *at;
	}
	ret[n] = 0;
	if (quoted)
		FAIL(s, -EINVAL, "a closing quote is missing after \"%.40s", ret);
	*p = at;
	return !quoted;
}

static void add_condition(struct rule *r, const char *word, struct saying *s)
{
	const char *sign = strchr(word, '=');
	struct condition *c = &r->conditions[r->n_conditions];
	struct span name;

	if (r->n_conditions == FEATURE_CONDITIONS_MAX) {
		FAIL(s, -E2BIG, "a rule has at most %d conditions", FEATURE_CONDITIONS_MAX);
		return;
	}
	if (!sign || sign == word || !sign[1]) {
		FAIL(s, -EINVAL,
		     "\"%.60s\" is no condition: wanted is FIELD=GLOB or FIELD!=GLOB, such as "
		     "k8s.namespace.name=prod (quotes around what has spaces)",
		     word);
		return;
	}
	name = span(word, (size_t)(sign - word));
	c->negated = name.n > 1 && sign[-1] == '!';
	name.n -= c->negated;
	if (!find_subject(name, s, &c->of))
		return;
	r->n_conditions++; /* from here on it is the rule's to free */
	c->glob = strdup(sign + 1);
	if (!c->glob)
		FAIL(s, -ENOMEM, "%s", strerror(ENOMEM));
}

static void add_name(struct rule *r, const char *name, struct saying *s)
{
	const char *end;
	struct piece *p;

	if (!*name)
		FAIL(s, -EINVAL, "a rule needs the name of a feature before its \"=\"");
	while (*name && !s->err) {
		if (r->n_pieces == PIECES_MAX) {
			FAIL(s, -E2BIG, "a name has at most %d parts", PIECES_MAX);
			return;
		}
		p = &r->pieces[r->n_pieces];
		if (*name == '{') {
			end = strchr(name, '}');
			if (!end) {
				FAIL(s, -EINVAL, "\"%.40s\": a closing } is missing", name);
				return;
			}
			if (!find_subject(span(name + 1, (size_t)(end - name) - 1), s, &p->of))
				return;
			name = end + 1;
		} else {
			end = name + strcspn(name, "{}");
			if (*end == '}') {
				FAIL(s, -EINVAL, "\"%.40s\": a } without {; wanted is {FIELD}",
				     name);
				return;
			}
			p->text = strndup(name, (size_t)(end - name));
			if (!p->text) {
				FAIL(s, -ENOMEM, "%s", strerror(ENOMEM));
				return;
			}
			name = end;
		}
		r->n_pieces++;
	}
}

static void rule__free(struct rule *r)
{
	unsigned int i;

	for (i = 0; i < r->n_conditions; i++) {
		free(r->conditions[i].of.name);
		free(r->conditions[i].glob);
	}
	for (i = 0; i < r->n_pieces; i++) {
		free(r->pieces[i].of.name);
		free(r->pieces[i].text);
	}
}

int feature_rules__new(struct feature_rules **ret)
{
	struct feature_rules *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	*ret = r;
	return 0;
}

void feature_rules__free(struct feature_rules *r)
{
	size_t i;

	if (!r)
		return;
	for (i = 0; i < r->n; i++)
		rule__free(&r->v[i]);
	free(r->v);
	free(r);
}

int feature_rules__add(struct feature_rules *r, const char *name, const char *conditions,
		       char *ret_error, size_t size)
{
	struct saying s = {ret_error, size, 0};
	struct rule rule = {0}, *more;
	char word[512];

	if (r->n == FEATURE_RULES_MAX)
		FAIL(&s, -E2BIG, "at most %d rules", FEATURE_RULES_MAX);
	else
		add_name(&rule, name, &s);
	while (!s.err && next_word(&conditions, &s, word, sizeof(word)))
		add_condition(&rule, word, &s);
	if (!s.err && !rule.n_conditions)
		FAIL(&s, -EINVAL,
		     "a rule needs a condition: FIELD=GLOB, such as k8s.namespace.name=prod");
	if (!s.err && r->n == r->cap) {
		more = reallocarray(r->v, r->cap ? 2 * r->cap : 16, sizeof(*r->v));
		if (more) {
			r->v = more;
			r->cap = r->cap ? 2 * r->cap : 16;
		} else {
			FAIL(&s, -ENOMEM, "%s", strerror(ENOMEM));
		}
	}
	if (s.err) {
		rule__free(&rule);
		return s.err;
	}
	r->v[r->n++] = rule;
	return 0;
}

/* ---- asking them ---- */

/* The values of a subject as texts, one after the other: nth from 0. NULL: no more. */
static const char *text_of(const struct subject *of, const struct call *c, unsigned int nth,
			   struct value *v)
{
	const char *text = NULL;
	struct span line;

	if (of->field) {
		if (!field__get(of->field, c, v))
			return NULL;
		if (v->kind == VALUE_TEXTS)
			return nth < v->n ? v->texts[nth] : NULL;
		if (v->kind == VALUE_TEXT)
			text = v->text;
		else if (v->kind == VALUE_BOOL)
			text = v->yes ? "true" : "false";
		else if (v->kind == VALUE_INT)
			snprintf(v->room, sizeof(v->room), "%" PRId64, v->i), text = v->room;
		else if (v->kind == VALUE_UINT)
			snprintf(v->room, sizeof(v->room), "%" PRIu64, v->u), text = v->room;
		return nth ? NULL : text;
	}
	if (nth)
		return NULL;
	text = *(const char *const *)(const void *)((const char *)&c->who + of->at);
	if (!of->prefix)
		return text && *text ? text : NULL;
	line = labels__get(text, of->prefix, span_str(of->name));
	if (!line.p)
		return NULL;
	snprintf(v->room, sizeof(v->room), "%.*s", (int)span_head(line, sizeof(v->room) - 1).n,
		 (const char *)line.p);
	return v->room;
}

static bool holds(const struct condition *cond, const struct call *c, struct value *v)
{
	const char *text;
	unsigned int i;

	for (i = 0; (text = text_of(&cond->of, c, i, v)); i++)
		if (glob__match(cond->glob, text))
			return !cond->negated;
	return cond->negated;
}

/* False: a part of it is unknown. */
static bool make_name(const struct rule *r, const struct call *c, struct value *v, char *ret)
{
	const char *text;
	struct span part;
	size_t n = 0;
	unsigned int i;

	for (i = 0; i < r->n_pieces; i++) {
		text = r->pieces[i].text ? r->pieces[i].text : text_of(&r->pieces[i].of, c, 0, v);
		if (!text)
			return false;
		part = utf8__head(span_str(text), FEATURE_MAX - n);
		memcpy(ret + n, part.p, part.n);
		n += part.n;
	}
	ret[n] = 0;
	return n > 0;
}

bool feature_rules__name(const struct feature_rules *r, const struct call *c, char *ret)
{
	struct value v;
	unsigned int j;
	size_t i;

	for (i = 0; r && i < r->n; i++) {
		const struct rule *rule = &r->v[i];

		for (j = 0; j < rule->n_conditions; j++)
			if (!holds(&rule->conditions[j], c, &v))
				break;
		if (j == rule->n_conditions && make_name(rule, c, &v, ret))
			return true;
	}
	return false;
}
