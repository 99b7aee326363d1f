// SPDX-License-Identifier: Apache-2.0
/* What agents say of their session: header names and the shapes of Claude Code's metadata.user_id
 * as recorded traffic has them. prompt_cache_key is none but with Codex (openai_responses.c):
 * applications choose it for the cache. */
#include "dialect/wire.h"

enum {
	SESSION_ID = 1,
	THREAD_ID,
	N_IDS,
};

static int on_value(void *ctx, const struct json_value *v)
{
	struct text *ids = ctx;

	if (v->type == JSON_STRING)
		text__set(&ids[v->id], v->text, v->truncated);
	return 0;
}

/* {"session_id", "thread_id"}: a thread is the session, or a part of it with an agent of its own.
 */
static struct text id_in_json(struct dialect_reader *r, struct span json)
{
	static const struct json_path top[] = {
		JSON_PATH("session_id", SESSION_ID, JSON_SCALAR),
		JSON_PATH("thread_id", THREAD_ID, JSON_SCALAR),
	};
	static const struct json_path root = JSON_ROOT(top);
	static const struct json_ops ops = {.value = on_value};
	struct text ids[N_IDS] = {0};
	struct json_scan *s;

	if (json_scan__new(&root, &ops, ids, r->lim, &s))
		return ids[0];
	json_scan__feed(s, json);
	json_scan__finish(s);
	json_scan__free(s);
	return ids[ids[SESSION_ID].n ? SESSION_ID : THREAD_ID];
}

void session__headers(struct dialect_reader *r, const struct http_head *h)
{
	static const char *const names[] = {
		"x-claude-code-session-id", "session-id", "session_id", "thread-id",
		"x-opencode-session",
	};
	struct span value;
	struct text id;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		value = http_head__get(h, names[i]);
		if (!value.n)
			continue;
		wire__text(r, FACT_CONVERSATION_ID, value, false, 0);
		r->conversation_told = true;
		return;
	}
	value = http_head__get(h, "x-codex-turn-metadata");
	if (!value.n)
		return;
	id = id_in_json(r, value);
	session__id(r, &id);
	r->conversation_told = id.n != 0;
}

void session__id(struct dialect_reader *r, const struct text *id)
{
	if (!r->conversation_told)
		wire__text(r, FACT_CONVERSATION_ID, text__span(id), id->truncated, 0);
}

void session__user_id(struct dialect_reader *r, struct span user_id)
{
	static const char mark[] = "_session_";
	struct span rest = user_id;
	struct text id = {0};
	ptrdiff_t at;

	if (span_starts(user_id, SPAN_LIT("{"))) {
		id = id_in_json(r, user_id);
	} else {
		while ((at = span_find(rest, SPAN_LIT(mark))) >= 0) {
			rest = span_skip(rest, (size_t)at + sizeof(mark) - 1);
			text__set(&id, rest, false);
		}
	}
	session__id(r, &id);
}
