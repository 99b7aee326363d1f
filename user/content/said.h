/* SPDX-License-Identifier: Apache-2.0 */
/* said.h: what was said in one call, whichever API said it: messages made of parts, as the
 * OpenTelemetry GenAI conventions have them (their JSON schemas of input and output messages,
 * system instructions and tool definitions). Parts grow while a stream's events come. */
#ifndef LLMSNOOP_SAID_H
#define LLMSNOOP_SAID_H

#include "base/json_doc.h"

struct limits;

enum said_kind {
	SAID_TEXT,
	SAID_REASONING,
	SAID_TOOL_CALL,	  /* name, id; body: its arguments */
	SAID_TOOL_RESULT, /* id; body: what the tool said */
	SAID_BLOB,	  /* mime; body: base64 */
	SAID_FILE,	  /* mime, id */
	SAID_URI,	  /* mime; body: where it is */
	SAID_SERVER_CALL, /* a tool that the provider runs: type, name, id; body: its arguments */
	SAID_SERVER_RESULT,
	SAID_COMPACTION, /* id; body: a summary, perhaps */
	SAID_OTHER,	 /* type; body: whatever there is */
};

/* What a body is. */
enum said_body {
	SAID_STRING,
	SAID_MAYBE_JSON, /* an object or an array that was written into a string, or a text */
	SAID_JSON,	 /* JSON as it was spelled */
};

struct said_part {
	uint8_t kind;	   /* enum said_kind */
	uint8_t body_is;   /* enum said_body */
	bool cut;	   /* the body is not whole */
	int64_t key;	   /* by which the events of a stream name it */
	char *id, *name;   /* NULL: none */
	char *type, *mime; /* likewise */
	struct buf body;
	size_t left_out; /* bytes that it would have but for a bound */
};

struct said_message {
	int64_t key;
	char *role, *name, *finish; /* NULL: not said */
	struct said_part *parts;
	unsigned int n, cap;
};

struct said_list {
	struct said_message *v;
	unsigned int n, cap;
};

/* A tool that the model may ask for. */
struct said_tool {
	char *type, *name;
	struct buf description; /* a text; empty: none */
	struct buf parameters;	/* JSON; empty: none */
};

struct said {
	struct said_message system; /* where the API has a place of its own for it */
	struct said_list input, output;
	struct said_tool *tools;
	unsigned int n_tools, tools_cap;
	/* of a call of a tool (MCP); kind SAID_OTHER with an empty body: none */
	struct said_part arguments, result;
	bool cut; /* something was left out */

	const struct limits *lim; /* borrowed */
	struct json_text text;	  /* for decoding */
	size_t left;		  /* bytes that may yet be kept */
	unsigned int parts_left;
	bool blobs; /* images and sound are wanted as they are */
};

void said__init(struct said *s, const struct limits *lim, bool blobs);
void said__free(struct said *s);

/* The functions below return NULL where a bound is reached or memory is short: then s->cut is set,
 * and all of them take a NULL that another returned. Pointers to messages and parts live until the
 * next one is added. */

/* A new message at the end of list. */
struct said_message *said__message(struct said *s, struct said_list *list, const char *role);
/* The message of that key, which may be new. */
struct said_message *said__message_of(struct said *s, struct said_list *list, int64_t key);
/* A new part at the end of m. */
struct said_part *said__part(struct said *s, struct said_message *m, enum said_kind kind);
/* The latest part of that key in m, of that kind or (negative) of any; NULL: there is none among
 * the latest few hundred. */
struct said_part *said__find(struct said_message *m, int kind, int64_t key);
/* Likewise, or a new one. */
struct said_part *said__part_of(struct said *s, struct said_message *m, enum said_kind kind,
				int64_t key);
/* Drops the parts of m whose key is in [from, to). */
void said__drop(struct said *s, struct said_message *m, int64_t from, int64_t to);
struct said_tool *said__tool(struct said *s);

/* Sets *at to a copy of text, unless text is empty. */
void said__set(struct said *s, char **at, struct span text);
/* To what the string n says; n may be NULL or no string: nothing happens. */
void said__set_node(struct said *s, char **at, const struct json_node *n);
/* Appends to a body. */
void said__add(struct said *s, struct buf *body, struct span text);
void said__add_node(struct said *s, struct buf *body, const struct json_node *n);
/* p's body is n: a string that may hold JSON, or JSON. */
void said__put_json(struct said *s, struct said_part *p, const struct json_node *n);
/* A part with what the string n says. Nothing where n is no string or an empty one. */
struct said_part *said__say(struct said *s, struct said_message *m, enum said_kind kind,
			    const struct json_node *n);
/* An image, a sound or a document: data (base64) where it is not NULL, else a URI: one with the
 * scheme data: is taken apart. mime may be NULL; type: "image", …, where it is not. */
void said__media(struct said *s, struct said_message *m, const char *type,
		 const struct json_node *mime, const struct json_node *data,
		 const struct json_node *uri);
/* A part that no kind fits: its type, and all of it as JSON. */
void said__other(struct said *s, struct said_message *m, const char *type,
		 const struct json_node *n);

#endif
