/* SPDX-License-Identifier: Apache-2.0 */
/* wire.h: what the providers' files are made of: the struct that describes a wire, and what a
 * reader offers to them. Only user/dialect includes it. */
#ifndef LLMSNOOP_WIRE_H
#define LLMSNOOP_WIRE_H

#include "base/buf.h"
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
	WIRE_BILLED_INPUT, /* where less is billed than is used */
	WIRE_BILLED_OUTPUT,
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
	WIRE_RESULT_NAME, /* of the tool, where there may be no id */
	WIRE_RESULT_FAILED,
	/* ids from here on belong to the provider's file */
	WIRE_OWN,
};

#define WIRE_N_USAGE (WIRE_USAGE_END - WIRE_INPUT)
#define USAGE(r, part) ((r)->usage[(part)-WIRE_INPUT])

/* A field of a form. */
struct wire_field {
	const char *name; /* NULL: the end of the table */
	uint16_t id;	  /* as of a path; its value comes as JSON_STRING */
};

struct dialect {
	const char *api;
	const char *operation;
	const char *flavour; /* the provider where the host is not known; NULL: no one's */
	const char *method;  /* NULL: POST. Of a WebSocket: GET, over HTTP/2 too. */
	enum dialect_kind kind;
	/* Other programs have such paths: reported only where the host is a known provider's or
	 * wire__prove was called. Token facts of the answer prove it, too. */
	bool weak;
	/* A WebSocket: the tables are of single messages, the client's and the server's. */
	bool session;
	/* Answers may be several JSON documents whatever the content type says: FRAMING_JSON. */
	bool json_stream;
	size_t own_size; /* of the state in reader.own; zeroed, freed with the reader */
	/* path: without the query and without trailing slashes. */
	bool (*match)(const struct http_head *h, struct span path);
	/* The model where the path says it; else an empty span. May be NULL. */
	struct span (*path_model)(struct span path);
	/* What else the request's head says. May be NULL. */
	void (*begin)(struct dialect_reader *r, const struct http_head *h);
	/* Fields of a multipart/form-data request that say what the paths of a JSON one would; ends
	 * with a NULL. May be NULL. */
	const struct wire_field *form;
	/* Paths of the request, and of an answer: a whole document or one event. NULL: not looked
	 * at. */
	const struct json_path *request;
	const struct json_path *answer;
	/* A value of an id that the reader does not know by itself. May be NULL. */
	void (*request_value)(struct dialect_reader *r, const struct json_value *v);
	void (*answer_value)(struct dialect_reader *r, const struct json_value *v);
	/* The request is over or broke off. Not of a session. May be NULL. */
	void (*asked)(struct dialect_reader *r);
	/* What the answer's head says. May be NULL. */
	void (*head)(struct dialect_reader *r, const struct http_head *h);
	/* An event of that name begins; the name is empty where the framing has it last (SSE may)
	 * or not at all. May be NULL. */
	void (*event)(struct dialect_reader *r, struct span name);
	/* Unwraps the payload of an event into JSON for response__json. May be NULL: it is JSON. */
	void (*piece)(struct dialect_reader *r, struct span data);
	/* A document of the answer is over (or broke off). May be NULL. */
	void (*document)(struct dialect_reader *r);
	/* A message of a session is over, before its token facts are told. May be NULL. */
	void (*message)(struct dialect_reader *r, enum side side);
	void (*own_free)(void *own); /* what own points to; not own itself. May be NULL. */
	/* The token facts of what is in usage[], -1 where unknown. */
	void (*count)(const struct dialect_reader *r, int64_t tokens[WIRE_N_USAGE]);
};

extern const struct dialect dialect_openai_chat;
extern const struct dialect dialect_openai_responses;
extern const struct dialect dialect_openai_compact;
extern const struct dialect dialect_openai_count_tokens;
extern const struct dialect dialect_openai_responses_ws;
extern const struct dialect dialect_openai_realtime;
extern const struct dialect dialect_openai_response_fetch, dialect_openai_chat_fetch;
extern const struct dialect dialect_openai_batch;
extern const struct dialect dialect_openai_run, dialect_openai_run_fetch;
extern const struct dialect dialect_openai_completions;
extern const struct dialect dialect_openai_embeddings;
extern const struct dialect dialect_openai_moderations;
extern const struct dialect dialect_openai_images;
extern const struct dialect dialect_openai_transcriptions;
extern const struct dialect dialect_openai_speech;
extern const struct dialect dialect_mistral_fim;
extern const struct dialect dialect_mistral_agents;
extern const struct dialect dialect_mistral_conversations;
extern const struct dialect dialect_anthropic_messages, dialect_anthropic_count_tokens,
	dialect_anthropic_complete, dialect_anthropic_batch;
extern const struct dialect dialect_bedrock_converse;
extern const struct dialect dialect_gemini_generate, dialect_gemini_embed, dialect_gemini_count;
extern const struct dialect dialect_gemini_interactions, dialect_gemini_interaction_fetch;
extern const struct dialect dialect_gemini_live;
extern const struct dialect dialect_opaque_gemini, dialect_opaque_gemini_embed;
extern const struct dialect dialect_opaque_gemini_predict, dialect_opaque_xai;
extern const struct dialect dialect_opaque_cursor_chat, dialect_opaque_cursor_agent;
extern const struct dialect dialect_opaque_cursor;
extern const struct dialect dialect_vertex_embeddings, dialect_vertex_predict, dialect_vertex_chat;
extern const struct dialect dialect_ollama_chat;
extern const struct dialect dialect_ollama_generate;
extern const struct dialect dialect_ollama_embed;
extern const struct dialect dialect_cohere_chat_v2;
extern const struct dialect dialect_cohere_chat_v1;
extern const struct dialect dialect_cohere_generate;
extern const struct dialect dialect_cohere_embed;
extern const struct dialect dialect_cohere_rerank;
extern const struct dialect dialect_rerank;
extern const struct dialect dialect_watsonx_generate;
extern const struct dialect dialect_watsonx_chat;
extern const struct dialect dialect_watsonx_embed;
extern const struct dialect dialect_tgi;
extern const struct dialect dialect_replicate;
extern const struct dialect dialect_replicate_fetch;
extern const struct dialect dialect_bedrock_invoke, dialect_bedrock_invoke_text,
	dialect_bedrock_invoke_embeddings, dialect_bedrock_invoke_rerank,
	dialect_bedrock_invoke_image;
extern const struct dialect dialect_bedrock_bidirectional;
extern const struct dialect dialect_bedrock_count_tokens;
extern const struct dialect dialect_mcp;
extern const struct dialect dialect_unknown; /* not in the table: see shape.h */

/* One choice of an answer while it is read; numbered at its end, since its index may come last. */
struct wire_choice {
	int64_t index; /* -1: not said */
	bool delta;    /* it has a delta */
	bool delta_output, message_output;
	struct text finish;
};

/* Texts that each event repeats, as last told. */
enum wire_last {
	LAST_MODEL,
	LAST_ID,
	LAST_SERVICE_TIER,
	LAST_FINGERPRINT,
	N_LAST,
};

/* What the answer's content type says. */
enum wire_type {
	TYPE_OTHER, /* nothing that the first bytes do not say better */
	TYPE_SSE,
	TYPE_JSON_STREAM,
	TYPE_AWS,
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
	struct multipart *form;
	struct text field; /* the value of the form's field that is read */
	uint16_t field_id; /* 0: not looked at */
	bool request_over;
	bool model_told, conversation_told, tools_told;
	bool proved;
	int8_t asked_stream; /* FACT_REQUEST_STREAM as last told, -1: unsaid */
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
	char tail[6];	   /* the last bytes of an event's data: an end mark may follow JSON */
	uint8_t type;	   /* enum wire_type */
	bool streamed;
	bool several;	      /* documents may follow that make it a stream */
	uint64_t documents;   /* begun */
	bool document;	      /* one is begun and not yet told */
	bool output;	      /* it has model output */
	int64_t output_bytes; /* of its strings that JSON_SEEN paths select: text, as spelled */
	bool done;	      /* it is the stream's end */
	bool usage_new;
	int64_t usage[WIRE_N_USAGE]; /* -1: unknown */
	int64_t told[WIRE_N_USAGE];  /* the facts as last told */
	struct text last[N_LAST];    /* by enum wire_last */
	struct wire_choice choice;
	bool is_tool; /* the content block that is being read */
	bool in_tool; /* the one whose pieces come */
	struct tools tools;
	struct errors errors;
	char sniffed[8];

	/* session */
	uint32_t turn;		     /* that facts are of now; 0: of none */
	uint32_t turns;		     /* begun so far */
	uint64_t message_ns[2];	     /* of the first byte of the message, by enum side */
	bool in_message[2], torn[2]; /* torn: the message that ends now is not whole */
	bool turn_over;
	bool holding;	    /* facts are held back until the message is over */
	enum side side;	    /* whose message is read */
	struct buf held[2]; /* the facts of the messages under way, see turns.c */

	void *own; /* dialect->own_size bytes of the provider's file */
};

/* This is what the dialect takes it for. */
void wire__prove(struct dialect_reader *r);

/* Facts of a session's message are held until its end, so that the hook message can first say which
 * turn they are of: r->turn when it returns, 0: of all turns to come. wire__drop: they are of none,
 * nothing of the message is told. For that hook. */
void wire__drop(struct dialect_reader *r, enum side side);

/* A turn of a session begins: facts are of it from now on. begin_ns: of the first byte that asked
 * for it. What is kept of the answer before (usage, tools, texts told) is forgotten. */
void wire__turn_begin(struct dialect_reader *r, uint64_t begin_ns);
/* It is over; facts told until the message ends are still of it. */
void wire__turn_end(struct dialect_reader *r);

/* {"type","code","status","message"}: what stands under "error" with most providers. */
extern const struct json_path wire_error[4];

/* Tell a fact at r->ts_ns. Empty texts are no facts. */
void wire__tell(struct dialect_reader *r, enum fact fact, const struct fact_value *v);
void wire__text(struct dialect_reader *r, enum fact fact, struct span text, bool truncated,
		uint32_t index);
void wire__number(struct dialect_reader *r, enum fact fact, int64_t n);
void wire__real(struct dialect_reader *r, enum fact fact, double n);

/* gen_ai.conversation.id, and which of its agents asks, from what agents say of their session
 * (facts: the names of headers and the shapes of Claude Code's metadata.user_id). */
void session__headers(struct dialect_reader *r, const struct http_head *h);
void session__user_id(struct dialect_reader *r, struct span user_id);
/* An id that a body says; that of a header counts more. */
void session__id(struct dialect_reader *r, const struct text *id);
/* Codex: the conversation, and the agent of it that asks; empty texts where they are not told. */
void session__thread(struct dialect_reader *r, const struct text *session,
		     const struct text *thread, const struct text *parent);

/* gen_ai.provider.name by host (without port) and path, or NULL: not known. Static storage. */
const char *host__provider(struct span host, struct span path);
/* Is it that provider's host, or nobody's that is known? For paths that are others' elsewhere. */
bool host__may_be(const struct http_head *h, const char *provider);
/* The host of an authority: without user, port and brackets. Borrowed from it. */
struct span host__of(struct span authority);

#endif
