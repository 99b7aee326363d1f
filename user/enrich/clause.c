// SPDX-License-Identifier: Apache-2.0
#include "enrich/clause.h"

#include <cjson/cJSON.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REGEX_MAX 512

enum clause_kind {
	CLAUSE_EQUALS,
	CLAUSE_STARTS,
	CLAUSE_ENDS,
	CLAUSE_CONTAINS,
	CLAUSE_REGEX,
	CLAUSE_ANY,
	CLAUSE_ALL,
	CLAUSE_MAX,
};

static const char *const names[CLAUSE_MAX] = {
	[CLAUSE_EQUALS] = "equals",  [CLAUSE_STARTS] = "starts_with",
	[CLAUSE_ENDS] = "ends_with", [CLAUSE_CONTAINS] = "contains",
	[CLAUSE_REGEX] = "regex",    [CLAUSE_ANY] = "or",
	[CLAUSE_ALL] = "and",
};

struct clause {
	enum clause_kind kind;
	char *text;
	regex_t regex;
	regex_t unless; /* of ^(?!…): what must not be there */
	bool has_unless;
	struct clause *kids, *next;
};

void clause__free(struct clause *c)
{
	while (c) {
		struct clause *next = c->next;

		clause__free(c->kids);
		if (c->kind == CLAUSE_REGEX && c->text)
			regfree(&c->regex);
		if (c->has_unless)
			regfree(&c->unless);
		free(c->text);
		free(c);
		c = next;
	}
}

/* What other kinds of regular expressions spell in another way. */
static bool to_posix(const char *text, char ret[REGEX_MAX])
{
	static const struct {
		const char *from, *to;
	} table[] = {
		{"\\d", "[0-9]"}, {"\\w", "[[:alnum:]_]"}, {"\\s", "[[:space:]]"}, {"(?:", "("}};
	size_t used = 0, i;

	while (*text) {
		const char *to = NULL;
		size_t n = 1;

		for (i = 0; i < sizeof(table) / sizeof(table[0]) && !to; i++)
			if (!strncmp(text, table[i].from, strlen(table[i].from))) {
				to = table[i].to;
				n = strlen(table[i].from);
			}
		if (!to && !strncmp(text, "(?", 2))
			return false;
		if (!to && *text == '\\' && text[1])
			n = 2;
		if (used + (to ? strlen(to) : n) >= REGEX_MAX)
			return false;
		memcpy(ret + used, to ? to : text, to ? strlen(to) : n);
		used += to ? strlen(to) : n;
		text += n;
	}
	ret[used] = '\0';
	return true;
}

static bool compile(regex_t *ret, const char *text)
{
	char posix[REGEX_MAX];

	return to_posix(text, posix) && !regcomp(ret, posix, REG_EXTENDED | REG_NOSUB | REG_ICASE);
}

/* A look ahead at the beginning, ^(?!X)Y, which POSIX lacks, is two expressions: not ^X, and ^Y.
 * Returns what is left of text (in buf), NULL: it cannot be said. */
static const char *take_unless(struct clause *c, const char *text, char buf[REGEX_MAX])
{
	static const char look[] = "^(?!";
	size_t n = strlen(look), depth = 1, end;

	if (strncmp(text, look, n) != 0)
		return text;
	for (end = n; text[end] && depth; end++) {
		if (text[end] == '\\' && text[end + 1])
			end++;
		else
			depth += text[end] == '(' ? 1 : text[end] == ')' ? -1UL : 0;
	}
	if (depth || strlen(text) >= REGEX_MAX - 1)
		return NULL;
	snprintf(buf, REGEX_MAX, "^%.*s", (int)(end - 1 - n), text + n);
	c->has_unless = compile(&c->unless, buf);
	snprintf(buf, REGEX_MAX, "^%s", text + end);
	return c->has_unless ? buf : NULL;
}

static bool read_regex(struct clause *c, const char *text)
{
	char buf[REGEX_MAX];

	text = take_unless(c, text, buf);
	return text && compile(&c->regex, text);
}

static struct clause *fail(struct clause *c, char *ret_error, size_t size, const char *why,
			   const char *what)
{
	if (!*ret_error)
		snprintf(ret_error, size, "%s: %.100s", why, what ? what : "");
	clause__free(c);
	return NULL;
}

static struct clause *read_one(const cJSON *json, int depth, char *ret_error, size_t size);

static struct clause *read_kids(struct clause *c, const cJSON *list, int depth, char *ret_error,
				size_t size)
{
	struct clause **tail = &c->kids;
	const cJSON *item;

	cJSON_ArrayForEach(item, list)
	{
		*tail = read_one(item, depth + 1, ret_error, size);
		if (!*tail)
			return fail(c, ret_error, size, "no clause", NULL);
		tail = &(*tail)->next;
	}
	return c->kids ? c : fail(c, ret_error, size, "empty list", names[c->kind]);
}

static struct clause *read_one(const cJSON *json, int depth, char *ret_error, size_t size)
{
	const cJSON *value = cJSON_IsObject(json) ? json->child : NULL;
	struct clause *c = calloc(1, sizeof(*c));

	if (!c || !value || value->next || depth >= CLAUSE_DEPTH)
		return fail(c, ret_error, size, "no clause", value ? value->string : NULL);
	while (c->kind < CLAUSE_MAX && strcmp(names[c->kind], value->string) != 0)
		c->kind++;
	if (c->kind == CLAUSE_MAX)
		return fail(c, ret_error, size, "unknown clause", value->string);
	if (c->kind >= CLAUSE_ANY)
		return cJSON_IsArray(value) ? read_kids(c, value, depth, ret_error, size)
					    : fail(c, ret_error, size, "no list", value->string);
	if (!cJSON_IsString(value))
		return fail(c, ret_error, size, "no text", value->string);
	if (c->kind == CLAUSE_REGEX && !read_regex(c, value->valuestring))
		return fail(c, ret_error, size, "no POSIX regular expression", value->valuestring);
	c->text = strdup(value->valuestring);
	if (!c->text) {
		if (c->kind == CLAUSE_REGEX)
			regfree(&c->regex);
		return fail(c, ret_error, size, "no memory", NULL);
	}
	return c;
}

struct clause *clause__read(const cJSON *json, char *ret_error, size_t size)
{
	*ret_error = '\0';
	return read_one(json, 0, ret_error, size);
}

static bool matches_kids(const struct clause *c, const char *name)
{
	for (const struct clause *k = c->kids; k; k = k->next)
		if (clause__matches(k, name) == (c->kind == CLAUSE_ANY))
			return c->kind == CLAUSE_ANY;
	return c->kind == CLAUSE_ALL;
}

bool clause__matches(const struct clause *c, const char *name)
{
	size_t n = strlen(name), m = c->text ? strlen(c->text) : 0;

	switch (c->kind) {
	case CLAUSE_EQUALS:
		return !strcasecmp(name, c->text);
	case CLAUSE_STARTS:
		return !strncasecmp(name, c->text, m);
	case CLAUSE_ENDS:
		return n >= m && !strcasecmp(name + n - m, c->text);
	case CLAUSE_CONTAINS:
		return strcasestr(name, c->text);
	case CLAUSE_REGEX:
		return (!c->has_unless || regexec(&c->unless, name, 0, NULL, 0)) &&
		       !regexec(&c->regex, name, 0, NULL, 0);
	default:
		return matches_kids(c, name);
	}
}
