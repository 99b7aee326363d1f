// SPDX-License-Identifier: Apache-2.0
/* Bedrock's Converse (docs.aws.amazon.com, API reference "Converse"), which Nova's own wire is
 * like, and InvokeModel, whose bodies are those of the model's family. */
#include "content/family.h"

static void media(struct said *s, struct said_message *m, const struct json_doc *d,
		  const struct json_node *n, const char *type)
{
	const struct json_node *source = GET(n, "source");
	const struct json_node *uri = GET(GET(source, "s3Location"), "uri");

	if (GET(source, "text"))
		said__say(s, m, SAID_TEXT, GET(source, "text"));
	else
		said__media(s, m, type, NULL, GET(source, "bytes"), uri);
}

static void tool_result(struct said *s, struct said_message *m, const struct json_doc *d,
			const struct json_node *n)
{
	const struct json_node *content = GET(n, "content"), *one = NULL;
	struct said_part *p = said__part(s, m, SAID_TOOL_RESULT);

	if (!p)
		return;
	said__set_node(s, &p->id, GET(n, "toolUseId"));
	if (json_node__is(content, JSON_NODE_ARRAY))
		one = json_doc__first(d, content);
	if (one && !json_doc__next(d, content, one) && (GET(one, "text") || GET(one, "json")))
		content = GET(one, GET(one, "text") ? "text" : "json");
	said__put_json(s, p, content);
}

static void tool_use(struct said *s, struct said_message *m, const struct json_doc *d,
		     const struct json_node *n, int64_t key)
{
	/* Nova's own tools. */
	bool server = json_node__says(GET(n, "type"), "server_tool_use");
	struct said_part *p = said__part(s, m, server ? SAID_SERVER_CALL : SAID_TOOL_CALL);

	if (!p)
		return;
	p->key = key;
	if (server)
		said__set_node(s, &p->type, GET(n, "name"));
	said__set_node(s, &p->id, GET(n, "toolUseId"));
	said__set_node(s, &p->name, GET(n, "name"));
	said__put_json(s, p, GET(n, "input"));
}

static void block(struct said *s, struct said_message *m, const struct json_doc *d,
		  const struct json_node *n)
{
	const struct json_node *guard = GET(GET(n, "guardContent"), "text");

	if (json_node__is(n, JSON_NODE_STRING) || GET(n, "text"))
		said__say(s, m, SAID_TEXT, GET(n, "text") ? GET(n, "text") : n);
	else if (GET(n, "toolUse"))
		tool_use(s, m, d, GET(n, "toolUse"), -1);
	else if (GET(n, "toolResult"))
		tool_result(s, m, d, GET(n, "toolResult"));
	else if (GET(n, "reasoningContent"))
		said__say(s, m, SAID_REASONING,
			  GET(GET(GET(n, "reasoningContent"), "reasoningText"), "text"));
	else if (GET(n, "image"))
		media(s, m, d, GET(n, "image"), "image");
	else if (GET(n, "video"))
		media(s, m, d, GET(n, "video"), "video");
	else if (GET(n, "audio"))
		media(s, m, d, GET(n, "audio"), "audio");
	else if (GET(n, "document"))
		media(s, m, d, GET(n, "document"), "document");
	else if (guard)
		said__say(s, m, SAID_TEXT, GET(guard, "text"));
	else if (!GET(n, "cachePoint") && json_node__is(n, JSON_NODE_OBJECT))
		said__other(s, m, "content", n);
}

static void blocks(struct said *s, struct said_message *m, const struct json_doc *d,
		   const struct json_node *content)
{
	said__say(s, m, SAID_TEXT, content);
	EACH(c, d, json_node__is(content, JSON_NODE_ARRAY) ? content : NULL) block(s, m, d, c);
}

static void request(struct said *s, const struct json_doc *d, const struct json_node *root)
{
	const struct json_node *tools = GET(GET(root, "toolConfig"), "tools"), *spec, *schema;
	struct said_tool *t;

	blocks(s, &s->system, d, GET(root, "system"));
	content__messages(s, d, GET(root, "messages"), blocks);
	EACH(c, d, json_node__is(tools, JSON_NODE_ARRAY) ? tools : NULL)
	{
		spec = GET(c, "toolSpec");
		t = spec ? said__tool(s) : NULL;
		if (!t)
			continue;
		said__set_node(s, &t->name, GET(spec, "name"));
		said__add_node(s, &t->description, GET(spec, "description"));
		schema = GET(GET(spec, "inputSchema"), "json");
		if (json_node__is(schema, JSON_NODE_OBJECT))
			said__add(s, &t->parameters, span(schema->p, schema->n));
	}
}

static void delta(struct said *s, struct said_message *m, const struct json_doc *d,
		  const struct json_node *n, int64_t key)
{
	const struct json_node *reasoning = GET(n, "reasoningContent"), *use = GET(n, "toolUse");
	struct said_part *p;

	p = use ? said__find(m, SAID_SERVER_CALL, key) : NULL;
	if (!p)
		p = said__part_of(s, m,
				  use	      ? SAID_TOOL_CALL
				  : reasoning ? SAID_REASONING
					      : SAID_TEXT,
				  key);
	if (!p)
		return;
	if (use)
		said__put_json(s, p, GET(use, "input"));
	else
		said__add_node(s, &p->body, GET(reasoning ? reasoning : n, "text"));
}

/* Events are told apart by what they hold; Nova's have their name around them. */
static void answer(struct said *s, const struct json_doc *d, const struct json_node *root)
{
	static const char *const names[] = {"messageStart", "contentBlockStart",
					    "contentBlockDelta", "messageStop"};
	struct said_message *m = said__message_of(s, &s->output, 0);
	const struct json_node *message;
	int64_t key;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (GET(root, names[i]))
			root = GET(root, names[i]);
	message = GET(GET(root, "output"), "message");
	key = json_node__int(GET(root, "contentBlockIndex"), 0);
	if (!m)
		return;
	said__set_node(s, &m->role, GET(message ? message : root, "role"));
	blocks(s, m, d, GET(message, "content"));
	if (GET(GET(root, "start"), "toolUse"))
		tool_use(s, m, d, GET(GET(root, "start"), "toolUse"), key);
	if (json_node__is(GET(root, "delta"), JSON_NODE_OBJECT))
		delta(s, m, d, GET(root, "delta"), key);
	said__set_node(s, &m->finish, GET(root, "stopReason"));
}

const struct content_family content_converse = {.request = request, .answer = answer};

/* ---- InvokeModel ---- */

/* What a body must hold (one of two fields) to be of a family. In this order. */
struct sign {
	const char *field, * or ;
	const struct content_family *family;
};

static const struct sign requests[] = {
	{"anthropic_version", NULL, &content_messages},
	{"schemaVersion", "inferenceConfig", &content_converse},
	{"input_tokens", "converse", &content_converse},
	{"messages", NULL, &content_chat},
	{"message", "chat_history", &content_cohere_v1},
	{NULL, NULL, &content_texts},
};

static const struct sign answers[] = {
	{"choices", NULL, &content_chat},
	{"content_block", "content", &content_messages},
	{"stop_reason", "message", &content_messages},
	{"messageStart", "contentBlockDelta", &content_converse},
	{"contentBlockStart", "messageStop", &content_converse},
	{"event_type", "chat_history", &content_cohere_v1},
	{NULL, NULL, &content_texts},
};

static const struct content_family *family(const struct sign *v, const struct json_doc *d,
					   const struct json_node *root)
{
	while (v->field && !GET(root, v->field) && !(v->or &&GET(root, v->or)))
		v++;
	return v->family;
}

static void invoke_request(struct said *s, const struct json_doc *d, const struct json_node *root)
{
	family(requests, d, root)->request(s, d, root);
}

static void invoke_answer(struct said *s, const struct json_doc *d, const struct json_node *root)
{
	const struct json_node *delta = GET(root, "delta");

	/* Llama's and others' have a stop_reason beside their text. */
	if (GET(root, "generation") || GET(root, "completion"))
		content_texts.answer(s, d, root);
	else if (json_node__is(GET(root, "output"), JSON_NODE_OBJECT))
		content_converse.answer(s, d, root);
	else if (delta && json_node__is(GET(root, "type"), JSON_NODE_STRING))
		content_messages.answer(s, d, root);
	else
		family(answers, d, root)->answer(s, d, root);
}

const struct content_family content_invoke = {
	.request = invoke_request,
	.answer = invoke_answer,
};
