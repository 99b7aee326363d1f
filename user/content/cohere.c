// SPDX-License-Identifier: Apache-2.0
/* Cohere's chat, versions 1 and 2 (docs.cohere.com, API reference "Chat"). */
#include "content/family.h"

static void say(struct said *s, struct said_message *m, enum said_kind kind, int64_t key,
		const struct json_node *n)
{
	struct said_part *p;

	if (!json_node__is(n, JSON_NODE_STRING) || !n->n)
		return;
	p = said__part_of(s, m, kind, key);
	if (p)
		said__add_node(s, &p->body, n);
}

/* ---- version 2 ---- */

static void tool_call(struct said *s, struct said_message *m, const struct json_doc *d,
		      const struct json_node *n, int64_t key)
{
	const struct json_node *f = GET(n, "function");
	struct said_part *p = said__part_of(s, m, SAID_TOOL_CALL, key);

	if (!p)
		return;
	said__set_node(s, &p->id, GET(n, "id"));
	said__set_node(s, &p->name, GET(f, "name"));
	said__put_json(s, p, GET(f, "arguments"));
}

static void message(struct said *s, struct said_message *m, const struct json_doc *d,
		    const struct json_node *n)
{
	const struct json_node *content = GET(n, "content"), *calls = GET(n, "tool_calls");
	int64_t key = 0;

	said__set_node(s, &m->role, GET(n, "role"));
	say(s, m, SAID_REASONING, -2, GET(n, "tool_plan"));
	EACH(c, d, json_node__is(content, JSON_NODE_ARRAY) ? content : NULL)
	if (GET(c, "thinking"))
		said__say(s, m, SAID_REASONING, GET(c, "thinking"));
	else
		said__say(s, m, SAID_TEXT, GET(c, "text"));
	said__say(s, m, SAID_TEXT, content);
	EACH(c, d, json_node__is(calls, JSON_NODE_ARRAY) ? calls : NULL)
	tool_call(s, m, d, c, key++);
}

static void v2_answer(struct said *s, const struct json_doc *d, const struct json_node *root)
{
	const struct json_node *delta = GET(root, "delta"), *part;
	const struct json_node *n = GET(delta ? delta : root, "message");
	int64_t key = json_node__int(GET(root, "index"), 0);
	struct said_message *m = said__message_of(s, &s->output, 0);

	if (!m)
		return;
	said__set_node(s, &m->finish, GET(delta ? delta : root, "finish_reason"));
	if (!delta) {
		if (n)
			message(s, m, d, n);
		return;
	}
	part = GET(n, "content");
	said__set_node(s, &m->role, GET(n, "role"));
	say(s, m, SAID_REASONING, -2, GET(n, "tool_plan"));
	say(s, m, SAID_REASONING, key, GET(part, "thinking"));
	say(s, m, SAID_TEXT, key, GET(part, "text"));
	if (json_node__is(GET(n, "tool_calls"), JSON_NODE_OBJECT))
		tool_call(s, m, d, GET(n, "tool_calls"), key);
}

static void v2_request(struct said *s, const struct json_doc *d, const struct json_node *root)
{
	content_chat.request(s, d, root);
}

const struct content_family content_cohere_v2 = {.request = v2_request, .answer = v2_answer};

/* ---- version 1 ---- */

static void v1_calls(struct said *s, struct said_message *m, const struct json_doc *d,
		     const struct json_node *calls)
{
	struct said_part *p;

	EACH(c, d, json_node__is(calls, JSON_NODE_ARRAY) ? calls : NULL)
	{
		p = said__part(s, m, SAID_TOOL_CALL);
		if (!p)
			return;
		said__set_node(s, &p->name, GET(c, "name"));
		said__put_json(s, p, GET(c, "parameters"));
	}
}

static void v1_results(struct said *s, const struct json_doc *d, const struct json_node *results)
{
	struct said_part *p;

	EACH(c, d, json_node__is(results, JSON_NODE_ARRAY) ? results : NULL)
	{
		p = said__part(s, said__message(s, &s->input, "tool"), SAID_TOOL_RESULT);
		if (!p)
			return;
		said__set_node(s, &p->name, GET(GET(c, "call"), "name"));
		said__put_json(s, p, GET(c, "outputs"));
	}
}

static void v1_request(struct said *s, const struct json_doc *d, const struct json_node *root)
{
	const struct json_node *history = GET(root, "chat_history");
	struct said_message *m;

	said__say(s, &s->system, SAID_TEXT, GET(root, "preamble"));
	EACH(c, d, json_node__is(history, JSON_NODE_ARRAY) ? history : NULL)
	{
		m = said__message(s, &s->input,
				  json_node__says(GET(c, "role"), "CHATBOT")  ? "assistant"
				  : json_node__says(GET(c, "role"), "SYSTEM") ? "system"
				  : json_node__says(GET(c, "role"), "TOOL")   ? "tool"
									      : "user");
		said__say(s, m, SAID_TEXT, GET(c, "message"));
		v1_calls(s, m, d, GET(c, "tool_calls"));
		v1_results(s, d, GET(c, "tool_results"));
	}
	if (json_node__is(GET(root, "message"), JSON_NODE_STRING) && GET(root, "message")->n)
		said__say(s, said__message(s, &s->input, "user"), SAID_TEXT, GET(root, "message"));
	v1_results(s, d, GET(root, "tool_results"));
	content__tools(s, d, GET(root, "tools"));
}

static void v1_answer(struct said *s, const struct json_doc *d, const struct json_node *root)
{
	const struct json_node *event = GET(root, "event_type");
	struct said_message *m = said__message_of(s, &s->output, 0);

	if (!m)
		return;
	said__set_node(s, &m->finish, GET(root, "finish_reason"));
	/* Its last event says everything again. */
	if (json_node__says(event, "stream-end"))
		return;
	say(s, m, SAID_TEXT, 0, GET(root, "text"));
	if (!event || json_node__says(event, "tool-calls-generation"))
		v1_calls(s, m, d, GET(root, "tool_calls"));
}

const struct content_family content_cohere_v1 = {.request = v1_request, .answer = v1_answer};
