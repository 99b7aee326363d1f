// SPDX-License-Identifier: Apache-2.0
/* What agents say of their session: header names and the shapes of Claude Code's metadata.user_id
 * as recorded traffic has them. prompt_cache_key is none but with Codex (openai_responses.c):
 * applications choose it for the cache. */
#include "dialect/wire.h"

enum {
	SESSION_ID = 1,
	THREAD_ID,
	PARENT_ID,
	N_IDS,
};

static int on_value(void *ctx, const struct json_value *v)
{
	struct text *ids = ctx;

	if (v->type == JSON_STRING)
		text__set(&ids[v->id], v->text, v->truncated);
	return 0;
}

/* A thread is the session, or a part of it with an agent of its own. */
static void ids_in_json(struct dialect_reader *r, struct span json, struct text ids[N_IDS])
{
	static const struct json_path top[] = {
		JSON_PATH("session_id", SESSION_ID, JSON_SCALAR),
		JSON_PATH("thread_id", THREAD_ID, JSON_SCALAR),
		JSON_PATH("parent_thread_id", PARENT_ID, JSON_SCALAR),
	};
	static const struct json_path root = JSON_ROOT(top);
	static const struct json_ops ops = {.value = on_value};
	struct json_scan *s;

	if (json_scan__new(&root, &ops, ids, r->lim, &s))
		return;
	json_scan__feed(s, json);
	json_scan__finish(s);
	json_scan__free(s);
}

/* Codex, where no header of their own has them. */
static void turn_metadata(struct dialect_reader *r, const struct http_head *h)
{
	struct span value = http_head__get(h, "x-codex-turn-metadata");
	struct text ids[N_IDS] = {0};

	if (!value.n)
		return;
	ids_in_json(r, value, ids);
	session__thread(r, &ids[SESSION_ID], &ids[THREAD_ID], &ids[PARENT_ID]);
	r->conversation_told = ids[SESSION_ID].n || ids[THREAD_ID].n;
}

/* An agent that another one has started. Claude Code names the other one where that was started,
 * too. */
static void agent(struct dialect_reader *r, const struct http_head *h, struct span conversation)
{
	struct span id = http_head__get(h, "x-claude-code-agent-id");
	struct span parent = http_head__get(h, "x-claude-code-parent-agent-id");

	if (!id.n) {
		id = http_head__get(h, "thread-id");
		parent = http_head__get(h, "x-codex-parent-thread-id");
		if (span_eq(id, conversation))
			return;
	} else if (!parent.n) {
		parent = conversation;
	}
	wire__text(r, FACT_AGENT_ID, id, false, 0);
	wire__text(r, FACT_AGENT_PARENT, parent, false, 0);
	wire__text(r, FACT_AGENT_NAME, http_head__get(h, "x-claude-code-agent-type"), false, 0);
}

void session__headers(struct dialect_reader *r, const struct http_head *h)
{
	static const char *const names[] = {
		"x-claude-code-session-id", "session-id", "session_id", "thread-id",
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
		agent(r, h, value);
		return;
	}
	turn_metadata(r, h);
}

void session__thread(struct dialect_reader *r, const struct text *session,
		     const struct text *thread, const struct text *parent)
{
	session__id(r, session->n ? session : thread);
	if (!session->n || !thread->n)
		return;
	wire__text(r, FACT_AGENT_ID, text__span(thread), thread->truncated, 0);
	wire__text(r, FACT_AGENT_PARENT, text__span(parent), parent->truncated, 0);
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
	struct text ids[N_IDS] = {0}, id = {0};
	ptrdiff_t at;

	if (span_starts(user_id, SPAN_LIT("{"))) {
		ids_in_json(r, user_id, ids);
		id = ids[ids[SESSION_ID].n ? SESSION_ID : THREAD_ID];
	} else {
		while ((at = span_find(rest, SPAN_LIT(mark))) >= 0) {
			rest = span_skip(rest, (size_t)at + sizeof(mark) - 1);
			text__set(&id, rest, false);
		}
	}
	session__id(r, &id);
}
