// SPDX-License-Identifier: Apache-2.0
/* Gemini's generateContent (ai.google.dev, API reference), Vertex AI's, which is the same, Live and
 * Interactions. Names come in camel case and, from some clients, in snake case. */
#include <stdio.h>

#include "content/family.h"

static const struct json_node *get(const struct json_doc *d, const struct json_node *n,
				   const char *camel, const char *snake)
{
	const struct json_node *v = GET(n, camel);

	return v ? v : GET(n, snake);
}

/* Appends to the last part where that is of the kind, too: a stream's texts come in pieces. */
static void say(struct said *s, struct said_message *m, enum said_kind kind,
		const struct json_node *n)
{
	struct said_part *p;

	if (!m || !json_node__is(n, JSON_NODE_STRING) || !n->n)
		return;
	p = m->n && m->parts[m->n - 1].kind == kind ? &m->parts[m->n - 1] : said__part(s, m, kind);
	if (p)
		said__add_node(s, &p->body, n);
}

static void function(struct said *s, struct said_message *m, const struct json_doc *d,
		     const struct json_node *call, enum said_kind kind, const char *body)
{
	struct said_part *p = said__part(s, m, kind);

	if (!p)
		return;
	said__set_node(s, &p->id, GET(call, "id"));
	said__set_node(s, &p->name, GET(call, "name"));
	said__put_json(s, p, GET(call, body));
}

/* One piece of arguments that come in pieces, {"jsonPath": "$.a", "stringValue": "…"}: an object of
 * paths and values, whole after each piece. A string goes on where its path comes again; p->type
 * holds the path of the one that is open. */
static void partial(struct said *s, struct said_part *p, const struct json_doc *d,
		    const struct json_node *n)
{
	const struct json_node *path = GET(n, "jsonPath"), *v = GET(n, "stringValue"), *raw;
	bool same = p->type && json_node__says(path, p->type);

	raw = GET(n, "numberValue") ? GET(n, "numberValue") : GET(n, "boolValue");
	if (!json_node__is(path, JSON_NODE_STRING) ||
	    (!json_node__is(v, JSON_NODE_STRING) && !raw) ||
	    (raw && raw->type <= JSON_NODE_STRING) || s->left < 2 * (size_t)n->n)
		return;
	p->body_is = SAID_JSON;
	if (p->body.n)
		p->body.n -= v && same ? 2 : 1;
	if (!p->body.n || !v || !same) {
		said__add(s, &p->body, p->body.n ? SPAN_LIT(",\"") : SPAN_LIT("{\""));
		said__add(s, &p->body, span(path->p, path->n));
		said__add(s, &p->body, v ? SPAN_LIT("\":\"") : SPAN_LIT("\":"));
	}
	said__add(s, &p->body, v ? span(v->p, v->n) : span(raw->p, raw->n));
	said__add(s, &p->body, v ? SPAN_LIT("\"}") : SPAN_LIT("}"));
	said__set(s, &p->type, v ? span(path->p, path->n) : SPAN_LIT("-"));
}

/* A call, or, where it has no name, more of the last one. */
static void call_part(struct said *s, struct said_message *m, const struct json_doc *d,
		      const struct json_node *call)
{
	const struct json_node *pieces = GET(call, "partialArgs");
	struct said_part *p;

	if (GET(call, "name") || !m->n || m->parts[m->n - 1].kind != SAID_TOOL_CALL)
		function(s, m, d, call, SAID_TOOL_CALL, "args");
	p = m->n ? &m->parts[m->n - 1] : NULL;
	EACH(c, d, p && json_node__is(pieces, JSON_NODE_ARRAY) ? pieces : NULL)
	partial(s, p, d, c);
}

/* What the model runs at the provider's. */
static void server(struct said *s, struct said_message *m, const struct json_node *n,
		   enum said_kind kind, const char *type)
{
	struct said_part *p = said__part(s, m, kind);

	if (!p)
		return;
	said__set(s, &p->type, span_str(type));
	if (kind == SAID_SERVER_CALL)
		said__set(s, &p->name, span_str(type));
	said__put_json(s, p, n);
}

static void part(struct said *s, struct said_message *m, const struct json_doc *d,
		 const struct json_node *n)
{
	const struct json_node *data = get(d, n, "inlineData", "inline_data");
	const struct json_node *file = get(d, n, "fileData", "file_data");
	const struct json_node *call = get(d, n, "functionCall", "function_call");
	const struct json_node *response = get(d, n, "functionResponse", "function_response");
	const struct json_node *code = get(d, n, "executableCode", "executable_code");
	const struct json_node *result = get(d, n, "codeExecutionResult", "code_execution_result");

	if (json_node__is(n, JSON_NODE_STRING))
		say(s, m, SAID_TEXT, n);
	else if (GET(n, "text"))
		say(s, m,
		    json_node__is(GET(n, "thought"), JSON_NODE_TRUE) ? SAID_REASONING : SAID_TEXT,
		    GET(n, "text"));
	else if (data)
		said__media(s, m, NULL, get(d, data, "mimeType", "mime_type"), GET(data, "data"),
			    NULL);
	else if (file)
		said__media(s, m, NULL, get(d, file, "mimeType", "mime_type"), NULL,
			    get(d, file, "fileUri", "file_uri"));
	else if (call)
		call_part(s, m, d, call);
	else if (response)
		function(s, m, d, response, SAID_TOOL_RESULT, "response");
	else if (code)
		server(s, m, code, SAID_SERVER_CALL, "code_execution");
	else if (result)
		server(s, m, result, SAID_SERVER_RESULT, "code_execution");
	else if (json_doc__first(d, n) && !get(d, n, "thoughtSignature", "thought_signature"))
		said__other(s, m, "part", n);
}

static void parts(struct said *s, struct said_message *m, const struct json_doc *d,
		  const struct json_node *content)
{
	const struct json_node *list = GET(content, "parts");

	if (json_node__is(content, JSON_NODE_STRING))
		part(s, m, d, content);
	else if (json_node__is(list, JSON_NODE_ARRAY))
		EACH(c, d, list) part(s, m, d, c);
	else if (list)
		part(s, m, d, list);
	else if (json_node__is(content, JSON_NODE_OBJECT) && GET(content, "text"))
		part(s, m, d, content);
}

static void one_content(struct said *s, const struct json_doc *d, const struct json_node *n)
{
	struct said_message *m = said__message(s, &s->input, NULL);

	if (!m)
		return;
	said__set_node(s, &m->role, GET(n, "role"));
	parts(s, m, d, n);
}

static void contents(struct said *s, const struct json_doc *d, const struct json_node *n)
{
	if (json_node__is(n, JSON_NODE_ARRAY))
		EACH(c, d, n) one_content(s, d, c);
	else if (n)
		one_content(s, d, n);
}

static void tools(struct said *s, const struct json_doc *d, const struct json_node *list)
{
	const struct json_node *functions;
	struct said_tool *t;

	EACH(c, d, json_node__is(list, JSON_NODE_ARRAY) ? list : NULL)
	{
		functions = get(d, c, "functionDeclarations", "function_declarations");
		if (json_node__is(functions, JSON_NODE_ARRAY)) {
			EACH(f, d, functions)
			content__tool(s, d, NULL, f,
				      GET(f, "parametersJsonSchema") ? "parametersJsonSchema"
								     : "parameters");
			continue;
		}
		/* {"googleSearch": {}} */
		if (!json_node__is(c, JSON_NODE_OBJECT) || !json_doc__first(d, c))
			continue;
		t = said__tool(s);
		if (!t)
			return;
		said__set(s, &t->type, span(json_doc__first(d, c)->p, json_doc__first(d, c)->n));
	}
}

static void request(struct said *s, const struct json_doc *d, const struct json_node *root)
{
	const struct json_node *inner = GET(root, "request");

	if (!inner)
		inner = get(d, root, "generateContentRequest", "generate_content_request");
	if (inner)
		root = inner;
	parts(s, &s->system, d, get(d, root, "systemInstruction", "system_instruction"));
	contents(s, d, GET(root, "contents"));
	tools(s, d, GET(root, "tools"));
}

static void answer(struct said *s, const struct json_doc *d, const struct json_node *root)
{
	const struct json_node *list, *inner = GET(root, "response");
	struct said_message *m;

	list = GET(inner ? inner : root, "candidates");
	EACH(c, d, json_node__is(list, JSON_NODE_ARRAY) ? list : NULL)
	{
		m = said__message_of(s, &s->output, json_node__int(GET(c, "index"), 0));
		if (!m)
			return;
		parts(s, m, d, GET(c, "content"));
		said__set_node(s, &m->finish, get(d, c, "finishReason", "finish_reason"));
	}
}

const struct content_family content_gemini = {.request = request, .answer = answer};

/* ---- Live ---- */

static void live_request(struct said *s, const struct json_doc *d, const struct json_node *root)
{
	const struct json_node *turns = get(d, root, "clientContent", "client_content");
	const struct json_node *said = get(d, root, "realtimeInput", "realtime_input");
	const struct json_node *results = get(d, root, "toolResponse", "tool_response");
	struct said_message *m;

	if (GET(root, "setup"))
		request(s, d, GET(root, "setup"));
	contents(s, d, GET(turns, "turns"));
	if (GET(said, "text"))
		said__say(s, said__message(s, &s->input, "user"), SAID_TEXT, GET(said, "text"));
	results = get(d, results, "functionResponses", "function_responses");
	EACH(c, d, json_node__is(results, JSON_NODE_ARRAY) ? results : NULL)
	{
		m = said__message(s, &s->input, "tool");
		function(s, m, d, c, SAID_TOOL_RESULT, "response");
	}
}

static void live_answer(struct said *s, const struct json_doc *d, const struct json_node *root)
{
	const struct json_node *content = get(d, root, "serverContent", "server_content");
	const struct json_node *calls = GET(get(d, root, "toolCall", "tool_call"), "functionCalls");
	struct said_message *m;

	if (!content && !calls)
		return;
	m = said__message_of(s, &s->output, 0);
	if (!m)
		return;
	parts(s, m, d, get(d, content, "modelTurn", "model_turn"));
	say(s, m, SAID_TEXT,
	    GET(get(d, content, "outputTranscription", "output_transcription"), "text"));
	EACH(c, d, json_node__is(calls, JSON_NODE_ARRAY) ? calls : NULL)
	function(s, m, d, c, SAID_TOOL_CALL, "args");
}

const struct content_family content_live = {.request = live_request, .answer = live_answer};

/* ---- Interactions ---- */

static void step_content(struct said *s, struct said_message *m, const struct json_doc *d,
			 const struct json_node *n, enum said_kind kind)
{
	if (json_node__is(n, JSON_NODE_STRING))
		say(s, m, kind, n);
	else if (GET(n, "text"))
		say(s, m, kind, GET(n, "text"));
	else if (GET(n, "data") || GET(n, "uri"))
		said__media(s, m, NULL, GET(n, "mime_type"), GET(n, "data"), GET(n, "uri"));
}

/* A step, or a part of the input that is none. */
static void step(struct said *s, struct said_message *m, const struct json_doc *d,
		 const struct json_node *n)
{
	const struct json_node *type = GET(n, "type"), *list = GET(n, "content");
	enum said_kind kind = json_node__says(type, "thought") ? SAID_REASONING : SAID_TEXT;
	struct said_part *p;

	if (kind == SAID_REASONING && GET(n, "summary"))
		list = GET(n, "summary");
	if (json_node__says(type, "function_call")) {
		function(s, m, d, n, SAID_TOOL_CALL, "arguments");
	} else if (json_node__says(type, "function_result")) {
		p = said__part(s, m, SAID_TOOL_RESULT);
		if (p)
			said__set_node(s, &p->id, GET(n, "call_id"));
		said__put_json(s, p, GET(n, "result"));
	} else if (json_node__is(type, JSON_NODE_STRING) &&
		   span_ends(span(type->p, type->n), SPAN_LIT("_call"))) {
		server(s, m, n, SAID_SERVER_CALL, "provider_tool");
	} else if (json_node__is(type, JSON_NODE_STRING) &&
		   span_ends(span(type->p, type->n), SPAN_LIT("_result"))) {
		server(s, m, n, SAID_SERVER_RESULT, "provider_tool");
	} else if (json_node__is(list, JSON_NODE_ARRAY)) {
		EACH(c, d, list) step_content(s, m, d, c, kind);
	} else if (list) {
		step_content(s, m, d, list, kind);
	} else {
		step_content(s, m, d, n, kind);
	}
}

static void interactions_request(struct said *s, const struct json_doc *d,
				 const struct json_node *root)
{
	const struct json_node *input = GET(root, "input");
	struct said_message *m;

	parts(s, &s->system, d, GET(root, "system_instruction"));
	if (json_node__is(input, JSON_NODE_STRING))
		said__say(s, said__message(s, &s->input, "user"), SAID_TEXT, input);
	EACH(c, d, json_node__is(input, JSON_NODE_ARRAY) ? input : NULL)
	{
		m = said__message(s, &s->input,
				  json_node__says(GET(c, "type"), "model_output") ||
						  json_node__says(GET(c, "type"), "function_call")
					  ? "assistant"
				  : json_node__says(GET(c, "type"), "function_result") ? "tool"
										       : "user");
		if (!m)
			break;
		said__set_node(s, &m->role, GET(c, "role"));
		step(s, m, d, c);
	}
	content__tools(s, d, GET(root, "tools"));
}

static void interactions_answer(struct said *s, const struct json_doc *d,
				const struct json_node *root)
{
	const struct json_node *event = GET(root, "event_type"), *list = GET(root, "steps");
	const struct json_node *delta = GET(root, "delta");
	struct said_message *m = said__message_of(s, &s->output, 0);
	struct said_part *p;

	if (!m)
		return;
	if (!list)
		list = GET(root, "outputs");
	EACH(c, d, json_node__is(list, JSON_NODE_ARRAY) ? list : NULL) step(s, m, d, c);
	if (json_node__says(event, "step.start")) {
		step(s, m, d, GET(root, "step"));
	} else if (delta && GET(delta, "arguments")) {
		p = m->n ? &m->parts[m->n - 1] : NULL;
		if (p && p->kind == SAID_TOOL_CALL)
			said__put_json(s, p, GET(delta, "arguments"));
	} else if (delta) {
		step_content(s, m, d, GET(delta, "content") ? GET(delta, "content") : delta,
			     json_node__says(GET(delta, "type"), "thought_summary") ? SAID_REASONING
										    : SAID_TEXT);
	}
}

const struct content_family content_interactions = {
	.request = interactions_request,
	.answer = interactions_answer,
};
