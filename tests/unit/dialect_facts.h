/* SPDX-License-Identifier: Apache-2.0 */
/* dialect_facts.h: an exchange through a dialect's reader, as a line of text, the same however its
 * bodies are cut. For the tests of dialects. */
#ifndef DIALECT_FACTS_H
#define DIALECT_FACTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dialect/dialect.h"
#include "base/limits.h"

struct exchange {
	const char *path, *host;   /* NULL: those of the test's api */
	const char *method;	   /* NULL: POST */
	const char *headers;	   /* of the request: "name: value" lines, or NULL */
	const char *answer_header; /* of the response: "name: value" or NULL, beside its type */
	const char *request;
	int status;	  /* 0: 200 */
	const char *type; /* content-type of the response, NULL: none */
	const char *response;
	size_t response_n; /* 0: response is text */
};

static const char *const fact_names[FACT_MAX] = {
	[FACT_REQUEST_MODEL] = "ask",
	[FACT_REQUEST_STREAM] = "stream",
	[FACT_REQUEST_MAX_TOKENS] = "max",
	[FACT_REQUEST_TEMPERATURE] = "temp",
	[FACT_REQUEST_TOP_P] = "top_p",
	[FACT_REQUEST_TOP_K] = "top_k",
	[FACT_REQUEST_SEED] = "seed",
	[FACT_REQUEST_CHOICES] = "n",
	[FACT_REQUEST_FREQUENCY_PENALTY] = "freq",
	[FACT_REQUEST_PRESENCE_PENALTY] = "pres",
	[FACT_REQUEST_STOP] = "stop",
	[FACT_REQUEST_REASONING] = "effort",
	[FACT_REQUEST_OUTPUT_TYPE] = "type",
	[FACT_REQUEST_SERVICE_TIER] = "ask_tier",
	[FACT_SEARCH_CONTEXT] = "context",
	[FACT_SPEED] = "speed",
	[FACT_REQUEST_DIMENSIONS] = "dims",
	[FACT_REQUEST_ENCODING_FORMAT] = "encoding",
	[FACT_PREVIOUS_RESPONSE_ID] = "previous",
	[FACT_CONVERSATION_ID] = "conv",
	[FACT_AGENT_ID] = "agent",
	[FACT_AGENT_PARENT] = "agent_parent",
	[FACT_AGENT_NAME] = "agent_name",
	[FACT_TOOLS_OFFERED] = "offers",
	[FACT_TOOL_RESULT_ID] = "result",
	[FACT_TOOL_RESULT_NAME] = "result_of",
	[FACT_TOOL_RESULT_ERROR] = "failed",
	[FACT_CACHE_WRITE_5M_TOKENS] = "write_5m",
	[FACT_CACHE_WRITE_1H_TOKENS] = "write_1h",
	[FACT_COUNTED_TOKENS] = "counted",
	[FACT_TOTAL_TOKENS] = "total",
	[FACT_BLOCK_REASON] = "blocked",
	[FACT_WEB_SEARCHES] = "searches",
	[FACT_SEARCH_UNITS] = "units",
	[FACT_BATCH_REQUESTS] = "batch",
	[FACT_COMPACTED] = "compacted",
	[FACT_MCP_METHOD] = "method",
	[FACT_MCP_TOOL] = "mcp_tool",
	[FACT_MCP_RESOURCE] = "resource",
	[FACT_MCP_REQUEST_ID] = "rpc",
	[FACT_MCP_SESSION_ID] = "session",
	[FACT_MCP_PROTOCOL] = "protocol",
	[FACT_RESPONSE_MODEL] = "model",
	[FACT_RESPONSE_ID] = "id",
	[FACT_INPUT_TOKENS] = "in",
	[FACT_OUTPUT_TOKENS] = "out",
	[FACT_CACHE_READ_TOKENS] = "read",
	[FACT_CACHE_WRITE_TOKENS] = "write",
	[FACT_REASONING_TOKENS] = "think",
	[FACT_TOOL_USE_TOKENS] = "tool_use",
	[FACT_INPUT_TEXT_TOKENS] = "in_text",
	[FACT_INPUT_IMAGE_TOKENS] = "in_image",
	[FACT_INPUT_AUDIO_TOKENS] = "in_audio",
	[FACT_CACHE_READ_TEXT_TOKENS] = "read_text",
	[FACT_CACHE_READ_IMAGE_TOKENS] = "read_image",
	[FACT_CACHE_READ_AUDIO_TOKENS] = "read_audio",
	[FACT_OUTPUT_TEXT_TOKENS] = "out_text",
	[FACT_OUTPUT_IMAGE_TOKENS] = "out_image",
	[FACT_OUTPUT_AUDIO_TOKENS] = "out_audio",
	[FACT_AUDIO_SECONDS] = "seconds",
	[FACT_FINISH_REASON] = "finish",
	[FACT_TOOL_CALL] = "tool",
	[FACT_TOOL_ARGUMENTS] = "args",
	[FACT_SERVICE_TIER] = "tier",
	[FACT_SYSTEM_FINGERPRINT] = "print",
	[FACT_COST_USD] = "usd",
	[FACT_COST_UPSTREAM] = "upstream_usd",
	[FACT_COST_BYOK] = "byok",
	[FACT_UPSTREAM] = "upstream",
	[FACT_OUTPUT] = "OUTPUT",
	[FACT_ERROR_TYPE] = "error",
	[FACT_ERROR_MESSAGE] = "says",
	[FACT_DONE] = "DONE",
	[FACT_PENDING] = "pending",
	[FACT_TURN_BEGIN] = "BEGIN",
	[FACT_TURN_END] = "END",
};

static void facts_print(void *ctx, enum fact fact, const struct fact_value *v, uint64_t ts_ns)
{
	FILE *f = ctx;

	/* A number that says nothing by itself: see test_runs_wires.c. */
	if (fact == FACT_TOOL_ARGUMENTS)
		return;
	fputs(fact_names[fact], f);
	if (v->turn)
		fprintf(f, "@%u", v->turn);
	if (fact == FACT_FINISH_REASON || fact == FACT_TOOL_CALL)
		fprintf(f, "[%u]", v->index);
	if (v->text.n)
		fprintf(f, "=%.*s", (int)v->text.n, (const char *)v->text.p);
	else if (fact == FACT_COST_USD || fact == FACT_AUDIO_SECONDS ||
		 fact == FACT_REQUEST_TEMPERATURE || fact == FACT_REQUEST_TOP_P ||
		 fact == FACT_REQUEST_FREQUENCY_PENALTY || fact == FACT_REQUEST_PRESENCE_PENALTY)
		fprintf(f, "=%g", v->real);
	else if (fact != FACT_OUTPUT && fact != FACT_DONE && fact != FACT_TURN_END)
		fprintf(f, "=%lld", (long long)v->number);
	if (v->id.p)
		fprintf(f, "#%.*s", (int)v->id.n, (const char *)v->id.p);
	if (v->truncated)
		fputs("...", f);
	fputc(' ', f);
}

static const struct dialect_ops facts_ops = {.fact = facts_print};

static void facts_feed(struct dialect_reader *r, const char *text, size_t n,
		       void (*one)(struct dialect_reader *, struct span, uint64_t))
{
	/* Its own allocation: a read past the end is seen. */
	char *copy = malloc(n ? n : 1);

	memcpy(copy, text, n);
	one(r, span(copy, n), 1);
	free(copy);
}

/* step 0: two pieces, cut at at; else pieces of step bytes. */
static void facts_body(struct dialect_reader *r, const char *text, size_t n, size_t step, size_t at,
		       void (*one)(struct dialect_reader *, struct span, uint64_t))
{
	size_t i, k;

	if (!step) {
		at = at < n ? at : n;
		facts_feed(r, text, at, one);
		facts_feed(r, text + at, n - at, one);
		return;
	}
	for (i = 0; i < n; i += k) {
		k = step < n - i ? step : n - i;
		facts_feed(r, text + i, k, one);
	}
}

/* "name: value" */
static struct http_header facts_header(const char *line)
{
	const char *colon = strchr(line, ':');

	return (struct http_header){span(line, (size_t)(colon - line)),
				    span_trim(span(colon + 1, strcspn(colon + 1, "\n")))};
}

static size_t facts_length(const struct exchange *x)
{
	return x->response_n || !x->response ? x->response_n : strlen(x->response);
}

static char *facts_once(const struct exchange *x, size_t step, size_t at)
{
	struct http_header headers[4], answer[2];
	struct http_head q = {
		.method = x->method ? span_str(x->method) : SPAN_LIT("POST"),
		.path = span_str(x->path),
		.authority = span_str(x->host),
		.headers = headers,
	};
	struct http_head a = {
		.status = x->status ? x->status : 200,
		.headers = answer,
	};
	struct dialect_reader *r;
	const struct dialect *d;
	const char *line;
	char *p;
	size_t n;
	FILE *f = open_memstream(&p, &n);

	for (line = x->headers; line && *line; line += strspn(line, "\n")) {
		headers[q.n_headers++] = facts_header(line);
		line += strcspn(line, "\n");
	}
	if (x->type)
		answer[a.n_headers++] =
			(struct http_header){SPAN_LIT("Content-Type"), span_str(x->type)};
	if (x->answer_header)
		answer[a.n_headers++] = facts_header(x->answer_header);
	d = dialect__match(&q);
	assert_non_null(d);
	assert_int_equal(dialect_reader__new(d, &q, &facts_ops, f, &limits_default, &r), 0);
	if (x->request)
		facts_body(r, x->request, strlen(x->request), step, at, dialect_reader__request);
	dialect_reader__request_end(r, 1);
	fputs("| ", f);
	dialect_reader__response_head(r, &a, 1);
	if (x->response)
		facts_body(r, x->response, facts_length(x), step, at, dialect_reader__response);
	dialect_reader__response_end(r, 1);
	if (dialect_reader__streamed(r))
		fputs("streamed ", f);
	if (dialect_reader__damaged(r))
		fputs("damaged ", f);
	if (!dialect_reader__confirmed(r))
		fputs("unproved ", f);
	dialect_reader__free(r);
	fclose(f);
	if (n)
		p[n - 1] = 0;
	return p;
}

/* The exchange tells want, whole and in every other way. */
static inline void facts_are(const struct exchange *x, const char *want)
{
	char *whole = facts_once(x, SIZE_MAX, 0), *got;
	size_t n = facts_length(x), at, step;

	assert_string_equal(whole, want);
	if (x->request && strlen(x->request) > n)
		n = strlen(x->request);
	for (step = 1; step < 4; step++) {
		got = facts_once(x, step, 0);
		assert_string_equal(got, whole);
		free(got);
	}
	for (at = 0; at <= n && n < 3000; at++) {
		got = facts_once(x, 0, at);
		if (strcmp(got, whole))
			print_error("cut at %zu\n", at);
		assert_string_equal(got, whole);
		free(got);
	}
	free(whole);
}

#endif
