// SPDX-License-Identifier: Apache-2.0
/* Ollama's own API (github.com/ollama/ollama, docs/api.md): chat and generate. Each document of a
 * stream is as the whole answer would be, with a piece of the text. */
#include "content/family.h"

static void say(struct said *s, struct said_message *m, enum said_kind kind,
		const struct json_node *n)
{
	struct said_part *p;

	if (!json_node__is(n, JSON_NODE_STRING) || !n->n)
		return;
	p = said__part_of(s, m, kind, 0);
	if (p)
		said__add_node(s, &p->body, n);
}

static void message(struct said *s, struct said_message *m, const struct json_doc *d,
		    const struct json_node *n)
{
	const struct json_node *images = GET(n, "images"), *calls = GET(n, "tool_calls"), *f;
	struct said_part *p;

	said__set_node(s, &m->role, GET(n, "role"));
	say(s, m, SAID_REASONING, GET(n, "thinking"));
	if (json_node__says(GET(n, "role"), "tool")) {
		p = said__part(s, m, SAID_TOOL_RESULT);
		if (p)
			said__set_node(s, &p->id, GET(n, "tool_call_id"));
		if (p)
			said__set_node(s, &p->name, GET(n, "tool_name"));
		said__put_json(s, p, GET(n, "content"));
		return;
	}
	say(s, m, SAID_TEXT, GET(n, "content"));
	EACH(c, d, json_node__is(images, JSON_NODE_ARRAY) ? images : NULL)
	said__media(s, m, "image", NULL, c, NULL);
	EACH(c, d, json_node__is(calls, JSON_NODE_ARRAY) ? calls : NULL)
	{
		p = said__part(s, m, SAID_TOOL_CALL);
		f = GET(c, "function");
		if (!p)
			return;
		said__set_node(s, &p->id, GET(c, "id"));
		said__set_node(s, &p->name, GET(f, "name"));
		said__put_json(s, p, GET(f, "arguments"));
	}
}

static void request(struct said *s, const struct json_doc *d, const struct json_node *root)
{
	const struct json_node *messages = GET(root, "messages"), *images = GET(root, "images");
	struct said_message *m;

	EACH(c, d, json_node__is(messages, JSON_NODE_ARRAY) ? messages : NULL)
	{
		m = said__message(s, &s->input, NULL);
		if (m)
			message(s, m, d, c);
	}
	said__say(s, &s->system, SAID_TEXT, GET(root, "system"));
	content__prompts(s, d, GET(root, "prompt"));
	EACH(c, d, json_node__is(images, JSON_NODE_ARRAY) && s->input.n ? images : NULL)
	said__media(s, &s->input.v[s->input.n - 1], "image", NULL, c, NULL);
	content__tools(s, d, GET(root, "tools"));
}

static void answer(struct said *s, const struct json_doc *d, const struct json_node *root)
{
	struct said_message *m = said__message_of(s, &s->output, 0);

	if (!m)
		return;
	if (GET(root, "message"))
		message(s, m, d, GET(root, "message"));
	say(s, m, SAID_REASONING, GET(root, "thinking"));
	say(s, m, SAID_TEXT, GET(root, "response"));
	said__set_node(s, &m->finish, GET(root, "done_reason"));
}

const struct content_family content_ollama = {.request = request, .answer = answer};
