// SPDX-License-Identifier: Apache-2.0
/* Amazon Bedrock's InvokeModel and InvokeModelWithResponseStream. The bodies are those of the
 * models (see bedrock_families.c); the model is in the path. Each event "chunk" wraps the model's
 * own JSON in base64. Tokens are in the body, in the invocation metrics of a stream's last chunk or
 * in the headers of a whole answer. */
#include "base/json_number.h"
#include "dialect/bedrock_invoke.h"
#include "dialect/response.h"
#include "dialect/unwrap.h"

#define N_COUNTS 4

/* In the order of the metrics and of the headers. */
static const uint16_t counts[N_COUNTS] = {
	WIRE_INPUT,
	WIRE_OUTPUT,
	WIRE_CACHE_READ,
	WIRE_CACHE_WRITE,
};

struct invoke {
	struct converse converse;
	struct unwrap unwrap;
	bool wrapped;				      /* so is the event that is read */
	bool cache_inside;			      /* the input tokens include what was cached */
	int64_t headers[N_COUNTS], metrics[N_COUNTS]; /* -1: not said */
};

static bool match(const struct http_head *h, struct span path)
{
	return bedrock__path(path, "/invoke") ||
	       bedrock__path(path, "/invoke-with-response-stream");
}

/* What a model does, by its id, where the body of the request does not show it. */
static const struct {
	const char *part; /* of the id */
	const struct dialect *dialect;
} kinds[] = {
	{"embed", &dialect_bedrock_invoke_embeddings},
	{"rerank", &dialect_bedrock_invoke_rerank},
	{"stability.", &dialect_bedrock_invoke_image},
	{"titan-image", &dialect_bedrock_invoke_image},
	{"nova-canvas", &dialect_bedrock_invoke_image},
};

static void begin(struct dialect_reader *r, const struct http_head *h)
{
	struct span id = text__span(&r->path_model),
		    tier = http_head__get(h, "x-amzn-bedrock-service-tier");
	struct invoke *own = r->own;
	size_t i;

	for (i = 0; i < N_COUNTS; i++)
		own->headers[i] = own->metrics[i] = -1;
	for (i = sizeof(kinds) / sizeof(kinds[0]); i-- > 0;)
		if (span_find(id, span_str(kinds[i].part)) >= 0)
			r->dialect = kinds[i].dialect;
	bedrock__begin(r, h);
	wire__text(r, FACT_REQUEST_SERVICE_TIER, tier, false, 0);
}

static void request_value(struct dialect_reader *r, const struct json_value *v)
{
	bool is_json = v->type == JSON_STRING && (span_eq(v->text, SPAN_LIT("json_schema")) ||
						  span_eq(v->text, SPAN_LIT("json_object")));

	if (v->id == INVOKE_PROMPT && r->dialect == &dialect_bedrock_invoke)
		r->dialect = &dialect_bedrock_invoke_text;
	else if (v->id == ANTHROPIC_USER_ID && v->type == JSON_STRING)
		session__user_id(r, v->text);
	else if (v->id == ANTHROPIC_FORMAT && is_json)
		wire__text(r, FACT_REQUEST_OUTPUT_TYPE, SPAN_LIT("json"), false, 0);
	else
		converse__request_value(r, v);
}

static void head(struct dialect_reader *r, const struct http_head *h)
{
	static const char *const names[N_COUNTS] = {
		"x-amzn-bedrock-input-token-count",
		"x-amzn-bedrock-output-token-count",
		"x-amzn-bedrock-cache-read-input-token-count",
		"x-amzn-bedrock-cache-write-input-token-count",
	};
	struct invoke *own = r->own;
	struct span value;
	bool integer = false;
	int64_t n;
	size_t i;

	bedrock__head(r, h);
	wire__text(r, FACT_SERVICE_TIER, http_head__get(h, "x-amzn-bedrock-service-tier"), false,
		   0);
	for (i = 0; i < N_COUNTS; i++) {
		value = http_head__get(h, names[i]);
		if (!json_number__valid(value, &integer) ||
		    !json_number__integral(value, integer, &n) || n < 0)
			continue;
		own->headers[i] = n;
		wire__prove(r);
	}
}

static void event(struct dialect_reader *r, struct span name)
{
	struct invoke *own = r->own;

	own->wrapped = span_eq(name, SPAN_LIT("chunk"));
	unwrap__begin(&own->unwrap);
}

static void on_unwrapped(void *ctx, struct span piece)
{
	response__json(ctx, piece);
}

static void piece(struct dialect_reader *r, struct span data)
{
	struct invoke *own = r->own;

	if (!own->wrapped)
		response__json(r, data);
	else if (unwrap__feed(&own->unwrap, data, on_unwrapped, r))
		r->damaged = true;
}

static void choice_end(struct dialect_reader *r, uint32_t position)
{
	struct wire_choice *c = &r->choice;
	uint32_t number = c->index >= 0 && c->index <= UINT32_MAX ? (uint32_t)c->index : position;

	tools__resolve(&r->tools, number, r->streamed);
	wire__text(r, FACT_FINISH_REASON, text__span(&c->finish), c->finish.truncated, number);
}

static bool is_count(const struct json_value *v)
{
	return v->type == JSON_NUMBER && v->integral && v->number >= 0;
}

static void answer_value(struct dialect_reader *r, const struct json_value *v)
{
	struct invoke *own = r->own;
	struct wire_choice *c = &r->choice;

	switch (v->id) {
	case INVOKE_PROMPT_TOKENS:
		if (!is_count(v))
			break;
		USAGE(r, WIRE_INPUT) = v->number;
		r->usage_new = r->proved = own->cache_inside = true;
		break;
	case INVOKE_TOTAL_OUTPUT:
		if (!is_count(v))
			break;
		USAGE(r, WIRE_OUTPUT) = v->number;
		r->usage_new = r->proved = r->done = true;
		break;
	case INVOKE_METRICS:
		r->done = true;
		break;
	case INVOKE_METRIC_INPUT:
	case INVOKE_METRIC_OUTPUT:
	case INVOKE_METRIC_CACHE_READ:
	case INVOKE_METRIC_CACHE_WRITE:
		if (is_count(v))
			own->metrics[v->id - INVOKE_METRIC_INPUT] = v->number;
		break;
	case INVOKE_RESULT_STOP:
		if (v->type == JSON_STRING)
			wire__text(r, FACT_FINISH_REASON, v->text, v->truncated, v->index[0]);
		break;
	case INVOKE_CHOICE:
		if (v->event == JSON_ENDS)
			choice_end(r, v->index[v->n_index - 1]);
		*c = (struct wire_choice){.index = -1};
		break;
	case INVOKE_CHOICE_INDEX:
		if (is_count(v))
			c->index = v->number;
		break;
	case INVOKE_CHOICE_STOP:
		if (v->type == JSON_STRING)
			text__set(&c->finish, v->text, v->truncated);
		break;
	case INVOKE_CALL:
		if (v->event == JSON_ENDS)
			r->damaged |= tools__end(&r->tools, r->lim) < 0;
		tools__begin(&r->tools);
		break;
	default:
		if (v->id < ANTHROPIC_END)
			anthropic__answer_value(r, v);
		else
			converse__answer_value(r, v);
	}
}

/* What the body does not say. Where it does, its figure counts: the metrics leave out what the
 * model bills for tools. */
static void document(struct dialect_reader *r)
{
	struct invoke *own = r->own;
	size_t i;

	for (i = 0; i < N_COUNTS; i++) {
		int64_t n = own->metrics[i] >= 0 ? own->metrics[i] : own->headers[i];

		if (USAGE(r, counts[i]) >= 0 || n < 0)
			continue;
		USAGE(r, counts[i]) = n;
		r->usage_new = r->proved = true;
	}
	tools__resolve(&r->tools, 0, false);
}

static void count(const struct dialect_reader *r, int64_t tokens[WIRE_N_USAGE])
{
	const struct invoke *own = r->own;

	if (!own->cache_inside)
		anthropic__count(r, tokens);
}

/* One wire, but for what it is used for. */
#define INVOKE(name, what)                         \
	const struct dialect name = {              \
		.api = "bedrock.invoke",           \
		.operation = what,                 \
		.flavour = "aws.bedrock",          \
		.weak = true,                      \
		.own_size = sizeof(struct invoke), \
		.match = match,                    \
		.path_model = bedrock__model,      \
		.begin = begin,                    \
		.request = &invoke_request,        \
		.answer = &invoke_answer,          \
		.request_value = request_value,    \
		.answer_value = answer_value,      \
		.head = head,                      \
		.event = event,                    \
		.piece = piece,                    \
		.document = document,              \
		.count = count,                    \
	}

INVOKE(dialect_bedrock_invoke, "chat");
INVOKE(dialect_bedrock_invoke_text, "text_completion");
INVOKE(dialect_bedrock_invoke_embeddings, "embeddings");
INVOKE(dialect_bedrock_invoke_rerank, "rerank");
INVOKE(dialect_bedrock_invoke_image, "image");

/* --- InvokeModelWithBidirectionalStream: audio in event streams both ways -----------------------
 */

static bool match_bidirectional(const struct http_head *h, struct span path)
{
	return bedrock__path(path, "/invoke-with-bidirectional-stream");
}

const struct dialect dialect_bedrock_bidirectional = {
	.api = "bedrock.invoke",
	.operation = "chat",
	.flavour = "aws.bedrock",
	.kind = DIALECT_OPAQUE,
	.weak = true,
	.match = match_bidirectional,
	.path_model = bedrock__model,
	.begin = bedrock__begin,
	.head = bedrock__head,
};

/* --- CountTokens: the body holds a request of one of the others ---------------------------------
 */

static bool match_count(const struct http_head *h, struct span path)
{
	return bedrock__path(path, "/count-tokens");
}

static const struct json_path counted_top[] = {
	JSON_PATH("inputTokens", FACT_COUNTED_TOKENS, JSON_SCALAR),
	JSON_PATH("message", WIRE_TOP_MESSAGE, JSON_SCALAR),
	JSON_PATH("Message", WIRE_TOP_MESSAGE, JSON_SCALAR),
};
static const struct json_path counted = JSON_ROOT(counted_top);

const struct dialect dialect_bedrock_count_tokens = {
	.api = "bedrock.count_tokens",
	.operation = "count_tokens",
	.flavour = "aws.bedrock",
	.weak = true,
	.match = match_count,
	.path_model = bedrock__model,
	.begin = bedrock__begin,
	.answer = &counted,
	.head = bedrock__head,
};
