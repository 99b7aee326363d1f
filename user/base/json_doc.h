/* SPDX-License-Identifier: Apache-2.0 */
/* json_doc.h: a JSON document (RFC 8259) as an array of nodes in the order of the text, which it
 * points into: nothing is decoded or copied, numbers stay as they are spelled. For whole documents
 * that others wrote: no recursion, bounded in nodes and depth. What breaks off or is no JSON any
 * more ends where it does: what stood before is a document, and cut says so. */
#ifndef LLMSNOOP_JSON_DOC_H
#define LLMSNOOP_JSON_DOC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json_text.h"

enum json_node_type {
	JSON_NODE_OBJECT,
	JSON_NODE_ARRAY,
	JSON_NODE_KEY, /* its value is the next node */
	JSON_NODE_STRING,
	JSON_NODE_NUMBER,
	JSON_NODE_TRUE,
	JSON_NODE_FALSE,
	JSON_NODE_NULL,
};

struct json_node {
	const uint8_t *p; /* its text: of strings and keys what is between the quotes, as spelled */
	uint32_t n;
	uint32_t next; /* the node after this one and all that is in it */
	uint32_t up;   /* the container that it is in; the root is in itself */
	uint8_t type;  /* enum json_node_type */
};

struct json_doc {
	struct json_node *v; /* v[0] is the root */
	uint32_t n, cap;
	uint32_t max_nodes;
	uint32_t max_depth;
	bool cut;
};

/* Nothing is allocated yet. Documents longer than 4 GiB are cut. */
void json_doc__init(struct json_doc *d, uint32_t max_nodes, uint32_t max_depth);
void json_doc__free(struct json_doc *d); /* it may be used again */

/* Reads the value that text begins with, which must outlive d. ret_used: bytes of text up to its
 * end. 0, or -EBADMSG: there is none, -ENOMEM. */
int json_doc__parse(struct json_doc *d, struct span text, size_t *ret_used);

/* In what follows n may be NULL, and then there is nothing. */

/* The root, or NULL where nothing was read. */
const struct json_node *json_doc__root(const struct json_doc *d);
/* Of an object the value of that key (the first, if several), else NULL. */
const struct json_node *json_doc__get(const struct json_doc *d, const struct json_node *n,
				      const char *key);
/* The first element of an array or key of an object, and the one after c in n; NULL: none. */
const struct json_node *json_doc__first(const struct json_doc *d, const struct json_node *n);
const struct json_node *json_doc__next(const struct json_doc *d, const struct json_node *n,
				       const struct json_node *c);

bool json_node__is(const struct json_node *n, enum json_node_type type);
/* A string that is spelled so. */
bool json_node__says(const struct json_node *n, const char *text);
/* An integer that an int64_t holds; else none. */
int64_t json_node__int(const struct json_node *n, int64_t none);
/* Decodes a string or key into t, at most max bytes; the span lives until t is used again. */
struct span json_node__text(const struct json_node *n, struct json_text *t, size_t max);

#endif
