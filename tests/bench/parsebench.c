// SPDX-License-Identifier: Apache-2.0
/* What reading costs: one event of a stream and one 14 KB request, by cJSON (parse, look up, free)
 * and by the scanner with the paths that dialects use; then the whole way of an event through
 * framing, scanner and dialect. Prints nanoseconds (best of ROUNDS) and how many times faster. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cjson/cJSON.h>

#include "base/json_scan.h"
#include "base/limits.h"
#include "dialect/dialect.h"

#define ROUNDS 7

static volatile uint64_t sink; /* lest the work be optimised away */

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static const char openai_event[] =
	"{\"id\":\"chatcmpl-BZ8mQk2pXyT1c7RfWn5LhVj3\",\"object\":\"chat.completion.chunk\","
	"\"created\":1763642531,\"model\":\"gpt-4o-mini-2024-07-18\",\"service_tier\":\"default\","
	"\"system_fingerprint\":\"fp_560af6e559\",\"choices\":[{\"index\":0,\"delta\":{\"content\":"
	"\" jumps\"},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null,"
	"\"obfuscation\":\"k3Jd8sQ\"}";
static const char anthropic_event[] =
	"{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\","
	"\"text\":\" jumps over\"}         }";

/* --- the paths of the comparison: what a chunk and a request are asked for --- */

static int on_value(void *ctx, const struct json_value *v)
{
	sink += v->id + v->text.n;
	return 0;
}

static const struct json_ops ops = {.value = on_value};

static const struct json_path delta[] = {
	JSON_PATH("content", 1, JSON_SEEN),
	JSON_PATH("text", 2, JSON_SEEN),
	JSON_PATH("tool_calls", 3, JSON_SEEN),
};
static const struct json_path choice[] = {
	JSON_PATH("index", 4, JSON_SCALAR),
	JSON_KIDS("delta", 0, 0, delta),
	JSON_PATH("finish_reason", 5, JSON_SCALAR),
};
static const struct json_path choices[] = {JSON_EACH_KIDS(0, 0, choice)};
static const struct json_path usage[] = {JSON_PATH("prompt_tokens", 6, JSON_SCALAR)};
static const struct json_path event_top[] = {
	JSON_PATH("id", 7, JSON_SCALAR),     JSON_PATH("model", 8, JSON_SCALAR),
	JSON_KIDS("choices", 0, 0, choices), JSON_KIDS("usage", 0, 0, usage),
	JSON_PATH("type", 9, JSON_SCALAR),   JSON_KIDS("delta", 0, 0, delta),
};
static const struct json_path event_root = JSON_ROOT(event_top);
static const struct json_path message[] = {
	JSON_PATH("role", 10, JSON_SCALAR),
	JSON_PATH("tool_call_id", 11, JSON_SCALAR),
};
static const struct json_path messages[] = {JSON_EACH_KIDS(0, 0, message)};
static const struct json_path request_top[] = {
	JSON_PATH("model", 12, JSON_SCALAR),	   JSON_PATH("stream", 13, JSON_SCALAR),
	JSON_PATH("temperature", 14, JSON_SCALAR), JSON_PATH("max_tokens", 15, JSON_SCALAR),
	JSON_KIDS("messages", 0, 0, messages),
};
static const struct json_path request_root = JSON_ROOT(request_top);

static void by_cjson_openai(const char *text)
{
	cJSON *j = cJSON_Parse(text), *c;

	c = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(j, "choices"), 0);
	sink += (uintptr_t)cJSON_GetObjectItemCaseSensitive(j, "id") +
		(uintptr_t)cJSON_GetObjectItemCaseSensitive(j, "model") +
		(uintptr_t)cJSON_GetObjectItemCaseSensitive(c, "finish_reason") +
		(uintptr_t)cJSON_GetObjectItemCaseSensitive(
			cJSON_GetObjectItemCaseSensitive(c, "delta"), "content");
	cJSON_Delete(j);
}

static void by_cjson_plain(const char *text)
{
	cJSON *j = cJSON_Parse(text);

	sink += (uintptr_t)cJSON_GetObjectItemCaseSensitive(j, "type") +
		(uintptr_t)cJSON_GetObjectItemCaseSensitive(j, "model");
	cJSON_Delete(j);
}

static double cjson_ns(const char *text, void (*one)(const char *), int n)
{
	double best = 1e18, ns;
	uint64_t t0;
	int round, i;

	for (round = 0; round < ROUNDS; round++) {
		t0 = now_ns();
		for (i = 0; i < n; i++)
			one(text);
		ns = (double)(now_ns() - t0) / n;
		best = ns < best ? ns : best;
	}
	return best;
}

static double scan_ns(const char *text, const struct json_path *root, int n)
{
	double best = 1e18, ns;
	struct json_scan *s;
	uint64_t t0;
	int round, i;

	if (json_scan__new(root, &ops, NULL, &limits_default, &s))
		exit(1);
	for (round = 0; round < ROUNDS; round++) {
		t0 = now_ns();
		for (i = 0; i < n; i++) {
			json_scan__reset(s);
			json_scan__feed(s, span_str(text));
			json_scan__finish(s);
		}
		ns = (double)(now_ns() - t0) / n;
		best = ns < best ? ns : best;
	}
	json_scan__free(s);
	return best;
}

static void on_fact(void *ctx, enum fact fact, const struct fact_value *v, uint64_t ts_ns)
{
	sink += fact;
}

/* An event through everything, as often as asked. */
static double reader_ns(const char *path, const char *event, int n)
{
	static const struct dialect_ops dialect_ops = {.fact = on_fact};
	struct http_header type = {SPAN_LIT("content-type"), SPAN_LIT("text/event-stream")};
	struct http_head q = {.method = SPAN_LIT("POST"), .path = span_str(path)};
	struct http_head a = {.status = 200, .headers = &type, .n_headers = 1};
	struct dialect_reader *r;
	double best = 1e18, ns;
	char text[1024];
	uint64_t t0;
	int round, i;

	snprintf(text, sizeof(text), "data: %s\n\n", event);
	if (dialect_reader__new(dialect__match(&q), &q, &dialect_ops, NULL, &limits_default, &r))
		exit(1);
	dialect_reader__response_head(r, &a, 1);
	for (round = 0; round < ROUNDS; round++) {
		t0 = now_ns();
		for (i = 0; i < n; i++)
			dialect_reader__response(r, span_str(text), 1);
		ns = (double)(now_ns() - t0) / n;
		best = ns < best ? ns : best;
	}
	dialect_reader__free(r);
	return best;
}

/* 14 KB: a system prompt, tools with schemas, a few turns. */
static char *request_text(void)
{
	char *p;
	size_t n;
	FILE *f = open_memstream(&p, &n);
	int i, k;

	fprintf(f, "{\"messages\":[");
	for (i = 0; i < 12; i++) {
		fprintf(f, "%s{\"role\":\"%s\",\"content\":\"", i ? "," : "",
			i % 2 ? "assistant" : "user");
		for (k = 0; k < 16; k++)
			fprintf(f, "The quick brown fox jumps over the lazy dog.%s",
				k % 5 ? " " : "\\n\\\"So\\\" ");
		fprintf(f, "\"}");
	}
	fprintf(f, "],\"tools\":[");
	for (i = 0; i < 12; i++)
		fprintf(f,
			"%s{\"type\":\"function\",\"function\":{\"name\":\"tool_%d\","
			"\"description\":"
			"\"Looks up something that is described here at some length.\","
			"\"parameters\":{\"type\":\"object\",\"properties\":{\"city\":{\"type\":"
			"\"string\",\"description\":\"The city\"},\"days\":{\"type\":\"integer\"}},"
			"\"required\":[\"city\"]}}}",
			i ? "," : "", i);
	fprintf(f, "],\"temperature\":0.2,\"max_tokens\":1024,\"stream\":true,"
		   "\"model\":\"gpt-4o-mini\"}");
	fclose(f);
	return p;
}

static void row(const char *name, size_t n, double c, double s)
{
	printf("%-34s %6zu B %10.0f ns %10.0f ns %6.1f x\n", name, n, c, s, c / s);
}

int main(void)
{
	char *request = request_text();

	printf("%-34s %8s %13s %13s\n", "", "size", "cJSON", "scanner");
	row("event, chat completions", sizeof(openai_event) - 1,
	    cjson_ns(openai_event, by_cjson_openai, 100000),
	    scan_ns(openai_event, &event_root, 200000));
	row("event, messages", sizeof(anthropic_event) - 1,
	    cjson_ns(anthropic_event, by_cjson_plain, 100000),
	    scan_ns(anthropic_event, &event_root, 400000));
	row("request", strlen(request), cjson_ns(request, by_cjson_plain, 3000),
	    scan_ns(request, &request_root, 30000));
	printf("\nframing, scanner and dialect, one event:\n");
	printf("%-34s %30.0f ns\n", "chat completions",
	       reader_ns("/v1/chat/completions", openai_event, 200000));
	printf("%-34s %30.0f ns\n", "messages", reader_ns("/v1/messages", anthropic_event, 400000));
	free(request);
	return 0;
}
