// SPDX-License-Identifier: Apache-2.0
#include "enrich/redact_rules.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "enrich/regex_limits.h"

#define NAME_MAX_BYTES 32
#define MATCHES_MAX 4096 /* of one rule in one text */

struct rule {
	char mask[NAME_MAX_BYTES + 3]; /* "[name]" */
	pcre2_code *code;
};

struct redact_rules {
	struct rule *v;
	unsigned int n;
	pcre2_match_context *limits;
	pcre2_match_data *match;
	struct buf a, b;
};

int redact_rules__new(struct redact_rules **ret)
{
	struct redact_rules *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->limits = regex_limits__new();
	r->match = pcre2_match_data_create(1, NULL);
	if (!r->limits || !r->match) {
		redact_rules__free(r);
		return -ENOMEM;
	}
	buf__init(&r->a, SIZE_MAX);
	buf__init(&r->b, SIZE_MAX);
	*ret = r;
	return 0;
}

void redact_rules__free(struct redact_rules *r)
{
	unsigned int i;

	if (!r)
		return;
	for (i = 0; i < r->n; i++)
		pcre2_code_free(r->v[i].code);
	free(r->v);
	pcre2_match_context_free(r->limits);
	pcre2_match_data_free(r->match);
	buf__free(&r->a);
	buf__free(&r->b);
	free(r);
}

static bool is_name(struct span name)
{
	size_t i;

	for (i = 0; i < name.n; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_",
			    name.p[i]) ||
		    !name.p[i])
			return false;
	return name.n && name.n <= NAME_MAX_BYTES;
}

int redact_rules__add(struct redact_rules *r, struct span name, struct span regex, char *why,
		      size_t n)
{
	struct rule *v = realloc(r->v, (r->n + 1) * sizeof(*v));
	PCRE2_UCHAR text[120];
	PCRE2_SIZE at;
	int code;

	if (!v)
		return -ENOMEM;
	r->v = v;
	v = &r->v[r->n];
	if (!is_name(name) || !regex.n) {
		snprintf(why, n, "a rule is NAME = REGEX");
		return -EINVAL;
	}
	snprintf(v->mask, sizeof(v->mask), "[%.*s]", (int)name.n, name.p);
	v->code = pcre2_compile(regex.p, regex.n,
				PCRE2_UTF | PCRE2_UCP | PCRE2_MATCH_INVALID_UTF |
					PCRE2_NEVER_BACKSLASH_C,
				&code, &at, NULL);
	if (!v->code) {
		pcre2_get_error_message(code, text, sizeof(text));
		snprintf(why, n, "%s, at character %zu", (const char *)text, (size_t)at + 1);
		return -EINVAL;
	}
	r->n++;
	return 0;
}

static int apply(struct redact_rules *r, const struct rule *rule, struct span in, struct buf *out,
		 uint32_t *count)
{
	const PCRE2_SIZE *range = pcre2_get_ovector_pointer(r->match);
	size_t at = 0, from = 0;
	unsigned int found = 0;
	int got, err = 0;

	while (at <= in.n && !err) {
		got = pcre2_match(rule->code, in.p ? in.p : (const uint8_t *)"", in.n, at, 0,
				  r->match, r->limits);
		if (got == PCRE2_ERROR_NOMATCH)
			break;
		if (got < 0 || found == MATCHES_MAX) {
			/* Who knows what is in there. */
			(*count)++;
			return buf__add(out, span_str(rule->mask));
		}
		/* \K may put the beginning behind the end, or before what is done already. */
		if (range[1] <= range[0] || range[0] < from) {
			at = (range[1] > at ? range[1] : at) + 1;
			continue;
		}
		err = buf__add(out, span(in.p + from, range[0] - from));
		if (!err)
			err = buf__add(out, span_str(rule->mask));
		(*count)++;
		found++;
		at = from = range[1];
	}
	return err ? err : buf__add(out, span_skip(in, from));
}

int redact_rules__text(struct redact_rules *r, struct span text, struct buf *out, uint32_t *count)
{
	struct buf *from = &r->a, *to = &r->b, *other;
	unsigned int i;
	int err;

	buf__clear(from);
	err = buf__add(from, text);
	for (i = 0; i < r->n && !err; i++) {
		buf__clear(to);
		err = apply(r, &r->v[i], buf__span(from), to, count);
		other = from;
		from = to;
		to = other;
	}
	return err ? err : buf__add(out, buf__span(from));
}
