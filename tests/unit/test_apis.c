// SPDX-License-Identifier: Apache-2.0
/* docs/apis.md and README.md against the tables that they describe: an API, an operation or a
 * provider that is in one and not in the other. */
#include "dialect/host.c"
#include "dialect/table.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka needs the four above. */
#include <cmocka.h>

#define LIST_MAX 256
#define N(a) (sizeof(a) / sizeof((a)[0]))

struct list {
	char v[LIST_MAX][96];
	unsigned int n;
};

static bool has(const struct list *l, const char *text)
{
	unsigned int i;

	for (i = 0; i < l->n; i++)
		if (strcmp(l->v[i], text) == 0)
			return true;
	return false;
}

static void add(struct list *l, const char *text, size_t n)
{
	char copy[sizeof(l->v[0])];

	assert_in_range(n, 1, sizeof(copy) - 1);
	memcpy(copy, text, n);
	copy[n] = 0;
	if (has(l, copy))
		return;
	assert_true(l->n < LIST_MAX);
	strcpy(l->v[l->n++], copy);
}

/* The file, in the folder in which make runs. */
static char *whole(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = NULL;
	size_t n = 0;

	if (!f)
		fail_msg("%s: not found from here", path);
	assert_true(getdelim(&text, &n, 0, f) > 0);
	fclose(f);
	return text;
}

/* What stands in backticks in the cell at p, which ends with a '|'. Returns its end. */
static const char *cell(const char *p, struct list *ret)
{
	const char *end = strchr(p, '|'), *from, *to;

	assert_non_null(end);
	while ((from = memchr(p, '`', (size_t)(end - p)))) {
		to = memchr(from + 1, '`', (size_t)(end - from - 1));
		assert_non_null(to);
		add(ret, from + 1, (size_t)(to - from - 1));
		p = to + 1;
	}
	return end;
}

/* Takes a row of a table whose header begins with head: its first two cells. NULL: no more. */
static const char *row(const char *p, const char *head, bool *in, struct list *a, struct list *b)
{
	const char *line;

	for (line = p; *line; line = strchr(line, '\n') + 1) {
		if (strncmp(line, head, strlen(head)) == 0) {
			*in = true;
			continue;
		}
		*in = *in && *line == '|';
		if (!*in || strncmp(line, "|--", 3) == 0)
			continue;
		a->n = b->n = 0;
		cell(cell(line + 1, a) + 1, b);
		return strchr(line, '\n') + 1;
	}
	return NULL;
}

static void pair(struct list *l, const char *api, const char *operation)
{
	char both[96];

	assert_true(snprintf(both, sizeof(both), "%s, %s", api, operation) < (int)sizeof(both));
	add(l, both, strlen(both));
}

static void compare(const struct list *code, const struct list *said, const char *where)
{
	unsigned int i;

	for (i = 0; i < code->n; i++)
		if (!has(said, code->v[i]))
			fail_msg("%s says nothing of %s", where, code->v[i]);
	for (i = 0; i < said->n; i++)
		if (!has(code, said->v[i]))
			fail_msg("%s speaks of %s, which there is not", where, said->v[i]);
}

/* InvokeModel has one line in the table, and is more than one thing. */
static const struct dialect *const beside[] = {
	&dialect_bedrock_invoke_text,
	&dialect_bedrock_invoke_embeddings,
	&dialect_bedrock_invoke_rerank,
	&dialect_bedrock_invoke_image,
};

static void test_apis(void **state)
{
	static struct list code, said, apis, operations;
	char *text = whole("docs/apis.md");
	const char *p = text;
	bool in = false;
	size_t i;

	for (i = 0; i < N(dialects); i++)
		pair(&code, dialects[i]->api, dialects[i]->operation);
	for (i = 0; i < N(beside); i++)
		pair(&code, beside[i]->api, beside[i]->operation);
	while ((p = row(p, "| `llmsnoop.api` |", &in, &apis, &operations))) {
		assert_int_equal(apis.n, 1);
		for (i = 0; i < operations.n; i++)
			pair(&said, apis.v[0], operations.v[i]);
	}
	compare(&code, &said, "docs/apis.md");
	free(text);
}

static void test_providers(void **state)
{
	static struct list code, said, provider, names;
	char *text = whole("docs/apis.md");
	const char *p = text;
	bool in = false;
	size_t i;

	for (i = 0; i < N(hosts); i++)
		pair(&code, hosts[i].provider, hosts[i].host);
	while ((p = row(p, "| Provider |", &in, &provider, &names))) {
		assert_int_equal(provider.n, 1);
		for (i = 0; i < names.n; i++)
			if (names.v[i][0] != '/') /* the beginning of a path, beside its host */
				pair(&said, provider.v[0], names.v[i]);
	}
	compare(&code, &said, "docs/apis.md");
	free(text);
}

/* "**N what**" in README.md. */
static void counted(const char *readme, unsigned int n, const char *what)
{
	char text[64];

	snprintf(text, sizeof(text), "**%u %s**", n, what);
	if (!strstr(readme, text))
		fail_msg("README.md does not say \"%s\"", text);
}

static void test_readme(void **state)
{
	static struct list read, opaque, providers;
	char *text = whole("README.md");
	size_t i;

	for (i = 0; i < N(dialects); i++) {
		const struct dialect *d = dialects[i];

		if (d->kind == DIALECT_CALL || d->kind == DIALECT_FETCH)
			add(&read, d->api, strlen(d->api));
	}
	for (i = 0; i < N(dialects); i++)
		if (dialects[i]->kind == DIALECT_OPAQUE && !has(&read, dialects[i]->api))
			add(&opaque, dialects[i]->api, strlen(dialects[i]->api));
	for (i = 0; i < N(hosts); i++)
		add(&providers, hosts[i].provider, strlen(hosts[i].provider));
	counted(text, read.n, "APIs");
	counted(text, opaque.n, "opaque ones");
	counted(text, providers.n, "providers");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_apis),
		cmocka_unit_test(test_providers),
		cmocka_unit_test(test_readme),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
