// SPDX-License-Identifier: Apache-2.0
/* The Model Context Protocol over HTTP: a POST of a JSON-RPC 2.0 request, answered by JSON or by an
 * event stream in which notifications and the server's own requests may come before the answer.
 * Source: modelcontextprotocol.io, Streamable HTTP of the revisions 2025-03-26 to 2026-07-28. Any
 * path may be its endpoint, so a request is known by its headers and proved by its body. Of a batch
 * (2025-03-26 only) the first request counts. Not reported: notifications and the client's own
 * answers, which are answered 202, and the transport of 2024-11-05, in which a POST is answered 202
 * and its answer comes on another exchange's event stream. */
#include "dialect/wire.h"

enum {
	MCP_REQUEST = WIRE_OWN, /* one JSON-RPC message of the request */
	MCP_VERSION,
	MCP_METHOD,
	MCP_ID,
	MCP_NAME,
	MCP_URI,
	MCP_PROTOCOL,
	MCP_ANSWER_ID,
	MCP_ANSWER_METHOD,
	MCP_IS_ERROR,
	MCP_ANSWER_PROTOCOL,
};

struct mcp {
	bool headers; /* a header of the protocol came */
	bool told;    /* a request of the body was told */
	bool version; /* the message says that it is JSON-RPC 2.0 */
	struct text method, id, name, uri;
	struct text protocol; /* by the body */
	struct text told_id;
	/* the message of the answer that is read */
	bool has_id, is_ours, has_method, is_error;
	struct text answer_protocol;
};

static const struct json_path meta[] = {
	JSON_PATH("io.modelcontextprotocol/protocolVersion", MCP_PROTOCOL, JSON_SCALAR),
};
static const struct json_path params[] = {
	JSON_PATH("name", MCP_NAME, JSON_SCALAR),
	JSON_PATH("uri", MCP_URI, JSON_SCALAR),
	JSON_PATH("protocolVersion", MCP_PROTOCOL, JSON_SCALAR),
	JSON_KIDS("_meta", 0, 0, meta),
};
static const struct json_path request_top[] = {
	JSON_PATH("jsonrpc", MCP_VERSION, JSON_SCALAR),
	JSON_PATH("method", MCP_METHOD, JSON_SCALAR),
	JSON_PATH("id", MCP_ID, JSON_SCALAR),
	JSON_KIDS("params", 0, 0, params),
};
static const struct json_path request = {
	.want = JSON_ENTER | JSON_LEAVE,
	.id = MCP_REQUEST,
	.n_kids = JSON_N(request_top),
	.kids = request_top,
};

static const struct json_path result[] = {
	JSON_PATH("isError", MCP_IS_ERROR, JSON_SCALAR),
	JSON_PATH("protocolVersion", MCP_ANSWER_PROTOCOL, JSON_SCALAR),
};
static const struct json_path error[] = {
	JSON_PATH("code", WIRE_ERROR_CODE, JSON_SCALAR),
	JSON_PATH("message", WIRE_ERROR_MESSAGE, JSON_SCALAR),
};
static const struct json_path answer_top[] = {
	JSON_PATH("id", MCP_ANSWER_ID, JSON_SCALAR),
	JSON_PATH("method", MCP_ANSWER_METHOD, JSON_SEEN),
	JSON_KIDS("result", 0, 0, result),
	JSON_KIDS("error", WIRE_ERROR, JSON_SCALAR, error),
};
static const struct json_path answer = JSON_ROOT(answer_top);

static bool has_header(const struct http_head *h)
{
	static const char *const names[] = {"mcp-protocol-version", "mcp-session-id", "mcp-method"};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (http_head__get(h, names[i]).n)
			return true;
	return false;
}

static bool match(const struct http_head *h, struct span path)
{
	struct span accept = http_head__get(h, "accept");

	return has_header(h) || (span_find(accept, SPAN_LIT("application/json")) >= 0 &&
				 span_find(accept, SPAN_LIT("text/event-stream")) >= 0);
}

static void begin(struct dialect_reader *r, const struct http_head *h)
{
	struct mcp *own = r->own;

	/* That a host is a provider's proves nothing: any other request may accept the same. */
	r->proved = false;
	own->headers = has_header(h);
	wire__text(r, FACT_MCP_SESSION_ID, http_head__get(h, "mcp-session-id"), false, 0);
	wire__text(r, FACT_MCP_PROTOCOL, http_head__get(h, "mcp-protocol-version"), false, 0);
}

/* Is it a method that no other JSON-RPC protocol over HTTP has? */
static bool is_method(const struct mcp *own)
{
	static const char *const whole[] = {"initialize", "ping", "completion/complete",
					    "server/discover", "logging/setLevel"};
	static const char *const begins[] = {"tools/", "resources/", "prompts/"};
	struct span method = text__span(&own->method);
	size_t i;

	if (own->headers)
		return method.n;
	for (i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
		if (span_eq(method, span_str(whole[i])))
			return true;
	for (i = 0; i < sizeof(begins) / sizeof(begins[0]); i++)
		if (span_starts(method, span_str(begins[i])))
			return true;
	return false;
}

/* A JSON-RPC message is over. */
static void request_end(struct dialect_reader *r)
{
	struct mcp *own = r->own;
	struct span method = text__span(&own->method);
	const struct {
		enum fact fact;
		const struct text *text;
		bool is;
	} facts[] = {
		{FACT_MCP_METHOD, &own->method, true},
		{FACT_MCP_REQUEST_ID, &own->id, true},
		{FACT_MCP_TOOL, &own->name, span_eq(method, SPAN_LIT("tools/call"))},
		{FACT_MCP_RESOURCE, &own->uri, span_starts(method, SPAN_LIT("resources/"))},
		{FACT_MCP_PROTOCOL, &own->protocol, true},
	};
	size_t i;

	if (own->told || !own->version || !own->id.n || !is_method(own))
		return;
	own->told = true;
	own->told_id = own->id;
	wire__prove(r);
	for (i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
		if (facts[i].is)
			wire__text(r, facts[i].fact, text__span(facts[i].text),
				   facts[i].text->truncated, 0);
}

static void keep(struct text *t, const struct json_value *v)
{
	if (v->type == JSON_STRING || (v->type == JSON_NUMBER && v->id == MCP_ID))
		text__set(t, v->text, v->truncated);
}

static void request_value(struct dialect_reader *r, const struct json_value *v)
{
	struct mcp *own = r->own;

	switch (v->id) {
	case MCP_REQUEST:
		if (v->type != JSON_OBJECT)
			break;
		if (v->event == JSON_ENDS)
			request_end(r);
		own->version = false;
		own->method.n = own->id.n = own->name.n = own->uri.n = own->protocol.n = 0;
		break;
	case MCP_VERSION:
		own->version = span_eq(v->text, SPAN_LIT("2.0"));
		break;
	case MCP_METHOD:
		keep(&own->method, v);
		break;
	case MCP_ID:
		keep(&own->id, v);
		break;
	case MCP_NAME:
		keep(&own->name, v);
		break;
	case MCP_URI:
		keep(&own->uri, v);
		break;
	case MCP_PROTOCOL:
		keep(&own->protocol, v);
		break;
	default:
		break;
	}
}

static void head(struct dialect_reader *r, const struct http_head *h)
{
	wire__text(r, FACT_MCP_SESSION_ID, http_head__get(h, "mcp-session-id"), false, 0);
}

static void answer_value(struct dialect_reader *r, const struct json_value *v)
{
	struct mcp *own = r->own;

	switch (v->id) {
	case MCP_ANSWER_ID:
		own->has_id = v->type != JSON_NULL;
		own->is_ours = own->told_id.n && span_eq(v->text, text__span(&own->told_id));
		break;
	case MCP_ANSWER_METHOD:
		own->has_method = true;
		break;
	case MCP_IS_ERROR:
		own->is_error = v->type == JSON_TRUE;
		break;
	case MCP_ANSWER_PROTOCOL:
		if (v->type == JSON_STRING)
			text__set(&own->answer_protocol, v->text, v->truncated);
		break;
	default:
		break;
	}
}

/* A message is over: the answer, or what came before it. What was not understood of a request is
 * answered without an id. */
static void document(struct dialect_reader *r)
{
	struct mcp *own = r->own;
	bool is_answer = !own->has_method && (own->is_ours || !own->has_id);

	if (!is_answer)
		errors__begin(&r->errors);
	if (is_answer && own->is_error) {
		text__set(&r->errors.type, SPAN_LIT("tool_error"), false);
		r->errors.inside = true;
	}
	if (is_answer)
		wire__text(r, FACT_MCP_PROTOCOL, text__span(&own->answer_protocol),
			   own->answer_protocol.truncated, 0);
	r->done |= is_answer && own->is_ours;
	own->has_id = own->is_ours = own->has_method = own->is_error = false;
	own->answer_protocol.n = 0;
}

const struct dialect dialect_mcp = {
	.api = "mcp",
	.operation = "execute_tool", /* of tools/call; no other method is one of the conventions */
	.kind = DIALECT_TOOL,
	.weak = true,
	.own_size = sizeof(struct mcp),
	.match = match,
	.begin = begin,
	.request = &request,
	.answer = &answer,
	.request_value = request_value,
	.answer_value = answer_value,
	.head = head,
	.document = document,
};
