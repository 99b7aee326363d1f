// SPDX-License-Identifier: Apache-2.0
/* Answers of OpenAI's that are fetched: a response, a stored chat completion, a batch. What was
 * made in the background is pending until it is final. */
#include "dialect/openai.h"

enum {
	OWN_OBJECT = OPENAI_OWN,
	OWN_STATUS,
};

/* …{name}/{id} */
static bool is_item(struct span path, struct span name)
{
	size_t n = path.n;

	while (n && path.p[n - 1] != '/')
		n--;
	return n && n < path.n && span_ends(span_head(path, n - 1), name);
}

/* --- responses --- */

static bool match_response(const struct http_head *h, struct span path)
{
	return is_item(path, SPAN_LIT("/responses"));
}

const struct dialect dialect_openai_response_fetch = {
	.api = "openai.responses",
	.operation = "fetch_response",
	.flavour = "openai",
	.method = "GET",
	.kind = DIALECT_FETCH,
	.weak = true,
	.own_size = sizeof(struct openai_response),
	.match = match_response,
	.answer = &openai_response_answer,
	.answer_value = openai_response__answer_value,
	.document = openai_response__document,
};

/* --- chat completions that were stored --- */

static bool match_chat(const struct http_head *h, struct span path)
{
	return is_item(path, SPAN_LIT("/chat/completions")) &&
	       span_find(path, SPAN_LIT("/async/")) < 0; /* Perplexity's queue */
}

const struct dialect dialect_openai_chat_fetch = {
	.api = "openai.chat",
	.operation = "fetch_response",
	.flavour = "openai",
	.method = "GET",
	.kind = DIALECT_FETCH,
	.weak = true,
	.match = match_chat,
	.answer = &openai_chat_answer,
	.answer_value = openai_chat__answer_value,
	.count = openai__count,
};

/* --- batches --- */

struct batch {
	bool is_batch;
	struct text status;
};

static const struct json_path counts[] = {
	JSON_PATH("completed", FACT_BATCH_REQUESTS, JSON_SCALAR),
};
static const struct json_path batch_top[] = {
	JSON_PATH("id", FACT_RESPONSE_ID, JSON_SCALAR),
	JSON_PATH("object", OWN_OBJECT, JSON_SCALAR),
	JSON_PATH("model", FACT_RESPONSE_MODEL, JSON_SCALAR),
	JSON_PATH("status", OWN_STATUS, JSON_SCALAR),
	JSON_KIDS("request_counts", 0, 0, counts),
	JSON_KIDS("usage", 0, 0, openai_usage),
	OPENAI_ERROR_PATHS,
};
static const struct json_path batch = JSON_ROOT(batch_top);

static bool match_batch(const struct http_head *h, struct span path)
{
	/* Anthropic's are others. */
	return is_item(path, SPAN_LIT("/batches")) && !is_item(path, SPAN_LIT("/messages/batches"));
}

static void batch_value(struct dialect_reader *r, const struct json_value *v)
{
	struct batch *s = r->own;

	if (v->id == OPENAI_TICKS)
		openai__ticks(r, v);
	if (v->type != JSON_STRING)
		return;
	if (v->id == OWN_OBJECT)
		s->is_batch = span_eq(v->text, SPAN_LIT("batch"));
	else if (v->id == OWN_STATUS)
		text__set(&s->status, v->text, v->truncated);
}

static void batch_document(struct dialect_reader *r)
{
	static const char *const final[] = {"completed", "failed", "expired", "cancelled"};
	struct batch *s = r->own;
	bool over = false;
	size_t i;

	if (!s->is_batch || !s->status.n)
		return;
	for (i = 0; i < sizeof(final) / sizeof(final[0]); i++)
		over |= span_eq(text__span(&s->status), span_str(final[i]));
	wire__prove(r);
	wire__number(r, FACT_PENDING, !over);
	if (over)
		wire__text(r, FACT_FINISH_REASON, text__span(&s->status), s->status.truncated, 0);
}

const struct dialect dialect_openai_batch = {
	.api = "openai.batch",
	.operation = "fetch_response",
	.flavour = "openai",
	.method = "GET",
	.kind = DIALECT_FETCH,
	.weak = true,
	.own_size = sizeof(struct batch),
	.match = match_batch,
	.answer = &batch,
	.answer_value = batch_value,
	.document = batch_document,
};
