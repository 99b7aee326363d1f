// SPDX-License-Identifier: Apache-2.0
#include "content/put.h"

#include "base/limits.h"
#include "base/utf8.h"
#include "enrich/redact.h"

/* Numbers of so many characters may be a card's. */
#define NUMBER_LOOKED_AT 12
#define KEYS_COMPARED 256 /* of one object */

void content_put__init(struct content_put *p, const struct content_config *cfg,
		       uint32_t secrets[N_SECRETS])
{
	*p = (struct content_put){.cfg = cfg, .secrets = secrets, .finish = "error"};
	buf__init(&p->masked, SIZE_MAX);
	json_doc__init(&p->doc, cfg->lim->content_nodes, (uint32_t)cfg->lim->json_depth);
	json_text__init(&p->text);
}

void content_put__free(struct content_put *p)
{
	buf__free(&p->masked);
	json_doc__free(&p->doc);
	json_text__free(&p->text);
}

/* ---- texts ---- */

/* text, masks applied; lives until the next one. */
static struct span mask(struct content_put *p, struct span text)
{
	buf__clear(&p->masked);
	if (redact__text(p->cfg->redact, text, &p->masked, p->secrets)) {
		p->cut = true;
		return SPAN_NONE;
	}
	return buf__span(&p->masked);
}

static void put_text(struct content_put *p, struct span text)
{
	struct span all = mask(p, text), shown = all;

	if (p->cfg->mode == CONTENT_META)
		shown = SPAN_NONE;
	if (p->cfg->mode == CONTENT_PREVIEW)
		shown = utf8__head(all, p->cfg->lim->content_preview);
	p->cut |= p->cfg->mode == CONTENT_PREVIEW && shown.n < all.n;
	json_write__text(&p->w, shown);
}

static void put_number(struct content_put *p, struct span number)
{
	struct span shown;

	if (number.n >= NUMBER_LOOKED_AT) {
		shown = mask(p, number);
		if (!span_eq(shown, number)) {
			json_write__text(&p->w, shown);
			return;
		}
	}
	json_write__spelled(&p->w, number);
}

/* Closes containers from *up outwards that end before node i. */
static void close_until(struct content_put *p, uint32_t *up, uint32_t i)
{
	const struct json_node *v = p->doc.v;

	while (v[*up].next <= i) {
		json_write__close(&p->w, v[*up].type == JSON_NODE_OBJECT ? '}' : ']');
		if (!*up)
			return;
		*up = v[*up].up;
	}
}

/* Does an earlier key of its object have the same name? Objects with very many keys are believed.
 */
static bool is_double(const struct json_doc *d, uint32_t i)
{
	const struct json_node *n = &d->v[i], *c = &d->v[n->up + 1];
	unsigned int looked = 0;

	for (; c < n && looked < KEYS_COMPARED; c = &d->v[c[1].next], looked++)
		if (span_eq(span(c->p, c->n), span(n->p, n->n)))
			return true;
	return false;
}

/* The document in p->doc: keys as they are, masks on strings. */
static void put_doc(struct content_put *p)
{
	const struct json_node *n;
	uint32_t i, up = 0;

	for (i = 0; i < p->doc.n; i++) {
		n = &p->doc.v[i];
		if (i)
			close_until(p, &up, i);
		switch (n->type) {
		case JSON_NODE_OBJECT:
		case JSON_NODE_ARRAY:
			json_write__open(&p->w, n->type == JSON_NODE_OBJECT ? '{' : '[');
			up = i;
			break;
		case JSON_NODE_KEY:
			if (is_double(&p->doc, i)) {
				i = p->doc.v[i + 1].next - 1;
				break;
			}
			json_write__name(&p->w, json_node__text(n, &p->text, 3 * (size_t)n->n + 3));
			break;
		case JSON_NODE_STRING:
			put_text(p, json_node__text(n, &p->text, 3 * (size_t)n->n + 3));
			break;
		case JSON_NODE_NUMBER:
			put_number(p, span(n->p, n->n));
			break;
		default:
			json_write__spelled(&p->w, span(n->p, n->n));
		}
	}
	if (p->doc.v[0].type <= JSON_NODE_ARRAY)
		close_until(p, &up, p->doc.n);
}

/* Is all of text a JSON value? It is in p->doc then. */
static bool is_json(struct content_put *p, struct span text, bool any)
{
	size_t used;

	if (!any && (!text.n || (*text.p != '{' && *text.p != '[')))
		return false;
	if (json_doc__parse(&p->doc, text, &used))
		return false;
	if (any)
		return true;
	while (used < text.n && strchr(" \t\r\n", text.p[used]) && text.p[used])
		used++;
	return !p->doc.cut && used == text.n;
}

static void put_value(struct content_put *p, const struct said_part *part)
{
	struct span body = buf__span(&part->body);

	if (p->cfg->mode == CONTENT_META) {
		/* For what masks find. */
		mask(p, body);
		json_write__string(&p->w, NULL);
	} else if (part->body_is != SAID_STRING && is_json(p, body, part->body_is == SAID_JSON)) {
		p->cut |= p->doc.cut;
		put_doc(p);
	} else {
		put_text(p, body);
	}
}

/* ---- parts ---- */

static void put_field(struct content_put *p, const char *key, const char *value)
{
	if (!value)
		return;
	json_write__key(&p->w, key);
	json_write__string(&p->w, value);
}

static const char *modality(const struct said_part *part)
{
	static const char *const names[] = {"image", "video", "audio"};
	const char *says = part->mime ? part->mime : part->type;
	size_t i;

	for (i = 0; says && i < sizeof(names) / sizeof(names[0]); i++)
		if (!strncmp(says, names[i], strlen(names[i])))
			return names[i];
	return "document";
}

static void put_bytes(struct content_put *p, const struct said_part *part)
{
	if (p->cfg->mode != CONTENT_META && !part->left_out)
		return;
	json_write__key(&p->w, "bytes");
	json_write__uint(&p->w, part->body.n + part->left_out);
}

static void put_content(struct content_put *p, const char *key, const struct said_part *part)
{
	json_write__key(&p->w, key);
	put_text(p, buf__span(&part->body));
	put_bytes(p, part);
}

/* Masks would only break what no text is. */
static void put_blob(struct content_put *p, const struct said_part *part)
{
	json_write__key(&p->w, "content");
	json_write__text(&p->w, buf__span(&part->body));
	put_bytes(p, part);
}

/* {"type": …, key: what there is}, for the conventions want an object that says its type. */
static void put_server(struct content_put *p, const char *name, const char *key,
		       const struct said_part *part)
{
	json_write__key(&p->w, name);
	json_write__open(&p->w, '{');
	put_field(p, "type", part->type ? part->type : part->name ? part->name : "unknown");
	if (part->body.n) {
		json_write__key(&p->w, key);
		put_value(p, part);
	}
	json_write__close(&p->w, '}');
	put_bytes(p, part);
}

static const char *const types[] = {
	[SAID_TEXT] = "text",
	[SAID_REASONING] = "reasoning",
	[SAID_TOOL_CALL] = "tool_call",
	[SAID_TOOL_RESULT] = "tool_call_response",
	[SAID_BLOB] = "blob",
	[SAID_FILE] = "file",
	[SAID_URI] = "uri",
	[SAID_SERVER_CALL] = "server_tool_call",
	[SAID_SERVER_RESULT] = "server_tool_call_response",
	[SAID_COMPACTION] = "compaction",
};

/* What a part is called that none of the above is, so that none is taken for one. */
static const char *other_type(const char *type)
{
	size_t i;

	for (i = 0; type && i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(type, types[i]))
			return "other";
	return type ? type : "other";
}

static void put_part(struct content_put *p, const struct said_part *part)
{
	bool media = part->kind == SAID_BLOB || part->kind == SAID_URI || part->kind == SAID_FILE;

	json_write__open(&p->w, '{');
	put_field(p, "type", part->kind == SAID_OTHER ? other_type(part->type) : types[part->kind]);
	put_field(p, part->kind == SAID_FILE ? "file_id" : "id", part->id);
	if (part->kind == SAID_TOOL_CALL || part->kind == SAID_SERVER_CALL)
		put_field(p, "name", part->name ? part->name : "");
	else
		put_field(p, "name", part->name);
	if (media) {
		put_field(p, "modality", modality(part));
		put_field(p, "mime_type", part->mime);
	}
	switch ((enum said_kind)part->kind) {
	case SAID_TEXT:
	case SAID_REASONING:
		put_content(p, "content", part);
		break;
	case SAID_BLOB:
		put_blob(p, part);
		break;
	case SAID_URI:
		put_content(p, "uri", part);
		break;
	case SAID_SERVER_CALL:
		put_server(p, "server_tool_call", "arguments", part);
		break;
	case SAID_SERVER_RESULT:
		put_server(p, "server_tool_call_response", "response", part);
		break;
	case SAID_FILE:
		break;
	default:
		if (!part->body.n && part->kind != SAID_TOOL_RESULT)
			break;
		json_write__key(&p->w, part->kind == SAID_TOOL_CALL	? "arguments"
				       : part->kind == SAID_TOOL_RESULT ? "response"
									: "content");
		put_value(p, part);
		put_bytes(p, part);
	}
	json_write__close(&p->w, '}');
}

static void put_parts(struct content_put *p, const struct said_message *m)
{
	unsigned int i;

	json_write__open(&p->w, '[');
	for (i = 0; i < m->n; i++)
		put_part(p, &m->parts[i]);
	json_write__close(&p->w, ']');
}

int content_put__parts(struct content_put *p, const struct said_message *m, struct buf *out)
{
	json_write__init(&p->w, out);
	put_parts(p, m);
	return p->w.err;
}

/* ---- messages ---- */

/* The conventions' names for why an answer ended. */
static const char *finish_reason(const char *says)
{
	static const struct {
		const char *says, *name;
	} names[] = {
		{"tool_calls", "tool_call"},
		{"tool_use", "tool_call"},
		{"function_call", "tool_call"},
		{"TOOL_CALL", "tool_call"},
		{"end_turn", "stop"},
		{"stop_sequence", "stop"},
		{"STOP", "stop"},
		{"COMPLETE", "stop"},
		{"STOP_SEQUENCE", "stop"},
		{"eos", "stop"},
		{"completed", "stop"},
		{"eos_token", "stop"},
		{"max_tokens", "length"},
		{"MAX_TOKENS", "length"},
		{"max_output_tokens", "length"},
		{"LENGTH", "length"},
		{"refusal", "content_filter"},
		{"SAFETY", "content_filter"},
		{"guardrail_intervened", "content_filter"},
		{"content_filtered", "content_filter"},
		{"ERROR", "error"},
		{"failed", "error"},
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(names[i].says, says))
			return names[i].name;
	return says;
}

static void put_message(struct content_put *p, const struct said_message *m, bool output)
{
	json_write__open(&p->w, '{');
	put_field(p, "role", m->role ? m->role : output ? "assistant" : "user");
	put_field(p, "name", m->name);
	json_write__key(&p->w, "parts");
	put_parts(p, m);
	if (output)
		put_field(p, "finish_reason", finish_reason(m->finish ? m->finish : p->finish));
	json_write__close(&p->w, '}');
}

int content_put__messages(struct content_put *p, const struct said_list *list, bool output,
			  struct buf *out)
{
	unsigned int i;

	json_write__init(&p->w, out);
	json_write__open(&p->w, '[');
	for (i = 0; i < list->n; i++)
		put_message(p, &list->v[i], output);
	json_write__close(&p->w, ']');
	return p->w.err;
}

/* ---- tools ---- */

/* What the model reads of them is long and always the same: only all of it, or none. */
int content_put__tools(struct content_put *p, const struct said_tool *v, unsigned int n,
		       struct buf *out)
{
	unsigned int i;

	json_write__init(&p->w, out);
	json_write__open(&p->w, '[');
	for (i = 0; i < n; i++) {
		json_write__open(&p->w, '{');
		put_field(p, "type", v[i].type ? v[i].type : "function");
		put_field(p, "name", v[i].name ? v[i].name : v[i].type ? v[i].type : "");
		if (p->cfg->mode == CONTENT_FULL && v[i].description.n) {
			json_write__key(&p->w, "description");
			put_text(p, buf__span(&v[i].description));
		}
		if (p->cfg->mode == CONTENT_FULL && v[i].parameters.n &&
		    is_json(p, buf__span(&v[i].parameters), true)) {
			json_write__key(&p->w, "parameters");
			put_doc(p);
		}
		json_write__close(&p->w, '}');
	}
	json_write__close(&p->w, ']');
	return p->w.err;
}

int content_put__body(struct content_put *p, const struct said_part *part, struct buf *out)
{
	json_write__init(&p->w, out);
	put_value(p, part);
	return p->w.err;
}
