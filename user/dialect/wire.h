/* SPDX-License-Identifier: Apache-2.0 */
/* wire.h: what the providers' files are made of: the struct that describes a wire, and what a
 * reader offers to them. Only user/dialect includes it. */
#ifndef LLMSNOOP_WIRE_H
#define LLMSNOOP_WIRE_H

#include "base/json_scan.h"
#include "dialect/dialect.h"
#include "dialect/errors.h"
#include "dialect/results.h"
#include "dialect/text.h"
#include "dialect/tools.h"
#include "framing/framing.h"

/* Paths name a fact that is told as it stands (an id below FACT_MAX), or one of these. */
enum wire_part {
	WIRE_PARTS = FACT_MAX,
	/* numbers that make the token facts: the latest of each is kept in usage[] */
	WIRE_INPUT = WIRE_PARTS,
	WIRE_OUTPUT,
	WIRE_CACHE_READ,
	WIRE_CACHE_WRITE,
	WIRE_REASONING,
	WIRE_TOTAL,
	WIRE_USAGE_END,
	/* of an error: kept until the document is over */
	WIRE_ERROR = WIRE_USAGE_END, /* the value of "error" where it is a string */
	WIRE_ERROR_TYPE,
	WIRE_ERROR_CODE,
	WIRE_ERROR_STATUS,
	WIRE_ERROR_MESSAGE,
	WIRE_TOP_TYPE, /* beside "error", or at the top of a body that is an error as a whole */
	WIRE_TOP_CODE,
	WIRE_TOP_MESSAGE,
	WIRE_TOP_OBJECT,
	/* one tool call: see tools.h */
	WIRE_TOOL_INDEX,
	WIRE_TOOL_ID,
	WIRE_TOOL_NAME,
	/* messages of the request, for tool results: see results.h */
	WIRE_MESSAGES,
	WIRE_MESSAGE,
	WIRE_ROLE,
	WIRE_RESULT,
	WIRE_RESULT_TYPE,
	WIRE_RESULT_ID,
	/* ids from here on belong to the provider's file */
	WIRE_OWN,
};

#define WIRE_N_USAGE (WIRE_USAGE_END - WIRE_INPUT)
#define USAGE(r, part) ((r)->usage[(part)-WIRE_INPUT])

struct dialect {
	const char *api;
	const char *operation;
	const char *flavour; /* the provider where the host is not known */
	/* path: without the query and without one trailing slash. The method is POST. */
	bool (*match)(const struct http_head *h, struct span path);
	/* The model where the path says it; else an empty span. May be NULL. */
	struct span (*path_model)(struct span path);
	/* What else the request's head says. May be NULL. */
	void (*begin)(struct dialect_reader *r, const struct http_head *h);
	/* Paths of the request, and of an answer: a whole document or one event. */
	const struct json_path *request;
	const struct json_path *answer;
	/* A value of an id that the reader does not know by itself. May be NULL. */
	void (*request_value)(struct dialect_reader *r, const struct json_value *v);
	void (*answer_value)(struct dialect_reader *r, const struct json_value *v);
	/* A document of the answer is over (or broke off). May be NULL. */
	void (*document)(struct dialect_reader *r);
	/* The token facts of what is in usage[], -1 where unknown. */
	void (*count)(const struct dialect_reader *r, int64_t tokens[WIRE_N_USAGE]);
};

extern const struct dialect dialect_openai_chat;
extern const struct dialect dialect_anthropic_messages;

/* One choice of an answer while it is read; numbered at its end, since its index may come last. */
struct wire_choice {
	int64_t index; /* -1: not said */
	bool delta;    /* it has a delta */
	bool delta_output, message_output;
	struct text finish;
};

/* What the bytes of the response are. */
enum wire_body {
	BODY_UNSEEN,  /* nothing to tell by came yet */
	BODY_FRAMED,  /* handed to framing */
	BODY_IGNORED, /* no wire that is known */
};

struct dialect_reader {
	const struct dialect *dialect;
	const char *provider;
	const struct dialect_ops *ops;
	void *ctx;
	const struct limits *lim;
	uint64_t ts_ns; /* of the bytes that are being read */
	bool damaged;

	/* request */
	struct json_scan *request;
	bool request_over;
	bool model_told, conversation_told;
	struct text path_model;
	struct results results;

	/* response */
	struct json_scan *answer;
	struct framing *framing;
	int status;
	uint8_t body;	   /* enum wire_body */
	uint8_t sniffed_n; /* bytes held back while the framing is told by them */
	uint8_t lead;	   /* what an event's data begin with */
	uint8_t mark_n;	   /* bytes of an end mark that came */
	bool is_event_stream, streamed;
	bool document; /* one is begun and not yet told */
	bool output;   /* it has model output */
	bool done;     /* it is the stream's end */
	bool usage_new;
	int64_t usage[WIRE_N_USAGE]; /* -1: unknown */
	int64_t told[WIRE_N_USAGE];  /* the facts as last told */
	struct text last[4];	     /* texts as last told: they are in every event */
	struct wire_choice choice;
	bool is_tool; /* the content block that is being read */
	struct tools tools;
	struct errors errors;
	char sniffed[8];
};

/* Tell a fact at r->ts_ns. Empty texts are no facts. */
void wire__text(struct dialect_reader *r, enum fact fact, struct span text, bool truncated,
		uint32_t index);
void wire__number(struct dialect_reader *r, enum fact fact, int64_t n);
void wire__real(struct dialect_reader *r, enum fact fact, double n);

/* gen_ai.conversation.id from what agents say of their session (facts: the names of headers and
 * the shapes of Claude Code's metadata.user_id). */
void session__headers(struct dialect_reader *r, const struct http_head *h);
void session__user_id(struct dialect_reader *r, struct span user_id);

/* gen_ai.provider.name by host (without port) and path, or NULL: not known. Static storage. */
const char *host__provider(struct span host, struct span path);
/* The host of an authority: without user, port and brackets. Borrowed from it. */
struct span host__of(struct span authority);

#endif
