// SPDX-License-Identifier: Apache-2.0
/* Anthropic's Messages (docs.claude.com, API reference "Messages" and "Streaming messages"). */
#include <stdio.h>

#include "content/family.h"

/* {"source": {"type": "base64" | "url" | "file" | "text", …}} of an image or a document */
static void media(struct said *s, struct said_message *m, const struct json_doc *d,
		  const struct json_node *block, const char *type)
{
	const struct json_node *source = GET(block, "source"), *data = GET(source, "data");
	struct said_part *p;

	if (json_node__says(GET(source, "type"), "text")) {
		said__say(s, m, SAID_TEXT, data);
	} else if (GET(source, "file_id")) {
		p = said__part(s, m, SAID_FILE);
		if (!p)
			return;
		said__set(s, &p->type, span_str(type));
		said__set_node(s, &p->id, GET(source, "file_id"));
	} else {
		said__media(s, m, type, GET(source, "media_type"), data, GET(source, "url"));
	}
}

static bool ends_with(const struct json_node *n, const char *tail)
{
	return json_node__is(n, JSON_NODE_STRING) && span_ends(span(n->p, n->n), span_str(tail));
}

static struct said_part *tool(struct said *s, struct said_message *m, const struct json_doc *d,
			      const struct json_node *block, enum said_kind kind)
{
	const struct json_node *input = GET(block, "input");
	struct said_part *p = said__part(s, m, kind);

	if (!p)
		return NULL;
	said__set_node(s, &p->id, GET(block, "id"));
	said__set_node(s, &p->name, GET(block, "name"));
	if (kind == SAID_SERVER_CALL)
		said__set_node(s, &p->type, GET(block, "name"));
	/* Of a stream it comes in pieces, and this is {}. */
	if (json_doc__first(d, input) || json_node__is(input, JSON_NODE_STRING))
		said__put_json(s, p, input);
	return p;
}

static void other(struct said *s, struct said_message *m, const struct json_node *type,
		  const struct json_node *block)
{
	char name[64] = "";

	if (json_node__is(type, JSON_NODE_STRING))
		snprintf(name, sizeof(name), "%.*s", (int)type->n, type->p);
	said__other(s, m, name, block);
}

/* One block; of a stream its beginning. */
static void block_part(struct said *s, struct said_message *m, const struct json_doc *d,
		       const struct json_node *block)
{
	const struct json_node *type = GET(block, "type");
	struct said_part *p;

	if (json_node__is(block, JSON_NODE_STRING)) {
		said__say(s, m, SAID_TEXT, block);
	} else if (json_node__says(type, "text") || (!type && GET(block, "text"))) {
		said__say(s, m, SAID_TEXT, GET(block, "text"));
	} else if (json_node__says(type, "thinking")) {
		said__say(s, m, SAID_REASONING, GET(block, "thinking"));
	} else if (json_node__says(type, "tool_use")) {
		tool(s, m, d, block, SAID_TOOL_CALL);
	} else if (ends_with(type, "_tool_use")) {
		tool(s, m, d, block, SAID_SERVER_CALL);
	} else if (ends_with(type, "tool_result")) {
		p = said__part(s, m,
			       json_node__says(type, "tool_result") ? SAID_TOOL_RESULT
								    : SAID_SERVER_RESULT);
		if (!p)
			return;
		said__set_node(s, &p->id, GET(block, "tool_use_id"));
		if (p->kind == SAID_SERVER_RESULT)
			said__set_node(s, &p->type, type);
		content__tool_result(s, p, d, GET(block, "content"));
	} else if (json_node__says(type, "image")) {
		media(s, m, d, block, "image");
	} else if (json_node__says(type, "document")) {
		media(s, m, d, block, "document");
	} else if (json_node__says(type, "compaction")) {
		p = said__part(s, m, SAID_COMPACTION);
		if (p)
			said__put_json(s, p, GET(block, "content"));
	} else if (!json_node__says(type, "redacted_thinking")) {
		other(s, m, type, block);
	}
}

static void blocks(struct said *s, struct said_message *m, const struct json_doc *d,
		   const struct json_node *content)
{
	said__say(s, m, SAID_TEXT, content);
	EACH(c, d, json_node__is(content, JSON_NODE_ARRAY) ? content : NULL)
	block_part(s, m, d, c);
}

static void request(struct said *s, const struct json_doc *d, const struct json_node *root)
{
	blocks(s, &s->system, d, GET(root, "system"));
	content__messages(s, d, GET(root, "messages"), blocks);
	content__tools(s, d, GET(root, "tools"));
}

/* ---- answers ---- */

static void begin(struct said *s, struct said_message *m, const struct json_doc *d,
		  const struct json_node *block, int64_t index)
{
	unsigned int before = m->n;

	block_part(s, m, d, block);
	/* An empty text that grows. */
	if (m->n == before && json_node__says(GET(block, "type"), "text"))
		said__part(s, m, SAID_TEXT);
	if (m->n == before && json_node__says(GET(block, "type"), "thinking"))
		said__part(s, m, SAID_REASONING);
	for (; before < m->n; before++)
		m->parts[before].key = index;
}

static void delta(struct said *s, struct said_message *m, const struct json_doc *d,
		  const struct json_node *n, int64_t index)
{
	static const struct {
		const char *field;
		enum said_kind kind;
	} fields[] = {
		{"text", SAID_TEXT},
		{"thinking", SAID_REASONING},
		{"partial_json", SAID_TOOL_CALL},
		{"content", SAID_COMPACTION},
	};
	struct said_part *p = NULL;
	size_t i;

	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (!json_node__is(GET(n, fields[i].field), JSON_NODE_STRING))
			continue;
		p = said__find(m, -1, index);
		if (!p)
			p = said__part_of(s, m, fields[i].kind, index);
		if (!p)
			return;
		if (fields[i].kind == SAID_TOOL_CALL) {
			if (p->body_is == SAID_JSON)
				buf__clear(&p->body);
			p->body_is = SAID_MAYBE_JSON;
		}
		said__add_node(s, &p->body, GET(n, fields[i].field));
		return;
	}
}

static void answer(struct said *s, const struct json_doc *d, const struct json_node *root)
{
	const struct json_node *type = GET(root, "type"), *message = GET(root, "message");
	int64_t index = json_node__int(GET(root, "index"), 0);
	struct said_message *m;

	if (json_node__says(type, "error") || GET(root, "error"))
		return;
	m = said__message_of(s, &s->output, 0);
	if (!m)
		return;
	said__set_node(s, &m->role, GET(root, "role"));
	if (json_node__says(type, "message_start")) {
		said__set_node(s, &m->role, GET(message, "role"));
		blocks(s, m, d, GET(message, "content"));
	} else if (json_node__says(type, "content_block_start")) {
		begin(s, m, d, GET(root, "content_block"), index);
	} else if (json_node__says(type, "content_block_delta")) {
		delta(s, m, d, GET(root, "delta"), index);
	} else if (json_node__says(type, "message_delta")) {
		said__set_node(s, &m->finish, GET(GET(root, "delta"), "stop_reason"));
	} else {
		blocks(s, m, d, GET(root, "content"));
		said__set_node(s, &m->finish, GET(root, "stop_reason"));
	}
}

const struct content_family content_messages = {.request = request, .answer = answer};
