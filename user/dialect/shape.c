// SPDX-License-Identifier: Apache-2.0
#include "dialect/shape.h"

#include "base/limits.h"
#include "dialect/held.h"

enum {
	SHAPE_REQUEST = WIRE_OWN,
	SHAPE_MODEL,
	SHAPE_MESSAGES,
	SHAPE_MAX_TOKENS,
	SHAPE_PROMPT,
	SHAPE_INPUT,
	SHAPE_CONTENTS,
	SHAPE_JSONRPC,
	/* of the answer */
	SHAPE_OBJECT,
	SHAPE_TYPE,
	SHAPE_ITEM_OBJECT,
	SHAPE_EVENT,
	SHAPE_CHOICE,
	SHAPE_CANDIDATES,
	SHAPE_OUTPUT_MESSAGE,
	SHAPE_BILLED,
	SHAPE_RPC_ANSWER,
};

#define ASKS(part) (1u << ((part)-SHAPE_REQUEST))

/* Which wires are tried, and what the request of each must hold. */
static const struct {
	const struct dialect *dialect;
	unsigned int asks;
} wires[] = {
	{&dialect_openai_chat, ASKS(SHAPE_MESSAGES)},
	{&dialect_openai_responses, ASKS(SHAPE_INPUT)},
	{&dialect_openai_completions, ASKS(SHAPE_PROMPT)},
	{&dialect_openai_embeddings, ASKS(SHAPE_INPUT)},
	{&dialect_anthropic_messages, ASKS(SHAPE_MESSAGES) | ASKS(SHAPE_MAX_TOKENS)},
	{&dialect_gemini_generate, ASKS(SHAPE_CONTENTS)},
	{&dialect_bedrock_converse, ASKS(SHAPE_MESSAGES)},
	{&dialect_cohere_chat_v2, ASKS(SHAPE_MESSAGES) | ASKS(SHAPE_MODEL)},
	{&dialect_mcp, ASKS(SHAPE_JSONRPC)},
};

#define N_WIRES (sizeof(wires) / sizeof(wires[0]))

/* What only one wire's answer says. */
static const struct {
	uint16_t id;
	const char *text; /* NULL: whatever it is */
	const struct dialect *dialect;
} marks[] = {
	{SHAPE_OBJECT, "chat.completion", &dialect_openai_chat},
	{SHAPE_OBJECT, "chat.completion.chunk", &dialect_openai_chat},
	{SHAPE_CHOICE, NULL, &dialect_openai_chat},
	{SHAPE_OBJECT, "text_completion", &dialect_openai_completions},
	{SHAPE_OBJECT, "response", &dialect_openai_responses},
	{SHAPE_TYPE, "response.created", &dialect_openai_responses},
	{SHAPE_ITEM_OBJECT, "embedding", &dialect_openai_embeddings},
	{SHAPE_TYPE, "message", &dialect_anthropic_messages},
	{SHAPE_TYPE, "message_start", &dialect_anthropic_messages},
	{SHAPE_CANDIDATES, NULL, &dialect_gemini_generate},
	{SHAPE_OUTPUT_MESSAGE, NULL, &dialect_bedrock_converse},
	{SHAPE_EVENT, "messageStart", &dialect_bedrock_converse},
	{SHAPE_TYPE, "message-start", &dialect_cohere_chat_v2},
	{SHAPE_BILLED, NULL, &dialect_cohere_chat_v2},
	{SHAPE_RPC_ANSWER, "2.0", &dialect_mcp},
};

struct candidate {
	struct dialect_reader *r; /* NULL: it is none any more */
	struct shape *shape;
	struct buf facts; /* as told, until it is found */
	bool lost;	  /* some of them did not fit */
};

struct shape {
	struct candidate all[N_WIRES], *found;
	const struct dialect_ops *ops; /* those of who wants the facts */
	void *ctx;
	unsigned int asks;    /* what the request holds: ASKS() or-ed */
	unsigned int answers; /* which wires the answer has a mark of, by place in wires[] */
	bool over;	      /* none of them */
};

/* --- requests ------------------------------------------------------------------------------- */

static const struct json_path request_top[] = {
	JSON_PATH("model", SHAPE_MODEL, JSON_SEEN),
	JSON_PATH("messages", SHAPE_MESSAGES, JSON_SEEN),
	JSON_PATH("max_tokens", SHAPE_MAX_TOKENS, JSON_SCALAR),
	JSON_PATH("prompt", SHAPE_PROMPT, JSON_SEEN),
	JSON_PATH("input", SHAPE_INPUT, JSON_SEEN),
	JSON_PATH("contents", SHAPE_CONTENTS, JSON_SEEN),
	JSON_PATH("jsonrpc", SHAPE_JSONRPC, JSON_SEEN),
};
static const struct json_path request = {
	.want = JSON_ENTER,
	.id = SHAPE_REQUEST,
	.n_kids = JSON_N(request_top),
	.kids = request_top,
};

/* --- answers -------------------------------------------------------------------------------- */

static const struct json_path choice[] = {
	JSON_PATH("message", SHAPE_CHOICE, JSON_SEEN),
	JSON_PATH("delta", SHAPE_CHOICE, JSON_SEEN),
};
static const struct json_path choices[] = {JSON_EACH_KIDS(0, 0, choice)};
static const struct json_path item[] = {JSON_PATH("object", SHAPE_ITEM_OBJECT, JSON_SCALAR)};
static const struct json_path items[] = {JSON_EACH_KIDS(0, 0, item)};
static const struct json_path output[] = {JSON_PATH("message", SHAPE_OUTPUT_MESSAGE, JSON_SEEN)};
static const struct json_path usage[] = {JSON_PATH("billed_units", SHAPE_BILLED, JSON_SEEN)};
static const struct json_path answer_top[] = {
	JSON_PATH("object", SHAPE_OBJECT, JSON_SCALAR),
	JSON_PATH("type", SHAPE_TYPE, JSON_SCALAR),
	JSON_PATH("jsonrpc", SHAPE_RPC_ANSWER, JSON_SCALAR),
	JSON_KIDS("choices", 0, 0, choices),
	JSON_KIDS("data", 0, 0, items),
	JSON_PATH("candidates", SHAPE_CANDIDATES, JSON_SEEN),
	JSON_PATH("usageMetadata", SHAPE_CANDIDATES, JSON_SEEN),
	JSON_PATH("promptFeedback", SHAPE_CANDIDATES, JSON_SEEN),
	JSON_KIDS("output", 0, 0, output),
	JSON_KIDS("usage", 0, 0, usage),
};
static const struct json_path answer = JSON_ROOT(answer_top);

/* --- candidates ----------------------------------------------------------------------------- */

static void drop(struct candidate *c)
{
	dialect_reader__free(c->r);
	c->r = NULL;
	buf__free(&c->facts);
}

static void end(struct shape *s)
{
	size_t i;

	for (i = 0; i < N_WIRES; i++)
		if (&s->all[i] != s->found)
			drop(&s->all[i]);
	s->over = !s->found;
}

static void on_fact(void *ctx, enum fact fact, const struct fact_value *v, uint64_t ts_ns)
{
	struct candidate *c = ctx;

	if (c->shape->found == c)
		c->shape->ops->fact(c->shape->ctx, fact, v, ts_ns);
	else
		c->lost |= held__add(&c->facts, fact, v, ts_ns) < 0;
}

/* The reader that looks for the marks has nothing to tell by itself. */
static void on_no_fact(void *ctx, enum fact fact, const struct fact_value *v, uint64_t ts_ns)
{
}

/* What comes while it is not known which of them it is goes to nobody. */
static void on_said(void *ctx, enum side side, struct span piece)
{
	struct candidate *c = ctx;

	if (c->shape->found == c && c->shape->ops->said)
		c->shape->ops->said(c->shape->ctx, side, piece);
}

static void on_said_end(void *ctx, enum side side, uint32_t turn)
{
	struct candidate *c = ctx;

	if (c->shape->found == c && c->shape->ops->said_end)
		c->shape->ops->said_end(c->shape->ctx, side, turn);
}

static const struct dialect_ops candidate_ops = {
	.fact = on_fact,
	.said = on_said,
	.said_end = on_said_end,
};
static const struct dialect_ops no_ops = {.fact = on_no_fact};

static void tell_held(struct shape *s, struct candidate *c)
{
	struct span rest = buf__span(&c->facts);
	struct fact_value v;
	uint64_t ts_ns;
	enum fact fact;

	while (held__next(&rest, &fact, &v, &ts_ns))
		s->ops->fact(s->ctx, fact, &v, ts_ns);
	buf__free(&c->facts);
}

/* Whether the bodies have said enough. */
static void decide(struct shape *s)
{
	size_t i;

	for (i = 0; i < N_WIRES && !s->found && !s->over; i++) {
		struct candidate *c = &s->all[i];

		if (!(s->answers & 1u << i) || (s->asks & wires[i].asks) != wires[i].asks || !c->r)
			continue;
		s->found = c;
		end(s);
		tell_held(s, c);
		/* Of JSON-RPC the method says whether it is MCP. */
		if (wires[i].dialect != &dialect_mcp)
			wire__prove(c->r);
		c->r->damaged |= c->lost;
	}
}

/* --- hooks of dialect_unknown ----------------------------------------------------------------- */

static void begin(struct dialect_reader *r, const struct http_head *h)
{
	struct shape *s = r->own;
	size_t i;

	s->ops = r->ops;
	s->ctx = r->ctx;
	r->ops = &no_ops;
	for (i = 0; i < N_WIRES; i++) {
		struct candidate *c = &s->all[i];

		c->shape = s;
		buf__init(&c->facts, r->lim->shape_bytes);
		if (!dialect_reader__new(wires[i].dialect, h, &candidate_ops, c, r->lim, &c->r))
			continue;
		end(s);
		r->damaged = true;
		return;
	}
}

static void request_value(struct dialect_reader *r, const struct json_value *v)
{
	struct shape *s = r->own;

	if (v->id == SHAPE_REQUEST && v->type != JSON_OBJECT) {
		end(s);
		return;
	}
	s->asks |= ASKS(v->id);
	decide(s);
}

/* The request is over: what it does not ask for it is not. */
static void asked(struct dialect_reader *r)
{
	struct shape *s = r->own;
	bool some = s->found;
	size_t i;

	/* Parts of it may be missing. */
	if (r->damaged)
		return;
	for (i = 0; i < N_WIRES && !s->found; i++) {
		if ((s->asks & wires[i].asks) != wires[i].asks)
			drop(&s->all[i]);
		some |= s->all[i].r != NULL;
	}
	if (!some)
		end(s);
}

static void answers(struct dialect_reader *r, uint16_t id, struct span text)
{
	struct shape *s = r->own;
	size_t i, k;

	for (i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		if (marks[i].id != id || (marks[i].text && !span_eq(text, span_str(marks[i].text))))
			continue;
		for (k = 0; k < N_WIRES; k++)
			if (wires[k].dialect == marks[i].dialect)
				s->answers |= 1u << k;
	}
	decide(s);
}

static void answer_value(struct dialect_reader *r, const struct json_value *v)
{
	answers(r, v->id, v->text);
}

static void event(struct dialect_reader *r, struct span name)
{
	answers(r, SHAPE_EVENT, name);
}

static void own_free(void *own)
{
	struct shape *s = own;

	s->found = NULL;
	end(s);
}

const struct dialect dialect_unknown = {
	.api = "unknown",
	.operation = "unknown",
	.flavour = "unknown",
	.weak = true,
	.own_size = sizeof(struct shape),
	.begin = begin,
	.request = &request,
	.answer = &answer,
	.request_value = request_value,
	.asked = asked,
	.answer_value = answer_value,
	.event = event,
	.own_free = own_free,
};

/* --- readers ---------------------------------------------------------------------------------- */

bool shape__may_be(const struct http_head *h)
{
	return !h->path.p && (!h->method.n || span_eq(h->method, SPAN_LIT("POST")));
}

struct dialect_reader *shape__each(struct dialect_reader *r, const struct dialect_reader *before)
{
	struct shape *s = r->own;
	size_t i = 0;

	if (r->dialect != &dialect_unknown)
		return before ? NULL : r;
	/* Not JSON. A request that is no object may be, and has no mark. */
	if (before == r && !s->found && !s->asks && json_scan__flags(r->request) & JSON_MALFORMED)
		end(s);
	if (s->over)
		return NULL;
	if (s->found)
		return before == s->found->r ? NULL : s->found->r;
	if (!before)
		return r;
	/* Behind r come all candidates, in the order of the table. */
	while (before != r && i < N_WIRES && s->all[i++].r != before)
		;
	for (; i < N_WIRES; i++)
		if (s->all[i].r)
			return s->all[i].r;
	return NULL;
}

const struct dialect_reader *shape__found(const struct dialect_reader *r)
{
	const struct shape *s = r->own;

	return r->dialect == &dialect_unknown && s->found ? s->found->r : r;
}
