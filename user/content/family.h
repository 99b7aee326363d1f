/* SPDX-License-Identifier: Apache-2.0 */
/* family.h: how a family of APIs says things. A new one is a new file and its lines in table.c. */
#ifndef LLMSNOOP_CONTENT_FAMILY_H
#define LLMSNOOP_CONTENT_FAMILY_H

#include "content/said.h"

struct content_family {
	/* A document of the request, or of an answer: as a whole or one event of a stream, which
	 * are told apart by what they hold. root is never NULL, but may be anything. */
	void (*request)(struct said *s, const struct json_doc *d, const struct json_node *root);
	void (*answer)(struct said *s, const struct json_doc *d, const struct json_node *root);
};

extern const struct content_family content_chat, content_completions, content_responses,
	content_realtime, content_messages, content_gemini, content_interactions, content_live,
	content_converse, content_invoke, content_ollama, content_cohere_v1, content_cohere_v2,
	content_texts, content_mcp;

/* By llmsnoop.api; NULL: there is none. */
const struct content_family *content_family__of(const char *api);

/* Shapes that several APIs have. */

/* A list of parts, or a string that is one, as OpenAI's chat and those who follow it write them. */
void content__chat_parts(struct said *s, struct said_message *m, const struct json_doc *d,
			 const struct json_node *content);
/* tools[] in the forms of chat, Responses and Anthropic; of functions [{name, …}], too. */
void content__tools(struct said *s, const struct json_doc *d, const struct json_node *tools);
/* One of them. */
void content__tool(struct said *s, const struct json_doc *d, const struct json_node *type,
		   const struct json_node *function, const char *parameters);
/* What a tool says: a string, or a list of parts, of which a single text is a string. */
void content__tool_result(struct said *s, struct said_part *p, const struct json_doc *d,
			  const struct json_node *n);
/* messages[] with a role and a content that put reads. */
void content__messages(struct said *s, const struct json_doc *d, const struct json_node *messages,
		       void (*put)(struct said *s, struct said_message *m, const struct json_doc *d,
				   const struct json_node *content));
/* A string, or a list of strings: a message of the user for each. */
void content__prompts(struct said *s, const struct json_doc *d, const struct json_node *n);

/* for each element, or for each key, of n */
#define EACH(c, d, n)                                                              \
	for (const struct json_node *(c) = json_doc__first((d), (n)); (c) != NULL; \
	     (c) = json_doc__next((d), (n), (c)))
#define GET(n, key) json_doc__get(d, (n), (key))

#endif
