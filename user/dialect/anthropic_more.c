// SPDX-License-Identifier: Apache-2.0
/* Anthropic's other endpoints: counting the tokens of a message, the old text completions, and the
 * results of a batch. A batch that is created (POST /v1/messages/batches) is no call yet, and
 * asking for its state none at all: its results, once they are there, carry the usage. Source:
 * Anthropic API Reference. */
#include "dialect/anthropic.h"

/* --- token counting ------------------------------------------------------------------------- */

static const struct json_path counted_request_top[] = {
	JSON_PATH("model", FACT_REQUEST_MODEL, JSON_SCALAR),
};
static const struct json_path counted_request = JSON_ROOT(counted_request_top);
static const struct json_path counted_answer_top[] = {
	JSON_PATH("input_tokens", FACT_COUNTED_TOKENS, JSON_SCALAR),
	JSON_PATH("type", ANTHROPIC_TYPE, JSON_SCALAR),
	JSON_KIDS("error", WIRE_ERROR, JSON_SCALAR, anthropic_error),
};
static const struct json_path counted_answer = JSON_ROOT(counted_answer_top);

/* On Vertex AI it is a model's name, so this stands before the Messages in the table. */
static bool match_count(const struct http_head *h, struct span path)
{
	return span_ends(path, SPAN_LIT("/v1/messages/count_tokens")) ||
	       span_ends(path, SPAN_LIT("/publishers/anthropic/models/count-tokens:rawPredict"));
}

const struct dialect dialect_anthropic_count_tokens = {
	.api = "anthropic.count_tokens",
	.operation = "count_tokens",
	.flavour = "anthropic",
	.match = match_count,
	.request = &counted_request,
	.answer = &counted_answer,
	.answer_value = anthropic__answer_value,
};

/* --- text completions ----------------------------------------------------------------------- */

enum {
	COMPLETE_TYPE = ANTHROPIC_END,
	COMPLETE_STOP,
	COMPLETE_USER_ID,
};

static const struct json_path stops[] = {JSON_EACH(FACT_REQUEST_STOP, JSON_SCALAR)};
static const struct json_path metadata[] = {JSON_PATH("user_id", COMPLETE_USER_ID, JSON_SCALAR)};
static const struct json_path complete_request_top[] = {
	JSON_PATH("model", FACT_REQUEST_MODEL, JSON_SCALAR),
	JSON_PATH("stream", FACT_REQUEST_STREAM, JSON_SCALAR),
	JSON_PATH("max_tokens_to_sample", FACT_REQUEST_MAX_TOKENS, JSON_SCALAR),
	JSON_PATH("temperature", FACT_REQUEST_TEMPERATURE, JSON_SCALAR),
	JSON_PATH("top_p", FACT_REQUEST_TOP_P, JSON_SCALAR),
	JSON_PATH("top_k", FACT_REQUEST_TOP_K, JSON_SCALAR),
	JSON_KIDS("stop_sequences", 0, 0, stops),
	JSON_KIDS("metadata", 0, 0, metadata),
};
static const struct json_path complete_request = JSON_ROOT(complete_request_top);
static const struct json_path complete_answer_top[] = {
	JSON_PATH("type", COMPLETE_TYPE, JSON_SCALAR),
	JSON_PATH("id", FACT_RESPONSE_ID, JSON_SCALAR),
	JSON_PATH("model", FACT_RESPONSE_MODEL, JSON_SCALAR),
	JSON_PATH("completion", ANTHROPIC_OUTPUT, JSON_SEEN),
	JSON_PATH("stop_reason", COMPLETE_STOP, JSON_SCALAR),
	JSON_KIDS("error", WIRE_ERROR, JSON_SCALAR, anthropic_error),
};
static const struct json_path complete_answer = JSON_ROOT(complete_answer_top);

static bool match_complete(const struct http_head *h, struct span path)
{
	return span_ends(path, SPAN_LIT("/v1/complete"));
}

static void complete_request_value(struct dialect_reader *r, const struct json_value *v)
{
	if (v->id == COMPLETE_USER_ID && v->type == JSON_STRING)
		session__user_id(r, v->text);
}

static void complete_answer_value(struct dialect_reader *r, const struct json_value *v)
{
	switch (v->id) {
	case COMPLETE_TYPE:
		if (span_eq(v->text, SPAN_LIT("completion")))
			wire__prove(r);
		r->errors.object |= span_eq(v->text, SPAN_LIT("error"));
		break;
	case COMPLETE_STOP:
		if (v->type != JSON_STRING)
			break;
		/* No event ends the stream but the one that says why. */
		r->done = true;
		wire__text(r, FACT_FINISH_REASON, v->text, v->truncated, 0);
		break;
	default:
		anthropic__answer_value(r, v);
	}
}

const struct dialect dialect_anthropic_complete = {
	.api = "anthropic.complete",
	.operation = "text_completion",
	.flavour = "anthropic",
	.weak = true,
	.match = match_complete,
	.request = &complete_request,
	.answer = &complete_answer,
	.request_value = complete_request_value,
	.answer_value = complete_answer_value,
};

/* --- the results of a batch ----------------------------------------------------------------- */

enum {
	BATCH_ID = ANTHROPIC_END, /* of one request */
};

struct batch {
	int64_t n;
	int64_t sum[WIRE_N_USAGE]; /* of all messages so far; -1: not said, or more than fits */
	bool full[WIRE_N_USAGE];
};

static const char batches[] = "/v1/messages/batches/";
static const char results[] = "/results";

static const struct json_path details[] = {
	JSON_PATH("thinking_tokens", WIRE_REASONING, JSON_SCALAR),
};
static const struct json_path usage[] = {
	JSON_PATH("input_tokens", WIRE_INPUT, JSON_SCALAR),
	JSON_PATH("output_tokens", WIRE_OUTPUT, JSON_SCALAR),
	JSON_PATH("cache_read_input_tokens", WIRE_CACHE_READ, JSON_SCALAR),
	JSON_PATH("cache_creation_input_tokens", WIRE_CACHE_WRITE, JSON_SCALAR),
	JSON_KIDS("output_tokens_details", 0, 0, details),
	JSON_PATH("service_tier", FACT_SERVICE_TIER, JSON_SCALAR),
};
static const struct json_path message[] = {
	JSON_PATH("model", FACT_RESPONSE_MODEL, JSON_SCALAR),
	JSON_KIDS("usage", 0, 0, usage),
};
static const struct json_path result[] = {JSON_KIDS("message", 0, 0, message)};
static const struct json_path line[] = {
	JSON_PATH("custom_id", BATCH_ID, JSON_SCALAR),
	JSON_KIDS("result", 0, 0, result),
	/* of the answer where there are no results */
	JSON_PATH("type", ANTHROPIC_TYPE, JSON_SCALAR),
	JSON_KIDS("error", WIRE_ERROR, JSON_SCALAR, anthropic_error),
};
static const struct json_path batch_answer = JSON_ROOT(line);

/* /v1/messages/batches/{id}/results: the id. */
static struct span batch_id(struct span path)
{
	ptrdiff_t at = span_find(path, SPAN_LIT(batches));

	if (at < 0 || !span_ends(path, SPAN_LIT(results)))
		return SPAN_NONE;
	path = span_skip(path, (size_t)at + sizeof(batches) - 1);
	return path.n > sizeof(results) - 1 ? span_head(path, path.n - (sizeof(results) - 1))
					    : SPAN_NONE;
}

static bool match_batch(const struct http_head *h, struct span path)
{
	struct span id = batch_id(path);

	return id.n && span_find(id, SPAN_LIT("/")) < 0;
}

static void batch_begin(struct dialect_reader *r, const struct http_head *h)
{
	struct batch *own = r->own;
	struct span path = h->path;
	size_t i;

	if (path.n > 1 && path.p[path.n - 1] == '/')
		path.n--;
	for (i = 0; i < WIRE_N_USAGE; i++)
		own->sum[i] = -1;
	wire__text(r, FACT_RESPONSE_ID, batch_id(path), false, 0);
}

static void batch_answer_value(struct dialect_reader *r, const struct json_value *v)
{
	struct batch *own = r->own;

	if (v->id == BATCH_ID)
		wire__number(r, FACT_BATCH_REQUESTS, ++own->n);
	else
		anthropic__answer_value(r, v);
}

/* A line is over: its tokens are added to those before, and the next line begins with none. */
static void batch_document(struct dialect_reader *r)
{
	struct batch *own = r->own;
	int64_t one[WIRE_N_USAGE];
	size_t i;

	memcpy(one, r->usage, sizeof(one));
	anthropic__count(r, one);
	for (i = 0; i < WIRE_N_USAGE; i++) {
		r->usage[i] = -1;
		if (one[i] < 0 || own->full[i])
			continue;
		if (own->sum[i] < 0)
			own->sum[i] = 0;
		own->full[i] = __builtin_add_overflow(own->sum[i], one[i], &own->sum[i]);
		if (own->full[i])
			own->sum[i] = -1;
	}
}

static void batch_count(const struct dialect_reader *r, int64_t tokens[WIRE_N_USAGE])
{
	const struct batch *own = r->own;

	memcpy(tokens, own->sum, sizeof(own->sum));
}

const struct dialect dialect_anthropic_batch = {
	.api = "anthropic.messages",
	.operation = "fetch_response",
	.flavour = "anthropic",
	.method = "GET",
	.kind = DIALECT_FETCH,
	.json_stream = true,
	.own_size = sizeof(struct batch),
	.match = match_batch,
	.begin = batch_begin,
	.answer = &batch_answer,
	.answer_value = batch_answer_value,
	.document = batch_document,
	.count = batch_count,
};
