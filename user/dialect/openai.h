/* SPDX-License-Identifier: Apache-2.0 */
/* openai.h: what the files of OpenAI's APIs share: tables, and the state of a response while it is
 * read, as a POST, a fetch and a WebSocket have it. */
#ifndef LLMSNOOP_OPENAI_H
#define LLMSNOOP_OPENAI_H

#include "dialect/wire.h"

/* Ids that the shared tables use; each file's own begin behind them. */
enum openai_part {
	OPENAI_TICKS = WIRE_OWN, /* cost in 1e-10 USD */
	/* of a request for a response */
	OPENAI_TYPE,
	OPENAI_GENERATE,
	OPENAI_MODEL,
	OPENAI_INPUT,
	OPENAI_ITEM_TYPE,
	OPENAI_FORMAT,
	OPENAI_CONVERSATION,
	OPENAI_CACHE_KEY,
	OPENAI_SESSION,
	OPENAI_THREAD,
	OPENAI_PARENT_THREAD,
	/* of a response or one of its events */
	OPENAI_OBJECT,
	OPENAI_STATUS,
	OPENAI_REASON,
	OPENAI_EVENT,
	OPENAI_ARGUMENTS,
	OPENAI_DELTA,
	OPENAI_PART,
	OPENAI_ITEM,
	OPENAI_CALL_TYPE,
	OPENAI_CALL_ID,
	OPENAI_OWN,
};

/* "usage" with input_tokens and output_tokens: responses, images, audio, realtime. */
#define OPENAI_N_USAGE 16
extern const struct json_path openai_usage[OPENAI_N_USAGE];

/* "usage" with prompt_tokens and completion_tokens: chat and what came before it. */
#define OPENAI_N_PROMPT_USAGE 23
extern const struct json_path openai_prompt_usage[OPENAI_N_PROMPT_USAGE];

/* dialect.count for it. */
void openai__count(const struct dialect_reader *r, int64_t tokens[WIRE_N_USAGE]);

/* {"error":{…}}, and what stands beside it or instead of it; see errors.h. */
#define OPENAI_ERROR_PATHS                                           \
	JSON_KIDS("error", WIRE_ERROR, JSON_SCALAR, wire_error),     \
		JSON_PATH("code", WIRE_TOP_CODE, JSON_SCALAR),       \
		JSON_PATH("message", WIRE_TOP_MESSAGE, JSON_SCALAR), \
		JSON_PATH("detail", WIRE_TOP_MESSAGE, JSON_SCALAR)

/* Tells FACT_COST_USD of a value in 1e-10 USD (xAI). */
void openai__ticks(struct dialect_reader *r, const struct json_value *v);

/* Does the request ask for a WebSocket? HTTP/2 has no Upgrade, but the version (RFC 8441, 5). */
bool openai__is_websocket(const struct http_head *h);

/* The model that the path names: Azure's …/deployments/{deployment}/…, OpenAI's …/engines/{model}/…
 * of old; else an empty span. */
struct span openai__deployment(struct span path);

/* Does the request name a model, in its body or in its path? */
bool openai__has_model(const struct dialect_reader *r);

/* --- chat: choices with a message or a delta --- */

extern const struct json_path openai_chat_request;
extern const struct json_path openai_chat_answer;

void openai_chat__request_value(struct dialect_reader *r, const struct json_value *v);
void openai_chat__answer_value(struct dialect_reader *r, const struct json_value *v);

/* --- Responses: as a POST, fetched, over a WebSocket --- */

enum openai_event {
	OPENAI_EVENT_NONE, /* no event: a whole response, or something else */
	OPENAI_EVENT_OTHER,
	OPENAI_EVENT_CREATED, /* or queued, or in progress */
	OPENAI_EVENT_OUTPUT,  /* its delta is output */
	OPENAI_EVENT_PART,    /* a part is over: output if no delta came */
	OPENAI_EVENT_FINAL,
	OPENAI_EVENT_ERROR,
};

/* reader.own of those who use the tables and hooks below, or its beginning. */
struct openai_response {
	/* the request */
	bool create;  /* "type":"response.create" */
	bool prewarm; /* "generate":false: Codex fills the cache */
	bool model, input;
	bool is_codex;
	struct text session, thread, parent_thread, cache_key;
	/* the document that is read */
	enum openai_event event;
	bool delta, part;
	struct text status, reason;
	struct text name;    /* of the final event, without "response." */
	struct text item_id; /* of the item that is read */
	/* the answer */
	bool deltas; /* some came */
};

extern const struct json_path openai_response_request;
extern const struct json_path openai_response_answer;

/* Hooks of the same names; of a WebSocket, __asked is called at the end of each request. */
void openai_response__begin(struct dialect_reader *r, const struct http_head *h);
void openai_response__request_value(struct dialect_reader *r, const struct json_value *v);
void openai_response__asked(struct dialect_reader *r);
void openai_response__answer_value(struct dialect_reader *r, const struct json_value *v);
void openai_response__document(struct dialect_reader *r);

#endif
