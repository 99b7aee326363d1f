// SPDX-License-Identifier: Apache-2.0
#include "content/said.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/utf8.h"

#define NAME_MAX_BYTES 512 /* of roles, names, ids and types */
/* Who writes a stream chooses how many there are: what each event costs stays small. */
#define CHOICES_MAX 128
#define MESSAGE_PARTS_MAX 4096
#define LOOKED_BACK 256 /* parts */

void said__init(struct said *s, const struct limits *lim, bool blobs)
{
	*s = (struct said){.lim = lim, .blobs = blobs};
	json_text__init(&s->text);
	s->left = lim->content_request + lim->content_answer;
	s->parts_left = lim->content_parts;
	s->arguments.kind = s->result.kind = SAID_OTHER;
	buf__init(&s->arguments.body, s->left);
	buf__init(&s->result.body, s->left);
}

static void free_part(struct said_part *p)
{
	free(p->id);
	free(p->name);
	free(p->type);
	free(p->mime);
	buf__free(&p->body);
}

static void free_message(struct said_message *m)
{
	unsigned int i;

	for (i = 0; i < m->n; i++)
		free_part(&m->parts[i]);
	free(m->parts);
	free(m->role);
	free(m->name);
	free(m->finish);
}

static void free_list(struct said_list *l)
{
	unsigned int i;

	for (i = 0; i < l->n; i++)
		free_message(&l->v[i]);
	free(l->v);
}

void said__free(struct said *s)
{
	unsigned int i;

	free_message(&s->system);
	free_list(&s->input);
	free_list(&s->output);
	for (i = 0; i < s->n_tools; i++) {
		free(s->tools[i].type);
		free(s->tools[i].name);
		buf__free(&s->tools[i].description);
		buf__free(&s->tools[i].parameters);
	}
	free(s->tools);
	free_part(&s->arguments);
	free_part(&s->result);
	json_text__free(&s->text);
}

/* Room for one more of size bytes in v, of which there are n, or NULL. */
static void *grow(struct said *s, void *v, unsigned int n, unsigned int *cap, size_t size)
{
	unsigned int more = *cap ? 2 * *cap : 4;

	if (!s->parts_left) {
		s->cut = true;
		return NULL;
	}
	if (n == *cap) {
		v = realloc(v, more * size);
		if (!v) {
			s->cut = true;
			return NULL;
		}
		*cap = more;
	}
	s->parts_left--;
	memset((char *)v + n * size, 0, size);
	return v;
}

struct said_message *said__message(struct said *s, struct said_list *list, const char *role)
{
	struct said_message *v = grow(s, list->v, list->n, &list->cap, sizeof(*v));

	if (!v)
		return NULL;
	list->v = v;
	v = &list->v[list->n++];
	v->key = -1;
	said__set(s, &v->role, span_str(role));
	return v;
}

struct said_message *said__message_of(struct said *s, struct said_list *list, int64_t key)
{
	struct said_message *m;
	unsigned int i;

	for (i = list->n; i > 0; i--)
		if (list->v[i - 1].key == key)
			return &list->v[i - 1];
	if (list->n >= CHOICES_MAX) {
		s->cut = true;
		return NULL;
	}
	m = said__message(s, list, NULL);
	if (m)
		m->key = key;
	return m;
}

struct said_part *said__part(struct said *s, struct said_message *m, enum said_kind kind)
{
	struct said_part *p;

	if (m && m->n >= MESSAGE_PARTS_MAX) {
		s->cut = true;
		return NULL;
	}
	p = m ? grow(s, m->parts, m->n, &m->cap, sizeof(*p)) : NULL;
	if (!p)
		return NULL;
	m->parts = p;
	p = &m->parts[m->n++];
	p->kind = (uint8_t)kind;
	p->key = -1;
	buf__init(&p->body, SIZE_MAX);
	return p;
}

struct said_part *said__find(struct said_message *m, int kind, int64_t key)
{
	unsigned int i, left = LOOKED_BACK;

	for (i = m ? m->n : 0; i > 0 && left; i--, left--)
		if (m->parts[i - 1].key == key && (kind < 0 || m->parts[i - 1].kind == kind))
			return &m->parts[i - 1];
	return NULL;
}

struct said_part *said__part_of(struct said *s, struct said_message *m, enum said_kind kind,
				int64_t key)
{
	struct said_part *p = said__find(m, (int)kind, key);

	if (p)
		return p;
	p = said__part(s, m, kind);
	if (p)
		p->key = key;
	return p;
}

void said__drop(struct said *s, struct said_message *m, int64_t from, int64_t to)
{
	unsigned int i, n = 0;

	for (i = 0; m && i < m->n; i++) {
		if (m->parts[i].key < from || m->parts[i].key >= to) {
			m->parts[n++] = m->parts[i];
			continue;
		}
		s->left += m->parts[i].body.n;
		free_part(&m->parts[i]);
	}
	if (m)
		m->n = n;
}

struct said_tool *said__tool(struct said *s)
{
	struct said_tool *v = grow(s, s->tools, s->n_tools, &s->tools_cap, sizeof(*v));

	if (!v)
		return NULL;
	s->tools = v;
	v = &s->tools[s->n_tools++];
	buf__init(&v->description, SIZE_MAX);
	buf__init(&v->parameters, SIZE_MAX);
	return v;
}

void said__set(struct said *s, char **at, struct span text)
{
	struct span kept = utf8__head(text, NAME_MAX_BYTES);
	char *copy;

	if (!text.n)
		return;
	s->cut |= kept.n < text.n;
	copy = strndup((const char *)kept.p, kept.n);
	s->cut |= !copy;
	if (!copy)
		return;
	free(*at);
	*at = copy;
}

void said__set_node(struct said *s, char **at, const struct json_node *n)
{
	if (json_node__is(n, JSON_NODE_STRING))
		said__set(s, at, json_node__text(n, &s->text, NAME_MAX_BYTES + 4));
}

void said__add(struct said *s, struct buf *body, struct span text)
{
	struct span kept = utf8__head(text, s->left);

	if (kept.n < text.n || buf__add(body, kept)) {
		s->cut = true;
		s->left = kept.n < text.n ? 0 : s->left;
		return;
	}
	s->left -= kept.n;
}

void said__add_node(struct said *s, struct buf *body, const struct json_node *n)
{
	if (!json_node__is(n, JSON_NODE_STRING))
		return;
	said__add(s, body, json_node__text(n, &s->text, s->left));
	s->cut |= s->text.truncated || s->text.error;
}

void said__put_json(struct said *s, struct said_part *p, const struct json_node *n)
{
	if (!p || !n)
		return;
	if (n->type == JSON_NODE_STRING) {
		p->body_is = SAID_MAYBE_JSON;
		said__add_node(s, &p->body, n);
		return;
	}
	p->body_is = SAID_JSON;
	said__add(s, &p->body, span(n->p, n->n));
}

struct said_part *said__say(struct said *s, struct said_message *m, enum said_kind kind,
			    const struct json_node *n)
{
	struct said_part *p;

	if (!json_node__is(n, JSON_NODE_STRING) || !n->n)
		return NULL;
	p = said__part(s, m, kind);
	if (p)
		said__add_node(s, &p->body, n);
	return p;
}

/* Images and sound: too long, or not wanted as they are, means left out as a whole. */
static void put_blob(struct said *s, struct said_part *p, struct span base64)
{
	const struct json_node n = {
		.p = base64.p, .n = (uint32_t)base64.n, .type = JSON_NODE_STRING};

	if (s->blobs && base64.n <= s->lim->content_blob) {
		said__add_node(s, &p->body, &n);
		return;
	}
	s->cut |= s->blobs;
	p->left_out = base64.n;
}

/* data:MIME;base64,… (RFC 2397) */
static void take_data_uri(struct said *s, struct said_part *p, struct span uri)
{
	ptrdiff_t comma = span_find(uri, SPAN_LIT(","));
	struct span head = span_skip(span_head(uri, comma < 0 ? uri.n : (size_t)comma), 5);
	ptrdiff_t end = span_find(head, SPAN_LIT(";"));

	p->kind = SAID_BLOB;
	said__set(s, &p->mime, span_head(head, end < 0 ? head.n : (size_t)end));
	if (comma >= 0)
		put_blob(s, p, span_skip(uri, (size_t)comma + 1));
}

void said__media(struct said *s, struct said_message *m, const char *type,
		 const struct json_node *mime, const struct json_node *data,
		 const struct json_node *uri)
{
	bool blob = json_node__is(data, JSON_NODE_STRING);
	struct said_part *p;
	struct span text;

	if (!blob && !json_node__is(uri, JSON_NODE_STRING))
		return;
	p = said__part(s, m, blob ? SAID_BLOB : SAID_URI);
	if (!p)
		return;
	said__set_node(s, &p->mime, mime);
	if (type)
		said__set(s, &p->type, span_str(type));
	if (blob) {
		put_blob(s, p, span(data->p, data->n));
		return;
	}
	text = span(uri->p, uri->n);
	if (span_starts(text, SPAN_LIT("data:")))
		take_data_uri(s, p, text);
	else
		said__add_node(s, &p->body, uri);
}

void said__other(struct said *s, struct said_message *m, const char *type,
		 const struct json_node *n)
{
	struct said_part *p = said__part(s, m, SAID_OTHER);

	if (!p)
		return;
	said__set(s, &p->type, span_str(type));
	said__put_json(s, p, n);
}
