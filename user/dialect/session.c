// SPDX-License-Identifier: Apache-2.0
/* What agents say of their session: header names and the shapes of Claude Code's metadata.user_id
 * as recorded traffic has them. prompt_cache_key is none: applications choose it for the cache. */
#include "dialect/wire.h"

void session__headers(struct dialect_reader *r, const struct http_head *h)
{
	static const char *const names[] = {
		"x-claude-code-session-id",
		"session-id",
		"session_id",
		"x-opencode-session",
	};
	struct span value;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		value = http_head__get(h, names[i]);
		if (!value.n)
			continue;
		wire__text(r, FACT_CONVERSATION_ID, value, false, 0);
		r->conversation_told = true;
		return;
	}
}

enum {
	SESSION_ID = 1,
};

static int on_value(void *ctx, const struct json_value *v)
{
	struct text *id = ctx;

	if (v->type == JSON_STRING)
		text__set(id, v->text, v->truncated);
	return 0;
}

void session__user_id(struct dialect_reader *r, struct span user_id)
{
	static const struct json_path top[] = {JSON_PATH("session_id", SESSION_ID, JSON_SCALAR)};
	static const struct json_path root = JSON_ROOT(top);
	static const struct json_ops ops = {.value = on_value};
	static const char mark[] = "_session_";
	struct span rest = user_id;
	struct text id = {0};
	struct json_scan *s;
	ptrdiff_t at;

	if (r->conversation_told)
		return;
	if (span_starts(user_id, SPAN_LIT("{"))) {
		if (json_scan__new(&root, &ops, &id, r->lim, &s))
			return;
		json_scan__feed(s, user_id);
		json_scan__finish(s);
		json_scan__free(s);
	} else {
		while ((at = span_find(rest, SPAN_LIT(mark))) >= 0) {
			rest = span_skip(rest, (size_t)at + sizeof(mark) - 1);
			text__set(&id, rest, false);
		}
	}
	wire__text(r, FACT_CONVERSATION_ID, text__span(&id), id.truncated, 0);
}
