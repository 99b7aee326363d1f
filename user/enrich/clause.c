// SPDX-License-Identifier: Apache-2.0
#include "enrich/clause.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "enrich/regex_limits.h"

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
	pcre2_code *regex;
	struct clause *kids, *next;
};

void clause__free(struct clause *c)
{
	while (c) {
		struct clause *next = c->next;

		clause__free(c->kids);
		pcre2_code_free(c->regex);
		free(c->text);
		free(c);
		c = next;
	}
}

static bool read_regex(struct clause *c, const char *text)
{
	PCRE2_SIZE at;
	int code;

	if (strlen(text) <= REGEX_MAX)
		c->regex =
			pcre2_compile((PCRE2_SPTR)text, strlen(text),
				      PCRE2_CASELESS | PCRE2_NEVER_BACKSLASH_C, &code, &at, NULL);
	return c->regex;
}

/* What takes too many steps to be decided matches nothing. */
static bool matches_regex(const pcre2_code *regex, const char *name)
{
	pcre2_match_context *limits = regex_limits__new();
	pcre2_match_data *match = pcre2_match_data_create(1, NULL);
	bool does = false;

	if (limits && match)
		does = pcre2_match(regex, (PCRE2_SPTR)name, strlen(name), 0, 0, match, limits) >= 0;
	pcre2_match_data_free(match);
	pcre2_match_context_free(limits);
	return does;
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
		return fail(c, ret_error, size, "no regular expression", value->valuestring);
	c->text = strdup(value->valuestring);
	return c->text ? c : fail(c, ret_error, size, "no memory", NULL);
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
		return matches_regex(c->regex, name);
	default:
		return matches_kids(c, name);
	}
}
