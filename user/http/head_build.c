// SPDX-License-Identifier: Apache-2.0
#include "http/head_build.h"

#include <errno.h>
#include <stdlib.h>

#include "base/limits.h"
#include "http/headers.h"

int head_build__init(struct head_build *b, const struct limits *lim, const uint8_t *key)
{
	*b = (struct head_build){.lim = lim, .key = key};
	buf__init(&b->text, lim->head_bytes + 1);
	return buf__add(&b->text, SPAN_LIT("\0"));
}

void head_build__free(struct head_build *b)
{
	buf__free(&b->text);
	free(b->fields);
	free(b->headers);
}

struct span head_build__at(const struct head_build *b, struct head_slot slot)
{
	return slot.at ? span(b->text.p + slot.at, slot.n) : SPAN_NONE;
}

int head_build__keep(struct head_build *b, struct span s, struct head_slot *ret)
{
	struct head_slot slot = {(uint32_t)b->text.n, (uint32_t)s.n};
	int err = buf__add(&b->text, s);

	if (!err)
		*ret = slot;
	return err;
}

/* Keeps before, and then query without its secrets. */
static int keep_redacted(struct head_build *b, struct span before, struct span query,
			 struct head_slot *ret)
{
	size_t n = b->text.n;
	struct span key = SPAN_NONE;
	int err = buf__add(&b->text, before);

	if (!err)
		err = query__redact(&b->text, query, &key);

	if (err) {
		b->text.n = n;
		return err;
	}
	*ret = (struct head_slot){(uint32_t)n, (uint32_t)(b->text.n - n)};
	if (key.p && !before.n && !b->key_rank) {
		b->key_rank = 1;
		b->head.key_fp = credential__fingerprint(b->key, key);
	}
	return 0;
}

static struct span before(struct span s, const char *stop)
{
	size_t n = 0;

	while (n < s.n && (!s.p[n] || !strchr(stop, s.p[n])))
		n++;
	return span_head(s, n);
}

int head_build__path(struct head_build *b, struct span target)
{
	struct span path = before(target, "?#");
	struct span query = before(span_skip(target, path.n), "#");
	int err = head_build__keep(b, path.n ? path : SPAN_LIT("/"), &b->path);

	if (!err && query.n > 1)
		err = keep_redacted(b, SPAN_NONE, span_skip(query, 1), &b->query);
	return err;
}

int head_build__authority(struct head_build *b, struct span authority)
{
	const uint8_t *user = authority.n ? memrchr(authority.p, '@', authority.n) : NULL;

	if (user)
		authority = span_skip(authority, (size_t)(user - authority.p) + 1);
	return head_build__keep(b, authority, &b->authority);
}

static int field__new(struct head_build *b, struct head_field **ret)
{
	unsigned int cap;
	void *p;

	if (b->n == b->lim->headers)
		return -E2BIG;
	if (b->n == b->cap) {
		cap = b->cap ? b->cap * 2 : 16;
		p = reallocarray(b->fields, cap, sizeof(*b->fields));
		if (!p)
			return -ENOMEM;
		b->fields = p;
		b->cap = cap;
	}
	b->fields[b->n] = (struct head_field){};
	*ret = &b->fields[b->n];
	return 0;
}

static void read_credential(struct head_build *b, struct span name, struct span value, bool cut)
{
	unsigned int rank = credential__rank(name);

	/* A cut one would get a fingerprint that no whole one has. */
	if (cut || value.n > b->lim->header_value || rank <= b->key_rank)
		return;
	b->key_rank = rank;
	b->head.key_fp = credential__fingerprint(b->key, value);
}

static int keep_url(struct head_build *b, struct span url, struct head_slot *ret)
{
	const uint8_t *mark = url.n ? memchr(url.p, '?', url.n) : NULL;
	size_t n = mark ? (size_t)(mark - url.p) + 1 : url.n;

	return keep_redacted(b, span_head(url, n), span_skip(url, n), ret);
}

int head_build__add(struct head_build *b, enum side side, struct span name, struct span value,
		    bool cut)
{
	bool secret = header_is_secret(name, value);
	size_t n = b->text.n;
	struct head_field *f = NULL;
	int err = field__new(b, &f);

	if (secret) {
		read_credential(b, name, value, cut);
		value = SPAN_NONE;
	}
	if (cut || value.n > b->lim->header_value)
		b->head.truncated |= !secret;
	value = span_head(value, b->lim->header_value);
	if (!err)
		err = head_build__keep(b, name, &f->name);
	if (!err)
		err = header_is_url(name) ? keep_url(b, value, &f->value)
					  : head_build__keep(b, value, &f->value);
	if (err == -E2BIG) {
		b->text.n = n;
		b->head.truncated = true;
		return HEAD_LEFT_OUT;
	}
	if (err)
		return err;
	b->n++;
	if (side == SIDE_REQUEST && !b->host.at && span_ieq(name, SPAN_LIT("host")))
		b->host = f->value;
	return secret ? HEAD_LEFT_OUT : HEAD_KEPT;
}

void head_build__fold(struct head_build *b, struct span more, bool cut)
{
	struct head_field *f = &b->fields[b->n - 1];
	size_t n = b->text.n;

	if (cut || f->value.n + more.n >= b->lim->header_value ||
	    buf__add(&b->text, SPAN_LIT(" ")) || buf__add(&b->text, more)) {
		b->text.n = n;
		b->head.truncated = true;
		return;
	}
	f->value.n = (uint32_t)(b->text.n - f->value.at);
}

int head_build__finish(struct head_build *b)
{
	struct http_head *head = &b->head;
	unsigned int i;

	head->method = head_build__at(b, b->method);
	head->path = head_build__at(b, b->path);
	head->query = head_build__at(b, b->query);
	/* RFC 9112, 3.2.2 and RFC 9113, 8.3.1: the target's authority outdoes Host. */
	head->authority = head_build__at(b, b->authority.at ? b->authority : b->host);
	if (b->n) {
		b->headers = reallocarray(NULL, b->n, sizeof(*b->headers));
		if (!b->headers)
			return -ENOMEM;
	}
	for (i = 0; i < b->n; i++)
		b->headers[i] = (struct http_header){head_build__at(b, b->fields[i].name),
						     head_build__at(b, b->fields[i].value)};
	head->headers = b->headers;
	head->n_headers = b->n;
	return 0;
}
