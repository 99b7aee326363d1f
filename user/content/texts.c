// SPDX-License-Identifier: Apache-2.0
/* APIs that are asked in plain texts, and answer in such or not in words at all: embeddings,
 * reranking, moderation, images, transcription, older generation. And MCP, whose calls have
 * arguments and a result. */
#include "content/family.h"

/* Fields of a request, or of an element of its list, that hold a text or texts. */
static const char *const asked[] = {
	"input", "inputs", "prompt",   "inputText", "text",
	"texts", "query",  "messages", "prompts",   "search_query",
};

/* Objects and lists that such fields may be in. */
static const char *const around[] = {"instances", "requests", "input", "content"};

static void ask(struct said *s, const struct json_doc *d, const struct json_node *n)
{
	const struct json_node *parts = GET(n, "parts");
	size_t i;

	for (i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		const struct json_node *v = GET(n, asked[i]);

		if (json_node__is(v, JSON_NODE_STRING) || json_node__is(v, JSON_NODE_ARRAY))
			content__prompts(s, d, v);
	}
	/* Gemini's content, as of generateContent. */
	if (json_node__is(GET(n, "content"), JSON_NODE_STRING))
		content__prompts(s, d, GET(n, "content"));
	else if (GET(GET(n, "content"), "parts"))
		parts = GET(GET(n, "content"), "parts");
	if (json_node__is(parts, JSON_NODE_ARRAY))
		content__prompts(s, d, parts);
}

static void request(struct said *s, const struct json_doc *d, const struct json_node *root)
{
	size_t i;

	said__say(s, &s->system, SAID_TEXT, GET(root, "instructions"));
	ask(s, d, root);
	for (i = 0; i < sizeof(around) / sizeof(around[0]); i++) {
		const struct json_node *v = GET(root, around[i]);

		if (json_node__is(v, JSON_NODE_OBJECT) && i != 3)
			ask(s, d, v);
		else if (json_node__is(v, JSON_NODE_ARRAY) && i < 2)
			EACH(c, d, v) ask(s, d, c);
	}
}

/* ---- answers ---- */

static void say(struct said *s, const struct json_node *n)
{
	struct said_part *p;

	if (!json_node__is(n, JSON_NODE_STRING) || !n->n)
		return;
	p = said__part_of(s, said__message_of(s, &s->output, 0), SAID_TEXT, 0);
	if (p)
		said__add_node(s, &p->body, n);
}

/* Where a text is: in a field, or in one of each element of a list; in that of an object. */
static const struct {
	const char *field, *in, *of;
} answered[] = {
	{"generation", NULL, NULL},	     /* Llama */
	{"generated_text", NULL, NULL},	     /* TGI */
	{"completion", NULL, NULL},	     /* Anthropic, older */
	{"outputText", NULL, NULL},	     /* Titan, a stream's */
	{"results", "outputText", NULL},     /* Titan */
	{"results", "generated_text", NULL}, /* watsonx */
	{"outputs", "text", NULL},	     /* Mistral at Bedrock's */
	{"generations", "text", NULL},	     /* Cohere */
	{"completions", "data", "text"},     /* AI21 */
	{"predictions", "content", NULL},    /* Vertex */
	{"token", "text", NULL},	     /* TGI's stream */
};

static void images(struct said *s, const struct json_doc *d, const struct json_node *root)
{
	const struct json_node *data = GET(root, "data"), *list = GET(root, "images");
	struct said_message *m;

	EACH(c, d, json_node__is(data, JSON_NODE_ARRAY) ? data : NULL)
	{
		if (!GET(c, "b64_json") && !GET(c, "url"))
			continue;
		m = said__message_of(s, &s->output, 0);
		if (GET(c, "b64_json"))
			said__media(s, m, "image", NULL, GET(c, "b64_json"), NULL);
		else
			said__media(s, m, "image", NULL, NULL, GET(c, "url"));
	}
	EACH(c, d, json_node__is(list, JSON_NODE_ARRAY) ? list : NULL)
	if (json_node__is(c, JSON_NODE_STRING))
		said__media(s, said__message_of(s, &s->output, 0), "image", NULL, c, NULL);
}

static void answer(struct said *s, const struct json_doc *d, const struct json_node *root)
{
	const struct json_node *type = GET(root, "type"), *output = GET(root, "output");
	struct said_message *m;
	size_t i;

	for (i = 0; i < sizeof(answered) / sizeof(answered[0]); i++) {
		const struct json_node *v = GET(root, answered[i].field);

		if (!answered[i].in)
			say(s, v);
		else if (json_node__is(v, JSON_NODE_ARRAY))
			EACH(c, d, v)
		say(s, answered[i].of ? GET(GET(c, answered[i].in), answered[i].of)
				      : GET(c, answered[i].in));
		else if (json_node__is(v, JSON_NODE_OBJECT) && !GET(root, "generated_text"))
			say(s, GET(v, answered[i].in));
	}
	/* Transcriptions: pieces, then everything once more. */
	if (json_node__says(type, "transcript.text.delta"))
		say(s, GET(root, "delta"));
	else if (!json_node__says(type, "transcript.text.done"))
		say(s, GET(root, "text"));
	/* Replicate's, a text or its pieces. */
	say(s, output);
	EACH(c, d, json_node__is(output, JSON_NODE_ARRAY) ? output : NULL) say(s, c);
	images(s, d, root);
	m = s->output.n ? &s->output.v[0] : NULL;
	if (!m)
		return;
	said__set_node(s, &m->finish, GET(root, "stop_reason"));
	said__set_node(s, &m->finish, GET(root, "completionReason"));
}

const struct content_family content_texts = {.request = request, .answer = answer};

/* ---- MCP ---- */

static void mcp_request(struct said *s, const struct json_doc *d, const struct json_node *root)
{
	said__put_json(s, &s->arguments, GET(GET(root, "params"), "arguments"));
}

/* Of a tool, a prompt or a resource: lists of them are nobody's words. */
static void mcp_answer(struct said *s, const struct json_doc *d, const struct json_node *root)
{
	const struct json_node *result = GET(root, "result");

	if (s->result.body.n || (!GET(result, "content") && !GET(result, "structuredContent") &&
				 !GET(result, "messages") && !GET(result, "contents")))
		return;
	said__put_json(s, &s->result, result);
}

const struct content_family content_mcp = {.request = mcp_request, .answer = mcp_answer};
