// SPDX-License-Identifier: Apache-2.0
/* The documents against what they describe: an API, an operation, a path, a provider or a limit
 * that is said otherwise than it is, or not at all. */
#include "dialect/host.c"
#include "dialect/table.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka needs the four above. */
#include <cmocka.h>

#include "base/limits.h"

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

/* Takes a row of a table whose header begins with head: its first two cells; the third is at
 * *ret_third. NULL: no more. */
static const char *row(const char *p, const char *head, bool *in, struct list *a, struct list *b,
		       const char **ret_third)
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
		*ret_third = cell(cell(line + 1, a) + 1, b) + 1;
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
	const char *p = text, *third;
	bool in = false;
	size_t i;

	for (i = 0; i < N(dialects); i++)
		pair(&code, dialects[i]->api, dialects[i]->operation);
	for (i = 0; i < N(beside); i++)
		pair(&code, beside[i]->api, beside[i]->operation);
	while ((p = row(p, "| `llmsnoop.api` |", &in, &apis, &operations, &third))) {
		assert_int_equal(apis.n, 1);
		for (i = 0; i < operations.n; i++)
			pair(&said, apis.v[0], operations.v[i]);
	}
	compare(&code, &said, "docs/apis.md");
	free(text);
}

/* Where the path alone is not enough: whose host. */
static const struct {
	const char *api, *path, *host;
} hosted[] = {
	{"openai.chat", "/v1/chat", "api.writer.com"},
	{"cohere.rerank", "/x/v1/rerank", "api.cohere.com"},
	{"replicate.predictions", "", "api.replicate.com"},
};

/* The path that a pattern may stand for: "…" is any text, "{id}" a name. */
static void example(const char *pattern, size_t n, char ret[256])
{
	struct span rest = span(pattern, n), any = SPAN_LIT("…"), id = SPAN_LIT("{id}");
	size_t at = 0;

	while (rest.n) {
		const char *put = NULL;

		assert_true(at < 200);
		if (span_starts(rest, any)) {
			rest = span_skip(rest, any.n);
			put = span_starts(rest, SPAN_LIT("/")) ? "/x" : "/v1/models/m";
		} else if (span_starts(rest, id)) {
			rest = span_skip(rest, id.n);
			put = "m";
		}
		if (put) {
			at += (size_t)sprintf(ret + at, "%s", put);
			continue;
		}
		ret[at++] = (char)*rest.p;
		rest = span_skip(rest, 1);
	}
	ret[at] = 0;
}

static const struct dialect *match(const char *way, const char *api, const char *path)
{
	const struct http_header upgrade = {SPAN_LIT("Upgrade"), SPAN_LIT("websocket")},
				 grpc = {SPAN_LIT("Content-Type"), SPAN_LIT("application/grpc")};
	struct http_head h = {
		.method = span_str(strncmp(way, "POST", 4) && strncmp(way, "gRPC", 4) ? "GET"
										      : "POST"),
		.path = span_str(path),
		.headers = strncmp(way, "gRPC", 4) ? &upgrade : &grpc,
		.n_headers = strncmp(way, "POST", 4) && strncmp(way, "GET", 3),
	};
	size_t i;

	for (i = 0; i < N(hosted); i++)
		if (strcmp(api, hosted[i].api) == 0 &&
		    (!*hosted[i].path || strcmp(path, hosted[i].path) == 0))
			h.authority = span_str(hosted[i].host);
	return dialect__match(&h);
}

/* Each path of the cell at p must be known as that API, for one of these operations; behind "but
 * not" it must not. Returns how many there are. */
static unsigned int paths(const char *p, const char *api, const struct list *operations)
{
	const char *end = strchr(p, '|'), *way = p + strspn(p, " "), *from, *to;
	unsigned int n = 0;
	char path[256];

	while ((from = memchr(p, '`', (size_t)(end - p)))) {
		const struct dialect *d;
		bool is;

		to = strchr(from + 1, '`');
		if (from[1] == '/' || strncmp(from + 1, "…", strlen("…")) == 0) {
			example(from + 1, (size_t)(to - from - 1), path);
			d = match(way, api, path);
			is = d && strcmp(d->api, api) == 0 && has(operations, d->operation);
			if (is == (strncmp(from - 8, "but not ", 8) == 0))
				fail_msg("%s is %s, not as %s says", path, d ? d->api : "no API",
					 api);
			n++;
		}
		p = to + 1;
	}
	return n;
}

static void test_paths(void **state)
{
	static struct list apis, operations;
	char *text = whole("docs/apis.md");
	const char *p = text, *third;
	unsigned int n = 0;
	bool in = false;

	while ((p = row(p, "| `llmsnoop.api` |", &in, &apis, &operations, &third)))
		n += paths(third, apis.v[0], &operations);
	assert_true(n >= N(dialects));
	free(text);
}

static void test_providers(void **state)
{
	static struct list code, said, provider, names;
	char *text = whole("docs/apis.md");
	const char *p = text, *third;
	bool in = false;
	size_t i;

	for (i = 0; i < N(hosts); i++)
		pair(&code, hosts[i].provider, hosts[i].host);
	while ((p = row(p, "| Provider |", &in, &provider, &names, &third))) {
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

/* The limits that docs/design.md tells, as it does: a number, or KiB and MiB. */
#define COUNT(field)                                                                    \
	{                                                                               \
#field, offsetof(struct limits, field), sizeof(limits_default.field), 1 \
	}
#define BYTES(field)                                                                       \
	{                                                                                  \
#field, offsetof(struct limits, field), sizeof(limits_default.field), 1024 \
	}

#define MINUTES(field)                                                                            \
	{                                                                                         \
#field, offsetof(struct limits, field), sizeof(limits_default.field), 60000000000 \
	}

static const struct {
	const char *name;
	size_t at, size;
	uint64_t unit;
} told_limits[] = {
	BYTES(call_bytes),
	BYTES(json_value),
	COUNT(tool_calls),
	COUNT(gaps_samples),
	COUNT(codings),
	BYTES(event_headers),
	BYTES(part_head),
	BYTES(shape_bytes),
	BYTES(held_bytes),
	COUNT(turns),
	BYTES(head_bytes),
	COUNT(headers),
	COUNT(pipeline),
	COUNT(h2_streams),
	BYTES(h2_table),
	COUNT(calls),
	BYTES(calls_bytes),
	COUNT(conns),
	COUNT(conns_per_process),
	COUNT(processes),
	COUNT(fetched),
	COUNT(files),
	COUNT(probed_files),
	COUNT(looks),
	BYTES(content_request),
	BYTES(content_answer),
	BYTES(contents_bytes),
	BYTES(content_blob),
	COUNT(content_nodes),
	COUNT(content_parts),
	COUNT(content_preview),
	COUNT(report_groups),
	BYTES(report_bytes),
	BYTES(report_samples),
	COUNT(report_records),
	COUNT(report_starts),
	COUNT(attempts),
	COUNT(runs),
	COUNT(runs_per_process),
	BYTES(runs_bytes),
	BYTES(runs_process_bytes),
	COUNT(run_tools),
	MINUTES(run_silence_ns),
	BYTES(otlp_message),
	BYTES(otlp_batch),
	BYTES(otlp_traces_bytes),
	BYTES(otlp_metrics_bytes),
	BYTES(otlp_logs_bytes),
	BYTES(otlp_request_bytes),
	BYTES(otlp_answer_bytes),
	COUNT(metric_series),
	BYTES(metric_texts),
	COUNT(scrapers),
	BYTES(scrape_bytes),
};

static uint64_t limit_of(size_t i)
{
	const char *p = (const char *)&limits_default + told_limits[i].at;
	uint64_t wide = 0;
	uint32_t narrow = 0;

	if (told_limits[i].size == sizeof(wide))
		memcpy(&wide, p, sizeof(wide));
	else
		memcpy(&narrow, p, sizeof(narrow));
	return wide + narrow;
}

static void limit(const char *name, const char *third)
{
	char want[32];
	uint64_t n;
	size_t i;

	for (i = 0; i < N(told_limits) && strcmp(told_limits[i].name, name) != 0; i++)
		;
	if (i == N(told_limits))
		fail_msg("docs/design.md: %s is not compared", name);
	n = limit_of(i);
	if (told_limits[i].unit == 1)
		snprintf(want, sizeof(want), " %llu |", (unsigned long long)n);
	else if (told_limits[i].unit > 1024)
		snprintf(want, sizeof(want), " %llu min |",
			 (unsigned long long)(n / told_limits[i].unit));
	else if (n % (1 << 20))
		snprintf(want, sizeof(want), " %llu KiB |", (unsigned long long)n >> 10);
	else
		snprintf(want, sizeof(want), " %llu MiB |", (unsigned long long)n >> 20);
	if (strncmp(third, want, strlen(want)) != 0)
		fail_msg("docs/design.md: %s is%s", name, want);
}

static void test_limits(void **state)
{
	static struct list of, name;
	char *text = whole("docs/design.md");
	const char *p = text, *third;
	unsigned int n = 0;
	bool in = false;

	while ((p = row(p, "| Of | Limit |", &in, &of, &name, &third))) {
		assert_int_equal(name.n, 1);
		limit(name.v[0], third);
		n++;
	}
	assert_int_equal(n, N(told_limits));
	free(text);
}

/* All that stands behind before, up to one of the characters in after; empty ones are none. */
static void words(const char *text, const char *before, const char *after, struct list *ret)
{
	while ((text = strstr(text, before))) {
		size_t n = strcspn(text += strlen(before), after);

		if (n)
			add(ret, text, n);
	}
}

static void test_options(void **state)
{
	static struct list code, said;
	char *source = whole("user/options_table.c"), *doctor = whole("user/doctor.c");
	char *report = whole("user/report.c");
	char *manual = whole("docs/llmsnoop.8");

	words(source, "\n\t{{\"", "\"", &code);
	words(doctor, "\n\t{\"", "\"", &code);
	words(report, "\n\t{\"", "\"", &code);
	words(manual, "Fl -", " \n", &said);
	assert_true(code.n > 20);
	compare(&code, &said, "docs/llmsnoop.8");
	free(source);
	free(doctor);
	free(report);
	free(manual);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_apis),	  cmocka_unit_test(test_paths),
		cmocka_unit_test(test_providers), cmocka_unit_test(test_readme),
		cmocka_unit_test(test_limits),	  cmocka_unit_test(test_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
