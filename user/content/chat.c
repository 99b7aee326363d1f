// SPDX-License-Identifier: Apache-2.0
/* OpenAI's chat (developers.openai.com, API reference "Chat Completions"), which most others speak,
 * too: DeepSeek's and others' reasoning_content, Mistral's parts of thinking. And completions. */
#include <stdio.h>

#include "content/family.h"

/* Parts of a stream have no place of their own but for tool calls. */
#define KEY_STREAM 0

static void tool_call(struct said *s, struct said_message *m, const struct json_doc *d,
		      const struct json_node *n)
{
	const struct json_node *f = GET(n, "function"), *id = GET(n, "id"), *arguments;
	int64_t key = json_node__int(GET(n, "index"), -1);
	struct said_part *p = NULL;

	if (!f)
		f = GET(n, "custom");
	/* Snowflake's have all fields, empty. */
	if (json_node__says(GET(f, "name"), "") && json_node__says(GET(f, "arguments"), ""))
		return;
	if (key >= 0)
		p = said__find(m, SAID_TOOL_CALL, key);
	else if (!id && m->n && m->parts[m->n - 1].kind == SAID_TOOL_CALL)
		p = &m->parts[m->n - 1];
	/* Some number all calls 0: another id is another call. */
	if (p && p->id && id && id->n && json_node__is(id, JSON_NODE_STRING) &&
	    !json_node__says(id, p->id))
		p = NULL;
	if (!p)
		p = said__part(s, m, SAID_TOOL_CALL);
	if (!p)
		return;
	p->key = key;
	said__set_node(s, &p->id, id);
	said__set_node(s, &p->name, GET(f, "name"));
	arguments = GET(f, "arguments");
	said__put_json(s, p, arguments ? arguments : GET(f, "input"));
}

/* Appends what n says to the part that grows, or begins it. */
static void say(struct said *s, struct said_message *m, enum said_kind kind,
		const struct json_node *n)
{
	struct said_part *p;

	if (!json_node__is(n, JSON_NODE_STRING) || !n->n)
		return;
	p = said__part_of(s, m, kind, KEY_STREAM);
	if (p)
		said__add_node(s, &p->body, n);
}

static void refusal(struct said *s, struct said_message *m, const struct json_node *n)
{
	struct said_part *p;

	if (!json_node__is(n, JSON_NODE_STRING) || !n->n)
		return;
	p = said__part_of(s, m, SAID_OTHER, KEY_STREAM);
	if (!p)
		return;
	said__set(s, &p->type, SPAN_LIT("refusal"));
	said__add_node(s, &p->body, n);
}

static void file(struct said *s, struct said_message *m, const struct json_doc *d,
		 const struct json_node *f)
{
	struct said_part *p;

	if (!GET(f, "file_id")) {
		said__media(s, m, "document", NULL, NULL,
			    GET(f, "file_data") ? GET(f, "file_data") : GET(f, "file_url"));
		return;
	}
	p = said__part(s, m, SAID_FILE);
	if (p)
		said__set_node(s, &p->id, GET(f, "file_id"));
}

static void thinking(struct said *s, struct said_message *m, const struct json_doc *d,
		     const struct json_node *n)
{
	say(s, m, SAID_REASONING, n);
	EACH(c, d, json_node__is(n, JSON_NODE_ARRAY) ? n : NULL)
	say(s, m, SAID_REASONING, GET(c, "text"));
}

/* {"type": "image_url", "image_url": {"url": …}} or "image_url": "…" */
static const struct json_node *url(const struct json_doc *d, const struct json_node *n,
				   const char *key)
{
	const struct json_node *v = GET(n, key);

	return json_node__is(v, JSON_NODE_OBJECT) ? GET(v, "url") : v;
}

static void part(struct said *s, struct said_message *m, const struct json_doc *d,
		 const struct json_node *n, bool stream)
{
	static const char *const media[][2] = {
		{"image_url", "image"}, {"video_url", "video"},	  {"document_url", "document"},
		{"audio_url", "audio"}, {"input_image", "image"},
	};
	const struct json_node *type = GET(n, "type"), *audio = GET(n, "input_audio");
	char name[64] = "";
	size_t i;

	for (i = 0; i < sizeof(media) / sizeof(media[0]); i++)
		if (url(d, n, media[i][0])) {
			said__media(s, m, media[i][1], NULL, NULL, url(d, n, media[i][0]));
			return;
		}
	if (json_node__is(n, JSON_NODE_STRING)) {
		said__say(s, m, SAID_TEXT, n);
	} else if (GET(n, "text") && !json_node__says(type, "thinking")) {
		if (stream)
			say(s, m, SAID_TEXT, GET(n, "text"));
		else
			said__say(s, m, SAID_TEXT, GET(n, "text"));
	} else if (GET(n, "thinking")) {
		thinking(s, m, d, GET(n, "thinking"));
	} else if (GET(n, "refusal")) {
		refusal(s, m, GET(n, "refusal"));
	} else if (audio) {
		said__media(s, m, "audio", NULL, GET(audio, "data"), NULL);
	} else if (GET(n, "file") || GET(n, "file_id")) {
		file(s, m, d, GET(n, "file") ? GET(n, "file") : n);
	} else {
		if (json_node__is(type, JSON_NODE_STRING))
			snprintf(name, sizeof(name), "%.*s", (int)type->n, type->p);
		said__other(s, m, name, n);
	}
}

void content__chat_parts(struct said *s, struct said_message *m, const struct json_doc *d,
			 const struct json_node *content)
{
	said__say(s, m, SAID_TEXT, content);
	EACH(c, d, json_node__is(content, JSON_NODE_ARRAY) ? content : NULL)
	part(s, m, d, c, false);
}

/* A message, or a delta of one. */
static void message(struct said *s, struct said_message *m, const struct json_doc *d,
		    const struct json_node *n, bool stream)
{
	static const char *const reasoning[] = {"reasoning_content", "reasoning", "thinking"};
	const struct json_node *content = GET(n, "content"), *audio = GET(n, "audio");
	const struct json_node *calls = GET(n, "tool_calls"), *f;
	struct said_part *p;
	size_t i;

	said__set_node(s, &m->role, GET(n, "role"));
	said__set_node(s, &m->name, GET(n, "name"));
	/* Two names for the same, where both are there. */
	for (i = 0; i < sizeof(reasoning) / sizeof(reasoning[0]); i++) {
		if (!json_node__is(GET(n, reasoning[i]), JSON_NODE_STRING))
			continue;
		say(s, m, SAID_REASONING, GET(n, reasoning[i]));
		break;
	}
	if (json_node__says(GET(n, "role"), "tool") ||
	    json_node__says(GET(n, "role"), "function")) {
		p = said__part(s, m, SAID_TOOL_RESULT);
		if (p)
			said__set_node(s, &p->id, GET(n, "tool_call_id"));
		said__put_json(s, p, content);
		return;
	}
	if (!stream)
		content__chat_parts(s, m, d, content);
	else if (json_node__is(content, JSON_NODE_ARRAY))
		EACH(c, d, content) part(s, m, d, c, true);
	else
		say(s, m, SAID_TEXT, content);
	refusal(s, m, GET(n, "refusal"));
	if (GET(audio, "transcript"))
		say(s, m, SAID_TEXT, GET(audio, "transcript"));
	EACH(c, d, json_node__is(GET(n, "images"), JSON_NODE_ARRAY) ? GET(n, "images") : NULL)
	if (url(d, c, "image_url"))
		part(s, m, d, c, stream);
	EACH(c, d, json_node__is(calls, JSON_NODE_ARRAY) ? calls : NULL) tool_call(s, m, d, c);
	f = GET(n, "function_call");
	if ((GET(f, "name") && GET(f, "name")->n) ||
	    (GET(f, "arguments") && GET(f, "arguments")->n)) {
		p = said__part_of(s, m, SAID_TOOL_CALL, KEY_STREAM);
		if (p)
			said__set_node(s, &p->name, GET(f, "name"));
		said__put_json(s, p, GET(f, "arguments"));
	}
}

static void request(struct said *s, const struct json_doc *d, const struct json_node *root)
{
	const struct json_node *messages = GET(root, "messages");
	struct said_message *m;

	EACH(c, d, json_node__is(messages, JSON_NODE_ARRAY) ? messages : NULL)
	{
		m = json_node__is(c, JSON_NODE_OBJECT) ? said__message(s, &s->input, NULL) : NULL;
		if (m)
			message(s, m, d, c, false);
	}
	content__tools(s, d, GET(root, "tools"));
	content__tools(s, d, GET(root, "functions"));
}

static void answer(struct said *s, const struct json_doc *d, const struct json_node *root)
{
	const struct json_node *choices = GET(root, "choices"), *text;
	struct said_message *m;

	EACH(c, d, json_node__is(choices, JSON_NODE_ARRAY) ? choices : NULL)
	{
		m = said__message_of(s, &s->output, json_node__int(GET(c, "index"), 0));
		if (!m)
			return;
		text = GET(c, "text");
		if (GET(c, "delta"))
			message(s, m, d, GET(c, "delta"), true);
		else if (GET(c, "message"))
			message(s, m, d, GET(c, "message"), false);
		else if (text)
			say(s, m, SAID_TEXT, text);
		said__set_node(s, &m->finish, GET(c, "finish_reason"));
	}
}

const struct content_family content_chat = {.request = request, .answer = answer};

/* ---- completions ---- */

void content__tool_result(struct said *s, struct said_part *p, const struct json_doc *d,
			  const struct json_node *n)
{
	const struct json_node *one =
		json_node__is(n, JSON_NODE_ARRAY) ? json_doc__first(d, n) : NULL;

	if (one && !json_doc__next(d, n, one) && GET(one, "text"))
		n = GET(one, "text");
	said__put_json(s, p, n);
}

void content__messages(struct said *s, const struct json_doc *d, const struct json_node *messages,
		       void (*put)(struct said *s, struct said_message *m, const struct json_doc *d,
				   const struct json_node *content))
{
	struct said_message *m;

	EACH(c, d, json_node__is(messages, JSON_NODE_ARRAY) ? messages : NULL)
	{
		m = said__message(s, &s->input, NULL);
		if (!m)
			break;
		said__set_node(s, &m->role, GET(c, "role"));
		put(s, m, d, GET(c, "content"));
	}
}

void content__prompts(struct said *s, const struct json_doc *d, const struct json_node *n)
{
	if (json_node__is(n, JSON_NODE_STRING))
		said__say(s, said__message(s, &s->input, "user"), SAID_TEXT, n);
	EACH(c, d, json_node__is(n, JSON_NODE_ARRAY) ? n : NULL)
	{
		if (json_node__is(c, JSON_NODE_NUMBER) || json_node__is(c, JSON_NODE_ARRAY)) {
			/* Tokens, as numbers. */
			said__other(s, said__message(s, &s->input, "user"), "tokens", n);
			return;
		}
		if (json_node__is(c, JSON_NODE_STRING))
			said__say(s, said__message(s, &s->input, "user"), SAID_TEXT, c);
		else
			part(s, said__message(s, &s->input, "user"), d, c, false);
	}
}

static void completions_request(struct said *s, const struct json_doc *d,
				const struct json_node *root)
{
	content__prompts(s, d, GET(root, "prompt"));
}

static void completions_answer(struct said *s, const struct json_doc *d,
			       const struct json_node *root)
{
	struct said_message *m;

	answer(s, d, root);
	if (!json_node__is(GET(root, "completion"), JSON_NODE_STRING))
		return;
	m = said__message_of(s, &s->output, 0);
	say(s, m, SAID_TEXT, GET(root, "completion"));
	if (m)
		said__set_node(s, &m->finish, GET(root, "stop_reason"));
}

const struct content_family content_completions = {
	.request = completions_request,
	.answer = completions_answer,
};

/* ---- tools ---- */

void content__tool(struct said *s, const struct json_doc *d, const struct json_node *type,
		   const struct json_node *function, const char *parameters)
{
	const struct json_node *schema = GET(function, parameters);
	struct said_tool *t = said__tool(s);

	if (!t)
		return;
	said__set(s, &t->type, SPAN_LIT("function"));
	said__set_node(s, &t->type, type);
	said__set_node(s, &t->name, GET(function, "name"));
	said__add_node(s, &t->description, GET(function, "description"));
	if (schema && schema->type <= JSON_NODE_ARRAY)
		said__add(s, &t->parameters, span(schema->p, schema->n));
}

void content__tools(struct said *s, const struct json_doc *d, const struct json_node *tools)
{
	EACH(c, d, json_node__is(tools, JSON_NODE_ARRAY) ? tools : NULL)
	{
		const struct json_node *type = GET(c, "type"), *f = GET(c, "function");

		/* Anthropic's have a type only where they are not the caller's own. */
		if (json_node__says(type, "custom") && GET(c, "input_schema"))
			type = NULL;
		content__tool(s, d, type, f ? f : c,
			      GET(c, "input_schema")		? "input_schema"
			      : GET(c, "parameter_definitions") ? "parameter_definitions"
								: "parameters");
	}
}
