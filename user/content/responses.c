// SPDX-License-Identifier: Apache-2.0
/* OpenAI's Responses (developers.openai.com, API reference "Responses"), as POST and over a
 * WebSocket, Mistral's conversations, and Realtime, which is made of the same items. */
#include <stdio.h>

#include "content/family.h"

/* Parts of one item have keys from its place in the output times this. */
#define ITEM_PARTS 4096

static bool says_any(const struct json_node *n, const char *const *names, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (json_node__says(n, names[i]))
			return true;
	return false;
}

static struct said_part *key_of(struct said_part *p, int64_t key)
{
	if (p)
		p->key = key;
	return p;
}

/* One element of a message's content, or of an item's reasoning. */
static void content_part(struct said *s, struct said_message *m, const struct json_doc *d,
			 const struct json_node *n, enum said_kind kind, int64_t key)
{
	unsigned int before = m ? m->n : 0, i;
	const struct json_node *transcript = GET(n, "transcript");
	struct said_part *p;

	if (json_node__is(GET(n, "refusal"), JSON_NODE_STRING)) {
		p = said__say(s, m, SAID_OTHER, GET(n, "refusal"));
		if (p)
			said__set(s, &p->type, SPAN_LIT("refusal"));
	} else if (json_node__is(transcript, JSON_NODE_STRING)) {
		said__say(s, m, SAID_TEXT, transcript);
	} else if (GET(n, "audio")) {
		said__media(s, m, "audio", NULL, GET(n, "audio"), NULL);
	} else if (GET(n, "text") && kind == SAID_REASONING) {
		said__say(s, m, kind, GET(n, "text"));
	} else if (GET(n, "text")) {
		said__say(s, m, SAID_TEXT, GET(n, "text"));
	} else if (GET(n, "file_url") || GET(n, "file_data")) {
		said__media(s, m, "document", NULL, NULL,
			    GET(n, GET(n, "file_url") ? "file_url" : "file_data"));
	} else if (GET(n, "image_url")) {
		said__media(s, m, "image", NULL, NULL, GET(n, "image_url"));
	} else if (GET(n, "file_id")) {
		p = said__part(s, m, SAID_FILE);
		if (p)
			said__set_node(s, &p->id, GET(n, "file_id"));
	} else if (json_node__is(n, JSON_NODE_OBJECT)) {
		said__other(s, m, "content", n);
	}
	for (i = before; m && i < m->n; i++)
		m->parts[i].key = key;
}

static void content_parts(struct said *s, struct said_message *m, const struct json_doc *d,
			  const struct json_node *content, enum said_kind kind, int64_t key)
{
	key_of(said__say(s, m, kind, content), key);
	EACH(c, d, json_node__is(content, JSON_NODE_ARRAY) ? content : NULL)
	content_part(s, m, d, c, kind, key++);
}

static void tool_item(struct said *s, struct said_message *m, const struct json_doc *d,
		      const struct json_node *item, int64_t key)
{
	const struct json_node *arguments = GET(item, "arguments");
	struct said_part *p = key_of(said__part(s, m, SAID_TOOL_CALL), key);

	if (!p)
		return;
	said__set_node(s, &p->id, GET(item, GET(item, "call_id") ? "call_id" : "tool_call_id"));
	said__set_node(s, &p->name, GET(item, "name"));
	said__put_json(s, p, arguments ? arguments : GET(item, "input"));
}

static void result_item(struct said *s, struct said_message *m, const struct json_doc *d,
			const struct json_node *item, int64_t key)
{
	struct said_part *p = key_of(said__part(s, m, SAID_TOOL_RESULT), key);

	if (!p)
		return;
	said__set_node(s, &p->id, GET(item, GET(item, "call_id") ? "call_id" : "tool_call_id"));
	content__tool_result(s, p, d, GET(item, GET(item, "output") ? "output" : "result"));
}

/* Those that the provider runs say both, what was asked and what came out. */
static void server_item(struct said *s, struct said_message *m, const struct json_doc *d,
			const struct json_node *item, int64_t key)
{
	struct said_part *p = key_of(said__part(s, m, SAID_SERVER_CALL), key);
	const struct json_node *type = GET(item, "type"), *name = GET(item, "name");

	if (!p)
		return;
	said__set_node(s, &p->id, GET(item, "id"));
	said__set_node(s, &p->type, type);
	said__set_node(s, &p->name, name ? name : type);
	said__put_json(s, p, item);
}

/* One item of input or output: all of its parts, with keys from key on. */
static void item_parts(struct said *s, struct said_message *m, const struct json_doc *d,
		       const struct json_node *item, int64_t key)
{
	static const char *const calls[] = {"function_call", "custom_tool_call", "function.call"};
	static const char *const results[] = {"function_call_output", "custom_tool_call_output",
					      "function.result",      "local_shell_call_output",
					      "shell_call_output",    "apply_patch_call_output"};
	const struct json_node *type = GET(item, "type");
	struct said_part *p;

	if (says_any(type, calls, sizeof(calls) / sizeof(calls[0]))) {
		tool_item(s, m, d, item, key);
	} else if (says_any(type, results, sizeof(results) / sizeof(results[0]))) {
		result_item(s, m, d, item, key);
	} else if (json_node__says(type, "reasoning")) {
		content_parts(s, m, d, GET(item, "summary"), SAID_REASONING, key);
		content_parts(s, m, d, GET(item, "content"), SAID_REASONING, key + ITEM_PARTS / 2);
	} else if (json_node__says(type, "compaction")) {
		p = key_of(said__part(s, m, SAID_COMPACTION), key);
		if (p)
			said__set_node(s, &p->id, GET(item, "id"));
	} else if (GET(item, "content")) {
		content_parts(s, m, d, GET(item, "content"), SAID_TEXT, key);
	} else if (json_node__is(type, JSON_NODE_STRING) && type->n > 5 &&
		   !memcmp(type->p + type->n - 5, "_call", 5)) {
		server_item(s, m, d, item, key);
	} else if (json_node__is(type, JSON_NODE_STRING) && !json_node__says(type, "message") &&
		   json_node__is(item, JSON_NODE_OBJECT)) {
		char name[64];

		snprintf(name, sizeof(name), "%.*s", (int)type->n, type->p);
		said__other(s, m, name, item);
		if (m && m->n)
			m->parts[m->n - 1].key = key;
	}
}

/* Whose an item of the input is. */
static const char *role_of(const struct json_doc *d, const struct json_node *item)
{
	const struct json_node *type = GET(item, "type");

	if (!json_node__is(type, JSON_NODE_STRING) || json_node__says(type, "message"))
		return "user";
	if ((type->n > 7 && !memcmp(type->p + type->n - 7, "_output", 7)) ||
	    json_node__says(type, "function.result"))
		return "tool";
	return "assistant";
}

static void input(struct said *s, const struct json_doc *d, const struct json_node *n)
{
	struct said_message *m;

	if (json_node__is(n, JSON_NODE_STRING))
		said__say(s, said__message(s, &s->input, "user"), SAID_TEXT, n);
	EACH(c, d, json_node__is(n, JSON_NODE_ARRAY) ? n : NULL)
	{
		m = said__message(s, &s->input, role_of(d, c));
		if (!m)
			return;
		said__set_node(s, &m->role, GET(c, "role"));
		if (json_node__is(c, JSON_NODE_STRING))
			said__say(s, m, SAID_TEXT, c);
		else
			item_parts(s, m, d, c, 0);
	}
}

static void request(struct said *s, const struct json_doc *d, const struct json_node *root)
{
	const struct json_node *inputs = GET(root, "input");

	said__say(s, &s->system, SAID_TEXT, GET(root, "instructions"));
	input(s, d, inputs ? inputs : GET(root, "inputs"));
	content__tools(s, d, GET(root, "tools"));
}

/* ---- answers ---- */

static bool asks(const struct said_message *m)
{
	unsigned int i;

	for (i = 0; i < m->n; i++)
		if (m->parts[i].kind == SAID_TOOL_CALL)
			return true;
	return false;
}

static void whole(struct said *s, const struct json_doc *d, const struct json_node *r)
{
	const struct json_node *output = GET(r, "output"), *status = GET(r, "status");
	struct said_message *m = said__message_of(s, &s->output, 0);
	int64_t at = 0;

	if (!m)
		return;
	if (!output)
		output = GET(r, "outputs");
	if (json_node__is(output, JSON_NODE_ARRAY) && json_doc__first(d, output))
		said__drop(s, m, 0, INT64_MAX);
	EACH(c, d, json_node__is(output, JSON_NODE_ARRAY) ? output : NULL)
	{
		/* A conversation that was made shorter holds the user's words, too. */
		if (json_node__says(GET(c, "role"), "user"))
			continue;
		item_parts(s, m, d, c, at);
		at += ITEM_PARTS;
	}
	/* It has no word of its own for an answer that asks for tools. */
	if (json_node__says(status, "completed"))
		said__set(s, &m->finish, asks(m) ? SPAN_LIT("tool_call") : SPAN_LIT("stop"));
	said__set_node(s, &m->finish, GET(GET(r, "incomplete_details"), "reason"));
	if (json_node__says(status, "failed"))
		said__set(s, &m->finish, SPAN_LIT("error"));
}

/* Where the event of a stream belongs. */
static int64_t place(const struct json_doc *d, const struct json_node *root)
{
	int64_t item = json_node__int(GET(root, "output_index"), 0);
	int64_t part = json_node__int(GET(root, "content_index"), -1);

	if (part < 0)
		part = json_node__int(GET(root, "summary_index"), 0);
	if (item < 0 || item > INT32_MAX || part < 0 || part >= ITEM_PARTS / 2)
		return 0;
	return item * ITEM_PARTS + part;
}

static void delta(struct said *s, const struct json_doc *d, const struct json_node *root,
		  struct said_message *m)
{
	static const struct {
		const char *type;
		enum said_kind kind;
	} events[] = {
		{"response.output_text.delta", SAID_TEXT},
		{"response.text.delta", SAID_TEXT},
		{"response.audio_transcript.delta", SAID_TEXT},
		{"response.output_audio_transcript.delta", SAID_TEXT},
		{"response.reasoning_text.delta", SAID_REASONING},
		{"response.reasoning_summary_text.delta", SAID_REASONING},
		{"response.function_call_arguments.delta", SAID_TOOL_CALL},
		{"response.custom_tool_call_input.delta", SAID_TOOL_CALL},
		{"response.refusal.delta", SAID_OTHER},
	};
	const struct json_node *type = GET(root, "type");
	struct said_part *p;
	size_t i;

	for (i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		if (!json_node__says(type, events[i].type))
			continue;
		p = said__part_of(s, m, events[i].kind, place(d, root));
		if (!p)
			return;
		if (events[i].kind == SAID_OTHER)
			said__set(s, &p->type, SPAN_LIT("refusal"));
		if (events[i].kind == SAID_TOOL_CALL)
			p->body_is = SAID_MAYBE_JSON;
		said__add_node(s, &p->body, GET(root, "delta"));
		return;
	}
}

/* Mistral's conversations stream in events of their own. */
static void mistral(struct said *s, const struct json_doc *d, const struct json_node *root,
		    struct said_message *m)
{
	const struct json_node *type = GET(root, "type"), *content = GET(root, "content");
	struct said_part *p;

	if (json_node__says(type, "message.output.delta")) {
		if (json_node__is(content, JSON_NODE_OBJECT))
			content = GET(content, "text");
		p = json_node__is(content, JSON_NODE_STRING)
			    ? said__part_of(s, m, SAID_TEXT, place(d, root))
			    : NULL;
		if (p)
			said__add_node(s, &p->body, content);
	} else if (json_node__says(type, "function.call.delta")) {
		p = said__part_of(s, m, SAID_TOOL_CALL, place(d, root));
		if (!p)
			return;
		said__set_node(s, &p->id, GET(root, "tool_call_id"));
		said__set_node(s, &p->name, GET(root, "name"));
		said__put_json(s, p, GET(root, "arguments"));
	}
}

static void answer(struct said *s, const struct json_doc *d, const struct json_node *root)
{
	const struct json_node *type = GET(root, "type"), *item = GET(root, "item");
	struct said_message *m;
	int64_t at = place(d, root) / ITEM_PARTS * ITEM_PARTS;

	if (GET(root, "output") || GET(root, "outputs")) {
		whole(s, d, root);
		return;
	}
	if (!json_node__is(type, JSON_NODE_STRING))
		return;
	m = said__message_of(s, &s->output, 0);
	if (item && (json_node__says(type, "response.output_item.added") ||
		     json_node__says(type, "response.output_item.done"))) {
		said__drop(s, m, at, at + ITEM_PARTS);
		item_parts(s, m, d, item, at);
	} else if (GET(root, "response")) {
		whole(s, d, GET(root, "response"));
	} else {
		delta(s, d, root, m);
		mistral(s, d, root, m);
	}
}

const struct content_family content_responses = {.request = request, .answer = answer};

/* ---- Realtime ---- */

static void realtime_request(struct said *s, const struct json_doc *d, const struct json_node *root)
{
	const struct json_node *session = GET(root, "session"), *item = GET(root, "item");
	const struct json_node *response = GET(root, "response");
	struct said_message *m;

	said__say(s, &s->system, SAID_TEXT, GET(session, "instructions"));
	content__tools(s, d, GET(session, "tools"));
	if (json_node__says(GET(root, "type"), "conversation.item.create")) {
		m = said__message(s, &s->input, role_of(d, item));
		if (!m)
			return;
		said__set_node(s, &m->role, GET(item, "role"));
		item_parts(s, m, d, item, 0);
	}
	said__say(s, &s->system, SAID_TEXT, GET(response, "instructions"));
	input(s, d, GET(response, "input"));
}

const struct content_family content_realtime = {.request = realtime_request, .answer = answer};
