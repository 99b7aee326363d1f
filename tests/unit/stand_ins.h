/* SPDX-License-Identifier: Apache-2.0 */
/* stand_ins.h: dialects that stand in for the providers' own, one for each way in which an exchange
 * can be a call. Defines what dialect/table.c does, so that this table is the one that is linked.
 */
#ifndef STAND_INS_H
#define STAND_INS_H

#include <string.h>

#undef USAGE /* an answer of call_rig.h; wire.h has its own */
#include "dialect/wire.h"

/* ---- the dialects: what comes after "ask" in a client's message, or after "turn":N in a server's,
 * is of that turn ---- */

enum {
	OWN_ASK = WIRE_OWN,
	OWN_TURN,
	OWN_WORD,
	OWN_END,
	OWN_RESULT,
	OWN_PENDING,
};

static const struct json_path session_request[] = {
	JSON_PATH("ask", OWN_ASK, JSON_SCALAR),
	JSON_PATH("turn", OWN_TURN, JSON_SCALAR),
	JSON_PATH("model", FACT_REQUEST_MODEL, JSON_SCALAR),
	JSON_PATH("temperature", FACT_REQUEST_TEMPERATURE, JSON_SCALAR),
	JSON_PATH("result", OWN_RESULT, JSON_SCALAR),
	JSON_PATH("stop", FACT_REQUEST_STOP, JSON_SCALAR),
	JSON_PATH("conversation", FACT_CONVERSATION_ID, JSON_SCALAR),
};
static const struct json_path session_request_root = JSON_ROOT(session_request);

static const struct json_path session_answer[] = {
	JSON_PATH("turn", OWN_TURN, JSON_SCALAR),
	JSON_PATH("word", OWN_WORD, JSON_SCALAR),
	JSON_PATH("end", OWN_END, JSON_SCALAR),
	JSON_PATH("id", FACT_RESPONSE_ID, JSON_SCALAR),
	JSON_PATH("finish", FACT_FINISH_REASON, JSON_SCALAR),
	JSON_PATH("input", WIRE_INPUT, JSON_SCALAR),
	JSON_PATH("output", WIRE_OUTPUT, JSON_SCALAR),
	JSON_KIDS("error", 0, 0, wire_error),
};
static const struct json_path session_answer_root = JSON_ROOT(session_answer);

static void session_value(struct dialect_reader *r, const struct json_value *v)
{
	switch (v->id) {
	case OWN_ASK:
		wire__turn_begin(r, r->message_ns[SIDE_REQUEST]);
		break;
	case OWN_TURN:
		r->turn = (uint32_t)v->number;
		break;
	case OWN_WORD:
		r->output = true;
		break;
	case OWN_RESULT:
		wire__text(r, FACT_TOOL_RESULT_ID, v->text, false, 0);
		break;
	default:
		wire__turn_end(r);
	}
}

static bool match_session(const struct http_head *h, struct span path)
{
	return span_eq(path, SPAN_LIT("/session"));
}

static bool match_weak(const struct http_head *h, struct span path)
{
	return span_eq(path, SPAN_LIT("/weak"));
}

static const struct dialect session = {
	.api = "test.session",
	.operation = "chat",
	.flavour = "test",
	.session = true,
	.match = match_session,
	.request = &session_request_root,
	.answer = &session_answer_root,
	.request_value = session_value,
	.answer_value = session_value,
};

static const struct dialect weak = {
	.api = "test.weak",
	.operation = "chat",
	.flavour = "test",
	.weak = true,
	.match = match_weak,
	.request = &session_request_root,
	.answer = &session_answer_root,
	.request_value = session_value,
	.answer_value = session_value,
};

static bool match_background(const struct http_head *h, struct span path)
{
	return span_eq(path, SPAN_LIT("/background"));
}

static bool match_fetch(const struct http_head *h, struct span path)
{
	return span_starts(path, SPAN_LIT("/fetch"));
}

static bool match_tool(const struct http_head *h, struct span path)
{
	return span_eq(path, SPAN_LIT("/tool"));
}

static bool match_opaque(const struct http_head *h, struct span path)
{
	return span_eq(path, SPAN_LIT("/opaque"));
}

static const struct json_path other_request[] = {
	JSON_PATH("method", FACT_MCP_METHOD, JSON_SCALAR),
	JSON_PATH("tool", FACT_MCP_TOOL, JSON_SCALAR),
};
static const struct json_path other_request_root = JSON_ROOT(other_request);

static const struct json_path other_answer[] = {
	JSON_PATH("id", FACT_RESPONSE_ID, JSON_SCALAR),
	JSON_PATH("pending", OWN_PENDING, JSON_SCALAR),
	JSON_PATH("input", WIRE_INPUT, JSON_SCALAR),
	JSON_KIDS("error", 0, 0, wire_error),
};
static const struct json_path other_answer_root = JSON_ROOT(other_answer);

static void other_value(struct dialect_reader *r, const struct json_value *v)
{
	wire__number(r, FACT_PENDING, v->number);
}

/* The call whose answer is made in the background, or fetched by "/fetch…". */
#define OTHER(name, what, match_it)             \
	static const struct dialect name = {    \
		.api = "test." #name,           \
		.operation = #name,             \
		.flavour = "test",              \
		.kind = what,                   \
		.match = match_it,              \
		.request = &other_request_root, \
		.answer = &other_answer_root,   \
		.answer_value = other_value,    \
	}

OTHER(background, DIALECT_CALL, match_background);
OTHER(fetch_response, DIALECT_FETCH, match_fetch);
OTHER(tool, DIALECT_TOOL, match_tool);
OTHER(opaque, DIALECT_OPAQUE, match_opaque);

static const struct dialect *const dialects[] = {&session,	  &weak, &background,
						 &fetch_response, &tool, &opaque};

const struct dialect *dialect__match(const struct http_head *request)
{
	size_t i;

	for (i = 0; i < sizeof(dialects) / sizeof(dialects[0]); i++)
		if (dialects[i]->match(request, request->path))
			return dialects[i];
	return NULL;
}

enum dialect_kind dialect__kind(const struct dialect *d)
{
	return d->kind;
}

bool dialect__is_session(const struct dialect *d)
{
	return d->session;
}

const char *dialect__api(const struct dialect *d)
{
	return d->api;
}

const char *dialect__operation(const struct dialect *d)
{
	return d->operation;
}

const char *dialect__provider(const struct dialect *d, struct span host, struct span path)
{
	return d->flavour;
}

#endif
